package org.lastack.core.tcp;

import org.lastack.core.socket.FieldStream;

/// How much more is acknowledged at once than the bandwidth explains (draft-ietf-ccwg-bbr §5.5.9): the window must cover it, else a sender starves
/// between ACKs that come in lumps. The largest excess of the last five to ten round trips.
final class AckAggregation {
    /// Rounds after which half of the memory is forgotten.
    private static final int ROUNDS = 5;
    /// The most that the excess may add to the window, in seconds of bandwidth.
    private static final double MOST_SECONDS = 0.1;

    private long startNs;
    private int aggregated;
    private final int[] most = new int[2];
    private int index;
    private int rounds;

    /// Counts from now on.
    void restart(long nowNs) {
        startNs = nowNs;
        aggregated = 0;
    }

    /// `acked` segments were delivered at a path of `bandwidth` segments per second.
    void update(long nowNs, int acked, double bandwidth, int cwnd, boolean roundStart) {
        if (acked <= 0) {
            return;
        }
        if (roundStart && ++rounds >= ROUNDS) {
            rounds = 0;
            index ^= 1;
            most[index] = 0;
        }
        double expected = bandwidth * (nowNs - startNs) / 1e9;
        if (aggregated <= expected) {
            aggregated = 0;
            startNs = nowNs;
            expected = 0;
        }
        aggregated += acked;
        int extra = Math.min((int) (aggregated - expected), cwnd);
        most[index] = Math.max(most[index], extra);
    }

    /// Segments that the window should have beyond the bandwidth-delay product.
    int room(double bandwidth) {
        return Math.min((int) (bandwidth * MOST_SECONDS), Math.max(most[0], most[1]));
    }

    /// All fields, in both directions.
    void fold(FieldStream f, long lastAckNs) {
        startNs = f.number(startNs, lastAckNs);
        aggregated = f.number(aggregated, 0);
        most[0] = f.number(most[0], 0);
        most[1] = f.number(most[1], 0);
        index = f.number(index, 0);
        rounds = f.number(rounds, 0);
    }
}
