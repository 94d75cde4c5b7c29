package org.lastack.tools.why;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.lastack.bsd.BsdSockets;
import org.lastack.bsd.Linux;
import org.lastack.bsd.SockAddr;
import org.lastack.core.Errno;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.socket.Msg;
import org.lastack.core.socket.Owner;
import org.lastack.core.socket.SocketOptions;
import org.lastack.core.tcp.ResetLog;
import org.lastack.core.tcp.ResetReason;
import org.lastack.host.Host;
import org.lastack.host.VirtualDriver;
import org.lastack.link.ImpairedLink;
import org.lastack.link.Impairment;
import org.lastack.link.MemoryLink;

/// DIAGNOSIS 19-22, each staged between two hosts in virtual time, 100 ms apart: the true cause must be named.
class StallsTest {
    private static final int PORT = 9000;
    private static final long MS = 1_000_000L;
    private static final long SECOND = 1000 * MS;
    private static final int IPPROTO_TCP = 6;
    private static final int TCP_NODELAY = 1;
    private static final int TCP_CORK = 3;
    private static final int TCP_USER_TIMEOUT = 18;
    private static final int TCP_KEEPIDLE = 4;
    private static final int TCP_KEEPINTVL = 5;
    private static final int TCP_KEEPCNT = 6;
    private static final Impairment FAR = Impairment.NONE.withDelay(50 * MS, 0);

    private final VirtualDriver time = new VirtualDriver();
    private final MemoryLink.Pair cable = MemoryLink.pair("here", "there");
    private final ImpairedLink path = new ImpairedLink(cable.left(), FAR, FAR, 1, time::nowNs);
    private final Host host = Host.builder().name("h").driver(time).seed(1).rethrowFaults(true).link(path, "10.0.0.1/24").build();
    private final Host peerHost = Host.builder().name("p").driver(time).seed(2).rethrowFaults(true).link(cable.right(), "10.0.0.2/24").build();
    private final BsdSockets client = new BsdSockets(host, new Owner(0, 100, "client"));
    private final BsdSockets server = new BsdSockets(peerHost, new Owner(0, 200, "server"));
    private int accepted;

    @AfterEach
    void end() {
        client.close();
        server.close();
        host.close();
        peerHost.close();
    }

    private int connect(int receiveBuffer, int sendBuffer) {
        int listener = server.socket(InetSocket.AF_INET, Linux.SOCK_STREAM, 0);
        if (receiveBuffer > 0) {
            server.setsockopt(listener, SocketOptions.SOL_SOCKET, SocketOptions.SO_RCVBUF, receiveBuffer);
        }
        assertThat(server.bind(listener, SockAddr.of("0.0.0.0", PORT))).isZero();
        assertThat(server.listen(listener, 5)).isZero();
        int fd = client.socket(InetSocket.AF_INET, Linux.SOCK_STREAM, 0);
        if (sendBuffer > 0) {
            client.setsockopt(fd, SocketOptions.SOL_SOCKET, SocketOptions.SO_SNDBUF, sendBuffer);
        }
        assertThat(client.connect(fd, SockAddr.of("10.0.0.2", PORT))).isZero();
        time.runFor(SECOND);
        accepted = server.accept(listener, null);
        assertThat(accepted).isNotNegative();
        return fd;
    }

    private int send(int fd, int octets) {
        int sent = client.send(fd, new byte[octets], 0, octets, Msg.DONTWAIT);
        time.settle();
        return sent;
    }

    private Map<String, Object> only(boolean all) {
        List<Map<String, Object>> rows = Stalls.rows(new HostQuestions(host).flows(), all);
        assertThat(rows).hasSize(1);
        return rows.getFirst();
    }

    private String answer(Stalls.Factor expected) {
        Map<String, Object> row = only(false);
        assertThat(row).containsEntry("factor", expected.name());
        return String.valueOf(row.get("lines"));
    }

