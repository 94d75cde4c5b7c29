package org.lastack.core;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.lastack.wire.Refusal;

class CountersTest {
    @ParameterizedTest
    @EnumSource
    void everyRefusalRaisesItsOwnCounterAndOneThatNstatShows(Refusal refusal) {
        Counters counters = new Counters();
        counters.refused(refusal);
        assertThat(counters.get(refusal)).isEqualTo(1);
        assertThat(counters.get(Counter.valueOf(refusal.aggregate()))).isEqualTo(1);
    }
}
