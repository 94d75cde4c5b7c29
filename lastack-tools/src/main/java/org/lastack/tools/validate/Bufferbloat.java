package org.lastack.tools.validate;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.lastack.sim.BulkSender;
import org.lastack.sim.CoDel;
import org.lastack.sim.Dumbbell;
import org.lastack.sim.FqCoDel;
import org.lastack.sim.Simulation;
import org.lastack.sim.Sink;

/// V4: what a large FIFO does to the round-trip time, and what CoDel and FQ-CoDel do about it.
final class Bufferbloat implements Experiment {
    private static final int FLOWS = 4;
    private static final long RATE = 10_000_000;
    private static final long RTT_NS = 50_000_000;
    private static final int PACKETS = 1000;
    private static final double SECONDS = 100;
    private static final long SAMPLE_NS = 10_000_000;
    private static final long WARM_UP_NS = 5_000_000_000L;
    private static final int CHART_POINTS = 200;

    private enum Queue {
        FIFO("FIFO", "1088 / 1229", "9.36", "0.974"),
        CODEL("CoDel", "73 / 81", "9.64", "0.996"),
        FQ_CODEL("FQ-CoDel", "72 / 75", "9.64", "1.000");

        private final String label;
        private final String ns3Rtt;
        private final String ns3Goodput;
        private final String ns3Jain;

        Queue(String label, String ns3Rtt, String ns3Goodput, String ns3Jain) {
            this.label = label;
            this.ns3Rtt = ns3Rtt;
            this.ns3Goodput = ns3Goodput;
            this.ns3Jain = ns3Jain;
        }
    }

    @Override
    public String id() {
        return "V4";
    }

    @Override
    public String title() {
        return "bufferbloat: FIFO, CoDel, FQ-CoDel";
    }

    @Override
    public int runs() {
        return Queue.values().length;
    }

    private record Outcome(double medianMs, double p95Ms, double goodput, double jain, double[] times, double[] rttMs) {}

    private static Outcome measure(Queue queue, double seconds, long seed, Progress progress) {
        Simulation sim = new Simulation(seed);
        Dumbbell net = new Dumbbell(sim, FLOWS, RATE, RTT_NS, s -> {});
        switch (queue) {
            case FIFO -> net.bottleneck().forward().fifoPackets(PACKETS);
            case CODEL -> net.bottleneck().forward().queue(new CoDel(PACKETS, false));
            case FQ_CODEL -> net.bottleneck().forward().queue(new FqCoDel(PACKETS, false, 1));
        }
        Sink[] sinks = new Sink[FLOWS];
        BulkSender[] senders = new BulkSender[FLOWS];
        for (int i = 0; i < FLOWS; i++) {
            sinks[i] = new Sink(net.receiver(i), 5001);
            senders[i] = new BulkSender(net.sender(i), net.receiver(i).address(), 5001, Long.MAX_VALUE).congestionControl("cubic").start(i * 100_000_000L);
        }
        int most = (int) (seconds * 1e9 / SAMPLE_NS) + 1;
        double[] samples = new double[most * FLOWS];
        double[] times = new double[CHART_POINTS];
        double[] course = new double[CHART_POINTS];
        int[] count = new int[2];
        long begin = sim.nowNs();
        sim.every((long) (seconds * 1e9 / CHART_POINTS), () -> {
            if (count[1] < CHART_POINTS) {
                times[count[1]] = (sim.nowNs() - begin) / 1e9;
                course[count[1]++] = senders[0].rttUs() / 1000.0;
            }
        });
        sim.run(Math.min(WARM_UP_NS, (long) (seconds * 2e8)));
        sim.every(SAMPLE_NS, () -> {
            for (BulkSender each : senders) {
                samples[count[0]++] = each.rttUs() / 1000.0;
            }
        });
        sim.run((long) (seconds * 1e9) - (sim.nowNs() - begin));
        progress.step();
        double[] sorted = Arrays.copyOf(samples, count[0]);
        Arrays.sort(sorted);
        double[] shares = IntStream.range(0, FLOWS).mapToDouble(i -> sinks[i].octets()).toArray();
        return new Outcome(sorted[sorted.length / 2], sorted[sorted.length * 95 / 100], Arrays.stream(shares).sum() * 8 / seconds / 1e6,
                Formulas.jain(shares), Arrays.copyOf(times, count[1]), Arrays.copyOf(course, count[1]));
    }

    @Override
    public Report run(double scale, long seed, Progress progress) {
        Report report = new Report(this)
                .setting("Dumbbell, 4 CUBIC flows, 10 Mbit/s, base RTT 50 ms, room for 1000 packets, 100 s; the senders' smoothed RTT, sampled every 10 ms.")
                .setting("ns-3's figures contain a device queue of 10 packets, about 12 ms. The most that the FIFO can add is 1000 packets: 1250 ms in all.");
        List<List<String>> table = report.table("Round-trip time in ms, goodput in Mbit/s", "queue", "ns-3 median / p95", "Lastack median / p95", "ns-3 goodput",
                "Lastack goodput", "ns-3 Jain", "Lastack Jain");
        Chart chart = new Chart("validation-v4.svg", "Smoothed RTT of the first of four CUBIC flows", "seconds", "ms", false);
        List<Outcome> outcomes = Arrays.stream(Queue.values()).parallel().map(queue -> measure(queue, SECONDS * scale, seed, progress)).toList();
        for (Queue queue : Queue.values()) {
            Outcome o = outcomes.get(queue.ordinal());
            table.add(List.of(queue.label, queue.ns3Rtt, String.format(Locale.ROOT, "%.0f / %.0f", o.medianMs(), o.p95Ms()), queue.ns3Goodput,
                    Formulas.short3(o.goodput()), queue.ns3Jain, String.format(Locale.ROOT, "%.3f", o.jain())));
            chart.line(queue.label, o.times(), o.rttMs());
        }
        Outcome fifo = outcomes.get(0);
        Outcome codel = outcomes.get(1);
        Outcome fair = outcomes.get(2);
        return report.chart(chart)
                .check(fifo.medianMs() > 800 && fifo.p95Ms() <= 1260, "the FIFO stands full: median RTT above 800 ms, 95 %% below 1260 ms")
                .check(codel.medianMs() < 85 && fair.medianMs() < 85, "CoDel and FQ-CoDel: median RTT below 85 ms")
                .check(codel.goodput() > 9.2 && fair.goodput() > 9.2, "CoDel and FQ-CoDel: goodput above 9.2 Mbit/s")
                .check(fair.jain() > 0.99, "FQ-CoDel: Jain's index above 0.99");
    }
}
