package org.lastack.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/// Options of RFC 9293 §3.1 and §3.2, RFC 7323, RFC 2018, RFC 7413 and RFC 9768 (SECURITY ).
class TcpOptionsTest {
    private static TcpOptions parse(String hex) {
        byte[] bytes = HexFormat.of().parseHex(hex.replace(" ", ""));
        TcpOptions options = new TcpOptions();
        options.parse(bytes, 0, bytes.length);
        return options;
    }

    @Test
    @DisplayName("MUST-4: end of list, no-operation and MSS are understood")
    void mandatoryOptions() {
        TcpOptions options = parse("01 01 020405b4 00 ff");
        assertThat(options.mss).isEqualTo(1460);
        assertThat(options.wellFormed).as("what follows the end is not read").isTrue();
    }

    @Test
    @DisplayName("MUST-5, MUST-64: options are found in every order and at every alignment")
    void anyAlignment() {
        String[] parts = {"020405b4", "030307", "0402", "080a0000000100000002"};
        int[][] orders = {{0, 1, 2, 3}, {3, 2, 1, 0}, {1, 0, 3, 2}, {2, 3, 0, 1}, {1, 2, 0, 3}, {3, 1, 0, 2}};
        for (int[] order : orders) {
            for (int nops = 0; nops < 8; nops++) {
                String hex = "01".repeat(nops) + parts[order[0]] + parts[order[1]] + "01".repeat(nops) + parts[order[2]] + parts[order[3]];
                TcpOptions options = parse(hex);
                assertThat(options.mss).isEqualTo(1460);
                assertThat(options.windowScale).isEqualTo(7);
                assertThat(options.sackPermitted).isTrue();
                assertThat(options.hasTimestamps).isTrue();
                assertThat(options.timestampValue).isEqualTo(1);
                assertThat(options.timestampEcho).isEqualTo(2);
                assertThat(options.wellFormed).isTrue();
            }
        }
    }

    @Test
    @DisplayName("MUST-6, MUST-68: an unknown option is skipped by its length")
    void unknownOptions() {
        assertThat(parse("4d02 020405b4").mss).isEqualTo(1460);
        assertThat(parse("4d0a 0204ffff02040001 020405b4").mss).as("its content is not options").isEqualTo(1460);
        Random random = new Random(1);
        for (int kind = 0; kind < 256; kind++) {
            if (kind <= 5 || kind == 8 || kind == 34 || kind == 172 || kind == 174 || kind == 254) {
                continue;
            }
            int size = 2 + random.nextInt(20);
            byte[] bytes = new byte[size + 4];
            random.nextBytes(bytes);
            bytes[0] = (byte) kind;
            bytes[1] = (byte) size;
            TcpOptionWriter.mss(bytes, size, 1400);
            TcpOptions options = new TcpOptions();
            options.parse(bytes, 0, bytes.length);
            assertThat(options.mss).as("kind %d", kind).isEqualTo(1400);
            assertThat(options.wellFormed).isTrue();
        }
    }

    @Test
    @DisplayName("MUST-7, X-06: an illegal length ends the list and keeps what came before")
    void illegalLengths() {
        for (String bad : new String[] {"0500", "0501", "0509", "05ff", "05", "0800", "02", "0205ffff", "4d00", "4d01", "4d"}) {
            TcpOptions options = parse("020405b4" + bad);
            assertThat(options.mss).as(bad).isEqualTo(1460);
            assertThat(options.wellFormed).as(bad).isFalse();
        }
        assertThat(parse("0500 020405b4").mss).as("what follows is not believed").isEqualTo(-1);
    }

