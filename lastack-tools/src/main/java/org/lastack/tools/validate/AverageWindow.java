package org.lastack.tools.validate;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.lastack.core.Sysctl;
import org.lastack.core.tcp.CongestionModel;
import org.lastack.sim.BulkSender;
import org.lastack.sim.SimHost;
import org.lastack.sim.SimLink;
import org.lastack.sim.Simulation;
import org.lastack.sim.Sink;

/// V2: the tables of RFC 9438 §5: average window under periodic loss.
final class AverageWindow implements Experiment {
    private static final double[] LOSS = {1e-2, 1e-3, 1e-4, 1e-5, 1e-6};
    private static final int[] RENO = {12, 38, 120, 379, 1200};
    private static final int[] CUBIC_100_MS = {12, 38, 187, 1054, 5926};
    private static final int[] CUBIC_10_MS = {12, 38, 120, 379, 1200};
    /// Cycles of loss that are left out, and that are measured.
    private static final int[] WARM_UP_CYCLES = {50, 30, 15, 10, 5};
    private static final int[] CYCLES = {400, 100, 30, 12, 4};
    private static final int SAMPLES_PER_RTT = 4;
    /// RFC 9438 §5.1, the rest of tables 1 and 2.
    private static final double[] MODEL_LOSS = {1e-6, 1e-7, 1e-8};
    private static final int[] MODEL_RENO = {1200, 3795, 12_000};
    private static final int[] MODEL_CUBIC_100_MS = {5926, 33_325, 187_400};
    private static final int[] MODEL_CUBIC_10_MS = {1200, 5926, 33_325};
    private static final int MODEL_CYCLES = 4;
    /// RFC 9438 §5.2, table 3: the loss at which the algorithms reach 1, 10, 100, 1000 and 10,000 Mbit/s with packets of 1500 octets, RTT 100 ms.
    private static final double[] RATES = {1, 10, 100, 1000, 10_000};
    private static final double[] RENO_NEEDED = {2.0e-2, 2.0e-4, 2.0e-6, 2.0e-8, 2.0e-10};
    private static final String[] HSTCP_NEEDED = {"2.0e-2", "3.9e-4", "2.5e-5", "1.5e-6", "1.0e-7"};
    private static final double[] CUBIC_NEEDED = {2.0e-2, 2.9e-4, 1.4e-5, 6.3e-7, 2.9e-8};
    private static final int PACKET_BITS = 1500 * 8;
    /// The columns of tables 1 and 2 for what is not here: HighSpeed TCP, and CUBIC with other constants, p = 1e-2 to 1e-8.
    private static final String[] HSTCP = {"12", "38", "263", "1795", "12280", "83981", "574356"};
    private static final String[][] OTHER_CUBICS = {{"12", "38", "120", "593", "3332", "18740", "105383"}, {"12", "59", "333", "1874", "10538", "59261", "333250"},
        {"12", "38", "120", "379", "1200", "3795", "18740"}, {"12", "38", "120", "379", "1874", "10538", "59261"}};

    /// Share of the average window at which slow start meets its loss: it doubles once more before that is noticed.
    private static final double FIRST_LOSS = 0.57;

    @Override
    public String id() {
        return "V2";
    }

    @Override
    public String title() {
        return "average window of RFC 9438's tables";
    }

    @Override
    public int runs() {
        return 3 * LOSS.length + 3 * MODEL_LOSS.length + RENO_NEEDED.length + CUBIC_NEEDED.length;
    }

    private record Point(String algorithm, double rtt, int index, int published) {}

