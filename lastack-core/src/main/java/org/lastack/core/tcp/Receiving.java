package org.lastack.core.tcp;

import org.lastack.core.Counter;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.Sysctl;
import org.lastack.wire.Frame;

/// Urgent data, text and FIN of an acceptable segment: the sixth, seventh and eighth step of RFC 9293 §3.10.7.4.
final class Receiving {
    /// [Connection#urgentState]: no urgent data.
    static final byte URGENT_NONE = 0;
    /// Announced, the octet has not arrived.
    static final byte URGENT_NOT_YET = 1;
    /// [Connection#urgentByte] is valid.
    static final byte URGENT_VALID = 2;
    /// Taken by the reader.
    static final byte URGENT_READ = 3;

    private Receiving() {}

    // ---- sixth, check the URG bit ---------------------------------------------------------------------------------------------------

    /// RFC 9293 §3.8.5, MUST-30, MUST-31, MUST-32, MUST-33, MUST-62. The sockets interface shows the last urgent octet; RFC 6093 asks for the octet before the pointer, Linux
    /// does the same unless `tcp_stdurg` is set. The pointer is compared in sequence space, never used as a length (SECURITY X-05).
    static void sixthCheckUrg(Connection c, Segment seg) {
        if (c.finReceived) {
            // CLOSE-WAIT and later: the peer said that it had no more. Ignored.
            return;
        }
        if (seg.urg()) {
            announced(c, seg);
        }
        if (c.urgentState == URGENT_NOT_YET) {
            int distance = c.urgentSeq - seg.seq;
            if (distance >= 0 && distance < seg.dataLength && Seq.ge(c.urgentSeq, c.rcv.nxt)) {
                c.urgentByte = seg.data[seg.dataOffset + distance];
                c.urgentState = URGENT_VALID;
                c.raise(InetSocket.POLLPRI);
            }
        }
    }

    private static void announced(Connection c, Segment seg) {
        int pointer = seg.urgentPointer;
        if (pointer > 0 && !c.tcp.sysctl(Sysctl.TCP_STDURG)) {
            pointer--;
        }
        int position = seg.seq + pointer;
        if (Seq.gt(c.rcv.copied, position)) {
            return;
        }
        if (Seq.lt(position, c.rcv.nxt)) {
            return;
        }
        if (c.urgentState != URGENT_NONE && !Seq.gt(position, c.urgentSeq)) {
            return;
        }
        if (c.urgentSeq == c.rcv.copied && c.urgentState != URGENT_NONE && !c.option(InetSocket.OOBINLINE) && c.rcv.copied != c.rcv.nxt) {
            // The old urgent octet is next to be read and a new one replaces it: it becomes ordinary data of the past.
            c.rcv.copied++;
            Receiver receiver = c.receiver;
            if (receiver != null) {
                receiver.bytes.drop(1);
            }
        }
        c.urgentState = URGENT_NOT_YET;
        c.urgentSeq = position;
        c.rcv.up = position + 1;
        // MUST-32: the application is told that urgent data is on its way.
        c.raise(InetSocket.POLLPRI);
    }

    // ---- seventh, process the segment text ------------------------------------------------------------------------------------------

    /// Text goes where it belongs: in order to the reader, out of order to the islands (SHLD-31), twice nowhere.
    static void seventhProcessText(Connection c, Segment seg) {
        if (seg.dataLength == 0 && !seg.fin()) {
            return;
        }
        int end = seg.seq + seg.dataLength;
        int finEnd = seg.fin() ? end + 1 : end;
        if (Seq.ge(c.rcv.nxt, finEnd)) {
            duplicate(c, seg.seq, finEnd);
            return;
        }
        if (seg.seq == c.rcv.nxt || Seq.lt(seg.seq, c.rcv.nxt)) {
            if (c.rcv.window() == 0 && finEnd - c.rcv.nxt > 0 && !(seg.dataLength == 0 && seg.fin())) {
                zeroWindow(c);
                return;
            }
            if (Seq.lt(seg.seq, c.rcv.nxt)) {
                partlyOld(c, seg);
                // Trim to the window's left edge.
                int old = c.rcv.nxt - seg.seq;
                seg.seq += old;
                seg.dataOffset += old;
                seg.dataLength -= old;
            }
            if (seg.dataLength > 0 && c.tcp.memoryExhausted() && !roomAfterPruning(c)) {
                return;
            }
            inOrder(c, seg);
            return;
        }
        if (!Seq.lt(seg.seq, c.rcv.nxt + c.rcv.window())) {
            zeroWindow(c);
            return;
        }
        outOfOrder(c, seg);
    }

    /// SECURITY R-14: memory is used up. What this connection holds out of order goes first; text in order is taken only if nothing of it waits for the
    /// reader, so that every connection can get on. The peer has it all still (RFC 2018 §8) and is told by an ACK.
    private static boolean roomAfterPruning(Connection c) {
        prune(c);
        if (c.unread() == 0 || !c.tcp.memoryExhausted()) {
            return true;
        }
        c.tcp.count(Counter.TcpExtTCPRcvQDrop);
        c.ackNow = true;
        c.ackPending = true;
        return false;
    }

