package org.lastack.wire;

import org.jspecify.annotations.Nullable;

/// The UDP header (RFC 768) at an offset of a `byte[]`. [#check] is the door.
public final class UdpHeader {
    /// Octets of the header.
    public static final int LENGTH = 8;
    /// Offset of the checksum within the header.
    public static final int CHECKSUM_OFFSET = 6;
    /// Payload of the largest datagram over IPv4 without options: 65,535 - 20 - 8 (BEHAVIOUR S4-11).
    public static final int MAX_PAYLOAD_V4 = 65_507;
    /// Payload of the largest datagram over IPv6 without extension headers: 65,535 - 8.
    public static final int MAX_PAYLOAD_V6 = 65_527;

    private UdpHeader() {}

    /// Null if `length` octets of IP payload at `offset` hold a whole datagram, else the reason: fewer than 8, or a length field below 8 or
    /// beyond the payload (RFC 768; SECURITY X-09). The datagram is [#length] octets long; what follows it is ignored.
    public static @Nullable Refusal check(byte[] bytes, int offset, int length) {
        if (length < LENGTH) {
            return Refusal.UDP_TRUNCATED;
        }
        int field = length(bytes, offset);
        return field < LENGTH || field > length ? Refusal.UDP_BAD_LENGTH : null;
    }

    /// Null if the checksum of a checked datagram is right, else the reason. 0 means "none" over IPv4 (RFC 768) and is refused over IPv6
    /// (RFC 8200 §8.1).
    public static @Nullable Refusal checkChecksum(byte[] bytes, int offset, long sourceHigh, long sourceLow, long destinationHigh,
            long destinationLow) {
        if (checksum(bytes, offset) == 0) {
            return IpAddress.isV4(destinationHigh, destinationLow) ? null : Refusal.UDP_NO_CHECKSUM;
        }
        int length = length(bytes, offset);
        long pseudo = Checksum.pseudoHeader(sourceHigh, sourceLow, destinationHigh, destinationLow, IpProtocol.UDP, length);
        return Checksum.finish(Checksum.add(pseudo, bytes, offset, length)) != 0 ? Refusal.UDP_BAD_CHECKSUM : null;
    }

    public static int sourcePort(byte[] bytes, int offset) {
        return Bytes.u16(bytes, offset);
    }

    public static int destinationPort(byte[] bytes, int offset) {
        return Bytes.u16(bytes, offset + 2);
    }

    /// Octets of header and payload, as the datagram says.
    public static int length(byte[] bytes, int offset) {
        return Bytes.u16(bytes, offset + 4);
    }

    public static int checksum(byte[] bytes, int offset) {
        return Bytes.u16(bytes, offset + CHECKSUM_OFFSET);
    }

    /// Writes the 8 octets with checksum 0. `length` counts header and payload.
    public static void write(byte[] bytes, int offset, int sourcePort, int destinationPort, int length) {
        Bytes.put16(bytes, offset, sourcePort);
        Bytes.put16(bytes, offset + 2, destinationPort);
        Bytes.put16(bytes, offset + 4, length);
        Bytes.put16(bytes, offset + CHECKSUM_OFFSET, 0);
    }

    /// Computes the checksum of a whole datagram, payload in place, and writes it; a sum of 0 is sent as 0xffff (RFC 768).
    public static void writeChecksum(byte[] bytes, int offset, long sourceHigh, long sourceLow, long destinationHigh, long destinationLow) {
        int length = length(bytes, offset);
        Bytes.put16(bytes, offset + CHECKSUM_OFFSET, 0);
        long pseudo = Checksum.pseudoHeader(sourceHigh, sourceLow, destinationHigh, destinationLow, IpProtocol.UDP, length);
        int sum = Checksum.finish(Checksum.add(pseudo, bytes, offset, length));
        Bytes.put16(bytes, offset + CHECKSUM_OFFSET, sum == 0 ? 0xffff : sum);
    }
}
