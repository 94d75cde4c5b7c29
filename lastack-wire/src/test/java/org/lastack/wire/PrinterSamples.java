package org.lastack.wire;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/// The packets of the golden files `tcpdump.txt` and `tcpdump-v.txt`. To make those anew with the real program:
///
/// `java -cp target/classes:target/test-classes org.lastack.wire.PrinterSamples DIRECTORY`, then `tcpdump -t -n -S -r samples.pcap`, and with
/// `-v` the lines of TCP segments (4.99.3 made the present ones). Indented lines are left out or joined to the line before, blanks at the
/// end cut off.
final class PrinterSamples {
    static final IpAddress A4 = IpAddress.of("198.18.0.1");
    static final IpAddress B4 = IpAddress.of("198.18.0.2");
    static final IpAddress A6 = IpAddress.of("fd00::1");
    static final IpAddress B6 = IpAddress.of("fd00::2");
    static final IpAddress L6 = IpAddress.of("fe80::5eff:fe00:5301");
    private static final int SYN = TcpHeader.SYN;
    private static final int ACK = TcpHeader.ACK;
    private static final int PSH = TcpHeader.PSH;
    private static final int FIN = TcpHeader.FIN;
    private static final int RST = TcpHeader.RST;

    private PrinterSamples() {}

    private static PacketBuilder tcp4() {
        return Packets.tcp(A4, 41234, B4, 9000);
    }

    private static PacketBuilder tcp6() {
        return Packets.tcp(A6, 41234, B6, 9000);
    }

    private static byte[] hex(String text) {
        return HexFormat.of().parseHex(text.replace(" ", ""));
    }

    static List<byte[]> all() {
        List<byte[]> packets = new ArrayList<>();
        tcp(packets);
        options(packets);
        udp(packets);
        icmp4(packets);
        icmp6(packets);
        fragments(packets);
        malformed(packets);
        return packets;
    }

    private static void tcp(List<byte[]> packets) {
        packets.add(tcp4().flags(SYN).seq(123).window(64240).mss(1460).sackPermitted().timestamps(1, 0).nop().windowScale(7).build());
        packets.add(Packets.tcp(B4, 9000, A4, 41234).flags(SYN | ACK).seq(-7).ack(124).mss(1460).build());
        packets.add(tcp4().seq(124).ack(-6).build());
        packets.add(tcp4().flags(ACK | PSH).seq(124).ack(-6).payload(11).build());
        packets.add(tcp4().flags(ACK | FIN).seq(135).ack(-6).build());
        packets.add(tcp4().flags(ACK | FIN | PSH).seq(-3).ack(-6).payload(5).build());
        packets.add(tcp4().flags(RST).seq(5).window(0).build());
        packets.add(tcp4().flags(RST | ACK).seq(5).ack(9).window(0).payload("reason".getBytes(java.nio.charset.StandardCharsets.US_ASCII)).build());
        packets.add(tcp4().flags(TcpHeader.URG | ACK).urgentPointer(3).payload(3).build());
        packets.add(tcp4().flags(0).build());
        packets.add(tcp4().flags(0x1ff).build());
        packets.add(tcp4().flags(SYN | TcpHeader.ECE | TcpHeader.CWR).build());
        packets.add(tcp4().flags(SYN | FIN).build());
        packets.add(tcp4().badChecksum().payload(4).build());
        packets.add(tcp4().flags(SYN | ACK).tos(3).ttl(1).id(4711).fragmentField(0).build());
        packets.add(tcp6().flags(SYN).seq(1).mss(1440).build());
        packets.add(tcp6().flags(ACK).seq(1).ack(77).payload(1).tos(0xb8).flowLabel(0x12345).build());
    }

