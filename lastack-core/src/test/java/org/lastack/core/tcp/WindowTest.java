package org.lastack.core.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/// Flow control (RFC 9293 §3.8.6): windows that shrink, close and open again, and silly ones on both sides.
class WindowTest {
    private final HostUnderTest host = new HostUnderTest();
    private final Peer peer = new Peer(host, 40_000, 80);
    private final TcpSocket child = peer.connects(host.listener(80, 5));

    /// MUST-34, SHLD-15, SHLD-16, SHLD-17, MAY-7: the peer takes back what it had offered. No new text, the old one again within the new window only, and what
    /// lies beyond is not timed out to death.
    @Test
    void must34_shld15_shld16_shld17_aShrunkWindow() {
        peer.write(child, 5000);
        assertThat(peer.said()).hasSize(4);
        peer.sends(". 1:1(0) ack 1461 win 1460").expectsNothing();
        peer.write(child, 3000);
        List<String> later = peer.timeline(10);
        assertThat(later).isNotEmpty().allMatch(line -> line.contains(" 1461:2921(1460)"), "only what lies in the window");
        assertThat(child.state()).isEqualTo(TcpState.ESTABLISHED);
        peer.sends(". 1:1(0) ack 8001 win 65535");
        assertThat(child.state()).isEqualTo(TcpState.ESTABLISHED);
    }

    /// SHLD-17: a window that has shrunk to zero over text in flight is probed and does not end the connection while the peer answers.
    @Test
    void shld17_textBeyondAClosedWindowIsNotTimedOut() {
        peer.write(child, 4000);
        peer.forget();
        for (int minute = 0; minute < 60; minute++) {
            peer.sends(". 1:1(0) ack 1 win 0");
            host.advance(60);
        }
        assertThat(child.state()).isEqualTo(TcpState.ESTABLISHED);
        peer.forget();
        peer.sends(". 1:1(0) ack 4001 win 65535");
        assertThat(child.unackedOctets()).isZero();
    }

    /// MUST-38: the sender waits rather than use a silly window; a small rest is sent when half of the largest window is free.
    @Test
    void must38_theSenderAvoidsSillyWindows() {
        peer.write(child, 20_000);
        peer.forget();
        peer.sends(". 1:1(0) ack 14601 win 0").forget();
        peer.sends(". 1:1(0) ack 14601 win 100").expectsNothing();
        peer.sends(". 1:1(0) ack 14601 win 1459").expectsNothing();
        peer.sends(". 1:1(0) ack 14601 win 1460").expects(". 14601:16061(1460)");
    }

    /// MUST-39, SHLD-14, W232-W235: the receiver offers nothing small, and never takes back.
    @Test
    void must39_shld14_theReceiverAvoidsSillyWindows() {
        TcpSocket listener = host.socket();
        HostUnderTest.must(listener.setInt(1, 8, 4096));
        HostUnderTest.must(listener.bind(HostUnderTest.HOST.high(), HostUnderTest.HOST.low(), 81));
        HostUnderTest.must(listener.listen(1));
        Peer sender = new Peer(host, 40_000, 81);
        TcpSocket reader = sender.connects(listener);
        int seq = 1;
        int edge = 0;
        for (int i = 0; i < 40 && reader.tcb().rcv.window() > 0; i++) {
            int octets = Math.min(500, reader.tcb().rcv.window());
            sender.sends("P. " + seq + ":" + (seq + octets) + "(" + octets + ") ack 1");
            host.advance(0.3);
            seq += octets;
            int now = reader.tcb().rcv.nxt - sender.iss + reader.tcb().rcv.window();
            assertThat(now).as("right edge").isGreaterThanOrEqualTo(edge);
            edge = now;
        }
        sender.forget();
        assertThat(reader.tcb().rcv.window()).isZero();
        Peer.read(reader, 20, 0);
        sender.expectsNothing();
        sender.sends("P. 1:501(500) ack 1");
        assertThat(sender.packets()).as("also when an ACK goes out anyway").allSatisfy(packet -> assertThat(SegmentText.fields(packet).window()).isZero());
        Peer.read(reader, 10_000, 0);
        assertThat(sender.packets()).singleElement().satisfies(packet -> assertThat(SegmentText.fields(packet).window()).isGreaterThan(1000));
    }

    /// W115, W116: text beyond the window is not taken; a probe into a closed window is answered.
    @Test
    void textBeyondTheWindowIsRefused() {
        peer.sends("P. 70000:70005(5) ack 1").expects(". 1:1(0) ack 1");
        peer.sends("P. 64000:64500(500) ack 1").expects(". 1:1(0) ack 1");
    }

    /// RFC 9293 §3.10.7.4: a window in an older segment changes nothing (SND.WL1, SND.WL2).
    @Test
    void onlyNewerSegmentsMoveTheSendWindow() {
        peer.sends("P. 1:6(5) ack 1").sends(". 6:6(0) ack 1 win 2000");
        assertThat(child.tcb().snd.wnd).isEqualTo(2000);
        peer.sends("P. 1:6(5) ack 1 win 3000");
        assertThat(child.tcb().snd.wnd).as("an older sequence number").isEqualTo(2000);
        peer.sends(". 6:6(0) ack 1 win 4000");
        assertThat(child.tcb().snd.wnd).isEqualTo(4000);
    }

    /// SECURITY M-05: flapping, tiny and huge windows; nothing is negative, everything arrives in the end.
    @Test
    void windowGames() {
        peer.write(child, 16_000);
        int[] windows = {0, 1, 65_535, 3, 0, 1460, 1, 40_000, 0, 2, 65_535};
        for (int round = 0; round < 200; round++) {
            int acked = Math.min(child.tcb().snd.nxt - child.tcb().snd.una, round % 3 * 700);
            int ack = child.tcb().snd.una - peer.hostIss + acked;
            peer.sends(". 1:1(0) ack " + ack + " win " + windows[round % windows.length]);
            host.advance(0.05);
        }
        assertThat(child.state()).isEqualTo(TcpState.ESTABLISHED);
        while (child.unackedOctets() > 0) {
            peer.sends(". 1:1(0) ack " + (child.tcb().snd.nxt - peer.hostIss) + " win 65535");
            host.advance(1);
        }
        assertThat(child.tcb().snd.una - peer.hostIss).isEqualTo(16_001);
    }
}
