package org.lastack.tools.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/// What each story prints is what the stack did: its facts are asserted one by one, and both languages tell the same.
class LabsTest {
    private static final Pattern CHINESE = Pattern.compile("\\p{IsHan}");
    /// Lines that are the same in every language: calls, segments, rows of tables, nothing.
    private static final Pattern NEUTRAL = Pattern.compile(" *[0-9]+\\.[0-9]{3} s  .*|    (tcp|udp) .*|");
    private static final Pattern NUMBERS = Pattern.compile("[0-9]+");

    private static Map<String, Object> facts(String name) {
        Lab lab = Labs.named(name);
        assertThat(lab).as(name).isNotNull();
        return lab.tell(false).facts();
    }

    @Test
    void rebind() {
        Map<String, Object> facts = facts("rebind");
        expect(facts, "old=false new=false", "EADDRINUSE");
        expect(facts, "old=true new=false", "EADDRINUSE");
        expect(facts, "old=false new=true", "EADDRINUSE");
        expect(facts, "old=true new=true", "OK");
        assertThat(facts).hasSize(4);
    }

    @Test
    void twoClients() {
        Map<String, Object> facts = facts("two-clients");
        expect(facts, "LISTEN", 1);
        expect(facts, "TIME_WAIT", 2);
        expect(facts, "client rows", 0);
        expect(facts, "LISTEN after 60 s", 1);
        expect(facts, "TIME_WAIT after 60 s", 0);
        assertThat(facts).hasSize(5);
    }

    @Test
    void lastAckLost() {
        Map<String, Object> facts = facts("last-ack-lost");
        expect(facts, "FINs 0", 1);
        expect(facts, "TIME_WAIT seconds 0", 60);
        expect(facts, "state while lost 1", List.of("LAST_ACK", "LISTEN"));
        expect(facts, "FINs 1", 2);
        expect(facts, "TIME_WAIT seconds 1", 60);
        expect(facts, "state while lost 2", List.of("LAST_ACK", "LISTEN"));
        expect(facts, "FINs 2", 3);
        expect(facts, "TIME_WAIT seconds 2", 61);
        expect(facts, "state while lost 3", List.of("LAST_ACK", "LISTEN"));
        expect(facts, "FINs 3", 4);
        expect(facts, "TIME_WAIT seconds 3", 61);
        assertThat(facts).hasSize(11);
    }

    @Test
    void lateDuplicate() {
        Map<String, Object> facts = facts("late-duplicate");
        expect(facts, "TW false ISN false PAWS false", "delivered");
        expect(facts, "TW true ISN false PAWS false", "refused");
        expect(facts, "TW false ISN true PAWS false", "dropped");
        expect(facts, "TW true ISN true PAWS false", "dropped");
        expect(facts, "TW false ISN false PAWS true", "dropped");
        expect(facts, "TW true ISN false PAWS true", "dropped");
        expect(facts, "TW false ISN true PAWS true", "dropped");
        expect(facts, "TW true ISN true PAWS true", "dropped");
        assertThat(facts).hasSize(8);
    }

    @Test
    void rfc1337() {
        Map<String, Object> facts = facts("rfc1337");
        expect(facts, "TIME_WAIT after RST, rfc1337=0", 0);
        expect(facts, "hazard 1, rfc1337=0", "delivered");
        expect(facts, "hazard 2, rfc1337=0", "desynchronized");
        expect(facts, "hazard 3, rfc1337=0", "reset");
        expect(facts, "TIME_WAIT after RST, rfc1337=1", 1);
        expect(facts, "hazard 1, rfc1337=1", "refused");
        expect(facts, "hazard 2, rfc1337=1", "refused");
        expect(facts, "hazard 3, rfc1337=1", "refused");
        assertThat(facts).hasSize(8);
    }

    @Test
    void dupAndShutdown() {
        Map<String, Object> facts = facts("dup");
        expect(facts, "FINs after one close", 0);
        expect(facts, "FINs after shutdown", 1);
        expect(facts, "write after shutdown", "EPIPE");
        expect(facts, "states", List.of("FIN_WAIT_2"));
        assertThat(facts).hasSize(4);
    }