    private static double measure(Point point, double scale, long seed, Progress progress) {
        double p = LOSS[point.index()];
        Simulation sim = new Simulation(seed);
        SimHost sender = sim.host("sender", "10.0.0.1", s -> s.set(Sysctl.TCP_WMEM_MAX, 256 << 20));
        SimHost receiver = sim.host("receiver", "10.0.0.2", s -> s.set(Sysctl.TCP_RMEM_MAX, 256 << 20));
        SimLink link = sim.link(sender, receiver).delayNs((long) (point.rtt() * 5e8));
        long every = Math.round(1 / p);
        int warmUp = WARM_UP_CYCLES[point.index()];
        new Sink(receiver, 5001);
        BulkSender bulk = new BulkSender(sender, receiver.address(), 5001, Long.MAX_VALUE).congestionControl(point.algorithm()).start(0);
        long limit = 100_000_000_000_000L;
        // The first loss comes where the RFC's has it, else slow start would go on for 1/p segments.
        sim.runUntil(() -> bulk.cwnd() >= FIRST_LOSS * point.published(), limit);
        link.forward().lossEvery(1);
        sim.runUntil(() -> link.forward().lost() > 0, limit);
        link.forward().lossEvery(every);
        long first = link.forward().lost(); // a sender that sends bursts has lost one by now
        sim.runUntil(() -> link.forward().lost() >= first + warmUp, limit);
        double[] sums = new double[2];
        sim.every((long) (point.rtt() * 1e9 / SAMPLES_PER_RTT), () -> {
            sums[0] += bulk.cwnd();
            sums[1]++;
        });
        long end = first + warmUp + Math.max(2, (long) (CYCLES[point.index()] * scale));
        sim.runUntil(() -> link.forward().lost() >= end, limit);
        progress.step();
        return sums[0] / sums[1];
    }

    private static double model(String algorithm, int rttMs, double p, double published, Progress progress) {
        double window = CongestionModel.averageWindow(algorithm, rttMs * 1_000_000L, Math.round(1 / p), (int) published, MODEL_CYCLES, MODEL_CYCLES);
        progress.step();
        return window;
    }

    @Override
    public Report run(double scale, long seed, Progress progress) {
        Report report = new Report(this)
                .setting("One flow, no bottleneck, every 1/p-th segment lost, as in the RFC's analysis; average congestion window in segments.")
                .setting("Down to 1e-6 segment by segment; below, where one cycle of loss is 10 to 100 million segments, the algorithm alone with ACKs "
                        + "that come evenly (marked *), for comparison at 1e-6 too.");
        List<Point> points = IntStream.range(0, LOSS.length)
                .boxed()
                .flatMap(i -> java.util.stream.Stream.of(new Point("reno", 0.1, i, RENO[i]), new Point("cubic", 0.1, i, CUBIC_100_MS[i]),
                        new Point("cubic", 0.01, i, CUBIC_10_MS[i])))
                .toList();
        double[] measured = points.parallelStream().mapToDouble(point -> measure(point, scale, seed, progress)).toArray();
        List<List<String>> table = report.table("Average window", "p", "RFC Reno", "Lastack", "RFC CUBIC, RTT 100 ms", "Lastack", "RFC CUBIC, RTT 10 ms",
                "Lastack");
        for (int i = 0; i < LOSS.length; i++) {
            table.add(List.of(Formulas.exponent(LOSS[i]), "" + RENO[i], Formulas.short3(measured[3 * i]), "" + CUBIC_100_MS[i],
                    Formulas.short3(measured[3 * i + 1]), "" + CUBIC_10_MS[i], Formulas.short3(measured[3 * i + 2])));
        }
        List<Double> alone = new ArrayList<>();
        List<Integer> published = new ArrayList<>();
        for (int i = 0; i < MODEL_LOSS.length; i++) {
            double[] window = {model("reno", 100, MODEL_LOSS[i], MODEL_RENO[i], progress), model("cubic", 100, MODEL_LOSS[i], MODEL_CUBIC_100_MS[i], progress),
                model("cubic", 10, MODEL_LOSS[i], MODEL_CUBIC_10_MS[i], progress)};
            published.addAll(List.of(MODEL_RENO[i], MODEL_CUBIC_100_MS[i], MODEL_CUBIC_10_MS[i]));
            for (double each : window) {
                alone.add(each);
            }
            table.add(List.of(Formulas.exponent(MODEL_LOSS[i]) + " *", "" + MODEL_RENO[i], Formulas.short3(window[0]), "" + MODEL_CUBIC_100_MS[i],
                    Formulas.short3(window[1]), "" + MODEL_CUBIC_10_MS[i], Formulas.short3(window[2])));
        }
        needed(report, progress);
        published(report);
        double worst = 0;
        String where = "";
        for (int i = 0; i < measured.length; i++) {
            double off = Math.abs(measured[i] / points.get(i).published() - 1);
            if (!(off <= worst)) { // also what is no number, for then nothing was measured
                worst = off;
                where = points.get(i).algorithm() + " at " + Formulas.exponent(LOSS[points.get(i).index()]) + ", RTT " + points.get(i).rtt() + " s";
            }
        }
        report.check(worst <= 0.2, "all within 20 %% of the RFC's figures (the farthest: %s, %.0f %%)", where, worst * 100);
        double farthest = IntStream.range(0, alone.size()).mapToDouble(i -> Math.abs(alone.get(i) / published.get(i) - 1)).max().orElse(0);
        report.check(farthest <= 0.2, "the algorithms alone, to 1e-8: within 20 %% (the farthest: %.0f %%)", farthest * 100);
        double[] ours = IntStream.range(0, LOSS.length).mapToDouble(i -> measured[3 * i + 1]).toArray();
        double[] reno = IntStream.range(0, LOSS.length).mapToDouble(i -> measured[3 * i]).toArray();
        double[] rfc = IntStream.range(0, LOSS.length).mapToDouble(i -> Formulas.cubicWindow(LOSS[i], 0.1)).toArray();
        double[] rfcReno = IntStream.range(0, LOSS.length).mapToDouble(i -> Formulas.renoWindow(LOSS[i])).toArray();
        report.chart(new Chart("validation-v2.svg", "Average window under periodic loss, RTT 100 ms", "loss probability", "segments", true)
                .line("RFC 9438, CUBIC", LOSS, rfc)
                .line("RFC 9438, Reno", LOSS, rfcReno)
                .points("Lastack CUBIC", LOSS, ours)
                .points("Lastack Reno", LOSS, reno));
        return report;
    }

