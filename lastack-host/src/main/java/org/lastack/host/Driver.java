package org.lastack.host;

/// What gives hosts their time and their chance to run: threads and the machine's clock ([RealDriver]), or virtual time in one thread
/// ([VirtualDriver], and the simulator's). A host calls its driver; a driver calls [Host#runLinks], [Host#runTimers].
///
/// Several hosts may share a driver; in virtual time those that talk to each other must.
public interface Driver {
    /// No deadline.
    long NEVER = Long.MAX_VALUE;

    /// Why [#await] returned.
    enum Outcome {
        SIGNALLED,
        TIMED_OUT,
        /// The thread's interrupt status is set (and still is).
        INTERRUPTED,
        /// Virtual time only: nothing that is left to happen could end the wait.
        DEADLOCK
    }

    /// The present on this driver's scale, in nanoseconds; starts near 0 and never goes back. Any thread.
    long nowNs();

    /// The time of day, in nanoseconds since 1970, that belongs to a moment on this driver's scale. Virtual time begins in 1970. Any thread.
    default long timeOfDayNs(long ns) {
        return ns;
    }

    /// Begins to serve a host: its links are read and its timers run from now on.
    void attach(Host host);

    /// Stops serving it and returns when no thread of the driver is inside it any more. Called without the host's lock.
    void detach(Host host);

    /// The host needs [Host#runTimers] earlier than at the [Host#timerNs] that held until now. Called under the host's lock: must not enter the host.
    void deadlineMoved(Host host, long deadlineNs);

    /// Blocks the calling thread until the waiter is signalled or `deadlineNs` ([#NEVER] = no limit) has come. Called without locks.
    ///
    /// @param interruptible false: an interrupt does not end the wait; the interrupt status is restored afterwards
    Outcome await(Waiter waiter, long deadlineNs, boolean interruptible);

    /// Receives in the calling thread what has come for a host, if that can be done now; for a call that must not wait. Called without locks.
    ///
    /// @return true if something was received
    default boolean poll(Host host) {
        return false;
    }

    /// Lets the thread of a signalled waiter go on. Called without locks.
    void wake(Waiter waiter);
}
