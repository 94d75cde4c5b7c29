package org.lastack.tools.why;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.lastack.bsd.BsdSockets;
import org.lastack.bsd.Linux;
import org.lastack.bsd.SockAddr;
import org.lastack.core.Sysctl;
import org.lastack.core.socket.BindRequest;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.socket.Owner;
import org.lastack.core.socket.SocketOptions;
import org.lastack.host.Host;
import org.lastack.host.VirtualDriver;
import org.lastack.tools.CommandFailure;
import org.lastack.wire.IpAddress;

/// Each situation of the operators' questions is staged on a host in virtual time, and the true cause must be named.
class WhyTest {
    private static final int PORT = 9000;
    private static final long SECOND = 1_000_000_000L;
    /// The ACK of a FIN alone waits for a tick of Linux's clock.
    private static final long ACK_OF_FIN = SECOND / 20;
    private static final IpAddress LOOPBACK = IpAddress.of("127.0.0.1");

    private final VirtualDriver time = new VirtualDriver();
    private final Host host = Host.builder().name("h").driver(time).seed(1).rethrowFaults(true).recordCreationSites(true).build();
    private final BsdSockets server = new BsdSockets(host, new Owner(0, 200, "server"));
    private final BsdSockets client = new BsdSockets(host, new Owner(0, 100, "client"));
    private final HostQuestions questions = new HostQuestions(host);

    @AfterEach
    void end() {
        client.close();
        server.close();
        host.close();
    }

    private int socket(BsdSockets process, int... options) {
        int fd = process.socket(InetSocket.AF_INET, Linux.SOCK_STREAM, 0);
        for (int option : options) {
            process.setsockopt(fd, SocketOptions.SOL_SOCKET, option, 1);
        }
        return fd;
    }

    private int listen(int... options) {
        int fd = socket(server, options);
        assertThat(server.bind(fd, SockAddr.of("0.0.0.0", PORT))).isZero();
        assertThat(server.listen(fd, 5)).isZero();
        return fd;
    }

    private int connect() {
        int fd = socket(client);
        assertThat(client.connect(fd, SockAddr.of("127.0.0.1", PORT))).isZero();
        return fd;
    }

    /// One connection that the server has closed first; the listener is closed too.
    private void leaveTimeWait(int... options) {
        int listener = listen(options);
        int fd = connect();
        server.close(server.accept(listener, null));
        time.settle();
        client.close(fd);
        time.settle();
        server.close(listener);
    }

    private HostQuestions.Answer why(boolean reuseAddress, boolean reusePort, int uid) {
        BindRequest request = BindRequest.of(IpAddress.ANY_V4, PORT).with(reuseAddress, reusePort);
        return questions.bind(new BindRequest(request.domain(), request.address(), PORT, reuseAddress, reusePort, false, 0, new Owner(uid, 9, "new")), false);
    }

    @SuppressWarnings("unchecked")
    private static List<String> causes(HostQuestions.Answer answer) {
        return (List<String>) answer.details().get("causes");
    }

    private static String text(HostQuestions.Answer answer) {
        return String.join("\n", answer.lines());
    }

    @Test
    void aFreePort() {
        assertThat(why(false, false, 0).rule()).isEqualTo("FREE");
    }

    @Test
    void aListenerOfAnotherProgram() {
        listen(SocketOptions.SO_REUSEADDR);
        HostQuestions.Answer answer = why(true, false, 0);
        assertThat(answer.errno()).isEqualTo("EADDRINUSE");
        assertThat(answer.rule()).isEqualTo("LISTENER");
        assertThat(text(answer)).contains("cause LISTENER: another socket listens on 0.0.0.0:9000, of server (process 200, user 0)", "LISTEN 0.0.0.0:9000", "for 0 s");
    }

    @Test
    void leftoversInTimeWait() {
        leaveTimeWait();
        time.runFor(20 * SECOND);
        HostQuestions.Answer answer = why(true, false, 0);
        assertThat(answer.rule()).isEqualTo("HOLDER_SHARES_NOT");
        assertThat(text(answer)).contains("TIME-WAIT ends in 40 s", "TIME_WAIT 127.0.0.1:9000", "for 20 s: ends by itself in 40 s");
        time.runFor(41 * SECOND);
        assertThat(why(false, false, 0).rule()).isEqualTo("FREE");
    }

