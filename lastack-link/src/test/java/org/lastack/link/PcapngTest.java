package org.lastack.link;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lastack.wire.Frame;
import org.lastack.wire.FramePool;

final class PcapngTest {
    private static final long TIME = 1_800_000_000_123_456_789L;
    private final FramePool pool = new FramePool();

    @Test
    void whatATapSawCanBeReadBack(@TempDir Path directory) throws IOException {
        Path file = directory.resolve("tap.pcapng");
        MemoryLink.Pair pair = MemoryLink.pair("left", "right");
        long[] clock = {TIME};
        PcapngWriter writer = PcapngWriter.create(file);
        PcapngTap tap = PcapngTap.to(pair.left(), writer, () -> clock[0]++, (frame, direction) -> frame.length == 41 ? "first, größer" : null);
        Frame out = Fixtures.frame(pool, 41, 1);
        assertThat(tap.send(out)).isTrue();
        pair.right().send(Fixtures.frame(pool, 1500, 2));
        Frame in = pool.take(2000 - 200);
        assertThat(tap.receive(in)).isEqualTo(1500);
        assertThat(tap.receive(in)).isZero();
        // Everything is in the file although nobody has closed it.
        List<PcapngPacket> packets = PcapngReader.readAll(file);
        assertThat(packets).hasSize(2);
        PcapngPacket first = packets.get(0);
        assertThat(first.data()).isEqualTo(Fixtures.octets(out));
        assertThat(first.originalLength()).isEqualTo(41);
        assertThat(first.timeNs()).isEqualTo(TIME);
        assertThat(first.linkType()).isEqualTo(PcapngWriter.LINKTYPE_RAW);
        assertThat(first.interfaceName()).isEqualTo("left");
        assertThat(first.direction()).isEqualTo(PcapngWriter.Direction.OUTBOUND);
        assertThat(first.comment()).isEqualTo("first, größer");
        PcapngPacket second = packets.get(1);
        assertThat(second.data()).hasSize(1500);
        assertThat(second.timeNs()).isEqualTo(TIME + 1);
        assertThat(second.direction()).isEqualTo(PcapngWriter.Direction.INBOUND);
        assertThat(second.comment()).isNull();
        tap.close();
        writer.close();
        assertThat(pair.left().isOpen()).isFalse();
        assertThat(writer.failure()).isNull();
    }

    @Test
    void severalInterfacesAndALongCommentAndALargePacket(@TempDir Path directory) throws IOException {
        Path file = directory.resolve("two.pcapng");
        try (PcapngWriter writer = PcapngWriter.create(file)) {
            int raw = writer.addInterface("tun0", PcapngWriter.LINKTYPE_RAW);
            int ethernet = writer.addInterface("tap0", PcapngWriter.LINKTYPE_ETHERNET);
            assertThat(writer.write(ethernet, -1, new byte[200_000], 1, 199_999, PcapngWriter.Direction.UNKNOWN, "ä".repeat(40_000))).isTrue();
            assertThat(writer.write(raw, 5, new byte[0], 0, 0, PcapngWriter.Direction.INBOUND, "")).isTrue();
            assertThatThrownBy(() -> writer.write(2, 0, new byte[1], 0, 1, PcapngWriter.Direction.UNKNOWN, null)).isInstanceOf(IllegalArgumentException.class);
        }
        List<PcapngPacket> packets = PcapngReader.readAll(file);
        assertThat(packets).extracting(PcapngPacket::linkType).containsExactly(1, 101);
        assertThat(packets.get(0).data()).hasSize(199_999);
        assertThat(packets.get(0).comment()).isEqualTo("ä".repeat(32_764));
        assertThat(packets.get(1).comment()).isEmpty();
        assertThat(packets.get(1).data()).isEmpty();
    }

    @Test
    void aFullDiskEndsTheCaptureOnceAndNotTheLink() {
        int[] writes = {0};
        OutputStream full = new OutputStream() {
            @Override
            public void write(int octet) throws IOException {
                write(new byte[] {(byte) octet}, 0, 1);
            }

            @Override
            public void write(byte[] octets, int offset, int length) throws IOException {
                writes[0]++;
                throw new IOException("No space left on device");
            }
        };
        MemoryLink.Pair pair = MemoryLink.pair("left", "right");
        PcapngWriter writer = PcapngWriter.to(full, "test");
        PcapngTap tap = PcapngTap.to(pair.left(), writer, () -> TIME, (frame, direction) -> null);
        for (int i = 0; i < 500; i++) {
            assertThat(tap.send(Fixtures.frame(pool, 1000, i))).isTrue();
        }
        assertThat(pair.right().pending()).isEqualTo(500);
        assertThat(writer.failure()).hasMessage("No space left on device");
        assertThat(writer.notWritten()).isPositive();
        assertThat(writer.packets() + writer.notWritten()).isEqualTo(500);
        tap.close();
        writer.close();
        assertThat(writes[0]).isEqualTo(1);
    }

