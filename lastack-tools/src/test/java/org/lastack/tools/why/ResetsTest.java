package org.lastack.tools.why;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.lastack.bsd.BsdSockets;
import org.lastack.bsd.Linux;
import org.lastack.bsd.SockAddr;
import org.lastack.core.Errno;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.socket.Msg;
import org.lastack.core.socket.OptionBytes;
import org.lastack.core.socket.Owner;
import org.lastack.core.socket.SocketOptions;
import org.lastack.core.tcp.ResetLog;
import org.lastack.core.tcp.ResetReason;
import org.lastack.core.tcp.TcpState;
import org.lastack.host.Host;
import org.lastack.host.VirtualDriver;
import org.lastack.link.MemoryLink;

/// DIAGNOSIS 16-19 and 26, each staged: the log names who reset which connection, why, in which state, and what was lost.
class ResetsTest {
    private static final int PORT = 9000;
    private static final long SECOND = 1_000_000_000L;
    private static final int TCP_USER_TIMEOUT = 18;

    private final VirtualDriver time = new VirtualDriver();
    private final Host host = Host.builder().name("h").driver(time).seed(1).rethrowFaults(true)
            .link(MemoryLink.pair("here", "nobody").left(), "10.0.0.1/24").build();
    private final BsdSockets server = new BsdSockets(host, new Owner(0, 200, "server"));
    private final BsdSockets client = new BsdSockets(host, new Owner(0, 100, "client"));

    @AfterEach
    void end() {
        client.close();
        server.close();
        host.close();
    }

    private int listen() {
        int fd = server.socket(InetSocket.AF_INET, Linux.SOCK_STREAM, 0);
        assertThat(server.bind(fd, SockAddr.of("0.0.0.0", PORT))).isZero();
        assertThat(server.listen(fd, 5)).isZero();
        return fd;
    }

    private int begin() {
        int fd = client.socket(InetSocket.AF_INET, Linux.SOCK_STREAM, 0);
        client.connect(fd, SockAddr.of("127.0.0.1", PORT));
        time.settle();
        return fd;
    }

    private List<ResetLog.Row> connections() {
        return host.call(() -> host.engine().tcp().resets().connections());
    }

    private List<String> texts() {
        return new HostQuestions(host).resets().stream().map(each -> String.valueOf(each.get("text"))).toList();
    }

    /// DIAGNOSIS 16, 17, 18: both ends are on this host, so both sides of the same RST are remembered.
    @Test
    void closeWithUnreadOctets() {
        int listener = listen();
        int fd = begin();
        int child = server.accept(listener, null);
        client.write(fd, new byte[131], 0, 131);
        time.settle();
        server.close(child);
        time.runFor(3 * SECOND);
        List<ResetLog.Row> rows = connections();
        assertThat(rows).extracting(ResetLog.Row::reason).containsExactly(ResetReason.BY_PEER, ResetReason.UNREAD);
        assertThat(rows.getLast().unread()).isEqualTo(131);
        assertThat(rows.getLast().localPort()).isEqualTo(PORT);
        assertThat(rows.getLast().state()).isEqualTo(TcpState.ESTABLISHED);
        assertThat(rows.getLast().ageNs()).isEqualTo(3 * SECOND);
        assertThat(texts().getLast()).startsWith("3.0 s ago  127.0.0.1:9000 with 127.0.0.1:").contains("ESTABLISHED: we: close() with unread octets",
                "131 octets were unread");
        assertThat(texts().getFirst()).contains("the peer reset the connection", "then ECONNRESET once, then end of file");
    }

    /// DIAGNOSIS 17: who had been told end of file gets EPIPE.
    @Test
    void aResetAfterEndOfFileIsABrokenPipe() {
        int listener = listen();
        int fd = begin();
        int child = server.accept(listener, null);
        server.shutdown(child, InetSocket.SHUT_WR);
        time.settle();
        byte[] linger = new byte[8];
        OptionBytes.put32(linger, 0, 1);
        server.setsockopt(child, SocketOptions.SOL_SOCKET, SocketOptions.SO_LINGER, linger, linger.length);
        server.close(child);
        time.settle();
        assertThat(connections()).extracting(ResetLog.Row::reason).containsExactly(ResetReason.BY_PEER, ResetReason.LINGER);
        assertThat(connections().getFirst().state()).isEqualTo(TcpState.CLOSE_WAIT);
        assertThat(texts().getFirst()).contains("EPIPE");
        assertThat(client.send(fd, new byte[1], 0, 1, Msg.NOSIGNAL)).isEqualTo(-Errno.EPIPE);
    }

    /// DIAGNOSIS 26: a listener is closed, and those who waited in its queue are lost.
    @Test
    void aClosedListenerResetsItsQueue() {
        int listener = listen();
        begin();
        begin();
        server.close(listener);
        time.settle();
        assertThat(connections()).extracting(ResetLog.Row::reason).filteredOn(each -> each == ResetReason.LISTENER_CLOSED).hasSize(2);
        assertThat(texts()).anyMatch(each -> each.contains("before anybody accepted the connection"));
    }

    /// DIAGNOSIS 13: refused, with the answer to a stranger kept apart.
    @Test
    void refusedConnections() {
        begin();
        assertThat(connections()).extracting(ResetLog.Row::reason).containsExactly(ResetReason.REFUSED);
        assertThat(host.call(() -> host.engine().tcp().resets().strangers())).extracting(ResetLog.Row::reason).containsExactly(ResetReason.NO_SOCKET);
    }

    /// DIAGNOSIS 19: nobody says anything any more.
    @Test
    void givenUp() {
        int fd = client.socket(InetSocket.AF_INET, Linux.SOCK_STREAM | Linux.SOCK_NONBLOCK, 0);
        client.setsockopt(fd, 6, TCP_USER_TIMEOUT, 2000);
        assertThat(client.connect(fd, SockAddr.of("10.0.0.2", PORT))).isEqualTo(-Errno.EINPROGRESS);
        time.runFor(10 * SECOND);
        assertThat(connections()).extracting(ResetLog.Row::reason).containsExactly(ResetReason.GAVE_UP);
        assertThat(texts().getFirst()).contains("SYN_SENT: nobody:", "ETIMEDOUT", "a NAT on it has forgotten");
        assertThat(client.getsockopt(fd, SocketOptions.SOL_SOCKET, SocketOptions.SO_ERROR)).isEqualTo(Errno.ETIMEDOUT);
    }

    /// The log is bounded, and what is newest stays.
    @Test
    void theOldestAreForgotten() {
        for (int i = 0; i < ResetLog.CONNECTIONS + 10; i++) {
            client.close(begin());
        }
        assertThat(connections()).hasSize(ResetLog.CONNECTIONS);
        assertThat(host.call(() -> host.engine().tcp().resets().strangers())).hasSize(ResetLog.STRANGERS);
    }
}
