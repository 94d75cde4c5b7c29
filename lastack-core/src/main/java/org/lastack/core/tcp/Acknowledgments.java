package org.lastack.core.tcp;

import org.lastack.core.Counter;

/// "Fifth, check the ACK field" (RFC 9293 §3.10.7.4) for connections with something in flight: cumulative acknowledgment, SACK, window, RTT. What
/// follows from it for the congestion window is [Recovery]'s. One instance per engine; its fields are the facts about the ACK at hand.
final class Acknowledgments implements SeqRanges.Gained {
    private final Tcp tcp;

    // Facts about the ACK being processed
    boolean advanced;
    boolean dataAcked;
    boolean retransmittedDataAcked;
    boolean synAcked;
    boolean sackedNew;
    boolean origSacked;
    boolean dsack;
    boolean dsackOfProbe;
    boolean windowUpdated;
    boolean carriesText;
    boolean ece;
    boolean lostRetransmission;
    boolean rearmTimer;
    boolean reordered;
    int previousUna;
    int newlyDelivered;
    int newlyLost;
    int ackedSegments;
    long rttUs;
    private long firstAckedSentNs;
    private long lastAckedSentNs;
    private long sackFirstSentNs;
    private long sackLastSentNs;
    private int reorderSeq;
    private boolean reorderSeqValid;
    private Connection current;
    private int highestSackedBefore;
    /// Before the ACK at hand: was anything SACKed, and up to where?
    private boolean priorSacked;
    private int priorHighestSacked;
    private boolean reneging;
    private boolean gained;
    private int gainedLeft;
    private int gainedRight;
    int rateRow;
    private int rateDeliveredPrior;
    private long rateDeliveredPriorNs;
    private long rateSendIntervalUs;
    private boolean rateAppLimited;
    private int rateLostPrior;
    private int rateInFlight;

    Acknowledgments(Tcp tcp, Connection none) {
        this.tcp = tcp;
        this.current = none;
    }

    private void clear(Connection c) {
        current = c;
        advanced = false;
        dataAcked = false;
        retransmittedDataAcked = false;
        synAcked = false;
        sackedNew = false;
        origSacked = false;
        dsack = false;
        dsackOfProbe = false;
        reneging = false;
        windowUpdated = false;
        carriesText = false;
        ece = false;
        lostRetransmission = false;
        rearmTimer = false;
        reordered = false;
        previousUna = c.snd.una;
        newlyLost = 0;
        ackedSegments = 0;
        rttUs = -1;
        firstAckedSentNs = 0;
        lastAckedSentNs = 0;
        sackFirstSentNs = 0;
        sackLastSentNs = 0;
        reorderSeqValid = false;
        rateRow = 0;
        rateDeliveredPrior = 0;
        rateDeliveredPriorNs = 0;
        rateSendIntervalUs = -1;
        lastDelivered = 0;
        lastIntervalUs = -1;
    }

    /// Processes the ACK field of an acceptable segment.
    ///
    /// @return false if the segment must be dropped: its ACK is outside what RFC 5961 §5 allows; the challenge ACK has been sent
    boolean process(Connection c, Segment seg) {
        int ack = seg.ack;
        if (Seq.lt(ack, c.snd.una)) {
            // RFC 5961 §5.2 (RFC 9293 MAY-12): an old ACK is fine while it is within the largest window that was ever offered.
            // Linux counts the SYN of an active open as the first octet that the peer acknowledged.
            int tolerated = (int) Math.min(Math.max(0, c.snd.maxWnd), c.bytesAcked + (c.passiveOpen ? 0 : 1));
            if (Seq.lt(ack, c.snd.una - tolerated)) {
                tcp.challenge(c);
                return false;
            }
            oldAck(c, seg);
            return true;
        }
        if (Seq.gt(ack, c.snd.nxt)) {
            // RFC 9293 §3.10.7.4: acknowledges something not yet sent.
            tcp.challenge(c);
            return false;
        }
        Sender s = c.sender;
        if (s == null) {
            c.probesOut = 0;
            c.lastAckReceivedNs = tcp.now();
            updateWindow(c, seg);
            c.snd.una = ack;
            return true;
        }
        acceptable(c, s, seg);
        return true;
    }

