package org.lastack.tools.validate;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.lastack.core.Errno;
import org.lastack.core.Sysctl;
import org.lastack.sim.BulkSender;
import org.lastack.sim.SimHost;
import org.lastack.sim.Simulation;

/// V5: when SYNs are sent into a black hole, and when connect gives up.
final class BlackHole implements Experiment {
    private static final double[] LINUX = {0, 1.02, 2.04, 3.06, 4.08, 5.10, 7.12, 11.2, 19.4, 35.6, 68.1, 133.6};
    private static final double[] LINUX_EXPONENTIAL = {0, 1.02, 3.04, 7.23, 15.5, 31.6, 65.0, 130.4};
    private static final double TOLERANCE = 0.04;

    @Override
    public String id() {
        return "V5";
    }

    @Override
    public String title() {
        return "SYN into a black hole";
    }

    @Override
    public int runs() {
        return 2;
    }

    /// Seconds of each SYN; the last one is that of ETIMEDOUT.
    private static List<Double> measure(int linear, long seed) {
        Simulation sim = new Simulation(seed);
        SimHost client = sim.host("client", "10.0.0.1", s -> s.set(Sysctl.TCP_SYN_LINEAR_TIMEOUTS, linear));
        SimHost nobody = sim.host("nobody", "10.0.0.2");
        sim.link(client, nobody).down(true);
        List<Double> times = new ArrayList<>();
        long begin = sim.nowNs();
        sim.tap((now, channel, frame) -> times.add((now - begin) / 1e9));
        BulkSender app = new BulkSender(client, nobody.address(), 80, 1).start(0);
        sim.runUntil(app::closed, 1_000_000_000_000L);
        if (app.failure() == Errno.ETIMEDOUT) {
            times.add((sim.nowNs() - begin) / 1e9);
        }
        return times;
    }

    private static boolean row(List<List<String>> table, String what, double[] linux, List<Double> ours) {
        StringBuilder theirs = new StringBuilder();
        StringBuilder mine = new StringBuilder();
        boolean near = linux.length == ours.size();
        for (int i = 0; i < linux.length; i++) {
            theirs.append(i == 0 ? "" : ", ").append(Formulas.short3(linux[i]));
        }
        for (int i = 0; i < ours.size(); i++) {
            mine.append(i == 0 ? "" : ", ").append(String.format(Locale.ROOT, "%.1f", ours.get(i)));
            near &= i >= linux.length || Math.abs(ours.get(i) - linux[i]) <= Math.max(0.05, linux[i] * TOLERANCE);
        }
        table.add(List.of(what, theirs.toString(), mine.toString()));
        return near;
    }

    @Override
    public Report run(double scale, long seed, Progress progress) {
        Report report = new Report(this)
                .setting("connect() to an address that answers nothing; seconds of each SYN, and in the end of ETIMEDOUT.")
                .setting("Linux's timers tick late by 2 % at these times, ours do not.");
        List<List<String>> table = report.table("Seconds", "tcp_syn_linear_timeouts", "Linux 6.18.44", "Lastack");
        boolean both = row(table, "4 (default)", LINUX, measure(4, seed));
        progress.step();
        both &= row(table, "0", LINUX_EXPONENTIAL, measure(0, seed));
        progress.step();
        return report.check(both, "each SYN and ETIMEDOUT within 4 %% of Linux");
    }
}
