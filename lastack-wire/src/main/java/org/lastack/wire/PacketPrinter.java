package org.lastack.wire;

import org.jspecify.annotations.Nullable;

/// Writes a packet as one line in the words of tcpdump 4.99:
/// `IP 198.18.0.1.41234 > 198.18.0.2.9000: Flags [S], seq 123, win 64240, options [mss 1460,sackOK], length 0`.
///
/// Any octets can be given: what is cut off is shown as `[|tcp]`, what is malformed as such, and nothing is thrown. Names are never looked
/// up, application protocols not decoded. Where tcpdump breaks a line in two (`-v`) this printer does not. For tools and logs: it allocates.
/// Not thread-safe.
public final class PacketPrinter {
    private final boolean verbose;
    private final boolean linkHeader;
    private final @Nullable TcpFlows flows;

    /// Absolute sequence numbers (`tcpdump -S`), without the fields of `-v` and `-e`.
    public PacketPrinter() {
        this(false, false, null);
    }

    private PacketPrinter(boolean verbose, boolean linkHeader, @Nullable TcpFlows flows) {
        this.verbose = verbose;
        this.linkHeader = linkHeader;
        this.flows = flows;
    }

    /// A printer that also prints IP header fields and verifies checksums (`tcpdump -v`).
    public PacketPrinter verbose() {
        return new PacketPrinter(true, linkHeader, flows);
    }

    /// A printer that also prints the Ethernet header (`tcpdump -e`).
    public PacketPrinter linkHeader() {
        return new PacketPrinter(verbose, true, flows);
    }

    /// A printer that prints TCP sequence numbers relative to the start of each connection, which it remembers in `state`.
    public PacketPrinter relative(TcpFlows state) {
        return new PacketPrinter(verbose, linkHeader, state);
    }

    /// One IP packet in one line, with absolute sequence numbers.
    public static String print(byte[] bytes, int offset, int length) {
        return new PacketPrinter().ip(bytes, offset, length);
    }

    /// The line for the IP packet (either version) of which `length` octets at `offset` were captured.
    public String ip(byte[] bytes, int offset, int length) {
        StringBuilder out = new StringBuilder(128);
        ip(out, bytes, offset, length);
        return out.toString();
    }

    /// As [#ip(byte[],int,int)], appended to `out`.
    public void ip(StringBuilder out, byte[] bytes, int offset, int length) {
        PrintContext c = new PrintContext(out, bytes, offset + length);
        ip(c, offset, length);
    }

    private void ip(PrintContext c, int offset, int length) {
        if (length < 1) {
            c.text("IP [|ip]");
            return;
        }
        c.verbose = verbose;
        c.flows = flows;
        int version = Ipv4Header.version(c.bytes, offset);
        if (version == 4) {
            ipv4(c, offset, length);
        } else if (version == 6) {
            c.v6 = true;
            ipv6(c, offset, length);
        } else {
            c.text("unknown ip ").number(version);
        }
    }

    /// The line for the Ethernet frame of which `length` octets at `offset` were captured.
    public String ethernet(byte[] bytes, int offset, int length) {
        StringBuilder out = new StringBuilder(128);
        ethernet(out, bytes, offset, length);
        return out.toString();
    }

    /// As [#ethernet(byte[],int,int)], appended to `out`.
    public void ethernet(StringBuilder out, byte[] bytes, int offset, int length) {
        PrintContext c = new PrintContext(out, bytes, offset + length);
        if (!c.has(offset, EthernetHeader.LENGTH)) {
            c.text("[|ether]");
            return;
        }
        int at = offset + EthernetHeader.LENGTH;
        int type = EthernetHeader.etherType(bytes, offset);
        if (linkHeader) {
            c.text(EthernetHeader.addressText(EthernetHeader.source(bytes, offset))).text(" > ")
                    .text(EthernetHeader.addressText(EthernetHeader.destination(bytes, offset))).text(", ");
            ethernetType(c, type, length);
        }
        while (EthernetHeader.isVlan(type)) {
            if (!c.has(at, EthernetHeader.TAG_LENGTH)) {
                c.text("[|vlan]");
                return;
            }
            type = c.u16(at + 2);
            if (linkHeader) {
                int tag = c.u16(at);
                c.text("vlan ").number(tag & 0xfff).text(", p ").number(tag >>> 13).text((tag & 0x1000) != 0 ? ", DEI, " : ", ");
                ethernetType(c, type, -1);
            }
            at += EthernetHeader.TAG_LENGTH;
        }
        c.typePrinted = linkHeader;
        ethernetPayload(c, at, type);
    }

    private static void ethernetType(PrintContext c, int type, int length) {
        if (type < EthernetHeader.MIN_TYPE) {
            c.text("802.3");
        } else {
            c.text("ethertype ").text(etherTypeName(type)).text(" (0x").hex(type, 4).text(")");
        }
        c.text(length < 0 ? ", " : ", length " + length + ": ");
    }

