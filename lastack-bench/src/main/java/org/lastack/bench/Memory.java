package org.lastack.bench;

import org.lastack.core.Sysctl;
import org.lastack.core.tcp.TcpSocket;

/// `idle-memory`, `timewait-memory` and `half-open`: octets of heap per entry, as the difference of the live heap. The engine uses no other memory.
final class Memory {
    private Memory() {}

    /// Octets per established connection that does nothing.
    static final class Idle implements Benchmark {
        private static final long MINUTE_NS = 60_000_000_000L;

        @Override
        public String name() {
            return "idle-memory";
        }

        @Override
        public String purpose() {
            return "heap per established connection that does nothing";
        }

        @Override
        public Report run(Settings settings) {
            int count = settings.sizeOr(100_000);
            Report report = new Report(name(), count + " established connections without data in their buffers; heap per connection, engine side, demultiplexer, ports and timers included", "B, passive side", "B, active side");
            measure(report, "a minute after the handshake", count, 0, MINUTE_NS);
            measure(report, "a minute after a request and its answer", count, 100, MINUTE_NS);
            measure(report, "speaking: a second after a request and its answer", count, 100, 0);
            return report.note("A kernel on Linux 6.18 needs about 3.8 KB with file and inode, lwIP 305 B, gVisor 5.2 KB (PERFORMANCE of the project's brief, measured on another day).");
        }

        private static void measure(Report report, String label, int count, int exchange, long wait) {
            Pair pair = new Pair(false, 1500);
            TcpSocket[] warm = pair.connected(pair.listener(80));
            long before = Machine.liveHeap();
            exchange(pair, pair.connected(count), exchange);
            settle(pair, wait);
            long both = Machine.liveHeap();
            if (warm[0].state() != warm[1].state() || pair.server().tcp().connectionCount() < count) {
                throw new IllegalStateException("connections were lost");
            }
            warm[0].abort();
            pair.dropClient();
            warm = new TcpSocket[0];
            long passive = Machine.liveHeap();
            double ofPassive = (passive - before) / (double) count;
            report.row(label, ofPassive, (both - before) / (double) count - ofPassive);
            if (pair.server().tcp().connectionCount() < count) {
                throw new IllegalStateException("connections were lost");
            }
        }

        private static void exchange(Pair pair, TcpSocket[][] all, int octets) {
            byte[] text = new byte[Math.max(1, octets)];
            for (TcpSocket[] each : all) {
                if (octets > 0) {
                    for (int i = 0; i < 2; i++) {
                        Pair.check("send", each[i].send(text, 0, octets, 0));
                        pair.settle();
                        Pair.check("receive", each[1 - i].receive(text, 0, octets, 0));
                        pair.settle();
                    }
                }
            }
        }

        private static void settle(Pair pair, long wait) {
            for (long waited = 0; waited <= wait; waited += 1_000_000_000L) {
                pair.advance(1_000_000_000L);
                pair.settle();
            }
        }
    }

    /// Octets per entry in TIME-WAIT, and what look-ups cost beside many.
    static final class TimeWait implements Benchmark {
        private static final int WARM_UPS = 12;

        @Override
        public String name() {
            return "timewait-memory";
        }

        @Override
        public String purpose() {
            return "heap per entry in TIME-WAIT, and connects and segments beside many of them";
        }

        @Override
        public Report run(Settings settings) {
            int count = settings.sizeOr(1_000_000);
            Pair pair = new Pair(false, 1500);
            Report report = new Report(name(), "entries in TIME-WAIT (IPv4): heap per entry, and what connections beside them cost", "entries", "B/entry", "MB", "ns per connect+1 B+close", "ratio of connects",
                    "ns per request-response", "ratio of request-responses");
            for (int port = 1; port <= WARM_UPS; port++) {
                new Churn(pair, port).turns(Math.min(count, Pair.PER_PORT)); // the compiler's work is not the stack's
            }
            long before = Machine.liveHeap();
            long already = pair.client().tcp().timeWaitCount();
            TcpSocket[] beside = pair.connected(pair.listener(81));
            for (int i = 0; i < WARM_UPS; i++) {
                requests(pair, beside);
            }
            double connectNs = time(new Churn(pair, 82), 10_000);
            double requestNs = requests(pair, beside);
            report.row("before", already, Double.NaN, Double.NaN, connectNs, 1, requestNs, 1);
            int held = pair.client().tcp().timeWaitCount();
            for (int filled = 0; filled < count; filled += Pair.PER_PORT) {
                new Churn(pair, Pair.FIRST_PORT + filled / Pair.PER_PORT).turns(Math.min(Pair.PER_PORT, count - filled));
            }
            int all = pair.client().tcp().timeWaitCount();
            if (all - held < count) {
                throw new IllegalStateException("entries were lost: " + (all - held));
            }
            double octets = (Machine.liveHeap() - before) / (double) (all - already);
            double connectsNs = time(new Churn(pair, 83), 10_000);
            double requestsNs = requests(pair, beside);
            report.row("after", all, octets, octets * all / 1e6, connectsNs, connectsNs / connectNs, requestsNs, requestsNs / requestNs);
            return report.note("Heap: columns, hash slots with their spare room, and port claims; listeners of the other side (one per " + Pair.PER_PORT + " entries) are counted too.");
        }

