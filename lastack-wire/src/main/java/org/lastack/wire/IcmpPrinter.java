package org.lastack.wire;

/// The part of a line that tells about an ICMP message of either family.
final class IcmpPrinter {
    private IcmpPrinter() {}

    /// Prints the ICMPv4 message at `at`, `length` octets long as the IP header says; fewer may have been captured.
    static void v4(PrintContext c, int at, int length) {
        c.addresses();
        if (!c.has(at, Icmpv4.HEADER_LENGTH) || length < Icmpv4.HEADER_LENGTH) {
            c.text(" [|icmp]");
            return;
        }
        int mark = c.out.length();
        c.text("ICMP ");
        if (!message4(c, at)) {
            c.out.setLength(mark);
            c.text(" [|icmp]");
            return;
        }
        c.text(", length ").number(length);
        if (c.verbose && !c.fragment && c.has(at, length)) {
            int residue = Checksum.finish(Checksum.add(0, c.bytes, at, length));
            if (residue != 0) {
                int field = Icmpv4.checksum(c.bytes, at);
                c.text(" (wrong icmp cksum ").hex(field).text(" (->").hex(PrintContext.expectedChecksum(field, residue)).text(")!)");
            }
        }
    }

    /// False if the message ends within what must be printed.
    private static boolean message4(PrintContext c, int at) {
        int type = Icmpv4.type(c.bytes, at);
        int code = Icmpv4.code(c.bytes, at);
        switch (type) {
            case Icmpv4.ECHO_REQUEST, Icmpv4.ECHO_REPLY -> c.text(Icmpv4.typeName(type)).text(", id ").number(Icmpv4.identifier(c.bytes, at))
                    .text(", seq ").number(Icmpv4.sequence(c.bytes, at));
            case Icmpv4.DESTINATION_UNREACHABLE -> {
                return unreachable4(c, at, code);
            }
            case Icmpv4.REDIRECT -> {
                return redirect4(c, at, code);
            }
            case Icmpv4.TIME_EXCEEDED -> c.text(code == 0 ? "time exceeded in-transit"
                    : code == 1 ? "ip reassembly time exceeded" : "time exceeded-#" + code);
            case Icmpv4.PARAMETER_PROBLEM -> c.text(code == 0 ? "parameter problem - octet " + Icmpv4.pointer(c.bytes, at)
                    : "parameter problem - code " + code);
            case Icmpv4.TIMESTAMP_REQUEST -> c.text("time stamp query id ").number(Icmpv4.identifier(c.bytes, at)).text(" seq ")
                    .number(Icmpv4.sequence(c.bytes, at));
            case Icmpv4.TIMESTAMP_REPLY -> c.text("time stamp reply id ").number(Icmpv4.identifier(c.bytes, at)).text(" seq ")
                    .number(Icmpv4.sequence(c.bytes, at));
            case Icmpv4.SOURCE_QUENCH -> c.text("source quench");
            default -> c.text("type-#").number(type);
        }
        return true;
    }

    private static boolean unreachable4(PrintContext c, int at, int code) {
        int quote = at + Icmpv4.HEADER_LENGTH;
        if (!c.has(quote, Ipv4Header.MIN_LENGTH)) {
            return false;
        }
        String destination = IpAddress.readV4(c.bytes, quote + 16).toString();
        switch (code) {
            case Icmpv4.CODE_PROTOCOL_UNREACHABLE ->
                c.text(destination).text(" protocol ").number(Ipv4Header.protocol(c.bytes, quote)).text(" unreachable");
            case Icmpv4.CODE_PORT_UNREACHABLE -> {
                int header = Ipv4Header.headerLength(c.bytes, quote);
                if (header < Ipv4Header.MIN_LENGTH || !c.has(quote, header + 4)) {
                    return false;
                }
                c.text(destination).text(" ").text(protocolWord(Ipv4Header.protocol(c.bytes, quote))).text(" port ")
                        .number(c.u16(quote + header + 2)).text(" unreachable");
            }
            case Icmpv4.CODE_FRAGMENTATION_NEEDED -> {
                int mtu = Icmpv4.nextHopMtu(c.bytes, at);
                c.text(destination).text(" unreachable - need to frag");
                if (mtu != 0) {
                    c.text(" (mtu ").number(mtu).text(")");
                }
            }
            case Icmpv4.CODE_NET_UNREACHABLE, Icmpv4.CODE_NET_UNKNOWN, Icmpv4.CODE_NET_PROHIBITED, Icmpv4.CODE_NET_UNREACHABLE_FOR_TOS ->
                c.text("net ").text(destination).text(" unreachable").text(unreachableReason(code));
            case Icmpv4.CODE_SOURCE_ROUTE_FAILED, Icmpv4.CODE_SOURCE_HOST_ISOLATED ->
                c.text(destination).text(" unreachable").text(unreachableReason(code));
            default -> c.text(code <= Icmpv4.CODE_PRECEDENCE_CUTOFF ? "host " : "").text(destination).text(" unreachable")
                    .text(unreachableReason(code));
        }
        return true;
    }

