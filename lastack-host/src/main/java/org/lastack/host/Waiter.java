package org.lastack.host;

import org.jspecify.annotations.Nullable;
import org.lastack.link.Link;

/// One thread that waits for something: made by the thread itself, queued under the lock of what it waits for, then given to
/// [Driver#await]. Then it is over, or used [#again] by the same thread.
public final class Waiter {
    private final Thread thread = Thread.currentThread();
    private final int interest;
    /// It takes one of several things, so that no more such waiters are woken than there are things (the herd that accept would be).
    private final boolean exclusive;
    private volatile boolean signalled;
    /// Whose link the thread may read itself while it waits, if the driver lets it; null: it just sleeps. Set before [Driver#await].
    @Nullable Host host;
    /// The link that the thread is reading now, maybe asleep in it: whoever ends the wait has to wake that too.
    volatile @Nullable Link polling;

    /// Neighbours in the queue of a socket; guarded by that socket's host lock.
    @Nullable Waiter previous;
    @Nullable Waiter next;
    boolean queued;

    /// @param interest poll bits that end the wait; errors and hang-ups always do
    public Waiter(int interest) {
        this(interest, false);
    }

    Waiter(int interest, boolean exclusive) {
        this.interest = interest;
        this.exclusive = exclusive;
    }

    boolean exclusive() {
        return exclusive;
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

    /// Makes it new, after the wait: it is in no queue. Somebody who signalled it may still be on the way to [Driver#wake], which then makes the thread look once in vain.
    void again() {
        signalled = false;
    }

    /// Notes that the wait is over. The driver still has to be told ([Driver#wake]), outside all locks.
    void signal() {
        signalled = true;
    }
}
