package org.lastack.core.tcp;

import org.lastack.core.Counter;
import org.lastack.core.Errno;
import org.lastack.core.socket.InetSocket;

/// RFC 9293 §3.10.7.4: a segment arrives in SYN-RECEIVED (of an active open), ESTABLISHED, FIN-WAIT-1, FIN-WAIT-2, CLOSE-WAIT, CLOSING or LAST-ACK. The
/// eight steps in the order of the text.
final class SegmentArrives {
    /// RFC 7323 §5.5: a TS.Recent older than this no longer proves anything.
    private static final long PAWS_IDLE_NS = 24L * 86_400 * 1_000_000_000L;

    private SegmentArrives() {}

    static void process(Tcb c, Segment seg) {
        Timeouts.heard(c);
        if (!seg.hasAck() && !seg.rst() && !seg.syn()) {
            c.tcp.count(Counter.TcpInErrs);
            return;
        }
        if (c.awaitsHandshake() && !c.tcp.fastOpenServer().expected(c, seg)) {
            return;
        }
        if (!firstCheckSequence(c, seg)) {
            return;
        }
        if (seg.rst()) {
            secondCheckRst(c, seg);
            return;
        }
        // Third, security: RFC 9293 §A.1, we have none.
        if (seg.syn() && !fourthCheckSyn(c, seg)) {
            return;
        }
        rest(c, seg);
    }

    /// The segment that completed the handshake is the first one of the child: its ACK, text and FIN are processed now.
    static void firstOfChild(Tcb c, Segment seg) {
        rest(c, seg);
    }

    private static void rest(Tcb c, Segment seg) {
        TcpState before = c.tcpState();
        if (!fifthCheckAck(c, seg)) {
            return;
        }
        if (c.tcpState() == TcpState.CLOSED) {
            return;
        }
        if (before != c.tcpState() && c.orphan && rejectsText(c, seg)) {
            return;
        }
        Receiving.sixthCheckUrg(c, seg);
        if (!seventhText(c, seg)) {
            return;
        }
        if (c.tcpState() != TcpState.CLOSED) {
            Acknowledging.afterSegment(c);
            c.tcp.wantOutput(c);
        }
    }

    // ---- first, check sequence number ------------------------------------------------------------------------------------------------

    private static boolean firstCheckSequence(Tcb c, Segment seg) {
        if (c.timestamps && seg.options.hasTimestamps && pawsRejects(c, seg)) {
            // RFC 7323 §5.3 R1: before the acceptability check; not for RST.
            if (!seg.rst()) {
                if (seg.syn()) {
                    c.tcp.challenge(c);
                } else if (seg.length() == 0 && seg.hasAck() && Seq.lt(seg.seq, c.rcv.nxt)) {
                    // An overtaken ACK of the past is common, and to answer ACKs with ACKs helps nobody: counted only, as in Linux.
                    c.tcp.count(Counter.TcpExtPAWSOldAck);
                } else {
                    c.tcp.count(Counter.TcpExtPAWSEstab);
                    unacceptable(c, seg);
                }
                return false;
            }
        }
        if (acceptable(c, seg)) {
            return true;
        }
        if (seg.rst()) {
            // An RST outside the window is dropped, except the one that follows the FIN it answers.
            if (resetAfterFin(c, seg)) {
                resetBySegment(c);
            }
            return false;
        }
        if (seg.syn()) {
            c.tcp.count(Counter.TcpExtTCPSYNChallenge);
            c.tcp.challenge(c);
            return false;
        }
        unacceptable(c, seg);
        return false;
    }

    /// The four cases of the RFC's table, with one addition: a segment that begins inside the window and ends beyond it is taken whole while
    /// nothing waits for the reader, else not at all (Linux 6.18; it is not trimmed).
    private static boolean acceptable(Tcb c, Segment seg) {
        int end = seg.end();
        if (Seq.lt(end, c.rcv.wup)) {
            return false;
        }
        int edge = c.rcv.nxt + c.rcv.window();
        if (!Seq.gt(end, edge)) {
            // Also with a window of zero: RST, URG and ACK of such a segment count (RFC 9293 §3.4, MUST-66).
            return true;
        }
        if (Seq.gt(seg.seq, edge)) {
            return false;
        }
        return c.unread() == 0;
    }

