package org.lastack.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class ReportTest {
    @Test
    void theMedianIsTheMiddleOne() {
        assertThat(Report.median(9, 1, 5)).isEqualTo(5);
        assertThat(Report.median(4, 1, 2, 100)).isEqualTo(3);
    }

    @Test
    void aTableIsAlignedAndWhatWasNotMeasuredIsLeftOutOfJson() {
        Report report = new Report("x", "a title", "one", "two").row("first", 1234.4, Double.NaN).row("second", 0.5, 12);
        assertThat(report.text()).isEqualTo("x: a title\n            one   two\n  first   1,234     -\n  second   0.50  12.0\n");
        assertThat(report.markdown()).contains("| second | 0.50 | 12.0 |");
        assertThat(report.facts().toString()).contains("{case=first, one=1234.4}");
    }

    @Test
    void aRowWithoutAllItsCellsIsAMistake() {
        Report report = new Report("x", "a title", "one", "two");
        assertThatThrownBy(() -> report.row("first", 1)).hasMessageContaining("1 values for 2 columns");
    }

    /// Every connection that is asked for comes to be and carries an octet: the figures are about working connections.
    @Test
    void thePairConnectsAndCarries() {
        Pair pair = new Pair(false, 1500);
        org.lastack.core.tcp.TcpSocket[][] all = pair.connected(50);
        for (org.lastack.core.tcp.TcpSocket[] each : all) {
            Scale.request(pair, each, new byte[1]);
        }
        assertThat(pair.server().tcp().connectionCount()).isEqualTo(50);
        assertThat(pair.client().tcp().connectionCount()).isEqualTo(50);
    }
}
