package org.lastack.core.ip;

import org.lastack.core.Interface;

/// The answer of a route look-up: where packets leave and which source address they carry. Immutable and shared by all sockets whose packets
/// take the same entry of the table; sockets keep it and ask [IpLayer#current] before use, because tables change.
public final class Route {
    /// What the destination is.
    public enum Kind {
        UNICAST,
        /// This host itself: delivered through the loopback.
        LOCAL,
        BROADCAST,
        MULTICAST
    }

    public final Kind kind;
    public final Interface out;
    /// The gateway; unspecified (`::`) when the destination is on the link and is its own next hop.
    public final long nextHopHigh;
    public final long nextHopLow;
    /// Source address: the one that was asked for, or the one chosen by RFC 6724.
    public final long sourceHigh;
    public final long sourceLow;
    /// Of this route, if an administrator set one (as `ip route ... mtu N`), else 0.
    public final int mtuOverride;
    /// Initial congestion window in segments, 0 = default (as `ip route ... initcwnd N`).
    public final int initCwnd;
    /// MSS to advertise, 0 = from the MTU (as `ip route ... advmss N`).
    public final int advMss;
    final int generation;

    Route(Kind kind, Interface out, long nextHopHigh, long nextHopLow, long sourceHigh, long sourceLow, int mtuOverride, int initCwnd,
            int advMss, int generation) {
        this.kind = kind;
        this.out = out;
        this.nextHopHigh = nextHopHigh;
        this.nextHopLow = nextHopLow;
        this.sourceHigh = sourceHigh;
        this.sourceLow = sourceLow;
        this.mtuOverride = mtuOverride;
        this.initCwnd = initCwnd;
        this.advMss = advMss;
        this.generation = generation;
    }

    /// True if packets go to a gateway instead of their destination.
    public boolean hasGateway() {
        return (nextHopHigh | nextHopLow) != 0;
    }

    /// Largest IP packet on the first hop in octets; the path may allow less ([IpLayer#pathMtu]).
    public int mtu() {
        return mtuOverride > 0 ? Math.min(mtuOverride, out.mtu()) : out.mtu();
    }
}
