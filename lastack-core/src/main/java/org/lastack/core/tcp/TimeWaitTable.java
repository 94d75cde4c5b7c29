package org.lastack.core.tcp;

import java.util.Arrays;
import org.lastack.wire.IpAddress;

/// Connections in TIME-WAIT, and orphans in FIN-WAIT-2, in primitive columns instead of objects: millions of them must not cost what millions of
/// connections do (SECURITY R-06). Entries are named by index. Deadlines are kept in queues, one per duration, because all entries of one
/// duration end in the order in which they came; so arming, restarting and finding the next cost O(1).
final class TimeWaitTable {
    static final int NONE = -1;
    static final int FLAG_TIMESTAMPS = 1;
    /// Substate FIN-WAIT-2: our FIN is acknowledged, the peer's has not come, nobody owns the socket any more.
    static final int FLAG_FIN_WAIT_2 = 2;
    private static final int FLAG_WIDE = 4;
    static final int FLAG_REUSEADDR = 8;
    private static final int QUEUES = 16;

    private int[] slots = new int[64];
    private int[] hashes = new int[16];
    private int[] localV4 = new int[16];
    private int[] remoteV4 = new int[16];
    private int[] ports = new int[16];
    int[] sndNxt = new int[16];
    int[] rcvNxt = new int[16];
    int[] rcvWnd = new int[16];
    int[] tsRecent = new int[16];
    int[] tsOffset = new int[16];
    /// When a segment without text was last answered, in milliseconds; 0 = never.
    int[] answeredMs = new int[16];
    private int[] tsRecentSecond = new int[16];
    private long[] deadlineNs = new long[16];
    int[] claim = new int[16];
    private int[] previous = new int[16];
    private int[] next = new int[16];
    private byte[] flags = new byte[16];
    private byte[] queueOf = new byte[16];
    private long[][] wide = new long[0][];

    private int freeHead = NONE;
    private int used;
    private int count;

    private final long[] durations = new long[QUEUES];
    private final int[] heads = new int[QUEUES];
    private final int[] tails = new int[QUEUES];
    private int queues;

    TimeWaitTable() {
        Arrays.fill(slots, NONE);
    }

    int size() {
        return count;
    }

    int find(int hash, long localHigh, long localLow, int localPort, long remoteHigh, long remoteLow, int remotePort) {
        if (count == 0) {
            return NONE;
        }
        int mask = slots.length - 1;
        for (int slot = hash & mask; slots[slot] != NONE; slot = (slot + 1) & mask) {
            int entry = slots[slot];
            if (hashes[entry] == hash && ports[entry] == (localPort << 16 | remotePort) && localLow(entry) == localLow && remoteLow(entry) == remoteLow
                    && localHigh(entry) == localHigh && remoteHigh(entry) == remoteHigh) {
                return entry;
            }
        }
        return NONE;
    }

    int add(int hash, long localHigh, long localLow, int localPort, long remoteHigh, long remoteLow, int remotePort, int entryFlags, long nowNs,
            long durationNs) {
        if ((count + 1) * 3 > slots.length * 2) {
            rehash(slots.length * 2);
        }
        int entry = freeHead;
        if (entry != NONE) {
            freeHead = next[entry];
        } else {
            if (used == hashes.length) {
                growColumns();
            }
            entry = used++;
        }
        hashes[entry] = hash;
        ports[entry] = localPort << 16 | remotePort;
        boolean v4 = IpAddress.isV4(localHigh, localLow) && IpAddress.isV4(remoteHigh, remoteLow);
        flags[entry] = (byte) (entryFlags | (v4 ? 0 : FLAG_WIDE));
        if (v4) {
            localV4[entry] = (int) localLow;
            remoteV4[entry] = (int) remoteLow;
        } else {
            if (wide.length < hashes.length) {
                wide = Arrays.copyOf(wide, hashes.length);
            }
            wide[entry] = new long[] {localHigh, localLow, remoteHigh, remoteLow};
        }
        answeredMs[entry] = 0;
        insertSlot(entry);
        count++;
        enqueue(entry, nowNs, durationNs);
        return entry;
    }

    void remove(int entry) {
        int mask = slots.length - 1;
        int slot = hashes[entry] & mask;
        while (slots[slot] != entry) {
            slot = (slot + 1) & mask;
        }
        int gap = slot;
        int probe = (slot + 1) & mask;
        while (slots[probe] != NONE) {
            int home = hashes[slots[probe]] & mask;
            if (((probe - home) & mask) >= ((probe - gap) & mask)) {
                slots[gap] = slots[probe];
                gap = probe;
            }
            probe = (probe + 1) & mask;
        }
        slots[gap] = NONE;
        dequeue(entry);
        if ((flags[entry] & FLAG_WIDE) != 0) {
            wide[entry] = new long[0];
        }
        next[entry] = freeHead;
        freeHead = entry;
        flags[entry] = 0;
        hashes[entry] = 0;
        ports[entry] = 0;
        count--;
    }

    /// Begins the wait anew (RFC 9293 §3.10.7.4, eighth step), or changes its length.
    void restart(int entry, long nowNs, long durationNs) {
        dequeue(entry);
        enqueue(entry, nowNs, durationNs);
    }

