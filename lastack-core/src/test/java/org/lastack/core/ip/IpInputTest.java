package org.lastack.core.ip;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.lastack.core.Counter;
import org.lastack.core.EngineFixture;
import org.lastack.wire.Bytes;
import org.lastack.wire.Frame;
import org.lastack.wire.Icmpv4;
import org.lastack.wire.Icmpv6;
import org.lastack.wire.IpAddress;
import org.lastack.wire.Ipv4Header;
import org.lastack.wire.Ipv6Header;
import org.lastack.wire.Packets;
import org.lastack.wire.Refusal;
import org.lastack.wire.TcpHeader;

/// What the door of the Internet layer lets in: rows W171 to W180, SECURITY, B-08, B-09, S4 rows.
class IpInputTest extends EngineFixture {
    private static final int UNKNOWN = 253;

    /// Counts what reaches TCP.
    private static final class Sink implements Transport {
        int datagrams;
        int errors;
        boolean broadcast;
        boolean multicast;
        int mtu;

        @Override
        public void receive(IpDatagram datagram) {
            datagrams++;
            broadcast = datagram.broadcast;
            multicast = datagram.multicast;
        }

        @Override
        public void icmpError(IcmpError error) {
            errors++;
            mtu = error.mtu;
        }
    }

    private Sink sink() {
        Sink sink = new Sink();
        engine.transport(6, sink);
        return sink;
    }

    private static byte[] syn(String source, String destination) {
        return Packets.tcp(IpAddress.of(source), 1000, IpAddress.of(destination), 80).flags(TcpHeader.SYN).build();
    }

