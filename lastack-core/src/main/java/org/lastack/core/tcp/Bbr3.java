package org.lastack.core.tcp;

import org.lastack.core.WheelTimer;
import org.lastack.core.socket.FieldStream;

/// BBR, version 3, after draft-ietf-ccwg-bbr: like [Bbr] a model of the path, but with bounds that follow loss. `inflightHi` is what the path was seen to
/// carry, `inflightLo` and `bandwidthLo` what it carried just now, under loss; probing for more happens every two to three seconds and stops where over 2 %
/// of what was in flight is lost, judged at each lost segment by what was in flight when it was sent. Named `bbr3`. No response to ECN, as the draft has
/// none.
final class Bbr3 extends BbrBase {
    private enum Mode {
        STARTUP,
        DRAIN,
        /// Below the bandwidth until probing's queue is gone.
        PROBE_DOWN,
        /// At the bandwidth, with room left for others.
        PROBE_CRUISE,
        /// One round trip that fills the pipe, so that probing shows what is beyond.
        PROBE_REFILL,
        /// Above the bandwidth until it shows in the loss or in the queue.
        PROBE_UP,
        PROBE_RTT
    }

    /// Which ACKs come in: those of probing tell about the path's upper bound.
    private enum Acks {
        INIT,
        REFILLING,
        PROBE_STARTING,
        PROBE_FEEDBACK,
        PROBE_STOPPING
    }

    // draft-ietf-ccwg-bbr §2: gains and constants.
    private static final double STARTUP_GAIN = 2.773;
    private static final double CWND_GAIN = 2;
    private static final double DRAIN_GAIN = 0.5;
    private static final double DOWN_GAIN = 0.9;
    private static final double UP_GAIN = 1.25;
    private static final double UP_CWND_GAIN = 2.25;
    private static final double PROBE_RTT_CWND_GAIN = 0.5;
    private static final double LOSS_THRESHOLD = 0.02;
    private static final double BETA = 0.7;
    private static final double HEADROOM = 0.15;
    private static final int STARTUP_LOSS_EVENTS = 6;
    private static final long PROBE_RTT_INTERVAL_NS = 5_000_000_000L;
    private static final long PROBE_WAIT_NS = 2_000_000_000L;
    private static final int PROBE_WAIT_RANDOM_MS = 1000;
    /// Probe at least as often as Reno would have grown by one bandwidth-delay product, up to so many rounds (§5.3.3.5.1: coexistence).
    private static final int RENO_ROUNDS = 63;
    private static final int MAX_UP_ROUNDS = 30;
    private static final Mode[] MODES = Mode.values();
    private static final Acks[] ACKS = Acks.values();
    private static final int NO_BOUND = Integer.MAX_VALUE;

    private Mode mode = Mode.STARTUP;
    private Acks acks = Acks.INIT;

    // Round trips with loss
    int lossRoundDelivered;
    private boolean lossRoundStart;
    private boolean lossInRound;
    private int lossEventsInRound;

    // The path: segments per second, segments, microseconds
    private final double[] cycleBandwidth = new double[2];
    private int cycle;
    private double bandwidthLo = Double.MAX_VALUE;
    private double latestBandwidth;
    int inflightHi = NO_BOUND;
    private int inflightLo = NO_BOUND;
    private int latestInflight;
    private int probeRttMinUs = Integer.MAX_VALUE;
    private long probeRttMinStampNs;

    private boolean fullNow;

    // Probing for bandwidth
    private long probeWaitNs;
    private int roundsSinceProbe;
    boolean probeSamples;
    private int upRounds;
    private int upAcks;
    private int upCount = NO_BOUND;

    // Probing for the RTT
    private boolean probeRttExpired;

    // For the return from a needless recovery
    private double undoBandwidthLo = Double.MAX_VALUE;
    private int undoInflightLo = NO_BOUND;
    private int undoInflightHi = NO_BOUND;

