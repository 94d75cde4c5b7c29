package org.lastack.core.ip;

import org.jspecify.annotations.Nullable;
import org.lastack.core.Interface;
import org.lastack.core.WheelTimer;

/// One entry of the neighbour cache (RFC 4861 §5.1; for ARP the same machine, as in Linux).
final class Neighbor extends WheelTimer {
    /// RFC 4861 §7.3.2.
    enum State {
        /// Being asked for; packets wait.
        INCOMPLETE,
        REACHABLE,
        /// Known, but not confirmed lately.
        STALE,
        /// Used while stale: probes follow unless something confirms it.
        DELAY,
        PROBE
    }

    /// RFC 4861 §7.2.2 demands room for at least one packet; Linux of old and most stacks keep three.
    static final int MAX_QUEUE = 3;

    final NeighborTable table;
    final Interface out;
    final long high;
    final long low;
    State state = State.INCOMPLETE;
    /// The 48 bits of the station address; meaningless while INCOMPLETE.
    long mac;
    /// It has said that it is a router.
    boolean router;
    /// Solicitations sent in this state.
    int probes;
    final FrameQueue waiting = new FrameQueue();
    @Nullable Neighbor chainNext;
    @Nullable Neighbor lruOlder;
    @Nullable Neighbor lruNewer;

    Neighbor(NeighborTable table, Interface out, long high, long low) {
        this.table = table;
        this.out = out;
        this.high = high;
        this.low = low;
    }

    @Override
    protected void expire(long nowNs) {
        table.expired(this);
    }
}
