package org.lastack.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.InputStream;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.IllegalBlockingModeException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import jdk.net.ExtendedSocketOptions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.lastack.core.tcp.TcpState;

/// The sockets of channels, the sockets of the factories, and their options.
@Timeout(value = 30, unit = TimeUnit.SECONDS)
@SuppressWarnings("try") // closing early is what is tested
class AdaptorsTest {
    private final Net net = new Net();

    @AfterEach
    void close() {
        net.close();
    }

    /// A reader that waits must not keep the writer of the same socket from writing.
    @Test
    void streamsOfAChannelsSocketAreFullDuplex() throws Exception {
        try (Net.Connection c = net.connection()) {
            Socket client = c.client().socket();
            CompletableFuture<Integer> read = new CompletableFuture<>();
            Thread reader = Thread.ofPlatform().start(() -> {
                try {
                    read.complete(client.getInputStream().read());
                } catch (Exception e) {
                    read.completeExceptionally(e);
                }
            });
            Net.awaitParked(reader);
            client.getOutputStream().write(new byte[] {5});
            InputStream in = c.server().socket().getInputStream();
            assertThat(in.read()).isEqualTo(5);
            c.server().socket().getOutputStream().write(9);
            assertThat(read.get()).isEqualTo(9);
            assertThat(in.available()).isZero();
        }
    }

    /// Netty asks on each read: it must take no lock, not even while a reader holds the channel's.
    @Test
    void stateIsAnsweredWhileAReaderWaits() throws Exception {
        try (Net.Connection c = net.connection()) {
            Thread reader = Thread.ofPlatform().start(() -> SocketChannelTest.failure(() -> c.client().read(ByteBuffer.allocate(1))));
            Net.awaitParked(reader);
            Socket socket = c.client().socket();
            net.network.host("a").run(() -> {
                // Inside the host's lock on this thread; the other thread must not need it.
                assertThat(CompletableFuture.supplyAsync(() -> !socket.isInputShutdown() && !socket.isOutputShutdown() && socket.isConnected() && !socket.isClosed()
                        && socket.isBound() && socket.getPort() > 0 && socket.getLocalPort() > 0 && socket.getRemoteSocketAddress() != null).join()).isTrue();
            });
            c.client().shutdownInput();
            assertThat(socket.isInputShutdown()).isTrue();
            reader.join();
        }
    }

    @Test
    void timeoutsOfAdaptors() throws Exception {
        try (Net.Connection c = net.connection(); ServerSocketChannel listener = net.b.openServerSocketChannel().bind(null)) {
            Socket socket = c.client().socket();
            socket.setSoTimeout(1);
            assertThat(socket.getSoTimeout()).isEqualTo(1);
            assertThatThrownBy(() -> socket.getInputStream().read()).isExactlyInstanceOf(SocketTimeoutException.class).hasMessage("Read timed out");
            assertThat(c.client().isOpen()).isTrue();
            listener.socket().setSoTimeout(1);
            assertThatThrownBy(() -> listener.socket().accept()).isExactlyInstanceOf(SocketTimeoutException.class).hasMessage("Accept timed out");
            Socket nowhere = net.a.openSocketChannel().socket();
            assertThatThrownBy(() -> nowhere.connect(new InetSocketAddress("10.0.0.77", 1), 1)).isExactlyInstanceOf(SocketTimeoutException.class).hasMessage("Connect timed out");
            assertThat(nowhere.isClosed()).isTrue();
            c.client().configureBlocking(false);
            assertThatThrownBy(() -> socket.getInputStream().read()).isInstanceOf(IllegalBlockingModeException.class);
            assertThatThrownBy(() -> socket.getOutputStream().write(1)).isInstanceOf(IllegalBlockingModeException.class);
        }
    }

