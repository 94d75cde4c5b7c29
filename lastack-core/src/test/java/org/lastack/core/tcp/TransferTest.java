package org.lastack.core.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.lastack.core.Counter;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.socket.Msg;
import org.lastack.wire.Frame;

/// Text both ways: acknowledging, reordering, Nagle, PSH, urgent data (RFC 9293 §3.7.4, §3.8.5, §3.8.6.3, §3.9.1.2, §3.10.7.4).
class TransferTest {
    private final HostUnderTest host = new HostUnderTest();
    private final Peer peer = new Peer(host, 40_000, 80);
    private final TcpSocket listener = host.listener(80, 5);

    private TcpSocket established() {
        return peer.connects(listener);
    }

    private TcpSocket withSack() {
        return peer.connects(listener, "<mss 1460,sackOK>");
    }

    /// A connection that no longer acknowledges everything at once: its first 16 quick ACKs are spent.
    private TcpSocket calm() {
        TcpSocket child = established();
        for (int i = 0; i < 40; i++) {
            peer.sends("P. " + (1 + i) + ":" + (2 + i) + "(1) ack 1");
            Peer.read(child);
            host.advance(0.01);
        }
        host.advance(0.1);
        peer.forget();
        return child;
    }

    // ---- text arrives ------------------------------------------------------------------------------------------------------------------------

    /// Carries S4-50, S4-51, S4-52: numbers count octets of text, SYN and FIN, from the ISN on; the ACK names the next one expected.
    @Test
    void numbersCountTextSynAndFin() {
        TcpSocket child = established();
        peer.sends("P. 1:1001(1000) ack 1").expects(". 1:1(0) ack 1001");
        peer.sends("P. 1001:2001(1000) ack 1").expects(". 1:1(0) ack 2001");
        peer.sends("F. 2001:2001(0) ack 1");
        host.advance(0.04);
        peer.expects(". 1:1(0) ack 2002");
        assertThat(Peer.read(child)).isEqualTo("'" + Peer.text(1, 2001) + "'");
        assertThat(Peer.read(child)).isEqualTo("EOF");
    }

    /// W112, W229, W230: SHLD-31, MAY-13. Out of order is kept, acknowledged at once with what is missing, and delivered when the gap is filled.
    @Test
    void shld31_outOfOrderTextIsKept() {
        TcpSocket child = withSack();
        peer.sends("P. 101:201(100) ack 1").expects(". 1:1(0) ack 1 <sack 101:201>");
        peer.sends("P. 301:401(100) ack 1").expects(". 1:1(0) ack 1 <sack 301:401 101:201>");
        peer.sends("P. 201:301(100) ack 1").expects(". 1:1(0) ack 1 <sack 101:401>");
        assertThat(Peer.read(child)).isEqualTo("EAGAIN");
        peer.sends("P. 1:101(100) ack 1").expects(". 1:1(0) ack 401");
        assertThat(Peer.read(child)).isEqualTo("'" + Peer.text(1, 401) + "'");
    }

    /// W231, S4-58: a segment that came twice is acknowledged again, reported by D-SACK, and not delivered again.
    @Test
    void aDuplicateIsAcknowledgedAndNotDelivered() {
        TcpSocket child = withSack();
        peer.sends("P. 1:201(200) ack 1").forget();
        assertThat(Peer.read(child)).hasSize(202);
        peer.sends("P. 101:201(100) ack 1").expects(". 1:1(0) ack 201 <sack 101:201>");
        assertThat(Peer.read(child)).isEqualTo("EAGAIN");
    }

    /// W114: half old, half new.
    @Test
    void theNewPartOfAnOverlappingSegmentIsTaken() {
        TcpSocket child = established();
        peer.sends("P. 1:6(5) ack 1").sends("P. 1:11(10) ack 1").forget();
        assertThat(Peer.read(child)).isEqualTo("'" + Peer.text(1, 11) + "'");
    }

    /// Carries S4-56: both number fields at work, in both directions at once (S4-20, S4-39).
    @Test
    void bothDirectionsAtOnce() {
        TcpSocket child = established();
        peer.sends("P. 1:6(5) ack 1").forget();
        assertThat(peer.write(child, 7)).isEqualTo(7);
        peer.expects("P. 1:8(7) ack 6");
        peer.sends("P. 6:11(5) ack 8");
        assertThat(child.unackedOctets()).isZero();
        assertThat(Peer.read(child)).isEqualTo("'" + Peer.text(1, 11) + "'");
    }