    @Test
    void onlyTheOldSocketHasTheOption() {
        leaveTimeWait(SocketOptions.SO_REUSEADDR);
        assertThat(why(false, false, 0).rule()).isEqualTo("NEW_SHARES_NOT");
        assertThat(text(why(false, false, 0))).contains("  SO_REUSEADDR: yes", "  SO_REUSEPORT: no");
        assertThat(why(true, false, 0).rule()).isEqualTo("SHARED");
    }

    @Test
    void aConnectionThatWasNeverClosed() {
        int listener = listen();
        int fd = connect();
        server.accept(listener, null);
        server.close(listener);
        client.close(fd);
        time.settle();
        HostQuestions.Answer answer = why(true, false, 0);
        assertThat(answer.rule()).isEqualTo("HOLDER_SHARES_NOT");
        assertThat(text(answer)).contains("CLOSE_WAIT", "only close() or the end of the program ends it");
    }

    @Test
    void theOptionWasSetAfterBind() {
        leaveTimeWait(SocketOptions.SO_REUSEADDR);
        int fd = socket(server);
        assertThat(server.bind(fd, SockAddr.of("0.0.0.0", PORT))).isNegative();
        time.runFor(5 * SECOND);
        assertThat(text(why(true, false, 0))).contains("remembered: the bind of server (process 200, user 0) to 0.0.0.0:9000 was refused 5 s ago, when its socket had no options");
        server.setsockopt(fd, SocketOptions.SOL_SOCKET, SocketOptions.SO_REUSEADDR, 1);
        HostQuestions.Answer answer = why(true, false, 0);
        assertThat(answer.errno()).isEqualTo("OK");
        assertThat(causes(answer)).containsExactly("SET_AFTER_BIND");
        assertThat(text(answer)).contains("SO_REUSEADDR was set on it afterwards: bind again, now it would succeed", "set after bind it came too late");
        assertThat(server.bind(fd, SockAddr.of("0.0.0.0", PORT))).isZero();
    }

    @Test
    void oneHasReusePortAndTheOtherReuseAddress() {
        int first = socket(server, SocketOptions.SO_REUSEADDR | SocketOptions.SO_REUSEPORT);
        server.bind(first, SockAddr.of("0.0.0.0", PORT));
        HostQuestions.Answer answer = why(true, false, 0);
        assertThat(answer.rule()).isEqualTo("OPTIONS_DIFFER");
        assertThat(causes(answer)).containsExactly("MIXED", "ONE_OPTION_NAME", "BOUND");
        assertThat(text(answer)).contains("sets SO_REUSEPORT only", "BOUND 0.0.0.0:9000, of server (process 200, user 0), with SO_REUSEPORT");
    }

    @Test
    void anotherUser() {
        listen(SocketOptions.SO_REUSEPORT);
        host.sysctl(Sysctl.IP_UNPRIVILEGED_PORT_START, 0);
        assertThat(why(false, true, 0).errno()).isEqualTo("OK");
        HostQuestions.Answer answer = why(false, true, 1001);
        assertThat(answer.errno()).isEqualTo("EADDRINUSE");
        assertThat(causes(answer)).first().isEqualTo("OTHER_USER");
        assertThat(text(answer)).contains("user 0 owns the holder and user 1001 the new socket");
    }

    @Test
    void wildcardAgainstSpecificWithAListener() {
        listen(SocketOptions.SO_REUSEADDR);
        HostQuestions.Answer answer = questions.bind(BindRequest.of(LOOPBACK, PORT).with(true, false), false);
        assertThat(causes(answer)).containsExactly("LISTENER", "WILDCARD");
        assertThat(text(answer)).contains("the wildcard 0.0.0.0:9000 covers 127.0.0.1 too");
    }

