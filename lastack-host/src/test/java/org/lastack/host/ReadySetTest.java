package org.lastack.host;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.lastack.core.Errno;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.socket.Owner;
import org.lastack.core.udp.ReceivedFrom;

/// Level, edge and one-shot readiness, and that the work is proportional to what is ready.
@Timeout(value = 20, unit = TimeUnit.SECONDS)
class ReadySetTest {
    private static HostUdpSocket bound(Host host, int port) {
        HostUdpSocket socket = host.udpSocket(InetSocket.AF_INET, Owner.ROOT);
        assertThat(socket.bind(org.lastack.wire.IpAddress.ANY_V4, port)).isZero();
        return socket;
    }

    private static void send(TwoHosts net, HostUdpSocket from, int port) {
        assertThat(from.sendTo(new byte[1], 0, 1, 0, TwoHosts.B.high(), TwoHosts.B.low(), port, 0)).isEqualTo(1);
        net.time().settle();
    }

    private static void drain(HostUdpSocket socket) {
        assertThat(socket.receive(new byte[10], 0, 10, 0, new ReceivedFrom(), 0)).isEqualTo(1);
    }

    @Test
    void levelReportsAsLongAsItHolds() {
        try (TwoHosts net = TwoHosts.virtual(); ReadySet set = new ReadySet(net.driver)) {
            HostUdpSocket receiver = bound(net.b, 7);
            HostUdpSocket sender = bound(net.a, 8);
            Registration registration = set.add(receiver, InetSocket.POLLIN, ReadySet.Mode.LEVEL, "mine");
            Registration[] out = new Registration[4];
            assertThat(set.await(out, 0)).isZero();
            send(net, sender, 7);
            assertThat(set.await(out, 0)).isEqualTo(1);
            assertThat(set.await(out, HostSocket.FOREVER)).isEqualTo(1);
            assertThat(out[0]).isSameAs(registration);
            assertThat(out[0].found()).isEqualTo(InetSocket.POLLIN);
            assertThat(out[0].attachment()).isEqualTo("mine");
            drain(receiver);
            assertThat(set.await(out, 0)).isZero();
            set.remove(registration);
            set.remove(registration);
            assertThat(set.size()).isZero();
        }
    }

    /// One thread waits again and again: no wait knows how the one before has ended.
    @Test
    void waitsOfOneThreadFollowEachOther() {
        try (TwoHosts net = TwoHosts.virtual(); ReadySet set = new ReadySet(net.driver)) {
            HostUdpSocket receiver = bound(net.b, 7);
            HostUdpSocket sender = bound(net.a, 8);
            set.add(receiver, InetSocket.POLLIN, ReadySet.Mode.LEVEL, null);
            Registration[] out = new Registration[4];
            for (int i = 0; i < 3; i++) {
                assertThat(sender.sendTo(new byte[1], 0, 1, 0, TwoHosts.B.high(), TwoHosts.B.low(), 7, 0)).isEqualTo(1);
                // It comes during the wait.
                assertThat(set.await(out, HostSocket.FOREVER)).isEqualTo(1);
                drain(receiver);
                long before = net.driver.nowNs();
                assertThat(set.await(out, 1_000)).isZero();
                assertThat(net.driver.nowNs() - before).isEqualTo(1_000);
                set.wakeup();
                assertThat(set.await(out, HostSocket.FOREVER)).isZero();
            }
        }
    }

    @Test
    void edgeReportsOncePerEvent() {
        try (TwoHosts net = TwoHosts.virtual(); ReadySet set = new ReadySet(net.driver)) {
            HostUdpSocket receiver = bound(net.b, 7);
            HostUdpSocket sender = bound(net.a, 8);
            set.add(receiver, InetSocket.POLLIN, ReadySet.Mode.EDGE, null);
            Registration[] out = new Registration[4];
            send(net, sender, 7);
            assertThat(set.await(out, 0)).isEqualTo(1);
            assertThat(set.await(out, 0)).isZero();
            send(net, sender, 7);
            assertThat(set.await(out, 0)).isEqualTo(1);
            assertThat(set.await(out, 0)).isZero();
        }
    }

