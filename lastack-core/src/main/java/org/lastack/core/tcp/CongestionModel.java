package org.lastack.core.tcp;

import org.lastack.core.Engine;
import org.lastack.core.EngineConfig;
import org.lastack.core.Entropy;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.socket.Owner;

/// An algorithm of congestion control alone, without segments: a window's ACKs come evenly over each round trip, and every so many of them one tells of
/// a loss. For windows and intervals between losses that take too long segment by segment; what recovery and timers do to a window is not in it.
public final class CongestionModel {
    /// ACKs come in so many steps per round trip at least.
    private static final int STEPS_SHIFT = 10;

    private final Engine engine = new Engine(EngineConfig.named("model"), Entropy.seeded(1));
    private final Connection c;
    private final Sender s;
    private final long rttNs;
    private long elapsedNs;

    private CongestionModel(String algorithm, long rttNs) {
        this.rttNs = rttNs;
        c = engine.tcpSocket(InetSocket.AF_INET, Owner.ROOT).tcb();
        s = new Sender(engine.tcp().slabs(), CongestionControls.create(algorithm));
        if (s.control.controlsEverything()) {
            throw new IllegalArgumentException(algorithm + " is not moved by losses alone");
        }
    }

    /// The window in segments, averaged over time, as in RFC 9438 §5.
    ///
    /// @param algorithm a name out of [CongestionControls#names] whose window follows losses
    /// @param rttNs round-trip time in nanoseconds
    /// @param segmentsPerLoss one of so many is lost
    /// @param firstWindow the window in segments at the first loss
    /// @param warmUp losses before the average begins
    /// @param cycles losses that the average extends over
    /// @throws IllegalArgumentException if there is no such algorithm, or it paces by a model of the path
    public static double averageWindow(String algorithm, long rttNs, long segmentsPerLoss, int firstWindow, int warmUp, int cycles) {
        CongestionModel model = new CongestionModel(algorithm, rttNs);
        model.begin(firstWindow);
        for (int i = 0; i < warmUp; i++) {
            model.cycle(segmentsPerLoss);
        }
        long from = model.elapsedNs;
        for (int i = 0; i < cycles; i++) {
            model.cycle(segmentsPerLoss);
        }
        return (double) segmentsPerLoss * cycles * rttNs / (model.elapsedNs - from);
    }

    private void begin(int window) {
        advance(1_000_000_000L);
        s.control.start(c, s);
        s.control.acknowledged(c, s, 1, rttNs / 1000, 1);
        s.cwndLimited = true;
        s.cwnd = window;
        lose();
    }

    private void advance(long ns) {
        elapsedNs += ns;
        engine.setNow(elapsedNs);
    }

    private void lose() {
        s.ssthresh = s.control.ssthresh(c, s);
        s.cwnd = s.ssthresh;
        s.cwndCredit = 0;
        s.control.event(c, s, CongestionControl.Event.COMPLETE_CWR);
    }

    private void cycle(long segments) {
        long left = segments;
        while (left > 0) {
            int acked = (int) Math.min(left, Math.max(1, s.cwnd >> STEPS_SHIFT));
            advance(rttNs * acked / s.cwnd);
            s.control.increase(c, s, 0, acked);
            left -= acked;
        }
        lose();
    }
}
