package org.lastack.drill.script;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// A packet as written in a script. Numbers that the script leaves open are -1, numbers written as `...` (nplab) are [#ANY].
public sealed interface PacketSpec {
    /// `...` in place of a number: not compared.
    long ANY = Long.MIN_VALUE;

    boolean inbound();

    IpInfo ip();

    /// Encapsulation prefixes as text; empty for almost all packets.
    List<String> prefixes();

    /// The ECN and TOS part of an IP info.
    enum Tos {
        UNSPECIFIED,
        NO_ECN,
        ECT0,
        ECT1,
        CE,
        /// ECT(0) or ECT(1).
        ECT01,
        /// The whole octet.
        VALUE
    }

    /// `(...)` or `[...]` before the transport header. -1 = not written.
    record IpInfo(Tos tos, int tosValue, int flowLabel, int ttl) {
        public static final IpInfo NONE = new IpInfo(Tos.UNSPECIFIED, -1, -1, -1);
    }

    /// @param flags the nine bits of the wire, AE..FIN
    /// @param ace the AccECN counter if written as a digit, else -1
    /// @param hasAck true if `ack n` is written
    /// @param literalSeq the sequence number is the header's value itself (nplab `!`)
    /// @param options null if no list is written; see `anyOptions` for `<...>`
    record Tcp(boolean inbound, IpInfo ip, List<String> prefixes, int sourcePort, int destinationPort, int flags, int ace, long sequence, int payload,
            boolean literalSeq, boolean hasAck, long ack, long window, long urgent, boolean anyOptions, @Nullable List<Option> options) implements PacketSpec {}

    record Udp(boolean inbound, IpInfo ip, List<String> prefixes, int sourcePort, int destinationPort, int payload) implements PacketSpec {}

    /// @param code null = not written
    /// @param mtu and @param id -1 = not written
    record Icmp(boolean inbound, IpInfo ip, List<String> prefixes, String type, @Nullable String code, long mtu, long id, Echoed echoed) implements PacketSpec {}

    /// What an ICMP error quotes.
    sealed interface Echoed {
        /// `[s:e(n)]`; nothing written means `0:0(0)`.
        record TcpQuote(long sequence, int payload) implements Echoed {}

        record UdpQuote(int payload) implements Echoed {}

        /// `[raw (n)]`: a message of n octets without a quote.
        record Raw(int octets) implements Echoed {}
    }

    /// A TCP option.
    sealed interface Option {
        record Nop() implements Option {}

        record Eol() implements Option {}

        record Mss(long value) implements Option {}

        record WindowScale(long shift) implements Option {}

        record SackPermitted() implements Option {}

        /// Left and right edges in turn.
        record Sack(List<Long> edges) implements Option {}

        record Timestamps(long value, long echo, boolean literalEcho) implements Option {}

        record Md5(byte[] digest) implements Option {}

        record FastOpen(byte[] cookie, boolean experimental) implements Option {}

        /// The counters in wire order; `kind1` for the order e1b, ceb, e0b.
        record AccEcn(boolean kind1, List<Long> counters) implements Option {}

        /// Octets on the wire.
        default int length() {
            return switch (this) {
                case Nop n -> 1;
                case Eol e -> 1;
                case Mss m -> 4;
                case WindowScale w -> 3;
                case SackPermitted s -> 2;
                case Sack s -> 2 + 4 * s.edges().size();
                case Timestamps t -> 10;
                case Md5 m -> 2 + m.digest().length;
                case FastOpen f -> (f.experimental() ? 4 : 2) + f.cookie().length;
                case AccEcn a -> 2 + 3 * a.counters().size();
            };
        }
    }
}
