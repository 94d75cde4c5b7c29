package org.lastack.core.tcp;

import org.lastack.core.ip.Route;

/// What all congestion control algorithms share: the initial window, cwnd validation, and the pacing rate.
final class Congestion {
    /// RFC 6928.
    static final int INITIAL_WINDOW = 10;
    static final int MAX_CWND = 1 << 24;

    private Congestion() {}

    /// Initial window in segments: 10 (RFC 6928), or what the route says.
    static int initialWindow(Connection c) {
        Route route = c.tcp.output().route(c);
        return route != null && route.initCwnd > 0 ? route.initCwnd : INITIAL_WINDOW;
    }

    /// The connection is synchronized: sets cwnd and lets the algorithm begin. RFC 6928 §2: after a lost SYN the window is one segment.
    static void start(Connection c, Sender s, boolean synLost) {
        s.cwnd = synLost ? 1 : initialWindow(c);
        s.cwndClamp = MAX_CWND;
        s.cwndStampNs = c.tcp.now();
        s.control.start(c, s);
    }

    /// RFC 7661 and RFC 2861 as Linux has them: remembers whether cwnd was used, and lets it decay when it was not for an RTO.
    static void validateCwnd(Connection c, Sender s, boolean limited) {
        int packets = s.flight.packetsOut();
        if (!Seq.lt(c.snd.una, s.usageSeq) || limited || !s.cwndLimited && packets > s.maxPacketsOut) {
            s.cwndLimited = limited;
            s.maxPacketsOut = packets;
            s.usageSeq = c.snd.nxt;
        }
        long now = c.tcp.now();
        if (s.cwndLimited(c)) {
            s.cwndUsed = 0;
            s.cwndStampNs = now;
            return;
        }
        s.cwndUsed = Math.max(s.cwndUsed, packets);
        if (c.tcp.sysctl(org.lastack.core.Sysctl.TCP_SLOW_START_AFTER_IDLE) && now - s.cwndStampNs >= c.rtoUs * 1000L
                && !s.control.controlsEverything()) {
            if (s.state == Sender.OPEN && c.unsent() == 0) {
                int used = Math.max(s.cwndUsed, initialWindow(c));
                if (used < s.cwnd) {
                    s.ssthresh = Recovery.currentSsthresh(s);
                    s.cwnd = (s.cwnd + used) >> 1;
                }
                s.cwndUsed = 0;
            }
            s.cwndStampNs = now;
        }
    }

    /// The pacing rate in octets per second: the algorithm's, or what [#pacingRate] gives, and no more than SO_MAX_PACING_RATE.
    static long rate(Connection c, Sender s) {
        long rate = s.pacingRate == Long.MAX_VALUE ? pacingRate(c, s) : s.pacingRate;
        long most = c.maxPacingRate();
        return most > 0 ? Math.min(most, rate) : rate;
    }

    /// The same for a connection that has sent nothing: what the initial window and the handshake's RTT make.
    static long rateBeforeSending(Connection c) {
        long rate = Long.MAX_VALUE;
        if (c.srttUs8 > 0) {
            long window = (long) initialWindow(c) * Math.max(1, c.mss);
            rate = window * 8_000_000L / c.srttUs8 * c.tcp.sysctls().get(org.lastack.core.Sysctl.TCP_PACING_SS_RATIO) / 100;
        }
        long most = c.maxPacingRate();
        return most > 0 ? Math.min(most, rate) : rate == Long.MAX_VALUE ? -1 : rate;
    }

    /// Octets per second at which cwnd would be spent in one RTT, with Linux's head room: 200 % in slow start, 120 % after.
    static long pacingRate(Connection c, Sender s) {
        if (c.srttUs8 == 0) {
            return Long.MAX_VALUE;
        }
        boolean slowStart = s.cwnd < s.ssthresh / 2;
        long ratio = c.tcp.sysctls().get(slowStart ? org.lastack.core.Sysctl.TCP_PACING_SS_RATIO : org.lastack.core.Sysctl.TCP_PACING_CA_RATIO);
        long window = (long) Math.max(s.cwnd, s.flight.packetsOut()) * Math.max(1, c.mss);
        return window * 8_000_000L / c.srttUs8 * ratio / 100;
    }
}
