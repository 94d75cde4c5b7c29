package org.lastack.tools.validate;

import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.lastack.sim.BulkSender;
import org.lastack.sim.Dumbbell;
import org.lastack.sim.Randomness;
import org.lastack.sim.Simulation;
import org.lastack.sim.Sink;

/// V3: flows of one kind share a bottleneck.
final class Fairness implements Experiment {
    private static final long RATE = 10_000_000;
    private static final long RTT_NS = 50_000_000;
    private static final int BDP_PACKETS = 42;
    private static final double SECONDS = 200;
    private static final int SEEDS = 4;
    private static final int SMALL_QUEUE = 4;
    /// Text per octet of a full packet.
    private static final double HEADERS = 1448.0 / 1500;

    @Override
    public String id() {
        return "V3";
    }

    @Override
    public String title() {
        return "fairness of flows at one bottleneck";
    }

    @Override
    public int runs() {
        return 4 * SEEDS + 8 * SEEDS + 2 * SEEDS;
    }

    private record Shared(double jain, double utilisation) {}

    private static Shared measure(String algorithm, int flows, double seconds, long seed, Progress progress) {
        Simulation sim = new Simulation(seed);
        Dumbbell net = new Dumbbell(sim, flows, RATE, RTT_NS, s -> {});
        net.bottleneck().forward().fifoPackets(BDP_PACKETS);
        Randomness random = sim.randomness();
        Sink[] sinks = new Sink[flows];
        for (int i = 0; i < flows; i++) {
            sinks[i] = new Sink(net.receiver(i), 5001);
            new BulkSender(net.sender(i), net.receiver(i).address(), 5001, Long.MAX_VALUE).congestionControl(algorithm).start(random.nextLong(1_000_000_000L));
        }
        sim.run((long) (seconds * 1e9));
        progress.step();
        double[] shares = new double[flows];
        double sum = 0;
        for (int i = 0; i < flows; i++) {
            shares[i] = sinks[i].octets();
            sum += shares[i];
        }
        return new Shared(Formulas.jain(shares), sum * 8 / seconds / RATE);
    }

    @Override
    public Report run(double scale, long seed, Progress progress) {
        Report report = new Report(this)
                .setting("Dumbbell, 10 Mbit/s, RTT 50 ms, FIFO of one bandwidth-delay product, 200 s, flows beginning within the first second; mean of " + SEEDS
                        + " seeds. Jain's index of the goodputs, and goodput as a share of the link's rate.");
        List<List<String>> table = report.table("Sharing", "algorithm", "flows", "ns-3.37 Jain", "Lastack Jain", "least of seeds", "Lastack utilisation");
        String[] algorithms = {"reno", "reno", "cubic", "cubic"};
        int[] flows = {2, 10, 2, 10};
        String[] published = {"0.9998", "0.9988", "0.795", "0.981"};
        double[] floors = {0.98, 0.97, 0.79, 0.96};
        double leastUse = 1;
        for (int k = 0; k < algorithms.length; k++) {
            int at = k;
            List<Shared> runs = IntStream.range(0, SEEDS).parallel().mapToObj(i -> measure(algorithms[at], flows[at], SECONDS * scale, seed + i, progress)).toList();
            double jain = runs.stream().mapToDouble(Shared::jain).average().orElse(0);
            double use = runs.stream().mapToDouble(Shared::utilisation).average().orElse(0);
            leastUse = Math.min(leastUse, use);
            table.add(List.of(algorithms[k], "" + flows[k], published[k], String.format(Locale.ROOT, "%.4f", jain),
                    String.format(Locale.ROOT, "%.4f", runs.stream().mapToDouble(Shared::jain).min().orElse(0)), String.format(Locale.ROOT, "%.1f %%", use * 100)));
            report.check(jain >= floors[k], "%s, %d flows: Jain's index at least %.2f", algorithms[k], flows[k], floors[k]);
        }
        coexistence(report, scale, seed, progress);
        emptyBuffer(report, scale, seed, progress);
        return report.check(leastUse >= 0.94, "utilisation at least 94 %% (ns-3: 96.4 %%; headers alone take 3.5 %%)");
    }

