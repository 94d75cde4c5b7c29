package org.lastack.core.ip;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.lastack.core.Counter;
import org.lastack.core.Errno;
import org.lastack.core.EthernetFixture;
import org.lastack.core.Interface;
import org.lastack.core.Sysctl;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.socket.Owner;
import org.lastack.core.socket.SocketOptions;
import org.lastack.core.udp.ReceivedFrom;
import org.lastack.core.udp.UdpSocket;
import org.lastack.wire.ArpPacket;
import org.lastack.wire.EthernetHeader;
import org.lastack.wire.IpAddress;
import org.lastack.wire.Packets;
import org.lastack.wire.Refusal;

class ArpTest extends EthernetFixture {
    private UdpSocket socket;

    @BeforeEach
    void address() {
        engine.sysctls().set(Sysctl.IPV6_ACCEPT_RA, 0);
        eth.addAddress(Interface.Address.of("10.77.0.1/24"));
        socket = engine.udpSocket(InetSocket.AF_INET, Owner.ROOT);
        socket.bind(0, IpAddress.ANY_V4.low(), 5000);
        advanceSeconds(30);
    }

    private List<byte[]> send(IpAddress to) {
        assertThat(socket.sendTo(new byte[10], 0, 10, 0, to.high(), to.low(), 6000)).isEqualTo(10);
        return output();
    }

    private String state(IpAddress address) {
        return engine.ip().neighbors().stream().filter(each -> each.address().equals(address)).map(NeighborRow::state).findFirst()
                .orElse("none");
    }

    @Test
    void rfc5227_2_3_aNewAddressIsAnnouncedTwice() {
        eth.addAddress(Interface.Address.of("10.77.0.9/24"));
        List<byte[]> frames = advanceSeconds(10);
        assertThat(frames).hasSize(2);
        for (byte[] frame : frames) {
            assertThat(EthernetHeader.destination(frame, 0)).isEqualTo(EthernetHeader.BROADCAST);
            assertThat(ArpPacket.operation(frame, 14)).isEqualTo(ArpPacket.REQUEST);
            assertThat(ArpPacket.senderProtocol(frame, 14)).isEqualTo(0x0a4d_0009);
            assertThat(ArpPacket.targetProtocol(frame, 14)).isEqualTo(0x0a4d_0009);
        }
    }

    @Test
    void rfc826_requestsForOwnAddressesAreAnsweredAndTeach() {
        List<byte[]> out = arp(ArpPacket.REQUEST, PEER_MAC, PEER, 0, HOST);
        assertThat(out).hasSize(1);
        byte[] reply = out.getFirst();
        assertThat(reply).hasSize(60);
        assertThat(EthernetHeader.destination(reply, 0)).isEqualTo(PEER_MAC);
        assertThat(ArpPacket.operation(reply, 14)).isEqualTo(ArpPacket.REPLY);
        assertThat(ArpPacket.senderHardware(reply, 14)).isEqualTo(HOST_MAC);
        assertThat(ArpPacket.senderProtocol(reply, 14)).isEqualTo(HOST.v4Bits());
        assertThat(Arrays.copyOfRange(reply, 42, 60)).containsOnly(0);
        assertThat(state(PEER)).isEqualTo("STALE");
        assertThat(arp(ArpPacket.REQUEST, PEER_MAC, PEER, 0, IpAddress.of("10.77.0.99"))).isEmpty();
    }

    @Test
    void rfc5227_2_1_probesForOwnAddressesAreAnswered() {
        assertThat(arp(ArpPacket.REQUEST, PEER_MAC, IpAddress.ANY_V4, 0, HOST)).hasSize(1);
        assertThat(engine.ip().neighbors()).isEmpty();
    }

