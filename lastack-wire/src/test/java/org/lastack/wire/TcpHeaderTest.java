package org.lastack.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/// The TCP header of RFC 9293 §3.1 (BEHAVIOUR S4-30 to S4-37; SECURITY ).
class TcpHeaderTest {
    private static final IpAddress A = IpAddress.of("198.18.0.1");
    private static final IpAddress B = IpAddress.of("198.18.0.2");
    private static final IpAddress A6 = IpAddress.of("fd00::1");
    private static final IpAddress B6 = IpAddress.of("fd00::2");
    private static final int AT = Ipv4Header.MIN_LENGTH;

    private static Refusal checksum(byte[] packet, IpAddress source, IpAddress destination, int at) {
        return TcpHeader.checkChecksum(packet, at, packet.length - at, source.high(), source.low(), destination.high(), destination.low());
    }

    @Test
    @DisplayName("S4-30, S4-31, S4-34: every field is read where it was written, at any offset")
    void fields() {
        Random random = new Random(1);
        for (int round = 0; round < 1000; round++) {
            int at = random.nextInt(64);
            byte[] bytes = new byte[at + 60];
            int source = random.nextInt(65_536);
            int destination = random.nextInt(65_536);
            int sequence = random.nextInt();
            int acknowledgment = random.nextInt();
            int words = 5 + random.nextInt(11);
            int flags = random.nextInt(512);
            int window = random.nextInt(65_536);
            int urgent = random.nextInt(65_536);
            TcpHeader.write(bytes, at, source, destination, sequence, acknowledgment, words * 4, flags, window, urgent);
            assertThat(TcpHeader.sourcePort(bytes, at)).isEqualTo(source);
            assertThat(TcpHeader.destinationPort(bytes, at)).isEqualTo(destination);
            assertThat(TcpHeader.sequence(bytes, at)).isEqualTo(sequence);
            assertThat(TcpHeader.acknowledgment(bytes, at)).isEqualTo(acknowledgment);
            assertThat(TcpHeader.headerLength(bytes, at)).isEqualTo(words * 4);
            assertThat(TcpHeader.flags(bytes, at)).isEqualTo(flags);
            assertThat(TcpHeader.window(bytes, at)).isEqualTo(window);
            assertThat(TcpHeader.urgentPointer(bytes, at)).isEqualTo(urgent);
            assertThat(TcpHeader.checksum(bytes, at)).isZero();
        }
    }

    @Test
    @DisplayName("MUST-1, S4-36: the window is unsigned: 0xffff reads as 65535")
    void windowIsUnsigned() {
        byte[] packet = Packets.tcp(A, 1, B, 2).window(0xffff).build();
        assertThat(TcpHeader.window(packet, AT)).isEqualTo(65_535);
        assertThat(TcpHeader.window(Packets.tcp(A, 1, B, 2).window(0x8000).build(), AT)).isEqualTo(32_768);
    }

    @Test
    @DisplayName("S4-32, X-08: data offsets 0 to 4 and beyond the segment are refused, 5 to 15 that fit are not")
    void dataOffset() {
        for (int words = 0; words < 16; words++) {
            byte[] packet = Packets.tcp(A, 1, B, 2).dataOffset(words).payload(20).build();
            boolean right = words >= 5 && words * 4 <= 40;
            assertThat(TcpHeader.refusal(packet, AT, 40)).isEqualTo(right ? null : Refusal.TCP_BAD_DATA_OFFSET);
            assertThat(TcpHeader.check(packet, AT, 40)).isEqualTo(right);
        }
        byte[] largest = new byte[60];
        TcpHeader.write(largest, 0, 1, 2, 3, 4, 60, TcpHeader.ACK, 5, 0);
        assertThat(TcpHeader.refusal(largest, 0, 60)).isNull();
        assertThat(TcpHeader.refusal(largest, 0, 59)).isEqualTo(Refusal.TCP_BAD_DATA_OFFSET);
    }

    @Test
    @DisplayName("X-01: fewer than 20 octets are refused, whatever they say")
    void truncated() {
        byte[] bytes = new byte[60];
        Arrays.fill(bytes, (byte) 0x55);
        for (int length = 0; length < 20; length++) {
            assertThat(TcpHeader.refusal(bytes, 0, length)).isEqualTo(Refusal.TCP_TRUNCATED);
            assertThat(TcpHeader.check(bytes, 0, length)).isFalse();
        }
    }

    @Test
    @DisplayName("S4-33, X-14: reserved bits are ignored, nonsense flags are read as they are")
    void reservedBits() {
        byte[] packet = Packets.tcp(A, 1, B, 2).flags(0xe00 | TcpHeader.SYN | TcpHeader.FIN).build();
        assertThat(TcpHeader.refusal(packet, AT, 20)).isNull();
        assertThat(TcpHeader.flags(packet, AT)).isEqualTo(TcpHeader.SYN | TcpHeader.FIN);
        for (int flags = 0; flags < 512; flags++) {
            packet = Packets.tcp(A, 1, B, 2).flags(flags).build();
            assertThat(TcpHeader.refusal(packet, AT, 20)).isNull();
            assertThat(TcpHeader.flags(packet, AT)).isEqualTo(flags);
        }
    }

    @Test
    @DisplayName("X-05: an urgent pointer beyond the data is a number, not a length")
    void urgentPointer() {
        for (int pointer : new int[] {0, 1, 60_000, 65_535}) {
            byte[] packet = Packets.tcp(A, 1, B, 2).flags(TcpHeader.URG | TcpHeader.ACK).urgentPointer(pointer).payload(3).build();
            assertThat(TcpHeader.refusal(packet, AT, 23)).isNull();
            assertThat(TcpHeader.urgentPointer(packet, AT)).isEqualTo(pointer);
        }
    }

    @Test
    @DisplayName("MUST-2, MUST-3, S4-37: the checksum covers pseudo-header, header, options and data of any length, over both families")
    void checksum() {
        Random random = new Random(2);
        for (int length = 0; length < 100; length++) {
            byte[] packet = Packets.tcp(A, 1, B, 2).mss(1460).payload(length).build();
            assertThat(checksum(packet, A, B, AT)).isNull();
            assertThat(checksum(packet, A, A, AT)).as("another pseudo-header").isEqualTo(Refusal.TCP_BAD_CHECKSUM);
            byte[] packet6 = Packets.tcp(A6, 1, B6, 2).mss(1440).payload(length).build();
            assertThat(checksum(packet6, A6, B6, Ipv6Header.LENGTH)).isNull();
            packet[AT + random.nextInt(packet.length - AT)] ^= 0x10;
            assertThat(checksum(packet, A, B, AT)).isEqualTo(Refusal.TCP_BAD_CHECKSUM);
            packet6[8 + random.nextInt(packet6.length - 8)] ^= 0x10;
            IpAddress source = IpAddress.readV6(packet6, 8);
            IpAddress destination = IpAddress.readV6(packet6, 24);
            assertThat(checksum(packet6, source, destination, Ipv6Header.LENGTH)).isEqualTo(Refusal.TCP_BAD_CHECKSUM);
        }
        assertThat(checksum(Packets.tcp(A, 1, B, 2).badChecksum().build(), A, B, AT)).isEqualTo(Refusal.TCP_BAD_CHECKSUM);
    }
}
