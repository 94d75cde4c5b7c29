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

/// RFC 8200 with RFC 2675, 5095, 6946, 7112 and 8504 §5.3 (SECURITY, F-03 to F-05).
class Ipv6Test {
    private static final IpAddress A = IpAddress.of("fd00::1");
    private static final IpAddress B = IpAddress.of("fd00::2");
    private static final int HBH = IpProtocol.HOP_BY_HOP;
    private static final int ROUTING = IpProtocol.ROUTING;
    private static final int DESTINATION = IpProtocol.DESTINATION_OPTIONS;

    private final Ipv6Extensions chain = new Ipv6Extensions();

    private static byte[] packet(int firstHeader, String hex) {
        return Packets.udp(A, 1, B, 2).extensions(firstHeader, HexFormat.of().parseHex(hex.replace(" ", ""))).payload(8).build();
    }

    private Refusal walk(byte[] packet) {
        assertThat(Ipv6Header.check(packet, 0, packet.length)).isNull();
        return chain.walk(packet, 0, Ipv6Header.totalLength(packet, 0));
    }

    private void assertProblem(int code, int pointer) {
        assertThat(chain.problemCode).isEqualTo(code);
        assertThat(chain.problemPointer).isEqualTo(pointer);
    }

    @Test
    void everyFieldIsReadWhereItWasWritten() {
        Random random = new Random(1);
        for (int round = 0; round < 1000; round++) {
            int at = random.nextInt(40);
            byte[] bytes = new byte[at + 40];
            int trafficClass = random.nextInt(256);
            int label = random.nextInt(1 << 20);
            int payload = random.nextInt(65_536);
            int next = random.nextInt(256);
            int hops = random.nextInt(256);
            long[] addresses = random.longs(4).toArray();
            Ipv6Header.write(bytes, at, trafficClass, label, payload, next, hops, addresses[0], addresses[1], addresses[2], addresses[3]);
            assertThat(Ipv6Header.version(bytes, at)).isEqualTo(6);
            assertThat(Ipv6Header.trafficClass(bytes, at)).isEqualTo(trafficClass);
            assertThat(Ipv6Header.dscp(bytes, at)).isEqualTo(trafficClass / 4);
            assertThat(Ipv6Header.ecn(bytes, at)).isEqualTo(trafficClass % 4);
            assertThat(Ipv6Header.flowLabel(bytes, at)).isEqualTo(label);
            assertThat(Ipv6Header.payloadLength(bytes, at)).isEqualTo(payload);
            assertThat(Ipv6Header.totalLength(bytes, at)).isEqualTo(payload + 40);
            assertThat(Ipv6Header.nextHeader(bytes, at)).isEqualTo(next);
            assertThat(Ipv6Header.hopLimit(bytes, at)).isEqualTo(hops);
            assertThat(Ipv6Header.sourceHigh(bytes, at)).isEqualTo(addresses[0]);
            assertThat(Ipv6Header.sourceLow(bytes, at)).isEqualTo(addresses[1]);
            assertThat(Ipv6Header.destinationHigh(bytes, at)).isEqualTo(addresses[2]);
            assertThat(Ipv6Header.destinationLow(bytes, at)).isEqualTo(addresses[3]);
            Ipv6Header.setEcn(bytes, at, Ipv4Header.CE);
            assertThat(Ipv6Header.trafficClass(bytes, at)).isEqualTo(trafficClass | 3);
            assertThat(Ipv6Header.flowLabel(bytes, at)).isEqualTo(label);
        }
    }

    @Test
    @DisplayName("X-01: a payload length beyond what was captured is refused, trailing padding is not")
    void lengths() {
        byte[] packet = Packets.udp(A, 1, B, 2).payload(12).build();
        for (int length = 0; length < packet.length; length++) {
            assertThat(Ipv6Header.check(packet, 0, length)).isEqualTo(Refusal.IPV6_TRUNCATED);
        }
        assertThat(Ipv6Header.check(packet, 0, packet.length)).isNull();
        assertThat(Ipv6Header.check(Arrays.copyOf(packet, 100), 0, 100)).isNull();
        packet[0] = 0x45;
        assertThat(Ipv6Header.check(packet, 0, packet.length)).isEqualTo(Refusal.IPV6_BAD_VERSION);
    }

