package org.lastack.tools.lab;

import org.lastack.wire.IpAddress;
import org.lastack.wire.Ipv4Header;
import org.lastack.wire.TcpHeader;
import org.lastack.wire.UdpHeader;

/// An IPv4 packet that was put on a cable.
///
/// @param toRight from the left host (the client) to the right one
/// @param note why no host sent it, or empty
record Packet(long timeNs, boolean toRight, byte[] octets, boolean lost, String note) {
    private static final int TCP = 6;
    private static final int UDP = 17;

    Packet asLost() {
        return new Packet(timeNs, toRight, octets, true, note);
    }

    Packet toLeft() {
        return new Packet(timeNs, false, octets, lost, note);
    }

    boolean tcp() {
        return Ipv4Header.protocol(octets, 0) == TCP;
    }

    boolean udp() {
        return Ipv4Header.protocol(octets, 0) == UDP;
    }

    private int at() {
        return Ipv4Header.headerLength(octets, 0);
    }

    IpAddress source() {
        return IpAddress.readV4(octets, 12);
    }

    IpAddress destination() {
        return IpAddress.readV4(octets, 16);
    }

    int sourcePort() {
        return TcpHeader.sourcePort(octets, at());
    }

    int destinationPort() {
        return TcpHeader.destinationPort(octets, at());
    }

    int flags() {
        return TcpHeader.flags(octets, at());
    }

    boolean has(int bits) {
        return tcp() && (flags() & bits) == bits;
    }

    /// A SYN that answers nothing.
    boolean opens() {
        return (flags() & (TcpHeader.SYN | TcpHeader.ACK)) == TcpHeader.SYN;
    }

    /// An ACK and nothing else.
    boolean pureAck() {
        return tcp() && (flags() & (TcpHeader.SYN | TcpHeader.FIN | TcpHeader.RST | TcpHeader.ACK)) == TcpHeader.ACK && length() == 0;
    }

    int seq() {
        return TcpHeader.sequence(octets, at());
    }

    int ack() {
        return TcpHeader.acknowledgment(octets, at());
    }

    int window() {
        return TcpHeader.window(octets, at());
    }

    /// Octets of payload.
    int length() {
        int after = Ipv4Header.totalLength(octets, 0) - at();
        return tcp() ? after - TcpHeader.headerLength(octets, at()) : after - UdpHeader.LENGTH;
    }

    /// Type and code of an ICMP message.
    int icmpType() {
        return octets[at()] & 0xff;
    }

    int icmpCode() {
        return octets[at() + 1] & 0xff;
    }

    /// TSval, or 0 without the option.
    int timestamp() {
        int end = at() + TcpHeader.headerLength(octets, at());
        for (int i = at() + TcpHeader.MIN_LENGTH; i < end && octets[i] != 0; i += octets[i] == 1 ? 1 : Math.max(2, octets[i + 1])) {
            if (octets[i] == 8 && i + 6 <= end) {
                return (octets[i + 2] & 0xff) << 24 | (octets[i + 3] & 0xff) << 16 | (octets[i + 4] & 0xff) << 8 | octets[i + 5] & 0xff;
            }
        }
        return 0;
    }
}
