package org.lastack.bench;

import org.lastack.core.tcp.TcpSocket;

/// `scale`: what a segment costs while there are 1 .. 1,000,000 connections.
final class Scale implements Benchmark {
    @Override
    public String name() {
        return "scale";
    }

    @Override
    public String purpose() {
        return "cost of a segment with 1 to 1,000,000 connections (--size: the largest number)";
    }

    @Override
    public Report run(Settings settings) {
        Report report = new Report(name(), "1-octet request and response between two engines in one thread: nanoseconds of CPU time per frame, both ends' work counted",
                "ns/frame, one busy connection", "ratio", "ns/frame, all in turn at random", "ratio");
        double[] first = new double[2];
        int most = settings.sizeOr(1_000_000);
        for (int count = 1; ; count = count == 1 ? 1000 : Math.min(most, count * (count == 1000 ? 100 : 10))) {
            Pair pair = new Pair(false, 1500);
            TcpSocket[][] all = pair.connected(count);
            measure(pair, all, false, settings.runNs() / 4);
            double busy = measure(pair, all, false, settings);
            double random = measure(pair, all, true, settings);
            if (count == 1) {
                first[0] = busy;
                first[1] = random;
            }
            report.row(count + (count == 1 ? " connection" : " connections"), busy, busy / first[0], random, random / first[1]);
            if (count >= most) {
                return report.note("At random, the data of a connection must come from memory: " + most + " connections do not fit into any cache.");
            }
        }
    }

    private static double measure(Pair pair, TcpSocket[][] all, boolean random, Settings settings) {
        double[] costs = new double[settings.runs()];
        for (int i = 0; i < costs.length; i++) {
            costs[i] = measure(pair, all, random, settings.runNs());
        }
        return Report.median(costs);
    }

    private static double measure(Pair pair, TcpSocket[][] all, boolean random, long ns) {
        byte[] one = new byte[1];
        long state = 12_345;
        long before = pair.frames;
        long began = Machine.threadNs();
        long elapsed;
        do {
            for (int i = 0; i < 64; i++) {
                state = state * 6_364_136_223_846_793_005L + 1_442_695_040_888_963_407L;
                request(pair, all[random ? (int) Long.remainderUnsigned(state >>> 16, all.length) : 0], one);
            }
            elapsed = Machine.threadNs() - began;
        } while (elapsed < ns);
        return elapsed / (double) (pair.frames - before);
    }

    /// One octet there, one back; 10 us pass.
    static void request(Pair pair, TcpSocket[] ends, byte[] one) {
        for (int i = 0; i < 2; i++) {
            Pair.check("send", ends[i].send(one, 0, 1, 0));
            pair.advance(5_000);
            while (ends[1 - i].receive(one, 0, 1, 0) != 1) {
                if (!pair.step()) {
                    throw new IllegalStateException("an octet was lost");
                }
            }
        }
    }
}