    private static void options(List<byte[]> packets) {
        packets.add(tcp4().nop().nop().sack(100, 200).build());
        packets.add(tcp4().nop().nop().timestamps(-1, -2).nop().nop().sack(100, 200, 300, 400, -5, 6).build());
        packets.add(tcp4().nop().nop().timestamps(7, 8).build());
        packets.add(tcp4().flags(SYN).options(hex("2202")).build());
        packets.add(tcp4().flags(SYN).options(hex("220a 0102030405060708")).build());
        packets.add(tcp4().flags(SYN).options(hex("fe04f989")).build());
        packets.add(tcp4().flags(SYN).options(hex("fe0cf9890102030405060708")).build());
        packets.add(tcp4().flags(SYN).options(hex("fd06aabbccdd")).build());
        packets.add(tcp4().flags(SYN).options(hex("fe06aabbccdd")).build());
        packets.add(tcp4().flags(SYN).options(hex("ac0b000001000002000003")).build());
        packets.add(tcp4().options(hex("ae08000001000002")).build());
        packets.add(tcp4().options(hex("00000000")).build());
        packets.add(tcp4().options(hex("0100")).build());
        packets.add(tcp4().options(hex("0200")).build());
        packets.add(tcp4().options(hex("02ff0101")).build());
        packets.add(tcp4().options(hex("0203aa01")).build());
        packets.add(tcp4().options(hex("0302aabb")).build());
        packets.add(tcp4().options(hex("0506aabbccdd")).build());
        packets.add(tcp4().options(hex("0809000000010000000200")).build());
        packets.add(tcp4().options(hex("1c0480050101")).build());
        packets.add(tcp4().options(hex("1312000102030405060708090a0b0c0d0e0f")).build());
        packets.add(tcp4().options(hex("1e0c0001020304050607ffff")).build());
        packets.add(tcp4().options(hex("4d04aabb")).build());
        packets.add(tcp4().options(hex("4d")).build());
    }

    private static void udp(List<byte[]> packets) {
        packets.add(Packets.udp(A4, 40000, B4, 9000).payload(5).build());
        packets.add(Packets.udp(A4, 40000, B4, 9000).build());
        packets.add(Packets.udp(A6, 40000, B6, 9000).payload(1000).build());
        packets.add(Packets.udp(A4, 40000, B4, 9000).payload(5).badChecksum().build());
        byte[] none = Packets.udp(A4, 40000, B4, 9000).payload(5).build();
        Bytes.put16(none, 26, 0);
        packets.add(none);
        byte[] shortLength = Packets.udp(A4, 40000, B4, 9000).payload(5).build();
        Bytes.put16(shortLength, 24, 7);
        packets.add(shortLength);
        byte[] longLength = Packets.udp(A4, 40000, B4, 9000).payload(5).build();
        Bytes.put16(longLength, 24, 500);
        packets.add(longLength);
    }

    private static byte[] refused4(int protocol) {
        return switch (protocol) {
            case IpProtocol.TCP -> tcp4().flags(SYN).seq(5).payload(100).build();
            case IpProtocol.UDP -> Packets.udp(A4, 40000, B4, 9000).payload(20).build();
            default -> Packets.raw(A4, B4, protocol).payload(20).build();
        };
    }

    private static void icmp4(List<byte[]> packets) {
        packets.add(Packets.echoRequest(A4, B4, 77, 1).payload(56).build());
        packets.add(Packets.echoReply(B4, A4, 77, 1).payload(56).build());
        for (int code = 0; code <= 16; code++) {
            packets.add(Packets.icmpError(B4, Icmpv4.DESTINATION_UNREACHABLE, code, code == 4 ? 1400 : 0, refused4(IpProtocol.UDP)).build());
        }
        packets.add(Packets.icmpError(B4, Icmpv4.DESTINATION_UNREACHABLE, 3, 0, refused4(IpProtocol.TCP)).build());
        packets.add(Packets.icmpError(B4, Icmpv4.DESTINATION_UNREACHABLE, 2, 0, refused4(99)).build());
        packets.add(Packets.icmpError(B4, Icmpv4.DESTINATION_UNREACHABLE, 3, 0, refused4(99)).build());
        packets.add(Packets.icmpError(B4, Icmpv4.DESTINATION_UNREACHABLE, 4, 0, refused4(IpProtocol.TCP)).build());
        for (int code = 0; code <= 2; code++) {
            packets.add(Packets.icmpError(B4, Icmpv4.TIME_EXCEEDED, code, 0, refused4(IpProtocol.TCP)).build());
        }
        packets.add(Packets.icmpError(B4, Icmpv4.PARAMETER_PROBLEM, 0, 20 << 24, refused4(IpProtocol.TCP)).build());
        packets.add(Packets.icmpError(B4, Icmpv4.PARAMETER_PROBLEM, 1, 0, refused4(IpProtocol.TCP)).build());
        packets.add(Packets.icmpError(B4, Icmpv4.SOURCE_QUENCH, 0, 0, refused4(IpProtocol.TCP)).build());
        for (int code = 0; code <= 4; code++) {
            packets.add(Packets.icmpError(B4, Icmpv4.REDIRECT, code, 0xc6120063, refused4(IpProtocol.TCP)).build());
        }
        packets.add(Packets.icmp(A4, B4, Icmpv4.TIMESTAMP_REQUEST, 0, 0x00050006).payload(new byte[12]).build());
        packets.add(Packets.icmp(A4, B4, 99, 3, 0).payload(4).build());
        packets.add(Packets.echoRequest(A4, B4, 77, 1).payload(56).badChecksum().build());
        // Quotes that end early (SECURITY X-15)
        packets.add(Packets.icmp(B4, A4, 3, 3, 0).payload(Arrays.copyOf(refused4(IpProtocol.UDP), 12)).build());
        packets.add(Packets.icmp(B4, A4, 3, 3, 0).payload(Arrays.copyOf(refused4(IpProtocol.UDP), 22)).build());
        packets.add(Packets.icmp(B4, A4, 3, 3, 0).build());
    }

