package org.lastack.core;

import org.jspecify.annotations.Nullable;

/// Timers in a hierarchical wheel: arming, moving and cancelling cost O(1) whatever their number (SECURITY R-15).
///
/// Six levels of 64 slots; a slot of level 0 spans 2^16 ns (65.5 us), one of level 5 spans about 20 hours. Slots only sort roughly: within
/// a slot deadlines are exact, [#nextDeadlineNs] finds the true minimum, and [#expire] runs only what is due, in order of deadline and, for
/// equal deadlines, of arming. So virtual time can jump from deadline to deadline and every timer fires at its own nanosecond.
public final class TimerWheel {
    private static final int LEVELS = 6;
    private static final int SLOT_BITS = 6;
    private static final int SLOTS = 1 << SLOT_BITS;
    private static final int TICK_SHIFT = 16;
    /// A slot with more entries than this is not searched for its minimum until it has been spread over finer slots.
    private static final int SEARCH_LIMIT = 32;

    private final @Nullable WheelTimer[] heads = new @Nullable WheelTimer[LEVELS * SLOTS];
    private final @Nullable WheelTimer[] tails = new @Nullable WheelTimer[LEVELS * SLOTS];
    private final long[] occupied = new long[LEVELS];
    /// The tick up to which slots have been emptied.
    private long tick;
    private int count;
    private long cachedNextNs = WheelTimer.NEVER;
    private boolean cacheValid = true;
    private boolean cacheExact = true;

    /// Number of armed timers.
    public int size() {
        return count;
    }

    /// Arms or moves a timer; [WheelTimer#NEVER] disarms it. A deadline in the past fires at the next [#expire].
    public void arm(WheelTimer timer, long deadlineNs) {
        if (timer.wheelDeadlineNs == deadlineNs) {
            return;
        }
        if (deadlineNs == WheelTimer.NEVER) {
            cancel(timer);
            return;
        }
        if (timer.wheelSlot >= 0) {
            if (timer.wheelDeadlineNs == cachedNextNs) {
                cacheValid = false;
            }
            unlink(timer);
        } else {
            count++;
        }
        timer.wheelDeadlineNs = deadlineNs;
        insert(timer);
        if (cacheValid && deadlineNs < cachedNextNs) {
            cachedNextNs = deadlineNs;
            cacheExact = true;
        }
    }

    public void cancel(WheelTimer timer) {
        if (timer.wheelSlot < 0) {
            return;
        }
        if (cacheValid && timer.wheelDeadlineNs == cachedNextNs) {
            cacheValid = false;
        }
        unlink(timer);
        timer.wheelDeadlineNs = WheelTimer.NEVER;
        count--;
    }

    public static long deadlineNs(WheelTimer timer) {
        return timer.wheelDeadlineNs;
    }

    /// The earliest deadline or, where a crowded slot would have to be searched, that slot's beginning, which is earlier; or
    /// [WheelTimer#NEVER]. Calling [#expire] at the returned time always makes progress.
    public long nextDeadlineNs() {
        if (!cacheValid) {
            cachedNextNs = findNext();
            cacheValid = true;
        }
        return cachedNextNs;
    }

    /// Runs every timer whose deadline is at or before `nowNs`, earliest first. Timers armed meanwhile run too if they are due.
    public void expire(long nowNs) {
        while (count > 0 && nextDeadlineNs() <= nowNs) {
            long due = cachedNextNs;
            advance(due >> TICK_SHIFT);
            cacheValid = false;
            if (!cacheExact) {
                continue;
            }
            WheelTimer timer = firstDueAt(due);
            unlink(timer);
            timer.wheelDeadlineNs = WheelTimer.NEVER;
            count--;
            timer.expire(nowNs);
        }
        long nowTick = nowNs >> TICK_SHIFT;
        if (nowTick > tick) {
            advance(nowTick);
            cacheValid = cacheValid && cacheExact;
        }
    }

    private WheelTimer firstDueAt(long deadlineNs) {
        WheelTimer timer = heads[(int) (Math.max(tick, deadlineNs >> TICK_SHIFT) & (SLOTS - 1))];
        while (timer != null) {
            if (timer.wheelDeadlineNs == deadlineNs) {
                return timer;
            }
            timer = timer.wheelNext;
        }
        throw new IllegalStateException("the wheel lost the timer due at " + deadlineNs);
    }

