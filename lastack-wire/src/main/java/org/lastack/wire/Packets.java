package org.lastack.wire;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Complete packets for tests and tools. It allocates; the engine does not use it.
public final class Packets {
    private Packets() {}

    /// A TCP segment.
    public static PacketBuilder tcp(IpAddress source, int sourcePort, IpAddress destination, int destinationPort) {
        return new PacketBuilder(source, destination, IpProtocol.TCP).ports(sourcePort, destinationPort);
    }

    /// As [#tcp(IpAddress,int,IpAddress,int)] with the fields that most segments need; `options` and `payload` may be empty.
    public static byte[] tcp(IpAddress source, int sourcePort, IpAddress destination, int destinationPort, int flags, int seq, int ack,
            int window, byte[] options, byte[] payload) {
        return tcp(source, sourcePort, destination, destinationPort).flags(flags).seq(seq).ack(ack).window(window).options(options)
                .payload(payload).build();
    }

    /// A UDP datagram.
    public static PacketBuilder udp(IpAddress source, int sourcePort, IpAddress destination, int destinationPort) {
        return new PacketBuilder(source, destination, IpProtocol.UDP).ports(sourcePort, destinationPort);
    }

    /// A packet of any other protocol, whose payload is taken as it is.
    public static PacketBuilder raw(IpAddress source, IpAddress destination, int protocol) {
        return new PacketBuilder(source, destination, protocol);
    }

    /// An ICMP message of the family of the addresses: type, code and the four octets after the checksum.
    public static PacketBuilder icmp(IpAddress source, IpAddress destination, int type, int code, int rest) {
        int protocol = destination.isV4() ? IpProtocol.ICMP : IpProtocol.ICMPV6;
        return new PacketBuilder(source, destination, protocol).icmp(type, code, rest);
    }

    /// An echo request.
    public static PacketBuilder echoRequest(IpAddress source, IpAddress destination, int identifier, int sequence) {
        int type = destination.isV4() ? Icmpv4.ECHO_REQUEST : Icmpv6.ECHO_REQUEST;
        return icmp(source, destination, type, 0, identifier << 16 | (sequence & 0xffff));
    }

    /// An echo reply.
    public static PacketBuilder echoReply(IpAddress source, IpAddress destination, int identifier, int sequence) {
        int type = destination.isV4() ? Icmpv4.ECHO_REPLY : Icmpv6.ECHO_REPLY;
        return icmp(source, destination, type, 0, identifier << 16 | (sequence & 0xffff));
    }

    /// An ICMP error from `source` about `refused`, sent to the refused packet's source, quoting as much as the family allows.
    public static PacketBuilder icmpError(IpAddress source, int type, int code, int rest, byte[] refused) {
        boolean v4 = Ipv4Header.version(refused, 0) == 4;
        IpAddress destination = v4 ? IpAddress.readV4(refused, 12) : IpAddress.readV6(refused, 8);
        int quote = Math.min(refused.length, v4 ? Icmpv4.MAX_QUOTE : Icmpv6.MAX_QUOTE);
        return icmp(source, destination, type, code, rest).payload(Arrays.copyOf(refused, quote));
    }

    /// The fragments of a packet of either family for a link of `mtu` octets, in order, with the identification `id`. IPv4 options are copied
    /// into every fragment; over IPv6 the packet must have no extension headers. A packet that fits comes back alone, as it is.
    public static List<byte[]> fragments(byte[] packet, int mtu, int id) {
        if (packet.length <= mtu) {
            return List.of(packet.clone());
        }
        boolean v4 = Ipv4Header.version(packet, 0) == 4;
        int header = v4 ? Ipv4Header.headerLength(packet, 0) : Ipv6Header.LENGTH;
        int room = mtu - header - (v4 ? 0 : Ipv6Extensions.FRAGMENT_LENGTH) & ~7;
        if (room <= 0) {
            throw new IllegalArgumentException("no room for data in an MTU of " + mtu);
        }
        List<byte[]> fragments = new ArrayList<>();
        int data = packet.length - header;
        for (int position = 0; position < data; position += room) {
            fragments.add(fragment(packet, position, Math.min(room, data - position), position + room < data, id));
        }
        return fragments;
    }

    /// One fragment of a packet: `length` octets of its IP payload from `position`, which is a multiple of 8. Nothing else is checked, so that
    /// overlapping and absurd fragments can be made.
    public static byte[] fragment(byte[] packet, int position, int length, boolean more, int id) {
        if (Ipv4Header.version(packet, 0) == 4) {
            int header = Ipv4Header.headerLength(packet, 0);
            byte[] fragment = new byte[header + length];
            System.arraycopy(packet, 0, fragment, 0, header);
            System.arraycopy(packet, header + position, fragment, header, length);
            Bytes.put16(fragment, 2, fragment.length);
            Bytes.put16(fragment, 4, id);
            Bytes.put16(fragment, 6, (more ? Ipv4Header.MF : 0) | position >>> 3);
            Ipv4Header.writeChecksum(fragment, 0);
            return fragment;
        }
        int header = Ipv6Header.LENGTH + Ipv6Extensions.FRAGMENT_LENGTH;
        byte[] fragment = new byte[header + length];
        System.arraycopy(packet, 0, fragment, 0, Ipv6Header.LENGTH);
        Bytes.put16(fragment, Ipv6Header.PAYLOAD_LENGTH_OFFSET, fragment.length - Ipv6Header.LENGTH);
        fragment[Ipv6Header.NEXT_HEADER_OFFSET] = (byte) IpProtocol.FRAGMENT;
        Ipv6Extensions.writeFragment(fragment, Ipv6Header.LENGTH, Ipv6Header.nextHeader(packet, 0), position, more, id);
        System.arraycopy(packet, Ipv6Header.LENGTH + position, fragment, header, length);
        return fragment;
    }

    /// An Ethernet frame around a packet, filled up with zeros to 60 octets.
    public static byte[] ethernet(long destination, long source, int etherType, byte[] packet) {
        byte[] frame = new byte[Math.max(EthernetHeader.MIN_FRAME, EthernetHeader.LENGTH + packet.length)];
        EthernetHeader.write(frame, 0, destination, source, etherType);
        System.arraycopy(packet, 0, frame, EthernetHeader.LENGTH, packet.length);
        return frame;
    }

    /// An ARP packet; hardware addresses are the low 48 bits.
    public static byte[] arp(int operation, long senderHardware, IpAddress sender, long targetHardware, IpAddress target) {
        byte[] packet = new byte[ArpPacket.LENGTH];
        ArpPacket.write(packet, 0, operation, senderHardware, sender.v4Bits(), targetHardware, target.v4Bits());
        return packet;
    }

    /// `length` octets that count upwards from 0 and wrap after 250: a prime to every power of two, so that shifted data are found out.
    public static byte[] pattern(int length) {
        byte[] octets = new byte[length];
        for (int i = 0; i < length; i++) {
            octets[i] = (byte) (i % 251);
        }
        return octets;
    }
}