    private static void icmp6(List<byte[]> packets) {
        byte[] refusedUdp = Packets.udp(A6, 40000, B6, 9000).payload(20).build();
        byte[] refusedTcp = tcp6().flags(SYN).payload(2000).build();
        packets.add(Packets.echoRequest(A6, B6, 77, 1).payload(56).build());
        packets.add(Packets.echoReply(B6, A6, 77, 1).payload(56).build());
        for (int code = 0; code <= 7; code++) {
            packets.add(Packets.icmpError(B6, Icmpv6.DESTINATION_UNREACHABLE, code, 0, refusedUdp).build());
        }
        packets.add(Packets.icmpError(B6, Icmpv6.DESTINATION_UNREACHABLE, 4, 0, refusedTcp).build());
        packets.add(Packets.icmpError(B6, Icmpv6.DESTINATION_UNREACHABLE, 4, 0, Packets.raw(A6, B6, 99).payload(20).build()).build());
        packets.add(Packets.icmpError(B6, Icmpv6.PACKET_TOO_BIG, 0, 1280, refusedTcp).build());
        for (int code = 0; code <= 2; code++) {
            packets.add(Packets.icmpError(B6, Icmpv6.TIME_EXCEEDED, code, 0, refusedTcp).build());
        }
        for (int code = 0; code <= 4; code++) {
            packets.add(Packets.icmpError(B6, Icmpv6.PARAMETER_PROBLEM, code, 40, refusedTcp).build());
        }
        packets.add(Packets.echoRequest(A6, B6, 77, 1).payload(56).badChecksum().build());
        ndp(packets);
        packets.add(Packets.icmp(A6, B6, 200, 1, 0).payload(4).build());
        packets.add(Packets.icmp(A6, B6, 100, 1, 0).payload(4).build());
    }

    private static byte[] ndpPacket(byte[] message, int length, IpAddress source, IpAddress destination) {
        byte[] packet = Packets.raw(source, destination, IpProtocol.NO_NEXT_HEADER).ttl(255).payload(Arrays.copyOf(message, length)).build();
        packet[Ipv6Header.NEXT_HEADER_OFFSET] = IpProtocol.ICMPV6;
        return packet;
    }

    private static void ndp(List<byte[]> packets) {
        byte[] message = new byte[200];
        long mac = EthernetHeader.parseAddress("02:00:5e:00:53:01");
        IpAddress group = IpAddress.of("ff02::1:ff00:2");
        IpAddress routers = IpAddress.of("ff02::2");
        int length = Ndp.writeSolicitation(message, 0, B6.high(), B6.low(), mac, L6.high(), L6.low(), group.high(), group.low());
        packets.add(ndpPacket(message, length, L6, group));
        length = Ndp.writeSolicitation(message, 0, B6.high(), B6.low(), -1, 0, 0, group.high(), group.low());
        packets.add(ndpPacket(message, length, IpAddress.ANY_V6, group));
        length = Ndp.writeAdvertisement(message, 0, Ndp.FLAG_SOLICITED | Ndp.FLAG_OVERRIDE | Ndp.FLAG_ROUTER, B6.high(), B6.low(), mac, L6.high(),
                L6.low(), A6.high(), A6.low());
        packets.add(ndpPacket(message, length, L6, A6));
        length = Ndp.writeAdvertisement(message, 0, 0, B6.high(), B6.low(), -1, L6.high(), L6.low(), A6.high(), A6.low());
        packets.add(ndpPacket(message, length, L6, A6));
        length = Ndp.writeRouterSolicitation(message, 0, mac, L6.high(), L6.low(), routers.high(), routers.low());
        packets.add(ndpPacket(message, length, L6, routers));
        packets.add(Packets.icmp(L6, IpAddress.of("ff02::1"), Icmpv6.ROUTER_ADVERTISEMENT, 0, 0x40c0_0708).ttl(255).payload(
                hex("00000001 00000002 0101 02005e005301 0501 0000000005dc 030440c0 00015180 00003840 00000000 fd000000000000000000000000000000"))
                .build());
        packets.add(Packets.icmp(L6, A6, Icmpv6.REDIRECT, 0, 0).ttl(255).payload(
                hex("fe800000000000000000000000000009 fd000000000000000000000000000007 0201 02005e005309")).build());
        packets.add(Packets.icmp(L6, group, Icmpv6.NEIGHBOR_SOLICITATION, 0, 0).ttl(255).payload(
                hex("fd000000000000000000000000000002 0100 02005e005301")).build());
    }

