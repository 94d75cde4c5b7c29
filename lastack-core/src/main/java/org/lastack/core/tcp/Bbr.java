package org.lastack.core.tcp;

import org.lastack.core.socket.FieldStream;

/// BBR, version 1 (draft-cardwell-iccrg-bbr-congestion-control-00), in the form that Linux runs: a model of the path, made of the largest delivery rate
/// of ten round trips and the smallest RTT of ten seconds, decides how fast is sent (pacing) and how much may be in flight. Loss does not move it.
/// Left out: Linux's detection of token-bucket policers. Named `bbr`; needs no help from `ssthresh`.
final class Bbr extends BbrBase {
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
    private static final int BANDWIDTH_ROUNDS = 10;

    private static final Mode[] MODES = Mode.values();

    private Mode mode = Mode.STARTUP;

    // Bandwidth in segments per second: the best of each of the last rounds.
    private final double[] roundBandwidth = new double[BANDWIDTH_ROUNDS];
    private int round;
    private int cycle;
    private boolean conserving;

    Bbr() {
        super(HIGH_GAIN, HIGH_GAIN);
    }

    @Override
    public String name() {
        return "bbr";
    }

    @Override
    double startupGain() {
        return HIGH_GAIN;
    }

    @Override
    boolean probesRtt() {
        return mode == Mode.PROBE_RTT;
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

    /// The largest sample of the window.
    @Override
    double bandwidth() {
        double most = 0;
        for (double each : roundBandwidth) {
            most = Math.max(most, each);
        }
        return most;
    }

    private void updateBandwidth(Sender s, Acknowledgments facts) {
        roundStart = false;
        double sample = sample(facts);
        if (sample == 0) {
            return;
        }
        countRound(s, facts);
        if (roundStart) {
            round++;
            roundBandwidth[round % BANDWIDTH_ROUNDS] = 0;
            conserving = false;
        }
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
            enterProbeRtt(s);
            mode = Mode.PROBE_RTT;
        }
        if (mode == Mode.PROBE_RTT) {
            probeRtt(c, s);
        }
        if (s.delivered > 0) {
            idleRestart = false;
        }
    }

    private void probeRtt(Connection c, Sender s) {
        if (probeRttOver(c, s, MIN_CWND)) {
            minRttStampNs = c.tcp.now();
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

    private void setCwnd(Connection c, Sender s, int acked, int newlyLost) {
        if (acked > 0) {
            boolean conserved = recovers(s, acked, newlyLost);
            int cwnd = s.cwnd;
            if (!conserved) {
                int target = inFlightTarget(c, s, bandwidth(), cwndGain) + (fullReached ? aggregation.room(bandwidth()) : 0);
                cwnd = grown(s, acked, target);
                cwnd = Math.max(cwnd, MIN_CWND);
            }
            s.cwnd = Math.min(cwnd, s.cwndClamp);
        } else {
            recovers(s, acked, newlyLost);
        }
        if (mode == Mode.PROBE_RTT) {
            s.cwnd = Math.min(s.cwnd, MIN_CWND);
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
            startRound(s);
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
        double before = 0;
        for (int i = 0; i < BANDWIDTH_ROUNDS; i++) {
            roundBandwidth[i] = f.number(roundBandwidth[i], before);
            before = roundBandwidth[i];
        }
        round = f.number(round, 0);
        cycle = f.number(cycle, 0);
        conserving = f.bit(conserving);
        foldBase(f, c, before);
    }
}