    private static String etherTypeName(int type) {
        return switch (type) {
            case EthernetHeader.TYPE_IPV4 -> "IPv4";
            case EthernetHeader.TYPE_IPV6 -> "IPv6";
            case EthernetHeader.TYPE_ARP -> "ARP";
            case EthernetHeader.TYPE_VLAN -> "802.1Q";
            case EthernetHeader.TYPE_SERVICE_VLAN -> "802.1Q-QinQ";
            default -> "Unknown";
        };
    }

    private void ethernetPayload(PrintContext c, int at, int type) {
        switch (type) {
            case EthernetHeader.TYPE_IPV4, EthernetHeader.TYPE_IPV6 -> ip(c, at, c.end - at);
            case EthernetHeader.TYPE_ARP -> arp(c, at);
            default -> {
                if (type < EthernetHeader.MIN_TYPE) {
                    c.text("LLC, length ").number(type);
                } else {
                    c.text("ethertype 0x").hex(type, 4).text(", length ").number(c.end - at);
                }
            }
        }
    }

    private static void arp(PrintContext c, int at) {
        c.text(c.typePrinted ? "" : "ARP, ");
        if (!c.has(at, 8)) {
            c.text("[|arp]");
            return;
        }
        if (c.u16(at) != 1 || c.u16(at + 2) != EthernetHeader.TYPE_IPV4 || c.u16(at + 4) != 0x0604) {
            c.text("hardware type ").number(c.u16(at)).text(" (len ").number(c.u8(at + 4)).text("), protocol type 0x").hex(c.u16(at + 2), 4)
                    .text(" (len ").number(c.u8(at + 5)).text("), length ").number(c.end - at);
            return;
        }
        if (!c.has(at, ArpPacket.LENGTH)) {
            c.text("[|arp]");
            return;
        }
        int operation = ArpPacket.operation(c.bytes, at);
        if (operation == ArpPacket.REQUEST) {
            c.text("Request who-has ").v4Address(at + 24);
            long target = ArpPacket.targetHardware(c.bytes, at);
            if (target != 0) {
                c.text(" (").text(EthernetHeader.addressText(target)).text(")");
            }
            c.text(" tell ").v4Address(at + 14);
        } else if (operation == ArpPacket.REPLY) {
            c.text("Reply ").v4Address(at + 14).text(" is-at ")
                    .text(EthernetHeader.addressText(ArpPacket.senderHardware(c.bytes, at)));
        } else {
            c.text("operation ").number(operation);
        }
        c.text(", length ").number(c.end - at);
    }

    private void ipv4(PrintContext c, int at, int length) {
        c.text(c.typePrinted ? "" : "IP ");
        if (length < Ipv4Header.MIN_LENGTH) {
            c.text(" [|ip]");
            return;
        }
        int header = Ipv4Header.headerLength(c.bytes, at);
        if (header < Ipv4Header.MIN_LENGTH) {
            c.text("bad-hlen ").number(header);
            return;
        }
        int total = Ipv4Header.totalLength(c.bytes, at);
        if (length < total) {
            c.text("truncated-ip - ").number(total - length).text(" bytes missing! ");
        }
        if (total < header) {
            c.text("bad-len ").number(total);
            return;
        }
        c.end = at + Math.min(length, total);
        c.sourceLow = IpAddress.lowOfV4(Ipv4Header.source(c.bytes, at));
        c.destinationLow = IpAddress.lowOfV4(Ipv4Header.destination(c.bytes, at));
        if (verbose) {
            Ipv4FieldsPrinter.print(c, at, header, total);
        }
        if (Ipv4Header.fragmentOffset(c.bytes, at) != 0) {
            c.addresses().text("ip-proto-").number(Ipv4Header.protocol(c.bytes, at));
            return;
        }
        c.fragment = Ipv4Header.moreFragments(c.bytes, at);
        upperLayer(c, Ipv4Header.protocol(c.bytes, at), at + header, total - header);
    }

    private void upperLayer(PrintContext c, int protocol, int at, int length) {
        if (protocol == IpProtocol.TCP) {
            TcpPrinter.print(c, at, length);
        } else if (protocol == IpProtocol.UDP) {
            udp(c, at, length);
        } else if (protocol == IpProtocol.ICMP && !c.v6) {
            IcmpPrinter.v4(c, at, length);
        } else if (protocol == IpProtocol.ICMPV6 && c.v6) {
            IcmpPrinter.v6(c, at, length);
        } else if (protocol == IpProtocol.NO_NEXT_HEADER && c.v6) {
            c.addresses().text("no next header");
        } else {
            c.addresses().text(" ip-proto-").number(protocol).text(" ").number(length);
        }
    }

    private void udp(PrintContext c, int at, int length) {
        if (!c.has(at, 4)) {
            c.addresses().text("[|udp]");
            return;
        }
        c.endpoints(UdpHeader.sourcePort(c.bytes, at), UdpHeader.destinationPort(c.bytes, at));
        if (!c.has(at, UdpHeader.LENGTH) || length < UdpHeader.LENGTH) {
            c.text(" [|udp]");
            return;
        }
        int field = UdpHeader.length(c.bytes, at);
        if (field < UdpHeader.LENGTH) {
            c.text("truncated-udplength ").number(field);
            return;
        }
        if (verbose && !c.fragment && field <= length && c.has(at, field)) {
            udpChecksum(c, at, field);
        }
        if (field > length && !c.fragment) {
            c.text("UDP, bad length ").number(field - UdpHeader.LENGTH).text(" > ").number(length - UdpHeader.LENGTH);
        } else {
            c.text("UDP, length ").number(field - UdpHeader.LENGTH);
        }
    }

