package org.lastack.host;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.lastack.link.Link;

/// The threads that a [RealDriver] has for one host, and the rule who of them and of the application's threads receives.
///
/// A hand-off from one platform thread to another costs more than everything TCP does for a segment (measured: 6 to 9 us). So a platform thread that waits for a socket
/// becomes the receiver itself ([#lead]), as long as frames keep coming, and the host's own thread stands by: it looks every [#STANDBY_NS], or [#LONG_STANDBY_NS] while
/// nobody is parked, whether somebody still does the work. A virtual thread must not sleep in a system call, so it receives only while it polls busily ([HostBuilder#busyPoll]).
final class HostThreads {
    private static final long ERROR_PAUSE_NS = 1_000_000;
    private static final long LONGEST_ERROR_PAUSE_NS = 200_000_000;
    /// How long frames may lie if the thread that received has found what it waited for and does not come back.
    private static final long STANDBY_NS = 200_000;
    /// The same while no thread sleeps to which they could be brought: all are at work, or one receives. A server of one thread that is preempted by its clients, or works
    /// through a batch, then comes back to a link that is its own: with 200 us for all, the two threads took the link from each other (two processors, medians of three
    /// runs: 16 clients that connect and close 23.4 instead of 24.7 k/s, 32 that ask 45 to 87 instead of 97 k/s and 11 to 27 instead of 8.6 us of CPU a turn).
    private static final long LONG_STANDBY_NS = 1_000_000;
    /// Long looks in a row that find nobody receiving but somebody at work inside the host: a reader that drains what has piled up comes back. What another thread received
    /// meanwhile would make the pile larger than the processor's cache, and the reader slower (bulk-rx, four flows, 11 runs in turn: CPU time per octet 0.88 of what it was,
    /// 0.99 with one look).
    private static final int MOST_IDLE = 4;
    /// A waiting thread to which nothing comes for so long gives the link back and parks, so that it can be interrupted.
    private static final long IDLE_NS = 5_000_000;
    /// Batches that bring others something and the receiving thread nothing, after which it lets others receive.
    private static final int FOR_OTHERS = 16;
    /// Batches for which the host's thread goes on without standing by after it has stood by for nothing.
    private static final int IMPATIENT = 64;

    private final RealDriver driver;
    private final Host host;
    private final long busyPollNs;
    private final List<Thread> threads = new ArrayList<>();
    private final @Nullable Link timerLink;
    /// The link that waiting threads may read, if there is just one and it is read at all.
    private final @Nullable LinkPort shared;
    private volatile boolean stopping;
    /// A thread has been woken that may want to receive when it waits again. Any thread.
    private volatile boolean candidate;
    /// Counts what others than the host's thread receive; written by whoever owns the port.
    private volatile int leads;
    /// Threads that are parked until something happens on this host.
    private final AtomicInteger sleepers = new AtomicInteger();
    /// The host's thread has not heard of any of them. Any thread.
    private volatile boolean drowsy;
    /// Nobody receives any more: the host's thread is to begin at once.
    private volatile boolean takeOver;

