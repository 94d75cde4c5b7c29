package org.lastack.core.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.lastack.core.Counter;
import org.lastack.core.Errno;
import org.lastack.core.Sysctl;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.socket.Owner;
import org.lastack.wire.IpAddress;
import org.lastack.wire.Packets;
import org.lastack.wire.TcpHeader;

/// OPEN, the handshake and what the first segments carry (RFC 9293 §3.4, §3.5, §3.7.1, §3.9.1.1).
class OpeningTest {
    private final HostUnderTest host = new HostUnderTest();
    private final Peer peer = new Peer(host, 40_000, 80);

    // ---- three-way handshake ---------------------------------------------------------------------------------------------------------------

    /// Carries S1-08, S4-71, S4-73, S4-75: CLOSED, SYN-SENT, ESTABLISHED; the opener is established first.
    @Test
    void theActiveOpenerGoesThroughSynSentToEstablished() {
        TcpSocket socket = peer.calls();
        assertThat(socket.state()).isEqualTo(TcpState.SYN_SENT);
        peer.expects("S 0:0(0) win 64240 <mss 1460,sackOK,TS,wscale 10>");
        peer.sends("S. 0:0(0) ack 1 <mss 1460,sackOK,TS val 5 ecr *,nop,wscale 3>");
        assertThat(socket.state()).isEqualTo(TcpState.ESTABLISHED);
        peer.expects(". 1:1(0) ack 1 <TS>");
    }

    /// Carries S1-03, S1-09, S4-72, S4-53: the listener stays in LISTEN, its child goes through SYN-RECEIVED without any accept(), and accept() only takes
    /// it out of the queue.
    @Test
    void thePassiveOpenerMakesAChildAndStaysInListen() {
        TcpSocket listener = host.listener(80, 5);
        peer.sends("S 0:0(0) <mss 1460>").expects("S. 0:0(0) ack 1 win 64240 <mss 1460>");
        assertThat(listener.state()).isEqualTo(TcpState.LISTEN);
        assertThat(host.tcp.embryoCount()).isOne();
        assertThat(listener.accept()).isNull();
        peer.sends(". 1:1(0) ack 1").expectsNothing();
        assertThat(host.tcp.embryoCount()).isZero();
        assertThat(host.tcp.connectionCount()).isOne();
        TcpSocket child = Peer.accepted(listener);
        assertThat(child.state()).isEqualTo(TcpState.ESTABLISHED);
        assertThat(listener.state()).isEqualTo(TcpState.LISTEN);
    }

    /// W211, W212, S4-76: the last ACK of the handshake may be lost; the text or FIN that follows completes it.
    @Test
    void textOrFinCompletesTheHandshakeWhenTheAckIsLost() {
        TcpSocket listener = host.listener(80, 5);
        peer.sends("S 0:0(0) <mss 1460>").forget();
        peer.sends("P. 1:6(5) ack 1").expects(". 1:1(0) ack 6 win 64235");
        assertThat(Peer.read(Peer.accepted(listener))).isEqualTo("'abcde'");

        Peer second = new Peer(host, 40_001, 80);
        second.sends("S 0:0(0) <mss 1460>").forget();
        second.sends("F. 1:1(0) ack 1").expectsNothing();
        host.advance(0.001);
        second.expects(". 1:1(0) ack 2 win 64239");
        TcpSocket child = Peer.accepted(listener);
        assertThat(child.state()).isEqualTo(TcpState.CLOSE_WAIT);
        assertThat(Peer.read(child)).isEqualTo("EOF");
    }

    /// W206: the SYN again gets the SYN-ACK again, with the same ISS.
    @Test
    void aRepeatedSynGetsTheSynAckAgain() {
        host.listener(80, 5);
        peer.sends("S 0:0(0) <mss 1460>").expects("S. 0:0(0) ack 1");
        host.advance(0.5);
        peer.sends("S 0:0(0) <mss 1460>").expects("S. 0:0(0) ack 1");
        assertThat(host.tcp.embryoCount()).isOne();
    }

    /// W168, S4-70: text on a SYN is not taken without Fast Open; the peer sends it again.
    @Test
    void textOnASynIsNotAcknowledged() {
        TcpSocket listener = host.listener(80, 5);
        peer.sends("S 0:0(11) <mss 1460>").expects("S. 0:0(0) ack 1");
        peer.sends("P. 1:12(11) ack 1").expects(". 1:1(0) ack 12");
        assertThat(Peer.read(Peer.accepted(listener))).isEqualTo("'abcdefghijk'");
    }

