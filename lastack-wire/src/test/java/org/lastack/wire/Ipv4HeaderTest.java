package org.lastack.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// RFC 791 and RFC 1122 §3.2.1 (SECURITY, F-03, F-04).
class Ipv4HeaderTest {
    private static final IpAddress A = IpAddress.of("198.18.0.1");
    private static final IpAddress B = IpAddress.of("198.18.0.2");

    private static byte[] packet() {
        return Packets.udp(A, 1, B, 2).payload(12).build();
    }

    private static Refusal check(byte[] packet) {
        return Ipv4Header.check(packet, 0, packet.length);
    }

    /// Changes one octet and makes the checksum right again.
    private static byte[] with(byte[] packet, int index, int value) {
        packet[index] = (byte) value;
        int header = Math.min(Ipv4Header.headerLength(packet, 0), packet.length);
        Bytes.put16(packet, 10, 0);
        Bytes.put16(packet, 10, Checksum.finish(Checksum.add(0, packet, 0, header)));
        return packet;
    }

    private static byte[] withOptions(String hex) {
        return Packets.udp(A, 1, B, 2).ipOptions(HexFormat.of().parseHex(hex.replace(" ", ""))).payload(12).build();
    }

    @Test
    void everyFieldIsReadWhereItWasWritten() {
        Random random = new Random(1);
        for (int round = 0; round < 1000; round++) {
            int at = random.nextInt(40);
            byte[] bytes = new byte[at + 20];
            int tos = random.nextInt(256);
            int total = random.nextInt(65_536);
            int id = random.nextInt(65_536);
            int flags = random.nextInt(4) << 13;
            int position = random.nextInt(8192);
            int ttl = random.nextInt(256);
            int protocol = random.nextInt(256);
            int source = random.nextInt();
            int destination = random.nextInt();
            Ipv4Header.write(bytes, at, tos, total, id, flags | position, ttl, protocol, source, destination);
            assertThat(Ipv4Header.version(bytes, at)).isEqualTo(4);
            assertThat(Ipv4Header.headerLength(bytes, at)).isEqualTo(20);
            assertThat(Ipv4Header.tos(bytes, at)).isEqualTo(tos);
            assertThat(Ipv4Header.dscp(bytes, at)).isEqualTo(tos / 4);
            assertThat(Ipv4Header.ecn(bytes, at)).isEqualTo(tos % 4);
            assertThat(Ipv4Header.totalLength(bytes, at)).isEqualTo(total);
            assertThat(Ipv4Header.payloadLength(bytes, at)).isEqualTo(total - 20);
            assertThat(Ipv4Header.identification(bytes, at)).isEqualTo(id);
            assertThat(Ipv4Header.flags(bytes, at)).isEqualTo(flags);
            assertThat(Ipv4Header.dontFragment(bytes, at)).isEqualTo((flags & Ipv4Header.DF) != 0);
            assertThat(Ipv4Header.moreFragments(bytes, at)).isEqualTo((flags & Ipv4Header.MF) != 0);
            assertThat(Ipv4Header.fragmentOffset(bytes, at)).isEqualTo(position * 8);
            assertThat(Ipv4Header.isFragment(bytes, at)).isEqualTo(position != 0 || (flags & Ipv4Header.MF) != 0);
            assertThat(Ipv4Header.ttl(bytes, at)).isEqualTo(ttl);
            assertThat(Ipv4Header.protocol(bytes, at)).isEqualTo(protocol);
            assertThat(Ipv4Header.source(bytes, at)).isEqualTo(source);
            assertThat(Ipv4Header.destination(bytes, at)).isEqualTo(destination);
            assertThat(Checksum.finish(Checksum.add(0, bytes, at, 20))).isZero();
        }
    }

    @Test
    @DisplayName("X-01: a total length beyond what was captured is refused")
    void totalLengthBeyondTheCapture() {
        byte[] packet = packet();
        for (int length = 0; length < packet.length; length++) {
            assertThat(Ipv4Header.check(packet, 0, length)).isEqualTo(Refusal.IPV4_TRUNCATED);
        }
        assertThat(Ipv4Header.check(packet, 0, packet.length)).isNull();
    }

    @Test
    @DisplayName("X-01, S4-41: trailing link padding is allowed and is not payload")
    void trailingPadding() {
        byte[] padded = Arrays.copyOf(packet(), 60);
        assertThat(check(padded)).isNull();
        assertThat(Ipv4Header.payloadLength(padded, 0)).isEqualTo(20);
    }

    @Test
    @DisplayName("X-01: a total length smaller than the header is refused")
    void totalLengthWithinTheHeader() {
        for (int total = 0; total < 20; total++) {
            assertThat(check(with(packet(), 3, total))).isEqualTo(Refusal.IPV4_BAD_TOTAL_LENGTH);
        }
        assertThat(check(with(packet(), 3, 20))).isNull();
        assertThat(check(with(withOptions("01010101"), 3, 20))).isEqualTo(Refusal.IPV4_BAD_TOTAL_LENGTH);
    }

