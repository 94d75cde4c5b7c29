package org.lastack.core.tcp;

import org.lastack.core.Entropy;
import org.lastack.core.SipHash;

/// SYN cookies (RFC 4987 §3.6): the listener's queue is full, so what must be remembered travels in the SYN-ACK's sequence number, and the other
/// options in the low bits of its timestamp. A cookie is good for two periods of 64 s.
final class SynCookies {
    private static final int[] MSS = {536, 1220, 1300, 1440, 1460, 4312, 8960, 65_495};
    private static final long PERIOD_NS = 64_000_000_000L;
    private static final int COUNTER_BITS = 5;
    private static final int HASH_MASK = (1 << 24) - 1;
    /// Low bits of the timestamp that carry options: window scale 4, SACK 1, ECN 1.
    static final int TIMESTAMP_BITS = 6;
    private static final int NO_SCALE = 15;

    private final SipHash secret;

    SynCookies(Entropy entropy) {
        secret = new SipHash(entropy);
    }

    /// The initial sequence number that carries `mss`.
    int make(Segment seg, int mss, long nowNs) {
        int index = 0;
        for (int i = 1; i < MSS.length && MSS[i] <= mss; i++) {
            index = i;
        }
        int period = (int) (nowNs / PERIOD_NS);
        return period << 32 - COUNTER_BITS | index << 24 | hash(seg, seg.seq, period, index);
    }

    /// The MSS in the cookie that SEG.ACK acknowledges, or -1 if it is not one of ours or too old.
    int check(Segment seg, long nowNs) {
        int cookie = seg.ack - 1;
        int counter = cookie >>> 27;
        int index = cookie >>> 24 & 7;
        int current = (int) (nowNs / PERIOD_NS);
        int age = (current - counter) & ((1 << COUNTER_BITS) - 1);
        if (age > 1) {
            return -1;
        }
        // The hash is over the whole number of the period: the few bits of the cookie come again after half an hour.
        return (cookie & HASH_MASK) == hash(seg, seg.seq - 1, current - age, index) ? MSS[index] : -1;
    }

    private int hash(Segment seg, int irs, int period, int index) {
        long more = (irs & 0xffff_ffffL) << 32 ^ (period & 0xffff_ffffL) << 3 ^ index;
        return (int) secret.hash(seg.ip.destinationHigh, seg.ip.destinationLow, seg.ip.sourceHigh, seg.ip.sourceLow,
                seg.destinationPort << 16 | seg.sourcePort, more) & HASH_MASK;
    }

    /// A timestamp not later than `timestamp` whose low bits carry the options; `scale` -1 = none.
    static int stamp(int timestamp, int scale, boolean sack, boolean ecn) {
        int bits = (scale < 0 ? NO_SCALE : scale) | (sack ? 16 : 0) | (ecn ? 32 : 0);
        int stamped = timestamp & -(1 << TIMESTAMP_BITS) | bits;
        return Seq.gt(stamped, timestamp) ? stamped - (1 << TIMESTAMP_BITS) : stamped;
    }

    static int scale(int echoed) {
        int scale = echoed & 15;
        return scale == NO_SCALE ? -1 : scale;
    }

    static boolean sack(int echoed) {
        return (echoed & 16) != 0;
    }

    static boolean ecn(int echoed) {
        return (echoed & 32) != 0;
    }
}
