package org.lastack.core.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.lastack.core.Counter;
import org.lastack.core.Errno;
import org.lastack.core.Sysctl;
import org.lastack.core.socket.InetSocket;

/// Every timer of RFC 9293 §3.8 and §3.10.8 fired in virtual time, with the times at which it fires.
class TimersTest {
    private static final int TCP = TcpOptionCalls.IPPROTO_TCP;

    private final HostUnderTest host = new HostUnderTest();
    private final Peer peer = new Peer(host, 40_000, 80);

    private TcpSocket established() {
        return peer.connects(host.listener(80, 5));
    }

    // ---- SYN and SYN-ACK ---------------------------------------------------------------------------------------------------------------------------

    /// W216, S4-61, MUST-22: SYNs at 1, 2, 3, 4, 5, 7, 11, 19, 35 and 67 s after the first; given up at 131 s with ETIMEDOUT.
    @Test
    void must22_synRetransmissions() {
        TcpSocket socket = peer.calls();
        assertThat(peer.times(200)).containsExactly(1000L, 2000L, 3000L, 4000L, 5000L, 7000L, 11_000L, 19_000L, 35_000L, 67_000L);
        assertThat(socket.state()).isEqualTo(TcpState.CLOSED);
        assertThat(socket.connect(Peer.ADDRESS.high(), Peer.ADDRESS.low(), 40_000)).isEqualTo(-Errno.ETIMEDOUT);
    }

    /// MUST-22: not before about 131 s.
    @Test
    void theSynIsGivenUpAfter131Seconds() {
        TcpSocket socket = peer.calls();
        host.advance(130.9);
        assertThat(socket.state()).isEqualTo(TcpState.SYN_SENT);
        host.advance(0.3);
        assertThat(socket.state()).isEqualTo(TcpState.CLOSED);
    }

    /// MUST-23: with eight doublings the SYN is tried for more than three minutes; Linux's default, and ours, is less.
    @Test
    void must23_synForThreeMinutesIfSoSet() {
        HostUnderTest patient = HostUnderTest.with(Sysctl.TCP_SYN_RETRIES, 7);
        TcpSocket socket = new Peer(patient, 40_000, 80).calls();
        patient.advance(180);
        assertThat(socket.state()).isEqualTo(TcpState.SYN_SENT);
        patient.advance(100);
        assertThat(socket.state()).isEqualTo(TcpState.CLOSED);
    }

    /// W217: SYN-ACKs at 1, 3, 7, 15 and 31 s, then the embryo goes.
    @Test
    void synAckRetransmissions() {
        host.listener(80, 5);
        peer.sends("S 0:0(0) <mss 1460>").forget();
        assertThat(peer.times(70)).containsExactly(1000L, 3000L, 7000L, 15_000L, 31_000L);
        assertThat(host.tcp.embryoCount()).isZero();
    }

    // ---- retransmission ------------------------------------------------------------------------------------------------------------------------------

    /// W218, MUST-18, MUST-19, S4-57, S4-59, S4-60: no round trip measured above the floor of 200 ms, doubling.
    @Test
    void must18_must19_textIsRetransmittedWithBackOff() {
        TcpSocket child = established();
        peer.write(child, 4);
        assertThat(peer.timeline(30)).containsExactly("0.200 P. 1:5(4)", "0.600 P. 1:5(4)", "1.400 P. 1:5(4)", "3.000 P. 1:5(4)", "6.200 P. 1:5(4)", "12.600 P. 1:5(4)",
                "25.400 P. 1:5(4)");
    }

    /// W219, MUST-18 (RFC 6298 §2.2): the first sample R gives RTO = R + max(4 * R/2, 200 ms): 0.9 s for 300 ms.
    @Test
    void must18_theFirstSampleSetsTheTimeout() {
        host.listener(80, 5);
        TcpSocket listener = host.listener(81, 5);
        Peer far = new Peer(host, 40_001, 81);
        far.sends("S 0:0(0) <mss 1460>").forget();
        host.advance(0.3);
        far.sends(". 1:1(0) ack 1");
        TcpSocket child = Peer.accepted(listener);
        assertThat(child.tcb().rtoUs).isBetween(880_000, 920_000);
        far.write(child, 4);
        assertThat(far.times(4)).first().satisfies(ms -> assertThat(ms).isBetween(880L, 920L));
    }

