package org.lastack.core.ip;

import org.jspecify.annotations.Nullable;
import org.lastack.core.Counter;
import org.lastack.core.Engine;
import org.lastack.core.Interface;
import org.lastack.wire.EthernetHeader;
import org.lastack.wire.Frame;
import org.lastack.wire.Icmpv6;
import org.lastack.wire.IpAddress;
import org.lastack.wire.IpProtocol;
import org.lastack.wire.Ipv6Header;
import org.lastack.wire.Ndp;
import org.lastack.wire.Refusal;

/// Neighbour discovery over Ethernet (RFC 4861): solicitations and advertisements of neighbours; what routers say goes to [RouterDiscovery], own
/// addresses to [AddressConfiguration]. Redirects are ignored (SECURITY B-09).
final class NeighborDiscovery {
    private static final long LINK_HIGH = 0xff02_0000_0000_0000L;
    private static final long ALL_NODES = 1;
    private static final long ALL_ROUTERS = 2;

    private final Engine engine;
    private final IpLayer ip;
    private final EthernetLayer ethernet;
    private final AddressConfiguration addresses;
    private final RouterDiscovery routers;

    NeighborDiscovery(Engine engine, IpLayer ip, EthernetLayer ethernet, AddressStatus status) {
        this.engine = engine;
        this.ip = ip;
        this.ethernet = ethernet;
        this.addresses = new AddressConfiguration(engine, ip, this, status);
        this.routers = new RouterDiscovery(engine, ip, ethernet, addresses);
    }

    void up(Interface in) {
        addresses.up(in);
    }

    void down(Interface in) {
        addresses.down(in);
        routers.down(in);
    }

    void added(Interface in, IpAddress address) {
        addresses.added(in, address);
    }

    void removed(Interface in, IpAddress address) {
        addresses.removed(in, address);
    }

    boolean routerKnown(Interface in) {
        return routers.known(in);
    }

    /// A message of the five types whose ICMPv6 checksum is right. Null, or why it is refused.
    @Nullable Refusal input(IpDatagram d) {
        Interface in = d.in;
        if (in == null || in.kind() != Interface.Kind.ETHERNET) {
            // Nobody to discover behind a link without station addresses.
            return Refusal.ICMPV6_IGNORED;
        }
        Refusal refusal = Ndp.check(d.data, d.offset, d.length, d.ttl, d.sourceHigh, d.sourceLow, d.destinationHigh, d.destinationLow);
        if (refusal != null) {
            return refusal;
        }
        switch (Icmpv6.type(d.data, d.offset)) {
            case Icmpv6.NEIGHBOR_SOLICITATION -> {
                engine.counters().increment(Counter.Icmp6InNeighborSolicits);
                solicitation(d, in);
            }
            case Icmpv6.NEIGHBOR_ADVERTISEMENT -> {
                engine.counters().increment(Counter.Icmp6InNeighborAdvertisements);
                advertisement(d, in);
            }
            case Icmpv6.ROUTER_ADVERTISEMENT -> {
                engine.counters().increment(Counter.Icmp6InRouterAdvertisements);
                return routers.advertisement(d, in);
            }
            case Icmpv6.ROUTER_SOLICITATION -> {
                engine.counters().increment(Counter.Icmp6InRouterSolicits);
                return Refusal.ICMPV6_IGNORED;
            }
            default -> {
                engine.counters().increment(Counter.Icmp6InRedirects);
                return Refusal.ICMPV6_IGNORED;
            }
        }
        return null;
    }

    private static long linkAddress(IpDatagram d, int option) {
        int end = d.offset + d.length;
        int at = Ndp.findOption(d.data, Ndp.firstOption(d.data, d.offset), end, option);
        return at < 0 || Ndp.optionLength(d.data, at) != Ndp.LINK_ADDRESS_LENGTH ? -1 : Ndp.linkAddress(d.data, at);
    }

    /// RFC 4861 §7.2.3, §7.2.4 and RFC 4862 §5.4.3.
    private void solicitation(IpDatagram d, Interface in) {
        long high = Ndp.targetHigh(d.data, d.offset);
        long low = Ndp.targetLow(d.data, d.offset);
        boolean probe = (d.sourceHigh | d.sourceLow) == 0;
        if (!in.owns(high, low)) {
            return;
        }
        if (!ip.isLocal(high, low)) {
            // Tentative, or known to be a duplicate: another node's probe for it settles that, any other question is not for us.
            if (probe) {
                addresses.conflict(in, high, low);
            }
            return;
        }
        if (probe) {
            advertise(in, high, low, LINK_HIGH, ALL_NODES, EthernetHeader.multicastV6(ALL_NODES), false);
            return;
        }
        long mac = linkAddress(d, Ndp.OPTION_SOURCE_LINK_ADDRESS);
        if (mac != -1 && !EthernetHeader.isGroup(mac)) {
            ethernet.neighbors().learned(in, d.sourceHigh, d.sourceLow, mac);
        }
        advertise(in, high, low, d.sourceHigh, d.sourceLow, mac, true);
    }

    /// `mac` -1: to be resolved.
    private void advertise(Interface out, long high, long low, long toHigh, long toLow, long mac, boolean solicited) {
        Frame f = ip.frame(Ndp.NEIGHBOR_LENGTH + Ndp.LINK_ADDRESS_LENGTH);
        int flags = Ndp.FLAG_OVERRIDE | (solicited ? Ndp.FLAG_SOLICITED : 0);
        f.length = Ndp.writeAdvertisement(f.data, f.offset, flags, high, low, out.macAddress(), high, low, toHigh, toLow);
        engine.counters().increment(Counter.Icmp6OutNeighborAdvertisements);
        send(f, out, high, low, toHigh, toLow, mac);
    }

