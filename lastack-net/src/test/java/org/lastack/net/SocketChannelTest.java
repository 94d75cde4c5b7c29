package org.lastack.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.AlreadyBoundException;
import java.nio.channels.AlreadyConnectedException;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ConnectionPendingException;
import java.nio.channels.NoConnectionPendingException;
import java.nio.channels.NotYetBoundException;
import java.nio.channels.NotYetConnectedException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.UnresolvedAddressException;
import java.nio.channels.UnsupportedAddressTypeException;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.lastack.core.tcp.TcpState;

/// SocketChannel and ServerSocketChannel as java.nio.channels specifies them, with the JDK's exceptions and texts.
@Timeout(value = 30, unit = TimeUnit.SECONDS)
class SocketChannelTest {
    private final Net net = new Net();

    @AfterEach
    void close() {
        net.close();
    }

    private static ByteBuffer buffer(boolean direct, int size) {
        return direct ? ByteBuffer.allocateDirect(size) : ByteBuffer.allocate(size);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void blockingWriteTakesAllAndReadReturnsWhatIsThere(boolean direct) throws Exception {
        byte[] data = new byte[300_000];
        new Random(1).nextBytes(data);
        try (Net.Connection c = net.connection()) {
            CompletableFuture<byte[]> received = Net.async(() -> {
                ByteBuffer all = buffer(direct, data.length);
                while (all.hasRemaining() && c.server().read(all) >= 0) {
                    continue;
                }
                byte[] copy = new byte[data.length];
                all.flip().get(copy);
                return copy;
            });
            ByteBuffer source = buffer(direct, data.length).put(data).flip();
            assertThat(c.client().write(source)).isEqualTo(data.length);
            assertThat(received.get()).isEqualTo(data);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void gatheringAndScattering(boolean direct) throws Exception {
        try (Net.Connection c = net.connection()) {
            ByteBuffer[] out = {buffer(direct, 0), buffer(direct, 3).put(new byte[] {1, 2, 3}).flip(), buffer(direct, 2).put(new byte[] {4, 5}).flip(), buffer(direct, 0)};
            assertThat(c.client().write(out)).isEqualTo(5);
            ByteBuffer[] in = {buffer(direct, 1), buffer(direct, 0), buffer(direct, 2), buffer(direct, 9)};
            long total = 0;
            while (total < 5) {
                total += c.server().read(in);
            }
            assertThat(in[0].get(0)).isEqualTo((byte) 1);
            assertThat(in[2].get(1)).isEqualTo((byte) 3);
            assertThat(in[3].flip().remaining()).isEqualTo(2);
            assertThat(c.client().write(new ByteBuffer[0])).isZero();
            assertThatThrownBy(() -> c.client().write(out, 2, 3)).isInstanceOf(IndexOutOfBoundsException.class);
        }
    }

    @Test
    void gatheredBuffersShareASegment() throws Exception {
        try (Net.Connection c = net.connection()) {
            c.client().setOption(StandardSocketOptions.TCP_NODELAY, true);
            c.client().write(new ByteBuffer[] {ByteBuffer.wrap(new byte[10]), ByteBuffer.wrap(new byte[20]), ByteBuffer.wrap(new byte[30])});
            ByteBuffer in = ByteBuffer.allocate(100);
            while (in.position() < 60) {
                c.server().read(in);
            }
            // A late acknowledgment may have brought the same segment out again.
            var info = c.client().getOption(LastackSocketOptions.TCP_INFO);
            assertThat(info.dataSegsOut() - info.totalRetrans()).isEqualTo(1);
        }
    }

    @Test
    void nonBlockingReadAndWriteReturnZero() throws Exception {
        try (Net.Connection c = net.connection()) {
            c.client().configureBlocking(false);
            assertThat(c.client().read(ByteBuffer.allocate(1))).isZero();
            long total = 0;
            int taken;
            do {
                taken = c.client().write(ByteBuffer.allocate(100_000));
                total += taken;
            } while (taken > 0);
            assertThat(total).isPositive();
            long gathered;
            do {
                // The other host's stack goes on acknowledging while its window grows: room may appear until that is full too.
                gathered = c.client().write(new ByteBuffer[] {ByteBuffer.allocate(1), ByteBuffer.allocate(1)});
            } while (gathered > 0);
            assertThat(gathered).isZero();
        }
    }

    @Test
    void endOfStreamAndFullBuffers() throws Exception {
        try (Net.Connection c = net.connection()) {
            assertThat(c.client().read(ByteBuffer.allocate(0))).isZero();
            c.server().shutdownOutput();
            assertThat(c.client().read(ByteBuffer.allocate(5))).isEqualTo(-1);
            assertThat(c.client().read(new ByteBuffer[] {ByteBuffer.allocate(5)})).isEqualTo(-1);
            assertThatThrownBy(() -> c.client().read(ByteBuffer.allocate(5).asReadOnlyBuffer())).isInstanceOf(IllegalArgumentException.class);
            c.client().shutdownInput();
            assertThat(c.client().read(ByteBuffer.allocate(5))).isEqualTo(-1);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void refusedConnectClosesTheChannel(boolean blocking) throws Exception {
        SocketChannel channel = net.a.openSocketChannel();
        if (blocking) {
            assertThatThrownBy(() -> channel.connect(Net.atB(9))).isExactlyInstanceOf(ConnectException.class).hasMessage("Connection refused");
        } else {
            channel.configureBlocking(false);
            assertThatThrownBy(() -> {
                if (!channel.connect(Net.atB(9))) {
                    while (!channel.finishConnect()) {
                        Thread.onSpinWait();
                    }
                }
            }).isExactlyInstanceOf(ConnectException.class).hasMessage("Connection refused");
        }
        assertThat(channel.isOpen()).isFalse();
        assertThatThrownBy(channel::getRemoteAddress).isExactlyInstanceOf(ClosedChannelException.class);
    }

    @Test
    void noRouteIsTold() throws Exception {
        SocketChannel channel = net.a.openSocketChannel();
        assertThatThrownBy(() -> channel.connect(new InetSocketAddress("192.0.2.1", 9))).isInstanceOf(SocketException.class).hasMessage("Network is unreachable");
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void statesOfConnecting() throws Exception {
        try (SocketChannel channel = net.a.openSocketChannel()) {
            assertThat(channel.getLocalAddress()).isNull();
            assertThatThrownBy(() -> channel.read(ByteBuffer.allocate(1))).isInstanceOf(NotYetConnectedException.class);
            assertThatThrownBy(() -> channel.write(ByteBuffer.allocate(1))).isInstanceOf(NotYetConnectedException.class);
            assertThatThrownBy(channel::shutdownInput).isInstanceOf(NotYetConnectedException.class);
            assertThatThrownBy(channel::finishConnect).isInstanceOf(NoConnectionPendingException.class);
            assertThatThrownBy(() -> channel.connect(InetSocketAddress.createUnresolved("nowhere", 1))).isInstanceOf(UnresolvedAddressException.class);
            assertThatThrownBy(() -> channel.connect(new SocketAddress() { })).isInstanceOf(UnsupportedAddressTypeException.class);
            assertThat(channel.isOpen()).isTrue();
            channel.configureBlocking(false);
            // Nobody has that address on the cable, so the attempt stays pending.
            assertThat(channel.connect(new InetSocketAddress("10.0.0.77", 1))).isFalse();
            assertThat(channel.isConnectionPending()).isTrue();
            assertThatThrownBy(() -> channel.connect(Net.atB(1))).isInstanceOf(ConnectionPendingException.class);
            assertThatThrownBy(() -> channel.bind(null)).isInstanceOf(ConnectionPendingException.class);
            assertThatThrownBy(() -> channel.write(ByteBuffer.allocate(1))).isInstanceOf(NotYetConnectedException.class);
            assertThat(channel.finishConnect()).isFalse();
        }
        try (Net.Connection c = net.connection()) {
            assertThatThrownBy(() -> c.client().connect(Net.atB(1))).isInstanceOf(AlreadyConnectedException.class);
            assertThat(c.client().finishConnect()).isTrue();
            assertThat(c.client().isOpen()).isTrue();
        }
        SocketChannel v4 = net.a.openSocketChannel(StandardProtocolFamily.INET);
        assertThatThrownBy(() -> v4.connect(new InetSocketAddress("fd00::2", 1))).isInstanceOf(UnsupportedAddressTypeException.class);
    }

    @Test
    void bindingAndNames() throws Exception {
        try (ServerSocketChannel first = net.b.openServerSocketChannel(); ServerSocketChannel second = net.b.openServerSocketChannel()) {
            assertThatThrownBy(first::accept).isInstanceOf(NotYetBoundException.class);
            first.bind(new InetSocketAddress(7000));
            assertThat(((InetSocketAddress) first.getLocalAddress()).getAddress().isAnyLocalAddress()).isTrue();
            assertThatThrownBy(() -> first.bind(null)).isInstanceOf(AlreadyBoundException.class);
            assertThatThrownBy(() -> second.bind(new InetSocketAddress(7000))).isExactlyInstanceOf(BindException.class).hasMessage("Address already in use");
            assertThatThrownBy(() -> second.bind(new InetSocketAddress("10.0.0.1", 0))).isExactlyInstanceOf(BindException.class).hasMessage("Cannot assign requested address");
            try (SocketChannel client = net.a.openSocketChannel()) {
                client.bind(new InetSocketAddress("10.0.0.1", 5555));
                client.connect(Net.atB(7000));
                try (SocketChannel accepted = first.accept()) {
                    assertThat(accepted.getRemoteAddress()).isEqualTo(new InetSocketAddress("10.0.0.1", 5555));
                    assertThat(accepted.getLocalAddress()).isEqualTo(Net.atB(7000));
                    assertThat(client.getRemoteAddress()).isEqualTo(Net.atB(7000));
                    assertThat(accepted.isConnected() && accepted.isBlocking()).isTrue();
                }
            }
            try (SocketChannel v6 = net.a.openSocketChannel()) {
                v6.connect(new InetSocketAddress("fd00::2", 7000));
                assertThat(((InetSocketAddress) first.accept().getRemoteAddress()).getAddress().getHostAddress()).isEqualTo("fd00:0:0:0:0:0:0:1");
            }
        }
    }

    @Test
    void closingEndsABlockedReadOfAnotherThread() throws Exception {
        try (Net.Connection c = net.connection()) {
            CompletableFuture<Throwable> ended = new CompletableFuture<>();
            Thread reader = Thread.ofPlatform().start(() -> ended.complete(failure(() -> c.client().read(ByteBuffer.allocate(1)))));
            Net.awaitParked(reader);
            c.client().close();
            assertThat(ended.get()).isExactlyInstanceOf(AsynchronousCloseException.class);
        }
    }

    @Test
    void closingEndsABlockedAcceptAndConnect() throws Exception {
        ServerSocketChannel listener = net.b.openServerSocketChannel().bind(null);
        CompletableFuture<Throwable> accept = new CompletableFuture<>();
        Thread acceptor = Thread.ofPlatform().start(() -> accept.complete(failure(listener::accept)));
        Net.awaitParked(acceptor);
        listener.close();
        assertThat(accept.get()).isExactlyInstanceOf(AsynchronousCloseException.class);

        SocketChannel channel = net.a.openSocketChannel();
        CompletableFuture<Throwable> connect = new CompletableFuture<>();
        Thread connector = Thread.ofPlatform().start(() -> connect.complete(failure(() -> channel.connect(new InetSocketAddress("10.0.0.77", 1)))));
        Net.awaitParked(connector);
        channel.close();
        assertThat(connect.get()).isExactlyInstanceOf(AsynchronousCloseException.class);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void interruptClosesTheChannelAndKeepsTheStatus(boolean virtual) throws Exception {
        try (Net.Connection c = net.connection()) {
            CompletableFuture<Throwable> ended = new CompletableFuture<>();
            CompletableFuture<Boolean> status = new CompletableFuture<>();
            Runnable reading = () -> {
                ended.complete(failure(() -> c.client().read(ByteBuffer.allocate(1))));
                status.complete(Thread.currentThread().isInterrupted());
            };
            Thread reader = virtual ? Thread.ofVirtual().start(reading) : Thread.ofPlatform().start(reading);
            Net.awaitParked(reader);
            reader.interrupt();
            assertThat(ended.get()).isExactlyInstanceOf(ClosedByInterruptException.class);
            assertThat(status.get()).isTrue();
            assertThat(c.client().isOpen()).isFalse();
            assertThat(c.server().read(ByteBuffer.allocate(1))).isEqualTo(-1);
        }
    }

    @Test
    void interruptedBeforeBlockingCloses() throws Exception {
        try (Net.Connection c = net.connection()) {
            Throwable failure = Net.async(() -> {
                Thread.currentThread().interrupt();
                return failure(() -> c.client().read(ByteBuffer.allocate(1)));
            }).get();
            assertThat(failure).isExactlyInstanceOf(ClosedByInterruptException.class);
        }
    }

    @Test
    void interruptEndsABlockedWriteAndAccept() throws Exception {
        try (Net.Connection c = net.connection(); ServerSocketChannel listener = net.b.openServerSocketChannel().bind(null)) {
            CompletableFuture<Throwable> write = new CompletableFuture<>();
            Thread writer = Thread.ofPlatform().start(() -> write.complete(failure(() -> {
                while (true) {
                    c.client().write(ByteBuffer.allocate(1 << 20));
                }
            })));
            Net.awaitParked(writer);
            writer.interrupt();
            assertThat(write.get()).isExactlyInstanceOf(ClosedByInterruptException.class);
            CompletableFuture<Throwable> accept = new CompletableFuture<>();
            Thread acceptor = Thread.ofVirtual().start(() -> accept.complete(failure(listener::accept)));
            Net.awaitParked(acceptor);
            acceptor.interrupt();
            assertThat(accept.get()).isExactlyInstanceOf(ClosedByInterruptException.class);
        }
    }

    @Test
    void resetIsToldToReadersEachTimeAndToWriters() throws Exception {
        try (Net.Connection c = net.connection()) {
            c.server().setOption(StandardSocketOptions.SO_LINGER, 0);
            c.server().close();
            awaitState(c.client(), TcpState.CLOSED);
            assertThatThrownBy(() -> c.client().read(ByteBuffer.allocate(1))).isExactlyInstanceOf(SocketException.class).hasMessage("Connection reset");
            assertThatThrownBy(() -> c.client().read(ByteBuffer.allocate(1))).isExactlyInstanceOf(SocketException.class).hasMessage("Connection reset");
            assertThatThrownBy(() -> c.client().write(ByteBuffer.allocate(1))).isExactlyInstanceOf(IOException.class).hasMessage("Broken pipe");
            assertThat(c.client().isOpen()).isTrue();
        }
    }

    private void awaitState(SocketChannel channel, TcpState state) {
        while (net.network.host("a").call(() -> ((TcpChannel) channel).hostSocket().tcp().state()) != state) {
            Thread.onSpinWait();
        }
    }

    @Test
    void shutdownOutputEndsWritingOnly() throws Exception {
        try (Net.Connection c = net.connection()) {
            c.client().shutdownOutput();
            c.client().shutdownOutput();
            assertThatThrownBy(() -> c.client().write(ByteBuffer.allocate(1))).isInstanceOf(ClosedChannelException.class);
            assertThat(c.server().read(ByteBuffer.allocate(1))).isEqualTo(-1);
            c.server().write(ByteBuffer.wrap(new byte[] {7}));
            ByteBuffer in = ByteBuffer.allocate(1);
            assertThat(c.client().read(in)).isEqualTo(1);
        }
    }

    @Test
    void shutdownInputWakesABlockedReader() throws Exception {
        try (Net.Connection c = net.connection()) {
            CompletableFuture<Integer> read = new CompletableFuture<>();
            Thread reader = Thread.ofPlatform().start(() -> {
                try {
                    read.complete(c.client().read(ByteBuffer.allocate(1)));
                } catch (IOException e) {
                    read.completeExceptionally(e);
                }
            });
            Net.awaitParked(reader);
            c.client().shutdownInput();
            assertThat(read.get()).isEqualTo(-1);
        }
    }

    @Test
    void theEndOfTheHostEndsItsChannels() throws Exception {
        Net.Connection c = net.connection();
        CompletableFuture<Throwable> ended = new CompletableFuture<>();
        Thread reader = Thread.ofPlatform().start(() -> ended.complete(failure(() -> c.client().read(ByteBuffer.allocate(1)))));
        Net.awaitParked(reader);
        net.network.host("a").close();
        // Which of the two the reader meets first, the reset or the closed socket, is a matter of time.
        assertThat(ended.get()).isInstanceOfAny(AsynchronousCloseException.class, IOException.class);
        assertThatThrownBy(() -> c.client().write(ByteBuffer.allocate(1))).isInstanceOf(IOException.class);
        assertThatThrownBy(net.a::openSocketChannel).isInstanceOf(SocketException.class).hasMessage("host a is closed");
    }

    interface Action {
        void run() throws Exception;
    }

    static Throwable failure(Action action) {
        try {
            action.run();
            return new AssertionError("nothing was thrown");
        } catch (Throwable e) {
            return e;
        }
    }
}
