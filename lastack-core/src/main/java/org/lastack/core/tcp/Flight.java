package org.lastack.core.tcp;

import java.util.Arrays;

/// The retransmission queue of one connection (RFC 9293 §3.10.7.4) and its scoreboard (RFC 6675 §2, RFC 8985 §5.2): one row per segment sent
/// and not yet cumulatively acknowledged, in primitive columns.
///
/// Rows are named by an absolute id that never changes: `head` is the oldest, `tail` the next to be sent. A second order, by time of the last
/// transmission, is a linked list through the columns: RACK walks it from the oldest and stops early. The four counters that make up
/// "packets in flight" change only in [#set] and [#clear], together with the flags they count, so they cannot drift apart.
final class Flight {
    static final int SACKED = 1;
    static final int LOST = 1 << 1;
    /// Retransmitted, and that retransmission is believed to be in the network.
    static final int RETRANSMITTED = 1 << 2;
    /// Retransmitted at some time: no RTT sample by Karn's rule.
    static final int EVER_RETRANSMITTED = 1 << 3;
    static final int SYN = 1 << 4;
    static final int FIN = 1 << 5;
    static final int PSH = 1 << 6;
    /// Sent while the application had no more to send (delivery-rate samples).
    static final int APP_LIMITED = 1 << 7;
    /// In the order-of-transmission list.
    private static final int LISTED = 1 << 8;
    /// Sent as the last of several that went together.
    static final int BURST_END = 1 << 9;

    static final int NONE = -1;

    private final SlabPool pool;
    int head;
    int tail;
    /// The columns: none of its own as long as nothing is in flight, because most connections of a server are idle.
    private FlightRows rows = FlightRows.NONE;
    private int mask;
    private int[] starts = FlightRows.NONE.starts;
    private int[] ends = FlightRows.NONE.ends;
    private int[] flags = FlightRows.NONE.flags;
    private long[] sentNs = FlightRows.NONE.sentNs;
    private int[] deliveredAtSend = FlightRows.NONE.deliveredAtSend;
    private long[] deliveredNsAtSend = FlightRows.NONE.deliveredNsAtSend;
    private long[] firstSentNsAtSend = FlightRows.NONE.firstSentNsAtSend;
    private int[] lostAtSend = FlightRows.NONE.lostAtSend;
    private int[] inFlightAtSend = FlightRows.NONE.inFlightAtSend;
    private int[] older = FlightRows.NONE.older;
    private int[] newer = FlightRows.NONE.newer;
    private int oldest = NONE;
    private int newest = NONE;

    private int sackedOut;
    private int lostOut;
    private int retransmittedOut;

    /// What the peer has reported by SACK.
    SeqRanges sacked = SeqRanges.NONE;
    /// No row below this id is lost and waiting for retransmission.
    int retransmitHint;

    Flight(SlabPool pool) {
        this.pool = pool;
    }

    /// See [Tcb#lines].
    int lines() {
        return tail + sacked.count();
    }

    /// [#sacked] for adding to it.
    SeqRanges ownSacked() {
        if (sacked == SeqRanges.NONE) {
            sacked = new SeqRanges();
        }
        return sacked;
    }

    boolean isEmpty() {
        return head == tail;
    }

    /// Nothing in the queue and nothing on the scoreboard.
    boolean atRest() {
        return head == tail && sacked.isEmpty() && sackedOut == 0 && lostOut == 0 && retransmittedOut == 0;
    }

    /// `packets_out`: rows in the queue.
    int packetsOut() {
        return tail - head;
    }

    int sackedOut() {
        return sackedOut;
    }

    int lostOut() {
        return lostOut;
    }

    int retransmittedOut() {
        return retransmittedOut;
    }

    int start(int id) {
        return starts[id & mask];
    }

    int end(int id) {
        return ends[id & mask];
    }

    int flags(int id) {
        return flags[id & mask];
    }

    boolean is(int id, int flag) {
        return (flags[id & mask] & flag) != 0;
    }