    HostThreads(RealDriver driver, Host host) {
        this.driver = driver;
        this.host = host;
        busyPollNs = host.busyPollNs();
        List<LinkPort> ports = host.ports();
        timerLink = ports.isEmpty() ? null : ports.getFirst().link();
        shared = ports.size() == 1 && !ports.getFirst().direct ? ports.getFirst() : null;
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
        if (shared != null && !threads.contains(Thread.currentThread())) {
            // An application's thread that receives sees that the host stops.
            while (!shared.claim()) {
                shared.link().wakeup();
                LockSupport.parkNanos(this, STANDBY_NS);
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    // ---- receiving by a thread that waits ----

    /// Receives in the calling thread until its waiter is signalled, its time is over, it is interrupted, or nothing more comes; does nothing if somebody else receives.
    /// The caller looks at its waiter afterwards in any case.
    void lead(Waiter waiter, long deadlineNs) {
        host.answered();
        LinkPort port = shared;
        boolean mayBlock = !waiter.thread().isVirtual();
        if (port == null || !mayBlock && busyPollNs == 0 || waiter.signalled() || !port.claim()) {
            return;
        }
        boolean handOver = true;
        try {
            leads++;
            waiter.polling = port.link();
            host.answering();
            handOver = receiveFor(waiter, port, deadlineNs, mayBlock);
        } finally {
            waiter.polling = null;
            if (!waiter.signalled()) {
                host.answered();
            }
            port.yield();
            if (handOver) {
                takeOver = true;
                LockSupport.unpark(threads.getFirst());
            }
        }
    }

    /// The calling thread is going to park, because somebody else receives or because it has received in vain; [#sleptEnough] afterwards.
    void sleeps() {
        if (sleepers.getAndIncrement() == 0 && drowsy) {
            LockSupport.unpark(threads.getFirst());
        }
    }

    void sleptEnough() {
        sleepers.decrementAndGet();
    }

    /// Receives what is there without waiting, for a thread that could not go on and does not want to sleep: one that sends needs acknowledgments, and to have another
    /// thread bring them costs more. True if something came.
    boolean poll() {
        LinkPort port = shared;
        if (port == null) {
            return false;
        }
        if (!port.claim()) {
            candidate = true;
            return false;
        }
        host.answered();
        try {
            leads++;
            return receive(port);
        } finally {
            port.yield();
        }
    }

    /// True if the host's own thread is to take over at once.
    private boolean receiveFor(Waiter waiter, LinkPort port, long deadlineNs, boolean mayBlock) {
        long activeNs = 0;
        int forOthers = 0;
        boolean look = busyPollNs > 0 || !port.drained();
        while (!waiter.signalled()) {
            if (stopping || !port.link().isOpen() || Thread.currentThread().isInterrupted()) {
                return true;
            }
            if (look && receiveAndAnswer(waiter, port)) {
                activeNs = 0;
                if (++forOthers > FOR_OTHERS && !waiter.signalled()) {
                    return false;
                }
                continue;
            }
            long now = driver.nowNs();
            if (activeNs == 0) {
                // The first look that found nothing: the clock is not read while there is something to do.
                activeNs = now;
            }
            if (now >= deadlineNs) {
                return true;
            }
            if (now - activeNs < busyPollNs) {
                look = true;
                Thread.onSpinWait();
                continue;
            }
            if (!mayBlock || now - activeNs >= busyPollNs + IDLE_NS) {
                return true;
            }
            sleep(port, Math.min(IDLE_NS, deadlineNs - now));
            look = true;
        }
        return false;
    }

    /// A batch that brings the calling thread what it waits for is acknowledged with its answers; another one at once. Between [Host#answering] and [Host#answered].
    private boolean receiveAndAnswer(Waiter waiter, LinkPort port) {
        boolean any = receive(port);
        if (host.holdsAcks() && !waiter.signalled()) {
            host.answered();
            host.answering();
        }
        return any;
    }

    private void sleep(LinkPort port, long longestNs) {
        long left = Math.min(longestNs, untilDeadline());
        if (left > 0) {
            port.link().awaitReadable(left);
        }
    }

    /// One round: a batch and the timers; true if there were frames.
    private boolean receive(LinkPort port) {
        boolean any = false;
        try {
            any = host.runLink(port) > 0;
            if (!any || host.timersDue()) {
                host.runTimers(port);
            }
        } catch (RuntimeException | StackOverflowError e) {
            host.fault(e);
        }
        return any;
    }

    /// A waiter of this host was woken: it may come back to wait, and then it had better receive itself.
    void woken(Waiter waiter) {
        if (shared != null && !candidate && (busyPollNs > 0 || !waiter.thread().isVirtual())) {
            candidate = true;
        }
    }

    // ---- the host's own threads ----

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
        int impatience = 0;
        while (!stopping) {
            if (!port.claim()) {
                standBy();
                continue;
            }
            try {
                host.nobodyAnswers();
                if (link.isOpen()) {
                    impatience = receiveUntilCandidate(port, impatience);
                }
            } finally {
                port.yield();
            }
            if (!link.isOpen()) {
                linkEnded(port);
                return;
            }
            if (!stopping) {
                impatience = standBy() ? 0 : IMPATIENT;
            }
        }
    }

    /// Sleeps while others receive, or work with what they have received; false if nobody received.
    private boolean standBy() {
        boolean useful = false;
        boolean again;
        takeOver = false;
        int idle = 0;
        do {
            int before = leads;
            long entered = host.enteredNs();
            drowsy = true;
            boolean undisturbed = sleepers.get() == 0;
            LockSupport.parkNanos(this, undisturbed ? LONG_STANDBY_NS : STANDBY_NS);
            drowsy = false;
            host.sendHeldAcks(STANDBY_NS);
            boolean led = leads != before;
            useful |= led;
            idle = led ? 0 : idle + 1;
            boolean working = host.enteredNs() != entered && idle < MOST_IDLE;
            // One that begins to sleep shortens this sleep; it does not end the stand-by.
            again = led || undisturbed && (working || sleepers.get() != 0);
        } while (!stopping && !takeOver && again);
        return useful;
    }

    private void linkEnded(LinkPort port) {
        if (stopping) {
            return;
        }
        host.linkEnded(port);
        if (port.link() == timerLink) {
            // Deadlines that were told to the dying link are seen by the look that this loop begins with.
            timerLoop();
        }
    }

    /// Receives until the link or the host ends, or a thread was woken that may want to receive itself; not before so many batches.
    private int receiveUntilCandidate(LinkPort port, int impatience) {
        Link link = port.link();
        boolean timers = link == timerLink;
        long pauseNs = 0;
        int left = impatience;
        while (!stopping && link.isOpen()) {
            long untilNs = timers ? untilDeadline() : Driver.NEVER;
            if (untilNs > 0) {
                link.awaitReadable(untilNs);
            }
            pauseNs = runGuarded(port, pauseNs);
            if (candidate && --left < 0) {
                candidate = false;
                return 0;
            }
        }
        return left;
    }

    private long untilDeadline() {
        long timerNs = host.timerNs();
        return timerNs == Driver.NEVER ? Driver.NEVER : timerNs - driver.nowNs();
    }

    /// One round of work. Returns how long to pause after the next fault: what fails every time must not eat the processor.
    private long runGuarded(@Nullable LinkPort port, long pauseNs) {
        try {
            if (port != null) {
                host.runLink(port);
            }
            if (port == null) {
                host.runTimers();
            } else if (port.link() == timerLink) {
                host.runTimers(port);
            }
            return 0;
        } catch (RuntimeException | StackOverflowError e) {
            host.fault(e);
            LockSupport.parkNanos(this, pauseNs);
            return Math.min(Math.max(pauseNs * 2, ERROR_PAUSE_NS), LONGEST_ERROR_PAUSE_NS);
        }
    }
}
