package org.lastack.core.ip;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lastack.core.Errno;
import org.lastack.core.Interface;
import org.lastack.core.SipHash;
import org.lastack.wire.IpAddress;

/// The routing table of one host: routes that were configured, those to the prefixes of the interfaces' addresses, and those that routers
/// advertise. The longest prefix wins, then the least metric, then the older entry. Use under the host's lock.
///
/// Answers are [Route] objects from a bounded cache: a look-up for a destination that a stranger chose allocates nothing.
public final class RouteTable {
    private static final int CACHE = 512;
    /// In place of an entry's index: the destination is this host.
    private static final int LOCAL = -1;
    /// Linux's metric for routes learned from router advertisements.
    static final int ADVERTISED_METRIC = 1024;

    private final List<Interface> interfaces;
    private final AddressTable addresses;
    private final SourceSelection sources;
    private final SipHash hash;
    private final List<RouteEntry> configured = new ArrayList<>();
    private final List<RouteEntry> advertised = new ArrayList<>();
    /// Routes in the order of preference, then for each interface one entry per family that leads to groups and broadcasts only.
    private RouteEntry[] entries = new RouteEntry[0];
    private int routes;
    private final @Nullable Route[] cache = new @Nullable Route[CACHE];
    private final int[] cacheEntry = new int[CACHE];
    private int generation;
    private int error;

    RouteTable(List<Interface> interfaces, AddressTable addresses, SourceSelection sources, SipHash hash) {
        this.interfaces = interfaces;
        this.addresses = addresses;
        this.sources = sources;
        this.hash = hash;
    }

    /// Adds a route.
    ///
    /// @throws IllegalArgumentException if the same prefix, metric and gateway are there already
    public void add(RouteEntry entry) {
        for (RouteEntry each : configured) {
            if (each.equals(entry)) {
                throw new IllegalArgumentException("route exists: " + entry);
            }
        }
        configured.add(entry);
        rebuild();
    }

    /// False if there is no such configured route.
    public boolean remove(RouteEntry entry) {
        boolean found = configured.remove(entry);
        if (found) {
            rebuild();
        }
        return found;
    }

    /// All routes in the order in which they are tried: a copy.
    public List<RouteEntry> list() {
        return List.of(Arrays.copyOf(entries, routes));
    }

    void advertise(RouteEntry entry) {
        if (!advertised.contains(entry)) {
            advertised.add(entry);
            rebuild();
        }
    }

    void withdraw(RouteEntry entry) {
        if (advertised.remove(entry)) {
            rebuild();
        }
    }

    int generation() {
        return generation;
    }

    /// Errno of the last failed [#lookup].
    int error() {
        return error;
    }

    /// Recomputes everything that follows from interfaces and addresses; invalidates all routes given out.
    void rebuild() {
        List<RouteEntry> all = new ArrayList<>(configured);
        for (Interface each : interfaces) {
            for (Interface.Address address : each.addresses()) {
                IpAddress ip = address.address();
                if (address.prefixLength() < (ip.isV4() ? 32 : 128)) {
                    all.add(new RouteEntry(ip, address.prefixLength(), null, each, 0, ip.isV4() ? ip : null, 0, 0, 0));
                }
            }
        }
        all.addAll(advertised);
        all.removeIf(each -> !each.out().up());
        all.sort(Comparator.comparingInt((RouteEntry each) -> -each.prefixLength() - (each.prefix().isV4() ? 96 : 0))
                .thenComparingInt(RouteEntry::metric));
        routes = all.size();
        for (Interface each : interfaces) {
            all.add(new RouteEntry(IpAddress.ANY_V4, 0, null, each, 0, null, 0, 0, 0));
            all.add(new RouteEntry(IpAddress.ANY_V6, 0, null, each, 0, null, 0, 0, 0));
        }
        entries = all.toArray(RouteEntry[]::new);
        Arrays.fill(cache, null);
        generation++;
    }

