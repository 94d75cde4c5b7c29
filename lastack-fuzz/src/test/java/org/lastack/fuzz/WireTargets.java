package org.lastack.fuzz;

import java.nio.charset.StandardCharsets;
import org.lastack.wire.ArpPacket;
import org.lastack.wire.Bytes;
import org.lastack.wire.Checksum;
import org.lastack.wire.EthernetHeader;
import org.lastack.wire.Icmpv4;
import org.lastack.wire.Icmpv6;
import org.lastack.wire.IpAddress;
import org.lastack.wire.IpProtocol;
import org.lastack.wire.Ipv4Header;
import org.lastack.wire.Ipv6Extensions;
import org.lastack.wire.Ipv6Header;
import org.lastack.wire.Ndp;
import org.lastack.wire.PacketPrinter;
import org.lastack.wire.Refusal;
import org.lastack.wire.TcpFlows;
import org.lastack.wire.TcpHeader;
import org.lastack.wire.TcpOptions;
import org.lastack.wire.UdpHeader;

/// What is fuzzed: each method takes any octets, must return, and checks what must hold whatever they are.
///
/// The array ends where the input ends, so that a read beyond it throws; and each parser must say the same of the same octets in the middle
/// of a larger array.
final class WireTargets {
    private static final int SHIFT = 13;

    private final Ipv6Extensions chain = new Ipv6Extensions();
    private final TcpOptions options = new TcpOptions();
    private final PacketPrinter plain = new PacketPrinter();
    private final PacketPrinter full = new PacketPrinter().verbose().linkHeader().relative(new TcpFlows());
    /// Written by every accessor's result, so that no call is optimised away.
    long sink;

    private static void require(boolean holds, String what) {
        if (!holds) {
            throw new AssertionError(what);
        }
    }

    private static byte[] shifted(byte[] bytes) {
        byte[] larger = new byte[bytes.length + 2 * SHIFT];
        java.util.Arrays.fill(larger, (byte) 0xa5);
        System.arraycopy(bytes, 0, larger, SHIFT, bytes.length);
        return larger;
    }

    void ipPacket(byte[] bytes) {
        Refusal refusal = ip(bytes, 0, bytes.length);
        require(refusal == ip(shifted(bytes), SHIFT, bytes.length), "the same octets elsewhere are judged differently");
    }

    private Refusal ip(byte[] bytes, int offset, int length) {
        return length > 0 && Ipv4Header.version(bytes, offset) == 6 ? ipv6(bytes, offset, length) : ipv4(bytes, offset, length);
    }

    private Refusal ipv4(byte[] bytes, int offset, int length) {
        Refusal refusal = Ipv4Header.check(bytes, offset, length);
        if (refusal == Refusal.IPV4_BAD_CHECKSUM) {
            // A fuzzer seldom makes a right checksum; what lies behind must be safe all the same.
            Ipv4Header.writeChecksum(bytes, offset);
            refusal = Ipv4Header.check(bytes, offset, length);
            require(refusal != Refusal.IPV4_BAD_CHECKSUM, "a checksum that was just written is wrong");
        }
        if (refusal != null) {
            return refusal;
        }
        int header = Ipv4Header.headerLength(bytes, offset);
        int payload = Ipv4Header.payloadLength(bytes, offset);
        require(header >= 20 && payload >= 0 && header + payload <= length, "payload beyond the packet");
        require(Ipv4Header.fragmentOffset(bytes, offset) + payload <= 65_535, "fragment beyond the largest packet");
        for (int kind : new int[] {0, 1, 7, 68, 131, 137, 148}) {
            require(Ipv4Header.findOption(bytes, offset, kind) < offset + header, "option beyond the header");
        }
        sink += Ipv4Header.tos(bytes, offset) + Ipv4Header.identification(bytes, offset) + Ipv4Header.ttl(bytes, offset);
        if (Ipv4Header.fragmentOffset(bytes, offset) != 0) {
            return null;
        }
        long source = IpAddress.lowOfV4(Ipv4Header.source(bytes, offset));
        long destination = IpAddress.lowOfV4(Ipv4Header.destination(bytes, offset));
        return upper(bytes, Ipv4Header.protocol(bytes, offset), offset + header, payload, 0, source, 0, destination);
    }