    @Test
    @DisplayName("X-01: a header length below 5 words or beyond the packet is refused")
    void headerLength() {
        for (int words = 0; words < 5; words++) {
            assertThat(check(with(packet(), 0, 0x40 | words))).isEqualTo(Refusal.IPV4_BAD_HEADER_LENGTH);
        }
        assertThat(check(with(packet(), 0, 0x4f))).isEqualTo(Refusal.IPV4_TRUNCATED);
        byte[] beyondTotal = Arrays.copyOf(packet(), 80);
        assertThat(check(with(beyondTotal, 0, 0x4f))).isEqualTo(Refusal.IPV4_BAD_TOTAL_LENGTH);
    }

    @Test
    @DisplayName("X-01: versions other than 4 are refused")
    void version() {
        for (int version = 0; version < 16; version++) {
            assertThat(check(with(packet(), 0, version << 4 | 5))).isEqualTo(version == 4 ? null : Refusal.IPV4_BAD_VERSION);
        }
    }

    @Test
    void everyFlippedBitOfTheHeaderIsFound() {
        for (int bit = 0; bit < 160; bit++) {
            byte[] packet = packet();
            packet[bit / 8] ^= (byte) (1 << bit % 8);
            assertThat(check(packet)).as("bit %d", bit).isNotNull();
        }
    }

    @Test
    @DisplayName("X-02: a tunnelled packet is an opaque payload, however deep")
    void tunnels() {
        byte[] inner = packet();
        for (int depth = 0; depth < 100; depth++) {
            inner = Packets.raw(A, B, 4).payload(inner).build();
        }
        assertThat(check(inner)).isNull();
        assertThat(Ipv4Header.protocol(inner, 0)).isEqualTo(4);
        assertThat(PacketPrinter.print(inner, 0, inner.length)).isEqualTo("IP 198.18.0.1 > 198.18.0.2:  ip-proto-4 " + (inner.length - 20));
    }

    @ParameterizedTest
    @DisplayName("X-04: malformed options are refused, with the pointer of the parameter problem")
    @CsvSource({"8300 04c6, 21", "8301 04c6, 21", "83ff 04c6, 21", "8305 04c60000, -1", "0101 8309 04c6, 23", "010101 83, 23", "44030500, 21",
        "4404 0400, 22", "4404 0500, -1", "0702 0000, 21", "070304 00, -1", "0703 0300, 22", "94030000, 21", "94040000, -1",
        "830704c6120001 830704c6120001 0000, 27", "830704c6120001 890704c6120001 0000, 27", "00ffffff, -1", "01010101, -1", "8200, 21",
        "820b0102030405060708 0900, -1"})
    void malformedOptions(String hex, int pointer) {
        byte[] packet = withOptions(hex);
        assertThat(Ipv4Header.optionProblem(packet, 0)).isEqualTo(pointer);
        assertThat(check(packet)).isEqualTo(pointer < 0 ? null : Refusal.IPV4_BAD_OPTIONS);
    }

    @Test
    @DisplayName("X-04: 40 octets of no-operation are legal and cost nothing")
    void allNops() {
        byte[] packet = withOptions("01".repeat(40));
        assertThat(Ipv4Header.headerLength(packet, 0)).isEqualTo(60);
        assertThat(check(packet)).isNull();
        assertThat(Ipv4Header.isSourceRouted(packet, 0)).isFalse();
    }

    @Test
    void optionsAreFoundByKind() {
        byte[] packet = withOptions("01 94040000 8307 04c6120007 00 83");
        assertThat(Ipv4Header.findOption(packet, 0, Ipv4Header.OPTION_ROUTER_ALERT)).isEqualTo(21);
        assertThat(Ipv4Header.findOption(packet, 0, Ipv4Header.OPTION_LOOSE_SOURCE_ROUTE)).isEqualTo(25);
        assertThat(Ipv4Header.findOption(packet, 0, Ipv4Header.OPTION_STRICT_SOURCE_ROUTE)).isEqualTo(-1);
        assertThat(Ipv4Header.findOption(packet, 0, Ipv4Header.OPTION_RECORD_ROUTE)).isEqualTo(-1);
        assertThat(Ipv4Header.isSourceRouted(packet, 0)).isTrue();
        assertThat(Ipv4Header.isSourceRouted(withOptions("00 8307 04c6120007"), 0)).as("after the end of the list").isFalse();
        assertThat(Ipv4Header.isSourceRouted(packet(), 0)).isFalse();
    }

    @Test
    @DisplayName("F-03: a fragment that ends beyond 65,535 octets is refused")
    void pingOfDeath() {
        byte[] packet = Packets.echoRequest(A, B, 1, 1).payload(100).build();
        byte[] last = Packets.fragment(packet, 0, 108, false, 1);
        Bytes.put16(last, 6, 65_528 >> 3);
        Ipv4Header.writeChecksum(last, 0);
        assertThat(check(last)).isEqualTo(Refusal.IPV4_FRAGMENT_TOO_LONG);
        byte[] fits = Packets.fragment(packet, 0, 7, false, 1);
        Bytes.put16(fits, 6, (65_535 - 20 - 7) >> 3);
        Ipv4Header.writeChecksum(fits, 0);
        assertThat(check(fits)).isNull();
    }

