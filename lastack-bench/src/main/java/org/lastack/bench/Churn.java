package org.lastack.bench;

import org.lastack.core.tcp.TcpSocket;

/// Connect, one octet, close by the client, close by the server: one whole life per turn. The client keeps the entry in TIME-WAIT.
final class Churn {
    private final Pair pair;
    private final TcpSocket listener;
    private final byte[] one = new byte[1];

    Churn(Pair pair, int port) {
        this.pair = pair;
        this.listener = pair.listener(port);
    }

    void turns(int count) {
        for (int i = 0; i < count; i++) {
            turn();
        }
    }

    private void turn() {
        TcpSocket[] ends = pair.connected(listener);
        Pair.check("send", ends[0].send(one, 0, 1, 0));
        pair.settle();
        if (ends[1].receive(one, 0, 1, 0) != 1) {
            throw new IllegalStateException("the octet did not arrive");
        }
        ends[0].close();
        pair.settle();
        ends[1].close();
        pair.settle();
    }

    /// `churn-inproc`.
    static final class InProcess implements Benchmark {
        @Override
        public String name() {
            return "churn-inproc";
        }

        @Override
        public String purpose() {
            return "connect, 1 octet, close between two engines";
        }

        @Override
        public Report run(Settings settings) {
            Report report = new Report(name(), "connect, 1 octet, close between two engines in one thread; both ends' work counted, per second of CPU time", "k connections/s", "B allocated/connection", "ratio");
            measure(settings, 0); // the compiler's work is not the stack's
            double[] fresh = measure(settings, 0);
            double[] beside = measure(settings, settings.sizeOr(200_000));
            report.row("no entry in TIME-WAIT at first", fresh[0] / 1e3, fresh[1], 1);
            report.row(settings.sizeOr(200_000) + " entries in TIME-WAIT", beside[0] / 1e3, beside[1], beside[0] / fresh[0]);
            return report;
        }

        private static double[] measure(Settings settings, int timeWait) {
            double[] rates = new double[settings.runs()];
            double[] garbage = new double[settings.runs()];
            Pair pair = new Pair(false, 1500);
            for (int filled = 0; filled < timeWait; filled += Pair.PER_PORT) {
                new Churn(pair, Pair.FIRST_PORT + filled / Pair.PER_PORT).turns(Math.min(Pair.PER_PORT, timeWait - filled));
            }
            for (int run = 0; run < rates.length; run++) {
                Churn churn = new Churn(pair, 100 + run);
                int turns = Pair.PER_PORT;
                long allocated = Machine.allocated();
                long began = Machine.threadNs();
                churn.turns(turns);
                rates[run] = turns / ((Machine.threadNs() - began) / 1e9);
                garbage[run] = (Machine.allocated() - allocated) / (double) turns;
            }
            return new double[] {Report.median(rates), Report.median(garbage)};
        }
    }
}
