package org.lastack.core.tcp;

import org.lastack.core.Counter;
import org.lastack.core.Errno;
import org.lastack.core.Sysctl;

/// The timers of a connection (RFC 9293 §3.10.8): retransmission, zero-window probe, tail-loss probe, reordering, delayed ACK, keep-alive, FIN-WAIT-2,
/// pacing; and how long each may go on before the connection is given up (R2, user time-out).
final class Timeouts {
    private static final int MIN_TIMEOUT_US = 2_000;
    private static final int PROBE_FLOOR_US = 200_000;

    /// Linux's TCP_THIN_LINEAR_RETRIES, and what it calls thin.
    private static final int THIN_RETRIES = 6;
    private static final int THIN_SEGMENTS = 4;

    private Timeouts() {}

    /// The earliest deadline of a connection has passed.
    static void expire(Connection c, long nowNs) {
        if (c.dead) {
            return;
        }
        if (c.delayedAckDeadlineNs <= nowNs) {
            c.delayedAckDeadlineNs = Connection.never();
            Acknowledging.timeout(c);
        }
        if (c.pacingDeadlineNs <= nowNs) {
            c.pacingDeadlineNs = Connection.never();
            c.tcp.recovery().resume(c);
            c.tcp.wantOutput(c);
        }
        if (c.retransmitDeadlineNs <= nowNs) {
            byte kind = c.retransmitKind;
            c.retransmitKind = Connection.TIMER_NONE;
            c.retransmitDeadlineNs = Connection.never();
            retransmitTimer(c, kind);
        }
        if (!c.dead && c.keepaliveDeadlineNs <= nowNs) {
            c.keepaliveDeadlineNs = Connection.never();
            keepalive(c);
        }
        if (!c.dead) {
            c.rearm();
        }
    }

    private static void retransmitTimer(Connection c, byte kind) {
        if (c.awaitsHandshake()) {
            c.tcp.fastOpenServer().timeout((Tcb) c);
            return;
        }
        Sender s = c.sender();
        switch (kind) {
            case Connection.TIMER_RETRANSMIT -> retransmission(c, s);
            case Connection.TIMER_PROBE -> probe(c, s);
            case Connection.TIMER_LOSS_PROBE -> {
                // Still pending while it works: the retransmission timer that follows counts from the oldest segment's transmission.
                c.retransmitKind = kind;
                lossProbe(c, s);
            }
            case Connection.TIMER_REORDER -> {
                c.retransmitKind = kind;
                c.tcp.recovery().reorderTimeout(c, s);
            }
            default -> throw new IllegalStateException("retransmission timer of kind " + kind);
        }
        if (!c.dead) {
            c.tcp.wantOutput(c);
        }
    }

    // ---- retransmission -------------------------------------------------------------------------------------------------------------

