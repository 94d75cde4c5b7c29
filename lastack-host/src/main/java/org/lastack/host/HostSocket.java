package org.lastack.host;

import org.jspecify.annotations.Nullable;
import org.lastack.core.Errno;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.socket.SocketHandle;
import org.lastack.core.socket.Msg;
import org.lastack.core.socket.Owner;
import org.lastack.core.socket.SocketEvents;
import org.lastack.wire.IpAddress;

/// A socket of a host as threads see it: each call takes the host's lock, runs the engine in the calling thread, sends what comes out, and
/// may wait. Results are `>= 0` or the negative of an [Errno]; layers above turn them into exceptions or descriptors' errors.
///
/// Blocking calls take a time-out in nanoseconds: negative = no limit, 0 = do not wait. -EAGAIN means that time is over, -EINTR that the
/// thread was interrupted (its status stays set), -EBADF that the socket was closed meanwhile, -EDEADLK (virtual time only) that nothing
/// could ever end the wait. Waiting threads park; virtual threads do not pin their carrier.
///
/// Thread-safe.
public abstract sealed class HostSocket implements SocketEvents, ReadySource permits HostTcpSocket, HostUdpSocket {
    /// Time-out: wait as long as it takes.
    public static final long FOREVER = -1;
    /// Time-out: what SO_RCVTIMEO or SO_SNDTIMEO of the socket says; without them as long as it takes.
    public static final long BY_OPTION = -2;
    /// Flags with which a receive call never waits; the error queue is such a case in Linux.
    static final int NEVER_WAITING = Msg.DONTWAIT | Msg.ERRQUEUE;
    private static final long NANOS_PER_MICROSECOND = 1_000;

    final Host host;
    private final SocketHandle core;
    private final long createdNs;
    private final @Nullable Throwable creationSite;

    /// Written under the host's lock, read by anyone.
    private volatile boolean closed;
    private volatile boolean interruptible = true;
    /// All below: guarded by the host's lock.
    private @Nullable Waiter waiters;
    private @Nullable Registration registrations;
    private int eventMask;
    boolean eventQueued;
    @Nullable HostSocket nextEvent;
    @Nullable HostSocket previousOpen;
    @Nullable HostSocket nextOpen;

    /// Called under the host's lock.
    HostSocket(Host host, SocketHandle core) {
        this.host = host;
        this.core = core;
        this.createdNs = host.driver().nowNs();
        this.creationSite = host.recordsCreationSites() ? new Throwable("socket created here") : null;
        core.events(this);
        host.opened(this);
    }

    @Override
    public final Host host() {
        return host;
    }

    /// The engine's socket: use it under the host's lock only ([Host#call]).
    public final SocketHandle core() {
        return core;
    }

    public final Owner owner() {
        return core.owner();
    }

    /// When it was made, on the driver's scale.
    public final long createdNs() {
        return createdNs;
    }

    /// Where it was made, if the host records that ([Host.Builder#recordCreationSites]).
    public final @Nullable Throwable creationSite() {
        return creationSite;
    }

    /// True after [#close]. Takes no lock.
    public final boolean closed() {
        return closed;
    }

    /// Whether an interrupt ends waits with -EINTR (the default); otherwise they go on and the status is restored at the end.
    public final void interruptible(boolean on) {
        interruptible = on;
    }

    /// Names the socket (`bind`); an unspecified address is the wildcard, port 0 lets the host choose.
    ///
    /// @return 0 or -EINVAL, -EACCES, -EADDRNOTAVAIL, -EADDRINUSE ...
    public final int bind(IpAddress address, int port) {
        host.enter();
        try {
            return closed ? -Errno.EBADF : bindCore(address.high(), address.low(), port);
        } finally {
            host.leave();
        }
    }

    /// `connect(AF_UNSPEC)`: the peer is forgotten.
    public final int disconnect() {
        host.enter();
        try {
            return closed ? -Errno.EBADF : disconnectCore();
        } finally {
            host.leave();
        }
    }

    /// Ends one or both directions ([InetSocket#SHUT_RD] ...). Threads that wait are woken if that concerns them.
    public final int shutdown(int how) {
        host.enter();
        try {
            return closed ? -Errno.EBADF : shutdownCore(how);
        } finally {
            host.leave();
        }
    }

    /// Local name; the port is 0 while the socket has none.
    public final SocketName localName() {
        host.enter();
        try {
            return new SocketName(new IpAddress(core.localHigh(), core.localLow()), core.localPort());
        } finally {
            host.leave();
        }
    }

    /// The peer's name, or null without a peer; for TCP also after the connection has ended.
    public final @Nullable SocketName remoteName() {
        host.enter();
        try {
            return core.remotePort() == 0 ? null : new SocketName(new IpAddress(core.remoteHigh(), core.remoteLow()), core.remotePort());
        } finally {
            host.leave();
        }
    }

