package org.lastack.sim;

import java.util.function.Consumer;

/// The self-check of the simulator: runs a scenario twice with one seed and compares every packet.
public final class Determinism {
    private Determinism() {}

    /// Runs `scenario` (which builds a network in the simulation that it is given, and runs it) two times.
    ///
    /// @return the packet hash
    /// @throws IllegalStateException if the runs differ, naming the first packet that does
    public static long check(long seed, Consumer<? super Simulation> scenario) {
        PacketLog first = new PacketLog(null, -1);
        long hash = run(seed, first, scenario);
        PacketLog second = new PacketLog(first, -1);
        run(seed, second, scenario);
        int at = second.divergence();
        if (at < 0 && second.count() < first.count()) {
            at = second.count();
        }
        if (at >= 0) {
            PacketLog again = new PacketLog(null, at);
            run(seed, again, scenario);
            throw new IllegalStateException("seed " + seed + ": packet " + at + " differs between two runs: once " + name(second) + ", once " + name(again));
        }
        return hash;
    }

    private static String name(PacketLog log) {
        return log.text().isEmpty() ? "there was none" : log.text();
    }

    private static long run(long seed, PacketLog log, Consumer<? super Simulation> scenario) {
        Simulation sim = new Simulation(seed).log(log);
        scenario.accept(sim);
        return sim.packetHash();
    }
}
