package org.lastack.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.lastack.core.Sysctl;

/// Queues before a bottleneck, seen through the flows that fill them.
class QueueTest {
    private static final long SECOND = 1_000_000_000L;
    private static final long MILLISECOND = 1_000_000L;

    private final Simulation sim = new Simulation(3);

    /// Two CUBIC flows over 10 Mbit/s, 40 ms; the average queue in octets over 20 s after the first 5.
    private double averageQueue(Consumer<? super Channel> queue, Consumer<? super org.lastack.core.Sysctls> settings) {
        Dumbbell net = new Dumbbell(sim, 2, 10_000_000, 40 * MILLISECOND, settings);
        Channel bottleneck = net.bottleneck().forward();
        queue.accept(bottleneck);
        Sink[] sinks = new Sink[2];
        for (int i = 0; i < 2; i++) {
            sinks[i] = new Sink(net.receiver(i), 5001);
            new BulkSender(net.sender(i), net.receiver(i).address(), 5001, Long.MAX_VALUE).start(i * 100 * MILLISECOND);
        }
        sim.run(5 * SECOND);
        double[] sum = new double[2];
        sim.every(MILLISECOND, () -> {
            sum[0] += bottleneck.queuedOctets();
            sum[1]++;
        });
        long before = sinks[0].octets() + sinks[1].octets();
        sim.run(20 * SECOND);
        assertThat((sinks[0].octets() + sinks[1].octets() - before) * 8 / 20e6).as("goodput in Mbit/s").isBetween(9.0, 9.66);
        drops = bottleneck.queueDrops();
        marks = bottleneck.marks();
        sim.finish();
        return sum[0] / sum[1];
    }

    private long drops;
    private long marks;

    @Test
    void aFifoStandsFull() {
        assertThat(averageQueue(c -> c.fifoPackets(200), s -> {})).isBetween(120_000.0, 301_500.0);
        assertThat(drops).isPositive();
    }

    @Test
    void aFifoOfOctetsHoldsNoMore() {
        assertThat(averageQueue(c -> c.fifoOctets(100_000), s -> {})).isBetween(50_000.0, 100_000.0);
    }

    @Test
    void codelKeepsTheQueueShort() {
        // 5 ms at 10 Mbit/s are 6,250 octets; CoDel tolerates more for an interval at a time.
        assertThat(averageQueue(c -> c.queue(new CoDel(1000, false)), s -> {})).isLessThan(15_000);
        assertThat(drops).isPositive();
    }

    @Test
    void codelMarksInsteadOfDroppingWhereItMay() {
        assertThat(averageQueue(c -> c.queue(new CoDel(1000, true)), s -> s.set(Sysctl.TCP_ECN, 1))).isLessThan(15_000);
        assertThat(marks).isGreaterThan(20);
        assertThat(drops).isZero();
    }

    @Test
    void fqCodelKeepsTheQueueShort() {
        assertThat(averageQueue(c -> c.queue(new FqCoDel(1000, false, 1)), s -> {})).isLessThan(25_000);
    }

    @Test
    void fqCodelLetsSparseFlowsPass() {
        Dumbbell net = new Dumbbell(sim, 3, 10_000_000, 40 * MILLISECOND, s -> {});
        net.bottleneck().forward().queue(new FqCoDel(1000, false, 1));
        for (int i = 0; i < 2; i++) {
            new Sink(net.receiver(i), 5001);
            new BulkSender(net.sender(i), net.receiver(i).address(), 5001, Long.MAX_VALUE).start(0);
        }
        sim.run(5 * SECOND);
        RequestResponse app = new RequestResponse(net.sender(2), net.receiver(2), 7, 100, 100, 100).start();
        long begin = sim.nowNs();
        assertThat(sim.runUntil(() -> app.completed() == 100, 60 * SECOND)).isTrue();
        double perRound = (sim.nowNs() - begin) / 101e6;
        assertThat(perRound).as("ms per exchange: the base RTT, at most two packets of others, headers").isBetween(40.0, 44.0);
    }
}
