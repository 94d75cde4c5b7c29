package org.lastack.core.tcp;

import org.lastack.core.WheelTimer;
import org.lastack.core.socket.FieldStream;
import org.lastack.core.socket.OptionBytes;

/// What both versions of BBR have in common: round trips counted in delivered segments, samples of the delivery rate, pacing from an estimate of the
/// bandwidth, the visit to PROBE_RTT, and the window that returns after recovery.
abstract class BbrBase implements CongestionControl {
    /// Pacing slightly below the estimate keeps the queue at the bottleneck from standing.
    private static final double PACING_MARGIN = 0.99;
    private static final int NOMINAL_RTT_US = 1000;
    /// Below 1.2 Mbit/s segments leave one by one.
    private static final long SINGLE_SEGMENT_RATE = 1_200_000 / 8;
    private static final long PROBE_RTT_NS = 200_000_000L;
    static final long MIN_RTT_WINDOW_NS = 10_000_000_000L;
    static final int MIN_CWND = 4;
    /// The pipe is full when the bandwidth has not grown by a quarter in three round trips.
    static final double FULL_GROWTH = 1.25;
    static final int FULL_ROUNDS = 3;

    double pacingGain;
    double cwndGain;

    // Round trips, counted in delivered segments
    int nextRoundDelivered;
    boolean roundStart;

    // Is the pipe full? Segments per second.
    double fullBandwidth;
    int fullRounds;
    boolean fullReached;

    int minRttUs = Integer.MAX_VALUE;
    long minRttStampNs;
    /// End of PROBE_RTT, `NEVER` as long as too much is in flight for it to begin.
    long probeRttDoneNs = WheelTimer.NEVER;
    boolean probeRttRoundDone;

    /// Of the present phase of probing for bandwidth.
    long cycleStampNs;

    int priorCwnd;
    int previousState = Sender.OPEN;
    boolean idleRestart;
    private boolean seenRtt;

    final AckAggregation aggregation = new AckAggregation();

    BbrBase(double pacingGain, double cwndGain) {
        this.pacingGain = pacingGain;
        this.cwndGain = cwndGain;
    }

    /// Pacing gain of STARTUP, and of the guess before there is any sample.
    abstract double startupGain();

    /// Segments per second that pacing and the window follow; 0 = not known yet.
    abstract double bandwidth();

    /// True while the window is small on purpose: it is not the one to return to.
    abstract boolean probesRtt();

    @Override
    public void start(Connection c, Sender s) {
        long now = c.tcp.now();
        s.ssthresh = Sender.INFINITE_SSTHRESH;
        minRttUs = c.minRttUs;
        minRttStampNs = now;
        cycleStampNs = now;
        aggregation.restart(now);
        startRound(s);
        initialPacing(c, s);
    }

    private void initialPacing(Connection c, Sender s) {
        seenRtt = c.srttUs8 > 0;
        int rttUs = seenRtt ? Math.max(1, c.srttUs8 >> 3) : NOMINAL_RTT_US;
        s.pacingRate = octets(c, startupGain() * s.cwnd * 1e6 / rttUs);
    }

    private static long octets(Connection c, double segmentsPerSecond) {
        int onWire = c.mss + c.fixedOptions() + 40;
        return Math.max(1, (long) (segmentsPerSecond * onWire * PACING_MARGIN));
    }

    @Override
    public int ssthresh(Connection c, Sender s) {
        saveCwnd(s);
        return s.ssthresh;
    }

    final void saveCwnd(Sender s) {
        priorCwnd = previousState < Sender.RECOVERY && !probesRtt() ? s.cwnd : Math.max(priorCwnd, s.cwnd);
    }

    @Override
    public void increase(Connection c, Sender s, int ack, int acked) {
        // Everything happens in control().
    }

    @Override
    public boolean controlsEverything() {
        return true;
    }

    @Override
    public boolean needsPacing() {
        return true;
    }

    @Override
    public int sendBufferFactor() {
        return 3;
    }

    @Override
    public int minTsoSegments(Connection c, Sender s) {
        return s.pacingRate < SINGLE_SEGMENT_RATE ? 1 : 2;
    }

    /// Segments that leave together at the present rate: about a millisecond's worth.
    final int burst(Connection c, Sender s) {
        return Math.max(minTsoSegments(c, s), (int) Math.min((s.pacingRate >> 10) / Math.max(1, c.mss), 0x7f));
    }

