package org.lastack.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.lastack.core.Counter;
import org.lastack.core.Sysctl;
import org.lastack.core.tcp.CongestionControls;

/// What congestion control makes of a path: short runs with loose floors. `lastack validate` has the long ones.
class CongestionTest {
    private static final long SECOND = 1_000_000_000L;
    private static final long MILLISECOND = 1_000_000L;

    private static final class Path {
        final Simulation sim = new Simulation(11);
        final SimHost sender;
        final SimHost receiver;
        final Channel forward;
        final Sink sink;
        final BulkSender bulk;

        Path(String algorithm, long rate, long rttNs, int hystart) {
            sender = sim.host("sender", "10.0.0.1", s -> s.set(Sysctl.TCP_HYSTART, hystart));
            receiver = sim.host("receiver", "10.0.0.2");
            SimLink link = sim.link(sender, receiver).delayNs(rttNs / 2);
            forward = link.forward().rate(rate).fifoPackets(1000);
            sink = new Sink(receiver, 5001);
            bulk = new BulkSender(sender, receiver.address(), 5001, Long.MAX_VALUE).congestionControl(algorithm).start(0);
        }

        /// Goodput in Mbit/s.
        double run(double seconds) {
            long before = sink.octets();
            sim.run((long) (seconds * 1e9));
            return (sink.octets() - before) * 8 / seconds / 1e6;
        }

        long count(Counter counter) {
            return sender.engine().counters().get(counter);
        }
    }

    @ParameterizedTest
    @CsvSource({"reno, 0.001, 4.49", "reno, 0.01, 1.42", "cubic, 0.001, 4.40", "cubic, 0.01, 1.39", "dctcp, 0.01, 1.42"})
    void goodputUnderRandomLoss(String algorithm, double loss, double formula) {
        Path path = new Path(algorithm, 0, 100 * MILLISECOND, 1);
        path.forward.loss(loss);
        path.run(5);
        assertThat(path.run(400)).isBetween(formula * 0.75, formula * 1.3);
    }

    @ParameterizedTest
    @CsvSource({"bbr, 0.0003, 17", "bbr, 0.003, 17", "bbr, 0.01, 17", "bbr3, 0.0003, 17", "bbr3, 0.003, 17", "bbr3, 0.01, 16"})
    void bbrIsHardlyMovedByLoss(String algorithm, double loss, double floor) {
        Path path = new Path(algorithm, 20_000_000, 100 * MILLISECOND, 1);
        path.forward.fifoPackets(170).loss(loss);
        path.run(3);
        assertThat(path.run(30)).as("Linux's bbr got 16.0 to 18.9 of 20 Mbit/s").isGreaterThan(floor);
        assertThat(path.count(Counter.TcpExtTCPTimeouts)).isZero();
    }

    @ParameterizedTest
    @CsvSource({"bbr", "bbr3"})
    void bbrKeepsTheQueueShort(String algorithm) {
        Path path = new Path(algorithm, 20_000_000, 100 * MILLISECOND, 1);
        path.run(5);
        long[] sum = new long[2];
        path.sim.every(MILLISECOND, () -> {
            sum[0] += path.forward.queuedOctets();
            sum[1]++;
        });
        assertThat(path.run(20)).isGreaterThan(18);
        assertThat(sum[0] / sum[1]).as("octets on average; a bandwidth-delay product is 250,000").isLessThan(60_000);
    }

    @Test
    void bbr3LeavesAPathThatLosesMoreThanTwoPercentOfWhatItProbes() {
        // A queue of a tenth of the bandwidth-delay product: what probing sends beyond it is lost, and the upper bound has to come down.
        Path path = new Path("bbr3", 20_000_000, 100 * MILLISECOND, 1);
        path.forward.fifoPackets(17);
        path.run(10);
        long lost = path.count(Counter.TcpRetransSegs);
        long sent = path.count(Counter.TcpOutSegs);
        assertThat(path.run(30)).as("Mbit/s").isGreaterThan(16);
        double share = (path.count(Counter.TcpRetransSegs) - lost) / (double) (path.count(Counter.TcpOutSegs) - sent);
        assertThat(share).as("of its segments").isLessThan(0.01);
    }

    @ParameterizedTest
    @CsvSource({"cubic, 0.1", "reno, 0.1"})
    void bbr3LivesBesideAlgorithmsThatFillQueues(String other, double floor) {
        Simulation sim = new Simulation(5);
        Dumbbell net = new Dumbbell(sim, 2, 20_000_000, 40 * MILLISECOND, s -> {});
        net.bottleneck().forward().fifoPackets(130);
        Sink[] sinks = {new Sink(net.receiver(0), 5001), new Sink(net.receiver(1), 5001)};
        new BulkSender(net.sender(0), net.receiver(0).address(), 5001, Long.MAX_VALUE).congestionControl("bbr3").start(0);
        new BulkSender(net.sender(1), net.receiver(1).address(), 5001, Long.MAX_VALUE).congestionControl(other).start(100 * MILLISECOND);
        sim.run(60 * SECOND);
        double both = sinks[0].octets() + sinks[1].octets();
        assertThat(both * 8 / 60e6).as("Mbit/s").isGreaterThan(18);
        assertThat(sinks[0].octets() / both).as("share of BBR").isBetween(floor, 1 - floor);
    }

