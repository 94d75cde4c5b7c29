package org.lastack.core.tcp;

import org.lastack.core.Counter;
import org.lastack.core.Sysctl;

/// Loss detection and recovery: RACK-TLP (RFC 8985) where the peer reports SACK, duplicate ACKs with NewReno's partial ACKs (RFC 6582) where it
/// does not; limited transmit (RFC 3042); reduction by PRR (RFC 6937); undo by D-SACK (RFC 3708), timestamps (Eifel, RFC 3522) and F-RTO (RFC 5682).
/// The states are those of Linux's `tcpi_ca_state`: Open, Disorder, CWR, Recovery, Loss.
final class Recovery {
    private static final int REORDER_RECOVERIES = 16;
    private static final int REXMIT_NONE = 0;
    private static final int REXMIT_LOST = 1;
    private static final int REXMIT_NEW = 2;

    private final Tcp tcp;
    private final LossDetection detection;
    private int retransmitWish;

    Recovery(Tcp tcp) {
        this.tcp = tcp;
        this.detection = new LossDetection(tcp);
    }

    LossDetection detection() {
        return detection;
    }

    // ---- the spine ----------------------------------------------------------------------------------------------------------------

    /// True if the ACK at hand may mean trouble or ends it; otherwise the fast path of congestion control suffices.
    boolean dubious(Sender s, Acknowledgments ack) {
        boolean duplicate = !(ack.carriesText || ack.windowUpdated || ack.dataAcked || ack.synAcked);
        return duplicate || ack.sackedNew || ack.ece || s.state != Sender.OPEN || ack.dsack;
    }

    /// The state machine of recovery.
    void afterAck(Connection c, Sender s, Acknowledgments ack, int duplicateAcks) {
        Flight flight = s.flight;
        retransmitWish = REXMIT_NONE;
        boolean duplicate = duplicateAcks > 0;
        if (flight.isEmpty()) {
            s.renoSacked = 0;
        }
        if (ack.ece) {
            // RFC 3168 §6.1.2: ECE is a congestion signal; nothing is undone after it.
            s.priorSsthresh = 0;
        }
        if (s.state == Sender.OPEN) {
            s.retransmitStamped = s.retransmitStamped && !flight.isEmpty();
        } else if (Seq.ge(c.snd.una, s.highSeq) && ended(c, s)) {
            return;
        }
        switch (s.state) {
            case Sender.RECOVERY -> inRecovery(c, s, ack, duplicateAcks);
            case Sender.LOSS -> {
                inLoss(c, s, ack, duplicateAcks);
                detection.identifyLoss(c, s, ack);
                // Restored, or a retransmission is lost too: judged anew, like an ACK without an episode.
                if ((s.state == Sender.OPEN || ack.lostRetransmission) && outside(c, s, ack, duplicateAcks)) {
                    return;
                }
            }
            default -> {
                if (outside(c, s, ack, duplicateAcks)) {
                    return;
                }
            }
        }
        wishForLost(s);
        if (duplicate && s.state == Sender.RECOVERY && !c.sackPermitted) {
            retransmitWish = REXMIT_LOST;
        }
    }

    /// Outside of an episode: does one begin?
    ///
    /// @return true if this ACK needs nothing more
    private boolean outside(Connection c, Sender s, Acknowledgments ack, int duplicateAcks) {
        if (!c.sackPermitted) {
            if (ack.advanced) {
                s.renoSacked = 0;
            }
            detection.addRenoSacks(s, duplicateAcks);
        }
        if (s.state <= Sender.DISORDER) {
            undoDataSack(c, s);
        }
        detection.identifyLoss(c, s, ack);
        if (!detection.timeToRecover(c, s)) {
            tryOpen(c, s, ack);
            wishForLost(s);
            return true;
        }
        MtuProbing probing = c.mtuProbing;
        if (probing != null && probing.failed(c, s)) {
            pathMtuFell(c, s, Sending.currentMss(c));
            return true;
        }
        enterRecovery(c, s, ack.ece);
        retransmitWish = REXMIT_LOST;
        return false;
    }

    private void wishForLost(Sender s) {
        if (retransmitWish == REXMIT_NONE && s.flight.lostOut() > s.flight.retransmittedOut() && s.state >= Sender.RECOVERY) {
            retransmitWish = REXMIT_LOST;
        }
    }

