package org.lastack.core.tcp;

import org.lastack.core.Sysctl;
import org.lastack.core.socket.FieldStream;

/// CUBIC (RFC 9438): after a reduction cwnd follows a cubic curve of the time since then, flat around the window of the last loss, and never grows
/// slower than Reno would. Where the RFC leaves room it does as Linux: growth at least one segment in 20 ACKs before the first loss, the curve
/// looked up one minimum RTT ahead, everything but ssthresh forgotten at a time-out. Named `cubic`.
final class Cubic extends HyStart implements CongestionControl {
    /// RFC 9438 §4.6: beta_cubic = 0.7, in 1024ths as Linux rounds it.
    private static final int BETA = 717;
    private static final int SCALE = 1024;
    /// RFC 9438 §5: C = 0.4 segments/s^3.
    private static final double C = 0.4;
    /// RFC 9438 §4.3: alpha_cubic = 3 (1 - beta) / (1 + beta) = 0.53; its inverse in eighths, as Linux rounds it. Above the window of the last loss the RFC
    /// would have 1 (a SHOULD); Linux stays at 0.53 and so do we: with 1, random loss of 1e-3 left 21 % more than the RFC's own formula, with 0.53 12 %.
    private static final int FRIENDLY_EIGHTHS = 15;
    /// As long as no loss has shown where the path's capacity lies: a segment more for so many ACKed.
    private static final int BLIND_INTERVAL = 20;
    /// RFC 9438 §4.2: no more than half a window per RTT.
    private static final int LEAST_INTERVAL = 2;
    /// On the plateau: a segment in so many windows.
    private static final double MOST_INTERVAL = 100;
    /// Right after a reduction RTT samples still show the old queue.
    private static final long SETTLE_NS = 1_000_000_000L;

    /// W_max, segments; 0 = unknown.
    private int lastMax;
    /// Start of the curve (RFC 9438's t_epoch), 0 = none.
    private long epochNs;
    /// Segments at the curve's plateau.
    private int origin;
    /// Seconds from the epoch to the plateau (RFC 9438's K).
    private double plateauSeconds;
    /// What Reno would have (RFC 9438's W_est), and segments acknowledged towards its next increase.
    private int friendly;
    private int friendlyCredit;
    /// Smallest RTT seen, 0 = none yet.
    private long delayMinUs;

    // As they were before the last reduction, for its undo (RFC 9438 §4.9).
    private int undoLastMax;
    private long undoEpochNs;
    private int undoOrigin;
    private double undoPlateauSeconds;
    private int undoFriendly;

    @Override
    public int lines() {
        return samples() + lastMax + undoLastMax;
    }

    @Override
    public String name() {
        return "cubic";
    }

    @Override
    public void start(Connection c, Sender s) {
        reset();
        startSlowStart(c);
    }

    private void reset() {
        lastMax = 0;
        epochNs = 0;
        delayMinUs = 0;
        friendlyCredit = 0;
    }

    /// RFC 9438 §4.6 and §4.7 (fast convergence: a flow that loses below its old maximum leaves room for a newcomer).
    @Override
    public int ssthresh(Connection c, Sender s) {
        undoLastMax = lastMax;
        undoEpochNs = epochNs;
        undoOrigin = origin;
        undoPlateauSeconds = plateauSeconds;
        undoFriendly = friendly;
        epochNs = 0;
        lastMax = s.cwnd < lastMax ? (int) ((long) s.cwnd * (SCALE + BETA) / (2 * SCALE)) : s.cwnd;
        return Math.max((int) ((long) s.cwnd * BETA / SCALE), 2);
    }

    /// RFC 9438 §4.9: a needless reduction leaves no trace.
    @Override
    public int undoCwnd(Connection c, Sender s) {
        lastMax = undoLastMax;
        epochNs = undoEpochNs;
        origin = undoOrigin;
        plateauSeconds = undoPlateauSeconds;
        friendly = undoFriendly;
        return Math.max(s.cwnd, s.priorCwnd);
    }

