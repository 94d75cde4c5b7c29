package org.lastack.tools.oracle;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.lastack.bsd.Linux;
import org.lastack.bsd.PollFd;
import org.lastack.core.Errno;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.socket.Msg;
import org.lastack.core.socket.OptionBytes;
import org.lastack.core.socket.SocketOptions;
import org.lastack.wire.TcpHeader;

/// Rows W042 to W049 and W251 to W275 of the wire oracle: calls that block, what ends them, lingering closes, and duplicates. "Another thread"
/// is an event in virtual time.
class BlockingCallsTest {
    private static final long MILLISECOND = 1_000_000;
    private static final int ACK = TcpHeader.ACK;
    private static final int RST = TcpHeader.RST;
    private static final int FIN = TcpHeader.FIN;
    private static final int SYN = TcpHeader.SYN;

    private final CallsScene scene = new CallsScene(7);

    @AfterEach
    void close() {
        scene.close();
    }

    private void reach(String state) {
        scene.reach(state);
        scene.process.ioctl(scene.fd, Linux.FIONBIO, 0);
    }

    /// 100 ms from now.
    private void later(Runnable action) {
        scene.time.after(100 * MILLISECOND, action);
    }

    /// 200 ms from now: proves that a call was still blocked until then.
    private void dataAtLast() {
        scene.time.after(200 * MILLISECOND, () -> scene.peer.segment(TcpHeader.PSH | ACK, 1, "still blocked".getBytes(US_ASCII)));
    }

    private String receive(int octets, int flags) {
        byte[] room = new byte[octets];
        int result = scene.process.recv(scene.fd, room, 0, octets, flags);
        return result == 0 ? "EOF" : result < 0 ? Errno.name(result) : new String(room, 0, result, US_ASCII);
    }

    private String sendMuch() {
        int result = scene.process.send(scene.fd, new byte[200_000], 0, 200_000, Msg.NOSIGNAL);
        return result < 0 ? Errno.name(result) : Integer.toString(result);
    }

    private void timeout(int option, int millis) {
        byte[] timeval = new byte[16];
        OptionBytes.put64(timeval, 0, millis / 1000);
        OptionBytes.put64(timeval, 8, millis % 1000 * 1000L);
        assertThat(scene.process.setsockopt(scene.fd, SocketOptions.SOL_SOCKET, option, timeval, 16)).isZero();
    }

    private void linger(int seconds) {
        byte[] linger = new byte[8];
        OptionBytes.put32(linger, 0, 1);
        OptionBytes.put32(linger, 4, seconds);
        assertThat(scene.process.setsockopt(scene.fd, SocketOptions.SOL_SOCKET, SocketOptions.SO_LINGER, linger, 8)).isZero();
    }

    private void shutdown(int how) {
        assertThat(scene.process.shutdown(scene.fd, how)).isZero();
    }

    @Test
    void w251_shutdownRdWakesAReader() {
        reach("ESTABLISHED");
        later(() -> shutdown(InetSocket.SHUT_RD));
        assertThat(receive(16, 0)).isEqualTo("EOF");
    }

    @Test
    void w252_shutdownWrDoesNot() {
        reach("ESTABLISHED");
        later(() -> shutdown(InetSocket.SHUT_WR));
        dataAtLast();
        assertThat(receive(16, 0)).isEqualTo("still blocked");
    }

    @Test
    void w253_shutdownRdwrWakesAReader() {
        reach("ESTABLISHED");
        later(() -> shutdown(InetSocket.SHUT_RDWR));
        assertThat(receive(16, 0)).isEqualTo("EOF");
    }

    @Test
    void w254_closeOfTheDescriptorDoesNotWakeAReader() {
        reach("ESTABLISHED");
        later(() -> assertThat(scene.process.close(scene.fd)).isZero());
        dataAtLast();
        assertThat(receive(16, 0)).isEqualTo("still blocked");
        assertThat(receive(16, 0)).isEqualTo("EBADF");
    }

    @Test
    void w255_finWakesAReader() {
        reach("ESTABLISHED");
        later(() -> scene.peer.segment(FIN | ACK, 1));
        assertThat(receive(16, 0)).isEqualTo("EOF");
    }

    @Test
    void w256_rstWakesAReader() {
        reach("ESTABLISHED");
        later(() -> scene.peer.segment(RST, 1));
        assertThat(receive(16, 0)).isEqualTo("ECONNRESET");
    }

    @Test
    void w257_aPartlyDoneSendReturnsItsCount() {
        scene.peer.window = 0;
        reach("ESTABLISHED");
        later(() -> shutdown(InetSocket.SHUT_WR));
        assertThat(sendMuch()).isEqualTo("64240");
        assertThat(sendMuch()).isEqualTo("EPIPE");
    }