    private void oldAck(Connection c, Segment seg) {
        Sender s = c.sender;
        if (s == null || seg.options.sackCount == 0 || !c.sackPermitted || s.flight.isEmpty()) {
            return;
        }
        clear(c);
        int deliveredBefore = s.delivered;
        sack(c, s, seg);
        newlyDelivered = s.delivered - deliveredBefore;
        tcp.recovery().afterAck(c, s, this, 0);
        tcp.recovery().transmitAfter(c, s);
    }

    private void acceptable(Connection c, Sender s, Segment seg) {
        clear(c);
        long now = tcp.now();
        int priorPackets = s.flight.packetsOut();
        int inFlightBefore = s.inFlight();
        int deliveredBefore = s.delivered;
        int lostBefore = s.lost;
        carriesText = seg.length() > 0;
        if (Seq.gt(seg.ack, c.snd.una)) {
            advanced = true;
            c.retransmits = 0;
        }
        ece = c.ecn && seg.ece() && !seg.syn();
        updateWindow(c, seg);
        c.lastAckReceivedNs = now;
        c.probesOut = 0;
        c.softError(0);
        int bytesNewlyAcked = seg.ack - c.snd.una;
        if (priorPackets == 0) {
            nothingOutstanding(c, s, seg);
            return;
        }
        priorSacked = !s.flight.sacked.isEmpty();
        priorHighestSacked = priorSacked ? s.flight.sacked.highest() : c.snd.una;
        if (c.sackPermitted && seg.options.sackCount > 0) {
            sack(c, s, seg);
            reorderSeqValid = false;
        }
        cleanQueue(c, s, seg);
        MtuProbing probing = c.mtuProbing;
        if (probing != null) {
            probing.acked(c, s);
        }
        if (bytesNewlyAcked > 0) {
            c.bytesAcked += bytesNewlyAcked;
        }
        newlyDelivered = s.delivered - deliveredBefore;
        Recovery recovery = tcp.recovery();
        recovery.detection().updateReorderWindow(s, this);
        s.control.inAck(c, s, ece, bytesNewlyAcked);
        if (s.tlpArmed) {
            recovery.processProbeAck(c, s, this, seg.ack);
        }
        int duplicateAcks = 0;
        if (!reneging && recovery.dubious(s, this)) {
            if (!advanced && !windowUpdated && !carriesText && !synAcked && !dsack) {
                duplicateAcks = Math.max(1, seg.ip.gsoSize > 0 ? seg.dataLength / seg.ip.gsoSize : 1);
            }
            recovery.afterAck(c, s, this, duplicateAcks);
        }
        if (rearmTimer) {
            Timeouts.setTransmitTimer(c, s);
        }
        newlyDelivered = s.delivered - deliveredBefore;
        newlyLost = s.lost - lostBefore;
        rateSample(c, s, now);
        s.control.acknowledged(c, s, ackedSegments, rttUs, inFlightBefore);
        recovery.congestion(c, s, this, seg.ack);
        if (s.flight.isEmpty()) {
            Chronograph.update(c, s);
        }
        recovery.transmitAfter(c, s);
        s.flight.releaseIfEmpty();
    }

    /// An ACK while nothing is in flight: it may open a closed window, end a tail-loss probe, or report by D-SACK that the last recovery was
    /// needless (RFC 3708).
    private void nothingOutstanding(Connection c, Sender s, Segment seg) {
        if (c.sackPermitted && seg.options.sackCount > 0 && checkDuplicate(c, s, seg) && dsack) {
            tcp.recovery().afterAck(c, s, this, 0);
        }
        advanceUna(c, s, seg.ack);
        Timeouts.ackOfProbe(c, s);
        if (s.tlpArmed) {
            tcp.recovery().processProbeAck(c, s, this, seg.ack);
        }
    }

    // ---- window -------------------------------------------------------------------------------------------------------------------