    /// MUST-18: Karn. An ACK of something that was sent twice is no sample; the back-off stays until a sample comes.
    @Test
    void must18_karnsAlgorithm() {
        TcpSocket child = established();
        int before = child.tcb().srttUs8;
        peer.write(child, 4);
        host.advance(5);
        peer.sends(". 1:1(0) ack 5").forget();
        assertThat(child.tcb().srttUs8).isEqualTo(before);
        peer.write(child, 4);
        assertThat(peer.times(8)).first().satisfies(ms -> assertThat(ms).as("still backed off").isGreaterThan(1000));
    }

    /// S4-62, MUST-20, SHLD-10, SHLD-11: R2 is about 924.6 s; the application gets ETIMEDOUT.
    @Test
    void must20_shld11_retries2EndsTheConnection() {
        TcpSocket child = established();
        peer.write(child, 4);
        host.advance(924);
        assertThat(child.state()).isEqualTo(TcpState.ESTABLISHED);
        host.advance(125);
        assertThat(child.state()).isEqualTo(TcpState.CLOSED);
        assertThat(Peer.read(child)).isEqualTo("ETIMEDOUT");
        assertThat(child.takeError()).isZero();
    }

    /// MUST-20, SHLD-9, SHLD-10: after R1 (more than three retransmissions) the route is looked up anew and whoever watches is told.
    @Test
    void must20_shld9_shld10_r1TellsTheApplication() {
        TcpSocket child = established();
        int[] doubts = {0};
        host.tcp.tracer(new TcpTracer() {
            @Override
            public void transition(TcpSocket socket, TcpState before, TcpState after) {}

            @Override
            public void pathInDoubt(TcpSocket socket) {
                assertThat(socket).isSameAs(child);
                doubts[0]++;
            }
        });
        peer.write(child, 4);
        assertThat(child.tcb().route).isNotNull();
        host.advance(1.5);
        assertThat(child.tcb().retransmits).isEqualTo(3);
        assertThat(doubts[0]).isZero();
        host.advance(20);
        assertThat(doubts[0]).isOne();
        peer.sends(". 1:1(0) ack 5");
        assertThat(child.state()).isEqualTo(TcpState.ESTABLISHED);
        assertThat(child.takeError()).isZero();
    }

    /// W220: the FIN is retransmitted like text. S3-05: and not for ever.
    @Test
    void finRetransmissions() {
        peer.closes(established());
        assertThat(peer.timeline(7)).containsExactly("0.200 F. 1:1(0)", "0.600 F. 1:1(0)", "1.400 F. 1:1(0)", "3.000 F. 1:1(0)", "6.200 F. 1:1(0)");
        host.advance(1000);
        assertThat(host.tcp.connectionCount()).isZero();
        assertThat(host.tcp.orphanCount()).isZero();
    }

    /// W223, MUST-21: TCP_USER_TIMEOUT is the application's own R2.
    @Test
    void must21_userTimeout() {
        TcpSocket child = established();
        HostUnderTest.must(child.setInt(TCP, TcpOptionCalls.TCP_USER_TIMEOUT, 3000));
        peer.write(child, 4);
        peer.timeline(2.9);
        assertThat(child.state()).isEqualTo(TcpState.ESTABLISHED);
        host.advance(0.5);
        assertThat(child.state()).isEqualTo(TcpState.CLOSED);
        assertThat(Peer.read(child)).isEqualTo("ETIMEDOUT");
    }

    /// RFC 8985 §7: the tail-loss probe comes after two round trips, before the retransmission timer would.
    @Test
    void tailLossProbe() {
        TcpSocket listener = host.listener(80, 5);
        peer.sends("S 0:0(0) <mss 1460,sackOK>").forget();
        host.advance(0.1);
        peer.sends(". 1:1(0) ack 1");
        TcpSocket child = Peer.accepted(listener);
        peer.write(child, 2920);
        peer.forget();
        assertThat(peer.timeline(0.4)).first().asString().matches("0\\.20\\d P\\. 1461:2921\\(1460\\)");
        assertThat(host.counter(Counter.TcpExtTCPLossProbes)).isOne();
    }

    // ---- keep-alive ------------------------------------------------------------------------------------------------------------------------------------