    @Test
    void aPacketWithoutExtensionHeaders() {
        byte[] packet = Packets.tcp(A, 1, B, 2).payload(5).build();
        assertThat(walk(packet)).isNull();
        assertThat(chain.protocol).isEqualTo(IpProtocol.TCP);
        assertThat(chain.payloadOffset).isEqualTo(40);
        assertThat(chain.payloadLength).isEqualTo(25);
        assertThat(chain.nextHeaderOffset).isEqualTo(6);
        assertThat(chain.isFragment).isFalse();
        assertThat(chain.fragmentHeaderOffset).isEqualTo(-1);
        assertThat(chain.problemCode).isEqualTo(-1);
    }

    @Test
    void allKindsInOneChainAtAnOffset() {
        String hex = "3c00 0502 1234 0100" + "2b00 010400000000" + "3c00 0400 00000000" + "1100 010400000000";
        byte[] packet = packet(HBH, hex);
        byte[] moved = new byte[packet.length + 9];
        System.arraycopy(packet, 0, moved, 7, packet.length);
        assertThat(chain.walk(moved, 7, packet.length)).isNull();
        assertThat(chain.protocol).isEqualTo(IpProtocol.UDP);
        assertThat(chain.payloadOffset).isEqualTo(7 + 40 + 32);
        assertThat(chain.payloadLength).isEqualTo(16);
        assertThat(chain.nextHeaderOffset).isEqualTo(7 + 40 + 24);
        assertThat(chain.routerAlert).isEqualTo(0x1234);
        assertThat(walk(Packets.udp(A, 1, B, 2).build())).isNull();
        assertThat(chain.routerAlert).as("nothing of the last packet remains").isEqualTo(-1);
    }

    @Test
    @DisplayName("X-08: extension headers that reach beyond the packet are refused")
    void truncatedHeaders() {
        for (int kind : new int[] {HBH, ROUTING, DESTINATION}) {
            byte[] packet = packet(kind, "11ff 010400000000");
            assertThat(walk(packet)).isEqualTo(Refusal.IPV6_EXTENSION_TRUNCATED);
            assertThat(chain.problemCode).as("dropped silently").isEqualTo(-1);
        }
        for (int length = 1; length < 8; length++) {
            byte[] packet = Packets.raw(A, B, DESTINATION).payload(length).build();
            assertThat(walk(packet)).isEqualTo(Refusal.IPV6_EXTENSION_TRUNCATED);
            packet[6] = IpProtocol.FRAGMENT;
            assertThat(walk(packet)).isEqualTo(Refusal.IPV6_EXTENSION_TRUNCATED);
        }
    }

    @Test
    @DisplayName("X-08: chains longer than any honest packet's are refused")
    void longChains() {
        String header = "3c00 010400000000";
        assertThat(walk(packet(DESTINATION, header.repeat(7) + "1100 010400000000"))).isNull();
        assertThat(walk(packet(DESTINATION, header.repeat(8) + "1100 010400000000"))).isEqualTo(Refusal.IPV6_TOO_MANY_EXTENSIONS);
        assertThat(walk(packet(DESTINATION, header.repeat(150) + "1100 010400000000"))).isEqualTo(Refusal.IPV6_TOO_MANY_EXTENSIONS);
    }

    @Test
    @DisplayName("RFC 8200 section 4.1: hop-by-hop options anywhere but first are an unknown next header")
    void misplacedHopByHop() {
        assertThat(walk(packet(DESTINATION, "0000 010400000000 1100 010400000000"))).isEqualTo(Refusal.IPV6_MISPLACED_HEADER);
        assertProblem(Icmpv6.CODE_UNKNOWN_NEXT_HEADER, 40);
    }

