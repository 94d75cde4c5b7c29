package org.lastack.tools.validate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.lastack.sim.BulkSender;
import org.lastack.sim.SimHost;
import org.lastack.sim.SimLink;
import org.lastack.sim.Simulation;
import org.lastack.sim.Sink;

/// V1: goodput under random loss, Reno and CUBIC.
final class LossResponse implements Experiment {
    private static final double RTT = 0.1;
    private static final double RTO = 0.3;
    private static final int SEEDS = 4;
    /// Where windows are so small that a run is short.
    private static final int SEEDS_SMALL = 16;
    private static final double SMALL = 1e-2;
    private static final double LOSSES_PER_RUN = 150;
    private static final double LEAST_SECONDS = 300;
    private static final long WARM_UP_NS = 10_000_000_000L;
    private static final double[] LOSS = {1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2};
    /// Measured in 2026; Linux's rows with the loss rate that really occurred.
    private static final String[] NS3_RENO = {"16.6-18.0", "8.9-9.1", "4.8-5.0", "2.81-2.83", "1.55-1.63", "0.86"};
    private static final String[] NS3_NEWRENO = {"11.4-11.7", "5.8-6.1", "3.0-3.1", "1.64-1.75", "0.77", "0.40-0.41"};
    private static final String[] LINUX_RENO = {"-", "6.3-7.0 (3.2e-4)", "3.8 (9.5e-4), 5.0 (7.0e-4)", "2.43 (3.0e-3), 2.54 (2.7e-3)",
        "1.13-1.20 (1.1e-2)", "0.63-0.66 (3.0e-2)"};
    private static final String[] NS3_CUBIC = {"26.4", "11.1", "4.5-4.7", "2.0-2.1", "0.79-0.82", "0.39-0.41"};
    private static final String[] LINUX_CUBIC = {"-", "10.0 (2.6e-4)", "5.1 (9.4e-4)", "2.97 (2.3e-3)", "1.22 (9.0e-3)", "0.64 (2.7e-2)"};

    private static final double[] BBR_LOSS = {3e-4, 1e-3, 3e-3, 1e-2};
    private static final String[] LINUX_BBR = {"16.0", "18.5", "18.9", "17.0"};
    private static final double BBR_SECONDS = 90;
    /// What chance does to one run is more than the algorithm does.
    private static final int BBR_SEEDS = 12;

    @Override
    public String id() {
        return "V1";
    }

    @Override
    public String title() {
        return "loss response of Reno, CUBIC and BBR";
    }

    @Override
    public int runs() {
        return 2 * Arrays.stream(LOSS).mapToInt(LossResponse::seeds).sum() + 2 * BBR_LOSS.length * BBR_SEEDS;
    }

    /// Mean goodput in Mbit/s, and the probability with which segments were really lost.
    private record Point(double goodput, double realLoss) {}

    private static Point measure(String algorithm, double p, double seconds, long seed, Progress progress) {
        Simulation sim = new Simulation(seed);
        SimHost sender = sim.host("sender", "10.0.0.1");
        SimHost receiver = sim.host("receiver", "10.0.0.2");
        SimLink link = sim.link(sender, receiver).delayNs((long) (RTT * 5e8));
        link.forward().loss(p);
        Sink sink = new Sink(receiver, 5001);
        new BulkSender(sender, receiver.address(), 5001, Long.MAX_VALUE).congestionControl(algorithm).start(0);
        sim.run(WARM_UP_NS);
        long before = sink.octets();
        sim.run((long) (seconds * 1e9));
        progress.step();
        double goodput = (sink.octets() - before) * 8 / seconds / 1e6;
        return new Point(goodput, (double) link.forward().lost() / link.forward().sent());
    }

    private static int seeds(double p) {
        return p >= SMALL ? SEEDS_SMALL : SEEDS;
    }