    /// `high_seq` has been acknowledged: the episode is over (and may be undone).
    ///
    /// @return true if there is nothing to do until something above it is acknowledged
    private boolean ended(Connection c, Sender s) {
        switch (s.state) {
            case Sender.CWR -> {
                if (c.snd.una != s.highSeq) {
                    endReduction(c, s);
                    state(c, s, Sender.OPEN);
                }
            }
            case Sender.RECOVERY -> {
                if (!c.sackPermitted) {
                    s.renoSacked = 0;
                }
                return undoRecovery(c, s);
            }
            default -> {
                // Open and Disorder have no episode; Loss is ended by its own rules below.
            }
        }
        return false;
    }

    private void inRecovery(Connection c, Sender s, Acknowledgments ack, int duplicateAcks) {
        if (!ack.advanced) {
            if (!c.sackPermitted) {
                detection.addRenoSacks(s, duplicateAcks);
            }
        } else if (onlyReordered(c, s, ack)) {
            return;
        }
        if (undoDataSack(c, s)) {
            tryOpen(c, s, ack);
        }
        detection.identifyLoss(c, s, ack);
        if (s.state != Sender.RECOVERY) {
            if (!detection.timeToRecover(c, s)) {
                tryOpen(c, s, ack);
                return;
            }
            enterRecovery(c, s, ack.ece);
        }
        retransmitWish = REXMIT_LOST;
    }

    /// A partial ACK in Recovery (RFC 6582 §3.2): either the next hole is lost too, or the recovery was needless and is undone; what is in doubt then is judged anew.
    ///
    /// @return true if retransmissions are still under way, and nothing is to be decided before they have arrived
    private boolean onlyReordered(Connection c, Sender s, Acknowledgments ack) {
        if (!s.undoArmed || !packetDelayed(c, s)) {
            return false;
        }
        // The original arrived after all: the path only reorders (RFC 4015).
        detection.reordering(c, s, ack.previousUna, !c.sackPermitted);
        if (s.flight.retransmittedOut() > 0) {
            return true;
        }
        if (!anyRetransmitted(s)) {
            s.retransmitStamped = false;
        }
        undo(c, s, true);
        tcp.count(Counter.TcpExtTCPPartialUndo);
        keepOpen(c, s);
        return false;
    }

    // ---- state Loss: after a retransmission time-out --------------------------------------------------------------------------------

    private void inLoss(Connection c, Sender s, Acknowledgments ack, int duplicateAcks) {
        boolean recovered = Seq.ge(c.snd.una, s.highSeq);
        if (ack.advanced && undoLoss(c, s, false)) {
            return;
        }
        if (s.frto) {
            // RFC 5682 §3.1, step 3.b: an ACK for something that was never retransmitted shows that the time-out was spurious.
            if (ack.origSacked && undoLoss(c, s, true)) {
                return;
            }
            if (Seq.gt(c.snd.nxt, s.highSeq)) {
                if (ack.sackedNew || duplicateAcks > 0) {
                    s.frto = false;
                }
            } else if (ack.advanced && !recovered) {
                s.highSeq = c.snd.nxt;
                // Step 2.b: try new text instead of retransmitting.
                if (c.unsent() > 0 && c.snd.edge() - c.snd.nxt > 0) {
                    retransmitWish = REXMIT_NEW;
                    return;
                }
                s.frto = false;
            }
        }
        if (recovered) {
            recoveredFromLoss(c, s);
            return;
        }
        if (!c.sackPermitted) {
            if (Seq.gt(c.snd.nxt, s.highSeq) && duplicateAcks > 0) {
                detection.addRenoSacks(s, duplicateAcks);
            } else if (ack.advanced) {
                s.renoSacked = 0;
            }
        }
        retransmitWish = REXMIT_LOST;
    }

    private void recoveredFromLoss(Connection c, Sender s) {
        if (!c.sackPermitted) {
            s.renoSacked = 0;
        }
        undoRecovery(c, s);
    }

