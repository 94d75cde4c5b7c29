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
    void whatJsonBringsBackIsTheSameTable() {
        Report report = new Report("x", "a title", "one", "two").row("first", 1234.4, Double.NaN).row("second", 0.5, 12).note("a note");
        assertThat(Report.of(report.facts()).text()).isEqualTo(report.text());
        assertThatThrownBy(() -> Report.of(java.util.Map.of())).hasMessageContaining("not written by lastack bench");
    }

    @Test
    void targetsAreJudgedByTheMedianOfTheSessions(@org.junit.jupiter.api.io.TempDir java.nio.file.Path directory) throws java.io.IOException {
        Docs docs = new Docs();
        for (double value : new double[] {0.99, 0.5, 0.97}) {
            docs.add("a machine", "lastack bench rr", new Report("rr", "turns", "k/s", "of the ceiling").row("1 connection: lastack", 10, value).row("1 connection, busy: lastack", 10, 0.1));
        }
        docs.write(directory);
        String text = java.nio.file.Files.readString(directory.resolve("performance.md"));
        assertThat(text).contains("| 1 connection | of the ceiling | >= 0.95 | 0.99, 0.50, 0.97 | met |").contains("**missed**").contains("| not measured |")
                .contains("| 1 connection: lastack | 10.0 | 0.97 |").contains("`lastack bench rr`, 3 times").contains("1 of 2 targets");
        assertThat(directory.resolve("performance-rr.svg")).content().contains("<rect");
    }

    @Test
    void thePiecesComeFromJmh(@org.junit.jupiter.api.io.TempDir java.nio.file.Path directory) throws java.io.IOException {
        java.nio.file.Path results = directory.resolve("jmh.json");
        java.nio.file.Files.writeString(results, "[{\"benchmark\":\"a.b.Parts.checksum\",\"params\":{\"connections\":\"10\"},\"primaryMetric\":{\"score\":12.34,\"scoreError\":\"NaN\"}}]");
        Docs docs = new Docs();
        docs.add("a machine", "lastack bench x", new Report("x", "a title", "one").row("first", 1));
        docs.pieces(results);
        docs.write(directory);
        assertThat(java.nio.file.Files.readString(directory.resolve("performance.md"))).contains("| checksum | 10 | 12.3 | - |");
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