    long sentNs(int id) {
        return sentNs[id & mask];
    }

    int deliveredAtSend(int id) {
        return deliveredAtSend[id & mask];
    }

    long deliveredNsAtSend(int id) {
        return deliveredNsAtSend[id & mask];
    }

    long firstSentNsAtSend(int id) {
        return firstSentNsAtSend[id & mask];
    }

    /// Segments lost so far when this one was sent last.
    int lostAtSend(int id) {
        return lostAtSend[id & mask];
    }

    /// Segments in the network when this one was sent last, itself included.
    int inFlightAtSend(int id) {
        return inFlightAtSend[id & mask];
    }

    /// A new segment goes out: appends its row and returns the id.
    int append(int start, int end, int rowFlags, long nowNs) {
        if (tail - head > mask || rows == FlightRows.NONE) {
            grow(rows == FlightRows.NONE ? FlightRows.LEAST : rows.size() * 2);
        }
        int id = tail++;
        int slot = id & mask;
        starts[slot] = start;
        ends[slot] = end;
        flags[slot] = rowFlags;
        sentNs[slot] = nowNs;
        link(id);
        return id;
    }

    /// Rows for all segments of a super-segment but the last: `count` of `mss` octets each from `start` on.
    void appendAll(int start, int mss, int count, long nowNs, Sender s) {
        int needed = tail - head + count + 1;
        if (rows == FlightRows.NONE || needed > mask + 1) {
            grow(Math.max(FlightRows.LEAST, Integer.highestOneBit(needed - 1) << 1));
        }
        int rowFlags = LISTED | (s.appLimitedUntil != 0 ? APP_LIMITED : 0);
        int inFlight = s.inFlight();
        int before = newest;
        for (int i = 0; i < count; i++) {
            int id = tail + i;
            int slot = id & mask;
            starts[slot] = start + i * mss;
            ends[slot] = start + (i + 1) * mss;
            flags[slot] = rowFlags;
            sentNs[slot] = nowNs;
            deliveredAtSend[slot] = s.delivered;
            deliveredNsAtSend[slot] = s.deliveredNs;
            firstSentNsAtSend[slot] = s.firstSentNs;
            lossState(id, s.lost, inFlight + i + 1);
            older[slot] = i == 0 ? before : id - 1;
            newer[slot] = i == count - 1 ? NONE : id + 1;
        }
        if (before == NONE) {
            oldest = tail;
        } else {
            newer[before & mask] = tail;
        }
        tail += count;
        newest = tail - 1;
    }

    /// Remembers what the delivery-rate estimator needs when this transmission is acknowledged.
    void rateState(int id, int delivered, long deliveredNs, long firstSentNs, boolean appLimited) {
        int slot = id & mask;
        deliveredAtSend[slot] = delivered;
        deliveredNsAtSend[slot] = deliveredNs;
        firstSentNsAtSend[slot] = firstSentNs;
        flags[slot] = appLimited ? flags[slot] | APP_LIMITED : flags[slot] & ~APP_LIMITED;
    }

    /// Remembers what an algorithm needs that judges the loss of what was in flight.
    void lossState(int id, int lost, int inFlight) {
        int slot = id & mask;
        lostAtSend[slot] = lost;
        inFlightAtSend[slot] = inFlight;
    }

    /// The row goes out again: newest in the order of transmission.
    void retransmitted(int id, long nowNs) {
        int slot = id & mask;
        sentNs[slot] = nowNs;
        unlink(id);
        link(id);
        set(id, RETRANSMITTED | EVER_RETRANSMITTED);
    }

    /// The row goes out again as a tail-loss probe: not a retransmission in the sense of the scoreboard, because the original is not believed lost.
    void probed(int id, long nowNs) {
        sentNs[id & mask] = nowNs;
        unlink(id);
        link(id);
        set(id, EVER_RETRANSMITTED);
    }

    void trimStart(int id, int start) {
        starts[id & mask] = start;
    }

