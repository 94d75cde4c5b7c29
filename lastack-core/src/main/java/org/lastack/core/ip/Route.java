package org.lastack.core.ip;

import org.jspecify.annotations.Nullable;
import org.lastack.core.Interface;
import org.lastack.wire.IpAddress;

/// The answer of a route look-up for one destination: where packets to it leave and which source address they carry. Immutable, shared by all
/// sockets with the same destination; sockets keep it and ask [IpLayer#current] before use, because tables change.
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
    /// The gateway, or the destination itself when it is on the link.
    public final long nextHopHigh;
    public final long nextHopLow;
    /// Source address chosen by RFC 6724 if the socket has none.
    public final long sourceHigh;
    public final long sourceLow;
    /// Of this route, if an administrator set one (as `ip route ... mtu N`), else 0.
    public final int mtuOverride;
    /// Initial congestion window in segments, 0 = default (as `ip route ... initcwnd N`).
    public final int initCwnd;
    /// MSS to advertise, 0 = from the MTU (as `ip route ... advmss N`).
    public final int advMss;
    final int generation;

    Route(Kind kind, Interface out, @Nullable IpAddress gateway, IpAddress destination, IpAddress source, int mtuOverride, int initCwnd, int advMss,
            int generation) {
        this.kind = kind;
        this.out = out;
        IpAddress hop = gateway == null ? destination : gateway;
        this.nextHopHigh = hop.high();
        this.nextHopLow = hop.low();
        this.sourceHigh = source.high();
        this.sourceLow = source.low();
        this.mtuOverride = mtuOverride;
        this.initCwnd = initCwnd;
        this.advMss = advMss;
        this.generation = generation;
    }

    /// Largest IP packet on the first hop in octets; the path may allow less ([IpLayer#pathMtu]).
    public int mtu() {
        return mtuOverride > 0 ? Math.min(mtuOverride, out.mtu()) : out.mtu();
    }
}