    @Test
    void namesAndStatesOfAdaptors() throws Exception {
        SocketChannel channel = net.a.openSocketChannel();
        Socket socket = channel.socket();
        assertThat(channel.socket()).isSameAs(socket);
        assertThat(socket.getChannel()).isSameAs(channel);
        assertThat(socket.isBound() || socket.isConnected() || socket.isClosed()).isFalse();
        assertThat(socket.getLocalPort()).isEqualTo(-1);
        assertThat(socket.getPort()).isZero();
        assertThat(socket.getInetAddress()).isNull();
        assertThatThrownBy(socket::getInputStream).isInstanceOf(SocketException.class).hasMessage("Socket is not connected");
        assertThatThrownBy(() -> socket.connect(InetSocketAddress.createUnresolved("nowhere", 1))).isInstanceOf(UnknownHostException.class);
        assertThat(socket.isClosed()).isTrue();
        assertThatThrownBy(socket::getOutputStream).isInstanceOf(SocketException.class).hasMessage("Socket is closed");
        assertThatThrownBy(() -> net.a.openSocketChannel().socket().connect(Net.atB(1))).isExactlyInstanceOf(ConnectException.class).hasMessage("Connection refused");
        ServerSocket server = net.b.openServerSocketChannel().socket();
        assertThat(server.isBound()).isFalse();
        assertThat(server.getLocalPort()).isEqualTo(-1);
        server.bind(new InetSocketAddress(7000), 5);
        assertThat(server.getLocalPort()).isEqualTo(7000);
        assertThat(server.getReuseAddress()).isTrue();
        try (Socket client = LastackSocketFactory.of(net.network.host("a")).createSocket("10.0.0.2", 7000); Socket accepted = server.accept()) {
            assertThat(accepted.getRemoteSocketAddress()).isEqualTo(client.getLocalSocketAddress());
            assertThat(accepted.getChannel()).isNotNull();
            client.shutdownOutput();
            assertThat(accepted.getInputStream().read()).isEqualTo(-1);
            accepted.close();
            assertThat(client.getInputStream().read()).isEqualTo(-1);
        }
        server.close();
        assertThatThrownBy(server::accept).isInstanceOf(SocketException.class);
    }

    @Test
    void socketsOfTheFactories() throws Exception {
        try (ServerSocket server = LastackServerSocketFactory.of(net.network.host("b")).createServerSocket(0);
                Socket client = LastackSocketFactory.of(net.network.host("a")).createSocket()) {
            assertThat(server.getReuseAddress()).isTrue();
            client.connect(Net.atB(server.getLocalPort()), 1000);
            try (Socket accepted = server.accept()) {
                assertThat(client.getChannel()).isNull();
                assertThat(accepted.getPort()).isEqualTo(client.getLocalPort());
                OutputStream out = client.getOutputStream();
                byte[] data = new byte[500_000];
                data[499_999] = 1;
                CompletableFuture<byte[]> read = Net.async(() -> accepted.getInputStream().readNBytes(data.length));
                out.write(data);
                assertThat(read.get()).isEqualTo(data);
                client.setSoTimeout(1);
                assertThatThrownBy(() -> client.getInputStream().read()).isExactlyInstanceOf(SocketTimeoutException.class).hasMessage("Read timed out");
                client.setSoTimeout(0);
                client.setSoLinger(true, 0);
                assertThat(client.getSoLinger()).isZero();
                client.setTcpNoDelay(true);
                client.setKeepAlive(true);
                client.setTrafficClass(8);
                assertThat(client.getTcpNoDelay() && client.getKeepAlive()).isTrue();
                assertThat(client.getTrafficClass()).isEqualTo(8);
                client.close();
                assertThatThrownBy(() -> accepted.getInputStream().read()).isExactlyInstanceOf(SocketException.class).hasMessage("Connection reset");
                assertThatThrownBy(() -> client.getOutputStream().write(1)).isExactlyInstanceOf(SocketException.class).hasMessage("Socket is closed");
            }
            try (Socket refused = LastackSocketFactory.of(net.network.host("a")).createSocket()) {
                assertThatThrownBy(() -> refused.connect(Net.atB(1))).isExactlyInstanceOf(ConnectException.class).hasMessage("Connection refused");
                assertThat(refused.isClosed()).isTrue();
            }
        }
    }

    @Test
    void closingAndInterruptsOfPlainSockets() throws Exception {
        try (ServerSocket server = LastackServerSocketFactory.of(net.network.host("b")).createServerSocket(0);
                Socket client = LastackSocketFactory.of(net.network.host("a")).createSocket("10.0.0.2", server.getLocalPort()); Socket accepted = server.accept()) {
            CompletableFuture<Throwable> virtual = new CompletableFuture<>();
            Thread reader = Thread.ofVirtual().start(() -> virtual.complete(SocketChannelTest.failure(() -> client.getInputStream().read())));
            Net.awaitParked(reader);
            reader.interrupt();
            assertThat(virtual.get()).isExactlyInstanceOf(SocketException.class).hasMessage("Closed by interrupt");
            assertThat(client.isClosed()).isTrue();
            assertThat(accepted.getInputStream().read()).isEqualTo(-1);
            CompletableFuture<Throwable> accepting = new CompletableFuture<>();
            Thread acceptor = Thread.ofPlatform().start(() -> accepting.complete(SocketChannelTest.failure(server::accept)));
            Net.awaitParked(acceptor);
            acceptor.interrupt();
            server.close();
            assertThat(accepting.get()).isExactlyInstanceOf(SocketException.class).hasMessage("Socket closed");
        }
    }