    Bbr3() {
        super(STARTUP_GAIN, CWND_GAIN);
    }

    @Override
    public String name() {
        return "bbr3";
    }

    @Override
    public void start(Connection c, Sender s) {
        super.start(c, s);
        probeRttMinUs = minRttUs;
        probeRttMinStampNs = minRttStampNs;
        lossRoundDelivered = s.delivered;
    }

    @Override
    double startupGain() {
        return STARTUP_GAIN;
    }

    @Override
    boolean probesRtt() {
        return mode == Mode.PROBE_RTT;
    }

    @Override
    public int undoCwnd(Connection c, Sender s) {
        // §5.5.11: what the needless recovery has lowered comes back.
        lossInRound = false;
        resetFull(0);
        bandwidthLo = Math.max(bandwidthLo, undoBandwidthLo);
        inflightLo = Math.max(inflightLo, undoInflightLo);
        inflightHi = Math.max(inflightHi, undoInflightHi);
        return Math.max(s.cwnd, s.priorCwnd);
    }

    @Override
    public void event(Connection c, Sender s, Event event) {
        if (event == Event.TRANSMIT_START && s.appLimitedUntil != 0) {
            idleRestart = true;
            aggregation.restart(c.tcp.now());
            if (probesBandwidth()) {
                pace(c, s, bandwidth(), 1);
            } else if (mode == Mode.PROBE_RTT) {
                checkProbeRttDone(c, s);
            }
        }
    }

    @Override
    public void state(Connection c, Sender s, int newState) {
        if (newState >= Sender.RECOVERY && previousState < Sender.RECOVERY) {
            undoBandwidthLo = bandwidthLo;
            undoInflightLo = inflightLo;
            undoInflightHi = inflightHi;
        }
        if (newState == Sender.LOSS) {
            resetFull(0);
        }
        if (newState < Sender.RECOVERY && previousState >= Sender.RECOVERY) {
            s.cwnd = Math.max(s.cwnd, priorCwnd);
        }
        previousState = newState;
    }

    /// §5.5.10.2, BBRHandleLostPacket: each lost segment tells at which amount in flight too much of it was lost.
    @Override
    public void lost(Connection c, Sender s, int row) {
        if (!lossInRound) {
            // The round trip that follows the first loss shows all of what the path carries under loss.
            lossRoundDelivered = s.delivered;
        }
        lossInRound = true;
        int inFlight = s.flight.inFlightAtSend(row);
        int lost = s.lost - s.flight.lostAtSend(row);
        if (probeSamples && lost > inFlight * LOSS_THRESHOLD) {
            inflightTooHigh(c, s, inflightAtLoss(inFlight, lost), s.flight.is(row, Flight.APP_LIMITED));
        }
    }

    /// Of `inFlight` segments `lost` are lost, the last of each included: the amount in flight at which their share reached the threshold.
    static int inflightAtLoss(int inFlight, int lost) {
        double before = Math.max(0, LOSS_THRESHOLD * (inFlight - 1) - (lost - 1)) / (1 - LOSS_THRESHOLD);
        return inFlight - 1 + (int) before;
    }

    /// BBRHandleInflightTooHigh: the bound falls once per probe for bandwidth.
    private void inflightTooHigh(Connection c, Sender s, int inFlight, boolean appLimited) {
        probeSamples = false;
        if (!appLimited) {
            inflightHi = Math.max(inFlight, (int) (BETA * Math.min(product(bandwidth(), 1), s.cwnd)));
        }
        if (mode == Mode.PROBE_UP) {
            down(c, s);
        }
    }

    @Override
    public void control(Connection c, Sender s, int ack, int acked, int newlyLost, long rttUs) {
        Acknowledgments facts = c.tcp.acknowledgments();
        updateModel(c, s, facts, acked, newlyLost);
        checkStartup(c, s, facts);
        checkDrain(c, s);
        updateProbing(c, s, facts, acked);
        updateMinRtt(c, rttUs);
        checkProbeRtt(c, s);
        if (lossRoundStart) {
            latestBandwidth = sample(facts);
            latestInflight = Math.max(0, facts.lastDelivered);
            lossEventsInRound = 0;
        }
        pace(c, s, bandwidth(), pacingGain);
        setCwnd(c, s, acked);
    }

