package org.lastack.fuzz;

import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.lastack.wire.ArpPacket;
import org.lastack.wire.EthernetHeader;
import org.lastack.wire.Icmpv4;
import org.lastack.wire.Icmpv6;
import org.lastack.wire.IpAddress;
import org.lastack.wire.IpProtocol;
import org.lastack.wire.Packets;
import org.lastack.wire.TcpHeader;

/// Good inputs from which the fuzzers start, one of each shape.
final class WireSeeds {
    static final IpAddress A = IpAddress.of("198.18.0.1");
    static final IpAddress B = IpAddress.of("198.18.0.2");
    static final IpAddress A6 = IpAddress.of("fe80::1");
    static final IpAddress B6 = IpAddress.of("fd00::2");

    private WireSeeds() {}

    private static byte[] hex(String text) {
        return HexFormat.of().parseHex(text.replace(" ", ""));
    }

    static Stream<byte[]> packets() {
        byte[] udp = Packets.udp(A, 40_000, B, 53).payload(60).build();
        byte[] udp6 = Packets.udp(A6, 40_000, B6, 53).payload(60).build();
        List<byte[]> seeds = new ArrayList<>();
        seeds.add(Packets.tcp(A, 40_000, B, 80).flags(TcpHeader.SYN).mss(1460).sackPermitted().timestamps(1, 0).nop().windowScale(7).build());
        seeds.add(Packets.tcp(A, 40_000, B, 80).nop().nop().timestamps(1, 2).nop().nop().sack(5, 6, 8, 9).payload(30).build());
        seeds.add(Packets.tcp(A6, 40_000, B6, 80).flags(TcpHeader.SYN).options(hex("220a0102030405060708fe04f989ac05000001")).build());
        seeds.add(udp);
        seeds.add(udp6);
        seeds.add(Packets.udp(A, 1, B, 2).ipOptions(hex("01 94040000 830704c6120007 44080500 00000000")).payload(8).build());
        seeds.add(Packets.echoRequest(A, B, 1, 2).payload(20).build());
        seeds.add(Packets.echoRequest(A6, B6, 1, 2).payload(20).build());
        seeds.add(Packets.icmpError(B, Icmpv4.DESTINATION_UNREACHABLE, Icmpv4.CODE_PORT_UNREACHABLE, 0, udp).build());
        seeds.add(Packets.icmpError(B6, Icmpv6.DESTINATION_UNREACHABLE, Icmpv6.CODE_PORT_UNREACHABLE, 0, udp6).build());
        seeds.addAll(Packets.fragments(udp, 68, 7));
        seeds.add(Packets.fragment(udp6, 0, 16, true, 9));
        seeds.add(Packets.fragment(udp6, 16, 16, false, 9));
        seeds.add(Packets.fragment(udp6, 0, 68, false, 9));
        seeds.add(Packets.udp(A6, 1, B6, 2).extensions(IpProtocol.HOP_BY_HOP,
                hex("3c00 0502 0000 0100 2b00 3e02000001 00 2c00 020000000000 1100 0000 00000007")).payload(9).build());
        seeds.add(Packets.icmp(A6, B6, Icmpv6.NEIGHBOR_SOLICITATION, 0, 0).ttl(255)
                .payload(hex("fd000000000000000000000000000002 010102005e005301")).build());
        seeds.add(Packets.icmp(A6, B6, Icmpv6.ROUTER_ADVERTISEMENT, 0, 0x4000_0708).ttl(255).payload(
                hex("00000000 00000000 010102005e005301 0501 0000 000005dc 030440c0 00015180 00003840 00000000 fd000000000000000000000000000000"))
                .build());
        return seeds.stream();
    }

    static Stream<byte[]> frames() {
        Stream<byte[]> ip = packets().map(packet -> Packets.ethernet(0x02005e005301L, 0x02005e005302L,
                packet[0] >>> 4 == 4 ? EthernetHeader.TYPE_IPV4 : EthernetHeader.TYPE_IPV6, packet));
        byte[] arp = Packets.ethernet(EthernetHeader.BROADCAST, 0x02005e005302L, EthernetHeader.TYPE_ARP,
                Packets.arp(ArpPacket.REQUEST, 0x02005e005302L, A, 0, B));
        byte[] tagged = Packets.ethernet(EthernetHeader.BROADCAST, 0x02005e005302L, EthernetHeader.TYPE_VLAN, hex("00000806"));
        return Stream.concat(ip, Stream.of(arp, tagged));
    }

    static Stream<byte[]> tcpOptions() {
        return Stream.of("020405b40402080a12345678ffffffff01030307", "0101080a0000000100000002", "0101050a0000000100000002", "220a0102030405060708",
                "fe0cf9890102030405060708", "ac0b000001000002000003", "0200", "00").map(WireSeeds::hex);
    }

    static Stream<byte[]> ndpMessages() {
        return Stream.of("87000000 00000000 fd000000000000000000000000000002 010102005e005301", "88000000 60000000 fd000000000000000000000000000002",
                "85000000 00000000 010102005e005301", "86000000 40000708 0000000000000000 0501 0000 000005dc",
                "89000000 00000000 fe800000000000000000000000000009 fd000000000000000000000000000007 0400 0000").map(WireSeeds::hex);
    }

    static Stream<byte[]> addresses() {
        return Stream.of("2001:db8::1", "::ffff:192.0.2.1", "255.255.255.255", "[fe80::1]", "1:2:3:4:5:6:1.2.3.4", "::", "1::", "02:00:5e:00:53:01")
                .map(text -> text.getBytes(java.nio.charset.StandardCharsets.ISO_8859_1));
    }
}
