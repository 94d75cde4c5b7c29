package org.lastack.core.tcp;

import org.lastack.core.Counter;
import org.lastack.core.Sysctl;
import org.lastack.core.ip.Route;

/// RFC 9293 §3.10.7.2: a segment arrives for a listener, or for one of its embryos; with the queue limits of Linux and SYN cookies (RFC 4987).
final class SegmentArrivesListen {
    /// What the window field of a SYN-ACK can say; an embryo keeps no more.
    private static final int MAX_FIELD = 0xffff;

    /// How long after the last overflow an ACK may be a cookie's.
    private static final long COOKIE_WINDOW_NS = 2 * 60_000_000_000L;
    /// Embryos whose last answer is remembered.
    private static final int ANSWERS = 32;

    private final Tcp tcp;
    private final SavedSyns savedSyns = new SavedSyns();
    private final int[] answered = new int[ANSWERS];
    private final long[] answeredNs = new long[ANSWERS];

    SegmentArrivesListen(Tcp tcp) {
        this.tcp = tcp;
    }

    /// First RST, second ACK, third SYN, fourth anything else.
    void process(Tcb listener, Segment seg, int hash) {
        if (seg.rst()) {
            return;
        }
        if (seg.hasAck()) {
            if (!seg.syn() && cookie(listener, seg, hash)) {
                return;
            }
            tcp.output().resetFor(seg, TcpState.LISTEN, ResetReason.NO_SOCKET);
            return;
        }
        if (seg.syn()) {
            if (seg.fin()) {
                // SYN+FIN is nonsense (SECURITY X-14); Linux drops it here.
                tcp.count(Counter.TcpExtListenDrops);
                return;
            }
            syn(listener, seg, hash, 0);
        }
        // Anything else - no SYN, no ACK, no RST - is dropped.
    }

    // ---- SYN ------------------------------------------------------------------------------------------------------------------------

    /// A new SYN: an embryo, a cookie, or silence. `reopenedIss` is the ISS to use after TIME-WAIT (RFC 9293 §3.6.1, MAY-2), 0 = choose.
    void syn(Tcb socket, Segment seg, int hash, int reopenedIss) {
        if (seg.ip.broadcast || seg.ip.multicast) {
            // MUST-57.
            return;
        }
        Listener listener = socket.listenerState();
        listener.synsReceived++;
        int mode = tcp.sysctls().getInt(Sysctl.TCP_SYNCOOKIES);
        boolean cookies = false;
        if (mode == 2 || listener.synQueueFull()) {
            if (reopenedIss == 0) {
                if (mode == 0) {
                    listener.drops++;
                    tcp.count(Counter.TcpExtTCPReqQFullDrop);
                    tcp.count(Counter.TcpExtListenDrops);
                    return;
                }
                cookies = true;
                listener.lastOverflowNs = tcp.now();
                tcp.count(Counter.TcpExtTCPReqQFullDoCookies);
            }
        }
        if (listener.acceptQueueFull() || tcp.embryos().full()) {
            overflow(listener);
            return;
        }
        Route route = tcp.ip().route(seg.ip.sourceHigh, seg.ip.sourceLow, seg.ip.destinationHigh, seg.ip.destinationLow, 0);
        if (route == null) {
            tcp.count(Counter.TcpExtListenDrops);
            return;
        }
        int tsOffset = tcp.timestampOffset(seg);
        int iss = reopenedIss != 0 ? reopenedIss : cookies ? tcp.cookies().make(seg, peerMss(socket, seg), tcp.now()) : tcp.chooseIss(seg);
        Embryo embryo = tcp.embryos().fresh().begin(socket, seg, hash, iss, tsOffset);
        negotiate(embryo, socket, seg, route);
        if (cookies) {
            listener.cookiesSent++;
            tcp.count(Counter.TcpExtSyncookiesSent);
            sendCookie(embryo, socket, seg);
            return;
        }
        Tcb child = tcp.fastOpenServer().open(socket, embryo, seg);
        if (child != null) {
            savedSyns.arrived(socket, seg);
            savedSyns.established(child, seg);
            listener.completed++;
            listener.add(child);
            child.raiseParent(socket);
            return;
        }
        listener.embryos++;
        savedSyns.arrived(socket, seg);
        embryo.sendSynAck(tcp.fastOpenServer().reply);
        tcp.embryos().add(embryo);
    }

