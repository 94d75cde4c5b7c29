package org.lastack.host;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.lastack.core.Counter;
import org.lastack.core.Engine;
import org.lastack.core.Errno;
import org.lastack.core.Sysctl;
import org.lastack.core.socket.Owner;
import org.lastack.wire.Frame;

/// One host: an engine, its links, and a [Driver] that gives it time and threads.
///
/// There is one lock, and whoever has work enters: a thread that calls a socket takes the lock, tells the engine the time, does the call,
/// writes the frames that come out, and leaves; the threads that receive do the same with a batch of frames. Nothing is handed to another
/// thread on the way of a packet. Threads that wait are signalled under the lock and woken after it is free.
///
/// Thread-safe, apart from what is said to be the driver's.
public final class Host implements AutoCloseable {
    /// Octets of the array through which direct buffers go.
    static final int SCRATCH = 1 << 16;
    /// Two thousand frames: more than links queue.
    private static final int MOST_BATCHES_BEFORE_TIMERS = 64;
    /// Acknowledgments are small: who has so much is sent data, which has to be read while it is in the cache and the pool has frames.
    private static final int MOST_OCTETS_BEFORE_TIMERS = 1 << 20;
    static final int INTERRUPTED = -Errno.EINTR;
    static final int DEADLOCK = -Errno.EDEADLK;

    private final String name;
    private final Driver driver;
    private final Engine engine;
    private final boolean recordsCreationSites;
    private final boolean rethrowsFaults;
    private final long busyPollNs;
    private final ReentrantLock lock = new ReentrantLock();
    private final List<LinkPort> ports = new ArrayList<>();
    private final LinkPort[] portOfInterface;

    /// Some port delivers directly. Set before any thread enters.
    private boolean hasDirectPorts;

    /// All below: guarded by `lock`, unless volatile.
    private byte @Nullable [] scratch;
    private @Nullable HostSocket events;
    private @Nullable HostSocket open;
    private Waiter[] wakes = new Waiter[8];
    private int wakeCount;
    private long faults;
    private @Nullable Throwable lastFault;
    private @Nullable String lastLinkEnd;
    private volatile long deadlineNs = Driver.NEVER;
    /// When the driver looks next: never later than `deadlineNs`.
    private volatile long timerNs = Driver.NEVER;
    private boolean rearming;
    private long enteredNs;
    /// The thread that has received last and answers now: acknowledgments of single segments wait for its answers. Set by the thread that owns the link,
    /// cleared under the lock where another thread's is.
    private volatile @Nullable Thread answering;
    /// Since when acknowledgments wait, on the driver's scale; 0 if none does.
    private volatile long acksHeldNs;
    private volatile boolean closed;

    Host(HostBuilder builder) {
        name = builder.name();
        driver = builder.driver();
        recordsCreationSites = builder.recordsCreationSites();
        rethrowsFaults = builder.rethrowsFaults();
        busyPollNs = builder.busyPollNs();
        engine = builder.makeEngine();
        lock.lock();
        try {
            engine.setNow(driver.nowNs());
            portOfInterface = builder.connectLinks(engine, ports);
        } finally {
            lock.unlock();
        }
        driver.attach(this);
    }

    public static HostBuilder builder() {
        return new HostBuilder();
    }

    public String name() {
        return name;
    }

    public Driver driver() {
        return driver;
    }

    boolean recordsCreationSites() {
        return recordsCreationSites;
    }

    /// See [HostBuilder#busyPoll].
    long busyPollNs() {
        return busyPollNs;
    }

    /// The links and their interfaces, in the order in which they were given to the builder.
    public List<LinkPort> ports() {
        return List.copyOf(ports);
    }

    /// The engine. Touch it inside [#call] or [#run] only.
    public Engine engine() {
        return engine;
    }

    /// Runs `action` inside the host: under the lock, with the engine's clock set; frames that result are sent before this returns. The action
    /// must not block.
    public <T> T call(Supplier<T> action) {
        enter();
        try {
            return action.get();
        } finally {
            leave();
        }
    }

    /// As [#call] without a result.
    public void run(Runnable action) {
        enter();
        try {
            action.run();
        } finally {
            leave();
        }
    }

    /// A new TCP socket.
    ///
    /// @param domain [org.lastack.core.socket.InetSocket#AF_INET] or AF_INET6
    /// @throws IllegalStateException if the host is closed
    public HostTcpSocket tcpSocket(int domain, Owner owner) {
        refuseWhenClosed();
        return HostTcpSocket.open(this, domain, owner);
    }

    /// A new UDP socket.
    ///
    /// @param domain [org.lastack.core.socket.InetSocket#AF_INET] or AF_INET6
    /// @throws IllegalStateException if the host is closed
    public HostUdpSocket udpSocket(int domain, Owner owner) {
        refuseWhenClosed();
        return HostUdpSocket.open(this, domain, owner);
    }

