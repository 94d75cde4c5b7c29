package org.lastack.bench;

import java.io.IOException;

/// The benchmarks through a TUN device: a program of the kernel's in a network namespace against our server, and beside it, in the same run, against the kernel's.
final class Network implements Benchmark {
    private final String name;
    private final String purpose;
    private final char kind;

    private Network(String name, String purpose, char kind) {
        this.name = name;
        this.purpose = purpose;
        this.kind = kind;
    }

    static Network bulkRx() {
        return new Network("bulk-rx", "bulk received from the kernel through TUN, beside the kernel on veth", KernelPeer.DISCARD);
    }

    static Network bulkTx() {
        return new Network("bulk-tx", "bulk sent to the kernel through TUN, beside the kernel on veth", KernelPeer.GENERATE);
    }

    static Network requests() {
        return new Network("rr", "1-octet request and response with the kernel, beside the kernel on veth", KernelPeer.ECHO);
    }

    static Network churn() {
        return new Network("churn", "connect, 1 octet, close by the kernel, beside the kernel on veth", KernelPeer.CLOSE);
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
    public Report run(Settings settings) throws IOException, InterruptedException {
        boolean bulk = kind == KernelPeer.DISCARD || kind == KernelPeer.GENERATE;
        Report report = bulk
                ? new Report(name, purpose + ", MTU 1500", "Gbit/s", "kernel, Gbit/s", "ratio", "CPU s/GB")
                : new Report(name, purpose, "k/s", "kernel, k/s", "ratio", "p50 us", "kernel, p50 us", "p99 us", "kernel, p99 us");
        int[] flows = bulk ? new int[] {1, 4} : kind == KernelPeer.ECHO ? new int[] {1, 32} : new int[] {1, 16};
        for (boolean offload : bulk ? new boolean[] {true, false} : new boolean[] {true}) {
            try (Net ours = Net.ours(offload, null, null);
                    Net kernel = Net.kernel(offload)) {
                ours.load(kind, flows[0], settings.seconds()); // compilers first
                for (int count : flows) {
                    row(report, settings, ours, kernel, count, bulk, (bulk ? offload ? "offload, " : "plain, " : "") + count + (count == 1 ? " flow" : " flows"));
                }
            }
        }
        return report;
    }

    private void row(Report report, Settings settings, Net ours, Net kernel, int flows, boolean bulk, String label) throws IOException, InterruptedException {
        double[][] values = new double[7][settings.runs()];
        double scale = bulk ? 8e-9 : 1e-3;
        for (int run = 0; run < settings.runs(); run++) {
            // In turn, so that both see the same disturbances.
            Net.Load mine = ours.load(kind, flows, settings.seconds());
            Net.Load theirs = kernel.load(kind, flows, settings.seconds());
            double[] line = {mine.rate() * scale, theirs.rate() * scale, mine.cpuSeconds() / (mine.rate() * settings.seconds() * 1.2 / 1e9), mine.medianUs(), theirs.medianUs(), mine.p99Us(), theirs.p99Us()};
            for (int i = 0; i < line.length; i++) {
                values[i][run] = line[i];
            }
        }
        double[] medians = new double[values.length];
        for (int i = 0; i < medians.length; i++) {
            medians[i] = Report.median(values[i]);
        }
        double ratio = medians[0] / medians[1];
        if (bulk) {
            report.row(label, medians[0], medians[1], ratio, medians[2]);
        } else {
            report.row(label, medians[0], medians[1], ratio, medians[3], medians[4], medians[5], medians[6]);
        }
    }
}
