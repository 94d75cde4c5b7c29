package org.lastack.core.tcp;

import org.lastack.core.socket.FieldStream;

/// What a connection needs for sending and for recovering from loss. A connection gets one when it first sends and is without while it never did.
final class Sender {
    /// States of loss recovery, with the numbers of `tcpi_ca_state`.
    static final int OPEN = 0;
    static final int DISORDER = 1;
    static final int CWR = 2;
    static final int RECOVERY = 3;
    static final int LOSS = 4;

    static final int INFINITE_SSTHRESH = Integer.MAX_VALUE;

    final Flight flight;
    /// Octets from `snd.una` on: unacknowledged, then unsent.
    final ByteRing bytes;
    CongestionControl control;

    /// Congestion window in segments.
    int cwnd;
    int cwndClamp = Integer.MAX_VALUE;
    /// Segments acknowledged towards the next increase of cwnd.
    int cwndCredit;
    int ssthresh = INFINITE_SSTHRESH;
    /// Most segments in flight in the window that ends at [#usageSeq]; tells whether cwnd was the limit (RFC 7661).
    int maxPacketsOut;
    int usageSeq;
    boolean cwndLimited;
    long cwndStampNs;
    int cwndUsed;

    int state = OPEN;
    /// SND.NXT when recovery began: it ends when this is acknowledged.
    int highSeq;
    /// cwnd before the reduction in progress.
    int priorCwnd;
    int priorSsthresh;
    int prrDelivered;
    int prrOut;
    /// SND.UNA when the episode that might be undone began; [#undoArmed] says whether there is one.
    int undoMarker;
    boolean undoArmed;
    /// Retransmissions not yet shown to be needless by D-SACK.
    int undoRetransmissions;
    boolean frto;
    /// Time of the first retransmission of the episode, in the timestamp clock; 0 if none (Eifel detection, RFC 3522).
    int retransmitStamp;
    boolean retransmitStamped;

    /// Duplicate ACKs counted as segments that left, on connections without SACK.
    int renoSacked;
    int reordering;
    boolean reorderingSeen;
    int reorderingCount;

    // RACK (RFC 8985 §5.3)
    long rackSentNs;
    int rackEnd;
    int rackRttUs;
    boolean rackAdvanced;
    int rackReorderSteps = 1;
    int rackPersist;
    boolean rackDsack;
    int rackLastDelivered;

    /// Tail-loss probe: SND.NXT when the probe went out (RFC 8985 §7.4), valid while [#tlpArmed].
    int tlpHighSeq;
    boolean tlpArmed;
    boolean tlpRetransmitted;

    // ECN (RFC 3168)
    boolean cwrPending;

    // Delivery-rate estimation (draft-cheng-iccrg-delivery-rate-estimation)
    int delivered;
    int deliveredCe;
    long deliveredNs;
    long firstSentNs;
    /// `delivered` count until which samples are application-limited; 0 = not limited.
    int appLimitedUntil = -1;
    int lost;
    int rateDelivered;
    long rateIntervalUs;
    boolean rateAppLimited = true;

    /// Octets per second; `Long.MAX_VALUE` = not paced.
    long pacingRate = Long.MAX_VALUE;
    long nextSendNs;

    /// Highest sequence number retransmitted by the present episode, for [Tcp]'s statistics.
    int retransmitHigh;

    // Chronograph: what limited the connection, in nanoseconds (TCP_INFO busy_time, rwnd_limited, sndbuf_limited).
    int chronoKind;
    long chronoStartNs;
    long busyNs;
    long windowLimitedNs;
    long bufferLimitedNs;

    Sender(SlabPool pool, CongestionControl control) {
        this.flight = new Flight(pool);
        this.bytes = new ByteRing(pool);
        this.control = control;
    }

