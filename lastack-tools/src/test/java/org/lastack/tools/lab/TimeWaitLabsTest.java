package org.lastack.tools.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Collections;
import org.junit.jupiter.api.Test;

/// Stories about TIME-WAIT.
class TimeWaitLabsTest {
    /// S0-07, S0-10, S1-13, S4-85, S4-88: four combinations of the option on the old and on the new socket.
    @Test
    void rebind() {
        Told told = Told.of("rebind");
        told.hasFacts("""
                old=false new=false: EADDRINUSE
                old=true new=false: EADDRINUSE
                old=false new=true: EADDRINUSE
                old=true new=true: OK
                """);
        assertThat(told.results("server", "bind(3, 0.0.0.0:9000)")).containsExactly("0", "EADDRINUSE", "EADDRINUSE", "EADDRINUSE", "0");
        assertThat(told.tables("server")).containsExactlyElementsOf(Collections.nCopies(4, "TIME_WAIT"));
        assertThat(told.tables("client")).containsExactlyElementsOf(Collections.nCopies(4, ""));
        // S0-08, S3-01: who closed first waits.
        assertThat(told.ladder()).endsWith("CLOSED | TIME_WAIT");
    }

    /// S1-03, S1-04, S1-06: exactly one LISTEN and two TIME_WAIT, gone after a minute.
    @Test
    void twoClients() {
        Told told = Told.of("two-clients");
        told.hasFacts("""
                LISTEN: 1
                TIME_WAIT: 2
                client rows: 0
                LISTEN after 60 s: 1
                TIME_WAIT after 60 s: 0
                """);
        assertThat(told.tables("server")).containsExactly("LISTEN TIME_WAIT TIME_WAIT", "LISTEN");
        assertThat(told.tables("client")).containsExactly("", "");
        assertThat(told.results("client", "recv(3)")).containsExactly("21 \"I sent sth to client!\"", "0 (EOF)", "21 \"I sent sth to client!\"", "0 (EOF)");
    }

    /// S0-04, S0-06, S2-04, S3-03, S3-04: each lost ACK costs one more FIN, and TIME-WAIT counts from the last one.
    @Test
    void lastAckLost() {
        Told told = Told.of("last-ack-lost");
        told.hasFacts("""
                FINs 0: 1
                TIME_WAIT seconds 0: 60
                TIME_WAIT seconds after the last FIN 0: 60
                state while lost 1: [LAST_ACK, LISTEN]
                FINs 1: 2
                TIME_WAIT seconds 1: 60
                TIME_WAIT seconds after the last FIN 1: 60
                state while lost 2: [LAST_ACK, LISTEN]
                FINs 2: 3
                TIME_WAIT seconds 2: 61
                TIME_WAIT seconds after the last FIN 2: 60
                state while lost 3: [LAST_ACK, LISTEN]
                FINs 3: 4
                TIME_WAIT seconds 3: 61
                TIME_WAIT seconds after the last FIN 3: 60
                client rows without TIME-WAIT: 0
                RSTs without TIME-WAIT: 1
                what the server is told: ECONNRESET
                """);
        assertThat(told.ladder()).filteredOn("TIME_WAIT X> ACK LAST_ACK"::equals).hasSize(1 + 2 + 3);
        assertThat(told.ladder()).filteredOn("TIME_WAIT > ACK LAST_ACK"::equals).hasSize(4);
        assertThat(told.tables("client")).containsExactly("TIME_WAIT", "TIME_WAIT", "TIME_WAIT", "TIME_WAIT", "", "");
        told.prints("FINs sent: 4; TIME-WAIT ended 61 s after the first and 60 s after the last one");
    }

    /// S0-05, S1-15, S2-05: a closer that has forgotten the connection answers the FIN by RST, and the peer is told of an error.
    @Test
    void withoutTimeWait() {
        Told told = Told.of("last-ack-lost");
        assertThat(told.ladder()).endsWith("CLOSED < FIN,ACK LAST_ACK", "CLOSED > RST LAST_ACK", "CLOSED | CLOSED");
        assertThat(told.results("server", "getsockopt(4, SOL_SOCKET, SO_ERROR)")).containsExactly("ECONNRESET");
    }

    /// S1-16, S2-06, S2-07: only with every protection off an old segment gets into a new connection.
    @Test
    void lateDuplicate() {
        Told told = Told.of("late-duplicate");
        told.hasFacts("""
                TW false ISN false PAWS false: delivered
                TW true ISN false PAWS false: refused
                TW false ISN true PAWS false: dropped
                TW true ISN true PAWS false: dropped
                TW false ISN false PAWS true: dropped
                TW true ISN false PAWS true: dropped
                TW false ISN true PAWS true: dropped
                TW true ISN true PAWS true: dropped
                """);
        assertThat(told.results("server", "recv(4, MSG_DONTWAIT)")).containsExactly("3 \"OLD\"", "EAGAIN", "EAGAIN", "EAGAIN", "EAGAIN", "EAGAIN", "EAGAIN");
        assertThat(told.lines()).filteredOn(line -> line.contains("OLD DATA DELIVERED")).hasSize(1);
        // A SYN above the old numbers reopens the entry, one below is answered by what TIME-WAIT expects.
        assertThat(told.ladder()).filteredOn("SYN_SENT < ACK TIME_WAIT"::equals).hasSize(1);
        assertThat(told.ladder()).filteredOn("SYN_SENT > SYN TIME_WAIT"::equals).hasSize(4);
    }

    /// RFC 1337 §3: the three hazards, and none of them with its first fix.
    @Test
    void rfc1337() {
        Told told = Told.of("rfc1337");
        told.hasFacts("""
                TIME_WAIT after RST, rfc1337=0: 0
                hazard 1, rfc1337=0: delivered
                hazard 2, rfc1337=0: desynchronized
                hazard 3, rfc1337=0: reset
                TIME_WAIT after RST, rfc1337=1: 1
                hazard 1, rfc1337=1: refused
                hazard 2, rfc1337=1: refused
                hazard 3, rfc1337=1: refused
                """);
        assertThat(told.tables("server")).containsExactly("LISTEN", "LISTEN ESTABLISHED", "LISTEN TIME_WAIT");
        assertThat(told.tables("script")).containsExactly("", "ESTABLISHED", "");
        assertThat(told.ladder()).contains("CLOSED > RST TIME_WAIT", "SYN_SENT < RST SYN_RECV", "ESTABLISHED X< ACK ESTABLISHED");
        assertThat(told.lines()).filteredOn(line -> line.contains("outcome: no new connection")).hasSize(3);
    }
}