    private static Point mean(String algorithm, double p, double expected, double scale, long seed, Progress progress) {
        double segmentsPerSecond = expected / Formulas.perSegment(1);
        double seconds = scale * Math.max(LEAST_SECONDS, LOSSES_PER_RUN / p / segmentsPerSecond);
        List<Point> points = IntStream.range(0, seeds(p)).parallel().mapToObj(i -> measure(algorithm, p, seconds, seed + i, progress)).toList();
        return new Point(points.stream().mapToDouble(Point::goodput).average().orElse(0), points.stream().mapToDouble(Point::realLoss).average().orElse(0));
    }

    @Override
    public Report run(double scale, long seed, Progress progress) {
        Report report = new Report(this)
                .setting("One flow, RTT 100 ms, MSS 1448, no bottleneck, segments of text lost at random; goodput in Mbit/s, mean of " + SEEDS + " seeds, of " + SEEDS_SMALL + " from 1e-2 on.")
                .setting("Formulas: Mathis with C = sqrt(3/2), PFTK as in RFC 5348 with RTO 0.3 s, one segment per ACK (for we count octets), "
                        + "beside it with b = 2, delayed ACKs that are counted; "
                        + "CUBIC as in RFC 9438 §5.")
                .setting("Measured by others: ns-3.37 and Linux 6.18 (single runs of 90 s, behind a relay whose real loss stands in parentheses).");
        List<List<String>> reno = report.table("Reno", "p", "Mathis", "b=2", "PFTK", "b=2", "ns-3 LinuxReno", "ns-3 NewReno", "Linux 6.18 reno", "Lastack", "real p", "to Mathis", "to PFTK");
        double[] ours = new double[LOSS.length];
        double[] mathis = new double[LOSS.length];
        double[] pftk = new double[LOSS.length];
        for (int i = 0; i < LOSS.length; i++) {
            double p = LOSS[i];
            mathis[i] = Formulas.mathis(p, RTT, 1);
            pftk[i] = Formulas.pftk(p, RTT, 1, RTO);
            Point point = mean("reno", p, mathis[i], scale, seed, progress);
            ours[i] = point.goodput();
            reno.add(List.of(Formulas.exponent(p), Formulas.short3(mathis[i]), Formulas.short3(Formulas.mathis(p, RTT, 2)),
                    Formulas.short3(pftk[i]), Formulas.short3(Formulas.pftk(p, RTT, 2, RTO)), NS3_RENO[i], NS3_NEWRENO[i], LINUX_RENO[i],
                    Formulas.short3(ours[i]), String.format("%.2e", point.realLoss()), Formulas.deviation(ours[i], mathis[i]),
                    Formulas.deviation(ours[i], pftk[i])));
        }
        check(report, "Reno within 15 % of Mathis for 3e-4 <= p <= 1e-2", ours, mathis, 0.15, 1, 4);
        check(report, "Reno within 15 % of PFTK for 3e-4 <= p <= 3e-2", ours, pftk, 0.15, 1, 5);
        report.chart(new Chart("validation-v1-reno.svg", "Reno: goodput under random loss, RTT 100 ms", "loss probability", "Mbit/s", true)
                .line("Mathis", LOSS, mathis)
                .line("PFTK", LOSS, pftk)
                .points("Lastack", LOSS, ours)
                .points("Linux 6.18", new double[] {3.2e-4, 9.5e-4, 7e-4, 3e-3, 2.7e-3, 1.1e-2, 3e-2}, new double[] {6.65, 3.8, 5.0, 2.43, 2.54, 1.17, 0.645}));
        cubic(report, scale, seed, progress);
        bbr(report, scale, seed, progress);
        return report;
    }

