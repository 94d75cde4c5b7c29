package org.lastack.core.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.lastack.core.Counter;
import org.lastack.core.Errno;
import org.lastack.core.Sysctl;
import org.lastack.core.socket.SocketOptions;
import org.lastack.wire.IpAddress;
import org.lastack.wire.Packets;
import org.lastack.wire.TcpHeader;

/// What TCP and IP owe each other (RFC 9293 §3.9.1.8, §3.9.1.9, §3.9.2): ICMP errors, DSCP, TTL, options.
class IcmpAndIpTest {
    private static final IpAddress ROUTER = IpAddress.of("10.77.0.254");

    private final HostUnderTest host = new HostUnderTest();
    private final Peer peer = new Peer(host, 40_000, 80);

    private TcpSocket established() {
        return peer.connects(host.listener(80, 5));
    }

    /// A segment of ours that is in flight.
    private byte[] inFlight(TcpSocket socket) {
        peer.write(socket, 100);
        return peer.packets().getLast();
    }

    private void icmp(int type, int code, int rest, byte[] about) {
        host.input(Packets.icmpError(ROUTER, type, code, rest, about).build());
    }

    // ---- ICMP -----------------------------------------------------------------------------------------------------------------------------------

    /// MUST-54, MUST-56, MUST-47, SHLD-25, W308: soft errors find their connection, do not end it, and are there for SO_ERROR.
    @Test
    void must54_must56_must47_shld25_softErrors() {
        int[][] messages = {{3, 0, Errno.ENETUNREACH}, {3, 1, Errno.EHOSTUNREACH}, {3, 5, Errno.EOPNOTSUPP}, {11, 0, Errno.EHOSTUNREACH}, {12, 0, Errno.EPROTO}};
        TcpSocket other = new Peer(host, 40_001, 81).connects(host.listener(81, 1));
        TcpSocket child = established();
        byte[] segment = inFlight(child);
        for (int[] each : messages) {
            icmp(each[0], each[1], 0, segment);
            assertThat(child.state()).isEqualTo(TcpState.ESTABLISHED);
            assertThat(Errno.name(child.takeError())).as("type %d code %d", each[0], each[1]).isEqualTo(Errno.name(each[2]));
            assertThat(other.takeError()).isZero();
        }
    }

    /// SHLD-26, SECURITY B-09: hard errors end an attempt, and only that; in synchronized states they are remembered like soft ones (RFC 5927).
    @Test
    void shld26_hardErrorsEndAttemptsOnly() {
        TcpSocket attempt = peer.calls();
        icmp(3, 3, 0, peer.packets().getFirst());
        assertThat(attempt.state()).isEqualTo(TcpState.CLOSED);
        assertThat(attempt.connect(Peer.ADDRESS.high(), Peer.ADDRESS.low(), 40_000)).isEqualTo(-Errno.ECONNREFUSED);

        Peer second = new Peer(host, 40_002, 82);
        TcpSocket child = second.connects(host.listener(82, 1));
        second.write(child, 10);
        byte[] segment = second.packets().getLast();
        for (int code = 2; code <= 3; code++) {
            icmp(3, code, 0, segment);
            assertThat(child.state()).isEqualTo(TcpState.ESTABLISHED);
        }
    }

    /// SHLD-20: reports can be had at once (IP_RECVERR), and are off otherwise.
    @Test
    void shld20_errorReportsCanBeSwitched() {
        TcpSocket child = established();
        byte[] segment = inFlight(child);
        icmp(3, 1, 0, segment);
        assertThat(child.pendingError()).isZero();
        HostUnderTest.must(child.setInt(SocketOptions.IPPROTO_IP, SocketOptions.IP_RECVERR, 1));
        icmp(3, 1, 0, segment);
        assertThat(child.pendingError()).isEqualTo(Errno.EHOSTUNREACH);
    }

