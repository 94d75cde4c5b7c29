package org.lastack.core.tcp;

import org.lastack.core.Counter;
import org.lastack.core.Sysctl;
import org.lastack.core.ip.Route;
import org.lastack.wire.TcpHeader;

/// When to send what: the sender's half of RFC 9293 §3.8.6.2.1 (silly windows), §3.7.4 (Nagle), the congestion window, and the choice of segment
/// sizes. Also the retransmission of single segments.
final class Sending {
    /// MSS if the peer does not announce one (RFC 9293 §3.7.1, MUST-15).
    static final int DEFAULT_MSS_V4 = 536;
    static final int DEFAULT_MSS_V6 = 1220;
    private static final long DEFER_NS = 1_000_000;
    private static final int MAX_SUPER_SEGMENT = 65_536 - 1 - 40 - TcpHeader.MAX_LENGTH;

    private Sending() {}

    // ---- MSS ----------------------------------------------------------------------------------------------------------------------

    /// The MSS that we announce on this route: what a packet of its MTU can carry (RFC 9293 §3.7.1, MUST-67; SHLD-6).
    static int advertisedMss(Route route, boolean v4) {
        int fromMtu = Math.min(route.mtu(), 65_535) - (v4 ? 20 : 40) - TcpHeader.MIN_LENGTH;
        return route.advMss > 0 ? Math.min(route.advMss, fromMtu) : fromMtu;
    }

    /// Derives [Connection#mss] from the peer's MSS and the path MTU (RFC 9293 §3.7.1, MUST-16), when either has changed.
    static void syncMss(Connection c) {
        Route route = c.tcp.output().route(c);
        int pathMtu = route == null ? 1280 : c.tcp.ip().pathMtu(route, c.remoteHigh(), c.remoteLow());
        int fromPath = pathMtu - (c.v4() ? 20 : 40) - TcpHeader.MIN_LENGTH;
        int limit = c.userMss > 0 ? Math.min(c.userMss, c.peerMss) : c.peerMss;
        int mss = Math.max(Math.min(fromPath, limit), c.tcp.sysctls().getInt(Sysctl.TCP_MIN_SND_MSS)) - c.fixedOptions();
        c.mssPathMtu = pathMtu;
        MtuProbing probing = c.mtuProbing;
        c.mss = probing == null ? boundToHalfWindow(c, mss) : probing.bound(c, boundToHalfWindow(c, mss));
    }

    /// Against peers with tiny windows: never more than half of the largest window they ever offered, so that two segments can be under way.
    private static int boundToHalfWindow(Connection c, int mss) {
        int cutoff = Integer.compareUnsigned(c.snd.maxWnd, 536) > 0 ? c.snd.maxWnd >>> 1 : c.snd.maxWnd;
        return cutoff > 0 && mss > cutoff ? Math.max(cutoff, 68 - TcpHeader.MIN_LENGTH - c.fixedOptions()) : mss;
    }

    /// Octets of text in the next segment: the MSS less the SACK blocks that will ride along.
    static int currentMss(Connection c) {
        Route route = c.tcp.output().route(c);
        if (route != null && c.tcp.ip().pathMtu(route, c.remoteHigh(), c.remoteLow()) != c.mssPathMtu) {
            syncMss(c);
        }
        return c.mss - Output.sackOctets(c);
    }

    // ---- new text -----------------------------------------------------------------------------------------------------------------

    /// Sends what windows and Nagle allow, then sees to the timers.
    static void push(Connection c) {
        if (c.unsent() == 0 && !c.finQueued) {
            // A push asked for while nothing waits is not kept for what is written later.
            c.pushOnce = false;
            return;
        }
        if (!c.tcpState().synchronizedState() && c.tcpState() != TcpState.SYN_RECEIVED) {
            return;
        }
        if (c.tcpState() == TcpState.SYN_RECEIVED && !c.passiveOpen) {
            return;
        }
        Sender s = c.sender();
        boolean idle = s.flight.isEmpty();
        if (idle) {
            restartAfterIdle(c, s);
        }
        transmitNew(c, s, currentMss(c), false);
        c.pushOnce = false;
        c.holdsPartial = false;
        if (s.flight.isEmpty() && c.retransmitKind == Connection.TIMER_NONE && c.snd.nxt != finEnd(c)) {
            Timeouts.startProbing(c);
        }
        Chronograph.update(c, s);
    }