    /// RETRANSMISSION TIMEOUT (RFC 9293 §3.10.8, RFC 6298 §5.4-5.7).
    private static void retransmission(Connection c, Sender s) {
        Flight flight = s.flight;
        if (flight.isEmpty()) {
            return;
        }
        FastOpen f = c.fastOpen;
        if (c.snd.wnd == 0 && !c.orphan && c.tcpState().synchronizedState()) {
            // The peer has shrunk its window to nothing: probe with the oldest segment, do not count it as loss (SHLD-17).
            long silentNs = c.tcp.now() - Math.max(c.lastAckReceivedNs, flight.sentNs(flight.head));
            if (silentNs > RoundTrip.maxRtoUs(c) * 1000L || userTimeoutOver(c)) {
                giveUp(c);
                return;
            }
            c.tcp.recovery().timeout(c, s);
            Sending.retransmit(c, s, flight.head, false);
        } else {
            if (c.tcpState().synchronizedState() && elapsedBeyond(c, c.tcp.sysctls().getInt(Sysctl.TCP_RETRIES1))) {
                MtuProbing.blackHole(c);
            }
            boolean over = expired(c, s);
            if (f != null) {
                c.tcp.fastOpenClient().timeout(c, f, over);
            }
            if (over) {
                giveUp(c);
                return;
            }
            if (c.retransmits == 0) {
                c.tcp.count(Counter.TcpExtTCPTimeouts);
            }
            if (!flight.is(flight.head, Flight.SYN)) {
                c.tcp.recovery().timeout(c, s);
            }
            if (c.retransmits == 0) {
                c.timeoutRecoveries++;
                c.timeoutSinceNs = c.tcp.now();
            }
            c.retransmits++;
            c.totalTimeouts++;
            if (c.extras() == null || c.extras().txRehash) {
                c.rehashes++;
                c.tcp.count(Counter.TcpExtTcpTimeoutRehash);
            }
            if (c.retransmits == c.tcp.sysctls().getInt(Sysctl.TCP_RETRIES1) + 1) {
                // RFC 9293 §3.8.3, MUST-20: R1 reached - the path is in doubt, look it up again; SHLD-9: tell the application, if it asks.
                c.forgetRoute();
                c.tcp.pathInDoubt(c);
            }
            Sending.retransmit(c, s, flight.head, false);
            if (!flight.is(flight.head, Flight.SYN) && (s.state == Sender.LOSS)) {
                s.prrOut = 0;
            }
        }
        backOff(c, s);
        restartRetransmit(c);
    }

    /// RFC 6298 §5.5, RFC 9293 §3.8.2, MUST-19: doubling; SYNs first repeat at constant intervals (`tcp_syn_linear_timeouts`).
    private static void backOff(Connection c, Sender s) {
        if (c.tcpState() == TcpState.SYN_SENT && c.retransmits <= c.tcp.sysctls().getInt(Sysctl.TCP_SYN_LINEAR_TIMEOUTS)) {
            return;
        }
        if (thin(c, s)) {
            c.backoff = 0;
        } else if (c.backoff < 30) {
            c.backoff++;
        }
    }

    /// A thin stream with linear time-outs: so few segments that losses are found by time-outs only, and its first six are not doubled.
    private static boolean thin(Connection c, Sender s) {
        boolean wanted = c.thinLinear || c.tcp.sysctls().on(Sysctl.TCP_THIN_LINEAR_TIMEOUTS);
        return wanted && c.tcpState() == TcpState.ESTABLISHED && s.flight.packetsOut() < THIN_SEGMENTS && s.ssthresh < Sender.INFINITE_SSTHRESH
                && c.retransmits <= THIN_RETRIES;
    }

    /// R2 (RFC 9293 §3.8.3, MUST-20, MUST-21, MUST-22, SHLD-10, SHLD-11), or the application's own limit (TCP_USER_TIMEOUT).
    private static boolean expired(Connection c, Sender s) {
        if (c.tcpState() == TcpState.SYN_SENT || c.tcpState() == TcpState.SYN_RECEIVED) {
            boolean active = c.tcpState() == TcpState.SYN_SENT;
            int retries = c.synRetries > 0 ? c.synRetries
                    : c.tcp.sysctls().getInt(active ? Sysctl.TCP_SYN_RETRIES : Sysctl.TCP_SYNACK_RETRIES);
            int limit = retries;
            if (active) {
                // The first few repeat at constant intervals and do not count towards the limit; the time that they take does (measured on Linux 6.18:
                // tcp_syn_retries=2 ends after 5 repetitions, in the seventh second).
                limit += c.tcp.sysctls().getInt(Sysctl.TCP_SYN_LINEAR_TIMEOUTS);
            }
            return c.retransmits >= limit || elapsedBeyond(c, retries, RoundTrip.INITIAL_RTO_US) || userTimeoutOver(c);
        }
        int retries = c.tcp.sysctls().getInt(Sysctl.TCP_RETRIES2);
        if (c.orphan) {
            retries = orphanRetries(c, c.rtoUs < RoundTrip.maxRtoUs(c));
        }
        if (c.userTimeoutMs > 0) {
            return userTimeoutOver(c);
        }
        return elapsedBeyond(c, retries);
    }

