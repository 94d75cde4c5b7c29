package org.lastack.wire;

import org.jspecify.annotations.Nullable;

/// ICMPv6 messages (RFC 4443) at an offset of a `byte[]`. [#check] is the door; neighbour discovery is in [Ndp].
public final class Icmpv6 {
    /// Octets of every message that we understand: type, code, checksum and four octets whose meaning the type decides.
    public static final int HEADER_LENGTH = 8;
    /// Octets of the refused packet that an error can quote so that the whole fits the least MTU (RFC 4443 §2.4 (c)): 1280 - 40 - 8.
    public static final int MAX_QUOTE = Ipv6Header.MIN_MTU - Ipv6Header.LENGTH - HEADER_LENGTH;

    public static final int DESTINATION_UNREACHABLE = 1;
    public static final int PACKET_TOO_BIG = 2;
    public static final int TIME_EXCEEDED = 3;
    public static final int PARAMETER_PROBLEM = 4;
    public static final int ECHO_REQUEST = 128;
    public static final int ECHO_REPLY = 129;
    public static final int MLD_QUERY = 130;
    public static final int MLD_REPORT = 131;
    public static final int MLD_DONE = 132;
    public static final int ROUTER_SOLICITATION = 133;
    public static final int ROUTER_ADVERTISEMENT = 134;
    public static final int NEIGHBOR_SOLICITATION = 135;
    public static final int NEIGHBOR_ADVERTISEMENT = 136;
    public static final int REDIRECT = 137;
    public static final int MLD2_REPORT = 143;

    // Codes of DESTINATION_UNREACHABLE
    public static final int CODE_NO_ROUTE = 0;
    public static final int CODE_ADMIN_PROHIBITED = 1;
    public static final int CODE_BEYOND_SCOPE = 2;
    public static final int CODE_ADDRESS_UNREACHABLE = 3;
    public static final int CODE_PORT_UNREACHABLE = 4;
    public static final int CODE_SOURCE_POLICY = 5;
    public static final int CODE_REJECT_ROUTE = 6;
    // Codes of TIME_EXCEEDED
    public static final int CODE_HOP_LIMIT_EXCEEDED = 0;
    public static final int CODE_REASSEMBLY_EXCEEDED = 1;
    // Codes of PARAMETER_PROBLEM
    public static final int CODE_ERRONEOUS_HEADER = 0;
    public static final int CODE_UNKNOWN_NEXT_HEADER = 1;
    public static final int CODE_UNKNOWN_OPTION = 2;
    /// RFC 7112 §7: the first fragment does not hold the whole header chain.
    public static final int CODE_INCOMPLETE_CHAIN = 3;

    private Icmpv6() {}

    /// Null if `length` octets at `offset` are a message with a right checksum, else the reason. The checksum covers a pseudo-header
    /// (RFC 4443 §2.3).
    public static @Nullable Refusal check(byte[] bytes, int offset, int length, long sourceHigh, long sourceLow, long destinationHigh,
            long destinationLow) {
        if (length < HEADER_LENGTH) {
            return Refusal.ICMPV6_TRUNCATED;
        }
        long pseudo = Checksum.pseudoHeader(sourceHigh, sourceLow, destinationHigh, destinationLow, IpProtocol.ICMPV6, length);
        return Checksum.finish(Checksum.add(pseudo, bytes, offset, length)) != 0 ? Refusal.ICMPV6_BAD_CHECKSUM : null;
    }

    public static int type(byte[] bytes, int offset) {
        return bytes[offset] & 0xff;
    }

    public static int code(byte[] bytes, int offset) {
        return bytes[offset + 1] & 0xff;
    }

    public static int checksum(byte[] bytes, int offset) {
        return Bytes.u16(bytes, offset + 2);
    }

    /// The four octets after the checksum.
    public static int rest(byte[] bytes, int offset) {
        return Bytes.i32(bytes, offset + 4);
    }

    /// Of an echo message.
    public static int identifier(byte[] bytes, int offset) {
        return Bytes.u16(bytes, offset + 4);
    }

    /// Of an echo message.
    public static int sequence(byte[] bytes, int offset) {
        return Bytes.u16(bytes, offset + 6);
    }

    /// The MTU of "packet too big" in octets, 0..2^32-1.
    public static long mtu(byte[] bytes, int offset) {
        return Bytes.u32(bytes, offset + 4);
    }

    /// The pointer of a parameter problem, 0..2^32-1.
    public static long pointer(byte[] bytes, int offset) {
        return Bytes.u32(bytes, offset + 4);
    }

    /// True for types 0 to 127: reports of an error that quote a packet; no error is ever sent about one (RFC 4443 §2.4 (e.1)).
    public static boolean isError(int type) {
        return type < 128;
    }

    /// True for the five messages of RFC 4861.
    public static boolean isNeighborDiscovery(int type) {
        return type >= ROUTER_SOLICITATION && type <= REDIRECT;
    }