    /// Everything sent, FIN included?
    private static int finEnd(Connection c) {
        return c.finQueued ? c.snd.writeEnd + 1 : c.snd.writeEnd;
    }

    /// RFC 5681 §4.1 and RFC 2861: after an idle RTO the window decays towards the restart window.
    private static void restartAfterIdle(Connection c, Sender s) {
        long idleNs = c.tcp.now() - c.lastSendNs;
        if (c.lastSendNs == 0 || !c.tcp.sysctl(Sysctl.TCP_SLOW_START_AFTER_IDLE) || s.control.controlsEverything()) {
            return;
        }
        if (idleNs > c.rtoUs * 1000L && c.dataSegmentsOut > 0) {
            int restart = Math.min(Congestion.initialWindow(c), s.cwnd);
            s.control.event(c, s, CongestionControl.Event.CWND_RESTART);
            s.ssthresh = Recovery.currentSsthresh(s);
            long left = idleNs;
            while ((left -= c.rtoUs * 1000L) > 0 && s.cwnd > restart) {
                s.cwnd >>= 1;
            }
            s.cwnd = Math.max(s.cwnd, restart);
            s.cwndStampNs = c.tcp.now();
            s.cwndUsed = 0;
        }
    }

    /// The loop of the sender. `probe`: exactly one segment, whatever cwnd says (tail-loss probe).
    /// @return segments sent
    static int transmitNew(Connection c, Sender s, int mss, boolean probe) {
        int sent = 0;
        boolean cwndLimited = false;
        MtuProbing probing = c.mtuProbing;
        if (probing != null && !probe) {
            int probed = probing.probe(c, s, mss);
            if (probed == MtuProbing.WAIT) {
                return 0;
            }
            sent = probed;
        }
        int maxSegments = tsoSegments(c, s, mss);
        while (true) {
            int unsent = c.unsent();
            boolean finOnly = unsent == 0 && finPending(c);
            if (unsent == 0 && !finOnly) {
                break;
            }
            int quota = probe ? 1 : quota(s);
            if (quota <= 0) {
                cwndLimited = true;
                break;
            }
            int windowLeft = c.snd.edge() - c.snd.nxt;
            int first = Math.min(unsent, mss);
            if (windowLeft < (finOnly ? 1 : first)) {
                // RFC 9293 §3.8.6.2.1, MUST-38: no silly window is used; §3.8.6, SHLD-15: nothing new beyond the window, also when it has shrunk (MUST-34).
                break;
            }
            int segments = finOnly ? 1 : Math.min((unsent + mss - 1) / mss, 65_535);
            if (!probe && segments == 1 && !nagleAllows(c, s, unsent, mss)) {
                break;
            }
            if (!probe && segments > 1 && defers(c, s, mss, maxSegments, windowLeft)) {
                cwndLimited |= (long) (s.cwnd - s.inFlight()) * mss < windowLeft;
                break;
            }
            if (!probe && waitsForPacing(c, s)) {
                break;
            }
            int length = finOnly ? 0 : burst(c, s, unsent, mss, urgent(c) ? 1 : Math.min(quota, untilFrameEnd(c, s, mss, maxSegments)), windowLeft, probe);
            if (length == 0 && !finOnly) {
                break;
            }
            sendBurst(c, s, length, mss);
            int count = Math.max(1, (length + mss - 1) / mss);
            sent += count;
            if (s.state == Sender.RECOVERY || s.state == Sender.CWR) {
                s.prrOut += count;
            }
            if (probe) {
                break;
            }
        }
        cwndLimited |= s.inFlight() >= s.cwnd;
        if (sent > 0 || cwndLimited) {
            Congestion.validateCwnd(c, s, cwndLimited);
        }
        if (sent > 0 && !probe) {
            Timeouts.scheduleLossProbe(c, s, false);
        }
        return sent;
    }