    private static int orphanRetries(Connection c, boolean alive) {
        int retries = c.tcp.sysctls().getInt(Sysctl.TCP_ORPHAN_RETRIES);
        if (c.softError() != 0 && !alive) {
            retries = 0;
        }
        return retries == 0 && alive ? 8 : retries;
    }

    /// As long as so many retransmissions with doubling from the minimum RTO would take, whatever the real RTO is.
    private static boolean elapsedBeyond(Connection c, int retries) {
        return elapsedBeyond(c, retries, c.tcp.sysctls().get(Sysctl.TCP_RTO_MIN_US));
    }

    private static boolean elapsedBeyond(Connection c, int retries, long minUs) {
        if (c.retransmits == 0 || c.retransmitSinceNs == 0) {
            return false;
        }
        return c.tcp.now() - c.retransmitSinceNs >= durationUs(c, retries, minUs) * 1000;
    }

    private static long durationUs(Connection c, int retries, long minUs) {
        long maxUs = RoundTrip.maxRtoUs(c);
        int doublings = 63 - Long.numberOfLeadingZeros(Math.max(1, maxUs / minUs));
        return retries <= doublings ? ((2L << retries) - 1) * minUs : ((2L << doublings) - 1) * minUs + (retries - doublings) * maxUs;
    }

    /// How long retransmission goes on after the first time-out, in microseconds.
    static long patienceUs(Connection c) {
        return durationUs(c, c.orphan ? orphanRetries(c, c.rtoUs < RoundTrip.maxRtoUs(c)) : c.tcp.sysctls().getInt(Sysctl.TCP_RETRIES2),
                c.tcp.sysctls().get(Sysctl.TCP_RTO_MIN_US));
    }

    private static boolean userTimeoutOver(Connection c) {
        if (c.userTimeoutMs == 0 || c.sender == null) {
            return false;
        }
        Flight flight = c.sender.flight;
        if (flight.isEmpty()) {
            return false;
        }
        return c.retransmits > 0 && c.retransmitSinceNs != 0 && c.tcp.now() - c.retransmitSinceNs >= c.userTimeoutMs * 1_000_000L;
    }

    /// The next time-out must not come later than the application's own limit.
    private static long clampToUserTimeout(Connection c, long deadlineNs) {
        if (c.userTimeoutMs == 0 || c.retransmitSinceNs == 0) {
            return deadlineNs;
        }
        long limit = c.retransmitSinceNs + c.userTimeoutMs * 1_000_000L;
        return Math.min(deadlineNs, Math.max(limit, c.tcp.now() + 1_000_000));
    }

    /// The connection is given up: ETIMEDOUT, or the soft error that explains it better (RFC 9293 §3.10.8, MUST-12).
    static void giveUp(Connection c) {
        int errno = c.softError() != 0 && c.softError() != Errno.ETIMEDOUT ? c.softError() : Errno.ETIMEDOUT;
        c.tcp.count(Counter.TcpExtTCPAbortOnTimeout);
        c.tcp.output().resets.add(c, ResetReason.GAVE_UP);
        c.tcp.abandon(c, errno);
    }

    /// (Re)starts the retransmission timer from now (RFC 6298 §5.1, §5.3); off if nothing is in flight (§5.2).
    static void restartRetransmit(Connection c) {
        c.retransmitTimer(Connection.TIMER_RETRANSMIT, clampToUserTimeout(c, c.tcp.now() + RoundTrip.timeoutNs(c)));
    }