    private static boolean pawsRejects(Tcb c, Segment seg) {
        if (c.tsRecent == 0 || Seq.ge(seg.options.timestampValue, c.tsRecent)) {
            return false;
        }
        if (c.tcp.now() - c.tsRecentStampNs > PAWS_IDLE_NS) {
            return false;
        }
        return !disorderedAck(c, seg);
    }

    /// A pure ACK that was overtaken within about one RTO, and says nothing new, is harmless.
    private static boolean disorderedAck(Tcb c, Segment seg) {
        int window = seg.window << c.snd.scale;
        return seg.length() == 0 && seg.hasAck() && seg.seq == c.rcv.nxt && seg.ack == c.snd.una && seg.seq == c.snd.wl1 && window <= c.snd.wnd && window != 0
                && c.tsRecent - seg.options.timestampValue <= c.rtoUs / 1000 * 6 / 5;
    }

    /// <SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK> for an unacceptable segment, rate limited where two confused ends could play ping-pong (SECURITY B-13).
    private static void unacceptable(Tcb c, Segment seg) {
        boolean hasText = seg.length() > 0;
        if (!hasText && c.tcp.limited(c)) {
            return;
        }
        if (hasText && Seq.lt(seg.seq, c.rcv.nxt)) {
            Receiving.duplicate(c, seg.seq, seg.end());
        }
        c.tcp.output().ack(c);
    }

    // ---- second, check the RST bit ---------------------------------------------------------------------------------------------------

    /// RFC 5961 §3.2: exactly RCV.NXT resets; elsewhere in the window a challenge ACK. Linux also takes the right edge of SACKed text, and we do too.
    /// Text on it does not matter (RFC 9293 §3.5.3, SHLD-2).
    private static void secondCheckRst(Tcb c, Segment seg) {
        Receiver receiver = c.receiver;
        boolean exact = seg.seq == c.rcv.nxt || resetAfterFin(c, seg);
        if (!exact && receiver != null && c.sackPermitted && !receiver.islands.isEmpty()) {
            exact = seg.seq == receiver.islands.highest();
        }
        if (exact) {
            resetBySegment(c);
        } else {
            c.tcp.fastOpenClient().inexactReset(c);
            c.tcp.challenge(c);
        }
    }

    private static boolean resetAfterFin(Tcb c, Segment seg) {
        return seg.seq == c.rcv.nxt - 1 && switch (c.tcpState()) {
            case CLOSE_WAIT, LAST_ACK, CLOSING -> true;
            case CLOSED, LISTEN, SYN_SENT, SYN_RECEIVED, ESTABLISHED, FIN_WAIT_1, FIN_WAIT_2, TIME_WAIT -> false;
        };
    }

    private static void resetBySegment(Tcb c) {
        c.tcp.output().resets.add(c, ResetReason.BY_PEER);
        switch (c.tcpState()) {
            // RFC 9293 §3.10.7.4 would have "refused" after a simultaneous open; Linux returns ECONNRESET there, so do we.
            case SYN_RECEIVED -> c.tcp.reset(c, Errno.ECONNRESET);
            case CLOSE_WAIT -> {
                c.tcp.count(Counter.TcpEstabResets);
                c.tcp.reset(c, Errno.EPIPE);
            }
            case ESTABLISHED -> {
                c.tcp.count(Counter.TcpEstabResets);
                c.tcp.reset(c, Errno.ECONNRESET);
            }
            case FIN_WAIT_1, FIN_WAIT_2, CLOSING, LAST_ACK -> c.tcp.reset(c, Errno.ECONNRESET);
            case CLOSED, LISTEN, SYN_SENT, TIME_WAIT -> throw new IllegalStateException("RST step in " + c.tcpState());
        }
    }

