package org.lastack.host;

import org.jspecify.annotations.Nullable;

/// One thread that waits for something: made by the thread itself, queued under the lock of what it waits for, then given to
/// [Driver#await]. Used once.
public final class Waiter {
    private final Thread thread = Thread.currentThread();
    private final int interest;
    private volatile boolean signalled;

    /// Neighbours in the queue of a socket; guarded by that socket's host lock.
    @Nullable Waiter previous;
    @Nullable Waiter next;
    boolean queued;

    /// @param interest poll bits that end the wait; errors and hang-ups always do
    public Waiter(int interest) {
        this.interest = interest;
    }

    int interest() {
        return interest;
    }

    /// The thread that waits.
    public Thread thread() {
        return thread;
    }

    /// True once what was waited for has happened. Any thread.
    public boolean signalled() {
        return signalled;
    }

    /// Notes that the wait is over. The driver still has to be told ([Driver#wake]), outside all locks.
    void signal() {
        signalled = true;
    }
}
