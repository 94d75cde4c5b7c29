package org.lastack.core.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.lastack.core.Engine;
import org.lastack.core.EngineConfig;
import org.lastack.core.Entropy;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.socket.Owner;

/// Parts of BBR: where loss becomes too much, and how ACKs come in lumps.
class BbrPartsTest {
    @Test
    void theBoundFallsToWhereTheShareOfLossesReachedTwoPercent() {
        // draft-ietf-ccwg-bbr §5.5.10.2: 100 in flight, the third of them lost: the two before are 2 % of 98 and a bit.
        assertThat(Bbr3.inflightAtLoss(100, 3)).isEqualTo(99);
        // 300 in flight, the fourth lost: 2 % of 299 are 5.98, 2.98 more than were lost before this one.
        assertThat(Bbr3.inflightAtLoss(300, 4)).isEqualTo(299 + 3);
        assertThat(Bbr3.inflightAtLoss(1, 1)).isZero();
    }

    @Test
    void theSegmentWithWhichLossBecomesTooMuchLowersTheBoundOncePerProbe() {
        Engine engine = new Engine(EngineConfig.named("host"), Entropy.seeded(1));
        Tcb c = engine.tcpSocket(InetSocket.AF_INET, Owner.ROOT).tcb();
        Bbr3 bbr = new Bbr3();
        Sender s = new Sender(engine.tcp().slabs(), bbr);
        s.cwnd = 300;
        for (int i = 0; i < 300; i++) {
            int id = s.flight.append(i * 1000, (i + 1) * 1000, 0, 1);
            s.flight.lossState(id, 0, 300);
        }
        int none = bbr.inflightHi;
        s.lost = 20;
        bbr.lost(c, s, 20);
        assertThat(bbr.inflightHi).as("not while nothing is probed").isEqualTo(none);
        bbr.probeSamples = true;
        s.delivered = 77;
        for (s.lost = 1; s.lost <= 6; s.lost++) {
            bbr.lost(c, s, s.lost);
        }
        assertThat(bbr.inflightHi).as("six of 300 are two percent, not more").isEqualTo(none);
        assertThat(bbr.lossRoundDelivered).as("the round with loss began with the very first").isZero();
        s.lost = 7;
        bbr.lost(c, s, 7);
        assertThat(bbr.inflightHi).isEqualTo(299);
        bbr.probeSamples = true;
        s.flight.lossState(8, 0, 100);
        s.flight.set(8, Flight.APP_LIMITED);
        s.lost = 8;
        bbr.lost(c, s, 8);
        assertThat(bbr.inflightHi).as("what the application limited tells nothing about the path").isEqualTo(299);
        assertThat(bbr.probeSamples).isFalse();
        s.lost = 50;
        bbr.lost(c, s, 9);
        assertThat(bbr.inflightHi).as("once per probe").isEqualTo(299);
    }

    @Test
    void theFirstLossBeginsARoundOfItsOwn() {
        Engine engine = new Engine(EngineConfig.named("host"), Entropy.seeded(1));
        Tcb c = engine.tcpSocket(InetSocket.AF_INET, Owner.ROOT).tcb();
        Bbr3 bbr = new Bbr3();
        Sender s = new Sender(engine.tcp().slabs(), bbr);
        s.flight.append(0, 1000, 0, 1);
        s.delivered = 77;
        bbr.lost(c, s, 0);
        s.delivered = 90;
        bbr.lost(c, s, 0);
        // draft-ietf-ccwg-bbr, BBRNoteLoss.
        assertThat(bbr.lossRoundDelivered).isEqualTo(77);
    }

    @Test
    void steadyAcksNeedNoRoom() {
        AckAggregation aggregation = new AckAggregation();
        aggregation.restart(0);
        for (int i = 1; i <= 100; i++) {
            aggregation.update(i * 1_000_000L, 1, 1000, 100, false);
        }
        assertThat(aggregation.room(1000)).isLessThanOrEqualTo(1);
    }

    @Test
    void lumpsOfAcksNeedRoomForALump() {
        AckAggregation aggregation = new AckAggregation();
        aggregation.restart(0);
        for (int i = 1; i <= 20; i++) {
            aggregation.update(i * 20_000_000L, 20, 1000, 100, false);
        }
        assertThat(aggregation.room(1000)).isBetween(15, 20);
        assertThat(aggregation.room(50)).as("never more than a tenth of a second's worth").isEqualTo(5);
    }

    @Test
    void theRoomIsForgottenAfterTenRounds() {
        AckAggregation aggregation = new AckAggregation();
        aggregation.restart(0);
        aggregation.update(1_000_000, 30, 1000, 100, true);
        long now = 1_000_000_000L;
        for (int i = 0; i < 10; i++) {
            now += 1_000_000;
            aggregation.update(now, 1, 1000, 100, true);
        }
        assertThat(aggregation.room(1000)).isLessThanOrEqualTo(1);
    }
}