    /// Carries S4-40: no boundaries. However the octets were cut, the reader may cut them otherwise.
    @Test
    void theStreamHasNoBoundaries() {
        TcpSocket child = established();
        peer.sends("P. 1:3(2) ack 1").sends("P. 3:4(1) ack 1").sends("P. 4:11(7) ack 1");
        assertThat(Peer.read(child, 5, 0)).isEqualTo("'abcde'");
        assertThat(Peer.read(child, 1, 0)).isEqualTo("'f'");
        assertThat(Peer.read(child, 100, Msg.PEEK)).isEqualTo("'ghij'");
        assertThat(Peer.read(child)).isEqualTo("'ghij'");
    }

    // ---- acknowledging -------------------------------------------------------------------------------------------------------------------------

    /// MUST-40, SHLD-18, S4-55: a small segment alone is acknowledged after 40 ms, well below half a second; an answer takes the ACK along.
    @Test
    void must40_shld18_delayedAck() {
        TcpSocket child = calm();
        peer.sends("P. 41:42(1) ack 1").expectsNothing();
        assertThat(peer.times(0.15)).singleElement().satisfies(ms -> assertThat(ms).isBetween(35L, 100L));

        Peer.read(child);
        peer.sends("P. 42:43(1) ack 1").expectsNothing();
        peer.write(child, 1);
        peer.expects("P. 1:2(1) ack 43");
        assertThat(peer.timeline(0.19)).isEmpty();
    }

    /// SHLD-19: at the latest every second full segment.
    @Test
    void shld19_everySecondFullSegmentIsAcknowledged() {
        TcpSocket child = calm();
        int acks = 0;
        int seq = 41;
        for (int i = 0; i < 40; i++) {
            peer.sends(". " + seq + ":" + (seq + 1460) + "(1460) ack 1");
            seq += 1460;
            Peer.read(child);
            acks += peer.said().size();
            if (i > 4) {
                assertThat(acks).as("ACKs after " + (i + 1) + " segments").isGreaterThanOrEqualTo((i + 1) / 2 - 1);
            }
        }
        assertThat(acks).isLessThan(40);
    }

    /// MUST-58, MUST-59: what is queued is processed first, then one ACK for all of it.
    @Test
    void must58_must59_queuedSegmentsShareAnAck() {
        calm();
        int seq = 41;
        for (int i = 0; i < 8; i++) {
            byte[] packet = peer.build(". " + seq + ":" + (seq + 1000) + "(1000) ack 1");
            host.engine.input(host.tun, packet, 0, packet.length);
            seq += 1000;
        }
        host.advance(0.2);
        assertThat(peer.said()).singleElement().asString().startsWith(". 1:1(0) ack 8041");
    }

    /// S4-54: ACKs are not acknowledged.
    @Test
    void acksAreNotAcknowledged() {
        established();
        for (int i = 0; i < 5; i++) {
            peer.sends(". 1:1(0) ack 1").expectsNothing();
        }
        assertThat(peer.timeline(5)).isEmpty();
    }

    // ---- sending ---------------------------------------------------------------------------------------------------------------------------------

    /// W236, W237, SHLD-7: Nagle. While a small segment is unacknowledged the next small ones wait, and leave together.
    @Test
    void shld7_nagle() {
        TcpSocket child = established();
        peer.write(child, 1);
        peer.write(child, 1);
        peer.write(child, 1);
        peer.expects("P. 1:2(1) ack 1");
        peer.sends(". 1:1(0) ack 2").expects("P. 2:4(2) ack 1");
    }

    /// W238, MUST-17: TCP_NODELAY switches it off, for this connection.
    @Test
    void must17_nagleCanBeSwitchedOff() {
        TcpSocket child = established();
        HostUnderTest.must(child.setInt(TcpOptionCalls.IPPROTO_TCP, TcpOptionCalls.TCP_NODELAY, 1));
        peer.write(child, 1);
        peer.write(child, 1);
        peer.write(child, 1);
        peer.expects("P. 1:2(1)", "P. 2:3(1)", "P. 3:4(1)");
    }