    /// Before text is queued: if everything has been sent and cwnd would allow more, the program is what limits, and delivery-rate samples of what is in flight
    /// say nothing about the path (RFC 7661's concern too).
    static void noteApplicationLimit(Connection c, Sender s) {
        if (c.unsent() < c.mss && s.inFlight() < s.cwnd && s.flight.lostOut() <= s.flight.retransmittedOut()) {
            s.appLimitedUntil = Math.max(1, s.delivered + s.inFlight());
        }
    }

    /// True if it is better to wait for the next ACK, which is expected soon, and send more segments together then (Linux's rule for TSO). Never in recovery, nor
    /// if nothing has left for a millisecond, nor for what is as much as ever goes together or a good part of the window (`tcp_tso_win_divisor`).
    private static boolean defers(Connection c, Sender s, int mss, int maxSegments, int windowLeft) {
        long now = c.tcp.now();
        if (s.state >= Sender.RECOVERY || s.flight.isEmpty() || now - c.lastSendNs > DEFER_NS) {
            return false;
        }
        long cwndLeft = (long) (s.cwnd - s.inFlight()) * mss;
        long limit = Math.min(windowLeft, cwndLeft);
        // What was written lies in pieces of at most half the peer's largest window; nothing is added to any but the last.
        int piece = Math.max(mss, Math.min(MAX_SUPER_SEGMENT, c.snd.maxWnd >> 1) / mss * mss);
        int unsent = c.unsent();
        boolean tail = unsent <= piece;
        int waiting = tail ? unsent : piece;
        if (limit >= (long) maxSegments * mss || !tail && limit >= waiting) {
            return false;
        }
        int divisor = c.tcp.sysctls().getInt(Sysctl.TCP_TSO_WIN_DIVISOR);
        boolean enough = divisor > 0 ? limit >= Math.min(c.snd.wnd, (long) s.cwnd * mss) / divisor : limit > 3L * mss;
        // If the ACK of the oldest segment is further away than half a round trip, or a millisecond, it is not worth waiting for.
        long ackInNs = s.flight.sentNs(s.flight.head) + (c.srttUs8 >> 3) * 1000L - now;
        if (enough || ackInNs > Math.min((c.srttUs8 >> 4) * 1000L, DEFER_NS)) {
            return false;
        }
        return Math.min(cwndLeft, windowLeft) <= waiting || !(tail && c.finQueued);
    }

    /// Urgent data is on its way: its segments go one by one, so that each carries the pointer (RFC 9293 §3.8.5).
    private static boolean urgent(Connection c) {
        return Seq.gt(c.snd.up, c.snd.una);
    }

    private static boolean finPending(Connection c) {
        return c.finQueued && c.snd.nxt == c.snd.writeEnd;
    }

    /// Segments that cwnd allows now; at most half a window at once, so that bursts stay small.
    private static int quota(Sender s) {
        int inFlight = s.inFlight();
        return inFlight >= s.cwnd ? 0 : Math.min(Math.max(s.cwnd >> 1, 1), s.cwnd - inFlight);
    }

    /// Segments that one transmission takes together: about a millisecond's worth at the pacing rate, at least `tcp_min_tso_segs`.
    static int tsoSegments(Connection c, Sender s, int mss) {
        long octets = Congestion.rate(c, s) >> 10;
        int shift = c.minRttUs == Integer.MAX_VALUE ? 31 : c.minRttUs >> 9;
        if (shift < 17) {
            octets += 65_536 >> shift;
        }
        octets = Math.min(octets, MAX_SUPER_SEGMENT);
        int least = Math.max(s.control.minTsoSegments(c, s), c.tcp.sysctls().getInt(Sysctl.TCP_MIN_TSO_SEGS));
        return Math.max(1, Math.min(Math.max((int) (octets / mss), least), MAX_SUPER_SEGMENT / mss));
    }

    /// Nagle's algorithm in Minshall's form (RFC 9293 §3.7.4, SHLD-7, MUST-17): a small segment waits while another small one is unacknowledged.
    private static boolean nagleAllows(Connection c, Sender s, int unsent, int mss) {
        if (c.pushOnce || c.finQueued || urgent(c)) {
            return true;
        }
        return !holdsBack(c, s, unsent < mss);
    }

