package org.lastack.bench;

import org.lastack.core.socket.SocketOptions;
import org.lastack.core.tcp.TcpSocket;

/// `inproc`: one flow between two engines in one thread, MTU 1500.
final class InProcess implements Benchmark {
    private static final int SEGMENT = 1448;
    /// Virtual time per step of at most 64 frames each way: no timer runs out, and RTT samples are what they are on a fast link.
    private static final long STEP_NS = 20_000;
    /// SO_SNDBUF, doubled as on Linux: more than a step carries. A buffer that grows to its limit of 4 MiB is always full here, for nothing but the sender's own speed slows it, and then every octet has
    /// left the processor's cache when its turn comes (measured: half the rate on a machine whose cache others use too).
    private static final int SEND_BUFFER = 1 << 16;

    @Override
    public String name() {
        return "inproc";
    }

    @Override
    public String purpose() {
        return "one flow between two engines in one thread, with and without checksums";
    }

    @Override
    public Report run(Settings settings) {
        Report report = new Report(name(), "one flow between two engines in one thread, MTU 1500, both ends' work counted, per second of CPU time", "M segments/s", "Gbit/s", "ns/segment", "B allocated/segment", "ratio");
        double[] plain = new double[2];
        new Flow(false).run(settings.runNs() * 2); // the compiler's work is not the stack's
        new Flow(true).run(settings.runNs() * 2);
        for (int i = 0; i < 2; i++) {
            boolean verified = i == 0;
            double[] rates = new double[settings.runs()];
            double[] garbage = new double[settings.runs()];
            for (int run = 0; run < rates.length; run++) {
                Flow flow = new Flow(verified);
                flow.run(settings.runNs() / 4); // slow start, first use of pools
                long before = Machine.allocated();
                flow.reset();
                rates[run] = flow.run(settings.runNs());
                garbage[run] = (Machine.allocated() - before) / (double) (flow.octets / SEGMENT);
            }
            plain[i] = Report.median(rates);
            report.row(verified ? "checksums left out, as on a loopback" : "checksums", plain[i] / 1e6, plain[i] * SEGMENT * 8 / 1e9, 1e9 / plain[i], Report.median(garbage), plain[i] / plain[0]);
        }
        return report.note("Segments are data segments of 1448 octets; the ACKs come on top.");
    }

    /// One flow, from the first end to the second.
    static final class Flow {
        private final Pair pair;
        private final TcpSocket sender;
        private final TcpSocket receiver;
        private final byte[] out = new byte[1 << 16];
        private final byte[] in = new byte[1 << 16];
        private long octets;

        Flow(boolean verified) {
            pair = new Pair(verified, 1500);
            TcpSocket[] ends = pair.connected(pair.listener(Pair.FIRST_PORT));
            sender = ends[0];
            receiver = ends[1];
            Pair.check("SO_SNDBUF", sender.setInt(SocketOptions.SOL_SOCKET, SocketOptions.SO_SNDBUF, SEND_BUFFER));
        }

        void reset() {
            octets = 0;
        }

        /// Data segments per second.
        double run(long ns) {
            long began = Machine.threadNs();
            long before = octets;
            long elapsed;
            do {
                for (int i = 0; i < 64; i++) {
                    turn();
                }
                elapsed = Machine.threadNs() - began;
            } while (elapsed < ns);
            return (octets - before) / (double) SEGMENT / (elapsed / 1e9);
        }

        /// Octets that have arrived since the last [#reset].
        long octets() {
            return octets;
        }

        /// A send buffer's worth there, and the ACKs back.
        void turn() {
            pair.advance(STEP_NS);
            while (sender.send(out, 0, out.length, 0) > 0) {
                // until the send buffer is full
            }
            pair.step();
            int count;
            while ((count = receiver.receive(in, 0, in.length, 0)) > 0) {
                octets += count;
            }
        }
    }
}
