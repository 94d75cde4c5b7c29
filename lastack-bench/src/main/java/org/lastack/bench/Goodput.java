package org.lastack.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.lastack.core.Counter;
import org.lastack.link.Impairment;

/// `lossy` and `goodput-*`: what arrives over a bad network. Three pairs at the same time, each behind a relay of its own that does the same: our sender
/// and a kernel's receiver, a kernel's sender and our receiver, two kernels.
final class Goodput implements Benchmark {
    /// A network, and how long it is looked at.
    ///
    /// @param flows as many at once, each over a network of its own
    /// @param leadSeconds that are not counted: slow start
    private record Point(String algorithm, int rttMs, double loss, double reorder, long rate, int queue, int flows, double leadSeconds, double seconds) {
        Impairment impairment() {
            return Impairment.NONE.withLoss(loss).withReorder(reorder, 0, REORDER_NS).withDelay(rttMs * 500_000L, 0).withRate(rate, queue);
        }

        String label() {
            return String.format(Locale.ROOT, "%s, RTT %d ms, loss %s %%%s", algorithm, rttMs, percent(loss),
                    reorder > 0 ? ", " + percent(reorder) + " % delayed by 3 ms" : "");
        }

        private static String percent(double share) {
            return String.format(Locale.ROOT, share > 0 && share < 0.01 ? "%.1f" : "%.0f", share * 100);
        }
    }

    /// The page of the documentation, and what it says about how the figures came about.
    static final String DOCUMENT = "goodput";
    static final String METHOD = """
            What arrives over a bad network from Lastack's sender and from the kernel's, with the same congestion control. Three pairs run at the same time:
            Lastack sends to the kernel, the kernel sends to Lastack, the kernel sends to the kernel. Each flow has a bottleneck, a queue, a delay and a random
            loss of its own (`LaneRelay`; the same for all three pairs, down to the seed of the losses), in both directions: ACKs are lost too. The kernels live
            in network namespaces behind TUN devices, and their congestion control is set by their routes. Goodput is what the receiving program has read.
            "+-" is one standard error of the ratio, from the spread of the flows: 0.95 +- 0.03 is not told apart from 1. A ratio above 1 says that Lastack's is more.

            """;
    /// Lastack's share of the kernel's goodput that is asked for at every point.
    private static final double FLOOR = 0.9;
    private static final long REORDER_NS = 3_000_000;
    /// Sum of the goodputs of one pair that this machine shall carry besides the other two.
    private static final double BUDGET = 120e6;
    private static final int MOST_FLOWS = 64;
    private static final int SEGMENT_BITS = 1448 * 8;
    private static final int FIRST_PORT = 10_000;

    private final String name;
    private final String purpose;
    private final double floor;
    private final List<Point> points;

    private Goodput(String name, String purpose, double floor, List<Point> points) {
        this.name = name;
        this.purpose = purpose;
        this.floor = floor;
        this.points = points;
    }

    /// The 100 Mbit/s path on which other stacks were measured too, with flows of three seconds.
    static Goodput lossy() {
        List<Point> points = new ArrayList<>();
        for (String algorithm : List.of("cubic", "reno", "bbr")) {
            for (double loss : new double[] {0, 0.001, 0.01, 0.05}) {
                points.add(shortFlows(algorithm, loss, 0));
            }
            points.add(shortFlows(algorithm, 0, 0.02));
        }
        return new Goodput("lossy", "flows of 3 s at 100 Mbit/s, RTT 20 ms, queue 250 kB, with loss or reordering, beside the kernel behind the same relay", 0.95, points);
    }

    private static Point shortFlows(String algorithm, double loss, double reorder) {
        return new Point(algorithm, 20, loss, reorder, 100_000_000, 250_000, flows(algorithm, 100e6, 20, loss), 0, 3);
    }

    /// Losses of 0 to 3 %, RTT of 1 to 100 ms at 20 Mbit/s.
    static Goodput grid(String algorithm) {
        List<Point> points = new ArrayList<>();
        long rate = 20_000_000;
        for (int rtt : new int[] {1, 10, 30, 100}) {
            int queue = (int) Math.max(30_000, rate / 8 * rtt / 1000);
            for (double loss : new double[] {0, 0.001, 0.01, 0.03}) {
                points.add(new Point(algorithm, rtt, loss, 0, rate, queue, flows(algorithm, rate, rtt, loss), 2, 10));
            }
            points.add(new Point(algorithm, rtt, 0, 0.02, rate, queue, flows(algorithm, rate, rtt, 0), 2, 10));
        }
        return new Goodput("goodput-" + algorithm, "goodput of " + algorithm + " at 20 Mbit/s with loss 0-3 % and RTT 1-100 ms, beside the kernel behind the same relay", FLOOR, points);
    }

