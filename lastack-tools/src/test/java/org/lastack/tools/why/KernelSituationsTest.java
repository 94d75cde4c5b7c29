package org.lastack.tools.why;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.nio.channels.DatagramChannel;
import java.nio.channels.NetworkChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.lastack.core.socket.BindRequest;
import org.lastack.wire.IpAddress;

/// DIAGNOSIS 1 and 2 with sockets of this machine's kernel, staged by this program on loopback: the true cause must be named.
@EnabledOnOs(OS.LINUX)
class KernelSituationsTest {
    private static final IpAddress LOOPBACK = IpAddress.of("127.0.0.1");
    /// Loopback delivers before the call returns; /proc is looked at that often at most before the situation counts as not made.
    private static final int LOOKS = 10_000;

    private final List<NetworkChannel> open = new ArrayList<>();

    @AfterEach
    void end() throws IOException {
        for (NetworkChannel each : open) {
            each.close();
        }
    }

    private <T extends NetworkChannel> T keep(T channel, boolean reuseAddress, boolean reusePort) throws IOException {
        open.add(channel);
        channel.setOption(StandardSocketOptions.SO_REUSEADDR, reuseAddress);
        channel.setOption(StandardSocketOptions.SO_REUSEPORT, reusePort);
        return channel;
    }

    private static SocketAddress loopback(int port) throws IOException {
        return new InetSocketAddress(InetAddress.getByAddress(LOOPBACK.toBytes()), port);
    }

    private static int port(NetworkChannel channel) throws IOException {
        return ((InetSocketAddress) channel.getLocalAddress()).getPort();
    }

    private ServerSocketChannel listener(boolean reuseAddress, boolean reusePort) throws IOException {
        ServerSocketChannel listener = keep(ServerSocketChannel.open(StandardProtocolFamily.INET), reuseAddress, reusePort);
        listener.bind(loopback(0));
        return listener;
    }

    /// The port of a listener that is gone; its one connection is established still.
    private int leaveConnection(boolean reuseAddress, boolean serverCloses) throws IOException {
        ServerSocketChannel listener = listener(reuseAddress, false);
        int port = port(listener);
        SocketChannel client = SocketChannel.open(loopback(port));
        SocketChannel child = listener.accept();
        open.add(client);
        open.add(child);
        listener.close();
        if (serverCloses) {
            child.close();
            client.close();
        }
        String wanted = serverCloses ? "TIME_WAIT" : "ESTABLISHED";
        for (int i = 0; i < LOOKS; i++) {
            if (ProcSockets.read("tcp").stream().anyMatch(each -> each.localPort() == port && each.is(wanted))) {
                return port;
            }
        }
        throw new AssertionError("the kernel shows no " + wanted + " on port " + port);
    }

    private static HostQuestions.Answer why(IpAddress address, int port, boolean reuseAddress, boolean reusePort, boolean udp) throws IOException {
        return KernelBind.explain(BindRequest.of(address, port).with(reuseAddress, reusePort), udp);
    }

    private static String text(HostQuestions.Answer answer) {
        return String.join("\n", answer.lines());
    }

    private static String process() {
        return "(process " + ProcessHandle.current().pid() + ",";
    }

    /// Question 1 a, and question 2: another LISTEN, whatever options both have.
    @Test
    void aListener() throws IOException {
        int port = port(listener(true, false));
        HostQuestions.Answer answer = why(LOOPBACK, port, true, false, false);
        assertThat(answer.errno()).isEqualTo("EADDRINUSE");
        assertThat(answer.rule()).isEqualTo("LISTENER");
        assertThat(text(answer)).contains("LISTEN 127.0.0.1:" + port, process());
        assertThat(why(IpAddress.ANY_V4, port, false, false, false).rule()).as("wildcard against specific").isEqualTo("LISTENER");
    }

