package org.lastack.core.tcp;

import org.lastack.core.socket.FieldStream;

/// When slow start ends before anything is lost. Two forms, chosen by `lastack.tcp_hystart`: 1, as Linux has it inside CUBIC (Ha and Rhee, 2008):
/// leave when the smallest of eight RTT samples of a round exceeds the minimum by an eighth, or when a train of ACKs has grown as long as half the
/// minimum RTT; 2, HyStart++ (RFC 9406): the delay increase leads into a conservative slow start of five rounds, which may turn out premature.
class HyStart {
    static final int OFF = 0;
    static final int LINUX = 1;
    static final int PLUS_PLUS = 2;

    /// Linux: a small window proves nothing.
    private static final int LOW_WINDOW = 16;
    /// Linux: ACKs at most so far apart belong to one train.
    private static final long TRAIN_GAP_US = 2000;
    /// RFC 9406 §4.3: N_RTT_SAMPLE, MIN_RTT_THRESH, MAX_RTT_THRESH, MIN_RTT_DIVISOR, CSS_GROWTH_DIVISOR, CSS_ROUNDS and L.
    private static final int SAMPLES = 8;
    private static final long MIN_THRESHOLD_US = 4000;
    private static final long MAX_THRESHOLD_US = 16_000;
    private static final int DIVISOR_SHIFT = 3;
    private static final int CSS_GROWTH_DIVISOR = 4;
    private static final int CSS_ROUNDS = 5;
    private static final int UNPACED_LIMIT = 8;

    private int mode;
    private boolean found;
    private int roundEnd;
    private long roundStartNs;
    private long lastAckNs;
    private long currentUs = Long.MAX_VALUE;
    private int samples;
    // HyStart++
    private long lastRoundUs = Long.MAX_VALUE;
    private long baselineUs;
    private boolean conservative;
    private int conservativeRounds;
    private int conservativeCredit;

    /// RTT samples of this round, as far as they count.
    final int samples() {
        return samples;
    }

    /// All fields, in both directions.
    final void foldSlowStart(FieldStream f, Connection c) {
        mode = f.number(mode, LINUX);
        roundEnd = f.number(roundEnd, c.snd.nxt);
        roundStartNs = f.number(roundStartNs, c.lastAckReceivedNs);
        lastAckNs = f.number(lastAckNs, roundStartNs);
        currentUs = f.number(currentUs, Long.MAX_VALUE);
        lastRoundUs = f.number(lastRoundUs, Long.MAX_VALUE);
        samples = f.number(samples, 0);
        f.open();
        found = f.bit(found);
        baselineUs = f.number(baselineUs, 0);
        conservative = f.bit(conservative);
        conservativeRounds = f.number(conservativeRounds, 0);
        conservativeCredit = f.number(conservativeCredit, 0);
        f.close();
    }

    /// Slow start begins.
    final void startSlowStart(Connection c) {
        mode = Cubic.mode(c);
        found = false;
        conservative = false;
        lastRoundUs = Long.MAX_VALUE;
        currentUs = Long.MAX_VALUE;
        round(c);
    }

    private void round(Connection c) {
        roundEnd = c.snd.nxt;
        roundStartNs = c.tcp.now();
        lastAckNs = roundStartNs;
        lastRoundUs = currentUs;
        currentUs = Long.MAX_VALUE;
        samples = 0;
    }

    /// RFC 9406 §4.3: HyStart++ is for the slow start that knows no ssthresh yet.
    private static boolean initial(Sender s) {
        return s.ssthresh == Sender.INFINITE_SSTHRESH;
    }

    /// Growth for `acked` segments; returns what is left over at ssthresh.
    final int slowStart(Sender s, int acked) {
        if (mode != PLUS_PLUS || !initial(s)) {
            return s.slowStart(acked);
        }
        // RFC 9406 §4.2: no more than L segments per ACK without pacing; a quarter of that in conservative slow start.
        int counted = Math.min(acked, UNPACED_LIMIT);
        if (conservative) {
            conservativeCredit += counted;
            counted = conservativeCredit / CSS_GROWTH_DIVISOR;
            conservativeCredit %= CSS_GROWTH_DIVISOR;
        }
        int left = s.slowStart(counted);
        return s.inSlowStart() ? 0 : left;
    }

    /// An RTT sample in slow start; true if slow start is over.
    final boolean leave(Connection c, Sender s, long rttUs, long delayMinUs) {
        return switch (mode) {
            case LINUX -> !found && leaveLinux(c, s, rttUs, delayMinUs);
            case PLUS_PLUS -> initial(s) && leavePlusPlus(c, rttUs);
            default -> false;
        };
    }

    private static long threshold(long baseUs) {
        return Math.clamp(baseUs >> DIVISOR_SHIFT, MIN_THRESHOLD_US, MAX_THRESHOLD_US);
    }

    private boolean leaveLinux(Connection c, Sender s, long rttUs, long delayMinUs) {
        if (Seq.gt(c.snd.una, roundEnd)) {
            round(c);
        }
        if (s.cwnd < LOW_WINDOW) {
            return false;
        }
        long now = c.tcp.now();
        if (now - lastAckNs <= TRAIN_GAP_US * 1000) {
            lastAckNs = now;
            found = (now - roundStartNs) / 1000 > delayMinUs >> 1;
        }
        currentUs = Math.min(currentUs, rttUs);
        if (samples < SAMPLES) {
            samples++;
        } else if (currentUs > delayMinUs + threshold(delayMinUs)) {
            found = true;
        }
        return found;
    }

    /// RFC 9406 §4.2.
    private boolean leavePlusPlus(Connection c, long rttUs) {
        // The ACK of windowEnd itself belongs to the round that it ends.
        if (Seq.gt(c.snd.una, roundEnd)) {
            round(c);
            if (conservative && ++conservativeRounds >= CSS_ROUNDS) {
                conservative = false;
                return true;
            }
        }
        currentUs = Math.min(currentUs, rttUs);
        samples++;
        if (samples < SAMPLES || lastRoundUs == Long.MAX_VALUE) {
            return false;
        }
        if (conservative) {
            if (currentUs < baselineUs) {
                // The increase was a passing one: back to slow start.
                conservative = false;
            }
        } else if (currentUs >= lastRoundUs + threshold(lastRoundUs)) {
            baselineUs = currentUs;
            conservative = true;
            conservativeRounds = 0;
            conservativeCredit = 0;
        }
        return false;
    }
}
