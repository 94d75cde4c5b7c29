package org.lastack.bench;

import java.io.Closeable;
import org.lastack.link.Impairment;
import org.lastack.link.ImpairmentLine;
import org.lastack.link.Link;
import org.lastack.wire.Frame;
import org.lastack.wire.FramePool;

/// Carries IPv4 frames between a client's link and a server's, in two threads, over as many independent bad networks as there are flows: each has its
/// own bottleneck, queue, delay and dice. A flow's lane is told by the client's port. Frames of no lane vanish. The links belong to the caller.
final class LaneRelay implements Closeable {
    /// The lanes of one measurement; both threads take them over as a whole.
    private static final class Lanes {
        final int firstPort;
        final ImpairmentLine[] toServer;
        final ImpairmentLine[] toClient;

        Lanes(int firstPort, int count, Impairment there, Impairment back, long seed) {
            this.firstPort = firstPort;
            toServer = new ImpairmentLine[count];
            toClient = new ImpairmentLine[count];
            for (int i = 0; i < count; i++) {
                // Lane i of every relay with that seed throws the same dice: rivals meet the same losses.
                toServer[i] = new ImpairmentLine(there, seed + 2L * i);
                toClient[i] = new ImpairmentLine(back, seed + 2L * i + 1);
            }
        }
    }

    private static final long IDLE_NS = 100_000_000L;
    /// Frames taken in before those that are due go out.
    private static final int BATCH = 32;
    private static final int IP_HEADER = 20;

    private final Link client;
    private final Link server;
    private volatile Lanes lanes = new Lanes(0, 0, Impairment.NONE, Impairment.NONE, 0);
    private volatile boolean closed;
    private final Thread[] threads;

    LaneRelay(Link client, Link server) {
        this.client = client;
        this.server = server;
        threads = new Thread[] {
            Thread.ofPlatform().daemon().name("relay-to-server").start(() -> carry(client, server, true)),
            Thread.ofPlatform().daemon().name("relay-to-client").start(() -> carry(server, client, false))
        };
    }

    /// New lanes for flows from the client's ports `firstPort`, `firstPort + 1`...; what is on its way in the old ones is lost.
    void lanes(int firstPort, int count, Impairment there, Impairment back, long seed) {
        lanes = new Lanes(firstPort, count, there, back, seed);
        client.wakeup();
        server.wakeup();
    }

    private void carry(Link from, Link to, boolean toServer) {
        Frame frame = new FramePool().take(65_535);
        while (!closed && from.isOpen()) {
            Lanes now = lanes;
            ImpairmentLine[] lines = toServer ? now.toServer : now.toClient;
            boolean more = takeIn(from, frame, now.firstPort, lines, toServer);
            long next = sendDue(lines, to);
            if (!more) {
                from.awaitReadable(Math.min(IDLE_NS, Math.max(0, next)));
            }
        }
    }

    /// True if there may be more to take in.
    private static boolean takeIn(Link from, Frame frame, int firstPort, ImpairmentLine[] lines, boolean toServer) {
        for (int i = 0; i < BATCH; i++) {
            frame.offset = FramePool.HEADROOM;
            int length = from.receive(frame);
            if (length <= 0) {
                return false;
            }
            int at = frame.offset + IP_HEADER + (toServer ? 0 : 2);
            if (length >= IP_HEADER + 20 && frame.data[frame.offset] == 0x45 && frame.data[frame.offset + 9] == 6) {
                int lane = ((frame.data[at] & 0xff) << 8 | frame.data[at + 1] & 0xff) - firstPort;
                if (lane >= 0 && lane < lines.length) {
                    lines[lane].offer(frame, System.nanoTime());
                }
            }
        }
        return true;
    }

    /// Nanoseconds until the next frame is due.
    private static long sendDue(ImpairmentLine[] lines, Link to) {
        long now = System.nanoTime();
        long wait = IDLE_NS;
        for (ImpairmentLine line : lines) {
            for (Frame due = line.due(now); due != null; due = line.due(now)) {
                to.send(due);
                line.free(due);
            }
            long next = line.nextNs();
            if (next != Long.MAX_VALUE) {
                wait = Math.min(wait, next - now);
            }
        }
        return wait;
    }

    @Override
    public void close() {
        closed = true;
        client.wakeup();
        server.wakeup();
        for (Thread each : threads) {
            try {
                each.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
