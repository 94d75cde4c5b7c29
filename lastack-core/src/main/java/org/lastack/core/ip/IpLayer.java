package org.lastack.core.ip;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lastack.core.Counter;
import org.lastack.core.Counters;
import org.lastack.core.Engine;
import org.lastack.core.Interface;
import org.lastack.core.SipHash;
import org.lastack.core.Sysctl;
import org.lastack.core.socket.LocalAddresses;
import org.lastack.wire.Frame;
import org.lastack.wire.IpAddress;
import org.lastack.wire.Ipv4Header;
import org.lastack.wire.Ipv6Header;

/// The Internet layer of one host as transports and the engine see it. Addresses are pairs of longs, IPv4 as v4-mapped. Belongs to its engine:
/// use under the host's lock; nothing blocks.
public final class IpLayer implements LocalAddresses {
    private final Engine engine;
    private final Counters counters;
    private final AddressTable addresses = new AddressTable();
    private final AddressStatus status = new AddressStatus();
    private final RouteTable routes;
    private final PathMtuTable pathMtus;
    private final MulticastGroups groups;
    private final IpOutput output;
    private @Nullable LoopbackTap loopbackTap;
    private final IcmpErrors icmpErrors;
    private final IcmpQuotes quotes;
    private final Icmpv4Input icmpv4;
    private final Icmpv6Input icmpv6;
    private final Ipv4Input v4;
    private final Ipv6Input v6;
    private final Reassembler reassembler;
    private final EthernetLayer ethernet;
    private final GroupReports groupReports;
    private final IpDatagram datagram = new IpDatagram();
    private final @Nullable Transport[] transports = new @Nullable Transport[256];

    /// For [Engine] only.
    public IpLayer(Engine engine) {
        this.engine = engine;
        this.counters = engine.counters();
        routes = new RouteTable(engine.interfaces(), addresses, new SourceSelection(status), new SipHash(engine.entropy()));
        pathMtus = new PathMtuTable(engine.entropy());
        groups = new MulticastGroups(engine);
        output = new IpOutput(engine, this);
        icmpErrors = new IcmpErrors(engine, this);
        quotes = new IcmpQuotes(this);
        icmpv4 = new Icmpv4Input(engine, this);
        icmpv6 = new Icmpv6Input(engine, this);
        v4 = new Ipv4Input(this, counters);
        v6 = new Ipv6Input(this, counters);
        reassembler = new Reassembler(engine, this);
        ethernet = new EthernetLayer(engine, this, status);
        groupReports = new GroupReports(engine, this);
        groups.reports(groupReports);
        transport(GroupReports.IGMP, groupReports);
    }

    // Output

    /// A frame from the engine's pool with headroom for all lower headers and room for `transportOctets` (at most 65,535), length 0.
    public Frame frame(int transportOctets) {
        return engine.frames().take(transportOctets);
    }

    /// Where packets to this destination leave. An unspecified source means that one is to be chosen (RFC 6724); `ifIndex` 0 means any
    /// interface. Null if there is no route: then [#lastRouteError] says why. A destination of all zeros is this host, as in BSD and Linux.
    public @Nullable Route route(long dstHigh, long dstLow, long srcHigh, long srcLow, int ifIndex) {
        Route route = routes.lookup(dstHigh, dstLow, srcHigh, srcLow, ifIndex);
        if (route == null) {
            counters.increment(IpAddress.isV4(dstHigh, dstLow) ? Counter.IpOutNoRoutes : Counter.Ip6OutNoRoutes);
        }
        return route;
    }

    /// The positive errno of the last [#route] that returned null: ENETUNREACH, EADDRNOTAVAIL (no source address) or EINVAL.
    public int lastRouteError() {
        return routes.error();
    }

    /// True if the table has not changed since the route was given out.
    public boolean current(Route route) {
        return route.generation == routes.generation();
    }

    /// Largest IP packet in octets that the path to the destination carries in one piece, as far as known.
    public int pathMtu(Route route, long dstHigh, long dstLow) {
        int mtu = linkMtu(route, dstHigh, dstLow);
        if (route.kind == Route.Kind.LOCAL) {
            return mtu;
        }
        int learned = pathMtus.get(dstHigh, dstLow, engine.now());
        return learned == 0 ? mtu : Math.min(mtu, learned);
    }

    /// The first hop's MTU, for IPv6 over Ethernet as far as routers have advertised a smaller one (RFC 4861 §6.3.4).
    private int linkMtu(Route route, long dstHigh, long dstLow) {
        int mtu = route.mtu();
        if (route.out.kind() != Interface.Kind.ETHERNET || IpAddress.isV4(dstHigh, dstLow)) {
            return mtu;
        }
        int advertised = ethernet.link(route.out).mtu6;
        return advertised == 0 ? mtu : Math.min(mtu, advertised);
    }

