package org.lastack.core.ip;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.lastack.core.Counter;
import org.lastack.core.EngineFixture;
import org.lastack.core.Sysctl;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.socket.Owner;
import org.lastack.core.udp.ReceivedFrom;
import org.lastack.core.udp.UdpSocket;
import org.lastack.wire.Icmpv4;
import org.lastack.wire.Icmpv6;
import org.lastack.wire.IpAddress;
import org.lastack.wire.Packets;
import org.lastack.wire.Refusal;

class ReassemblyTest extends EngineFixture {
    private final byte[] buffer = new byte[70_000];
    private final ReceivedFrom from = new ReceivedFrom();
    private UdpSocket socket;

    @BeforeEach
    void bind() {
        socket = engine.udpSocket(InetSocket.AF_INET6, Owner.ROOT);
        assertThat(socket.bind(0, 0, 5000)).isZero();
    }

    private static byte[] datagram(int length) {
        return Packets.udp(PEER, 6000, HOST, 5000).payload(length).fragmentField(0).build();
    }

    private static byte[] datagram6(int length) {
        return Packets.udp(PEER6, 6000, HOST6, 5000).payload(length).build();
    }

    private boolean received(int length) {
        int octets = socket.receive(buffer, 0, buffer.length, 0, from);
        return octets == length && Arrays.equals(Arrays.copyOf(buffer, length), Packets.pattern(length));
    }

    private void assertNothingHeld() {
        assertThat(engine.ip().reassemblyMemory()).isZero();
        assertThat(engine.ip().reassemblyQueues()).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {68, 576, 1280, 1500, 9000})
    void rfc791_3_2_fragmentsInAnyOrderMakeTheDatagram(int mtu) {
        Random random = new Random(mtu);
        for (int length : new int[] {mtu, 4000, 65_507}) {
            List<byte[]> fragments = new ArrayList<>(Packets.fragments(datagram(length), mtu, length));
            Collections.shuffle(fragments, random);
            fragments.forEach(this::input);
            assertThat(received(length)).isTrue();
            assertNothingHeld();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1280, 1500, 9000})
    void rfc8200_4_5_fragmentsInAnyOrderMakeTheDatagram(int mtu) {
        Random random = new Random(mtu);
        for (int length : new int[] {mtu, 4000, 65_527}) {
            List<byte[]> fragments = new ArrayList<>(Packets.fragments(datagram6(length), mtu, length));
            Collections.shuffle(fragments, random);
            fragments.forEach(this::input);
            assertThat(received(length)).isTrue();
            assertNothingHeld();
        }
    }

    @Test
    void f02_exactDuplicatesAreIgnored() {
        for (byte[] fragment : Packets.fragments(datagram(4000), 1500, 1)) {
            input(fragment);
            if (engine.ip().reassemblyQueues() > 0) {
                input(fragment);
            }
        }
        assertThat(received(4000)).isTrue();
        assertNothingHeld();
    }

    @Test
    void f02_teardropOverlapLosesTheDatagramOfBothFamilies() {
        for (boolean v4 : new boolean[] {true, false}) {
            byte[] whole = v4 ? datagram(4000) : datagram6(4000);
            input(Packets.fragment(whole, 0, 1400, true, 9));
            input(Packets.fragment(whole, 1392, 1400, true, 9));
            // Contained in what has come: also an overlap.
            input(Packets.fragment(whole, 8, 16, true, 10));
            input(Packets.fragment(whole, 0, 80, true, 10));
            for (byte[] fragment : Packets.fragments(whole, 1500, 9)) {
                input(fragment);
            }
            assertThat(received(4000)).isFalse();
        }
        assertThat(engine.counters().get(Refusal.IPV4_REASSEMBLY_OVERLAP)).isGreaterThanOrEqualTo(5);
        assertThat(engine.counters().get(Refusal.IPV6_REASSEMBLY_OVERLAP)).isGreaterThanOrEqualTo(5);
        advanceSeconds(61);
        assertNothingHeld();
    }

