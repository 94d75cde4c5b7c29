package org.lastack.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/// RFC 792, RFC 4443, RFC 768 and the enum of refusals (SECURITY; BEHAVIOUR S4-10 to S4-13).
class IcmpAndUdpTest {
    private static final IpAddress A = IpAddress.of("198.18.0.1");
    private static final IpAddress B = IpAddress.of("198.18.0.2");
    private static final IpAddress A6 = IpAddress.of("fd00::1");
    private static final IpAddress B6 = IpAddress.of("fd00::2");

    private static Refusal check6(byte[] packet, int length) {
        return Icmpv6.check(packet, 40, length, A6.high(), A6.low(), B6.high(), B6.low());
    }

    private static Refusal udpChecksum(byte[] packet, IpAddress source, IpAddress destination) {
        return UdpHeader.checkChecksum(packet, destination.isV4() ? 20 : 40, source.high(), source.low(), destination.high(), destination.low());
    }

    @Test
    void echoFieldsOfBothFamilies() {
        byte[] packet = Packets.echoRequest(A, B, 0xfedc, 0xba98).payload(5).build();
        assertThat(Icmpv4.check(packet, 20, 13)).isNull();
        assertThat(Icmpv4.type(packet, 20)).isEqualTo(Icmpv4.ECHO_REQUEST);
        assertThat(Icmpv4.code(packet, 20)).isZero();
        assertThat(Icmpv4.identifier(packet, 20)).isEqualTo(0xfedc);
        assertThat(Icmpv4.sequence(packet, 20)).isEqualTo(0xba98);
        byte[] packet6 = Packets.echoReply(A6, B6, 0xfedc, 0xba98).payload(5).build();
        assertThat(check6(packet6, 13)).isNull();
        assertThat(Icmpv6.type(packet6, 40)).isEqualTo(Icmpv6.ECHO_REPLY);
        assertThat(Icmpv6.identifier(packet6, 40)).isEqualTo(0xfedc);
        assertThat(Icmpv6.sequence(packet6, 40)).isEqualTo(0xba98);
    }

    @Test
    @DisplayName("X-15: messages shorter than a header are refused, whatever their checksum")
    void truncatedMessages() {
        byte[] zeros = new byte[64];
        for (int length = 0; length < 8; length++) {
            assertThat(Icmpv4.check(zeros, 0, length)).isEqualTo(Refusal.ICMPV4_TRUNCATED);
            assertThat(check6(zeros, length)).isEqualTo(Refusal.ICMPV6_TRUNCATED);
        }
    }

    @Test
    void wrongChecksumsAreRefused() {
        byte[] packet = Packets.echoRequest(A, B, 1, 2).payload(5).badChecksum().build();
        assertThat(Icmpv4.check(packet, 20, 13)).isEqualTo(Refusal.ICMPV4_BAD_CHECKSUM);
        byte[] packet6 = Packets.echoRequest(A6, B6, 1, 2).payload(5).badChecksum().build();
        assertThat(check6(packet6, 13)).isEqualTo(Refusal.ICMPV6_BAD_CHECKSUM);
        byte[] right = Packets.echoRequest(A6, B6, 1, 2).payload(5).build();
        assertThat(Icmpv6.check(right, 40, 13, B6.high(), B6.low(), B6.high(), B6.low())).as("another pseudo-header")
                .isEqualTo(Refusal.ICMPV6_BAD_CHECKSUM);
    }

    @Test
    @DisplayName("X-03: an echo message is made of exactly the payload that is in place")
    void echoHasExactlyItsPayload() {
        byte[] bytes = new byte[100];
        Arrays.fill(bytes, (byte) 0x77);
        assertThat(Icmpv4.writeEcho(bytes, 4, Icmpv4.ECHO_REPLY, 1, 2, 10)).isEqualTo(18);
        assertThat(Icmpv4.check(bytes, 4, 18)).isNull();
        assertThat(bytes[3]).isEqualTo((byte) 0x77);
        assertThat(Arrays.copyOfRange(bytes, 12, 100)).containsOnly(0x77);
        assertThat(Icmpv6.writeEcho(bytes, 4, Icmpv6.ECHO_REPLY, 1, 2, 11, A6.high(), A6.low(), B6.high(), B6.low())).isEqualTo(19);
        assertThat(Icmpv6.check(bytes, 4, 19, A6.high(), A6.low(), B6.high(), B6.low())).isNull();
    }