    /// RFC 9293 §3.10.7.4: the send window moves only with segments newer than the last that moved it. MUST-34: it may shrink.
    private void updateWindow(Connection c, Segment seg) {
        int window = seg.syn() ? seg.window : seg.window << c.snd.scale;
        if (Seq.gt(seg.ack, c.snd.una) || Seq.gt(seg.seq, c.snd.wl1) || (seg.seq == c.snd.wl1 && (window > c.snd.wnd || window == 0))) {
            windowUpdated = c.snd.wnd != window;
            c.snd.wl1 = seg.seq;
            c.snd.wl2 = seg.ack;
            if (c.snd.wnd != window) {
                c.snd.wnd = window;
                if (window > c.snd.maxWnd) {
                    c.snd.maxWnd = window;
                    if (c.mss > 0) {
                        Sending.syncMss(c);
                    }
                }
            }
        }
    }

    private void advanceUna(Connection c, Sender s, int ack) {
        int from = c.textBase();
        int to = Seq.min(ack, c.snd.writeEnd);
        SendNotices notices = c.notices;
        if (notices != null) {
            notices.acknowledged(c, ack);
        }
        if (Seq.gt(to, from)) {
            s.bytes.drop(to - from);
            if (to == c.snd.writeEnd) {
                s.bytes.clear();
            }
        }
        if (c.snd.up == c.snd.una || Seq.gt(ack, c.snd.up)) {
            // Urgent data that was acknowledged is past: the pointer moves along, so that it never falls out of comparison range.
            c.snd.up = ack;
        }
        c.snd.una = ack;
    }

    /// Our SYN was acknowledged: its row leaves the queue and gives the first RTT sample.
    void synAcknowledged(Connection c, Sender s, Segment seg) {
        Flight flight = s.flight;
        if (!flight.isEmpty() && flight.is(flight.head, Flight.SYN)) {
            if (!flight.is(flight.head, Flight.EVER_RETRANSMITTED)) {
                RoundTrip.sample(c, Math.max(1, (tcp.now() - flight.sentNs(flight.head)) / 1000));
            } else if (c.timestamps && seg.options.hasTimestamps && seg.options.timestampEcho != 0) {
                int deltaMs = tcp.timestamp(c.tsOffset) - seg.options.timestampEcho;
                if (deltaMs >= 0 && deltaMs < 120_000) {
                    RoundTrip.sample(c, Math.max(1, deltaMs) * 1000L);
                }
            }
            flight.removeHead();
            s.delivered++;
        }
        c.snd.una = c.snd.iss + 1;
        c.synUnacked = false;
        c.snd.up = c.snd.una;
        s.retransmitStamped = false;
        s.highSeq = c.snd.nxt;
        c.retransmits = 0;
        c.endTimeout(tcp.now());
        c.backoff = 0;
        c.retransmitSinceNs = 0;
        c.lastAckReceivedNs = tcp.now();
        c.stopRetransmitTimer();
    }

    // ---- SACK ---------------------------------------------------------------------------------------------------------------------

    /// Marks what the blocks report (RFC 2018 §5, RFC 6675 §3 Update). Blocks that lie outside `[una, nxt]`, are empty or inverted are ignored
    /// (SECURITY R-09); work is bounded by what is newly reported.
    private void sack(Connection c, Sender s, Segment seg) {
        int first = checkDuplicate(c, s, seg) ? 1 : 0;
        highestSackedBefore = s.flight.sacked.isEmpty() ? c.snd.una : s.flight.sacked.highest();
        for (int i = first; i < seg.options.sackCount; i++) {
            int left = seg.options.sackLeft[i];
            int right = seg.options.sackRight[i];
            if (Seq.ge(left, right) || Seq.gt(right, c.snd.nxt) || Seq.lt(left, c.snd.una)) {
                if (Seq.gt(left, c.snd.una) || Seq.gt(right, c.snd.nxt)) {
                    tcp.count(Counter.TcpExtTCPSACKDiscard);
                }
                if (Seq.ge(left, right) || Seq.gt(right, c.snd.nxt) || Seq.le(right, c.snd.una)) {
                    continue;
                }
                left = c.snd.una;
            }
            gained = false;
            s.flight.ownSacked().add(left, right, this);
            if (gained) {
                markGained(s);
            }
        }
        if (reorderSeqValid && (s.state != Sender.LOSS || s.undoArmed)) {
            tcp.recovery().detection().reordering(c, s, reorderSeq, true);
        }
    }