    // ---- the model (§5.5) -------------------------------------------------------------------------------------------------------------

    /// Largest sample of this cycle of probing and the one before, in segments per second.
    private double maxBandwidth() {
        return Math.max(cycleBandwidth[0], cycleBandwidth[1]);
    }

    @Override
    double bandwidth() {
        return Math.min(maxBandwidth(), bandwidthLo);
    }

    private void updateModel(Connection c, Sender s, Acknowledgments facts, int acked, int newlyLost) {
        double rate = sample(facts);
        roundStart = false;
        lossRoundStart = false;
        if (rate > 0) {
            latestBandwidth = Math.max(latestBandwidth, rate);
            latestInflight = Math.max(latestInflight, facts.lastDelivered);
            countRound(s, facts);
            roundsSinceProbe += roundStart ? 1 : 0;
            if (facts.lastPriorDelivered - lossRoundDelivered >= 0) {
                lossRoundDelivered = s.delivered;
                lossRoundStart = true;
            }
            if (!facts.lastAppLimited || rate >= maxBandwidth()) {
                cycleBandwidth[cycle] = Math.max(cycleBandwidth[cycle], rate);
            }
        }
        if (newlyLost > 0) {
            lossEventsInRound++;
        }
        if (lossRoundStart) {
            adaptLowerBounds(s);
            lossInRound = false;
        }
        aggregation.update(c.tcp.now(), acked, bandwidth(), s.cwnd, roundStart);
    }

    /// §5.5.10.3: once per round trip with loss, unless it is probing that made it.
    private void adaptLowerBounds(Sender s) {
        boolean probing = switch (mode) {
            case STARTUP, PROBE_REFILL, PROBE_UP -> true;
            case DRAIN, PROBE_DOWN, PROBE_CRUISE, PROBE_RTT -> false;
        };
        if (probing || !lossInRound) {
            return;
        }
        bandwidthLo = Math.max(latestBandwidth, BETA * Math.min(bandwidthLo, maxBandwidth()));
        inflightLo = Math.max(latestInflight, (int) (BETA * Math.min(inflightLo, s.cwnd)));
    }

    private void forgetLowerBounds() {
        bandwidthLo = Double.MAX_VALUE;
        inflightLo = NO_BOUND;
    }

    private int product(double bandwidth, double gain) {
        return minRttUs == Integer.MAX_VALUE ? Congestion.INITIAL_WINDOW : (int) Math.min(NO_BOUND / 2, Math.ceil(gain * bandwidth * minRttUs / 1e6));
    }

    /// §5.6.4.2: with room for what offloads and delayed ACKs keep out of sight.
    private int quantized(Connection c, Sender s, int segments) {
        int most = Math.max(Math.max(segments, 3 * burst(c, s)), MIN_CWND);
        return mode == Mode.PROBE_UP ? most + 2 : most;
    }

    private int inflight(Connection c, Sender s, double gain) {
        return quantized(c, s, product(maxBandwidth(), gain));
    }

    /// What others shall find free is left free.
    private int inflightWithHeadroom() {
        return inflightHi == NO_BOUND ? NO_BOUND : Math.max(inflightHi - Math.max(1, (int) (HEADROOM * inflightHi)), MIN_CWND);
    }

    // ---- Startup and Drain (§5.3.1, §5.3.2) -------------------------------------------------------------------------------------------

    private void resetFull(double bandwidth) {
        fullBandwidth = bandwidth;
        fullRounds = 0;
        fullNow = false;
    }

