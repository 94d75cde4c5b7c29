package org.lastack.bench;

import java.io.IOException;

/// `beside`: request-response and bulk of the same host before and after thousands of sockets have come that do nothing.
final class Beside implements Benchmark {
    private static final int IDLE = 10_000;
    private static final int TIME_WAIT = 20_000;
    /// Loads that fill TIME-WAIT, at most: the kernel's choice of ports may meet entries that are there.
    private static final int FILLINGS = 20;

    @Override
    public String name() {
        return "beside";
    }

    @Override
    public String purpose() {
        return "rr and bulk-rx beside 10,000 idle connections and 20,000 entries in TIME-WAIT";
    }

    @Override
    public boolean needsRoot() {
        return true;
    }

    @Override
    public Report run(Settings settings) throws IOException, InterruptedException {
        Report report = new Report(name(), purpose(), "idle connections", "TIME-WAIT", "rr, k/s", "ratio", "bulk-rx, Gbit/s", "ratio of bulk");
        int idle = settings.sizeOr(IDLE);
        try (Net net = Net.ours(new Net.Shape(true, 0))) {
            net.load(KernelPeer.ECHO, 1, 1); // compilers first
            net.load(KernelPeer.DISCARD, 1, 1);
            double[] alone = measure(net, settings);
            row(report, "alone", net, alone, alone);
            net.load(KernelPeer.HOLD, idle, 0.1);
            row(report, "beside idle connections", net, measure(net, settings), alone);
            for (int i = 0; i < FILLINGS && timeWait(net) < TIME_WAIT; i++) {
                net.load(KernelPeer.LEAVE, 16, 0.5);
            }
            row(report, "and beside TIME-WAIT", net, measure(net, settings), alone);
        }
        return report;
    }

    private static int timeWait(Net net) {
        return net.host().call(() -> net.host().engine().tcp().timeWaitCount());
    }

    private static void row(Report report, String label, Net net, double[] now, double[] alone) {
        int connections = net.host().call(() -> net.host().engine().tcp().connectionCount());
        report.row(label, connections, timeWait(net), now[0] / 1e3, now[0] / alone[0], now[1] * 8e-9, now[1] / alone[1]);
    }

    private static double[] measure(Net net, Settings settings) throws IOException, InterruptedException {
        double[] turns = new double[settings.runs()];
        double[] octets = new double[settings.runs()];
        for (int run = 0; run < turns.length; run++) {
            turns[run] = net.load(KernelPeer.ECHO, 1, settings.seconds()).rate();
            octets[run] = net.load(KernelPeer.DISCARD, 1, settings.seconds()).rate();
        }
        return new double[] {Report.median(turns), Report.median(octets)};
    }
}
