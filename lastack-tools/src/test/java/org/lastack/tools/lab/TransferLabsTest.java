package org.lastack.tools.lab;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/// Stories about data and silence.
class TransferLabsTest {
    /// S4-11, S4-16, S4-17, S4-19: cut, dropped, refused, too long.
    @Test
    void udp() {
        Told told = Told.of("udp");
        told.hasFacts("""
                first recv: 4
                second recv: 3
                with MSG_TRUNC: 10
                kept: 3
                dropped: 47
                unconnected: EAGAIN
                connected, first send: OK
                connected, then: ECONNREFUSED
                too long: EMSGSIZE
                """);
        assertThat(told.results("server", "recv(3, 4")).containsExactly("4", "3", "10");
        assertThat(told.ladder()).filteredOn(rung -> rung.contains("< ICMP")).hasSize(2);
        assertThat(told.ladder()).contains("UNCONN > UDP UNCONN", "UNCONN > UDP no", "ESTABLISHED > UDP no");
        assertThat(told.tables("client")).endsWith("UNCONN UNCONN ESTABLISHED");
        told.prints("3 could be read, 47 were dropped");
    }

    /// S4-40: what was written in three pieces is read in one, and the other way round.
    @Test
    void stream() {
        Told told = Told.of("stream");
        told.hasFacts("""
                one read: one two three
                read 1: abc
                read 2: def
                read 3: gh
                """);
        assertThat(told.results("server", "recv")).containsExactly("13 \"one two three\"", "3 \"abc\"", "3 \"def\"", "2 \"gh\"");
    }

    /// S4-57, S4-58, S4-59, S4-60, S4-61: fast retransmission after a round trip, duplicates dropped, back-off from 200 ms.
    @Test
    void retransmission() {
        Told told = Told.of("retransmission");
        told.hasFacts("""
                milliseconds until repeated: 10
                received: 8688
                read: once
                read again: EAGAIN
                gaps: [0.2, 0.2, 0.4, 0.8, 1.7, 3.4, 6.7]
                at last: hello?
                """);
        assertThat(told.ladder()).filteredOn("ESTABLISHED X> ACK ESTABLISHED"::equals).hasSize(1 + 8);
        assertThat(told.ladder()).filteredOn("ESTABLISHED X< ACK ESTABLISHED"::equals).hasSize(1);
    }

    /// RFC 9293 §3.8.6.1, MUST-36, MUST-37: a zero window is probed at growing intervals, and the connection stays.
    @Test
    void zeroWindow() {
        Told told = Told.of("zero-window");
        told.hasFacts("""
                written: 20000
                window went to 0: true
                probes in 5 s: 3
                read in all: 20000
                """);
        assertThat(told.lines()).filteredOn(line -> line.contains(" win 0 ")).hasSizeGreaterThan(2);
        told.prints("persist", "zero-window probes so far: 3");
        assertThat(told.results("server", "recv").stream().mapToInt(Integer::parseInt).sum()).isEqualTo(20_000);
    }

    /// S4-62, S3-05: keep-alive and user timeout end it, time alone does not.
    @Test
    void halfOpen() {
        Told told = Told.of("half-open");
        told.hasFacts("""
                user timeout: ETIMEDOUT
                user timeout after: 5
                keep-alive: ETIMEDOUT
                keep-alive after: 25
                without either, after an hour: [ESTABLISHED]
                retries: ETIMEDOUT
                retries give up after minutes: 15
                """);
        assertThat(told.results("client", "recv")).containsExactly("ETIMEDOUT", "ETIMEDOUT", "ETIMEDOUT");
        assertThat(told.tables("client")).containsExactly("ESTABLISHED", "");
    }

    /// S4-55: the delayed ACK, and Nagle who waits for it.
    @Test
    void nagle() {
        Told told = Told.of("nagle");
        told.hasFacts("""
                milliseconds, nodelay=0: 60
                milliseconds, nodelay=1: 10
                """);
        told.prints("the request took 60 ms", "the request took 10 ms");
        assertThat(told.results("server", "recv")).containsExactly("4 \"head\"", "4 \"body\"", "8 \"headbody\"");
    }

    /// S4-34, S4-38: only the last octet is urgent, and reads stop at its place (RFC 6093 §3.1).
    @Test
    void urgent() {
        Told told = Told.of("urgent");
        told.hasFacts("""
                out of band: c
                up to the mark: 12ab
                behind the mark: 34
                """);
        assertThat(told.results("server", "recv")).containsExactly("1 \"c\"", "4 \"12ab\"", "2 \"34\"");
        assertThat(told.ladder()).contains("ESTABLISHED > URG,ACK ESTABLISHED");
    }
}
