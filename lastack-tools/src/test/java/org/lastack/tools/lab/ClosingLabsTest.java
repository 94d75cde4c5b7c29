package org.lastack.tools.lab;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/// Stories about the end of connections.
class ClosingLabsTest {
    /// S3-07, S3-08, S3-09, S3-10: the first close sends nothing; shutdown on a copy ends the direction for all.
    @Test
    void dupAndShutdown() {
        Told told = Told.of("dup");
        told.hasFacts("""
                FINs after one close: 0
                FINs after shutdown: 1
                write after shutdown: EPIPE
                states: [FIN_WAIT_2]
                """);
        assertThat(told.tables("client")).containsExactly("ESTABLISHED", "FIN_WAIT2");
        assertThat(told.tables("server")).containsExactly("LISTEN ESTABLISHED", "LISTEN CLOSE_WAIT");
        assertThat(told.results("client", "write(4")).containsExactly("10", "EPIPE");
    }

    /// S1-05, S1-18, S1-19, S1-20, S1-21: data then FIN; close() waits a second; RST by linger 0 and by unread data.
    @Test
    void linger() {
        Told told = Told.of("linger");
        told.hasFacts("""
                read after close: goodbye
                then: EOF
                close with linger 1: OK
                milliseconds in close: 1000
                goes on in: [FIN_WAIT_1, LISTEN, TIME_WAIT]
                RSTs by linger 0: 1
                read after linger 0: ECONNRESET
                TIME_WAIT by linger 0: 0
                RSTs by unread data: 1
                first read: the last bytes of the answer
                second read: ECONNRESET
                """);
        assertThat(told.ladder()).filteredOn("ESTABLISHED < RST,ACK CLOSED"::equals).hasSize(2);
        assertThat(told.tables("server")).containsExactly("LISTEN FIN_WAIT2", "LISTEN TIME_WAIT FIN_WAIT1", "LISTEN", "LISTEN");
        assertThat(told.results("client", "recv")).containsExactly("7 \"goodbye\"", "0 (EOF)", "ECONNRESET", "28 \"the last bytes of the answer\"", "ECONNRESET");
    }

    /// S1-19, S2-09: EPIPE, one call late.
    @Test
    void brokenPipe() {
        Told told = Told.of("broken-pipe");
        told.hasFacts("""
                client after the server's close: [CLOSE_WAIT]
                first write: OK
                client after the RST: []
                second write: EPIPE
                """);
        assertThat(told.ladder()).endsWith("CLOSE_WAIT > ACK FIN_WAIT2", "CLOSE_WAIT < RST CLOSED", "CLOSED | CLOSED");
        assertThat(told.results("client", "write")).containsExactly("3", "EPIPE");
    }

    /// S4-89, S4-90: nothing ends CLOSE-WAIT but the program; FIN-WAIT-2 of an orphan ends after a minute.
    @Test
    void closeWait() {
        Told told = Told.of("close-wait");
        told.hasFacts("""
                CLOSE_WAIT: 3
                client rows after 61 s: 0
                CLOSE_WAIT after a day: 3
                what read says: EOF
                CLOSE_WAIT after close: 0
                """);
        String leak = "LISTEN CLOSE_WAIT CLOSE_WAIT CLOSE_WAIT";
        assertThat(told.tables("server")).containsExactly(leak, leak, leak, "LISTEN");
        assertThat(told.tables("client")).containsExactly("FIN_WAIT2 FIN_WAIT2 FIN_WAIT2", "", "", "");
    }

    /// S3-06: FIN-WAIT-2 receives and cannot send.
    @Test
    void halfClose() {
        Told told = Told.of("half-close");
        told.hasFacts("""
                client: [FIN_WAIT_2]
                server: [CLOSE_WAIT, LISTEN]
                server reads to the end: EOF
                client still reads: answer
                client writes: EPIPE
                """);
        assertThat(told.tables("client")).containsExactly("FIN_WAIT2", "TIME_WAIT");
        assertThat(told.tables("server")).containsExactly("LISTEN CLOSE_WAIT", "LISTEN");
        assertThat(told.ladder()).contains("FIN_WAIT2 < ACK CLOSE_WAIT", "FIN_WAIT2 > ACK CLOSE_WAIT");
    }

    /// S0-08, RFC 9293 §3.6, figure 13: both pass through CLOSING and both keep TIME-WAIT.
    @Test
    void simultaneousClose() {
        Told told = Told.of("simultaneous-close");
        told.hasFacts("""
                client when the FINs have crossed: [CLOSING]
                client at the end: [TIME_WAIT]
                server at the end: [LISTEN, TIME_WAIT]
                """);
        assertThat(told.tables("client")).containsExactly("CLOSING", "TIME_WAIT");
        assertThat(told.tables("server")).containsExactly("LISTEN CLOSING", "LISTEN TIME_WAIT");
        assertThat(told.ladderFrom("FIN_WAIT1 > FIN,ACK ESTABLISHED")).endsWith("TIME_WAIT | TIME_WAIT").contains("FIN_WAIT1 < FIN,ACK FIN_WAIT1");
    }
}
