package org.lastack.core.ip;

import org.lastack.core.Interface;
import org.lastack.wire.Frame;
import org.lastack.wire.Icmpv4;
import org.lastack.wire.Icmpv6;
import org.lastack.wire.IpAddress;
import org.lastack.wire.IpProtocol;
import org.lastack.wire.Ipv4Header;
import org.lastack.wire.Ipv6Extensions;
import org.lastack.wire.Ipv6Header;
import org.lastack.wire.Refusal;
import org.jspecify.annotations.Nullable;

/// Reads the packets that ICMP errors quote, within the bounds of what arrived (SECURITY X-15), and hands the error to the transport that
/// sent the packet.
final class IcmpQuotes {
    private final IpLayer ip;
    private final IcmpError error = new IcmpError();
    private final Ipv6Extensions walker = new Ipv6Extensions();

    IcmpQuotes(IpLayer ip) {
        this.ip = ip;
    }

    /// `d` is a checked ICMP error. Null, or why its quote is refused.
    @Nullable Refusal reportV4(IpDatagram d) {
        byte[] data = d.data;
        int quote = d.offset + Icmpv4.HEADER_LENGTH;
        int available = d.length - Icmpv4.HEADER_LENGTH;
        Refusal refusal = Ipv4Header.checkQuote(data, quote, available);
        if (refusal != null) {
            return refusal;
        }
        int header = Ipv4Header.headerLength(data, quote);
        IcmpError e = common(d, IpAddress.lowOfV4(Ipv4Header.source(data, quote)), IpAddress.lowOfV4(Ipv4Header.destination(data, quote)));
        e.packetTooBig = e.type == Icmpv4.DESTINATION_UNREACHABLE && e.code == Icmpv4.CODE_FRAGMENTATION_NEEDED;
        e.mtu = e.packetTooBig ? Icmpv4.nextHopMtu(data, d.offset) : 0;
        e.protocol = Ipv4Header.protocol(data, quote);
        e.offset = quote + header;
        e.length = Math.min(available, Math.max(header + 8, Ipv4Header.totalLength(data, quote))) - header;
        if (!ip.isLocal(0, e.localLow)) {
            // Nothing that we have sent: somebody is guessing (RFC 5927 §4).
            return Refusal.ICMPV4_BAD_QUOTE;
        }
        if (Ipv4Header.fragmentOffset(data, quote) == 0) {
            tell(e);
        }
        return null;
    }

    private IcmpError common(IpDatagram d, long localLow, long remoteLow) {
        IcmpError e = error;
        e.v4 = d.v4;
        e.type = d.data[d.offset] & 0xff;
        e.code = d.data[d.offset + 1] & 0xff;
        e.offenderHigh = d.sourceHigh;
        e.offenderLow = d.sourceLow;
        e.localHigh = 0;
        e.localLow = localLow;
        e.remoteHigh = 0;
        e.remoteLow = remoteLow;
        e.data = d.data;
        e.in = d.in;
        return e;
    }

    /// `d` is a checked ICMPv6 error. Null, or why its quote is refused.
    @Nullable Refusal reportV6(IpDatagram d) {
        byte[] data = d.data;
        int quote = d.offset + Icmpv6.HEADER_LENGTH;
        Refusal refusal = walker.walkQuote(data, quote, d.length - Icmpv6.HEADER_LENGTH);
        if (refusal != null) {
            return refusal;
        }
        if (walker.payloadLength < 8) {
            return Refusal.ICMPV6_BAD_QUOTE;
        }
        IcmpError e = common(d, Ipv6Header.sourceLow(data, quote), Ipv6Header.destinationLow(data, quote));
        e.localHigh = Ipv6Header.sourceHigh(data, quote);
        e.remoteHigh = Ipv6Header.destinationHigh(data, quote);
        e.packetTooBig = e.type == Icmpv6.PACKET_TOO_BIG;
        e.mtu = e.packetTooBig ? (int) Math.min(Icmpv6.mtu(data, d.offset), Integer.MAX_VALUE) : 0;
        e.protocol = walker.protocol;
        e.offset = walker.payloadOffset;
        e.length = walker.payloadLength;
        if (!ip.isLocal(e.localHigh, e.localLow)) {
            return Refusal.ICMPV6_BAD_QUOTE;
        }
        tell(e);
        return null;
    }

    /// The link could not deliver a packet of ours: its transport learns it as if a router had said so (Linux's `ipv4_link_failure`).
    void unreachable(Frame f, Interface out) {
        IcmpError e = error;
        byte[] data = f.data;
        int at = f.offset;
        e.v4 = Ipv4Header.version(data, at) == 4;
        e.mtu = 0;
        e.packetTooBig = false;
        e.data = data;
        e.in = out;
        if (e.v4) {
            if (Ipv4Header.fragmentOffset(data, at) != 0) {
                return;
            }
            e.type = Icmpv4.DESTINATION_UNREACHABLE;
            e.code = Icmpv4.CODE_HOST_UNREACHABLE;
            e.localHigh = 0;
            e.localLow = IpAddress.lowOfV4(Ipv4Header.source(data, at));
            e.remoteHigh = 0;
            e.remoteLow = IpAddress.lowOfV4(Ipv4Header.destination(data, at));
            e.protocol = Ipv4Header.protocol(data, at);
            e.offset = at + Ipv4Header.headerLength(data, at);
            e.length = f.length - Ipv4Header.headerLength(data, at);
        } else {
            if (walker.walkQuote(data, at, f.length) != null) {
                return;
            }
            e.type = Icmpv6.DESTINATION_UNREACHABLE;
            e.code = Icmpv6.CODE_ADDRESS_UNREACHABLE;
            e.localHigh = Ipv6Header.sourceHigh(data, at);
            e.localLow = Ipv6Header.sourceLow(data, at);
            e.remoteHigh = Ipv6Header.destinationHigh(data, at);
            e.remoteLow = Ipv6Header.destinationLow(data, at);
            e.protocol = walker.protocol;
            e.offset = walker.payloadOffset;
            e.length = walker.payloadLength;
        }
        e.offenderHigh = e.localHigh;
        e.offenderLow = e.localLow;
        if (e.length >= 8) {
            tell(e);
        }
    }

    private void tell(IcmpError e) {
        Transport transport = ip.transport(e.protocol);
        if (transport != null) {
            transport.icmpError(e);
        }
    }

    /// True if a packet that we are about to refuse is itself an ICMPv6 error or redirect, or may be one whose type we cannot see.
    boolean isIcmpv6ErrorOrRedirect(IpDatagram d) {
        if (walker.walkQuote(d.data, d.ipOffset, d.ipLength) != null) {
            return false;
        }
        if (walker.protocol != IpProtocol.ICMPV6) {
            return false;
        }
        if (walker.payloadLength < 1) {
            return true;
        }
        int type = Icmpv6.type(d.data, walker.payloadOffset);
        return Icmpv6.isError(type) || type == Icmpv6.REDIRECT;
    }
}