    @Test
    void x07_r11_repliesThatNobodyAskedForAreIgnored() {
        arp(ArpPacket.REPLY, OTHER_MAC, PEER, HOST_MAC, HOST);
        assertThat(engine.ip().neighbors()).isEmpty();
        assertThat(engine.counters().get(Refusal.ARP_UNSOLICITED)).isEqualTo(1);
        send(PEER);
        arp(ArpPacket.REPLY, PEER_MAC, PEER, HOST_MAC, HOST);
        arp(ArpPacket.REPLY, OTHER_MAC, PEER, HOST_MAC, HOST);
        assertThat(EthernetHeader.destination(send(PEER).getFirst(), 0)).isEqualTo(PEER_MAC);
        assertThat(engine.counters().get(Refusal.ARP_UNSOLICITED)).isEqualTo(2);
    }

    @Test
    void rfc4861_7_3_resolutionThenReachableStaleDelayProbeAndGone() {
        List<byte[]> asked = send(PEER);
        assertThat(asked).hasSize(1);
        assertThat(ArpPacket.targetProtocol(asked.getFirst(), 14)).isEqualTo(PEER.v4Bits());
        assertThat(state(PEER)).isEqualTo("INCOMPLETE");
        List<byte[]> released = arp(ArpPacket.REPLY, PEER_MAC, PEER, HOST_MAC, HOST);
        assertThat(released).hasSize(1);
        assertThat(type(released.getFirst())).isEqualTo(EthernetHeader.TYPE_IPV4);
        assertThat(state(PEER)).isEqualTo("REACHABLE");
        assertThat(advanceSeconds(14)).isEmpty();
        assertThat(state(PEER)).isEqualTo("REACHABLE");
        assertThat(advanceSeconds(32)).isEmpty();
        assertThat(state(PEER)).isEqualTo("STALE");
        assertThat(send(PEER)).hasSize(1);
        assertThat(state(PEER)).isEqualTo("DELAY");
        assertThat(advanceSeconds(4.9)).isEmpty();
        List<byte[]> probe = advanceSeconds(0.2);
        assertThat(EthernetHeader.destination(probe.getFirst(), 0)).isEqualTo(PEER_MAC);
        assertThat(state(PEER)).isEqualTo("PROBE");
        arp(ArpPacket.REPLY, PEER_MAC, PEER, HOST_MAC, HOST);
        assertThat(state(PEER)).isEqualTo("REACHABLE");
        advanceSeconds(46);
        send(PEER);
        assertThat(advanceSeconds(9)).hasSize(3);
        assertThat(state(PEER)).isEqualTo("none");
    }

    @Test
    void anUnansweredNeighbourIsAskedThreeTimesAndTheSenderLearnsIt() {
        socket.setInt(SocketOptions.IPPROTO_IP, SocketOptions.IP_RECVERR, 1);
        send(PEER);
        for (int i = 0; i < 5; i++) {
            assertThat(send(PEER)).isEmpty();
        }
        // At most three packets wait, the newest ones.
        assertThat(engine.counters().get(Counter.NeighUnresDiscards)).isEqualTo(3);
        assertThat(advanceSeconds(5)).hasSize(2);
        assertThat(socket.receive(new byte[10], 0, 10, 0, new ReceivedFrom())).isEqualTo(-Errno.EHOSTUNREACH);
        assertThat(engine.ip().neighbors()).isEmpty();
        assertThat(engine.frames().outstanding()).isZero();
    }

    @Test
    void r11_theCacheIsBoundedAndTheLeastRecentlyUsedGoes() {
        engine.sysctls().set(Sysctl.NEIGH_GC_THRESH3, 16);
        arp(ArpPacket.REQUEST, PEER_MAC, PEER, 0, HOST);
        for (int i = 3; i < 250; i++) {
            send(PEER);
            arp(ArpPacket.REQUEST, OTHER_MAC, IpAddress.v4(0x0a4d_0000 | i), 0, HOST);
            assertThat(engine.ip().neighbors()).hasSizeLessThanOrEqualTo(16);
        }
        assertThat(state(PEER)).isNotEqualTo("none");
        assertThat(engine.counters().get(Counter.NeighTableOverflows)).isEqualTo(248 - 16);
    }

