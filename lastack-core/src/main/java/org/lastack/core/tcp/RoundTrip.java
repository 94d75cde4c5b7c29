package org.lastack.core.tcp;

import org.lastack.core.Sysctl;

/// The retransmission time-out: RFC 6298 with Karn's algorithm (RFC 9293 §3.8.1, MUST-18), in the form that Linux gives it: microseconds, a
/// minimum of 200 ms that is applied to the variance instead of the sum, and a variance that falls only once per round trip. RFC 6298 §2.4
/// asks for a minimum of one second; nobody does that, and 200 ms is what users' other hosts do (`tcp_rto_min_us` sets it).
final class RoundTrip {
    /// RFC 6298 §2.1: before any sample.
    static final int INITIAL_RTO_US = 1_000_000;
    private static final int FALLBACK_RTO_US = 3_000_000;
    private static final long MIN_RTT_WINDOW_NS = 300_000_000_000L;

    private RoundTrip() {}

    /// A sample of `rttUs` microseconds, from a segment that was transmitted once (Karn) or from a timestamp (RFC 7323 §4.1).
    static void sample(Connection c, long rttUs) {
        sample(c, rttUs, rttUs, false);
    }

    /// @param latestUs the sample of the segment that was sent last among those acknowledged: nearest to the path's own delay
    /// @param mayBeDelayed whether the peer may have held back the ACK, so that it can only lower the minimum
    static void sample(Connection c, long rttUs, long latestUs, boolean mayBeDelayed) {
        int m = (int) Math.max(1, Math.min(rttUs, Integer.MAX_VALUE >> 4));
        if (!mayBeDelayed || latestUs <= c.minRttUs) {
            updateMinimum(c, (int) Math.min(latestUs, Integer.MAX_VALUE >> 4));
        }
        int rtoMinUs = minRtoUs(c);
        if (c.srttUs8 == 0) {
            // RFC 6298 §2.2.
            c.srttUs8 = m << 3;
            c.mdevUs4 = m << 1;
            c.rttvarUs4 = Math.max(c.mdevUs4, rtoMinUs);
            c.mdevMaxUs4 = c.rttvarUs4;
            c.rttSeq = c.snd.nxt;
        } else {
            // RFC 6298 §2.3, RTTVAR before SRTT.
            int error = m - (c.srttUs8 >> 3);
            c.srttUs8 += error;
            if (error < 0) {
                error = -error - (c.mdevUs4 >> 2);
                // A falling RTT must not raise the variance as a rising one does.
                if (error > 0) {
                    error >>= 3;
                }
            } else {
                error -= c.mdevUs4 >> 2;
            }
            c.mdevUs4 += error;
            if (c.mdevUs4 > c.mdevMaxUs4) {
                c.mdevMaxUs4 = c.mdevUs4;
                c.rttvarUs4 = Math.max(c.rttvarUs4, c.mdevMaxUs4);
            }
            if (Seq.gt(c.snd.una, c.rttSeq)) {
                if (c.mdevMaxUs4 < c.rttvarUs4) {
                    c.rttvarUs4 -= (c.rttvarUs4 - c.mdevMaxUs4) >> 2;
                }
                c.rttSeq = c.snd.nxt;
                c.mdevMaxUs4 = rtoMinUs;
            }
        }
        c.srttUs8 = Math.max(1, c.srttUs8);
        computeRto(c);
    }

    /// RFC 6298 §5.7: the handshake took retransmissions and told no round-trip time: three seconds, until data tell.
    static void withoutHandshakeSample(Connection c) {
        c.rttvarUs4 = FALLBACK_RTO_US;
        c.mdevUs4 = FALLBACK_RTO_US;
        c.mdevMaxUs4 = FALLBACK_RTO_US;
        c.rtoUs = FALLBACK_RTO_US;
    }

    /// Smallest RTT of the last five minutes.
    private static void updateMinimum(Connection c, int rttUs) {
        long now = c.tcp.now();
        if (rttUs <= c.minRttUs || now - c.minRttStampNs > MIN_RTT_WINDOW_NS) {
            c.minRttUs = rttUs;
            c.minRttStampNs = now;
        }
    }

    /// RTO from the estimators, without back-off.
    static void computeRto(Connection c) {
        long rto = c.srttUs8 == 0 ? INITIAL_RTO_US : (c.srttUs8 >> 3) + (long) c.rttvarUs4;
        c.rtoUs = (int) Math.min(rto, maxRtoUs(c));
    }

    /// RFC 6298 §2.5: an upper bound of at least 60 s; Linux has 120 s.
    static long maxRtoUs(Connection c) {
        return c.rtoMaxMs > 0 ? c.rtoMaxMs * 1000L : c.tcp.sysctls().get(Sysctl.TCP_RTO_MAX_MS) * 1000;
    }

    /// RFC 6298 §2.4 asks for 1 s; Linux has 200 ms. Of this connection, or of the host.
    static int minRtoUs(Connection c) {
        return c.rtoMinUs > 0 ? c.rtoMinUs : c.tcp.sysctls().getInt(Sysctl.TCP_RTO_MIN_US);
    }

    /// The time-out in force, back-off included (RFC 6298 §5.5), in nanoseconds.
    static long timeoutNs(Connection c) {
        long doubled = (long) c.rtoUs << Math.min(c.backoff, 30);
        return Math.min(doubled, maxRtoUs(c)) * 1000;
    }
}
