package org.lastack.host;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.lastack.core.Errno;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.socket.Owner;
import org.lastack.core.udp.ReceivedFrom;
import org.lastack.wire.IpAddress;

/// Datagrams between two hosts, with threads that really wait and in virtual time.
@Timeout(value = 20, unit = TimeUnit.SECONDS)
class HostUdpTest {
    private static final int MILLISECOND = 1_000_000;

    private static HostUdpSocket bound(Host host, IpAddress address, int port) {
        HostUdpSocket socket = host.udpSocket(InetSocket.AF_INET, Owner.ROOT);
        assertThat(socket.bind(address, port)).isZero();
        return socket;
    }

    private static int send(HostUdpSocket from, IpAddress to, int port, String text) {
        byte[] bytes = text.getBytes(US_ASCII);
        return from.sendTo(bytes, 0, bytes.length, 0, to.high(), to.low(), port, HostSocket.FOREVER);
    }

    private static String receive(HostUdpSocket socket, long timeoutNs) {
        byte[] room = new byte[2000];
        int octets = socket.receive(room, 0, room.length, 0, new ReceivedFrom(), timeoutNs);
        return octets < 0 ? Errno.name(octets) : new String(room, 0, octets, US_ASCII);
    }

    @Test
    void blockedReceiversAreWokenByWhatArrives() throws InterruptedException {
        try (TwoHosts net = TwoHosts.real()) {
            HostUdpSocket server = bound(net.b, TwoHosts.B, 7);
            Thread echo = Thread.ofVirtual().start(() -> {
                ReceivedFrom from = new ReceivedFrom();
                byte[] room = new byte[2000];
                while (true) {
                    int octets = server.receive(room, 0, room.length, 0, from, HostSocket.FOREVER);
                    if (octets < 0) {
                        return;
                    }
                    server.sendTo(room, 0, octets, 0, from.sourceHigh, from.sourceLow, from.sourcePort, HostSocket.FOREVER);
                }
            });
            HostUdpSocket client = bound(net.a, TwoHosts.A, 0);
            for (int i = 0; i < 200; i++) {
                assertThat(send(client, TwoHosts.B, 7, "ping " + i)).isPositive();
                assertThat(receive(client, HostSocket.FOREVER)).isEqualTo("ping " + i);
            }
            server.close();
            echo.join();
        }
    }

    @Test
    void closeWakesABlockedReceiverWithEbadf() throws InterruptedException {
        try (TwoHosts net = TwoHosts.real()) {
            HostUdpSocket socket = bound(net.a, TwoHosts.A, 9);
            BlockingQueue<String> result = new LinkedBlockingQueue<>();
            Thread reader = Thread.ofPlatform().start(() -> result.add(receive(socket, HostSocket.FOREVER)));
            awaitParked(reader);
            assertThat(socket.close()).isZero();
            assertThat(result.take()).isEqualTo("EBADF");
            assertThat(receive(socket, 0)).isEqualTo("EBADF");
            assertThat(socket.close()).isEqualTo(-Errno.EBADF);
            reader.join();
        }
    }

    @Test
    void interruptEndsAWaitAndTheStatusStays() throws InterruptedException {
        try (TwoHosts net = TwoHosts.real()) {
            HostUdpSocket socket = bound(net.a, TwoHosts.A, 9);
            BlockingQueue<String> result = new LinkedBlockingQueue<>();
            Thread reader = Thread.ofPlatform().start(() -> result.add(receive(socket, HostSocket.FOREVER) + " " + Thread.currentThread().isInterrupted()));
            awaitParked(reader);
            reader.interrupt();
            assertThat(result.take()).isEqualTo("EINTR true");
            reader.join();
        }
    }

    @Test
    void anUninterruptibleWaitGoesOnAndTheStatusIsRestored() throws InterruptedException {
        try (TwoHosts net = TwoHosts.real()) {
            HostUdpSocket socket = bound(net.a, TwoHosts.A, 9);
            socket.interruptible(false);
            BlockingQueue<String> result = new LinkedBlockingQueue<>();
            Thread reader = Thread.ofPlatform().start(() -> result.add(receive(socket, HostSocket.FOREVER) + " " + Thread.currentThread().isInterrupted()));
            awaitParked(reader);
            reader.interrupt();
            assertThat(send(bound(net.b, TwoHosts.B, 0), TwoHosts.A, 9, "still here")).isPositive();
            assertThat(result.take()).isEqualTo("still here true");
            reader.join();
        }
    }

