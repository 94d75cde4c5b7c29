package org.lastack.core.ip;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lastack.core.Counter;
import org.lastack.core.Engine;
import org.lastack.core.Interface;
import org.lastack.wire.EthernetHeader;
import org.lastack.wire.Frame;
import org.lastack.wire.IpAddress;
import org.lastack.wire.Ipv4Header;
import org.lastack.wire.Refusal;

/// The Ethernet links of one host: framing, filtering by station address, and the way to ARP and neighbour discovery.
final class EthernetLayer implements NeighborTable.Solicitor {
    /// What is known about one Ethernet beyond its interface (RFC 4861 §6.3.2).
    static final class Link {
        final Interface in;
        /// ReachableTime before randomisation: 30 s unless a router says otherwise.
        long reachableNs = 30_000_000_000L;
        /// RetransTimer: 1 s unless a router says otherwise.
        long retransmitNs = 1_000_000_000L;
        /// Hop limit that a router has advertised, 0 = none.
        int hopLimit;
        /// MTU for IPv6 that a router has advertised, 0 = none.
        int mtu6;

        Link(Interface in) {
            this.in = in;
        }
    }

    private final Engine engine;
    private final IpLayer ip;
    private final NeighborTable neighbors;
    private final Arp arp;
    private final NeighborDiscovery discovery;
    private final ListenerReports reports;
    private final List<Link> links = new ArrayList<>();

    EthernetLayer(Engine engine, IpLayer ip, AddressStatus status) {
        this.engine = engine;
        this.ip = ip;
        this.neighbors = new NeighborTable(engine, this, this);
        this.arp = new Arp(engine, ip, this);
        this.discovery = new NeighborDiscovery(engine, ip, this, status);
        this.reports = new ListenerReports(engine, ip, this);
        ip.groups().reports(reports);
    }

    NeighborTable neighbors() {
        return neighbors;
    }

    ListenerReports listenerReports() {
        return reports;
    }

    NeighborDiscovery discovery() {
        return discovery;
    }

    Link link(Interface in) {
        for (int i = 0; i < links.size(); i++) {
            if (links.get(i).in == in) {
                return links.get(i);
            }
        }
        Link link = new Link(in);
        links.add(link);
        return link;
    }

    /// A frame from the link. Nothing in it is fatal; what is not for us is counted and dropped (SECURITY X-13).
    void input(Interface in, byte[] data, int offset, int length, boolean checksumVerified, int gsoSize) {
        Refusal refusal = EthernetHeader.check(data, offset, length);
        if (refusal != null) {
            engine.counters().refused(refusal);
            return;
        }
        long destination = EthernetHeader.destination(data, offset);
        boolean group = EthernetHeader.isGroup(destination);
        if (!group && destination != in.macAddress()) {
            engine.counters().refused(Refusal.ETHERNET_NOT_OURS);
            return;
        }
        int header = EthernetHeader.headerLength(data, offset);
        int payload = offset + header;
        int octets = length - header;
        switch (EthernetHeader.payloadType(data, offset)) {
            case EthernetHeader.TYPE_IPV4 -> ip.packet(in, data, payload, octets, 4, checksumVerified, gsoSize, false, group);
            case EthernetHeader.TYPE_IPV6 -> ip.packet(in, data, payload, octets, 6, checksumVerified, gsoSize, false, group);
            case EthernetHeader.TYPE_ARP -> arp.input(in, data, payload, octets);
            default -> engine.counters().refused(Refusal.ETHERNET_UNKNOWN_TYPE);
        }
    }

    /// An IP packet for the link. Takes ownership.
    void transmit(Frame f, Interface out, Route.Kind kind, long hopHigh, long hopLow) {
        if (kind == Route.Kind.BROADCAST) {
            unicast(f, out, EthernetHeader.BROADCAST);
        } else if (kind == Route.Kind.MULTICAST) {
            boolean v4 = IpAddress.isV4(hopHigh, hopLow);
            unicast(f, out, v4 ? EthernetHeader.multicastV4((int) hopLow) : EthernetHeader.multicastV6(hopLow));
        } else {
            neighbors.transmit(f, out, hopHigh, hopLow);
        }
    }

    /// Frames an IP packet for a known station and queues it.
    void unicast(Frame f, Interface out, long mac) {
        boolean v4 = Ipv4Header.version(f.data, f.offset) == 4;
        send(f, out, mac, v4 ? EthernetHeader.TYPE_IPV4 : EthernetHeader.TYPE_IPV6);
    }

    void send(Frame f, Interface out, long mac, int type) {
        f.prepend(EthernetHeader.LENGTH);
        EthernetHeader.write(f.data, f.offset, mac, out.macAddress(), type);
        if (f.length < EthernetHeader.MIN_FRAME) {
            // SECURITY I-02: what earlier frames left in the buffer does not leave with this one.
            Arrays.fill(f.data, f.offset + f.length, f.offset + EthernetHeader.MIN_FRAME, (byte) 0);
            f.length = EthernetHeader.MIN_FRAME;
        }
        ip.toLink(f, out);
    }

    @Override
    public void solicit(Neighbor n, boolean unicast) {
        if (IpAddress.isV4(n.high, n.low)) {
            arp.request(n, unicast);
        } else {
            discovery.solicit(n, unicast);
        }
    }

    /// A neighbour has not answered: whoever sent the waiting packets learns it (RFC 4861 §7.2.2; RFC 1122 §2.3.2.2).
    void unreachable(Neighbor n) {
        for (Frame f = n.waiting.poll(); f != null; f = n.waiting.poll()) {
            engine.counters().increment(Counter.NeighUnresDiscards);
            ip.quotes().unreachable(f, n.out);
            f.release();
        }
    }

    void interfaceChanged(Interface changed, Interface.@Nullable Address added, Interface.@Nullable Address removed) {
        if (changed.kind() != Interface.Kind.ETHERNET) {
            return;
        }
        if (!changed.up()) {
            neighbors.flush(changed);
            discovery.down(changed);
            reports.down(changed);
            links.removeIf(each -> each.in == changed);
            return;
        }
        if (added == null && removed == null) {
            discovery.up(changed);
        }
        if (added != null) {
            if (added.address().isV4()) {
                arp.announce(changed, added.address().v4Bits());
            } else {
                discovery.added(changed, added.address());
                reports.joined(changed);
            }
        }
        if (removed != null && removed.address().isV4()) {
            arp.forget(changed, removed.address().v4Bits());
        } else if (removed != null) {
            discovery.removed(changed, removed.address());
        }
    }
}
