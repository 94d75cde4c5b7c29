package org.lastack.host;

import java.util.ArrayDeque;
import org.lastack.link.Link;

/// What a thread still has to deliver to other hosts of this process. Deliveries lead to answers, which lead to deliveries: the outermost call does
/// them one after the other, so that a long exchange needs no deep stack.
final class DirectDeliveries {
    private static final ThreadLocal<DirectDeliveries> MINE = ThreadLocal.withInitial(DirectDeliveries::new);

    private final ArrayDeque<Link> waiting = new ArrayDeque<>(4);
    private boolean running;

    static DirectDeliveries ofThisThread() {
        return MINE.get();
    }

    void add(Link link) {
        waiting.add(link);
    }

    /// Delivers until nothing is left; does nothing if this thread is at it already. The caller holds no lock.
    void run() {
        if (running) {
            return;
        }
        running = true;
        try {
            for (Link next = waiting.poll(); next != null; next = waiting.poll()) {
                next.deliver();
            }
        } finally {
            running = false;
        }
    }
}