    static void rearmRetransmit(Connection c, Sender s) {
        if (c.awaitsHandshake()) {
            // The timer is the SYN-ACK's.
            return;
        }
        if (s.flight.isEmpty()) {
            c.stopRetransmitTimer();
            c.retransmitSinceNs = 0;
            return;
        }
        long deadline = c.tcp.now() + RoundTrip.timeoutNs(c);
        if (c.retransmitKind == Connection.TIMER_REORDER || c.retransmitKind == Connection.TIMER_LOSS_PROBE) {
            // Those timers delayed the retransmission timer: it still counts from the oldest segment's transmission.
            deadline = Math.max(c.tcp.now() + 1000, s.flight.sentNs(s.flight.head) + RoundTrip.timeoutNs(c));
        }
        c.retransmitTimer(Connection.TIMER_RETRANSMIT, clampToUserTimeout(c, deadline));
    }

    /// After an ACK of new data: tail-loss probe if the situation calls for one, else the retransmission timer.
    static void setTransmitTimer(Connection c, Sender s) {
        c.retransmitSinceNs = 0;
        if (!scheduleLossProbe(c, s, true)) {
            rearmRetransmit(c, s);
        }
    }

    static void startReorderTimer(Connection c, long waitUs) {
        c.retransmitTimer(Connection.TIMER_REORDER, c.tcp.now() + (waitUs + MIN_TIMEOUT_US / 2) * 1000);
    }

    // ---- tail-loss probe (RFC 8985 §7.2) ----------------------------------------------------------------------------------------------

    /// @return true if the probe's timer was armed
    static boolean scheduleLossProbe(Connection c, Sender s, boolean advancing) {
        int mode = c.tcp.sysctls().getInt(Sysctl.TCP_EARLY_RETRANS);
        if (mode != 3 && mode != 4 || s.flight.isEmpty() || !c.sackPermitted || s.state != Sender.OPEN && s.state != Sender.CWR) {
            return false;
        }
        if (!c.tcpState().synchronizedState() || c.awaitsHandshake()) {
            return false;
        }
        long timeoutUs;
        if (c.srttUs8 > 0) {
            timeoutUs = c.srttUs8 >> 2;
            // One segment alone may meet the peer's delayed ACK (RFC 8985 §7.2, max_ack_delay).
            timeoutUs += s.flight.packetsOut() == 1 ? RoundTrip.minRtoUs(c) : MIN_TIMEOUT_US;
        } else {
            timeoutUs = RoundTrip.INITIAL_RTO_US;
        }
        long now = c.tcp.now();
        long rtoLeftUs = advancing ? RoundTrip.timeoutNs(c) / 1000 : (s.flight.sentNs(s.flight.head) + RoundTrip.timeoutNs(c) - now) / 1000;
        if (rtoLeftUs > 0) {
            timeoutUs = Math.min(timeoutUs, rtoLeftUs);
        }
        c.retransmitTimer(Connection.TIMER_LOSS_PROBE, now + timeoutUs * 1000);
        return true;
    }

    /// PTO (RFC 8985 §7.3): one segment, new if there is one, else the last one again.
    private static void lossProbe(Connection c, Sender s) {
        Flight flight = s.flight;
        if (!s.tlpArmed && !flight.isEmpty()) {
            s.tlpRetransmitted = false;
            boolean sent = c.unsent() > 0 && Sending.transmitNew(c, s, Sending.currentMss(c), true) > 0;
            if (!sent) {
                int last = flight.tail - 1;
                sent = Sending.retransmit(c, s, last, true);
                s.tlpRetransmitted = sent;
            }
            if (sent) {
                s.tlpArmed = true;
                s.tlpHighSeq = c.snd.nxt;
                c.tcp.count(Counter.TcpExtTCPLossProbes);
                c.retransmitKind = Connection.TIMER_NONE;
            }
        }
        rearmRetransmit(c, s);
    }

    // ---- zero window (RFC 9293 §3.8.6.1) ------------------------------------------------------------------------------------------------

    /// MUST-35, MUST-36, SHLD-29: there is something to send, nothing in flight and no window; the first probe after one RTO.
    static void startProbing(Connection c) {
        c.retransmitTimer(Connection.TIMER_PROBE, probeDeadline(c));
        c.probeSinceNs = 0;
    }

