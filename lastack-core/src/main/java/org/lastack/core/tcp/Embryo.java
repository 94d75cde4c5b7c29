package org.lastack.core.tcp;

import org.jspecify.annotations.Nullable;
import org.lastack.core.Counter;
import org.lastack.core.Sysctl;
import org.lastack.core.WheelTimer;

/// A connection in SYN-RECEIVED that came from a listener: what must be remembered between the SYN and the ACK of our SYN-ACK, and no more
/// (RFC 4987 §3.3, SYN cache).
final class Embryo extends WheelTimer implements Tuple {
    static final int SACK = 1;
    static final int TIMESTAMPS = 2;
    static final int WINDOW_SCALING = 4;
    static final int ECN = 8;
    /// The final ACK has come, but there was no room in the accept queue, or only text counts (TCP_DEFER_ACCEPT).
    static final int ACKED = 16;
    /// [#lastSynAckNs] of an embryo that was made from a cookie.
    static final long UNKNOWN_TIME = -1;

    final Tcp tcp;
    final Tcb listener;
    final long localHigh;
    final long localLow;
    final long remoteHigh;
    final long remoteLow;
    final int localPort;
    final int remotePort;
    final int hash;
    final int irs;
    final int iss;
    final int tsOffset;
    final int interfaceIndex;
    int tsRecent;
    int mss;
    int window;
    short advertisedMss;
    byte peerScale;
    byte scale;
    byte flags;
    byte retransmits;
    byte timeouts;
    long bornNs;
    /// When the SYN-ACK was last sent: [#bornNs] if only once. 0 = never, by a cookie.
    long lastSynAckNs;

    Embryo(Tcp tcp, Tcb listener, Segment seg, int hash, int iss, int tsOffset) {
        this.tcp = tcp;
        this.listener = listener;
        this.localHigh = seg.ip.destinationHigh;
        this.localLow = seg.ip.destinationLow;
        this.remoteHigh = seg.ip.sourceHigh;
        this.remoteLow = seg.ip.sourceLow;
        this.localPort = seg.destinationPort;
        this.remotePort = seg.sourcePort;
        this.interfaceIndex = seg.ip.in == null ? 0 : seg.ip.in.index();
        this.hash = hash;
        this.irs = seg.seq;
        this.iss = iss;
        this.tsOffset = tsOffset;
        this.bornNs = tcp.now();
    }

    boolean has(int flag) {
        return (flags & flag) != 0;
    }

    @Override
    public boolean isFor(long lHigh, long lLow, int lPort, long rHigh, long rLow, int rPort) {
        return remotePort == rPort && localPort == lPort && remoteLow == rLow && localLow == lLow && remoteHigh == rHigh && localHigh == lHigh;
    }

    void sendSynAck() {
        sendSynAck(null);
    }

    void sendSynAck(@Nullable FastOpenCookie cookie) {
        lastSynAckNs = tcp.now();
        tcp.output().synAck(localHigh, localLow, localPort, remoteHigh, remoteLow, remotePort, iss, irs + 1, window, advertisedMss & 0xffff,
                has(SACK), has(TIMESTAMPS), tcp.timestamp(tsOffset), tsRecent, has(WINDOW_SCALING) ? scale : -1, has(ECN), listener.tosOctet(), listener.hopCount(),
                cookie);
    }

    /// SYN-ACK retransmission: RFC 6298 back-off from one second, `tcp_synack_retries` times.
    @Override
    protected void expire(long nowNs) {
        int most = listener.synRetries > 0 ? listener.synRetries : tcp.sysctls().getInt(Sysctl.TCP_SYNACK_RETRIES);
        int limit = has(ACKED) ? Math.max(most, listener.deferAcceptRetries) : most;
        boolean deferring = has(ACKED) && listener.deferAcceptRetries > 0 && timeouts + 1 < listener.deferAcceptRetries;
        if (timeouts >= limit) {
            tcp.count(Counter.TcpAttemptFails);
            tcp.removeEmbryo(this);
            return;
        }
        timeouts++;
        if (!deferring) {
            retransmits++;
            tcp.count(Counter.TcpRetransSegs);
            tcp.count(Counter.TcpExtTCPSynRetrans);
            sendSynAck();
        }
        arm();
    }

    void arm() {
        long delay = Math.min(RoundTrip.INITIAL_RTO_US * 1000L << timeouts, RoundTrip.maxRtoUs(listener) * 1000);
        tcp.wheel().arm(this, tcp.now() + delay);
    }
}
