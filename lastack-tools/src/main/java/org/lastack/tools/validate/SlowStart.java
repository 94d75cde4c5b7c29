package org.lastack.tools.validate;

import java.util.List;
import org.lastack.sim.BulkSender;
import org.lastack.sim.SimHost;
import org.lastack.sim.SimLink;
import org.lastack.sim.Simulation;
import org.lastack.sim.Sink;

/// V10: ten segments, then twice as many each round trip.
final class SlowStart implements Experiment {
    private static final long RTT_NS = 100_000_000L;
    private static final int ROUNDS = 7;

    @Override
    public String id() {
        return "V10";
    }

    @Override
    public String title() {
        return "slow start from ten segments";
    }

    @Override
    public int runs() {
        return 2;
    }

    /// Segments delivered after each round trip.
    private static long[] measure(String algorithm, long seed) {
        Simulation sim = new Simulation(seed);
        SimHost sender = sim.host("sender", "10.0.0.1");
        SimHost receiver = sim.host("receiver", "10.0.0.2");
        SimLink link = sim.link(sender, receiver).delayNs(RTT_NS / 2);
        Sink sink = new Sink(receiver, 5001);
        BulkSender bulk = new BulkSender(sender, receiver.address(), 5001, Long.MAX_VALUE).congestionControl(algorithm).start(0);
        sim.runUntil(() -> bulk.sent() > 0, RTT_NS * 10);
        long[] delivered = new long[ROUNDS];
        for (int k = 0; k < ROUNDS; k++) {
            sim.run(RTT_NS);
            // Read between rounds: everything of this one has arrived, the ACKs of it have not.
            delivered[k] = sink.octets() / Formulas.MSS;
        }
        if (link.forward().lost() != 0) {
            throw new IllegalStateException("something was lost on a link without loss");
        }
        return delivered;
    }

    @Override
    public Report run(double scale, long seed, Progress progress) {
        Report report = new Report(this).setting("No bottleneck, RTT 100 ms; segments delivered after k round trips. Formula: 10 (2^k - 1).");
        List<List<String>> table = report.table("Segments", "k", "formula", "Lastack reno", "Lastack cubic");
        long[] reno = measure("reno", seed);
        progress.step();
        long[] cubic = measure("cubic", seed);
        progress.step();
        boolean equal = true;
        for (int k = 1; k <= ROUNDS; k++) {
            long formula = 10L * ((1L << k) - 1);
            table.add(List.of("" + k, "" + formula, "" + reno[k - 1], "" + cubic[k - 1]));
            equal &= Math.abs(reno[k - 1] - formula) <= formula / 50 && Math.abs(cubic[k - 1] - formula) <= formula / 50;
        }
        return report.check(equal, "each within 2 %% of the formula");
    }
}
