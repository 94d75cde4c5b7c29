package org.lastack.host;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ReadOnlyBufferException;
import java.util.Random;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.lastack.core.Errno;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.socket.Msg;
import org.lastack.core.socket.Owner;
import org.lastack.core.tcp.TcpState;
import org.lastack.wire.IpAddress;

/// Connections between two hosts: threads that block and what wakes them, buffers of both kinds, exact times in virtual time.
@Timeout(value = 30, unit = TimeUnit.SECONDS)
class HostTcpTest {
    private static final int PORT = 80;
    private static final long MILLISECOND = 1_000_000;

    private static HostTcpSocket listener(Host host) {
        HostTcpSocket listener = host.tcpSocket(InetSocket.AF_INET, Owner.ROOT);
        assertThat(listener.bind(IpAddress.ANY_V4, PORT)).isZero();
        assertThat(listener.listen(5)).isZero();
        return listener;
    }

    private static HostTcpSocket connect(TwoHosts net) {
        HostTcpSocket socket = net.a.tcpSocket(InetSocket.AF_INET, Owner.ROOT);
        assertThat(socket.connect(TwoHosts.B, PORT, HostSocket.FOREVER)).isZero();
        return socket;
    }

    private static HostTcpSocket accept(HostTcpSocket listener) {
        HostTcpSocket child = listener.accept(HostSocket.FOREVER);
        if (child == null) {
            throw new AssertionError("accept: " + Errno.name(listener.acceptError()));
        }
        return child;
    }

    private static void send(HostTcpSocket socket, String text) {
        assertThat(socket.send(text.getBytes(US_ASCII), 0, text.length(), 0, HostSocket.FOREVER)).isEqualTo(text.length());
    }

    private static String receive(HostTcpSocket socket, int flags, long timeoutNs) {
        byte[] room = new byte[100];
        int octets = socket.receive(room, 0, room.length, flags, timeoutNs);
        return octets == 0 ? "EOF" : octets < 0 ? Errno.name(octets) : new String(room, 0, octets, US_ASCII);
    }

    /// Runs `call` in a thread until it is parked in it, then `then`; what the call gave.
    private static String blocked(Supplier<String> call, Runnable then) throws InterruptedException {
        BlockingQueue<String> result = new LinkedBlockingQueue<>();
        Thread thread = Thread.ofPlatform().start(() -> result.add(call.get()));
        while (thread.getState() != Thread.State.WAITING) {
            Thread.onSpinWait();
        }
        then.run();
        String given = result.take();
        thread.join();
        return given;
    }

    @Test
    void whatWakesABlockedReader() throws InterruptedException {
        try (TwoHosts net = TwoHosts.real()) {
            HostTcpSocket listener = listener(net.b);
            HostTcpSocket client = connect(net);
            HostTcpSocket child = accept(listener);
            assertThat(blocked(() -> receive(child, 0, HostSocket.FOREVER), () -> send(client, "data"))).isEqualTo("data");
            assertThat(blocked(() -> receive(client, 0, HostSocket.FOREVER), () -> child.shutdown(InetSocket.SHUT_WR))).isEqualTo("EOF");
            assertThat(blocked(() -> receive(child, 0, HostSocket.FOREVER), child::close)).isEqualTo("EBADF");
            HostTcpSocket second = connect(net);
            HostTcpSocket child2 = accept(listener);
            assertThat(blocked(() -> receive(second, 0, HostSocket.FOREVER), child2::abort)).isEqualTo("ECONNRESET");
            HostTcpSocket third = connect(net);
            accept(listener);
            assertThat(blocked(() -> receive(third, 0, HostSocket.FOREVER), () -> third.shutdown(InetSocket.SHUT_RD))).isEqualTo("EOF");
        }
    }