    @Test
    @DisplayName("X-15: an error quotes at most what was received, and at most what fits 576 or 1280 octets")
    void quotes() {
        byte[] received = Packets.pattern(3000);
        byte[] bytes = new byte[2000];
        for (int length : new int[] {0, 1, 27, 28, 547, 548, 549, 3000}) {
            int octets = Icmpv4.writeError(bytes, 3, Icmpv4.DESTINATION_UNREACHABLE, Icmpv4.CODE_PORT_UNREACHABLE, 0, received, 0, length);
            assertThat(octets).isEqualTo(8 + Math.min(length, 548));
            assertThat(20 + octets).isLessThanOrEqualTo(Icmpv4.MAX_ERROR_PACKET);
            assertThat(Icmpv4.check(bytes, 3, octets)).isNull();
            assertThat(Arrays.equals(bytes, 11, 3 + octets, received, 0, octets - 8)).isTrue();
        }
        for (int length : new int[] {0, 1, 1231, 1232, 1233, 3000}) {
            int octets = Icmpv6.writeError(bytes, 3, Icmpv6.PACKET_TOO_BIG, 0, 1280, received, 0, length, A6.high(), A6.low(), B6.high(), B6.low());
            assertThat(octets).isEqualTo(8 + Math.min(length, 1232));
            assertThat(40 + octets).isLessThanOrEqualTo(Ipv6Header.MIN_MTU);
            assertThat(Icmpv6.check(bytes, 3, octets, A6.high(), A6.low(), B6.high(), B6.low())).isNull();
            assertThat(Icmpv6.mtu(bytes, 3)).isEqualTo(1280);
        }
    }

    @Test
    void fieldsOfErrors() {
        byte[] tooBig = Packets.icmpError(B, 3, 4, 1400, Packets.udp(A, 1, B, 2).build()).build();
        assertThat(Icmpv4.nextHopMtu(tooBig, 20)).isEqualTo(1400);
        assertThat(Icmpv4.rest(tooBig, 20)).isEqualTo(1400);
        byte[] problem = Packets.icmpError(B, 12, 0, 21 << 24, Packets.udp(A, 1, B, 2).build()).build();
        assertThat(Icmpv4.pointer(problem, 20)).isEqualTo(21);
        byte[] problem6 = Packets.icmpError(B6, 4, 1, -1, Packets.udp(A6, 1, B6, 2).build()).build();
        assertThat(Icmpv6.pointer(problem6, 40)).isEqualTo(0xffff_ffffL);
        assertThat(Icmpv6.rest(problem6, 40)).isEqualTo(-1);
        assertThat(Icmpv6.checksum(problem6, 40)).isNotZero();
        assertThat(Icmpv4.checksum(problem, 20)).isNotZero();
    }

    @Test
    void whichTypesAreErrors() {
        Set<Integer> errors = Set.of(3, 4, 5, 11, 12);
        for (int type = 0; type < 256; type++) {
            assertThat(Icmpv4.isError(type)).isEqualTo(errors.contains(type));
            assertThat(Icmpv6.isError(type)).isEqualTo(type < 128);
            assertThat(Icmpv6.isNeighborDiscovery(type)).isEqualTo(type >= 133 && type <= 137);
        }
    }

    @Test
    void everyTypeAndCodeHasAName() {
        Set<String> names = new HashSet<>();
        for (int code = 0; code < 256; code++) {
            assertThat(names.add(Icmpv4.name(3, code))).isTrue();
        }
        assertThat(Icmpv4.name(3, 3)).isEqualTo("port unreachable");
        assertThat(Icmpv4.name(11, 0)).isEqualTo("ttl exceeded");
        assertThat(Icmpv4.name(11, 1)).isEqualTo("reassembly time exceeded");
        assertThat(Icmpv4.name(11, 9)).isEqualTo("time exceeded code 9");
        assertThat(Icmpv4.name(8, 0)).isEqualTo("echo request");
        assertThat(Icmpv4.name(250, 0)).isEqualTo("type 250");
        assertThat(Icmpv6.name(1, 4)).isEqualTo("port unreachable");
        assertThat(Icmpv6.name(3, 0)).isEqualTo("hop limit exceeded");
        assertThat(Icmpv6.name(3, 1)).isEqualTo("reassembly time exceeded");
        assertThat(Icmpv6.name(4, 3)).isEqualTo("incomplete header chain in first fragment");
        assertThat(Icmpv6.name(135, 0)).isEqualTo("neighbor solicitation");
        for (int type = 0; type < 256; type++) {
            for (int code = 0; code < 256; code++) {
                assertThat(Icmpv4.name(type, code)).isNotEmpty();
                assertThat(Icmpv6.name(type, code)).isNotEmpty();
            }
        }
    }

    @Test
    @DisplayName("S4-10: source port, destination port, length, checksum, 16 bits each")
    void udpFields() {
        byte[] packet = Packets.udp(A, 65_535, B, 40_000).payload(9).build();
        assertThat(UdpHeader.check(packet, 20, 17)).isNull();
        assertThat(UdpHeader.sourcePort(packet, 20)).isEqualTo(65_535);
        assertThat(UdpHeader.destinationPort(packet, 20)).isEqualTo(40_000);
        assertThat(UdpHeader.length(packet, 20)).isEqualTo(17);
    }

