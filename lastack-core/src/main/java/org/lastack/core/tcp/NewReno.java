package org.lastack.core.tcp;

/// RFC 9293 §3.8.2, MUST-19. Slow start and congestion avoidance of RFC 5681 with appropriate byte counting (RFC 3465, counted in delivered segments as Linux does).
/// Named `reno` as in TCP_CONGESTION.
final class NewReno implements CongestionControl {
    @Override
    public String name() {
        return "reno";
    }

    @Override
    public int ssthresh(Connection c, Sender s) {
        // RFC 5681 §3.1, equation 4.
        return Math.max(s.cwnd >> 1, 2);
    }

    @Override
    public void increase(Connection c, Sender s, int ack, int acked) {
        if (!s.cwndLimited(c)) {
            return;
        }
        int left = acked;
        if (s.inSlowStart()) {
            left = s.slowStart(left);
            if (left == 0) {
                return;
            }
        }
        s.additiveIncrease(s.cwnd, left);
    }
}
