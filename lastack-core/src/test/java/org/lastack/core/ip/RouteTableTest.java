package org.lastack.core.ip;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.lastack.core.EngineFixture;
import org.lastack.core.Entropy;
import org.lastack.core.Errno;
import org.lastack.core.Interface;
import org.lastack.wire.IpAddress;
import org.lastack.wire.Ipv4Header;
import org.lastack.wire.Packets;

class RouteTableTest extends EngineFixture {
    private Route route(String to) {
        IpAddress destination = IpAddress.of(to);
        return engine.ip().route(destination.high(), destination.low(), 0, 0, 0);
    }

    private static IpAddress hop(Route route) {
        return new IpAddress(route.nextHopHigh, route.nextHopLow);
    }

    private static IpAddress source(Route route) {
        return new IpAddress(route.sourceHigh, route.sourceLow);
    }

    @Test
    void longestPrefixThenLeastMetric() {
        RouteTable routes = engine.ip().routes();
        routes.add(RouteEntry.of("0.0.0.0/0", "10.77.0.254", tun).withMetric(100));
        routes.add(RouteEntry.of("0.0.0.0/0", "10.77.0.253", tun).withMetric(50));
        routes.add(RouteEntry.of("192.0.2.0/24", "10.77.0.252", tun).withMtu(1400).withTcp(4, 1000));
        routes.add(RouteEntry.of("192.0.2.128/25", "10.77.0.251", tun));
        assertThat(hop(route("198.51.100.1"))).hasToString("10.77.0.253");
        assertThat(hop(route("192.0.2.1"))).hasToString("10.77.0.252");
        assertThat(route("192.0.2.1").mtu()).isEqualTo(1400);
        assertThat(route("192.0.2.1").initCwnd).isEqualTo(4);
        assertThat(route("192.0.2.1").advMss).isEqualTo(1000);
        assertThat(hop(route("192.0.2.200"))).hasToString("10.77.0.251");
        assertThat(route("10.77.0.9").hasGateway()).isFalse();
        Route kept = route("198.51.100.1");
        assertThat(engine.ip().current(kept)).isTrue();
        assertThat(route("198.51.100.2")).as("shared by all destinations of an entry").isSameAs(kept);
        assertThat(routes.remove(RouteEntry.of("0.0.0.0/0", "10.77.0.253", tun).withMetric(50))).isTrue();
        assertThat(engine.ip().current(kept)).isFalse();
        assertThat(hop(route("198.51.100.1"))).hasToString("10.77.0.254");
        assertThatThrownBy(() -> routes.add(RouteEntry.of("192.0.2.128/25", "10.77.0.251", tun))).hasMessageContaining("exists");
    }

    @Test
    void failuresNameTheirReason() {
        assertThat(route("192.0.2.1")).isNull();
        assertThat(engine.ip().lastRouteError()).isEqualTo(Errno.ENETUNREACH);
        long loopback = IpAddress.LOOPBACK_V4.low();
        assertThat(engine.ip().route(0, PEER.low(), 0, loopback, 0)).isNull();
        assertThat(engine.ip().lastRouteError()).isEqualTo(Errno.EINVAL);
        assertThat(engine.ip().route(PEER6.high(), PEER6.low(), 0, HOST.low(), 0)).isNull();
        assertThat(engine.ip().lastRouteError()).isEqualTo(Errno.EAFNOSUPPORT);
        assertThat(engine.ip().route(PEER.high(), PEER.low(), HOST6.high(), HOST6.low(), 0)).isNull();
        assertThat(engine.ip().lastRouteError()).isEqualTo(Errno.ENETUNREACH);
        Interface bare = engine.addInterface("tun1", Interface.Kind.IP, 0, 1500);
        engine.ip().routes().add(RouteEntry.of("2001:db8::/32", null, bare));
        tun.removeAddress(HOST6);
        assertThat(route("2001:db8::1")).isNull();
        assertThat(engine.ip().lastRouteError()).isEqualTo(Errno.EADDRNOTAVAIL);
        tun.up(false);
        assertThat(route("10.77.0.2")).isNull();
        assertThat(engine.ip().isLocal(HOST.high(), HOST.low())).isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        // RFC 6724 §5: rule 1, rule 2 (scope), rule 6 (label), rule 8 (longest prefix).
        "fd77::1,          fd77::1",
        "fe80::9,          fe80::1",
        "fd77::99,         fd77::1",
        "2001:db8:1::9,    2001:db8:1::1",
        "2001:db8:2::9,    2001:db8:2::1",
        "2001:db8:fff0::9, 2001:db8:2::1",
        "2002:c000:201::9, 2002:c000:201::1",
        "ff02::1:3,        fe80::1",
        "ff0e::1,          2001:db8:2::1",
        "10.77.0.9,        10.77.0.1",
        "192.0.2.9,        10.77.0.1",
        "172.16.5.9,       172.16.5.1",
        "127.3.4.5,        127.0.0.1"})
    void rfc6724_5_sourceSelection(String destination, String expected) {
        tun.addAddress(Interface.Address.of("fe80::1/64"));
        tun.addAddress(Interface.Address.of("2001:db8:2::1/64"));
        tun.addAddress(Interface.Address.of("2001:db8:1::1/64"));
        tun.addAddress(Interface.Address.of("2002:c000:201::1/64"));
        tun.addAddress(Interface.Address.of("172.16.5.1/24"));
        engine.ip().routes().add(RouteEntry.of("0.0.0.0/0", "10.77.0.254", tun));
        engine.ip().routes().add(RouteEntry.of("::/0", "fe80::fe", tun));
        assertThat(source(route(destination))).isEqualTo(IpAddress.of(expected));
    }

    @Test
    void kindsOfDestinations() {
        assertThat(route("10.77.0.1").kind).isEqualTo(Route.Kind.LOCAL);
        assertThat(route("0.0.0.0").kind).isEqualTo(Route.Kind.LOCAL);
        assertThat(route("127.9.9.9").kind).isEqualTo(Route.Kind.LOCAL);
        assertThat(route("::1").kind).isEqualTo(Route.Kind.LOCAL);
        assertThat(route("10.77.0.255").kind).isEqualTo(Route.Kind.BROADCAST);
        assertThat(route("255.255.255.255").kind).isEqualTo(Route.Kind.BROADCAST);
        assertThat(route("127.255.255.255").kind).isEqualTo(Route.Kind.BROADCAST);
        assertThat(route("224.0.0.9").kind).isEqualTo(Route.Kind.MULTICAST);
        assertThat(route("10.77.0.2").kind).isEqualTo(Route.Kind.UNICAST);
    }

    @Test
    void f06_rfc6864_identificationIsKeyedPerDestinationAndDoesNotRepeatSoon() {
        IpIdentification ids = new IpIdentification(Entropy.seeded(1));
        Set<Integer> seen = new HashSet<>();
        for (int i = 0; i < 65_536; i++) {
            seen.add(ids.next(1, 2, 17, 0));
        }
        assertThat(seen).as("a busy flow uses every value once").hasSize(65_536);
        int equalSteps = 0;
        for (int i = 0; i < 1000; i++) {
            int before = ids.next(1, 1000 + i, 17, 0);
            int other = ids.next(1, 5000 + i, 17, 0);
            equalSteps += (other - before & 0xffff) <= 2 ? 1 : 0;
        }
        assertThat(equalSteps).as("destinations do not share a visible counter").isLessThan(20);
        byte[] first = input(Packets.echoRequest(PEER, HOST, 1, 1).build()).getFirst();
        assertThat(Ipv4Header.dontFragment(first, 0)).isFalse();
    }
}