    private long findNext() {
        cacheExact = true;
        if (count == 0) {
            return WheelTimer.NEVER;
        }
        // A slot of a lower level is always earlier than any of a higher one, because entries move down when their slot begins.
        for (int level = 0; level < LEVELS; level++) {
            long bits = occupied[level];
            if (bits == 0) {
                continue;
            }
            int position = (int) (tick >>> (level * SLOT_BITS)) & (SLOTS - 1);
            long rotated = Long.rotateRight(bits, position);
            int slot = (position + Long.numberOfTrailingZeros(rotated)) & (SLOTS - 1);
            return minimumOf(level, slot);
        }
        throw new IllegalStateException("the wheel counts " + count + " timers and has none");
    }

    private long minimumOf(int level, int slot) {
        long minimum = WheelTimer.NEVER;
        int searched = 0;
        for (WheelTimer timer = heads[level * SLOTS + slot]; timer != null; timer = timer.wheelNext) {
            minimum = Math.min(minimum, timer.wheelDeadlineNs);
            if (level > 0 && ++searched > SEARCH_LIMIT) {
                cacheExact = false;
                return beginningOf(level, slot);
            }
        }
        return minimum;
    }

    private long beginningOf(int level, int slot) {
        long position = tick >>> (level * SLOT_BITS);
        long ahead = (slot - position) & (SLOTS - 1);
        return (position + ahead) << (level * SLOT_BITS) << TICK_SHIFT;
    }

    /// Moves the wheel's hand to `target`, and entries of higher levels down as their slots begin.
    private void advance(long target) {
        while (tick < target) {
            // Jump over stretches in which nothing is to be moved down.
            long next = target;
            for (int level = 1; level < LEVELS; level++) {
                if (occupied[level] != 0) {
                    long span = 1L << (level * SLOT_BITS);
                    long boundary = (tick | (span - 1)) + 1;
                    next = Math.min(next, boundary);
                    break;
                }
            }
            if (occupied[0] != 0) {
                long boundary = (tick | (SLOTS - 1)) + 1;
                next = Math.min(next, Math.max(boundary, tick + 1));
            }
            tick = next;
            cascade();
        }
    }

    private void cascade() {
        for (int level = 1; level < LEVELS; level++) {
            long span = 1L << (level * SLOT_BITS);
            if ((tick & (span - 1)) != 0) {
                return;
            }
            int slot = level * SLOTS + ((int) (tick >>> (level * SLOT_BITS)) & (SLOTS - 1));
            WheelTimer timer = heads[slot];
            heads[slot] = null;
            tails[slot] = null;
            occupied[level] &= ~(1L << (slot & (SLOTS - 1)));
            while (timer != null) {
                WheelTimer following = timer.wheelNext;
                timer.wheelNext = null;
                timer.wheelPrevious = null;
                insert(timer);
                timer = following;
            }
        }
    }

    private void insert(WheelTimer timer) {
        long due = Math.max(timer.wheelDeadlineNs >> TICK_SHIFT, tick);
        long distance = due ^ tick;
        int level = distance == 0 ? 0 : (63 - Long.numberOfLeadingZeros(distance)) / SLOT_BITS;
        if (level >= LEVELS) {
            // Beyond the wheel's range (about 52 days): park in the last slot of the top level before the hand; it is inserted again there.
            level = LEVELS - 1;
            due = tick + ((long) (SLOTS - 1) << ((LEVELS - 1) * SLOT_BITS));
        }
        int slot = level * SLOTS + ((int) (due >>> (level * SLOT_BITS)) & (SLOTS - 1));
        timer.wheelSlot = slot;
        WheelTimer tail = tails[slot];
        timer.wheelPrevious = tail;
        timer.wheelNext = null;
        if (tail == null) {
            heads[slot] = timer;
            occupied[level] |= 1L << (slot & (SLOTS - 1));
        } else {
            tail.wheelNext = timer;
        }
        tails[slot] = timer;
    }

    private void unlink(WheelTimer timer) {
        int slot = timer.wheelSlot;
        WheelTimer previous = timer.wheelPrevious;
        WheelTimer next = timer.wheelNext;
        if (previous == null) {
            heads[slot] = next;
        } else {
            previous.wheelNext = next;
        }
        if (next == null) {
            tails[slot] = previous;
        } else {
            next.wheelPrevious = previous;
        }
        if (heads[slot] == null) {
            occupied[slot / SLOTS] &= ~(1L << (slot & (SLOTS - 1)));
        }
        timer.wheelSlot = -1;
        timer.wheelPrevious = null;
        timer.wheelNext = null;
    }
}