    @Test
    void f02_endsThatContradictEachOtherLoseTheDatagram() {
        byte[] whole = datagram(4000);
        input(Packets.fragment(whole, 1600, 800, false, 9));
        input(Packets.fragment(whole, 2400, 800, true, 9));
        assertThat(engine.counters().get(Refusal.IPV4_REASSEMBLY_OVERLAP)).isEqualTo(1);
        input(Packets.fragment(whole, 2400, 800, true, 8));
        input(Packets.fragment(whole, 1600, 800, false, 8));
        assertThat(engine.counters().get(Refusal.IPV4_REASSEMBLY_OVERLAP)).isEqualTo(2);
    }

    @Test
    void f03_pingOfDeath() {
        byte[] last = Packets.raw(PEER, HOST, 17).payload(1400).fragmentField(65_528 >> 3).build();
        input(last);
        assertThat(engine.counters().get(Refusal.IPV4_FRAGMENT_TOO_LONG)).isEqualTo(1);
        assertNothingHeld();
    }

    @Test
    void f04_moreFragmentsWithALengthThatIsNoMultipleOf8() {
        input(Packets.raw(PEER, HOST, 17).payload(1401).fragmentField(0x2000).build());
        assertThat(engine.counters().get(Refusal.IPV4_FRAGMENT_MISALIGNED)).isEqualTo(1);
        List<byte[]> out = input(Packets.fragment(datagram6(4000), 0, 1399, true, 1));
        assertThat(Icmpv6.type(out.getFirst(), 40)).isEqualTo(Icmpv6.PARAMETER_PROBLEM);
        assertThat(Icmpv6.pointer(out.getFirst(), 40)).isEqualTo(4);
        assertNothingHeld();
    }

    @Test
    void f04_rfc7112_firstFragmentWithoutTheWholeHeaderChain() {
        byte[] tcp = Packets.tcp(PEER6, 1, HOST6, 2).payload(2000).build();
        List<byte[]> out = input(Packets.fragment(tcp, 0, 16, true, 1));
        assertThat(Icmpv6.type(out.getFirst(), 40)).isEqualTo(Icmpv6.PARAMETER_PROBLEM);
        assertThat(Icmpv6.code(out.getFirst(), 40)).isEqualTo(Icmpv6.CODE_INCOMPLETE_CHAIN);
    }

    @Test
    void f05_rfc6946_atomicFragmentsAreWholePackets() {
        byte[] real = datagram6(4000);
        input(Packets.fragment(real, 0, 1400, true, 5));
        byte[] atomic = Packets.fragment(datagram6(100), 0, 108, false, 5);
        input(atomic);
        assertThat(received(100)).isTrue();
        assertThat(engine.ip().reassemblyQueues()).isEqualTo(1);
    }

    @Test
    void rfc1122_3_3_2_timeExceededQuotesTheFirstFragmentAfter30Seconds() {
        byte[] first = Packets.fragments(datagram(4000), 1500, 3).getFirst();
        input(first);
        assertThat(advanceSeconds(29.9)).isEmpty();
        List<byte[]> out = advanceSeconds(0.2);
        assertThat(Icmpv4.type(out.getFirst(), 20)).isEqualTo(Icmpv4.TIME_EXCEEDED);
        assertThat(Icmpv4.code(out.getFirst(), 20)).isEqualTo(Icmpv4.CODE_REASSEMBLY_EXCEEDED);
        assertThat(Arrays.copyOfRange(out.getFirst(), 28, 576)).isEqualTo(Arrays.copyOf(first, 548));
        assertNothingHeld();
        assertThat(engine.counters().get(Counter.IpReasmTimeout)).isEqualTo(1);
    }

    @Test
    void rfc8200_4_5_timeExceededAfter60SecondsButNotWithoutTheFirst() {
        List<byte[]> fragments = Packets.fragments(datagram6(4000), 1500, 3);
        input(fragments.getFirst());
        input(Packets.fragments(datagram6(4000), 1500, 4).get(1));
        assertThat(advanceSeconds(59.9)).isEmpty();
        List<byte[]> out = advanceSeconds(0.2);
        assertThat(out).hasSize(1);
        assertThat(Icmpv6.type(out.getFirst(), 40)).isEqualTo(Icmpv6.TIME_EXCEEDED);
        assertThat(Arrays.copyOfRange(out.getFirst(), 48, 1280)).isEqualTo(Arrays.copyOf(fragments.getFirst(), 1232));
        assertNothingHeld();
    }

