package org.lastack.wire;

/// The parenthesis with the fields of an IPv4 header that `tcpdump -v` prints.
final class Ipv4FieldsPrinter {
    private Ipv4FieldsPrinter() {}

    static void print(PrintContext c, int at, int header, int total) {
        int tos = Ipv4Header.tos(c.bytes, at);
        c.text("(tos 0x").hex(tos).text(ecnText(tos & 3)).text(", ttl ").number(Ipv4Header.ttl(c.bytes, at)).text(", id ")
                .number(Ipv4Header.identification(c.bytes, at)).text(", offset ").number(Ipv4Header.fragmentOffset(c.bytes, at))
                .text(", flags [").text(flagsText(c.u16(at + 6))).text("], proto ")
                .text(PacketPrinter.protocolName(Ipv4Header.protocol(c.bytes, at))).text(" (").number(Ipv4Header.protocol(c.bytes, at))
                .text("), length ").number(total);
        if (header > Ipv4Header.MIN_LENGTH) {
            c.text(", options (");
            options(c, at + Ipv4Header.MIN_LENGTH, at + header);
            c.text(")");
        }
        if (c.has(at, header)) {
            int residue = Checksum.finish(Checksum.add(0, c.bytes, at, header));
            if (residue != 0) {
                int field = Ipv4Header.checksum(c.bytes, at);
                c.text(", bad cksum ").hex(field).text(" (->").hex(PrintContext.expectedChecksum(field, residue)).text(")!");
            }
        }
        c.text(") ");
    }

    private static String ecnText(int ecn) {
        return switch (ecn) {
            case Ipv4Header.ECT_1 -> ",ECT(1)";
            case Ipv4Header.ECT_0 -> ",ECT(0)";
            case Ipv4Header.CE -> ",CE";
            default -> "";
        };
    }

    private static String flagsText(int field) {
        StringBuilder text = new StringBuilder();
        if ((field & Ipv4Header.MF) != 0) {
            text.append("+");
        }
        if ((field & Ipv4Header.DF) != 0) {
            text.append(text.isEmpty() ? "DF" : ", DF");
        }
        if ((field & 0x8000) != 0) {
            text.append(text.isEmpty() ? "rsvd" : ", rsvd");
        }
        return text.isEmpty() ? "none" : text.toString();
    }

    private static void options(PrintContext c, int first, int end) {
        int at = first;
        while (at < end) {
            if (at > first) {
                c.text(",");
            }
            if (!c.has(at, 1)) {
                c.text("[|ip]");
                return;
            }
            int kind = c.u8(at);
            c.text(optionName(kind));
            if (kind == Ipv4Header.OPTION_END) {
                return;
            }
            if (kind == Ipv4Header.OPTION_NOP) {
                at++;
                continue;
            }
            int size = at + 1 < end && c.has(at, 2) ? c.u8(at + 1) : 0;
            if (size < 2 || size > end - at) {
                c.text(" [bad length ").number(size).text("]");
                return;
            }
            if (kind == Ipv4Header.OPTION_LOOSE_SOURCE_ROUTE || kind == Ipv4Header.OPTION_STRICT_SOURCE_ROUTE
                    || kind == Ipv4Header.OPTION_RECORD_ROUTE) {
                for (int hop = at + 3; hop + 4 <= at + size && c.has(hop, 4); hop += 4) {
                    c.text(hop == at + 3 ? " " : ", ").v4Address(hop);
                }
            }
            at += size;
        }
    }

    private static String optionName(int kind) {
        return switch (kind) {
            case Ipv4Header.OPTION_END -> "EOL";
            case Ipv4Header.OPTION_NOP -> "NOP";
            case Ipv4Header.OPTION_RECORD_ROUTE -> "RR";
            case Ipv4Header.OPTION_TIMESTAMP -> "timestamp";
            case Ipv4Header.OPTION_LOOSE_SOURCE_ROUTE -> "LSRR";
            case Ipv4Header.OPTION_STRICT_SOURCE_ROUTE -> "SSRR";
            case Ipv4Header.OPTION_ROUTER_ALERT -> "RA";
            default -> "unknown " + kind;
        };
    }
}