    /// Segments per second, 0 if this ACK gives no sample.
    static double sample(Acknowledgments facts) {
        return facts.lastIntervalUs > 0 && facts.lastDelivered > 0 ? facts.lastDelivered * 1e6 / facts.lastIntervalUs : 0;
    }

    /// Linux's `struct tcp_bbr_info`: bandwidth in octets per second, its two halves, the smallest RTT in microseconds, both gains in 256ths.
    @Override
    public int information(Connection c, Sender s, byte[] out) {
        OptionBytes.put64(out, 0, (long) (bandwidth() * c.mss));
        OptionBytes.put32(out, 8, minRttUs);
        OptionBytes.put32(out, 12, (int) (pacingGain * 256));
        OptionBytes.put32(out, 16, (int) (cwndGain * 256));
        return 20;
    }

    final void startRound(Sender s) {
        nextRoundDelivered = s.delivered;
    }

    /// A sample has come: a round trip is over when something sent after its beginning was delivered.
    final void countRound(Sender s, Acknowledgments facts) {
        if (facts.lastPriorDelivered - nextRoundDelivered >= 0) {
            startRound(s);
            roundStart = true;
        }
    }

    final void enterProbeRtt(Sender s) {
        saveCwnd(s);
        probeRttDoneNs = WheelTimer.NEVER;
    }

    /// In PROBE_RTT, whose window is `cwnd`: true when it has lasted 200 ms and a round trip with so little in flight.
    final boolean probeRttOver(Connection c, Sender s, int cwnd) {
        long now = c.tcp.now();
        // Samples of this phase are limited by us, not by the path.
        s.appLimitedUntil = Math.max(1, s.delivered + s.inFlight());
        if (probeRttDoneNs == WheelTimer.NEVER) {
            if (s.inFlight() <= cwnd) {
                probeRttDoneNs = now + PROBE_RTT_NS;
                probeRttRoundDone = false;
                startRound(s);
            }
            return false;
        }
        probeRttRoundDone |= roundStart;
        return probeRttRoundDone && now > probeRttDoneNs;
    }

    /// What is sent at this bandwidth, segments per second, times this gain. Before the pipe is full the rate does not fall.
    final void pace(Connection c, Sender s, double bandwidth, double gain) {
        if (!seenRtt && c.srttUs8 > 0) {
            initialPacing(c, s);
        }
        if (bandwidth <= 0) {
            return;
        }
        long rate = octets(c, bandwidth * gain);
        if (fullReached || rate > s.pacingRate) {
            s.pacingRate = rate;
        }
    }

    /// The window after `acked` more segments: towards the target once the pipe is full, before that by what was delivered.
    final int grown(Sender s, int acked, int target) {
        if (fullReached) {
            return Math.min(s.cwnd + acked, target);
        }
        return s.cwnd < target || s.delivered < Congestion.INITIAL_WINDOW ? s.cwnd + acked : s.cwnd;
    }

    /// Takes part in folding, after `bandwidth` has been restored.
    final void foldBase(FieldStream f, Connection c, double bandwidth) {
        pacingGain = f.number(pacingGain, startupGain());
        cwndGain = f.number(cwndGain, pacingGain);
        nextRoundDelivered = f.number(nextRoundDelivered, 0);
        roundStart = f.bit(roundStart);
        fullBandwidth = f.number(fullBandwidth, bandwidth);
        fullRounds = f.number(fullRounds, 0);
        fullReached = f.bit(fullReached);
        minRttUs = f.number(minRttUs, c.minRttUs);
        minRttStampNs = f.number(minRttStampNs, c.minRttStampNs);
        probeRttDoneNs = f.bit(probeRttDoneNs != WheelTimer.NEVER) ? f.number(probeRttDoneNs, minRttStampNs) : WheelTimer.NEVER;
        probeRttRoundDone = f.bit(probeRttRoundDone);
        cycleStampNs = f.number(cycleStampNs, c.lastAckReceivedNs);
        priorCwnd = f.number(priorCwnd, 0);
        previousState = f.number(previousState, Sender.OPEN);
        idleRestart = f.bit(idleRestart);
        seenRtt = f.bit(seenRtt);
        aggregation.fold(f, c.lastAckReceivedNs);
    }
}
