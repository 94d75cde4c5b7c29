package org.lastack.bench;

import java.io.Closeable;
import org.lastack.link.Link;
import org.lastack.wire.Frame;
import org.lastack.wire.FramePool;

/// Carries frames between two links in two threads, until closed. The links belong to the caller.
final class Relay implements Closeable {
    private final Link left;
    private final Link right;
    private volatile boolean closed;
    private final Thread[] threads;

    Relay(Link left, Link right) {
        this.left = left;
        this.right = right;
        threads = new Thread[] {Thread.ofPlatform().daemon().start(() -> carry(left, right)), Thread.ofPlatform().daemon().start(() -> carry(right, left))};
    }

    private void carry(Link from, Link to) {
        Frame frame = new FramePool().take(65_535);
        while (!closed && from.isOpen()) {
            frame.offset = FramePool.HEADROOM;
            int length = from.receive(frame);
            if (length > 0) {
                to.send(frame);
            } else if (length == 0) {
                from.awaitReadable(100_000_000L);
            } else {
                return;
            }
        }
    }

    @Override
    public void close() {
        closed = true;
        left.wakeup();
        right.wakeup();
        for (Thread each : threads) {
            try {
                each.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