    /// @return true if the time-out turned out spurious and everything was restored
    private boolean undoLoss(Connection c, Sender s, boolean shownByFrto) {
        if (!shownByFrto && !mayUndo(c, s)) {
            return false;
        }
        undo(c, s, true);
        tcp.count(Counter.TcpExtTCPLossUndo);
        if (shownByFrto) {
            tcp.count(Counter.TcpExtTCPSpuriousRTOs);
        }
        c.retransmits = 0;
        if (shownByFrto || c.sackPermitted) {
            state(c, s, Sender.OPEN);
        }
        return true;
    }

    /// A retransmission time-out (RFC 6298 §5.4-5.6, RFC 5681 §3.1 equation 4): everything in flight that is older than RACK allows is lost.
    void timeout(Connection c, Sender s) {
        Flight flight = s.flight;
        boolean newRecovery = s.state < Sender.RECOVERY;
        detection.markAllLost(c, s);
        if (s.state <= Sender.DISORDER || !Seq.gt(s.highSeq, c.snd.una) || s.state == Sender.LOSS && c.retransmits == 0) {
            s.priorSsthresh = currentSsthresh(s);
            s.priorCwnd = s.cwnd;
            s.ssthresh = s.control.ssthresh(c, s);
            s.control.event(c, s, CongestionControl.Event.LOSS);
            armUndo(c, s);
        }
        s.cwnd = s.inFlight() + 1;
        s.cwndCredit = 0;
        s.cwndStampNs = tcp.now();
        int reorderLimit = tcp.sysctls().getInt(Sysctl.TCP_REORDERING);
        if (s.state <= Sender.DISORDER && flight.sackedOut() + s.renoSacked >= reorderLimit) {
            s.reordering = Math.min(s.reordering, reorderLimit);
        }
        state(c, s, Sender.LOSS);
        s.highSeq = c.snd.nxt;
        s.tlpArmed = false;
        if (c.ecn) {
            s.cwrPending = true;
        }
        // RFC 5682 §3.1 step 1, as Linux: only for the first time-out of an episode, with SACK or Reno alike.
        s.frto = tcp.sysctl(Sysctl.TCP_FRTO) && (newRecovery || c.retransmits > 0) && !synOutstanding(s) && c.mssPathMtu > 0;
    }

    private static boolean synOutstanding(Sender s) {
        return !s.flight.isEmpty() && s.flight.is(s.flight.head, Flight.SYN);
    }

    /// The reordering timer of step 5 has run out.
    void reorderTimeout(Connection c, Sender s) {
        int inFlight = s.inFlight();
        long wait = detection.rackMark(c, s);
        if (wait > 0) {
            Timeouts.startReorderTimer(c, wait);
        }
        if (inFlight != s.inFlight()) {
            if (s.state != Sender.RECOVERY && s.state != Sender.LOSS) {
                enterRecovery(c, s, false);
                if (!s.control.controlsEverything()) {
                    reduce(c, s, 1, 0, false);
                }
            }
            transmitLost(c, s);
        }
        if (wait == 0) {
            Timeouts.rearmRetransmit(c, s);
        }
    }

    // ---- tail-loss probe (RFC 8985 §7.4) --------------------------------------------------------------------------------------------

    void processProbeAck(Connection c, Sender s, Acknowledgments ack, int seq) {
        if (Seq.lt(seq, s.tlpHighSeq)) {
            return;
        }
        if (!s.tlpRetransmitted) {
            s.tlpArmed = false;
        } else if (ack.dsackOfProbe) {
            s.tlpArmed = false;
        } else if (Seq.gt(seq, s.tlpHighSeq)) {
            // The probe repaired a loss: that is congestion, answered as a recovery of one round trip.
            startReduction(c, s);
            state(c, s, Sender.CWR);
            endReduction(c, s);
            keepOpen(c, s);
            tcp.count(Counter.TcpExtTCPLossProbeRecovery);
            s.tlpArmed = false;
        } else if (!ack.advanced && !ack.carriesText && !ack.windowUpdated && !ack.sackedNew) {
            s.tlpArmed = false;
        }
    }

    // ---- entering and leaving -----------------------------------------------------------------------------------------------------

