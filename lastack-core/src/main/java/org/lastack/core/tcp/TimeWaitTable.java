package org.lastack.core.tcp;

import java.util.Arrays;

/// Connections in TIME-WAIT, and orphans in FIN-WAIT-2, in ten words each ([TupleRows]). Entries are named by numbers that are good until the next one is
/// removed or restarted. What follows from the names - the hash, the offset of the timestamps - is not stored.
final class TimeWaitTable {
    static final int NONE = TupleRows.NONE;
    static final int FLAG_TIMESTAMPS = 1;
    /// Substate FIN-WAIT-2: our FIN is acknowledged, the peer's has not come, nobody owns the socket any more.
    static final int FLAG_FIN_WAIT_2 = 2;

    private static final int SND_NXT = TupleRows.FIRST;
    private static final int RCV_NXT = TupleRows.FIRST + 1;
    /// Window without scale in 16 bits, scale in 4, flags in 4, and how many days old TS.Recent was in 8.
    private static final int PACKED = TupleRows.FIRST + 2;
    private static final int TS_RECENT = TupleRows.FIRST + 3;
    private static final int CLAIM = TupleRows.FIRST + 4;
    private static final int WORDS = 5;
    private static final int WINDOW_SHIFT = 16;
    private static final int SCALE_SHIFT = 12;
    private static final int FLAGS_SHIFT = 8;
    private static final long DAY_NS = 86_400_000_000_000L;
    private static final int NEVER_STAMPED = 255;

    private final TupleRows rows;
    private final Answered answered = new Answered();

    TimeWaitTable(TupleRows.Hash hash) {
        rows = new TupleRows(hash, WORDS);
    }

    int size() {
        return rows.size();
    }

    int find(int hash, long localHigh, long localLow, int localPort, long remoteHigh, long remoteLow, int remotePort) {
        return rows.find(hash, localHigh, localLow, localPort, remoteHigh, remoteLow, remotePort);
    }

    int add(int hash, long localHigh, long localLow, int localPort, long remoteHigh, long remoteLow, int remotePort, int flags, long nowNs, long durationNs) {
        int entry = rows.add(hash, localHigh, localLow, localPort, remoteHigh, remoteLow, remotePort, nowNs, durationNs);
        rows.word(entry, PACKED, flags << FLAGS_SHIFT | NEVER_STAMPED);
        return entry;
    }

    void remove(int entry) {
        answered.forget(rows, entry);
        rows.remove(entry);
    }

    /// Begins the wait anew (RFC 9293 §3.10.7.4, eighth step), or changes its length. Returns the entry's new number.
    int restart(int entry, long nowNs, long durationNs) {
        return rows.restart(entry, nowNs, durationNs);
    }

    /// The entry that ends next, or [#NONE].
    int earliest() {
        return rows.earliest();
    }

    long deadlineNs(int entry) {
        return rows.deadlineNs(entry);
    }

    int sndNxt(int entry) {
        return rows.word(entry, SND_NXT);
    }

    int rcvNxt(int entry) {
        return rows.word(entry, RCV_NXT);
    }

    void rcvNxt(int entry, int value) {
        rows.word(entry, RCV_NXT, value);
    }

    /// SND.NXT, RCV.NXT, and the window as in a segment with its scale.
    void sequence(int entry, int sndNxt, int rcvNxt, int window, int scale) {
        rows.word(entry, SND_NXT, sndNxt);
        rows.word(entry, RCV_NXT, rcvNxt);
        int rest = rows.word(entry, PACKED) & (1 << SCALE_SHIFT) - 1;
        rows.word(entry, PACKED, window << WINDOW_SHIFT | scale << SCALE_SHIFT | rest);
    }

    /// The window as it stands in a segment.
    int window(int entry) {
        return rows.word(entry, PACKED) >>> WINDOW_SHIFT;
    }

    int windowOctets(int entry) {
        return window(entry) << (rows.word(entry, PACKED) >>> SCALE_SHIFT & 15);
    }

    int claim(int entry) {
        return rows.word(entry, CLAIM);
    }

    void claim(int entry, int claim) {
        rows.word(entry, CLAIM, claim);
    }

    boolean has(int entry, int flag) {
        return (rows.word(entry, PACKED) >>> FLAGS_SHIFT & flag) != 0;
    }

    void clear(int entry, int flag) {
        rows.word(entry, PACKED, rows.word(entry, PACKED) & ~(flag << FLAGS_SHIFT));
    }

