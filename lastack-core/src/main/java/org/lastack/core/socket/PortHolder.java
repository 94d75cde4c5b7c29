package org.lastack.core.socket;

import org.lastack.wire.IpAddress;

/// Holders of a port that are alike: one row of a [BindDecision].
///
/// @param address the local address; a wildcard is the unspecified address of its kind
/// @param v6Only an IPv6 wildcard that does not cover IPv4
/// @param kind what the holders are
/// @param device interface index of SO_BINDTODEVICE, 0 = none
/// @param count how many there are
/// @param rule why they block, or why they do not
public record PortHolder(IpAddress address, boolean v6Only, int port, Kind kind, boolean reuseAddress, boolean reusePort, Owner owner,
        int device, int count, BindRule rule) {
    /// What holds a port.
    public enum Kind {
        BOUND("a bound socket", "bound sockets"),
        LISTEN("a listening socket", "listening sockets"),
        /// In any state from SYN-SENT on; for UDP a socket with a peer.
        CONNECTION("a connection", "connections"),
        /// Or an orphan in FIN-WAIT-2.
        TIME_WAIT("a connection in TIME-WAIT", "connections in TIME-WAIT");

        private final String one;
        private final String many;

        Kind(String one, String many) {
            this.one = one;
            this.many = many;
        }

        /// In words, as "3 connections".
        public String counted(int count) {
            return count == 1 ? one : count + " " + many;
        }
    }

    static PortHolder of(ClaimGroup group, int count, BindRule rule) {
        Kind kind = group.listening ? Kind.LISTEN : group.timeWait ? Kind.TIME_WAIT : group.connected ? Kind.CONNECTION : Kind.BOUND;
        return new PortHolder(new IpAddress(group.high, group.low), group.wild && !group.v4, group.port, kind, group.reuseAddress,
                group.reusePort, group.owner, group.device, count, rule);
    }
}