    @Test
    void optionsOfChannels() throws Exception {
        try (Net.Connection c = net.connection(); ServerSocketChannel listener = net.b.openServerSocketChannel()) {
            SocketChannel s = c.client();
            s.setOption(StandardSocketOptions.SO_SNDBUF, 100_000).setOption(StandardSocketOptions.SO_RCVBUF, 90_000);
            assertThat(s.getOption(StandardSocketOptions.SO_SNDBUF)).isEqualTo(100_000);
            assertThat(s.getOption(StandardSocketOptions.SO_RCVBUF)).isEqualTo(90_000);
            assertThat(s.getOption(StandardSocketOptions.SO_LINGER)).isEqualTo(-1);
            assertThat(s.setOption(StandardSocketOptions.SO_LINGER, 7).getOption(StandardSocketOptions.SO_LINGER)).isEqualTo(7);
            assertThat(s.setOption(StandardSocketOptions.SO_LINGER, -5).getOption(StandardSocketOptions.SO_LINGER)).isEqualTo(-1);
            assertThat(s.setOption(ExtendedSocketOptions.TCP_KEEPIDLE, 11).getOption(ExtendedSocketOptions.TCP_KEEPIDLE)).isEqualTo(11);
            assertThat(s.setOption(ExtendedSocketOptions.TCP_KEEPINTERVAL, 12).getOption(ExtendedSocketOptions.TCP_KEEPINTERVAL)).isEqualTo(12);
            assertThat(s.setOption(ExtendedSocketOptions.TCP_KEEPCOUNT, 13).getOption(ExtendedSocketOptions.TCP_KEEPCOUNT)).isEqualTo(13);
            assertThat(s.setOption(ExtendedSocketOptions.TCP_QUICKACK, true).getOption(ExtendedSocketOptions.TCP_QUICKACK)).isTrue();
            assertThat(s.setOption(StandardSocketOptions.IP_TOS, 0x10).getOption(StandardSocketOptions.IP_TOS)).isEqualTo(0x10);
            assertThat(s.setOption(StandardSocketOptions.TCP_NODELAY, true).getOption(StandardSocketOptions.TCP_NODELAY)).isTrue();
            assertThat(s.setOption(StandardSocketOptions.SO_REUSEPORT, true).getOption(StandardSocketOptions.SO_REUSEPORT)).isTrue();
            assertThat(s.setOption(LastackSocketOptions.TCP_USER_TIMEOUT, 5000).getOption(LastackSocketOptions.TCP_USER_TIMEOUT)).isEqualTo(5000);
            assertThat(s.setOption(LastackSocketOptions.TCP_CONGESTION, "reno").getOption(LastackSocketOptions.TCP_CONGESTION)).isEqualTo("reno");
            assertThat(s.getOption(LastackSocketOptions.TCP_MAXSEG)).isEqualTo(1448);
            assertThat(s.getOption(LastackSocketOptions.TCP_INFO).state()).isEqualTo(TcpState.ESTABLISHED);
            assertThat(listener.getOption(StandardSocketOptions.SO_REUSEADDR)).isTrue();
            for (java.net.SocketOption<?> each : s.supportedOptions()) {
                assertThat((Object) s.getOption(each)).as(each.name()).isNotNull();
            }
            assertThatThrownBy(() -> s.getOption(ExtendedSocketOptions.SO_INCOMING_NAPI_ID)).isInstanceOf(UnsupportedOperationException.class);
            assertThatThrownBy(() -> s.setOption(StandardSocketOptions.IP_MULTICAST_TTL, 1)).isInstanceOf(UnsupportedOperationException.class);
            assertThatThrownBy(() -> s.setOption(StandardSocketOptions.SO_SNDBUF, -1)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> s.setOption(StandardSocketOptions.SO_SNDBUF, null)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> s.setOption(StandardSocketOptions.IP_TOS, 256)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> s.setOption(LastackSocketOptions.TCP_CONGESTION, "nonesuch")).isInstanceOf(SocketException.class);
            assertThatThrownBy(() -> s.getOption(null)).isInstanceOf(NullPointerException.class);
        }
    }

    @Test
    void interruptOfAnAdaptorsReaderClosesTheChannel() throws Exception {
        try (Net.Connection c = net.connection()) {
            CompletableFuture<Throwable> ended = new CompletableFuture<>();
            Thread reader = Thread.ofPlatform().start(() -> ended.complete(SocketChannelTest.failure(() -> c.client().socket().getInputStream().read())));
            Net.awaitParked(reader);
            reader.interrupt();
            assertThat(ended.get()).isExactlyInstanceOf(ClosedByInterruptException.class);
            assertThat(c.client().isOpen()).isFalse();
        }
    }
}
