package org.lastack.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/// `beside`: request-response and bulk of three hosts that are alike but for what else they hold: nothing, thousands of connections that do nothing, and these with
/// thousands of entries in TIME-WAIT. They take turns.
final class Beside implements Benchmark {
    private static final int IDLE = 10_000;
    private static final int TIME_WAIT = 40_000;
    /// An address has 64,000 ports, and a port that is met again renews its entry: so many addresses for the client that enough ports are fresh.
    private static final int ADDRESSES = 8;
    /// Loads that fill TIME-WAIT, at most.
    private static final int FILLINGS = 40;

    @Override
    public String name() {
        return "beside";
    }

    @Override
    public String purpose() {
        return "rr and bulk-rx beside 10,000 idle connections and 40,000 entries in TIME-WAIT";
    }

    @Override
    public boolean needsRoot() {
        return true;
    }

    @Override
    public Report run(Settings settings) throws IOException, InterruptedException {
        Report report = new Report(name(), purpose(), "idle connections", "TIME-WAIT", "rr, k/s", "ratio", "bulk-rx, Gbit/s", "ratio of bulk");
        int idle = settings.sizeOr(IDLE);
        List<Net> nets = new ArrayList<>();
        try {
            for (int i = 0; i < 3; i++) {
                Net net = Net.ours(new Net.Shape(true, 0));
                nets.add(net);
                net.load(KernelPeer.ECHO, 1, 1); // compilers first
                net.load(KernelPeer.DISCARD, 1, 1);
                if (i > 0) {
                    for (int address = 0; address < ADDRESSES; address++) {
                        net.addClientAddress(address);
                    }
                    net.loadFrom(net.clientAddress(0), KernelPeer.HOLD, idle, 0.1);
                }
            }
            report(report, nets, settings);
        } finally {
            for (Net each : nets) {
                each.close();
            }
        }
        return report;
    }

    private static void report(Report report, List<Net> nets, Settings settings) throws IOException, InterruptedException {
        int runs = settings.runs();
        double[][] turns = new double[3][runs];
        double[][] octets = new double[3][runs];
        double[] entries = new double[runs];
        for (int run = 0; run < runs; run++) {
            for (int i = 0; i < 3; i++) {
                Net net = nets.get(i);
                if (i == 2) {
                    fill(net);
                    entries[run] = timeWait(net);
                }
                turns[i][run] = net.load(KernelPeer.ECHO, 1, settings.seconds()).rate();
                octets[i][run] = net.load(KernelPeer.DISCARD, 1, settings.seconds()).rate();
            }
        }
        String[] labels = {"alone", "beside idle connections", "and beside TIME-WAIT"};
        for (int i = 0; i < 3; i++) {
            Net net = nets.get(i);
            int connections = net.host().call(() -> net.host().engine().tcp().connectionCount());
            report.row(labels[i], connections, i == 2 ? Report.median(entries) : timeWait(net), Report.median(turns[i]) / 1e3, Report.median(turns[i]) / Report.median(turns[0]),
                    Report.median(octets[i]) * 8e-9, Report.median(octets[i]) / Report.median(octets[0]));
        }
    }

    /// Entries end after a minute: called before each run.
    private static void fill(Net net) throws IOException, InterruptedException {
        for (int i = 0; i < FILLINGS && timeWait(net) < TIME_WAIT; i++) {
            net.loadFrom(net.clientAddress(i % ADDRESSES), KernelPeer.LEAVE, 16, 0.4);
        }
        if (timeWait(net) < TIME_WAIT) {
            throw new IOException("only " + timeWait(net) + " entries in TIME-WAIT of " + TIME_WAIT);
        }
    }

    private static int timeWait(Net net) {
        return net.host().call(() -> net.host().engine().tcp().timeWaitCount());
    }
}