    /// Two flows of different algorithms, which must not starve each other; the queue holds two bandwidth-delay products.
    private static double share(String algorithm, String other, double seconds, long seed, Progress progress) {
        Simulation sim = new Simulation(seed);
        Dumbbell net = new Dumbbell(sim, 2, RATE, RTT_NS, s -> {});
        net.bottleneck().forward().fifoPackets(2 * BDP_PACKETS);
        Randomness random = sim.randomness();
        Sink[] sinks = new Sink[2];
        for (int i = 0; i < 2; i++) {
            sinks[i] = new Sink(net.receiver(i), 5001);
            new BulkSender(net.sender(i), net.receiver(i).address(), 5001, Long.MAX_VALUE).congestionControl(i == 0 ? algorithm : other)
                    .start(random.nextLong(1_000_000_000L));
        }
        sim.run((long) (seconds * 1e9));
        progress.step();
        return sinks[0].octets() / (double) (sinks[0].octets() + sinks[1].octets());
    }

    private static void coexistence(Report report, double scale, long seed, Progress progress) {
        List<List<String>> table = report.table("Share of one flow beside a flow of another algorithm, queue of two bandwidth-delay products", "", "beside reno", "beside cubic");
        double least = 1;
        double most = 0;
        for (String algorithm : List.of("reno", "cubic", "bbr", "bbr3")) {
            double[] shares = new double[2];
            String[] others = {"reno", "cubic"};
            for (int k = 0; k < 2; k++) {
                String other = others[k];
                shares[k] = IntStream.range(0, SEEDS).parallel().mapToDouble(i -> share(algorithm, other, SECONDS * scale, seed + i, progress)).average().orElse(0);
            }
            if (!algorithm.equals("bbr")) {
                least = Math.min(least, Math.min(shares[0], shares[1]));
                most = Math.max(most, Math.max(shares[0], shares[1]));
            }
            table.add(List.of(algorithm, String.format(Locale.ROOT, "%.0f %%", shares[0] * 100), String.format(Locale.ROOT, "%.0f %%", shares[1] * 100)));
        }
        report.check(least >= 0.15 && most <= 0.85, "of reno, cubic and bbr3 none takes more than 85 %% from another");
    }

    /// One flow and next to no buffer: the link is used as far as the window fills the path, on average the mean of what is left of it and all of it.
    private static void emptyBuffer(Report report, double scale, long seed, Progress progress) {
        List<List<String>> table = report.table("One flow, queue of " + SMALL_QUEUE + " packets: share of the link", "algorithm", "formula, (1 + beta) / 2", "Lastack");
        String[] algorithms = {"reno", "cubic"};
        double[] formulas = {0.75, 0.85};
        double[] ours = new double[2];
        for (int k = 0; k < 2; k++) {
            int at = k;
            ours[k] = IntStream.range(0, SEEDS).parallel().mapToDouble(i -> alone(algorithms[at], SECONDS * scale, seed + i, progress)).average().orElse(0);
            table.add(List.of(algorithms[k], Formulas.percent(formulas[k]), Formulas.percent(ours[k])));
        }
        report.check(Math.abs(ours[0] / formulas[0] - 1) < 0.1 && Math.abs(ours[1] / formulas[1] - 1) < 0.1, "next to no buffer: share of the link within 10 %% of the formula");
    }

    private static double alone(String algorithm, double seconds, long seed, Progress progress) {
        Simulation sim = new Simulation(seed);
        Dumbbell net = new Dumbbell(sim, 1, RATE, RTT_NS, s -> {});
        net.bottleneck().forward().fifoPackets(SMALL_QUEUE);
        Sink sink = new Sink(net.receiver(0), 5001);
        new BulkSender(net.sender(0), net.receiver(0).address(), 5001, Long.MAX_VALUE).congestionControl(algorithm).start(0);
        sim.run((long) (seconds * 1e9));
        progress.step();
        return sink.octets() * 8 / seconds / RATE / HEADERS;
    }
}
