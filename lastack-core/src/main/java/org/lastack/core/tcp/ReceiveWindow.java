package org.lastack.core.tcp;

import org.lastack.core.Sysctl;

/// How much a receiver offers: window selection with silly-window avoidance (RFC 9293 §3.8.6.2.2, MUST-39) and automatic tuning of the buffer,
/// with the figures that Linux uses, so that windows look the same on the wire.
final class ReceiveWindow {
    /// Linux counts its own bookkeeping against the buffer: of 256 octets so many are payload, until the size of the peer's segments is known. We keep the
    /// ratio, so that SO_RCVBUF means the same.
    static final int DEFAULT_RATIO = 128;
    private static final int RATIO_SHIFT = 8;
    /// What Linux takes for a segment of up to one Ethernet frame.
    private static final int FRAME_MEMORY = 2304;
    private static final int FRAME_PAYLOAD = 1664;

    private ReceiveWindow() {}

    /// Payload that fits a buffer of `octets` before any segment has come.
    static int spaceOf(int octets) {
        return (int) ((long) octets * DEFAULT_RATIO >> RATIO_SHIFT);
    }

    /// Payload that fits the buffer of a connection.
    private static int fullSpace(Connection c) {
        return (int) ((long) c.receiveBufferOctets() * c.spaceRatio >> RATIO_SHIFT);
    }

    /// Segments of `length` octets come: adapts the ratio, and with it how far the window may open.
    static void segmentSize(Connection c, int length) {
        int memory = length <= FRAME_PAYLOAD ? FRAME_MEMORY : length + (length >> 3) + 512;
        int ratio = Math.max(1, Math.min(255, (length << RATIO_SHIFT) / memory));
        if (ratio != c.spaceRatio) {
            c.spaceRatio = ratio;
            if (!c.userClamp) {
                c.windowClamp = fullSpace(c);
                // A wider clamp may be used at once up to what was promised; a narrower one bounds.
                c.receiveThreshold = Math.min(Math.max(c.receiveThreshold, c.rcv.wnd), c.windowClamp);
            }
        }
    }

    /// Window and scale for the SYN or SYN-ACK of a connection with that buffer: `scale << 32 | window`. The SYN's own field holds at most 65,535 of it; the first
    /// segment after it says the rest (Linux 6.18).
    static long initial(Tcp tcp, int buffer, boolean locked, int mss, boolean scaling) {
        int space = Math.min(spaceOf(buffer), 0xffff << 14);
        int window = space > mss ? space - space % mss : space;
        if (!scaling) {
            window = Math.min(window, 0xffff);
        }
        return (long) (scaling ? scale(tcp, buffer, locked) : 0) << 32 | window;
    }

    /// The shift of the window scale option (RFC 7323 §2.2) that a buffer of that size, or as large as it may grow, needs.
    static int scale(Tcp tcp, int buffer, boolean locked) {
        int space = Math.min(spaceOf(buffer), 0xffff << 14);
        long largest = locked ? space : Math.max(space, Math.max(tcp.sysctls().get(Sysctl.TCP_RMEM_MAX), tcp.sysctls().get(Sysctl.RMEM_MAX)));
        largest = Math.min(largest, 0xffffL << 14);
        return Math.max(0, Math.min(14, 63 - Long.numberOfLeadingZeros(Math.max(1, largest)) - 15));
    }

    /// The connection is synchronized: how far its window may open.
    static void start(Connection c) {
        int full = fullSpace(c);
        int clamp = c.windowClamp > 0 ? Math.min(c.windowClamp, full) : full;
        if (clamp > 2 * c.acceptedMss() && clamp + c.acceptedMss() > full) {
            // Room for one segment more than was promised.
            clamp = Math.max(2 * c.acceptedMss(), full - c.acceptedMss());
        }
        c.windowClamp = clamp;
        c.receiveThreshold = Math.min(c.rcv.wnd, clamp);
        c.receiveMss = Math.max(88, Math.min(Math.min(c.acceptedMss(), c.mss > 0 ? c.mss : c.acceptedMss()), Math.min(c.rcv.wnd / 2, 536)));
        c.tuneSpace = Math.min(Math.min(c.rcv.wnd, c.receiveThreshold), 10 * c.acceptedMss());
        c.tuneSeq = c.rcv.nxt;
        c.tuneStampNs = c.tcp.now();
    }

