package org.lastack.bench;

import java.io.IOException;
import org.lastack.core.tcp.TcpSocket;

/// `allocation`: octets allocated per segment in steady state, by the thread that does all the work.
final class Allocation implements Benchmark {
    private static final int TURNS = 4_000;
    /// The server's thread, and the host's.
    private static final String[] THREADS = {"bench-server", "lastack-"};

    @Override
    public String name() {
        return "allocation";
    }

    @Override
    public String purpose() {
        return "octets allocated per segment in steady state: engine, host, TUN device, simulator";
    }

    @Override
    public boolean needsRoot() {
        return true;
    }

    @Override
    public Report run(Settings settings) throws IOException, InterruptedException {
        Report report = new Report(name(), "Octets allocated per segment, when compilers and pools have warmed up", "B/segment");
        report.row("engine, bulk, both roles", bulk());
        report.row("engine, request and response", requests());
        try (HostPath path = new HostPath()) {
            report.row("host on a link in memory, bulk, both roles", path.allocatedPerSegment(TURNS));
        }
        device(report, settings);
        report.row("simulator, one flow over a dumbbell", Simulator.allocatedPerSegment(settings, 1));
        return report.note("On the TUN device: the server's thread and the host's, per 1448 octets; the rest by the one thread that does everything.");
    }

    private static void device(Report report, Settings settings) throws IOException, InterruptedException {
        try (Net net = Net.ours(new Net.Shape(true, 0))) {
            for (char kind : new char[] {KernelPeer.DISCARD, KernelPeer.GENERATE}) {
                net.load(kind, 1, 1);
                net.load(kind, 1, 1);
                double[] perSegment = new double[settings.runs()];
                for (int i = 0; i < perSegment.length; i++) {
                    long before = Machine.allocatedBy(THREADS);
                    double rate = net.load(kind, 1, settings.seconds()).rate();
                    perSegment[i] = (Machine.allocatedBy(THREADS) - before) / (rate * settings.seconds() / 1448);
                }
                report.row(kind == KernelPeer.DISCARD ? "TUN device, receiving" : "TUN device, sending", Report.median(perSegment));
            }
        }
    }

    /// Of two engines with one flow.
    static double bulk() {
        InProcess.Flow flow = new InProcess.Flow(false);
        for (int i = 0; i < TURNS; i++) {
            flow.turn();
        }
        flow.reset();
        long before = Machine.allocated();
        for (int i = 0; i < TURNS; i++) {
            flow.turn();
        }
        return (Machine.allocated() - before) / (flow.octets() / 1448.0);
    }

    /// Of two engines, per frame.
    static double requests() {
        Pair pair = new Pair(false, 1500);
        TcpSocket[] ends = pair.connected(pair.listener(Pair.FIRST_PORT));
        byte[] one = new byte[1];
        for (int i = 0; i < TURNS; i++) {
            Scale.request(pair, ends, one);
        }
        long before = Machine.allocated();
        long frames = pair.frames;
        for (int i = 0; i < TURNS; i++) {
            Scale.request(pair, ends, one);
        }
        return (Machine.allocated() - before) / (double) (pair.frames - frames);
    }
}