    private void enterRecovery(Connection c, Sender s, boolean ece) {
        tcp.count(c.sackPermitted ? Counter.TcpExtTCPSackRecovery : Counter.TcpExtTCPRenoRecovery);
        s.priorSsthresh = 0;
        armUndo(c, s);
        if (!(s.state == Sender.CWR || s.state == Sender.RECOVERY)) {
            if (!ece) {
                s.priorSsthresh = currentSsthresh(s);
            }
            startReduction(c, s);
        }
        state(c, s, Sender.RECOVERY);
    }

    /// PRR begins (RFC 6937 §3).
    private void startReduction(Connection c, Sender s) {
        s.highSeq = c.snd.nxt;
        s.tlpArmed = false;
        s.cwndCredit = 0;
        s.priorCwnd = s.cwnd;
        s.prrDelivered = 0;
        s.prrOut = 0;
        s.ssthresh = s.control.ssthresh(c, s);
        if (c.ecn) {
            s.cwrPending = true;
        }
    }

    /// Proportional rate reduction with the slow-start reduction bound (RFC 6937 §3; RFC 9937): how much may be sent for this ACK.
    void reduce(Connection c, Sender s, int delivered, int newlyLost, boolean advanced) {
        if (delivered <= 0 || s.priorCwnd == 0) {
            return;
        }
        int inFlight = s.inFlight();
        int delta = s.ssthresh - inFlight;
        s.prrDelivered += delivered;
        int send;
        if (delta < 0) {
            send = (int) (((long) s.ssthresh * s.prrDelivered + s.priorCwnd - 1) / s.priorCwnd) - s.prrOut;
        } else {
            send = Math.max(s.prrDelivered - s.prrOut, delivered);
            if (advanced && newlyLost == 0) {
                send++;
            }
            send = Math.min(delta, send);
        }
        // The first retransmission is never held back.
        send = Math.max(send, s.prrOut > 0 ? 0 : 1);
        s.cwnd = inFlight + send;
    }

    private void endReduction(Connection c, Sender s) {
        if (s.control.controlsEverything()) {
            return;
        }
        if (s.ssthresh < Sender.INFINITE_SSTHRESH && (s.state == Sender.CWR || s.undoArmed)) {
            s.cwnd = s.ssthresh;
            s.cwndStampNs = tcp.now();
        }
        s.control.event(c, s, CongestionControl.Event.COMPLETE_CWR);
    }

    /// ECN or another local signal: one reduction per window without loss (RFC 3168 §6.1.2).
    void enterCwr(Connection c, Sender s) {
        s.priorSsthresh = 0;
        if (s.state < Sender.CWR) {
            s.undoArmed = false;
            startReduction(c, s);
            state(c, s, Sender.CWR);
        }
    }

    private void tryOpen(Connection c, Sender s, Acknowledgments ack) {
        if (!anyRetransmitted(s)) {
            s.retransmitStamped = false;
        }
        if (ack.ece) {
            enterCwr(c, s);
        }
        if (s.state != Sender.CWR) {
            keepOpen(c, s);
        }
    }

    private void keepOpen(Connection c, Sender s) {
        int next = Sender.OPEN;
        if (s.leftOut() > 0 || anyRetransmitted(s)) {
            next = Sender.DISORDER;
        }
        if (s.state != next) {
            state(c, s, next);
            s.highSeq = c.snd.nxt;
        }
    }

    /// Retransmissions under way, or the oldest segment was sent twice (a tail-loss probe counts there only).
    private boolean anyRetransmitted(Sender s) {
        Flight flight = s.flight;
        return flight.retransmittedOut() > 0 || !flight.isEmpty() && flight.is(flight.head, Flight.EVER_RETRANSMITTED);
    }

    private void state(Connection c, Sender s, int next) {
        if (s.state != next) {
            s.control.state(c, s, next);
            if (s.state == Sender.LOSS) {
                c.endTimeout(tcp.now());
            }
            s.state = next;
        }
    }

    static int currentSsthresh(Sender s) {
        return s.state == Sender.CWR || s.state == Sender.RECOVERY ? s.ssthresh : Math.max(s.ssthresh, (s.cwnd >> 1) + (s.cwnd >> 2));
    }

    // ---- undo ---------------------------------------------------------------------------------------------------------------------