    /// `SO_ERROR`: the pending error as a positive errno, 0 = none; it is cleared.
    public final int takeError() {
        host.enter();
        try {
            return core.takeError();
        } finally {
            host.leave();
        }
    }

    /// `setsockopt` with Linux's levels, names and layouts.
    public final int setOption(int level, int name, byte[] value, int offset, int length) {
        host.enter();
        try {
            return closed ? -Errno.EBADF : setOptionCore(level, name, value, offset, length);
        } finally {
            host.leave();
        }
    }

    /// `getsockopt`: the length of the value, or -errno.
    public final int getOption(int level, int name, byte[] out, int offset, int room) {
        host.enter();
        try {
            return closed ? -Errno.EBADF : getOptionCore(level, name, out, offset, room);
        } finally {
            host.leave();
        }
    }

    /// `setsockopt` for options whose value is an `int`.
    public final int setInt(int level, int name, int value) {
        host.enter();
        try {
            return closed ? -Errno.EBADF : setIntCore(level, name, value);
        } finally {
            host.leave();
        }
    }

    /// `getsockopt` for options whose value is a non-negative `int`.
    public final int getInt(int level, int name) {
        host.enter();
        try {
            return closed ? -Errno.EBADF : getIntCore(level, name);
        } finally {
            host.leave();
        }
    }

    /// Closes at once: later calls give -EBADF, and so do calls that wait now (the rule of the JDK's sockets; descriptors of the `bsd` module
    /// keep Linux's rule by not calling this while a call is under way). SO_LINGER with 0 s resets; other lingering is not waited for.
    public final int close() {
        return end(false, false);
    }

    /// As [#close()]; with `linger` the call waits as SO_LINGER says, on any socket, blocking or not (Linux).
    public final int close(boolean linger) {
        return end(false, linger);
    }

    /// One entry for both steps of an abort: between them other threads would find a socket that is neither open nor closed.
    private int end(boolean abort, boolean linger) {
        host.enter();
        try {
            if (closed) {
                return -Errno.EBADF;
            }
            closed = true;
            if (abort) {
                abortCore();
            }
            int result = closeCore();
            wakeAll();
            detachAll();
            if (linger && result == 0) {
                lingerCore();
            }
            core.events(null);
            host.forget(this);
            return result;
        } finally {
            host.leave();
        }
    }

    /// Ends the socket at once: a connection is reset, whatever is queued is lost (RFC 9293 §3.10.5, ABORT). Then as [#close()].
    public final int abort() {
        return end(true, false);
    }

    /// Poll bits that hold now; POLLHUP after [#close].
    @Override
    public final int readyMask() {
        host.lock();
        try {
            return closed ? InetSocket.POLLHUP : core.poll();
        } finally {
            host.unlock();
        }
    }

    @Override
    public final void attach(Registration registration) {
        host.lock();
        try {
            registration.nextOfSource = registrations;
            if (registrations != null) {
                registrations.previousOfSource = registration;
            }
            registrations = registration;
        } finally {
            host.unlock();
        }
    }

    @Override
    public final void detach(Registration registration) {
        host.lock();
        try {
            Registration before = registration.previousOfSource;
            Registration after = registration.nextOfSource;
            if (before != null) {
                before.nextOfSource = after;
            } else if (registrations == registration) {
                registrations = after;
            }
            if (after != null) {
                after.previousOfSource = before;
            }
            registration.previousOfSource = null;
            registration.nextOfSource = null;
        } finally {
            host.unlock();
        }
    }

    /// From inside the engine: only noted; whoever is in the engine wakes the waiting when leaving.
    @Override
    public final void ready(SocketHandle socket, int mask) {
        eventMask |= mask;
        host.noteEvent(this);
    }

    /// Signals waiters and ready sets that asked for what has happened; called under the lock, after the engine was left.
    final void dispatchEvent() {
        int mask = eventMask;
        eventMask = 0;
        boolean over = (mask & (InetSocket.POLLERR | InetSocket.POLLHUP)) != 0;
        @Nullable Waiter oldest = null;
        boolean exclusive = false;
        for (Waiter each = waiters; each != null; each = each.next) {
            oldest = each;
            if (each.exclusive() && !over) {
                exclusive = true;
            } else if (!each.signalled() && (over || (mask & each.interest()) != 0)) {
                each.signal();
                host.addWake(each);
            }
        }
        if (exclusive) {
            wakeOneForEach(oldest, mask);
        }
        for (Registration each = registrations; each != null; each = each.nextOfSource) {
            Waiter waiter = each.set().event(each, mask);
            if (waiter != null) {
                host.addWake(waiter);
            }
        }
    }