    /// A router said that packets to this destination must be smaller, and the transport has found the quoted packet to be its own (RFC 1191,
    /// RFC 8201, RFC 5927 §7). Never increases; below 552 (IPv4, `net.ipv4.route.min_pmtu`) and 1280 octets (IPv6) nothing is believed.
    public void learnPathMtu(long dstHigh, long dstLow, int mtu) {
        boolean isV4 = IpAddress.isV4(dstHigh, dstLow);
        int floor = isV4 ? engine.sysctls().getInt(Sysctl.ROUTE_MIN_PMTU) : Ipv6Header.MIN_MTU;
        int floored = Math.max(mtu, floor);
        int known = pathMtus.get(dstHigh, dstLow, engine.now());
        if (known == 0 || floored < known) {
            pathMtus.put(dstHigh, dstLow, floored, engine.now(), engine.sysctls().get(Sysctl.ROUTE_MTU_EXPIRES) * 1_000_000_000L);
        }
    }

    /// Forgets all learned path MTUs (as `ip route flush cache`).
    public void forgetPathMtus() {
        pathMtus.clear();
    }

    /// Sends a transport packet. Takes ownership of the frame, which holds transport header and payload; its checksum is complete, or
    /// `needsChecksum` is set with start and offset relative to the frame's offset and the folded pseudo-header sum in the field.
    ///
    /// @param ttl TTL or hop limit; 0 for the default (64; 1 for groups)
    /// @param dontFragment IPv4: set DF; both: drop what is larger than the first hop's MTU. Otherwise packets larger than the path MTU leave
    ///        as fragments. Super-segments (`gsoSize`) are never fragmented.
    public void send(Frame f, Route r, long srcHigh, long srcLow, long dstHigh, long dstLow, int protocol, int tos, int ttl,
            boolean dontFragment) {
        boolean whole = dontFragment || f.gsoSize != 0;
        output.send(f, r, srcHigh, srcLow, dstHigh, dstLow, protocol, tos, ttl, dontFragment,
                whole ? Integer.MAX_VALUE : pathMtu(r, dstHigh, dstLow), true);
    }

    /// As the other `send`, for UDP.
    ///
    /// @param fragmentMtu largest fragment in octets if the packet may be fragmented
    /// @param loopGroups whether members of the group on this host hear it too (IP_MULTICAST_LOOP)
    public void send(Frame f, Route r, long srcHigh, long srcLow, long dstHigh, long dstLow, int protocol, int tos, int ttl,
            boolean dontFragment, int fragmentMtu, boolean loopGroups) {
        output.send(f, r, srcHigh, srcLow, dstHigh, dstLow, protocol, tos, ttl, dontFragment, fragmentMtu, loopGroups);
    }

    /// The next frame for a link, or null. The caller owns it.
    public @Nullable Frame pollLink() {
        return output.pollLink();
    }

    /// Sets or, with null, removes the watcher of what this host sends to itself.
    public void loopbackTap(@Nullable LoopbackTap tap) {
        loopbackTap = tap;
    }

    /// Delivers one packet that this host sent to itself; false if there is none.
    public boolean deliverLooped() {
        Frame f = output.pollLooped();
        if (f == null) {
            return false;
        }
        Interface in = engine.interfaceAt(f.interfaceIndex);
        try {
            if (in != null) {
                LoopbackTap tap = loopbackTap;
                if (tap != null) {
                    tap.carried(f.data, f.offset, f.length);
                }
                int version = Ipv4Header.version(f.data, f.offset);
                packet(in, f.data, f.offset, f.length, version, true, f.gsoSize, true, false);
            }
        } finally {
            f.release();
        }
        return true;
    }

    /// Octets that have been sent and wait for [Engine#poll].
    public long queuedOctets() {
        return output.queuedOctets();
    }

    /// The interface part of output: link-layer header and queue.
    void transmit(Frame f, Interface out, Route.Kind kind, long hopHigh, long hopLow) {
        if (out.kind() == Interface.Kind.ETHERNET) {
            ethernet.transmit(f, out, kind, hopHigh, hopLow);
        } else {
            output.toLink(f, out);
        }
    }

    void toLink(Frame f, Interface out) {
        output.toLink(f, out);
    }

    // Input

