package org.lastack.link;

import java.util.Arrays;
import org.lastack.wire.Bytes;
import org.lastack.wire.Checksum;
import org.lastack.wire.Frame;
import org.lastack.wire.FramePool;

/// Frames for tests.
final class Fixtures {
    private Fixtures() {}

    /// Octets that differ by index and by `mark`.
    static Frame frame(FramePool pool, int octets, int mark) {
        Frame frame = pool.take(octets);
        for (int i = 0; i < octets; i++) {
            frame.data[frame.offset + i] = (byte) (i * 31 + mark);
        }
        frame.length = octets;
        return frame;
    }

    static byte[] octets(Frame frame) {
        return Arrays.copyOfRange(frame.data, frame.offset, frame.offset + frame.length);
    }

    /// IPv4 UDP 10.0.0.1:1000 -> 10.0.0.2:2000 with 9 octets of payload, whose checksum field holds the folded pseudo-header sum.
    static Frame udpWithPartialChecksum(FramePool pool) {
        Frame frame = pool.take(37);
        int ip = frame.offset;
        frame.length = 37;
        Bytes.put32(frame.data, ip, 0x4500_0025);
        Bytes.put32(frame.data, ip + 4, 0);
        Bytes.put32(frame.data, ip + 8, 0x4011_0000);
        Bytes.put32(frame.data, ip + 12, 0x0a00_0001);
        Bytes.put32(frame.data, ip + 16, 0x0a00_0002);
        Bytes.put16(frame.data, ip + 10, Checksum.finish(Checksum.add(0, frame.data, ip, 20)));
        Bytes.put32(frame.data, ip + 20, 1000 << 16 | 2000);
        Bytes.put32(frame.data, ip + 24, 17 << 16);
        for (int i = 0; i < 9; i++) {
            frame.data[ip + 28 + i] = (byte) (200 + i);
        }
        Bytes.put16(frame.data, ip + 26, Checksum.fold(pseudo(frame)));
        frame.needsChecksum = true;
        frame.checksumStart = 20;
        frame.checksumOffset = 6;
        return frame;
    }

    static boolean udpChecksumIsRight(Frame frame) {
        return Checksum.finish(Checksum.add(pseudo(frame), frame.data, frame.offset + 20, frame.length - 20)) == 0;
    }

    private static long pseudo(Frame frame) {
        long sum = Checksum.add(0, frame.data, frame.offset + 12, 8);
        return Checksum.addWord(Checksum.addWord(sum, 17), frame.length - 20);
    }
}
