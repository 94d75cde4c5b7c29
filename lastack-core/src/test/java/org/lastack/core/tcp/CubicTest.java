package org.lastack.core.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.lastack.core.Engine;
import org.lastack.core.EngineConfig;
import org.lastack.core.Entropy;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.socket.Owner;

/// CUBIC against values computed by hand (RFC 9438): C = 0.4, beta = 0.7.
class CubicTest {
    private static final long SECOND = 1_000_000_000L;
    private static final long T0 = 100 * SECOND;

    private final Engine engine = new Engine(EngineConfig.named("host"), Entropy.seeded(1));
    private final TcpSocket c = engine.tcpSocket(InetSocket.AF_INET, Owner.ROOT);
    private final Cubic cubic = new Cubic();
    private final Sender s = new Sender(engine.tcp().slabs(), cubic);

    /// A loss at `cwnd` segments, and the window after it.
    private int loss(int cwnd) {
        s.cwnd = cwnd;
        return cubic.ssthresh(c.tcb(), s);
    }

    @Test
    void aLossLeavesSevenTenths() {
        // RFC 9438 §4.6.
        assertThat(loss(100)).isEqualTo(70);
        assertThat(loss(10)).isEqualTo(7);
        assertThat(loss(2)).as("never below two segments").isEqualTo(2);
    }

    @Test
    void theCurveIsFlatWhereTheLossWas() {
        int cwnd = loss(100);
        // K = cbrt((100 - 70) / 0.4) = 4.217 s.
        assertThat(cubic.interval(T0, cwnd, 1)).as("at the beginning the curve is at cwnd: nearly no growth").isGreaterThan(1000);
        long plateau = T0 + 4_217_163_326L;
        // Two seconds before the plateau: 100 - 0.4 * 2^3 = 96.8, which counts as 97, as on Linux; from 96 that is one segment per window.
        assertThat(cubic.interval(plateau - 2 * SECOND, 96, 1)).isEqualTo(96);
        // On the plateau.
        assertThat(cubic.interval(plateau, 100, 1)).isEqualTo(10_000);
        // Two seconds after it: 103.2, which counts as 103; 100 / 3 = 33.
        assertThat(cubic.interval(plateau + 2 * SECOND, 100, 1)).isEqualTo(33);
        // Ten seconds after it: 500; not faster than half a window per round trip (RFC 9438 §4.2).
        assertThat(cubic.interval(plateau + 10 * SECOND, 100, 1)).isEqualTo(2);
    }

    @Test
    void aFlowThatLosesBelowItsMaximumMakesRoom() {
        loss(100);
        // Fast convergence, RFC 9438 §4.7: W_max becomes 80 * (1 + 0.7) / 2 = 68 instead of 80.
        int cwnd = loss(80);
        assertThat(cwnd).isEqualTo(56);
        cubic.interval(T0, cwnd, 1);
        // K = cbrt((68 - 56) / 0.4) = 3.107 s: the plateau is at 68.
        assertThat(cubic.interval(T0 + 3_107_232_506L, 68, 1)).isGreaterThan(1000);
        assertThat(cubic.interval(T0 + 3_107_232_506L, 66, 1)).isEqualTo(33);
    }

    @Test
    void neverSlowerThanReno() {
        int cwnd = loss(14);
        assertThat(cwnd).isEqualTo(9);
        int interval = 0;
        // W_est gains a segment for 9 * 15/8 = 16 acknowledged ones (alpha = 0.53); cwnd does not move here, so it falls behind.
        for (int i = 0; i < 33; i++) {
            interval = cubic.interval(T0, cwnd, 1);
        }
        assertThat(interval).as("two segments behind: 9 / 2").isEqualTo(4);
    }

    @Test
    void withoutALossSoFarOneSegmentInTwenty() {
        assertThat(cubic.interval(T0, 1000, 1)).isEqualTo(20);
        loss(100);
        cubic.state(c.tcb(), s, Sender.LOSS);
        assertThat(cubic.interval(T0, 20, 1)).as("a time-out forgets the maximum").isEqualTo(20);
    }

    @Test
    void aNeedlessReductionLeavesNoTrace() {
        int cwnd = loss(100);
        cubic.interval(T0, cwnd, 1);
        int before = cubic.interval(T0 + 2 * SECOND, 90, 1);
        s.priorCwnd = 90;
        s.cwnd = 90;
        s.cwnd = cubic.ssthresh(c.tcb(), s);
        // RFC 9438 §4.9.
        assertThat(cubic.undoCwnd(c.tcb(), s)).isEqualTo(90);
        assertThat(cubic.interval(T0 + 2 * SECOND, 90, 1)).isEqualTo(before);
    }

    @Test
    void idleTimeDoesNotMoveTheCurve() {
        int cwnd = loss(100);
        cubic.interval(T0, cwnd, 1);
        int before = cubic.interval(T0 + 3 * SECOND, 90, 1);
        engine.setNow(T0 + 63 * SECOND);
        c.tcb().lastSendNs = T0 + 3 * SECOND;
        cubic.event(c.tcb(), s, CongestionControl.Event.TRANSMIT_START);
        // RFC 9438 §5.8.
        assertThat(cubic.interval(T0 + 63 * SECOND, 90, 1)).isEqualTo(before);
    }

    @Test
    void aNewEpochBeginsAfterATimeOutAtTheWindowOfThatTime() {
        loss(100);
        cubic.state(c.tcb(), s, Sender.LOSS);
        // RFC 9438 §4.8: K = 0, the curve grows from where it is: after two seconds 40 + 0.4 * 8 = 43.2.
        cubic.interval(T0, 40, 1);
        assertThat(cubic.interval(T0 + 2 * SECOND, 40, 1)).as("40 / 3").isEqualTo(13);
    }

    @Test
    void aWindowThatIsNotUsedDoesNotGrow() {
        s.cwnd = 50;
        s.ssthresh = 20;
        s.cwndLimited = false;
        engine.setNow(T0);
        // RFC 9438 §4.2 and §5.8, RFC 7661: application-limited time earns nothing.
        cubic.increase(c.tcb(), s, 0, 50);
        engine.setNow(T0 + 10 * SECOND);
        cubic.increase(c.tcb(), s, 0, 50);
        assertThat(s.cwnd).isEqualTo(50);
        s.cwndLimited = true;
        cubic.increase(c.tcb(), s, 0, 1);
        assertThat(cubic.interval(T0 + 10 * SECOND, 50, 0)).as("the epoch begins now, not then").isEqualTo(20);
    }

    @Test
    void samplesRightAfterAReductionStillShowTheOldQueue() {
        s.ssthresh = 10;
        s.cwnd = 20;
        engine.setNow(T0);
        cubic.acknowledged(c.tcb(), s, 1, 50_000, 20);
        int cwnd = loss(100);
        cubic.interval(T0, cwnd, 1);
        engine.setNow(T0 + SECOND / 2);
        cubic.acknowledged(c.tcb(), s, 1, 1000, 20);
        // The curve is looked up one minimum RTT ahead, 50 ms: 2 s before the plateau less those 50 ms it is at 96.8.
        long plateau = T0 + 4_217_163_326L;
        assertThat(cubic.interval(plateau - 2 * SECOND - 50_000_000L, 96, 1)).isEqualTo(96);
        assertThat(cubic.interval(plateau - 2_200_000_000L, 96, 1)).as("96.03: as much, rounded up").isEqualTo(96);
        assertThat(cubic.interval(plateau - 2_300_000_000L, 96, 1)).as("95.4").isEqualTo(9600);
    }
}
