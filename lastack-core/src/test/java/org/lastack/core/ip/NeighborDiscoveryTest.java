package org.lastack.core.ip;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.lastack.core.Counter;
import org.lastack.core.EthernetFixture;
import org.lastack.core.Interface;
import org.lastack.core.Sysctl;
import org.lastack.wire.Bytes;
import org.lastack.wire.EthernetHeader;
import org.lastack.wire.Icmpv6;
import org.lastack.wire.IpAddress;
import org.lastack.wire.Ipv6Header;
import org.lastack.wire.Ndp;
import org.lastack.wire.Packets;
import org.lastack.wire.Refusal;

class NeighborDiscoveryTest extends EthernetFixture {
    private static final IpAddress ALL_NODES = IpAddress.of("ff02::1");
    private static final long LINK_HIGH = 0xff02_0000_0000_0000L;

    private static byte[] ipv6(IpAddress from, IpAddress to, int hops, byte[] message, int length) {
        byte[] packet = new byte[40 + length];
        Ipv6Header.write(packet, 0, 0, 0, length, 58, hops, from.high(), from.low(), to.high(), to.low());
        System.arraycopy(message, 0, packet, 40, length);
        return packet;
    }

    private static byte[] solicitation(IpAddress from, IpAddress target, long mac) {
        IpAddress group = new IpAddress(LINK_HIGH, Ndp.solicitedNodeLow(target.low()));
        byte[] message = new byte[32];
        int length = Ndp.writeSolicitation(message, 0, target.high(), target.low(), mac, from.high(), from.low(), group.high(), group.low());
        return ipv6(from, group, 255, message, length);
    }

    private static byte[] advertisement(IpAddress from, IpAddress to, IpAddress target, int flags, long mac) {
        byte[] message = new byte[32];
        int length = Ndp.writeAdvertisement(message, 0, flags, target.high(), target.low(), mac, from.high(), from.low(), to.high(), to.low());
        return ipv6(from, to, 255, message, length);
    }

    private List<byte[]> input6(byte[] packet) {
        long high = Ipv6Header.destinationHigh(packet, 0);
        long mac = IpAddress.isMulticast(high, 0) ? EthernetHeader.multicastV6(Ipv6Header.destinationLow(packet, 0)) : HOST_MAC;
        return frame(mac, EthernetHeader.TYPE_IPV6, packet);
    }

    private static int icmpType(byte[] frame) {
        return type(frame) == EthernetHeader.TYPE_IPV6 && frame[20] == 58 ? Icmpv6.type(frame, 54) : -1;
    }

    private List<Integer> types(List<byte[]> frames) {
        List<Integer> types = new ArrayList<>();
        frames.forEach(each -> types.add(icmpType(each)));
        return types;
    }

    private String state(IpAddress address) {
        return engine.ip().neighbors().stream().filter(each -> each.address().equals(address)).map(NeighborRow::state).findFirst()
                .orElse("none");
    }

    private void ready() {
        advanceSeconds(20);
        assertThat(engine.ip().isLocal(HOST6.high(), HOST6.low())).isTrue();
    }

    @Test
    void rfc4862_5_4_theLinkLocalAddressIsProbedThenUsedAndRoutersAreAskedThreeTimes() {
        assertThat(eth.addresses().getFirst().address()).isEqualTo(HOST6);
        assertThat(engine.ip().isLocal(HOST6.high(), HOST6.low())).isFalse();
        List<byte[]> frames = advanceSeconds(1);
        // Two listener reports, whose ICMPv6 is behind a hop-by-hop header.
        assertThat(types(frames)).containsExactlyInAnyOrder(-1, -1, Icmpv6.NEIGHBOR_SOLICITATION);
        byte[] probe = frames.stream().filter(each -> icmpType(each) == Icmpv6.NEIGHBOR_SOLICITATION).findFirst().orElseThrow();
        assertThat(Ipv6Header.sourceHigh(probe, 14) | Ipv6Header.sourceLow(probe, 14)).isZero();
        assertThat(Ipv6Header.hopLimit(probe, 14)).isEqualTo(255);
        assertThat(Ndp.check(probe, 54, 24, 255, 0, 0, Ipv6Header.destinationHigh(probe, 14), Ipv6Header.destinationLow(probe, 14))).isNull();
        assertThat(types(advanceSeconds(20))).containsExactly(Icmpv6.ROUTER_SOLICITATION, Icmpv6.ROUTER_SOLICITATION,
                Icmpv6.ROUTER_SOLICITATION);
        assertThat(engine.ip().isLocal(HOST6.high(), HOST6.low())).isTrue();
    }

