package org.lastack.core.tcp;

import org.lastack.core.Counter;
import org.lastack.core.Sysctl;
import org.lastack.wire.TcpHeader;

/// When to acknowledge: delayed ACKs (RFC 9293 §3.8.6.3, SHLD-18, MUST-40), at least every second full segment (SHLD-19), at once while a
/// connection is young ("quick ACK mode"), and piggybacked when it is interactive.
final class Acknowledging {
    static final int MIN_TIMEOUT_US = 40_000;
    /// "As soon as possible, but not in this call": a tick of a clock with 1,000 of them per second.
    static final int TICK_US = 1_000;
    static final int MAX_TIMEOUT_US = 200_000;
    static final int MAX_QUICK_ACKS = 16;
    private static final int DEFAULT_MSS = 536;
    private static final int MIN_MSS = 88;

    private Acknowledging() {}

    /// In-order text has arrived: adapts the delay to the peer's rhythm.
    static void textReceived(Connection c, Segment seg) {
        c.ackPending = true;
        measureMss(c, seg);
        long now = c.tcp.now();
        if (c.ackTimeoutUs == 0) {
            // The first text of a connection: the sender is in slow start and lives on ACKs.
            quickAcks(c, MAX_QUICK_ACKS);
            c.ackTimeoutUs = MIN_TIMEOUT_US;
        } else {
            long gapUs = (now - c.lastReceiveNs) / 1000;
            if (gapUs <= MIN_TIMEOUT_US / 2) {
                c.ackTimeoutUs = (c.ackTimeoutUs >> 1) + MIN_TIMEOUT_US / 2;
            } else if (gapUs < c.ackTimeoutUs) {
                c.ackTimeoutUs = (int) Math.min((c.ackTimeoutUs >> 1) + gapUs, c.rtoUs);
            } else if (gapUs > c.rtoUs) {
                // Too long a gap: the sender has restarted with a small window.
                quickAcks(c, MAX_QUICK_ACKS);
            }
        }
        c.lastReceiveNs = now;
        ReceiveWindow.grow(c, seg.dataLength);
    }

    static void quickAcks(Connection c, int most) {
        int window = c.rcv.wnd / (2 * Math.max(1, c.receiveMss));
        int count = Math.min(window == 0 ? 2 : window, most);
        c.quickAcks = Math.max(c.quickAcks, count);
    }

    static void enterQuickMode(Connection c, int most) {
        quickAcks(c, most);
        c.pingpong = false;
        c.ackTimeoutUs = MIN_TIMEOUT_US;
    }

    /// Estimates the peer's segment size: the ACK frequency is counted in it (RFC 9293 §3.8.6.3).
    static void measureMss(Connection c, Segment seg) {
        int length = seg.ip.gsoSize > 0 ? Math.min(seg.ip.gsoSize, seg.dataLength) : seg.dataLength;
        c.lastSegmentSize = length >= c.receiveMss ? 0 : c.lastSegmentSize;
        if (length >= c.receiveMss) {
            if (length != c.receiveMss) {
                ReceiveWindow.segmentSize(c, length);
            }
            c.receiveMss = Math.min(length, c.acceptedMss());
            if (seg.dataLength > length && seg.psh()) {
                c.ackPushed = true;
            }
            return;
        }
        int withHeader = length + seg.headerLength;
        if (withHeader >= DEFAULT_MSS + TcpHeader.MIN_LENGTH || withHeader >= MIN_MSS + TcpHeader.MIN_LENGTH && !seg.psh() && !seg.fin()) {
            int size = withHeader - TcpHeader.MIN_LENGTH - c.fixedOptions();
            if (size == c.lastSegmentSize) {
                c.receiveMss = size;
                return;
            }
            c.lastSegmentSize = size;
        }
        if (c.ackPushed) {
            c.ackPushedTwice = true;
        }
        c.ackPushed = true;
    }