    // ---- fourth, check the SYN bit ---------------------------------------------------------------------------------------------------

    /// RFC 5961 §4.2: a challenge ACK in every synchronized state. In SYN-RECEIVED of a simultaneous open the peer's SYN-ACK is welcome.
    private static boolean fourthCheckSyn(Tcb c, Segment seg) {
        if (c.tcpState() == TcpState.SYN_RECEIVED && seg.hasAck() && seg.length() == 1 && seg.seq + 1 == c.rcv.nxt && seg.ack == c.snd.nxt) {
            return true;
        }
        c.tcp.count(Counter.TcpExtTCPSYNChallenge);
        c.tcp.challenge(c);
        return false;
    }

    // ---- fifth, check the ACK field --------------------------------------------------------------------------------------------------

    private static boolean fifthCheckAck(Tcb c, Segment seg) {
        if (!seg.hasAck()) {
            return false;
        }
        if (c.awaitsHandshake()) {
            if (!c.tcp.fastOpenServer().acknowledged(c, seg)) {
                return false;
            }
        } else if (c.tcpState() == TcpState.SYN_RECEIVED && !synReceived(c, seg)) {
            return false;
        }
        updateRecentTimestamp(c, seg);
        if (c.ecn) {
            ecn(c, seg);
        }
        c.tcp.lastEcho(seg.options.hasTimestamps, seg.options.timestampEcho);
        return c.tcp.acknowledgments().process(c, seg);
    }

    /// The ACK of our SYN in a simultaneous open, or of the SYN-ACK: ESTABLISHED (or a reset, if it acknowledges something else).
    private static boolean synReceived(Tcb c, Segment seg) {
        if (!Seq.gt(seg.ack, c.snd.una) || Seq.gt(seg.ack, c.snd.nxt)) {
            c.tcp.output().resetFor(seg, TcpState.SYN_RECEIVED, ResetReason.BAD_ACK);
            return false;
        }
        Sender s = c.sender();
        boolean synLost = c.totalRetransmits > 0;
        c.snd.wl1 = seg.seq;
        c.snd.wl2 = seg.ack;
        c.snd.wnd = seg.syn() ? seg.window : seg.window << c.snd.scale;
        c.snd.maxWnd = Math.max(c.snd.maxWnd, c.snd.wnd);
        c.tcp.acknowledgments().synAcknowledged(c, s, seg);
        c.enter(TcpState.ESTABLISHED);
        c.becameEstablished(s, synLost);
        if ((c.shutdownMask() & InetSocket.SEND_SHUTDOWN) != 0) {
            c.shutdown(InetSocket.SHUT_WR);
        }
        c.raise(InetSocket.POLLOUT);
        if (seg.syn()) {
            // The peer's SYN came before: reported as a duplicate, as any other (RFC 2883 §4.1).
            Receiving.duplicate(c, seg.seq, seg.end());
            c.ackNow = true;
            c.ackPending = true;
        }
        return true;
    }

    /// RFC 7323 §4.3: TS.Recent follows segments that cover the last ACK that was sent.
    private static void updateRecentTimestamp(Tcb c, Segment seg) {
        // RFC 7323 §5.5: a value that is older than 24 days says nothing any more; any newcomer replaces it.
        boolean newer = Seq.ge(seg.options.timestampValue, c.tsRecent) || c.tcp.now() - c.tsRecentStampNs > PAWS_IDLE_NS;
        // Only with an ACK that counts: neither old nor beyond what was sent.
        boolean counts = Seq.ge(seg.ack, c.snd.una) && Seq.le(seg.ack, c.snd.nxt);
        if (c.timestamps && counts && seg.options.hasTimestamps && Seq.le(seg.seq, c.rcv.wup) && newer) {
            c.tsRecent = seg.options.timestampValue;
            c.tsRecentStampNs = c.tcp.now();
        }
    }

