package org.lastack.core.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.lastack.core.Errno;
import org.lastack.core.Sysctl;
import org.lastack.core.socket.InetSocket;
import org.lastack.wire.IpAddress;

/// CLOSE, ABORT, half-close, TIME-WAIT and what may end or reopen it (RFC 9293 §3.6, §3.10.4-5).
class ClosingTest {
    private final HostUnderTest host = new HostUnderTest();
    private final Peer peer = new Peer(host, 40_000, 80);

    private TcpSocket established() {
        return peer.connects(host.listener(80, 5));
    }

    private String state() {
        String[] found = {"none"};
        host.tcp.rows(row -> {
            if (row.remotePort() == 40_000) {
                found[0] = row.state().toString();
            }
        });
        return found[0];
    }

    /// FIN by the host, ACK and FIN by the peer: the entry is in TIME-WAIT.
    private void activeClose() {
        TcpSocket child = established();
        child.close();
        peer.expects("F. 1:1(0) ack 1");
        peer.sends(". 1:1(0) ack 2");
        peer.sends("F. 1:1(0) ack 2").expects(". 2:2(0) ack 2");
        assertThat(state()).isEqualTo("TIME_WAIT");
    }

    // ---- who closes first ------------------------------------------------------------------------------------------------------------------------

    /// Carries S0-01, S0-08, S1-10, S1-11, S3-01, S3-02, S3-06, S4-80, S4-82: FIN-WAIT-1, FIN-WAIT-2, TIME-WAIT on the side that closed first.
    @Test
    void theActiveCloserEndsInTimeWait() {
        TcpSocket child = established();
        child.close();
        peer.expects("F. 1:1(0) ack 1");
        assertThat(state()).isEqualTo("FIN_WAIT_1");
        peer.sends(". 1:1(0) ack 2").expectsNothing();
        assertThat(state()).isEqualTo("FIN_WAIT_2");
        host.advance(5);
        peer.sends("F. 1:1(0) ack 2").expects(". 2:2(0) ack 2");
        assertThat(state()).isEqualTo("TIME_WAIT");
    }

    /// W038, S0-01: FIN with the ACK of ours is one segment and one step.
    @Test
    void finWithTheAckOfOursGoesStraightToTimeWait() {
        established().close();
        peer.forget();
        peer.sends("F. 1:1(0) ack 2").expects(". 2:2(0) ack 2");
        assertThat(state()).isEqualTo("TIME_WAIT");
    }

    /// W084, S0-02, S0-03, S0-04, S1-12, S4-81, S4-89, S4-90: CLOSE-WAIT lasts until the application closes; LAST-ACK repeats the FIN; no TIME-WAIT after it.
    @Test
    void thePassiveCloserHasNoTimeWait() {
        TcpSocket child = established();
        peer.sends("F. 1:1(0) ack 1").expectsNothing();
        host.advance(0.001);
        peer.expects(". 1:1(0) ack 2");
        host.advance(86_400);
        assertThat(child.state()).isEqualTo(TcpState.CLOSE_WAIT);
        child.close();
        peer.expects("F. 1:1(0) ack 2");
        assertThat(state()).isEqualTo("LAST_ACK");
        assertThat(peer.timeline(1.5)).containsExactly("0.200 F. 1:1(0)", "0.600 F. 1:1(0)", "1.400 F. 1:1(0)");
        peer.sends(". 2:2(0) ack 2").expectsNothing();
        assertThat(state()).isEqualTo("none");
        assertThat(host.tcp.orphanCount()).isZero();
    }

    /// W085, S0-08: both sides close at once, both end in TIME-WAIT.
    @Test
    void simultaneousClose() {
        established().close();
        peer.forget();
        peer.sends("F. 1:1(0) ack 1").expects(". 2:2(0) ack 2");
        assertThat(state()).isEqualTo("CLOSING");
        peer.sends(". 2:2(0) ack 2").expectsNothing();
        assertThat(state()).isEqualTo("TIME_WAIT");
    }

    /// Carries S1-18: what was written goes first, then FIN. W039.
    @Test
    void whatWasWrittenGoesBeforeTheFin() {
        TcpSocket child = established();
        peer.write(child, 3);
        child.close();
        peer.expects("P. 1:4(3) ack 1", "F. 4:4(0) ack 1");
    }