    private void refuseWhenClosed() {
        if (closed) {
            throw new IllegalStateException("host " + name + " is closed");
        }
    }

    /// Value of a setting.
    public long sysctl(Sysctl setting) {
        return call(() -> engine.sysctls().get(setting));
    }

    /// Changes a setting; it holds from the next use on.
    ///
    /// @throws IllegalArgumentException naming the range, if the value is outside it
    public void sysctl(Sysctl setting, long value) {
        run(() -> engine.sysctls().set(setting, value));
    }

    /// Value of one counter.
    public long counter(Counter counter) {
        return call(() -> engine.counters().get(counter));
    }

    /// Values of all counters by [Counter#ordinal].
    public long[] counters() {
        return call(() -> {
            Counter[] all = Counter.values();
            long[] values = new long[all.length];
            for (Counter each : all) {
                values[each.ordinal()] = engine.counters().get(each);
            }
            return values;
        });
    }

    /// Handles that are open: a snapshot, newest first.
    public List<HostSocket> openSockets() {
        return call(() -> {
            List<HostSocket> all = new ArrayList<>();
            for (HostSocket each = open; each != null; each = each.nextOpen) {
                all.add(each);
            }
            return all;
        });
    }

    /// Exceptions that were caught at the boundary of the host and would otherwise have ended a thread.
    public long faults() {
        return call(() -> faults);
    }

    /// The latest of [#faults], or null.
    public @Nullable Throwable lastFault() {
        lock();
        try {
            return lastFault;
        } finally {
            unlock();
        }
    }

    /// The latest link that ended by itself and why, or null.
    public @Nullable String lastLinkEnd() {
        lock();
        try {
            return lastLinkEnd;
        } finally {
            unlock();
        }
    }

    /// True after [#close].
    public boolean closed() {
        return closed;
    }

    /// Closes all sockets, stops the driver's threads and closes the links. Connections are reset, not lingered for: whoever wants an orderly
    /// end closes the sockets before. A second call does nothing.
    ///
    /// @throws IllegalStateException if frames have not come back to the pool: a leak, with the number of frames
    @Override
    public void close() {
        if (closed) {
            return;
        }
        for (HostSocket each : openSockets()) {
            each.abort();
        }
        closed = true;
        driver.detach(this);
        int leaked;
        lock();
        try {
            for (LinkPort each : ports) {
                // With the interface go the packets that wait for its neighbours.
                engine.removeInterface(each.in());
                each.link().directDelivery(null);
                each.link().close();
                each.releaseFrames();
            }
            for (Frame frame = engine.poll(); frame != null; frame = engine.poll()) {
                frame.release();
            }
            leaked = engine.frames().outstanding();
        } finally {
            unlock();
        }
        if (leaked != 0) {
            throw new IllegalStateException("host " + name + ": " + leaked + " frames were not given back");
        }
    }

    // ---- the door ----

    /// Takes the lock and sets the engine's clock. Every [#enter] is followed by one [#leave]; they do not nest.
    void enter() {
        lock.lock();
        if (lock.getHoldCount() != 1) {
            lock.unlock();
            throw new IllegalStateException("a host is entered once");
        }
        long now = driver.nowNs();
        enteredNs = now;
        engine.setNow(now);
    }

    /// Timers were due when somebody entered last: for those who have just done so and need no other look at the clock. A hint, without lock.
    boolean timersDue() {
        return timerNs <= enteredNs;
    }

    /// When somebody entered last. A hint, without lock.
    long enteredNs() {
        return enteredNs;
    }

    /// Sends what the engine has, tells the driver the next deadline, frees the lock, wakes the signalled.
    void leave() {
        RuntimeException escaping = null;
        boolean hold = answering == Thread.currentThread();
        engine.holdAcks(hold);
        try {
            transmit();
        } catch (RuntimeException e) {
            note(e);
            escaping = rethrowsFaults ? e : null;
        }
        if (hold || acksHeldNs != 0) {
            noteHeldAcks(engine.holdAcks(false));
        }
        deadlineChanged(engine.nextTimeoutNs());
        if (hasDirectPorts) {
            unlockAndDeliver();
        } else if (events == null && wakeCount == 0) {
            lock.unlock();
        } else {
            unlockAndWake();
        }
        if (escaping != null) {
            throw escaping;
        }
    }

    private void noteHeldAcks(boolean any) {
        if (any == (acksHeldNs == 0)) {
            acksHeldNs = any ? Math.max(1, enteredNs) : 0;
        }
    }

    /// The calling thread receives and will answer: until [#answered], what it takes in is acknowledged with its answers as far as that may wait. Whoever calls this sees
    /// to it that [#sendHeldAcks] is called soon, whatever that thread does.
    void answering() {
        answering = Thread.currentThread();
    }

