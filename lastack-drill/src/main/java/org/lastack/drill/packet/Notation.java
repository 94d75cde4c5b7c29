package org.lastack.drill.packet;

import org.jspecify.annotations.Nullable;
import org.lastack.wire.Bytes;
import org.lastack.wire.Ipv4Header;
import org.lastack.wire.TcpHeader;
import org.lastack.wire.TcpOptions;

/// Writes packets of the wire as the script would write them: numbers relative to the initial sequence numbers.
public final class Notation {
    private static final String LETTERS = "FSRP.UEWA";

    private Notation() {}

    /// Without time and direction. `outbound` says whose numbers the sequence field has; without a flow numbers are those of the wire.
    public static String text(LivePacket packet, @Nullable Flow flow, boolean outbound) {
        StringBuilder out = new StringBuilder();
        ipInfo(out, packet);
        if (packet.isTcp()) {
            tcp(out, packet, flow, outbound);
        } else if (packet.isUdp()) {
            out.append("udp (").append(packet.payload()).append(')');
        } else if (packet.isIcmp()) {
            icmp(out, packet);
        } else {
            out.append("protocol ").append(packet.protocol()).append(" (").append(packet.payload()).append(')');
        }
        return out.toString();
    }

    private static void ipInfo(StringBuilder out, LivePacket packet) {
        int tos = packet.tos();
        switch (tos) {
            case 0 -> {
                // The usual case needs no words.
            }
            case Ipv4Header.ECT_0 -> out.append("[ect0] ");
            case Ipv4Header.ECT_1 -> out.append("[ect1] ");
            case Ipv4Header.CE -> out.append("[ce] ");
            default -> out.append("[tos 0x").append(Integer.toHexString(tos)).append("] ");
        }
    }

    static String flags(int flags) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < LETTERS.length(); i++) {
            if (LETTERS.charAt(i) != '.' && (flags & 1 << i) != 0) {
                out.append(LETTERS.charAt(i));
            }
        }
        if ((flags & TcpHeader.ACK) != 0) {
            out.append('.');
        }
        return out.isEmpty() ? "-" : out.toString();
    }

    private static void tcp(StringBuilder out, LivePacket packet, @Nullable Flow flow, boolean outbound) {
        byte[] bytes = packet.bytes();
        int at = packet.transport();
        boolean syn = packet.isSyn();
        int sequenceOffset = flow == null ? 0 : outbound ? flow.localOffset(syn) : flow.remoteOffset(syn);
        int ackOffset = flow == null ? 0 : outbound ? flow.remoteOffset(syn) : flow.localOffset(syn);
        int first = packet.sequence() - sequenceOffset;
        out.append(flags(packet.flags())).append(' ').append(number(first)).append(':').append(number(first + packet.payload())).append('(')
                .append(packet.payload()).append(')');
        if (packet.hasAck()) {
            out.append(" ack ").append(number(packet.acknowledgment() - ackOffset));
        }
        out.append(" win ").append(TcpHeader.window(bytes, at));
        if (TcpHeader.urgentPointer(bytes, at) != 0) {
            out.append(" urg ").append(TcpHeader.urgentPointer(bytes, at));
        }
        int length = TcpHeader.headerLength(bytes, at) - TcpHeader.MIN_LENGTH;
        if (length > 0) {
            out.append(" <").append(options(bytes, at + TcpHeader.MIN_LENGTH, length, ackOffset)).append('>');
        }
    }

    static String number(int value) {
        // Small negative numbers are what a reader expects just below an initial sequence number.
        return value < 0 && value > -100_000 ? Integer.toString(value) : Integer.toUnsignedString(value);
    }

    /// The options in the script's words; what has no word there is shown in hexadecimal.
    static String options(byte[] bytes, int from, int length, int ackOffset) {
        StringBuilder out = new StringBuilder();
        int index = from;
        int end = from + length;
        while (index < end) {
            int kind = bytes[index] & 0xff;
            if (!out.isEmpty()) {
                out.append(',');
            }
            if (kind == TcpOptions.END || kind == TcpOptions.NOP) {
                out.append(kind == TcpOptions.END ? "eol" : "nop");
                index++;
                continue;
            }
            int size = index + 1 < end ? bytes[index + 1] & 0xff : 0;
            if (size < 2 || index + size > end) {
                return out.append("malformed").toString();
            }
            option(out, bytes, index, kind, size, ackOffset);
            index += size;
        }
        return out.toString();
    }

    private static void option(StringBuilder out, byte[] bytes, int index, int kind, int size, int ackOffset) {
        if (kind == TcpOptions.MSS && size == 4) {
            out.append("mss ").append(Bytes.u16(bytes, index + 2));
        } else if (kind == TcpOptions.WINDOW_SCALE && size == 3) {
            out.append("wscale ").append(bytes[index + 2] & 0xff);
        } else if (kind == TcpOptions.SACK_PERMITTED) {
            out.append("sackOK");
        } else if (kind == TcpOptions.SACK && size % 8 == 2) {
            out.append("sack");
            for (int i = index + 2; i < index + size; i += 8) {
                out.append(' ').append(number(Bytes.i32(bytes, i) - ackOffset)).append(':').append(number(Bytes.i32(bytes, i + 4) - ackOffset));
            }
        } else if (kind == TcpOptions.TIMESTAMPS && size == 10) {
            out.append("TS val ").append(Bytes.u32(bytes, index + 2)).append(" ecr ").append(Bytes.u32(bytes, index + 6));
        } else if ((kind == TcpOptions.ACC_ECN_0 || kind == TcpOptions.ACC_ECN_1) && size % 3 == 2) {
            accEcn(out, bytes, index, kind, size);
        } else if (kind == TcpOptions.FAST_OPEN) {
            out.append("FO ");
            hex(out, bytes, index + 2, index + size);
        } else {
            out.append("kind ").append(kind).append(' ');
            hex(out, bytes, index + 2, index + size);
        }
    }

    private static void accEcn(StringBuilder out, byte[] bytes, int index, int kind, int size) {
        String[] names = kind == TcpOptions.ACC_ECN_0 ? new String[] {"e0b", "ceb", "e1b"} : new String[] {"e1b", "ceb", "e0b"};
        out.append("ECN");
        for (int i = 0; i < Math.min(3, (size - 2) / 3); i++) {
            out.append(' ').append(names[i]).append(' ').append(Bytes.u8(bytes, index + 2 + 3 * i) << 16 | Bytes.u16(bytes, index + 3 + 3 * i));
        }
    }

    private static void hex(StringBuilder out, byte[] bytes, int from, int to) {
        for (int i = from; i < to; i++) {
            out.append(Character.forDigit(bytes[i] >> 4 & 15, 16)).append(Character.forDigit(bytes[i] & 15, 16));
        }
    }

    private static void icmp(StringBuilder out, LivePacket packet) {
        int type = Bytes.u8(packet.bytes(), packet.transport());
        int code = Bytes.u8(packet.bytes(), packet.transport() + 1);
        out.append("icmp ").append(IcmpNames.typeName(type, packet.v4())).append(' ').append(IcmpNames.codeName(type, code, packet.v4()));
        long rest = Bytes.u32(packet.bytes(), packet.transport() + 4);
        if (packet.v4() ? type == 3 && code == 4 : type == 2) {
            out.append(" mtu ").append(rest);
        }
    }
}