    @Test
    void whatWakesABlockedAccept() throws InterruptedException {
        try (TwoHosts net = TwoHosts.real()) {
            HostTcpSocket listener = listener(net.b);
            assertThat(blocked(() -> String.valueOf(accept(listener).remoteName()), () -> connect(net))).startsWith("10.0.0.1:");
            assertThat(blocked(() -> acceptError(listener), () -> listener.shutdown(InetSocket.SHUT_RD))).isEqualTo("EINVAL");
            HostTcpSocket other = net.b.tcpSocket(InetSocket.AF_INET, Owner.ROOT);
            assertThat(other.listen(1)).isZero();
            assertThat(blocked(() -> acceptError(other), other::close)).isEqualTo("EBADF");
        }
    }

    private static String acceptError(HostTcpSocket listener) {
        @Nullable HostTcpSocket[] none = new @Nullable HostTcpSocket[1];
        return Errno.name(listener.acceptOrError(none, HostSocket.FOREVER));
    }

    @Test
    void aBlockedSenderReturnsItsCountWhenTheSocketIsShut() throws InterruptedException {
        try (TwoHosts net = TwoHosts.real()) {
            HostTcpSocket listener = listener(net.b);
            HostTcpSocket client = connect(net);
            HostTcpSocket child = accept(listener);
            byte[] much = new byte[1 << 24];
            String sent = blocked(() -> Integer.toString(client.send(much, 0, much.length, 0, HostSocket.FOREVER)), () -> client.shutdown(InetSocket.SHUT_WR));
            assertThat(Integer.parseInt(sent)).isBetween(1, much.length - 1);
            assertThat(client.send(much, 0, 1, 0, HostSocket.FOREVER)).isEqualTo(-Errno.EPIPE);
            child.close();
        }
    }

    @Test
    void refusedAndUnanswered() {
        try (TwoHosts net = TwoHosts.virtual()) {
            HostTcpSocket refused = net.a.tcpSocket(InetSocket.AF_INET, Owner.ROOT);
            assertThat(refused.connect(TwoHosts.B, 81, HostSocket.FOREVER)).isEqualTo(-Errno.ECONNREFUSED);
            assertThat(receive(refused, Msg.ERRQUEUE, HostSocket.FOREVER)).as("the error queue is never waited for").isEqualTo("EAGAIN");
            HostTcpSocket unanswered = net.a.tcpSocket(InetSocket.AF_INET, Owner.ROOT);
            long startNs = net.time().nowNs();
            assertThat(unanswered.connect(IpAddress.of("10.0.0.9"), 80, 250 * MILLISECOND)).isEqualTo(-Errno.EINPROGRESS);
            assertThat(net.time().nowNs() - startNs).isEqualTo(250 * MILLISECOND);
            assertThat(unanswered.connect(IpAddress.of("10.0.0.9"), 80, 0)).isEqualTo(-Errno.EALREADY);
            assertThat(unanswered.connect(IpAddress.of("10.0.0.9"), 80, HostSocket.FOREVER)).isEqualTo(-Errno.ETIMEDOUT);
        }
    }

    @Test
    void directAndHeapBuffersCarryTheSameStream() throws InterruptedException {
        try (TwoHosts net = TwoHosts.real()) {
            HostTcpSocket listener = listener(net.b);
            HostTcpSocket client = connect(net);
            HostTcpSocket child = accept(listener);
            byte[] data = new byte[3_000_000];
            new Random(5).nextBytes(data);
            Thread writer = Thread.ofVirtual().start(() -> {
                ByteBuffer direct = ByteBuffer.allocateDirect(data.length).put(data).flip();
                assertThat(client.send(direct, 0, HostSocket.FOREVER)).isEqualTo(data.length);
                assertThat(direct.hasRemaining()).isFalse();
                client.shutdown(InetSocket.SHUT_WR);
            });
            ByteBuffer got = ByteBuffer.allocate(data.length + 1);
            ByteBuffer part = ByteBuffer.allocateDirect(10_000);
            for (int octets = child.receive(part, 0, HostSocket.FOREVER); octets > 0; octets = child.receive(part, 0, HostSocket.FOREVER)) {
                got.put(part.flip());
                part.clear();
            }
            writer.join();
            assertThat(got.flip()).isEqualTo(ByteBuffer.wrap(data));
            assertThatThrownBy(() -> child.receive(part.asReadOnlyBuffer(), 0, 0)).isInstanceOf(ReadOnlyBufferException.class);
        }
    }

