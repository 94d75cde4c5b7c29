package org.lastack.host;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.lastack.core.Errno;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.socket.Owner;
import org.lastack.link.MemoryLink;
import org.lastack.wire.IpAddress;

/// Who receives: the host's thread, or a thread of the application that waits anyway. The links deliver nothing by themselves, as devices do not.
@Timeout(value = 30, unit = TimeUnit.SECONDS)
class HostThreadsTest {
    private static final IpAddress SERVER = IpAddress.of("10.0.0.2");
    private static final int PORT = 7;

    private final List<Host> hosts = new ArrayList<>();
    private final MemoryLink.Pair pair = MemoryLink.pair("a0", "b0");

    private Host host(String name, boolean left, int busyPollUs) {
        Host host = Host.builder().name(name).seed(left ? 1 : 2).busyPoll(busyPollUs)
                .link(new FaultyLink(left ? pair.left() : pair.right(), 0), left ? "10.0.0.1/24" : "10.0.0.2/24").build();
        hosts.add(host);
        return host;
    }

    @AfterEach
    void closeHosts() {
        hosts.forEach(Host::close);
    }

    private static HostTcpSocket listener(Host host) {
        HostTcpSocket listener = host.tcpSocket(InetSocket.AF_INET, Owner.ROOT);
        assertThat(listener.bind(SERVER, PORT)).isZero();
        assertThat(listener.listen(16)).isZero();
        return listener;
    }

    private static HostTcpSocket connected(Host client) {
        HostTcpSocket socket = client.tcpSocket(InetSocket.AF_INET, Owner.ROOT);
        assertThat(socket.connect(SERVER, PORT, HostSocket.FOREVER)).isZero();
        return socket;
    }

    /// Echoes octets until the end of the stream.
    private static void echo(HostTcpSocket listener) {
        HostTcpSocket socket = listener.accept(HostSocket.FOREVER);
        byte[] buffer = new byte[70_000];
        int count;
        while (socket != null && (count = socket.receive(buffer, 0, buffer.length, 0, HostSocket.FOREVER)) > 0) {
            assertThat(socket.send(buffer, 0, count, 0, HostSocket.FOREVER)).isEqualTo(count);
        }
    }

    private static int exchange(HostTcpSocket socket, int turns, int octets) {
        byte[] out = new byte[octets];
        byte[] in = new byte[octets];
        int right = 0;
        for (int i = 0; i < turns; i++) {
            out[octets - 1] = (byte) i;
            assertThat(socket.send(out, 0, octets, 0, HostSocket.FOREVER)).isEqualTo(octets);
            int got = 0;
            while (got < octets) {
                int count = socket.receive(in, got, octets - got, 0, HostSocket.FOREVER);
                assertThat(count).isPositive();
                got += count;
            }
            right += in[octets - 1] == out[octets - 1] ? 1 : 0;
        }
        return right;
    }

    @Test
    void platformThreadsThatWaitReceiveThemselves() {
        Host client = host("a", true, 0);
        HostTcpSocket listener = listener(host("b", false, 0));
        Thread.ofPlatform().daemon().start(() -> echo(listener));
        HostTcpSocket socket = connected(client);
        assertThat(exchange(socket, 2_000, 1)).isEqualTo(2_000);
        assertThat(exchange(socket, 100, 60_000)).isEqualTo(100);
        assertThat(client.faults()).isZero();
    }

    @Test
    void virtualThreadsPollBusily() {
        Host client = host("a", true, 100);
        HostTcpSocket listener = listener(host("b", false, 100));
        Thread.ofVirtual().start(() -> echo(listener));
        assertThat(exchange(connected(client), 1_000, 1)).isEqualTo(1_000);
    }

    /// A thread in the middle of receiving for others must notice that its own wait is over.
    @Test
    void aThreadThatReceivesEndsWithItsTimeItsInterruptAndItsSocket() throws InterruptedException {
        Host client = host("a", true, 0);
        HostTcpSocket listener = listener(host("b", false, 0));
        Thread.ofPlatform().daemon().start(() -> echo(listener));
        HostTcpSocket socket = connected(client);
        byte[] one = new byte[1];
        assertThat(socket.receive(one, 0, 1, 0, 1_000_000)).isEqualTo(-Errno.EAGAIN);

        AtomicInteger result = new AtomicInteger();
        CountDownLatch begun = new CountDownLatch(1);
        Thread waiting = Thread.ofPlatform().start(() -> {
            begun.countDown();
            result.set(socket.receive(one, 0, 1, 0, HostSocket.FOREVER));
        });
        begun.await();
        waiting.interrupt();
        waiting.join();
        assertThat(result.get()).isEqualTo(-Errno.EINTR);

        CountDownLatch again = new CountDownLatch(1);
        Thread other = Thread.ofPlatform().start(() -> {
            again.countDown();
            result.set(socket.receive(one, 0, 1, 0, HostSocket.FOREVER));
        });
        again.await();
        socket.close();
        other.join();
        assertThat(result.get()).isEqualTo(-Errno.EBADF);
    }

    /// Closing a host waits for threads of the application that are inside its link, and ends them.
    @Test
    void aHostClosesUnderAThreadThatReceives() throws InterruptedException {
        Host client = host("a", true, 0);
        HostTcpSocket listener = listener(host("b", false, 0));
        CountDownLatch begun = new CountDownLatch(1);
        AtomicInteger error = new AtomicInteger();
        Thread accepting = Thread.ofPlatform().start(() -> {
            begun.countDown();
            listener.accept(HostSocket.FOREVER);
            error.set(listener.acceptError());
        });
        begun.await();
        hosts.get(1).close();
        accepting.join();
        assertThat(error.get()).isEqualTo(-Errno.EBADF);
        assertThat(client.closed()).isFalse();
    }