    private static String unreachableReason(int code) {
        return switch (code) {
            case Icmpv4.CODE_NET_UNREACHABLE, Icmpv4.CODE_HOST_UNREACHABLE -> "";
            case Icmpv4.CODE_SOURCE_ROUTE_FAILED -> " - source route failed";
            case Icmpv4.CODE_NET_UNKNOWN, Icmpv4.CODE_HOST_UNKNOWN -> " - unknown";
            case Icmpv4.CODE_SOURCE_HOST_ISOLATED -> " - source host isolated";
            case Icmpv4.CODE_NET_PROHIBITED, Icmpv4.CODE_HOST_PROHIBITED -> " - admin prohibited";
            case Icmpv4.CODE_NET_UNREACHABLE_FOR_TOS, Icmpv4.CODE_HOST_UNREACHABLE_FOR_TOS -> " - tos prohibited";
            case Icmpv4.CODE_ADMIN_PROHIBITED -> " - admin prohibited filter";
            case Icmpv4.CODE_PRECEDENCE_VIOLATION -> " - host precedence violation";
            case Icmpv4.CODE_PRECEDENCE_CUTOFF -> " - precedence cutoff";
            default -> " - #" + code;
        };
    }

    private static String protocolWord(int protocol) {
        return switch (protocol) {
            case IpProtocol.TCP -> "tcp";
            case IpProtocol.UDP -> "udp";
            default -> "protocol " + protocol;
        };
    }

    private static boolean redirect4(PrintContext c, int at, int code) {
        int quote = at + Icmpv4.HEADER_LENGTH;
        if (!c.has(quote, Ipv4Header.MIN_LENGTH)) {
            return false;
        }
        c.text(code < 2 ? "redirect " : code < 4 ? "redirect-tos " : "redirect-#" + code + " ").v4Address(quote + 16);
        c.text(code > 3 ? " to " : (code & 1) == 0 ? " to net " : " to host ").v4Address(at + 4);
        return true;
    }

    /// Prints the ICMPv6 message at `at`, `length` octets long as the headers say; fewer may have been captured.
    static void v6(PrintContext c, int at, int length) {
        c.addresses();
        if (!c.has(at, Icmpv6.HEADER_LENGTH) || length < Icmpv6.HEADER_LENGTH) {
            c.text("[|icmp6]");
            return;
        }
        if (c.verbose && !c.fragment && c.has(at, length)) {
            int residue = c.checksumResidue(at, length, IpProtocol.ICMPV6);
            int field = Icmpv6.checksum(c.bytes, at);
            if (residue == 0) {
                c.text("[icmp6 sum ok] ");
            } else {
                c.text("[bad icmp6 cksum 0x").hex(field, 4).text(" -> 0x").hex(PrintContext.expectedChecksum(field, residue), 4).text("!] ");
            }
        }
        c.text("ICMP6, ");
        if (message6(c, at)) {
            c.text(", length ").number(length);
        } else {
            c.text(" [|icmp6]");
        }
    }

