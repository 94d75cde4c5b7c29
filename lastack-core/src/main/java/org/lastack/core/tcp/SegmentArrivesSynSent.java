package org.lastack.core.tcp;

import org.lastack.core.Counter;
import org.lastack.core.Errno;
import org.lastack.core.Sysctl;

/// RFC 9293 §3.10.7.3: a segment arrives in SYN-SENT. First the ACK, then RST, security, SYN - in this order, unlike in all other states.
final class SegmentArrivesSynSent {
    private SegmentArrivesSynSent() {}

    static void process(Tcb c, Segment seg) {
        Tcp tcp = c.tcp;
        if (c.connectDeferred()) {
            // Nobody can know of a connection whose SYN waits for the first write.
            return;
        }
        if (seg.hasAck()) {
            // First, check the ACK bit.
            if (!Seq.gt(seg.ack, c.snd.una) || Seq.gt(seg.ack, c.snd.nxt)) {
                if (!seg.rst()) {
                    tcp.output().resetFor(seg, TcpState.SYN_SENT, ResetReason.BAD_ACK);
                }
                retrySoon(c);
                return;
            }
            if (c.timestamps && seg.options.hasTimestamps && seg.options.timestampEcho != 0 && !echoPlausible(c, seg)) {
                tcp.count(Counter.TcpExtPAWSActive);
                if (!seg.rst()) {
                    tcp.output().resetFor(seg, TcpState.SYN_SENT, ResetReason.BAD_ACK);
                }
                return;
            }
        }
        if (seg.rst()) {
            // Second: only an RST with an acceptable ACK counts (RFC 9293 §3.10.7.3).
            if (seg.hasAck()) {
                tcp.output().resets.add(c, ResetReason.REFUSED);
                tcp.reset(c, Errno.ECONNREFUSED);
            }
            return;
        }
        if (!seg.syn()) {
            // Fifth: neither SYN nor RST.
            return;
        }
        // Fourth, check the SYN bit.
        options(c, seg);
        c.rcv.irs = seg.seq;
        c.rcv.nxt = seg.seq + 1;
        c.rcv.wup = c.rcv.nxt;
        c.rcv.copied = c.rcv.nxt;
        c.lastAckSent = c.rcv.nxt;
        c.urgentSeq = c.rcv.nxt;
        if (seg.hasAck()) {
            established(c, seg);
        } else {
            simultaneous(c, seg);
        }
    }

    /// Linux: after an ACK of something else the SYN goes out again soon: the RST that was just sent, or the one that came, has cleared the way.
    private static void retrySoon(Tcb c) {
        if (c.retransmits == 0) {
            c.retransmitTimer(Connection.TIMER_RETRANSMIT, c.tcp.now() + 200_000L);
        }
    }

    /// RFC 7323 §3.2: the echo of a SYN's timestamp lies between the first SYN and now.
    private static boolean echoPlausible(Connection c, Segment seg) {
        int now = c.tcp.timestamp(c.tsOffset);
        int first = now - (int) ((c.tcp.now() - c.openedNs) / 1_000_000) - 1;
        return Seq.le(seg.options.timestampEcho, now) && Seq.ge(seg.options.timestampEcho, first);
    }

    private static void options(Tcb c, Segment seg) {
        Tcp tcp = c.tcp;
        c.peerMss = seg.options.mss > 0 ? seg.options.mss : c.v4() ? Sending.DEFAULT_MSS_V4 : Sending.DEFAULT_MSS_V6;
        c.sackPermitted = seg.options.sackPermitted && tcp.sysctl(Sysctl.TCP_SACK);
        c.windowScaling = c.windowScaling && seg.options.windowScale >= 0;
        if (c.windowScaling) {
            c.snd.scale = (byte) Math.min(14, seg.options.windowScale);
        } else {
            c.snd.scale = 0;
            c.rcv.scale = 0;
            c.windowClamp = Math.min(c.windowClamp == 0 ? 0xffff : c.windowClamp, 0xffff);
        }
        c.timestamps = c.timestamps && seg.options.hasTimestamps;
        if (c.timestamps) {
            c.tsRecent = seg.options.timestampValue;
            c.tsRecentStampNs = tcp.now();
        }
    }

