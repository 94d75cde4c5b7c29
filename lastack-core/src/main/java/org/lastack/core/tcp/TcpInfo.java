package org.lastack.core.tcp;

import org.lastack.core.socket.OptionBytes;

/// The state of a connection in numbers, with the names and meanings of Linux's `struct tcp_info`. A snapshot; times in microseconds unless the
/// name says otherwise, windows and counts as their names say.
public record TcpInfo(TcpState state, int caState, int retransmits, int probes, int backoff, int options, int sndWscale, int rcvWscale,
        boolean deliveryRateAppLimited, int fastopenClientFail, int rtoUs, int atoUs, int sndMss, int rcvMss, int unacked, int sacked, int lost, int retrans, int lastDataSentMs,
        int lastAckSentMs, int lastDataRecvMs, int lastAckRecvMs, int pmtu, int rcvSsthresh, int rttUs, int rttvarUs, int sndSsthresh, int sndCwnd,
        int advmss, int reordering, int rcvRttUs, int rcvSpace, int totalRetrans, long pacingRate, long maxPacingRate, long bytesAcked,
        long bytesReceived, int segsOut, int segsIn, int notsentBytes, int minRttUs, int dataSegsIn, int dataSegsOut, long deliveryRate, long busyTimeUs,
        long rwndLimitedUs, long sndbufLimitedUs, int delivered, int deliveredCe, long bytesSent, long bytesRetrans, int dsackDups, int reordSeen,
        int rcvOoopack, int sndWnd, int rcvWnd, int rehash, int totalRto, int totalRtoRecoveries, int totalRtoTimeMs) {
    /// Bits of [#options].
    public static final int OPT_TIMESTAMPS = 1;
    public static final int OPT_SACK = 2;
    public static final int OPT_WSCALE = 4;
    public static final int OPT_ECN = 8;
    public static final int OPT_ECN_SEEN = 16;
    public static final int OPT_SYN_DATA = 32;
    public static final int OPT_TFO_CHILD = 128;

    /// Octets of `struct tcp_info` in the kernel whose layout we write.
    public static final int LINUX_SIZE = 280;
    private static final int INFINITE = 0x7fff_ffff;

    /// The time-out as it is used now, doublings included. Zero-window probes have doublings of their own, which do not count here.
    private static int backedOffRtoUs(Tcb c) {
        return c.backoff == 0 || c.probesOut > 0 || c.retransmitKind == Connection.TIMER_PROBE ? c.rtoUs : (int) Math.min((long) c.rtoUs << Math.min(c.backoff, 30), RoundTrip.maxRtoUs(c));
    }

    static TcpInfo of(Tcb c) {
        Sender s = c.sender;
        long now = c.tcp.now();
        // What was agreed on stays visible after the end, like all the rest.
        boolean open = switch (c.tcpState()) {
            case CLOSED -> c.snd.maxWnd > 0;
            case LISTEN, SYN_SENT -> false;
            case SYN_RECEIVED, ESTABLISHED, FIN_WAIT_1, FIN_WAIT_2, CLOSE_WAIT, CLOSING, LAST_ACK, TIME_WAIT -> true;
        };
        int options = (c.timestamps && open ? OPT_TIMESTAMPS : 0) | (c.sackPermitted && open ? OPT_SACK : 0) | (c.windowScaling && open ? OPT_WSCALE : 0)
                | (c.ecn && open ? OPT_ECN : 0) | (c.ecnSeen ? OPT_ECN_SEEN : 0);
        FastOpen f = c.fastOpen;
        if (f != null) {
            options |= (f.synDataAcked ? OPT_SYN_DATA : 0) | (f.child ? OPT_TFO_CHILD : 0);
        }
        Listener listener = c.listener;
        int unacked = listener != null ? listener.queued() : s == null ? 0 : s.flight.packetsOut();
        int sacked = listener != null ? listener.backlog : s == null ? 0 : s.flight.sackedOut() + s.renoSacked;
        long rate = s == null || s.rateIntervalUs == 0 ? 0 : (long) s.rateDelivered * Math.max(1, c.mss) * 1_000_000 / s.rateIntervalUs;
        // As Linux counts: the SYN is one of the numbers that an active opener gets acknowledged.
        int acknowledgedSyn = open && !c.passiveOpen && c.tcpState() != TcpState.SYN_RECEIVED ? 1 : 0;
        boolean opening = c.tcpState() == TcpState.SYN_SENT;
        // Before the handshake a peer is assumed to take what every host must take.
        int mss = opening ? Sending.DEFAULT_MSS_V4 - c.fixedOptions() : c.mss;
        return new TcpInfo(c.tcpState(), s == null ? 0 : s.state, c.retransmits, c.probesOut, c.backoff, options, c.snd.scale, c.rcv.scale,
                s == null || s.rateAppLimited, f == null ? 0 : f.clientFail, backedOffRtoUs(c), c.ackTimeoutUs, mss, c.receiveMss, unacked, sacked, s == null ? 0 : s.flight.lostOut(),
                s == null ? 0 : s.flight.retransmittedOut(), ms(now, c.lastSendNs), 0, ms(now, c.lastReceiveNs), ms(now, c.lastAckReceivedNs), opening ? c.advertisedMss + (c.v4() ? 40 : 60) : c.mssPathMtu,
                opening ? c.rcv.wnd : c.receiveThreshold, c.srttUs8 >> 3, c.mdevUs4 == 0 ? RoundTrip.INITIAL_RTO_US >> 2 : c.mdevUs4 >> 2, s == null ? INFINITE : s.ssthresh, s == null ? Congestion.INITIAL_WINDOW : s.cwnd,
                opening ? c.advertisedMss : c.acceptedMss(), s == null ? 3 : s.reordering, c.receiveRttUs >> 3, c.tuneSpace, c.totalRetransmits,
                s == null ? Congestion.rateBeforeSending(c) : Congestion.rate(c, s), c.maxPacingRate(), c.bytesAcked + acknowledgedSyn, c.bytesReceived, c.segmentsOut,
                c.segmentsIn, c.unsent(), c.minRttUs == Integer.MAX_VALUE ? -1 : c.minRttUs, c.dataSegmentsIn, c.dataSegmentsOut, rate,
                s == null ? 0 : busy(s, now), s == null ? 0 : Chronograph.spentNs(s, Chronograph.RWND_LIMITED, now) / 1000,
                s == null ? 0 : Chronograph.spentNs(s, Chronograph.SNDBUF_LIMITED, now) / 1000, s == null ? open ? 1 : 0 : s.delivered, s == null ? 0 : s.deliveredCe,
                c.bytesSent, c.bytesRetransmitted, c.dsackDuplicates, s == null ? 0 : s.reorderingCount, c.outOfOrderPackets, c.snd.wnd, c.rcv.window(),
                c.rehashes, c.totalTimeouts, c.timeoutRecoveries,
                c.timeoutMs + (c.timeoutSinceNs == 0 ? 0 : ms(now, c.timeoutSinceNs)));
    }

    private static long busy(Sender s, long now) {
        return (Chronograph.spentNs(s, Chronograph.BUSY, now) + Chronograph.spentNs(s, Chronograph.RWND_LIMITED, now)
                + Chronograph.spentNs(s, Chronograph.SNDBUF_LIMITED, now)) / 1000;
    }

    private static int ms(long now, long since) {
        return (int) Math.min(Integer.MAX_VALUE, (now - since) / 1_000_000);
    }

    /// The layout of `struct tcp_info` on little-endian Linux: what getsockopt(TCP_INFO) returns.
    public byte[] toLinux() {
        byte[] b = new byte[LINUX_SIZE];
        b[0] = (byte) state.linuxNumber();
        b[1] = (byte) caState;
        b[2] = (byte) retransmits;
        b[3] = (byte) probes;
        b[4] = (byte) backoff;
        b[5] = (byte) options;
        b[6] = (byte) (sndWscale | rcvWscale << 4);
        b[7] = (byte) (deliveryRateAppLimited ? 1 | fastopenClientFail << 1 : fastopenClientFail << 1);
        int[] words = {rtoUs, atoUs, sndMss, rcvMss, unacked, sacked, lost, retrans, 0, lastDataSentMs, lastAckSentMs, lastDataRecvMs, lastAckRecvMs, pmtu,
            rcvSsthresh, rttUs, rttvarUs, sndSsthresh, sndCwnd, advmss, reordering, rcvRttUs, rcvSpace, totalRetrans};
        int at = 8;
        for (int word : words) {
            OptionBytes.put32(b, at, word);
            at += 4;
        }
        OptionBytes.put64(b, at, pacingRate);
        OptionBytes.put64(b, at + 8, maxPacingRate);
        OptionBytes.put64(b, at + 16, bytesAcked);
        OptionBytes.put64(b, at + 24, bytesReceived);
        at += 32;
        int[] more = {segsOut, segsIn, notsentBytes, minRttUs, dataSegsIn, dataSegsOut};
        for (int word : more) {
            OptionBytes.put32(b, at, word);
            at += 4;
        }
        OptionBytes.put64(b, at, deliveryRate);
        OptionBytes.put64(b, at + 8, busyTimeUs);
        OptionBytes.put64(b, at + 16, rwndLimitedUs);
        OptionBytes.put64(b, at + 24, sndbufLimitedUs);
        OptionBytes.put32(b, at + 32, delivered);
        OptionBytes.put32(b, at + 36, deliveredCe);
        OptionBytes.put64(b, at + 40, bytesSent);
        OptionBytes.put64(b, at + 48, bytesRetrans);
        OptionBytes.put32(b, at + 56, dsackDups);
        OptionBytes.put32(b, at + 60, reordSeen);
        OptionBytes.put32(b, at + 64, rcvOoopack);
        OptionBytes.put32(b, at + 68, sndWnd);
        OptionBytes.put32(b, at + 72, rcvWnd);
        OptionBytes.put32(b, at + 76, rehash);
        b[at + 80] = (byte) totalRto;
        b[at + 81] = (byte) (totalRto >>> 8);
        b[at + 82] = (byte) totalRtoRecoveries;
        b[at + 83] = (byte) (totalRtoRecoveries >>> 8);
        OptionBytes.put32(b, at + 84, totalRtoTimeMs);
        return b;
    }
}
