package org.lastack.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.lastack.core.Counter;
import org.lastack.core.Errno;
import org.lastack.core.Sysctl;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.socket.Owner;
import org.lastack.core.tcp.TcpState;
import org.lastack.link.Link;
import org.lastack.link.LinkDecorator;
import org.lastack.link.LinkType;
import org.lastack.link.MemoryLink;
import org.lastack.wire.Frame;
import org.lastack.wire.IpAddress;
import org.lastack.wire.PacketPrinter;
import org.lastack.wire.Packets;
import org.lastack.wire.TcpHeader;

/// A host lives by its driver: real threads and virtual time move the same packets.
@Timeout(value = 20, unit = TimeUnit.SECONDS)
class HostDriverTest {
    private static final IpAddress PEER = IpAddress.of("10.0.0.2");
    private static final IpAddress OURS = IpAddress.of("10.0.0.1");

    private static void sendEchoRequest(Link link, int sequence) {
        byte[] request = Packets.echoRequest(PEER, OURS, 7, sequence).payload(32).build();
        assertThat(link.send(Frame.copyOf(request, 0, request.length))).isTrue();
    }

    private static String receive(Link link, long timeoutNs) {
        Frame frame = Frame.unpooled(2048);
        frame.offset = Link.HEADROOM;
        while (link.receive(frame) == 0) {
            if (!link.awaitReadable(timeoutNs)) {
                return "nothing";
            }
        }
        return PacketPrinter.print(frame.data, frame.offset, frame.length);
    }

    @Test
    void realThreadsAnswerAnEcho() {
        MemoryLink.Pair pair = MemoryLink.pair("left", "right");
        try (Host host = Host.builder().name("a").seed(1).link(pair.left(), "10.0.0.1/24").build()) {
            for (int i = 0; i < 100; i++) {
                sendEchoRequest(pair.right(), i);
                assertThat(receive(pair.right(), Long.MAX_VALUE)).contains("ICMP echo reply").contains("seq " + i);
            }
            assertThat(host.counter(Counter.IcmpInEchos)).isEqualTo(100);
            assertThat(host.faults()).isZero();
        }
        assertThat(pair.left().isOpen()).isFalse();
    }

    @Test
    void virtualTimeAnswersAnEchoInOneThread() {
        VirtualDriver time = new VirtualDriver();
        MemoryLink.Pair pair = MemoryLink.pair("left", "right");
        try (Host host = Host.builder().driver(time).seed(1).rethrowFaults(true).link(pair.left(), "10.0.0.1/24").build()) {
            sendEchoRequest(pair.right(), 3);
            time.settle();
            assertThat(receive(pair.right(), 0)).contains("ICMP echo reply");
            assertThat(time.nowNs()).isZero();
            assertThat(host.openSockets()).isEmpty();
        }
    }

    @Test
    void virtualEventsRunInOrderOfTimeAndThenOfCreation() {
        VirtualDriver time = new VirtualDriver();
        StringBuilder order = new StringBuilder();
        time.at(20, () -> order.append("c@").append(time.nowNs()));
        time.at(10, () -> order.append("a "));
        time.at(10, () -> order.append("b "));
        assertThat(time.runUntil(() -> order.length() > 4)).isTrue();
        assertThat(order).hasToString("a b c@20");
        assertThat(time.step()).isFalse();
        time.runFor(5);
        assertThat(time.nowNs()).isEqualTo(25);
    }

    @Test
    void virtualTimeRefusesASecondThread() throws InterruptedException {
        VirtualDriver time = new VirtualDriver();
        Throwable[] thrown = new Throwable[1];
        Thread other = new Thread(() -> {
            try {
                time.step();
            } catch (IllegalStateException e) {
                thrown[0] = e;
            }
        });
        other.start();
        other.join();
        assertThat(thrown[0]).hasMessageContaining("virtual time belongs to thread");
    }

    @Test
    void closingTwiceIsHarmless() {
        Host host = Host.builder().name("gone").build();
        host.close();
        host.close();
        assertThat(host.closed()).isTrue();
    }

