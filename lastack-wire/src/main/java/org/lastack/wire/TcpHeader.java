package org.lastack.wire;

import org.jspecify.annotations.Nullable;

/// The TCP header (RFC 9293 §3.1) at an offset of a `byte[]`. [#check] is the door: behind it all accessors are safe.
public final class TcpHeader {
    /// Octets of a header without options.
    public static final int MIN_LENGTH = 20;
    /// Octets of a header with 40 octets of options.
    public static final int MAX_LENGTH = 60;

    public static final int FIN = 0x01;
    public static final int SYN = 0x02;
    public static final int RST = 0x04;
    public static final int PSH = 0x08;
    public static final int ACK = 0x10;
    public static final int URG = 0x20;
    /// ECN-Echo (RFC 3168).
    public static final int ECE = 0x40;
    /// Congestion Window Reduced (RFC 3168).
    public static final int CWR = 0x80;
    /// The third bit of the AccECN counter (RFC 9768); NS of the historic RFC 3540.
    public static final int AE = 0x100;

    /// Offset of the checksum within the header.
    public static final int CHECKSUM_OFFSET = 16;

    private TcpHeader() {}

    /// True if `length` octets at `offset` hold a whole header: data offset at least 5 words and not beyond the end.
    public static boolean check(byte[] bytes, int offset, int length) {
        if (length < MIN_LENGTH) {
            return false;
        }
        int header = headerLength(bytes, offset);
        return header >= MIN_LENGTH && header <= length;
    }

    /// As [#check], with the reason: null, [Refusal#TCP_TRUNCATED] or [Refusal#TCP_BAD_DATA_OFFSET] (SECURITY X-08).
    public static @Nullable Refusal refusal(byte[] bytes, int offset, int length) {
        if (length < MIN_LENGTH) {
            return Refusal.TCP_TRUNCATED;
        }
        return check(bytes, offset, length) ? null : Refusal.TCP_BAD_DATA_OFFSET;
    }

    /// Null if the checksum of a segment of `length` octets is right over it and its pseudo-header (RFC 9293 §3.1, MUST-3), else
    /// [Refusal#TCP_BAD_CHECKSUM].
    public static @Nullable Refusal checkChecksum(byte[] bytes, int offset, int length, long sourceHigh, long sourceLow, long destinationHigh,
            long destinationLow) {
        long pseudo = Checksum.pseudoHeader(sourceHigh, sourceLow, destinationHigh, destinationLow, IpProtocol.TCP, length);
        return Checksum.finish(Checksum.add(pseudo, bytes, offset, length)) != 0 ? Refusal.TCP_BAD_CHECKSUM : null;
    }

    /// Computes the checksum of a whole segment, options and payload in place, and writes it (RFC 9293 §3.1, MUST-2).
    public static void writeChecksum(byte[] bytes, int offset, int length, long sourceHigh, long sourceLow, long destinationHigh,
            long destinationLow) {
        Bytes.put16(bytes, offset + CHECKSUM_OFFSET, 0);
        long pseudo = Checksum.pseudoHeader(sourceHigh, sourceLow, destinationHigh, destinationLow, IpProtocol.TCP, length);
        Bytes.put16(bytes, offset + CHECKSUM_OFFSET, Checksum.finish(Checksum.add(pseudo, bytes, offset, length)));
    }

    public static int sourcePort(byte[] bytes, int offset) {
        return Bytes.u16(bytes, offset);
    }

    public static int destinationPort(byte[] bytes, int offset) {
        return Bytes.u16(bytes, offset + 2);
    }

    public static int sequence(byte[] bytes, int offset) {
        return Bytes.i32(bytes, offset + 4);
    }

    public static int acknowledgment(byte[] bytes, int offset) {
        return Bytes.i32(bytes, offset + 8);
    }

    /// Octets of header and options: the data offset times 4.
    public static int headerLength(byte[] bytes, int offset) {
        return (bytes[offset + 12] & 0xf0) >>> 2;
    }

    /// The nine flag bits, as the constants of this class.
    public static int flags(byte[] bytes, int offset) {
        return Bytes.u16(bytes, offset + 12) & 0x1ff;
    }

    /// The window field, not scaled: 0..65535 (RFC 9293 §3.1, MUST-1).
    public static int window(byte[] bytes, int offset) {
        return Bytes.u16(bytes, offset + 14);
    }

    public static int checksum(byte[] bytes, int offset) {
        return Bytes.u16(bytes, offset + 16);
    }

    public static int urgentPointer(byte[] bytes, int offset) {
        return Bytes.u16(bytes, offset + 18);
    }

    /// Writes the fixed 20 octets; the checksum field is set to 0. `headerLength` counts options and is a multiple of 4.
    public static void write(byte[] bytes, int offset, int sourcePort, int destinationPort, int sequence, int acknowledgment, int headerLength,
            int flags, int window, int urgentPointer) {
        Bytes.put16(bytes, offset, sourcePort);
        Bytes.put16(bytes, offset + 2, destinationPort);
        Bytes.put32(bytes, offset + 4, sequence);
        Bytes.put32(bytes, offset + 8, acknowledgment);
        Bytes.put16(bytes, offset + 12, headerLength << 10 | flags);
        Bytes.put16(bytes, offset + 14, window);
        Bytes.put32(bytes, offset + 16, urgentPointer & 0xffff);
    }
}