    /// Of the threads that wait in accept so many as there are connections, those that have waited longest first; Linux's exclusive wait.
    private void wakeOneForEach(@Nullable Waiter oldest, int mask) {
        int left = takeable();
        for (Waiter each = oldest; each != null; each = each.previous) {
            if (each.exclusive() && each.signalled()) {
                left--;
            }
        }
        for (Waiter each = oldest; each != null && left > 0; each = each.previous) {
            if (each.exclusive() && !each.signalled() && (mask & each.interest()) != 0) {
                each.signal();
                host.addWake(each);
                left--;
            }
        }
    }

    /// Threads that wait and have not been woken; under the host's lock. For tests.
    final int waiting() {
        int count = 0;
        for (Waiter each = waiters; each != null; each = each.next) {
            count += each.signalled() ? 0 : 1;
        }
        return count;
    }

    /// How many callers could be served now: connections of a listener.
    int takeable() {
        return 0;
    }

    /// Waits until one of the poll bits may have come. The lock is held on entry and on return, and free in between.
    ///
    /// @return 0, or -EAGAIN (time is over), -EINTR, -EDEADLK, -EBADF
    final int block(int interest, long deadlineNs) {
        return block(new Waiter(interest), deadlineNs);
    }

    private int block(Waiter waiter, long deadlineNs) {
        waiter.host = host;
        enqueue(waiter);
        host.leave();
        Driver.Outcome outcome;
        try {
            outcome = host.driver().await(waiter, deadlineNs, interruptible);
        } finally {
            host.enter();
            dequeue(waiter);
        }
        return switch (outcome) {
            case SIGNALLED -> 0;
            case TIMED_OUT -> -Errno.EAGAIN;
            case INTERRUPTED -> Host.INTERRUPTED;
            case DEADLOCK -> Host.DEADLOCK;
        };
    }

    /// As [#blockUnlessClosed], and wakes only as many threads as there are connections. Whoever gives up although it was woken passes that on.
    final int blockForConnection(long deadlineNs) {
        Waiter waiter = new Waiter(InetSocket.POLLIN, true);
        int outcome = block(waiter, deadlineNs);
        if (outcome < 0 && takeable() > 0) {
            ready(core, InetSocket.POLLIN);
        }
        return closed ? -Errno.EBADF : outcome;
    }

    /// As [#block] for calls that must not outlive [#close].
    final int blockUnlessClosed(int interest, long deadlineNs) {
        int outcome = block(interest, deadlineNs);
        return closed ? -Errno.EBADF : outcome;
    }

    /// The absolute deadline of a wait for something to receive that starts now.
    final long receiveDeadline(long timeoutNs) {
        return deadlineOf(timeoutNs == BY_OPTION ? ofMicroseconds(core.receiveTimeoutUs()) : timeoutNs);
    }

    /// The absolute deadline of a wait for room or for a connection that starts now.
    final long sendDeadline(long timeoutNs) {
        return deadlineOf(timeoutNs == BY_OPTION ? ofMicroseconds(core.sendTimeoutUs()) : timeoutNs);
    }

    final long deadlineOf(long timeoutNs) {
        return timeoutNs < 0 ? Driver.NEVER : Host.deadline(host.driver().nowNs(), timeoutNs);
    }

    /// The options say 0 for "no limit".
    private static long ofMicroseconds(long us) {
        return us == 0 ? FOREVER : us > Long.MAX_VALUE / NANOS_PER_MICROSECOND ? FOREVER : us * NANOS_PER_MICROSECOND;
    }

    private void enqueue(Waiter waiter) {
        waiter.next = waiters;
        if (waiters != null) {
            waiters.previous = waiter;
        }
        waiters = waiter;
        waiter.queued = true;
    }

    private void dequeue(Waiter waiter) {
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
    }

    private void wakeAll() {
        for (Waiter each = waiters; each != null; each = each.next) {
            if (!each.signalled()) {
                each.signal();
                host.addWake(each);
            }
        }
    }

    /// As Linux: closing takes a socket out of all epoll sets.
    private void detachAll() {
        for (Registration each = registrations; each != null; each = registrations) {
            each.set().remove(each);
        }
    }

    /// False if the arguments do not describe a part of the array.
    static boolean within(byte[] bytes, int offset, int length) {
        return (offset | length) >= 0 && length <= bytes.length - offset;
    }

    abstract int bindCore(long high, long low, int port);

    abstract int disconnectCore();

    abstract int shutdownCore(int how);

    abstract int closeCore();

    abstract void abortCore();

    /// Waits for what SO_LINGER asks for after [#closeCore].
    abstract void lingerCore();

    abstract int setOptionCore(int level, int name, byte[] value, int offset, int length);

    abstract int getOptionCore(int level, int name, byte[] out, int offset, int room);

    abstract int setIntCore(int level, int name, int value);

    abstract int getIntCore(int level, int name);
}
