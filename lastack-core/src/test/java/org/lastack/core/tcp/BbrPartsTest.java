package org.lastack.core.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.lastack.core.socket.FieldStream;

/// The memories of BBR: what was in flight when, and how ACKs come in lumps.
class BbrPartsTest {
    @Test
    void historyTellsTheStateInWhichASegmentWasSent() {
        FlightHistory history = new FlightHistory();
        for (int delivered = 10; delivered <= 1000; delivered += 10) {
            history.record(delivered, delivered / 100, 5, 20);
            history.sentUpTo(20 + delivered / 10);
        }
        history.find(500);
        assertThat(history.lost()).isEqualTo(5);
        assertThat(history.inFlight()).isEqualTo(70);
        history.find(505);
        assertThat(history.lost()).as("sent between two ACKs: as after the earlier one").isEqualTo(5);
        history.find(1000);
        assertThat(history.inFlight()).isEqualTo(120);
    }

    @Test
    void historyReachesOverARoundTripOfManySegments() {
        FlightHistory history = new FlightHistory();
        int cwnd = 10_000;
        for (int delivered = 1; delivered < 100_000; delivered++) {
            history.record(delivered, delivered / 10, delivered % 7, cwnd);
        }
        int sent = 100_000 - cwnd;
        history.find(sent);
        assertThat(history.lost()).isBetween((sent - cwnd / 32) / 10, sent / 10);
    }

    @Test
    void historySurvivesTheWrapOfItsCounter() {
        FlightHistory history = new FlightHistory();
        int start = Integer.MAX_VALUE - 50;
        for (int i = 0; i < 100; i++) {
            history.record(start + i, i, i, 10);
        }
        history.find(start + 70);
        assertThat(history.lost()).isEqualTo(70);
    }

    @Test
    void whatIsForgottenIsTakenForTheOldestKnown() {
        FlightHistory history = new FlightHistory();
        for (int i = 1; i <= 1000; i++) {
            history.record(i, i, i, 10);
        }
        history.find(1);
        assertThat(history.lost()).isEqualTo(1000 - 127);
    }

    @Test
    void historyOfAConnectionAtRestIsItsState() {
        FlightHistory history = new FlightHistory();
        for (int i = 1; i <= 300; i++) {
            history.record(i * 3, i, 7, 10);
        }
        FieldStream stream = new FieldStream();
        stream.write();
        history.fold(stream);
        byte[] row = stream.end(null);
        FlightHistory again = new FlightHistory();
        stream.read(row);
        again.fold(stream);
        again.find(900);
        assertThat(again.lost()).isEqualTo(300);
        assertThat(again.inFlight()).isEqualTo(7);
        again.record(910, 301, 9, 10);
        again.find(905);
        assertThat(again.lost()).isEqualTo(300);
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
