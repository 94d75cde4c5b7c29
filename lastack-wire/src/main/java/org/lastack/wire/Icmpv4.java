package org.lastack.wire;

import org.jspecify.annotations.Nullable;

/// ICMP messages (RFC 792, RFC 1122 §3.2.2) at an offset of a `byte[]`. [#check] is the door.
public final class Icmpv4 {
    /// Octets of every message's header: type, code, checksum and four octets whose meaning the type decides.
    public static final int HEADER_LENGTH = 8;
    /// The largest error message as an IP packet (RFC 1812 §4.3.2.3).
    public static final int MAX_ERROR_PACKET = 576;
    /// Octets of the refused packet that an error without IP options can quote: 576 - 20 - 8.
    public static final int MAX_QUOTE = MAX_ERROR_PACKET - Ipv4Header.MIN_LENGTH - HEADER_LENGTH;

    public static final int ECHO_REPLY = 0;
    public static final int DESTINATION_UNREACHABLE = 3;
    /// Deprecated by RFC 6633; ignored.
    public static final int SOURCE_QUENCH = 4;
    public static final int REDIRECT = 5;
    public static final int ECHO_REQUEST = 8;
    public static final int TIME_EXCEEDED = 11;
    public static final int PARAMETER_PROBLEM = 12;
    public static final int TIMESTAMP_REQUEST = 13;
    public static final int TIMESTAMP_REPLY = 14;

    // Codes of DESTINATION_UNREACHABLE
    public static final int CODE_NET_UNREACHABLE = 0;
    public static final int CODE_HOST_UNREACHABLE = 1;
    public static final int CODE_PROTOCOL_UNREACHABLE = 2;
    public static final int CODE_PORT_UNREACHABLE = 3;
    /// With the next hop's MTU (RFC 1191 §4).
    public static final int CODE_FRAGMENTATION_NEEDED = 4;
    public static final int CODE_SOURCE_ROUTE_FAILED = 5;
    public static final int CODE_NET_UNKNOWN = 6;
    public static final int CODE_HOST_UNKNOWN = 7;
    public static final int CODE_SOURCE_HOST_ISOLATED = 8;
    public static final int CODE_NET_PROHIBITED = 9;
    public static final int CODE_HOST_PROHIBITED = 10;
    public static final int CODE_NET_UNREACHABLE_FOR_TOS = 11;
    public static final int CODE_HOST_UNREACHABLE_FOR_TOS = 12;
    public static final int CODE_ADMIN_PROHIBITED = 13;
    public static final int CODE_PRECEDENCE_VIOLATION = 14;
    public static final int CODE_PRECEDENCE_CUTOFF = 15;
    // Codes of TIME_EXCEEDED
    public static final int CODE_TTL_EXCEEDED = 0;
    public static final int CODE_REASSEMBLY_EXCEEDED = 1;

    private Icmpv4() {}