    private static boolean quickMode(Connection c) {
        return c.quickAcks > 0 && !c.pingpong;
    }

    /// After a segment was processed: acknowledge now, later, or not at all.
    static void afterSegment(Connection c) {
        if (!c.ackPending && !c.ackNow) {
            return;
        }
        boolean severalFrames = c.rcv.nxt - c.rcv.wup > c.receiveMss
                && (c.unread() < c.receiveLowWater() || ReceiveWindow.select(c) >= c.rcv.wnd);
        Receiver receiver = c.receiver;
        boolean holes = receiver != null && !receiver.islands.isEmpty();
        if (c.separateAck) {
            return;
        }
        if (severalFrames || quickMode(c) || c.ackNow || holes) {
            c.ackNow = true;
            c.tcp.wantOutput(c);
        } else {
            delay(c);
        }
    }

    /// Arms the delayed-ACK timer; an earlier deadline stays.
    static void delay(Connection c) {
        // Nothing is known of the rhythm of a peer that has sent no text yet: its FIN is acknowledged at the next tick, unless the program closes before.
        long timeoutUs = c.ackTimeoutUs > 0 ? c.ackTimeoutUs : TICK_US;
        if (timeoutUs > MIN_TIMEOUT_US) {
            long most = c.pingpong || c.ackPushed ? MAX_TIMEOUT_US : 500_000;
            if (c.srttUs8 > 0) {
                most = Math.min(most, Math.max(c.srttUs8 >> 3, MIN_TIMEOUT_US));
            }
            timeoutUs = Math.min(timeoutUs, most);
        }
        timeoutUs = Math.min(timeoutUs, c.delayedAckMaxUs > 0 ? c.delayedAckMaxUs : MAX_TIMEOUT_US);
        long now = c.tcp.now();
        boolean running = c.delayedAckDeadlineNs != Connection.never();
        if (running && c.delayedAckDeadlineNs <= now + (timeoutUs >> 2) * 1000) {
            // The timer is about to run out: the next segment is not worth waiting for.
            c.ackNow = true;
            c.tcp.wantOutput(c);
        } else if (!running || now + timeoutUs * 1000 < c.delayedAckDeadlineNs) {
            c.delayedAckTimer(now + timeoutUs * 1000);
        }
    }

    /// The delayed ACK's time has come.
    static void timeout(Connection c) {
        if (!c.ackPending) {
            return;
        }
        if (!c.pingpong) {
            c.ackTimeoutUs = Math.min(c.ackTimeoutUs << 1, c.rtoUs);
        } else {
            c.pingpong = false;
            c.ackTimeoutUs = MIN_TIMEOUT_US;
        }
        c.tcp.count(Counter.TcpExtDelayedACKs);
        c.ackNow = true;
        c.tcp.wantOutput(c);
    }

    /// The reader has taken `octets`: tell the peer if that opens the window considerably (RFC 9293 §3.8.6.2.2), or if an ACK has waited for it.
    static void afterRead(Connection c, int octets) {
        boolean due = false;
        if (c.ackPending) {
            boolean drained = c.unread() == 0 && c.rcv.nxt == c.rcv.copied + (c.finReceived ? 1 : 0);
            due = c.rcv.nxt - c.rcv.wup > c.receiveMss
                    || octets > 0 && (c.ackPushedTwice || c.ackPushed && !c.pingpong) && drained;
        }
        if (octets > 0 && !due && (c.shutdownMask() & org.lastack.core.socket.InetSocket.RCV_SHUTDOWN) == 0) {
            int window = c.rcv.window();
            if (2L * window <= c.windowClamp) {
                int wider = ReceiveWindow.select(c);
                due = wider > 0 && wider >= 2L * window;
            }
        }
        if (due) {
            c.ackNow = true;
            c.tcp.wantOutput(c);
        }
    }

    static boolean dsackEnabled(Connection c) {
        return c.sackPermitted && c.tcp.sysctl(Sysctl.TCP_DSACK);
    }
}
