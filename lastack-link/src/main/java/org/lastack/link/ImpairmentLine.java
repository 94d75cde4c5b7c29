package org.lastack.link;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;
import org.lastack.wire.Frame;
import org.lastack.wire.FramePool;

/// One direction of a bad network, of an [ImpairedLink] or of a relay: frames go in at a time, and come out later, changed, or never. No lock, no clock: its
/// owner has both.
public final class ImpairmentLine {
    /// Frames on their way at most, so that a long delay at a high rate does not eat the memory: 128 MiB of small ones.
    static final int MAX_WAITING = 65_536;

    private record Waiting(long atNs, long order, Frame frame) implements Comparable<Waiting> {
        @Override
        public int compareTo(Waiting other) {
            // Times are compared by difference: nanosecond clocks may wrap (System.nanoTime).
            return atNs != other.atNs ? Long.signum(atNs - other.atNs) : Long.compare(order, other.order);
        }
    }

    /// A frame held back for reordering.
    private static final class Held {
        final Frame frame;
        final long earliestNs;
        final long latestNs;
        int framesToGo;

        Held(Frame frame, long earliestNs, long latestNs, int framesToGo) {
            this.frame = frame;
            this.earliestNs = earliestNs;
            this.latestNs = latestNs;
            this.framesToGo = framesToGo;
        }
    }

    private Impairment impairment;
    private long randomState;
    private final PriorityQueue<Waiting> waiting = new PriorityQueue<>();
    private final List<Held> held = new ArrayList<>();
    private final FramePool pool = new FramePool(1024, 16);
    private long order;
    private boolean started;
    private long bottleneckFreeNs;
    private long lastReleaseNs;
    private long offered;
    private long delivered;
    private long lost;
    private long queueDropped;
    private long duplicated;
    private long corrupted;
    private long reordered;

    /// @param seed equal seeds, frames and times give equal results
    public ImpairmentLine(Impairment impairment, long seed) {
        this.impairment = impairment;
        this.randomState = seed;
    }

    void impairment(Impairment other) {
        impairment = other;
    }

    Impairment impairment() {
        return impairment;
    }

    /// What was done to the frames so far.
    public ImpairmentCounters counters() {
        return new ImpairmentCounters(offered, delivered, lost, queueDropped, duplicated, corrupted, reordered, size());
    }

    /// Takes a copy. Draws the same number of random values for each frame, whatever the settings, so that a changed probability changes only what it is about.
    public void offer(Frame frame, long nowNs) {
        Impairment how = impairment;
        offered++;
        boolean lose = chance() < how.loss();
        boolean copy = chance() < how.duplicate();
        boolean damage = chance() < how.corrupt();
        long bit = random() >>> 1;
        boolean hold = chance() < how.reorder();
        double jitter = 2 * chance() - 1;
        if (!started) {
            started = true;
            bottleneckFreeNs = nowNs;
            lastReleaseNs = nowNs;
        }
        if (lose) {
            lost++;
            return;
        }
        if (size() >= MAX_WAITING || (how.rateBitsPerSecond() > 0 && !passBottleneck(how, frame.length, nowNs))) {
            queueDropped++;
            return;
        }
        long departureNs = how.rateBitsPerSecond() > 0 ? bottleneckFreeNs : nowNs;
        long atNs = departureNs + Math.max(0, how.delayNs() + (long) (jitter * how.jitterNs()));
        if (!how.jitterReorders() && how.jitterNs() > 0 && atNs - lastReleaseNs < 0) {
            atNs = lastReleaseNs;
        }
        lastReleaseNs = atNs;
        Frame own = pool.take(Math.min(frame.length, 65_535));
        Frames.copy(frame, own);
        if (damage) {
            damage(own, bit);
        }
        place(how, own, atNs, hold);
        if (copy) {
            duplicated++;
            Frame second = pool.take(Math.min(own.length, 65_535));
            Frames.copy(own, second);
            schedule(second, atNs);
        }
    }

    private void place(Impairment how, Frame frame, long atNs, boolean hold) {
        if (hold) {
            reordered++;
            if (how.reorderFrames() == 0) {
                schedule(frame, atNs + how.reorderNs());
            } else {
                held.add(new Held(frame, atNs, atNs + how.reorderNs(), how.reorderFrames() + 1));
            }
        } else {
            schedule(frame, atNs);
        }
        for (Iterator<Held> each = held.iterator(); each.hasNext(); ) {
            Held candidate = each.next();
            if (--candidate.framesToGo == 0) {
                each.remove();
                // Behind the frame just scheduled, which has the smaller order number.
                schedule(candidate.frame, atNs - candidate.earliestNs > 0 ? atNs : candidate.earliestNs);
            }
        }
    }

    private boolean passBottleneck(Impairment how, int octets, long nowNs) {
        long backlogNs = Math.max(0, bottleneckFreeNs - nowNs);
        double backlogOctets = (double) backlogNs * how.rateBitsPerSecond() / 8e9;
        if (backlogOctets + octets > how.queueOctets()) {
            return false;
        }
        bottleneckFreeNs = nowNs + backlogNs + octets * 8_000_000_000L / how.rateBitsPerSecond();
        return true;
    }

    private void damage(Frame frame, long random) {
        corrupted++;
        // A checksum that is computed after the damage would hide it, and so would one that is not looked at.
        Frames.completeChecksum(frame);
        frame.checksumVerified = false;
        long bit = random % (8L * frame.length);
        frame.data[frame.offset + (int) (bit >>> 3)] ^= (byte) (1 << (bit & 7));
    }

    private void schedule(Frame frame, long atNs) {
        waiting.add(new Waiting(atNs, order++, frame));
    }

    /// The next frame whose time has come, or null. Goes back by [#free].
    public @Nullable Frame due(long nowNs) {
        releaseHeld(nowNs);
        Waiting first = waiting.peek();
        if (first == null || first.atNs - nowNs > 0) {
            return null;
        }
        waiting.remove();
        delivered++;
        return first.frame;
    }

    private void releaseHeld(long nowNs) {
        for (Iterator<Held> each = held.iterator(); each.hasNext(); ) {
            Held candidate = each.next();
            if (candidate.latestNs - nowNs <= 0) {
                each.remove();
                schedule(candidate.frame, candidate.latestNs);
            }
        }
    }

    /// Takes back a frame that [#due] gave.
    public void free(Frame frame) {
        frame.release();
    }

    /// When [#due] will have something, `Long.MAX_VALUE` if never.
    public long nextNs() {
        Waiting first = waiting.peek();
        boolean any = first != null;
        long next = first == null ? 0 : first.atNs;
        for (Held each : held) {
            if (!any || each.latestNs - next < 0) {
                next = each.latestNs;
                any = true;
            }
        }
        return any ? next : Long.MAX_VALUE;
    }

    int size() {
        return waiting.size() + held.size();
    }

    /// Forgets all frames on their way.
    public void clear() {
        waiting.forEach(each -> each.frame.release());
        waiting.clear();
        held.forEach(each -> each.frame.release());
        held.clear();
    }

    private double chance() {
        return (random() >>> 11) * 0x1.0p-53;
    }

    /// SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014): fixed here, so that a seed means the same on every JDK.
    private long random() {
        randomState += 0x9e37_79b9_7f4a_7c15L;
        long z = randomState;
        z = (z ^ (z >>> 30)) * 0xbf58_476d_1ce4_e5b9L;
        z = (z ^ (z >>> 27)) * 0x94d0_49bb_1331_11ebL;
        return z ^ (z >>> 31);
    }
}