    private static void awaitParked(Thread thread) {
        while (thread.getState() != Thread.State.WAITING) {
            Thread.onSpinWait();
        }
    }

    @Test
    void inVirtualTimeAReceiveRunsTheNetworkUntilItCanReturn() {
        try (TwoHosts net = TwoHosts.virtual()) {
            HostUdpSocket receiver = bound(net.b, TwoHosts.B, 7);
            HostUdpSocket sender = bound(net.a, TwoHosts.A, 0);
            net.time().after(250L * MILLISECOND, () -> send(sender, TwoHosts.B, 7, "later"));
            assertThat(receive(receiver, HostSocket.FOREVER)).isEqualTo("later");
            assertThat(net.time().nowNs()).isEqualTo(250L * MILLISECOND);
        }
    }

    @Test
    void inVirtualTimeATimeoutIsExact() {
        try (TwoHosts net = TwoHosts.virtual()) {
            HostUdpSocket receiver = bound(net.b, TwoHosts.B, 7);
            assertThat(receive(receiver, 200L * MILLISECOND)).isEqualTo("EAGAIN");
            assertThat(net.time().nowNs()).isEqualTo(200L * MILLISECOND);
            assertThat(receive(receiver, 0)).isEqualTo("EAGAIN");
        }
    }

    @Test
    void inVirtualTimeAWaitThatCannotEndIsADeadlock() {
        try (TwoHosts net = TwoHosts.virtual()) {
            HostUdpSocket receiver = bound(net.b, TwoHosts.B, 7);
            assertThat(receive(receiver, HostSocket.FOREVER)).isEqualTo("EDEADLK");
        }
    }

    @Test
    void directAndHeapBuffersCarryTheSame() {
        try (TwoHosts net = TwoHosts.virtual()) {
            HostUdpSocket receiver = bound(net.b, TwoHosts.B, 7);
            HostUdpSocket sender = bound(net.a, TwoHosts.A, 0);
            ByteBuffer direct = ByteBuffer.allocateDirect(100).put("xx0123456789".getBytes(US_ASCII)).flip().position(2);
            assertThat(sender.sendTo(direct, 0, TwoHosts.B.high(), TwoHosts.B.low(), 7, 0)).isEqualTo(10);
            assertThat(direct.hasRemaining()).isFalse();
            ByteBuffer heap = ByteBuffer.allocate(20).position(5);
            assertThat(receiver.receive(heap, 0, new ReceivedFrom(), HostSocket.FOREVER)).isEqualTo(10);
            assertThat(new String(heap.array(), 5, 10, US_ASCII)).isEqualTo("0123456789");
            assertThat(heap.position()).isEqualTo(15);
            send(sender, TwoHosts.B, 7, "into direct");
            ByteBuffer target = ByteBuffer.allocateDirect(4);
            ReceivedFrom info = new ReceivedFrom();
            assertThat(receiver.receive(target, 0, info, HostSocket.FOREVER)).isEqualTo(4);
            assertThat(info.truncated).isTrue();
            assertThat(target.hasRemaining()).isFalse();
        }
    }

    @Test
    void partsOutsideTheArrayAreEfault() {
        try (TwoHosts net = TwoHosts.virtual()) {
            HostUdpSocket socket = bound(net.a, TwoHosts.A, 0);
            assertThat(socket.receive(new byte[4], 2, 3, 0, new ReceivedFrom(), 0)).isEqualTo(-Errno.EFAULT);
            assertThat(socket.send(new byte[4], -1, 3, 0, 0)).isEqualTo(-Errno.EFAULT);
        }
    }

    @Test
    void aClosedHostRefusesSocketsAndItsOwnAreClosed() {
        TwoHosts net = TwoHosts.virtual();
        HostUdpSocket socket = bound(net.a, TwoHosts.A, 0);
        assertThat(net.a.openSockets()).containsExactly(socket);
        net.close();
        assertThat(socket.closed()).isTrue();
        assertThatThrownBy(() -> net.a.udpSocket(InetSocket.AF_INET, Owner.ROOT)).isInstanceOf(IllegalStateException.class);
    }
}
