package org.lastack.core.tcp;

import org.jspecify.annotations.Nullable;

/// What a socket in LISTEN has beside its name: the queue of complete connections and the count of incomplete ones, with Linux's limits
/// (backlog n admits n+1).
final class Listener {
    int backlog;
    /// Complete connections, oldest first.
    private @Nullable Tcb head;
    private @Nullable Tcb tail;
    private int queued;
    /// Embryos of this listener.
    int embryos;
    /// By which they name it; given by [Embryos].
    int number;
    /// Most that ever waited.
    int peak;
    long overflows;
    long drops;
    long cookiesSent;
    long synsReceived;
    long completed;
    long accepted;
    long lastAcceptNs;
    long lastOverflowNs = Long.MIN_VALUE / 2;

    Listener(int backlog) {
        this.backlog = backlog;
    }

    int queued() {
        return queued;
    }

    boolean acceptQueueFull() {
        return queued > backlog;
    }

    boolean synQueueFull() {
        return embryos > backlog;
    }

    void add(Tcb child) {
        child.nextQueued = null;
        Tcb last = tail;
        if (last == null) {
            head = child;
        } else {
            last.nextQueued = child;
        }
        tail = child;
        queued++;
        peak = Math.max(peak, queued);
    }

    @Nullable Tcb take() {
        Tcb first = head;
        if (first == null) {
            return null;
        }
        head = (Tcb) first.nextQueued;
        if (head == null) {
            tail = null;
        }
        first.nextQueued = null;
        queued--;
        return first;
    }
}