    /// RFC 9293 §3.5 figure 7, MUST-10: both sides send SYNs. W201, W202.
    @Test
    void must10_simultaneousOpen() {
        TcpSocket socket = peer.calls();
        peer.forget();
        peer.sends("S 0:0(0) <mss 1460>").expects("S. 0:0(0) ack 1 win 64240");
        assertThat(socket.state()).isEqualTo(TcpState.SYN_RECEIVED);
        peer.sends("S. 0:0(0) ack 1 <mss 1460>").expects(". 1:1(0) ack 1");
        assertThat(socket.state()).isEqualTo(TcpState.ESTABLISHED);
        assertThat(peer.write(socket, 3)).isEqualTo(3);
        peer.expects("P. 1:4(3) ack 1");
    }

    /// MUST-11: SYN-RECEIVED remembers how it was opened. After an RST a passive open is back in LISTEN and nobody is told; an active one fails.
    @Test
    void must11_anRstInSynReceivedEndsOnlyTheAttempt() {
        TcpSocket listener = host.listener(80, 5);
        peer.sends("S 0:0(0) <mss 1460>").forget();
        peer.sends("R 1:1(0)").expectsNothing();
        assertThat(host.tcp.embryoCount()).isZero();
        assertThat(listener.state()).isEqualTo(TcpState.LISTEN);
        assertThat(listener.accept()).isNull();
        assertThat(listener.acceptError()).isEqualTo(Errno.EAGAIN);
        assertThat(listener.takeError()).isZero();

        Peer other = new Peer(host, 40_001, 81);
        TcpSocket active = other.calls();
        other.sends("S 0:0(0) <mss 1460>").sends("R 1:1(0)");
        assertThat(active.state()).isEqualTo(TcpState.CLOSED);
        assertThat(active.takeError()).isNotZero();
    }

    /// W268, S0: refused. RFC 9293 §3.10.7.3.
    @Test
    void anRstWithTheRightAckRefusesTheConnection() {
        TcpSocket socket = peer.calls();
        peer.sends("R. 0:0(0) ack 1");
        assertThat(socket.connect(Peer.ADDRESS.high(), Peer.ADDRESS.low(), 40_000)).isEqualTo(-Errno.ECONNREFUSED);
    }

    /// RFC 9293 §3.5 figure 8, S4-74: the true reason for the third segment. An old duplicate SYN makes a SYN-ACK that the peer resets; the real attempt
    /// then succeeds.
    @Test
    void anOldDuplicateSynDoesNotSpoilTheRealOne() {
        TcpSocket listener = host.listener(80, 5);
        peer.sends("S -5000:-5000(0) <mss 1460>").expects("S. 0:0(0) ack -4999");
        peer.sends("R -4999:-4999(0)").expectsNothing();
        assertThat(host.tcp.embryoCount()).isZero();
        peer.hostIssKnown = false;
        peer.sends("S 0:0(0) <mss 1460>").expects("S. 0:0(0) ack 1");
        peer.sends(". 1:1(0) ack 1");
        assertThat(Peer.accepted(listener).state()).isEqualTo(TcpState.ESTABLISHED);
    }

    // ---- initial sequence numbers ------------------------------------------------------------------------------------------------------------

    /// MUST-8, SHLD-1: the ISN of one tuple grows with the clock, here 64 ns a tick (W215: 1.56e7 a second).
    @Test
    void must8_shld1_theIsnOfATupleFollowsTheClock() {
        int first = host.tcp.chooseIss(1, 2, 3, 4, 5, 6);
        host.advance(1);
        assertThat(host.tcp.chooseIss(1, 2, 3, 4, 5, 6) - first).isBetween(15_624_999, 15_625_001);
    }

    /// MUST-9, SECURITY B-05: other tuples and other hosts (that is, other boots) get numbers that have nothing to do with each other.
    @Test
    void must9_isnsOfOtherTuplesAndBootsAreUnrelated() {
        Set<Integer> high = new HashSet<>();
        int near = 0;
        int previous = 0;
        for (int port = 0; port < 1000; port++) {
            int iss = host.tcp.chooseIss(0, 1, 80, 0, 2, port);
            near += Math.abs(iss - previous) < 1 << 20 ? 1 : 0;
            previous = iss;
            high.add(iss >>> 24);
        }
        assertThat(near).as("neighbours within 2^20 of each other: about 0.5 are expected").isLessThan(5);
        assertThat(high).as("top octets used").hasSizeGreaterThan(240);
        HostUnderTest boot = new HostUnderTest(s -> s, 1500, 8);
        assertThat(boot.tcp.chooseIss(0, 1, 80, 0, 2, 3)).isNotEqualTo(host.tcp.chooseIss(0, 1, 80, 0, 2, 3));
    }