    @ParameterizedTest
    @CsvSource({
        "W171 LAND,      10.77.0.1,       10.77.0.1,       IPV4_MARTIAN_SOURCE",
        "W172,           127.0.0.1,       10.77.0.1,       IPV4_MARTIAN_SOURCE",
        "W173,           0.0.0.0,         10.77.0.1,       IPV4_MARTIAN_SOURCE",
        "W174,           255.255.255.255, 10.77.0.1,       IPV4_MARTIAN_SOURCE",
        "W175,           224.0.0.5,       10.77.0.1,       IPV4_MARTIAN_SOURCE",
        "W176 not Linux, 10.77.0.255,     10.77.0.1,       IPV4_MARTIAN_SOURCE",
        "W180,           10.77.0.2,       127.0.0.1,       IPV4_MARTIAN_DESTINATION",
        "this network,   0.1.2.3,         10.77.0.1,       IPV4_MARTIAN_SOURCE",
        "class E,        240.0.0.1,       10.77.0.1,       IPV4_MARTIAN_SOURCE",
        "not ours,       10.77.0.2,       10.77.0.3,       IPV4_NOT_LOCAL",
        "no member,      10.77.0.2,       224.0.0.9,       IPV4_NOT_LOCAL",
        "to nobody,      10.77.0.2,       0.0.0.0,         IPV4_MARTIAN_DESTINATION",
        "v6 LAND,        fd77::1,         fd77::1,         IPV6_MARTIAN_SOURCE",
        "v6 loopback,    ::1,             fd77::1,         IPV6_MARTIAN_SOURCE",
        "v6 to loopback, fd77::2,         ::1,             IPV6_MARTIAN_DESTINATION",
        "v6 multicast,   ff02::1,         fd77::1,         IPV6_MARTIAN_SOURCE",
        "v6 nobody,      ::,              fd77::1,         IPV6_MARTIAN_SOURCE",
        "v6 not ours,    fd77::2,         fd77::3,         IPV6_NOT_LOCAL"})
    void r13_addressesThatNoHonestPacketCarries(String row, String source, String destination, Refusal refusal) {
        Sink sink = sink();
        assertThat(input(syn(source, destination))).isEmpty();
        assertThat(sink.datagrams).as(row).isZero();
        assertThat(engine.counters().get(refusal)).as(row).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"10.77.0.255", "255.255.255.255"})
    void w177_w178_broadcastsReachTheTransportMarkedAsSuch(String destination) {
        Sink sink = sink();
        input(syn("10.77.0.2", destination));
        assertThat(sink.broadcast).isTrue();
    }

    @Test
    void w179_allHostsGroupReachesTheTransportMarkedAsSuch() {
        Sink sink = sink();
        input(syn("10.77.0.2", "224.0.0.1"));
        assertThat(sink.multicast).isTrue();
    }

    @Test
    void rfc1122_3_2_1_3_mappedAddressesDoNotTravel() {
        byte[] packet = Packets.tcp(PEER6, 1, HOST6, 2).build();
        Bytes.put64(packet, 8, 0);
        Bytes.put64(packet, 16, HOST.low());
        input(packet);
        assertThat(engine.counters().get(Refusal.IPV6_MARTIAN_SOURCE)).isEqualTo(1);
    }

    @Test
    void x01_inconsistentLengthsAndHeaders() {
        byte[] good = Packets.echoRequest(PEER, HOST, 1, 1).payload(20).build();
        byte[] longer = good.clone();
        Bytes.put16(longer, 2, good.length + 1);
        Ipv4Header.writeChecksum(longer, 0);
        assertThat(input(longer)).isEmpty();
        byte[] shorter = good.clone();
        Bytes.put16(shorter, 2, 19);
        Ipv4Header.writeChecksum(shorter, 0);
        assertThat(input(shorter)).isEmpty();
        byte[] ihl = good.clone();
        ihl[0] = 0x44;
        assertThat(input(ihl)).isEmpty();
        byte[] checksum = good.clone();
        checksum[10] ^= 1;
        assertThat(input(checksum)).isEmpty();
        byte[] version = good.clone();
        version[0] = 0x55;
        assertThat(input(version)).isEmpty();
        assertThat(input(new byte[0])).isEmpty();
        assertThat(engine.counters().get(Refusal.IPV4_TRUNCATED)).isEqualTo(2);
        assertThat(engine.counters().get(Refusal.IPV4_BAD_TOTAL_LENGTH)).isEqualTo(1);
        assertThat(engine.counters().get(Refusal.IPV4_BAD_HEADER_LENGTH)).isEqualTo(1);
        assertThat(engine.counters().get(Refusal.IPV4_BAD_CHECKSUM)).isEqualTo(1);
        assertThat(engine.counters().get(Refusal.IPV4_BAD_VERSION)).isEqualTo(1);
    }

    @Test
    void x02_rfc1122_3_2_2_1_tunnelsAndUnknownProtocolsAreUnreachable() {
        byte[] inner = Packets.echoRequest(PEER, HOST, 1, 1).build();
        for (int protocol : new int[] {4, 41, UNKNOWN}) {
            byte[] error = input(Packets.raw(PEER, HOST, protocol).payload(inner).build()).getFirst();
            assertThat(Icmpv4.type(error, 20)).isEqualTo(3);
            assertThat(Icmpv4.code(error, 20)).isEqualTo(2);
        }
        byte[] error = input(Packets.raw(PEER6, HOST6, UNKNOWN).payload(inner).build()).getFirst();
        assertThat(Icmpv6.type(error, 40)).isEqualTo(Icmpv6.PARAMETER_PROBLEM);
        assertThat(Icmpv6.code(error, 40)).isEqualTo(Icmpv6.CODE_UNKNOWN_NEXT_HEADER);
        assertThat(Icmpv6.pointer(error, 40)).isEqualTo(6);
        assertThat(engine.counters().get(Counter.IpInUnknownProtos)).isEqualTo(3);
    }

    @Test
    void x04_ipOptions() {
        byte[] reply = input(Packets.echoRequest(PEER, HOST, 1, 1).ipOptions(new byte[] {7, 7, 4, 0, 0, 0, 0}).build()).getFirst();
        assertThat(Ipv4Header.headerLength(reply, 0)).as("options never come back").isEqualTo(20);
        byte[] nops = new byte[40];
        Arrays.fill(nops, (byte) 1);
        assertThat(input(Packets.echoRequest(PEER, HOST, 1, 1).ipOptions(nops).build())).hasSize(1);
        assertThat(input(Packets.echoRequest(PEER, HOST, 1, 1).ipOptions(new byte[] {(byte) 131, 7, 4, 10, 0, 0, 1}).build())).isEmpty();
        assertThat(engine.counters().get(Refusal.IPV4_SOURCE_ROUTED)).isEqualTo(1);
        byte[] malformed = input(Packets.echoRequest(PEER, HOST, 1, 1).ipOptions(new byte[] {1, 68, 0, 0}).build()).getFirst();
        assertThat(Icmpv4.type(malformed, 20)).isEqualTo(Icmpv4.PARAMETER_PROBLEM);
        assertThat(Icmpv4.pointer(malformed, 20)).isEqualTo(22);
    }

    @Test
    void x08_extensionHeaders() {
        byte[] ping = Packets.echoRequest(PEER6, HOST6, 1, 1).build();
        // Destination options with an unknown option: skip, drop, report, report unless multicast.
        for (int action = 0; action < 4; action++) {
            byte[] options = {58, 0, (byte) (action << 6 | 0x1e), 4, 0, 0, 0, 0};
            List<byte[]> out = input(Packets.echoRequest(PEER6, HOST6, 1, 1).extensions(60, options).build());
            int expected = action == 0 ? Icmpv6.ECHO_REPLY : action == 1 ? -1 : Icmpv6.PARAMETER_PROBLEM;
            assertThat(out.isEmpty() ? -1 : Icmpv6.type(out.getFirst(), 40)).as("action %d", action).isEqualTo(expected);
            if (expected == Icmpv6.PARAMETER_PROBLEM) {
                assertThat(Icmpv6.code(out.getFirst(), 40)).isEqualTo(Icmpv6.CODE_UNKNOWN_OPTION);
                assertThat(Icmpv6.pointer(out.getFirst(), 40)).isEqualTo(42);
            }
        }
        byte[] routing = {58, 2, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
        byte[] error = input(Packets.echoRequest(PEER6, HOST6, 1, 1).extensions(43, routing).build()).getFirst();
        assertThat(Icmpv6.pointer(error, 40)).isEqualTo(42);
        routing[3] = 0;
        assertThat(Icmpv6.type(input(Packets.echoRequest(PEER6, HOST6, 1, 1).extensions(43, routing).build()).getFirst(), 40))
                .isEqualTo(Icmpv6.ECHO_REPLY);
        assertThat(Icmpv6.type(input(ping).getFirst(), 40)).isEqualTo(Icmpv6.ECHO_REPLY);
        byte[] long255 = {58, (byte) 255, 1, 4, 0, 0, 0, 0};
        assertThat(input(Packets.echoRequest(PEER6, HOST6, 1, 1).extensions(60, long255).build())).isEmpty();
        assertThat(engine.counters().get(Refusal.IPV6_EXTENSION_TRUNCATED)).isEqualTo(1);
        assertThat(input(Packets.raw(PEER6, HOST6, 59).payload(8).build())).isEmpty();
        assertThat(engine.counters().get(Counter.Ip6InNoNextHeader)).isEqualTo(1);
    }

    @Test
    void r12_rfc1122_3_2_2_noErrorAboutErrorsFragmentsGroupsOrNobody() {
        byte[] closed = Packets.udp(PEER, 1, HOST, 9).payload(100).build();
        // An ICMP error that quotes nothing of ours, and one about a type that nobody knows.
        assertThat(input(Packets.icmpError(PEER, 3, 3, 0, Packets.udp(HOST, 1, PEER, 2).build()).build())).isEmpty();
        assertThat(input(Packets.icmp(PEER, HOST, 77, 0, 0).build())).isEmpty();
        assertThat(input(Packets.raw(PEER, HOST, 1).payload(new byte[] {3, 3, 0, 0, 0, 0, 0, 0}).ipOptions(new byte[] {68, 0}).build()))
                .isEmpty();
        assertThat(input(Packets.raw(PEER, IpAddress.of("10.77.0.255"), UNKNOWN).build())).isEmpty();
        assertThat(input(Packets.raw(PEER, IpAddress.of("224.0.0.1"), UNKNOWN).build())).isEmpty();
        assertThat(input(Packets.raw(PEER6, IpAddress.of("ff02::1"), UNKNOWN).build())).isEmpty();
        assertThat(input(closed)).hasSize(1);
    }

    @Test
    void b08_r12_errorsAreLimitedPerDestination() {
        int sent = 0;
        for (int i = 0; i < 100; i++) {
            sent += input(Packets.udp(PEER, 1, HOST, 9).build()).size();
        }
        assertThat(sent).isEqualTo(6);
        // Another destination has a bucket of its own.
        assertThat(input(Packets.udp(IpAddress.of("10.77.0.3"), 1, HOST, 9).build())).hasSize(1);
        advanceSeconds(2);
        sent = 0;
        for (int i = 0; i < 100; i++) {
            sent += input(Packets.udp(PEER, 1, HOST, 9).build()).size();
        }
        assertThat(sent).isEqualTo(2);
        assertThat(engine.counters().get(Counter.IcmpOutRateLimitHost)).isEqualTo(94 + 98);
    }

    @Test
    void b08_theHostsLimitIsRandomised() {
        boolean[] seen = new boolean[60];
        for (int round = 0; round < 40; round++) {
            advanceSeconds(1);
            int sent = 0;
            for (int i = 0; i < 200; i++) {
                IpAddress source = IpAddress.v4(0x0a4d_0000 | (i * 7 + round * 13) % 250 + 3);
                sent += input(Packets.udp(source, 1, HOST, 9).build()).size();
            }
            seen[sent] = true;
        }
        // 50 tokens less 0 to 2: an observer that counts answers cannot tell whether somebody else has used one.
        assertThat(seen[48] && seen[49] && seen[50]).isTrue();
    }

    @Test
    void x15_quotesAreReadWithinWhatArrived() {
        Sink sink = sink();
        byte[] sent = Packets.tcp(HOST, 80, PEER, 1000).payload(100).build();
        byte[] error = Packets.icmpError(PEER, 3, 4, 1400, sent).build();
        int full = error.length;
        for (int quote = 0; quote <= sent.length; quote++) {
            byte[] cut = Packets.icmp(PEER, HOST, 3, 4, 1400).payload(Arrays.copyOf(sent, quote)).build();
            int before = sink.errors;
            input(cut);
            assertThat(sink.errors - before).as("quote of %d octets", quote).isEqualTo(quote >= 28 ? 1 : 0);
        }
        assertThat(sink.mtu).isEqualTo(1400);
        assertThat(engine.counters().get(Refusal.ICMPV4_BAD_QUOTE)).isEqualTo(28);
        // Not from us: nobody is told.
        int before = sink.errors;
        byte[] foreign = Packets.tcp(IpAddress.of("10.77.0.9"), 80, PEER, 1000).build();
        input(Packets.icmp(PEER, HOST, 3, 4, 1400).payload(foreign).build());
        assertThat(sink.errors).isEqualTo(before);
        assertThat(full).isGreaterThan(28);
    }

    @Test
    void w307_b09_sourceQuenchAndRedirectsAreIgnored() {
        Sink sink = sink();
        byte[] sent = Packets.tcp(HOST, 80, PEER, 1000).build();
        input(Packets.icmpError(PEER, 4, 0, 0, sent).build());
        input(Packets.icmpError(PEER, 5, 1, 0x0a4d_0009, sent).build());
        assertThat(sink.errors).isZero();
        assertThat(engine.counters().get(Counter.IcmpInSrcQuenchs)).isEqualTo(1);
        assertThat(engine.counters().get(Counter.IcmpInRedirects)).isEqualTo(1);
        assertThat(engine.counters().get(Refusal.ICMPV4_IGNORED)).isEqualTo(2);
    }

    @Test
    void b09_w305_pathMtuHasAFloorNeverGrowsAndExpires() {
        Route route = engine.ip().route(0, PEER.low(), 0, 0, 0);
        engine.ip().learnPathMtu(0, PEER.low(), 1000);
        assertThat(engine.ip().pathMtu(route, 0, PEER.low())).isEqualTo(1000);
        engine.ip().learnPathMtu(0, PEER.low(), 1400);
        assertThat(engine.ip().pathMtu(route, 0, PEER.low())).isEqualTo(1000);
        engine.ip().learnPathMtu(0, PEER.low(), 68);
        assertThat(engine.ip().pathMtu(route, 0, PEER.low())).isEqualTo(552);
        engine.ip().learnPathMtu(PEER6.high(), PEER6.low(), 0);
        Route route6 = engine.ip().route(PEER6.high(), PEER6.low(), 0, 0, 0);
        assertThat(engine.ip().pathMtu(route6, PEER6.high(), PEER6.low())).isEqualTo(1280);
        advanceSeconds(601);
        assertThat(engine.ip().pathMtu(route, 0, PEER.low())).isEqualTo(1500);
    }

    @Test
    void b08_thePathMtuCacheIsBounded() {
        PathMtuTable table = new PathMtuTable(org.lastack.core.Entropy.seeded(3));
        for (int i = 0; i < 100_000; i++) {
            table.put(i, ~(long) i, 1300, 0, 1_000_000);
            assertThat(table.get(i, ~(long) i, 1)).isEqualTo(1300);
        }
        assertThat(table.size()).isLessThanOrEqualTo(1024);
        // Which entries survive a flood of new ones is a matter of chance.
        table.clear();
        int survivors = 0;
        for (int round = 0; round < 200; round++) {
            table.put(-1, round, 1300, 0, 1_000_000);
            for (int i = 0; i < 1024; i++) {
                table.put(round + 1, i, 1300, 0, 1_000_000);
            }
            survivors += table.get(-1, round, 1) != 0 ? 1 : 0;
        }
        assertThat(survivors).isBetween(20, 150);
    }

    /// Random damage to packets of all kinds: never an exception (the fixture rethrows), never more out than in, no frame lost.
    @ParameterizedTest
    @ValueSource(longs = {11, 12, 13, 14})
    void j01_r12_fuzz(long seed) {
        Random random = new Random(seed);
        byte[] tcp = Packets.tcp(PEER, 1, HOST, 2).payload(30).build();
        byte[][] corpus = {
            Packets.echoRequest(PEER, HOST, 1, 1).payload(30).build(), Packets.echoRequest(PEER6, HOST6, 1, 1).payload(30).build(),
            Packets.udp(PEER, 1, HOST, 9).payload(30).build(), Packets.udp(PEER6, 1, HOST6, 9).payload(30).build(),
            Packets.icmpError(PEER, 3, 4, 1000, Packets.udp(HOST, 5, PEER, 6).payload(20).build()).build(),
            Packets.icmpError(PEER6, 2, 0, 1300, Packets.udp(HOST6, 5, PEER6, 6).payload(20).build()).build(),
            Packets.echoRequest(PEER, HOST, 1, 1).ipOptions(new byte[] {7, 7, 4, 0, 0, 0, 0, 68, 8, 5, 0, 0, 0, 0, 0}).build(),
            Packets.echoRequest(PEER6, HOST6, 1, 1).extensions(60, new byte[] {58, 0, 1, 4, 0, 0, 0, 0}).build(),
            Packets.fragment(tcp, 0, 24, true, 5), Packets.fragment(Packets.udp(PEER6, 1, HOST6, 9).payload(64).build(), 0, 40, true, 5)};
        for (int i = 0; i < 100_000; i++) {
            byte[] packet = corpus[random.nextInt(corpus.length)].clone();
            for (int flips = random.nextInt(4); flips > 0; flips--) {
                packet[random.nextInt(random.nextBoolean() ? packet.length : Math.min(packet.length, 60))] = (byte) random.nextInt();
            }
            if (random.nextInt(5) == 0) {
                packet = Arrays.copyOf(packet, random.nextInt(packet.length + 20));
            }
            if (packet.length >= 20 && packet[0] >>> 4 == 4 && random.nextBoolean()) {
                packet[0] = (byte) (0x40 | Math.min(packet[0] & 15, packet.length / 4));
                if ((packet[0] & 15) >= 5) {
                    Ipv4Header.writeChecksum(packet, 0);
                }
            }
            engine.input(tun, packet, 0, packet.length);
            int out = 0;
            for (Frame frame = engine.poll(); frame != null; frame = engine.poll()) {
                out += frame.length;
                frame.release();
            }
            assertThat(out).isLessThanOrEqualTo(packet.length + 48);
            // Errors about fragments that timed out are no answers to this packet.
            advanceSeconds(0.001);
        }
        assertThat(engine.counters().get(Counter.IpInReceives) + engine.counters().get(Counter.Ip6InReceives)).isEqualTo(100_000);
        advanceSeconds(61);
        assertThat(engine.frames().outstanding()).isZero();
        assertThat(engine.ip().reassemblyMemory()).isZero();
    }

    @Test
    void rfc8200_ipv6HopLimitAndTrafficClassArePassedUp() {
        int[] seen = new int[3];
        engine.transport(UNKNOWN, new Transport() {
            @Override
            public void receive(IpDatagram d) {
                seen[0] = d.tos;
                seen[1] = d.ttl;
                seen[2] = d.flowLabel;
            }

            @Override
            public void icmpError(IcmpError error) {
                throw new AssertionError("nothing was sent");
            }
        });
        input(Packets.raw(PEER6, HOST6, UNKNOWN).tos(0x2e).ttl(3).flowLabel(0x12345).payload(8).build());
        assertThat(seen).containsExactly(0x2e, 3, 0x12345);
        assertThat(Ipv6Header.LENGTH).isEqualTo(40);
    }
}