    @Test
    @DisplayName("S4-11: the largest datagrams are 65507 and 65527 octets")
    void largestDatagrams() {
        byte[] packet = Packets.udp(A, 1, B, 2).payload(UdpHeader.MAX_PAYLOAD_V4).build();
        assertThat(packet).hasSize(65_535);
        assertThat(Ipv4Header.check(packet, 0, packet.length)).isNull();
        assertThat(udpChecksum(packet, A, B)).isNull();
        byte[] packet6 = Packets.udp(A6, 1, B6, 2).payload(UdpHeader.MAX_PAYLOAD_V6).build();
        assertThat(packet6).hasSize(65_575);
        assertThat(Ipv6Header.check(packet6, 0, packet6.length)).isNull();
        assertThat(udpChecksum(packet6, A6, B6)).isNull();
    }

    @Test
    @DisplayName("X-09: a length field below 8 or beyond the payload is refused; what follows the datagram is ignored")
    void udpLengths() {
        byte[] packet = Packets.udp(A, 1, B, 2).payload(12).build();
        for (int length = 0; length <= 600; length++) {
            Bytes.put16(packet, 24, length);
            assertThat(UdpHeader.check(packet, 20, 20)).isEqualTo(length < 8 || length > 20 ? Refusal.UDP_BAD_LENGTH : null);
        }
        for (int length = 0; length < 8; length++) {
            assertThat(UdpHeader.check(packet, 20, length)).isEqualTo(Refusal.UDP_TRUNCATED);
        }
    }

    @Test
    @DisplayName("X-09, S4-12: checksum 0 means none over IPv4 and is refused over IPv6; a wrong one is refused")
    void udpChecksums() {
        byte[] packet = Packets.udp(A, 1, B, 2).payload(12).build();
        assertThat(udpChecksum(packet, A, B)).isNull();
        packet[30] ^= 1;
        assertThat(udpChecksum(packet, A, B)).isEqualTo(Refusal.UDP_BAD_CHECKSUM);
        Bytes.put16(packet, 26, 0);
        assertThat(udpChecksum(packet, A, B)).isNull();
        byte[] packet6 = Packets.udp(A6, 1, B6, 2).payload(12).build();
        assertThat(udpChecksum(packet6, A6, B6)).isNull();
        Bytes.put16(packet6, 46, 0);
        assertThat(udpChecksum(packet6, A6, B6)).isEqualTo(Refusal.UDP_NO_CHECKSUM);
    }

    @Test
    @DisplayName("RFC 768: a sum of zero is sent as 0xffff")
    void zeroSumIsSentAsOnes() {
        for (int port = 0; port < 65_536; port++) {
            byte[] packet = Packets.udp(A, port, B, 2).build();
            int field = UdpHeader.checksum(packet, 20);
            assertThat(field).isNotZero();
            if (field == 0xffff) {
                assertThat(udpChecksum(packet, A, B)).isNull();
                return;
            }
        }
        throw new AssertionError("one of all source ports gives the sum zero");
    }

    @Test
    void everyRefusalHasItsOwnCounterAndSaysWhy() {
        Set<String> counters = new HashSet<>();
        for (Refusal refusal : Refusal.values()) {
            assertThat(counters.add(refusal.counter())).as(refusal.counter()).isTrue();
            assertThat(refusal.counter()).matches("(Eth|Arp|Ip|Ip6|Icmp|Icmp6|Ndp|Udp|Tcp)[A-Z][A-Za-z0-9]+");
            assertThat(refusal.aggregate()).matches("[A-Z][A-Za-z0-9]+");
            assertThat(refusal.text()).isNotBlank();
        }
    }

    @Test
    void theBuilderRefusesMixedFamilies() {
        assertThatThrownBy(() -> Packets.udp(A, 1, B6, 2)).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("fd00::2");
        assertThatThrownBy(() -> Packets.fragments(Packets.udp(A, 1, B, 2).payload(100).build(), 20, 1))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void bytesAreBigEndianAndUnsigned() {
        byte[] bytes = new byte[16];
        Random random = new Random(1);
        for (int round = 0; round < 1000; round++) {
            long value = random.nextLong();
            int at = random.nextInt(9);
            Bytes.put64(bytes, at, value);
            assertThat(Bytes.i64(bytes, at)).isEqualTo(value);
            assertThat(Bytes.u8(bytes, at)).isEqualTo((int) (value >>> 56));
            assertThat(Bytes.u16(bytes, at)).isEqualTo((int) (value >>> 48));
            assertThat(Bytes.u32(bytes, at)).isEqualTo(value >>> 32);
            assertThat(Bytes.i32(bytes, at)).isEqualTo((int) (value >>> 32));
            Bytes.put8(bytes, at, 0x1ff);
            assertThat(Bytes.u8(bytes, at)).isEqualTo(0xff);
        }
        assertThatThrownBy(() -> Bytes.i32(bytes, 13)).isInstanceOf(IndexOutOfBoundsException.class);
    }
}