    /// Sets flags; the counters follow.
    void set(int id, int bits) {
        int slot = id & mask;
        int gained = bits & ~flags[slot];
        sackedOut += gained & SACKED;
        lostOut += (gained & LOST) >>> 1;
        retransmittedOut += (gained & RETRANSMITTED) >>> 2;
        flags[slot] |= bits;
    }

    /// Clears flags; the counters follow.
    void clear(int id, int bits) {
        int slot = id & mask;
        int lost = bits & flags[slot];
        sackedOut -= lost & SACKED;
        lostOut -= (lost & LOST) >>> 1;
        retransmittedOut -= (lost & RETRANSMITTED) >>> 2;
        flags[slot] &= ~bits;
    }

    /// Takes the oldest row out: cumulatively acknowledged.
    void removeHead() {
        int id = head;
        unlink(id);
        clear(id, SACKED | LOST | RETRANSMITTED);
        head++;
        if (retransmitHint - head < 0) {
            retransmitHint = head;
        }
    }

    /// The row has left the network by SACK: it is no longer a candidate for time-based loss detection.
    void unlink(int id) {
        int slot = id & mask;
        if ((flags[slot] & LISTED) == 0) {
            return;
        }
        flags[slot] &= ~LISTED;
        int before = older[slot];
        int after = newer[slot];
        if (before == NONE) {
            oldest = after;
        } else {
            newer[before & mask] = after;
        }
        if (after == NONE) {
            newest = before;
        } else {
            older[after & mask] = before;
        }
    }

    private void link(int id) {
        int slot = id & mask;
        flags[slot] |= LISTED;
        older[slot] = newest;
        newer[slot] = NONE;
        if (newest == NONE) {
            oldest = id;
        } else {
            newer[newest & mask] = id;
        }
        newest = id;
    }

    /// The row transmitted longest ago of those listed, or [#NONE].
    int oldestSent() {
        return oldest;
    }

    int newestSent() {
        return newest;
    }

    /// The next in the order of transmission, or [#NONE].
    int sentAfter(int id) {
        return newer[id & mask];
    }