    private static void prune(Connection c) {
        Receiver receiver = c.receiver;
        if (receiver != null && !receiver.islands.isEmpty()) {
            c.tcp.count(Counter.TcpExtOfoPruned);
            receiver.islands.clear();
            receiver.recentCount = 0;
            receiver.finHeld = false;
            receiver.bytes.truncate(c.rcv.nxt - c.rcv.copied);
        }
    }

    private static void zeroWindow(Connection c) {
        c.tcp.count(Counter.TcpExtTCPZeroWindowDrop);
        Acknowledging.enterQuickMode(c, Acknowledging.MAX_QUICK_ACKS);
        c.ackNow = true;
        c.ackPending = true;
    }

    /// A segment that is wholly old: acknowledged at once (RFC 9293 §3.10.7.4, first step), with D-SACK (RFC 2883 §4.1).
    static void duplicate(Connection c, int left, int right) {
        c.tcp.count(Counter.TcpExtDelayedACKLost);
        Acknowledging.enterQuickMode(c, Acknowledging.MAX_QUICK_ACKS);
        if (Acknowledging.dsackEnabled(c)) {
            int edge = Seq.gt(right, c.rcv.nxt) ? c.rcv.nxt : right;
            if (Seq.lt(left, edge)) {
                c.receiver().duplicate(left, edge);
                c.tcp.count(Counter.TcpExtTCPDSACKOldSent);
            }
        }
        c.ackNow = true;
        c.ackPending = true;
    }

    private static void partlyOld(Connection c, Segment seg) {
        if (Acknowledging.dsackEnabled(c)) {
            c.receiver().duplicate(seg.seq, c.rcv.nxt);
        }
        Acknowledging.enterQuickMode(c, Acknowledging.MAX_QUICK_ACKS);
    }

    private static void inOrder(Connection c, Segment seg) {
        boolean filled = false;
        if (seg.dataLength > 0) {
            Receiver receiver = c.receiver();
            store(c, receiver, seg);
            int end = c.rcv.nxt + seg.dataLength;
            boolean hadHoles = !receiver.islands.isEmpty();
            if (hadHoles && Acknowledging.dsackEnabled(c) && receiver.islands.overlaps(c.rcv.nxt, end)) {
                overlapWithIslands(c, receiver, c.rcv.nxt, end);
            }
            filled = hadHoles;
            int before = c.rcv.nxt;
            advance(c, receiver, end);
            c.bytesReceived += c.rcv.nxt - before;
            Acknowledging.textReceived(c, seg);
            measureRtt(c, seg);
        }
        if (seg.fin() && c.rcv.nxt == seg.seq + seg.dataLength) {
            eighthCheckFin(c);
        } else {
            heldFin(c);
        }
        Receiver receiver = c.receiver;
        if (filled && (receiver == null || receiver.islands.isEmpty())) {
            // RFC 5681 §4.2: an ACK at once when a gap is filled.
            c.ackNow = true;
        }
        if (c.unread() > 0) {
            c.raise(InetSocket.POLLIN);
        }
    }

    /// Text in order goes into the buffer. A super-segment stays in its frame, so that only the reader copies it, unless some of it has come before.
    private static void store(Connection c, Receiver receiver, Segment seg) {
        int distance = c.rcv.nxt - c.rcv.copied;
        Frame frame = seg.dataLength < Lumps.LEAST ? null : c.tcp.engine().arriving();
        if (frame != null && frame.data == seg.data && receiver.islands.isEmpty()) {
            receiver.bytes.adopt(distance, frame, seg.dataOffset, seg.dataLength);
        } else {
            receiver.bytes.write(distance, seg.data, seg.dataOffset, seg.dataLength);
        }
    }

    private static void overlapWithIslands(Connection c, Receiver receiver, int left, int right) {
        for (int i = 0; i < receiver.islands.count(); i++) {
            int from = Seq.max(left, receiver.islands.left(i));
            int to = Seq.min(right, receiver.islands.right(i));
            if (Seq.lt(from, to)) {
                receiver.duplicate(from, to);
                c.tcp.count(Counter.TcpExtTCPDSACKOfoSent);
                return;
            }
        }
    }

    private static void advance(Connection c, Receiver receiver, int end) {
        int next = end;
        if (!receiver.islands.isEmpty()) {
            for (int i = 0; i < receiver.islands.count() && Seq.le(receiver.islands.left(i), next); i++) {
                next = Seq.max(next, receiver.islands.right(i));
            }
        }
        if (receiver.finHeld && Seq.gt(next, receiver.finSeq)) {
            // The island's last number is the FIN's: it is processed as such, not as text.
            next = receiver.finSeq;
        }
        c.rcv.nxt = next;
        if (!receiver.islands.isEmpty() || receiver.recentCount > 0) {
            receiver.advanced(next);
        }
    }

