package org.lastack.core.tcp;

import org.lastack.core.WheelTimer;
import org.lastack.core.socket.FieldStream;

/// BBR, version 1 (draft-cardwell-iccrg-bbr-congestion-control-00), in the form that Linux runs: a model of the path, made of the largest delivery rate
/// of ten round trips and the smallest RTT of ten seconds, decides how fast is sent (pacing) and how much may be in flight. Loss does not move it.
/// Left out: Linux's detection of token-bucket policers. Named `bbr`; needs no help from `ssthresh`.
final class Bbr implements CongestionControl {
    private enum Mode {
        /// Doubling the rate until the pipe is full.
        STARTUP,
        /// Emptying the queue that Startup made.
        DRAIN,
        /// At the estimated bandwidth, probing for more in one of eight phases.
        PROBE_BW,
        /// A few packets in flight for a moment, to see the path without a queue.
        PROBE_RTT
    }

    /// 2/ln 2: the least gain that doubles the rate each round trip.
    private static final double HIGH_GAIN = 2.885;
    private static final double DRAIN_GAIN = 1 / HIGH_GAIN;
    private static final double CWND_GAIN = 2;
    private static final double[] PACING_CYCLE = {1.25, 0.75, 1, 1, 1, 1, 1, 1};
    /// Pacing slightly below the estimate keeps the queue at the bottleneck from standing.
    private static final double PACING_MARGIN = 0.99;
    private static final int BANDWIDTH_ROUNDS = 10;
    private static final long MIN_RTT_WINDOW_NS = 10_000_000_000L;
    private static final long PROBE_RTT_NS = 200_000_000L;
    private static final int PROBE_RTT_CWND = 4;
    private static final double FULL_GROWTH = 1.25;
    private static final int FULL_ROUNDS = 3;
    private static final int NOMINAL_RTT_US = 1000;
    /// Below 1.2 Mbit/s segments leave one by one.
    private static final long SINGLE_SEGMENT_RATE = 1_200_000 / 8;

    private static final Mode[] MODES = Mode.values();

    private Mode mode = Mode.STARTUP;
    private double pacingGain = HIGH_GAIN;
    private double cwndGain = HIGH_GAIN;

    // Bandwidth in segments per second: the best of each of the last rounds.
    private final double[] roundBandwidth = new double[BANDWIDTH_ROUNDS];
    private int round;
    private int nextRoundDelivered;
    private boolean roundStart;
    private double fullBandwidth;
    private int fullRounds;
    private boolean fullReached;

    private int minRttUs = Integer.MAX_VALUE;
    private long minRttStampNs;
    private long probeRttDoneNs = WheelTimer.NEVER;
    private boolean probeRttRoundDone;

    private int cycle;
    private long cycleStampNs;

    private int priorCwnd;
    private int previousState = Sender.OPEN;
    private boolean conserving;
    private boolean idleRestart;
    private boolean seenRtt;

    private final AckAggregation aggregation = new AckAggregation();

    @Override
    public String name() {
        return "bbr";
    }

    @Override
    public void start(Connection c, Sender s) {
        s.ssthresh = Sender.INFINITE_SSTHRESH;
        minRttUs = c.minRttUs;
        minRttStampNs = c.tcp.now();
        cycleStampNs = c.tcp.now();
        aggregation.restart(c.tcp.now());
        nextRoundDelivered = s.delivered;
        initialPacing(c, s);
    }