    /// The thread that has received and answers now: small segments are acknowledged with its answers, or when another thread says that they have waited for long enough.
    @Test
    void acknowledgmentsWaitForTheThreadThatAnswers() throws InterruptedException {
        try (TwoHosts net = TwoHosts.virtual()) {
            HostTcpSocket listener = listener(net.b);
            HostTcpSocket client = connect(net);
            HostTcpSocket child = accept(listener);
            net.b.answering();
            assertThat(unacknowledged(net, client)).as("waits for the answer").isEqualTo(1);
            assertThat(receive(child, 0, 0)).isEqualTo("x");
            net.time().settle();
            assertThat(client.tcp().unackedOctets()).as("read, not answered").isEqualTo(1);
            send(child, "answer");
            net.time().settle();
            assertThat(client.tcp().unackedOctets()).isZero();
            // Others from here on: the ACKs of a connection that was answered are delayed anyway.

            HostTcpSocket second = connect(net);
            assertThat(unacknowledged(net, second)).isEqualTo(1);
            elsewhere(() -> net.b.sendHeldAcks(MILLISECOND));
            net.time().settle();
            assertThat(second.tcp().unackedOctets()).as("it has not waited for long").isEqualTo(1);
            net.time().runFor(2 * MILLISECOND);
            elsewhere(() -> net.b.sendHeldAcks(MILLISECOND));
            net.time().settle();
            assertThat(second.tcp().unackedOctets()).isZero();

            HostTcpSocket third = connect(net);
            assertThat(unacknowledged(net, third)).isEqualTo(1);
            net.b.answered();
            net.time().settle();
            assertThat(third.tcp().unackedOctets()).as("the thread waits again").isZero();
            assertThat(unacknowledged(net, third)).as("it does not answer any more").isZero();

            HostTcpSocket fourth = connect(net);
            net.b.answering();
            assertThat(unacknowledged(net, fourth)).isEqualTo(1);
            elsewhere(net.b::nobodyAnswers);
            net.time().settle();
            assertThat(fourth.tcp().unackedOctets()).as("another thread receives").isZero();
            assertThat(unacknowledged(net, fourth)).isZero();
            assertThat(second.tcp().info().totalRetrans()).isZero();
        }
    }

    private static int unacknowledged(TwoHosts net, HostTcpSocket client) {
        send(client, "x");
        net.time().settle();
        return client.tcp().unackedOctets();
    }

    private static void elsewhere(Runnable action) throws InterruptedException {
        Thread thread = Thread.ofPlatform().start(action);
        thread.join();
    }

    @Test
    void waitAllPeekAndLowWaterMark() {
        try (TwoHosts net = TwoHosts.virtual()) {
            HostTcpSocket listener = listener(net.b);
            HostTcpSocket client = connect(net);
            HostTcpSocket child = accept(listener);
            net.time().after(10 * MILLISECOND, () -> send(client, "12345"));
            net.time().after(20 * MILLISECOND, () -> send(client, "67890"));
            byte[] ten = new byte[10];
            assertThat(child.receive(ten, 0, 10, Msg.WAITALL | Msg.PEEK, HostSocket.FOREVER)).isEqualTo(10);
            assertThat(new String(ten, US_ASCII)).isEqualTo("1234567890");
            assertThat(child.receive(ten, 0, 10, Msg.WAITALL, HostSocket.FOREVER)).isEqualTo(10);
            assertThat(receive(child, Msg.DONTWAIT, HostSocket.FOREVER)).isEqualTo("EAGAIN");
            net.time().after(10 * MILLISECOND, () -> send(client, "abc"));
            assertThat(child.receive(ten, 0, 10, Msg.WAITALL, 50 * MILLISECOND)).as("what is there when time is over").isEqualTo(3);
            assertThat(child.setInt(1, 18, 4)).isZero();
            net.time().after(10 * MILLISECOND, () -> send(client, "12"));
            net.time().after(20 * MILLISECOND, () -> send(client, "3456"));
            assertThat(receive(child, 0, HostSocket.FOREVER)).isEqualTo("123456");
            assertThat(receive(child, 0, HostSocket.FOREVER)).isEqualTo("EDEADLK");
        }
    }