    private void armUndo(Connection c, Sender s) {
        s.undoArmed = true;
        s.undoMarker = c.snd.una;
        // Retransmissions and probes under way may yet be reported as duplicates; 0 would mean that all have been.
        int underWay = s.flight.retransmittedOut() + (s.tlpArmed && s.tlpRetransmitted ? 1 : 0);
        s.undoRetransmissions = underWay > 0 ? underWay : -1;
    }

    /// Eifel: the ACK echoes a timestamp older than the first retransmission, so it is for the original (RFC 3522 §3.2).
    private boolean packetDelayed(Connection c, Sender s) {
        return s.retransmitStamped && c.timestamps && tcp.lastEchoPresent() && Seq.lt(tcp.lastEcho(), s.retransmitStamp);
    }

    private boolean mayUndo(Connection c, Sender s) {
        return s.undoArmed && (s.undoRetransmissions == 0 || packetDelayed(c, s));
    }

    private void undo(Connection c, Sender s, boolean unmarkLost) {
        Flight flight = s.flight;
        if (unmarkLost) {
            for (int id = flight.head; id - flight.tail < 0; id++) {
                flight.clear(id, Flight.LOST);
            }
            flight.retransmitHint = flight.head;
        }
        if (s.priorSsthresh != 0) {
            s.cwnd = Math.min(s.control.undoCwnd(c, s), s.cwndClamp);
            if (s.priorSsthresh > s.ssthresh) {
                s.ssthresh = s.priorSsthresh;
                s.cwrPending = false;
            }
        }
        s.cwndStampNs = tcp.now();
        s.undoArmed = false;
        s.rackAdvanced = true;
    }

    /// @return true if the episode is not left yet: without SACK it lasts until something above `high_seq` is acknowledged (RFC 6582 §4)
    private boolean undoRecovery(Connection c, Sender s) {
        if (mayUndo(c, s)) {
            tcp.count(s.state == Sender.LOSS ? Counter.TcpExtTCPLossUndo : Counter.TcpExtTCPFullUndo);
            undo(c, s, false);
        } else if (s.rackPersist > 0) {
            s.rackPersist--;
        }
        if (c.snd.una == s.highSeq && !c.sackPermitted) {
            if (!anyRetransmitted(s)) {
                s.retransmitStamped = false;
            }
            return true;
        }
        if (s.state == Sender.RECOVERY) {
            endReduction(c, s);
        }
        // The marker stays: a D-SACK that comes after the episode can still prove it needless, as on Linux.
        state(c, s, Sender.OPEN);
        s.frto = false;
        return false;
    }

    /// All retransmissions were reported as duplicates: the episode was needless (RFC 3708).
    private boolean undoDataSack(Connection c, Sender s) {
        if (s.undoArmed && s.undoRetransmissions == 0) {
            s.rackPersist = Math.min(REORDER_RECOVERIES, s.rackPersist + 1);
            tcp.count(Counter.TcpExtTCPDSACKUndo);
            undo(c, s, false);
            return true;
        }
        return false;
    }

    // ---- congestion window and transmission ---------------------------------------------------------------------------------------

    /// Grows or reduces cwnd for this ACK.
    void congestion(Connection c, Sender s, Acknowledgments ack, int seq) {
        if (s.control.controlsEverything()) {
            s.control.control(c, s, seq, ack.newlyDelivered, ack.newlyLost, ack.rttUs);
            return;
        }
        if (s.state == Sender.CWR || s.state == Sender.RECOVERY) {
            reduce(c, s, ack.newlyDelivered, ack.newlyLost, ack.advanced);
        } else if (mayRaise(s, ack)) {
            s.control.increase(c, s, seq, ack.newlyDelivered);
            s.cwndStampNs = tcp.now();
        }
        s.pacingRate = s.control.needsPacing() ? Congestion.pacingRate(c, s) : Long.MAX_VALUE;
    }

    /// Only in-order delivery lets cwnd grow (RFC 5681), unless the path is known to reorder.
    /// RFC 5681 §3.1: growth is for data that are acknowledged in order; on a path that is known to reorder, SACKed data count too, as on Linux.
    private boolean mayRaise(Sender s, Acknowledgments ack) {
        return ack.dataAcked || ack.sackedNew && s.reordering > tcp.sysctls().getInt(Sysctl.TCP_REORDERING);
    }