    @Test
    @DisplayName("X-08: known kinds of a wrong length are ignored, what follows them is read")
    void lengthsThatDoNotFitTheKind() {
        assertThat(parse("0203ff 030307").mss).isEqualTo(-1);
        assertThat(parse("0203ff 030307").windowScale).isEqualTo(7);
        assertThat(parse("0205ffffff 030307").mss).isEqualTo(-1);
        assertThat(parse("0302 020405b4").windowScale).isEqualTo(-1);
        assertThat(parse("03040707 020405b4").windowScale).isEqualTo(-1);
        assertThat(parse("0403ff 020405b4").sackPermitted).isFalse();
        assertThat(parse("0809ffffffffffffff 020405b4").hasTimestamps).isFalse();
        assertThat(parse("080bffffffffffffffffff 020405b4").mss).isEqualTo(1460);
        for (int size = 2; size < 38; size++) {
            if ((size - 2) % 8 == 0 && size > 2) {
                continue;
            }
            byte[] bytes = new byte[size];
            bytes[0] = TcpOptions.SACK;
            bytes[1] = (byte) size;
            TcpOptions options = new TcpOptions();
            options.parse(bytes, 0, size);
            assertThat(options.sackCount).as("SACK of length %d", size).isZero();
            assertThat(options.wellFormed).isTrue();
        }
    }

    @Test
    void theWindowScaleIsKeptAsSent() {
        assertThat(parse("0303ff").windowScale).isEqualTo(255);
        assertThat(parse("030300").windowScale).isZero();
    }

    @Test
    void fourSackBlocksAndNoMore() {
        byte[] bytes = new byte[40];
        int[] left = {100, 300, -5, 0x7fffffff};
        int[] right = {200, 400, 6, 0x80000010};
        int end = TcpOptionWriter.sack(bytes, 0, left, right, 4);
        assertThat(end).isEqualTo(34);
        TcpOptions options = new TcpOptions();
        options.parse(bytes, 0, end);
        assertThat(options.sackCount).isEqualTo(4);
        assertThat(options.sackLeft).containsExactly(left);
        assertThat(options.sackRight).containsExactly(right);
    }

    @Test
    void fastOpenInBothForms() {
        byte[] cookie = {1, 2, 3, 4, 5, 6, 7, 8};
        byte[] bytes = new byte[40];
        TcpOptions options = new TcpOptions();
        for (int length : new int[] {0, 4, 6, 8}) {
            int end = TcpOptionWriter.fastOpen(bytes, 0, cookie, 0, length);
            options.parse(bytes, 0, end);
            assertThat(options.fastOpenLength).isEqualTo(length);
            assertThat(options.fastOpenExperimental).isFalse();
            assertThat(Arrays.copyOfRange(bytes, options.fastOpenOffset, options.fastOpenOffset + length)).isEqualTo(Arrays.copyOf(cookie, length));
            end = TcpOptionWriter.fastOpenExperimental(bytes, 3, cookie, 0, length);
            options.parse(bytes, 3, end - 3);
            assertThat(options.fastOpenLength).isEqualTo(length);
            assertThat(options.fastOpenExperimental).isTrue();
            assertThat(Arrays.copyOfRange(bytes, options.fastOpenOffset, options.fastOpenOffset + length)).isEqualTo(Arrays.copyOf(cookie, length));
        }
        assertThat(parse("2204ffff").fastOpenLength).as("2 octets are no cookie").isEqualTo(-1);
        assertThat(parse("2207ffffffffff").fastOpenLength).as("an odd cookie").isEqualTo(-1);
        assertThat(parse("fe03ff").fastOpenLength).isEqualTo(-1);
        assertThat(parse("fe08aabb00000000").fastOpenLength).as("another experiment").isEqualTo(-1);
    }

    @Test
    void accurateEcn() {
        byte[] bytes = new byte[12];
        for (int count = 0; count <= 3; count++) {
            int end = TcpOptionWriter.accEcn(bytes, 0, TcpOptions.ACC_ECN_1, new int[] {0xabcdef, 1, 0x800000}, count);
            TcpOptions options = new TcpOptions();
            options.parse(bytes, 0, end);
            assertThat(options.accEcnKind).isEqualTo(TcpOptions.ACC_ECN_1);
            assertThat(options.accEcnCount).isEqualTo(count);
            assertThat(Arrays.copyOf(options.accEcn, count)).isEqualTo(Arrays.copyOf(new int[] {0xabcdef, 1, 0x800000}, count));
        }
    }