    private void checkFull(Acknowledgments facts) {
        if (fullNow || !roundStart || facts.lastAppLimited) {
            return;
        }
        double rate = sample(facts);
        if (rate >= fullBandwidth * FULL_GROWTH) {
            resetFull(rate);
            return;
        }
        fullNow = ++fullRounds >= FULL_ROUNDS;
        fullReached |= fullNow;
    }

    private void checkStartup(Connection c, Sender s, Acknowledgments facts) {
        checkFull(facts);
        if (mode == Mode.STARTUP && lossRoundStart && lossEventsInRound >= STARTUP_LOSS_EVENTS && s.state == Sender.RECOVERY && tooHigh(facts)) {
            fullReached = true;
            inflightHi = Math.max(product(maxBandwidth(), 1), latestInflight);
        }
        if (mode == Mode.STARTUP && fullReached) {
            enter(Mode.DRAIN);
        }
    }

    private void checkDrain(Connection c, Sender s) {
        if (mode == Mode.DRAIN && s.inFlight() <= inflight(c, s, 1)) {
            down(c, s);
        }
    }

    // ---- ProbeBW (§5.3.3) -------------------------------------------------------------------------------------------------------------

    private boolean probesBandwidth() {
        return switch (mode) {
            case PROBE_DOWN, PROBE_CRUISE, PROBE_REFILL, PROBE_UP -> true;
            case STARTUP, DRAIN, PROBE_RTT -> false;
        };
    }

    private void down(Connection c, Sender s) {
        lossInRound = false;
        latestBandwidth = 0;
        latestInflight = 0;
        upCount = NO_BOUND;
        roundsSinceProbe = c.tcp.engine().entropy().nextInt(2);
        probeWaitNs = PROBE_WAIT_NS + c.tcp.engine().entropy().nextInt(PROBE_WAIT_RANDOM_MS + 1) * 1_000_000L;
        cycleStampNs = c.tcp.now();
        acks = Acks.PROBE_STOPPING;
        startRound(s);
        enter(Mode.PROBE_DOWN);
    }

    private void refill(Sender s) {
        forgetLowerBounds();
        upRounds = 0;
        upAcks = 0;
        acks = Acks.REFILLING;
        startRound(s);
        enter(Mode.PROBE_REFILL);
    }

    private void up(Connection c, Sender s, Acknowledgments facts) {
        acks = Acks.PROBE_STARTING;
        startRound(s);
        resetFull(sample(facts));
        cycleStampNs = c.tcp.now();
        enter(Mode.PROBE_UP);
        raiseSlope(s);
    }

    private void updateProbing(Connection c, Sender s, Acknowledgments facts, int acked) {
        if (!fullReached) {
            return;
        }
        adaptUpperBound(c, s, facts, acked);
        switch (mode) {
            case PROBE_DOWN -> {
                if (!timeToProbe(c, s) && s.inFlight() <= Math.min(inflightWithHeadroom(), inflight(c, s, 1))) {
                    enter(Mode.PROBE_CRUISE);
                }
            }
            case PROBE_CRUISE -> timeToProbe(c, s);
            case PROBE_REFILL -> {
                if (roundStart) {
                    probeSamples = true;
                    up(c, s, facts);
                }
            }
            case PROBE_UP -> {
                if (timeToGoDown(s, facts)) {
                    down(c, s);
                }
            }
            case STARTUP, DRAIN, PROBE_RTT -> {
                // They end by rules of their own.
            }
        }
    }

    private boolean timeToProbe(Connection c, Sender s) {
        int renoRounds = Math.min(Math.min(product(bandwidth(), 1), s.cwnd), RENO_ROUNDS);
        if (c.tcp.now() - cycleStampNs > probeWaitNs || roundsSinceProbe >= renoRounds) {
            refill(s);
            return true;
        }
        return false;
    }

    private boolean timeToGoDown(Sender s, Acknowledgments facts) {
        if (s.cwndLimited && s.cwnd >= inflightHi) {
            // The bound holds it down, not the path.
            resetFull(sample(facts));
            return false;
        }
        return fullNow;
    }