    /// The calling thread is going to wait, or does not answer: what is not acknowledged yet is now.
    void answered() {
        if (answering == Thread.currentThread()) {
            answering = null;
            sendHeldAcks(0);
        }
    }

    /// The host's own thread receives from now on: nobody's answers are waited for.
    void nobodyAnswers() {
        if (answering != null) {
            enter();
            answering = null;
            leave();
        }
    }

    /// Acknowledgments wait. A hint, without lock, but for the thread that answers.
    boolean holdsAcks() {
        return acksHeldNs != 0;
    }

    /// Sends the acknowledgments that have waited for so long. Any thread but the one that answers.
    void sendHeldAcks(long forNs) {
        long since = acksHeldNs;
        if (since != 0 && (forNs == 0 || driver.nowNs() - since >= forNs)) {
            enter();
            leave();
        }
    }

    /// The driver is told of deadlines that are earlier than the time at which it will look anyway. A deadline that moves away is not told: a
    /// retransmission timer that is armed by each segment and stopped by each acknowledgment then costs one early look per time-out, not a wake-up
    /// per segment.
    private void deadlineChanged(long next) {
        if (next != deadlineNs) {
            deadlineNs = next;
        }
        boolean quiet = rearming;
        rearming = false;
        if (next < timerNs) {
            timerNs = next;
            if (!quiet) {
                driver.deadlineMoved(this, next);
            }
        }
    }

    /// After the lock is free: frames for hosts in this process are processed there by this thread, and what came for this host while the lock was
    /// held is processed now, because whoever brought it found the door closed.
    private void unlockAndDeliver() {
        DirectDeliveries deliveries = DirectDeliveries.ofThisThread();
        for (int i = 0; i < ports.size(); i++) {
            LinkPort port = ports.get(i);
            if (port.undelivered) {
                port.undelivered = false;
                deliveries.add(port.link());
            }
        }
        unlockAndWake();
        deliveries.run();
        for (int i = 0; i < ports.size(); i++) {
            LinkPort port = ports.get(i);
            if (port.arrived) {
                serve(port);
            }
        }
    }

    /// Direct delivery: processes what has come on a link, in the calling thread, unless somebody is inside; then that one does it on leaving. The
    /// caller holds no lock of a host.
    void serve(LinkPort port) {
        port.arrived = true;
        while (port.arrived && lock.tryLock()) {
            if (lock.getHoldCount() != 1) {
                // The caller is inside itself: it will look when it leaves.
                lock.unlock();
                return;
            }
            port.arrived = false;
            try {
                for (int count = port.fill(); count > 0; count = port.fill()) {
                    // After the batch is here: with an older clock what comes in later would seem to have made its way in no time.
                    engine.setNow(driver.nowNs());
                    port.expect(engine, count);
                    for (int i = 0; i < count; i++) {
                        input(port, i);
                    }
                    port.replace(engine.frames());
                }
            } catch (RuntimeException e) {
                // It belongs to this host and not to the program whose packet brought it to light.
                note(e);
            }
            leaveQuietly();
        }
    }

    private void leaveQuietly() {
        try {
            leave();
        } catch (RuntimeException e) {
            fault(e);
        }
    }

    /// Before the driver starts its threads: links in memory deliver directly.
    void deliverDirectly() {
        for (LinkPort port : ports) {
            port.direct = port.link().directDelivery(() -> serve(port));
            hasDirectPorts |= port.direct;
        }
    }

    private void unlockAndWake() {
        while (events != null) {
            HostSocket each = events;
            events = each.nextEvent;
            each.nextEvent = null;
            each.eventQueued = false;
            each.dispatchEvent();
        }
        int count = wakeCount;
        wakeCount = 0;
        if (count <= 1) {
            Waiter only = wakes[0];
            lock.unlock();
            if (count == 1) {
                driver.wake(only);
            }
            return;
        }
        Waiter[] several = Arrays.copyOf(wakes, count);
        lock.unlock();
        for (Waiter each : several) {
            driver.wake(each);
        }
    }

    /// The lock alone, for looking at state without running the engine.
    void lock() {
        lock.lock();
    }

    void unlock() {
        lock.unlock();
    }

    private void transmit() {
        for (Frame frame = engine.poll(); frame != null; frame = engine.poll()) {
            try {
                portOfInterface[frame.interfaceIndex].send(frame);
            } finally {
                frame.release();
            }
        }
    }

    // ---- for the driver ----

    /// The engine's earliest deadline on the driver's scale, [Driver#NEVER] if there is none. Any thread, no lock.
    public long deadlineNs() {
        return deadlineNs;
    }

