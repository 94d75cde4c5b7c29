package org.lastack.link;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/// Counts of one link since it was opened.
///
/// Any thread may read at any time and sees each number whole, though not all numbers of one instant. Each direction is written by one thread at a time:
/// the receiver writes `rx`, the sender (callers serialise senders) writes `tx`; so no atomic addition is needed.
public final class LinkCounters {
    private static final VarHandle CELL = MethodHandles.arrayElementVarHandle(long[].class);
    private static final int PACKETS = 0;
    private static final int OCTETS = 1;
    private static final int ERRORS = 2;
    private static final int DROPS = 3;

    private final long[] rx = new long[DROPS + LinkDrop.values().length];
    private final long[] tx = new long[DROPS + LinkDrop.values().length];

    /// Frames delivered to the user. A super-segment counts once.
    public long rxPackets() {
        return read(rx, PACKETS);
    }

    /// Octets of those frames, link-layer header included.
    public long rxOctets() {
        return read(rx, OCTETS);
    }

    /// Frames accepted from the user.
    public long txPackets() {
        return read(tx, PACKETS);
    }

    /// Octets of those frames.
    public long txOctets() {
        return read(tx, OCTETS);
    }

    /// Frames that came in and were dropped for that reason.
    public long rxDropped(LinkDrop reason) {
        return read(rx, DROPS + reason.ordinal());
    }

    /// Frames that the user sent and that were dropped for that reason.
    public long txDropped(LinkDrop reason) {
        return read(tx, DROPS + reason.ordinal());
    }

    /// All incoming drops.
    public long rxDropped() {
        return sum(rx);
    }

    /// All outgoing drops.
    public long txDropped() {
        return sum(tx);
    }

    /// Errors of the operating system while receiving that neither lost a frame nor ended the link.
    public long rxErrors() {
        return read(rx, ERRORS);
    }

    /// For links: one frame was delivered.
    public void countReceived(int octets) {
        add(rx, PACKETS, 1);
        add(rx, OCTETS, octets);
    }

    /// For links: one frame was sent.
    public void countSent(int octets) {
        add(tx, PACKETS, 1);
        add(tx, OCTETS, octets);
    }

    /// For links: reading failed, without a frame and without the end of the link.
    public void countReceiveError() {
        add(rx, ERRORS, 1);
    }

    /// For links: an incoming frame was dropped.
    public void countReceiveDrop(LinkDrop reason) {
        add(rx, DROPS + reason.ordinal(), 1);
    }

    /// For links: an outgoing frame was dropped.
    public void countSendDrop(LinkDrop reason) {
        add(tx, DROPS + reason.ordinal(), 1);
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder("rx ").append(rxPackets()).append(" packets ").append(rxOctets()).append(" octets");
        if (rxErrors() != 0) {
            text.append(" errors=").append(rxErrors());
        }
        drops(text, rx);
        text.append(", tx ").append(txPackets()).append(" packets ").append(txOctets()).append(" octets");
        drops(text, tx);
        return text.toString();
    }

    private static void drops(StringBuilder text, long[] cells) {
        for (LinkDrop each : LinkDrop.values()) {
            long count = read(cells, DROPS + each.ordinal());
            if (count != 0) {
                text.append(' ').append(each).append('=').append(count);
            }
        }
    }

    private static long read(long[] cells, int index) {
        return (long) CELL.getOpaque(cells, index);
    }

    private static void add(long[] cells, int index, long amount) {
        CELL.setOpaque(cells, index, (long) CELL.getOpaque(cells, index) + amount);
    }

    private static long sum(long[] cells) {
        long total = 0;
        for (int i = DROPS; i < cells.length; i++) {
            total += read(cells, i);
        }
        return total;
    }
}
