package org.lastack.core.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.lastack.core.Engine;
import org.lastack.core.EngineConfig;
import org.lastack.core.Entropy;
import org.lastack.core.Sysctl;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.socket.Owner;

/// When slow start ends without loss: HyStart++ (RFC 9406), and the older form that Linux has in CUBIC.
class HyStartTest {
    private static final int SEGMENT = 1000;
    private static final int PER_ROUND = 10;
    private static final int BASE_US = 80_000;

    private final Engine engine = new Engine(EngineConfig.named("host"), Entropy.seeded(1));
    private final Tcb c = engine.tcpSocket(InetSocket.AF_INET, Owner.ROOT).tcb();
    private final Sender s = new Sender(engine.tcp().slabs(), new NewReno());
    private final HyStart hyStart = new HyStart();
    private long nowNs = 1_000_000_000L;

    @BeforeEach
    void begin() {
        s.cwnd = 100;
        s.ssthresh = Sender.INFINITE_SSTHRESH;
    }

    private void start(int form) {
        engine.sysctls().set(Sysctl.TCP_HYSTART, form);
        engine.setNow(nowNs);
        c.snd.una = 0;
        c.snd.nxt = PER_ROUND * SEGMENT;
        hyStart.startSlowStart(c);
    }

    /// One round of ten ACKs with that RTT, `gapUs` apart; true if one of them ends slow start.
    private boolean round(long rttUs, long gapUs) {
        boolean left = false;
        for (int i = 0; i < PER_ROUND; i++) {
            nowNs += gapUs * 1000;
            engine.setNow(nowNs);
            c.snd.una += SEGMENT;
            c.snd.nxt = c.snd.una + PER_ROUND * SEGMENT;
            left |= hyStart.leave(c, s, rttUs, BASE_US);
        }
        return left;
    }

    private int grown(int acked) {
        int before = s.cwnd;
        hyStart.slowStart(s, acked);
        return s.cwnd - before;
    }

    @Test
    void aSteadyRttKeepsSlowStart() {
        start(HyStart.PLUS_PLUS);
        for (int i = 0; i < 20; i++) {
            assertThat(round(BASE_US, 8000)).isFalse();
        }
        assertThat(grown(4)).isEqualTo(4);
    }

    @Test
    void atMostEightSegmentsPerAckCount() {
        start(HyStart.PLUS_PLUS);
        // RFC 9406 §4.3: L = 8 for senders that do not pace.
        assertThat(grown(20)).isEqualTo(8);
    }

    @Test
    void aDelayIncreaseOfAnEighthLeadsIntoConservativeSlowStart() {
        start(HyStart.PLUS_PLUS);
        round(BASE_US, 8000);
        round(BASE_US, 8000);
        // RFC 9406 §4.2: the threshold is an eighth of the last round's minimum, 10 ms here.
        round(BASE_US + 9_000, 8000);
        assertThat(grown(4)).as("below the threshold").isEqualTo(4);
        round(BASE_US + 25_000, 8000);
        assertThat(grown(8)).as("a quarter in conservative slow start").isEqualTo(2);
        assertThat(grown(3)).isZero();
        assertThat(grown(1)).as("fractions add up").isEqualTo(1);
    }

    @Test
    void fiveRoundsOfConservativeSlowStartEndIt() {
        start(HyStart.PLUS_PLUS);
        round(BASE_US, 8000);
        round(BASE_US, 8000);
        assertThat(round(BASE_US + 15_000, 8000)).isFalse();
        int rounds = 0;
        while (!round(BASE_US + 15_000, 8000)) {
            rounds++;
            assertThat(rounds).isLessThan(10);
        }
        // The round in which it began counts.
        assertThat(rounds).isEqualTo(4);
    }

    @Test
    void aPassingIncreaseReturnsToSlowStart() {
        start(HyStart.PLUS_PLUS);
        round(BASE_US, 8000);
        round(BASE_US, 8000);
        round(BASE_US + 15_000, 8000);
        assertThat(grown(8)).isEqualTo(2);
        round(BASE_US, 8000);
        assertThat(grown(8)).isEqualTo(8);
        for (int i = 0; i < 10; i++) {
            assertThat(round(BASE_US, 8000)).isFalse();
        }
    }

    @Test
    void theThresholdStaysBetweenFourAndSixteenMilliseconds() {
        start(HyStart.PLUS_PLUS);
        round(1_000, 100);
        round(1_000, 100);
        round(4_500, 100);
        assertThat(grown(4)).as("3.5 ms more are less than the least threshold").isEqualTo(4);
        round(8_600, 100);
        assertThat(grown(8)).isEqualTo(2);
        start(HyStart.PLUS_PLUS);
        round(800_000, 8000);
        round(800_000, 8000);
        round(817_000, 8000);
        assertThat(grown(8)).as("17 ms more are enough however long the path").isEqualTo(2);
    }

    @Test
    void linuxLeavesAtOnceWhenTheDelayGrows() {
        start(HyStart.LINUX);
        assertThat(round(BASE_US, 8000)).isFalse();
        assertThat(round(BASE_US + 9_000, 8000)).isFalse();
        assertThat(round(BASE_US + 11_000, 8000)).isTrue();
    }

    @Test
    void linuxLeavesWhenTheTrainOfAcksIsHalfAnRttLong() {
        start(HyStart.LINUX);
        c.snd.nxt = 1000 * SEGMENT;
        hyStart.startSlowStart(c);
        boolean left = false;
        int acks = 0;
        while (!left && acks < 100) {
            acks++;
            nowNs += 1_000_000;
            engine.setNow(nowNs);
            c.snd.una += SEGMENT;
            left = hyStart.leave(c, s, BASE_US, BASE_US);
        }
        assertThat(acks).as("milliseconds, one ACK in each").isEqualTo(41);
    }

    @Test
    void linuxDoesNotJudgeSmallWindows() {
        start(HyStart.LINUX);
        s.cwnd = 15;
        for (int i = 0; i < 5; i++) {
            assertThat(round(BASE_US * 2, 1000)).isFalse();
        }
    }

    @Test
    void switchedOffItNeverLeaves() {
        start(HyStart.OFF);
        round(BASE_US, 8000);
        for (int i = 0; i < 5; i++) {
            assertThat(round(BASE_US * 3, 1000)).isFalse();
        }
        assertThat(grown(20)).isEqualTo(20);
    }

    @Test
    void laterSlowStartsAreOrdinary() {
        start(HyStart.PLUS_PLUS);
        s.ssthresh = 500;
        round(BASE_US, 8000);
        round(BASE_US, 8000);
        round(BASE_US + 25_000, 8000);
        // RFC 9406 §4.3: only the slow start before the first loss, when ssthresh is not known.
        assertThat(grown(20)).isEqualTo(20);
        for (int i = 0; i < 10; i++) {
            assertThat(round(BASE_US + 25_000, 8000)).isFalse();
        }
    }
}
