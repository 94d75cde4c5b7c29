package org.lastack.host;

import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;
import java.util.function.BooleanSupplier;

/// Virtual time in one thread: the clock stands still while anything can be done now, then jumps to the next deadline. A call that would
/// block runs the hosts until it can go on; if nothing is left that could let it, it fails with EDEADLK instead of hanging.
///
/// Links that delay frames must take their time from [#nowNs]. Equal inputs give equal runs. Use from one thread only: the one that made it.
public final class VirtualDriver implements Driver {
    private record Event(long timeNs, long order, Runnable action) implements Comparable<Event> {
        @Override
        public int compareTo(Event other) {
            int byTime = Long.compare(timeNs, other.timeNs);
            return byTime != 0 ? byTime : Long.compare(order, other.order);
        }
    }

    private final List<Host> hosts = new ArrayList<>();
    private final PriorityQueue<Event> events = new PriorityQueue<>();
    private final Thread owner = Thread.currentThread();
    private long nowNs;
    private long eventOrder;

    @Override
    public long nowNs() {
        return nowNs;
    }

    @Override
    public void attach(Host host) {
        confine();
        hosts.add(host);
    }

    @Override
    public void detach(Host host) {
        confine();
        hosts.remove(host);
    }

    @Override
    public void deadlineMoved(Host host, long deadlineNs) {
        // Deadlines are read when the next step is chosen.
    }

    /// Runs `action` when the clock shows `timeNs` (at once on the next step if that has passed). For scripts: a peer's segments, "another
    /// thread's" calls.
    public void at(long timeNs, Runnable action) {
        confine();
        events.add(new Event(timeNs, eventOrder++, action));
    }

    /// Runs `action` after so many nanoseconds.
    public void after(long delayNs, Runnable action) {
        at(Host.deadline(nowNs, delayNs), action);
    }

    /// Does one thing: delivers waiting frames, or else jumps to the next deadline and does what is due. False if there is nothing left to do.
    public boolean step() {
        confine();
        if (deliver()) {
            return true;
        }
        long next = nextNs();
        if (next == NEVER) {
            return false;
        }
        runDue(next);
        return true;
    }

    /// Steps until the condition holds. False if nothing was left to do before that.
    public boolean runUntil(BooleanSupplier condition) {
        while (!condition.getAsBoolean()) {
            if (!step()) {
                return false;
            }
        }
        return true;
    }

    /// Lets so much time pass; the clock shows exactly that much more afterwards.
    public void runFor(long durationNs) {
        confine();
        runTo(Host.deadline(nowNs, durationNs));
    }

    /// Does what can be done without time passing.
    public void settle() {
        confine();
        runTo(nowNs);
    }

    private void runTo(long endNs) {
        while (true) {
            if (deliver()) {
                continue;
            }
            long next = nextNs();
            if (next > endNs) {
                nowNs = Math.max(nowNs, endNs);
                return;
            }
            runDue(next);
        }
    }

    @Override
    public Outcome await(Waiter waiter, long deadlineNs, boolean interruptible) {
        confine();
        while (!waiter.signalled()) {
            if (nowNs >= deadlineNs) {
                return Outcome.TIMED_OUT;
            }
            if (deliver()) {
                continue;
            }
            long next = nextNs();
            if (next >= deadlineNs) {
                if (deadlineNs == NEVER) {
                    return Outcome.DEADLOCK;
                }
                nowNs = deadlineNs;
            }
            if (next <= nowNs || next < deadlineNs) {
                runDue(next);
            }
        }
        return Outcome.SIGNALLED;
    }

    @Override
    public void wake(Waiter waiter) {
        // The one thread finds out by itself.
    }

    /// Moves frames that wait now. A link that delays frames may only pass one on to the other end in the first round, which finds it in the second.
    private boolean deliver() {
        boolean due = false;
        for (int i = 0; i < hosts.size() && !due; i++) {
            due = hosts.get(i).linkDeadlineNs() <= nowNs;
        }
        boolean delivered = round();
        return due ? round() | delivered : delivered;
    }

    private boolean round() {
        boolean delivered = false;
        for (int i = 0; i < hosts.size(); i++) {
            delivered |= hosts.get(i).runLinks() > 0;
        }
        return delivered;
    }

    private long nextNs() {
        Event first = events.peek();
        long next = first == null ? NEVER : first.timeNs;
        for (int i = 0; i < hosts.size(); i++) {
            next = Math.min(next, Math.min(hosts.get(i).deadlineNs(), hosts.get(i).linkDeadlineNs()));
        }
        return next;
    }

    private void runDue(long timeNs) {
        nowNs = Math.max(nowNs, timeNs);
        for (Event first = events.peek(); first != null && first.timeNs <= nowNs; first = events.peek()) {
            events.remove();
            first.action.run();
        }
        for (int i = 0; i < hosts.size(); i++) {
            Host host = hosts.get(i);
            if (host.deadlineNs() <= nowNs) {
                host.runTimers();
            }
        }
    }

    private void confine() {
        if (Thread.currentThread() != owner) {
            throw new IllegalStateException("virtual time belongs to thread " + owner.getName() + ", called from " + Thread.currentThread().getName());
        }
    }
}
