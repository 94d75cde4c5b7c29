package org.lastack.host;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import org.lastack.link.Link;

/// The machine's clock and real threads: one receiving thread per link, the first of which also runs the host's timers; a host without links
/// has one timer thread. All are daemons. Between hosts of this process on a link in memory the sending thread does the receiving itself
/// ([Link#directDelivery]): no hand-off. Application threads do their own work inside the engine; one that must wait receives meanwhile, if its host has
/// one link and nobody else does ([HostThreads#lead]), else it parks here.
public final class RealDriver implements Driver {
    private final long originNs = System.nanoTime();
    private final long originTimeOfDayNs = System.currentTimeMillis() * 1_000_000;
    private final Map<Host, HostThreads> served = new ConcurrentHashMap<>();

    @Override
    public long nowNs() {
        return System.nanoTime() - originNs;
    }

    @Override
    public long timeOfDayNs(long ns) {
        return originTimeOfDayNs + ns;
    }

    @Override
    public void attach(Host host) {
        host.deliverDirectly();
        HostThreads threads = new HostThreads(this, host);
        served.put(host, threads);
        threads.start();
    }

    @Override
    public void detach(Host host) {
        HostThreads threads = served.remove(host);
        if (threads != null) {
            threads.stop();
        }
    }

    @Override
    public void deadlineMoved(Host host, long deadlineNs) {
        HostThreads threads = served.get(host);
        if (threads != null) {
            threads.wakeTimer();
        }
    }

    @Override
    public Outcome await(Waiter waiter, long deadlineNs, boolean interruptible) {
        Host host = waiter.host;
        HostThreads threads = host == null ? null : served.get(host);
        if (threads != null) {
            threads.lead(waiter, deadlineNs);
        }
        if (waiter.signalled()) {
            return Outcome.SIGNALLED;
        }
        if (threads == null) {
            return park(waiter, deadlineNs, interruptible);
        }
        threads.sleeps();
        try {
            return park(waiter, deadlineNs, interruptible);
        } finally {
            threads.sleptEnough();
        }
    }

    private Outcome park(Waiter waiter, long deadlineNs, boolean interruptible) {
        boolean interrupted = false;
        try {
            while (!waiter.signalled()) {
                if (Thread.interrupted()) {
                    interrupted = true;
                    if (interruptible) {
                        return Outcome.INTERRUPTED;
                    }
                }
                if (deadlineNs == NEVER) {
                    LockSupport.park(waiter);
                } else {
                    long left = deadlineNs - nowNs();
                    if (left <= 0) {
                        return Outcome.TIMED_OUT;
                    }
                    LockSupport.parkNanos(waiter, left);
                }
            }
            return Outcome.SIGNALLED;
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Override
    public boolean poll(Host host) {
        HostThreads threads = served.get(host);
        return threads != null && threads.poll();
    }

    @Override
    public void wake(Waiter waiter) {
        if (waiter.thread() == Thread.currentThread()) {
            return; // it has found its own event
        }
        LockSupport.unpark(waiter.thread());
        Link polling = waiter.polling;
        if (polling != null) {
            polling.wakeup();
            return;
        }
        Host host = waiter.host;
        HostThreads threads = host == null ? null : served.get(host);
        if (threads != null) {
            threads.woken(waiter);
        }
    }
}