    /// Each leftover blocks like a bound socket, and shares by the option that it has from its listener.
    @Test
    void whatIsLeftInEachState() {
        for (String state : List.of("ESTABLISHED", "CLOSE_WAIT", "FIN_WAIT_2", "TIME_WAIT")) {
            for (boolean option : new boolean[] {false, true}) {
                BsdSockets dead = new BsdSockets(host, new Owner(0, 300, "dead"));
                int listener = dead.socket(InetSocket.AF_INET, Linux.SOCK_STREAM, 0);
                dead.setsockopt(listener, SocketOptions.SOL_SOCKET, SocketOptions.SO_REUSEADDR, option ? 1 : 0);
                assertThat(dead.bind(listener, SockAddr.of("0.0.0.0", PORT))).as(state).isZero();
                dead.listen(listener, 5);
                int fd = connect();
                int child = dead.accept(listener, null);
                dead.close(listener);
                switch (state) {
                    case "CLOSE_WAIT" -> client.shutdown(fd, InetSocket.SHUT_WR);
                    case "FIN_WAIT_2" -> dead.shutdown(child, InetSocket.SHUT_WR);
                    case "TIME_WAIT" -> {
                        dead.close(child);
                        time.settle();
                        client.close(fd);
                    }
                    default -> {
                        // left as it is
                    }
                }
                time.runFor(ACK_OF_FIN);
                HostQuestions.Answer plain = why(false, false, 0);
                assertThat(text(plain)).contains("blocked by " + state + " 127.0.0.1:9000");
                assertThat(plain.rule()).isEqualTo(option ? "NEW_SHARES_NOT" : "NEITHER_SHARES");
                assertThat(why(true, false, 0).rule()).isEqualTo(option ? "SHARED" : "HOLDER_SHARES_NOT");
                assertThat(causes(why(true, false, 0))).isEqualTo(option ? List.of() : List.of("OLD_LACKS_IT"));
                client.close(fd);
                dead.close();
                time.runFor(200 * SECOND);
                assertThat(why(false, false, 0).rule()).as("gone").isEqualTo("FREE");
            }
        }
    }

    @Test
    void datagrams() {
        int fd = server.socket(InetSocket.AF_INET, Linux.SOCK_DGRAM, 0);
        server.setsockopt(fd, SocketOptions.SOL_SOCKET, SocketOptions.SO_REUSEADDR, 1);
        server.bind(fd, SockAddr.of("0.0.0.0", PORT));
        HostQuestions.Answer answer = questions.bind(BindRequest.of(IpAddress.ANY_V4, PORT), true);
        assertThat(answer.rule()).isEqualTo("NEW_SHARES_NOT");
        assertThat(text(answer)).contains("blocked by UNCONN 0.0.0.0:9000, of server (process 200, user 0), with SO_REUSEADDR");
        assertThat(questions.bind(BindRequest.of(IpAddress.ANY_V4, PORT).with(true, false), true).rule()).isEqualTo("SHARED");
    }

    /// The whole answer as JSON has it: errno, rule, causes, what each set of options would give, and the holders with their rules.
    @Test
    void theAnswerInJson() {
        leaveTimeWait(SocketOptions.SO_REUSEADDR);
        Map<String, Object> json = why(false, false, 0).toJson();
        assertThat(json).containsEntry("errno", "EADDRINUSE").containsEntry("rule", "NEW_SHARES_NOT").containsEntry("causes", List.of("NO_OPTION"))
                .containsEntry("options", Map.of("SO_REUSEADDR", "yes", "SO_REUSEPORT", "no", "SO_REUSEADDR and SO_REUSEPORT", "yes"));
        assertThat(org.lastack.tools.Json.objects(json, "holders")).singleElement().satisfies(holder -> assertThat(holder).containsEntry("state", "TIME_WAIT")
                .containsEntry("reuseaddr", true).containsEntry("reuseport", false).containsEntry("blocks", true).containsEntry("rule", "NEW_SHARES_NOT"));
    }

    /// DIAGNOSIS 24.
    @Test
    void dualStackCoversIpv4() {
        int fd = server.socket(InetSocket.AF_INET6, Linux.SOCK_STREAM, 0);
        server.bind(fd, SockAddr.of("::", PORT));
        server.listen(fd, 5);
        assertThat(text(why(false, false, 0))).contains("[::]:9000 without IPV6_V6ONLY covers IPv4 as well");
    }

