package org.lastack.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.lastack.core.Counter;
import org.lastack.core.tcp.CongestionControls;
import org.lastack.core.tcp.TcpState;
import org.lastack.wire.Bytes;
import org.lastack.wire.Frame;
import org.lastack.wire.Ipv4Header;
import org.lastack.wire.Ipv6Header;
import org.lastack.wire.TcpHeader;

/// Both ends send, over networks that lose, reorder, duplicate, corrupt and delay, and every octet is compared. In half of the seeds one side's
/// sequence numbers wrap during the transfer.
class ImpairedConnectionTest {
    private static final long SECOND = 1_000_000_000L;
    private static final int BLOCK = 60;
    /// RFC 6528's clock: one number per 64 ns.
    private static final int NS_PER_NUMBER = 64;

    /// How a seed's connection is opened and closed.
    private enum Shape {
        CLIENT_CLOSES, SERVER_CLOSES, BOTH_CLOSE, BOTH_OPEN
    }

    private static final class Run {
        final Simulation sim;
        final SimHost a;
        final SimHost b;
        final Duplex client;
        final Duplex server;

        Run(long seed, long startNs, boolean impaired) {
            sim = new Simulation(seed, startNs).checking(true);
            Randomness r = new Randomness(seed);
            boolean v4 = r.chance(0.5);
            a = sim.host("a", v4 ? "10.0.0.1" : "fd00::1");
            b = sim.host("b", v4 ? "10.0.0.2" : "fd00::2");
            SimLink link = sim.link(a, b);
            int mtu = r.chance(0.3) ? 1280 : 1500;
            a.mtu(mtu);
            b.mtu(mtu);
            long delayNs = 100_000 + r.nextLong(50_000_000);
            impair(link.forward().delayNs(delayNs), r, impaired);
            impair(link.backward().delayNs(delayNs), r, impaired);
            Shape shape = Shape.values()[(int) (seed % Shape.values().length)];
            String algorithm = CongestionControls.names().get((int) r.nextLong(CongestionControls.names().size()));
            long up = r.nextLong(200_000);
            long down = r.chance(0.3) ? 0 : r.nextLong(100_000);
            client = new Duplex(a, up, down, shape != Shape.SERVER_CLOSES).congestionControl(algorithm);
            server = new Duplex(b, down, up, shape != Shape.CLIENT_CLOSES).congestionControl(algorithm);
            if (shape == Shape.BOTH_OPEN) {
                client.connect(b, 7001, 7002);
                server.connect(a, 7002, 7001);
            } else {
                server.listen(7002);
                client.connect(b, 7001, 7002);
            }
        }

        private static void impair(Channel channel, Randomness r, boolean impaired) {
            double loss = r.nextDouble() * 0.05;
            double duplication = r.nextDouble() * 0.03;
            double reordering = r.nextDouble() * 0.1;
            long held = r.nextLong(30_000_000);
            double corruption = r.chance(0.3) ? 0.01 : 0;
            long jitter = r.chance(0.2) ? r.nextLong(5_000_000) : 0;
            boolean bursts = r.chance(0.2);
            boolean slow = r.chance(0.4);
            long rate = 2_000_000 + r.nextLong(50_000_000);
            int queue = 8 + (int) r.nextLong(60);
            if (impaired) {
                channel.loss(loss).duplication(duplication).reordering(reordering, held).corruption(corruption).jitterNs(jitter);
                if (bursts) {
                    channel.bursts(0.005, 0.4);
                }
                if (slow) {
                    channel.rate(rate).fifoPackets(queue);
                }
            }
        }
    }

    /// The initial sequence numbers of both sides.
    private static final class InitialNumbers implements PacketTap {
        final int[] iss = new int[2];
        final boolean[] seen = new boolean[2];

        @Override
        public void sent(long nowNs, Channel channel, Frame f) {
            int header = Ipv4Header.version(f.data, f.offset) == 4 ? Ipv4Header.MIN_LENGTH : Ipv6Header.LENGTH;
            int side = channel.number() & 1;
            if ((Bytes.u8(f.data, f.offset + header + 13) & TcpHeader.SYN) != 0 && !seen[side]) {
                seen[side] = true;
                iss[side] = Bytes.i32(f.data, f.offset + header + 4);
            }
        }