    /// TCP_CORK and MSG_MORE: text that is not pushed is collected (RFC 9293 §3.9.1.2, MAY-16).
    private static boolean holdsBack(Connection c, Sender s, boolean partial) {
        if (!partial) {
            return false;
        }
        if (c.cork || c.holdsPartial) {
            return true;
        }
        boolean smallOutstanding = Seq.gt(c.snd.smallEnd, c.snd.una) && Seq.le(c.snd.smallEnd, c.snd.nxt);
        return !c.noDelay && !s.flight.isEmpty() && smallOutstanding;
    }

    /// At most `segments`; somewhat fewer if whole segments of the text lie in one piece that ends before: then the next piece can leave as it lies. A frame that is much
    /// smaller would cost more than the copy.
    private static int untilFrameEnd(Connection c, Sender s, int mss, int segments) {
        int run = s.bytes.run(c.snd.nxt - c.textBase());
        boolean ends = run > 0 && run % mss == 0 && run / mss < segments && run / mss >= segments - (segments >> 2);
        return ends ? run / mss : segments;
    }

    /// Octets of the next transmission: as many whole segments as quota and window allow; the last, partial one only if Nagle lets it go.
    private static int burst(Connection c, Sender s, int unsent, int mss, int segments, int windowLeft, boolean probe) {
        int most = segments * mss;
        int window = Math.max(0, windowLeft);
        if (unsent <= mss) {
            return Math.min(unsent, Math.max(window, 0));
        }
        int needed = Math.min(unsent, window);
        if (most <= needed) {
            return most;
        }
        int partial = needed % mss;
        if (partial > 0 && !probe && !c.finQueued && !c.pushOnce && holdsBack(c, s, true)) {
            return needed - partial;
        }
        return needed;
    }

    /// Sends `length` octets of new text in full segments as far as they go (RFC 9293 §3.9.1.2, SHLD-28), of at most one MSS, or as super-segments where the link cuts them.
    private static void sendBurst(Connection c, Sender s, int length, int mss) {
        int count = Math.max(1, (length + mss - 1) / mss);
        Route route = c.tcp.output().route(c);
        int offload = route == null ? 0 : route.out.segmentationOffload();
        boolean together = count > 1 && offload > 0;
        int left = length;
        int frameOctets = together ? superSegment(offload, mss) : mss;
        do {
            int take = Math.min(left, frameOctets);
            left -= take;
            sendNew(c, s, take, mss, left == 0 && count > 1, false);
        } while (left > 0);
        pace(c, s, length, count);
    }

    /// Octets of text in the largest super-segment of a link that takes frames of `offload` octets.
    private static int superSegment(int offload, int mss) {
        return Math.min(MAX_SUPER_SEGMENT, offload - 40 - TcpHeader.MAX_LENGTH) / mss * mss;
    }

    /// Octets of text in the largest super-segment that the connection can send now; 0 if its link does not cut them.
    static int superSegment(Connection c) {
        Route route = c.tcp.output().route(c);
        int offload = route == null ? 0 : route.out.segmentationOffload();
        return offload == 0 || c.mss <= 0 ? 0 : superSegment(offload, currentMss(c));
    }

    /// The next transmission waits until these octets, headers included, have left at the pacing rate. The first ten segments are not paced.
    private static void pace(Connection c, Sender s, int length, int count) {
        if (paced(c, s) && c.dataSegmentsOut < Congestion.INITIAL_WINDOW) {
            s.nextSendNs = Math.max(c.tcp.now(), s.nextSendNs);
        } else if (paced(c, s)) {
            long octets = length + (long) count * (40 + c.fixedOptions());
            long gapNs = octets * 1_000_000_000L / Math.max(1, Congestion.rate(c, s));
            long now = c.tcp.now();
            long lateNs = Math.max(0, now - s.nextSendNs);
            // Timers are late, and a rate that is never made up for would always stay below the one that was asked for; half of each gap may
            // go into that, as on Linux.
            s.nextSendNs = Math.max(now, s.nextSendNs) + gapNs - Math.min(gapNs / 2, lateNs);
        }
    }

