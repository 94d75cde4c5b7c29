package org.lastack.bench;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.api.parallel.Isolated;

/// Entries do not grow unnoticed. Alone in its JVM while it runs: it compares live heaps. The bounds are what was measured with room for JVMs without compact object headers.
@Isolated
@Execution(ExecutionMode.SAME_THREAD)
class EntrySizeTest {
    /// Small entries need many of them: with few, the steps in which tables grow are what is measured.
    private static final Settings MANY = new Settings(0.01, 1, 100_000);
    private static final Settings SMALL = new Settings(0.01, 1, 20_000);

    @Test
    void idleConnections() {
        Report report = new Memory.Idle().run(SMALL);
        assertThat(report.value("after the handshake", "B, passive side")).isBetween(100.0, 1900.0);
        assertThat(report.value("the same a minute later", "B, passive side")).isBetween(100.0, 2300.0);
        assertThat(report.value("the same a minute later", "B, active side")).isBetween(100.0, 2300.0);
    }

    @Test
    void entriesInTimeWait() {
        assertThat(new Memory.TimeWait().run(MANY).value("after", "B/entry")).isBetween(20.0, 130.0);
    }

    @Test
    void halfOpenConnections() {
        assertThat(new Memory.HalfOpen().run(MANY).value("", "B/embryo")).isBetween(40.0, 260.0);
    }
}