        private static double time(Churn churn, int turns) {
            long began = Machine.threadNs();
            churn.turns(turns);
            return (Machine.threadNs() - began) / (double) turns;
        }

        private static double requests(Pair pair, TcpSocket[] ends) {
            byte[] one = new byte[1];
            int turns = 20_000;
            long began = Machine.threadNs();
            for (int i = 0; i < turns; i++) {
                Scale.request(pair, ends, one);
            }
            return (Machine.threadNs() - began) / (double) turns;
        }
    }

    /// Octets per half-open connection.
    static final class HalfOpen implements Benchmark {
        private static final int CAP = 1024;

        @Override
        public String name() {
            return "half-open";
        }

        @Override
        public String purpose() {
            return "heap per connection of which only the SYN has come";
        }

        @Override
        public Report run(Settings settings) {
            int count = settings.sizeOr(100_000);
            Pair pair = new Pair(false, 1500);
            TcpSocket listener = pair.listener(80);
            open(pair, 80, Math.min(count, Pair.PER_PORT)); // what the client keeps of its ports is not the embryos'
            long first = pair.server().tcp().embryoCount();
            long before = Machine.liveHeap();
            TcpSocket held = listener;
            for (int i = 0; i < count; i += Pair.PER_PORT) {
                held = pair.listener(Pair.FIRST_PORT + i / Pair.PER_PORT);
                open(pair, held.localPort(), Math.min(Pair.PER_PORT, count - i));
            }
            long octets = Machine.liveHeap() - before;
            int embryos = pair.server().tcp().embryoCount();
            if (embryos - first < count || !held.listening()) {
                throw new IllegalStateException("embryos were lost: " + (embryos - first));
            }
            Report report = new Report(name(), "half-open connections; heap per embryo with its place in tables and timers, and heap per SYN that finds the queue full",
                    "embryos", "B/embryo", "SYNs beyond the cap", "B/SYN").row("cookies off", embryos, octets / (double) (embryos - first), Double.NaN, Double.NaN);
            return beyond(report, count);
        }

        /// What does not fit gets a cookie and leaves nothing behind (SECURITY R-01).
        private static Report beyond(Report report, int count) {
            Pair pair = new Pair(false, 1500);
            pair.server().sysctls().set(Sysctl.TCP_MAX_SYN_BACKLOG, CAP).set(Sysctl.TCP_SYNCOOKIES, 1);
            TcpSocket listener = pair.listener(80);
            Pair.check("listen", listener.listen(CAP)); // the queue of a listener is as long as its backlog
            open(pair, 80, Pair.PER_PORT);
            int held = pair.server().tcp().embryoCount();
            open(pair, 80, Pair.PER_PORT); // the client's ports are known from here on
            long before = Machine.liveHeap();
            int sent = 0;
            while (sent < count) {
                open(pair, 80, Pair.PER_PORT);
                sent += Pair.PER_PORT;
            }
            long octets = Machine.liveHeap() - before;
            int embryos = pair.server().tcp().embryoCount();
            if (embryos != held || held > 2 * CAP || !listener.listening()) {
                throw new IllegalStateException("the queue holds " + embryos + " embryos, at first " + held);
            }
            return report.row("beyond the cap, cookies on", embryos, Double.NaN, sent, octets / (double) sent);
        }

        private static void open(Pair pair, int port, int count) {
            TcpSocket[] opened = new TcpSocket[count];
            for (int i = 0; i < count; i++) {
                opened[i] = pair.connecting(port);
                pair.oneWay();
            }
            for (TcpSocket each : opened) {
                each.abort();
            }
        }
    }
}
