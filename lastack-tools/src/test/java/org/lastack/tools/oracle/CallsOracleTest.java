package org.lastack.tools.oracle;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;

/// The recorded results of socket calls in each TCP state (oracle S), replayed row by row.
class CallsOracleTest {
    static List<CallsOracle.Row> rows() throws IOException {
        try (InputStream in = CallsOracleTest.class.getResourceAsStream("socket-semantics-linux.tsv.gz");
                BufferedReader lines = new BufferedReader(new InputStreamReader(new GZIPInputStream(in), UTF_8))) {
            return CallsOracle.read(lines);
        }
    }

    @Test
    void everyRowBehavesAsRecordedOrIsExplained() throws IOException {
        List<CallsOracle.Row> rows = rows();
        assertThat(rows).hasSize(1643);
        List<String> unexplained = new ArrayList<>();
        for (CallsOracle.Row row : rows) {
            List<String> differences;
            try {
                differences = CallsOracle.differences(row, CallsOracle.replay(row.state(), row.operation()));
            } catch (RuntimeException e) {
                differences = List.of(e.toString());
            }
            if (!differences.isEmpty()) {
                unexplained.add(row.state() + " " + row.operation() + ": " + String.join("; ", differences));
            }
        }
        assertThat(unexplained).isEmpty();
    }
}