    /// RFC 2883 §4: a first block below the cumulative ACK, or inside the second block, reports a duplicate.
    private boolean checkDuplicate(Connection c, Sender s, Segment seg) {
        int left = seg.options.sackLeft[0];
        int right = seg.options.sackRight[0];
        boolean duplicate = false;
        if (Seq.lt(left, seg.ack)) {
            duplicate = true;
        } else if (seg.options.sackCount > 1 && Seq.le(right, seg.options.sackRight[1]) && Seq.ge(left, seg.options.sackLeft[1])) {
            duplicate = true;
        }
        if (!duplicate || Seq.ge(left, right) || Seq.gt(right, c.snd.nxt)) {
            return duplicate && Seq.lt(left, seg.ack);
        }
        int mss = Math.max(1, c.mss);
        int segments = Math.max(1, (right - left + mss - 1) / mss);
        c.dsackDuplicates += segments;
        if (right - left > c.snd.maxWnd || c.dsackDuplicates > c.totalRetransmits) {
            // Larger than any window, or more than was ever sent twice: the network has duplicated it, or somebody lies.
            return Seq.lt(left, seg.ack);
        }
        dsack = true;
        tcp.count(Counter.TcpExtTCPDSACKRecv);
        dsackOfProbe = s.tlpArmed && right - left <= mss && right == s.tlpHighSeq;
        // RFC 8985 §6.2, step 4: the window adapts where the path reorders; a probe is needless for reasons of its own.
        s.rackDsack |= s.reorderingSeen && !dsackOfProbe;
        // A needless retransmission was delivered too.
        s.delivered += segments;
        // A needless retransmission counts against the episode that might be undone.
        if (s.undoArmed && s.undoRetransmissions > 0 && Seq.gt(right, s.undoMarker)) {
            s.undoRetransmissions = Math.max(0, s.undoRetransmissions - segments);
        }
        return true;
    }

    /// Octets `[left, right)` are reported for the first time.
    @Override
    public void gained(int left, int right) {
        if (!gained) {
            gained = true;
            gainedLeft = left;
        }
        gainedRight = right;
    }

    /// Marks every segment around the newly reported octets that lies wholly inside what is known now.
    private void markGained(Sender s) {
        Flight flight = s.flight;
        for (int id = flight.firstEndingAbove(gainedLeft); id - flight.tail < 0 && Seq.lt(flight.start(id), gainedRight); id++) {
            if (!flight.is(id, Flight.SACKED) && flight.sacked.contains(flight.start(id), flight.end(id))) {
                mark(s, flight, id);
            }
        }
    }

    private void mark(Sender s, Flight flight, int id) {
        int flags = flight.flags(id);
        sackedNew = true;
        if ((flags & Flight.EVER_RETRANSMITTED) == 0) {
            if (Seq.lt(flight.start(id), highestSackedBefore)) {
                if (!reorderSeqValid || Seq.lt(flight.start(id), reorderSeq)) {
                    reorderSeq = flight.start(id);
                    reorderSeqValid = true;
                }
            }
            if (Seq.le(flight.end(id), s.highSeq)) {
                origSacked = true;
            }
            if (sackFirstSentNs == 0) {
                sackFirstSentNs = flight.sentNs(id);
            }
            sackLastSentNs = flight.sentNs(id);
        }
        if ((flags & Flight.LOST) != 0) {
            flight.clear(id, Flight.LOST | Flight.RETRANSMITTED);
        }
        flight.set(id, Flight.SACKED);
        LossDetection.rackAdvance(s, current, flight.end(id), flight.sentNs(id), (flags & Flight.EVER_RETRANSMITTED) != 0);
        rateDelivered(s, id);
        flight.unlink(id);
        s.delivered++;
        if (ece) {
            s.deliveredCe++;
        }
    }

    // ---- cumulative acknowledgment ------------------------------------------------------------------------------------------------