    /// DIAGNOSIS 6, 8.
    @Test
    void portsToOneDestinationAreUsedUp() {
        host.sysctl(Sysctl.IP_LOCAL_PORT_RANGE_LOW, 50_000);
        host.sysctl(Sysctl.IP_LOCAL_PORT_RANGE_HIGH, 50_003);
        listen();
        for (int i = 0; i < 4; i++) {
            connect();
        }
        HostQuestions.Answer answer = questions.connect(LOOPBACK, PORT, null, 0);
        assertThat(answer.errno()).isEqualTo("EADDRNOTAVAIL");
        assertThat(text(answer)).contains("4 of 4 ports are in use");
    }

    /// DIAGNOSIS 13, 25.
    @Test
    void nobodyListensAndThePortIsEphemeral() {
        assertThat(text(questions.connect(LOOPBACK, 40_000, null, 0))).contains("ECONNREFUSED", "connected to itself");
        assertThat(text(questions.connect(LOOPBACK, 9000, null, 0))).contains("ECONNREFUSED").doesNotContain("itself");
        assertThat(questions.connect(IpAddress.of("192.0.2.1"), 80, null, 0).errno()).isEqualTo("ENETUNREACH");
    }

    /// DIAGNOSIS 23.
    @Test
    void theSocketThatHearsAPacket() {
        listen(SocketOptions.SO_REUSEADDR);
        assertThat(text(questions.demux(false, LOOPBACK, PORT, LOOPBACK, 5))).contains("goes to 0.0.0.0:9000 of server");
        assertThat(questions.demux(false, LOOPBACK, 9001, LOOPBACK, 5).errno()).isEqualTo("NOBODY");
        int fd = connect();
        Holding mine = questions.holdings().stream().filter(each -> each.is("ESTABLISHED") && each.remotePort() == PORT).findFirst().orElseThrow();
        assertThat(text(questions.demux(false, LOOPBACK, PORT, LOOPBACK, mine.localPort()))).contains("comes before every listener");
        client.close(fd);
    }

    /// DIAGNOSIS 3, 4, 5.
    @Test
    void timeWaitOfServersAndOfClients() {
        int listener = listen();
        for (int i = 0; i < 12; i++) {
            int fd = connect();
            server.close(server.accept(listener, null));
            time.settle();
            client.close(fd);
        }
        time.settle();
        assertThat(Reports.timeWait(questions.holdings(), 32_768, 60_999, 60_000, questions.closes(), false).getFirst())
                .contains("port 9000: 12 in TIME-WAIT, harmless", "12 = 0.2 closes/s x 60 s");
        for (int i = 0; i < 3; i++) {
            int fd = connect();
            int child = server.accept(listener, null);
            client.close(fd);
            time.settle();
            server.close(child);
        }
        time.settle();
        List<Holding> rows = questions.holdings();
        assertThat(String.join("\n", Reports.timeWait(rows, 32_768, 60_999, 60_000, questions.closes(), true))).contains("destination 127.0.0.1:9000: 3 in TIME-WAIT", "no problem", "15  127.0.0.1",
                // Both ends of each connection are on this host: 15 closed first, 15 second.
                "of the last 30 closed connections this side closed first in 50 %, the peer in 50 %", "server (process 200) closes first in 80 % of its 15",
                "client (process 100) closes first in 20 % of its 15");
        int low = rows.stream().filter(each -> each.remotePort() == PORT).mapToInt(Holding::localPort).min().orElseThrow();
        assertThat(String.join("\n", Reports.timeWait(rows, low, low, 60_000, Map.of(), false))).contains("1 of 1 ports", "PROBLEM");
        time.runFor(61 * SECOND);
        assertThat(Reports.timeWait(questions.holdings(), 1, 2, 60_000, Map.of(), true)).containsExactly("no connection is in TIME-WAIT");
    }

    /// DIAGNOSIS 9, 10, 11.
    @Test
    void whoForgetsToClose() {
        assertThat(Reports.closeWait(now(), true)).containsExactly("no connection is in CLOSE-WAIT");
        int listener = listen();
        for (int i = 0; i < 3; i++) {
            int fd = connect();
            server.accept(listener, null);
            if (i == 0) {
                client.write(fd, new byte[7], 0, 7);
            }
            client.close(fd);
        }
        time.runFor(10 * SECOND);
        String report = String.join("\n", Reports.closeWait(now(), true));
        assertThat(report).contains("3 sockets of server (process 200, user 0) were never closed", "the oldest for 10 s", "1 of them have unread octets",
                "no sysctl", "FIN-WAIT-2: 3 whose program has closed", "made at");
        int fd = connect();
        server.accept(listener, null);
        client.shutdown(fd, InetSocket.SHUT_WR);
        time.runFor(ACK_OF_FIN);
        assertThat(String.join("\n", Reports.closeWait(now(), false))).contains("FIN-WAIT-2: 1 that a program has only shut down");
    }