    @Override
    public void increase(Connection c, Sender s, int ack, int acked) {
        if (!s.cwndLimited(c)) {
            return;
        }
        int left = acked;
        if (s.inSlowStart()) {
            left = slowStart(s, acked);
            if (left == 0) {
                return;
            }
        }
        s.additiveIncrease(interval(c.tcp.now(), s.cwnd, left), left);
    }

    /// Segments to be acknowledged for one more in cwnd (RFC 9438 §4.2 to §4.5).
    int interval(long nowNs, int cwnd, int acked) {
        friendlyCredit += acked;
        if (epochNs == 0) {
            startEpoch(nowNs, cwnd, acked);
        }
        double ahead = (nowNs - epochNs + delayMinUs * 1000) / 1e9 - plateauSeconds;
        // Whole segments, as Linux: below the plateau the target is rounded up, above it down.
        long target = origin + (long) (C * ahead * ahead * ahead);
        long interval = target > cwnd ? cwnd / (target - cwnd) : (long) MOST_INTERVAL * cwnd;
        if (lastMax == 0 && interval > BLIND_INTERVAL) {
            interval = BLIND_INTERVAL;
        }
        int perIncrease = Math.max(1, (int) ((long) cwnd * FRIENDLY_EIGHTHS >> 3));
        while (friendlyCredit > perIncrease) {
            friendlyCredit -= perIncrease;
            friendly++;
        }
        if (friendly > cwnd) {
            interval = Math.min(interval, cwnd / (friendly - cwnd));
        }
        return (int) Math.max(interval, LEAST_INTERVAL);
    }

    private void startEpoch(long nowNs, int cwnd, int acked) {
        epochNs = nowNs;
        friendlyCredit = acked;
        friendly = cwnd;
        if (lastMax <= cwnd) {
            plateauSeconds = 0;
            origin = cwnd;
        } else {
            // StrictMath: the same bits on every machine.
            plateauSeconds = StrictMath.cbrt((lastMax - cwnd) / C);
            origin = lastMax;
        }
    }

    @Override
    public void acknowledged(Connection c, Sender s, int acked, long rttUs, int inFlightBefore) {
        if (rttUs < 0 || epochNs != 0 && c.tcp.now() - epochNs < SETTLE_NS) {
            return;
        }
        long sample = Math.max(1, rttUs);
        if (delayMinUs == 0 || sample < delayMinUs) {
            delayMinUs = sample;
        }
        if (s.inSlowStart() && leave(c, s, sample, delayMinUs)) {
            s.ssthresh = s.cwnd;
        }
    }

    /// RFC 9438 §5.8: time without anything to send does not move the curve.
    @Override
    public void event(Connection c, Sender s, Event event) {
        if (event == Event.TRANSMIT_START && epochNs != 0 && c.lastSendNs != 0) {
            long now = c.tcp.now();
            epochNs = Math.min(now, epochNs + Math.max(0, now - c.lastSendNs));
        }
    }

    @Override
    public void state(Connection c, Sender s, int newState) {
        if (newState == Sender.LOSS) {
            reset();
            startSlowStart(c);
        }
    }

    @Override
    public void fold(FieldStream f, Connection c) {
        foldSlowStart(f, c);
        f.open();
        lastMax = f.number(lastMax, 0);
        epochNs = f.number(epochNs, 0);
        origin = f.number(origin, 0);
        plateauSeconds = f.number(plateauSeconds, 0.0);
        friendly = f.number(friendly, 0);
        friendlyCredit = f.number(friendlyCredit, 0);
        undoLastMax = f.number(undoLastMax, 0);
        undoEpochNs = f.number(undoEpochNs, 0);
        undoOrigin = f.number(undoOrigin, 0);
        undoPlateauSeconds = f.number(undoPlateauSeconds, 0.0);
        undoFriendly = f.number(undoFriendly, 0);
        f.close();
        delayMinUs = f.number(delayMinUs, c.minRttUs);
    }

    /// As `lastack.tcp_hystart` says.
    static int mode(Connection c) {
        return c.tcp.sysctls().getInt(Sysctl.TCP_HYSTART);
    }
}