    private void initialPacing(Connection c, Sender s) {
        seenRtt = c.srttUs8 > 0;
        int rttUs = seenRtt ? Math.max(1, c.srttUs8 >> 3) : NOMINAL_RTT_US;
        s.pacingRate = octets(c, HIGH_GAIN * s.cwnd * 1e6 / rttUs);
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

    private void saveCwnd(Sender s) {
        priorCwnd = previousState < Sender.RECOVERY && mode != Mode.PROBE_RTT ? s.cwnd : Math.max(priorCwnd, s.cwnd);
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

    /// A spurious recovery: the estimate of the pipe may be too small.
    @Override
    public int undoCwnd(Connection c, Sender s) {
        fullBandwidth = 0;
        fullRounds = 0;
        return Math.max(s.cwnd, s.priorCwnd);
    }

    @Override
    public void event(Connection c, Sender s, Event event) {
        if (event == Event.TRANSMIT_START && s.appLimitedUntil != 0) {
            idleRestart = true;
            aggregation.restart(c.tcp.now());
            if (mode == Mode.PROBE_BW) {
                // Not faster than the path after a pause: there is no queue to fill.
                pace(c, s, bandwidth(), 1);
            }
        }
    }

    @Override
    public void state(Connection c, Sender s, int newState) {
        if (newState == Sender.LOSS) {
            previousState = Sender.LOSS;
            fullBandwidth = 0;
            roundStart = true;
        }
    }

    @Override
    public void control(Connection c, Sender s, int ack, int acked, int newlyLost, long rttUs) {
        Acknowledgments facts = c.tcp.acknowledgments();
        updateBandwidth(s, facts);
        aggregation.update(c.tcp.now(), acked, bandwidth(), s.cwnd, roundStart);
        updateCycle(c, s, newlyLost);
        checkFull(facts);
        checkDrain(c, s);
        updateMinRtt(c, s, rttUs);
        updateGains();
        pace(c, s, bandwidth(), pacingGain);
        setCwnd(c, s, acked, newlyLost);
    }

    // ---- the model ------------------------------------------------------------------------------------------------------------------

    /// Segments per second: the largest sample of the window.
    private double bandwidth() {
        double most = 0;
        for (double each : roundBandwidth) {
            most = Math.max(most, each);
        }
        return most;
    }

    private void updateBandwidth(Sender s, Acknowledgments facts) {
        roundStart = false;
        if (facts.lastIntervalUs <= 0 || facts.lastDelivered <= 0) {
            return;
        }
        if (facts.lastPriorDelivered - nextRoundDelivered >= 0) {
            nextRoundDelivered = s.delivered;
            round++;
            roundBandwidth[round % BANDWIDTH_ROUNDS] = 0;
            roundStart = true;
            conserving = false;
        }
        double sample = facts.lastDelivered * 1e6 / facts.lastIntervalUs;
        if (!facts.lastAppLimited || sample >= bandwidth()) {
            int slot = round % BANDWIDTH_ROUNDS;
            roundBandwidth[slot] = Math.max(roundBandwidth[slot], sample);
        }
    }

    /// Bandwidth-delay product times a gain, with room for what delayed ACKs and bursts keep out of sight.
    private int inFlightTarget(Connection c, Sender s, double bandwidth, double gain) {
        if (minRttUs == Integer.MAX_VALUE) {
            return Congestion.INITIAL_WINDOW;
        }
        int target = (int) Math.ceil(gain * bandwidth * minRttUs / 1e6);
        target += 3 * burst(c, s);
        target = (target + 1) & ~1;
        return mode == Mode.PROBE_BW && cycle == 0 ? target + 2 : target;
    }

    private int burst(Connection c, Sender s) {
        return Math.max(minTsoSegments(c, s), (int) Math.min((s.pacingRate >> 10) / Math.max(1, c.mss), 0x7f));
    }

    // ---- the machine ----------------------------------------------------------------------------------------------------------------

    private void updateCycle(Connection c, Sender s, int newlyLost) {
        if (mode != Mode.PROBE_BW) {
            return;
        }
        boolean full = c.tcp.now() - cycleStampNs > minRttUs * 1000L;
        double gain = PACING_CYCLE[cycle];
        boolean over;
        if (gain == 1) {
            over = full;
        } else if (gain > 1) {
            // Probe until the larger amount is really in flight, or the queue overflows.
            over = full && (newlyLost > 0 || s.inFlight() >= inFlightTarget(c, s, bandwidth(), gain));
        } else {
            // Drain until the probe's queue is gone.
            over = full || s.inFlight() <= inFlightTarget(c, s, bandwidth(), 1);
        }
        if (over) {
            cycle = (cycle + 1) % PACING_CYCLE.length;
            cycleStampNs = c.tcp.now();
        }
    }

    private void checkFull(Acknowledgments facts) {
        if (fullReached || !roundStart || facts.lastAppLimited) {
            return;
        }
        double now = bandwidth();
        if (now >= fullBandwidth * FULL_GROWTH) {
            fullBandwidth = now;
            fullRounds = 0;
            return;
        }
        fullReached = ++fullRounds >= FULL_ROUNDS;
    }

    private void checkDrain(Connection c, Sender s) {
        if (mode == Mode.STARTUP && fullReached) {
            mode = Mode.DRAIN;
            s.ssthresh = inFlightTarget(c, s, bandwidth(), 1);
        }
        if (mode == Mode.DRAIN && s.inFlight() <= inFlightTarget(c, s, bandwidth(), 1)) {
            probeBandwidth(c);
        }
    }

    /// Flows enter at different phases, but never in the draining one.
    private void probeBandwidth(Connection c) {
        mode = Mode.PROBE_BW;
        cycle = (2 + c.tcp.engine().entropy().nextInt(PACING_CYCLE.length - 1)) % PACING_CYCLE.length;
        cycleStampNs = c.tcp.now();
    }

    private void updateMinRtt(Connection c, Sender s, long rttUs) {
        long now = c.tcp.now();
        boolean expired = now - minRttStampNs > MIN_RTT_WINDOW_NS;
        if (rttUs >= 0 && (rttUs < minRttUs || expired)) {
            minRttUs = (int) Math.min(Math.max(1, rttUs), Integer.MAX_VALUE - 1);
            minRttStampNs = now;
        }
        if (expired && !idleRestart && mode != Mode.PROBE_RTT) {
            saveCwnd(s);
            mode = Mode.PROBE_RTT;
            probeRttDoneNs = WheelTimer.NEVER;
        }
        if (mode == Mode.PROBE_RTT) {
            probeRtt(c, s, now);
        }
        if (s.delivered > 0) {
            idleRestart = false;
        }
    }

    private void probeRtt(Connection c, Sender s, long now) {
        // Samples of this phase are limited by us, not by the path.
        s.appLimitedUntil = Math.max(1, s.delivered + s.inFlight());
        if (probeRttDoneNs == WheelTimer.NEVER) {
            if (s.inFlight() <= PROBE_RTT_CWND) {
                probeRttDoneNs = now + PROBE_RTT_NS;
                probeRttRoundDone = false;
                nextRoundDelivered = s.delivered;
            }
            return;
        }
        probeRttRoundDone |= roundStart;
        if (probeRttRoundDone && now > probeRttDoneNs) {
            minRttStampNs = now;
            s.cwnd = Math.max(s.cwnd, priorCwnd);
            if (fullReached) {
                probeBandwidth(c);
            } else {
                mode = Mode.STARTUP;
            }
        }
    }

    private void updateGains() {
        switch (mode) {
            case STARTUP -> {
                pacingGain = HIGH_GAIN;
                cwndGain = HIGH_GAIN;
            }
            case DRAIN -> {
                pacingGain = DRAIN_GAIN;
                cwndGain = HIGH_GAIN;
            }
            case PROBE_BW -> {
                pacingGain = PACING_CYCLE[cycle];
                cwndGain = CWND_GAIN;
            }
            case PROBE_RTT -> {
                pacingGain = 1;
                cwndGain = 1;
            }
        }
    }

    // ---- what the sender obeys ------------------------------------------------------------------------------------------------------

    private void pace(Connection c, Sender s, double bandwidth, double gain) {
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

    private void setCwnd(Connection c, Sender s, int acked, int newlyLost) {
        if (acked > 0) {
            boolean conserved = recovers(s, acked, newlyLost);
            int cwnd = s.cwnd;
            if (!conserved) {
                int target = inFlightTarget(c, s, bandwidth(), cwndGain) + (fullReached ? aggregation.room(bandwidth()) : 0);
                if (fullReached) {
                    cwnd = Math.min(cwnd + acked, target);
                } else if (cwnd < target || s.delivered < Congestion.INITIAL_WINDOW) {
                    cwnd += acked;
                }
                cwnd = Math.max(cwnd, PROBE_RTT_CWND);
            }
            s.cwnd = Math.min(cwnd, s.cwndClamp);
        } else {
            recovers(s, acked, newlyLost);
        }
        if (mode == Mode.PROBE_RTT) {
            s.cwnd = Math.min(s.cwnd, PROBE_RTT_CWND);
        }
    }

    /// Recovery: what was lost leaves cwnd; for one round trip only as much goes out as came in. After it the window of before returns.
    /// @return true while packets are conserved: cwnd is set
    private boolean recovers(Sender s, int acked, int newlyLost) {
        int cwnd = s.cwnd;
        if (newlyLost > 0) {
            cwnd = Math.max(cwnd - newlyLost, 1);
        }
        if (s.state == Sender.RECOVERY && previousState != Sender.RECOVERY) {
            conserving = true;
            nextRoundDelivered = s.delivered;
            cwnd = s.inFlight() + acked;
        } else if (previousState >= Sender.RECOVERY && s.state < Sender.RECOVERY) {
            cwnd = Math.max(cwnd, priorCwnd);
            conserving = false;
        }
        previousState = s.state;
        s.cwnd = conserving ? Math.max(cwnd, s.inFlight() + acked) : cwnd;
        return conserving;
    }

    @Override
    public void fold(FieldStream f, Connection c) {
        mode = MODES[f.number(mode.ordinal(), Mode.STARTUP.ordinal())];
        pacingGain = f.number(pacingGain, HIGH_GAIN);
        cwndGain = f.number(cwndGain, pacingGain);
        double before = 0;
        for (int i = 0; i < BANDWIDTH_ROUNDS; i++) {
            roundBandwidth[i] = f.number(roundBandwidth[i], before);
            before = roundBandwidth[i];
        }
        round = f.number(round, 0);
        nextRoundDelivered = f.number(nextRoundDelivered, 0);
        roundStart = f.bit(roundStart);
        fullBandwidth = f.number(fullBandwidth, before);
        fullRounds = f.number(fullRounds, 0);
        fullReached = f.bit(fullReached);
        minRttUs = f.number(minRttUs, c.minRttUs);
        minRttStampNs = f.number(minRttStampNs, c.minRttStampNs);
        probeRttDoneNs = f.bit(probeRttDoneNs != WheelTimer.NEVER) ? f.number(probeRttDoneNs, minRttStampNs) : WheelTimer.NEVER;
        probeRttRoundDone = f.bit(probeRttRoundDone);
        cycle = f.number(cycle, 0);
        cycleStampNs = f.number(cycleStampNs, c.lastAckReceivedNs);
        priorCwnd = f.number(priorCwnd, 0);
        previousState = f.number(previousState, Sender.OPEN);
        conserving = f.bit(conserving);
        idleRestart = f.bit(idleRestart);
        seenRtt = f.bit(seenRtt);
        aggregation.fold(f, c.lastAckReceivedNs);
    }
}