    int localPort(int entry) {
        return rows.localPort(entry);
    }

    int remotePort(int entry) {
        return rows.remotePort(entry);
    }

    long localHigh(int entry) {
        return rows.localHigh(entry);
    }

    long localLow(int entry) {
        return rows.localLow(entry);
    }

    long remoteHigh(int entry) {
        return rows.remoteHigh(entry);
    }

    long remoteLow(int entry) {
        return rows.remoteLow(entry);
    }

    // ---- timestamps -----------------------------------------------------------------------------------------------------------------------

    int tsRecent(int entry) {
        return rows.word(entry, TS_RECENT);
    }

    /// TS.Recent was set at `stampNs`, 0 = never. Its age counts in days (RFC 7323 §5.5 asks whether it is older than 24), begun ones as whole ones
    /// after the first.
    void tsRecent(int entry, int value, long stampNs) {
        rows.word(entry, TS_RECENT, value);
        long days = (rows.beganNs(entry) - stampNs) / DAY_NS;
        int age = stampNs == 0 ? NEVER_STAMPED : days <= 0 ? 0 : (int) Math.min(days + 1, NEVER_STAMPED - 1);
        rows.word(entry, PACKED, rows.word(entry, PACKED) & ~0xff | age);
    }

    /// When TS.Recent was set, 0 = never.
    long tsRecentStampNs(int entry) {
        int age = rows.word(entry, PACKED) & 0xff;
        return age == NEVER_STAMPED ? 0 : Math.max(1, rows.beganNs(entry) - age * DAY_NS);
    }

    // ---- the rate limit of answers ---------------------------------------------------------------------------------------------------------

    /// Whether the entry was answered less than so many milliseconds ago; if not, it is from now on.
    boolean answeredLately(int entry, int nowMs, int spacingMs) {
        return answered.lately(rows, entry, nowMs, spacingMs);
    }

    /// The first entry at or after number `from`, or [#NONE]: to walk all.
    int walk(int from) {
        return rows.walk(from);
    }

    /// Who was answered when: kept beside the entries, because hardly any is ever answered. By a hash of the names; two entries that share all its 32 bits
    /// share an answer.
    private static final class Answered {
        private int[] keys = new int[16];
        /// Milliseconds, never 0 where there is somebody.
        private int[] times = new int[16];
        private int used;

        private static int key(TupleRows rows, int entry) {
            return rows.hashOf(entry);
        }

        boolean lately(TupleRows rows, int entry, int nowMs, int spacingMs) {
            int key = key(rows, entry);
            int slot = slot(key);
            if (times[slot] != 0) {
                if (nowMs - times[slot] < spacingMs) {
                    return true;
                }
            } else {
                if (++used * 2 > keys.length) {
                    rebuild(nowMs, spacingMs);
                    slot = slot(key);
                }
                keys[slot] = key;
            }
            times[slot] = nowMs == 0 ? 1 : nowMs;
            return false;
        }

        /// The entry's time lies so far back that it counts for nothing.
        void forget(TupleRows rows, int entry) {
            if (used > 0) {
                int slot = slot(key(rows, entry));
                if (times[slot] != 0) {
                    times[slot] -= Integer.MAX_VALUE / 2;
                    if (times[slot] == 0) {
                        times[slot] = 1;
                    }
                }
            }
        }

        private int slot(int key) {
            int mask = keys.length - 1;
            int slot = key & mask;
            while (times[slot] != 0 && keys[slot] != key) {
                slot = slot + 1 & mask;
            }
            return slot;
        }

        /// Without those whose time is over.
        private void rebuild(int nowMs, int spacingMs) {
            int[] oldKeys = keys;
            int[] oldTimes = times;
            int fresh = 0;
            for (int time : oldTimes) {
                if (time != 0 && nowMs - time < spacingMs) {
                    fresh++;
                }
            }
            int size = Math.max(16, Integer.highestOneBit(fresh + 1) * 4);
            keys = new int[size];
            times = new int[size];
            used = fresh + 1;
            for (int i = 0; i < oldKeys.length; i++) {
                if (oldTimes[i] != 0 && nowMs - oldTimes[i] < spacingMs) {
                    int slot = slot(oldKeys[i]);
                    keys[slot] = oldKeys[i];
                    times[slot] = oldTimes[i];
                }
            }
            Arrays.fill(oldTimes, 0);
        }
    }
}