    @Test
    void thePeerDoesNotRead() {
        int fd = connect(8192, 0);
        while (send(fd, 65_536) > 0) {
            time.runFor(200 * MS);
        }
        time.runFor(20 * SECOND);
        long before = Long.parseLong(String.valueOf(only(false).get("windowLimitedMs")));
        time.runFor(10 * SECOND);
        Map<String, Object> row = only(false);
        assertThat(row).containsEntry("factor", "ZERO_WINDOW").containsEntry("windowLimitedMs", before + 10_000).containsEntry("timer", "persist")
                .containsEntry("sndWnd", 0L).containsEntry("inFlight", 0);
        assertThat(String.valueOf(row.get("lines"))).contains("of client (process 100)", "its window is 0, since ", "next probe in ", "its send buffer (",
                "% peer's window", "the program at the other end does not read");
        assertThat((long) row.get("timerMs")).isPositive();
        byte[] all = new byte[1 << 20];
        for (int i = 0; i < 2000; i++) {
            server.recv(accepted, all, 0, all.length, Msg.DONTWAIT);
            time.runFor(100 * MS);
        }
        assertThat(Stalls.rows(new HostQuestions(host).flows(), false)).isEmpty();
    }

    /// A program that has shut down still waits for its peer to read.
    @Test
    void theFinWaitsForTheWindow() {
        int fd = connect(8192, 0);
        while (send(fd, 65_536) > 0) {
            time.runFor(200 * MS);
        }
        time.runFor(20 * SECOND);
        int left = (int) only(false).get("unsent");
        client.shutdown(fd, InetSocket.SHUT_WR);
        time.runFor(SECOND);
        assertThat(left).isPositive();
        assertThat(answer(Stalls.Factor.ZERO_WINDOW)).contains("FIN_WAIT_1 10.0.0.1:", left + " octets unsent");
    }

    @Test
    void thePeersWindowIsSmallerThanThePath() {
        int fd = connect(8192, 0);
        assertThat(send(fd, 30_000)).isEqualTo(30_000);
        time.runFor(20 * MS);
        assertThat(answer(Stalls.Factor.RECEIVE_WINDOW)).contains("the next segment does not fit, since 20 ms", "a larger SO_RCVBUF");
    }

    @Test
    void theCongestionWindowIsFull() {
        int fd = connect(0, 0);
        assertThat(send(fd, 30_000)).isEqualTo(30_000);
        time.runFor(20 * MS);
        assertThat(answer(Stalls.Factor.CONGESTION_WINDOW)).contains("10 of 10 segments in flight, no recovery under way, still in slow start, 0 lost",
                "0 % peer's window, 0 % send buffer, 100 % path", "no losses: it grows by itself");
    }

    /// One of the first ten segments is lost, and duplicate acknowledgments say so.
    @Test
    void theCongestionWindowIsSmallAfterALoss() {
        int fd = connect(0, 0);
        path.impair(FAR.withLoss(1), FAR);
        assertThat(send(fd, 1448)).isEqualTo(1448);
        path.impair(FAR, FAR);
        assertThat(send(fd, 60_000)).isEqualTo(60_000);
        time.runFor(120 * MS);
        assertThat(answer(Stalls.Factor.CONGESTION_WINDOW)).contains("in fast recovery, slow-start threshold 7", "retransmitted so far", "the path loses segments");
    }