    // ---- half-close ---------------------------------------------------------------------------------------------------------------------------------

    /// W031, S3-06: after SHUT_WR the other direction goes on.
    @Test
    void halfClose() {
        TcpSocket child = established();
        HostUnderTest.must(child.shutdown(InetSocket.SHUT_WR));
        peer.expects("F. 1:1(0) ack 1");
        peer.sends(". 1:1(0) ack 2").sends("P. 1:6(5) ack 2").expects(". 2:2(0) ack 6");
        assertThat(Peer.read(child)).isEqualTo("'abcde'");
        assertThat(peer.write(child, 1)).isEqualTo(-Errno.EPIPE);
        peer.sends("F. 6:6(0) ack 2").expects(". 2:2(0) ack 7");
        assertThat(Peer.read(child)).isEqualTo("EOF");
    }

    /// W032, W033: SHUT_RD is the reader's affair only; after SHUT_RDWR text is refused (SHLD-3).
    @Test
    void shutDownReading() {
        TcpSocket child = established();
        HostUnderTest.must(child.shutdown(InetSocket.SHUT_RD));
        peer.sends("P. 1:6(5) ack 1").expects(". 1:1(0) ack 6");
        assertThat(Peer.read(child)).isEqualTo("'abcde'");
        assertThat(Peer.read(child)).isEqualTo("EOF");

        Peer second = new Peer(host, 40_001, 81);
        TcpSocket both = second.connects(host.listener(81, 1));
        HostUnderTest.must(both.shutdown(InetSocket.SHUT_RDWR));
        second.forget();
        second.sends(". 1:1(0) ack 2").sends("P. 1:6(5) ack 2").expects("R 2:2(0)");
        assertThat(both.state()).isEqualTo(TcpState.CLOSED);
        assertThat(Peer.read(both)).isEqualTo("ECONNRESET");
    }

    // ---- close that resets ----------------------------------------------------------------------------------------------------------------------------

    /// SHLD-3, S1-05: close with unread text, and text after close, are answered by RST. W035, W036, W046.
    @Test
    void shld3_lostTextIsToldByRst() {
        TcpSocket child = established();
        peer.sends("P. 1:6(5) ack 1").forget();
        child.close();
        peer.expects("R. 1:1(0) ack 6");
        assertThat(state()).isEqualTo("none");

        Peer second = new Peer(host, 40_000, 81);
        second.connects(host.listener(81, 1)).close();
        second.forget();
        second.sends("P. 1:6(5) ack 1").expects("R 1:1(0)");
        assertThat(host.tcp.connectionCount() + host.tcp.timeWaitCount()).isZero();
    }

    /// W043, W044, W086: S1-19, S1-20, S1-21. SO_LINGER of 0 s: RST at once, nothing of the buffer is sent, no TIME-WAIT.
    @Test
    void lingerZeroResets() {
        peer.window = 5;
        TcpSocket child = established();
        peer.write(child, 10);
        peer.forget();
        HostUnderTest.must(child.setOption(1, 13, new byte[] {1, 0, 0, 0, 0, 0, 0, 0}, 0, 8));
        child.close();
        assertThat(peer.said()).singleElement().asString().startsWith("R. ");
        assertThat(host.tcp.connectionCount() + host.tcp.timeWaitCount()).isZero();
        assertThat(host.tcp.buffersOutstanding()).isZero();
    }

    /// W042, S1-20: with SO_LINGER above 0 close is done when the FIN is acknowledged; the rest goes on without the caller.
    @Test
    void lingerWaitsForTheAckOfTheFin() {
        TcpSocket child = established();
        HostUnderTest.must(child.setOption(1, 13, new byte[] {1, 0, 0, 0, 5, 0, 0, 0}, 0, 8));
        assertThat(child.lingerSeconds()).isEqualTo(5);
        child.close();
        peer.expects("F. 1:1(0) ack 1");
        assertThat(child.closeDone()).isFalse();
        peer.sends(". 1:1(0) ack 2");
        assertThat(child.closeDone()).isTrue();
    }

