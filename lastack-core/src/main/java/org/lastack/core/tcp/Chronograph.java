package org.lastack.core.tcp;

/// What limited a sender, and for how long: busy, waiting for the peer's window, waiting for the application's buffer (TCP_INFO `busy_time`,
/// `rwnd_limited`, `sndbuf_limited`).
final class Chronograph {
    static final int IDLE = 0;
    static final int BUSY = 1;
    static final int RWND_LIMITED = 2;
    static final int SNDBUF_LIMITED = 3;

    private Chronograph() {}

    static void update(Connection c, Sender s) {
        int kind;
        if (s.flight.isEmpty() && c.unsent() == 0) {
            kind = IDLE;
        } else if (c.unsent() > 0 && s.inFlight() < s.cwnd && c.snd.edge() - c.snd.nxt < Math.min(c.unsent(), Math.max(1, c.mss))) {
            kind = RWND_LIMITED;
        } else if (c.unsent() == 0 && ((Tcb) c).waitingForBuffer()) {
            kind = SNDBUF_LIMITED;
        } else {
            kind = BUSY;
        }
        if (kind != s.chronoKind) {
            long now = c.tcp.now();
            spend(s, s.chronoKind, now - s.chronoStartNs);
            s.chronoKind = kind;
            s.chronoStartNs = now;
        }
    }

    /// Nanoseconds spent in that condition until now.
    static long spentNs(Sender s, int kind, long now) {
        long before = switch (kind) {
            case BUSY -> s.busyNs;
            case RWND_LIMITED -> s.windowLimitedNs;
            case SNDBUF_LIMITED -> s.bufferLimitedNs;
            default -> throw new IllegalArgumentException("time of kind " + kind + " is not counted");
        };
        return before + (s.chronoKind == kind ? now - s.chronoStartNs : 0);
    }

    private static void spend(Sender s, int kind, long ns) {
        switch (kind) {
            case BUSY -> s.busyNs += ns;
            case RWND_LIMITED -> s.windowLimitedNs += ns;
            case SNDBUF_LIMITED -> s.bufferLimitedNs += ns;
            case IDLE -> {
                // Not counted.
            }
            default -> throw new IllegalArgumentException("no kind of time: " + kind);
        }
    }
}