    @Test
    void nagleHoldsBackTheSecondSmallWrite() {
        int fd = connect(0, 0);
        send(fd, 10);
        send(fd, 11);
        time.runFor(30 * MS);
        assertThat(answer(Stalls.Factor.NAGLE)).contains("11 octets unsent, 10 in flight", "TCP_NODELAY is off (Nagle)", "set TCP_NODELAY, or write each request with one call");
        client.setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, 1);
        time.settle();
        assertThat(answer(Stalls.Factor.ACKNOWLEDGMENT)).contains("0 octets unsent, 21 in flight", "the program has written no more");
    }

    @Test
    void corkHoldsBackASmallWrite() {
        int fd = connect(0, 0);
        client.setsockopt(fd, IPPROTO_TCP, TCP_CORK, 1);
        send(fd, 10);
        assertThat(answer(Stalls.Factor.CORK)).contains("10 octets unsent, 0 in flight", "TCP_CORK is set", "clear TCP_CORK");
    }

    @Test
    void aWriteWithMsgMoreWaitsForTheNext() {
        int fd = connect(0, 0);
        assertThat(client.send(fd, new byte[10], 0, 10, Msg.MORE)).isEqualTo(10);
        assertThat(answer(Stalls.Factor.MSG_MORE)).contains("10 octets unsent, 0 in flight", "the last write had MSG_MORE", "leave MSG_MORE out of the last write");
    }

    /// DIAGNOSIS 20: when would it be noticed that the peer is gone?
    @Test
    void whenAVanishedPeerWouldBeNoticed() {
        int fd = connect(0, 0);
        // One of the 60 s is over when SO_KEEPALIVE is set.
        assertThat(answerOfAll()).contains("would notice never: nothing is outstanding and SO_KEEPALIVE is off");
        client.setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, 60);
        client.setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, 5);
        client.setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, 3);
        client.setsockopt(fd, SocketOptions.SOL_SOCKET, SocketOptions.SO_KEEPALIVE, 1);
        assertThat(answerOfAll()).contains("would notice in about 74.0 s (keep-alive)");
        send(fd, 10);
        assertThat(answerOfAll()).contains("would notice in about 15 min (tcp_retries2 or TCP_USER_TIMEOUT: text is outstanding)");
        client.setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, 30_000);
        assertThat(answerOfAll()).containsPattern("would notice in about 30\\.[0-9] s");
    }

    private String answerOfAll() {
        return String.join("\n", Stalls.lines(new HostQuestions(host).flows().getFirst()));
    }

    @Test
    void aPacingRateHoldsBack() {
        int fd = connect(0, 0);
        client.setsockopt(fd, SocketOptions.SOL_SOCKET, SocketOptions.SO_MAX_PACING_RATE, 20_000);
        for (int i = 0; i < 12; i++) {
            send(fd, 1448);
            time.runFor(SECOND);
        }
        send(fd, 10_000);
        assertThat(answer(Stalls.Factor.PACING)).contains("pacing at 160 kbit/s", "SO_MAX_PACING_RATE");
    }

    @Test
    void theSendBufferIsTooSmall() {
        int fd = connect(0, 4608);
        int sent = 0;
        for (int more = send(fd, 1000); more > 0; more = send(fd, 1000)) {
            sent += more;
        }
        client.setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, 1);
        time.runFor(20 * MS);
        assertThat(answer(Stalls.Factor.SEND_BUFFER)).contains("all " + sent + " octets are in flight", "a larger SO_SNDBUF");
    }

    @Test
    void theProgramIsSlow() {
        int fd = connect(0, 0);
        send(fd, 10);
        time.runFor(5 * SECOND);
        assertThat(Stalls.rows(new HostQuestions(host).flows(), false)).isEmpty();
        assertThat(only(true)).containsEntry("factor", "APPLICATION");
        assertThat(String.valueOf(only(true).get("lines"))).contains("there is nothing to send, the last text left 5.0 s ago");
    }

    /// DIAGNOSIS 19: a NAT on the path forgets the connection while it is idle and drops all that comes after. First `stalls` shows it, then `resets`.
    @Test
    void theFirstRequestAfterAnIdleHourHangs() {
        int fd = connect(0, 0);
        client.setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, 20_000);
        send(fd, 10);
        time.runFor(3600 * SECOND);
        path.impair(FAR.withLoss(1), FAR.withLoss(1));
        send(fd, 100);
        time.runFor(10 * SECOND);
        assertThat(answer(Stalls.Factor.NO_ANSWER)).contains("an ACK that does not come", "nothing heard for 60 min", "next attempt in ", "a NAT or firewall",
                "SO_KEEPALIVE with TCP_KEEPIDLE below its time-out");
        time.runFor(60 * SECOND);
        assertThat(host.call(() -> host.engine().tcp().resets().connections())).extracting(ResetLog.Row::reason).containsExactly(ResetReason.GAVE_UP);
        assertThat(String.valueOf(new HostQuestions(host).resets().getFirst().get("text"))).contains("ESTABLISHED: nobody:", "a NAT on it has forgotten");
        assertThat(client.getsockopt(fd, SocketOptions.SOL_SOCKET, SocketOptions.SO_ERROR)).isEqualTo(Errno.ETIMEDOUT);
    }
}
