package org.lastack.core.socket;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.lastack.core.Entropy;
import org.lastack.core.Sysctl;
import org.lastack.core.Sysctls;
import org.lastack.wire.IpAddress;

/// The answers to DIAGNOSIS 1, 2, 6, 7 and 24 in staged situations.
class WhyTest {
    private static final Owner JAVA = new Owner(1000, 4711, "java");
    private static final TupleUse FREE = (lh, ll, lp, rh, rl, rp, auto) -> true;
    private static final Why.Ages AGES = holder -> 41_200_000_000L;

    private final Sysctls sysctls = new Sysctls();
    private final PortTable tcp = new PortTable(PortTable.TCP, sysctls, Entropy.seeded(1), new BindOracleTest.Everything());
    private final BindRequest server = BindRequest.of(IpAddress.ANY_V4, 9000);

    private String answer(BindRequest request) {
        return String.join("\n", Why.bind(tcp, request, AGES));
    }

    @Test
    void freePort() {
        assertThat(answer(server)).isEqualTo("bind 0.0.0.0:9000 (tcp, no options): would succeed: nobody holds the port");
    }

    @Test
    void anotherListener() {
        new FakeSocket(tcp, InetSocket.AF_INET, JAVA).options("A").bound("0.0.0.0", 9000).listens();
        assertThat(answer(server.with(true, false)))
                .startsWith("bind 0.0.0.0:9000 (tcp, SO_REUSEADDR): EADDRINUSE (Address already in use)\n"
                        + "  blocked by a listening socket on 0.0.0.0:9000, of java (process 4711, user 1000), with SO_REUSEADDR\n"
                        + "    because a socket listens there; SO_REUSEADDR does not help beside a listener")
                .contains("stop process 4711")
                .contains("SO_REUSEPORT: no, ");
    }

    @Test
    void dualStackListenerCoversIpv4() {
        new FakeSocket(tcp, InetSocket.AF_INET6, JAVA).bound("::", 9000).listens();
        assertThat(answer(server)).contains("blocked by a listening socket on [::]:9000").contains("covers IPv4 as well");
    }

    /// S0-07: the server is dead and two of its connections wait.
    @Test
    void timeWaitWithoutTheOption() {
        FakeSocket listener = new FakeSocket(tcp, InetSocket.AF_INET, JAVA).bound("0.0.0.0", 9000).listens();
        tcp.toTimeWait(listener.accepts("10.0.0.1"));
        tcp.toTimeWait(listener.accepts("10.0.0.1"));
        tcp.release(listener);
        assertThat(answer(server))
                .contains("blocked by 2 connections in TIME-WAIT on 10.0.0.1:9000, of java (process 4711, user 1000), with no options")
                .contains("TIME-WAIT ends in 42 s")
                .contains("SO_REUSEADDR: no, the new socket would share, but the holder was made without that option");
    }

    @Test
    void timeWaitWithTheOption() {
        FakeSocket listener = new FakeSocket(tcp, InetSocket.AF_INET, JAVA).options("A").bound("0.0.0.0", 9000).listens();
        tcp.toTimeWait(listener.accepts("10.0.0.1"));
        tcp.release(listener);
        assertThat(answer(server))
                .contains("the holder would share, but the new socket has neither")
                .contains("set after bind it is too late")
                .contains("\n  SO_REUSEADDR: yes")
                .contains("\n  SO_REUSEPORT: no, one has only SO_REUSEADDR")
                .contains("\n  SO_REUSEADDR and SO_REUSEPORT: yes");
    }

    @Test
    void aLeftoverConnectionBlocksLikeABoundSocket() {
        FakeSocket listener = FakeSocket.v4(tcp).bound("0.0.0.0", 9000).listens();
        listener.accepts("10.0.0.1");
        tcp.release(listener);
        assertThat(answer(server)).contains("blocked by a connection on 10.0.0.1:9000").contains("until then it blocks like a bound socket");
    }

