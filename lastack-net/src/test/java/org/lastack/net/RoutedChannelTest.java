package org.lastack.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Channels of both stacks at once, chosen by rules: 127.0.0.0/8 is the kernel's loopback, everything else is on the cable.
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class RoutedChannelTest {
    private static final AddressRules RULES = AddressRules.parse("kernel 127.0.0.0/8; bind kernel 127.0.0.0/8");

    private final Net net = new Net();
    private final LastackSelectorProvider routed = LastackSelectorProvider.of(net.network.host("a"), RULES);

    @AfterEach
    void close() {
        net.close();
    }

    /// A server of the kernel that gives back what it gets.
    private static ServerSocket kernelEcho() throws IOException {
        ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().start(() -> {
            while (true) {
                Socket accepted;
                try {
                    accepted = server.accept();
                } catch (IOException e) {
                    return; // closed: the test is over
                }
                Thread.ofVirtual().start(() -> echo(accepted));
            }
        });
        return server;
    }

    private static void echo(Socket accepted) {
        try (accepted) {
            accepted.getInputStream().transferTo(accepted.getOutputStream());
        } catch (IOException e) {
            assertThat(e).as("the client has gone").isNotNull();
        }
    }

    private static ServerSocketChannel lastackEcho(Net net) throws IOException {
        ServerSocketChannel server = net.b.openServerSocketChannel().bind(null);
        Thread.ofVirtual().start(() -> {
            while (true) {
                SocketChannel accepted;
                try {
                    accepted = server.accept();
                } catch (IOException e) {
                    return;
                }
                Thread.ofVirtual().start(() -> echo(accepted.socket()));
            }
        });
        return server;
    }

    /// Four connections, two of each stack, in one selector: each sends 200,000 octets of its own and gets them back.
    @Test
    void bothStacksInOneSelector() throws Exception {
        int size = 200_000;
        try (ServerSocket kernel = kernelEcho(); ServerSocketChannel lastack = lastackEcho(net); Selector selector = routed.openSelector()) {
            Map<SelectionKey, ByteBuffer> out = new HashMap<>();
            Map<SelectionKey, ByteBuffer> in = new HashMap<>();
            for (int i = 0; i < 4; i++) {
                SocketChannel channel = routed.openSocketChannel();
                channel.configureBlocking(false);
                // Registered before it is known which stack it will be.
                SelectionKey key = channel.register(selector, SelectionKey.OP_CONNECT);
                byte[] octets = new byte[size];
                java.util.Arrays.fill(octets, (byte) (i + 1));
                out.put(key, ByteBuffer.wrap(octets));
                in.put(key, ByteBuffer.allocate(size + 1)); // room to be told the end
                channel.connect(i % 2 == 0 ? kernel.getLocalSocketAddress() : Net.atB(Net.port(lastack)));
            }
            int open = 4;
            while (open > 0) {
                selector.select();
                for (SelectionKey key : selector.selectedKeys()) {
                    SocketChannel channel = (SocketChannel) key.channel();
                    if (key.isConnectable()) {
                        assertThat(channel.finishConnect()).isTrue();
                        key.interestOps(SelectionKey.OP_READ | SelectionKey.OP_WRITE);
                    } else {
                        open -= progress(key, channel, out.get(key), in.get(key));
                    }
                }
                selector.selectedKeys().clear();
            }
            for (Map.Entry<SelectionKey, ByteBuffer> each : in.entrySet()) {
                assertThat(each.getValue().flip()).isEqualTo(out.get(each.getKey()).rewind());
            }
            assertThat(selector.selectNow()).isZero();
            assertThat(selector.keys()).isEmpty();
        }
    }

    private static int progress(SelectionKey key, SocketChannel channel, ByteBuffer out, ByteBuffer in) throws IOException {
        if (key.isWritable()) {
            channel.write(out);
            if (!out.hasRemaining()) {
                channel.shutdownOutput();
                key.interestOps(SelectionKey.OP_READ);
            }
        }
        if (key.isReadable() && channel.read(in) < 0) {
            channel.close();
            return 1;
        }
        return 0;
    }

    @Test
    void listenersOfBothStacksInOneSelector() throws Exception {
        try (Selector selector = routed.openSelector(); ServerSocketChannel kernel = routed.openServerSocketChannel();
                ServerSocketChannel lastack = routed.openServerSocketChannel()) {
            kernel.configureBlocking(false);
            SelectionKey ofKernel = kernel.register(selector, SelectionKey.OP_ACCEPT);
            kernel.bind(new InetSocketAddress("127.0.0.1", 0));
            lastack.configureBlocking(false);
            lastack.bind(new InetSocketAddress("10.0.0.1", 0));
            SelectionKey ofLastack = lastack.register(selector, SelectionKey.OP_ACCEPT);
            assertThat(selector.selectNow()).isZero();
            try (Socket client = new Socket(InetAddress.getLoopbackAddress(), Net.port(kernel)); SocketChannel other = net.b.openSocketChannel()) {
                other.connect(new InetSocketAddress("10.0.0.1", Net.port(lastack)));
                while (selector.selectedKeys().size() < 2) {
                    selector.select();
                }
                assertThat(selector.selectedKeys()).containsExactlyInAnyOrder(ofKernel, ofLastack);
                selector.selectedKeys().clear();
                SocketChannel one = kernel.accept();
                SocketChannel two = lastack.accept();
                assertThat(kernel.accept()).isNull();
                one.configureBlocking(false);
                two.configureBlocking(false);
                SelectionKey reading = one.register(selector, SelectionKey.OP_READ);
                two.register(selector, SelectionKey.OP_READ);
                assertThat(selector.selectNow()).isZero();
                client.getOutputStream().write(5);
                assertThat(selector.select()).isEqualTo(1);
                assertThat(selector.selectedKeys()).containsExactly(reading);
                selector.selectedKeys().clear();
                assertThat(selector.select()).as("still unread").isEqualTo(1);
                assertThat(one.read(ByteBuffer.allocate(9))).isEqualTo(1);
                selector.selectedKeys().clear();
                assertThat(selector.selectNow()).as("read").isZero();
                one.close();
                assertThat(client.getInputStream().read()).isEqualTo(-1);
                two.close();
            }
        }
    }

    @Test
    void refusedByTheKernel() throws Exception {
        int nobody;
        try (ServerSocket gone = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            nobody = gone.getLocalPort();
        }
        try (Selector selector = routed.openSelector(); SocketChannel channel = routed.openSocketChannel()) {
            channel.configureBlocking(false);
            SelectionKey key = channel.register(selector, SelectionKey.OP_CONNECT);
            channel.connect(new InetSocketAddress("127.0.0.1", nobody));
            assertThat(selector.select()).isEqualTo(1);
            assertThatThrownBy(channel::finishConnect).hasMessage("Connection refused");
            assertThat(channel.isOpen()).isFalse();
            assertThat(key.isValid()).isFalse();
        }
    }

    /// Options, a local name and blocking mode are given before anybody knows where the channel leads.
    @Test
    void whatWasSetBeforeGoesAlong() throws Exception {
        try (ServerSocket kernel = kernelEcho(); SocketChannel channel = routed.openSocketChannel()) {
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            channel.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
            channel.setOption(LastackSocketOptions.TCP_CONGESTION, "reno");
            channel.bind(null);
            int port = ((InetSocketAddress) channel.getLocalAddress()).getPort();
            Socket socket = channel.socket();
            socket.setSoTimeout(30_000);
            channel.connect(kernel.getLocalSocketAddress());
            assertThat(((InetSocketAddress) channel.getLocalAddress()).getPort()).isEqualTo(port);
            assertThat(channel.getOption(StandardSocketOptions.TCP_NODELAY)).isTrue();
            assertThat(channel.getOption(StandardSocketOptions.SO_KEEPALIVE)).isTrue();
            assertThatThrownBy(() -> channel.getOption(LastackSocketOptions.TCP_CONGESTION)).isInstanceOf(UnsupportedOperationException.class);
            assertThat(socket.isConnected()).isTrue();
            socket.getOutputStream().write(9);
            assertThat(socket.getInputStream().read()).isEqualTo(9);
        }
    }

    /// Blocking and selecting by turns, as the JDK's HttpServer does with each exchange.
    @Test
    void turnsBetweenBlockingAndSelecting() throws Exception {
        try (ServerSocket kernel = kernelEcho(); Selector selector = routed.openSelector(); SocketChannel channel = routed.openSocketChannel()) {
            channel.connect(kernel.getLocalSocketAddress());
            for (int i = 0; i < 50; i++) {
                channel.configureBlocking(false);
                SelectionKey key = channel.register(selector, SelectionKey.OP_READ);
                channel.write(ByteBuffer.wrap(new byte[] {(byte) i}));
                assertThat(selector.select()).isEqualTo(1);
                selector.selectedKeys().clear();
                key.cancel();
                channel.configureBlocking(true);
                ByteBuffer in = ByteBuffer.allocate(1);
                assertThat(channel.read(in)).isEqualTo(1);
                assertThat(in.get(0)).isEqualTo((byte) i);
                selector.selectNow();
            }
        }
    }

    @Test
    void manyKernelConnectionsInOneSelector() throws Exception {
        try (ServerSocket kernel = kernelEcho(); Selector selector = routed.openSelector()) {
            List<SocketChannel> channels = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                SocketChannel channel = routed.openSocketChannel();
                channel.connect(kernel.getLocalSocketAddress());
                channel.configureBlocking(false);
                channel.register(selector, SelectionKey.OP_READ, i);
                channels.add(channel);
            }
            assertThat(selector.selectNow()).isZero();
            for (int i = 0; i < 200; i += 20) {
                channels.get(i).write(ByteBuffer.wrap(new byte[] {1}));
            }
            while (selector.selectedKeys().size() < 10) {
                selector.select();
            }
            assertThat(selector.selectedKeys()).extracting(SelectionKey::attachment).allMatch(each -> (Integer) each % 20 == 0);
            for (SocketChannel each : channels) {
                each.close();
            }
        }
    }

    /// The JVM-wide door for java.net: one factory, two stacks.
    @Test
    void plainSocketsOfBothStacks() throws Exception {
        LastackSocketFactory factory = LastackSocketFactory.of(net.network.host("a"), RULES);
        try (ServerSocket kernel = kernelEcho(); ServerSocketChannel lastack = lastackEcho(net)) {
            for (InetSocketAddress each : List.of((InetSocketAddress) kernel.getLocalSocketAddress(), Net.atB(Net.port(lastack)))) {
                try (Socket socket = factory.createSocket()) {
                    socket.setTcpNoDelay(true);
                    socket.setSoTimeout(30_000);
                    socket.connect(each, 30_000);
                    assertThat(socket.getTcpNoDelay()).isTrue();
                    assertThat(socket.getRemoteSocketAddress()).isEqualTo(each);
                    byte[] octets = new byte[100_000];
                    java.util.Arrays.fill(octets, (byte) 3);
                    CompletableFuture<byte[]> back = Net.async(() -> socket.getInputStream().readAllBytes());
                    socket.getOutputStream().write(octets);
                    socket.shutdownOutput();
                    assertThat(back.get()).isEqualTo(octets);
                }
            }
        }
    }

    @Test
    void plainListenersOfBothStacks() throws Exception {
        LastackServerSocketFactory factory = LastackServerSocketFactory.of(net.network.host("a"), RULES);
        try (ServerSocket kernel = factory.createServerSocket(0, 5, InetAddress.getLoopbackAddress());
                Socket client = new Socket(InetAddress.getLoopbackAddress(), kernel.getLocalPort()); Socket accepted = kernel.accept()) {
            client.getOutputStream().write(8);
            assertThat(accepted.getInputStream().read()).isEqualTo(8);
            assertThat(accepted.getPort()).isEqualTo(client.getLocalPort());
        }
        try (ServerSocket lastack = factory.createServerSocket(0); SocketChannel client = net.b.openSocketChannel()) {
            client.connect(new InetSocketAddress("10.0.0.1", lastack.getLocalPort()));
            try (Socket accepted = lastack.accept()) {
                assertThat(accepted.getPort()).isEqualTo(((InetSocketAddress) client.getLocalAddress()).getPort());
            }
        }
    }

    @Test
    void unixSocketsWorkWithOurSelectors() throws Exception {
        java.nio.file.Path path = java.nio.file.Files.createTempDirectory("unix").resolve("s");
        try (ServerSocketChannel server = routed.openServerSocketChannel(java.net.StandardProtocolFamily.UNIX)) {
            server.bind(java.net.UnixDomainSocketAddress.of(path));
            try (SocketChannel client = routed.openSocketChannel(java.net.StandardProtocolFamily.UNIX); Selector selector = routed.openSelector()) {
                client.connect(java.net.UnixDomainSocketAddress.of(path));
                SocketChannel accepted = server.accept();
                client.configureBlocking(false);
                client.register(selector, SelectionKey.OP_READ);
                accepted.write(ByteBuffer.wrap(new byte[] {1}));
                assertThat(selector.select()).isEqualTo(1);
                assertThat(client.read(ByteBuffer.allocate(2))).isEqualTo(1);
                accepted.close();
                assertThatThrownBy(client::socket).isInstanceOf(UnsupportedOperationException.class);
            }
        } finally {
            java.nio.file.Files.deleteIfExists(path);
            java.nio.file.Files.delete(path.getParent());
        }
    }
}