    private static boolean message6(PrintContext c, int at) {
        int type = Icmpv6.type(c.bytes, at);
        int code = Icmpv6.code(c.bytes, at);
        switch (type) {
            case Icmpv6.ECHO_REQUEST, Icmpv6.ECHO_REPLY -> c.text(Icmpv6.typeName(type)).text(", id ").number(Icmpv6.identifier(c.bytes, at))
                    .text(", seq ").number(Icmpv6.sequence(c.bytes, at));
            case Icmpv6.DESTINATION_UNREACHABLE -> {
                c.text("destination unreachable, ");
                return unreachable6(c, at + Icmpv6.HEADER_LENGTH, code);
            }
            case Icmpv6.PACKET_TOO_BIG -> c.text("packet too big, mtu ").number(Icmpv6.mtu(c.bytes, at));
            case Icmpv6.TIME_EXCEEDED -> {
                c.text("time exceeded in-transit");
                return timeExceeded6(c, at + Icmpv6.HEADER_LENGTH, code);
            }
            case Icmpv6.PARAMETER_PROBLEM -> problem6(c, at, code);
            case Icmpv6.NEIGHBOR_SOLICITATION, Icmpv6.NEIGHBOR_ADVERTISEMENT, Icmpv6.REDIRECT -> {
                return neighbor6(c, at, type);
            }
            case Icmpv6.ROUTER_SOLICITATION, Icmpv6.ROUTER_ADVERTISEMENT, Icmpv6.MLD_QUERY, Icmpv6.MLD_REPORT, Icmpv6.MLD_DONE,
                    Icmpv6.MLD2_REPORT -> c.text(Icmpv6.typeName(type));
            default -> c.text("unknown icmp6 type (").number(type).text(")");
        }
        return true;
    }

    private static boolean unreachable6(PrintContext c, int quote, int code) {
        if (!c.has(quote, Ipv6Header.LENGTH)) {
            return false;
        }
        switch (code) {
            case Icmpv6.CODE_NO_ROUTE -> c.text("unreachable route ").v6Address(quote + 24);
            case Icmpv6.CODE_ADMIN_PROHIBITED -> c.text("unreachable prohibited ").v6Address(quote + 24);
            case Icmpv6.CODE_BEYOND_SCOPE -> c.text("beyond scope ").v6Address(quote + 24).text(", source address ").v6Address(quote + 8);
            case Icmpv6.CODE_ADDRESS_UNREACHABLE -> c.text("unreachable address ").v6Address(quote + 24);
            case Icmpv6.CODE_PORT_UNREACHABLE -> {
                return port6(c, quote);
            }
            default -> c.text("unknown unreach code (").number(code).text(")");
        }
        return true;
    }

    private static boolean port6(PrintContext c, int quote) {
        c.text("unreachable port");
        Ipv6Extensions chain = new Ipv6Extensions();
        if (chain.walkQuote(c.bytes, quote, c.end - quote) != null || chain.payloadLength < 4
                || chain.protocol != IpProtocol.TCP && chain.protocol != IpProtocol.UDP) {
            return false;
        }
        c.text(", ").v6Address(quote + 24).text(" ").text(protocolWord(chain.protocol)).text(" port ").number(c.u16(chain.payloadOffset + 2));
        return true;
    }

    private static boolean timeExceeded6(PrintContext c, int quote, int code) {
        if (!c.has(quote, Ipv6Header.LENGTH)) {
            return false;
        }
        if (code == Icmpv6.CODE_HOP_LIMIT_EXCEEDED) {
            c.text(" for ").v6Address(quote + 24);
        } else {
            c.text(code == Icmpv6.CODE_REASSEMBLY_EXCEEDED ? " (reassembly)" : ", unknown code (" + code + ")");
        }
        return true;
    }

    private static void problem6(PrintContext c, int at, int code) {
        c.text("parameter problem, ");
        String what = switch (code) {
            case Icmpv6.CODE_ERRONEOUS_HEADER -> "erroneous";
            case Icmpv6.CODE_UNKNOWN_NEXT_HEADER -> "next header";
            case Icmpv6.CODE_UNKNOWN_OPTION -> "option";
            case Icmpv6.CODE_INCOMPLETE_CHAIN -> "incomplete header chain";
            default -> "";
        };
        if (what.isEmpty()) {
            c.text("code-#").number(code);
        } else {
            c.text(what).text(" - octet ").number(Icmpv6.pointer(c.bytes, at));
        }
    }

    private static boolean neighbor6(PrintContext c, int at, int type) {
        c.text(Icmpv6.typeName(type));
        if (!c.has(at, Ndp.fixedLength(type))) {
            return false;
        }
        if (type == Icmpv6.REDIRECT) {
            c.text(", ").v6Address(at + 24).text(" to ").v6Address(at + 8);
        } else {
            c.text(type == Icmpv6.NEIGHBOR_SOLICITATION ? ", who has " : ", tgt is ").v6Address(at + 8);
        }
        return true;
    }
}