    @Test
    void rfc4862_5_4_3_anotherProbeForATentativeAddressMakesItADuplicate() {
        advanceSeconds(1);
        input6(solicitation(IpAddress.ANY_V6, HOST6, -1));
        advanceSeconds(10);
        assertThat(engine.ip().isLocal(HOST6.high(), HOST6.low())).isFalse();
        assertThat(engine.counters().get(Counter.NdpAddressConflicts)).isEqualTo(1);
    }

    @Test
    void rfc4862_5_4_4_anAdvertisementForATentativeAddressMakesItADuplicate() {
        eth.addAddress(Interface.Address.of("fd77::1/64"));
        input6(advertisement(PEER6, ALL_NODES, IpAddress.of("fd77::1"), Ndp.FLAG_OVERRIDE, PEER_MAC));
        advanceSeconds(10);
        assertThat(engine.ip().isLocal(0xfd77_0000_0000_0000L, 1)).isFalse();
        assertThat(engine.ip().isLocal(HOST6.high(), HOST6.low())).isTrue();
    }

    @Test
    void r11_aClaimAgainstAWorkingAddressIsCountedOnly() {
        ready();
        input6(advertisement(PEER6, ALL_NODES, HOST6, Ndp.FLAG_OVERRIDE, PEER_MAC));
        assertThat(engine.ip().isLocal(HOST6.high(), HOST6.low())).isTrue();
        assertThat(engine.counters().get(Counter.NdpAddressConflicts)).isEqualTo(1);
        // RFC 4861 §7.2.4: the prober is told at once, by all nodes' group.
        byte[] answer = input6(solicitation(IpAddress.ANY_V6, HOST6, -1)).getFirst();
        assertThat(icmpType(answer)).isEqualTo(Icmpv6.NEIGHBOR_ADVERTISEMENT);
        assertThat(Ndp.isSolicited(answer, 54)).isFalse();
        assertThat(Ipv6Header.destinationLow(answer, 14)).isEqualTo(1);
    }

    @Test
    void rfc4861_7_2_4_solicitationsAreAnsweredAndTeach() {
        ready();
        byte[] answer = input6(solicitation(PEER6, HOST6, PEER_MAC)).getFirst();
        assertThat(EthernetHeader.destination(answer, 0)).isEqualTo(PEER_MAC);
        assertThat(Ndp.isSolicited(answer, 54)).isTrue();
        assertThat(Ndp.targetLow(answer, 54)).isEqualTo(HOST6.low());
        assertThat(state(PEER6)).isEqualTo("STALE");
    }

    @Test
    void rfc4861_7_1_1_hopLimitOtherThan255AndOptionLength0AreRefused() {
        ready();
        byte[] packet = solicitation(PEER6, HOST6, PEER_MAC);
        packet[7] = (byte) 254;
        assertThat(input6(packet)).isEmpty();
        assertThat(engine.counters().get(Refusal.NDP_BAD_HOP_LIMIT)).isEqualTo(1);
        byte[] message = new byte[32];
        Ndp.writeSolicitation(message, 0, HOST6.high(), HOST6.low(), PEER_MAC, PEER6.high(), PEER6.low(), HOST6.high(), HOST6.low());
        message[25] = 0;
        Icmpv6.write(message, 0, 135, 0, 0, 24, PEER6.high(), PEER6.low(), HOST6.high(), HOST6.low());
        assertThat(input6(ipv6(PEER6, HOST6, 255, message, 32))).isEmpty();
        assertThat(engine.counters().get(Refusal.NDP_BAD_OPTION)).isEqualTo(1);
    }