    /// After the ACK was digested: retransmissions first, then new text if the state wants it.
    void transmitAfter(Connection c, Sender s) {
        if (retransmitWish == REXMIT_NONE) {
            return;
        }
        int wish = retransmitWish;
        retransmitWish = REXMIT_NONE;
        if (wish == REXMIT_NEW) {
            Sending.transmitNew(c, s, Sending.currentMss(c), false);
            if (Seq.gt(c.snd.nxt, s.highSeq)) {
                return;
            }
            s.frto = false;
        }
        transmitLost(c, s);
    }

    /// Retransmits what is marked lost, as far as cwnd allows.
    void transmitLost(Connection c, Sender s) {
        boolean first = true;
        int previousEnd = 0;
        boolean sent = false;
        int together = 0;
        while (true) {
            int id = s.flight.nextToRetransmit();
            if (id == Flight.NONE || s.inFlight() >= s.cwnd) {
                break;
            }
            // As many go out at once as one transmission of new text takes.
            if (together-- == 0) {
                if (Sending.waitsForPacing(c, s)) {
                    break;
                }
                together = Sending.tsoSegments(c, s, Math.max(1, c.mss)) - 1;
            }
            boolean head = id == s.flight.head;
            int start = s.flight.start(id);
            if (!Sending.retransmit(c, s, id, false, !first && start == previousEnd)) {
                break;
            }
            previousEnd = start + c.mss;
            if (s.state == Sender.CWR || s.state == Sender.RECOVERY) {
                s.prrOut++;
            }
            tcp.count(s.state == Sender.LOSS ? Counter.TcpExtTCPSlowStartRetrans : Counter.TcpExtTCPFastRetrans);
            if (head && first && c.retransmitKind != Connection.TIMER_REORDER) {
                sent = true;
            }
            first = false;
        }
        if (sent) {
            Timeouts.restartRetransmit(c);
        }
    }

    /// Pacing allows more: retransmissions go before new text.
    void resume(Connection c) {
        Sender s = c.sender;
        if (s != null && s.flight.lostOut() > s.flight.retransmittedOut() && s.cwnd > s.inFlight()) {
            transmitLost(c, s);
        }
    }

    /// Path MTU discovery made the segments in flight too big: cut them, and send again those that a router has dropped.
    void pathMtuFell(Connection c, Sender s, int mss) {
        Flight flight = s.flight;
        boolean any = false;
        int previousLost = flight.lostOut();
        for (int id = flight.head; id - flight.tail < 0; id++) {
            if (flight.end(id) - flight.start(id) > mss && !flight.is(id, Flight.SACKED)) {
                detection.markLost(c, s, id);
                any = true;
            }
        }
        flight.cut(mss);
        if (!any || previousLost == flight.lostOut()) {
            return;
        }
        transmitWithoutReduction(c, s);
    }

    /// A handshake whose SYN-ACK timed out is over. If the ACK is for the first SYN-ACK the episode was needless (RFC 3522 §3.2); with nothing in flight it ends.
    void handshakeOver(Connection c, Sender s) {
        if (s.state != Sender.LOSS) {
            return;
        }
        boolean needless = mayUndo(c, s);
        if (needless) {
            tcp.count(Counter.TcpExtTCPLossUndo);
            undo(c, s, true);
        }
        if (s.flight.isEmpty() || needless && c.sackPermitted) {
            state(c, s, Sender.OPEN);
        }
    }

    /// The peer has taken the SYN and not its text (RFC 7413 §4.2.1): the text goes again as if it were new.
    void synTextLost(Connection c, Sender s) {
        Flight flight = s.flight;
        for (int id = flight.head; id - flight.tail < 0; id++) {
            detection.markLost(c, s, id);
        }
        transmitWithoutReduction(c, s);
    }

    /// What is lost goes again, and it was not congestion: cwnd stays.
    private void transmitWithoutReduction(Connection c, Sender s) {
        if (s.state != Sender.LOSS) {
            s.highSeq = c.snd.nxt;
            s.ssthresh = currentSsthresh(s);
            s.priorSsthresh = 0;
            s.undoArmed = false;
            state(c, s, Sender.LOSS);
        }
        transmitLost(c, s);
        Timeouts.rearmRetransmit(c, s);
    }
}