    /// All fields but those that refer to objects, for [Folding], when nothing is in flight or waits; every new field belongs here (a test looks).
    void fold(FieldStream f, Connection c) {
        cwnd = f.number(cwnd, Congestion.INITIAL_WINDOW);
        cwndClamp = f.number(cwndClamp, Congestion.MAX_CWND);
        maxPacketsOut = f.number(maxPacketsOut, 1);
        usageSeq = f.number(usageSeq, c.snd.nxt);
        cwndStampNs = f.number(cwndStampNs, c.lastSendNs);
        cwndUsed = f.number(cwndUsed, 1);
        reordering = f.number(reordering, 3);
        rackSentNs = f.number(rackSentNs, c.lastSendNs);
        rackEnd = f.number(rackEnd, c.snd.nxt);
        rackRttUs = f.number(rackRttUs, c.srttUs8 >> 3);
        rackAdvanced = f.bit(rackAdvanced);
        delivered = f.number(delivered, 0);
        deliveredNs = f.number(deliveredNs, c.lastAckReceivedNs);
        firstSentNs = f.number(firstSentNs, c.lastSendNs);
        appLimitedUntil = f.number(appLimitedUntil, delivered);
        rateDelivered = f.number(rateDelivered, 1);
        rateIntervalUs = f.number(rateIntervalUs, rackRttUs);
        rateAppLimited = !f.bit(!rateAppLimited);
        chronoKind = f.number(chronoKind, 0);
        chronoStartNs = f.number(chronoStartNs, c.lastAckReceivedNs);
        busyNs = f.number(busyNs, 0);
        windowLimitedNs = f.number(windowLimitedNs, 0);
        bufferLimitedNs = f.number(bufferLimitedNs, 0);
        pacingRate = f.number(pacingRate, Long.MAX_VALUE);
        f.open();
        foldRecovery(f, c);
        f.close();
    }

    private void foldRecovery(FieldStream f, Connection c) {
        cwndCredit = f.number(cwndCredit, 0);
        ssthresh = f.number(ssthresh, INFINITE_SSTHRESH);
        cwndLimited = f.bit(cwndLimited);
        state = f.number(state, OPEN);
        highSeq = f.number(highSeq, 0);
        priorCwnd = f.number(priorCwnd, 0);
        priorSsthresh = f.number(priorSsthresh, 0);
        prrDelivered = f.number(prrDelivered, 0);
        prrOut = f.number(prrOut, 0);
        undoMarker = f.number(undoMarker, 0);
        undoArmed = f.bit(undoArmed);
        undoRetransmissions = f.number(undoRetransmissions, 0);
        frto = f.bit(frto);
        retransmitStamp = f.number(retransmitStamp, 0);
        retransmitStamped = f.bit(retransmitStamped);
        renoSacked = f.number(renoSacked, 0);
        reorderingSeen = f.bit(reorderingSeen);
        reorderingCount = f.number(reorderingCount, 0);
        rackReorderSteps = f.number(rackReorderSteps, 1);
        rackPersist = f.number(rackPersist, 0);
        rackDsack = f.bit(rackDsack);
        rackLastDelivered = f.number(rackLastDelivered, 0);
        tlpHighSeq = f.number(tlpHighSeq, 0);
        tlpArmed = f.bit(tlpArmed);
        tlpRetransmitted = f.bit(tlpRetransmitted);
        cwrPending = f.bit(cwrPending);
        deliveredCe = f.number(deliveredCe, 0);
        lost = f.number(lost, 0);
        nextSendNs = f.number(nextSendNs, 0);
        retransmitHigh = f.number(retransmitHigh, 0);
    }

    /// See [Tcb#lines].
    int lines() {
        return (int) rackSentNs + cwnd + delivered + chronoKind;
    }

    /// Segments that have left the network or are believed lost.
    int leftOut() {
        return flight.sackedOut() + renoSacked + flight.lostOut();
    }

    /// Segments in the network: derived from the scoreboard, never counted on its own.
    int inFlight() {
        return flight.packetsOut() - leftOut() + flight.retransmittedOut();
    }

    boolean inSlowStart() {
        return cwnd < ssthresh;
    }

    /// True if cwnd was what kept the sender back lately: only then may it grow (RFC 7661 §3; Linux's rule for slow start).
    boolean cwndLimited(Connection c) {
        if (cwndLimited) {
            return true;
        }
        return inSlowStart() && cwnd < 2 * maxPacketsOut;
    }

    /// Slow start: one segment per segment delivered (RFC 5681 §3.1, RFC 3465); returns what is left over at ssthresh.
    int slowStart(int acked) {
        int target = Math.min(cwnd + acked, ssthresh);
        int left = acked - (target - cwnd);
        cwnd = Math.min(target, cwndClamp);
        return left;
    }

    /// Congestion avoidance: one segment per `window` segments delivered.
    void additiveIncrease(int window, int acked) {
        if (cwndCredit >= window) {
            cwndCredit = 0;
            cwnd++;
        }
        cwndCredit += acked;
        if (cwndCredit >= window) {
            int more = cwndCredit / window;
            cwndCredit -= more * window;
            cwnd += more;
        }
        cwnd = Math.min(cwnd, cwndClamp);
    }
}
