package org.lastack.core.socket;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.lastack.core.Entropy;
import org.lastack.core.Sysctls;
import org.lastack.wire.IpAddress;

/// Which socket hears a packet (LINUX-SOCKETS C.2, P133-P152).
class DemuxTest {
    private static final int PORT = 5000;

    private final PortTable tcp = new PortTable(PortTable.TCP, new Sysctls(), Entropy.seeded(1), new BindOracleTest.Everything());
    private final PortTable udp = new PortTable(PortTable.UDP, new Sysctls(), Entropy.seeded(2), new BindOracleTest.Everything());

    private static InetSocket heard(PortTable table, String to, String from, int fromPort, int device) {
        IpAddress t = IpAddress.of(to);
        IpAddress f = IpAddress.of(from);
        InetSocket found = table.protocol() == PortTable.TCP ? table.listener(t.high(), t.low(), PORT, f.high(), f.low(), fromPort, device)
                : table.receiver(t.high(), t.low(), PORT, f.high(), f.low(), fromPort, device);
        assertThat(table.explainDemux(t.high(), t.low(), PORT, f.high(), f.low(), fromPort, device).chosen()).isSameAs(found);
        return found;
    }

    private InetSocket tcpHeard(String to) {
        return heard(tcp, to, to, 1234, 1);
    }

    private static FakeSocket connected(FakeSocket s, String local, String remote, int port) {
        IpAddress l = IpAddress.of(local);
        IpAddress r = IpAddress.of(remote);
        assertThat(s.portTable().connect(s, l.high(), l.low(), r.high(), r.low(), port)).isZero();
        return s;
    }

    @Test
    void theMostSpecificListenerWinsInAnyOrder() {
        FakeSocket any = FakeSocket.v4(tcp).options("P").bound("0.0.0.0", PORT).listens();
        FakeSocket one = FakeSocket.v4(tcp).options("P").bound("127.0.0.1", PORT).listens();
        FakeSocket dual = FakeSocket.v6(tcp).options("P").bound("::", PORT).listens();
        FakeSocket mapped = FakeSocket.v6(tcp).options("P").bound("::ffff:127.0.0.3", PORT).listens();
        assertThat(tcpHeard("127.0.0.1")).isSameAs(one);
        assertThat(tcpHeard("127.0.0.2")).isSameAs(any);
        assertThat(tcpHeard("127.0.0.3")).isSameAs(mapped);
        assertThat(tcpHeard("::1")).isSameAs(dual);
        tcp.release(any);
        assertThat(tcpHeard("127.0.0.2")).isSameAs(dual);
        tcp.stopListening(one);
        assertThat(tcpHeard("127.0.0.1")).isSameAs(dual);
    }

    @Test
    void v6OnlyDoesNotHearIpv4() {
        FakeSocket.v6(tcp).with(InetSocket.V6ONLY).bound("::", PORT).listens();
        assertThat(tcpHeard("127.0.0.1")).isNull();
        assertThat(tcpHeard("::1")).isNotNull();
    }

    @Test
    void aListenerOfTheDeviceGoesFirstAndHearsNoOther() {
        FakeSocket one = FakeSocket.v4(tcp).options("P").device(1).bound("0.0.0.0", PORT).listens();
        assertThat(heard(tcp, "127.0.0.1", "127.0.0.1", 1, 2)).isNull();
        FakeSocket any = FakeSocket.v4(tcp).options("P").bound("0.0.0.0", PORT).listens();
        assertThat(heard(tcp, "127.0.0.1", "127.0.0.1", 1, 1)).isSameAs(one);
        assertThat(heard(tcp, "127.0.0.1", "127.0.0.1", 1, 2)).isSameAs(any);
    }