    /// As many as fit into the budget, for what chance does to one flow is large.
    private static int flows(String algorithm, double rate, int rttMs, double loss) {
        boolean limitedByLoss = loss > 0 && !algorithm.startsWith("bbr");
        double each = limitedByLoss ? Math.min(rate, 1.3 * SEGMENT_BITS / (rttMs / 1000.0 * Math.sqrt(loss))) : rate;
        return (int) Math.clamp(BUDGET / each, 2, MOST_FLOWS);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public String purpose() {
        return purpose;
    }

    @Override
    public boolean needsRoot() {
        return true;
    }

    @Override
    public String document() {
        return DOCUMENT;
    }

    /// One of the three pairs.
    private static final class Contender {
        final GoodputNet net;
        final boolean serverSends;
        double[] rates = new double[0];
        double retransmitted;
        double timeouts;

        Contender(GoodputNet net, boolean serverSends) {
            this.net = net;
            this.serverSends = serverSends;
        }

        double mean() {
            double sum = 0;
            for (double each : rates) {
                sum += each;
            }
            return sum / rates.length;
        }

        /// Relative standard error of the mean.
        double error() {
            double mean = mean();
            double squares = 0;
            for (double each : rates) {
                squares += (each - mean) * (each - mean);
            }
            return Math.sqrt(squares / (rates.length - 1) / rates.length) / mean;
        }
    }

    @Override
    public Report run(Settings settings) throws IOException, InterruptedException {
        Report report = new Report(name, purpose.substring(0, 1).toUpperCase(Locale.ROOT) + purpose.substring(1)
                + "; Mbit/s per flow that arrived, means over flows and runs", "flows", "Lastack to kernel", "kernel to Lastack", "kernel to kernel",
                "ratio sending", "+- of sending", "ratio receiving", "+- of receiving", "Lastack's RTOs per flow", "kernel's");
        RatioChart chart = new RatioChart("Goodput of Lastack beside the kernel's: " + name, floor, "Lastack sends", "Lastack receives");
        report.chart(chart);
        String algorithm = "";
        List<GoodputNet> nets = List.of();
        int firstPort = FIRST_PORT;
        try {
            for (Point point : points) {
                if (!point.label().contains(settings.only())) {
                    continue;
                }
                if (!point.algorithm.equals(algorithm)) {
                    close(nets);
                    algorithm = point.algorithm;
                    nets = List.of(GoodputNet.ours(algorithm), GoodputNet.ours(algorithm), GoodputNet.kernel(algorithm));
                    // Compilers first.
                    warmUp(nets, point, firstPort);
                    firstPort += MOST_FLOWS;
                }
                List<Contender> all = List.of(new Contender(nets.get(0), true), new Contender(nets.get(1), false), new Contender(nets.get(2), true));
                for (int run = 0; run < settings.runs(); run++) {
                    measure(all, point, settings.seconds(), firstPort, 1000L * run + firstPort);
                    firstPort += point.flows;
                }
                row(report, chart, point, all, settings.runs());
            }
        } finally {
            close(nets);
        }
        return report;
    }

    private static void warmUp(List<GoodputNet> nets, Point point, int firstPort) throws IOException, InterruptedException {
        List<Contender> all = List.of(new Contender(nets.get(0), true), new Contender(nets.get(1), false), new Contender(nets.get(2), true));
        Point warm = new Point(point.algorithm, 5, 0.002, 0, 20_000_000, 50_000, 4, 0, 3);
        measure(all, warm, 1, firstPort, 1);
    }

    private static void measure(List<Contender> all, Point point, double scale, int firstPort, long seed) throws IOException, InterruptedException {
        long[][] before = new long[all.size()][];
        long[] stamps = new long[all.size()];
        long began = System.nanoTime();
        for (int i = 0; i < all.size(); i++) {
            Contender each = all.get(i);
            stamps[i] = System.nanoTime();
            each.retransmitted -= each.net.counter(each.serverSends, Counter.TcpRetransSegs);
            each.timeouts -= each.net.counter(each.serverSends, Counter.TcpExtTCPTimeouts);
            before[i] = new long[point.flows];
            each.net.open(each.serverSends, firstPort, point.flows, point.impairment(), seed);
        }
        if (point.leadSeconds > 0) {
            pause(began + (long) (point.leadSeconds * scale * 1e9));
            for (int i = 0; i < all.size(); i++) {
                before[i] = all.get(i).net.count(all.get(i).serverSends);
                stamps[i] = System.nanoTime();
            }
        }
        for (int i = 0; i < all.size(); i++) {
            Contender each = all.get(i);
            pause(stamps[i] + (long) (point.seconds * scale * 1e9));
            double seconds = (System.nanoTime() - stamps[i]) / 1e9;
            long[] counts = each.net.count(each.serverSends);
            int old = each.rates.length;
            each.rates = java.util.Arrays.copyOf(each.rates, old + point.flows);
            for (int k = 0; k < point.flows; k++) {
                each.rates[old + k] = (counts[k] - before[i][k]) * 8e-6 / seconds;
            }
        }
        for (Contender each : all) {
            each.retransmitted += each.net.counter(each.serverSends, Counter.TcpRetransSegs);
            each.timeouts += each.net.counter(each.serverSends, Counter.TcpExtTCPTimeouts);
            each.net.abort();
        }
        // So that the resets get through the queues.
        pause(System.nanoTime() + 2 * point.rttMs * 1_000_000L + 100_000_000L);
    }

    private static void pause(long untilNs) throws InterruptedException {
        long left;
        while ((left = untilNs - System.nanoTime()) > 0) {
            Thread.sleep(left / 1_000_000, (int) (left % 1_000_000));
        }
    }

    private static void row(Report report, RatioChart chart, Point point, List<Contender> all, int runs) {
        double ours = all.get(0).mean();
        double received = all.get(1).mean();
        double kernel = all.get(2).mean();
        double kernelError = all.get(2).error();
        double flows = (double) point.flows * runs;
        double[] ratios = {ours / kernel, received / kernel};
        double[] errors = {ratios[0] * Math.hypot(all.get(0).error(), kernelError), ratios[1] * Math.hypot(all.get(1).error(), kernelError)};
        chart.row(point.label(), ratios, errors);
        report.row(point.label(), point.flows, ours, received, kernel, ratios[0], errors[0], ratios[1], errors[1], all.get(0).timeouts / flows, all.get(2).timeouts / flows);
        report.progress();
    }

    private static void close(List<GoodputNet> nets) throws IOException {
        for (GoodputNet each : nets) {
            each.close();
        }
    }
}