    /// A frame from a link. Borrows the array.
    public void input(Interface in, byte[] data, int offset, int length, boolean checksumVerified, int gsoSize) {
        if (in.kind() == Interface.Kind.ETHERNET) {
            ethernet.input(in, data, offset, length, checksumVerified, gsoSize);
        } else {
            int version = length > 0 ? Ipv4Header.version(data, offset) : 0;
            packet(in, data, offset, length, version, checksumVerified, gsoSize, false, false);
        }
    }

    /// `version` is what the link says the packet is, 4 or 6; anything else is refused as a malformed IPv4 packet.
    void packet(Interface in, byte[] data, int offset, int length, int version, boolean checksumVerified, int gsoSize, boolean looped,
            boolean linkBroadcast) {
        IpDatagram d = datagram;
        d.data = data;
        d.in = in;
        d.checksumVerified = checksumVerified;
        d.gsoSize = gsoSize;
        if (version == 6) {
            v6.input(d, offset, length, looped, linkBroadcast);
        } else {
            v4.input(d, offset, length, looped, linkBroadcast);
        }
    }

    /// Registers the receiver of a protocol. ICMP (1) and ICMPv6 (58) get echo replies only.
    public void transport(int protocol, Transport receiver) {
        transports[protocol] = receiver;
    }

    @Nullable Transport transport(int protocol) {
        return transports[protocol];
    }

    /// Tells the sender that the datagram could not be delivered: `code` is one of the "unreachable" codes of the datagram's family. Silent
    /// where RFC 1122 §3.2.2 and RFC 4443 §2.4 forbid an answer, and rate limited.
    public void icmpUnreachable(IpDatagram cause, int code) {
        if (cause.v4) {
            icmpErrors.sendV4(cause, org.lastack.wire.Icmpv4.DESTINATION_UNREACHABLE, code, 0);
        } else {
            icmpErrors.sendV6(cause, org.lastack.wire.Icmpv6.DESTINATION_UNREACHABLE, code, 0, false);
        }
    }

    // Addresses

    /// One of our addresses, 127/8 and `::1` included.
    @Override
    public boolean isLocal(long high, long low) {
        return addresses.owner(high, low) != 0;
    }

    @Override
    public boolean isLocalOn(long high, long low, int ifIndex) {
        return addresses.owner(high, low) == ifIndex;
    }

    /// The limited broadcast address or the directed one of an interface's subnet.
    @Override
    public boolean isBroadcast(long high, long low) {
        return addresses.isBroadcast(high, low);
    }

    /// Index of the interface that has this address, or 0.
    public int interfaceOf(long high, long low) {
        return addresses.owner(high, low);
    }

    public RouteTable routes() {
        return routes;
    }

    public MulticastGroups groups() {
        return groups;
    }

    /// For [Engine]: something about an interface has changed.
    public void interfaceChanged(Interface changed, Interface.@Nullable Address added, Interface.@Nullable Address removed) {
        ethernet.interfaceChanged(changed, added, removed);
        if (!changed.up()) {
            groupReports.down(changed);
        }
        rebuild();
    }

    /// Recomputes what follows from interfaces, addresses and their states.
    void rebuild() {
        List<Interface> interfaces = engine.interfaces();
        addresses.rebuild(interfaces, status);
        routes.rebuild();
    }

    int hopLimit(Interface out) {
        int advertised = out.kind() == Interface.Kind.ETHERNET ? ethernet.link(out).hopLimit : 0;
        return advertised != 0 ? advertised : engine.sysctls().getInt(Sysctl.IPV6_HOP_LIMIT);
    }

    /// The neighbour cache, least recently used first: a copy.
    public List<NeighborRow> neighbors() {
        return ethernet.neighbors().rows();
    }

    /// True if the address may be used: not tentative and no duplicate (RFC 4862 §5.4).
    public boolean usable(Interface in, IpAddress address) {
        return status.usable(in, address);
    }

    ListenerReports listenerReports() {
        return ethernet.listenerReports();
    }

    NeighborDiscovery discovery() {
        return ethernet.discovery();
    }

    /// Octets held by datagrams of which fragments are missing; at most `net.ipv4.ipfrag_high_thresh`.
    public long reassemblyMemory() {
        return reassembler.memory();
    }

    /// Datagrams of which fragments are missing.
    public int reassemblyQueues() {
        return reassembler.size();
    }

    Reassembler reassembler() {
        return reassembler;
    }

    Ipv4Input v4() {
        return v4;
    }

    Ipv6Input v6() {
        return v6;
    }

    IcmpErrors icmpErrors() {
        return icmpErrors;
    }

    IcmpQuotes quotes() {
        return quotes;
    }

    Icmpv4Input icmpv4() {
        return icmpv4;
    }

    Icmpv6Input icmpv6() {
        return icmpv6;
    }
}