    @Test
    void oneShotReportsOnceUntilModified() {
        try (TwoHosts net = TwoHosts.virtual(); ReadySet set = new ReadySet(net.driver)) {
            HostUdpSocket receiver = bound(net.b, 7);
            HostUdpSocket sender = bound(net.a, 8);
            Registration registration = set.add(receiver, InetSocket.POLLIN, ReadySet.Mode.ONE_SHOT, null);
            Registration[] out = new Registration[4];
            send(net, sender, 7);
            assertThat(set.await(out, 0)).isEqualTo(1);
            send(net, sender, 7);
            assertThat(set.await(out, 0)).isZero();
            set.modify(registration, InetSocket.POLLIN, ReadySet.Mode.ONE_SHOT);
            assertThat(set.await(out, 0)).isEqualTo(1);
        }
    }

    @Test
    void aSmallResultArrayGetsTheRestNextTimeAndNobodyStarves() {
        try (TwoHosts net = TwoHosts.virtual(); ReadySet set = new ReadySet(net.driver)) {
            HostUdpSocket sender = bound(net.a, 8);
            List<Registration> all = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                all.add(set.add(bound(net.b, 100 + i), InetSocket.POLLIN, ReadySet.Mode.LEVEL, i));
                send(net, sender, 100 + i);
            }
            List<Registration> seen = new ArrayList<>();
            Registration[] out = new Registration[2];
            for (int round = 0; round < 3; round++) {
                int count = set.await(out, 0);
                seen.addAll(List.of(out).subList(0, count));
            }
            assertThat(seen).containsAll(all);
        }
    }

    @Test
    void aTimeoutAndADeadlockInVirtualTime() {
        try (TwoHosts net = TwoHosts.virtual(); ReadySet set = new ReadySet(net.driver)) {
            set.add(bound(net.b, 7), InetSocket.POLLIN, ReadySet.Mode.LEVEL, null);
            Registration[] out = new Registration[1];
            assertThat(set.await(out, 5_000)).isZero();
            assertThat(net.time().nowNs()).isEqualTo(5_000);
            assertThat(set.await(out, HostSocket.FOREVER)).isEqualTo(-Errno.EDEADLK);
        }
    }

    @Test
    void closingASocketTakesItOut() {
        try (TwoHosts net = TwoHosts.virtual(); ReadySet set = new ReadySet(net.driver)) {
            HostUdpSocket receiver = bound(net.b, 7);
            set.add(receiver, InetSocket.POLLOUT, ReadySet.Mode.LEVEL, null);
            Registration[] out = new Registration[1];
            assertThat(set.await(out, 0)).isEqualTo(1);
            receiver.close();
            assertThat(set.await(out, 0)).isZero();
            assertThat(set.size()).isZero();
        }
    }

    @Test
    void threadsWaitForEventsAndForWakeups() throws InterruptedException {
        try (TwoHosts net = TwoHosts.real(); ReadySet set = new ReadySet(net.driver)) {
            HostUdpSocket receiver = bound(net.b, 7);
            HostUdpSocket sender = bound(net.a, 8);
            set.add(receiver, InetSocket.POLLIN, ReadySet.Mode.LEVEL, null);
            BlockingQueue<Integer> results = new LinkedBlockingQueue<>();
            Thread waiting = Thread.ofVirtual().start(() -> {
                Registration[] out = new Registration[1];
                for (int i = 0; i < 3; i++) {
                    int count = set.await(out, HostSocket.FOREVER);
                    if (count == 1) {
                        drain(receiver);
                    }
                    results.add(count);
                }
            });
            sender.sendTo(new byte[1], 0, 1, 0, TwoHosts.B.high(), TwoHosts.B.low(), 7, 0);
            assertThat(results.take()).isEqualTo(1);
            set.wakeup();
            assertThat(results.take()).isZero();
            sender.sendTo(new byte[1], 0, 1, 0, TwoHosts.B.high(), TwoHosts.B.low(), 7, 0);
            assertThat(results.take()).isEqualTo(1);
            waiting.join();
        }
    }
}
