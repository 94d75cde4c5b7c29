package org.lastack.sim;

import org.jspecify.annotations.Nullable;
import org.lastack.wire.Frame;

/// What waits before the bottleneck of a [Channel], and in which order it leaves. Owns the frames in it, uses their `next` and `timeNs`, and
/// releases those that it drops.
public interface QueueDiscipline {
    /// Takes a packet; false if one was dropped for it (this or another).
    boolean enqueue(Frame frame, long nowNs);

    /// The next packet for the wire, or null if nothing waits.
    @Nullable Frame dequeue(long nowNs);

    /// Packets waiting.
    int packets();

    /// Octets waiting.
    long octets();

    /// Packets dropped so far.
    long dropped();

    /// Packets marked CE so far instead of being dropped (RFC 3168 §5).
    long marked();
}
