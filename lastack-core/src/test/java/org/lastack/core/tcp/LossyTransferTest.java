package org.lastack.core.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.lastack.core.Errno;
import org.lastack.core.Sysctl;
import org.lastack.core.Sysctls;
import org.lastack.core.socket.InetSocket;

/// Random writes and reads over a wire that loses, duplicates and reorders: whatever happens, the octets arrive once and in order, and nothing is left.
/// A failure names the seed; `-Dlastack.seed=N` replays it.
class LossyTransferTest {
    private static final int SEEDS = Integer.getInteger("lastack.seeds", 300);
    private static final String[] ALGORITHMS = {"reno", "cubic", "dctcp", "bbr"};

    /// Carries S4-21, S4-40, S4-57, S4-58, S1-17: any chunking, any loss, the same stream. SECURITY J-04.
    @Test
    void everyOctetArrivesOnceAndInOrder() {
        Long only = Long.getLong("lastack.seed");
        if (only != null) {
            new Story(only).run();
            return;
        }
        List<String> failures = new ArrayList<>();
        long lost = 0;
        for (long seed = 1; seed <= SEEDS; seed++) {
            try {
                Story story = new Story(seed);
                story.run();
                lost += story.net.lost;
            } catch (RuntimeException | AssertionError e) {
                failures.add("seed " + seed + ": " + e);
            }
        }
        assertThat(failures).isEmpty();
        assertThat(lost).as("packets lost in all stories").isGreaterThan(SEEDS * 10L);
    }

    /// The octet at a position of a stream.
    static byte octet(long seed, int direction, long position) {
        long mixed = (position + 1) * 0x9e3779b97f4a7c15L + seed * 31 + direction;
        return (byte) (mixed ^ mixed >>> 29);
    }

    /// One end: what it has yet to write and what it has read.
    private static final class End {
        final long seed;
        final int direction;
        final SplittableRandom random;
        final long toWrite;
        final long toRead;
        final boolean slow;
        long written;
        long read;
        boolean closed;
        boolean sawEnd;
        TcpSocket socket;
        final byte[] buffer = new byte[40_000];

        End(long seed, int direction, SplittableRandom random, long toWrite, long toRead) {
            this.seed = seed;
            this.direction = direction;
            this.random = random;
            this.toWrite = toWrite;
            this.toRead = toRead;
            slow = random.nextInt(4) == 0;
        }

        /// @return true if it did anything
        boolean turn() {
            if (socket == null || socket.state() == TcpState.SYN_SENT) {
                return false;
            }
            boolean busy = write();
            if (!slow || random.nextInt(8) == 0) {
                busy |= read();
            }
            return busy;
        }

        private boolean write() {
            if (closed) {
                return false;
            }
            if (written == toWrite) {
                closed = true;
                int result = socket.shutdown(InetSocket.SHUT_WR);
                check(result == 0, "shutdown " + result);
                return true;
            }
            int size = (int) Math.min(toWrite - written, switch (random.nextInt(4)) {
                case 0 -> 1;
                case 1 -> 1 + random.nextInt(100);
                default -> 1 + random.nextInt(buffer.length);
            });
            for (int i = 0; i < size; i++) {
                buffer[i] = octet(seed, direction, written + i);
            }
            int took = socket.send(buffer, 0, size, random.nextInt(10) == 0 ? org.lastack.core.socket.Msg.MORE : 0);
            check(took > 0 || took == -Errno.EAGAIN, "send " + took);
            written += Math.max(0, took);
            return took > 0;
        }

        private boolean read() {
            if (sawEnd) {
                return false;
            }
            int size = random.nextInt(4) == 0 ? 1 + random.nextInt(10) : buffer.length;
            int got = socket.receive(buffer, 0, size, 0);
            if (got == -Errno.EAGAIN) {
                return false;
            }
            check(got >= 0, "receive " + got);
            for (int i = 0; i < got; i++) {
                if (buffer[i] != octet(seed, 1 - direction, read + i)) {
                    check(false, "octet " + (read + i) + " of " + toRead + " is wrong");
                }
            }
            read += got;
            if (got == 0) {
                sawEnd = true;
                check(read == toRead, "end of file after " + read + " of " + toRead);
            }
            return true;
        }

        boolean finished() {
            return closed && sawEnd;
        }