    private void overflow(Listener listener) {
        listener.overflows++;
        listener.drops++;
        tcp.count(Counter.TcpExtListenOverflows);
        tcp.count(Counter.TcpExtListenDrops);
    }

    private int peerMss(Tcb socket, Segment seg) {
        int announced = seg.options.mss > 0 ? seg.options.mss : seg.ip.v4 ? Sending.DEFAULT_MSS_V4 : Sending.DEFAULT_MSS_V6;
        return socket.userMss > 0 ? Math.min(announced, socket.userMss) : announced;
    }

    private void negotiate(Embryo embryo, Tcb socket, Segment seg, Route route) {
        int flags = 0;
        if (seg.options.sackPermitted && tcp.sysctl(Sysctl.TCP_SACK)) {
            flags |= Embryo.SACK;
        }
        if (seg.options.hasTimestamps && tcp.sysctl(Sysctl.TCP_TIMESTAMPS)) {
            flags |= Embryo.TIMESTAMPS;
            embryo.tsRecent = seg.options.timestampValue;
        }
        boolean scaling = seg.options.windowScale >= 0 && tcp.sysctl(Sysctl.TCP_WINDOW_SCALING);
        if (scaling) {
            flags |= Embryo.WINDOW_SCALING;
            // RFC 7323 §2.3: a shift above 14 is taken as 14.
            embryo.peerScale = (byte) Math.min(14, seg.options.windowScale);
        }
        boolean unmarked = (seg.ip.tos & 3) == 0;
        if (seg.ece() && seg.cwr()
                && (unmarked && tcp.sysctls().getInt(Sysctl.TCP_ECN) > 0 || CongestionControls.needsEcn(socket.congestionName()))) {
            // RFC 3168 §6.1.1: an ECN-setup SYN. One that is marked was mangled on the way (SECURITY M-06): only DCTCP, whose SYNs are ECT, takes it.
            flags |= Embryo.ECN;
        }
        embryo.mss = peerMss(socket, seg);
        int advertised = Sending.advertisedMss(route, seg.ip.v4);
        if (socket.userMss > 0) {
            advertised = Math.min(advertised, socket.userMss);
        }
        embryo.advertisedMss = (short) advertised;
        int mssForWindow = advertised - ((flags & Embryo.TIMESTAMPS) != 0 ? 12 : 0);
        long window = ReceiveWindow.initial(tcp, socket.receiveBufferOctets(), socket.option(org.lastack.core.socket.InetSocket.RCVBUF_LOCK), mssForWindow, scaling);
        embryo.window = Math.min((int) window, socket.windowClamp > 0 ? Math.min(socket.windowClamp, MAX_FIELD) : MAX_FIELD);
        embryo.scale = (byte) (window >>> 32);
        embryo.flags = (byte) flags;
    }

    private void sendCookie(Embryo e, Tcb socket, Segment seg) {
        boolean stamps = e.has(Embryo.TIMESTAMPS);
        // Without timestamps there is nowhere to remember the options, so none are offered.
        boolean sack = stamps && e.has(Embryo.SACK);
        boolean scaling = stamps && e.has(Embryo.WINDOW_SCALING);
        int value = stamps ? SynCookies.stamp(tcp.timestamp(e.tsOffset), scaling ? e.peerScale : -1, sack, e.has(Embryo.ECN)) : 0;
        tcp.output().synAck(e.localHigh, e.localLow, e.localPort, e.remoteHigh, e.remoteLow, e.remotePort, e.iss, e.irs + 1, e.window,
                e.advertisedMss & 0xffff, sack, stamps, value, e.tsRecent, scaling ? e.scale : -1, stamps && e.has(Embryo.ECN), socket.tosOctet(),
                socket.hopCount(), null);
    }

