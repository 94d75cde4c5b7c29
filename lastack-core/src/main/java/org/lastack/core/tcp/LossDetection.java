package org.lastack.core.tcp;

import org.lastack.core.Counter;
import org.lastack.core.Sysctl;

/// Which segments are lost: RACK by time (RFC 8985 §6.2) where the peer reports SACK, counting (RFC 6675) where RACK is switched off, duplicate ACKs
/// and partial ACKs (RFC 6582) without SACK; and what the path's reordering teaches about patience. Marks rows of the [Flight]; what follows from it
/// is [Recovery]'s.
final class LossDetection {
    private static final int REORDER_RECOVERIES = 16;

    private final Tcp tcp;

    LossDetection(Tcp tcp) {
        this.tcp = tcp;
    }

    void identifyLoss(Connection c, Sender s, Acknowledgments ack) {
        if (s.flight.isEmpty()) {
            return;
        }
        if (!c.sackPermitted) {
            newRenoMarkHead(c, s, ack.advanced && s.state >= Sender.RECOVERY);
            return;
        }
        int before = s.flight.retransmittedOut();
        if (tcp.sysctl(Sysctl.TCP_RECOVERY)) {
            rackDetect(c, s, ack);
        } else {
            sackDetect(c, s);
        }
        if (before > s.flight.retransmittedOut()) {
            ack.lostRetransmission = true;
        }
    }

    void newRenoMarkHead(Connection c, Sender s, boolean partialAck) {
        if (s.state < Sender.RECOVERY && s.renoSacked >= s.reordering || s.state == Sender.RECOVERY && partialAck) {
            Flight flight = s.flight;
            if (!flight.isEmpty() && !flight.is(flight.head, Flight.LOST)) {
                markLost(c, s, flight.head);
            }
        }
    }

    /// RFC 6675 §4 IsLost with segments: used when RACK is switched off. A segment is lost when `reordering` segments above it were SACKed.
    void sackDetect(Connection c, Sender s) {
        Flight flight = s.flight;
        if (flight.sackedOut() < s.reordering && !(s.state >= Sender.RECOVERY)) {
            return;
        }
        int above = flight.sackedOut();
        for (int id = flight.head; id - flight.tail < 0 && above > 0; id++) {
            if (flight.is(id, Flight.SACKED)) {
                above--;
            } else if (above >= s.reordering && !flight.is(id, Flight.LOST) && !flight.is(id, Flight.EVER_RETRANSMITTED)) {
                markLost(c, s, id);
            }
        }
        if (above < 0) {
            throw new IllegalStateException("more SACKed segments than counted on " + c);
        }
    }

    boolean timeToRecover(Connection c, Sender s) {
        return s.flight.lostOut() > 0 || !c.sackPermitted && s.renoSacked >= s.reordering;
    }

    /// Step 2: the most recently sent segment that was delivered.
    static void rackAdvance(Sender s, Connection c, int end, long sentNs, boolean retransmitted) {
        long rttUs = Math.max(0, (c.tcp.now() - sentNs) / 1000);
        if (rttUs < c.minRttUs && retransmitted) {
            // An ACK sooner than any RTT is one for the original transmission.
            return;
        }
        s.rackAdvanced = true;
        s.rackRttUs = (int) Math.min(rttUs, Integer.MAX_VALUE);
        // LESSONS: transmit times are often equal in virtual time; the higher sequence number was sent later.
        if (sentNs > s.rackSentNs || sentNs == s.rackSentNs && Seq.gt(end, s.rackEnd)) {
            s.rackSentNs = sentNs;
            s.rackEnd = end;
        }
    }

    /// Step 4: adapts the reordering window to D-SACKs; they show that it was too small.
    void updateReorderWindow(Sender s, Acknowledgments ack) {
        if (!ack.advanced && !ack.sackedNew) {
            return;
        }
        if (s.rackDsack && s.delivered - s.rackLastDelivered < 0) {
            s.rackDsack = false;
        }
        if (s.rackDsack) {
            s.rackReorderSteps = Math.min(0xff, s.rackReorderSteps + 1);
            s.rackDsack = false;
            s.rackLastDelivered = s.delivered + s.flight.packetsOut();
            s.rackPersist = REORDER_RECOVERIES;
        } else if (s.rackPersist == 0) {
            s.rackReorderSteps = 1;
        }
    }

    int reorderWindowUs(Connection c, Sender s) {
        if (!s.reorderingSeen) {
            // No reordering seen so far: no patience in recovery, nor once three segments were SACKed.
            if (s.state >= Sender.RECOVERY) {
                return 0;
            }
            if (s.flight.sackedOut() >= s.reordering) {
                return 0;
            }
        }
        int minRtt = c.minRttUs == Integer.MAX_VALUE ? 0 : c.minRttUs;
        return (int) Math.min((long) (minRtt >> 2) * s.rackReorderSteps, c.srttUs8 >> 3);
    }

