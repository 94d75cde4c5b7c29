package org.lastack.core.ip;

import org.jspecify.annotations.Nullable;
import org.lastack.core.Counter;
import org.lastack.core.Counters;
import org.lastack.core.Interface;
import org.lastack.wire.Icmpv6;
import org.lastack.wire.IpAddress;
import org.lastack.wire.IpProtocol;
import org.lastack.wire.Ipv6Extensions;
import org.lastack.wire.Ipv6Header;
import org.lastack.wire.Refusal;

/// IPv6 packets from a link or from ourselves: the header, extension headers (RFC 8200 §4), reassembly, delivery.
final class Ipv6Input {
    private final IpLayer ip;
    private final Counters counters;
    private final Ipv6Extensions extensions = new Ipv6Extensions();

    Ipv6Input(IpLayer ip, Counters counters) {
        this.ip = ip;
        this.counters = counters;
    }

    /// `d` has data, interface and link flags; everything else is filled in here.
    void input(IpDatagram d, int offset, int length, boolean looped, boolean linkBroadcast) {
        counters.increment(Counter.Ip6InReceives);
        Refusal refusal = Ipv6Header.check(d.data, offset, length);
        if (refusal != null) {
            counters.refused(refusal);
            return;
        }
        fill(d, offset);
        counters.add(Counter.Ip6InOctets, d.ipLength);
        refusal = looped ? null : wrongAddresses(d);
        if (refusal != null) {
            counters.refused(refusal);
            return;
        }
        d.broadcast = linkBroadcast && !d.multicast;
        headers(d, false);
    }

    private static void fill(IpDatagram d, int offset) {
        byte[] data = d.data;
        d.v4 = false;
        d.ipOffset = offset;
        d.ipLength = Ipv6Header.totalLength(data, offset);
        d.sourceHigh = Ipv6Header.sourceHigh(data, offset);
        d.sourceLow = Ipv6Header.sourceLow(data, offset);
        d.destinationHigh = Ipv6Header.destinationHigh(data, offset);
        d.destinationLow = Ipv6Header.destinationLow(data, offset);
        d.tos = Ipv6Header.trafficClass(data, offset);
        d.ttl = Ipv6Header.hopLimit(data, offset);
        d.flowLabel = Ipv6Header.flowLabel(data, offset);
        d.multicast = IpAddress.isMulticast(d.destinationHigh, d.destinationLow);
        d.broadcast = false;
    }

    /// RFC 4291 §2.5.3, §2.7 and SECURITY R-13: addresses that no honest packet from a link carries.
    private @Nullable Refusal wrongAddresses(IpDatagram d) {
        boolean unspecified = (d.sourceHigh | d.sourceLow) == 0;
        if (IpAddress.isMulticast(d.sourceHigh, d.sourceLow) || IpAddress.isV4(d.sourceHigh, d.sourceLow)
                || IpAddress.isLoopback(d.sourceHigh, d.sourceLow) || !unspecified && ip.isLocal(d.sourceHigh, d.sourceLow)) {
            return Refusal.IPV6_MARTIAN_SOURCE;
        }
        if (IpAddress.isLoopback(d.destinationHigh, d.destinationLow) || IpAddress.isV4(d.destinationHigh, d.destinationLow)
                || (d.destinationHigh | d.destinationLow) == 0) {
            return Refusal.IPV6_MARTIAN_DESTINATION;
        }
        Interface in = d.in;
        if (d.multicast) {
            counters.increment(Counter.Ip6InMcastPkts);
            return in != null && ip.groups().member(in, d.destinationHigh, d.destinationLow) ? null : Refusal.IPV6_NOT_LOCAL;
        }
        return ip.isLocal(d.destinationHigh, d.destinationLow) ? null : Refusal.IPV6_NOT_LOCAL;
    }

    /// Walks the extension headers; `reassembled` packets must not bring fragments again.
    void headers(IpDatagram d, boolean reassembled) {
        Ipv6Extensions x = extensions;
        Refusal refusal = x.walk(d.data, d.ipOffset, d.ipLength);
        if (refusal == null && x.isFragment && reassembled) {
            refusal = Refusal.IPV6_MISPLACED_HEADER;
        }
        if (refusal != null) {
            counters.refused(refusal);
            if (x.problemCode >= 0 && (!d.multicast || x.problemEvenForMulticast)) {
                ip.icmpErrors().sendV6(d, Icmpv6.PARAMETER_PROBLEM, x.problemCode, x.problemPointer, x.problemEvenForMulticast);
            }
            return;
        }
        d.protocol = x.protocol;
        d.offset = x.payloadOffset;
        d.length = x.payloadLength;
        if (x.isFragment) {
            ip.reassembler().inputV6(d, x);
            return;
        }
        deliver(d, x.nextHeaderOffset);
    }

    private void deliver(IpDatagram d, int nextHeaderOffset) {
        if (d.protocol == IpProtocol.NO_NEXT_HEADER) {
            counters.refused(Refusal.IPV6_NO_NEXT_HEADER);
            return;
        }
        if ((d.sourceHigh | d.sourceLow) == 0 && d.protocol != IpProtocol.ICMPV6) {
            // RFC 4291 §2.5.2: only neighbour discovery speaks without an address.
            counters.refused(Refusal.IPV6_MARTIAN_SOURCE);
            return;
        }
        if (d.protocol == IpProtocol.ICMPV6) {
            counters.increment(Counter.Ip6InDelivers);
            ip.icmpv6().input(d);
            return;
        }
        Transport transport = ip.transport(d.protocol);
        if (transport == null || d.protocol == IpProtocol.ICMP) {
            counters.refused(Refusal.IPV6_UNKNOWN_NEXT_HEADER);
            if (!d.multicast) {
                // RFC 8200 §4: code 1, pointer to the unrecognised value.
                ip.icmpErrors().sendV6(d, Icmpv6.PARAMETER_PROBLEM, Icmpv6.CODE_UNKNOWN_NEXT_HEADER, nextHeaderOffset - d.ipOffset, false);
            }
            return;
        }
        counters.increment(Counter.Ip6InDelivers);
        transport.receive(d);
    }
}