    // ---- ACK that may answer a cookie -------------------------------------------------------------------------------------------------

    private boolean cookie(Tcb socket, Segment seg, int hash) {
        Listener listener = socket.listenerState();
        int mode = tcp.sysctls().getInt(Sysctl.TCP_SYNCOOKIES);
        if (mode == 0 || mode == 1 && tcp.now() - listener.lastOverflowNs > COOKIE_WINDOW_NS) {
            return false;
        }
        int mss = tcp.cookies().check(seg, tcp.now());
        if (mss < 0) {
            tcp.count(Counter.TcpExtSyncookiesFailed);
            return false;
        }
        tcp.count(Counter.TcpExtSyncookiesRecv);
        Route route = tcp.ip().route(seg.ip.sourceHigh, seg.ip.sourceLow, seg.ip.destinationHigh, seg.ip.destinationLow, 0);
        if (route == null) {
            return true;
        }
        if (listener.acceptQueueFull()) {
            overflow(listener);
            return true;
        }
        int savedSeq = seg.seq;
        seg.seq = savedSeq - 1;
        Embryo embryo = tcp.embryos().fresh().begin(socket, seg, hash, seg.ack - 1, tcp.timestampOffset(seg));
        seg.seq = savedSeq;
        int flags = 0;
        int advertised = Sending.advertisedMss(route, seg.ip.v4);
        embryo.advertisedMss = (short) advertised;
        boolean scaling = false;
        if (seg.options.hasTimestamps && tcp.sysctl(Sysctl.TCP_TIMESTAMPS)) {
            int stamped = seg.options.timestampEcho;
            flags |= Embryo.TIMESTAMPS | (SynCookies.sack(stamped) ? Embryo.SACK : 0) | (SynCookies.ecn(stamped) ? Embryo.ECN : 0);
            embryo.tsRecent = seg.options.timestampValue;
            int scale = SynCookies.scale(stamped);
            scaling = scale >= 0;
            if (scaling) {
                flags |= Embryo.WINDOW_SCALING;
                embryo.peerScale = (byte) Math.min(14, scale);
            }
        }
        embryo.flags = (byte) flags;
        embryo.mss = mss;
        embryo.lastSynAckNs = Embryo.UNKNOWN_TIME;
        long window = ReceiveWindow.initial(tcp, socket.receiveBufferOctets(), socket.option(org.lastack.core.socket.InetSocket.RCVBUF_LOCK),
                advertised - (seg.options.hasTimestamps ? 12 : 0), scaling);
        embryo.window = Math.min((int) window, MAX_FIELD);
        embryo.scale = (byte) (window >>> 32);
        establish(socket, listener, embryo, seg);
        return true;
    }

    // ---- a segment for an embryo --------------------------------------------------------------------------------------------------------