    /// Writes the header before `payloadLength` octets of data that are in place, with the checksum. Returns the message's octets.
    public static int writeEcho(byte[] bytes, int offset, int type, int identifier, int sequence, int payloadLength, long sourceHigh,
            long sourceLow, long destinationHigh, long destinationLow) {
        return write(bytes, offset, type, 0, identifier << 16 | (sequence & 0xffff), payloadLength, sourceHigh, sourceLow, destinationHigh,
                destinationLow);
    }

    /// Writes an error and its quote of the refused packet: at most `quoteLength` octets, which must have been received, and never more than
    /// [#MAX_QUOTE] (SECURITY X-15). `rest` is the MTU, the pointer, or 0. Returns the message's octets.
    public static int writeError(byte[] bytes, int offset, int type, int code, int rest, byte[] quote, int quoteOffset, int quoteLength,
            long sourceHigh, long sourceLow, long destinationHigh, long destinationLow) {
        int octets = Math.min(quoteLength, MAX_QUOTE);
        System.arraycopy(quote, quoteOffset, bytes, offset + HEADER_LENGTH, octets);
        return write(bytes, offset, type, code, rest, octets, sourceHigh, sourceLow, destinationHigh, destinationLow);
    }

    /// Writes a header before `payloadLength` octets that are in place, with the checksum over both and the pseudo-header. Returns the
    /// message's octets.
    public static int write(byte[] bytes, int offset, int type, int code, int rest, int payloadLength, long sourceHigh, long sourceLow,
            long destinationHigh, long destinationLow) {
        int length = HEADER_LENGTH + payloadLength;
        Bytes.put16(bytes, offset, type << 8 | (code & 0xff));
        Bytes.put16(bytes, offset + 2, 0);
        Bytes.put32(bytes, offset + 4, rest);
        long pseudo = Checksum.pseudoHeader(sourceHigh, sourceLow, destinationHigh, destinationLow, IpProtocol.ICMPV6, length);
        Bytes.put16(bytes, offset + 2, Checksum.finish(Checksum.add(pseudo, bytes, offset, length)));
        return length;
    }

    /// The type in words; for an unknown one its number.
    public static String typeName(int type) {
        return switch (type) {
            case DESTINATION_UNREACHABLE -> "destination unreachable";
            case PACKET_TOO_BIG -> "packet too big";
            case TIME_EXCEEDED -> "time exceeded";
            case PARAMETER_PROBLEM -> "parameter problem";
            case ECHO_REQUEST -> "echo request";
            case ECHO_REPLY -> "echo reply";
            case MLD_QUERY -> "multicast listener query";
            case MLD_REPORT -> "multicast listener report";
            case MLD_DONE -> "multicast listener done";
            case ROUTER_SOLICITATION -> "router solicitation";
            case ROUTER_ADVERTISEMENT -> "router advertisement";
            case NEIGHBOR_SOLICITATION -> "neighbor solicitation";
            case NEIGHBOR_ADVERTISEMENT -> "neighbor advertisement";
            case REDIRECT -> "redirect";
            case MLD2_REPORT -> "multicast listener report v2";
            default -> "type " + type;
        };
    }

    /// Type and code in words: `port unreachable`, `hop limit exceeded`.
    public static String name(int type, int code) {
        return switch (type) {
            case DESTINATION_UNREACHABLE -> unreachableName(code);
            case TIME_EXCEEDED -> code == CODE_HOP_LIMIT_EXCEEDED ? "hop limit exceeded"
                    : code == CODE_REASSEMBLY_EXCEEDED ? "reassembly time exceeded" : "time exceeded code " + code;
            case PARAMETER_PROBLEM -> problemName(code);
            default -> code == 0 ? typeName(type) : typeName(type) + " code " + code;
        };
    }

    private static String unreachableName(int code) {
        return switch (code) {
            case CODE_NO_ROUTE -> "no route";
            case CODE_ADMIN_PROHIBITED -> "administratively prohibited";
            case CODE_BEYOND_SCOPE -> "beyond scope";
            case CODE_ADDRESS_UNREACHABLE -> "address unreachable";
            case CODE_PORT_UNREACHABLE -> "port unreachable";
            case CODE_SOURCE_POLICY -> "source address failed policy";
            case CODE_REJECT_ROUTE -> "reject route";
            default -> "destination unreachable code " + code;
        };
    }

    private static String problemName(int code) {
        return switch (code) {
            case CODE_ERRONEOUS_HEADER -> "erroneous header field";
            case CODE_UNKNOWN_NEXT_HEADER -> "unknown next header";
            case CODE_UNKNOWN_OPTION -> "unknown option";
            case CODE_INCOMPLETE_CHAIN -> "incomplete header chain in first fragment";
            default -> "parameter problem code " + code;
        };
    }
}