    @Test
    @DisplayName("MUST-69: the writer pads with end-of-list and zeros to a whole word")
    void padding() {
        for (int length = 0; length <= 8; length++) {
            byte[] bytes = new byte[16];
            Arrays.fill(bytes, (byte) 0xee);
            int end = TcpOptionWriter.pad(bytes, 3, 3 + length);
            assertThat(end - 3).isEqualTo((length + 3) / 4 * 4);
            for (int i = 3 + length; i < end; i++) {
                assertThat(bytes[i]).isZero();
            }
            assertThat(bytes[end]).isEqualTo((byte) 0xee);
        }
    }

    @Test
    @DisplayName("MUST-68: what the writer writes carries its length and is read back, as Linux lays a SYN out")
    void writerAndParserAgree() {
        byte[] bytes = new byte[40];
        int end = TcpOptionWriter.mss(bytes, 0, 1460);
        end = TcpOptionWriter.sackPermitted(bytes, end);
        end = TcpOptionWriter.timestamps(bytes, end, 0x12345678, -1);
        end = TcpOptionWriter.nop(bytes, end);
        end = TcpOptionWriter.windowScale(bytes, end, 7);
        assertThat(HexFormat.of().formatHex(bytes, 0, end)).isEqualTo("020405b40402080a12345678ffffffff01030307");
        TcpOptions options = new TcpOptions();
        options.parse(bytes, 0, end);
        assertThat(options.mss).isEqualTo(1460);
        assertThat(options.sackPermitted).isTrue();
        assertThat(options.timestampValue).isEqualTo(0x12345678);
        assertThat(options.timestampEcho).isEqualTo(-1);
        assertThat(options.windowScale).isEqualTo(7);
    }

    @Test
    void theFastPathForTimestampsReadsWhatTheSlowOneReads() {
        byte[] bytes = new byte[16];
        int end = TcpOptionWriter.alignedTimestamps(bytes, 2, -7, 9);
        assertThat(end).isEqualTo(14);
        TcpOptions fast = new TcpOptions();
        fast.mss = 5;
        fast.sackCount = 2;
        fast.parse(bytes, 2, 12);
        bytes[14] = TcpOptions.NOP;
        TcpOptions slow = new TcpOptions();
        slow.parse(bytes, 2, 13);
        for (TcpOptions options : new TcpOptions[] {fast, slow}) {
            assertThat(options.hasTimestamps).isTrue();
            assertThat(options.timestampValue).isEqualTo(-7);
            assertThat(options.timestampEcho).isEqualTo(9);
            assertThat(options.mss).as("nothing of the last segment remains").isEqualTo(-1);
            assertThat(options.sackCount).isZero();
        }
    }

    @Test
    @DisplayName("MUST-7: random octets never throw, and nothing outside the range is read")
    void randomOctets() {
        Random random = new Random(2);
        TcpOptions options = new TcpOptions();
        for (int round = 0; round < 300_000; round++) {
            int length = random.nextInt(41);
            // The array ends where the options end: a read beyond them would throw.
            byte[] bytes = new byte[length];
            random.nextBytes(bytes);
            for (int i = 0; i + 1 < length; i += 1 + random.nextInt(6)) {
                bytes[i] = (byte) new int[] {0, 1, 2, 3, 4, 5, 8, 34, 172, 174, 254}[random.nextInt(11)];
                bytes[i + 1] = (byte) random.nextInt(12);
            }
            options.parse(bytes, 0, length);
            assertThat(options.sackCount).isBetween(0, 4);
            assertThat(options.mss).isBetween(-1, 65_535);
            assertThat(options.windowScale).isBetween(-1, 255);
            if (options.fastOpenLength > 0) {
                assertThat(options.fastOpenOffset + options.fastOpenLength).isLessThanOrEqualTo(length);
            }
        }
    }
}
