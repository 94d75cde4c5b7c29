package org.lastack.core;

import org.jspecify.annotations.Nullable;

/// Something with one deadline on a [TimerWheel]. The owner of a timer extends this class, so a timer costs no object of its own.
public abstract class WheelTimer {
    /// Not armed.
    public static final long NEVER = Long.MAX_VALUE;

    long wheelDeadlineNs = NEVER;
    int wheelSlot = -1;
    @Nullable WheelTimer wheelPrevious;
    @Nullable WheelTimer wheelNext;

    /// Called once when the deadline has passed; the timer is no longer armed then.
    protected abstract void expire(long nowNs);
}