    /// MUST-55, W307: source quench is ignored.
    @Test
    void must55_sourceQuenchIsIgnored() {
        TcpSocket child = established();
        byte[] segment = inFlight(child);
        int cwnd = child.tcb().sender.cwnd;
        icmp(4, 0, 0, segment);
        assertThat(child.takeError()).isZero();
        assertThat(child.tcb().sender.cwnd).isEqualTo(cwnd);
    }

    /// W306, SECURITY B-09: a quote with a sequence number that is not in flight is a stranger's guess.
    @Test
    void quotesMustNameSomethingInFlight() {
        TcpSocket child = established();
        byte[] segment = inFlight(child);
        for (int offset : new int[] {-1, 101, 100_000, 0x7fff_ffff}) {
            byte[] forged = segment.clone();
            org.lastack.wire.Bytes.put32(forged, 24, org.lastack.wire.Bytes.i32(forged, 24) + offset);
            icmp(3, 3, 0, forged);
            icmp(3, 4, 576, forged);
        }
        assertThat(child.takeError()).isZero();
        assertThat(child.tcb().mss).isEqualTo(1460);
        assertThat(host.counter(Counter.TcpExtOutOfWindowIcmps)).isPositive();
    }

    /// W304, W305: path MTU discovery; smaller at once, never below the floor, never larger. SECURITY B-09.
    @Test
    void fragmentationNeeded() {
        TcpSocket child = established();
        peer.write(child, 1460);
        byte[] segment = peer.packets().getFirst();
        icmp(3, 4, 1000, segment);
        peer.expects(". 1:961(960) ack 1", "P. 961:1461(500) ack 1");
        icmp(3, 4, 1400, segment);
        assertThat(child.tcb().mss).isEqualTo(960);
        icmp(3, 4, 68, segment);
        assertThat(child.tcb().mss).isEqualTo(512);
        peer.forget();
        icmp(3, 4, 0, segment);
        assertThat(child.tcb().mss).isGreaterThanOrEqualTo(512);
        assertThat(child.state()).isEqualTo(TcpState.ESTABLISHED);
    }

    // ---- what the application sets in IP ------------------------------------------------------------------------------------------------------------

    /// MUST-48, SHLD-21, SHLD-22: the DSCP is the application's, from the SYN-ACK on, and may change while the connection lives.
    @Test
    void must48_shld21_shld22_dscp() {
        TcpSocket listener = host.bound(80);
        HostUnderTest.must(listener.setInt(SocketOptions.IPPROTO_IP, SocketOptions.IP_TOS, 0xb8));
        HostUnderTest.must(listener.listen(1));
        peer.sends("S 0:0(0) <mss 1460>");
        assertThat(SegmentText.fields(peer.packets().getFirst()).tos()).isEqualTo(0xb8);
        peer.sends(". 1:1(0) ack 1");
        TcpSocket child = Peer.accepted(listener);
        peer.write(child, 10);
        assertThat(SegmentText.fields(peer.packets().getFirst()).tos()).isEqualTo(0xb8);
        HostUnderTest.must(child.setInt(SocketOptions.IPPROTO_IP, SocketOptions.IP_TOS, 0x28));
        peer.sends(". 1:1(0) ack 11");
        peer.write(child, 10);
        assertThat(SegmentText.fields(peer.packets().getFirst()).tos()).isEqualTo(0x28);
    }

    /// MUST-49: the TTL is the application's; 64 otherwise.
    @Test
    void must49_ttl() {
        TcpSocket child = established();
        assertThat(SegmentText.fields(inFlight(child)).ttl()).isEqualTo(64);
        HostUnderTest.must(child.setInt(SocketOptions.IPPROTO_IP, SocketOptions.IP_TTL, 9));
        peer.sends(". 1:1(0) ack 101");
        assertThat(SegmentText.fields(inFlight(child)).ttl()).isEqualTo(9);
    }