    // ---- MSS -----------------------------------------------------------------------------------------------------------------------------------

    /// MUST-14, SHLD-5, MAY-3: the MSS option is always sent, on SYN and SYN-ACK; and never on anything else (MUST-65).
    @Test
    void must14_must65_mssIsSentOnSynsOnly() {
        TcpSocket listener = host.listener(80, 5);
        TcpSocket child = peer.connects(listener);
        peer.sends("P. 1:6(5) ack 1");
        peer.write(child, 100);
        child.shutdown(InetSocket.SHUT_WR);
        peer.sends("S 0:0(0)");
        List<byte[]> packets = peer.packets();
        assertThat(packets).hasSizeGreaterThan(2);
        for (byte[] packet : packets) {
            assertThat(SegmentText.fields(packet).options().mss).isEqualTo(-1);
        }
    }

    /// MUST-15: without the option 536 octets over IPv4, 1220 over IPv6. W181 (an MSS of 0 is none).
    @Test
    void must15_withoutAnOptionTheDefaultMssHolds() {
        assertThat(sizes(peer, "", 3000)).containsExactly(536, 536, 536, 536, 536, 320);
        assertThat(sizes(new Peer(host, 40_001, 81), "<mss 0>", 3000)).containsExactly(536, 536, 536, 536, 536, 320);
        Peer six = new Peer(host, IpAddress.of("fd77::2"), 40_002, HostUnderTest.HOST6, 82);
        TcpSocket listener = host.engine.tcpSocket(InetSocket.AF_INET6, Owner.ROOT);
        HostUnderTest.must(listener.bind(0, 0, 82));
        HostUnderTest.must(listener.listen(1));
        six.sends("S 0:0(0)").expects("S. 0:0(0) ack 1 <mss 1440>");
        six.sends(". 1:1(0) ack 1");
        six.write(Peer.accepted(listener), 3000);
        assertThat(six.packets().stream().map(p -> SegmentText.fields(p).text().length)).containsExactly(1220, 1220, 560);
    }

    /// W182-W188, SECURITY R-08: silly values are raised to a floor, large ones bounded by the path.
    @Test
    void sillyMssValuesAreBounded() {
        int[] announced = {1, 47, 48, 88, 536, 1460, 65_535};
        int[] first = {48, 48, 48, 88, 536, 1460, 1460};
        for (int i = 0; i < announced.length; i++) {
            assertThat(sizes(new Peer(host, 41_000 + i, 100 + i), "<mss " + announced[i] + ">", 3000).getFirst()).isEqualTo(first[i]);
        }
    }

    /// MUST-16: the size of what is sent leaves room for the options that every segment carries.
    @Test
    void must16_timestampsMakeSegmentsSmaller() {
        assertThat(sizes(peer, "<mss 1460,nop,nop,TS val 1 ecr 0>", 3000)).containsExactly(1448, 1448, 104);
    }

    /// MUST-67, SHLD-6: what we announce fits the MTU of the route, also a small one.
    @Test
    void must67_shld6_theAnnouncedMssFitsTheMtu() {
        HostUnderTest small = new HostUnderTest(s -> s, 600, 7);
        Peer there = new Peer(small, 40_000, 80);
        there.calls();
        there.expects("S 0:0(0) <mss 560,sackOK,TS,wscale 10>");
    }

    /// W189-W193 and RFC 7323 §2.3: a shift above 14 is used as 14.
    @Test
    void aWindowScaleAbove14IsTakenAs14() {
        int[] announced = {0, 7, 14, 15, 255};
        int[] used = {0, 7, 14, 14, 14};
        for (int i = 0; i < announced.length; i++) {
            Peer each = new Peer(host, 42_000 + i, 200 + i);
            TcpSocket child = each.connects(host.listener(200 + i, 1), "<mss 1460,nop,wscale " + announced[i] + ">");
            assertThat(child.tcb().snd.scale).isEqualTo((byte) used[i]);
            assertThat(child.tcb().snd.wnd).isEqualTo(65_535 << used[i]);
        }
    }

