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
                "ns/frame, one busy connection", "ratio", "ns/frame, 1,000 of them at random", "ratio of 1,000", "ns/frame, all of them at random", "ratio of all", "ns for one bare read");
        warmUp(settings);
        double[] first = new double[3];
        int most = settings.sizeOr(1_000_000);
        for (int count = 1; ; count = count == 1 ? 1000 : Math.min(most, count * (count == 1000 ? 100 : 10))) {
            long before = Machine.liveHeap();
            double[] costs = costs(count, settings);
            if (count == 1) {
                first = costs;
            }
            report.row(count + (count == 1 ? " connection" : " connections"), costs[0], costs[0] / first[0], costs[1], costs[1] / first[1], costs[2], costs[2] / first[2],
                    bareRead(liveOctets - before));
            report.progress();
            if (count >= most) {
                return report.note("All at random is bounded by the machine: the last column is one read at random from as much memory as the connections take (both ends, "
                        + most + " connections), nothing else done. A frame needs three that depend on each other: table, socket, state.");
            }
        }
    }

    private long liveOctets;

    /// Compilers, once: all rows are measured with the same code.
    private static void warmUp(Settings settings) {
        Pair pair = new Pair(false, 1500);
        TcpSocket[][] all = pair.connected(5_000);
        for (boolean random : new boolean[] {false, true, false, true}) {
            measure(pair, all, random, Math.max(settings.runNs() / 2, 1_000_000L));
        }
    }

    private double[] costs(int count, Settings settings) {
        Pair pair = new Pair(false, 1500);
        TcpSocket[][] all = pair.connected(count);
        double busy = measure(pair, all, false, settings);
        TcpSocket[][] some = new TcpSocket[Math.min(count, 1000)][];
        for (int i = 0; i < some.length; i++) {
            some[i] = all[(int) ((long) i * count / some.length)];
        }
        touch(pair, some);
        double thousand = measure(pair, some, true, settings);
        touch(pair, all);
        double random = measure(pair, all, true, settings);
        liveOctets = Machine.liveHeap();
        if (pair.server().tcp().connectionCount() < count || all.length < count) {
            throw new IllegalStateException("connections were lost");
        }
        return new double[] {busy, thousand, random};
    }

    /// Each has spoken once: what is measured is not the first word after a rest.
    private static void touch(Pair pair, TcpSocket[][] all) {
        byte[] one = new byte[1];
        for (TcpSocket[] each : all) {
            request(pair, each, one);
        }
    }

    /// Nanoseconds for a read at random, each depending on the one before, from `octets` of heap.
    private static double bareRead(long octets) {
        int words = 1 << 20;
        long[][] memory = new long[(int) Math.max(1, octets / (8L * words))][(int) Math.max(64, Math.min(words, octets / 8))];
        double least = Double.MAX_VALUE;
        for (int run = 0; run < 5; run++) {
            long state = 12_345;
            int reads = 300_000;
            long began = Machine.threadNs();
            for (int i = 0; i < reads; i++) {
                state = state * 6_364_136_223_846_793_005L + 1_442_695_040_888_963_407L;
                long[] block = memory[(int) Long.remainderUnsigned(state >>> 20, memory.length)];
                state += block[(int) Long.remainderUnsigned(state >>> 12, block.length)];
            }
            least = Math.min(least, (Machine.threadNs() - began) / (double) reads);
            if (state == 0) {
                throw new IllegalStateException("never: the sequence does not reach 0 in so few steps");
            }
        }
        return least;
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