    @Test
    void linger() {
        Map<String, Object> facts = facts("linger");
        expect(facts, "RSTs by linger 0", 1);
        expect(facts, "read after linger 0", "ECONNRESET");
        expect(facts, "TIME_WAIT by linger 0", 0);
        expect(facts, "RSTs by unread data", 1);
        expect(facts, "first read", "the last bytes of the answer");
        expect(facts, "second read", "ECONNRESET");
        assertThat(facts).hasSize(6);
    }

    @Test
    void closeWait() {
        Map<String, Object> facts = facts("close-wait");
        expect(facts, "CLOSE_WAIT", 3);
        expect(facts, "client rows after 61 s", 0);
        expect(facts, "CLOSE_WAIT after a day", 3);
        expect(facts, "what read says", "EOF");
        expect(facts, "CLOSE_WAIT after close", 0);
        assertThat(facts).hasSize(5);
    }

    @Test
    void halfClose() {
        Map<String, Object> facts = facts("half-close");
        expect(facts, "client", List.of("FIN_WAIT_2"));
        expect(facts, "server", List.of("CLOSE_WAIT", "LISTEN"));
        expect(facts, "server reads to the end", "EOF");
        expect(facts, "client still reads", "answer");
        expect(facts, "client writes", "EPIPE");
        assertThat(facts).hasSize(5);
    }

    @Test
    void simultaneousClose() {
        Map<String, Object> facts = facts("simultaneous-close");
        expect(facts, "client when the FINs have crossed", List.of("CLOSING"));
        expect(facts, "client at the end", List.of("TIME_WAIT"));
        expect(facts, "server at the end", List.of("LISTEN", "TIME_WAIT"));
        assertThat(facts).hasSize(3);
    }

    @Test
    void simultaneousOpen() {
        Map<String, Object> facts = facts("simultaneous-open");
        expect(facts, "when the SYNs have crossed", List.of("SYN_RECEIVED"));
        expect(facts, "client", List.of("ESTABLISHED"));
        expect(facts, "server", List.of("ESTABLISHED"));
        assertThat(facts).hasSize(3);
    }

    @Test
    void selfConnect() {
        Map<String, Object> facts = facts("self-connect");
        expect(facts, "connected", true);
        expect(facts, "read", "hello, me");
        expect(facts, "states", List.of("ESTABLISHED"));
        assertThat(facts).hasSize(3);
    }

    @Test
    void synFlood() {
        Map<String, Object> facts = facts("syn-flood");
        expect(facts, "half-open, cookies=0", 65);
        expect(facts, "cookies sent, cookies=0", 0);
        expect(facts, "dropped, cookies=0", 935);
        expect(facts, "honest client connected, cookies=0", false);
        expect(facts, "half-open, cookies=1", 65);
        expect(facts, "cookies sent, cookies=1", 935);
        expect(facts, "dropped, cookies=1", 0);
        expect(facts, "honest client connected, cookies=1", true);
        assertThat(facts).hasSize(8);
    }

    @Test
    void backlog() {
        Map<String, Object> facts = facts("backlog");
        expect(facts, "queued, abort=0", 6);
        expect(facts, "overflowed, abort=0", true);
        expect(facts, "queued again, abort=0", 6);
        expect(facts, "queued, abort=1", 6);
        expect(facts, "overflowed, abort=1", true);
        expect(facts, "queued again, abort=1", 6);
        assertThat(facts).hasSize(6);
    }

    @Test
    void ephemeralPorts() {
        Map<String, Object> facts = facts("ephemeral-ports");
        expect(facts, "connect 1 to 9000", "OK");
        expect(facts, "connect 2 to 9000", "OK");
        expect(facts, "connect 3 to 9000", "OK");
        expect(facts, "connect 4 to 9000", "OK");
        expect(facts, "connect 5 to 9000", "EADDRNOTAVAIL");
        expect(facts, "connect 1 to 9001", "OK");
        expect(facts, "connect in TIME-WAIT", "EADDRNOTAVAIL");
        expect(facts, "connect with tcp_tw_reuse=1 after 1 s", "OK");
        assertThat(facts).hasSize(8);
    }