    /// A sender that never waits takes in what makes room for it.
    @Test
    void aSenderThatDoesNotWaitGetsOn() {
        Host client = host("a", true, 0);
        HostTcpSocket listener = listener(host("b", false, 0));
        AtomicInteger got = new AtomicInteger();
        Thread reading = Thread.ofPlatform().daemon().start(() -> {
            HostTcpSocket socket = listener.accept(HostSocket.FOREVER);
            byte[] buffer = new byte[70_000];
            int count;
            while (socket != null && (count = socket.receive(buffer, 0, buffer.length, 0, HostSocket.FOREVER)) > 0) {
                got.addAndGet(count);
            }
        });
        HostTcpSocket socket = connected(client);
        byte[] block = new byte[50_000];
        int sent = 0;
        while (sent < 10_000_000) {
            int count = socket.send(block, 0, block.length, 0, 0);
            assertThat(count).isNotZero();
            sent += Math.max(count, 0);
        }
        socket.shutdown(InetSocket.SHUT_WR);
        try {
            reading.join();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
        assertThat(got.get()).isEqualTo(sent);
    }

    /// Of two threads that wait one receives. It leaves with what it waited for and does not come back, while the other sleeps: the host's thread takes over.
    @Test
    void aThreadThatSleepsIsServedWhenTheReceiverDoesNotComeBack() throws InterruptedException {
        Host client = host("a", true, 0);
        Host server = host("b", false, 0);
        HostTcpSocket listener = listener(server);
        HostTcpSocket[] clients = new HostTcpSocket[2];
        List<SynchronousQueue<Integer>> answers = List.of(new SynchronousQueue<>(), new SynchronousQueue<>());
        for (int i = 0; i < 2; i++) {
            clients[i] = connected(client);
            HostTcpSocket accepted = listener.accept(HostSocket.FOREVER);
            SynchronousQueue<Integer> answer = answers.get(i);
            Thread.ofPlatform().daemon().start(() -> {
                byte[] one = new byte[1];
                try {
                    while (accepted != null && accepted.receive(one, 0, 1, 0, HostSocket.FOREVER) == 1) {
                        // Outside of the host until the test goes on.
                        answer.put((int) one[0]);
                    }
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
            });
        }
        byte[] octet = new byte[1];
        for (int round = 0; round < 200; round++) {
            int first = round & 1;
            octet[0] = (byte) round;
            assertThat(clients[first].send(octet, 0, 1, 0, HostSocket.FOREVER)).isEqualTo(1);
            assertThat(clients[1 - first].send(octet, 0, 1, 0, HostSocket.FOREVER)).isEqualTo(1);
            assertThat(answers.get(1 - first).take()).as("round " + round).isEqualTo((int) octet[0]);
            assertThat(answers.get(first).take()).as("round " + round).isEqualTo((int) octet[0]);
        }
    }

    /// The thread that has received a request does not answer and does not come back: the host's own acknowledges.
    @Test
    void whatIsNotAnsweredIsAcknowledged() throws InterruptedException {
        Host client = host("a", true, 0);
        HostTcpSocket listener = listener(host("b", false, 0));
        CountDownLatch end = new CountDownLatch(1);
        AtomicInteger got = new AtomicInteger();
        Thread reading = Thread.ofPlatform().daemon().start(() -> {
            byte[] one = new byte[1];
            HostTcpSocket socket = Objects.requireNonNull(listener.accept(HostSocket.FOREVER));
            got.set(socket.receive(one, 0, 1, 0, HostSocket.FOREVER));
            try {
                end.await();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        });
        HostTcpSocket socket = connected(client);
        assertThat(socket.send(new byte[1], 0, 1, 0, HostSocket.FOREVER)).isEqualTo(1);
        while (client.call(() -> socket.tcp().unackedOctets()) > 0) {
            Thread.onSpinWait();
        }
        end.countDown();
        reading.join();
        assertThat(got.get()).isEqualTo(1);
    }

    /// A thread that has waited once and then only looks: nobody waits, and the host's thread receives all the same.
    @Test
    void aThreadThatOnlyLooksIsServed() {
        Host client = host("a", true, 0);
        HostTcpSocket listener = listener(host("b", false, 0));
        HostTcpSocket socket = connected(client);
        HostTcpSocket accepted = Objects.requireNonNull(listener.accept(HostSocket.FOREVER));
        byte[] one = new byte[1];
        for (int round = 0; round < 50; round++) {
            assertThat(socket.send(one, 0, 1, 0, HostSocket.FOREVER)).isEqualTo(1);
            if (round % 10 == 0) {
                assertThat(accepted.receive(one, 0, 1, 0, HostSocket.FOREVER)).isEqualTo(1);
                continue;
            }
            int count;
            do {
                count = accepted.receive(one, 0, 1, 0, 0);
            } while (count == -Errno.EAGAIN);
            assertThat(count).isEqualTo(1);
        }
    }

    @Test
    void busyPollHasBounds() {
        assertThat(org.assertj.core.api.Assertions.catchThrowable(() -> Host.builder().busyPoll(-1))).isInstanceOf(IllegalArgumentException.class);
        assertThat(org.assertj.core.api.Assertions.catchThrowable(() -> Host.builder().busyPoll(1_000_001))).isInstanceOf(IllegalArgumentException.class);
    }
}
