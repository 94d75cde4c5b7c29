package org.lastack.drill.packet;

import org.jspecify.annotations.Nullable;
import org.lastack.wire.Bytes;
import org.lastack.wire.IpAddress;
import org.lastack.wire.Ipv4Header;
import org.lastack.wire.Ipv6Header;
import org.lastack.wire.TcpHeader;

/// A packet that the stack sent, with the places of its headers.
///
/// @param timeNs when it left
/// @param transport index of the transport header, or of the first extension header
public record LivePacket(byte[] bytes, long timeNs, boolean v4, int protocol, int transport) {
    public static final int ICMP = 1;
    public static final int TCP = 6;
    public static final int UDP = 17;
    public static final int ICMPV6 = 58;

    /// Null if the bytes are no IP packet with a whole transport header.
    public static @Nullable LivePacket of(byte[] bytes, long timeNs) {
        if (bytes.length < 20) {
            return null;
        }
        int version = (bytes[0] & 0xf0) >> 4;
        LivePacket packet;
        if (version == 4) {
            packet = new LivePacket(bytes, timeNs, true, Ipv4Header.protocol(bytes, 0), Ipv4Header.headerLength(bytes, 0));
        } else if (version == 6 && bytes.length >= Ipv6Header.LENGTH) {
            packet = new LivePacket(bytes, timeNs, false, Ipv6Header.nextHeader(bytes, 0), Ipv6Header.LENGTH);
        } else {
            return null;
        }
        int room = bytes.length - packet.transport;
        boolean whole = switch (packet.protocol) {
            case TCP -> room >= 20 && TcpHeader.check(bytes, packet.transport, room);
            case UDP, ICMP, ICMPV6 -> room >= 8;
            default -> true;
        };
        return whole ? packet : null;
    }

    IpAddress source() {
        return v4 ? IpAddress.v4(Ipv4Header.source(bytes, 0)) : new IpAddress(Ipv6Header.sourceHigh(bytes, 0), Ipv6Header.sourceLow(bytes, 0));
    }

    IpAddress destination() {
        return v4 ? IpAddress.v4(Ipv4Header.destination(bytes, 0)) : new IpAddress(Ipv6Header.destinationHigh(bytes, 0), Ipv6Header.destinationLow(bytes, 0));
    }

    public boolean isTcp() {
        return protocol == TCP;
    }

    public boolean isUdp() {
        return protocol == UDP;
    }

    public boolean isIcmp() {
        return protocol == (v4 ? ICMP : ICMPV6);
    }

    public int sourcePort() {
        return Bytes.u16(bytes, transport);
    }

    public int destinationPort() {
        return Bytes.u16(bytes, transport + 2);
    }

    int tos() {
        return v4 ? Ipv4Header.tos(bytes, 0) : Ipv6Header.trafficClass(bytes, 0);
    }

    int ttl() {
        return v4 ? Ipv4Header.ttl(bytes, 0) : Ipv6Header.hopLimit(bytes, 0);
    }

    int flowLabel() {
        return v4 ? 0 : Ipv6Header.flowLabel(bytes, 0);
    }

    public int flags() {
        return TcpHeader.flags(bytes, transport);
    }

    public boolean hasAck() {
        return (flags() & TcpHeader.ACK) != 0;
    }

    public boolean isSyn() {
        return (flags() & TcpHeader.SYN) != 0;
    }

    int sequence() {
        return TcpHeader.sequence(bytes, transport);
    }

    int acknowledgment() {
        return TcpHeader.acknowledgment(bytes, transport);
    }

    int payloadStart() {
        return switch (protocol) {
            case TCP -> transport + TcpHeader.headerLength(bytes, transport);
            case UDP, ICMP, ICMPV6 -> transport + 8;
            default -> transport;
        };
    }

    int payload() {
        return bytes.length - payloadStart();
    }

    /// Octets that the IP header announces, or -1 if they are not those of the packet.
    boolean lengthFits() {
        return (v4 ? Ipv4Header.totalLength(bytes, 0) : Ipv6Header.totalLength(bytes, 0)) == bytes.length;
    }
}