    /// P140, P147, P148: even, and stable for a flow; different hosts hash differently.
    @Test
    void reusePortGroupsShareByTheFlowsHash() {
        List<FakeSocket> group = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            group.add(FakeSocket.v4(udp).options("P").bound("127.0.0.1", PORT));
        }
        Map<InetSocket, Integer> shares = new HashMap<>();
        for (int port = 1; port <= 4000; port++) {
            InetSocket first = heard(udp, "127.0.0.1", "127.0.0.9", port, 1);
            assertThat(heard(udp, "127.0.0.1", "127.0.0.9", port, 1)).isSameAs(first);
            shares.merge(first, 1, Integer::sum);
        }
        assertThat(shares.keySet()).containsExactlyInAnyOrderElementsOf(group);
        assertThat(shares.values()).allMatch(count -> count > 850 && count < 1150);
        assertThat(udp.explainDemux(0, IpAddress.of("127.0.0.1").low(), PORT, 0, IpAddress.of("127.0.0.9").low(), 1, 1).reason())
                .contains("4 members of its SO_REUSEPORT group");
    }

    /// Another owner's socket is no member.
    @Test
    void groupsAreOfOneOwner() {
        FakeSocket alice = new FakeSocket(udp, InetSocket.AF_INET, new Owner(1, 0, "-")).options("AP").bound("127.0.0.1", PORT);
        FakeSocket bob = new FakeSocket(udp, InetSocket.AF_INET, new Owner(2, 0, "-")).options("AP").bound("127.0.0.1", PORT);
        for (int port = 1; port < 64; port++) {
            assertThat(heard(udp, "127.0.0.1", "127.0.0.9", port, 1)).isSameAs(bob).isNotSameAs(alice);
        }
    }

    /// P142, P143.
    @Test
    void ofEqualUdpSocketsTheLastBoundHears() {
        FakeSocket first = FakeSocket.v4(udp).options("A").bound("0.0.0.0", PORT);
        FakeSocket second = FakeSocket.v4(udp).options("A").bound("0.0.0.0", PORT);
        assertThat(heard(udp, "127.0.0.1", "127.0.0.9", 1, 1)).isSameAs(second);
        udp.release(second);
        assertThat(heard(udp, "127.0.0.1", "127.0.0.9", 1, 1)).isSameAs(first);
    }

    /// P144-P146.
    @Test
    void aConnectedSocketHearsItsPeerAndNobodyElse() {
        FakeSocket peer = connected(FakeSocket.v4(udp).options("A").bound("0.0.0.0", PORT), "127.0.0.1", "127.0.0.9", 99);
        assertThat(heard(udp, "127.0.0.1", "127.0.0.9", 99, 1)).isSameAs(peer);
        assertThat(heard(udp, "127.0.0.1", "127.0.0.9", 98, 1)).isNull();
        FakeSocket specific = FakeSocket.v4(udp).options("A").bound("127.0.0.1", PORT);
        assertThat(heard(udp, "127.0.0.1", "127.0.0.9", 99, 1)).isSameAs(peer);
        assertThat(heard(udp, "127.0.0.1", "127.0.0.9", 98, 1)).isSameAs(specific);
        udp.connectFailed(peer);
        assertThat(heard(udp, "127.0.0.1", "127.0.0.9", 99, 1)).isSameAs(specific);
        assertThat(heard(udp, "127.0.0.2", "127.0.0.9", 99, 1)).as("wild again").isSameAs(peer);
        DemuxDecision decision = udp.explainDemux(0, IpAddress.of("127.0.0.1").low(), PORT, 0, IpAddress.of("127.0.0.9").low(), 1, 1);
        assertThat(decision.reason()).contains("bound to this very address");
        assertThat(decision.candidates()).hasSize(2).allMatch(DemuxDecision.Candidate::matches);
    }

    /// A server with a connected socket per client, all on one port.
    @Test
    void manyConnectedSocketsOnOnePort() {
        List<FakeSocket> peers = new ArrayList<>();
        for (int i = 0; i < 5000; i++) {
            peers.add(connected(FakeSocket.v4(udp).options("A").bound("127.0.0.1", PORT), "127.0.0.1", "127.0.0.9", 1000 + i));
        }
        for (int i = 0; i < 5000; i++) {
            assertThat(udp.receiver(0, IpAddress.of("127.0.0.1").low(), PORT, 0, IpAddress.of("127.0.0.9").low(), 1000 + i, 1)).isSameAs(peers.get(i));
        }
        for (int i = 0; i < 5000; i += 2) {
            udp.release(peers.get(i));
        }
        for (int i = 0; i < 5000; i++) {
            assertThat(udp.receiver(0, IpAddress.of("127.0.0.1").low(), PORT, 0, IpAddress.of("127.0.0.9").low(), 1000 + i, 1))
                    .isSameAs(i % 2 == 0 ? null : peers.get(i));
        }
    }

    /// P151, P152.
    @Test
    void groupsAndBroadcastsGoToAllThatMatch() {
        FakeSocket first = FakeSocket.v4(udp).options("A").bound("0.0.0.0", PORT);
        FakeSocket second = FakeSocket.v4(udp).options("A").bound("224.0.0.251", PORT);
        FakeSocket dual = FakeSocket.v6(udp).options("A").bound("::", PORT);
        FakeSocket.v4(udp).options("A").bound("127.0.0.1", PORT);
        FakeSocket.v4(udp).options("A").device(2).bound("0.0.0.0", PORT);
        connected(FakeSocket.v4(udp).options("A").bound("0.0.0.0", PORT), "127.0.0.1", "127.0.0.9", 7);
        IpAddress group = IpAddress.of("224.0.0.251");
        List<InetSocket> heard = new ArrayList<>();
        udp.receivers(group.high(), group.low(), PORT, 0, IpAddress.of("127.0.0.9").low(), 7, 1, heard::add);
        assertThat(heard).containsExactlyInAnyOrder(first, second, dual);
    }

    @Test
    void optionsSetLaterMoveASocketBetweenGroups() {
        FakeSocket first = FakeSocket.v4(udp).options("A").bound("0.0.0.0", PORT);
        FakeSocket second = FakeSocket.v4(udp).options("A").bound("0.0.0.0", PORT);
        first.option(InetSocket.REUSEPORT, true);
        second.option(InetSocket.REUSEPORT, true);
        Map<InetSocket, Integer> shares = new HashMap<>();
        for (int port = 1; port < 200; port++) {
            shares.merge(heard(udp, "127.0.0.1", "127.0.0.9", port, 1), 1, Integer::sum);
        }
        assertThat(shares).hasSize(2);
    }
}
