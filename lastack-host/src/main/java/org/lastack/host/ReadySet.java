package org.lastack.host;

import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.lastack.core.socket.InetSocket;

/// Waits for many sockets at once; what `epoll` and the selectors of NIO are made of. Sources may belong to several hosts.
///
/// Work is proportional to what is ready, not to what is registered: an event puts its registration into a list once (O(1)), and [#await]
/// looks at that list only. A registration in level mode goes back to the list after it was reported and leaves it when a look finds
/// nothing, as in Linux's epoll.
///
/// Thread-safe. Lock order: host lock, then this set's lock; [#await] asks sources for their state while it holds no lock of its own.
public final class ReadySet implements AutoCloseable {
    /// How often a condition that lasts is reported.
    public enum Mode {
        /// As long as it holds.
        LEVEL,
        /// Once per event (EPOLLET).
        EDGE,
        /// Once; then not until [ReadySet#modify] (EPOLLONESHOT).
        ONE_SHOT
    }

    /// Reported whether asked for or not.
    private static final int ALWAYS = InetSocket.POLLERR | InetSocket.POLLHUP;

    private final Driver driver;
    private final ReentrantLock lock = new ReentrantLock();
    /// All below: guarded by `lock`.
    private @Nullable Registration readyHead;
    private @Nullable Registration readyTail;
    private int readyCount;
    private int size;
    private @Nullable Waiter waiters;
    /// That of the last wait, for the next one of the same thread: a server that waits for each batch would else make garbage with it.
    private @Nullable Waiter spare;
    private boolean wakeupPending;
    private boolean closed;
    /// The host of a source: the waiting thread may read its links itself.
    private @Nullable Host host;

    /// @param driver that of the hosts whose sockets will be watched
    public ReadySet(Driver driver) {
        this.driver = driver;
    }

    /// Watches a source. If it is ready already the next [#await] reports it.
    ///
    /// @param interest poll bits of [InetSocket]
    public Registration add(ReadySource source, int interest, Mode mode, @Nullable Object attachment) {
        Registration registration = new Registration(this, source, interest, mode, attachment);
        source.attach(registration);
        lock.lock();
        try {
            size++;
            Host its = source.host();
            host = its == null ? host : its;
        } finally {
            lock.unlock();
        }
        recheck(registration);
        return registration;
    }

    /// Changes what is asked for and arms a one-shot registration again.
    public void modify(Registration registration, int interest, Mode mode) {
        lock.lock();
        try {
            registration.interest = interest;
            registration.mode = mode;
        } finally {
            lock.unlock();
        }
        recheck(registration);
    }

    /// Stops watching. Harmless when repeated.
    public void remove(Registration registration) {
        registration.source().detach(registration);
        lock.lock();
        try {
            if (!registration.removed) {
                registration.removed = true;
                size--;
            }
        } finally {
            lock.unlock();
        }
    }

    /// Number of sources watched.
    public int size() {
        lock.lock();
        try {
            return size;
        } finally {
            lock.unlock();
        }
    }

    /// Waits until something is ready, [#wakeup] is called, or time is over.
    ///
    /// @param out receives the ready registrations, [Registration#found] says with what
    /// @param timeoutNs 0 = only look, negative = no limit
    /// @return how many were put into `out`; 0 on time-out or wake-up; [Host#INTERRUPTED] or [Host#DEADLOCK] instead of waiting for ever
    public int await(Registration[] out, long timeoutNs) {
        long deadlineNs = timeoutNs < 0 ? Driver.NEVER : timeoutNs == 0 ? 0 : Host.deadline(driver.nowNs(), timeoutNs);
        while (true) {
            int count = collect(out);
            if (count > 0 || timeoutNs == 0) {
                return count;
            }
            Waiter waiter;
            lock.lock();
            try {
                if (wakeupPending) {
                    wakeupPending = false;
                    return 0;
                }
                if (closed) {
                    return 0;
                }
                if (readyHead != null) {
                    continue;
                }
                waiter = newWaiter();
                waiter.host = host;
                enqueue(waiter);
            } finally {
                lock.unlock();
            }
            Driver.Outcome outcome = driver.await(waiter, deadlineNs, true);
            dequeue(waiter);
            switch (outcome) {
                case SIGNALLED -> { }
                case TIMED_OUT -> {
                    return collect(out);
                }
                case INTERRUPTED -> {
                    return Host.INTERRUPTED;
                }
                case DEADLOCK -> {
                    return Host.DEADLOCK;
                }
            }
        }
    }

    /// Makes one present or the next [#await] return.
    public void wakeup() {
        lock.lock();
        Waiter first;
        try {
            wakeupPending = true;
            first = waiters;
            if (first != null) {
                first.signal();
            }
        } finally {
            lock.unlock();
        }
        if (first != null) {
            driver.wake(first);
        }
    }