    /// Over 2 % of what was in flight when the acknowledged segment was sent are lost by now (§5.5.10.2).
    private static boolean tooHigh(Acknowledgments facts) {
        return sample(facts) > 0 && facts.lastLost > facts.lastInFlight * LOSS_THRESHOLD;
    }

    private void adaptUpperBound(Connection c, Sender s, Acknowledgments facts, int acked) {
        if (acks == Acks.PROBE_STARTING && roundStart) {
            acks = Acks.PROBE_FEEDBACK;
        }
        if (acks == Acks.PROBE_STOPPING && roundStart) {
            probeSamples = false;
            acks = Acks.INIT;
            if (probesBandwidth() && !facts.lastAppLimited) {
                cycle ^= 1;
                cycleBandwidth[cycle] = 0;
            }
        }
        if (tooHigh(facts)) {
            if (probeSamples) {
                inflightTooHigh(c, s, facts.lastInFlight, facts.lastAppLimited);
            }
            return;
        }
        if (inflightHi == NO_BOUND || sample(facts) == 0) {
            return;
        }
        inflightHi = Math.max(inflightHi, facts.lastInFlight);
        if (mode == Mode.PROBE_UP) {
            raise(s, acked);
        }
    }

    /// The upper bound grows slowly at first, then by ever more per round trip.
    private void raise(Sender s, int acked) {
        if (!s.cwndLimited || s.cwnd < inflightHi) {
            return;
        }
        upAcks += acked;
        if (upAcks >= upCount) {
            int more = upAcks / upCount;
            upAcks -= more * upCount;
            inflightHi += more;
        }
        if (roundStart) {
            raiseSlope(s);
        }
    }

    private void raiseSlope(Sender s) {
        int growth = 1 << upRounds;
        upRounds = Math.min(upRounds + 1, MAX_UP_ROUNDS);
        upCount = Math.max(s.cwnd / growth, 1);
    }

    // ---- the RTT (§5.3.4) -------------------------------------------------------------------------------------------------------------

    private void updateMinRtt(Connection c, long rttUs) {
        long now = c.tcp.now();
        probeRttExpired = now - probeRttMinStampNs > PROBE_RTT_INTERVAL_NS;
        if (rttUs >= 0 && (rttUs < probeRttMinUs || probeRttExpired)) {
            probeRttMinUs = (int) Math.min(Math.max(1, rttUs), Integer.MAX_VALUE - 1);
            probeRttMinStampNs = now;
        }
        if (probeRttMinUs < minRttUs || now - minRttStampNs > MIN_RTT_WINDOW_NS) {
            minRttUs = probeRttMinUs;
            minRttStampNs = probeRttMinStampNs;
        }
    }

    private void checkProbeRtt(Connection c, Sender s) {
        if (mode != Mode.PROBE_RTT && probeRttExpired && !idleRestart) {
            enterProbeRtt(s);
            acks = Acks.PROBE_STOPPING;
            startRound(s);
            enter(Mode.PROBE_RTT);
        }
        if (mode == Mode.PROBE_RTT) {
            if (probeRttOver(c, s, probeRttCwnd())) {
                checkProbeRttDone(c, s);
            }
        }
        if (s.delivered != 0) {
            idleRestart = false;
        }
    }

    private int probeRttCwnd() {
        return Math.max(product(bandwidth(), PROBE_RTT_CWND_GAIN), MIN_CWND);
    }

    private void checkProbeRttDone(Connection c, Sender s) {
        long now = c.tcp.now();
        if (probeRttDoneNs == WheelTimer.NEVER || now <= probeRttDoneNs) {
            return;
        }
        probeRttMinStampNs = now;
        s.cwnd = Math.max(s.cwnd, priorCwnd);
        forgetLowerBounds();
        if (fullReached) {
            down(c, s);
            enter(Mode.PROBE_CRUISE);
        } else {
            enter(Mode.STARTUP);
        }
    }