    /// See [IpLayer#route].
    @Nullable Route lookup(long dstHigh, long dstLow, long srcHigh, long srcLow, int ifIndex) {
        error = 0;
        boolean v4 = IpAddress.isV4(dstHigh, dstLow);
        boolean chooseSource = IpAddress.isUnspecified(srcHigh, srcLow);
        if (!chooseSource && v4 != IpAddress.isV4(srcHigh, srcLow)) {
            return fail(v4 ? Errno.ENETUNREACH : Errno.EAFNOSUPPORT);
        }
        if (IpAddress.isUnspecified(dstHigh, dstLow) || addresses.owner(dstHigh, dstLow) != 0) {
            return local(dstHigh, dstLow, srcHigh, srcLow, chooseSource, v4);
        }
        boolean multicast = IpAddress.isMulticast(dstHigh, dstLow);
        boolean broadcast = addresses.isBroadcast(dstHigh, dstLow);
        int found = find(dstHigh, dstLow, ifIndex);
        if (found < 0 && (ifIndex != 0 || multicast || broadcast)) {
            // Groups and broadcasts need no route; nor does anything once the interface is given (as in Linux).
            // A source address that is given names the interface, which is how a group or broadcast leaves through the loopback (P129).
            found = byInterface(ifIndex == 0 && !chooseSource ? addresses.owner(srcHigh, srcLow) : ifIndex, v4);
        }
        if (found < 0) {
            return fail(Errno.ENETUNREACH);
        }
        RouteEntry entry = entries[found];
        if (!chooseSource && v4 && IpAddress.isLoopback(srcHigh, srcLow) && entry.out().kind() != Interface.Kind.LOOPBACK) {
            // RFC 1122 §3.2.1.3 (g): a loopback address must not appear outside the host.
            return fail(Errno.EINVAL);
        }
        Route.Kind kind = multicast ? Route.Kind.MULTICAST : broadcast ? Route.Kind.BROADCAST : Route.Kind.UNICAST;
        long sourceHigh = srcHigh;
        long sourceLow = srcLow;
        if (chooseSource) {
            IpAddress gateway = entry.gateway();
            IpAddress chosen = entry.source() != null ? entry.source()
                    : gateway != null ? sources.choose(interfaces, entry.out(), gateway.high(), gateway.low(), dstHigh, dstLow)
                    : sources.choose(interfaces, entry.out(), dstHigh, dstLow, dstHigh, dstLow);
            if (chosen == null && kind == Route.Kind.UNICAST) {
                return fail(Errno.EADDRNOTAVAIL);
            }
            sourceHigh = chosen == null ? 0 : chosen.high();
            sourceLow = chosen == null ? v4 ? IpAddress.ANY_V4.low() : 0 : chosen.low();
        }
        return cached(found, kind, sourceHigh, sourceLow);
    }

    private @Nullable Route fail(int errno) {
        error = errno;
        return null;
    }

    private Route local(long dstHigh, long dstLow, long srcHigh, long srcLow, boolean chooseSource, boolean v4) {
        long sourceHigh = srcHigh;
        long sourceLow = srcLow;
        if (chooseSource) {
            // As Linux's table `local`: 127/8 is reached from 127.0.0.1, any other own address from itself.
            boolean own = !IpAddress.isUnspecified(dstHigh, dstLow) && !(v4 && IpAddress.isLoopback(dstHigh, dstLow));
            sourceHigh = own ? dstHigh : v4 ? IpAddress.LOOPBACK_V4.high() : IpAddress.LOOPBACK_V6.high();
            sourceLow = own ? dstLow : v4 ? IpAddress.LOOPBACK_V4.low() : IpAddress.LOOPBACK_V6.low();
        }
        return cached(LOCAL, Route.Kind.LOCAL, sourceHigh, sourceLow);
    }

    private int find(long high, long low, int ifIndex) {
        RouteEntry[] all = entries;
        for (int i = 0; i < routes; i++) {
            if ((ifIndex == 0 || all[i].out().index() == ifIndex) && all[i].covers(high, low)) {
                return i;
            }
        }
        return -1;
    }

    /// The entry of the given interface, or of the first that is up and has an address of the family.
    private int byInterface(int ifIndex, boolean v4) {
        for (int i = 0; i < interfaces.size(); i++) {
            Interface each = interfaces.get(i);
            boolean suits = ifIndex == 0 ? each.kind() != Interface.Kind.LOOPBACK && each.firstAddress(v4) != null : each.index() == ifIndex;
            if (suits && each.up()) {
                return routes + 2 * i + (v4 ? 0 : 1);
            }
        }
        return -1;
    }

    private Route cached(int entry, Route.Kind kind, long srcHigh, long srcLow) {
        int slot = (int) hash.hash(srcHigh, srcLow, (long) entry << 2 | kind.ordinal()) & (CACHE - 1);
        Route route = cache[slot];
        if (route == null || cacheEntry[slot] != entry || route.kind != kind || route.sourceLow != srcLow || route.sourceHigh != srcHigh) {
            route = make(entry, kind, srcHigh, srcLow);
            cache[slot] = route;
            cacheEntry[slot] = entry;
        }
        return route;
    }

    private Route make(int index, Route.Kind kind, long srcHigh, long srcLow) {
        if (index == LOCAL) {
            return new Route(kind, interfaces.get(0), 0, 0, srcHigh, srcLow, 0, 0, 0, generation);
        }
        RouteEntry entry = entries[index];
        IpAddress gateway = kind == Route.Kind.UNICAST ? entry.gateway() : null;
        return new Route(kind, entry.out(), gateway == null ? 0 : gateway.high(), gateway == null ? 0 : gateway.low(), srcHigh, srcLow,
                entry.mtu(), entry.initCwnd(), entry.advMss(), generation);
    }
}
