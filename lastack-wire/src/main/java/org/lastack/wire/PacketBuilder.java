package org.lastack.wire;

import java.util.Arrays;

/// Builds one IPv4 or IPv6 packet for tests and tools; made by the methods of [Packets]. Everything that is not set has the value of an ordinary
/// packet: TTL 64, DF over IPv4, window 65535, correct lengths and checksums. Whether it is IPv4 or IPv6 follows from the destination.
///
/// It allocates; the engine does not use it. Not thread-safe.
public final class PacketBuilder {
    private static final int MAX_OPTIONS = TcpHeader.MAX_LENGTH - TcpHeader.MIN_LENGTH;

    private final IpAddress source;
    private final IpAddress destination;
    private final int protocol;
    private int sourcePort;
    private int destinationPort;
    private int tos;
    private int ttl = Ipv4Header.DEFAULT_TTL;
    private int identification;
    private int flagsAndOffset = Ipv4Header.DF;
    private int flowLabel;
    private byte[] ipOptions = new byte[0];
    private byte[] extensions = new byte[0];
    private int firstNextHeader = -1;
    private int flags = TcpHeader.ACK;
    private int sequence;
    private int acknowledgment;
    private int window = 65_535;
    private int urgentPointer;
    private int icmpType;
    private int icmpCode;
    private int icmpRest;
    private final byte[] options = new byte[MAX_OPTIONS];
    private int optionsLength;
    private int dataOffsetWords = -1;
    private byte[] payload = new byte[0];
    private int checksumError;

    PacketBuilder(IpAddress source, IpAddress destination, int protocol) {
        if (source.isV4() != destination.isV4()) {
            throw new IllegalArgumentException("one address is IPv4, the other IPv6: " + source + ", " + destination);
        }
        this.source = source;
        this.destination = destination;
        this.protocol = protocol;
    }

    PacketBuilder ports(int newSourcePort, int newDestinationPort) {
        sourcePort = newSourcePort;
        destinationPort = newDestinationPort;
        return this;
    }

    PacketBuilder icmp(int type, int code, int rest) {
        icmpType = type;
        icmpCode = code;
        icmpRest = rest;
        return this;
    }

    /// TCP flags, the constants of [TcpHeader]; the default is ACK.
    public PacketBuilder flags(int value) {
        flags = value;
        return this;
    }

    public PacketBuilder seq(int value) {
        sequence = value;
        return this;
    }

    public PacketBuilder ack(int value) {
        acknowledgment = value;
        return this;
    }

    /// The window field, not scaled.
    public PacketBuilder window(int value) {
        window = value;
        return this;
    }

    public PacketBuilder urgentPointer(int value) {
        urgentPointer = value;
        return this;
    }

    /// Appends an MSS option.
    public PacketBuilder mss(int value) {
        optionsLength = TcpOptionWriter.mss(options, optionsLength, value);
        return this;
    }

    public PacketBuilder windowScale(int shift) {
        optionsLength = TcpOptionWriter.windowScale(options, optionsLength, shift);
        return this;
    }

    public PacketBuilder sackPermitted() {
        optionsLength = TcpOptionWriter.sackPermitted(options, optionsLength);
        return this;
    }

    public PacketBuilder timestamps(int value, int echo) {
        optionsLength = TcpOptionWriter.timestamps(options, optionsLength, value, echo);
        return this;
    }

    /// Appends a SACK option; the edges come in pairs, left and right.
    public PacketBuilder sack(int... edges) {
        int[] left = new int[edges.length / 2];
        int[] right = new int[edges.length / 2];
        for (int i = 0; i < left.length; i++) {
            left[i] = edges[2 * i];
            right[i] = edges[2 * i + 1];
        }
        optionsLength = TcpOptionWriter.sack(options, optionsLength, left, right, left.length);
        return this;
    }

    public PacketBuilder nop() {
        optionsLength = TcpOptionWriter.nop(options, optionsLength);
        return this;
    }

    /// Appends octets to the TCP options as they are, well formed or not.
    ///
    /// @throws IndexOutOfBoundsException if the options exceed 40 octets
    public PacketBuilder options(byte[] raw) {
        System.arraycopy(raw, 0, options, optionsLength, raw.length);
        optionsLength += raw.length;
        return this;
    }

    /// Overrides TCP's data offset, in words: for malformed segments.
    public PacketBuilder dataOffset(int words) {
        dataOffsetWords = words;
        return this;
    }

    public PacketBuilder payload(byte[] octets) {
        payload = octets.clone();
        return this;
    }

    /// A payload of `length` octets that count upwards.
    public PacketBuilder payload(int length) {
        payload = Packets.pattern(length);
        return this;
    }

    /// The TOS octet, or the traffic class.
    public PacketBuilder tos(int value) {
        tos = value;
        return this;
    }

    /// TTL, or hop limit.
    public PacketBuilder ttl(int value) {
        ttl = value;
        return this;
    }