    private static void cubic(Report report, double scale, long seed, Progress progress) {
        List<List<String>> table = report.table("CUBIC", "p", "RFC 9438", "ns-3.37", "Linux 6.18 cubic", "Lastack", "real p", "to RFC 9438");
        double[] ours = new double[LOSS.length];
        double[] formula = new double[LOSS.length];
        for (int i = 0; i < LOSS.length; i++) {
            double p = LOSS[i];
            formula[i] = Formulas.cubicWindow(p, RTT) * Formulas.perSegment(RTT);
            Point point = mean("cubic", p, formula[i], scale, seed, progress);
            ours[i] = point.goodput();
            table.add(List.of(Formulas.exponent(p), Formulas.short3(formula[i]), NS3_CUBIC[i], LINUX_CUBIC[i], Formulas.short3(ours[i]),
                    String.format("%.2e", point.realLoss()), Formulas.deviation(ours[i], formula[i])));
        }
        check(report, "CUBIC within 20 % of RFC 9438 for 1e-4 <= p <= 3e-2", ours, formula, 0.2, 0, 5);
        report.check(ours[3] > 2.1 && ours[4] > 0.82 && ours[5] > 0.41, "CUBIC beats ns-3.37, which lacks Reno-friendliness, for p >= 3e-3");
        report.chart(new Chart("validation-v1-cubic.svg", "CUBIC: goodput under random loss, RTT 100 ms", "loss probability", "Mbit/s", true)
                .line("RFC 9438", LOSS, formula)
                .points("Lastack", LOSS, ours)
                .points("Linux 6.18", new double[] {2.6e-4, 9.4e-4, 2.3e-3, 9e-3, 2.7e-2}, new double[] {10.0, 5.1, 2.97, 1.22, 0.64})
                .points("ns-3.37", LOSS, new double[] {26.4, 11.1, 4.6, 2.05, 0.8, 0.4}));
    }

    private static void bbr(Report report, double scale, long seed, Progress progress) {
        List<List<String>> table = report.table("BBR at a bottleneck of 20 Mbit/s, queue of one bandwidth-delay product; mean of " + BBR_SEEDS + " seeds, 90 s each", "p", "Linux 6.18 bbr", "Lastack bbr", "Lastack bbr3");
        double[][] ours = new double[2][BBR_LOSS.length];
        for (int i = 0; i < BBR_LOSS.length; i++) {
            double p = BBR_LOSS[i];
            for (int k = 0; k < 2; k++) {
                String algorithm = k == 0 ? "bbr" : "bbr3";
                ours[k][i] = IntStream.range(0, BBR_SEEDS).parallel().mapToDouble(n -> capped(algorithm, p, BBR_SECONDS * scale, seed + n, progress)).average().orElse(0);
            }
            table.add(List.of(Formulas.exponent(p), LINUX_BBR[i], Formulas.short3(ours[0][i]), Formulas.short3(ours[1][i])));
        }
        report.check(Arrays.stream(ours[0]).min().orElse(0) >= 16, "bbr: at least 16 Mbit/s at each loss (Linux: 16.0 to 18.9)");
        report.check(Arrays.stream(ours[1]).min().orElse(0) >= 16, "bbr3: the same, for loss stays below its threshold of 2 %%");
    }

    private static double capped(String algorithm, double p, double seconds, long seed, Progress progress) {
        Simulation sim = new Simulation(seed);
        SimHost sender = sim.host("sender", "10.0.0.1");
        SimHost receiver = sim.host("receiver", "10.0.0.2");
        SimLink link = sim.link(sender, receiver).delayNs((long) (RTT * 5e8));
        link.forward().rate(20_000_000).fifoPackets(167).loss(p);
        Sink sink = new Sink(receiver, 5001);
        new BulkSender(sender, receiver.address(), 5001, Long.MAX_VALUE).congestionControl(algorithm).start(0);
        sim.run((long) (seconds * 1e9));
        progress.step();
        return sink.octets() * 8 / seconds / 1e6;
    }

    private static void check(Report report, String what, double[] ours, double[] formula, double tolerance, int from, int to) {
        List<String> outside = new ArrayList<>();
        for (int i = from; i <= to; i++) {
            if (Math.abs(ours[i] / formula[i] - 1) > tolerance) {
                outside.add(Formulas.exponent(LOSS[i]) + " " + Formulas.deviation(ours[i], formula[i]));
            }
        }
        report.check(outside.isEmpty(), "%s", what + (outside.isEmpty() ? "" : " (not at " + String.join(", ", outside) + ")"));
    }
}