    @Test
    void rfc4861_7_2_resolutionAndUnreachabilityDetection() {
        ready();
        input6(Packets.echoRequest(PEER6, HOST6, 1, 1).build());
        assertThat(state(PEER6)).isEqualTo("INCOMPLETE");
        List<byte[]> released = input6(advertisement(PEER6, HOST6, PEER6, Ndp.FLAG_SOLICITED | Ndp.FLAG_OVERRIDE, PEER_MAC));
        assertThat(types(released)).containsExactly(Icmpv6.ECHO_REPLY);
        assertThat(state(PEER6)).isEqualTo("REACHABLE");
        // Nobody asked: the station address stays.
        input6(advertisement(PEER6, ALL_NODES, PEER6, Ndp.FLAG_OVERRIDE, OTHER_MAC));
        byte[] reply = input6(Packets.echoRequest(PEER6, HOST6, 1, 2).build()).getFirst();
        assertThat(EthernetHeader.destination(reply, 0)).isEqualTo(PEER_MAC);
        advanceSeconds(46);
        assertThat(state(PEER6)).isEqualTo("STALE");
        input6(Packets.echoRequest(PEER6, HOST6, 1, 3).build());
        List<byte[]> probes = advanceSeconds(9);
        assertThat(types(probes)).containsExactly(135, 135, 135);
        assertThat(EthernetHeader.destination(probes.getFirst(), 0)).isEqualTo(PEER_MAC);
        assertThat(state(PEER6)).isEqualTo("none");
        assertThat(engine.frames().outstanding()).isZero();
    }

    private static byte[] query(IpAddress from, int hops) {
        byte[] m = new byte[28];
        Icmpv6.write(m, 0, Icmpv6.MLD_QUERY, 0, 1000 << 16, 20, from.high(), from.low(), LINK_HIGH, 1);
        return ipv6(from, ALL_NODES, hops, m, m.length);
    }

    @Test
    void rfc3810_listenerReportsNameOurGroupsAndAnswerQueries() {
        ready();
        IpAddress group = IpAddress.of("ff05::42");
        assertThat(engine.ip().groups().join(eth, group.high(), group.low())).isZero();
        byte[] report = output().getFirst();
        assertThat(Ipv6Header.hopLimit(report, 14)).isEqualTo(1);
        assertThat(report[14 + 6]).as("hop-by-hop options").isZero();
        assertThat(Bytes.i32(report, 14 + 42)).as("router alert").isEqualTo(0x0502_0000);
        int message = 14 + 48;
        assertThat(Icmpv6.type(report, message)).isEqualTo(Icmpv6.MLD2_REPORT);
        assertThat(Icmpv6.check(report, message, 8 + 40, HOST6.high(), HOST6.low(), LINK_HIGH, 0x16)).isNull();
        assertThat(Icmpv6.rest(report, message)).as("our solicited-node group and the joined one").isEqualTo(2);
        assertThat(IpAddress.readV6(report, message + 8 + 20 + 4)).isEqualTo(group);
        assertThat(advanceSeconds(2)).hasSize(1);
        assertThat(input6(query(PEER6, 1))).isEmpty();
        assertThat(advanceSeconds(1.1)).hasSize(1);
        assertThat(input6(query(PEER6, 64))).isEmpty();
        assertThat(input6(query(IpAddress.of("2001:db8::1"), 1))).isEmpty();
        assertThat(advanceSeconds(5)).isEmpty();
        engine.ip().groups().leave(eth.index(), group.high(), group.low());
        report = output().getFirst();
        assertThat(report[message + 8]).as("change to include nothing").isEqualTo((byte) 3);
    }

    private byte[] routerAdvertisement(int lifetime, long mtu, int prefixLength, int flags, int valid, int preferred, int hops) {
        byte[] m = new byte[16 + 8 + 8 + 32];
        m[4] = (byte) hops;
        Bytes.put16(m, 6, lifetime);
        Ndp.writeLinkAddress(m, 16, Ndp.OPTION_SOURCE_LINK_ADDRESS, PEER_MAC);
        m[24] = Ndp.OPTION_MTU;
        m[25] = 1;
        Bytes.put32(m, 28, (int) mtu);
        m[32] = Ndp.OPTION_PREFIX;
        m[33] = 4;
        m[34] = (byte) prefixLength;
        m[35] = (byte) flags;
        Bytes.put32(m, 36, valid);
        Bytes.put32(m, 40, preferred);
        Bytes.put64(m, 48, 0x2001_0db8_0000_0000L);
        int rest = Bytes.i32(m, 4);
        Icmpv6.write(m, 0, Icmpv6.ROUTER_ADVERTISEMENT, 0, rest, m.length - 8, PEER6.high(), PEER6.low(), LINK_HIGH, 1);
        return ipv6(PEER6, ALL_NODES, 255, m, m.length);
    }