    /// MUST-50: IP options that mean nothing to TCP do not keep a segment from it.
    @Test
    void must50_unknownIpOptionsAreIgnored() {
        TcpSocket child = established();
        byte[] packet = Packets.tcp(Peer.ADDRESS, 40_000, HostUnderTest.HOST, 80).flags(TcpHeader.ACK | TcpHeader.PSH).seq(peer.iss + 1).ack(peer.hostIss + 1)
                .ipOptions(new byte[] {1, 1, (byte) 0x94, 4, 0, 0}).payload("hello".getBytes(java.nio.charset.StandardCharsets.US_ASCII)).build();
        host.input(packet);
        assertThat(Peer.read(child)).isEqualTo("'hello'");
    }

    /// MAY-4: retransmissions do not reuse an identification, because packets that cannot be fragmented have none (RFC 6864).
    @Test
    void may4_segmentsCannotBeFragmented() {
        TcpSocket child = established();
        SegmentText.Fields first = SegmentText.fields(inFlight(child));
        assertThat(first.dontFragment()).isTrue();
        host.advance(0.3);
        SegmentText.Fields again = SegmentText.fields(peer.packets().getFirst());
        assertThat(again.seq()).isEqualTo(first.seq());
        assertThat(List.of(first.id(), again.id())).containsOnly(0);
    }

    // ---- ECN --------------------------------------------------------------------------------------------------------------------------------------------

    /// SHLD-8, RFC 3168: negotiated on request; text is ECT(0); CE is echoed until CWR; ECE lowers cwnd once and is answered by CWR.
    @Test
    void shld8_explicitCongestionNotification() {
        TcpSocket listener = host.listener(80, 5);
        peer.sends("SEW 0:0(0) <mss 1460,sackOK>");
        assertThat(peer.said()).singleElement().asString().startsWith("SE. 0:0(0)");
        peer.sends(". 1:1(0) ack 1");
        TcpSocket child = Peer.accepted(listener);
        peer.write(child, 14_600);
        List<byte[]> flight = peer.packets();
        assertThat(flight).hasSize(10).allSatisfy(packet -> assertThat(SegmentText.fields(packet).tos()).isEqualTo(2));
        int cwnd = child.tcb().sender.cwnd;
        peer.sends("E. 1:1(0) ack 2921");
        assertThat(child.tcb().sender.ssthresh).isLessThan(cwnd);
        int ssthresh = child.tcb().sender.ssthresh;
        peer.sends("E. 1:1(0) ack 5841").sends("E. 1:1(0) ack 8761").forget();
        assertThat(child.tcb().sender.ssthresh).as("once per round trip").isEqualTo(ssthresh);
        peer.sends(". 1:1(0) ack 14601");
        peer.write(child, 100);
        assertThat(peer.said().getLast()).startsWith("PW. ");
        peer.sends("P. 1:6(5) ack 14701 tos 3");
        assertThat(peer.said().getLast()).startsWith("E. ");
        peer.sends("P. 6:11(5) ack 14701 tos 2");
        assertThat(peer.said().getLast()).startsWith("E. ");
        peer.sends("PW. 11:16(5) ack 14701 tos 2");
        assertThat(peer.said().getLast()).startsWith(". ");
    }

    /// SHLD-8, SECURITY M-06: the opener falls back: a SYN-ACK without the right flags, or with both, is not ECN.
    @Test
    void ecnFallsBack() {
        for (String answer : List.of("S.", "SEW.")) {
            HostUnderTest asking = HostUnderTest.with(Sysctl.TCP_ECN, 1);
            Peer there = new Peer(asking, 40_000, 80);
            TcpSocket socket = there.calls();
            assertThat(there.said()).singleElement().asString().startsWith("SEW 0:0(0)");
            there.sends(answer + " 0:0(0) ack 1 <mss 1460>").forget();
            there.write(socket, 100);
            assertThat(SegmentText.fields(there.packets().getFirst()).tos()).isZero();
        }
        HostUnderTest asking = HostUnderTest.with(Sysctl.TCP_ECN, 1);
        Peer there = new Peer(asking, 40_000, 80);
        there.calls();
        assertThat(there.timeline(3.5)).as("a SYN that is lost again and again comes without ECN").last().asString().contains(" S 0:0(0)");
    }
}
