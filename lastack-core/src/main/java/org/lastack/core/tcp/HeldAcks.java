package org.lastack.core.tcp;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Acknowledgments that are due and wait for an answer to ride on, because the thread that has received their segments is about to give one ([org.lastack.core.Engine#holdAcks]).
/// Whoever holds sees to it that they leave soon: RFC 9293 §3.8.6.3 allows 0.5 s (MUST-40) and asks for an ACK of every second full segment (SHLD-19), so only
/// those of one segment wait.
final class HeldAcks {
    private @Nullable Connection[] all = new @Nullable Connection[16];
    private int size;
    /// Those that may wait do.
    boolean holding;

    /// Keeps the due ACK of a connection, if it may wait.
    boolean keeps(Connection c) {
        if (!holding || !mayWait(c)) {
            return false;
        }
        if (!c.ackHeld) {
            c.ackHeld = true;
            if (size == all.length) {
                all = Arrays.copyOf(all, size * 2);
            }
            all[size++] = c;
        }
        return true;
    }

    /// Text or FIN of one segment, in order, of a connection whose program may still answer. ACKs that tell of gaps, duplicates or marks do not wait.
    private static boolean mayWait(Connection c) {
        boolean answerable = switch (c.tcpState()) {
            case ESTABLISHED, CLOSE_WAIT -> !c.orphan;
            case CLOSED, LISTEN, SYN_SENT, SYN_RECEIVED, FIN_WAIT_1, FIN_WAIT_2, CLOSING, LAST_ACK, TIME_WAIT -> false;
        };
        int news = c.rcv.nxt - c.rcv.wup;
        Receiver receiver = c.receiver;
        return answerable && news > 0 && news <= c.receiveMss && !c.ecnDemandCwr && (receiver == null || receiver.islands.isEmpty());
    }

    /// They wait no longer: what no answer has carried yet is sent at the next flush.
    void release(Tcp tcp) {
        for (int i = 0; i < size; i++) {
            Connection c = all[i];
            all[i] = null;
            if (c != null) {
                c.ackHeld = false;
                if (c.ackNow) {
                    tcp.wantOutput(c);
                }
            }
        }
        size = 0;
    }

    boolean any() {
        return size > 0;
    }
}