    /// RFC 4861 §7.2.5, but an advertisement that nobody asked for never changes a station address.
    private void advertisement(IpDatagram d, Interface in) {
        long high = Ndp.targetHigh(d.data, d.offset);
        long low = Ndp.targetLow(d.data, d.offset);
        if (in.owns(high, low)) {
            addresses.conflict(in, high, low);
            return;
        }
        Neighbor n = ethernet.neighbors().find(in, high, low);
        if (n == null) {
            return;
        }
        long told = linkAddress(d, Ndp.OPTION_TARGET_LINK_ADDRESS);
        boolean solicited = Ndp.isSolicited(d.data, d.offset);
        if (told != -1 && EthernetHeader.isGroup(told)) {
            return;
        }
        boolean incomplete = n.state == Neighbor.State.INCOMPLETE;
        if (incomplete && told == -1) {
            return;
        }
        boolean changes = !incomplete && told != -1 && told != n.mac;
        boolean asked = switch (n.state) {
            case INCOMPLETE, PROBE -> solicited;
            case REACHABLE, STALE, DELAY -> false;
        };
        if (changes && !(asked && Ndp.isOverride(d.data, d.offset))) {
            // RFC 4861 §7.2.5 (I): without override only doubt is cast on what we know.
            if (n.state == Neighbor.State.REACHABLE && asked) {
                ethernet.neighbors().stale(n, n.mac);
            }
            return;
        }
        n.router = Ndp.isRouter(d.data, d.offset);
        if (asked) {
            ethernet.neighbors().confirmed(n, told == -1 ? n.mac : told);
        } else if (incomplete) {
            ethernet.neighbors().stale(n, told);
        }
    }

    /// RFC 4861 §7.2.2: asks the solicited-node group, or the neighbour alone.
    void solicit(Neighbor n, boolean unicast) {
        IpAddress source = source(n.out);
        if (source == null) {
            return;
        }
        long toHigh = unicast ? n.high : LINK_HIGH;
        long toLow = unicast ? n.low : Ndp.solicitedNodeLow(n.low);
        long mac = unicast ? n.mac : EthernetHeader.multicastV6(toLow);
        Frame f = ip.frame(Ndp.NEIGHBOR_LENGTH + Ndp.LINK_ADDRESS_LENGTH);
        f.length = Ndp.writeSolicitation(f.data, f.offset, n.high, n.low, n.out.macAddress(), source.high(), source.low(), toHigh, toLow);
        engine.counters().increment(Counter.Icmp6OutNeighborSolicits);
        send(f, n.out, source.high(), source.low(), toHigh, toLow, mac);
    }

    /// A usable IPv6 address of the interface, the link-local one if there is.
    private @Nullable IpAddress source(Interface out) {
        IpAddress other = null;
        for (int i = 0; i < out.addresses().size(); i++) {
            IpAddress each = out.addresses().get(i).address();
            if (!each.isV4() && ip.isLocal(each.high(), each.low())) {
                if (each.isLinkLocal()) {
                    return each;
                }
                other = other == null ? each : other;
            }
        }
        return other;
    }

    /// RFC 4862 §5.4.2: asks whether anybody has the address, without a source address.
    void probe(Interface out, IpAddress address) {
        long toLow = Ndp.solicitedNodeLow(address.low());
        Frame f = ip.frame(Ndp.NEIGHBOR_LENGTH);
        f.length = Ndp.writeSolicitation(f.data, f.offset, address.high(), address.low(), -1, 0, 0, LINK_HIGH, toLow);
        engine.counters().increment(Counter.Icmp6OutNeighborSolicits);
        send(f, out, 0, 0, LINK_HIGH, toLow, EthernetHeader.multicastV6(toLow));
    }

    /// RFC 4861 §6.3.7.
    void solicitRouters(Interface out) {
        IpAddress source = source(out);
        long high = source == null ? 0 : source.high();
        long low = source == null ? 0 : source.low();
        Frame f = ip.frame(Icmpv6.HEADER_LENGTH + Ndp.LINK_ADDRESS_LENGTH);
        f.length = Ndp.writeRouterSolicitation(f.data, f.offset, source == null ? -1 : out.macAddress(), high, low, LINK_HIGH, ALL_ROUTERS);
        engine.counters().increment(Counter.Icmp6OutRouterSolicits);
        send(f, out, high, low, LINK_HIGH, ALL_ROUTERS, EthernetHeader.multicastV6(ALL_ROUTERS));
    }

    private void send(Frame f, Interface out, long fromHigh, long fromLow, long toHigh, long toLow, long mac) {
        engine.counters().increment(Counter.Icmp6OutMsgs);
        f.prepend(Ipv6Header.LENGTH);
        Ipv6Header.write(f.data, f.offset, 0, 0, f.length - Ipv6Header.LENGTH, IpProtocol.ICMPV6, Ndp.HOP_LIMIT, fromHigh, fromLow, toHigh, toLow);
        if (mac == -1) {
            ethernet.neighbors().transmit(f, out, toHigh, toLow);
        } else {
            ethernet.unicast(f, out, mac);
        }
    }
}
