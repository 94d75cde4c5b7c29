package org.lastack.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.PortUnreachableException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.AlreadyBoundException;
import java.nio.channels.AlreadyConnectedException;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.DatagramChannel;
import java.nio.channels.NotYetConnectedException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// DatagramChannel and its socket.
@Timeout(value = 30, unit = TimeUnit.SECONDS)
class DatagramChannelTest {
    private final Net net = new Net();

    @AfterEach
    void close() {
        net.close();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void sendAndReceive(boolean direct) throws Exception {
        try (DatagramChannel a = net.a.openDatagramChannel(); DatagramChannel b = net.b.openDatagramChannel()) {
            b.bind(new InetSocketAddress(7));
            ByteBuffer out = direct ? ByteBuffer.allocateDirect(2000) : ByteBuffer.allocate(2000);
            assertThat(a.getLocalAddress()).isNull();
            assertThat(a.send(out, Net.atB(7))).isEqualTo(2000);
            assertThat(out.hasRemaining()).isFalse();
            ByteBuffer in = direct ? ByteBuffer.allocateDirect(3000) : ByteBuffer.allocate(3000);
            InetSocketAddress sender = (InetSocketAddress) b.receive(in);
            assertThat(sender).isEqualTo(new InetSocketAddress("10.0.0.1", ((InetSocketAddress) a.getLocalAddress()).getPort()));
            assertThat(in.position()).isEqualTo(2000);
            // An empty datagram is one; what does not fit is lost.
            b.send(ByteBuffer.allocate(0), sender);
            in.clear();
            assertThat(a.receive(in)).isEqualTo(Net.atB(7));
            assertThat(in.position()).isZero();
            b.send(ByteBuffer.wrap(new byte[] {1, 2, 3}), sender);
            ByteBuffer small = ByteBuffer.allocate(2);
            a.receive(small);
            assertThat(small.position()).isEqualTo(2);
            assertThatThrownBy(() -> a.send(ByteBuffer.allocate(70_000), Net.atB(7))).isInstanceOf(SocketException.class).hasMessage("Message too long");
        }
    }

    @Test
    void connectedChannels() throws Exception {
        try (DatagramChannel a = net.a.openDatagramChannel(); DatagramChannel b = net.b.openDatagramChannel().bind(new InetSocketAddress(7))) {
            assertThatThrownBy(() -> a.read(ByteBuffer.allocate(1))).isInstanceOf(NotYetConnectedException.class);
            assertThatThrownBy(() -> a.write(ByteBuffer.allocate(1))).isInstanceOf(NotYetConnectedException.class);
            a.connect(Net.atB(7));
            assertThat(a.getRemoteAddress()).isEqualTo(Net.atB(7));
            assertThatThrownBy(() -> a.connect(Net.atB(7))).isInstanceOf(AlreadyConnectedException.class);
            assertThatThrownBy(() -> a.send(ByteBuffer.allocate(1), Net.atB(8))).isInstanceOf(AlreadyConnectedException.class);
            assertThatThrownBy(() -> a.bind(null)).isInstanceOf(AlreadyBoundException.class);
            assertThat(a.write(new ByteBuffer[] {ByteBuffer.wrap(new byte[] {1}), ByteBuffer.wrap(new byte[] {2, 3})})).isEqualTo(3);
            ByteBuffer in = ByteBuffer.allocate(10);
            b.receive(in);
            assertThat(in.position()).isEqualTo(3);
            b.send(in.flip(), a.getLocalAddress());
            ByteBuffer[] parts = {ByteBuffer.allocate(2), ByteBuffer.allocate(5)};
            assertThat(a.read(parts)).isEqualTo(3);
            assertThat(parts[1].position()).isEqualTo(1);
            a.disconnect();
            assertThat(a.isConnected()).isFalse();
            a.connect(Net.atB(9));
            a.write(ByteBuffer.allocate(1));
            assertThatThrownBy(() -> a.read(ByteBuffer.allocate(1))).isExactlyInstanceOf(PortUnreachableException.class);
        }
    }

    @Test
    void nonBlockingAndSelected() throws Exception {
        try (DatagramChannel a = net.a.openDatagramChannel(); DatagramChannel b = net.b.openDatagramChannel().bind(new InetSocketAddress(7)); Selector selector = net.b.openSelector()) {
            b.configureBlocking(false);
            assertThat(b.receive(ByteBuffer.allocate(1))).isNull();
            SelectionKey key = b.register(selector, SelectionKey.OP_READ);
            assertThat(selector.selectNow()).isZero();
            a.send(ByteBuffer.allocate(1), Net.atB(7));
            assertThat(selector.select()).isEqualTo(1);
            assertThat(key.isReadable()).isTrue();
            key.interestOps(SelectionKey.OP_WRITE);
            selector.selectedKeys().clear();
            assertThat(selector.select()).isEqualTo(1);
            assertThat(key.isWritable()).isTrue();
        }
    }

    @Test
    void closingAndInterrupting() throws Exception {
        DatagramChannel channel = net.a.openDatagramChannel();
        CompletableFuture<Throwable> closed = new CompletableFuture<>();
        Thread reader = Thread.ofPlatform().start(() -> closed.complete(SocketChannelTest.failure(() -> channel.receive(ByteBuffer.allocate(1)))));
        Net.awaitParked(reader);
        channel.close();
        assertThat(closed.get()).isExactlyInstanceOf(AsynchronousCloseException.class);
        assertThatThrownBy(() -> channel.receive(ByteBuffer.allocate(1))).isExactlyInstanceOf(ClosedChannelException.class);
        DatagramChannel other = net.a.openDatagramChannel();
        CompletableFuture<Throwable> interrupted = new CompletableFuture<>();
        Thread second = Thread.ofVirtual().start(() -> interrupted.complete(SocketChannelTest.failure(() -> other.receive(ByteBuffer.allocate(1)))));
        Net.awaitParked(second);
        second.interrupt();
        assertThat(interrupted.get()).isExactlyInstanceOf(ClosedByInterruptException.class);
    }

    @Test
    void socketOfTheChannelAndOptions() throws Exception {
        try (DatagramChannel a = net.a.openDatagramChannel(); DatagramChannel b = net.b.openDatagramChannel()) {
            DatagramSocket socket = b.socket();
            assertThat(socket.isBound()).isFalse();
            socket.bind(new InetSocketAddress(7));
            assertThat(socket.getLocalPort()).isEqualTo(7);
            socket.setSoTimeout(1);
            DatagramPacket packet = new DatagramPacket(new byte[10], 10);
            assertThatThrownBy(() -> socket.receive(packet)).isExactlyInstanceOf(SocketTimeoutException.class).hasMessage("Receive timed out");
            socket.setSoTimeout(0);
            a.socket().send(new DatagramPacket(new byte[] {4, 5}, 2, Net.atB(7)));
            socket.receive(packet);
            assertThat(packet.getLength()).isEqualTo(2);
            assertThat(packet.getAddress().getHostAddress()).isEqualTo("10.0.0.1");
            socket.setBroadcast(true);
            assertThat(socket.getBroadcast()).isTrue();
            b.setOption(StandardSocketOptions.IP_MULTICAST_TTL, 9).setOption(StandardSocketOptions.IP_MULTICAST_LOOP, false);
            assertThat(b.getOption(StandardSocketOptions.IP_MULTICAST_TTL)).isEqualTo(9);
            assertThat(b.getOption(StandardSocketOptions.IP_MULTICAST_LOOP)).isFalse();
            assertThat(b.getOption(StandardSocketOptions.IP_MULTICAST_IF)).isNull();
            assertThatThrownBy(() -> b.join(InetAddress.getByName("224.0.0.77"), null)).isInstanceOf(UnsupportedOperationException.class).hasMessageContaining("multicast");
            socket.close();
            assertThat(b.isOpen()).isFalse();
        }
    }
}