    /// REC-1: windows are 32-bit numbers inside. MUST-1: and the field is an unsigned one.
    @Test
    void rec1_windowsAreWide() {
        TcpSocket child = peer.connects(host.listener(80, 1), "<mss 1460,nop,wscale 14>");
        assertThat(child.tcb().snd.wnd).isEqualTo(0xffff << 14);
    }

    // ---- addresses -------------------------------------------------------------------------------------------------------------------------------

    /// MUST-46: no OPEN towards broadcast, multicast or nowhere; ENETUNREACH as Linux.
    @Test
    void must46_openToGroupsIsRefused() {
        for (String to : List.of("255.255.255.255", "10.77.0.255", "224.0.0.1", "203.0.113.1")) {
            IpAddress address = IpAddress.of(to);
            assertThat(host.socket().connect(address.high(), address.low(), 80)).as(to).isEqualTo(-Errno.ENETUNREACH);
        }
        assertThat(host.tcp.connectionCount()).isZero();
    }

    /// MUST-43, MUST-44, MUST-45: bind gives the source address, else IP chooses one before the SYN; it then stays although the interface gets others.
    @Test
    void must43_must44_must45_theLocalAddress() {
        TcpSocket chosen = host.socket();
        assertThat(chosen.connect(Peer.ADDRESS.high(), Peer.ADDRESS.low(), 40_000)).isEqualTo(-Errno.EINPROGRESS);
        assertThat(chosen.localLow()).isEqualTo(HostUnderTest.HOST.low());
        host.tun.addAddress(org.lastack.core.Interface.Address.of("10.77.0.9/24"));
        IpAddress second = IpAddress.of("10.77.0.9");
        TcpSocket bound = host.socket();
        HostUnderTest.must(bound.bind(second.high(), second.low(), 0));
        assertThat(bound.connect(Peer.ADDRESS.high(), Peer.ADDRESS.low(), 40_001)).isEqualTo(-Errno.EINPROGRESS);
        host.advance(3);
        Set<IpAddress> sources = new HashSet<>();
        for (byte[] packet : host.strays) {
            SegmentText.Fields syn = SegmentText.fields(packet);
            sources.add(syn.source());
            assertThat(syn.source()).isEqualTo(syn.destinationPort() == 40_001 ? second : HostUnderTest.HOST);
        }
        assertThat(sources).hasSize(2);
    }

    /// MUST-57 and MUST-63: SYNs to or from addresses that no connection can have are ignored, without an answer. W171-W179.
    @Test
    void must57_must63_impossibleAddressesAreIgnored() {
        host.listener(80, 5);
        for (String from : List.of("127.0.0.1", "0.0.0.0", "255.255.255.255", "224.0.0.5", "10.77.0.1")) {
            int port = from.equals("10.77.0.1") ? 80 : 40_000;
            host.input(Packets.tcp(IpAddress.of(from), port, HostUnderTest.HOST, 80).flags(TcpHeader.SYN).seq(1).mss(1460).build());
        }
        for (String to : List.of("255.255.255.255", "10.77.0.255", "224.0.0.1")) {
            host.input(Packets.tcp(Peer.ADDRESS, 40_000, IpAddress.of(to), 80).flags(TcpHeader.SYN).seq(1).mss(1460).build());
        }
        assertThat(host.strays).isEmpty();
        assertThat(host.tcp.embryoCount()).isZero();
    }

    /// MUST-41, MUST-42: LISTEN next to connections and attempts of the same port changes nothing about them.
    @Test
    void must41_must42_listenBesideOtherConnectionsOfThePort() {
        TcpSocket active = host.bound(80);
        active.option(InetSocket.REUSEADDR, true);
        assertThat(active.connect(Peer.ADDRESS.high(), Peer.ADDRESS.low(), 40_000)).isEqualTo(-Errno.EINPROGRESS);
        host.drain();
        TcpSocket listener = host.socket();
        listener.option(InetSocket.REUSEADDR, true);
        HostUnderTest.must(listener.bind(IpAddress.ANY_V4.high(), IpAddress.ANY_V4.low(), 80));
        HostUnderTest.must(listener.listen(5));
        assertThat(active.state()).isEqualTo(TcpState.SYN_SENT);
        peer.sends("S. 0:0(0) ack 1 <mss 1460>").forget();
        assertThat(active.state()).isEqualTo(TcpState.ESTABLISHED);
        Peer second = new Peer(host, 40_001, 80);
        TcpSocket child = second.connects(listener);
        assertThat(child.state()).isEqualTo(TcpState.ESTABLISHED);
        assertThat(active.state()).isEqualTo(TcpState.ESTABLISHED);
    }