    @Test
    void f01_fragmentSmackMemoryStaysUnderTheCapsAndOldestGivesWay() {
        Random random = new Random(1);
        long limit = engine.sysctls().get(Sysctl.IPFRAG_HIGH_THRESH);
        for (int i = 0; i < 200_000; i++) {
            IpAddress source = i % 2 == 0 ? PEER : IpAddress.v4(0x0a4d_0000 | random.nextInt(3, 255));
            int position = random.nextInt(8000);
            input(Packets.raw(source, HOST, 17).payload(8).id(random.nextInt(65_536)).fragmentField(0x2000 | position).build());
            assertThat(engine.ip().reassemblyMemory()).isLessThanOrEqualTo(limit);
        }
        assertThat(engine.counters().get(Refusal.IPV4_REASSEMBLY_FULL)).isPositive();
        // One source cannot starve another: a new one still gets its datagram together.
        IpAddress honest = IpAddress.of("10.77.0.2");
        for (byte[] fragment : Packets.fragments(Packets.udp(honest, 6000, HOST, 5000).payload(8000).fragmentField(0).build(), 1500, 77)) {
            input(fragment);
        }
        assertThat(received(8000)).isTrue();
        advanceSeconds(31);
        assertNothingHeld();
    }

    @Test
    void rfc3168_5_3_congestionMarksSurviveReassembly() {
        byte[] whole = Packets.udp(PEER, 6000, HOST, 5000).payload(4000).fragmentField(0).tos(2).build();
        List<byte[]> fragments = Packets.fragments(whole, 1500, 3);
        org.lastack.wire.Ipv4Header.setEcn(fragments.get(1), 0, 3);
        fragments.forEach(this::input);
        assertThat(received(4000)).isTrue();
        assertThat(from.tos).isEqualTo(3);
        fragments = Packets.fragments(whole, 1500, 4);
        org.lastack.wire.Ipv4Header.setEcn(fragments.get(1), 0, 0);
        fragments.forEach(this::input);
        assertThat(received(4000)).isFalse();
        assertNothingHeld();
    }

    /// Random cuts, duplicates, overlaps and losses; a datagram is delivered only if its octets are right.
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void fuzz(long seed) {
        Random random = new Random(seed);
        int delivered = 0;
        for (int round = 0; round < 3000; round++) {
            int length = random.nextInt(1, 9000);
            byte[] whole = random.nextBoolean() ? datagram(length) : datagram6(length);
            int payload = length + 8;
            List<byte[]> pieces = new ArrayList<>();
            for (int position = 0; position < payload;) {
                int octets = Math.min(payload - position, 8 * random.nextInt(3, 300));
                pieces.add(Packets.fragment(whole, position, octets, position + octets < payload, round));
                position += octets;
            }
            if (random.nextInt(4) == 0) {
                int position = 8 * random.nextInt(payload / 8 + 1);
                int octets = Math.min(payload - position, 8 * random.nextInt(1, 50));
                pieces.add(Packets.fragment(whole, position, octets, position + octets < payload, round));
            }
            if (random.nextInt(4) == 0) {
                pieces.remove(random.nextInt(pieces.size()));
            }
            Collections.shuffle(pieces, random);
            // One flipped bit at most: two may cancel out in the checksum.
            int spoiled = random.nextInt(4) == 0 ? random.nextInt(pieces.size() + 1) - 1 : -1;
            for (int i = 0; i < pieces.size(); i++) {
                byte[] piece = pieces.get(i);
                if (i == spoiled) {
                    piece[random.nextInt(piece.length)] ^= (byte) (1 << random.nextInt(8));
                }
                input(piece);
            }
            while (socket.unreadDatagrams() > 0) {
                // A datagram that was not cut may come twice.
                delivered++;
                assertThat(received(length)).isTrue();
            }
            engine.setNow(engine.now() + 100_000_000);
            engine.timeout();
            output();
        }
        assertThat(delivered).isGreaterThan(1000);
        advanceSeconds(61);
        assertNothingHeld();
        assertThat(engine.frames().outstanding()).isZero();
    }
}