    @Test
    void r11_strangersFromOtherNetworksAreNotLearned() {
        arp(ArpPacket.REQUEST, OTHER_MAC, IpAddress.of("192.0.2.1"), 0, HOST);
        assertThat(engine.ip().neighbors()).isEmpty();
    }

    @Test
    void rfc5227_2_4_aConflictIsDefendedOncePerTenSeconds() {
        assertThat(arp(ArpPacket.REQUEST, OTHER_MAC, HOST, 0, HOST)).hasSize(1);
        assertThat(arp(ArpPacket.REQUEST, OTHER_MAC, HOST, 0, HOST)).isEmpty();
        assertThat(engine.counters().get(Counter.ArpConflicts)).isEqualTo(2);
        advanceSeconds(11);
        assertThat(arp(ArpPacket.REPLY, OTHER_MAC, HOST, 0, HOST)).hasSize(1);
        assertThat(engine.ip().isLocal(HOST.high(), HOST.low())).isTrue();
    }

    @Test
    void x13_framesThatAreNotForUsAreCountedNeverFatal() {
        byte[] packet = Packets.echoRequest(PEER, HOST, 1, 1).build();
        assertThat(frame(OTHER_MAC, EthernetHeader.TYPE_IPV4, packet)).isEmpty();
        assertThat(engine.counters().get(Refusal.ETHERNET_NOT_OURS)).isEqualTo(1);
        for (int length = 0; length < 60; length++) {
            byte[] runt = Arrays.copyOf(Packets.ethernet(HOST_MAC, PEER_MAC, EthernetHeader.TYPE_ARP, new byte[0]), length);
            engine.input(eth, runt, 0, runt.length);
        }
        assertThat(frame(HOST_MAC, 0x0100, packet)).isEmpty();
        assertThat(frame(HOST_MAC, 0x88cc, packet)).isEmpty();
        byte[] wrongLengths = Packets.arp(1, PEER_MAC, PEER, 0, HOST);
        wrongLengths[4] = 8;
        assertThat(frame(HOST_MAC, EthernetHeader.TYPE_ARP, wrongLengths)).isEmpty();
        assertThat(engine.counters().get(Refusal.ETHERNET_RUNT)).isEqualTo(14);
        assertThat(engine.counters().get(Refusal.ETHERNET_LLC)).isEqualTo(1);
        assertThat(engine.counters().get(Refusal.ETHERNET_UNKNOWN_TYPE)).isEqualTo(1);
        // Payloads of fewer than 8 octets, then 38 of zeros and the one with a hardware length of 8.
        assertThat(engine.counters().get(Refusal.ARP_TRUNCATED)).isEqualTo(8);
        assertThat(engine.counters().get(Refusal.ARP_BAD_FORMAT)).isEqualTo(39);
    }

    @Test
    void rfc1122_3_3_6_nothingThatTheLinkBroadcastIsAnsweredByAnError() {
        byte[] packet = Packets.udp(PEER, 1, HOST, 9).build();
        assertThat(frame(EthernetHeader.BROADCAST, EthernetHeader.TYPE_IPV4, packet)).isEmpty();
        arp(ArpPacket.REQUEST, PEER_MAC, PEER, 0, HOST);
        assertThat(frame(HOST_MAC, EthernetHeader.TYPE_IPV4, packet)).hasSize(1);
    }

    @Test
    void aGatewayIsResolvedInsteadOfTheDestination() {
        engine.ip().routes().add(RouteEntry.of("0.0.0.0/0", "10.77.0.254", eth));
        byte[] request = send(IpAddress.of("192.0.2.1")).getFirst();
        assertThat(ArpPacket.targetProtocol(request, 14)).isEqualTo(0x0a4d_00fe);
    }
}