    /// Removes what SEG.ACK covers from the retransmission queue (RFC 9293 §3.10.7.4) and takes RTT samples (RFC 6298 §3, Karn).
    private void cleanQueue(Connection c, Sender s, Segment seg) {
        Flight flight = s.flight;
        long now = tcp.now();
        int ack = seg.ack;
        boolean finAcked = false;
        int reorderEdge = priorHighestSacked;
        boolean anySacked = priorSacked;
        int ackedBefore = s.renoSacked;
        while (!flight.isEmpty() && Seq.le(flight.end(flight.head), ack)) {
            int id = flight.head;
            int flags = flight.flags(id);
            if ((flags & Flight.EVER_RETRANSMITTED) != 0) {
                // Probes too: which of the transmissions is acknowledged cannot be told (Karn).
                retransmittedDataAcked = true;
            } else if ((flags & Flight.SACKED) == 0) {
                lastAckedSentNs = flight.sentNs(id);
                if (firstAckedSentNs == 0) {
                    firstAckedSentNs = lastAckedSentNs;
                }
                if (anySacked && Seq.lt(flight.start(id), reorderEdge) && (!reorderSeqValid || Seq.lt(flight.start(id), reorderSeq))) {
                    reorderSeq = flight.start(id);
                    reorderSeqValid = true;
                }
                if (Seq.le(flight.end(id), s.highSeq)) {
                    origSacked = true;
                }
            }
            if ((flags & Flight.SACKED) == 0) {
                s.delivered++;
                if (ece) {
                    s.deliveredCe++;
                }
                rateDelivered(s, id);
                if (c.sackPermitted) {
                    LossDetection.rackAdvance(s, c, flight.end(id), flight.sentNs(id), (flags & Flight.EVER_RETRANSMITTED) != 0);
                }
            }
            if ((flags & Flight.SYN) != 0) {
                synAcked = true;
                s.retransmitStamped = false;
            } else {
                dataAcked = true;
            }
            finAcked |= (flags & Flight.FIN) != 0;
            ackedSegments++;
            flight.removeHead();
        }
        advanceUna(c, s, ack);
        flight.sacked.dropBelow(ack);
        if (!flight.isEmpty() && flight.is(flight.head, Flight.SACKED) && advanced) {
            // RFC 2018 §8: the peer has discarded what it had reported.
            reneged(c, s);
        }
        if (ackedSegments == 0) {
            if (sackedNew && sackFirstSentNs != 0) {
                takeSample(c, seg, now);
            }
            return;
        }
        if (!c.sackPermitted) {
            renoAcked(s, ackedBefore);
            // RFC 5682 §2: without SACK an ACK that covers a retransmission says nothing about what was sent once.
            origSacked &= !retransmittedDataAcked;
        } else if (reorderSeqValid && anySacked) {
            // A hole was filled by something that was sent only once.
            tcp.recovery().detection().reordering(c, s, reorderSeq, false);
        }
        takeSample(c, seg, now);
        rearmTimer = !reneging;
        if (finAcked) {
            c.tcp.finAcked(c);
        }
    }

    /// Without SACK duplicate ACKs stand for segments that left; those at the front are the ones now acknowledged.
    private void renoAcked(Sender s, int before) {
        if (s.renoSacked > 0) {
            int covered = ackedSegments;
            if (covered - 1 >= s.renoSacked) {
                s.renoSacked = 0;
            } else {
                s.renoSacked -= Math.max(0, covered - 1);
            }
            // What was counted as delivered when the duplicate ACKs came is not delivered again.
            s.delivered -= Math.min(Math.max(0, covered - 1), before);
            LossDetection.limitRenoSacked(s);
        }
    }