    // ---- what the application learns -----------------------------------------------------------------------------------------------------------------

    /// MUST-12: a normal close is end of file, an abort an error; what came before either is still read (S1-19).
    @Test
    void must12_theApplicationCanTellCloseFromAbort() {
        TcpSocket closedNormally = established();
        peer.sends("P. 1:6(5) ack 1").sends("F. 6:6(0) ack 1");
        assertThat(Peer.read(closedNormally)).isEqualTo("'abcde'");
        assertThat(Peer.read(closedNormally)).isEqualTo("EOF");

        Peer second = new Peer(host, 40_000, 81);
        TcpSocket aborted = second.connects(host.listener(81, 1));
        second.sends("P. 1:6(5) ack 1").sends("R 6:6(0)");
        assertThat(Peer.read(aborted)).isEqualTo("'abcde'");
        assertThat(Peer.read(aborted)).isEqualTo("ECONNRESET");
        assertThat(Peer.read(aborted)).isEqualTo("EOF");
        assertThat(peer.write(aborted, 1)).isEqualTo(-Errno.EPIPE);
    }

    /// W105, SHLD-2, S4-35: an RST with text is an RST; it ends the connection and nothing re-establishes it.
    @Test
    void shld2_rstMayCarryText() {
        TcpSocket child = established();
        peer.sends("R. 1:6(5) ack 1").expectsNothing();
        assertThat(child.state()).isEqualTo(TcpState.CLOSED);
        assertThat(Peer.read(child)).isEqualTo("ECONNRESET");
    }

    // ---- TIME-WAIT --------------------------------------------------------------------------------------------------------------------------------------

    /// MUST-13, S1-06, S1-14, S2-01, S2-03, S4-84: 2 MSL, 60 s by default, four minutes if set so. W090.
    @Test
    void must13_timeWaitLasts2Msl() {
        activeClose();
        host.advance(59.9);
        assertThat(state()).isEqualTo("TIME_WAIT");
        host.advance(0.2);
        assertThat(state()).isEqualTo("none");

        HostUnderTest byTheBook = HostUnderTest.with(Sysctl.TCP_TIMEWAIT_MS, 240_000);
        Peer there = new Peer(byTheBook, 40_000, 80);
        there.closes(there.connects(byTheBook.listener(80, 1)));
        there.sends("F. 1:1(0) ack 2");
        byTheBook.advance(239);
        assertThat(byTheBook.tcp.timeWaitCount()).isOne();
        byTheBook.advance(2);
        assertThat(byTheBook.tcp.timeWaitCount()).isZero();
    }

    /// W050, W091, S0-06, S1-15, S2-04, S3-03, S3-04, S4-83: silent on its own; a FIN that comes again is acknowledged again and 2 MSL start anew.
    @Test
    void aLateFinIsAcknowledgedAndRestartsTimeWait() {
        activeClose();
        assertThat(peer.timeline(20)).isEmpty();
        for (int again = 0; again < 3; again++) {
            peer.sends("F. 1:1(0) ack 2").expects(". 2:2(0) ack 2");
        }
        host.advance(59.9);
        assertThat(state()).isEqualTo("TIME_WAIT");
        host.advance(0.2);
        assertThat(state()).isEqualTo("none");
    }

    /// W088, W089, S0-05, S1-15, S2-05: a host without TIME-WAIT answers the repeated FIN by RST, and the peer ends with an error.
    @Test
    void withoutTimeWaitTheRepeatedFinIsReset() {
        HostUnderTest forgetful = HostUnderTest.with(Sysctl.TCP_MAX_TW_BUCKETS, 0);
        Peer there = new Peer(forgetful, 40_000, 80);
        there.closes(there.connects(forgetful.listener(80, 1)));
        there.sends(". 1:1(0) ack 2").sends("F. 1:1(0) ack 2").forget();
        there.sends("F. 1:1(0) ack 2").expects("R 2:2(0)");
    }

    /// S1-16, S2-06: old duplicates of the connection meet TIME-WAIT and go nowhere.
    @Test
    void oldDuplicatesEndInTimeWait() {
        activeClose();
        peer.sends("P. -100:-95(5) ack 1").expects(". 2:2(0) ack 2");
        peer.sends("S -1000:-1000(0) <mss 1460>").expects(". 2:2(0) ack 2");
        assertThat(state()).isEqualTo("TIME_WAIT");
    }

