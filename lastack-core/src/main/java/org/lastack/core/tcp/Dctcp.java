package org.lastack.core.tcp;

import org.lastack.core.socket.FieldStream;
import org.lastack.core.socket.OptionBytes;

/// DCTCP (RFC 8257), for networks under one administration whose switches mark above a shallow threshold: the receiver echoes every CE, the sender
/// reduces by the share of marked segments. Without ECN on the connection it is Reno. Named `dctcp`; asks for ECN by itself.
final class Dctcp implements CongestionControl {
    /// Alpha in 1024ths.
    private static final int ONE = 1024;
    /// RFC 8257 §4.2: g = 1/16.
    private static final int GAIN_SHIFT = 4;

    private final NewReno reno = new NewReno();
    private boolean ecn;
    /// RFC 8257 §3.3: DCTCP.Alpha, at first 1: the first mark halves as Reno would.
    private int alpha = ONE;
    private int windowEnd;
    private int deliveredBefore;
    private int deliveredCeBefore;
    private int lossCwnd;
    /// RFC 8257 §3.2: DCTCP.CE of the receiver.
    private boolean ce;

    @Override
    public String name() {
        return "dctcp";
    }

    @Override
    public void start(Connection c, Sender s) {
        ecn = c.ecn;
        alpha = ONE;
        ce = false;
        window(c, s);
    }

    private void window(Connection c, Sender s) {
        windowEnd = c.snd.nxt;
        deliveredBefore = s.delivered;
        deliveredCeBefore = s.deliveredCe;
    }

    /// RFC 8257 §3.3: cwnd * (1 - alpha / 2).
    @Override
    public int ssthresh(Connection c, Sender s) {
        if (!ecn) {
            return reno.ssthresh(c, s);
        }
        lossCwnd = s.cwnd;
        return Math.max(s.cwnd - (int) ((long) s.cwnd * alpha / (2 * ONE)), 2);
    }

    @Override
    public void increase(Connection c, Sender s, int ack, int acked) {
        reno.increase(c, s, ack, acked);
    }

    /// RFC 8257 §3.3: once per window alpha moves towards the share that was marked.
    @Override
    public void inAck(Connection c, Sender s, boolean ece, int ackedOctets) {
        if (!ecn || Seq.lt(c.snd.una, windowEnd)) {
            return;
        }
        alpha = moved(alpha, s.delivered - deliveredBefore, s.deliveredCe - deliveredCeBefore);
        window(c, s);
    }

    /// Alpha after a window in which `marked` of `delivered` segments carried CE. It does not stick at a value below the resolution.
    static int moved(int alpha, int delivered, int marked) {
        int decay = alpha >> GAIN_SHIFT;
        int next = alpha - (decay == 0 ? alpha : decay);
        if (marked > 0) {
            next += (int) (((long) marked << (10 - GAIN_SHIFT)) / Math.max(1, delivered));
        }
        return Math.min(next, ONE);
    }

    /// Linux's `struct tcp_dctcp_info`: enabled, CE, alpha in 1024ths, octets with ECE and all octets of the present window.
    @Override
    public int information(Connection c, Sender s, byte[] out) {
        out[0] = (byte) (ecn ? 1 : 0);
        if (ecn) {
            out[2] = (byte) (ce ? 1 : 0);
            OptionBytes.put32(out, 4, alpha);
            OptionBytes.put32(out, 8, (s.deliveredCe - deliveredCeBefore) * c.mss);
            OptionBytes.put32(out, 12, (s.delivered - deliveredBefore) * c.mss);
        }
        return 16;
    }

    int alpha() {
        return alpha;
    }

    /// RFC 8257 §3.5: a loss is answered as always, by half.
    @Override
    public void state(Connection c, Sender s, int newState) {
        if (ecn && newState == Sender.RECOVERY) {
            halve(s);
        }
    }

    private void halve(Sender s) {
        lossCwnd = s.cwnd;
        s.ssthresh = Math.max(s.cwnd >> 1, 2);
    }

    @Override
    public int undoCwnd(Connection c, Sender s) {
        return ecn ? Math.max(s.cwnd, lossCwnd) : reno.undoCwnd(c, s);
    }

    @Override
    public void event(Connection c, Sender s, Event event) {
        if (!ecn) {
            return;
        }
        switch (event) {
            case ECN_IS_CE -> received(c, true);
            case ECN_NO_CE -> received(c, false);
            // RFC 8257 §3.5 holds for time-outs too, however few marks came before.
            case LOSS -> halve(s);
            case TRANSMIT_START, CWND_RESTART, COMPLETE_CWR -> {
                // Says nothing about marks.
            }
        }
    }

    /// RFC 8257 §3.2: when CE changes, what has been received so far is acknowledged with the old state, at once.
    private void received(Connection c, boolean now) {
        if (ce != now) {
            if (c.ackPending) {
                c.ecnDemandCwr = ce;
                c.tcp.output().ack(c);
            }
            c.ackNow = true;
        }
        ce = now;
        c.ecnDemandCwr = now;
    }

    @Override
    public void fold(FieldStream f, Connection c) {
        ecn = f.bit(ecn);
        alpha = f.number(alpha, ONE);
        windowEnd = f.number(windowEnd, c.snd.nxt);
        deliveredBefore = f.number(deliveredBefore, 0);
        deliveredCeBefore = f.number(deliveredCeBefore, 0);
        lossCwnd = f.number(lossCwnd, 0);
        ce = f.bit(ce);
    }
}