    /// The algorithm wants it, or the application has set a limit (SO_MAX_PACING_RATE; 0 is none, as on Linux).
    private static boolean paced(Connection c, Sender s) {
        return c.maxPacingRate() > 0 || s.control.needsPacing() && s.pacingRate != Long.MAX_VALUE;
    }

    /// True if nothing may be sent now; then the timer is set.
    static boolean waitsForPacing(Connection c, Sender s) {
        if (!paced(c, s) || s.nextSendNs <= c.tcp.now()) {
            return false;
        }
        c.pacingTimer(s.nextSendNs);
        return true;
    }

    /// One frame of new text with its rows in the retransmission queue. FIN rides on the last text.
    private static void sendNew(Connection c, Sender s, int length, int mss, boolean burstEnd, boolean piece) {
        long now = c.tcp.now();
        int seq = c.snd.nxt;
        int end = seq + length;
        boolean fin = c.finQueued && end == c.snd.writeEnd && Seq.lt(end, c.snd.edge());
        boolean last = end == c.snd.writeEnd;
        // RFC 9293 §3.9.1.2, MUST-61: PSH on the last segment of what was written; SHLD-27: one suffices. A burst ends with it too, as Linux has it.
        // Linux pushes whenever half of the largest window has been written since the last push: where one segment is as much, each.
        boolean fillsWindow = length == mss && mss >= c.snd.maxWnd;
        boolean pushed = length > 0 && (last && !c.moreToCome || piece || fillsWindow);
        boolean psh = pushed || length > 0 && burstEnd;
        if (s.flight.isEmpty()) {
            s.firstSentNs = now;
            s.deliveredNs = now;
            s.control.event(c, s, CongestionControl.Event.TRANSMIT_START);
        }
        int lastFlags = (fin ? Flight.FIN : 0) | (pushed ? Flight.PSH : 0) | (burstEnd ? Flight.BURST_END : 0);
        int row = seq;
        if (end - row > mss) {
            int more = (end - row - 1) / mss;
            s.flight.appendAll(row, mss, more, now, s);
            row += more * mss;
        }
        int id = s.flight.append(row, fin ? end + 1 : end, lastFlags, now);
        s.flight.rateState(id, s.delivered, s.deliveredNs, s.firstSentNs, s.appLimitedUntil != 0);
        s.flight.lossState(id, s.lost, s.inFlight());
        int flags = TcpHeader.ACK | (psh ? TcpHeader.PSH : 0) | (fin ? TcpHeader.FIN : 0) | ecnFlags(c, s, length);
        c.tcp.output().segment(c, flags, seq, length, length > mss ? mss : 0);
        c.snd.nxt = fin ? end + 1 : end;
        if (length < mss) {
            c.snd.smallEnd = end;
        }
        if (c.retransmitKind == Connection.TIMER_NONE || c.retransmitKind == Connection.TIMER_PROBE || s.flight.packetsOut() == 1) {
            Timeouts.rearmRetransmit(c, s);
        }
    }

    /// RFC 3168 §6.1.2: CWR on the first new text after a reduction; §6.1.3: ECE until the peer says CWR.
    private static int ecnFlags(Connection c, Sender s, int length) {
        if (!c.ecn) {
            return 0;
        }
        int flags = c.ecnDemandCwr ? TcpHeader.ECE : 0;
        if (length > 0 && s.cwrPending) {
            s.cwrPending = false;
            flags |= TcpHeader.CWR;
        }
        return flags;
    }

    // ---- retransmission -----------------------------------------------------------------------------------------------------------

    /// Sends a row again (RFC 9293 §3.10.8; SHLD-16: also when the window has shrunk, within it).
    /// @return false if it may not go out now
    static boolean retransmit(Connection c, Sender s, int id, boolean probe) {
        return retransmit(c, s, id, probe, false);
    }

