package org.lastack.bench;

import java.util.function.ToDoubleFunction;
import org.lastack.core.Counter;
import org.lastack.sim.BulkSender;
import org.lastack.sim.Dumbbell;
import org.lastack.sim.Simulation;
import org.lastack.sim.Sink;

/// `sim`: what a simulated data segment costs, its ACKs, routers, queue and the comparison of every octet included.
final class Simulator implements Benchmark {
    private static final long RATE = 1_000_000_000L;
    private static final long RTT_NS = 20_000_000L;
    /// One bandwidth-delay product in packets of 1500 octets.
    private static final int QUEUE = 1666;
    private static final int HOSTS = 20;
    private static final long WARM_UP_NS = 1_000_000_000L;
    private static final long SLICE_NS = 20_000_000L;
    private static final int FLOWS = 1000;

    private record Cost(double segmentsPerSecond, double packetsPerSecond, double octetsPerSegment) {}

    @Override
    public String name() {
        return "sim";
    }

    @Override
    public String purpose() {
        return "data segments per CPU second in the simulator, 1 to 1,000 flows over a dumbbell";
    }

    @Override
    public Report run(Settings settings) {
        Report report = new Report(name(), "Dumbbell of 1 Gbit/s, RTT 20 ms, CUBIC, SACK, RACK, checksums, every octet compared; CPU time of the one thread",
                "k data segments/s", "k packets/s", "B allocated per segment");
        measure(report, settings, 1, 1);
        measure(report, settings, 10, 10);
        measure(report, settings, settings.sizeOr(FLOWS), HOSTS);
        return report.note("Packets are counted at each of the three links. ns-3.37 does 28 to 30 k segments/s there, 10 to 13 k with 1,000 flows (measured on another day).");
    }

    /// Octets per data segment, of flows over the dumbbell.
    static double allocatedPerSegment(Settings settings, int flows) {
        return once(settings, flows, Math.min(flows, HOSTS), 5 * WARM_UP_NS).octetsPerSegment;
    }

    private static void measure(Report report, Settings settings, int flows, int hosts) {
        Cost[] costs = new Cost[settings.runs()];
        for (int i = 0; i < costs.length; i++) {
            costs[i] = once(settings, flows, Math.min(flows, hosts), WARM_UP_NS);
        }
        report.row(flows + (flows == 1 ? " flow" : " flows"), median(costs, Cost::segmentsPerSecond) / 1e3, median(costs, Cost::packetsPerSecond) / 1e3,
                median(costs, Cost::octetsPerSegment));
    }

    private static double median(Cost[] costs, ToDoubleFunction<Cost> what) {
        return Report.median(java.util.Arrays.stream(costs).mapToDouble(what).toArray());
    }

    private static Cost once(Settings settings, int flows, int hosts, long warmUpNs) {
        Simulation sim = new Simulation(1);
        Dumbbell net = new Dumbbell(sim, hosts, RATE, RTT_NS, s -> {});
        net.bottleneck().forward().fifoPackets(QUEUE);
        for (int i = 0; i < hosts; i++) {
            new Sink(net.receiver(i), 5001);
        }
        for (int i = 0; i < flows; i++) {
            new BulkSender(net.sender(i % hosts), net.receiver(i % hosts).address(), 5001, Long.MAX_VALUE).start(i * (WARM_UP_NS / 2 / flows));
        }
        sim.run(warmUpNs);
        long segments = segments(net);
        long packets = sim.packets();
        long allocated = Machine.allocated();
        long begin = Machine.threadNs();
        do {
            sim.run(SLICE_NS);
        } while (Machine.threadNs() - begin < settings.runNs());
        double seconds = (Machine.threadNs() - begin) / 1e9;
        long sent = segments(net) - segments;
        return new Cost(sent / seconds, (sim.packets() - packets) / seconds, (Machine.allocated() - allocated) / (double) sent);
    }

    private static long segments(Dumbbell net) {
        long sum = 0;
        for (int i = 0; i < net.pairs(); i++) {
            sum += net.sender(i).engine().counters().get(Counter.TcpOutSegs);
        }
        return sum;
    }
}