    /// Our SYN is acknowledged: ESTABLISHED. Text and FIN in the SYN-ACK are for the peer to repeat, as in Linux; SYN+ACK gets its ACK at once.
    private static void established(Tcb c, Segment seg) {
        Tcp tcp = c.tcp;
        Sender s = c.sender();
        boolean synLost = c.totalRetransmits > 0;
        // RFC 3168 §6.1.1: an ECN-setup SYN-ACK has ECE and not CWR.
        c.ecn = c.ecn && seg.ece() && !seg.cwr();
        // A SYN that timed out was a sign of congestion: the first text says that it was heeded (RFC 3168 §6.1.2; Linux).
        s.cwrPending = c.ecn && synLost;
        c.snd.wl1 = seg.seq;
        c.snd.wl2 = seg.ack;
        c.snd.wnd = seg.window;
        c.snd.maxWnd = seg.window;
        tcp.acknowledgments().synAcknowledged(c, s, seg);
        c.enter(TcpState.ESTABLISHED);
        c.becameEstablished(s, synLost);
        FastOpen f = c.fastOpen;
        if (f != null && f.synData) {
            synTextAcknowledged(c, s, seg);
        }
        boolean sentAgain = f != null && (f.requested || f.synData) && tcp.fastOpenClient().synAck(c, f, s, seg);
        s.flight.releaseIfEmpty();
        if (sentAgain) {
            c.raise(org.lastack.core.socket.InetSocket.POLLOUT);
            Timeouts.startKeepalive(c);
            return;
        }
        if (f != null && (f.requested || f.synData) && seg.length() > 1) {
            // Fast Open: the server may answer in the SYN-ACK already (RFC 7413 §4.2.2).
            seg.seq++;
            seg.flags &= ~org.lastack.wire.TcpHeader.SYN;
            Receiving.seventhProcessText(c, seg);
        }
        c.raise(org.lastack.core.socket.InetSocket.POLLOUT);
        if (c.unsent() > 0 || c.pingpong || c.writerWaits || c.deferAcceptRetries > 0) {
            // Text will follow at once, and bring the ACK; if not, the timer does (Linux: pending writers, TCP_DEFER_ACCEPT, TCP_QUICKACK off).
            Acknowledging.enterQuickMode(c, Acknowledging.MAX_QUICK_ACKS);
            c.ackPending = true;
            c.delayedAckTimer(tcp.now() + Acknowledging.MAX_TIMEOUT_US * 1000L);
            tcp.wantOutput(c);
        } else {
            tcp.output().ack(c);
        }
        Timeouts.startKeepalive(c);
    }

    /// What the SYN-ACK acknowledges of the text that went with the SYN. The two count as one segment delivered.
    private static void synTextAcknowledged(Tcb c, Sender s, Segment seg) {
        int octets = seg.ack - c.snd.una;
        if (octets <= 0) {
            return;
        }
        while (!s.flight.isEmpty() && Seq.le(s.flight.end(s.flight.head), seg.ack)) {
            s.flight.removeHead();
        }
        SendNotices notices = c.notices;
        if (notices != null) {
            notices.acknowledged(c, seg.ack);
        }
        s.bytes.drop(octets);
        c.snd.una = seg.ack;
        c.snd.up = seg.ack;
        c.bytesAcked += octets;
        if (c.snd.una == c.snd.writeEnd) {
            s.bytes.clear();
        }
    }

    /// RFC 9293 §3.5, figure 7 (MUST-10): both sides sent a SYN. SYN-RECEIVED, remembering that the open was active (MUST-11).
    private static void simultaneous(Tcb c, Segment seg) {
        c.enter(TcpState.SYN_RECEIVED);
        c.snd.wnd = seg.window;
        c.snd.wl1 = seg.seq;
        c.snd.maxWnd = seg.window;
        c.ecn = c.ecn && seg.ece() && seg.cwr();
        Sending.syncMss(c);
        ReceiveWindow.start(c);
        int ecn = c.ecn ? org.lastack.wire.TcpHeader.ECE : 0;
        c.tcp.output().segment(c, org.lastack.wire.TcpHeader.SYN | org.lastack.wire.TcpHeader.ACK | ecn, c.snd.iss, 0, 0);
    }
}