    @Test
    void aClosedHostResetsItsConnections() {
        try (TwoHosts net = TwoHosts.virtual()) {
            HostTcpSocket listener = listener(net.b);
            HostTcpSocket client = connect(net);
            accept(listener);
            net.b.close();
            assertThat(receive(client, 0, HostSocket.FOREVER)).isEqualTo("ECONNRESET");
            assertThat(client.tcp().state()).isEqualTo(TcpState.CLOSED);
        }
    }

    @Test
    void severalThreadsAcceptOnOneListener() throws InterruptedException {
        try (TwoHosts net = TwoHosts.real()) {
            HostTcpSocket listener = listener(net.b);
            BlockingQueue<Integer> served = new LinkedBlockingQueue<>();
            Thread[] acceptors = new Thread[4];
            for (int i = 0; i < acceptors.length; i++) {
                acceptors[i] = Thread.ofVirtual().start(() -> {
                    @Nullable HostTcpSocket[] child = new @Nullable HostTcpSocket[1];
                    while (listener.acceptOrError(child, HostSocket.FOREVER) == 0) {
                        HostTcpSocket accepted = child[0];
                        if (accepted != null) {
                            served.add(accepted.localName().port());
                            accepted.close();
                        }
                    }
                });
            }
            for (int i = 0; i < 40; i++) {
                HostTcpSocket client = connect(net);
                assertThat(receive(client, 0, HostSocket.FOREVER)).isEqualTo("EOF");
                client.close();
            }
            listener.close();
            for (Thread each : acceptors) {
                each.join();
            }
            assertThat(served).hasSize(40).allMatch(port -> port == PORT);
        }
    }

    /// A connection wakes one of the threads that wait for it, the one that has waited longest; the end of the listener wakes all.
    @Test
    void aConnectionWakesOneThreadInAccept() throws InterruptedException {
        try (TwoHosts net = TwoHosts.real()) {
            HostTcpSocket listener = listener(net.b);
            BlockingQueue<String> served = new LinkedBlockingQueue<>();
            List<Thread> acceptors = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                Thread thread = Thread.ofPlatform().name("acceptor " + i).start(() -> {
                    HostTcpSocket child = listener.accept(HostSocket.FOREVER);
                    served.add(Thread.currentThread().getName() + (child == null ? " none" : ""));
                });
                acceptors.add(thread);
                // The next begins to wait after this one does: it is in the listener's queue when another thread has had the host's lock since.
                while (thread.getState() != Thread.State.WAITING && thread.getState() != Thread.State.TIMED_WAITING || net.b.call(listener::waiting) != i + 1) {
                    Thread.onSpinWait();
                }
            }
            for (int i = 0; i < 2; i++) {
                HostTcpSocket client = connect(net);
                assertThat(served.take()).isEqualTo("acceptor " + i);
                assertThat(net.b.call(listener::waiting)).isEqualTo(2 - i);
                client.close();
            }
            listener.close();
            assertThat(served.take()).isEqualTo("acceptor 2 none");
            for (Thread each : acceptors) {
                each.join();
            }
        }
    }
}