    @ParameterizedTest
    @DisplayName("X-08, RFC 8200 section 4.4, RFC 5095: routing headers with segments left are refused, whatever their type and parity")
    @CsvSource({"0, 0, false", "0, 1, true", "0, 3, true", "0, 255, true", "2, 1, true", "3, 0, false", "4, 2, true", "255, 255, true"})
    void routingHeaders(int type, int segmentsLeft, boolean refused) {
        byte[] packet = packet(ROUTING, "1100 0000 00000000");
        packet[42] = (byte) type;
        packet[43] = (byte) segmentsLeft;
        assertThat(walk(packet)).isEqualTo(refused ? Refusal.IPV6_ROUTING_HEADER : null);
        if (refused) {
            assertProblem(Icmpv6.CODE_ERRONEOUS_HEADER, 42);
        } else {
            assertThat(chain.protocol).isEqualTo(IpProtocol.UDP);
        }
    }

    @ParameterizedTest
    @DisplayName("X-08, RFC 8200 section 4.2: the two high bits of an unknown option decide")
    @CsvSource({"3e, , -1, false", "7e, IPV6_UNKNOWN_OPTION, -1, false", "be, IPV6_UNKNOWN_OPTION, 2, true", "fe, IPV6_UNKNOWN_OPTION, 2, false"})
    void unknownOptions(String type, Refusal refusal, int code, boolean evenForMulticast) {
        for (int kind : new int[] {HBH, DESTINATION}) {
            assertThat(walk(packet(kind, "1100 0100" + type + "020000"))).isEqualTo(refusal);
            assertProblem(code, code < 0 ? 0 : 44);
            assertThat(chain.problemEvenForMulticast).isEqualTo(evenForMulticast);
        }
    }

    @Test
    @DisplayName("X-08: options that reach beyond their header are refused")
    void optionLengths() {
        assertThat(walk(packet(DESTINATION, "1100 0105 00000000"))).isEqualTo(Refusal.IPV6_BAD_OPTION);
        assertThat(walk(packet(DESTINATION, "1100 3eff 00000000"))).isEqualTo(Refusal.IPV6_BAD_OPTION);
        assertThat(walk(packet(DESTINATION, "1100 0103 000000 3e"))).isEqualTo(Refusal.IPV6_BAD_OPTION);
        assertThat(walk(packet(HBH, "1100 0501 00 000000"))).as("router alert of one octet").isEqualTo(Refusal.IPV6_BAD_OPTION);
    }

    @Test
    @DisplayName("RFC 8504 section 5.3: more than 7 octets of padding, or more than 8 options, are refused")
    void paddingAndOptionLimits() {
        assertThat(walk(packet(DESTINATION, "1100 000000000000"))).isNull();
        assertThat(walk(packet(DESTINATION, "1101 0105 0000000000 0000000000 0000"))).isEqualTo(Refusal.IPV6_TOO_MANY_EXTENSIONS);
        assertThat(walk(packet(DESTINATION, "1101 010c 000000000000000000000000"))).isEqualTo(Refusal.IPV6_TOO_MANY_EXTENSIONS);
        assertThat(walk(packet(DESTINATION, "1102" + "3e00".repeat(8) + "0104 00000000"))).isNull();
        assertThat(walk(packet(DESTINATION, "1102" + "3e00".repeat(9) + "0102 0000"))).isEqualTo(Refusal.IPV6_TOO_MANY_EXTENSIONS);
    }

    @Test
    @DisplayName("X-08, RFC 2675: the jumbo option in an ordinary packet, and jumbograms, are refused")
    void jumbograms() {
        byte[] packet = packet(HBH, "1100 c204 00020000");
        assertThat(walk(packet)).isEqualTo(Refusal.IPV6_JUMBOGRAM);
        assertProblem(Icmpv6.CODE_ERRONEOUS_HEADER, 42);
        Bytes.put16(packet, 4, 0);
        assertThat(Ipv6Header.check(packet, 0, packet.length)).isEqualTo(Refusal.IPV6_JUMBOGRAM);
    }

