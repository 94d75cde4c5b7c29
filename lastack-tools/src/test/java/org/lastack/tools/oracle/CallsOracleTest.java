package org.lastack.tools.oracle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;

/// The recorded results of socket calls in each TCP state (oracle S), replayed row by row.
class CallsOracleTest {
    @Test
    void everyRowBehavesAsRecordedOrIsExplained() throws IOException {
        OracleRun run;
        try (InputStream in = Objects.requireNonNull(CallsOracleTest.class.getResourceAsStream("/oracles/socket-semantics-linux.tsv.gz"))) {
            run = OracleRun.of(new CallsKind(), OracleTable.read(new GZIPInputStream(in)), Differences.ofThisVersion());
        }
        assertThat(run.unexplained()).isEmpty();
        assertThat(run.rows()).isEqualTo(1643);
        assertThat(run.skippedRows()).isZero();
        // At most 1 % explained.
        assertThat(run.differences()).hasSizeLessThanOrEqualTo(16);
    }

    /// The table has a part of all pairs of state and operation; each of them can be replayed.
    @Test
    void everyStateCanBeAskedEverything() {
        String[] states = {"NEW", "BOUND", "LISTEN", "LISTEN_PENDING", "LISTEN_SHUT_RD", "SYN_SENT", "SYN_RECV_SIMOPEN", "REFUSED", "ESTABLISHED",
            "ESTABLISHED_SNDBUF_FULL", "FIN_WAIT2_RX", "CLOSING", "TIME_WAIT_HELD_RX", "LAST_ACK_RX", "CLOSED_AFTER_LAST_ACK", "RST_CLOSE_WAIT_RX",
            "RST_SYN_RECV_SIMOPEN", "TIMEOUT_CONNECT", "TIMEOUT_USER", "TIMEOUT_KEEPALIVE", "ICMP_NETUNREACH_SYN_SENT", "ICMP_PORTUNREACH_EST_RECVERR",
            "SHUT_RD_THEN_DATA", "SHUT_RDWR_FW2", "DISCONNECTED"};
        String[] operations = {"poll", "recv16_x3", "recv_oob", "send5_x2", "write5_sigpipe", "shutdown_RDWR", "close_linger0", "close_linger1s",
            "connect_same", "connect_AF_UNSPEC", "listen", "accept", "bind", "getsockname", "getpeername", "poll_after_SO_ERROR", "FIONREAD", "SIOCOUTQ"};
        for (String state : states) {
            for (String operation : operations) {
                CallsOracle.Outcome outcome = CallsOracle.replay(state, operation);
                assertThat(outcome.result()).as("%s %s", state, operation).isNotEmpty();
                assertThat(outcome.before()).as("%s %s", state, operation).doesNotContain("?");
            }
        }
    }

    @Test
    void unknownNamesAreRefused() {
        assertThatThrownBy(() -> CallsOracle.replay("NOWHERE", "poll")).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("NOWHERE");
        assertThatThrownBy(() -> CallsOracle.replay("NEW", "dance")).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("dance");
        assertThatThrownBy(() -> CallsOracle.replay("RST_NOWHERE", "poll")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> CallsOracle.replay("ICMP_ODD_SYN_SENT", "poll")).isInstanceOf(IllegalArgumentException.class);
    }
}