        /// One side begins so little below 2^32 that it wraps.
        boolean wrapping() {
            return (iss[0] | 0xffff) == -1 || (iss[1] | 0xffff) == -1;
        }
    }

    /// The time at which the run must begin for the initial sequence number of one side to lie `below` under the wrap.
    private static long startForWrap(long seed, long below, boolean ofServer) {
        Run dry = new Run(seed, SECOND, false);
        InitialNumbers numbersOf = new InitialNumbers();
        dry.sim.tap(numbersOf);
        int side = ofServer ? 1 : 0;
        assertThat(dry.sim.runUntil(() -> numbersOf.seen[side], 10 * SECOND)).as("seed %d: an initial sequence number was seen", seed).isTrue();
        long numbers = (-below - numbersOf.iss[side]) & 0xffff_ffffL;
        return SECOND + numbers * NS_PER_NUMBER;
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4})
    void everyOctetArrives(int block) {
        long retransmissions = 0;
        int wrapped = 0;
        for (long seed = block * BLOCK; seed < (block + 1) * BLOCK; seed++) {
            boolean wrap = seed % 2 == 1;
            Run run = new Run(seed, wrap ? startForWrap(seed, 1 + seed * 97 % 60_000, seed % 4 == 3) : SECOND, true);
            InitialNumbers numbers = new InitialNumbers();
            run.sim.tap(numbers);
            boolean over = run.sim.runUntil(() -> run.client.done() && run.server.done(), 3600 * SECOND);
            assertThat(over).as("seed %d ends: %s; %s", seed, run.client, run.server).isTrue();
            assertThat(run.client.whole() && run.server.whole()).as("seed %d is whole: %s; %s", seed, run.client, run.server).isTrue();
            retransmissions += run.a.engine().counters().get(Counter.TcpRetransSegs) + run.b.engine().counters().get(Counter.TcpRetransSegs);
            wrapped += numbers.wrapping() ? 1 : 0;
            run.sim.run(400 * SECOND);
            assertThat(run.a.engine().tcp().connectionCount() + run.b.engine().tcp().connectionCount()).as("seed %d: connections left", seed).isZero();
            assertThat(run.a.engine().tcp().timeWaitCount() + run.b.engine().tcp().timeWaitCount()).as("seed %d: TIME-WAIT left", seed).isZero();
            run.sim.finish();
        }
        assertThat(retransmissions).as("the networks were bad").isGreaterThan(BLOCK * 2);
        assertThat(wrapped).as("runs that began just below the wrap").isGreaterThanOrEqualTo(BLOCK / 2);
    }

    @Test
    void simultaneousCloseGoesThroughClosing() {
        Simulation sim = new Simulation(5).checking(true);
        SimHost a = sim.host("a", "10.0.0.1");
        SimHost b = sim.host("b", "10.0.0.2");
        sim.link(a, b).delayNs(10_000_000);
        AtomicInteger closings = new AtomicInteger();
        for (SimHost each : new SimHost[] {a, b}) {
            each.engine().tcp().tracer((connection, before, after) -> {
                if (after == TcpState.CLOSING) {
                    closings.incrementAndGet();
                }
            });
        }
        // Both open at once, both have nothing to say, both close at once.
        Duplex left = new Duplex(a, 0, 0, true).connect(b, 7001, 7002);
        Duplex right = new Duplex(b, 0, 0, true).connect(a, 7002, 7001);
        assertThat(sim.runUntil(() -> left.done() && right.done(), 60 * SECOND)).isTrue();
        sim.run(1 * SECOND);
        assertThat(left.whole() && right.whole()).as("%s; %s", left, right).isTrue();
        assertThat(closings).hasValue(2);
        assertThat(a.engine().tcp().timeWaitCount() + b.engine().tcp().timeWaitCount()).isEqualTo(2);
        sim.run(120 * SECOND);
        sim.finish();
    }
}
