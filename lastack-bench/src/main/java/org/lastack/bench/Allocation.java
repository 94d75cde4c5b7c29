package org.lastack.bench;

import java.io.IOException;
import org.lastack.core.tcp.TcpSocket;

/// `allocation`: octets allocated per segment in steady state, by the thread that does all the work.
final class Allocation implements Benchmark {
    private static final int TURNS = 4_000;

    @Override
    public String name() {
        return "allocation";
    }

    @Override
    public String purpose() {
        return "octets allocated per segment in steady state: engine, host on a device's link, simulator";
    }

    @Override
    public Report run(Settings settings) throws IOException, InterruptedException {
        Report report = new Report(name(), "Octets that the working thread allocates per segment, when compilers and pools have warmed up", "B/segment");
        report.row("engine, bulk, both roles", bulk());
        report.row("engine, request and response", requests());
        DevicePath.Traffic traffic = DevicePath.measure(TURNS);
        report.row("device link, receiving", traffic.received());
        report.row("device link, sending", traffic.sent());
        report.row("simulator, 10 flows over a dumbbell", Simulator.allocatedPerSegment(settings));
        return report;
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
