package org.lastack.host;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.lastack.link.Link;

/// The machine's clock and real threads: one receiving thread per link, the first of which also runs the host's timers; a host without links
/// has one timer thread. All are daemons. Between hosts of this process on a link in memory the sending thread does the receiving itself
/// ([Link#directDelivery]): no hand-off. Application threads do their own work inside the engine and park here when they must wait.
public final class RealDriver implements Driver {
    private static final long ERROR_PAUSE_NS = 1_000_000;
    private static final long LONGEST_ERROR_PAUSE_NS = 200_000_000;

    private final long originNs = System.nanoTime();
    private final Map<Host, Threads> served = new ConcurrentHashMap<>();

    @Override
    public long nowNs() {
        return System.nanoTime() - originNs;
    }

    @Override
    public void attach(Host host) {
        host.deliverDirectly();
        Threads threads = new Threads(host);
        served.put(host, threads);
        threads.start();
    }

    @Override
    public void detach(Host host) {
        Threads threads = served.remove(host);
        if (threads != null) {
            threads.stop();
        }
    }

    @Override
    public void deadlineMoved(Host host, long deadlineNs) {
        Threads threads = served.get(host);
        if (threads != null) {
            threads.wakeTimer();
        }
    }

    @Override
    public Outcome await(Waiter waiter, long deadlineNs, boolean interruptible) {
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
    public void wake(Waiter waiter) {
        LockSupport.unpark(waiter.thread());
    }

    /// The threads of one host.
    private final class Threads {
        private final Host host;
        private final List<Thread> threads = new ArrayList<>();
        private final @Nullable Link timerLink;
        private volatile boolean stopping;

        Threads(Host host) {
            this.host = host;
            List<LinkPort> ports = host.ports();
            timerLink = ports.isEmpty() ? null : ports.getFirst().link();
            if (ports.isEmpty()) {
                threads.add(daemon("timer", this::timerLoop));
            }
            for (LinkPort port : ports) {
                threads.add(daemon(port.link().name(), () -> receiveLoop(port)));
            }
        }

        private Thread daemon(String role, Runnable loop) {
            return Thread.ofPlatform().daemon().name("lastack-" + host.name() + "-" + role).unstarted(loop);
        }

        void start() {
            threads.forEach(Thread::start);
        }

        void wakeTimer() {
            if (timerLink != null && timerLink.isOpen()) {
                timerLink.wakeup();
            } else {
                LockSupport.unpark(threads.getFirst());
            }
        }

        void stop() {
            stopping = true;
            boolean interrupted = false;
            for (LinkPort port : host.ports()) {
                port.link().wakeup();
            }
            for (Thread each : threads) {
                LockSupport.unpark(each);
                while (each != Thread.currentThread() && each.isAlive()) {
                    try {
                        each.join();
                    } catch (InterruptedException e) {
                        interrupted = true;
                    }
                }
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }

        private void timerLoop() {
            long pauseNs = 0;
            while (!stopping) {
                long left = untilDeadline();
                if (left > 0) {
                    LockSupport.parkNanos(this, left);
                    continue;
                }
                pauseNs = runGuarded(null, pauseNs);
            }
        }

        /// No frame, exception or error of the system ends this loop but the end of the host (SECURITY J-01). A link that is gone leaves its
        /// thread with the timers only.
        private void receiveLoop(LinkPort port) {
            Link link = port.link();
            boolean timers = link == timerLink;
            long pauseNs = 0;
            while (!stopping) {
                if (!link.isOpen()) {
                    host.linkEnded(port);
                    if (timers) {
                        // Deadlines that were told to the dying link are seen by the look that this loop begins with.
                        timerLoop();
                    }
                    return;
                }
                long left = timers ? untilDeadline() : NEVER;
                if (left > 0) {
                    link.awaitReadable(left);
                }
                pauseNs = runGuarded(port, pauseNs);
            }
        }

        private long untilDeadline() {
            long timerNs = host.timerNs();
            return timerNs == NEVER ? NEVER : timerNs - nowNs();
        }

        /// One round of work. Returns how long to pause after the next fault: what fails every time must not eat the processor.
        private long runGuarded(@Nullable LinkPort port, long pauseNs) {
            try {
                if (port != null) {
                    host.runLink(port);
                }
                if (port == null || port.link() == timerLink) {
                    host.runTimers();
                }
                return 0;
            } catch (RuntimeException | StackOverflowError e) {
                host.fault(e);
                LockSupport.parkNanos(this, pauseNs);
                return Math.min(Math.max(pauseNs * 2, ERROR_PAUSE_NS), LONGEST_ERROR_PAUSE_NS);
            }
        }
    }
}