    private void takeSample(Connection c, Segment seg, long now) {
        long sampleUs = -1;
        if (firstAckedSentNs != 0 && !retransmittedDataAcked) {
            sampleUs = (now - firstAckedSentNs) / 1000;
            rttUs = (now - lastAckedSentNs) / 1000;
        }
        if (sackFirstSentNs != 0) {
            if (sampleUs < 0) {
                sampleUs = (now - sackFirstSentNs) / 1000;
            }
            rttUs = (now - sackLastSentNs) / 1000;
        }
        if (sampleUs < 0 && c.timestamps && seg.options.hasTimestamps && seg.options.timestampEcho != 0 && ackedSegments > 0) {
            // RFC 7323 §4.1, RTTM; a negative or absurd echo is no sample (SECURITY M-07).
            int deltaMs = tcp.timestamp(c.tsOffset) - seg.options.timestampEcho;
            if (deltaMs >= 0 && deltaMs < 120_000) {
                sampleUs = Math.max(1, deltaMs) * 1000L;
                rttUs = sampleUs;
            }
        }
        if (sampleUs >= 0) {
            RoundTrip.sample(c, Math.max(1, sampleUs), Math.max(1, rttUs), mayBeDelayed(c));
            // RFC 6298 §5.7 and Karn: a valid sample ends the back-off.
            c.backoff = 0;
        }
    }

    /// True if the ACK covers so little that the peer's delayed-ACK timer may have sent it: its RTT says nothing about the path.
    private boolean mayBeDelayed(Connection c) {
        Sender s = c.sender;
        return s != null && ackedSegments == 1 && dataAcked && !sackedNew && s.state == Sender.OPEN && c.snd.una - previousUna < c.mss
                && rateDeliveredPrior + 1 == s.delivered;
    }

    private void reneged(Connection c, Sender s) {
        reneging = true;
        // As Linux: wait a moment, then treat it as a time-out.
        c.retransmitTimer(Connection.TIMER_RETRANSMIT, tcp.now() + Math.max(10_000_000L, c.srttUs8 / 16 * 1000L));
        rearmTimer = false;
    }

    // ---- delivery rate ------------------------------------------------------------------------------------------------------------

    private void rateDelivered(Sender s, int id) {
        Flight flight = s.flight;
        long sentNs = flight.sentNs(id);
        long deliveredNs = flight.deliveredNsAtSend(id);
        if (rateSendIntervalUs < 0 || flight.deliveredAtSend(id) - rateDeliveredPrior > 0
                || flight.deliveredAtSend(id) == rateDeliveredPrior && sentNs > s.firstSentNs) {
            rateDeliveredPrior = flight.deliveredAtSend(id);
            rateDeliveredPriorNs = deliveredNs;
            rateAppLimited = flight.is(id, Flight.APP_LIMITED);
            rateLostPrior = flight.lostAtSend(id);
            rateInFlight = flight.inFlightAtSend(id);
            rateSendIntervalUs = Math.max(0, (sentNs - flight.firstSentNsAtSend(id)) / 1000);
            s.firstSentNs = sentNs;
            rateRow++;
        }
    }

    private void rateSample(Connection c, Sender s, long now) {
        if (s.appLimitedUntil != 0 && s.delivered - s.appLimitedUntil > 0) {
            s.appLimitedUntil = 0;
        }
        if (rateRow == 0 || newlyDelivered <= 0) {
            return;
        }
        s.deliveredNs = now;
        long ackIntervalUs = Math.max(0, (now - rateDeliveredPriorNs) / 1000);
        long intervalUs = Math.max(ackIntervalUs, rateSendIntervalUs);
        int delivered = s.delivered - rateDeliveredPrior;
        if (intervalUs < (c.minRttUs == Integer.MAX_VALUE ? 0 : c.minRttUs) || intervalUs == 0) {
            return;
        }
        if (!rateAppLimited || (long) delivered * s.rateIntervalUs >= (long) s.rateDelivered * intervalUs || s.rateIntervalUs == 0) {
            s.rateDelivered = delivered;
            s.rateIntervalUs = intervalUs;
            s.rateAppLimited = rateAppLimited;
        }
        lastDelivered = delivered;
        lastIntervalUs = intervalUs;
        lastPriorDelivered = rateDeliveredPrior;
        lastAppLimited = rateAppLimited;
        lastLost = s.lost - rateLostPrior;
        lastInFlight = rateInFlight;
    }

    /// The latest delivery-rate sample, for algorithms that use it: segments, microseconds, `delivered` when the sampled segment was sent.
    int lastDelivered;
    long lastIntervalUs;
    int lastPriorDelivered;
    boolean lastAppLimited;
    /// Segments in flight when the sampled segment was sent, itself included, and lost since then.
    int lastInFlight;
    int lastLost;
}
