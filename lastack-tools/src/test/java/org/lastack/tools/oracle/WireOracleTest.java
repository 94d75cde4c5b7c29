package org.lastack.tools.oracle;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.util.Map;
import java.util.Objects;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;

/// The recorded wire behaviour (oracle W), replayed from the words of each row.
class WireOracleTest {
    @Test
    void everyRowBehavesAsRecordedOrIsExplained() throws IOException {
        OracleRun run;
        try (InputStream in = Objects.requireNonNull(WireOracleTest.class.getResourceAsStream("/oracles/tcp-wire-linux.tsv.gz"))) {
            run = OracleRun.of(new WireKind(), OracleTable.read(new GZIPInputStream(in)), Differences.ofThisVersion());
        }
        assertThat(run.unexplained()).isEmpty();
        assertThat(run.rows()).isEqualTo(308);
        assertThat(run.skippedRows()).isZero();
        // At most 5 % explained.
        assertThat(run.differences()).hasSizeLessThanOrEqualTo(15);
    }

    /// Neighbours of those rows, recorded from Linux 6.18: other segments in each state, other flags, options, sizes, limits and ICMP messages.
    @Test
    void neighboursOfTheRowsBehaveAsRecorded() throws IOException {
        OracleRun run;
        try (InputStream in = Objects.requireNonNull(WireOracleTest.class.getResourceAsStream("/oracles/tcp-wire-more.tsv.gz"))) {
            run = OracleRun.of(new WireKind(), OracleTable.read(new GZIPInputStream(in)), Differences.ofThisVersion());
        }
        assertThat(run.unexplained()).isEmpty();
        assertThat(run.rows()).isEqualTo(818);
        assertThat(run.skippedRows()).isZero();
        assertThat(run.differences()).hasSizeLessThanOrEqualTo(5);
    }

    /// The words are patterns: other numbers are understood, and what is not understood is skipped with a reason, not guessed.
    @Test
    void otherNumbersAreUnderstood() {
        assertThat(play("backlog", "listen(7); 12 complete handshakes one after another, nobody accepts"))
                .isEqualTo("8 SYNs answered; 8 connections can be accepted");
        assertThat(play("segment-checks", "peer MSS 700: sizes of the first segments of a 1500 byte write")).isEqualTo("700 700 100");
        assertThat(play("segment-checks", "peer window scale 9")).isEqualTo("used send scale 9");
        assertThat(play("durations", "FIN_WAIT2 orphan, TCP_LINGER2=7")).startsWith("gone after 7.");
        assertThat(play("time-wait", "duplicate FIN; timestamps; listener closed")).isEqualTo(". seq+2 ack+2 win65160; entry TIME_WAIT");
        assertThat(play("segment-checks", "ESTABLISHED: RST 3 bytes above RCV.NXT")).isEqualTo(". seq+1 ack+1 win64240; state ESTABLISHED; recv EAGAIN");
        assertThat(play("handshake", "SYN_SENT: PSH+ACK, ack above ISS+1")).isEqualTo("R seq+5 win0; S seq+0 win64240; SYN_SENT");
        OracleRow row = new OracleRow(1, Map.of("group", "acks", "setup and input", "something else", "result", "-"));
        assertThat(new WireKind().replay(row).skipped()).contains("something else");
    }

    private static String play(String group, String input) {
        return new WireKind().replay(new OracleRow(1, Map.of("group", group, "setup and input", input))).results().get("result");
    }

    @Test
    void onlyTimesMayDiffer() {
        assertThat(WireCompare.same("durations", "gone after 60.7", "gone after 60.0")).isTrue();
        assertThat(WireCompare.same("durations", "gone after 60.7", "gone after 240.0")).isFalse();
        assertThat(WireCompare.same("time-wait", ". seq+2 ack+2 win64240", ". seq+2 ack+3 win64240")).isFalse();
        assertThat(WireCompare.same("timers", "0.00:S 1.04:S; state SYN_SENT", "0.00:S 1.00:S; state SYN_SENT")).isTrue();
        assertThat(WireCompare.same("timers", "0.00:S 1.04:S; state SYN_SENT", "0.00:S 3.00:S; state SYN_SENT")).isFalse();
    }
}
