package org.lastack.core.ip;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lastack.core.Engine;
import org.lastack.core.Interface;
import org.lastack.core.Sysctl;
import org.lastack.core.WheelTimer;
import org.lastack.wire.EthernetHeader;
import org.lastack.wire.Icmpv6;
import org.lastack.wire.IpAddress;
import org.lastack.wire.Ipv6Header;
import org.lastack.wire.Ndp;
import org.lastack.wire.Refusal;

/// What routers advertise (RFC 4861 §6.3.4): default routes, on-link prefixes, parameters of the link, prefixes for addresses. Bounded: beyond
/// the limits advertisements are ignored.
final class RouterDiscovery {
    private static final int MAX_ROUTERS = 8;
    private static final int MAX_PREFIXES = 16;
    private static final long SECOND_NS = 1_000_000_000L;
    private static final long FOREVER_SECONDS = 0xffff_ffffL;
    /// Longest ReachableTime (RFC 4861 §6.2.1) and the shortest RetransTimer that we believe.
    private static final long MAX_REACHABLE_MS = 3_600_000;
    private static final long MIN_RETRANSMIT_MS = 100;

    private final Engine engine;
    private final IpLayer ip;
    private final EthernetLayer ethernet;
    private final AddressConfiguration addresses;
    private final List<Advertised> routers = new ArrayList<>();
    private final List<Advertised> prefixes = new ArrayList<>();

    /// A route with a lifetime.
    private final class Advertised extends WheelTimer {
        final RouteEntry route;
        final List<Advertised> list;

        Advertised(RouteEntry route, List<Advertised> list) {
            this.route = route;
            this.list = list;
        }

        @Override
        protected void expire(long nowNs) {
            list.remove(this);
            ip.routes().withdraw(route);
        }
    }

    RouterDiscovery(Engine engine, IpLayer ip, EthernetLayer ethernet, AddressConfiguration addresses) {
        this.engine = engine;
        this.ip = ip;
        this.ethernet = ethernet;
        this.addresses = addresses;
    }

    boolean known(Interface in) {
        for (Advertised each : routers) {
            if (each.route.out() == in) {
                return true;
            }
        }
        return false;
    }

    @Nullable Refusal advertisement(IpDatagram d, Interface in) {
        if (!engine.sysctls().on(Sysctl.IPV6_ACCEPT_RA) || engine.sysctls().on(Sysctl.IPV6_DISABLE)) {
            return Refusal.ICMPV6_IGNORED;
        }
        byte[] data = d.data;
        parameters(d, ethernet.link(in));
        RouteEntry route = new RouteEntry(IpAddress.ANY_V6, 0, new IpAddress(d.sourceHigh, d.sourceLow), in, RouteTable.ADVERTISED_METRIC, null,
                0, 0, 0);
        update(routers, MAX_ROUTERS, route, Ndp.routerLifetimeSeconds(data, d.offset));
        int end = d.offset + d.length;
        int optionsSeen = 0;
        for (int at = Ndp.firstOption(data, d.offset); at < end && optionsSeen < 64; at += Ndp.optionLength(data, at), optionsSeen++) {
            switch (Ndp.optionType(data, at)) {
                case Ndp.OPTION_SOURCE_LINK_ADDRESS -> source(d, in, at);
                case Ndp.OPTION_MTU -> mtu(in, Ndp.optionMtu(data, at));
                case Ndp.OPTION_PREFIX -> prefix(in, data, at);
                default -> {
                    // RFC 4861 §4.2: unknown options are skipped.
                }
            }
        }
        return null;
    }

    private static void parameters(IpDatagram d, EthernetLayer.Link link) {
        int hops = Ndp.routerHopLimit(d.data, d.offset);
        if (hops >= Ipv6Header.DEFAULT_HOP_LIMIT / 2) {
            // RFC 4861 §6.3.4 believes any; a tiny limit is an attack that cuts us off (CVE-2015-2922).
            link.hopLimit = hops;
        }
        long reachable = Ndp.reachableTimeMs(d.data, d.offset);
        if (reachable >= 1000 && reachable <= MAX_REACHABLE_MS) {
            link.reachableNs = reachable * 1_000_000;
        }
        long retransmit = Ndp.retransmitTimerMs(d.data, d.offset);
        if (retransmit >= MIN_RETRANSMIT_MS && retransmit <= 60_000) {
            link.retransmitNs = retransmit * 1_000_000;
        }
    }

    private void source(IpDatagram d, Interface in, int option) {
        if (Ndp.optionLength(d.data, option) == Ndp.LINK_ADDRESS_LENGTH) {
            long mac = Ndp.linkAddress(d.data, option);
            if (!EthernetHeader.isGroup(mac)) {
                ethernet.neighbors().learned(in, d.sourceHigh, d.sourceLow, mac);
                Neighbor n = ethernet.neighbors().find(in, d.sourceHigh, d.sourceLow);
                if (n != null) {
                    n.router = true;
                }
            }
        }
    }

    private void mtu(Interface in, long mtu) {
        // RFC 4861 §6.3.4: between the least MTU and the link's own.
        if (mtu >= Ipv6Header.MIN_MTU && mtu <= in.mtu() && ethernet.link(in).mtu6 != mtu) {
            ethernet.link(in).mtu6 = (int) mtu;
        }
    }

    private void prefix(Interface in, byte[] data, int option) {
        long high = Ndp.prefixHigh(data, option);
        int length = Ndp.prefixLength(data, option);
        long valid = Ndp.prefixValidSeconds(data, option);
        long preferred = Ndp.prefixPreferredSeconds(data, option);
        IpAddress prefix = new IpAddress(high, Ndp.prefixLow(data, option));
        if (length == 0 || length > 128 || prefix.isLinkLocal() || prefix.isMulticast() || prefix.isV4() || prefix.isUnspecified()) {
            // RFC 4861 §6.3.4: the link-local prefix is never advertised; the others are nobody's.
            return;
        }
        if (Ndp.prefixOnLink(data, option)) {
            RouteEntry route = new RouteEntry(prefix, length, null, in, RouteTable.ADVERTISED_METRIC, null, 0, 0, 0);
            update(prefixes, MAX_PREFIXES, route, valid);
        }
        if (Ndp.prefixAutonomous(data, option) && length == 64 && preferred <= valid) {
            addresses.prefix(in, high, valid, preferred);
        }
    }

    /// Adds, refreshes or (lifetime 0) removes a route.
    private void update(List<Advertised> list, int max, RouteEntry route, long lifetimeSeconds) {
        Advertised found = null;
        for (Advertised each : list) {
            if (each.route.equals(route)) {
                found = each;
            }
        }
        if (found != null && lifetimeSeconds == 0) {
            engine.timers().cancel(found);
            found.expire(engine.now());
            return;
        }
        if (found == null) {
            if (lifetimeSeconds == 0 || list.size() >= max) {
                return;
            }
            found = new Advertised(route, list);
            list.add(found);
            ip.routes().advertise(route);
        }
        engine.timers().arm(found, lifetimeSeconds == FOREVER_SECONDS ? WheelTimer.NEVER : engine.now() + lifetimeSeconds * SECOND_NS);
    }

    void down(Interface in) {
        drop(routers, in);
        drop(prefixes, in);
    }

    private void drop(List<Advertised> list, Interface in) {
        for (int i = list.size() - 1; i >= 0; i--) {
            Advertised each = list.get(i);
            if (each.route.out() == in) {
                engine.timers().cancel(each);
                each.expire(engine.now());
            }
        }
    }
}
