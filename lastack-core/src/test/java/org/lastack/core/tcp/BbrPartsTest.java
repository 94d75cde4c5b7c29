package org.lastack.core.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

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
