package org.lastack.core.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.lastack.core.Errno;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.socket.Msg;
import org.lastack.core.socket.SocketOptions;
import org.lastack.core.udp.ReceivedFrom;

/// The error queue of connections: what scripts in tests/drill/linux do not reach.
class SendNoticesTest {
    private final HostUnderTest host = new HostUnderTest();
    private final Peer peer = new Peer(host, 40_000, 80);
    private final TcpSocket child = peer.connects(host.listener(80, 5), "<mss 1460>");
    private final ReceivedFrom info = new ReceivedFrom();

    private int send(int octets, int flags) {
        return child.send(new byte[octets], 0, octets, flags);
    }

    /// The notice of a range of sends, or EAGAIN.
    private String notice() {
        int result = child.receiveError(new byte[0], 0, 0, info);
        return result < 0 ? Errno.name(-result) : info.errorOrigin == ReceivedFrom.ORIGIN_ZEROCOPY ? info.errorInfo + "-" + info.errorData
                : info.errorInfo + "@" + info.errorData;
    }

    private void zerocopy() {
        assertThat(child.setInt(TcpOptionCalls.IPPROTO_TCP, TcpOptionCalls.TCP_NODELAY, 1)).isZero();
        assertThat(child.setInt(SocketOptions.SOL_SOCKET, SocketOptions.SO_ZEROCOPY, 1)).isZero();
    }

    /// A blocking call that the layer above makes in pieces is one send with one number.
    @Test
    void aCallInPiecesIsOneSend() {
        zerocopy();
        send(100, Msg.ZEROCOPY);
        host.advance(0.001);
        send(100, Msg.ZEROCOPY | Msg.CONTINUED);
        host.advance(0.001);
        send(100, Msg.ZEROCOPY);
        peer.forget();
        peer.sends(". 1:1(0) ack 101");
        assertThat(notice()).isEqualTo("EAGAIN");
        peer.sends(". 1:1(0) ack 201");
        assertThat(notice()).isEqualTo("0-0");
        peer.sends(". 1:1(0) ack 301");
        assertThat(notice()).isEqualTo("1-1");
        assertThat(notice()).isEqualTo("EAGAIN");
    }

    /// Notices that follow on each other become one, and wake whoever polls.
    @Test
    void noticesThatFollowAreOne() {
        zerocopy();
        for (int i = 0; i < 3; i++) {
            send(100, Msg.ZEROCOPY);
            host.advance(0.01);
        }
        peer.forget();
        peer.sends(". 1:1(0) ack 101");
        peer.sends(". 1:1(0) ack 301");
        assertThat(child.poll() & InetSocket.POLLERR).isNotZero();
        assertThat(notice()).isEqualTo("0-2");
        assertThat(child.poll() & InetSocket.POLLERR).isZero();
    }

    /// What is thrown away is over, too.
    @Test
    void anAbortEndsWhatWasSent() {
        zerocopy();
        send(100, Msg.ZEROCOPY);
        peer.forget();
        peer.sends("R. 1:1(0) ack 1");
        assertThat(notice()).isEqualTo("0-0");
    }

    /// SOF_TIMESTAMPING_OPT_ID counts octets from the first unacknowledged one, across the wrap of sequence numbers.
    @Test
    void stampsAreNumberedFromWhereTheyBegan() {
        send(50, 0);
        int bits = SocketOptions.STAMP_TX_ACK | SocketOptions.STAMP_OPT_ID | SocketOptions.STAMP_OPT_TSONLY;
        assertThat(child.setInt(SocketOptions.SOL_SOCKET, SocketOptions.SO_TIMESTAMPING, bits)).isZero();
        send(100, 0);
        peer.forget();
        peer.sends(". 1:1(0) ack 151");
        assertThat(notice()).isEqualTo("2@149");
        assertThat(info.errno).isEqualTo(Errno.ENOMSG);
        assertThat(info.stamped).as("told only with SOF_TIMESTAMPING_SOFTWARE").isFalse();
    }

    /// The queue is bounded by the receive buffer: who never reads it loses the newest entries, not the host its memory (SECURITY J-03).
    @Test
    void theQueueIsBounded() {
        int bits = SocketOptions.STAMP_TX_SOFTWARE | SocketOptions.STAMP_OPT_TSONLY;
        assertThat(child.setInt(SocketOptions.SOL_SOCKET, SocketOptions.SO_RCVBUF, 2304)).isZero();
        assertThat(child.setInt(SocketOptions.SOL_SOCKET, SocketOptions.SO_TIMESTAMPING, bits)).isZero();
        for (int i = 0; i < 100; i++) {
            send(1, 0);
            host.advance(0.001);
            peer.forget();
            peer.sends(". 1:1(0) ack " + (2 + i));
        }
        int entries = 0;
        while (!notice().equals("EAGAIN")) {
            entries++;
        }
        assertThat(entries).isBetween(1, 20);
    }
}