    private static void fragments(List<byte[]> packets) {
        packets.addAll(Packets.fragments(Packets.udp(A4, 40000, B4, 9000).payload(3000).build(), 1500, 4711));
        packets.addAll(Packets.fragments(tcp4().payload(2000).build(), 1500, 4712));
        packets.addAll(Packets.fragments(Packets.udp(A6, 40000, B6, 9000).payload(3000).build(), 1500, 0xdeadbeef));
        packets.add(Packets.fragment(Packets.udp(A6, 40000, B6, 9000).payload(30).build(), 0, 38, false, 9));
        packets.addAll(Packets.fragments(Packets.echoRequest(A4, B4, 7, 7).payload(2000).build(), 1500, 4713));
        packets.add(Packets.udp(A6, 40000, B6, 9000).extensions(IpProtocol.HOP_BY_HOP, hex("1100050200000100")).payload(8).build());
        packets.add(Packets.udp(A6, 40000, B6, 9000).extensions(IpProtocol.DESTINATION_OPTIONS, hex("1100010400000000")).payload(8).build());
        packets.add(Packets.udp(A6, 40000, B6, 9000).extensions(IpProtocol.ROUTING, hex("11000001 00000000")).payload(8).build());
        packets.add(Packets.raw(A6, B6, IpProtocol.NO_NEXT_HEADER).payload(3).build());
    }

    private static void malformed(List<byte[]> packets) {
        packets.add(Packets.raw(A4, B4, 99).payload(20).build());
        packets.add(Packets.raw(A6, B6, 99).payload(20).build());
        packets.add(tcp4().dataOffset(4).build());
        packets.add(tcp4().dataOffset(15).payload(4).build());
        packets.add(Packets.udp(A4, 40000, B4, 9000).ipOptions(hex("940400000100")).payload(8).build());
        packets.add(Packets.udp(A4, 40000, B4, 9000).ipOptions(hex("8307 04 c6120007 44 0c 05 00 00000001 00000002")).payload(8).build());
        packets.add(Packets.udp(A4, 40000, B4, 9000).ipOptions(hex("8300 04 c6")).payload(8).build());
        byte[] whole = tcp4().payload(100).build();
        for (int cut : new int[] {0, 10, 19, 20, 22, 24, 30, 39, 40, 60}) {
            packets.add(Arrays.copyOf(whole, cut));
        }
        byte[] whole6 = tcp6().payload(100).build();
        for (int cut : new int[] {30, 39, 40, 45, 59, 60, 80}) {
            packets.add(Arrays.copyOf(whole6, cut));
        }
        byte[] ihl = tcp4().build();
        ihl[0] = 0x44;
        packets.add(ihl);
        byte[] ihlLong = tcp4().build();
        ihlLong[0] = 0x4f;
        packets.add(ihlLong);
        byte[] version = tcp4().build();
        version[0] = 0x75;
        packets.add(version);
        byte[] total = tcp4().build();
        Bytes.put16(total, 2, 10);
        packets.add(total);
        byte[] badHeaderSum = tcp4().build();
        badHeaderSum[10] ^= 1;
        packets.add(badHeaderSum);
        packets.add(Arrays.copyOf(tcp4().payload(4).build(), 60));
        packets.add(Arrays.copyOf(Packets.udp(A4, 40000, B4, 9000).payload(100).build(), 25));
        packets.add(Arrays.copyOf(Packets.echoRequest(A4, B4, 7, 7).payload(100).build(), 25));
    }