        private void check(boolean right, String what) {
            if (!right) {
                throw new IllegalStateException(what + " at end " + direction + ", " + socket);
            }
        }
    }

    private static final class Story {
        final SplittableRandom random;
        final long seed;
        final TwoHosts net;
        final End[] ends = new End[2];
        final TcpSocket listener;

        Story(long seed) {
            this.seed = seed;
            random = new SplittableRandom(seed);
            int[] mtus = {68, 100, 296, 576, 1280, 1500, 1500, 9000, 65_535, 68 + random.nextInt(2000)};
            int mtu = mtus[random.nextInt(mtus.length)];
            Sysctls[] settings = {settings(), settings()};
            net = new TwoHosts(seed, mtu, settings[0], settings[1]);
            if (mtu >= 1280 && random.nextInt(3) == 0) {
                net.addresses = TwoHosts.ADDRESSES6;
            }
            if (seed % 2 == 0) {
                net.startBelowTheWrap(1 + random.nextInt(30_000));
            }
            net.delayNs = 10_000L + random.nextLong(50_000_000L);
            net.loss = random.nextInt(4) * 0.03;
            net.duplication = random.nextInt(3) * 0.05;
            net.reordering = random.nextInt(3) * 0.15;
            long most = Math.min(300_000, mtu * 150L);
            long[] sizes = {size(most), size(most)};
            ends[0] = new End(seed, 0, random, sizes[0], sizes[1]);
            ends[1] = new End(seed, 1, random, sizes[1], sizes[0]);
            listener = net.listen(1);
            ends[0].socket = net.connect();
        }

        private long size(long most) {
            return random.nextInt(5) == 0 ? random.nextInt(3) : random.nextLong(most);
        }

        private Sysctls settings() {
            Sysctls settings = new Sysctls();
            settings.set(Sysctl.TCP_SACK, random.nextInt(4) == 0 ? 0 : 1);
            settings.set(Sysctl.TCP_TIMESTAMPS, random.nextInt(4) == 0 ? 0 : 1);
            settings.set(Sysctl.TCP_WINDOW_SCALING, random.nextInt(4) == 0 ? 0 : 1);
            settings.set(Sysctl.TCP_ECN, random.nextInt(3) == 0 ? 1 : 2);
            settings.congestionControl(ALGORITHMS[random.nextInt(ALGORITHMS.length)]);
            if (random.nextInt(8) == 0) {
                settings.set(Sysctl.TCP_MEM, 1 << 16);
            }
            if (random.nextInt(3) == 0) {
                settings.set(Sysctl.TCP_RMEM_DEFAULT, 4096 + random.nextInt(20_000));
            }
            return settings;
        }

        void run() {
            long end = 3600L * 4_000_000_000L;
            while (!(ends[0].finished() && ends[1].finished())) {
                if (ends[1].socket == null) {
                    ends[1].socket = listener.accept();
                }
                for (End each : ends) {
                    for (int i = 0; i < 4 && each.turn(); i++) {
                        net.drain();
                    }
                }
                net.drain();
                long next = Math.min(net.nextNs(), net.nowNs + 100_000_000L);
                if (net.nowNs > end) {
                    throw new IllegalStateException("not finished: " + ends[0].read + "/" + ends[0].toRead + " and " + ends[1].read + "/" + ends[1].toRead + "; "
                            + ends[0].socket + ", " + ends[1].socket);
                }
                net.step(next);
            }
            ends[0].socket.close();
            ends[1].socket.close();
            listener.close();
            net.settle(2000);
            for (int i = 0; i < 2; i++) {
                Tcp tcp = net.engines[i].tcp();
                check(tcp.connectionCount() == 0 && tcp.timeWaitCount() == 0 && tcp.embryoCount() == 0 && tcp.orphanCount() == 0,
                        "left over: " + tcp.connectionCount() + " connections, " + tcp.timeWaitCount() + " in TIME-WAIT, " + tcp.embryoCount() + " embryos, "
                                + tcp.orphanCount() + " orphans");
                check(tcp.buffersOutstanding() == 0, "buffers left over: " + tcp.buffersOutstanding());
                check(net.engines[i].frames().outstanding() == 0, "frames left over: " + net.engines[i].frames().outstanding());
            }
        }

        private static void check(boolean right, String what) {
            if (!right) {
                throw new IllegalStateException(what);
            }
        }
    }
}