    @Test
    void reuseport() {
        Map<String, Object> facts = facts("reuseport");
        expect(facts, "another user", "EADDRINUSE");
        expect(facts, "total", 400);
        expect(facts, "least", 93);
        expect(facts, "reset", 93);
        expect(facts, "reset all that one listener had", true);
        assertThat(facts).hasSize(5);
    }

    @Test
    void orBug() {
        Map<String, Object> facts = facts("or-bug");
        expect(facts, "SO_REUSEADDR", 0);
        expect(facts, "SO_REUSEPORT", 1);
        expect(facts, "second bind", "OK");
        expect(facts, "second listen", "OK");
        expect(facts, "LISTEN", 2);
        expect(facts, "bind with SO_REUSEADDR", "EADDRINUSE");
        assertThat(facts).hasSize(6);
    }

    @Test
    void udp() {
        Map<String, Object> facts = facts("udp");
        expect(facts, "first recv", 4);
        expect(facts, "second recv", 3);
        expect(facts, "with MSG_TRUNC", 10);
        expect(facts, "unconnected", "EAGAIN");
        expect(facts, "connected, first send", "OK");
        expect(facts, "connected, then", "ECONNREFUSED");
        expect(facts, "too long", "EMSGSIZE");
        assertThat(facts).hasSize(7);
    }

    @Test
    void halfOpen() {
        Map<String, Object> facts = facts("half-open");
        expect(facts, "user timeout", "ETIMEDOUT");
        expect(facts, "user timeout after", 5);
        expect(facts, "keep-alive", "ETIMEDOUT");
        expect(facts, "keep-alive after", 25);
        expect(facts, "without either, after an hour", List.of("ESTABLISHED"));
        expect(facts, "retries", "ETIMEDOUT");
        expect(facts, "retries give up after minutes", 15);
        assertThat(facts).hasSize(7);
    }

    @Test
    void nagle() {
        Map<String, Object> facts = facts("nagle");
        expect(facts, "milliseconds, nodelay=0", 60);
        expect(facts, "milliseconds, nodelay=1", 10);
        assertThat(facts).hasSize(2);
    }

    /// Each sentence exists in Chinese, says so in Chinese letters, and tells the same numbers.
    @Test
    void everyLineExistsInChinese() {
        for (Lab lab : Labs.ALL) {
            assertThat(lab.chinese()).as(lab.name()).containsPattern(CHINESE);
            List<String> english = lab.tell(false).lines();
            List<String> chinese = lab.tell(true).lines();
            assertThat(chinese).as(lab.name()).hasSameSizeAs(english);
            for (int i = 0; i < english.size(); i++) {
                boolean neutral = NEUTRAL.matcher(english.get(i)).matches();
                String line = chinese.get(i);
                if (!neutral && !line.contains("tcp_") && !line.matches("SO_REUSE.*")) {
                    assertThat(line).as(lab.name() + " line " + i).containsPattern(CHINESE);
                }
                if (!neutral) {
                    assertThat(digits(line)).as(lab.name() + ": " + line).containsAll(measured(english.get(i)));
                }
            }
        }
    }

    /// Every story ends with what to remember, and draws segments or the table.
    @Test
    void everyStoryHasItsShape() {
        for (Lab lab : Labs.ALL) {
            List<String> lines = lab.tell(false).lines();
            assertThat(lines.getLast()).as(lab.name()).startsWith("Remember: ");
            assertThat(lines).as(lab.name()).anyMatch(line -> line.contains("[table of "));
        }
    }

    private static List<String> digits(String line) {
        return NUMBERS.matcher(line).results().map(match -> match.group()).toList();
    }

    /// Headings of tables and counts: what was measured, as against numbers in prose.
    private static List<String> measured(String line) {
        return line.startsWith("  ") ? digits(line) : List.of();
    }

    private static void expect(Map<String, Object> facts, String name, Object value) {
        assertThat(String.valueOf(facts.get(name))).as(name).isEqualTo(String.valueOf(value));
    }
}
