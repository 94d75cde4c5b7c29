package org.lastack.core.tcp;

import org.jspecify.annotations.Nullable;
import org.lastack.core.Counter;

/// A connection in SYN-RECEIVED that came from a listener: what must be remembered between the SYN and the ACK of our SYN-ACK, and no more
/// (RFC 4987 §3.3, SYN cache). [Embryos] keeps them in less room than this object has.
final class Embryo {
    private static final long MAX_DELAY_NS = 120_000_000_000L;
    static final int SACK = 1;
    static final int TIMESTAMPS = 2;
    static final int WINDOW_SCALING = 4;
    static final int ECN = 8;
    /// The final ACK has come, but there was no room in the accept queue, or only text counts (TCP_DEFER_ACCEPT).
    static final int ACKED = 16;
    /// [#lastSynAckNs] of an embryo that was made from a cookie.
    static final long UNKNOWN_TIME = -1;

    final Tcp tcp;
    /// Where [Embryos] keeps it, [TupleRows#NONE] if not at all.
    int row = TupleRows.NONE;
    @Nullable Tcb listener;
    long localHigh;
    long localLow;
    long remoteHigh;
    long remoteLow;
    int localPort;
    int remotePort;
    int hash;
    int irs;
    int iss;
    int tsOffset;
    int tsRecent;
    int mss;
    int window;
    short advertisedMss;
    byte peerScale;
    byte scale;
    byte flags;
    int retransmits;
    int timeouts;
    /// When the SYN came; to a millisecond after the first time-out.
    long bornNs;
    /// When the SYN-ACK was last sent: [#bornNs] if only once. 0 = never, by a cookie.
    long lastSynAckNs;
    long deadlineNs;

    Embryo(Tcp tcp) {
        this.tcp = tcp;
    }

    /// A SYN has come.
    Embryo begin(Tcb parent, Segment seg, int hashed, int ourIss, int offset) {
        listener = parent;
        localHigh = seg.ip.destinationHigh;
        localLow = seg.ip.destinationLow;
        remoteHigh = seg.ip.sourceHigh;
        remoteLow = seg.ip.sourceLow;
        localPort = seg.destinationPort;
        remotePort = seg.sourcePort;
        hash = hashed;
        irs = seg.seq;
        iss = ourIss;
        tsOffset = offset;
        tsRecent = 0;
        mss = 0;
        window = 0;
        advertisedMss = 0;
        peerScale = 0;
        scale = 0;
        flags = 0;
        retransmits = 0;
        timeouts = 0;
        bornNs = tcp.now();
        lastSynAckNs = 0;
        deadlineNs = 0;
        return this;
    }

    Tcb listener() {
        Tcb parent = listener;
        if (parent == null) {
            throw new IllegalStateException("an embryo without a listener");
        }
        return parent;
    }

    boolean has(int flag) {
        return (flags & flag) != 0;
    }

    void sendSynAck() {
        sendSynAck(null);
    }

    void sendSynAck(@Nullable FastOpenCookie cookie) {
        lastSynAckNs = tcp.now();
        tcp.output().synAck(localHigh, localLow, localPort, remoteHigh, remoteLow, remotePort, iss, irs + 1, window, advertisedMss & 0xffff,
                has(SACK), has(TIMESTAMPS), tcp.timestamp(tsOffset), tsRecent, has(WINDOW_SCALING) ? scale : -1, has(ECN), listener().tosOctet(), listener().hopCount(),
                cookie);
    }

    /// SYN-ACK retransmission: RFC 6298 back-off from one second, `tcp_synack_retries` times.
    /// @return false if it has been tried often enough
    boolean expire() {
        Tcb parent = listener();
        int most = parent.synRetries > 0 ? parent.synRetries : tcp.sysctls().getInt(org.lastack.core.Sysctl.TCP_SYNACK_RETRIES);
        int limit = has(ACKED) ? Math.max(most, parent.deferAcceptRetries) : most;
        boolean deferring = has(ACKED) && parent.deferAcceptRetries > 0 && timeouts + 1 < parent.deferAcceptRetries;
        if (timeouts >= limit) {
            tcp.count(Counter.TcpAttemptFails);
            return false;
        }
        timeouts++;
        if (!deferring) {
            retransmits++;
            tcp.count(Counter.TcpRetransSegs);
            tcp.count(Counter.TcpExtTCPSynRetrans);
            sendSynAck();
        }
        return true;
    }

    /// From now to the next time-out. TCP_RTO_MAX_MS has no say here, as in Linux.
    long delayNs() {
        return Math.min(RoundTrip.INITIAL_RTO_US * 1000L << Math.min(timeouts, 30), MAX_DELAY_NS);
    }
}