    /// Null if `length` octets at `offset` are a message with a right checksum, else the reason.
    public static @Nullable Refusal check(byte[] bytes, int offset, int length) {
        if (length < HEADER_LENGTH) {
            return Refusal.ICMPV4_TRUNCATED;
        }
        return Checksum.finish(Checksum.add(0, bytes, offset, length)) != 0 ? Refusal.ICMPV4_BAD_CHECKSUM : null;
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

    /// The next hop's MTU of "fragmentation needed" in octets; 0 from a router older than RFC 1191.
    public static int nextHopMtu(byte[] bytes, int offset) {
        return Bytes.u16(bytes, offset + 6);
    }

    /// The pointer of a parameter problem.
    public static int pointer(byte[] bytes, int offset) {
        return bytes[offset + 4] & 0xff;
    }

    /// True for the types that report an error about another packet and quote it; no error is ever sent about one (RFC 1122 §3.2.2).
    public static boolean isError(int type) {
        return type == DESTINATION_UNREACHABLE || type == SOURCE_QUENCH || type == REDIRECT || type == TIME_EXCEEDED || type == PARAMETER_PROBLEM;
    }

    /// Writes the header before `payloadLength` octets of data that are in place, with the checksum over both. Returns the message's octets.
    public static int writeEcho(byte[] bytes, int offset, int type, int identifier, int sequence, int payloadLength) {
        return write(bytes, offset, type, 0, identifier << 16 | (sequence & 0xffff), payloadLength);
    }

    /// Writes an error and its quote of the refused packet: at most `quoteLength` octets, which must have been received, and never more than
    /// [#MAX_QUOTE] (SECURITY X-15). `rest` is the MTU, the pointer shifted left by 24, or 0. Returns the message's octets.
    public static int writeError(byte[] bytes, int offset, int type, int code, int rest, byte[] quote, int quoteOffset, int quoteLength) {
        int octets = Math.min(quoteLength, MAX_QUOTE);
        System.arraycopy(quote, quoteOffset, bytes, offset + HEADER_LENGTH, octets);
        return write(bytes, offset, type, code, rest, octets);
    }

    /// Writes a header before `payloadLength` octets that are in place, with the checksum over both. Returns the message's octets.
    public static int write(byte[] bytes, int offset, int type, int code, int rest, int payloadLength) {
        int length = HEADER_LENGTH + payloadLength;
        Bytes.put16(bytes, offset, type << 8 | (code & 0xff));
        Bytes.put16(bytes, offset + 2, 0);
        Bytes.put32(bytes, offset + 4, rest);
        Bytes.put16(bytes, offset + 2, Checksum.finish(Checksum.add(0, bytes, offset, length)));
        return length;
    }

    /// The type in words; for an unknown one its number.
    public static String typeName(int type) {
        return switch (type) {
            case ECHO_REPLY -> "echo reply";
            case DESTINATION_UNREACHABLE -> "destination unreachable";
            case SOURCE_QUENCH -> "source quench";
            case REDIRECT -> "redirect";
            case ECHO_REQUEST -> "echo request";
            case TIME_EXCEEDED -> "time exceeded";
            case PARAMETER_PROBLEM -> "parameter problem";
            case TIMESTAMP_REQUEST -> "timestamp request";
            case TIMESTAMP_REPLY -> "timestamp reply";
            default -> "type " + type;
        };
    }

    /// Type and code in words: `port unreachable`, `ttl exceeded`.
    public static String name(int type, int code) {
        if (type == DESTINATION_UNREACHABLE) {
            return unreachableName(code);
        }
        if (type == TIME_EXCEEDED && code <= CODE_REASSEMBLY_EXCEEDED) {
            return code == CODE_TTL_EXCEEDED ? "ttl exceeded" : "reassembly time exceeded";
        }
        return code == 0 ? typeName(type) : typeName(type) + " code " + code;
    }

    private static String unreachableName(int code) {
        return switch (code) {
            case CODE_NET_UNREACHABLE -> "net unreachable";
            case CODE_HOST_UNREACHABLE -> "host unreachable";
            case CODE_PROTOCOL_UNREACHABLE -> "protocol unreachable";
            case CODE_PORT_UNREACHABLE -> "port unreachable";
            case CODE_FRAGMENTATION_NEEDED -> "fragmentation needed";
            case CODE_SOURCE_ROUTE_FAILED -> "source route failed";
            case CODE_NET_UNKNOWN -> "net unknown";
            case CODE_HOST_UNKNOWN -> "host unknown";
            case CODE_SOURCE_HOST_ISOLATED -> "source host isolated";
            case CODE_NET_PROHIBITED -> "net prohibited";
            case CODE_HOST_PROHIBITED -> "host prohibited";
            case CODE_NET_UNREACHABLE_FOR_TOS -> "net unreachable for type of service";
            case CODE_HOST_UNREACHABLE_FOR_TOS -> "host unreachable for type of service";
            case CODE_ADMIN_PROHIBITED -> "administratively prohibited";
            case CODE_PRECEDENCE_VIOLATION -> "host precedence violation";
            case CODE_PRECEDENCE_CUTOFF -> "precedence cutoff";
            default -> "destination unreachable code " + code;
        };
    }
}