    @Test
    void dctcpStandsAtTheMark() {
        Simulation sim = new Simulation(1);
        Dumbbell net = new Dumbbell(sim, 2, 100_000_000, 5 * MILLISECOND, s -> {});
        Channel bottleneck = net.bottleneck().forward().fifoPackets(500).markAbove(20);
        Sink[] sinks = new Sink[2];
        for (int i = 0; i < 2; i++) {
            // Before the listener is made: only one with DCTCP takes a SYN that is ECN-capable.
            net.receiver(i).engine().sysctls().congestionControl("dctcp");
            sinks[i] = new Sink(net.receiver(i), 5001);
            new BulkSender(net.sender(i), net.receiver(i).address(), 5001, Long.MAX_VALUE).congestionControl("dctcp").start(i * 100 * MILLISECOND);
        }
        sim.run(2 * SECOND);
        long[] sum = new long[2];
        sim.every(MILLISECOND, () -> {
            sum[0] += bottleneck.queuedOctets();
            sum[1]++;
        });
        long before = sinks[0].octets() + sinks[1].octets();
        sim.run(5 * SECOND);
        assertThat((sinks[0].octets() + sinks[1].octets() - before) * 8 / 5e6).as("Mbit/s").isGreaterThan(94);
        assertThat(sum[0] / 1500 / sum[1]).as("packets in the queue on average").isBetween(5L, 35L);
        assertThat(bottleneck.queueDrops()).isZero();
        assertThat(bottleneck.marks()).isPositive();
    }

    @ParameterizedTest
    @CsvSource({"1", "2"})
    void slowStartEndsBeforeTheQueueOverflows(int mode) {
        Path blind = new Path("cubic", 50_000_000, 60 * MILLISECOND, 0);
        blind.run(3);
        assertThat(blind.forward.queueDrops()).as("without HyStart slow start overshoots").isGreaterThan(100);
        Path path = new Path("cubic", 50_000_000, 60 * MILLISECOND, mode);
        double goodput = path.run(3);
        assertThat(path.forward.queueDrops()).isLessThan(blind.forward.queueDrops() / 2);
        assertThat(goodput).isGreaterThan(25);
    }

    @ParameterizedTest
    @CsvSource({"cubic", "reno"})
    void reorderingCostsAtMostATenth(String algorithm) {
        double[] goodput = new double[2];
        for (int i = 0; i < 2; i++) {
            Path path = new Path(algorithm, 100_000_000, 20 * MILLISECOND, 1);
            path.forward.fifoPackets(166).reordering(i * 0.02, 3 * MILLISECOND);
            goodput[i] = path.run(10);
        }
        assertThat(goodput[0]).isGreaterThan(90);
        assertThat(goodput[1]).as("2 %% delayed by 3 ms").isGreaterThan(0.9 * goodput[0]);
    }

    @ParameterizedTest
    @CsvSource({"cubic, 0.85", "reno, 0.95", "bbr, 0.7", "bbr3, 0.7"})
    void flowsOfOneKindShare(String algorithm, double floor) {
        Simulation sim = new Simulation(2);
        Dumbbell net = new Dumbbell(sim, 4, 20_000_000, 40 * MILLISECOND, s -> {});
        net.bottleneck().forward().fifoPackets(70);
        Sink[] sinks = new Sink[4];
        for (int i = 0; i < 4; i++) {
            sinks[i] = new Sink(net.receiver(i), 5001);
            new BulkSender(net.sender(i), net.receiver(i).address(), 5001, Long.MAX_VALUE).congestionControl(algorithm).start(i * 300 * MILLISECOND);
        }
        sim.run(60 * SECOND);
        double[] shares = Arrays.stream(sinks).mapToDouble(Sink::octets).toArray();
        double sum = Arrays.stream(shares).sum();
        double squares = Arrays.stream(shares).map(x -> x * x).sum();
        assertThat(sum * 8 / 60e6).as("Mbit/s").isGreaterThan(18);
        assertThat(sum * sum / 4 / squares).as("Jain's index").isGreaterThan(floor);
    }

    @Test
    void everyAlgorithmSurvivesATimeOut() {
        for (String name : CongestionControls.names()) {
            Path path = new Path(name, 10_000_000, 50 * MILLISECOND, 1);
            path.run(3);
            path.forward.down(true);
            path.run(3);
            path.forward.down(false);
            path.run(4);
            assertThat(path.run(5)).as("%s, Mbit/s after a silence of 3 s", name).isGreaterThan(8.5);
            assertThat(path.count(Counter.TcpExtTCPTimeouts)).as(name).isPositive();
        }
    }
}