    /// W222, MUST-24, MUST-26, MUST-27, MUST-29, SHLD-12: probes without text at SND.NXT-1 after the idle time; unanswered ones end the connection, one does not.
    @Test
    void must24_must27_must29_shld12_keepAlive() {
        TcpSocket child = established();
        HostUnderTest.must(child.setInt(TCP, TcpOptionCalls.TCP_KEEPIDLE, 2));
        HostUnderTest.must(child.setInt(TCP, TcpOptionCalls.TCP_KEEPINTVL, 1));
        HostUnderTest.must(child.setInt(TCP, TcpOptionCalls.TCP_KEEPCNT, 3));
        HostUnderTest.must(child.setInt(1, 9, 1));
        assertThat(peer.timeline(2.5)).containsExactly("2.000 . 0:0(0)");
        peer.sends(". 1:1(0) ack 1");
        assertThat(child.state()).isEqualTo(TcpState.ESTABLISHED);
        assertThat(peer.timeline(10)).containsExactly("2.000 . 0:0(0)", "3.000 . 0:0(0)", "4.000 . 0:0(0)", "5.000 R. 1:1(0)");
        assertThat(child.state()).isEqualTo(TcpState.CLOSED);
        assertThat(Peer.read(child)).isEqualTo("ETIMEDOUT");
    }

    /// MUST-25, MUST-28: off unless asked for, and then after two hours.
    @Test
    void must25_must28_keepAliveIsOffAndSlowByDefault() {
        TcpSocket child = established();
        assertThat(peer.timeline(100_000)).isEmpty();
        HostUnderTest.must(child.setInt(1, 9, 1));
        peer.sends(". 1:1(0) ack 1");
        assertThat(peer.timeline(7199)).isEmpty();
        assertThat(peer.timeline(2)).hasSize(1);
    }

    /// MUST-26: not while something is outstanding.
    @Test
    void must26_noKeepAliveWhileTextIsOutstanding() {
        TcpSocket child = established();
        HostUnderTest.must(child.setInt(TCP, TcpOptionCalls.TCP_KEEPIDLE, 2));
        HostUnderTest.must(child.setInt(1, 9, 1));
        peer.write(child, 4);
        assertThat(peer.timeline(20)).allMatch(line -> line.endsWith("P. 1:5(4)"));
    }

    /// SECURITY M-09: an answer with text, or a nonsensical one, is processed as what it is.
    @Test
    void aKeepAliveProbeMayBeAnsweredByAnything() {
        TcpSocket child = established();
        HostUnderTest.must(child.setInt(TCP, TcpOptionCalls.TCP_KEEPIDLE, 2));
        HostUnderTest.must(child.setInt(1, 9, 1));
        host.advance(2.1);
        peer.sends("P. 1:6(5) ack 1");
        assertThat(Peer.read(child)).isEqualTo("'abcde'");
        peer.forget();
        host.advance(2.1);
        peer.sends(". 900000:900005(5) ack 77").sends("U. 6:6(0) ack 1 urg 60000");
        assertThat(child.state()).isEqualTo(TcpState.ESTABLISHED);
        host.advance(20);
        assertThat(child.state()).isEqualTo(TcpState.ESTABLISHED);
    }

    // ---- zero window -------------------------------------------------------------------------------------------------------------------------------------

    /// W221, MUST-35, MUST-36, SHLD-29, SHLD-30: probes below the window, first after one RTO, then at doubling intervals.
    @Test
    void must35_must36_shld29_shld30_zeroWindowProbes() {
        TcpSocket child = established();
        peer.sends(". 1:1(0) ack 1 win 0");
        peer.write(child, 10);
        assertThat(peer.timeline(15)).containsExactly("0.200 . 0:0(0)", "0.600 . 0:0(0)", "1.400 . 0:0(0)", "3.000 . 0:0(0)", "6.200 . 0:0(0)", "12.600 . 0:0(0)");
        peer.sends(". 1:1(0) ack 1 win 1000").expects("P. 1:11(10) ack 1");
    }