    /// SHLD-30: intervals grow exponentially.
    private static long probeDeadline(Connection c) {
        long base = Math.max(c.rtoUs, PROBE_FLOOR_US);
        long interval = Math.min(base << Math.min(c.backoff, 30), RoundTrip.maxRtoUs(c));
        long deadline = c.tcp.now() + interval * 1000;
        if (c.userTimeoutMs > 0 && c.probeSinceNs != 0) {
            deadline = Math.min(deadline, Math.max(c.probeSinceNs + c.userTimeoutMs * 1_000_000L, c.tcp.now() + 1_000_000));
        }
        return deadline;
    }

    /// MUST-37: as long as the peer answers probes, the connection stays, for years if need be; without answers it ends like any other silence.
    private static void probe(Connection c, Sender s) {
        boolean something = c.unsent() > 0 || c.finQueued && c.snd.nxt == c.snd.writeEnd;
        if (!s.flight.isEmpty() || !something) {
            c.probesOut = 0;
            c.probeSinceNs = 0;
            return;
        }
        if (c.probeSinceNs == 0) {
            c.probeSinceNs = c.tcp.now();
        } else if (c.userTimeoutMs > 0 && c.tcp.now() - c.probeSinceNs >= c.userTimeoutMs * 1_000_000L) {
            giveUp(c);
            return;
        }
        int most = c.tcp.sysctls().getInt(Sysctl.TCP_RETRIES2);
        if (c.orphan) {
            boolean alive = (long) Math.max(c.rtoUs, PROBE_FLOOR_US) << Math.min(c.backoff, 30) < RoundTrip.maxRtoUs(c);
            most = orphanRetries(c, alive);
            if (!alive && c.backoff >= most) {
                giveUp(c);
                return;
            }
        }
        if (c.probesOut >= most) {
            giveUp(c);
            return;
        }
        sendProbe(c, s);
        if (!s.flight.isEmpty()) {
            c.backoff = 0;
            c.probesOut = 0;
            return;
        }
        c.probesOut++;
        if (c.backoff < c.tcp.sysctls().getInt(Sysctl.TCP_RETRIES2)) {
            c.backoff++;
        }
        c.retransmitTimer(Connection.TIMER_PROBE, probeDeadline(c));
    }

    /// If the window is open but too small for a segment, a piece that fits; if closed, an empty segment below the window.
    private static void sendProbe(Connection c, Sender s) {
        int room = c.snd.edge() - c.snd.nxt;
        if (c.unsent() > 0 && room > 0) {
            Sending.transmitPiece(c, s, Math.min(room, Math.min(c.unsent(), Math.max(1, c.mss))));
            return;
        }
        if (Seq.gt(c.snd.up, c.snd.una) && c.snd.up - c.snd.una <= 0xffff) {
            c.tcp.output().probe(c, true);
        }
        c.tcp.count(Counter.TcpExtTCPWinProbe);
        c.tcp.output().probe(c, false);
    }

    /// An ACK came while nothing was in flight: does it open the window?
    static void ackOfProbe(Connection c, Sender s) {
        boolean something = c.unsent() > 0 || c.finQueued && c.snd.nxt == c.snd.writeEnd;
        if (!something) {
            return;
        }
        int needed = Math.min(Math.max(1, c.unsent()), Math.max(1, c.mss));
        if (c.snd.edge() - c.snd.nxt >= needed) {
            c.backoff = 0;
            c.probeSinceNs = 0;
            if (c.retransmitKind == Connection.TIMER_PROBE) {
                c.stopRetransmitTimer();
            }
        } else if (c.retransmitKind == Connection.TIMER_PROBE || c.retransmitKind == Connection.TIMER_NONE) {
            c.probeSinceNs = 0;
            c.retransmitTimer(Connection.TIMER_PROBE, probeDeadline(c));
        }
    }

    // ---- keep-alive (RFC 9293 §3.8.4, MAY-5) and FIN-WAIT-2 ---------------------------------------------------------------------------------