    /// RFC 9293 §3.10.7.4 for SYN-RECEIVED of a passive open: sequence, RST, SYN, ACK; then the child is born and the segment is processed by it.
    void embryo(Embryo e, Segment seg) {
        boolean stamps = e.has(Embryo.TIMESTAMPS) && seg.options.hasTimestamps;
        boolean tooOld = stamps && !seg.rst() && Seq.lt(seg.options.timestampValue, e.tsRecent);
        if (seg.syn() && !seg.hasAck() && !seg.rst() && seg.seq == e.irs && !tooOld) {
            // The SYN again: the SYN-ACK again, but not in a storm (SECURITY R-12).
            if (!limited(e)) {
                tcp.count(Counter.TcpExtTCPSynRetrans);
                tcp.count(Counter.TcpRetransSegs);
                e.sendSynAck();
            }
            return;
        }
        if (seg.hasAck() && seg.ack != e.iss + 1 && !seg.rst()) {
            // §3.5.2 group 2: an unacceptable ACK in an unsynchronized state.
            tcp.output().resetFor(seg, TcpState.SYN_RECEIVED, ResetReason.BAD_ACK);
            return;
        }
        int next = e.irs + 1;
        boolean inWindow = seg.seq == next || Seq.gt(seg.end(), next) && Seq.lt(seg.seq, next + e.window) || seg.seq == next + e.window && seg.length() == 0;
        if (tooOld || !inWindow) {
            if (!seg.rst() && (seg.length() > 0 && !seg.syn() || !limited(e))) {
                acknowledge(e, seg);
            }
            return;
        }
        if (seg.rst()) {
            if (seg.seq == e.irs + 1) {
                // MUST-11: a passive open goes back to LISTEN, nobody is told.
                tcp.count(Counter.TcpAttemptFails);
                tcp.embryos().remove(e);
            } else if (!limited(e)) {
                // RFC 5961 §3.2: an RST in the window that is not exact gets a challenge ACK, here too.
                tcp.count(Counter.TcpExtTCPChallengeACK);
                acknowledge(e, seg);
            }
            return;
        }
        if (seg.syn()) {
            // A SYN in the window that is not the first one: this attempt is over (RFC 9293 §3.10.7.4, fourth).
            tcp.count(Counter.TcpAttemptFails);
            tcp.output().resetFor(seg, TcpState.SYN_RECEIVED, ResetReason.SECOND_SYN);
            tcp.embryos().remove(e);
            return;
        }
        if (!seg.hasAck()) {
            return;
        }
        if (stamps && Seq.le(seg.seq, e.irs + 1)) {
            e.tsRecent = seg.options.timestampValue;
        }
        complete(e, seg);
    }

    /// Answers to segments without text are limited per embryo (`tcp_invalid_ratelimit`), as for connections. An embryo has no room for the time of the last one,
    /// so a few of them are remembered here; one that is forgotten gets an answer too many.
    private boolean limited(Embryo e) {
        int slot = e.iss & ANSWERS - 1;
        long now = tcp.now();
        if (answered[slot] == e.iss && now - answeredNs[slot] < tcp.sysctls().get(Sysctl.TCP_INVALID_RATELIMIT) * 1_000_000) {
            return true;
        }
        answered[slot] = e.iss;
        answeredNs[slot] = now;
        return false;
    }

    private void acknowledge(Embryo e, Segment seg) {
        tcp.output().bare(seg.ip, org.lastack.wire.TcpHeader.ACK, e.localPort, e.remotePort, e.iss + 1, e.irs + 1, e.window >>> e.scale,
                e.has(Embryo.TIMESTAMPS), tcp.timestamp(e.tsOffset), e.tsRecent);
    }

    private void complete(Embryo e, Segment seg) {
        Tcb socket = e.listener();
        Listener listener = socket.listenerState();
        if (socket.deferAcceptRetries > 0 && e.timeouts < socket.deferAcceptRetries && seg.length() == 0) {
            // TCP_DEFER_ACCEPT: the bare ACK does not wake the application; text will.
            e.flags |= (byte) Embryo.ACKED;
            tcp.count(Counter.TcpExtTCPDeferAcceptDrop);
            return;
        }
        if (listener.acceptQueueFull()) {
            overflow(listener);
            if (tcp.sysctl(Sysctl.TCP_ABORT_ON_OVERFLOW)) {
                tcp.output().resetFor(seg, TcpState.SYN_RECEIVED, ResetReason.OVERFLOW);
                tcp.embryos().remove(e);
            } else {
                e.flags |= (byte) Embryo.ACKED;
            }
            return;
        }
        tcp.embryos().remove(e);
        establish(socket, listener, e, seg);
    }

    private void establish(Tcb socket, Listener listener, Embryo e, Segment seg) {
        Tcb child = socket.child(e, seg);
        savedSyns.established(child, seg);
        listener.completed++;
        listener.add(child);
        tcp.count(Counter.TcpPassiveOpens);
        child.raiseParent(socket);
        SegmentArrives.firstOfChild(child, seg);
    }
}