    /// Octets of payload that the buffer holds now.
    private static int used(Connection c) {
        int queued = c.rcv.nxt - c.rcv.copied;
        Receiver receiver = c.receiver;
        return receiver == null ? queued : queued + receiver.islands.octets();
    }

    static int space(Connection c) {
        return Math.max(0, fullSpace(c) - used(c));
    }

    /// The window to advertise now; the caller keeps it from shrinking.
    static int select(Connection c) {
        int mss = c.receiveMss;
        int allowed = fullSpace(c);
        int full = Math.min(c.windowClamp, allowed);
        // SECURITY R-14: with all memory used up nothing more is offered to a connection that has something unread.
        int free = c.unread() > 0 && c.tcp.memoryExhausted() ? 0 : space(c);
        if (mss > full) {
            mss = full;
            if (mss <= 0) {
                return 0;
            }
        }
        int unit = 1 << c.rcv.scale;
        if (free < full >> 1) {
            c.quickAcks = 0;
            free = free & -unit;
            if (free < allowed >> 4 || free < mss) {
                return 0;
            }
        }
        free = Math.min(free, c.receiveThreshold);
        if (c.rcv.scale > 0) {
            return (free + unit - 1) & -unit;
        }
        int window = c.rcv.wnd;
        if (window <= free - mss || window > free) {
            return free - free % mss;
        }
        if (mss == full && free > window + (full >> 1)) {
            return free;
        }
        return window;
    }

    /// Text of `length` octets has arrived: the threshold up to which the window may open grows with it (slow start of the receive window).
    static void grow(Connection c, int length) {
        if (length < 128) {
            return;
        }
        int room = Math.min(c.windowClamp, space(c)) - c.receiveThreshold;
        if (room <= 0) {
            return;
        }
        int more = Math.max(2 * c.acceptedMss(), length);
        c.receiveThreshold += Math.min(room, more);
        c.quickAcks |= 1;
    }

    /// The reader has taken octets: once per round trip, if it read more than ever in one, the buffer is enlarged (dynamic right-sizing).
    static void readerAdvanced(Connection c) {
        long now = c.tcp.now();
        int rttUs = c.receiveRttUs >> 3;
        if (rttUs == 0 || now - c.tuneStampNs < rttUs * 1000L) {
            return;
        }
        int copied = c.rcv.copied - c.tuneSeq;
        if (copied > c.tuneSpace) {
            enlarge(c, copied);
            c.tuneSpace = copied;
        }
        c.tuneSeq = c.rcv.copied;
        c.tuneStampNs = now;
    }

    private static void enlarge(Connection c, int copied) {
        if (!c.tcp.sysctl(Sysctl.TCP_MODERATE_RCVBUF) || c.option(org.lastack.core.socket.InetSocket.RCVBUF_LOCK)) {
            return;
        }
        // What arrives in the next round trip may be twice as much (slow start), and 16 segments for the reader's own delay.
        long window = 2L * copied + 16L * c.acceptedMss();
        if (c.tuneSpace > 0) {
            window += 2 * window * Math.max(0, copied - c.tuneSpace) / c.tuneSpace;
        }
        long buffer = Math.min((window << RATIO_SHIFT) / c.spaceRatio, c.tcp.sysctls().get(Sysctl.TCP_RMEM_MAX));
        if (buffer > c.receiveBufferOctets()) {
            c.receiveBufferOctets((int) buffer);
            c.windowClamp = fullSpace(c);
        }
    }

    /// Measures the round trip as a receiver sees it: the time in which a whole window arrived, or from timestamps that we sent and got back.
    static void measure(Connection c, long sampleUs, boolean windowBased) {
        long sample = Math.max(1, Math.min(sampleUs, Integer.MAX_VALUE >> 3));
        long smoothed = c.receiveRttUs;
        if (smoothed == 0) {
            smoothed = sample << 3;
        } else if (!windowBased) {
            smoothed += sample - (smoothed >> 3);
        } else if (sample << 3 < smoothed) {
            smoothed = sample << 3;
        }
        c.receiveRttUs = (int) smoothed;
    }
}