    @Test
    void fragmentFields() {
        byte[] whole = Packets.udp(A, 1, B, 2).payload(3000).build();
        List<byte[]> fragments = Packets.fragments(whole, 1280, 0xcafebabe);
        int position = 0;
        for (byte[] fragment : fragments) {
            assertThat(fragment.length).isLessThanOrEqualTo(1280);
            assertThat(walk(fragment)).isNull();
            assertThat(chain.isFragment).isTrue();
            assertThat(chain.isAtomicFragment).isFalse();
            assertThat(chain.fragmentId).isEqualTo(0xcafebabe);
            assertThat(chain.fragmentOffset).isEqualTo(position);
            assertThat(chain.fragmentHeaderOffset).isEqualTo(40);
            assertThat(chain.fragmentPreviousOffset).isEqualTo(6);
            assertThat(chain.payloadOffset).isEqualTo(48);
            assertThat(chain.payloadLength).isEqualTo(fragment.length - 48);
            assertThat(chain.protocol).isEqualTo(IpProtocol.UDP);
            position += chain.payloadLength;
            assertThat(chain.moreFragments).isEqualTo(position < 3008);
        }
        assertThat(position).isEqualTo(3008);
    }

    @Test
    void fragmentBehindHopByHopOptions() {
        byte[] packet = packet(HBH, "2c00 010400000000" + "1100 0008 00000007");
        assertThat(walk(packet)).isNull();
        assertThat(chain.fragmentHeaderOffset).isEqualTo(48);
        assertThat(chain.fragmentPreviousOffset).isEqualTo(40);
        assertThat(chain.fragmentOffset).isEqualTo(8);
        assertThat(chain.moreFragments).isFalse();
        assertThat(chain.fragmentId).isEqualTo(7);
    }

    @Test
    @DisplayName("F-03: a fragment that ends beyond 65,535 octets is refused with the pointer at its offset")
    void pingOfDeath() {
        byte[] packet = packet(IpProtocol.FRAGMENT, "1100 fff8 00000001");
        assertThat(walk(packet)).isEqualTo(Refusal.IPV6_FRAGMENT_TOO_LONG);
        assertProblem(Icmpv6.CODE_ERRONEOUS_HEADER, 42);
        assertThat(walk(packet(IpProtocol.FRAGMENT, "1100 ffe8 00000001"))).isNull();
    }

    @Test
    @DisplayName("F-04: more fragments with a length that is not a multiple of 8 is refused with the pointer at the payload length")
    void misalignedFragment() {
        byte[] whole = Packets.udp(A, 1, B, 2).payload(100).build();
        assertThat(walk(Packets.fragment(whole, 8, 23, true, 1))).isEqualTo(Refusal.IPV6_FRAGMENT_MISALIGNED);
        assertProblem(Icmpv6.CODE_ERRONEOUS_HEADER, 4);
        assertThat(walk(Packets.fragment(whole, 8, 0, true, 1))).isEqualTo(Refusal.IPV6_FRAGMENT_MISALIGNED);
        assertThat(walk(Packets.fragment(whole, 8, 23, false, 1))).isNull();
    }

    @Test
    @DisplayName("F-04, RFC 7112: a first fragment without the whole header chain is refused with code 3")
    void tinyFirstFragment() {
        byte[] tcp = Packets.tcp(A, 1, B, 2).payload(100).build();
        assertThat(walk(Packets.fragment(tcp, 0, 16, true, 1))).isEqualTo(Refusal.IPV6_FRAGMENT_TINY);
        assertProblem(Icmpv6.CODE_INCOMPLETE_CHAIN, 0);
        assertThat(walk(Packets.fragment(tcp, 0, 24, true, 1))).isNull();
        assertThat(walk(Packets.fragment(tcp, 16, 16, true, 1))).as("not the first").isNull();
        byte[] longChain = packet(DESTINATION, "3c02" + "3e00".repeat(7) + "01060000 00000000" + "1100 010400000000");
        assertThat(walk(Packets.fragment(longChain, 0, 24, true, 1))).isEqualTo(Refusal.IPV6_FRAGMENT_TINY);
        assertThat(walk(Packets.fragment(longChain, 0, 32, true, 1))).isEqualTo(Refusal.IPV6_FRAGMENT_TINY);
        assertThat(walk(Packets.fragment(longChain, 0, 40, true, 1))).isNull();
        assertThat(chain.protocol).as("the fragment's own description").isEqualTo(DESTINATION);
        assertThat(chain.payloadOffset).isEqualTo(48);
    }

