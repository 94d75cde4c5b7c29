package org.lastack.link.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.lastack.link.Frames;
import org.lastack.link.LinkType;
import org.lastack.wire.Bytes;
import org.lastack.wire.Frame;

final class VirtioHeaderTest {
    private static final int AT = 118;

    private static Frame packet(int version, int protocol, int length) {
        Frame frame = Frame.unpooled(4000);
        frame.offset = 128;
        frame.length = length;
        frame.data[128] = (byte) (version << 4 | 5);
        frame.data[137] = (byte) protocol;
        frame.data[128 + 32] = 0x50; // data offset of a TCP header behind 20 octets of IPv4
        return frame;
    }

    private static void header(Frame frame, int flags, int gso, int headers, int size, int start, int offset) {
        ByteBuffer.wrap(frame.data, AT, 10)
                .order(ByteOrder.nativeOrder())
                .put((byte) flags)
                .put((byte) gso)
                .putShort((short) headers)
                .putShort((short) size)
                .putShort((short) start)
                .putShort((short) offset);
    }

    private static boolean decode(Frame frame) {
        return VirtioHeader.decode(frame.data, AT, frame, LinkType.IP);
    }

    /// SECURITY: gso_size 0, hdr_len beyond the packet, checksum field outside, unknown types, and types that contradict the packet.
    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "plain, 0, 0, 0, 0, 0, 0, true",
        "finished checksum, 2, 0, 0, 0, 0, 0, true",
        "partial checksum, 1, 0, 0, 0, 20, 16, true",
        "super-segment, 1, 1, 40, 1448, 20, 16, true",
        "super-segment with ECN, 1, 0x81, 40, 1448, 20, 16, true",
        "gso_size 0, 1, 1, 40, 0, 20, 16, false",
        "hdr_len beyond the packet, 1, 1, 3001, 1448, 20, 16, false",
        "hdr_len beyond a plain packet, 0, 0, 3001, 0, 0, 0, false",
        "csum_start beyond the packet, 1, 0, 0, 0, 3000, 16, false",
        "checksum field half outside, 1, 0, 0, 0, 20, 2979, false",
        "checksum field just inside, 1, 0, 0, 0, 20, 2978, true",
        "largest offsets, 1, 0, 0, 0, 65535, 65535, false",
        "csum_start inside the IP header, 1, 0, 0, 0, 19, 16, false",
        "unknown flag RSC_INFO, 4, 0, 0, 0, 0, 0, false",
        "unknown flag 0x80, 128, 0, 0, 0, 0, 0, false",
        "UFO was never agreed on, 1, 3, 28, 1448, 20, 6, false",
        "unknown gso type, 1, 2, 40, 1448, 20, 16, false",
        "ECN without segmentation, 1, 0x80, 40, 1448, 20, 16, false",
        "TCPV6 on an IPv4 packet, 1, 4, 40, 1448, 20, 16, false",
        "UDP on a TCP packet, 1, 5, 40, 1448, 20, 16, false",
    })
    void headersThatContradictTheirPacketAreRefused(
            String what, String flags, String gso, int headers, int size, int start, int offset, boolean accepted) {
        Frame frame = packet(4, 6, 3000);
        header(frame, Integer.decode(flags), Integer.decode(gso), headers, size, start, offset);
        assertThat(decode(frame)).isEqualTo(accepted);
    }

    @Test
    void segmentationNeedsAPacketOfItsFamily() {
        Frame six = packet(6, 0, 3000);
        header(six, 1, 4, 60, 1428, 40, 16);
        assertThat(decode(six)).isTrue();
        assertThat(six.gsoType).isEqualTo(Frame.GSO_TCPV6);
        six.length = 39; // not even an IPv6 header
        header(six, 0, 4, 0, 1428, 0, 0);
        assertThat(decode(six)).isFalse();
        Frame udp = packet(4, 17, 3000);
        header(udp, 1, 5, 28, 1400, 20, 6);
        assertThat(decode(udp)).isTrue();
        assertThat(udp.gsoSize).isEqualTo(1400);
        header(udp, 1, 1, 28, 1400, 20, 6);
        assertThat(decode(udp)).isFalse();
    }

    @Test
    void onEthernetTheEtherTypeMustAgree() {
        Frame frame = Frame.unpooled(4000);
        frame.offset = 128;
        frame.length = 3000;
        Bytes.put16(frame.data, 128 + 12, 0x0800);
        frame.data[128 + 14] = 0x45;
        frame.data[128 + 14 + 9] = 6;
        header(frame, 1, 1, 54, 1448, 34, 16);
        assertThat(VirtioHeader.decode(frame.data, AT, frame, LinkType.ETHERNET)).isTrue();
        Bytes.put16(frame.data, 128 + 12, 0x8100);
        assertThat(VirtioHeader.decode(frame.data, AT, frame, LinkType.ETHERNET)).isFalse();
        header(frame, 1, 0, 0, 0, 33, 16);
        assertThat(VirtioHeader.decode(frame.data, AT, frame, LinkType.ETHERNET)).isFalse();
    }

    @Test
    void whatWasEncodedIsDecodedAgain() {
        Frame frame = packet(4, 6, 3000);
        frame.needsChecksum = true;
        frame.checksumStart = 20;
        frame.checksumOffset = 16;
        frame.gsoType = Frame.GSO_TCPV4;
        frame.gsoSize = 1448;
        frame.data[AT - 1] = 77;
        frame.data[AT + 11] = 55;
        assertThat(VirtioHeader.encode(frame, frame.data, AT - 2, 12)).isTrue();
        assertThat(frame.data[AT + 8]).isZero();
        assertThat(frame.data[AT + 11]).isEqualTo((byte) 55);
        Frames.clearOffload(frame);
        assertThat(VirtioHeader.decode(frame.data, AT - 2, frame, LinkType.IP)).isTrue();
        assertThat(frame.needsChecksum).isTrue();
        assertThat(frame.checksumVerified).isTrue();
        assertThat(frame.checksumStart).isEqualTo(20);
        assertThat(frame.checksumOffset).isEqualTo(16);
        assertThat(frame.gsoType).isEqualTo(Frame.GSO_TCPV4);
        assertThat(frame.gsoSize).isEqualTo(1448);
    }

    @Test
    void contradictionsAreNotSent() {
        Frame frame = packet(4, 6, 3000);
        frame.gsoType = Frame.GSO_TCPV4;
        frame.gsoSize = 1448;
        assertThat(VirtioHeader.encode(frame, frame.data, AT, 10)).as("final checksum").isFalse();
        frame.needsChecksum = true;
        frame.checksumStart = 2990;
        frame.checksumOffset = 6;
        assertThat(VirtioHeader.encode(frame, frame.data, AT, 10)).as("TCP header outside").isFalse();
        frame.checksumStart = 20;
        frame.gsoSize = 0;
        assertThat(VirtioHeader.encode(frame, frame.data, AT, 10)).as("size 0").isFalse();
        frame.gsoSize = 1448;
        frame.checksumOffset = 3000;
        assertThat(VirtioHeader.encode(frame, frame.data, AT, 10)).as("field outside").isFalse();
    }

    @Test
    void anyHeaderEitherDescribesThePacketOrIsRefused() {
        Random random = new Random(1);
        int accepted = 0;
        for (int i = 0; i < 200_000; i++) {
            Frame frame = packet(random.nextBoolean() ? 4 : 6, random.nextBoolean() ? 6 : 17, random.nextInt(100));
            header(
                    frame,
                    random.nextInt(4) == 0 ? random.nextInt(256) : random.nextInt(4),
                    random.nextInt(7),
                    random.nextInt(120),
                    random.nextInt(3) == 0 ? 0 : random.nextInt(65_536),
                    random.nextInt(120),
                    random.nextInt(120));
            if (decode(frame)) {
                accepted++;
                assertThat(!frame.needsChecksum || Frames.checksumFieldInside(frame)).isTrue();
                assertThat(frame.gsoType == Frame.GSO_NONE || frame.gsoSize > 0).isTrue();
            }
        }
        assertThat(accepted).isBetween(1_000, 150_000);
    }

    @Test
    void theDerivedMacAddressIsLocalUnicastAndAnother() {
        for (long mac : new long[] {0x02_00_00_00_00_01L, 0x52_54_00_12_34_56L, 0xff_ff_ff_ff_ff_ffL}) {
            long own = TunLink.neighbourOf(mac);
            assertThat(own).isNotEqualTo(mac);
            assertThat(own & 0x0300_0000_0000L).isEqualTo(0x0200_0000_0000L);
        }
    }

    @Test
    void errorsNameThemselvesAndTheRemedy() {
        NativeException known = new NativeException("cannot open x", NativeErrno.EBUSY, "Close y.");
        assertThat(known).hasMessage("cannot open x: EBUSY (Device or resource busy). Close y.");
        assertThat(known.errno()).isEqualTo(16);
        assertThat(new NativeException("z", 1234, null)).hasMessage("z: errno 1234");
    }
}
