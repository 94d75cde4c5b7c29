package org.lastack.core.socket;

import org.jspecify.annotations.Nullable;

/// The few [PortHints] that a table keeps: for those destinations and local addresses where a search was long lately.
final class PortHintCache {
    /// 16 KiB each and more while many connections are in TIME-WAIT; a host that fills the port range towards more destinations than this is
    /// slower there, not wrong.
    private static final int MOST = 64;

    private static final int PAGE_BITS = 8;

    private @Nullable PortHints[] all = new @Nullable PortHints[4];
    /// Mixed keys of `all`, side by side: to look at 64 objects instead is 64 reads from memory.
    private final long[] mixes = new long[MOST];
    private int size;
    private long clock;
    /// For each port a bit for each of `all` that may count it as taken, in pages that appear when first needed: what ends on a port is then news for few.
    private final @Nullable long[][] knowing = new @Nullable long[1 << 16 - PAGE_BITS][];
    private long steps;

    /// How many hints were looked at closely, since the start.
    long steps() {
        return steps;
    }

    private static long mix(long k0, long k1, long k2, long k3, long k4) {
        // Odd numbers near 2^64 over the golden ratio and others (SplitMix64); what collides is compared in full.
        long sum = ((((k0 * 0x9E37_79B9_7F4A_7C15L) + k1) * 0xBF58_476D_1CE4_E5B9L + k2) * 0x94D0_49BB_1331_11EBL + k3) * 0x9E37_79B9_7F4A_7C15L + k4;
        return sum ^ sum >>> 32;
    }

    /// The hints about that, or null.
    @Nullable PortHints find(long k0, long k1, long k2, long k3, long k4, long settings) {
        long wanted = mix(k0, k1, k2, k3, k4);
        for (int i = 0; i < size; i++) {
            if (mixes[i] != wanted) {
                continue;
            }
            steps++;
            PortHints each = all[i];
            if (each != null && each.about(k0, k1, k2, k3, k4)) {
                each.lastUse = ++clock;
                if (each.settings != settings) {
                    each.settings = settings;
                    each.forget();
                }
                return each;
            }
        }
        return null;
    }

    PortHints create(long k0, long k1, long k2, long k3, long k4, long settings) {
        PortHints hints = size < MOST ? append() : leastRecent();
        hints.about(k0, k1, k2, k3, k4, settings);
        mixes[hints.index] = mix(k0, k1, k2, k3, k4);
        hints.lastUse = ++clock;
        return hints;
    }

    private PortHints append() {
        if (size == all.length) {
            all = java.util.Arrays.copyOf(all, size * 2);
        }
        PortHints hints = new PortHints(size);
        all[size++] = hints;
        return hints;
    }

    private PortHints leastRecent() {
        PortHints oldest = all[0];
        for (PortHints each : all) {
            if (oldest == null || each != null && each.lastUse < oldest.lastUse) {
                oldest = each;
            }
        }
        if (oldest == null) {
            throw new IllegalStateException("no hints to give up");
        }
        return oldest;
    }

    /// Some hints count the port as taken.
    void taken(PortHints hints, int port) {
        if (hints.busy.add(port)) {
            long[] page = knowing[port >>> PAGE_BITS];
            if (page == null) {
                page = new long[1 << PAGE_BITS];
                knowing[port >>> PAGE_BITS] = page;
            }
            page[port & (1 << PAGE_BITS) - 1] |= 1L << hints.index;
        }
    }

    /// Something ended on the port, or changed its options.
    void freed(int port) {
        long[] page = knowing[port >>> PAGE_BITS];
        if (page == null) {
            return;
        }
        // Some may have forgotten it meanwhile: that does no harm.
        for (long left = page[port & (1 << PAGE_BITS) - 1]; left != 0; left &= left - 1) {
            steps++;
            PortHints each = all[Long.numberOfTrailingZeros(left)];
            if (each != null) {
                each.freed(port);
            }
        }
        page[port & (1 << PAGE_BITS) - 1] = 0;
    }
}
