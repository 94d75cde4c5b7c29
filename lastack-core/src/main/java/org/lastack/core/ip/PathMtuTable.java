package org.lastack.core.ip;

import org.lastack.core.Entropy;
import org.lastack.core.SipHash;

/// Path MTUs learned from routers: a bounded cache in flat arrays. Which entries compete is decided by a secret hash and which of them is
/// evicted by chance, so that an observer cannot use the cache as an oracle (SECURITY B-08, CVE-2021-20322).
final class PathMtuTable {
    private static final int WAYS = 4;
    /// 1,024 destinations; more would only serve attackers.
    private static final int SETS = 256;

    // Made for the first path MTU that is learned.
    private long[] highs = {};
    private long[] lows = {};
    private int[] mtus = {};
    private long[] expiresNs = {};
    private final SipHash hash;
    private final Entropy entropy;
    private int count;

    PathMtuTable(Entropy entropy) {
        this.entropy = entropy;
        this.hash = new SipHash(entropy);
    }

    /// The learned path MTU in octets, or 0.
    int get(long high, long low, long nowNs) {
        if (count == 0) {
            return 0;
        }
        int slot = find(high, low);
        if (slot < 0) {
            return 0;
        }
        if (nowNs - expiresNs[slot] >= 0) {
            mtus[slot] = 0;
            count--;
            return 0;
        }
        return mtus[slot];
    }

    void put(long high, long low, int mtu, long nowNs, long lifetimeNs) {
        if (mtus.length == 0) {
            highs = new long[WAYS * SETS];
            lows = new long[WAYS * SETS];
            mtus = new int[WAYS * SETS];
            expiresNs = new long[WAYS * SETS];
        }
        int slot = find(high, low);
        if (slot < 0) {
            slot = vacancy(set(high, low), nowNs);
            if (mtus[slot] == 0) {
                count++;
            }
        }
        highs[slot] = high;
        lows[slot] = low;
        mtus[slot] = mtu;
        expiresNs[slot] = nowNs + lifetimeNs;
    }

    private int set(long high, long low) {
        return (int) (hash.hash(high, low) & (SETS - 1)) * WAYS;
    }

    private int find(long high, long low) {
        int first = set(high, low);
        for (int slot = first; slot < first + WAYS; slot++) {
            if (mtus[slot] != 0 && lows[slot] == low && highs[slot] == high) {
                return slot;
            }
        }
        return -1;
    }

    private int vacancy(int first, long nowNs) {
        for (int slot = first; slot < first + WAYS; slot++) {
            if (mtus[slot] == 0 || nowNs - expiresNs[slot] >= 0) {
                return slot;
            }
        }
        return first + entropy.nextInt(WAYS);
    }

    int size() {
        return count;
    }

    void clear() {
        java.util.Arrays.fill(mtus, 0);
        count = 0;
    }
}