    /// The IPv4 identification.
    public PacketBuilder id(int value) {
        identification = value;
        return this;
    }

    /// IPv4's [Ipv4Header#DF] and [Ipv4Header#MF] and the fragment's position in units of 8 octets; the default is DF.
    public PacketBuilder fragmentField(int flagsAndPosition) {
        flagsAndOffset = flagsAndPosition;
        return this;
    }

    public PacketBuilder flowLabel(int value) {
        flowLabel = value;
        return this;
    }

    /// IPv4 options as they are; filled up with zeros to a whole word.
    public PacketBuilder ipOptions(byte[] raw) {
        ipOptions = Arrays.copyOf(raw, raw.length + 3 & ~3);
        return this;
    }

    /// IPv6 extension headers between the IPv6 header and the upper layer, complete; `firstHeader` is the kind of the first. The last one's
    /// next-header octet must name the upper layer.
    public PacketBuilder extensions(int firstHeader, byte[] raw) {
        firstNextHeader = firstHeader;
        extensions = raw.clone();
        return this;
    }

    /// Spoils the transport checksum.
    public PacketBuilder badChecksum() {
        checksumError = 0x5a5a;
        return this;
    }

    /// The packet, from its IP header.
    public byte[] build() {
        byte[] upper = upperLayer();
        boolean v4 = destination.isV4();
        int header = v4 ? Ipv4Header.MIN_LENGTH + ipOptions.length : Ipv6Header.LENGTH + extensions.length;
        byte[] packet = new byte[header + upper.length];
        if (v4) {
            Ipv4Header.write(packet, 0, tos, packet.length, identification, flagsAndOffset, ttl, protocol, source.v4Bits(),
                    destination.v4Bits());
            packet[0] = (byte) (0x40 | header / 4);
            System.arraycopy(ipOptions, 0, packet, Ipv4Header.MIN_LENGTH, ipOptions.length);
            Ipv4Header.writeChecksum(packet, 0);
        } else {
            Ipv6Header.write(packet, 0, tos, flowLabel, packet.length - Ipv6Header.LENGTH, firstNextHeader < 0 ? protocol : firstNextHeader,
                    ttl, source.high(), source.low(), destination.high(), destination.low());
            System.arraycopy(extensions, 0, packet, Ipv6Header.LENGTH, extensions.length);
        }
        System.arraycopy(upper, 0, packet, header, upper.length);
        return packet;
    }

    private byte[] upperLayer() {
        return switch (protocol) {
            case IpProtocol.TCP -> tcp();
            case IpProtocol.UDP -> udp();
            case IpProtocol.ICMP -> icmpV4();
            case IpProtocol.ICMPV6 -> icmpV6();
            default -> payload;
        };
    }

    private byte[] tcp() {
        int padded = TcpOptionWriter.pad(options, 0, optionsLength);
        int header = TcpHeader.MIN_LENGTH + padded;
        byte[] segment = new byte[header + payload.length];
        int field = dataOffsetWords < 0 ? header : dataOffsetWords * 4;
        TcpHeader.write(segment, 0, sourcePort, destinationPort, sequence, acknowledgment, field, flags, window, urgentPointer);
        System.arraycopy(options, 0, segment, TcpHeader.MIN_LENGTH, padded);
        System.arraycopy(payload, 0, segment, header, payload.length);
        TcpHeader.writeChecksum(segment, 0, segment.length, source.high(), source.low(), destination.high(), destination.low());
        return spoil(segment, TcpHeader.CHECKSUM_OFFSET);
    }

    private byte[] udp() {
        byte[] datagram = new byte[UdpHeader.LENGTH + payload.length];
        System.arraycopy(payload, 0, datagram, UdpHeader.LENGTH, payload.length);
        UdpHeader.write(datagram, 0, sourcePort, destinationPort, datagram.length);
        UdpHeader.writeChecksum(datagram, 0, source.high(), source.low(), destination.high(), destination.low());
        return spoil(datagram, UdpHeader.CHECKSUM_OFFSET);
    }

    private byte[] icmpV4() {
        byte[] message = new byte[Icmpv4.HEADER_LENGTH + payload.length];
        System.arraycopy(payload, 0, message, Icmpv4.HEADER_LENGTH, payload.length);
        Icmpv4.write(message, 0, icmpType, icmpCode, icmpRest, payload.length);
        return spoil(message, 2);
    }

    private byte[] icmpV6() {
        byte[] message = new byte[Icmpv6.HEADER_LENGTH + payload.length];
        System.arraycopy(payload, 0, message, Icmpv6.HEADER_LENGTH, payload.length);
        Icmpv6.write(message, 0, icmpType, icmpCode, icmpRest, payload.length, source.high(), source.low(), destination.high(),
                destination.low());
        return spoil(message, 2);
    }

    private byte[] spoil(byte[] message, int checksumOffset) {
        Bytes.put16(message, checksumOffset, Bytes.u16(message, checksumOffset) ^ checksumError);
        return message;
    }
}
