package org.lastack.core.tcp;

import org.lastack.core.ip.IpDatagram;
import org.lastack.wire.TcpHeader;
import org.lastack.wire.TcpOptions;

/// The segment that is arriving, in the variables of RFC 9293 §3.3.1. One instance per engine, refilled for each segment.
final class Segment {
    int seq;
    int ack;
    int flags;
    /// SEG.WND as in the header; the connection scales it.
    int window;
    int urgentPointer;
    int sourcePort;
    int destinationPort;
    /// The text: storage, first octet, octets. Trimming to the window moves these.
    byte[] data = new byte[0];
    int dataOffset;
    int dataLength;
    int headerLength;
    final TcpOptions options = new TcpOptions();
    IpDatagram ip;

    Segment(IpDatagram none) {
        ip = none;
    }

    void read(IpDatagram datagram) {
        ip = datagram;
        byte[] bytes = datagram.data;
        int offset = datagram.offset;
        sourcePort = TcpHeader.sourcePort(bytes, offset);
        destinationPort = TcpHeader.destinationPort(bytes, offset);
        seq = TcpHeader.sequence(bytes, offset);
        ack = TcpHeader.acknowledgment(bytes, offset);
        flags = TcpHeader.flags(bytes, offset);
        window = TcpHeader.window(bytes, offset);
        urgentPointer = TcpHeader.urgentPointer(bytes, offset);
        headerLength = TcpHeader.headerLength(bytes, offset);
        data = bytes;
        dataOffset = offset + headerLength;
        dataLength = datagram.length - headerLength;
        options.parse(bytes, offset + TcpHeader.MIN_LENGTH, headerLength - TcpHeader.MIN_LENGTH);
    }

    boolean syn() {
        return (flags & TcpHeader.SYN) != 0;
    }

    boolean fin() {
        return (flags & TcpHeader.FIN) != 0;
    }

    boolean rst() {
        return (flags & TcpHeader.RST) != 0;
    }

    boolean hasAck() {
        return (flags & TcpHeader.ACK) != 0;
    }

    boolean psh() {
        return (flags & TcpHeader.PSH) != 0;
    }

    boolean urg() {
        return (flags & TcpHeader.URG) != 0;
    }

    boolean ece() {
        return (flags & TcpHeader.ECE) != 0;
    }

    boolean cwr() {
        return (flags & TcpHeader.CWR) != 0;
    }

    /// SEG.LEN: octets of text, and one each for SYN and FIN.
    int length() {
        return dataLength + (flags & TcpHeader.FIN) + ((flags & TcpHeader.SYN) >>> 1);
    }

    /// The sequence number after the segment.
    int end() {
        return seq + length();
    }

    /// Congestion experienced (RFC 3168 §5).
    boolean ce() {
        return (ip.tos & 3) == 3;
    }
}
