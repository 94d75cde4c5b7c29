package org.lastack.tools.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/// Stories about the beginning of connections.
class OpeningLabsTest {
    /// S0-01, S0-03, S1-08, S1-09, S1-11, S1-12, S4-71, S4-72, S4-73, S4-80: both sides' states at each segment.
    @Test
    void connection() {
        Told told = Told.of("connection");
        told.hasFacts("""
                server before accept: [ESTABLISHED, LISTEN]
                client after its close: [FIN_WAIT_2]
                server after the client's close: [CLOSE_WAIT, LISTEN]
                server reads: EOF
                segments of the close: 4
                client at the end: [TIME_WAIT]
                server at the end: [LISTEN]
                """);
        assertThat(told.ladder()).containsExactly("SYN_SENT > SYN LISTEN", "SYN_SENT < SYN,ACK SYN_RECV", "ESTABLISHED > ACK SYN_RECV", "ESTABLISHED | ESTABLISHED",
                "ESTABLISHED > ACK ESTABLISHED", "ESTABLISHED < ACK ESTABLISHED",
                "FIN_WAIT1 > FIN,ACK ESTABLISHED", "FIN_WAIT1 | CLOSE_WAIT", "FIN_WAIT1 < ACK CLOSE_WAIT", "FIN_WAIT2 | CLOSE_WAIT",
                "FIN_WAIT2 < FIN,ACK LAST_ACK", "TIME_WAIT > ACK LAST_ACK", "TIME_WAIT | CLOSED");
        assertThat(told.tables("client")).containsExactly("ESTABLISHED", "FIN_WAIT2", "TIME_WAIT");
        assertThat(told.tables("server")).containsExactly("LISTEN ESTABLISHED", "LISTEN CLOSE_WAIT", "LISTEN");
    }

    /// S4-74: the RST to an unexpected SYN-ACK takes the listener's half-open child away (RFC 9293 §3.5, figure 8).
    @Test
    void oldSyn() {
        Told told = Told.of("old-syn");
        told.hasFacts("""
                server is deceived for a moment: [LISTEN, SYN_RECEIVED]
                RSTs: 1
                server after the RST: [LISTEN]
                connect: OK
                server at the end: [ESTABLISHED, LISTEN]
                """);
        assertThat(told.ladder()).startsWith("CLOSED > SYN LISTEN", "CLOSED < SYN,ACK SYN_RECV", "CLOSED > RST SYN_RECV", "CLOSED | LISTEN", "SYN_SENT > SYN LISTEN");
        assertThat(told.tables("server")).containsExactly("LISTEN SYN_RECV", "LISTEN", "LISTEN ESTABLISHED");
    }

    /// S4-61, S4-62: refused at once; silence is asked at 1, 1, 1, 1, 1, 2, 4 ... s as Linux does since 6.5, then ETIMEDOUT.
    @Test
    void noAnswer() {
        Told told = Told.of("no-answer");
        told.hasFacts("""
                closed port: ECONNREFUSED
                silence: ETIMEDOUT
                SYNs: 11
                gaps: [1.0, 1.0, 1.0, 1.0, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0]
                seconds: 131
                """);
        assertThat(told.ladder()).startsWith("SYN_SENT > SYN CLOSED", "SYN_SENT < RST,ACK CLOSED", "CLOSED | CLOSED");
        assertThat(told.ladder()).filteredOn("SYN_SENT X> SYN CLOSED"::equals).hasSize(11);
        assertThat(told.results("client", "connect")).containsExactly("ECONNREFUSED", "EINPROGRESS");
    }

    /// RFC 9293 §3.5, figure 7 (MUST-10): both pass through SYN-RECEIVED.
    @Test
    void simultaneousOpen() {
        Told told = Told.of("simultaneous-open");
        told.hasFacts("""
                when the SYNs have crossed: [SYN_RECEIVED]
                client: [ESTABLISHED]
                server: [ESTABLISHED]
                """);
        assertThat(told.tables("client")).containsExactly("SYN_RECV", "ESTABLISHED");
        assertThat(told.tables("server")).containsExactly("SYN_RECV", "ESTABLISHED");
        assertThat(told.ladder()).contains("SYN_SENT < SYN SYN_SENT", "SYN_RECV < SYN,ACK SYN_RECV");
    }

    /// Simultaneous open with oneself: one socket is both ends.
    @Test
    void selfConnect() {
        Told told = Told.of("self-connect");
        told.hasFacts("""
                connected: true
                read: hello, me
                states: [ESTABLISHED]
                """);
        assertThat(told.ladderFrom("SYN_SENT > SYN SYN_SENT")).startsWith("SYN_SENT > SYN SYN_SENT", "SYN_RECV > SYN,ACK SYN_RECV", "ESTABLISHED > ACK ESTABLISHED");
        told.prints("from port 40002 to port 40002; nobody listens");
        assertThat(told.tables("client")).containsExactly("ESTABLISHED");
    }

    /// S4-74: places for half-open connections run out; cookies need none.
    @Test
    void synFlood() {
        Told told = Told.of("syn-flood");
        told.hasFacts("""
                half-open, cookies=0: 65
                cookies sent, cookies=0: 0
                dropped, cookies=0: 935
                honest client connected, cookies=0: false
                half-open, cookies=1: 65
                cookies sent, cookies=1: 935
                dropped, cookies=1: 0
                honest client connected, cookies=1: true
                """);
        assertThat(told.tables("client")).containsExactly("SYN_SENT", "ESTABLISHED");
        assertThat(told.tables("server")).containsExactly("LISTEN SYN_RECV SYN_RECV SYN_RECV SYN_RECV:", "LISTEN ESTABLISHED SYN_RECV SYN_RECV SYN_RECV SYN_RECV:");
        // A cookie is an answer without a state.
        assertThat(told.ladder()).endsWith("SYN_SENT < SYN,ACK LISTEN", "ESTABLISHED > ACK LISTEN", "ESTABLISHED | ESTABLISHED");
    }

    /// S0-12, S4-72: six wait with listen(5); a seventh SYN is dropped, a seventh last ACK ignored or answered by RST.
    @Test
    void backlog() {
        Told told = Told.of("backlog");
        told.hasFacts("""
                queued, one by one: 6
                overflows, one by one: 2
                queued again: 6
                queued, at once, abort=0: 6
                overflows, at once, abort=0: 2
                half-open, abort=0: 2
                clients established, abort=0: 8
                queued, at once, abort=1: 6
                overflows, at once, abort=1: 2
                half-open, abort=1: 0
                clients established, abort=1: 6
                """);
        List<String> clients = told.tables("client");
        assertThat(clients.get(0)).isEqualTo("ESTABLISHED ESTABLISHED ESTABLISHED ESTABLISHED ESTABLISHED ESTABLISHED SYN_SENT SYN_SENT");
        assertThat(clients.get(2)).doesNotContain("SYN_SENT");
        assertThat(told.tables("server").get(2)).endsWith("SYN_RECV SYN_RECV");
        assertThat(told.ladder()).filteredOn("ESTABLISHED < RST LISTEN"::equals).hasSize(2);
    }
}
