package org.lastack.wire;

/// The part of a line that tells about a TCP segment.
final class TcpPrinter {
    private TcpPrinter() {}

    /// Prints the segment at `at`, `length` octets long as the IP header says; fewer may have been captured.
    static void print(PrintContext c, int at, int length) {
        if (!c.has(at, 4)) {
            c.addresses().text("[|tcp]");
            return;
        }
        c.endpoints(TcpHeader.sourcePort(c.bytes, at), TcpHeader.destinationPort(c.bytes, at));
        if (!c.has(at, TcpHeader.MIN_LENGTH) || length < TcpHeader.MIN_LENGTH) {
            c.text(" [|tcp]");
            return;
        }
        int header = TcpHeader.headerLength(c.bytes, at);
        if (header < TcpHeader.MIN_LENGTH) {
            c.text(" tcp ").number(length - header).text(" [bad hdr length ").number(header).text(" - too short, < 20]");
            return;
        }
        int flags = TcpHeader.flags(c.bytes, at);
        c.text("Flags [").text(flagsText(flags)).text("]");
        if (header > length) {
            c.text(" [bad hdr length ").number(header).text(" - too long, > ").number(length).text("]");
            return;
        }
        if (c.verbose && !c.fragment && c.has(at, length)) {
            checksum(c, at, length);
        }
        numbers(c, at, flags, length - header);
        if (header > TcpHeader.MIN_LENGTH && !options(c, at + TcpHeader.MIN_LENGTH, at + header)) {
            return;
        }
        c.text(", length ").number(length - header);
    }

    /// The letters in tcpdump's order; `none` if no flag is set.
    static String flagsText(int flags) {
        if (flags == 0) {
            return "none";
        }
        String letters = "FSRP.UEWe";
        StringBuilder text = new StringBuilder(letters.length());
        for (int bit = 0; bit < letters.length(); bit++) {
            if ((flags >>> bit & 1) != 0) {
                text.append(letters.charAt(bit));
            }
        }
        return text.toString();
    }

    private static void checksum(PrintContext c, int at, int length) {
        int field = TcpHeader.checksum(c.bytes, at);
        int residue = c.checksumResidue(at, length, IpProtocol.TCP);
        c.text(", cksum 0x").hex(field, 4);
        if (residue == 0) {
            c.text(" (correct)");
        } else {
            c.text(" (incorrect -> 0x").hex(PrintContext.expectedChecksum(field, residue), 4).text(")");
        }
    }

    private static void numbers(PrintContext c, int at, int flags, int payload) {
        int sequence = TcpHeader.sequence(c.bytes, at);
        int acknowledgment = TcpHeader.acknowledgment(c.bytes, at);
        if (c.flows != null) {
            c.flows.look(c.sourceHigh, c.sourceLow, TcpHeader.sourcePort(c.bytes, at), c.destinationHigh, c.destinationLow,
                    TcpHeader.destinationPort(c.bytes, at), flags, sequence, acknowledgment);
            sequence -= c.flows.sequenceBase;
            acknowledgment -= c.flows.acknowledgmentBase;
        }
        if (payload > 0 || (flags & (TcpHeader.SYN | TcpHeader.FIN | TcpHeader.RST)) != 0) {
            c.text(", seq ").number(unsigned(sequence));
            if (payload > 0) {
                c.text(":").number(unsigned(sequence + payload));
            }
        }
        if ((flags & TcpHeader.ACK) != 0) {
            c.text(", ack ").number(unsigned(acknowledgment));
        }
        c.text(", win ").number(TcpHeader.window(c.bytes, at));
        if ((flags & TcpHeader.URG) != 0) {
            c.text(", urg ").number(TcpHeader.urgentPointer(c.bytes, at));
        }
    }

    private static long unsigned(int number) {
        return number & 0xffff_ffffL;
    }

