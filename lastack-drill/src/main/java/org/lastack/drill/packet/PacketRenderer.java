package org.lastack.drill.packet;

import java.util.List;
import org.lastack.drill.script.PacketSpec;
import org.lastack.drill.script.PacketSpec.Echoed;
import org.lastack.drill.script.PacketSpec.IpInfo;
import org.lastack.drill.script.PacketSpec.Option;
import org.lastack.wire.Bytes;
import org.lastack.wire.Checksum;
import org.lastack.wire.IpAddress;
import org.lastack.wire.Ipv4Header;
import org.lastack.wire.Ipv6Header;
import org.lastack.wire.TcpHeader;
import org.lastack.wire.UdpHeader;

/// Makes the octets of an inbound packet: TTL 255, no DF, identification 0, payload all zero, window literal, checksums right.
public final class PacketRenderer {
    private static final int TTL = 255;

    private final Flow flow;
    private final boolean scaledEchoes;

    /// @param scaledEchoes `--tcp_ts_ecr_scaled`: timestamps never seen are extrapolated
    public PacketRenderer(Flow flow, boolean scaledEchoes) {
        this.flow = flow;
        this.scaledEchoes = scaledEchoes;
    }

    /// @throws PacketException if the script's numbers have no counterpart
    public byte[] render(PacketSpec spec) {
        return switch (spec) {
            case PacketSpec.Tcp tcp -> tcp(tcp);
            case PacketSpec.Udp udp -> udp(udp);
            case PacketSpec.Icmp icmp -> icmp(icmp);
        };
    }

    private static int literal(long value) {
        return value == PacketSpec.ANY ? 0 : (int) value;
    }

    private byte[] tcp(PacketSpec.Tcp spec) {
        boolean syn = (spec.flags() & TcpHeader.SYN) != 0;
        if (syn) {
            flow.injectedSyn(literal(spec.sequence()));
        } else {
            flow.nonSynSeen();
        }
        byte[] options = spec.options() == null ? new byte[0] : options(spec.options(), syn, spec.hasAck());
        int header = TcpHeader.MIN_LENGTH + options.length;
        byte[] packet = packet(spec.ip(), LivePacket.TCP, header + spec.payload());
        int at = packet.length - header - spec.payload();
        int flags = spec.ace() > 0 ? spec.flags() | ace(spec.ace()) : spec.flags();
        int sequence = literal(spec.sequence()) + (spec.literalSeq() ? 0 : flow.remoteOffset(syn));
        int ack = spec.hasAck() ? literal(spec.ack()) + flow.localOffset(syn) : 0;
        TcpHeader.write(packet, at, spec.sourcePort() >= 0 ? spec.sourcePort() : flow.remotePort(), spec.destinationPort() >= 0 ? spec.destinationPort() : flow.localPort(),
                sequence, ack, header, flags, literal(spec.window()), spec.urgent() < 0 ? 0 : (int) spec.urgent());
        System.arraycopy(options, 0, packet, at + TcpHeader.MIN_LENGTH, options.length);
        checksum(packet, at, LivePacket.TCP, TcpHeader.CHECKSUM_OFFSET);
        return packet;
    }

    /// The counter's bits on the wire: AE, CWR, ECE.
    static int ace(int counter) {
        return (counter & 4) << 6 | (counter & 2) << 6 | (counter & 1) << 6;
    }

    private byte[] options(List<Option> options, boolean syn, boolean hasAck) {
        return OptionWriter.write(options, flow.localOffset(syn), option -> {
            int echo = literal(option.echo());
            if (!hasAck || option.literalEcho() || option.echo() == PacketSpec.ANY) {
                return echo;
            }
            Integer live = flow.liveTimestamp(echo, scaledEchoes);
            if (live != null) {
                return live;
            }
            if (echo == 0) {
                return 0;
            }
            throw new PacketException("the stack has sent no timestamp that the script calls " + Integer.toUnsignedString(echo));
        });
    }

    private byte[] udp(PacketSpec.Udp spec) {
        int length = UdpHeader.LENGTH + spec.payload();
        byte[] packet = packet(spec.ip(), LivePacket.UDP, length);
        int at = packet.length - length;
        UdpHeader.write(packet, at, spec.sourcePort() >= 0 ? spec.sourcePort() : flow.remotePort(), spec.destinationPort() >= 0 ? spec.destinationPort() : flow.localPort(),
                length);
        checksum(packet, at, LivePacket.UDP, UdpHeader.CHECKSUM_OFFSET);
        if (Bytes.u16(packet, at + UdpHeader.CHECKSUM_OFFSET) == 0) {
            Bytes.put16(packet, at + UdpHeader.CHECKSUM_OFFSET, 0xffff);
        }
        return packet;
    }