    @Test
    void w258_rstEndsASendWithItsCount() {
        scene.peer.window = 0;
        reach("ESTABLISHED");
        later(() -> scene.peer.segment(RST, 1));
        assertThat(sendMuch()).isEqualTo("64240");
        assertThat(sendMuch()).isEqualTo("ECONNRESET");
    }

    @Test
    void w259_finDoesNotEndASend() {
        scene.peer.window = 0;
        reach("ESTABLISHED");
        later(() -> scene.peer.segment(FIN | ACK, 1));
        scene.time.after(200 * MILLISECOND, () -> shutdown(InetSocket.SHUT_WR));
        long startNs = scene.time.nowNs();
        assertThat(sendMuch()).isEqualTo("64240");
        assertThat(scene.time.nowNs() - startNs).isEqualTo(200 * MILLISECOND);
    }

    @Test
    void w261_shutdownEndsAcceptAndTheListener() {
        reach("LISTEN");
        later(() -> shutdown(InetSocket.SHUT_RD));
        assertThat(scene.process.accept(scene.fd, null)).isEqualTo(-Errno.EINVAL);
    }

    @Test
    void w263_w264_afterShutdownASynIsReset() {
        reach("LISTEN_PENDING");
        int child = scene.process.accept(scene.fd, null);
        assertThat(child).isPositive();
        later(() -> shutdown(InetSocket.SHUT_RDWR));
        assertThat(scene.process.accept(scene.fd, null)).isEqualTo(-Errno.EINVAL);
        int mark = scene.peer.count();
        scene.peer.peerPort++;
        scene.peer.next = ScriptedPeer.ISS;
        scene.peer.hostIss = 0;
        scene.peer.segment(SYN, 0);
        scene.step();
        assertThat(scene.peer.wire(mark)).isEqualTo("R. seq+0 ack+1 win0");
    }

    @Test
    void w265_w266_closeDoesNotEndAccept() {
        reach("LISTEN_PENDING");
        scene.process.accept(scene.fd, null);
        later(() -> assertThat(scene.process.close(scene.fd)).isZero());
        int[] mark = {0};
        scene.time.after(200 * MILLISECOND, () -> {
            mark[0] = scene.peer.count();
            scene.peer.peerPort++;
            scene.peer.next = ScriptedPeer.ISS;
            scene.peer.segment(SYN, 0);
        });
        scene.time.after(210 * MILLISECOND, () -> {
            scene.peer.hostIss = scene.peer.last().seq();
            scene.peer.segment(ACK, 1);
        });
        int child = scene.process.accept(scene.fd, null);
        assertThat(child).isNotNegative();
        assertThat(scene.peer.wire(mark[0])).isEqualTo("S. seq+0 ack+1 win64240");
    }

    @Test
    void w267_shutdownEndsConnect() {
        reach("NEW");
        later(() -> shutdown(InetSocket.SHUT_RDWR));
        assertThat(scene.process.connect(scene.fd, scene.peerAddress())).isEqualTo(-Errno.ECONNRESET);
    }

    @Test
    void w268_rstRefusesConnect() {
        reach("NEW");
        later(() -> {
            scene.peer.meet();
            scene.peer.segment(RST | ACK, 1);
        });
        assertThat(scene.process.connect(scene.fd, scene.peerAddress())).isEqualTo(-Errno.ECONNREFUSED);
    }

    @Test
    void w269_receiveTimeout() {
        reach("ESTABLISHED");
        timeout(SocketOptions.SO_RCVTIMEO, 200);
        long startNs = scene.time.nowNs();
        assertThat(receive(16, 0)).isEqualTo("EAGAIN");
        assertThat(scene.time.nowNs() - startNs).isEqualTo(200 * MILLISECOND);
    }

    @Test
    void w270_acceptTimeout() {
        reach("LISTEN");
        timeout(SocketOptions.SO_RCVTIMEO, 200);
        assertThat(scene.process.accept(scene.fd, null)).isEqualTo(-Errno.EAGAIN);
    }

    @Test
    void w271_connectTimeout() {
        reach("NEW");
        timeout(SocketOptions.SO_SNDTIMEO, 200);
        assertThat(scene.process.connect(scene.fd, scene.peerAddress())).isEqualTo(-Errno.EINPROGRESS);
        assertThat(scene.process.connect(scene.fd, scene.peerAddress())).isEqualTo(-Errno.EALREADY);
    }