    private static void outOfOrder(Connection c, Segment seg) {
        c.outOfOrderPackets++;
        c.tcp.count(Counter.TcpExtTCPOFOQueue);
        Receiver receiver = c.receiver();
        int left = seg.seq;
        int right = seg.seq + seg.dataLength;
        c.ackPending = true;
        c.tcp.duplicateAckAfter(c);
        if (c.tcp.memoryExhausted()) {
            prune(c);
            c.tcp.count(Counter.TcpExtTCPOFODrop);
            return;
        }
        if (receiver.islands.count() >= Receiver.MAX_ISLANDS && !receiver.islands.overlaps(left, right)) {
            c.tcp.count(Counter.TcpExtTCPOFODrop);
            return;
        }
        Acknowledging.measureMss(c, seg);
        int end = seg.fin() ? right + 1 : right;
        if (Acknowledging.dsackEnabled(c) && receiver.islands.overlaps(left, end)) {
            overlapWithIslands(c, receiver, left, end);
        }
        if (seg.dataLength > 0) {
            receiver.bytes.write(left - c.rcv.copied, seg.data, seg.dataOffset, seg.dataLength);
        }
        if (seg.fin() && !receiver.finHeld) {
            receiver.finHeld = true;
            receiver.finSeq = right;
        }
        int index = receiver.islands.add(left, receiver.finHeld && receiver.finSeq == right ? right + 1 : right);
        receiver.recent(receiver.islands.left(index), receiver.islands.right(index));
    }

    private static void heldFin(Connection c) {
        Receiver receiver = c.receiver;
        if (receiver != null && receiver.finHeld && receiver.finSeq == c.rcv.nxt) {
            receiver.finHeld = false;
            // The segment at hand has filled the gap before it.
            c.ackNow = true;
            eighthCheckFin(c);
        }
    }

    private static void measureRtt(Connection c, Segment seg) {
        if (c.timestamps && seg.options.hasTimestamps && seg.options.timestampEcho != 0 && seg.dataLength >= c.receiveMss) {
            int deltaMs = c.tcp.timestamp(c.tsOffset) - seg.options.timestampEcho;
            if (deltaMs >= 0 && deltaMs < 60_000) {
                ReceiveWindow.measure(c, Math.max(1, deltaMs) * 1000L, false);
                return;
            }
        }
        if (c.receiveRttStampNs == 0 || Seq.ge(c.rcv.nxt, c.receiveRttSeq)) {
            if (c.receiveRttStampNs != 0) {
                ReceiveWindow.measure(c, (c.tcp.now() - c.receiveRttStampNs) / 1000, true);
            }
            c.receiveRttSeq = c.rcv.nxt + c.rcv.wnd;
            c.receiveRttStampNs = c.tcp.now();
        }
    }

    // ---- eighth, check the FIN bit ----------------------------------------------------------------------------------------------------

    /// The peer has no more to say: RCV.NXT moves over the FIN, the reader gets end of file after what is queued (MUST-12).
    static void eighthCheckFin(Connection c) {
        c.rcv.nxt++;
        // As Linux counts: all numbers that RCV.NXT has passed.
        c.bytesReceived++;
        c.finReceived = true;
        c.ackPending = true;
        c.shutdownReceive();
        if (c.firstCloser == 0) {
            c.firstCloser = 2;
        }
        Receiver receiver = c.receiver;
        if (receiver != null) {
            // Nothing is behind a FIN: its ACK has no SACK blocks.
            receiver.islands.clear();
            receiver.recentCount = 0;
        }
        switch (c.tcpState()) {
            case SYN_RECEIVED, ESTABLISHED -> {
                // RFC 9293 §3.8.6.3, SHLD-18: the program will probably close now, and the ACK ride on its FIN. As in Linux that takes an
                // ACK delay that text has set before, and without any the next tick of the clock.
                c.enter(TcpState.CLOSE_WAIT);
                c.pingpong = true;
            }
            case FIN_WAIT_1 -> {
                // Our FIN is not acknowledged yet, or the fifth step would have moved us on: simultaneous close.
                c.ackNow = true;
                c.enter(TcpState.CLOSING);
            }
            case FIN_WAIT_2 -> {
                c.tcp.output().ack(c);
                c.tcp.enterTimeWait(c, TcpState.TIME_WAIT);
            }
            case CLOSE_WAIT, CLOSING, LAST_ACK -> {
                // A FIN was received before; this is a retransmission: it is acknowledged, and nothing else happens.
                c.ackNow = true;
            }
            case CLOSED, LISTEN, SYN_SENT, TIME_WAIT -> throw new IllegalStateException("a FIN cannot be processed in " + c.tcpState());
        }
        c.raise(InetSocket.POLLIN | InetSocket.POLLRDHUP | (c.tcpState() == TcpState.CLOSED ? InetSocket.POLLHUP : 0));
    }
}