    private Refusal ipv6(byte[] bytes, int offset, int length) {
        Refusal refusal = Ipv6Header.check(bytes, offset, length);
        if (refusal != null) {
            return refusal;
        }
        int total = Ipv6Header.totalLength(bytes, offset);
        refusal = chain.walk(bytes, offset, total);
        if (refusal != null) {
            require(chain.problemCode >= -1 && chain.problemCode <= 3, "no such code");
            require(chain.problemPointer >= 0 && chain.problemPointer < total, "pointer beyond the packet");
            return refusal;
        }
        require(chain.payloadLength >= 0 && chain.payloadOffset + chain.payloadLength == offset + total, "payload beyond the packet");
        require(Bytes.u8(bytes, chain.nextHeaderOffset) == chain.protocol, "next header is not where it was said to be");
        if (chain.isFragment) {
            require(chain.fragmentOffset + chain.payloadLength <= 65_535, "fragment beyond the largest packet");
            return null;
        }
        return upper(bytes, chain.protocol, chain.payloadOffset, chain.payloadLength, Ipv6Header.sourceHigh(bytes, offset),
                Ipv6Header.sourceLow(bytes, offset), Ipv6Header.destinationHigh(bytes, offset), Ipv6Header.destinationLow(bytes, offset));
    }

    private Refusal upper(byte[] bytes, int protocol, int at, int length, long sourceHigh, long sourceLow, long destinationHigh,
            long destinationLow) {
        return switch (protocol) {
            case IpProtocol.TCP -> tcp(bytes, at, length);
            case IpProtocol.UDP -> {
                Refusal refusal = UdpHeader.check(bytes, at, length);
                if (refusal == null) {
                    require(UdpHeader.length(bytes, at) <= length, "datagram beyond the packet");
                    refusal = UdpHeader.checkChecksum(bytes, at, sourceHigh, sourceLow, destinationHigh, destinationLow);
                }
                yield refusal;
            }
            case IpProtocol.ICMP -> icmpv4(bytes, at, length);
            case IpProtocol.ICMPV6 -> icmpv6(bytes, at, length, sourceHigh, sourceLow, destinationHigh, destinationLow);
            default -> Refusal.IPV4_UNKNOWN_PROTOCOL;
        };
    }

    private Refusal tcp(byte[] bytes, int at, int length) {
        Refusal refusal = TcpHeader.refusal(bytes, at, length);
        require((refusal == null) == TcpHeader.check(bytes, at, length), "check and refusal disagree");
        if (refusal == null) {
            int header = TcpHeader.headerLength(bytes, at);
            require(header >= 20 && header <= length, "options beyond the segment");
            options.parse(bytes, at + TcpHeader.MIN_LENGTH, header - TcpHeader.MIN_LENGTH);
            sink += TcpHeader.sequence(bytes, at) + TcpHeader.window(bytes, at) + options.mss;
        }
        return refusal;
    }

    private Refusal icmpv4(byte[] bytes, int at, int length) {
        Refusal refusal = Icmpv4.check(bytes, at, length);
        if (refusal == Refusal.ICMPV4_TRUNCATED || !Icmpv4.isError(Icmpv4.type(bytes, at))) {
            return refusal;
        }
        int quote = at + Icmpv4.HEADER_LENGTH;
        int octets = length - Icmpv4.HEADER_LENGTH;
        refusal = Ipv4Header.checkQuote(bytes, quote, octets);
        if (refusal == null) {
            sink += TcpHeader.sequence(bytes, quote + Ipv4Header.headerLength(bytes, quote)) + Ipv4Header.destination(bytes, quote);
        }
        return refusal;
    }

    private Refusal icmpv6(byte[] bytes, int at, int length, long sourceHigh, long sourceLow, long destinationHigh, long destinationLow) {
        Refusal refusal = Icmpv6.check(bytes, at, length, sourceHigh, sourceLow, destinationHigh, destinationLow);
        if (refusal == Refusal.ICMPV6_TRUNCATED) {
            return refusal;
        }
        int type = Icmpv6.type(bytes, at);
        if (Icmpv6.isError(type)) {
            int quote = at + Icmpv6.HEADER_LENGTH;
            refusal = chain.walkQuote(bytes, quote, length - Icmpv6.HEADER_LENGTH);
            if (refusal == null) {
                require(chain.payloadLength >= 0 && chain.payloadOffset + chain.payloadLength <= at + length, "quote beyond the message");
            }
        } else if (Icmpv6.isNeighborDiscovery(type)) {
            refusal = Ndp.check(bytes, at, length, 255, sourceHigh, sourceLow, destinationHigh, destinationLow);
            if (refusal == null) {
                options(bytes, at, length);
            }
        }
        return refusal;
    }