    /// MUST-24, MUST-26, MUST-29, SHLD-12. The same timer ends orphans in FIN-WAIT-2.
    private static void keepalive(Connection c) {
        if (c.tcpState() == TcpState.FIN_WAIT_2 && c.orphan) {
            c.tcp.abandonQuietly(c);
            return;
        }
        if (!c.option(org.lastack.core.socket.InetSocket.KEEPALIVE) || !keepaliveApplies(c)) {
            return;
        }
        long now = c.tcp.now();
        long idleNs = keepIdleNs(c);
        Sender s = c.sender;
        boolean outstanding = s != null && !s.flight.isEmpty() || c.unsent() > 0;
        if (outstanding) {
            // MUST-26: only when nothing is outstanding; the retransmission timer watches then.
            c.keepaliveTimer(now + idleNs);
            return;
        }
        long silentNs = now - Math.max(c.lastAckReceivedNs, c.lastReceiveNs);
        if (silentNs < idleNs) {
            c.keepaliveTimer(now + idleNs - silentNs);
            return;
        }
        boolean over = c.userTimeoutMs > 0 ? silentNs >= c.userTimeoutMs * 1_000_000L && c.keepaliveProbes > 0 : c.keepaliveProbes >= keepCount(c);
        if (over) {
            c.tcp.output().reset(c, ResetReason.KEEPALIVE);
            c.tcp.count(Counter.TcpExtTCPAbortOnTimeout);
            c.tcp.abandon(c, c.softError() != 0 ? c.softError() : Errno.ETIMEDOUT);
            return;
        }
        c.keepaliveProbes++;
        c.tcp.count(Counter.TcpExtTCPKeepAlive);
        c.tcp.output().probe(c, false);
        c.keepaliveTimer(now + keepIntervalNs(c));
    }

    private static boolean keepaliveApplies(Connection c) {
        return switch (c.tcpState()) {
            case ESTABLISHED, CLOSE_WAIT, FIN_WAIT_1, FIN_WAIT_2, CLOSING, LAST_ACK -> true;
            case CLOSED, LISTEN, SYN_SENT, SYN_RECEIVED, TIME_WAIT -> false;
        };
    }

    /// Any segment from the peer proves that it lives.
    static void heard(Connection c) {
        c.keepaliveProbes = 0;
        if (c.option(org.lastack.core.socket.InetSocket.KEEPALIVE) && c.keepaliveDeadlineNs != Connection.never() && !c.orphan) {
            c.keepaliveDeadlineNs = c.tcp.now() + keepIdleNs(c);
            c.rearm();
        }
    }

    /// MUST-25: only if the application asked for it.
    static void startKeepalive(Connection c) {
        if (c.option(org.lastack.core.socket.InetSocket.KEEPALIVE) && keepaliveApplies(c)) {
            long idle = c.tcp.now() - Math.max(c.lastAckReceivedNs, c.lastReceiveNs);
            c.keepaliveTimer(c.tcp.now() + Math.max(0, keepIdleNs(c) - (c.lastAckReceivedNs == 0 ? 0 : idle)));
        }
    }

    /// MUST-27: TCP_KEEPIDLE, else the host's setting.
    static long keepIdleNs(Connection c) {
        return (c.keepIdleSeconds > 0 ? c.keepIdleSeconds : c.tcp.sysctls().get(Sysctl.TCP_KEEPALIVE_TIME)) * 1_000_000_000L;
    }

    static long keepIntervalNs(Connection c) {
        return (c.keepIntervalSeconds > 0 ? c.keepIntervalSeconds : c.tcp.sysctls().get(Sysctl.TCP_KEEPALIVE_INTVL)) * 1_000_000_000L;
    }

    static int keepCount(Connection c) {
        return c.keepProbes > 0 ? c.keepProbes : c.tcp.sysctls().getInt(Sysctl.TCP_KEEPALIVE_PROBES);
    }
}