    /// MUST-37: as long as probes are answered the connection stays, here for a day; intervals reach two minutes at most. MAY-8: the peer may do that.
    @Test
    void must37_may8_answeredProbesKeepTheConnection() {
        TcpSocket child = established();
        peer.sends(". 1:1(0) ack 1 win 0");
        peer.write(child, 10);
        long end = host.engine.now() + 86_400L * 1_000_000_000L;
        int probes = 0;
        while (host.engine.now() < end) {
            int heard = peer.timeline(30).size();
            probes += heard;
            if (heard > 0) {
                peer.sends(". 1:1(0) ack 1 win 0").forget();
            }
        }
        assertThat(child.state()).isEqualTo(TcpState.ESTABLISHED);
        assertThat(probes).isGreaterThan(600);
        peer.sends(". 1:1(0) ack 1 win 1000").expects("P. 1:11(10) ack 1");
    }

    /// W224, SECURITY R-04: the user time-out ends a connection whose window stays closed and whose probes are not answered.
    @Test
    void userTimeoutWithAZeroWindow() {
        TcpSocket child = established();
        HostUnderTest.must(child.setInt(TCP, TcpOptionCalls.TCP_USER_TIMEOUT, 3000));
        peer.sends(". 1:1(0) ack 1 win 0");
        peer.write(child, 10);
        host.advance(2.5);
        assertThat(child.state()).isEqualTo(TcpState.ESTABLISHED);
        host.advance(2);
        assertThat(child.state()).isEqualTo(TcpState.CLOSED);
        assertThat(Peer.read(child)).isEqualTo("ETIMEDOUT");
    }

    /// SECURITY R-04: an orphan whose peer never opens its window does not stay for ever.
    @Test
    void anOrphanWithAZeroWindowEnds() {
        TcpSocket child = established();
        peer.sends(". 1:1(0) ack 1 win 0");
        peer.write(child, 10);
        peer.closes(child);
        host.advance(1500);
        assertThat(host.tcp.connectionCount()).isZero();
        assertThat(host.tcp.orphanCount()).isZero();
        assertThat(host.tcp.buffersOutstanding()).isZero();
    }

    // ---- FIN-WAIT-2, TIME-WAIT -----------------------------------------------------------------------------------------------------------------------------

    /// W093, W095-W098, SECURITY R-05: an orphan in FIN-WAIT-2 ends after tcp_fin_timeout or TCP_LINGER2; one that is held never does.
    @Test
    void finWait2() {
        int[][] cases = {{60, 0, 60}, {5, 0, 5}, {60, 2, 2}, {60, -1, 0}};
        for (int[] each : cases) {
            HostUnderTest fresh = HostUnderTest.with(Sysctl.TCP_FIN_TIMEOUT, each[0]);
            Peer there = new Peer(fresh, 40_000, 80);
            TcpSocket child = there.connects(fresh.listener(80, 1));
            if (each[1] != 0) {
                HostUnderTest.must(child.setInt(TCP, TcpOptionCalls.TCP_LINGER2, each[1]));
            }
            there.closes(child);
            there.sends(". 1:1(0) ack 2");
            if (each[2] > 0) {
                fresh.advance(each[2] - 0.1);
                assertThat(fresh.tcp.timeWaitCount() + fresh.tcp.connectionCount()).isOne();
            }
            fresh.advance(0.7);
            assertThat(fresh.tcp.timeWaitCount() + fresh.tcp.connectionCount()).isZero();
        }
        TcpSocket held = established();
        HostUnderTest.must(held.shutdown(InetSocket.SHUT_WR));
        host.drain();
        peer.sends(". 1:1(0) ack 2");
        host.advance(100_000);
        assertThat(held.state()).isEqualTo(TcpState.FIN_WAIT_2);
    }

    /// All timers off when everything is over: nothing wakes an idle host.
    @Test
    void anIdleHostHasNoDeadline() {
        TcpSocket child = established();
        peer.sends("P. 1:6(5) ack 1");
        Peer.read(child);
        host.advance(1);
        assertThat(host.engine.nextTimeoutNs()).as("an idle connection").isEqualTo(Long.MAX_VALUE);
        peer.closes(child);
        peer.sends("F. 6:6(0) ack 2");
        host.advance(61);
        assertThat(host.engine.nextTimeoutNs()).isEqualTo(Long.MAX_VALUE);
        assertThat(List.of(host.tcp.connectionCount(), host.tcp.timeWaitCount(), host.tcp.embryoCount())).containsOnly(0);
    }
}