    /// Carries S4-01, S4-02, S4-03, S4-42, S0-13: segments find their connection by all four numbers, then a listener by address and port.
    @Test
    void segmentsFindTheirConnectionByBothPortsAndAddresses() {
        TcpSocket listener = host.listener(80, 9);
        List<TcpSocket> children = new ArrayList<>();
        List<Peer> peers = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            Peer each = i == 2 ? new Peer(host, IpAddress.of("10.77.0.3"), 40_001, HostUnderTest.HOST, 80) : new Peer(host, 40_001 + i, 80);
            peers.add(each);
            children.add(each.connects(listener));
        }
        for (int i = 0; i < 3; i++) {
            peers.get(i).sends("P. 1:" + (2 + i) + "(" + (1 + i) + ") ack 1");
        }
        for (int i = 0; i < 3; i++) {
            assertThat(Peer.read(children.get(i))).isEqualTo("'" + Peer.text(1, 2 + i) + "'");
        }
    }

    // ---- options on arrival ----------------------------------------------------------------------------------------------------------------------

    /// W129-W133, SECURITY, MUST-5, MUST-6, MUST-7: bad and unknown options do not harm a segment, and never reset.
    @Test
    void badOptionsDoNotHarmASegment() {
        TcpSocket child = peer.connects(host.listener(80, 1));
        String[] options = {"hex 05 00 00 00", "hex 13 28 00 00", "hex fd 04 aa bb", "mss 1000", "hex 03 02 00 00", "hex 08 09 0 0 0 0 0 0 0 1 1 1", "hex 05 07 0 0 0 0 0 1",
            "hex 02 03 05 01", "hex 04 00 01 01", "hex 01 01 01 05"};
        int seq = 1;
        for (String option : options) {
            peer.sends("P. " + seq + ":" + (seq + 5) + "(5) ack 1 <" + option + ">");
            assertThat(Peer.read(child)).as(option).isEqualTo("'" + Peer.text(seq, seq + 5) + "'");
            seq += 5;
        }
        assertThat(child.state()).isEqualTo(TcpState.ESTABLISHED);
    }

    // ---- sizes of first flights --------------------------------------------------------------------------------------------------------------------

    /// W240 and RFC 6928: ten segments.
    @Test
    void theInitialWindowIsTenSegments() {
        TcpSocket child = peer.connects(host.listener(80, 1));
        peer.write(child, 40_000);
        assertThat(peer.packets()).hasSize(10);
    }

    private List<Integer> sizes(Peer from, String options, int octets) {
        TcpSocket child = from.connects(host.listener(from.hostPort, 1), options);
        from.write(child, octets);
        return from.packets().stream().map(packet -> SegmentText.fields(packet).text().length).toList();
    }

    /// Carries S1-07: exactly eleven states.
    @Test
    void thereAreElevenStates() {
        assertThat(TcpState.values()).hasSize(11);
        assertThat(host.counter(Counter.TcpInErrs)).isZero();
    }

    /// Carries S4-05: ephemeral ports come from a configurable range; Linux's by default.
    @Test
    void ephemeralPortsComeFromTheRange() {
        HostUnderTest narrow = new HostUnderTest(s -> s.set(Sysctl.IP_LOCAL_PORT_RANGE_LOW, 50_000).set(Sysctl.IP_LOCAL_PORT_RANGE_HIGH, 50_003));
        Set<Integer> used = new HashSet<>();
        for (int i = 0; i < 4; i++) {
            TcpSocket socket = narrow.socket();
            assertThat(socket.connect(Peer.ADDRESS.high(), Peer.ADDRESS.low(), 80)).isEqualTo(-Errno.EINPROGRESS);
            used.add(socket.localPort());
        }
        assertThat(used).containsExactlyInAnyOrder(50_000, 50_001, 50_002, 50_003);
        // S0-09: a client towards one destination can exhaust its ports.
        assertThat(narrow.socket().connect(Peer.ADDRESS.high(), Peer.ADDRESS.low(), 80)).isEqualTo(-Errno.EADDRNOTAVAIL);
        assertThat(narrow.socket().connect(Peer.ADDRESS.high(), Peer.ADDRESS.low(), 81)).isEqualTo(-Errno.EINPROGRESS);
        TcpSocket ordinary = host.socket();
        ordinary.connect(Peer.ADDRESS.high(), Peer.ADDRESS.low(), 80);
        assertThat(ordinary.localPort()).isBetween(32_768, 60_999);
    }
}
