package org.lastack.core.socket;

import org.lastack.wire.IpAddress;

/// A local name with everything that decides whether another socket may share it (LINUX-SOCKETS C.1): the addresses that it covers, the
/// device, the two reuse options, the owner, and what kind of holder it is. The port is known by where the claim stands.
class Claim {
    /// The address; of a wildcard the unspecified one of its kind.
    long high;
    long low;
    /// Covers addresses of this family.
    boolean v4;
    boolean v6;
    /// Covers all addresses of its families.
    boolean wild;
    /// SO_BINDTODEVICE, 0 = none.
    int device;
    boolean reuseAddress;
    boolean reusePort;
    Owner owner = Owner.ROOT;
    boolean listening;
    boolean timeWait;
    /// The socket has, seeks or had a peer.
    boolean connected;
    /// The port was named or chosen by `bind`, or inherited from a listener; false: chosen by `connect`.
    boolean explicit;

    /// Takes names and options of a socket as they are now; the kind of holder is left alone.
    final void take(InetSocket s, long addressHigh, long addressLow) {
        high = addressHigh;
        low = addressLow;
        wild = IpAddress.isUnspecified(addressHigh, addressLow);
        v4 = IpAddress.isV4(addressHigh, addressLow) || wild && s.domain() == InetSocket.AF_INET6 && !s.v6Only();
        v6 = !IpAddress.isV4(addressHigh, addressLow);
        device = s.boundInterface();
        reuseAddress = s.option(InetSocket.REUSEADDR);
        reusePort = s.option(InetSocket.REUSEPORT);
        owner = s.owner();
    }

    final void kind(boolean isListening, boolean isTimeWait, boolean isConnected, boolean isExplicit) {
        listening = isListening;
        timeWait = isTimeWait;
        connected = isConnected;
        explicit = isExplicit;
    }

    final void copy(Claim other) {
        high = other.high;
        low = other.low;
        wild = other.wild;
        v4 = other.v4;
        v6 = other.v6;
        device = other.device;
        reuseAddress = other.reuseAddress;
        reusePort = other.reusePort;
        owner = other.owner;
        kind(other.listening, other.timeWait, other.connected, other.explicit);
    }

    final boolean same(Claim other) {
        return low == other.low && high == other.high && v4 == other.v4 && v6 == other.v6 && device == other.device
                && reuseAddress == other.reuseAddress && reusePort == other.reusePort && listening == other.listening
                && timeWait == other.timeWait && connected == other.connected && explicit == other.explicit && owner.equals(other.owner);
    }

    final boolean sameCoverage(Claim other) {
        return low == other.low && high == other.high && v4 == other.v4 && v6 == other.v6;
    }

    /// LINUX-SOCKETS C.1, 1: there is an address that both cover.
    final boolean overlaps(Claim other) {
        if (!(v4 && other.v4 || v6 && other.v6)) {
            return false;
        }
        return wild || other.wild || high == other.high && low == other.low;
    }
}