    /// A whole connection, for relative numbers: `tcpdump -t -n -r` without `-S` made `tcpdump-relative.txt`.
    static List<byte[]> conversation() {
        int client = 0xfffffffe;
        int server = 0x7ffffff0;
        List<byte[]> packets = new ArrayList<>();
        packets.add(tcp4().flags(SYN).seq(client).mss(1460).build());
        packets.add(back().flags(SYN | ACK).seq(server).ack(client + 1).mss(1460).build());
        packets.add(tcp4().seq(client + 1).ack(server + 1).build());
        packets.add(tcp4().flags(PSH | ACK).seq(client + 1).ack(server + 1).payload(100).build());
        packets.add(back().seq(server + 1).ack(client + 101).payload(500).build());
        packets.add(back().seq(server + 1001).ack(client + 101).payload(500).build());
        packets.add(tcp4().seq(client + 101).ack(server + 501).nop().nop().sack(server + 1001, server + 1501).build());
        packets.add(back().flags(FIN | ACK).seq(server + 1501).ack(client + 101).build());
        packets.add(tcp4().flags(RST).seq(client + 101).build());
        packets.add(Packets.tcp(A6, 7, B6, 7).seq(100).ack(200).payload(1).build());
        packets.add(Packets.tcp(B6, 7, A6, 7).seq(200).ack(101).payload(1).build());
        packets.add(tcp4().flags(SYN).seq(5000).build());
        packets.add(back().flags(SYN | ACK).seq(9000).ack(5001).build());
        packets.add(tcp4().seq(5001).ack(9001).payload(3).build());
        return packets;
    }

    private static PacketBuilder back() {
        return Packets.tcp(B4, 9000, A4, 41234);
    }

    /// Ethernet frames: `tcpdump -t -n -S -e -r` made `tcpdump-e.txt`.
    static List<byte[]> frames() {
        long a = EthernetHeader.parseAddress("02:00:5e:00:53:01");
        long b = EthernetHeader.parseAddress("02:00:5e:00:53:02");
        List<byte[]> frames = new ArrayList<>();
        frames.add(Packets.ethernet(EthernetHeader.BROADCAST, a, EthernetHeader.TYPE_ARP, Packets.arp(ArpPacket.REQUEST, a, A4, 0, B4)));
        frames.add(Packets.ethernet(a, b, EthernetHeader.TYPE_ARP, Packets.arp(ArpPacket.REPLY, b, B4, a, A4)));
        frames.add(Packets.ethernet(b, a, EthernetHeader.TYPE_ARP, Packets.arp(ArpPacket.REQUEST, a, A4, b, B4)));
        frames.add(Packets.ethernet(b, a, EthernetHeader.TYPE_IPV4, tcp4().flags(SYN).seq(1).build()));
        frames.add(Packets.ethernet(b, a, EthernetHeader.TYPE_IPV6, tcp6().flags(SYN).seq(1).build()));
        byte[] tagged = new byte[62];
        EthernetHeader.write(tagged, 0, b, a, EthernetHeader.TYPE_VLAN);
        Bytes.put32(tagged, 14, 0x6005_0800);
        System.arraycopy(tcp4().flags(SYN).seq(1).build(), 0, tagged, 18, 40);
        frames.add(tagged);
        return frames;
    }

    public static void main(String[] args) throws IOException {
        pcap(Path.of(args[0], "samples.pcap"), 101, all());
        pcap(Path.of(args[0], "conversation.pcap"), 101, conversation());
        pcap(Path.of(args[0], "frames.pcap"), 1, frames());
    }

    private static void pcap(Path file, int linkType, List<byte[]> packets) throws IOException {
        ByteArrayOutputStream pcap = new ByteArrayOutputStream();
        byte[] header = hex("a1b2c3d4 0002 0004 00000000 00000000 00040000 00000000");
        Bytes.put32(header, 20, linkType);
        pcap.writeBytes(header);
        for (byte[] packet : packets) {
            byte[] record = new byte[16];
            Bytes.put32(record, 8, packet.length);
            Bytes.put32(record, 12, packet.length);
            pcap.writeBytes(record);
            pcap.writeBytes(packet);
        }
        Files.write(file, pcap.toByteArray());
    }
}