    /// SHLD-28, SHLD-27, MUST-61: full-sized segments, with PSH on the last one only; several writes collapse into one.
    @Test
    void shld28_shld27_must61_fullSegmentsAndOnePush() {
        TcpSocket child = established();
        peer.write(child, 1, Msg.MORE);
        for (int i = 0; i < 9; i++) {
            peer.write(child, 500, Msg.MORE);
        }
        peer.write(child, 20);
        List<String> said = peer.said();
        assertThat(said.stream().map(line -> line.substring(0, line.indexOf(" ack")))).containsExactly(". 1:1461(1460)", ". 1461:2921(1460)", ". 2921:4381(1460)",
                "P. 4381:4522(141)");
    }

    /// MUST-60: nothing stays in the buffer for ever: corked octets leave after 200 ms (W239), others at once.
    @Test
    void must60_corkedTextLeavesAfterAWhile() {
        TcpSocket child = established();
        HostUnderTest.must(child.setInt(TcpOptionCalls.IPPROTO_TCP, TcpOptionCalls.TCP_CORK, 1));
        peer.write(child, 10);
        peer.expectsNothing();
        assertThat(peer.timeline(1)).first().asString().matches("0\\.2\\d\\d P?\\. 1:11\\(10\\)");
    }

    /// MAY-15, MAY-16: MSG_MORE aggregates, its absence pushes.
    @Test
    void may16_moreAggregates() {
        TcpSocket child = established();
        peer.write(child, 10, Msg.MORE);
        peer.expectsNothing();
        peer.write(child, 10);
        peer.expects("P. 1:21(20)");
    }

    /// SHLD-12's neighbour: W39 and W41. Close sends what is queued, then FIN on the last segment.
    @Test
    void finRidesOnTheLastText() {
        peer.window = 10;
        TcpSocket child = established();
        peer.write(child, 30);
        child.close();
        host.drain();
        peer.forget();
        peer.sends(". 1:1(0) ack 1 win 1000").expects("FP. 1:31(30) ack 1");
    }

    // ---- flags and checksums --------------------------------------------------------------------------------------------------------------------

    /// W125, MUST-3: a wrong checksum is dropped in silence and counted.
    @Test
    void must3_wrongChecksum() {
        TcpSocket child = established();
        peer.sends("P. 1:6(5) ack 1 bad").expectsNothing();
        assertThat(Peer.read(child)).isEqualTo("EAGAIN");
        assertThat(host.counter(Counter.TcpInCsumErrors)).isOne();
        assertThat(host.counter(Counter.TcpInErrs)).isOne();
    }

    /// MUST-2: the checksum of what we send is right, or the link was asked to complete it.
    @Test
    void must2_checksumIsRightOrOffloaded() {
        TcpSocket child = established();
        peer.write(child, 100);
        byte[] packet = peer.packets().getFirst();
        assertThat(org.lastack.wire.TcpHeader.checkChecksum(packet, 20, packet.length - 20, HostUnderTest.HOST.high(), HostUnderTest.HOST.low(),
                Peer.ADDRESS.high(), Peer.ADDRESS.low())).isNull();
        host.tun.offloads(true, 0);
        HostUnderTest.must(child.setInt(TcpOptionCalls.IPPROTO_TCP, TcpOptionCalls.TCP_NODELAY, 1));
        byte[] more = new byte[10];
        child.send(more, 0, 10, 0);
        Frame frame = host.engine.poll();
        assertThat(frame.needsChecksum).isTrue();
        frame.release();
    }

    /// W133, SECURITY X-14: reserved bits are ignored, nonsense is survived.
    @Test
    void nonsenseFlags() {
        TcpSocket child = established();
        peer.sends("PA. 1:6(5) ack 1").forget();
        assertThat(Peer.read(child)).isEqualTo("'abcde'");
        peer.sends("- 6:6(0)").sends("P 6:11(5)").sends("F 6:6(0)").sends("SF 6:6(0)").sends("SFPUEWA 6:6(0)");
        assertThat(child.state()).isEqualTo(TcpState.ESTABLISHED);
        assertThat(Peer.read(child)).isEqualTo("EAGAIN");
        new Peer(host, 40_009, 80).sends("SR 0:0(0)").sends("SF 0:0(0)").expectsNothing();
        assertThat(host.tcp.embryoCount()).isZero();
    }