    /// DIAGNOSIS 14, 15.
    @Test
    void queuesOfListeners() {
        assertThat(Reports.listeners(questions.holdings(), Map.of(), questions.listeners(), true)).containsExactly("nobody listens");
        listen();
        for (int i = 0; i < 6; i++) {
            connect();
        }
        String report = String.join("\n", Reports.listeners(questions.holdings(), Map.of(), questions.listeners(), true));
        assertThat(report).contains("0.0.0.0:9000 of server (process 200, user 0): queue 6/5", "FULL", "waits: 127.0.0.1:");
        assertThat(Reports.listeners(List.of(), Map.of("TcpExtListenOverflows", 3L), List.of(), false)).anyMatch(line -> line.contains("overflowed 3 times"));
        assertThat(Reports.listeners(List.of(), Map.of("TcpExtSyncookiesSent", 100L, "TcpExtSyncookiesRecv", 1L), List.of(), false)).anyMatch(line -> line.contains("a flood"));
        assertThat(Reports.listeners(List.of(), Map.of("TcpExtSyncookiesSent", 100L, "TcpExtSyncookiesRecv", 97L), List.of(), false)).anyMatch(line -> line.contains("load, raise"));
        assertThat(Reports.listeners(List.of(), Map.of("TcpExtTCPReqQFullDrop", 5L), List.of(), false)).anyMatch(line -> line.contains("5 SYNs were dropped"));
    }

    /// DIAGNOSIS 16, 18.
    @Test
    void closeWithUnreadOctetsIsTheReasonOfTheReset() {
        int listener = listen();
        int fd = connect();
        int child = server.accept(listener, null);
        client.write(fd, new byte[131], 0, 131);
        time.settle();
        server.close(child);
        time.settle();
        Map<String, Long> counted = new java.util.HashMap<>();
        for (org.lastack.core.Counter each : List.of(org.lastack.core.Counter.TcpExtTCPAbortOnClose, org.lastack.core.Counter.TcpOutRsts)) {
            counted.put(each.name(), host.counter(each));
        }
        assertThat(Reports.resets(counted)).anyMatch(line -> line.startsWith("1  TcpExtTCPAbortOnClose: by us: close() with unread octets"))
                .anyMatch(line -> line.startsWith("1 RSTs were sent in all"));
    }

    /// DIAGNOSIS 10: what cannot be cleared elsewhere.
    @Test
    void leakedConnectionsCanBeReset() {
        int listener = listen();
        int fd = connect();
        server.accept(listener, null);
        client.close(fd);
        time.runFor(10 * SECOND);
        assertThat(questions.abortCloseWait(11_000)).isZero();
        assertThat(questions.abortCloseWait(10_000)).isEqualTo(1);
        assertThat(questions.holdings()).noneMatch(each -> each.is("CLOSE_WAIT"));
        assertThatThrownBy(() -> questions.abortCloseWait(-1)).isInstanceOf(IllegalArgumentException.class);
    }

    /// DIAGNOSIS 6: a local address that is not here, and a pair of names that is taken.
    @Test
    void connectFromAGivenName() {
        listen();
        int fd = connect();
        int port = questions.holdings().stream().filter(each -> each.is("ESTABLISHED") && each.remotePort() == PORT).findFirst().orElseThrow().localPort();
        assertThat(questions.connect(LOOPBACK, PORT, IpAddress.of("192.0.2.1"), 0).rule()).isEqualTo("NOT_LOCAL");
        HostQuestions.Answer taken = questions.connect(LOOPBACK, PORT, LOOPBACK, port);
        assertThat(taken.errno()).isEqualTo("EADDRNOTAVAIL");
        assertThat(text(taken)).contains("very same names", "ESTABLISHED 127.0.0.1:" + port);
        assertThat(questions.connect(LOOPBACK, PORT, LOOPBACK, port + 1).errno()).isEqualTo("OK");
        client.close(fd);
    }

