package org.lastack.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Entries do not grow unnoticed. Each measurement has a JVM of its own: live heaps are compared, and what other tests leave behind or still run would be counted.
/// The bounds are what was measured with a tenth to spare.
class EntrySizeTest {
    /// Tables grow in steps: many entries keep a step from being what is measured.
    private static final int ENTRIES = 100_000;

    @Test
    void idleConnections() throws Exception {
        assertThat(measured("idle-memory", "a minute after a request and its answer", "B, passive side")).isBetween(100.0, 201.0);
    }

    @Test
    void entriesInTimeWait() throws Exception {
        assertThat(measured("timewait-memory", "after", "B/entry")).isBetween(20.0, 54.0);
    }

    @Test
    void halfOpenConnections() throws Exception {
        assertThat(measured("half-open", "cookies off", "B/embryo")).isBetween(30.0, 66.0);
    }

    private static double measured(String benchmark, String row, String column) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:+UseSerialGC", "-XX:+UseCompactObjectHeaders",
                "-Xmx1500m", "-cp", System.getProperty("java.class.path"), Alone.class.getName(), benchmark, row, column).redirectErrorStream(true).start();
        try {
            List<String> output = process.inputReader(StandardCharsets.UTF_8).lines().toList();
            assertThat(process.waitFor()).as("%s", output).isZero();
            return Double.parseDouble(output.getLast());
        } finally {
            process.destroyForcibly();
        }
    }

    /// The other JVM.
    static final class Alone {
        private Alone() {}

        public static void main(String[] arguments) throws IOException, InterruptedException {
            Benchmark benchmark = BenchCommand.named(arguments[0]).orElseThrow();
            System.out.println(benchmark.run(new Settings(0.01, 1, ENTRIES)).value(arguments[1], arguments[2]));
        }
    }
}
