package org.lastack.core.ip;

import org.jspecify.annotations.Nullable;
import org.lastack.core.Interface;
import org.lastack.wire.IpAddress;

/// One line of the routing table, as `ip route` shows it. Immutable.
///
/// @param prefix destination prefix; bits beyond `prefixLength` are ignored
/// @param prefixLength in bits, counted within the 32 bits for IPv4; 0 is the default route
/// @param gateway next hop, or null if destinations are on the link
/// @param out interface through which packets leave
/// @param metric of several routes with equal prefix the least wins
/// @param source preferred source address, or null to choose
/// @param mtu largest IP packet in octets, 0 = the interface's
/// @param initCwnd initial congestion window in segments, 0 = default
/// @param advMss MSS to advertise in octets, 0 = from the MTU
public record RouteEntry(IpAddress prefix, int prefixLength, @Nullable IpAddress gateway, Interface out, int metric, @Nullable IpAddress source,
        int mtu, int initCwnd, int advMss) {
    public RouteEntry {
        int bits = prefix.isV4() ? 32 : 128;
        if (prefixLength < 0 || prefixLength > bits) {
            throw new IllegalArgumentException("prefix length " + prefixLength + " is outside 0.." + bits);
        }
        if (gateway != null && gateway.isV4() != prefix.isV4() || source != null && source.isV4() != prefix.isV4()) {
            throw new IllegalArgumentException("gateway or source of route " + prefix + "/" + prefixLength + " is of the other family");
        }
        if (mtu < 0 || initCwnd < 0 || advMss < 0) {
            throw new IllegalArgumentException("negative metric of route " + prefix + "/" + prefixLength);
        }
    }

    /// A route without special metrics. `prefix` as `10.0.0.0/8` or `::/0`; `gateway` may be null.
    public static RouteEntry of(String prefix, @Nullable String gateway, Interface out) {
        Interface.Address parsed = Interface.Address.of(prefix);
        return new RouteEntry(parsed.address(), parsed.prefixLength(), gateway == null ? null : IpAddress.of(gateway), out, 0, null, 0, 0, 0);
    }

    /// The same with an MTU in octets.
    public RouteEntry withMtu(int octets) {
        return new RouteEntry(prefix, prefixLength, gateway, out, metric, source, octets, initCwnd, advMss);
    }

    /// The same with a metric.
    public RouteEntry withMetric(int value) {
        return new RouteEntry(prefix, prefixLength, gateway, out, value, source, mtu, initCwnd, advMss);
    }

    /// The same with an initial congestion window in segments and an MSS to advertise in octets; 0 leaves either at its default.
    public RouteEntry withTcp(int initialWindowSegments, int advertisedMss) {
        return new RouteEntry(prefix, prefixLength, gateway, out, metric, source, mtu, initialWindowSegments, advertisedMss);
    }

    /// The same with a preferred source address.
    public RouteEntry withSource(IpAddress preferred) {
        return new RouteEntry(prefix, prefixLength, gateway, out, metric, preferred, mtu, initCwnd, advMss);
    }

    boolean covers(long high, long low) {
        return Prefix.matches(high, low, prefix.high(), prefix.low(), prefixLength);
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(64);
        text.append(prefixLength == 0 ? "default" : prefix + "/" + prefixLength);
        if (gateway != null) {
            text.append(" via ").append(gateway);
        }
        text.append(" dev ").append(out.name());
        if (metric != 0) {
            text.append(" metric ").append(metric);
        }
        return text.toString();
    }
}
