package org.lastack.bench;

import java.io.IOException;
import org.lastack.link.Impairment;

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

    /// `lossy`: goodput over a bad network, ours and the kernel's side by side.
    static final class Lossy implements Benchmark {
        private static final long RATE = 100_000_000;
        private static final int QUEUE = 250_000;

        @Override
        public String name() {
            return "lossy";
        }

        @Override
        public String purpose() {
            return "goodput with loss and delay, CUBIC, beside the kernel behind the same impairment";
        }

        @Override
        public boolean needsRoot() {
            return true;
        }

        @Override
        public Report run(Settings settings) throws IOException, InterruptedException {
            Report report = new Report(name(), "goodput at 100 Mbit/s with a queue of 250 kB, CUBIC on both sides, the client always the kernel",
                    "we send, Mbit/s", "kernel sends, Mbit/s", "ratio", "we receive, Mbit/s", "kernel receives, Mbit/s", "ratio");
            for (int rtt : new int[] {1, 10, 100}) {
                for (double loss : new double[] {0, 0.001, 0.01, 0.03}) {
                    Impairment impairment = Impairment.NONE.withLoss(loss).withDelay(rtt * 500_000L, 0).withRate(RATE, QUEUE);
                    try (Net ours = Net.ours(false, impairment, impairment);
                            Net kernel = Net.kernelBehindRelay(impairment, impairment)) {
                        double[] medians = new double[4];
                        for (int i = 0; i < 2; i++) {
                            char kind = i == 0 ? KernelPeer.GENERATE : KernelPeer.DISCARD;
                            double[] mine = new double[settings.runs()];
                            double[] theirs = new double[settings.runs()];
                            for (int run = 0; run < mine.length; run++) {
                                mine[run] = ours.load(kind, 1, settings.seconds()).rate() * 8e-6;
                                theirs[run] = kernel.load(kind, 1, settings.seconds()).rate() * 8e-6;
                            }
                            medians[2 * i] = Report.median(mine);
                            medians[2 * i + 1] = Report.median(theirs);
                        }
                        report.row("RTT " + rtt + " ms, loss " + loss * 100 + " %", medians[0], medians[1], medians[0] / medians[1], medians[2], medians[3], medians[2] / medians[3]);
                    }
                }
            }
            return report;
        }
    }
}