    @Test
    @DisplayName("F-04: more fragments with a length that is not a multiple of 8, or none, is refused")
    void misalignedFragments() {
        byte[] packet = Packets.udp(A, 1, B, 2).payload(100).build();
        for (int length = 0; length < 40; length++) {
            byte[] fragment = Packets.fragment(packet, 8, length, true, 1);
            assertThat(check(fragment)).isEqualTo(length > 0 && length % 8 == 0 ? null : Refusal.IPV4_FRAGMENT_MISALIGNED);
            assertThat(check(Packets.fragment(packet, 8, length, false, 1))).isNull();
        }
    }

    @Test
    @DisplayName("F-04, RFC 1858: no fragment boundary within the TCP header")
    void tinyFragments() {
        byte[] packet = Packets.tcp(A, 1, B, 2).payload(100).build();
        assertThat(check(Packets.fragment(packet, 0, 8, true, 1))).isEqualTo(Refusal.IPV4_FRAGMENT_TINY);
        assertThat(check(Packets.fragment(packet, 0, 16, true, 1))).isEqualTo(Refusal.IPV4_FRAGMENT_TINY);
        assertThat(check(Packets.fragment(packet, 0, 24, true, 1))).isNull();
        assertThat(check(Packets.fragment(packet, 8, 24, true, 1))).isEqualTo(Refusal.IPV4_FRAGMENT_TINY);
        assertThat(check(Packets.fragment(packet, 16, 24, false, 1))).isEqualTo(Refusal.IPV4_FRAGMENT_TINY);
        assertThat(check(Packets.fragment(packet, 24, 24, false, 1))).isNull();
        byte[] udp = Packets.udp(A, 1, B, 2).payload(100).build();
        assertThat(check(Packets.fragment(udp, 0, 8, true, 1))).as("UDP's header is whole").isNull();
    }

    @Test
    void fragmentsForAnMtuAreAllAccepted() {
        byte[] packet = Packets.tcp(A, 1, B, 2).payload(3000).build();
        for (int mtu : new int[] {68, 100, 576, 1500}) {
            List<byte[]> fragments = Packets.fragments(packet, mtu, 99);
            int position = 0;
            for (byte[] fragment : fragments) {
                assertThat(fragment.length).isLessThanOrEqualTo(mtu);
                assertThat(check(fragment)).isNull();
                assertThat(Ipv4Header.fragmentOffset(fragment, 0)).isEqualTo(position);
                assertThat(Ipv4Header.identification(fragment, 0)).isEqualTo(99);
                assertThat(Arrays.equals(fragment, 20, fragment.length, packet, 20 + position, 20 + position + fragment.length - 20)).isTrue();
                position += fragment.length - 20;
                assertThat(Ipv4Header.moreFragments(fragment, 0)).isEqualTo(position < 3020);
            }
            assertThat(position).isEqualTo(3020);
        }
    }

    @Test
    @DisplayName("RFC 1624: TTL and ECN change with the checksum")
    void updatesInPlace() {
        Random random = new Random(2);
        for (int round = 0; round < 1000; round++) {
            byte[] packet = Packets.udp(A, 1, B, 2).ttl(1 + random.nextInt(255)).tos(random.nextInt(256)).id(random.nextInt(65_536)).build();
            int ttl = Ipv4Header.ttl(packet, 0);
            int dscp = Ipv4Header.dscp(packet, 0);
            Ipv4Header.decrementTtl(packet, 0);
            Ipv4Header.setEcn(packet, 0, Ipv4Header.CE);
            assertThat(check(packet)).isNull();
            assertThat(Ipv4Header.ttl(packet, 0)).isEqualTo(ttl - 1);
            assertThat(Ipv4Header.ecn(packet, 0)).isEqualTo(Ipv4Header.CE);
            assertThat(Ipv4Header.dscp(packet, 0)).isEqualTo(dscp);
        }
    }

    @Test
    @DisplayName("X-15: a quote needs its header and 8 octets, and may say that it is longer")
    void quotes() {
        byte[] packet = Packets.udp(A, 1, B, 2).payload(100).build();
        for (int length = 0; length < 28; length++) {
            assertThat(Ipv4Header.checkQuote(packet, 0, length)).isEqualTo(Refusal.ICMPV4_BAD_QUOTE);
        }
        assertThat(Ipv4Header.checkQuote(packet, 0, 28)).isNull();
        packet[8] = 3;
        assertThat(Ipv4Header.checkQuote(packet, 0, 28)).as("a router has changed the TTL").isNull();
        packet[0] = 0x46;
        assertThat(Ipv4Header.checkQuote(packet, 0, 28)).isEqualTo(Refusal.ICMPV4_BAD_QUOTE);
        packet[0] = 0x44;
        assertThat(Ipv4Header.checkQuote(packet, 0, 128)).isEqualTo(Refusal.ICMPV4_BAD_QUOTE);
        packet[0] = 0x65;
        assertThat(Ipv4Header.checkQuote(packet, 0, 128)).isEqualTo(Refusal.ICMPV4_BAD_QUOTE);
    }
}