    /// The id of the first row that ends above `seq`, or `tail`.
    int firstEndingAbove(int seq) {
        int low = head;
        int high = tail;
        while (low - high < 0) {
            int middle = low + ((high - low) >>> 1);
            if (Seq.le(ends[middle & mask], seq)) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /// A row waits for retransmission: the hint follows.
    void needsRetransmission(int id) {
        if (id - retransmitHint < 0) {
            retransmitHint = id;
        }
    }

    /// The lowest row that is lost and not in the network again, or [#NONE].
    int nextToRetransmit() {
        if (lostOut == 0) {
            return NONE;
        }
        for (int id = retransmitHint; id - tail < 0; id++) {
            int rowFlags = flags[id & mask];
            if ((rowFlags & (LOST | RETRANSMITTED | SACKED)) == LOST) {
                retransmitHint = id;
                return id;
            }
        }
        retransmitHint = tail;
        return NONE;
    }

    /// Cuts every row longer than `mss` octets into several (the path MTU fell). Rare: copies the queue.
    void cut(int mss) {
        boolean needed = false;
        for (int id = head; id - tail < 0; id++) {
            needed |= end(id) - start(id) > mss;
        }
        if (!needed) {
            return;
        }
        Flight copy = new Flight(pool);
        for (int id = head; id - tail < 0; id++) {
            int slot = id & mask;
            int from = starts[slot];
            // What left as one burst is cut as one piece, as Linux cuts its buffers: the pieces are full but for the last.
            int lost = flags[slot] & (SACKED | LOST | RETRANSMITTED);
            while (joins(id)) {
                id++;
                lost |= flags[id & mask] & (LOST | RETRANSMITTED);
            }
            int last = id & mask;
            do {
                int to = ends[last] - from > mss ? from + mss : ends[last];
                int keep = flags[last] & ~(SACKED | LOST | RETRANSMITTED | LISTED) & (to == ends[last] ? -1 : ~(FIN | PSH | BURST_END));
                int piece = copy.append(from, to, keep, sentNs[slot]);
                copy.rateState(piece, deliveredAtSend[slot], deliveredNsAtSend[slot], firstSentNsAtSend[slot], (flags[slot] & APP_LIMITED) != 0);
                copy.lossState(piece, lostAtSend[slot], inFlightAtSend[slot]);
                copy.set(piece, lost);
                if ((lost & SACKED) != 0) {
                    copy.unlink(piece);
                }
                from = to;
            } while (from != ends[last]);
        }
        take(copy);
    }

    /// Whether the row and the next left in one burst and have the same fate.
    private boolean joins(int id) {
        int next = id + 1;
        if (next - tail >= 0 || is(id, BURST_END) || is(id, SACKED) || is(next, SACKED) || is(id, SYN) || is(next, FIN)) {
            return false;
        }
        return end(id) == start(next) && is(id, RETRANSMITTED) == is(next, RETRANSMITTED);
    }

    private void take(Flight other) {
        head = other.head;
        tail = other.tail;
        FlightRows before = rows;
        adopt(other.rows);
        other.adopt(FlightRows.NONE);
        pool.give(before);
        oldest = other.oldest;
        newest = other.newest;
        sackedOut = other.sackedOut;
        lostOut = other.lostOut;
        retransmittedOut = other.retransmittedOut;
        retransmitHint = head;
    }

    private void grow(int size) {
        FlightRows before = rows;
        FlightRows larger = pool.takeRows(size);
        for (int id = head; id - tail < 0; id++) {
            larger.copy(id & larger.size() - 1, before, id & mask);
        }
        adopt(larger);
        pool.give(before);
    }

    private void adopt(FlightRows columns) {
        rows = columns;
        mask = columns.size() - 1;
        starts = columns.starts;
        ends = columns.ends;
        flags = columns.flags;
        sentNs = columns.sentNs;
        deliveredAtSend = columns.deliveredAtSend;
        deliveredNsAtSend = columns.deliveredNsAtSend;
        firstSentNsAtSend = columns.firstSentNsAtSend;
        lostAtSend = columns.lostAtSend;
        inFlightAtSend = columns.inFlightAtSend;
        older = columns.older;
        newer = columns.newer;
    }

    /// Gives the columns back if nothing is in flight. To be called when nobody looks at rows that have just been removed.
    void releaseIfEmpty() {
        if (head == tail && rows != FlightRows.NONE) {
            FlightRows before = rows;
            adopt(FlightRows.NONE);
            pool.give(before);
        }
    }

    /// Empties the queue for its next user.
    void reset() {
        head = 0;
        tail = 0;
        oldest = NONE;
        newest = NONE;
        sackedOut = 0;
        lostOut = 0;
        retransmittedOut = 0;
        retransmitHint = 0;
        sacked.clear();
        releaseIfEmpty();
    }

    /// Rows that the columns can hold without growing.
    int capacity() {
        return mask + 1;
    }

    /// Recounts everything; for assertions in simulations.
    void verify() {
        int sackedCount = 0;
        int lostCount = 0;
        int retransmittedCount = 0;
        for (int id = head; id - tail < 0; id++) {
            int rowFlags = flags(id);
            sackedCount += rowFlags & SACKED;
            lostCount += (rowFlags & LOST) >>> 1;
            retransmittedCount += (rowFlags & RETRANSMITTED) >>> 2;
            if (Seq.ge(start(id), end(id)) || (id != head && start(id) != end(id - 1))) {
                throw new IllegalStateException("rows of the retransmission queue do not join at " + id);
            }
        }
        if (sackedCount != sackedOut || lostCount != lostOut || retransmittedCount != retransmittedOut) {
            throw new IllegalStateException("scoreboard counts drifted: sacked " + sackedOut + "/" + sackedCount + " lost " + lostOut + "/" + lostCount
                    + " retransmitted " + retransmittedOut + "/" + retransmittedCount + " " + Arrays.toString(flags));
        }
    }
}