    @Test
    void bigEndianSectionsOtherResolutionsAndSimplePacketsAreRead() throws IOException {
        ByteBuffer file = ByteBuffer.allocate(1000).order(ByteOrder.BIG_ENDIAN);
        file.putInt(PcapngWriter.SECTION_HEADER).putInt(28).putInt(PcapngWriter.BYTE_ORDER_MAGIC).putShort((short) 1).putShort((short) 0).putLong(-1).putInt(28);
        // if_tsresol 2^-10, if_tsoffset 100 s
        file.putInt(1).putInt(44).putShort((short) 101).putShort((short) 0).putInt(3);
        file.putInt(9 << 16 | 1).putInt(0x8a00_0000).putInt(14 << 16 | 8).putLong(100).putInt(0).putInt(44);
        file.putInt(0x0bad).putInt(16).putInt(0).putInt(16);
        file.putInt(3).putInt(20).putInt(9).putInt(0x0102_0300).putInt(20);
        file.putInt(6).putInt(36).putInt(0).putInt(0).putInt(1536).putInt(2).putInt(7).putInt(0x0405_0000).putInt(36);
        PcapngReader reader = PcapngReader.of(new ByteArrayInputStream(file.array(), 0, file.position()));
        PcapngPacket simple = reader.next();
        assertThat(simple.data()).containsExactly(1, 2, 3);
        assertThat(simple.originalLength()).isEqualTo(9);
        PcapngPacket enhanced = reader.next();
        assertThat(enhanced.data()).containsExactly(4, 5);
        assertThat(enhanced.timeNs()).isEqualTo(101_500_000_000L);
        assertThat(enhanced.direction()).isEqualTo(PcapngWriter.Direction.UNKNOWN);
        assertThat(reader.next()).isNull();
    }

    @Test
    void damagedFilesGiveOneTypedErrorAndNothingElse() throws IOException {
        byte[] good = sample();
        int refused = 0;
        for (int cut = 0; cut <= good.length; cut++) {
            refused += read(Arrays.copyOf(good, cut));
        }
        assertThat(refused).isGreaterThan(good.length / 2);
        Random random = new Random(20_261_121);
        for (int i = 0; i < 20_000; i++) {
            byte[] bad = good.clone();
            for (int j = random.nextInt(4); j >= 0; j--) {
                int at = random.nextInt(bad.length);
                bad[at] = (byte) switch (random.nextInt(4)) {
                    case 0 -> 0;
                    case 1 -> 0xff;
                    case 2 -> 0x7f;
                    default -> random.nextInt(256);
                };
            }
            read(bad);
        }
        for (int i = 0; i < 2_000; i++) {
            byte[] noise = new byte[random.nextInt(200)];
            random.nextBytes(noise);
            read(noise);
        }
    }

    /// 1 if the file was refused.
    private static int read(byte[] octets) throws IOException {
        try (PcapngReader reader = PcapngReader.of(new ByteArrayInputStream(octets))) {
            int packets = 0;
            while (reader.next() != null) {
                assertThat(++packets).isLessThan(100);
            }
            return 0;
        } catch (PcapngFormatException e) {
            assertThat(e.offset()).isBetween(0L, (long) octets.length);
            return 1;
        }
    }

    private byte[] sample() {
        ByteArrayOutputStream output = new ByteArrayOutputStream();
        try (PcapngWriter writer = PcapngWriter.to(output, "sample")) {
            List<Integer> interfaces = new ArrayList<>();
            interfaces.add(writer.addInterface("a", 101));
            interfaces.add(writer.addInterface("bb", 1));
            for (int i = 0; i < 6; i++) {
                byte[] data = Fixtures.octets(Fixtures.frame(pool, 1 + i * 7, i));
                writer.write(
                        interfaces.get(i % 2), TIME + i, data, 0, data.length, PcapngWriter.Direction.values()[i % 3], i % 2 == 0 ? "comment " + i : null);
            }
        }
        return output.toByteArray();
    }

    @Test
    void aFileThatCannotBeCreatedIsAnError(@TempDir Path directory) {
        assertThatThrownBy(() -> PcapngTap.toFile(MemoryLink.pair("a", "b").left(), directory.resolve("no/such"))).isInstanceOf(IOException.class);
        assertThat(Files.exists(directory)).isTrue();
    }
}