    @Test
    void aLinkThatEndsIsNoticedAndTheHostLivesOn() {
        MemoryLink.Pair first = MemoryLink.pair("first", "first-peer");
        MemoryLink.Pair second = MemoryLink.pair("second", "second-peer");
        try (Host host = Host.builder().seed(1).link(first.left(), "10.1.0.1/24").link(second.left(), "10.0.0.1/24").build()) {
            first.left().close();
            sendEchoRequest(second.right(), 1);
            assertThat(receive(second.right(), Long.MAX_VALUE)).contains("ICMP echo reply");
            while (host.lastLinkEnd() == null) {
                Thread.onSpinWait();
            }
            assertThat(host.lastLinkEnd()).isEqualTo("first: closed by the user");
        }
    }

    @Test
    void settingsAreReadAndChangedUnderTheLock() {
        try (Host host = Host.builder().sysctl(Sysctl.IP_DEFAULT_TTL, 17).build()) {
            assertThat(host.sysctl(Sysctl.IP_DEFAULT_TTL)).isEqualTo(17);
            host.sysctl(Sysctl.IP_DEFAULT_TTL, 18);
            assertThat(host.sysctl(Sysctl.IP_DEFAULT_TTL)).isEqualTo(18);
            assertThatThrownBy(() -> host.sysctl(Sysctl.IP_DEFAULT_TTL, 0)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void aGatewayMustBeOnALink() {
        HostBuilder builder = Host.builder().route("0.0.0.0/0", "10.9.9.9");
        assertThatThrownBy(builder::build).hasMessageContaining("is on no link");
    }

    /// Packets that wait for an answer to ARP are no leak.
    @Test
    void closingWithUnresolvedNeighborsGivesAllFramesBack() {
        VirtualDriver time = new VirtualDriver();
        MemoryLink.Pair pair = MemoryLink.pair("eth0", "nobody", MemoryLink.Options.defaults().withType(LinkType.ETHERNET));
        Host host = Host.builder().driver(time).seed(1).rethrowFaults(true).link(pair.left(), "10.0.0.1/24").build();
        HostUdpSocket socket = host.udpSocket(InetSocket.AF_INET, Owner.ROOT);
        for (int i = 0; i < 3; i++) {
            assertThat(socket.sendTo(new byte[8], 0, 8, 0, PEER.high(), PEER.low(), 7, 0)).isEqualTo(8);
        }
        assertThat(host.call(() -> host.engine().frames().outstanding())).isEqualTo(3);
        host.close();
        assertThat(host.engine().frames().outstanding()).isZero();
    }

    /// A thread that comes late finds input and a timer that is due: the input goes first, all of it (RFC 6298 §5.3: the ACK restarts the timer).
    @Test
    void whatHasComeIsProcessedBeforeATimerThatIsLate() {
        ManualDriver driver = new ManualDriver();
        MemoryLink.Pair pair = MemoryLink.pair("left", "right");
        try (Host host = Host.builder().driver(driver).seed(1).rethrowFaults(true).link(pair.left(), "10.0.0.1/24").build()) {
            HostTcpSocket socket = HostTcpSocket.open(host, InetSocket.AF_INET, Owner.ROOT);
            assertThat(socket.connect(PEER, 80, 0)).isEqualTo(-Errno.EINPROGRESS);
            Frame syn = Frame.unpooled(2048);
            syn.offset = Link.HEADROOM;
            assertThat(pair.right().receive(syn)).isPositive();
            int tcp = syn.offset + 20;
            for (int i = 0; i < 3 * LinkPort.BATCH; i++) {
                sendEchoRequest(pair.right(), i);
            }
            byte[] synAck = Packets.tcp(PEER, 80, OURS, TcpHeader.sourcePort(syn.data, tcp)).flags(TcpHeader.SYN | TcpHeader.ACK).seq(5)
                    .ack(TcpHeader.sequence(syn.data, tcp) + 1).build();
            assertThat(pair.right().send(Frame.copyOf(synAck, 0, synAck.length))).isTrue();
            driver.nowNs = 1_500_000_000;
            assertThat(host.timerNs()).isEqualTo(1_000_000_000);
            host.runTimers(host.ports().getFirst());
            assertThat(host.counter(Counter.TcpRetransSegs)).isZero();
            assertThat(host.call(() -> socket.tcp().state())).isEqualTo(TcpState.ESTABLISHED);
        }
    }

    /// The SYN's timer was stopped by its answer; the driver was not told, looks, and finds nothing due: what has come waits for whoever receives.
    @Test
    void aDeadlineThatHasMovedAwayIsNoReasonToReceive() {
        ManualDriver driver = new ManualDriver();
        MemoryLink.Pair pair = MemoryLink.pair("left", "right");
        try (Host host = Host.builder().driver(driver).seed(1).rethrowFaults(true).link(pair.left(), "10.0.0.1/24").build()) {
            HostTcpSocket socket = HostTcpSocket.open(host, InetSocket.AF_INET, Owner.ROOT);
            assertThat(socket.connect(PEER, 80, 0)).isEqualTo(-Errno.EINPROGRESS);
            Frame syn = Frame.unpooled(2048);
            syn.offset = Link.HEADROOM;
            assertThat(pair.right().receive(syn)).isPositive();
            int tcp = syn.offset + 20;
            byte[] synAck = Packets.tcp(PEER, 80, OURS, TcpHeader.sourcePort(syn.data, tcp)).flags(TcpHeader.SYN | TcpHeader.ACK).seq(5)
                    .ack(TcpHeader.sequence(syn.data, tcp) + 1).build();
            assertThat(pair.right().send(Frame.copyOf(synAck, 0, synAck.length))).isTrue();
            driver.nowNs = 500_000_000;
            assertThat(host.runLinks()).isOne();
            driver.nowNs = 1_500_000_000;
            assertThat(host.timerNs()).isEqualTo(1_000_000_000);
            sendEchoRequest(pair.right(), 1);
            host.runTimers(host.ports().getFirst());
            assertThat(host.counter(Counter.IcmpInEchos)).isZero();
            assertThat(host.timerNs()).isGreaterThan(driver.nowNs);
            assertThat(host.runLinks()).isOne();
            assertThat(host.counter(Counter.IcmpInEchos)).isOne();
        }
    }

    /// A flood does not keep timers from running.
    @Test
    void inputWithoutEndDoesNotHoldUpATimer() {
        ManualDriver driver = new ManualDriver();
        byte[] request = Packets.echoRequest(PEER, OURS, 7, 1).payload(32).build();
        MemoryLink.Pair pair = MemoryLink.pair("left", "right");
        LinkDecorator flood = new LinkDecorator(pair.left()) {
            @Override
            public int receive(Frame frame) {
                System.arraycopy(request, 0, frame.data, frame.offset, request.length);
                frame.length = request.length;
                return request.length;
            }
        };
        try (Host host = Host.builder().driver(driver).seed(1).rethrowFaults(true).link(flood, "10.0.0.1/24").build()) {
            HostTcpSocket socket = HostTcpSocket.open(host, InetSocket.AF_INET, Owner.ROOT);
            assertThat(socket.connect(PEER, 80, 0)).isEqualTo(-Errno.EINPROGRESS);
            driver.nowNs = 1_500_000_000;
            host.runTimers(host.ports().getFirst());
            assertThat(host.counter(Counter.TcpRetransSegs)).isOne();
        }
    }

    /// Runs nothing by itself.
    private static final class ManualDriver implements Driver {
        private long nowNs;

        @Override
        public long nowNs() {
            return nowNs;
        }

        @Override
        public void attach(Host host) {}

        @Override
        public void detach(Host host) {}

        @Override
        public void deadlineMoved(Host host, long deadlineNs) {}

        @Override
        public Outcome await(Waiter waiter, long deadlineNs, boolean interruptible) {
            return Outcome.DEADLOCK;
        }

        @Override
        public void wake(Waiter waiter) {}
    }

    /// SECURITY J-01: neither an exception of a link nor one of packet processing ends the receiving thread.
    @Test
    void faultsAreCountedAndTheThreadGoesOn() {
        MemoryLink.Pair pair = MemoryLink.pair("left", "right");
        FaultyLink faulty = new FaultyLink(pair.left(), 3);
        try (Host host = Host.builder().seed(1).link(faulty, "10.0.0.1/24").build()) {
            sendEchoRequest(pair.right(), 1);
            assertThat(receive(pair.right(), Long.MAX_VALUE)).contains("ICMP echo reply");
            assertThat(host.faults()).isEqualTo(3);
            assertThat(host.lastFault()).hasMessage("device on fire");
        }
    }
}