    // ICMP.

    private byte[] icmp(PacketSpec.Icmp spec) {
        int type = IcmpNames.type(spec.type(), flow.v4());
        if (type < 0) {
            throw new PacketException("ICMP" + (flow.v4() ? "v4" : "v6") + " has no type " + spec.type());
        }
        int code = spec.code() == null ? 0 : IcmpNames.code(type, spec.code(), flow.v4());
        if (code < 0) {
            throw new PacketException("ICMP type " + spec.type() + " has no code " + spec.code());
        }
        byte[] quote = quote(spec.echoed());
        int length = 8 + quote.length;
        int protocol = flow.v4() ? LivePacket.ICMP : LivePacket.ICMPV6;
        byte[] packet = packet(spec.ip(), protocol, length);
        int at = packet.length - length;
        Bytes.put8(packet, at, type);
        Bytes.put8(packet, at + 1, code);
        if (spec.mtu() >= 0) {
            Bytes.put32(packet, at + 4, (int) spec.mtu());
        } else if (spec.id() >= 0) {
            Bytes.put16(packet, at + 4, (int) spec.id());
        }
        System.arraycopy(quote, 0, packet, at + 8, quote.length);
        if (flow.v4()) {
            Bytes.put16(packet, at + 2, Checksum.finish(Checksum.add(0, packet, at, length)));
        } else {
            checksum(packet, at, protocol, 2);
        }
        return packet;
    }

    /// The stack's packet as a router would return it: IP header and 8 octets.
    private byte[] quote(Echoed echoed) {
        return switch (echoed) {
            case Echoed.Raw raw -> new byte[Math.max(0, raw.octets() - 8)];
            case Echoed.TcpQuote tcp -> {
                byte[] quote = quoted(LivePacket.TCP, TcpHeader.MIN_LENGTH + tcp.payload());
                Bytes.put32(quote, quote.length - 4, literal(tcp.sequence()) + flow.localOffset(false));
                yield quote;
            }
            case Echoed.UdpQuote udp -> {
                byte[] quote = quoted(LivePacket.UDP, UdpHeader.LENGTH + udp.payload());
                Bytes.put16(quote, quote.length - 4, UdpHeader.LENGTH + udp.payload());
                yield quote;
            }
        };
    }

    private byte[] quoted(int protocol, int transportLength) {
        int header = flow.v4() ? Ipv4Header.MIN_LENGTH : Ipv6Header.LENGTH;
        byte[] quote = new byte[header + 8];
        header(quote, 0, 0, 64, protocol, transportLength, flow.local(), flow.remote());
        Bytes.put16(quote, header, flow.localPort());
        Bytes.put16(quote, header + 2, flow.remotePort());
        return quote;
    }

    // The Internet layer.

    private byte[] packet(IpInfo info, int protocol, int transportLength) {
        int header = flow.v4() ? Ipv4Header.MIN_LENGTH : Ipv6Header.LENGTH;
        if (transportLength + (flow.v4() ? header : 0) > 65_535) {
            throw new PacketException("the packet would be larger than 65535 octets");
        }
        byte[] packet = new byte[header + transportLength];
        header(packet, tos(info), Math.max(0, info.flowLabel()), info.ttl() < 0 ? TTL : info.ttl(), protocol, transportLength, flow.remote(), flow.local());
        return packet;
    }

    private void header(byte[] packet, int tos, int flowLabel, int ttl, int protocol, int transportLength, IpAddress source, IpAddress destination) {
        if (flow.v4()) {
            Ipv4Header.write(packet, 0, tos, Ipv4Header.MIN_LENGTH + transportLength, 0, 0, ttl, protocol, source.v4Bits(), destination.v4Bits());
            Ipv4Header.writeChecksum(packet, 0);
        } else {
            Ipv6Header.write(packet, 0, tos, flowLabel, transportLength, protocol, ttl, source.high(), source.low(), destination.high(), destination.low());
        }
    }

    private static int tos(IpInfo info) {
        return switch (info.tos()) {
            case UNSPECIFIED, NO_ECN, ECT01 -> 0;
            case ECT0 -> Ipv4Header.ECT_0;
            case ECT1 -> Ipv4Header.ECT_1;
            case CE -> Ipv4Header.CE;
            case VALUE -> info.tosValue();
        };
    }

    private void checksum(byte[] packet, int at, int protocol, int field) {
        int length = packet.length - at;
        long sum = Checksum.pseudoHeader(flow.remote().high(), flow.remote().low(), flow.local().high(), flow.local().low(), protocol, length);
        Bytes.put16(packet, at + field, Checksum.finish(Checksum.add(sum, packet, at, length)));
    }
}