    // ---- what the sender obeys (§5.6) ---------------------------------------------------------------------------------------------------

    private void enter(Mode next) {
        mode = next;
        cwndGain = switch (next) {
            case STARTUP, DRAIN, PROBE_DOWN, PROBE_CRUISE, PROBE_REFILL -> CWND_GAIN;
            case PROBE_UP -> UP_CWND_GAIN;
            case PROBE_RTT -> PROBE_RTT_CWND_GAIN;
        };
        pacingGain = switch (next) {
            case STARTUP -> STARTUP_GAIN;
            case DRAIN -> DRAIN_GAIN;
            case PROBE_DOWN -> DOWN_GAIN;
            case PROBE_CRUISE, PROBE_REFILL, PROBE_RTT -> 1;
            case PROBE_UP -> UP_GAIN;
        };
    }

    private void setCwnd(Connection c, Sender s, int acked) {
        int most = quantized(c, s, product(bandwidth(), cwndGain) + (fullReached ? aggregation.room(bandwidth()) : 0));
        int cwnd = acked > 0 ? grown(s, acked, most) : s.cwnd;
        if (mode == Mode.PROBE_RTT) {
            cwnd = Math.min(cwnd, probeRttCwnd());
        }
        s.cwnd = Math.min(Math.max(Math.min(cwnd, bound()), MIN_CWND), s.cwndClamp);
    }

    private int bound() {
        int upper = switch (mode) {
            case PROBE_DOWN, PROBE_REFILL, PROBE_UP -> inflightHi;
            case PROBE_CRUISE, PROBE_RTT -> inflightWithHeadroom();
            case STARTUP, DRAIN -> NO_BOUND;
        };
        return Math.min(upper, inflightLo);
    }

    @Override
    public void fold(FieldStream f, Connection c) {
        mode = MODES[f.number(mode.ordinal(), Mode.STARTUP.ordinal())];
        acks = ACKS[f.number(acks.ordinal(), Acks.INIT.ordinal())];
        foldRounds(f);
        cycleBandwidth[0] = f.number(cycleBandwidth[0], 0.0);
        cycleBandwidth[1] = f.number(cycleBandwidth[1], cycleBandwidth[0]);
        cycle = f.number(cycle, 0);
        bandwidthLo = f.number(bandwidthLo, Double.MAX_VALUE);
        latestBandwidth = f.number(latestBandwidth, cycleBandwidth[0]);
        inflightHi = f.number(inflightHi, NO_BOUND);
        inflightLo = f.number(inflightLo, NO_BOUND);
        latestInflight = f.number(latestInflight, 0);
        foldBase(f, c, cycleBandwidth[0]);
        probeRttMinUs = f.number(probeRttMinUs, minRttUs);
        probeRttMinStampNs = f.number(probeRttMinStampNs, minRttStampNs);
        fullNow = f.bit(fullNow);
        foldProbing(f);
        undoBandwidthLo = f.number(undoBandwidthLo, Double.MAX_VALUE);
        undoInflightLo = f.number(undoInflightLo, NO_BOUND);
        undoInflightHi = f.number(undoInflightHi, NO_BOUND);
    }

    private void foldRounds(FieldStream f) {
        lossRoundDelivered = f.number(lossRoundDelivered, 0);
        lossRoundStart = f.bit(lossRoundStart);
        lossInRound = f.bit(lossInRound);
        lossEventsInRound = f.number(lossEventsInRound, 0);
    }

    private void foldProbing(FieldStream f) {
        probeWaitNs = f.number(probeWaitNs, 0L);
        roundsSinceProbe = f.number(roundsSinceProbe, 0);
        probeSamples = f.bit(probeSamples);
        upRounds = f.number(upRounds, 0);
        upAcks = f.number(upAcks, 0);
        upCount = f.number(upCount, NO_BOUND);
        probeRttExpired = f.bit(probeRttExpired);
    }
}
