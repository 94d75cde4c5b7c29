package org.lastack.core.ip;

import org.lastack.core.Entropy;
import org.lastack.core.SipHash;

/// Identification values of IPv4 packets that may be fragmented (RFC 6864 §4; SECURITY F-06). Each pair of addresses and protocol sees a
/// counter of its own offset, so one destination learns nothing about traffic to others (idle scan); the shared counters below advance by a
/// random step that grows with idle time, so a quiet host is not betrayed either. A busy flow uses every value once before any returns.
final class IpIdentification {
    private static final int COUNTERS = 2048;
    private static final long STEP_NS = 4_000_000;
    private static final int MAX_STEP = 4096;

    // Made for the first packet that needs one: with path MTU discovery none does.
    private int[] counters = {};
    private long[] usedNs = {};
    private final SipHash hash;
    private final Entropy entropy;

    IpIdentification(Entropy entropy) {
        this.entropy = entropy;
        this.hash = new SipHash(entropy);
    }

    int next(int source, int destination, int protocol, long nowNs) {
        if (counters.length == 0) {
            counters = new int[COUNTERS];
            usedNs = new long[COUNTERS];
        }
        long keyed = hash.hash((long) source << 32 | destination & 0xffff_ffffL, protocol);
        int slot = (int) keyed & (COUNTERS - 1);
        long idle = (nowNs - usedNs[slot]) / STEP_NS;
        usedNs[slot] = nowNs;
        int step = idle <= 0 ? 0 : entropy.nextInt((int) Math.min(idle, MAX_STEP) + 1);
        counters[slot] += 1 + step;
        return counters[slot] + (int) (keyed >>> 32) & 0xffff;
    }

    /// Of an IPv6 fragment header: unpredictable (RFC 7739 §5).
    int nextV6() {
        return (int) entropy.nextLong();
    }
}