    /// The earliest deadline of the links themselves ([org.lastack.link.Link#nextDeadlineNs]), [Driver#NEVER] if there is none. For drivers that never wait.
    public long linkDeadlineNs() {
        long next = Driver.NEVER;
        for (int i = 0; i < ports.size(); i++) {
            next = Math.min(next, ports.get(i).link().nextDeadlineNs());
        }
        return next;
    }

    /// When a driver with threads has to call [#runTimers] next: [#deadlineNs] or earlier. Any thread, no lock.
    public long timerNs() {
        return timerNs;
    }

    /// Runs the timers that are due and sets the next [#timerNs]. For the driver.
    public void runTimers() {
        if (timerNs > driver.nowNs()) {
            return;
        }
        enter();
        try {
            engine.timeout();
        } finally {
            timerNs = Driver.NEVER;
            rearming = true;
            leave();
        }
    }

    /// As [#runTimers], for the thread that serves this link too: where a timer is due, what has come meanwhile is processed before it. A thread that was late has
    /// acknowledgments waiting, and a retransmission or a probe in spite of them would be needless. Bounded, so that no flood keeps timers from running, nor one of data
    /// its readers from reading. A deadline that has moved away since [#timerNs] was set needs no input.
    public void runTimers(LinkPort port) {
        long now = driver.nowNs();
        if (timerNs > now) {
            return;
        }
        int octets = 0;
        for (int batches = 0; deadlineNs <= now && batches < MOST_BATCHES_BEFORE_TIMERS && octets < MOST_OCTETS_BEFORE_TIMERS; batches++) {
            if (runLink(port) == 0 || port.drained()) {
                break;
            }
            octets += port.filledOctets();
        }
        runTimers();
    }

    /// Receives one batch from each link. The number of frames. For drivers with one thread.
    public int runLinks() {
        int frames = 0;
        for (int i = 0; i < ports.size(); i++) {
            frames += runLink(ports.get(i));
        }
        return frames;
    }

    /// Receives one batch from a link; the number of frames. By the one thread that serves this link.
    public int runLink(LinkPort port) {
        if (port.direct) {
            serve(port);
            return 0;
        }
        if (port.incomplete()) {
            lock.lock();
            try {
                port.replace(engine.frames());
            } finally {
                lock.unlock();
            }
        }
        int count = port.fill();
        if (count <= 0) {
            return 0;
        }
        enter();
        try {
            port.expect(engine, count);
            for (int i = 0; i < count; i++) {
                input(port, i);
            }
        } finally {
            leave();
        }
        return count;
    }

    /// A frame that makes the engine fail is dropped and the failure noted; the rest of the batch goes on (SECURITY J-01).
    private void input(LinkPort port, int index) {
        try {
            engine.input(port.in(), port.frame(index));
        } catch (RuntimeException e) {
            note(e);
            if (rethrowsFaults) {
                throw e;
            }
        } finally {
            port.seen(index);
        }
    }

    /// Notes an exception that a driver's thread caught.
    void fault(Throwable fault) {
        lock();
        try {
            note(fault);
        } finally {
            unlock();
        }
    }

    private void note(Throwable fault) {
        faults++;
        lastFault = fault;
    }

    /// A link has ended by itself or was closed under us: the interface goes down and the reason stays visible.
    void linkEnded(LinkPort port) {
        run(() -> {
            port.in().up(false);
            lastLinkEnd = port.link().name() + ": " + port.closeReason();
        });
    }

    // ---- for sockets; all under the lock ----

    byte[] scratch() {
        byte[] present = scratch;
        if (present == null) {
            present = new byte[SCRATCH];
            scratch = present;
        }
        return present;
    }

    void noteEvent(HostSocket socket) {
        if (!socket.eventQueued) {
            socket.eventQueued = true;
            socket.nextEvent = events;
            events = socket;
        }
    }

    void addWake(Waiter waiter) {
        if (wakeCount == wakes.length) {
            wakes = Arrays.copyOf(wakes, wakeCount * 2);
        }
        wakes[wakeCount++] = waiter;
    }

    void opened(HostSocket socket) {
        socket.nextOpen = open;
        if (open != null) {
            open.previousOpen = socket;
        }
        open = socket;
    }

    void forget(HostSocket socket) {
        HostSocket before = socket.previousOpen;
        HostSocket after = socket.nextOpen;
        if (before != null) {
            before.nextOpen = after;
        } else if (open == socket) {
            open = after;
        }
        if (after != null) {
            after.previousOpen = before;
        }
        socket.previousOpen = null;
        socket.nextOpen = null;
    }

    /// `nowNs + delayNs` without overflow.
    static long deadline(long nowNs, long delayNs) {
        long sum = nowNs + delayNs;
        return sum < 0 ? Driver.NEVER : sum;
    }

    @Override
    public String toString() {
        return name;
    }
}
