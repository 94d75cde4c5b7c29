package org.lastack.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/// STYLE: 0 octets allocated per segment; SECURITY J-03: the same for what is refused.
class AllocationTest {
    private static final int PACKETS = 1_000_000;

    private final Ipv6Extensions chain = new Ipv6Extensions();
    private final TcpOptions options = new TcpOptions();
    private int refused;
    private long sum;

    /// What a host does with a packet before it looks for a socket.
    private void parse(byte[] packet) {
        Refusal refusal = packet.length > 0 && Ipv4Header.version(packet, 0) == 4 ? v4(packet) : v6(packet);
        if (refusal != null) {
            refused++;
            sum += refusal.ordinal();
        }
    }

    private Refusal v4(byte[] packet) {
        Refusal refusal = Ipv4Header.check(packet, 0, packet.length);
        if (refusal != null || Ipv4Header.fragmentOffset(packet, 0) != 0) {
            return refusal;
        }
        int at = Ipv4Header.headerLength(packet, 0);
        return upper(packet, Ipv4Header.protocol(packet, 0), at, Ipv4Header.payloadLength(packet, 0), 0,
                IpAddress.lowOfV4(Ipv4Header.source(packet, 0)), 0, IpAddress.lowOfV4(Ipv4Header.destination(packet, 0)));
    }

    private Refusal v6(byte[] packet) {
        Refusal refusal = Ipv6Header.check(packet, 0, packet.length);
        if (refusal == null) {
            refusal = chain.walk(packet, 0, Ipv6Header.totalLength(packet, 0));
        }
        if (refusal != null || chain.isFragment) {
            return refusal;
        }
        return upper(packet, chain.protocol, chain.payloadOffset, chain.payloadLength, Ipv6Header.sourceHigh(packet, 0),
                Ipv6Header.sourceLow(packet, 0), Ipv6Header.destinationHigh(packet, 0), Ipv6Header.destinationLow(packet, 0));
    }

    private Refusal upper(byte[] packet, int protocol, int at, int length, long sourceHigh, long sourceLow, long destinationHigh,
            long destinationLow) {
        Refusal refusal;
        switch (protocol) {
            case IpProtocol.TCP -> {
                refusal = TcpHeader.refusal(packet, at, length);
                if (refusal == null) {
                    refusal = TcpHeader.checkChecksum(packet, at, length, sourceHigh, sourceLow, destinationHigh, destinationLow);
                }
                if (refusal == null) {
                    options.parse(packet, at + TcpHeader.MIN_LENGTH, TcpHeader.headerLength(packet, at) - TcpHeader.MIN_LENGTH);
                    sum += TcpHeader.sequence(packet, at) + TcpHeader.flags(packet, at) + options.mss;
                }
            }
            case IpProtocol.UDP -> {
                refusal = UdpHeader.check(packet, at, length);
                if (refusal == null) {
                    refusal = UdpHeader.checkChecksum(packet, at, sourceHigh, sourceLow, destinationHigh, destinationLow);
                }
            }
            case IpProtocol.ICMP -> refusal = Icmpv4.check(packet, at, length);
            case IpProtocol.ICMPV6 -> {
                refusal = Icmpv6.check(packet, at, length, sourceHigh, sourceLow, destinationHigh, destinationLow);
                if (refusal == null && Icmpv6.isNeighborDiscovery(Icmpv6.type(packet, at))) {
                    refusal = Ndp.check(packet, at, length, Ipv6Header.hopLimit(packet, 0), sourceHigh, sourceLow, destinationHigh,
                            destinationLow);
                }
            }
            default -> refusal = Refusal.IPV4_UNKNOWN_PROTOCOL;
        }
        return refusal;
    }

    @Test
    @DisplayName("J-03: parsing a million packets, good and bad, allocates nothing")
    void parsingAllocatesNothing() {
        List<byte[]> kept = PrinterSamples.all().stream().map(packet -> Arrays.copyOf(packet, Math.min(packet.length, 300))).toList();
        byte[][] packets = kept.toArray(new byte[0][]);
        com.sun.management.ThreadMXBean threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        // Warm: classes are loaded, the bean's own objects made, and the measured loop compiled.
        for (int round = 0; round < 2; round++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < PACKETS; i++) {
                parse(packets[i % packets.length]);
            }
            long allocated = threads.getCurrentThreadAllocatedBytes() - before;
            if (round == 1) {
                assertThat(allocated).as("octets for a million packets").isLessThan(1024);
            }
        }
        assertThat(refused).as("the mixture has good and bad packets").isBetween(PACKETS / 5, 2 * PACKETS - PACKETS / 5);
        assertThat(sum).isNotZero();
    }
}
