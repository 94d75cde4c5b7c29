package org.lastack.bsd;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.lastack.core.Errno;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.socket.Owner;
import org.lastack.host.Driver;
import org.lastack.host.Host;
import org.lastack.host.RealDriver;
import org.lastack.host.VirtualDriver;
import org.lastack.link.ImpairedLink;
import org.lastack.link.Impairment;
import org.lastack.link.MemoryLink;

/// Many connections at once over a bad cable, every octet compared: with threads that wait, and in one thread over epoll in virtual time.
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class EchoStressTest {
    private static final int CONNECTIONS = 8;
    private static final int PORT = 7;

    private static Host host(Driver driver, MemoryLink link, Impairment impairment, int number) {
        ImpairedLink bad = new ImpairedLink(link, impairment, Impairment.NONE, number, driver::nowNs);
        return Host.builder().name("h" + number).driver(driver).seed(number).rethrowFaults(true).link(bad, "10.0.0." + number + "/24").build();
    }

    private static byte[] pattern(int length, int seed) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    private static SockAddr server() {
        return SockAddr.of("10.0.0.2", PORT);
    }

    private static int listener(BsdSockets process, int flags) {
        int fd = process.socket(InetSocket.AF_INET, Linux.SOCK_STREAM | flags, 0);
        assertThat(process.bind(fd, SockAddr.of("0.0.0.0", PORT))).isZero();
        assertThat(process.listen(fd, CONNECTIONS)).isZero();
        return fd;
    }

    @Test
    void threadsEchoOverALossyCable() throws InterruptedException {
        RealDriver driver = new RealDriver();
        MemoryLink.Pair pair = MemoryLink.pair("a0", "b0");
        Impairment loss = Impairment.NONE.withLoss(0.01).withDuplicate(0.01);
        echo(150_000, host(driver, pair.left(), loss, 1), host(driver, pair.right(), loss, 2));
    }

    /// Each host with a driver of its own; the sending thread does the receiving.
    @Test
    void threadsEchoWithDirectDelivery() throws InterruptedException {
        MemoryLink.Pair pair = MemoryLink.pair("a0", "b0");
        echo(1_000_000, Host.builder().name("a").seed(1).rethrowFaults(true).link(pair.left(), "10.0.0.1/24").build(),
                Host.builder().name("b").seed(2).rethrowFaults(true).link(pair.right(), "10.0.0.2/24").build());
    }

    private static void echo(int octets, Host one, Host two) throws InterruptedException {
        try (Host a = one; Host b = two) {
            BsdSockets client = new BsdSockets(a, Owner.ROOT);
            BsdSockets echo = new BsdSockets(b, Owner.ROOT);
            int listener = listener(echo, 0);
            ConcurrentLinkedQueue<String> failures = new ConcurrentLinkedQueue<>();
            List<Thread> threads = new ArrayList<>();
            threads.add(Thread.ofVirtual().start(() -> {
                for (int i = 0; i < CONNECTIONS; i++) {
                    int fd = echo.accept(listener, null);
                    threadOf(threads, () -> serve(echo, fd, failures));
                }
            }));
            for (int i = 0; i < CONNECTIONS; i++) {
                int seed = i;
                threadOf(threads, () -> talk(client, pattern(octets, seed), failures));
            }
            joinAll(threads);
            assertThat(failures).isEmpty();
            assertThat(a.faults() + b.faults()).as("%s %s", a.lastFault(), b.lastFault()).isZero();
            client.close();
            echo.close();
        }
    }

    private static void threadOf(List<Thread> threads, Runnable task) {
        synchronized (threads) {
            threads.add(Thread.ofVirtual().start(task));
        }
    }

    private static void joinAll(List<Thread> threads) throws InterruptedException {
        for (int i = 0;; i++) {
            Thread next;
            synchronized (threads) {
                if (i == threads.size()) {
                    return;
                }
                next = threads.get(i);
            }
            next.join();
        }
    }

    private static void serve(BsdSockets process, int fd, ConcurrentLinkedQueue<String> failures) {
        byte[] room = new byte[10_000];
        int octets;
        while ((octets = process.read(fd, room, 0, room.length)) > 0) {
            int sent = process.write(fd, room, 0, octets);
            if (sent != octets) {
                failures.add("server wrote " + sent + " of " + octets);
                break;
            }
        }
        if (octets < 0) {
            failures.add("server read " + Errno.name(octets));
        }
        process.close(fd);
    }

    /// Writes and reads at the same time, with one thread for each direction.
    private static void talk(BsdSockets process, byte[] data, ConcurrentLinkedQueue<String> failures) {
        int fd = process.socket(InetSocket.AF_INET, Linux.SOCK_STREAM, 0);
        int connected = process.connect(fd, server());
        if (connected != 0) {
            failures.add("connect " + Errno.name(connected));
            return;
        }
        Thread writer = Thread.ofVirtual().start(() -> {
            int sent = process.write(fd, data, 0, data.length);
            if (sent != data.length || process.shutdown(fd, InetSocket.SHUT_WR) != 0) {
                failures.add("client wrote " + sent);
            }
        });
        byte[] back = new byte[data.length + 1];
        int got = 0;
        int octets;
        while ((octets = process.read(fd, back, got, back.length - got)) > 0) {
            got += octets;
        }
        if (octets < 0 || got != data.length || !Arrays.equals(Arrays.copyOf(back, got), data)) {
            failures.add("client read " + got + " octets, then " + octets);
        }
        try {
            writer.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        process.close(fd);
    }

    /// One connection of the single-threaded client.
    private static final class Exchange {
        final byte[] data;
        final byte[] back;
        int sent;
        int got;
        boolean ended;

        Exchange(byte[] data) {
            this.data = data;
            this.back = new byte[data.length + 1];
        }
    }

    @Test
    void oneThreadEchoesOverEpollInVirtualTime() {
        VirtualDriver time = new VirtualDriver();
        MemoryLink.Pair pair = MemoryLink.pair("a0", "b0");
        Impairment bad = Impairment.NONE.withLoss(0.05).withDuplicate(0.02).withReorder(0.05, 3, 5 * Net.MILLISECOND).withDelay(5 * Net.MILLISECOND, Net.MILLISECOND);
        try (Host a = host(time, pair.left(), bad, 1); Host b = host(time, pair.right(), bad, 2)) {
            BsdSockets client = new BsdSockets(a, Owner.ROOT);
            BsdSockets echo = new BsdSockets(b, Owner.ROOT);
            int epoll = client.epollCreate1(0);
            EchoLoop server = new EchoLoop(echo, listener(echo, Linux.SOCK_NONBLOCK));
            Exchange[] exchanges = new Exchange[100];
            for (int i = 0; i < CONNECTIONS; i++) {
                int fd = client.socket(InetSocket.AF_INET, Linux.SOCK_STREAM | Linux.SOCK_NONBLOCK, 0);
                assertThat(client.connect(fd, server())).isEqualTo(-Errno.EINPROGRESS);
                exchanges[fd] = new Exchange(pattern(100_000, i));
                client.epollCtl(epoll, Linux.EPOLL_CTL_ADD, fd, new EpollEvent(InetSocket.POLLIN | InetSocket.POLLOUT | Linux.EPOLLET, fd));
            }
            EpollEvent[] events = new EpollEvent[4];
            Arrays.setAll(events, i -> new EpollEvent());
            int left = CONNECTIONS;
            while (left > 0) {
                server.run();
                int count = client.epollWait(epoll, events, 1);
                assertThat(count).as("at %s s", time.nowNs() / 1e9).isNotNegative();
                for (int i = 0; i < count; i++) {
                    int fd = (int) events[i].data;
                    if (advance(client, fd, exchanges[fd])) {
                        left--;
                    }
                }
                assertThat(time.nowNs()).isLessThan(600 * Net.SECOND);
            }
            for (Exchange each : exchanges) {
                assertThat(each == null || each.got == each.data.length && Arrays.equals(Arrays.copyOf(each.back, each.got), each.data)).isTrue();
            }
            client.close();
            echo.close();
        }
    }

    /// Does what can be done now; true when the peer has ended.
    private static boolean advance(BsdSockets process, int fd, Exchange exchange) {
        while (exchange.sent < exchange.data.length) {
            int taken = process.write(fd, exchange.data, exchange.sent, exchange.data.length - exchange.sent);
            if (taken < 0) {
                assertThat(taken).isEqualTo(-Errno.EAGAIN);
                break;
            }
            exchange.sent += taken;
            if (exchange.sent == exchange.data.length) {
                assertThat(process.shutdown(fd, InetSocket.SHUT_WR)).isZero();
            }
        }
        while (!exchange.ended) {
            int octets = process.read(fd, exchange.back, exchange.got, exchange.back.length - exchange.got);
            if (octets < 0) {
                assertThat(octets).isEqualTo(-Errno.EAGAIN);
                break;
            }
            exchange.got += octets;
            exchange.ended = octets == 0;
            if (exchange.ended) {
                return true;
            }
        }
        return false;
    }

    /// An echo server that never waits.
    private static final class EchoLoop {
        private final BsdSockets process;
        private final int listener;
        private final int epoll;
        private final byte[] room = new byte[8_000];
        private final byte[][] unsent = new byte[100][];

        EchoLoop(BsdSockets process, int listener) {
            this.process = process;
            this.listener = listener;
            epoll = process.epollCreate1(0);
            process.epollCtl(epoll, Linux.EPOLL_CTL_ADD, listener, new EpollEvent(InetSocket.POLLIN, listener));
        }

        void run() {
            EpollEvent[] events = {new EpollEvent(), new EpollEvent(), new EpollEvent()};
            for (int count = process.epollWait(epoll, events, 0); count > 0; count = process.epollWait(epoll, events, 0)) {
                for (int i = 0; i < count; i++) {
                    int fd = (int) events[i].data;
                    if (fd == listener) {
                        int child = process.accept4(listener, null, Linux.SOCK_NONBLOCK);
                        process.epollCtl(epoll, Linux.EPOLL_CTL_ADD, child, new EpollEvent(InetSocket.POLLIN, child));
                    } else {
                        echo(fd);
                    }
                }
            }
        }

        private void echo(int fd) {
            byte[] rest = unsent[fd];
            int octets = rest == null ? process.read(fd, room, 0, room.length) : rest.length;
            if (octets <= 0) {
                assertThat(octets).isIn(0, -Errno.EAGAIN);
                if (octets == 0) {
                    process.close(fd);
                }
                return;
            }
            byte[] from = rest == null ? room : rest;
            int sent = Math.max(0, process.write(fd, from, 0, octets));
            unsent[fd] = sent == octets ? null : Arrays.copyOfRange(from, sent, octets);
            int events = sent == octets ? InetSocket.POLLIN : InetSocket.POLLOUT;
            process.epollCtl(epoll, Linux.EPOLL_CTL_MOD, fd, new EpollEvent(events, fd));
        }
    }
}
