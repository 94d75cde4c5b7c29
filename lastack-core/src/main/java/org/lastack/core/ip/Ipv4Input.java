package org.lastack.core.ip;

import org.jspecify.annotations.Nullable;
import org.lastack.core.Counter;
import org.lastack.core.Counters;
import org.lastack.core.Interface;
import org.lastack.wire.Icmpv4;
import org.lastack.wire.IpAddress;
import org.lastack.wire.IpProtocol;
import org.lastack.wire.Ipv4Header;
import org.lastack.wire.Refusal;

/// IPv4 packets from a link or from ourselves: the checks of RFC 1122 §3.2.1, then reassembly, then delivery.
final class Ipv4Input {
    private final IpLayer ip;
    private final Counters counters;

    Ipv4Input(IpLayer ip, Counters counters) {
        this.ip = ip;
        this.counters = counters;
    }

    /// `d` has data, interface and link flags; everything else is filled in here.
    void input(IpDatagram d, int offset, int length, boolean looped, boolean linkBroadcast) {
        counters.increment(Counter.IpInReceives);
        byte[] data = d.data;
        Refusal refusal = Ipv4Header.check(data, offset, length);
        if (refusal != null && refusal != Refusal.IPV4_BAD_OPTIONS) {
            counters.refused(refusal);
            return;
        }
        fill(d, offset);
        counters.add(Counter.IpExtInOctets, d.ipLength);
        d.broadcast = ip.isBroadcast(0, d.destinationLow);
        Refusal wrong = looped ? null : wrongAddresses(d);
        if (wrong == null && linkBroadcast) {
            // RFC 1122 §3.3.6: nothing that the link broadcast is answered with an error or reaches TCP.
            d.broadcast = d.broadcast || !d.multicast;
        }
        if (wrong == null) {
            // Options may be searched only once they are known to be well formed.
            wrong = refusal != null ? refusal : Ipv4Header.isSourceRouted(data, offset) ? Refusal.IPV4_SOURCE_ROUTED : null;
        }
        if (wrong != null) {
            refuse(d, wrong);
            return;
        }
        if (Ipv4Header.isFragment(data, offset)) {
            ip.reassembler().inputV4(d);
            return;
        }
        deliver(d);
    }

    private void refuse(IpDatagram d, Refusal refusal) {
        counters.refused(refusal);
        if (refusal == Refusal.IPV4_BAD_OPTIONS) {
            // RFC 1122 §3.2.2.5: a malformed option is worth a parameter problem. Others are passed over (RFC 9293 §3.9.2, MUST-50).
            int pointer = Math.max(0, Ipv4Header.optionProblem(d.data, d.ipOffset));
            ip.icmpErrors().sendV4(d, Icmpv4.PARAMETER_PROBLEM, 0, pointer << 24);
        }
    }

    private static void fill(IpDatagram d, int offset) {
        byte[] data = d.data;
        int header = Ipv4Header.headerLength(data, offset);
        d.v4 = true;
        d.ipOffset = offset;
        d.ipLength = Ipv4Header.totalLength(data, offset);
        d.offset = offset + header;
        d.length = d.ipLength - header;
        d.protocol = Ipv4Header.protocol(data, offset);
        d.sourceHigh = 0;
        d.sourceLow = IpAddress.lowOfV4(Ipv4Header.source(data, offset));
        d.destinationHigh = 0;
        d.destinationLow = IpAddress.lowOfV4(Ipv4Header.destination(data, offset));
        d.tos = Ipv4Header.tos(data, offset);
        d.ttl = Ipv4Header.ttl(data, offset);
        d.flowLabel = 0;
        d.multicast = IpAddress.isMulticast(0, d.destinationLow);
    }

    /// RFC 1122 §3.2.1.3 and SECURITY R-13: addresses that no honest packet from a link carries.
    private @Nullable Refusal wrongAddresses(IpDatagram d) {
        int source = (int) d.sourceLow;
        int destination = (int) d.destinationLow;
        if (source >>> 24 == 127 || source >>> 28 >= 14 || ip.isBroadcast(0, d.sourceLow) || ip.isLocal(0, d.sourceLow)) {
            // RFC 9293 §3.9.2.3, MUST-63; W171, W172, W174, W175. W176: Linux answers a subnet's broadcast address as source; RFC 1122 forbids it as an origin.
            return Refusal.IPV4_MARTIAN_SOURCE;
        }
        if (source >>> 24 == 0 && !(source == 0 && (d.broadcast || d.multicast))) {
            // W173; "this host on this network" may ask for its address only (RFC 1122 §3.2.1.3 (a)).
            return Refusal.IPV4_MARTIAN_SOURCE;
        }
        if (destination >>> 24 == 127 || destination >>> 24 == 0) {
            // W180.
            return Refusal.IPV4_MARTIAN_DESTINATION;
        }
        Interface in = d.in;
        if (d.multicast) {
            counters.increment(Counter.IpExtInMcastPkts);
            return in != null && ip.groups().member(in, 0, d.destinationLow) ? null : Refusal.IPV4_NOT_LOCAL;
        }
        if (d.broadcast) {
            counters.increment(Counter.IpExtInBcastPkts);
            return null;
        }
        return ip.isLocal(0, d.destinationLow) ? null : Refusal.IPV4_NOT_LOCAL;
    }

    /// A whole datagram for this host.
    void deliver(IpDatagram d) {
        if (d.protocol == IpProtocol.ICMP) {
            counters.increment(Counter.IpInDelivers);
            ip.icmpv4().input(d);
            return;
        }
        Transport transport = ip.transport(d.protocol);
        if (transport == null) {
            counters.refused(Refusal.IPV4_UNKNOWN_PROTOCOL);
            // RFC 1122 §3.2.2.1.
            ip.icmpErrors().sendV4(d, Icmpv4.DESTINATION_UNREACHABLE, Icmpv4.CODE_PROTOCOL_UNREACHABLE, 0);
            return;
        }
        counters.increment(Counter.IpInDelivers);
        transport.receive(d);
    }
}