    /// Carries S2-02, S2-06, S2-08: a segment that outlives its connection, and the MSL that was assumed: the numbers of the next connection with the same
    /// addresses and ports have moved on with the clock, so that the old text falls outside its window.
    @Test
    void aSegmentThatOutlivesTimeWaitIsNotDelivered() {
        TcpSocket listener = host.listener(80, 5);
        TcpSocket first = peer.connects(listener);
        byte[] old = peer.build("P. 1:6(5) ack 1");
        host.input(old);
        assertThat(Peer.read(first)).isEqualTo("'abcde'");
        peer.closes(first);
        peer.sends("F. 6:6(0) ack 2").forget();
        host.input(old);
        peer.expects(". 2:2(0) ack 7");
        host.advance(61);
        assertThat(host.tcp.timeWaitCount()).isZero();
        host.peers.clear();
        Peer again = new Peer(host, 40_000, 80);
        again.iss = peer.iss + 61 * 250_000;
        TcpSocket second = again.connects(listener);
        host.input(old);
        again.expects(". 1:1(0) ack 1");
        assertThat(Peer.read(second)).isEqualTo("EAGAIN");
        assertThat(second.tcb().snd.iss - first.tcb().snd.iss).isGreaterThan(900_000_000);
        assertThat(second.state()).isEqualTo(TcpState.ESTABLISHED);
    }

    /// W055, W083, MAY-2, S2-07: a SYN above what was received reopens, with an ISS well above the old numbers.
    @Test
    void may2_aNewerSynReopens() {
        activeClose();
        peer.sends("S 1000:1000(0) <mss 1460>").expects("S. 65539:65539(0) ack 1001");
    }

    /// W077-W081, RFC 6191, SHLD-4: with timestamps a newer one is enough; an older one is not.
    @Test
    void shld4_timestampsDecideAboutReopening() {
        long[][] cases = {{50, -1000, 1}, {5, 1000, 0}, {30, 1000, 1}, {30, -1000, 0}};
        for (long[] each : cases) {
            HostUnderTest fresh = new HostUnderTest();
            Peer there = new Peer(fresh, 40_000, 80);
            TcpSocket child = there.connects(fresh.listener(80, 5), "<mss 1460,nop,nop,TS val 1 ecr 0>");
            there.closes(child);
            there.sends(". 1:1(0) ack 2 <TS val 20 ecr *>").sends("F. 1:1(0) ack 2 <TS val 30 ecr *>").forget();
            there.sends("S " + each[1] + ":" + each[1] + "(0) <mss 1460,nop,nop,TS val " + each[0] + " ecr 0>");
            assertThat(there.said().getFirst().startsWith("S.")).as("val %d seq %d", each[0], each[1]).isEqualTo(each[2] == 1);
        }
    }

    /// W076, RFC 1337, SECURITY B-10: an RST does not end TIME-WAIT, unless Linux's default is asked for (W059).
    @Test
    void anRstDoesNotEndTimeWait() {
        activeClose();
        peer.sends("R 2:2(0)").expectsNothing();
        assertThat(state()).isEqualTo("TIME_WAIT");

        HostUnderTest linux = HostUnderTest.with(Sysctl.TCP_RFC1337, 0);
        Peer there = new Peer(linux, 40_000, 80);
        there.closes(there.connects(linux.listener(80, 1)));
        there.sends("F. 1:1(0) ack 2").sends("R 2:2(0)");
        assertThat(linux.tcp.timeWaitCount()).isZero();
    }

    /// Carries S1-04: two clients, the server closes both: one LISTEN and two TIME_WAIT rows, which go after 60 s.
    @Test
    void twoClientsLeaveTwoTimeWaitRows() {
        TcpSocket listener = host.listener(9000, 5);
        for (int i = 0; i < 2; i++) {
            Peer client = new Peer(host, 40_000 + i, 9000);
            TcpSocket child = client.connects(listener);
            assertThat(client.write(child, 26)).isEqualTo(26);
            child.close();
            client.expects("P. 1:27(26) ack 1", "F. 27:27(0) ack 1");
            client.sends("F. 1:1(0) ack 28").expects(". 28:28(0) ack 2");
        }
        assertThat(rows()).isEqualTo("LISTEN 1, TIME_WAIT 2");
        host.advance(61);
        assertThat(rows()).isEqualTo("LISTEN 1, TIME_WAIT 0");
    }