    /// DIAGNOSIS 7: bind(0) although few connections: each port of the range is bound.
    @Test
    void portZeroWhenAllPortsAreBound() {
        host.sysctl(Sysctl.IP_LOCAL_PORT_RANGE_LOW, 50_000);
        host.sysctl(Sysctl.IP_LOCAL_PORT_RANGE_HIGH, 50_001);
        for (int i = 0; i < 2; i++) {
            assertThat(server.bind(socket(server), SockAddr.of("127.0.0.1", 0))).isZero();
        }
        HostQuestions.Answer answer = questions.bind(BindRequest.of(LOOPBACK, 0), false);
        assertThat(answer.errno()).isEqualTo("EADDRINUSE");
        assertThat(answer.rule()).isEqualTo("RANGE_EXHAUSTED");
        assertThat(text(answer)).contains("IP_BIND_ADDRESS_NO_PORT", "connect without bind");
    }

    /// DIAGNOSIS 25: it has happened.
    @Test
    void connectedToItself() {
        int fd = socket(client);
        client.bind(fd, SockAddr.of("127.0.0.1", PORT));
        assertThat(client.connect(fd, SockAddr.of("127.0.0.1", PORT))).isZero();
        assertThat(text(questions.connect(LOOPBACK, PORT, null, 0))).contains("of client (process 100, user 0), is connected to itself");
    }

    /// DIAGNOSIS 12.
    @Test
    void anOrphanWhosePeerDoesNotRead() {
        int listener = listen();
        int fd = connect();
        int child = server.accept(listener, null);
        server.fcntl(child, Linux.F_SETFL, Linux.O_NONBLOCK);
        byte[] text = new byte[1 << 16];
        while (server.write(child, text, 0, text.length) > 0) {
            time.settle();
        }
        server.close(child);
        time.runFor(2 * SECOND);
        assertThat(String.join("\n", Reports.closeWait(now(), false))).contains("FIN_WAIT_1 with 127.0.0.1:", "the peer's window is closed: it does not read", "octets queued",
                "given up in about", "orphans (closed by their programs, not yet acknowledged): 1 of tcp_max_orphans 65536");
        client.close(fd);
    }

    /// DIAGNOSIS 26.
    @Test
    void listenersThatShareAPort() {
        listen(SocketOptions.SO_REUSEPORT);
        listen(SocketOptions.SO_REUSEPORT);
        for (int i = 0; i < 4; i++) {
            connect();
        }
        assertThat(String.join("\n", Reports.listeners(questions.holdings(), Map.of(), questions.listeners(), false))).contains("shares the port with 1 more (SO_REUSEPORT)",
                "drain first", "handshakes completed");
    }

    private Answers.Snapshot now() {
        return new Answers.Snapshot(questions.holdings(), questions.settings(), questions.closes());
    }

    @Test
    void limitsAreArithmetic() {
        assertThat(String.join("\n", Reports.limits(32_768, 60_999, 60_000, 2, 1000))).contains("28232", "470 connections/s for ever", "28232 connections/s", "loopback only");
    }

    @Test
    void rowsSurviveTheControlSocket() {
        listen();
        connect();
        questions.holdings().forEach(each -> assertThat(Holding.of(each.toJson())).isEqualTo(each));
    }

    @Test
    void endpointsAsUsersWriteThem() {
        assertThat(Endpoint.of("9000")).isEqualTo(new Endpoint(IpAddress.ANY_V4, 9000));
        assertThat(Endpoint.of("10.0.0.1:80")).isEqualTo(new Endpoint(IpAddress.of("10.0.0.1"), 80));
        assertThat(Endpoint.of("[::1]:80")).isEqualTo(new Endpoint(IpAddress.of("::1"), 80));
        for (String bad : List.of("", "x", "1.2.3.4", "::1:80", "10.0.0.1:65536", "[::1]", "1.2.3:4")) {
            assertThatThrownBy(() -> Endpoint.of(bad)).as(bad).isInstanceOf(CommandFailure.class);
        }
    }
}