    private static void udpChecksum(PrintContext c, int at, int length) {
        int field = UdpHeader.checksum(c.bytes, at);
        if (field == 0) {
            c.text("[no cksum] ");
            return;
        }
        int residue = c.checksumResidue(at, length, IpProtocol.UDP);
        if (residue == 0) {
            c.text("[udp sum ok] ");
        } else {
            c.text("[bad udp cksum 0x").hex(field, 4).text(" -> 0x").hex(PrintContext.expectedChecksum(field, residue), 4).text("!] ");
        }
    }

    private void ipv6(PrintContext c, int at, int length) {
        c.text(c.typePrinted ? "" : "IP6 ");
        if (length < Ipv6Header.LENGTH) {
            c.text(" [|ip6]");
            return;
        }
        int total = Ipv6Header.totalLength(c.bytes, at);
        if (length < total) {
            c.text("truncated-ip6 - ").number(total - length).text(" bytes missing! ");
        }
        c.end = at + Math.min(length, total);
        c.sourceHigh = Ipv6Header.sourceHigh(c.bytes, at);
        c.sourceLow = Ipv6Header.sourceLow(c.bytes, at);
        c.destinationHigh = Ipv6Header.destinationHigh(c.bytes, at);
        c.destinationLow = Ipv6Header.destinationLow(c.bytes, at);
        if (verbose) {
            ipv6Fields(c, at);
        }
        int protocol = Ipv6Header.nextHeader(c.bytes, at);
        int index = at + Ipv6Header.LENGTH;
        // Every header has at least 8 octets: the loop ends with the packet.
        while (Ipv6Extensions.isExtension(protocol)) {
            c.addresses();
            c.addressesPrinted = true;
            if (!c.has(index, 8)) {
                c.text("[|ip6]");
                return;
            }
            if (extensionEnds(c, index, protocol, at + total - index)) {
                return;
            }
            int octets = protocol == IpProtocol.FRAGMENT ? Ipv6Extensions.FRAGMENT_LENGTH : 8 + c.u8(index + 1) * 8;
            protocol = c.u8(index);
            index += octets;
            if (index > c.end) {
                c.text("[|ip6]");
                return;
            }
        }
        upperLayer(c, protocol, index, at + total - index);
    }

    /// Prints one extension header; true if nothing after it can be told.
    private boolean extensionEnds(PrintContext c, int index, int kind, int length) {
        switch (kind) {
            case IpProtocol.HOP_BY_HOP -> c.text("HBH ");
            case IpProtocol.DESTINATION_OPTIONS -> c.text("DSTOPT ");
            case IpProtocol.ROUTING -> c.text("RT6 (len=").number(c.u8(index + 1)).text(", type=").number(c.u8(index + 2))
                    .text(c.u8(index + 2) == 0 ? " [Deprecated]" : "").text(", segleft=").number(c.u8(index + 3)).text(") ");
            default -> {
                int field = c.u16(index + 2);
                c.text("frag (");
                if (verbose) {
                    c.text("0x").hex(c.u32(index + 4), 8).text(":");
                }
                c.number(field & 0xfff8).text("|").number(length - Ipv6Extensions.FRAGMENT_LENGTH).text(")");
                c.fragment |= (field & 0xfff9) != 0;
                if ((field & 0xfff8) != 0) {
                    return true;
                }
                c.text(" ");
            }
        }
        return false;
    }

    private static void ipv6Fields(PrintContext c, int at) {
        c.text("(");
        int trafficClass = Ipv6Header.trafficClass(c.bytes, at);
        if (trafficClass != 0) {
            c.text("class 0x").hex(trafficClass, 2).text(", ");
        }
        int label = Ipv6Header.flowLabel(c.bytes, at);
        if (label != 0) {
            c.text("flowlabel 0x").hex(label, 5).text(", ");
        }
        int next = Ipv6Header.nextHeader(c.bytes, at);
        c.text("hlim ").number(Ipv6Header.hopLimit(c.bytes, at)).text(", next-header ").text(protocolName(next)).text(" (").number(next)
                .text(") payload length: ").number(Ipv6Header.payloadLength(c.bytes, at)).text(") ");
    }

    static String protocolName(int protocol) {
        return switch (protocol) {
            case IpProtocol.HOP_BY_HOP -> "Options";
            case IpProtocol.ICMP -> "ICMP";
            case IpProtocol.TCP -> "TCP";
            case IpProtocol.UDP -> "UDP";
            case IpProtocol.ROUTING -> "Routing";
            case IpProtocol.FRAGMENT -> "Fragment";
            case IpProtocol.ICMPV6 -> "ICMPv6";
            default -> "unknown";
        };
    }
}