    private static void needed(Report report, Progress progress) {
        List<List<String>> table = report.table("Loss at which a rate is reached, RTT 100 ms, packets of 1500 octets, and the rate of our algorithm alone at that loss", "Mbit/s",
                "RFC Reno", "Lastack", "RFC HSTCP", "RFC CUBIC", "Lastack");
        double farthest = 0;
        for (int i = 0; i < RATES.length; i++) {
            double window = RATES[i] * 1e5 / PACKET_BITS;
            double reno = model("reno", 100, RENO_NEEDED[i], window, progress) * PACKET_BITS / 1e5;
            double cubic = model("cubic", 100, CUBIC_NEEDED[i], window, progress) * PACKET_BITS / 1e5;
            farthest = Math.max(farthest, Math.max(Math.abs(reno / RATES[i] - 1), Math.abs(cubic / RATES[i] - 1)));
            table.add(List.of("" + (int) RATES[i], String.format(Locale.ROOT, "%.1e", RENO_NEEDED[i]).replace("e-0", "e-"), Formulas.short3(reno), HSTCP_NEEDED[i],
                    String.format(Locale.ROOT, "%.1e", CUBIC_NEEDED[i]).replace("e-0", "e-"), Formulas.short3(cubic)));
        }
        report.check(farthest <= 0.2, "rates at the RFC's losses: within 20 %% (the farthest: %.0f %%)", farthest * 100);
    }

    private static void published(Report report) {
        List<List<String>> table = report.table("The rest of the RFC's tables, for what is not here: HighSpeed TCP, and CUBIC with another C", "p", "HSTCP, 100 ms", "C=0.04, 100 ms",
                "C=4, 100 ms", "C=0.04, 10 ms", "C=4, 10 ms");
        for (int i = 0; i < HSTCP.length; i++) {
            table.add(List.of("1e-" + (i + 2), HSTCP[i], OTHER_CUBICS[0][i], OTHER_CUBICS[1][i], OTHER_CUBICS[2][i], OTHER_CUBICS[3][i]));
        }
    }
}