    @Test
    void rfc4861_6_3_4_rfc4862_5_5_aRouterGivesRouteAddressMtuAndHopLimit() {
        ready();
        input6(routerAdvertisement(1800, 1400, 64, 0xc0, 3600, 1800, 70));
        advanceSeconds(3);
        IpAddress auto = IpAddress.of("2001:db8::ff:fe00:1");
        assertThat(engine.ip().isLocal(auto.high(), auto.low())).isTrue();
        IpAddress far = IpAddress.of("2001:db8:1::1");
        Route route = engine.ip().route(far.high(), far.low(), 0, 0, 0);
        assertThat(new IpAddress(route.nextHopHigh, route.nextHopLow)).isEqualTo(PEER6);
        assertThat(new IpAddress(route.sourceHigh, route.sourceLow)).isEqualTo(auto);
        assertThat(engine.ip().pathMtu(route, far.high(), far.low())).isEqualTo(1400);
        assertThat(engine.ip().hopLimit(eth)).isEqualTo(70);
        IpAddress near = IpAddress.of("2001:db8::77");
        assertThat(engine.ip().route(near.high(), near.low(), 0, 0, 0).hasGateway()).isFalse();
        // The default route goes with the router's lifetime, the address with its own.
        advanceSeconds(1800);
        assertThat(engine.ip().current(route)).isFalse();
        assertThat(engine.ip().route(far.high(), far.low(), 0, 0, 0)).isNull();
        assertThat(engine.ip().isLocal(auto.high(), auto.low())).isTrue();
        advanceSeconds(1800);
        assertThat(engine.ip().isLocal(auto.high(), auto.low())).isFalse();
    }

    @Test
    void rfc4862_5_5_3_aForgedAdvertisementCannotShortenALifetimeBelowTwoHours() {
        ready();
        IpAddress auto = IpAddress.of("2001:db8::ff:fe00:1");
        input6(routerAdvertisement(1800, 1500, 64, 0xc0, 86_400, 86_400, 64));
        advanceSeconds(3);
        input6(routerAdvertisement(1800, 1500, 64, 0xc0, 1, 1, 64));
        advanceSeconds(7100);
        assertThat(engine.ip().isLocal(auto.high(), auto.low())).isTrue();
        advanceSeconds(200);
        assertThat(engine.ip().isLocal(auto.high(), auto.low())).isFalse();
    }

    @Test
    void absurdAdvertisementsChangeNothing() {
        ready();
        input6(routerAdvertisement(0, 68, 64, 0xc0, 10, 20, 1));
        input6(routerAdvertisement(0, 65_000, 200, 0xc0, 10, 10, 1));
        assertThat(eth.addresses()).hasSize(1);
        assertThat(engine.ip().hopLimit(eth)).isEqualTo(64);
        // That the prefix is on the link for ten seconds was not absurd.
        advanceSeconds(11);
        assertThat(engine.ip().route(0x2001_0db8_0000_0000L, 1, 0, 0, 0)).isNull();
        engine.sysctls().set(Sysctl.IPV6_ACCEPT_RA, 0);
        input6(routerAdvertisement(1800, 1500, 64, 0xc0, 100, 100, 64));
        assertThat(eth.addresses()).hasSize(1);
    }

    @Test
    void b09_redirectsAreIgnored() {
        ready();
        byte[] m = new byte[40];
        Icmpv6.write(m, 0, Icmpv6.REDIRECT, 0, 0, 32, PEER6.high(), PEER6.low(), HOST6.high(), HOST6.low());
        Bytes.put64(m, 8, PEER6.high());
        Bytes.put64(m, 16, PEER6.low());
        Bytes.put64(m, 24, 0x2001_0db8_0000_0000L);
        Bytes.put64(m, 32, 1);
        Icmpv6.write(m, 0, Icmpv6.REDIRECT, 0, 0, 32, PEER6.high(), PEER6.low(), HOST6.high(), HOST6.low());
        input6(ipv6(PEER6, HOST6, 255, m, 40));
        assertThat(engine.counters().get(Counter.Icmp6InRedirects)).isEqualTo(1);
        assertThat(engine.ip().neighbors()).isEmpty();
    }

    @Test
    void anInterfaceThatGoesDownForgetsItsNeighboursAndTimers() {
        ready();
        input6(routerAdvertisement(1800, 1400, 64, 0xc0, 3600, 1800, 70));
        input6(solicitation(PEER6, HOST6, PEER_MAC));
        eth.up(false);
        assertThat(engine.ip().neighbors()).isEmpty();
        assertThat(engine.timers().size()).isZero();
        eth.up(true);
        engine.removeInterface(eth);
        assertThat(engine.timers().size()).isZero();
        assertThat(engine.frames().outstanding()).isZero();
    }
}