    /// Step 5: everything sent long enough before a delivered segment is lost; for the rest a timer.
    void rackDetect(Connection c, Sender s, Acknowledgments ack) {
        if (!s.rackAdvanced) {
            return;
        }
        s.rackAdvanced = false;
        long waitUs = rackMark(c, s);
        if (waitUs > 0) {
            Timeouts.startReorderTimer(c, waitUs);
            ack.rearmTimer = false;
        }
    }

    /// Marks what is lost by time; returns microseconds until the next decision, 0 if none is pending.
    long rackMark(Connection c, Sender s) {
        Flight flight = s.flight;
        long windowUs = reorderWindowUs(c, s);
        long now = tcp.now();
        long wait = 0;
        int id = flight.oldestSent();
        while (id != Flight.NONE) {
            int following = flight.sentAfter(id);
            long sentNs = flight.sentNs(id);
            if (flight.is(id, Flight.LOST) && !flight.is(id, Flight.RETRANSMITTED)) {
                id = following;
                continue;
            }
            if (!(s.rackSentNs > sentNs || s.rackSentNs == sentNs && Seq.gt(s.rackEnd, flight.end(id)))) {
                break;
            }
            long remaining = s.rackRttUs + windowUs - (now - sentNs) / 1000;
            if (remaining <= 0) {
                markLost(c, s, id);
                flight.unlink(id);
            } else {
                wait = Math.max(wait, remaining);
            }
            id = following;
        }
        return wait;
    }

    /// A segment at `seq` arrived after later ones: the path reorders, so three duplicates no longer prove a loss (RFC 8985 §6.2 step 3).
    void reordering(Connection c, Sender s, int seq, boolean reported) {
        boolean nothing = s.flight.sackedOut() + s.renoSacked == 0;
        // Without SACK nothing above SND.UNA is known to have arrived.
        int highest = nothing || !c.sackPermitted ? c.snd.una : s.flight.sacked.isEmpty() ? c.snd.nxt : s.flight.sacked.highest();
        if (!Seq.gt(highest, seq)) {
            return;
        }
        int mss = Math.max(1, c.mss);
        int distance = (highest - seq + mss - 1) / mss;
        if (distance > s.reordering) {
            s.reordering = Math.min(distance, tcp.sysctls().getInt(Sysctl.TCP_MAX_REORDERING));
        }
        s.reorderingSeen = true;
        s.reorderingCount++;
        tcp.count(reported ? Counter.TcpExtTCPSACKReorder : Counter.TcpExtTCPTSReorder);
    }

    void addRenoSacks(Sender s, int duplicates) {
        if (duplicates == 0) {
            return;
        }
        int before = s.renoSacked;
        s.renoSacked += duplicates;
        if (limitRenoSacked(s)) {
            // More duplicates than segments: something was delivered twice or out of order.
            s.reordering = Math.min(tcp.sysctls().getInt(Sysctl.TCP_MAX_REORDERING), s.flight.packetsOut());
            tcp.count(Counter.TcpExtTCPRenoReorder);
        }
        s.delivered += Math.max(0, s.renoSacked - before);
    }

    /// Segments that are lost, at least the first, cannot be among those that duplicate ACKs stand for. True if there were too many.
    static boolean limitRenoSacked(Sender s) {
        int packets = s.flight.packetsOut();
        int holes = Math.min(Math.max(1, s.flight.lostOut()), packets);
        if (s.renoSacked + holes <= packets) {
            return false;
        }
        s.renoSacked = packets - holes;
        return true;
    }

    void markAllLost(Connection c, Sender s) {
        Flight flight = s.flight;
        boolean reneged = !flight.isEmpty() && flight.is(flight.head, Flight.SACKED);
        if (reneged) {
            tcp.count(Counter.TcpExtTCPSACKReneging);
            flight.sacked.clear();
        }
        s.renoSacked = 0;
        long now = tcp.now();
        for (int id = flight.head; id - flight.tail < 0; id++) {
            if (reneged) {
                flight.clear(id, Flight.SACKED);
            } else if (flight.is(id, Flight.SACKED)) {
                continue;
            } else if (c.sackPermitted && id != flight.head && rackTooYoung(c, s, id, now)) {
                // RFC 8985 §6.3: what was sent a moment ago is not declared lost by the time-out of something older.
                continue;
            }
            if (!flight.is(id, Flight.LOST) || flight.is(id, Flight.RETRANSMITTED)) {
                markLost(c, s, id);
            }
        }
    }

    boolean rackTooYoung(Connection c, Sender s, int id, long now) {
        long age = (now - s.flight.sentNs(id)) / 1000;
        return age < s.rackRttUs;
    }

    void markLost(Connection c, Sender s, int id) {
        Flight flight = s.flight;
        flight.clear(id, Flight.RETRANSMITTED);
        if (!flight.is(id, Flight.LOST)) {
            flight.set(id, Flight.LOST);
            s.lost++;
            if (flight.is(id, Flight.EVER_RETRANSMITTED)) {
                tcp.count(Counter.TcpExtTCPLostRetransmit);
            }
        } else {
            s.lost++;
        }
        s.control.lost(c, s, id);
        flight.needsRetransmission(id);
    }
}
