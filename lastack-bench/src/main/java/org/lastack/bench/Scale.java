package org.lastack.bench;

import java.util.function.DoubleSupplier;
import org.lastack.core.tcp.TcpSocket;

/// `scale`: what a segment costs while there are 1 .. 1,000,000 connections.
final class Scale implements Benchmark {
    /// Turns under way together: as many frames as a host receives at once.
    private static final int AT_A_TIME = 32;
    private static final int MOST_ROUNDS = 20;

    private long liveOctets;

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
        Report report = new Report(name(), "1-octet request and response between two engines in one thread: nanoseconds of CPU time per frame, both ends' work counted; ratios to one connection in turn",
                "ns/frame, one busy connection", "ratio", "ns/frame, 1,000 of them at random", "ratio of 1,000", "ns/frame, all at random, " + AT_A_TIME + " at a time", "ratio of all",
                "ns/frame, all at random, one at a time", "ratio one at a time", "ns for one bare read");
        warmUp(settings);
        Pair pair = new Pair(false, 1500);
        Alone alone = new Alone(pair, pair.connected(1));
        int most = settings.sizeOr(1_000_000);
        for (int count = 1; ; count = count == 1 ? 1000 : Math.min(most, count * (count == 1000 ? 100 : 10))) {
            long before = Machine.liveHeap();
            double[][] costs = costs(alone, count, settings);
            report.row(count + (count == 1 ? " connection" : " connections"), costs[0][0], costs[0][1], costs[1][0], costs[1][1], costs[2][0], costs[2][1],
                    costs[3][0], costs[3][1], bareRead(liveOctets - before));
            report.progress();
            if (count >= most) {
                return report.note("Where so many connections speak, frames come in batches: a host receives up to 32 at a time from a link and has the state of all of them fetched at once "
                        + "(Engine.expect), so that they wait for memory together. One at a time each waits for itself: the last column is one read at random from as much memory "
                        + "as the connections take (both ends, " + most + " connections), and a turn needs about ten that depend on each other.");
            }
        }
    }

    /// Compilers, once: all rows are measured with the same code.
    private static void warmUp(Settings settings) {
        for (int count : new int[] {1, 5_000, 1}) {
            Pair pair = new Pair(false, 1500);
            TcpSocket[][] all = pair.connected(count);
            long ns = Math.max(settings.runNs() / 2, 1_000_000L);
            for (int round = 0; round < 2; round++) {
                measure(pair, all, false, ns);
                measure(pair, all, true, ns);
                together(pair, all, ns);
            }
        }
    }

    /// A pair with one connection, with which each figure is compared in turn: what the machine does besides changes from minute to minute.
    private record Alone(Pair pair, TcpSocket[][] all) {}

    private double[][] costs(Alone alone, int count, Settings settings) {
        Pair pair = new Pair(false, 1500);
        TcpSocket[][] all = pair.connected(count);
        double[] busy = cost(alone, settings, () -> measure(pair, all, false, settings.runNs()));
        TcpSocket[][] some = new TcpSocket[Math.min(count, 1000)][];
        for (int i = 0; i < some.length; i++) {
            some[i] = all[(int) ((long) i * count / some.length)];
        }
        touch(pair, some);
        double[] thousand = cost(alone, settings, () -> measure(pair, some, true, settings.runNs()));
        touch(pair, all);
        double[] batches = cost(alone, settings, () -> together(pair, all, settings.runNs()));
        double[] random = cost(alone, settings, () -> measure(pair, all, true, settings.runNs()));
        liveOctets = Machine.liveHeap();
        if (pair.server().tcp().connectionCount() < count || all.length < count) {
            throw new IllegalStateException("connections were lost");
        }
        return new double[][] {busy, thousand, batches, random};
    }

    /// The median of some runs and its ratio to one connection's, in turn, after both have come to rest: another number of connections takes other ways through the
    /// code, which are compiled first.
    private static double[] cost(Alone alone, Settings settings, DoubleSupplier measured) {
        DoubleSupplier one = () -> measure(alone.pair(), alone.all(), false, settings.runNs());
        settle(measured);
        settle(one);
        double[] costs = new double[settings.runs()];
        double[] ones = new double[settings.runs()];
        for (int i = 0; i < costs.length; i++) {
            costs[i] = measured.getAsDouble();
            ones[i] = one.getAsDouble();
        }
        double cost = Report.median(costs);
        return new double[] {cost, cost / Report.median(ones)};
    }

    private static void settle(DoubleSupplier measured) {
        double least = Double.MAX_VALUE;
        for (int round = 0, calm = 0; round < MOST_ROUNDS && calm < 3; round++) {
            double cost = measured.getAsDouble();
            calm = cost < least * 0.95 ? 0 : calm + 1;
            least = Math.min(least, cost);
        }
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
                state = next(state);
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

    private static double measure(Pair pair, TcpSocket[][] all, boolean random, long ns) {
        TcpSocket[] clients = ends(all, 0);
        TcpSocket[] servers = ends(all, 1);
        byte[] one = new byte[1];
        long state = 12_345;
        long before = pair.frames;
        long began = Machine.threadNs();
        long elapsed;
        do {
            for (int i = 0; i < 64; i++) {
                state = next(state);
                int which = random ? among(state, all.length) : 0;
                say(pair, clients[which], servers[which], one);
                say(pair, servers[which], clients[which], one);
            }
            elapsed = Machine.threadNs() - began;
        } while (elapsed < ns);
        return elapsed / (double) (pair.frames - before);
    }

    /// Requests of so many connections at random are under way together.
    private static double together(Pair pair, TcpSocket[][] all, long ns) {
        TcpSocket[] clients = ends(all, 0);
        TcpSocket[] servers = ends(all, 1);
        byte[] one = new byte[1];
        int width = Math.min(AT_A_TIME, all.length);
        TcpSocket[] asking = new TcpSocket[width];
        TcpSocket[] answering = new TcpSocket[width];
        long state = 12_345;
        long before = pair.frames;
        long began = Machine.threadNs();
        long elapsed;
        do {
            for (int turn = 0; turn < 4; turn++) {
                for (int i = 0; i < width; i++) {
                    state = next(state);
                    int which = among(state, all.length);
                    asking[i] = clients[which];
                    answering[i] = servers[which];
                }
                for (TcpSocket each : asking) {
                    Pair.check("send", each.send(one, 0, 1, 0));
                }
                pair.advance(5_000L * width);
                for (TcpSocket each : answering) {
                    receive(pair, each, one);
                    Pair.check("send", each.send(one, 0, 1, 0));
                }
                pair.advance(5_000L * width);
                for (TcpSocket each : asking) {
                    receive(pair, each, one);
                }
            }
            elapsed = Machine.threadNs() - began;
        } while (elapsed < ns);
        return elapsed / (double) (pair.frames - before);
    }

    private static void receive(Pair pair, TcpSocket socket, byte[] one) {
        while (socket.receive(one, 0, 1, 0) != 1) {
            if (!pair.step()) {
                throw new IllegalStateException("an octet was lost");
            }
        }
    }

    /// One octet there, one back; 10 us pass.
    static void request(Pair pair, TcpSocket[] ends, byte[] one) {
        say(pair, ends[0], ends[1], one);
        say(pair, ends[1], ends[0], one);
    }

    private static void say(Pair pair, TcpSocket from, TcpSocket to, byte[] one) {
        Pair.check("send", from.send(one, 0, 1, 0));
        pair.advance(5_000);
        receive(pair, to, one);
    }

    /// The same numbers in each run, at less cost than a turn's.
    private static long next(long state) {
        return state * 6_364_136_223_846_793_005L + 1_442_695_040_888_963_407L;
    }

    private static int among(long state, int count) {
        return (int) Long.remainderUnsigned(state >>> 16, count);
    }

    /// One side's sockets: a program's own table is not what is measured.
    private static TcpSocket[] ends(TcpSocket[][] all, int side) {
        TcpSocket[] ends = new TcpSocket[all.length];
        for (int i = 0; i < all.length; i++) {
            ends[i] = all[i][side];
        }
        return ends;
    }
}