    /// @param together right after the row before it: if they were one burst, they are one again, which PSH ends as Linux has it
    static boolean retransmit(Connection c, Sender s, int id, boolean probe, boolean together) {
        Flight flight = s.flight;
        MtuProbing probing = c.mtuProbing;
        if (probing != null) {
            // Whatever is lost now, the probe proves nothing.
            probing.inconclusive();
        }
        int start = Seq.max(flight.start(id), c.snd.una);
        if (flight.is(id, Flight.SYN)) {
            return retransmitSyn(c, s, id);
        }
        int mss = currentMss(c);
        int end = flight.end(id);
        boolean fin = flight.is(id, Flight.FIN);
        int textEnd = fin ? end - 1 : end;
        if (Seq.ge(start, c.snd.edge()) && start != c.snd.una) {
            // Beyond a shrunk window: it will be sent when the window opens again.
            return false;
        }
        if (Seq.lt(flight.start(id), start) && id == flight.head) {
            flight.trimStart(id, start);
        }
        int length = textEnd - start;
        if (length > mss) {
            flight.cut(mss);
            return retransmit(c, s, probe ? flight.tail - 1 : flight.firstEndingAbove(start), probe);
        }
        boolean psh = flight.is(id, Flight.PSH) || together && flight.is(id, Flight.BURST_END);
        int flags = TcpHeader.ACK | (fin ? TcpHeader.FIN : 0) | (psh ? TcpHeader.PSH : 0);
        long now = c.tcp.now();
        if (probe) {
            flight.probed(id, now);
        } else {
            if (!s.retransmitStamped) {
                s.retransmitStamped = true;
                s.retransmitStamp = c.tcp.timestamp(c.tsOffset);
            }
            if (c.retransmitSinceNs == 0) {
                c.retransmitSinceNs = now;
            }
            flight.retransmitted(id, now);
        }
        flight.rateState(id, s.delivered, s.deliveredNs, s.firstSentNs, s.appLimitedUntil != 0);
        flight.lossState(id, s.lost, s.inFlight());
        c.tcp.retransmitting(true);
        c.tcp.output().segment(c, flags | (c.ecn && c.ecnDemandCwr ? TcpHeader.ECE : 0), start, length, 0);
        c.tcp.retransmitting(false);
        c.totalRetransmits++;
        c.bytesRetransmitted += length;
        pace(c, s, length, 1);
        c.tcp.count(Counter.TcpRetransSegs);
        if (!probe) {
            s.undoRetransmissions = Math.max(0, s.undoRetransmissions) + 1;
        }
        return true;
    }

    private static boolean retransmitSyn(Connection c, Sender s, int id) {
        if (c.retransmitSinceNs == 0) {
            // Limits of an attempt count from its first SYN, as in Linux.
            c.retransmitSinceNs = s.flight.sentNs(id);
        }
        s.flight.retransmitted(id, c.tcp.now());
        c.totalRetransmits++;
        c.tcp.count(Counter.TcpRetransSegs);
        // After a simultaneous open the SYN stays a SYN-ACK, also when close has already left SYN-RECEIVED.
        boolean reply = c.tcpState() != TcpState.SYN_SENT;
        if (!s.retransmitStamped) {
            s.retransmitStamped = true;
            s.retransmitStamp = c.tcp.timestamp(c.tsOffset);
        }
        // RFC 3168 §6.1.1.1: a middlebox may have dropped the ECN-setup SYN, so it is a plain one from now on, unless `tcp_ecn_fallback` says otherwise.
        int setup = c.ecn && !c.tcp.sysctl(Sysctl.TCP_ECN_FALLBACK) ? TcpHeader.ECE | TcpHeader.CWR : 0;
        int ecn = reply ? c.ecn ? TcpHeader.ECE : 0 : setup;
        c.tcp.output().segment(c, TcpHeader.SYN | (reply ? TcpHeader.ACK : 0) | ecn, c.snd.iss, 0, 0);
        return true;
    }

    /// A segment larger than all before, to see whether the path carries it.
    static void transmitMtuProbe(Connection c, Sender s, int length) {
        sendNew(c, s, length, length, false, false);
    }

    /// A piece of new text that is smaller than a segment, into a window that holds no more (zero-window probe).
    static void transmitPiece(Connection c, Sender s, int length) {
        sendNew(c, s, length, Math.max(length, 1), false, true);
    }
}
