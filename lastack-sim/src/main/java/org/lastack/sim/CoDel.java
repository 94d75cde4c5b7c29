package org.lastack.sim;

import org.jspecify.annotations.Nullable;
import org.lastack.wire.Frame;

/// Controlled delay (RFC 8289): drops (or marks) at the head when every packet of an interval has waited longer than the target, ever faster while
/// that goes on.
public final class CoDel implements QueueDiscipline {
    /// RFC 8289 §4.2 and §4.3.
    public static final long TARGET_NS = 5_000_000;
    public static final long INTERVAL_NS = 100_000_000;
    /// Below one packet of waiting octets nothing is dropped.
    private static final int MTU_OCTETS = 1514;

    private final int limitPackets;
    private final boolean ecn;
    private @Nullable Frame head;
    private @Nullable Frame tail;
    private int packets;
    private long octets;
    private long dropped;
    private long marked;
    private boolean okToDrop;
    private boolean dropping;
    private long firstAboveNs;
    private long dropNextNs;
    private int count;
    private int lastCount;

    // Of FqCoDel's lists
    @Nullable CoDel nextFlow;
    boolean listed;
    int deficit;

    /// @param limitPackets room; a packet that finds none is dropped
    /// @param ecn mark ECN-capable packets instead of dropping them
    public CoDel(int limitPackets, boolean ecn) {
        this.limitPackets = limitPackets;
        this.ecn = ecn;
    }

    @Override
    public boolean enqueue(Frame frame, long nowNs) {
        if (packets >= limitPackets) {
            dropped++;
            frame.release();
            return false;
        }
        frame.timeNs = nowNs;
        frame.next = null;
        Frame last = tail;
        if (last == null) {
            head = frame;
        } else {
            last.next = frame;
        }
        tail = frame;
        packets++;
        octets += frame.length;
        return true;
    }

    private @Nullable Frame pop() {
        Frame first = head;
        if (first == null) {
            return null;
        }
        head = first.next;
        if (head == null) {
            tail = null;
        }
        first.next = null;
        packets--;
        octets -= first.length;
        return first;
    }

    /// Drops the packet at the head: what [FqCoDel] does to the fattest flow.
    void dropHead() {
        Frame victim = pop();
        if (victim != null) {
            dropped++;
            victim.release();
        }
    }

    /// RFC 8289 §5.5, dodequeue.
    private @Nullable Frame next(long nowNs) {
        Frame frame = pop();
        okToDrop = false;
        if (frame == null) {
            firstAboveNs = 0;
            return null;
        }
        if (nowNs - frame.timeNs < TARGET_NS || octets <= MTU_OCTETS) {
            firstAboveNs = 0;
        } else if (firstAboveNs == 0) {
            firstAboveNs = nowNs + INTERVAL_NS;
        } else {
            okToDrop = nowNs >= firstAboveNs;
        }
        return frame;
    }

    private static long controlLaw(long t, int drops) {
        return t + (long) (INTERVAL_NS / Math.sqrt(drops));
    }

    @Override
    public @Nullable Frame dequeue(long nowNs) {
        Frame frame = next(nowNs);
        if (frame == null) {
            dropping = false;
            return null;
        }
        if (dropping) {
            if (!okToDrop) {
                dropping = false;
            }
            while (frame != null && dropping && nowNs >= dropNextNs) {
                count++;
                if (mark(frame)) {
                    dropNextNs = controlLaw(dropNextNs, count);
                    return frame;
                }
                frame = dropAndNext(frame, nowNs);
                if (!okToDrop) {
                    dropping = false;
                } else {
                    dropNextNs = controlLaw(dropNextNs, count);
                }
            }
        } else if (okToDrop) {
            if (!mark(frame)) {
                frame = dropAndNext(frame, nowNs);
            }
            dropping = true;
            // RFC 8289 §5.6: soon after the last dropping, begin near the rate that controlled the queue then.
            int recent = count - lastCount;
            count = recent > 1 && nowNs - dropNextNs < 16 * INTERVAL_NS ? recent : 1;
            dropNextNs = controlLaw(nowNs, count);
            lastCount = count;
        }
        return frame;
    }

    private @Nullable Frame dropAndNext(Frame frame, long nowNs) {
        dropped++;
        frame.release();
        return next(nowNs);
    }

    private boolean mark(Frame frame) {
        if (ecn && IpHeaders.markCe(frame)) {
            marked++;
            return true;
        }
        return false;
    }

    @Override
    public int packets() {
        return packets;
    }

    @Override
    public long octets() {
        return octets;
    }

    @Override
    public long dropped() {
        return dropped;
    }

    @Override
    public long marked() {
        return marked;
    }
}