    /// RFC 3168 §6.1.3 (RFC 9293 §3.8.2, SHLD-8): CE is echoed until CWR comes.
    private static void ecn(Tcb c, Segment seg) {
        if (seg.cwr()) {
            c.ecnDemandCwr = false;
            if (seg.dataLength > 0) {
                c.ackNow = true;
            }
        }
        boolean precise = seg.dataLength > 0 && CongestionControls.needsEcn(c.congestionName());
        if (seg.dataLength == 0) {
            // Only text is marked: what an ACK or a lone FIN says about the path is not believed (RFC 3168 §6.1.4; Linux).
            return;
        }
        if (seg.ce()) {
            if (precise) {
                Sender s = c.sender();
                s.control.event(c, s, CongestionControl.Event.ECN_IS_CE);
            }
            if (!c.ecnDemandCwr) {
                boolean first = c.ackTimeoutUs == 0 && seg.dataLength > 0;
                Acknowledging.enterQuickMode(c, 2);
                if (first) {
                    // The first text of a connection has its own rule, which still comes.
                    c.ackTimeoutUs = 0;
                }
                c.ecnDemandCwr = true;
            }
            c.ecnSeen = true;
        } else if ((seg.ip.tos & 3) != 0) {
            if (precise) {
                Sender s = c.sender();
                s.control.event(c, s, CongestionControl.Event.ECN_NO_CE);
            }
            c.ecnSeen = true;
        }
    }

    // ---- seventh and eighth: text and FIN ----------------------------------------------------------------------------------------------

    /// An orphan whose FIN has just been acknowledged must not take text: nobody will read it (RFC 9293 §3.6.1, SHLD-3).
    private static boolean rejectsText(Tcb c, Segment seg) {
        if (c.tcpState() == TcpState.FIN_WAIT_2 && seg.length() > 0 && Seq.gt(seg.seq + seg.dataLength, c.rcv.nxt)) {
            abortOnData(c, seg);
            return true;
        }
        return false;
    }

    private static boolean seventhText(Tcb c, Segment seg) {
        switch (c.tcpState()) {
            case ESTABLISHED -> Receiving.seventhProcessText(c, seg);
            case FIN_WAIT_1, FIN_WAIT_2 -> {
                // A FIN further on says that there is text before it.
                if ((c.shutdownMask() & InetSocket.RCV_SHUTDOWN) != 0 && seg.length() > 0
                        && Seq.gt(seg.seq + seg.dataLength, c.rcv.nxt)) {
                    abortOnData(c, seg);
                    return false;
                }
                Receiving.seventhProcessText(c, seg);
            }
            case CLOSE_WAIT, CLOSING, LAST_ACK -> {
                // The peer said that it had no more: new text is ignored, old segments are acknowledged again. Text over the FIN's own number cannot come from a
                // peer in its senses: Linux resets, so do we.
                if (Seq.lt(seg.seq, c.rcv.nxt) && seg.length() > 0) {
                    if (Seq.gt(seg.seq + seg.dataLength, c.rcv.nxt)) {
                        abortOnData(c, seg);
                        return false;
                    }
                    Receiving.duplicate(c, seg.seq, seg.end());
                }
            }
            case SYN_RECEIVED -> {
                // Only with an ACK that did not complete the handshake; it was refused above.
            }
            case CLOSED, TIME_WAIT -> {
                // The fifth step ended the connection.
                return false;
            }
            case LISTEN, SYN_SENT -> throw new IllegalStateException("text step in " + c.tcpState());
        }
        return true;
    }

    private static void abortOnData(Tcb c, Segment seg) {
        c.tcp.count(Counter.TcpExtTCPAbortOnData);
        c.tcp.output().resetFor(seg, c.tcpState(), ResetReason.DATA_AFTER_CLOSE);
        c.tcp.reset(c, c.tcpState() == TcpState.CLOSE_WAIT ? Errno.EPIPE : Errno.ECONNRESET);
    }
}