    private String rows() {
        int[] count = new int[2];
        host.tcp.rows(row -> {
            assertThat(row.localPort()).isEqualTo(9000);
            count[row.state() == TcpState.LISTEN ? 0 : 1]++;
            assertThat(row.state()).isIn(TcpState.LISTEN, TcpState.TIME_WAIT);
        });
        return "LISTEN " + count[0] + ", TIME_WAIT " + count[1];
    }

    // ---- port after close -------------------------------------------------------------------------------------------------------------------------------

    /// Carries S0-07, S0-10, S0-11, S1-13, S1-24, S1-25, S1-29, S2-07, S3-11, S3-12, S4-85, S4-88: a server whose connections are in TIME-WAIT
    /// restarts at once only if the old and the new socket have SO_REUSEADDR.
    @Test
    void restartOfAServer() {
        for (int options = 0; options < 4; options++) {
            HostUnderTest fresh = new HostUnderTest();
            TcpSocket old = fresh.socket();
            old.setInt(1, 2, options & 1);
            HostUnderTest.must(old.bind(IpAddress.ANY_V4.high(), IpAddress.ANY_V4.low(), 80));
            HostUnderTest.must(old.listen(5));
            Peer client = new Peer(fresh, 40_000, 80);
            client.closes(client.connects(old));
            client.sends("F. 1:1(0) ack 2");
            TcpSocket early = fresh.socket();
            early.setInt(1, 2, 1);
            assertThat(early.bind(IpAddress.ANY_V4.high(), IpAddress.ANY_V4.low(), 80)).as("the old one listens").isEqualTo(-Errno.EADDRINUSE);
            old.close();
            TcpSocket next = fresh.socket();
            next.setInt(1, 2, options >> 1);
            assertThat(next.bind(IpAddress.ANY_V4.high(), IpAddress.ANY_V4.low(), 80)).isEqualTo(options == 3 ? 0 : -Errno.EADDRINUSE);
            fresh.advance(61);
            if (options != 3) {
                assertThat(next.bind(IpAddress.ANY_V4.high(), IpAddress.ANY_V4.low(), 80)).isZero();
            }
        }
    }

    /// Carries S1-01, S1-26, S1-27, S1-28: one address and port, one listener; other addresses are other names; SO_REUSEADDR duplicates binds, never listeners.
    @Test
    void oneListenerPerName() {
        TcpSocket first = host.listener(80, 1);
        assertThat(first.state()).isEqualTo(TcpState.LISTEN);
        assertThat(host.socket().bind(IpAddress.ANY_V4.high(), IpAddress.ANY_V4.low(), 80)).isEqualTo(-Errno.EADDRINUSE);
        IpAddress lo = IpAddress.of("127.0.0.1");
        TcpSocket one = host.socket();
        HostUnderTest.must(one.bind(lo.high(), lo.low(), 81));
        IpAddress other = IpAddress.of("127.0.0.2");
        HostUnderTest.must(host.socket().bind(other.high(), other.low(), 81));
        TcpSocket[] twins = {host.socket(), host.socket()};
        for (TcpSocket twin : twins) {
            twin.setInt(1, 2, 1);
            HostUnderTest.must(twin.bind(lo.high(), lo.low(), 82));
        }
        HostUnderTest.must(twins[0].listen(1));
        assertThat(twins[1].listen(1)).isEqualTo(-Errno.EADDRINUSE);
    }

    /// W087: RST in FIN-WAIT-1 ends it without TIME-WAIT.
    @Test
    void rstInFinWait1() {
        established().close();
        peer.forget();
        peer.sends("R. 1:1(0) ack 2");
        assertThat(state()).isEqualTo("none");
        assertThat(host.tcp.orphanCount()).isZero();
    }
}