    /// Forgets a wake-up that nobody has used.
    public void clearWakeup() {
        lock.lock();
        try {
            wakeupPending = false;
        } finally {
            lock.unlock();
        }
    }

    /// Ends all waits; registrations should have been removed before.
    @Override
    public void close() {
        lock.lock();
        Waiter each;
        try {
            closed = true;
            for (each = waiters; each != null; each = each.next) {
                each.signal();
            }
            each = waiters;
        } finally {
            lock.unlock();
        }
        for (; each != null; each = each.next) {
            driver.wake(each);
        }
    }

    /// A source has an event: called under the source's lock. Returns a waiter to wake after that lock is free, or null.
    @Nullable Waiter event(Registration registration, int mask) {
        lock.lock();
        try {
            if (registration.interest == 0 || (mask & (registration.interest | ALWAYS)) == 0) {
                return null;
            }
            return offer(registration);
        } finally {
            lock.unlock();
        }
    }

    private void recheck(Registration registration) {
        eventAndWake(registration, registration.source().readyMask());
    }

    /// As [#event] for callers without locks.
    void eventAndWake(Registration registration, int mask) {
        Waiter waiter = mask == 0 ? null : event(registration, mask);
        if (waiter != null) {
            driver.wake(waiter);
        }
    }

    /// Guarded by `lock`.
    private @Nullable Waiter offer(Registration registration) {
        if (registration.removed) {
            return null;
        }
        if (!registration.queued) {
            append(registration);
        }
        Waiter first = waiters;
        if (first == null || first.signalled()) {
            return null;
        }
        first.signal();
        return first;
    }

    /// Guarded by `lock`.
    private void append(Registration registration) {
        registration.queued = true;
        registration.nextReady = null;
        Registration tail = readyTail;
        if (tail == null) {
            readyHead = registration;
        } else {
            tail.nextReady = registration;
        }
        readyTail = registration;
        readyCount++;
    }

    /// Guarded by `lock`.
    private @Nullable Registration takeFirst() {
        Registration first = readyHead;
        if (first != null) {
            readyHead = first.nextReady;
            if (readyHead == null) {
                readyTail = null;
            }
            first.nextReady = null;
            first.queued = false;
            readyCount--;
        }
        return first;
    }

    private int collect(Registration[] out) {
        int count = 0;
        int looks;
        lock.lock();
        try {
            looks = readyCount;
        } finally {
            lock.unlock();
        }
        while (looks-- > 0 && count < out.length) {
            Registration candidate = next();
            if (candidate == null) {
                break;
            }
            int mask = candidate.source().readyMask();
            if (report(candidate, mask)) {
                out[count++] = candidate;
            }
        }
        return count;
    }

    private @Nullable Registration next() {
        lock.lock();
        try {
            return takeFirst();
        } finally {
            lock.unlock();
        }
    }

    private boolean report(Registration candidate, int mask) {
        lock.lock();
        try {
            int found = candidate.interest == 0 || candidate.removed ? 0 : mask & (candidate.interest | ALWAYS);
            if (found == 0) {
                return false;
            }
            candidate.found = found;
            switch (candidate.mode) {
                case LEVEL -> {
                    if (!candidate.queued) {
                        append(candidate);
                    }
                }
                case EDGE -> { }
                case ONE_SHOT -> candidate.interest = 0;
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    /// Guarded by `lock`.
    private Waiter newWaiter() {
        Waiter known = spare;
        spare = null;
        if (known == null || known.thread() != Thread.currentThread()) {
            return new Waiter(0);
        }
        known.again();
        return known;
    }

    /// Guarded by `lock`.
    private void enqueue(Waiter waiter) {
        waiter.previous = null;
        waiter.next = waiters;
        if (waiters != null) {
            waiters.previous = waiter;
        }
        waiters = waiter;
        waiter.queued = true;
    }

    private void dequeue(Waiter waiter) {
        Waiter passOn = null;
        lock.lock();
        try {
            Waiter before = waiter.previous;
            Waiter after = waiter.next;
            if (before == null) {
                waiters = after;
            } else {
                before.next = after;
            }
            if (after != null) {
                after.previous = before;
            }
            waiter.queued = false;
            spare = waiter;
            // The next waiter gets what this one was woken for if it leaves for another reason, or if more than one thing is ready.
            Waiter first = waiters;
            if (readyHead != null && first != null && !first.signalled()) {
                first.signal();
                passOn = first;
            }
        } finally {
            lock.unlock();
        }
        if (passOn != null) {
            driver.wake(passOn);
        }
    }
}