    // ---- urgent data --------------------------------------------------------------------------------------------------------------------------------

    /// W241: MUST-30, MUST-32, MUST-33. One octet is urgent, the user is told, can find the mark and read it apart.
    @Test
    void must30_must32_must33_urgentOctet() {
        TcpSocket child = established();
        int[] told = {0};
        child.events((socket, mask) -> told[0] |= mask);
        peer.sends("PU. 1:6(5) ack 1 urg 3");
        assertThat(told[0] & InetSocket.POLLPRI).isNotZero();
        assertThat(Peer.pollNames(child.poll())).isEqualTo("IN|PRI|OUT");
        assertThat(child.atMark()).isFalse();
        assertThat(Peer.read(child)).isEqualTo("'ab'");
        assertThat(child.atMark()).isTrue();
        assertThat(Peer.read(child, 10, Msg.OOB)).isEqualTo("'c'");
        assertThat(Peer.read(child)).isEqualTo("'de'");
        assertThat(Peer.read(child, 10, Msg.OOB)).isEqualTo("EINVAL");
    }

    /// W242: inline, as RFC 6093 wants applications to have it.
    @Test
    void urgentInline() {
        TcpSocket child = established();
        HostUnderTest.must(child.setInt(1, 10, 1));
        peer.sends("PU. 1:6(5) ack 1 urg 3");
        assertThat(Peer.read(child)).isEqualTo("'ab'");
        assertThat(child.atMark()).isTrue();
        assertThat(Peer.read(child)).isEqualTo("'cde'");
    }

    /// W243, W244, MUST-31: the announced octet may be far ahead of what has come.
    @Test
    void must31_urgentPointerAheadOfTheText() {
        TcpSocket child = established();
        peer.sends("U. 1:1(0) ack 1 urg 5");
        assertThat(Peer.read(child, 10, Msg.OOB)).isEqualTo("EAGAIN");
        peer.sends("P. 1:9(8) ack 1");
        assertThat(Peer.read(child)).isEqualTo("'abcd'");
        assertThat(Peer.read(child, 10, Msg.OOB)).isEqualTo("'e'");
        assertThat(Peer.read(child)).isEqualTo("'fgh'");
    }

    /// W246, MUST-62, S4-38: the pointer names the octet behind the urgent ones.
    @Test
    void must62_sendingUrgentText() {
        TcpSocket child = established();
        peer.write(child, 3, Msg.OOB);
        peer.expects("PU. 1:4(3) ack 1 urg 3");
    }

    /// MUST-66, SECURITY X-05: RST and URG count even with a closed window.
    @Test
    void must66_urgAndRstWithAZeroWindow() {
        TcpSocket small = smallWindow();
        fill(small);
        int next = small.tcb().rcv.nxt - tiny.iss;
        tiny.sends("U. " + next + ":" + next + "(0) ack 1 urg 1");
        assertThat(small.tcb().urgentState).isEqualTo(Receiving.URGENT_NOT_YET);
        assertThat(small.tcb().urgentSeq - tiny.iss).isEqualTo(next);
        tiny.sends("R " + next + ":" + next + "(0)");
        assertThat(small.state()).isEqualTo(TcpState.CLOSED);
    }

    private TcpSocket smallWindow() {
        TcpSocket small = host.socket();
        HostUnderTest.must(small.setInt(1, 8, 4096));
        HostUnderTest.must(small.bind(HostUnderTest.HOST.high(), HostUnderTest.HOST.low(), 81));
        HostUnderTest.must(small.listen(1));
        return tiny.connects(small);
    }

    private final Peer tiny = new Peer(host, 40_000, 81);

    private void fill(TcpSocket child) {
        int seq = 1;
        for (int i = 0; i < 40 && child.tcb().rcv.window() > 0; i++) {
            int octets = Math.min(500, child.tcb().rcv.window());
            tiny.sends("P. " + seq + ":" + (seq + octets) + "(" + octets + ") ack 1");
            seq = child.tcb().rcv.nxt - tiny.iss;
        }
        assertThat(child.tcb().rcv.window()).isZero();
    }
}