    @Test
    void w272_sendTimeout() {
        scene.peer.window = 0;
        reach("ESTABLISHED");
        timeout(SocketOptions.SO_SNDTIMEO, 200);
        assertThat(sendMuch()).isEqualTo("64240");
        assertThat(sendMuch()).isEqualTo("EAGAIN");
    }

    @Test
    void w274_waitAllEndsWithAReset() {
        reach("ESTABLISHED");
        scene.peer.segment(TcpHeader.PSH | ACK, 1, "12345".getBytes(US_ASCII));
        later(() -> scene.peer.segment(RST, 1));
        assertThat(receive(10, Msg.WAITALL)).isEqualTo("12345");
        assertThat(receive(10, 0)).isEqualTo("ECONNRESET");
    }

    @Test
    void w273_waitAllEndsWithTheStream() {
        reach("ESTABLISHED");
        scene.peer.segment(TcpHeader.PSH | ACK, 1, "12345".getBytes(US_ASCII));
        later(() -> scene.peer.segment(FIN | ACK, 1));
        assertThat(receive(10, Msg.WAITALL)).isEqualTo("12345");
        assertThat(receive(10, 0)).isEqualTo("EOF");
    }

    @Test
    void w275_lowWaterMark() {
        reach("ESTABLISHED_RX");
        assertThat(scene.process.setsockopt(scene.fd, SocketOptions.SOL_SOCKET, SocketOptions.SO_RCVLOWAT, 10)).isZero();
        PollFd one = new PollFd(scene.fd, InetSocket.POLLIN);
        assertThat(scene.process.poll(new PollFd[] {one}, 0)).isZero();
        assertThat(receive(16, Msg.DONTWAIT)).isEqualTo("hello");
    }

    @Test
    void w042_lingerEndsWhenTheFinIsAcknowledged() {
        reach("ESTABLISHED");
        linger(5);
        scene.time.after(300 * MILLISECOND, () -> scene.peer.segment(ACK, 2));
        long startNs = scene.time.nowNs();
        assertThat(scene.process.close(scene.fd)).isZero();
        assertThat(scene.time.nowNs() - startNs).isEqualTo(300 * MILLISECOND);
        assertThat(scene.residual()).isEqualTo("FIN_WAIT2");
    }

    @Test
    void w043_lingerZeroResets() {
        reach("ESTABLISHED");
        scene.process.send(scene.fd, new byte[10], 0, 10, 0);
        linger(0);
        int mark = scene.peer.count();
        assertThat(scene.process.close(scene.fd)).isZero();
        assertThat(scene.peer.wire(mark)).isEqualTo("R. seq+11 ack+1 win64240");
        assertThat(scene.residual()).isEqualTo("gone");
    }

    @Test
    void w045_lingerZeroLeavesTimeWaitAlone() {
        reach("TIME_WAIT_HELD");
        linger(0);
        int mark = scene.peer.count();
        assertThat(scene.process.close(scene.fd)).isZero();
        assertThat(scene.peer.wire(mark)).isEqualTo("-");
        assertThat(scene.residual()).isEqualTo("TIME_WAIT");
    }

    /// S3-07: the first of two descriptors sends nothing, the second the FIN.
    @Test
    void w047_s3_07_onlyTheLastDescriptorSendsFin() {
        reach("ESTABLISHED");
        int copy = scene.process.dup(scene.fd);
        int mark = scene.peer.count();
        scene.process.close(scene.fd);
        assertThat(scene.peer.wire(mark)).isEqualTo("-");
        scene.process.close(copy);
        assertThat(scene.peer.wire(mark)).isEqualTo("F. seq+1 ack+1 win64240");
    }

    /// S3-08, S3-10: shutdown acts on the connection, whoever calls it.
    @Test
    void w048_s3_08_s3_10_shutdownIgnoresTheCount() {
        reach("ESTABLISHED");
        int copy = scene.process.dup(scene.fd);
        int mark = scene.peer.count();
        assertThat(scene.process.shutdown(copy, InetSocket.SHUT_RDWR)).isZero();
        assertThat(scene.peer.wire(mark)).isEqualTo("F. seq+1 ack+1 win64240");
        assertThat(sendMuch()).isEqualTo("EPIPE");
        assertThat(receive(16, 0)).isEqualTo("EOF");
    }

    @Test
    void w049_lingerZeroOnOneOfTwoDescriptorsDoesNothing() {
        reach("ESTABLISHED");
        int copy = scene.process.dup(scene.fd);
        linger(0);
        int mark = scene.peer.count();
        scene.process.close(copy);
        assertThat(scene.peer.wire(mark)).isEqualTo("-");
        assertThat(scene.state()).isEqualTo("ESTABLISHED");
    }
}
