package org.lastack.tools.lab;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/// Stories about ports and who may have them.
class PortLabsTest {
    /// S0-09: four ports for each destination, and TIME-WAIT holds them until tcp_tw_reuse may take one.
    @Test
    void ephemeralPorts() {
        Told told = Told.of("ephemeral-ports");
        told.hasFacts("""
                connect 1 to 9000: OK
                connect 2 to 9000: OK
                connect 3 to 9000: OK
                connect 4 to 9000: OK
                connect 5 to 9000: EADDRNOTAVAIL
                connect 1 to 9001: OK
                connect in TIME-WAIT: EADDRNOTAVAIL
                connect with tcp_tw_reuse=1 after 1 s: OK
                """);
        assertThat(told.results("client", "connect")).containsExactly("0", "0", "0", "0", "EADDRNOTAVAIL", "0", "EADDRNOTAVAIL", "0");
        assertThat(told.tables("client")).containsExactly("ESTABLISHED ESTABLISHED ESTABLISHED ESTABLISHED ESTABLISHED",
                "TIME_WAIT FIN_WAIT2 TIME_WAIT TIME_WAIT TIME_WAIT", "ESTABLISHED FIN_WAIT2 TIME_WAIT TIME_WAIT TIME_WAIT");
    }

    /// S1-01, S1-26, S1-27, S1-29, S4-07: what a port is taken together with.
    @Test
    void addresses() {
        Told told = Told.of("addresses");
        told.hasFacts("""
                second instance: EADDRINUSE
                specific beside the wildcard: EADDRINUSE
                UDP on the same port: OK
                first address: OK
                second address: OK
                bind 1: OK
                bind 2: OK
                listen 1: OK
                listen 2: EADDRINUSE
                """);
        assertThat(told.results("other", "bind")).containsExactly("EADDRINUSE", "EADDRINUSE", "0", "0", "0", "0");
        assertThat(told.results("other", "listen")).containsExactly("0", "0", "EADDRINUSE");
        assertThat(told.tables("server")).containsExactly("LISTEN UNCONN", "LISTEN LISTEN ESTABLISHED ESTABLISHED", "LISTEN LISTEN ESTABLISHED ESTABLISHED LISTEN");
    }

    /// S4-07: one user's listeners share; another user may not join; a listener that goes resets what waits with it.
    @Test
    void reuseport() {
        Told told = Told.of("reuseport");
        told.hasFacts("""
                another user: EADDRINUSE
                total: 400
                least: 93
                RSTs: 93
                reset: 93
                reset all that one listener had: true
                """);
        told.prints("400 clients, 4 listeners: {1=93, 2=95, 3=102, 4=110}", "RSTs sent: 93; connections that the clients lost: 93");
        assertThat(told.results("stranger", "bind")).containsExactly("EADDRINUSE");
    }

    /// S4-87: option names are numbers, not bits.
    @Test
    void orBug() {
        Told told = Told.of("or-bug");
        told.hasFacts("""
                SO_REUSEADDR: 0
                SO_REUSEPORT: 1
                second bind: OK
                second listen: OK
                LISTEN: 2
                clients of each: [1, 5]
                bind with SO_REUSEADDR: EADDRINUSE
                """);
        told.prints("2 | 15 = 15", "after it: SO_REUSEADDR 0, SO_REUSEPORT 1");
        assertThat(told.tables("server")).singleElement().asString().startsWith("LISTEN LISTEN ESTABLISHED");
        assertThat(told.results("plain", "bind")).containsExactly("EADDRINUSE");
    }
}