    /// False if the list broke off: then nothing more can be said of the segment.
    private static boolean options(PrintContext c, int first, int end) {
        c.text(", options [");
        int at = first;
        while (at < end) {
            if (at > first) {
                c.text(",");
            }
            if (!c.has(at, 1)) {
                c.text(" [|tcp]");
                return false;
            }
            int kind = c.u8(at);
            if (kind == TcpOptions.END) {
                c.text("eol");
                break;
            }
            if (kind == TcpOptions.NOP) {
                c.text("nop");
                at++;
                continue;
            }
            int size = at + 1 < end && c.has(at, 2) ? c.u8(at + 1) : 0;
            if (size < 2 || size > end - at) {
                c.text("[bad opt]");
                return false;
            }
            if (!c.has(at, size)) {
                c.text(" [|tcp]");
                return false;
            }
            option(c, at, kind, size);
            at += size;
        }
        c.text("]");
        return true;
    }

    private static void option(PrintContext c, int at, int kind, int size) {
        switch (kind) {
            case TcpOptions.MSS -> fixed(c, "mss ", at, size, 4);
            case TcpOptions.WINDOW_SCALE -> fixed(c, "wscale ", at, size, 3);
            case TcpOptions.SACK_PERMITTED -> {
                c.text("sackOK");
                badLength(c, size, 2);
            }
            case TcpOptions.SACK -> sack(c, at, size);
            case TcpOptions.TIMESTAMPS -> {
                if (size == 10) {
                    c.text("TS val ").number(c.u32(at + 2)).text(" ecr ").number(c.u32(at + 6));
                } else {
                    c.text("TS ").hexOctets(at + 2, size - 2);
                    badLength(c, size, 10);
                }
            }
            case TcpOptions.FAST_OPEN -> {
                // Two blanks: so does tcpdump.
                c.text("tfo ");
                fastOpen(c, at + 2, size - 2);
            }
            case TcpOptions.EXPERIMENT -> experiment(c, at, size);
            default -> {
                c.text("unknown-").number(kind);
                if (size > 2) {
                    c.text(" 0x").hexOctets(at + 2, size - 2);
                }
            }
        }
    }

    private static void fixed(PrintContext c, String name, int at, int size, int rightSize) {
        c.text(name);
        if (size == rightSize) {
            c.number(size == 4 ? c.u16(at + 2) : c.u8(at + 2));
        } else {
            c.hexOctets(at + 2, size - 2);
            badLength(c, size, rightSize);
        }
    }

    private static void badLength(PrintContext c, int size, int rightSize) {
        if (size != rightSize) {
            c.text("[len ").number(size).text("]");
        }
    }

    private static void sack(PrintContext c, int at, int size) {
        if (size < 10 || (size - 2) % 8 != 0) {
            c.text("sack invalid sack");
            return;
        }
        // The edges are numbers of the other end's sequence space: that which is acknowledged.
        int base = c.flows == null ? 0 : c.flows.acknowledgmentBase;
        int blocks = (size - 2) / 8;
        c.text("sack ").number(blocks).text(" ");
        for (int i = 0; i < blocks; i++) {
            int left = Bytes.i32(c.bytes, at + 2 + 8 * i) - base;
            int right = Bytes.i32(c.bytes, at + 6 + 8 * i) - base;
            c.text("{").number(unsigned(left)).text(":").number(unsigned(right)).text("}");
        }
    }

    private static void experiment(PrintContext c, int at, int size) {
        if (size < 4) {
            c.text("exp-").text("[len ").number(size).text("]");
        } else if (c.u16(at + 2) == TcpOptions.FAST_OPEN_MAGIC) {
            c.text("exp-tfo");
            fastOpen(c, at + 4, size - 4);
        } else {
            c.text("exp-").hex(c.u16(at + 2), 4);
        }
    }

    private static void fastOpen(PrintContext c, int at, int size) {
        if (size == 0) {
            c.text(" cookiereq");
        } else if (size < 4 || size > 16 || (size & 1) != 0) {
            c.text(" invalid cookie length ").number(size);
        } else {
            c.text(" cookie ").hexOctets(at, size);
        }
    }
}
