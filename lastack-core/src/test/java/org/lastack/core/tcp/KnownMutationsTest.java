package org.lastack.core.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.lastack.core.Counter;
import org.lastack.core.Sysctl;
import org.lastack.core.socket.SocketOptions;

/// Rules whose lines could once be broken without any test of this module turning red: each test here does, when its line is broken.
class KnownMutationsTest {
    /// Buffers so large that the window stays open while nobody reads: a window that closes holds ACKs back, as on Linux.
    private final HostUnderTest host = new HostUnderTest(s -> s.set(Sysctl.TCP_RMEM_DEFAULT, 540_000));
    private final Peer peer = new Peer(host, 40_000, 80);

    /// An interactive connection: ACKs are delayed unless a rule says otherwise.
    private static TcpSocket delaying(Peer peer, HostUnderTest host) {
        TcpSocket socket = peer.connects(host.listener(80, 5), "<mss 1460,nop,wscale 7>");
        peer.sends("P. 1:1001(1000) ack 1").forget();
        Peer.read(socket);
        peer.sends("P. 1001:2001(1000) ack 1").forget();
        Peer.read(socket);
        peer.write(socket, 1);
        peer.sends(". 2001:2001(0) ack 2").forget();
        assertThat(socket.setInt(TcpOptionCalls.IPPROTO_TCP, TcpOptionCalls.TCP_QUICKACK, 0)).isZero();
        return socket;
    }

    /// RFC 5681 §4.2: a segment that fills a gap is acknowledged at once, however little it is.
    @Test
    void fillingAGapIsAcknowledgedAtOnce() {
        delaying(peer, host);
        peer.sends("P. 2011:2021(10) ack 2").expects(". 2:2(0) ack 2001");
        peer.sends("P. 2001:2011(10) ack 2").expects(". 2:2(0) ack 2021");
    }

    /// RFC 9293 §3.8.6.3, SHLD-19; RFC 5681 §4.2: at least every second full segment.
    @Test
    void everySecondFullSegmentIsAcknowledgedAtOnce() {
        delaying(peer, host);
        peer.sends(". 2001:3461(1460) ack 2").expectsNothing();
        peer.sends(". 3461:4921(1460) ack 2").expects(". 2:2(0) ack 4921");
        peer.sends(". 4921:6381(1460) ack 2").expectsNothing();
    }

    /// RFC 9293 §3.8.4, MUST-27: the interval is the one that holds when the timer looks, not the one that held when it was set.
    @Test
    void aKeepAliveProbeWaitsUntilTheConnectionIsIdle() {
        TcpSocket socket = peer.connects(host.listener(80, 5));
        host.engine.sysctls().set(Sysctl.TCP_KEEPALIVE_TIME, 10);
        assertThat(socket.setInt(SocketOptions.SOL_SOCKET, SocketOptions.SO_KEEPALIVE, 1)).isZero();
        host.engine.sysctls().set(Sysctl.TCP_KEEPALIVE_TIME, 100);
        assertThat(peer.timeline(90)).isEmpty();
        assertThat(peer.timeline(11)).hasSize(1);
        assertThat(host.counter(Counter.TcpExtTCPKeepAlive)).isOne();
    }

    /// RFC 7323 §2.3: a shift above 14 is taken as 14, in a SYN-ACK too.
    @Test
    void theShiftOfASynAckIsAtMostFourteen() {
        TcpSocket socket = peer.isCalled("<mss 1460,nop,wscale 200>");
        assertThat(socket.info().sndWscale()).isEqualTo(14);
        peer.sends(". 1:1(0) ack 1 win 3");
        assertThat(socket.info().sndWnd()).isEqualTo(3 << 14);
    }

    /// RFC 6298 §5.7, Karn: doublings stay until something that was sent once is acknowledged, and end then.
    @Test
    void doublingsEndWithTheFirstUnambiguousSample() {
        TcpSocket socket = peer.connects(host.listener(80, 5));
        peer.write(socket, 100);
        host.advance(2);
        int doubled = socket.info().backoff();
        assertThat(doubled).isGreaterThanOrEqualTo(2);
        peer.sends(". 1:1(0) ack 101");
        assertThat(socket.info().backoff()).as("the ACK of a retransmission says nothing").isEqualTo(doubled);
        peer.write(socket, 100);
        peer.sends(". 1:1(0) ack 201");
        assertThat(socket.info().backoff()).isZero();
    }

    /// RFC 5681 §3.1, equation 4: half, and never below two segments.
    @Test
    void renosThresholdIsHalfTheWindowAndAtLeastTwo() {
        NewReno reno = new NewReno();
        Sender s = new Sender(host.tcp.slabs(), reno);
        int[][] cases = {{20, 10}, {7, 3}, {4, 2}, {3, 2}, {1, 2}};
        for (int[] each : cases) {
            s.cwnd = each[0];
            assertThat(reno.ssthresh(host.socket().tcb(), s)).as("cwnd %d", each[0]).isEqualTo(each[1]);
        }
    }
}
