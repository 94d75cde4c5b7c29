package org.lastack.core.tcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The average windows of RFC 9438 §5.1, tables 1 and 2, by the algorithms alone.
class CongestionModelTest {
    @ParameterizedTest
    @CsvSource({
        "reno, 100, 4, 120", "reno, 100, 5, 379", "reno, 100, 6, 1200", "reno, 100, 7, 3795", "reno, 100, 8, 12000",
        "cubic, 100, 4, 187", "cubic, 100, 5, 1054", "cubic, 100, 6, 5926", "cubic, 100, 7, 33325", "cubic, 100, 8, 187400",
        "cubic, 10, 4, 120", "cubic, 10, 5, 379", "cubic, 10, 6, 1200", "cubic, 10, 7, 5926", "cubic, 10, 8, 33325"
    })
    void averageWindow(String algorithm, int rttMs, int zeros, int published) {
        long every = Math.round(StrictMath.pow(10, zeros));
        double average = CongestionModel.averageWindow(algorithm, rttMs * 1_000_000L, every, published, 3, 3);
        assertThat(average).isCloseTo(published, Percentage.withPercentage(12));
    }

    @Test
    void aWindowThatIsHalvedAndGrowsByOneIsThreeQuartersFullOnAverage() {
        // Reno from W/2 to W in W/2 round trips: 3/8 W^2 segments; W = 200.
        double average = CongestionModel.averageWindow("reno", 10_000_000, 15_000, 200, 4, 8);
        assertThat(average).isCloseTo(150, within(4.0));
    }

    @Test
    void algorithmsThatLossDoesNotMoveAreRefused() {
        assertThatThrownBy(() -> CongestionModel.averageWindow("bbr", 1_000_000, 100, 10, 1, 1)).isInstanceOf(IllegalArgumentException.class);
    }
}
