package org.lastack.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class ChecksumTest {
    private static final IpAddress A4 = IpAddress.of("198.18.0.1");
    private static final IpAddress B4 = IpAddress.of("198.18.0.2");
    private static final IpAddress A6 = IpAddress.of("fd00:1234::1");
    private static final IpAddress B6 = IpAddress.of("fd00::ffff:2");

    /// RFC 1071 §1, word by word: add 16-bit words, put carries back, complement.
    private static int naive(byte[] bytes, int offset, int length) {
        int sum = 0;
        for (int i = 0; i < length; i += 2) {
            int high = bytes[offset + i] & 0xff;
            int low = i + 1 < length ? bytes[offset + i + 1] & 0xff : 0;
            sum += high << 8 | low;
            sum = (sum & 0xffff) + (sum >>> 16);
        }
        return ~sum & 0xffff;
    }

    private static byte[] random(Random random, int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    @Test
    @DisplayName("the example of RFC 1071 section 3 gives ddf2 before the complement")
    void exampleOfTheRfc() {
        byte[] example = HexFormat.of().parseHex("0001f203f4f5f6f7");
        assertThat(Checksum.fold(Checksum.add(0, example, 0, 8))).isEqualTo(0xddf2);
        assertThat(Checksum.finish(Checksum.add(0, example, 0, 8))).isEqualTo(0x220d);
    }

    @Test
    void equalsTheNaiveSumForAllShortLengthsAndOffsets() {
        Random random = new Random(1);
        byte[] bytes = random(random, 160);
        for (int offset = 0; offset < 17; offset++) {
            for (int length = 0; length <= 140; length++) {
                assertThat(Checksum.finish(Checksum.add(0, bytes, offset, length))).as("%d+%d", offset, length)
                        .isEqualTo(naive(bytes, offset, length));
            }
        }
    }

    @Test
    void equalsTheNaiveSumForRandomDataOfAnyLength() {
        Random random = new Random(2);
        for (int round = 0; round < 500; round++) {
            int length = random.nextInt(65_536);
            int offset = random.nextInt(16);
            byte[] bytes = random(random, offset + length);
            assertThat(Checksum.finish(Checksum.add(0, bytes, offset, length))).isEqualTo(naive(bytes, offset, length));
        }
    }

    @Test
    @DisplayName("64 KiB of 0xff: the sum that carries most often")
    void allOnes() {
        byte[] bytes = new byte[65_535];
        java.util.Arrays.fill(bytes, (byte) 0xff);
        assertThat(Checksum.finish(Checksum.add(0, bytes, 0, bytes.length))).isEqualTo(naive(bytes, 0, bytes.length));
    }

    @Test
    void aSumMayBeTakenInEvenPieces() {
        Random random = new Random(3);
        byte[] bytes = random(random, 3001);
        for (int round = 0; round < 500; round++) {
            int first = random.nextInt(1500) & ~1;
            int second = random.nextInt(1500) & ~1;
            long sum = Checksum.add(0, bytes, 0, first);
            sum = Checksum.add(sum, bytes, first, second);
            sum = Checksum.add(sum, bytes, first + second, bytes.length - first - second);
            assertThat(Checksum.finish(sum)).isEqualTo(naive(bytes, 0, bytes.length));
        }
    }

    @Test
    void rangeWithItsOwnChecksumGivesZero() {
        Random random = new Random(4);
        for (int round = 0; round < 1000; round++) {
            byte[] bytes = random(random, 20 + random.nextInt(1500));
            Bytes.put16(bytes, 10, 0);
            Bytes.put16(bytes, 10, Checksum.finish(Checksum.add(0, bytes, 0, bytes.length)));
            assertThat(Checksum.finish(Checksum.add(0, bytes, 0, bytes.length))).isZero();
            bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
            assertThat(Checksum.finish(Checksum.add(0, bytes, 0, bytes.length))).as("one flipped bit is always found").isNotZero();
        }
    }

    @Test
    @DisplayName("RFC 1624 section 4: 0x5555 to 0x3285 changes dd2f to 0000")
    void incrementalUpdateOfTheRfcsExample() {
        assertThat(Checksum.update(0xdd2f, 0x5555, 0x3285)).isEqualTo(0x0000);
    }

    @Test
    @DisplayName("RFC 1624: an incremental update verifies like a full sum, for any word and value")
    void incrementalUpdate() {
        Random random = new Random(5);
        for (int round = 0; round < 20_000; round++) {
            byte[] bytes = random(random, 20);
            Bytes.put16(bytes, 10, 0);
            Bytes.put16(bytes, 10, Checksum.finish(Checksum.add(0, bytes, 0, 20)));
            int index = 2 * random.nextInt(5);
            int before = Bytes.u16(bytes, index);
            int after = switch (random.nextInt(4)) {
                case 0 -> 0;
                case 1 -> 0xffff;
                case 2 -> before;
                default -> random.nextInt(65_536);
            };
            Bytes.put16(bytes, index, after);
            Bytes.put16(bytes, 10, Checksum.update(Bytes.u16(bytes, 10), before, after));
            assertThat(Checksum.finish(Checksum.add(0, bytes, 0, 20))).isZero();
        }
    }

    private static byte[] pseudoHeaderV4(IpAddress source, IpAddress destination, int protocol, int length) {
        byte[] pseudo = new byte[12];
        Bytes.put32(pseudo, 0, source.v4Bits());
        Bytes.put32(pseudo, 4, destination.v4Bits());
        Bytes.put8(pseudo, 9, protocol);
        Bytes.put16(pseudo, 10, length);
        return pseudo;
    }

    private static byte[] pseudoHeaderV6(IpAddress source, IpAddress destination, int protocol, int length) {
        byte[] pseudo = new byte[40];
        System.arraycopy(source.toBytes(), 0, pseudo, 0, 16);
        System.arraycopy(destination.toBytes(), 0, pseudo, 16, 16);
        Bytes.put32(pseudo, 32, length);
        Bytes.put32(pseudo, 36, protocol);
        return pseudo;
    }

    @Test
    @DisplayName("RFC 9293 section 3.1: the pseudo-header over IPv4 is addresses, zero, protocol, length")
    void pseudoHeaderOverIpv4() {
        for (int length : new int[] {0, 1, 20, 65_535}) {
            byte[] pseudo = pseudoHeaderV4(A4, B4, IpProtocol.TCP, length);
            long sum = Checksum.pseudoHeader(A4.high(), A4.low(), B4.high(), B4.low(), IpProtocol.TCP, length);
            assertThat(Checksum.finish(sum)).isEqualTo(naive(pseudo, 0, pseudo.length));
        }
    }

    @Test
    @DisplayName("RFC 8200 section 8.1: the pseudo-header over IPv6 has 32 bits of length")
    void pseudoHeaderOverIpv6() {
        for (int length : new int[] {0, 1, 1280, 65_535, 70_000, 0x12345678}) {
            byte[] pseudo = pseudoHeaderV6(A6, B6, IpProtocol.UDP, length);
            long sum = Checksum.pseudoHeader(A6.high(), A6.low(), B6.high(), B6.low(), IpProtocol.UDP, length);
            assertThat(Checksum.finish(sum)).isEqualTo(naive(pseudo, 0, pseudo.length));
        }
    }

    @Test
    void randomPseudoHeadersOfBothFamilies() {
        Random random = new Random(6);
        for (int round = 0; round < 2000; round++) {
            boolean v4 = random.nextBoolean();
            IpAddress source = v4 ? IpAddress.v4(random.nextInt()) : new IpAddress(random.nextLong() | 1, random.nextLong());
            IpAddress destination = v4 ? IpAddress.v4(random.nextInt()) : new IpAddress(random.nextLong() | 1, random.nextLong());
            int length = random.nextInt(65_536);
            byte[] pseudo = v4 ? pseudoHeaderV4(source, destination, 17, length) : pseudoHeaderV6(source, destination, 17, length);
            long sum = Checksum.pseudoHeader(source.high(), source.low(), destination.high(), destination.low(), 17, length);
            assertThat(Checksum.finish(sum)).isEqualTo(naive(pseudo, 0, pseudo.length));
        }
    }
}
