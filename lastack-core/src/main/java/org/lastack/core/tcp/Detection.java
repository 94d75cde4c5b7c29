package org.lastack.core.tcp;

/// When this side would notice that its peer has vanished without a word, with the settings as they are: for tools. Decides nothing.
final class Detection {
    /// Nothing would ever notice.
    static final long NEVER = Long.MAX_VALUE;

    private Detection() {}

    /// Nanoseconds until a connection whose peer answers nothing from now on would be given up; [#NEVER] if nothing is outstanding and SO_KEEPALIVE
    /// is off. With something outstanding it is what RFC 9293 §3.8.3 calls R2, or TCP_USER_TIMEOUT.
    static long ns(Connection c) {
        boolean outstanding = switch (c.tcpState()) {
            case ESTABLISHED, CLOSE_WAIT, FIN_WAIT_1, CLOSING, LAST_ACK -> c.unacknowledged() > 0 || c.finQueued && c.tcpState() != TcpState.ESTABLISHED;
            case CLOSED, LISTEN, SYN_SENT, SYN_RECEIVED, FIN_WAIT_2, TIME_WAIT -> false;
        };
        if (outstanding) {
            long sinceNs = c.retransmits > 0 && c.retransmitSinceNs != 0 ? c.tcp.now() - c.retransmitSinceNs : 0;
            long wholeNs = c.userTimeoutMs > 0 ? c.userTimeoutMs * 1_000_000L : Timeouts.patienceUs(c) * 1000;
            long firstNs = c.retransmits > 0 ? 0 : c.rtoUs * 1000L;
            return Math.max(0, firstNs + wholeNs - sinceNs);
        }
        if (c.keepaliveDeadlineNs != Connection.never()) {
            long first = Math.max(0, c.keepaliveDeadlineNs - c.tcp.now());
            int left = Math.max(0, Timeouts.keepCount(c) - c.keepaliveProbes);
            return c.userTimeoutMs > 0 ? Math.max(first + Timeouts.keepIntervalNs(c), c.userTimeoutMs * 1_000_000L) : first + left * Timeouts.keepIntervalNs(c);
        }
        return NEVER;
    }
}