    private void options(byte[] bytes, int at, int length) {
        int end = at + length;
        int index = Ndp.firstOption(bytes, at);
        while (index < end) {
            switch (Ndp.optionType(bytes, index)) {
                case Ndp.OPTION_SOURCE_LINK_ADDRESS, Ndp.OPTION_TARGET_LINK_ADDRESS -> sink += Ndp.linkAddress(bytes, index);
                case Ndp.OPTION_MTU -> sink += Ndp.optionMtu(bytes, index);
                case Ndp.OPTION_PREFIX -> sink += Ndp.prefixLow(bytes, index) + Ndp.prefixValidSeconds(bytes, index);
                default -> sink++;
            }
            index += Ndp.optionLength(bytes, index);
        }
        require(index == end, "options end elsewhere than the message");
    }

    void ethernetFrame(byte[] bytes) {
        Refusal refusal = EthernetHeader.check(bytes, 0, bytes.length);
        require(refusal == EthernetHeader.check(shifted(bytes), SHIFT, bytes.length), "the same octets elsewhere are judged differently");
        if (refusal != null) {
            return;
        }
        int header = EthernetHeader.headerLength(bytes, 0);
        require(header <= bytes.length, "payload beyond the frame");
        switch (EthernetHeader.payloadType(bytes, 0)) {
            case EthernetHeader.TYPE_ARP -> {
                if (ArpPacket.check(bytes, header, bytes.length - header) == null) {
                    sink += ArpPacket.senderHardware(bytes, header) + ArpPacket.targetProtocol(bytes, header);
                }
            }
            case EthernetHeader.TYPE_IPV4, EthernetHeader.TYPE_IPV6 -> ip(bytes, header, bytes.length - header);
            default -> sink++;
        }
    }

    void tcpOptions(byte[] bytes) {
        int length = Math.min(40, bytes.length);
        byte[] exact = java.util.Arrays.copyOf(bytes, length);
        options.parse(exact, 0, length);
        require(options.sackCount >= 0 && options.sackCount <= 4, "more blocks than fit");
        require(options.accEcnCount >= 0 && options.accEcnCount <= 3, "more counters than there are");
        require(options.fastOpenLength <= 0 || options.fastOpenOffset + options.fastOpenLength <= length, "cookie beyond the options");
        int mss = options.mss;
        boolean wellFormed = options.wellFormed;
        int sacks = options.sackCount;
        options.parse(shifted(exact), SHIFT, length);
        require(options.mss == mss && options.wellFormed == wellFormed && options.sackCount == sacks, "the same octets elsewhere differ");
    }

    void ndpMessage(byte[] bytes) {
        if (Ndp.check(bytes, 0, bytes.length, 255, WireSeeds.A6.high(), WireSeeds.A6.low(), WireSeeds.B6.high(), WireSeeds.B6.low()) == null) {
            options(bytes, 0, bytes.length);
        }
    }

    void printer(byte[] bytes) {
        for (PacketPrinter printer : new PacketPrinter[] {plain, full}) {
            String ip = printer.ip(bytes, 0, bytes.length);
            require(!ip.isEmpty() && ip.indexOf('\n') < 0, "not one line");
            require(!printer.ethernet(bytes, 0, bytes.length).isEmpty(), "no line");
        }
        require(plain.ip(bytes, 0, bytes.length).equals(plain.ip(shifted(bytes), SHIFT, bytes.length)), "octets outside the capture were read");
    }

    void addressText(byte[] bytes) {
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        IpAddress address = IpAddress.parse(text);
        if (address != null) {
            require(address.equals(IpAddress.parse(address.toString())), "text does not come back: " + text);
        }
        sink += EthernetHeader.parseAddress(text);
    }

    void checksum(byte[] bytes) {
        long naive = 0;
        for (int i = 0; i < bytes.length; i += 2) {
            naive += (bytes[i] & 0xff) << 8 | (i + 1 < bytes.length ? bytes[i + 1] & 0xff : 0);
        }
        while (naive >>> 16 != 0) {
            naive = (naive & 0xffff) + (naive >>> 16);
        }
        require(Checksum.finish(Checksum.add(0, bytes, 0, bytes.length)) == (~naive & 0xffff), "sum differs from RFC 1071's");
        require(Checksum.finish(Checksum.add(0, shifted(bytes), SHIFT, bytes.length)) == (~naive & 0xffff), "sum depends on the offset");
    }
}
