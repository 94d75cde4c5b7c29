package org.lastack.wire;

import org.jspecify.annotations.Nullable;

/// The IPv6 header (RFC 8200 §3) at an offset of a `byte[]`; addresses are pairs of longs. [#check] is the door; what follows the header is
/// walked by [Ipv6Extensions].
public final class Ipv6Header {
    /// Octets of the header.
    public static final int LENGTH = 40;
    public static final int MAX_PAYLOAD_LENGTH = 65_535;
    /// Every link carries this many octets in one piece (RFC 8200 §5).
    public static final int MIN_MTU = 1280;
    public static final int DEFAULT_HOP_LIMIT = 64;
    /// Offset of the payload length within the header: the pointer of some parameter problems.
    public static final int PAYLOAD_LENGTH_OFFSET = 4;
    /// Offset of the next header field within the header.
    public static final int NEXT_HEADER_OFFSET = 6;

    private Ipv6Header() {}

    /// Null if `length` octets at `offset` begin with a whole IPv6 packet (trailing link padding is allowed), else the reason (SECURITY X-01).
    public static @Nullable Refusal check(byte[] bytes, int offset, int length) {
        if (length < LENGTH) {
            return Refusal.IPV6_TRUNCATED;
        }
        if (version(bytes, offset) != 6) {
            return Refusal.IPV6_BAD_VERSION;
        }
        int payload = payloadLength(bytes, offset);
        if (payload > length - LENGTH) {
            return Refusal.IPV6_TRUNCATED;
        }
        // RFC 2675 §3: payload length 0 before hop-by-hop options announces a jumbogram, which no link of ours carries.
        if (payload == 0 && nextHeader(bytes, offset) == IpProtocol.HOP_BY_HOP) {
            return Refusal.IPV6_JUMBOGRAM;
        }
        return null;
    }

    /// Null if `length` octets at `offset`, quoted by an ICMPv6 error, hold an IPv6 header. Lengths beyond the quote are expected.
    public static @Nullable Refusal checkQuote(byte[] bytes, int offset, int length) {
        return length < LENGTH || version(bytes, offset) != 6 ? Refusal.ICMPV6_BAD_QUOTE : null;
    }

    public static int version(byte[] bytes, int offset) {
        return bytes[offset] >>> 4 & 15;
    }

    /// The octet that holds DSCP and ECN.
    public static int trafficClass(byte[] bytes, int offset) {
        return Bytes.u16(bytes, offset) >>> 4 & 0xff;
    }

    /// 0..63 (RFC 2474).
    public static int dscp(byte[] bytes, int offset) {
        return trafficClass(bytes, offset) >>> 2;
    }

    /// One of [Ipv4Header#NOT_ECT] and its siblings.
    public static int ecn(byte[] bytes, int offset) {
        return trafficClass(bytes, offset) & 3;
    }

    /// 20 bits (RFC 6437).
    public static int flowLabel(byte[] bytes, int offset) {
        return Bytes.i32(bytes, offset) & 0xf_ffff;
    }

    /// Octets behind the header, extension headers included.
    public static int payloadLength(byte[] bytes, int offset) {
        return Bytes.u16(bytes, offset + PAYLOAD_LENGTH_OFFSET);
    }

    /// Octets of the packet, header included.
    public static int totalLength(byte[] bytes, int offset) {
        return LENGTH + payloadLength(bytes, offset);
    }

    public static int nextHeader(byte[] bytes, int offset) {
        return bytes[offset + NEXT_HEADER_OFFSET] & 0xff;
    }

    public static int hopLimit(byte[] bytes, int offset) {
        return bytes[offset + 7] & 0xff;
    }

    public static long sourceHigh(byte[] bytes, int offset) {
        return Bytes.i64(bytes, offset + 8);
    }

    public static long sourceLow(byte[] bytes, int offset) {
        return Bytes.i64(bytes, offset + 16);
    }

    public static long destinationHigh(byte[] bytes, int offset) {
        return Bytes.i64(bytes, offset + 24);
    }

    public static long destinationLow(byte[] bytes, int offset) {
        return Bytes.i64(bytes, offset + 32);
    }

    /// Writes the 40 octets. `payloadLength` counts what follows them.
    public static void write(byte[] bytes, int offset, int trafficClass, int flowLabel, int payloadLength, int nextHeader, int hopLimit,
            long sourceHigh, long sourceLow, long destinationHigh, long destinationLow) {
        Bytes.put32(bytes, offset, 0x6000_0000 | (trafficClass & 0xff) << 20 | (flowLabel & 0xf_ffff));
        Bytes.put16(bytes, offset + 4, payloadLength);
        bytes[offset + 6] = (byte) nextHeader;
        bytes[offset + 7] = (byte) hopLimit;
        Bytes.put64(bytes, offset + 8, sourceHigh);
        Bytes.put64(bytes, offset + 16, sourceLow);
        Bytes.put64(bytes, offset + 24, destinationHigh);
        Bytes.put64(bytes, offset + 32, destinationLow);
    }

    /// Writes the ECN field; the header has no checksum.
    public static void setEcn(byte[] bytes, int offset, int ecn) {
        bytes[offset + 1] = (byte) (bytes[offset + 1] & 0xcf | (ecn & 3) << 4);
    }
}
