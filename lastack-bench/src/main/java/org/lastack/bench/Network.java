package org.lastack.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToDoubleFunction;

/// The benchmarks through a TUN device: a program of the kernel's in a network namespace against our server, and beside it, in the same run, against the kernel's.
final class Network implements Benchmark {
    /// Longer than a turn takes.
    private static final int BUSY_POLL_US = 200;
    /// Loads before anything is counted. One was not enough: with two processors the compilers' threads take turns with what is measured, and bulk-tx went from 8 over 14 and 17
    /// to 19 Gbit/s in the first four loads of a second.
    private static final int WARM_UPS = 3;
    /// And until our compilers are quiet, at most so many: each kind of load runs other code, and 16 clients that connect and close were measured while a compiler took
    /// half of a processor (two of them: 21.5 instead of 15 k/s without). The peers get as many loads as ours.
    private static final int MOST_WARM_UPS = 8;
    /// The part of a load's time in which compilers may be at work when they count as quiet.
    private static final double QUIET = 0.05;

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

    /// One line of the table for each subject.
    private record Case(String label, Net.Shape shape, int flows) { }

    private record Subject(String name, Net net) { }

    private boolean bulk() {
        return kind == KernelPeer.DISCARD || kind == KernelPeer.GENERATE;
    }

    private List<Case> cases() {
        Net.Shape offload = new Net.Shape(true, 0);
        Net.Shape plain = new Net.Shape(false, 0);
        return switch (kind) {
            case KernelPeer.ECHO -> List.of(new Case("1 connection", offload, 1), new Case("32 connections", offload, 32),
                    new Case("1 connection, busy", new Net.Shape(true, BUSY_POLL_US), 1));
            case KernelPeer.CLOSE -> List.of(new Case("1 client", offload, 1), new Case("16 clients", offload, 16));
            default -> List.of(new Case("offload, 1 flow", offload, 1), new Case("offload, 4 flows", offload, 4), new Case("plain, 1 flow", plain, 1),
                    new Case("plain, 4 flows", plain, 4));
        };
    }

    @Override
    public Report run(Settings settings) throws IOException, InterruptedException {
        Report report = bulk()
                ? new Report(name, purpose + ", MTU 1500", "Gbit/s", "best", "of the ceiling", "of the kernel", "CPU s/GB")
                : new Report(name, purpose, "k/s", "best", "of the ceiling", "of the kernel", "p50 us", "p99 us", "CPU us/turn");
        Net.Shape shape = null;
        List<Subject> subjects = List.of();
        try {
            for (Case each : cases()) {
                if (!each.label.contains(settings.only())) {
                    continue;
                }
                if (!each.shape.equals(shape)) {
                    close(subjects);
                    subjects = open(each.shape, settings.peers());
                    shape = each.shape;
                    warmUp(subjects, each.flows, WARM_UPS, settings.seconds());
                } else {
                    warmUp(subjects, each.flows, 1, settings.seconds());
                }
                measure(report, settings, subjects, each);
            }
        } finally {
            close(subjects);
        }
        return report.note("The ceiling is a peer in Java that speaks just enough TCP to keep the kernel busy, behind the same kind of TUN device; the kernel is on veth.");
    }

    private void warmUp(List<Subject> subjects, int flows, int least, double seconds) throws IOException, InterruptedException {
        int loads = 0;
        boolean quiet = false;
        double each = Math.max(1, seconds);
        while (loads < least || !quiet && loads < MOST_WARM_UPS) {
            long before = Machine.compilationMs();
            subjects.getFirst().net.load(kind, flows, each);
            quiet = Machine.compilationMs() - before < each * 1000 * QUIET;
            loads++;
        }
        for (Subject peer : subjects.subList(1, subjects.size())) {
            for (int i = 0; i < loads; i++) {
                peer.net.load(kind, flows, each);
            }
        }
    }

    /// Ours first, then the ceiling, the kernel, and the peers of the command line.
    private static List<Subject> open(Net.Shape shape, List<Peer> peers) throws IOException {
        List<Subject> subjects = new ArrayList<>();
        boolean done = false;
        try {
            subjects.add(new Subject("lastack", Net.ours(shape)));
            subjects.add(new Subject("ceiling", Net.peer(Peer.ceiling(), shape)));
            subjects.add(new Subject("kernel", Net.kernel(shape.offload())));
            for (Peer peer : peers) {
                subjects.add(new Subject(peer.name(), Net.peer(peer, shape)));
            }
            done = true;
            return subjects;
        } finally {
            if (!done) {
                close(subjects);
            }
        }
    }

    private static void close(List<Subject> subjects) throws IOException {
        for (Subject each : subjects) {
            each.net.close();
        }
    }

    private void measure(Report report, Settings settings, List<Subject> subjects, Case what) throws IOException, InterruptedException {
        Net.Load[][] loads = new Net.Load[subjects.size()][settings.runs()];
        for (int run = 0; run < settings.runs(); run++) {
            // In turn, so that all see the same disturbances.
            for (int i = 0; i < loads.length; i++) {
                loads[i][run] = subjects.get(i).net.load(kind, what.flows, settings.seconds());
            }
        }
        double scale = bulk() ? 8e-9 : 1e-3;
        double ceiling = median(loads[1], Net.Load::rate);
        double kernel = median(loads[2], Net.Load::rate);
        for (int i = 0; i < loads.length; i++) {
            Net.Load[] runs = loads[i];
            double rate = median(runs, Net.Load::rate);
            double best = Arrays.stream(runs).mapToDouble(Net.Load::rate).max().orElseThrow();
            double cost = median(runs, each -> each.cpuSeconds() / each.rate());
            String label = what.label + ": " + subjects.get(i).name;
            if (bulk()) {
                report.row(label, rate * scale, best * scale, rate / ceiling, rate / kernel, cost * 1e9);
            } else {
                report.row(label, rate * scale, best * scale, rate / ceiling, rate / kernel, median(runs, Net.Load::medianUs), median(runs, Net.Load::p99Us), cost * 1e6);
            }
        }
    }

    private static double median(Net.Load[] runs, ToDoubleFunction<Net.Load> what) {
        return Report.median(Arrays.stream(runs).mapToDouble(what).toArray());
    }
}