    /// The bug of passing both options as one name.
    @Test
    void reuseAddrOrReusePortAsOneName() {
        FakeSocket.v4(tcp).options("P").bound("0.0.0.0", 9000).listens();
        FakeSocket.v4(tcp).options("P").bound("0.0.0.0", 9001);
        assertThat(answer(new BindRequest(InetSocket.AF_INET, IpAddress.ANY_V4, 9001, true, false, false, 0, Owner.ROOT)))
                .contains("setsockopt(SO_REUSEADDR | SO_REUSEPORT) as one option name sets SO_REUSEPORT only");
    }

    @Test
    void anotherUser() {
        new FakeSocket(tcp, InetSocket.AF_INET, JAVA).options("P").bound("0.0.0.0", 9000).listens();
        assertThat(answer(server.with(false, true))).contains("because both have SO_REUSEPORT, but different users own them");
    }

    @Test
    void whatIsNotAboutOtherSockets() {
        assertThat(answer(new BindRequest(InetSocket.AF_INET, IpAddress.ANY_V4, 80, false, false, false, 0, JAVA)))
                .isEqualTo("bind 0.0.0.0:80 (tcp, no options): EACCES (Permission denied): ports below ip_unprivileged_port_start are for user 0");
    }

    /// DIAGNOSIS 7.
    @Test
    void port0IsExhausted() {
        sysctls.set(Sysctl.IP_LOCAL_PORT_RANGE_LOW, 40_000).set(Sysctl.IP_LOCAL_PORT_RANGE_HIGH, 40_001);
        FakeSocket.v4(tcp).bound("127.0.0.1", 0);
        FakeSocket.v4(tcp).bound("127.0.0.1", 0);
        assertThat(answer(BindRequest.of(IpAddress.LOOPBACK_V4, 0))).contains("every port of the local port range is held")
                .contains("IP_BIND_ADDRESS_NO_PORT");
        assertThat(answer(BindRequest.of(IpAddress.of("127.0.0.2"), 0))).contains("would succeed");
    }

    /// DIAGNOSIS 6 and 8: the default range, 60 s of TIME-WAIT: 470 connections per second.
    @Test
    void connectExhaustion() {
        IpAddress here = IpAddress.of("10.0.0.1");
        IpAddress there = IpAddress.of("10.0.0.5");
        FakeSocket.v4(tcp).bound("10.0.0.1", 40_000);
        sysctls.localReservedPorts().parse("50000-50009");
        ConnectDecision full = tcp.explainConnect(FakeSocket.v4(tcp), here.high(), here.low(), there.high(), there.low(), 443,
                (lh, ll, lp, rh, rl, rp, auto) -> false);
        assertThat(full).isEqualTo(new ConnectDecision(32_768, 60_999, 10, 1, 28_221, 0));
        assertThat(String.join("\n", Why.connect(there, 443, full, 60_000)))
                .startsWith("connect 10.0.0.5:443: EADDRNOTAVAIL (Cannot assign requested address): port exhaustion, 28221 of 28221 ports are in use towards it")
                .contains("10 reserved, 1 bound by somebody").contains("470 connections per second");
        ConnectDecision fine = tcp.explainConnect(FakeSocket.v4(tcp), here.high(), here.low(), there.high(), there.low(), 443, FREE);
        assertThat(Why.connect(there, 443, fine, 60_000).getFirst()).contains("a local port is left, 0 of 28221 (0 %)");
    }

    /// Rows of another kernel, asked the same questions.
    @Test
    void imaginedHolders() {
        tcp.imagine(new PortHolder(IpAddress.ANY_V6, false, 9000, PortHolder.Kind.LISTEN, true, false, JAVA, 0, 1, BindRule.SHARED));
        tcp.imagine(new PortHolder(IpAddress.of("10.0.0.1"), false, 9001, PortHolder.Kind.TIME_WAIT, false, false, JAVA, 0, 3, BindRule.SHARED));
        assertThat(answer(server)).contains("blocked by a listening socket on [::]:9000");
        assertThat(answer(BindRequest.of(IpAddress.ANY_V4, 9001))).contains("3 connections in TIME-WAIT");
    }
}