    @Test
    @DisplayName("F-05, RFC 6946: an atomic fragment is processed as a whole packet")
    void atomicFragment() {
        byte[] packet = packet(IpProtocol.FRAGMENT, "1100 0000 00000009");
        assertThat(walk(packet)).isNull();
        assertThat(chain.isFragment).isFalse();
        assertThat(chain.isAtomicFragment).isTrue();
        assertThat(chain.fragmentId).isEqualTo(9);
        assertThat(chain.protocol).isEqualTo(IpProtocol.UDP);
        assertThat(chain.payloadOffset).isEqualTo(48);
        byte[] reserved = packet(IpProtocol.FRAGMENT, "1155 0006 00000009");
        assertThat(walk(reserved)).as("reserved bits are ignored").isNull();
        assertThat(chain.isAtomicFragment).isTrue();
    }

    @Test
    void noNextHeader() {
        assertThat(walk(packet(DESTINATION, "3b00 010400000000"))).isNull();
        assertThat(chain.protocol).isEqualTo(IpProtocol.NO_NEXT_HEADER);
        assertThat(chain.payloadLength).isEqualTo(16);
    }

    @Test
    @DisplayName("X-15: a quote is walked as far as it goes and never further")
    void quotes() {
        byte[] packet = packet(HBH, "2b00 010400000000" + "3c00 00ff00000000" + "1100 fe0400000000");
        assertThat(chain.walkQuote(packet, 0, packet.length)).isNull();
        assertThat(chain.protocol).isEqualTo(IpProtocol.UDP);
        assertThat(chain.payloadOffset).isEqualTo(64);
        for (int length = 0; length < packet.length; length++) {
            Refusal refusal = chain.walkQuote(packet, 0, length);
            assertThat(refusal).isEqualTo(length < 64 ? Refusal.ICMPV6_BAD_QUOTE : null);
        }
        byte[] later = Packets.fragment(Packets.udp(A, 1, B, 2).payload(100).build(), 16, 16, true, 1);
        assertThat(chain.walkQuote(later, 0, later.length)).as("the middle of a datagram has no ports").isEqualTo(Refusal.ICMPV6_BAD_QUOTE);
        byte[] first = Packets.fragment(Packets.udp(A, 1, B, 2).payload(100).build(), 0, 16, true, 1);
        assertThat(chain.walkQuote(first, 0, first.length)).isNull();
        assertThat(chain.payloadOffset).isEqualTo(48);
        packet[0] = 0x45;
        assertThat(chain.walkQuote(packet, 0, packet.length)).isEqualTo(Refusal.ICMPV6_BAD_QUOTE);
    }

    @Test
    void randomChainsNeverThrowAndStayWithinThePacket() {
        Random random = new Random(3);
        int[] kinds = {HBH, ROUTING, DESTINATION, IpProtocol.FRAGMENT, IpProtocol.UDP};
        int accepted = 0;
        for (int round = 0; round < 200_000; round++) {
            byte[] bytes = new byte[40 + random.nextInt(80)];
            random.nextBytes(bytes);
            bytes[0] = 0x60;
            Bytes.put16(bytes, 4, bytes.length - 40);
            bytes[6] = (byte) kinds[random.nextInt(5)];
            for (int i = 40; i + 8 <= bytes.length; i += 8) {
                bytes[i] = (byte) kinds[random.nextInt(5)];
                bytes[i + 1] = (byte) random.nextInt(2);
                bytes[i + 2] = (byte) random.nextInt(4);
                bytes[i + 3] = (byte) random.nextInt(6);
            }
            if (Ipv6Header.check(bytes, 0, bytes.length) == null && chain.walk(bytes, 0, bytes.length) == null) {
                accepted++;
                assertThat(chain.payloadOffset + chain.payloadLength).isEqualTo(bytes.length);
                assertThat(chain.payloadLength).isNotNegative();
                assertThat(chain.nextHeaderOffset).isLessThan(bytes.length);
            }
            chain.walkQuote(bytes, 0, random.nextInt(bytes.length + 1));
        }
        assertThat(accepted).isGreaterThan(1000);
    }
}
