package org.lastack.tools.validate;

import java.util.List;
import java.util.stream.IntStream;
import org.lastack.sim.BulkSender;
import org.lastack.sim.SimHost;
import org.lastack.sim.SimLink;
import org.lastack.sim.Simulation;
import org.lastack.sim.Sink;

/// N1: short flows over a path that loses or reorders, beside what Linux gets there.
final class BadNetwork implements Experiment {
    private static final long RATE = 100_000_000;
    private static final long RTT_NS = 20_000_000;
    private static final int QUEUE_OCTETS = 250_000;
    private static final double SECONDS = 3;
    private static final int SEEDS = 20;
    private static final long HELD_NS = 3_000_000;

    @Override
    public String id() {
        return "N1";
    }

    @Override
    public String title() {
        return "three-second flows over a bad network";
    }

    @Override
    public int runs() {
        return 5 * SEEDS;
    }

    private static double measure(double loss, double reordering, long seed, Progress progress) {
        Simulation sim = new Simulation(seed);
        SimHost sender = sim.host("sender", "10.0.0.1");
        SimHost receiver = sim.host("receiver", "10.0.0.2");
        SimLink link = sim.link(sender, receiver).delayNs(RTT_NS / 2);
        link.forward().rate(RATE).fifoOctets(QUEUE_OCTETS).loss(loss).reordering(reordering, HELD_NS);
        Sink sink = new Sink(receiver, 5001);
        new BulkSender(sender, receiver.address(), 5001, Long.MAX_VALUE).start(0);
        sim.run((long) (SECONDS * 1e9));
        progress.step();
        return sink.octets() * 8 / SECONDS / 1e6;
    }

    @Override
    public Report run(double scale, long seed, Progress progress) {
        Report report = new Report(this).setting("CUBIC, 100 Mbit/s, RTT 20 ms, queue of 250 KB, flows of 3 s; goodput in Mbit/s, mean of " + SEEDS
                + " seeds. Linux: CUBIC of 6.18 behind a relay, octets sent.");
        List<List<String>> table = report.table("Goodput", "loss", "reordered by 3 ms", "Linux cubic", "Lastack");
        double[] loss = {0, 0.001, 0.01, 0.05, 0};
        double[] reordered = {0, 0, 0, 0, 0.02};
        String[] linux = {"95.6", "30.8", "5.9", "2.0", "95-97"};
        double[] floors = {90, 24, 5.3, 1.7, 0};
        double clean = 0;
        boolean above = true;
        for (int i = 0; i < loss.length; i++) {
            int at = i;
            double mean = IntStream.range(0, SEEDS).parallel().mapToDouble(k -> measure(loss[at], reordered[at], seed + k, progress)).average().orElse(0);
            table.add(List.of(loss[i] * 100 + " %", reordered[i] * 100 + " %", linux[i], Formulas.short3(mean)));
            above &= mean >= floors[i];
            if (i == 0) {
                clean = mean;
            } else if (reordered[i] > 0) {
                report.check(mean >= 0.9 * clean, "reordering costs at most 10 %%");
            }
        }
        return report.check(above, "at least 90 / 24 / 5.3 / 1.7 Mbit/s at 0 / 0.1 / 1 / 5 %% loss");
    }
}