    /// Questions 1 a and 24: `:::port` covers IPv4.
    @Test
    void aDualStackListener() throws IOException {
        ServerSocketChannel listener = keep(ServerSocketChannel.open(StandardProtocolFamily.INET6), false, false);
        listener.bind(new InetSocketAddress("::", 0));
        HostQuestions.Answer answer = why(LOOPBACK, port(listener), true, false, false);
        assertThat(answer.rule()).isEqualTo("LISTENER");
        assertThat(text(answer)).contains("LISTEN [::]:" + port(listener), process());
    }

    /// Question 1 b: leftovers whose listener had no option.
    @Test
    void leftoversWithoutTheOption() throws IOException {
        int port = leaveConnection(false, true);
        HostQuestions.Answer answer = why(LOOPBACK, port, true, false, false);
        assertThat(answer.errno()).isEqualTo("EADDRINUSE");
        assertThat(answer.rule()).isEqualTo("HOLDER_SHARES_NOT");
        assertThat(text(answer)).contains("TIME_WAIT 127.0.0.1:" + port, "ends by itself in");
        assertThat(why(LOOPBACK, leaveConnection(false, false), true, false, false).rule()).as("an established one").isEqualTo("HOLDER_SHARES_NOT");
    }

    /// Question 1 b: the old socket had the option, the new one does not.
    @Test
    void leftoversWithTheOption() throws IOException {
        int port = leaveConnection(true, true);
        assertThat(why(LOOPBACK, port, false, false, false).rule()).isEqualTo("NEW_SHARES_NOT");
        assertThat(why(LOOPBACK, port, true, false, false).rule()).isEqualTo("SHARED");
        assertThat(why(LOOPBACK, port, false, true, false).rule()).isEqualTo("OPTIONS_DIFFER");
    }

    /// Question 2: SO_REUSEPORT beside a plain SO_REUSEADDR, and a holder that /proc does not show.
    @Test
    void aSocketThatIsOnlyBound() throws IOException {
        SocketChannel bound = keep(SocketChannel.open(StandardProtocolFamily.INET), false, true);
        bound.bind(loopback(0));
        HostQuestions.Answer answer = why(LOOPBACK, port(bound), true, false, false);
        assertThat(answer.rule()).isEqualTo("OPTIONS_DIFFER");
        assertThat(text(answer)).contains("no row of /proc shows a holder");
        assertThat(why(LOOPBACK, port(bound), false, true, false).errno()).isEqualTo("OK");
        SocketChannel plain = keep(SocketChannel.open(StandardProtocolFamily.INET), false, false);
        plain.bind(loopback(0));
        assertThat(why(LOOPBACK, port(plain), false, false, false).rule()).isEqualTo("NEITHER_SHARES");
    }

    @Test
    void udp() throws IOException {
        DatagramChannel plain = keep(DatagramChannel.open(StandardProtocolFamily.INET), false, false);
        plain.bind(loopback(0));
        HostQuestions.Answer answer = why(LOOPBACK, port(plain), true, false, true);
        assertThat(answer.rule()).isEqualTo("HOLDER_SHARES_NOT");
        assertThat(text(answer)).contains("UNCONN 127.0.0.1:" + port(plain), process());
        DatagramChannel sharing = keep(DatagramChannel.open(StandardProtocolFamily.INET), true, false);
        sharing.bind(loopback(0));
        assertThat(why(LOOPBACK, port(sharing), true, false, true).rule()).isEqualTo("SHARED");
        assertThat(why(LOOPBACK, port(sharing), false, false, true).rule()).isEqualTo("NEW_SHARES_NOT");
    }

    @Test
    void otherReasons() throws IOException {
        assertThat(why(IpAddress.of("192.0.2.1"), 9000, false, false, false).errno()).isEqualTo("EADDRNOTAVAIL");
        ServerSocketChannel listener = listener(false, false);
        int port = port(listener);
        listener.close();
        assertThat(why(LOOPBACK, port, false, false, false).rule()).isEqualTo("FREE");
    }
}