    private void enqueue(int entry, long nowNs, long durationNs) {
        deadlineNs[entry] = nowNs + durationNs;
        int queue = queueFor(durationNs);
        queueOf[entry] = (byte) queue;
        int after = tails[queue];
        // Within a queue deadlines ascend; only the last queue, shared by unusual durations, has to look for the place.
        while (after != NONE && deadlineNs[after] > deadlineNs[entry]) {
            after = previous[after];
        }
        int before = after == NONE ? heads[queue] : next[after];
        previous[entry] = after;
        next[entry] = before;
        if (after == NONE) {
            heads[queue] = entry;
        } else {
            next[after] = entry;
        }
        if (before == NONE) {
            tails[queue] = entry;
        } else {
            previous[before] = entry;
        }
    }

    private int queueFor(long durationNs) {
        int free = -1;
        for (int i = 0; i < queues; i++) {
            if (durations[i] == durationNs) {
                return i;
            }
            if (heads[i] == NONE) {
                free = i;
            }
        }
        if (free >= 0) {
            durations[free] = durationNs;
            return free;
        }
        if (queues == QUEUES) {
            return QUEUES - 1;
        }
        durations[queues] = durationNs;
        heads[queues] = NONE;
        tails[queues] = NONE;
        return queues++;
    }

    private void dequeue(int entry) {
        int queue = queueOf[entry];
        int before = previous[entry];
        int after = next[entry];
        if (before == NONE) {
            heads[queue] = after;
        } else {
            next[before] = after;
        }
        if (after == NONE) {
            tails[queue] = before;
        } else {
            previous[after] = before;
        }
    }

    /// The entry that ends next, or [#NONE].
    int earliest() {
        int best = NONE;
        for (int i = 0; i < queues; i++) {
            int head = heads[i];
            if (head != NONE && (best == NONE || deadlineNs[head] < deadlineNs[best])) {
                best = head;
            }
        }
        return best;
    }

    long deadlineNs(int entry) {
        return deadlineNs[entry];
    }

    boolean has(int entry, int flag) {
        return (flags[entry] & flag) != 0;
    }

    void clear(int entry, int flag) {
        flags[entry] &= (byte) ~flag;
    }

    void set(int entry, int flag) {
        flags[entry] |= (byte) flag;
    }

    int localPort(int entry) {
        return ports[entry] >>> 16;
    }

    int remotePort(int entry) {
        return ports[entry] & 0xffff;
    }

    long localHigh(int entry) {
        return (flags[entry] & FLAG_WIDE) != 0 ? wide[entry][0] : 0;
    }

    long localLow(int entry) {
        return (flags[entry] & FLAG_WIDE) != 0 ? wide[entry][1] : IpAddress.lowOfV4(localV4[entry]);
    }

    long remoteHigh(int entry) {
        return (flags[entry] & FLAG_WIDE) != 0 ? wide[entry][2] : 0;
    }

    long remoteLow(int entry) {
        return (flags[entry] & FLAG_WIDE) != 0 ? wide[entry][3] : IpAddress.lowOfV4(remoteV4[entry]);
    }

    int tsRecentSecond(int entry) {
        return tsRecentSecond[entry];
    }

    void tsRecent(int entry, int value, long nowNs) {
        tsRecent[entry] = value;
        tsRecentSecond[entry] = (int) (nowNs / 1_000_000_000L);
    }

    /// The first entry at or after index `from`, or [#NONE]: to walk all.
    int walk(int from) {
        for (int entry = from; entry < used; entry++) {
            if (ports[entry] != 0 && isLive(entry)) {
                return entry;
            }
        }
        return NONE;
    }

    private boolean isLive(int entry) {
        int mask = slots.length - 1;
        for (int slot = hashes[entry] & mask; slots[slot] != NONE; slot = (slot + 1) & mask) {
            if (slots[slot] == entry) {
                return true;
            }
        }
        return false;
    }

    private void insertSlot(int entry) {
        int mask = slots.length - 1;
        int slot = hashes[entry] & mask;
        while (slots[slot] != NONE) {
            slot = (slot + 1) & mask;
        }
        slots[slot] = entry;
    }

    private void rehash(int size) {
        int[] old = slots;
        slots = new int[size];
        Arrays.fill(slots, NONE);
        for (int entry : old) {
            if (entry != NONE) {
                insertSlot(entry);
            }
        }
    }

    private void growColumns() {
        int size = hashes.length + (hashes.length >> 1);
        hashes = Arrays.copyOf(hashes, size);
        localV4 = Arrays.copyOf(localV4, size);
        remoteV4 = Arrays.copyOf(remoteV4, size);
        ports = Arrays.copyOf(ports, size);
        sndNxt = Arrays.copyOf(sndNxt, size);
        rcvNxt = Arrays.copyOf(rcvNxt, size);
        rcvWnd = Arrays.copyOf(rcvWnd, size);
        tsRecent = Arrays.copyOf(tsRecent, size);
        tsOffset = Arrays.copyOf(tsOffset, size);
        answeredMs = Arrays.copyOf(answeredMs, size);
        tsRecentSecond = Arrays.copyOf(tsRecentSecond, size);
        deadlineNs = Arrays.copyOf(deadlineNs, size);
        claim = Arrays.copyOf(claim, size);
        previous = Arrays.copyOf(previous, size);
        next = Arrays.copyOf(next, size);
        flags = Arrays.copyOf(flags, size);
        queueOf = Arrays.copyOf(queueOf, size);
    }
}
