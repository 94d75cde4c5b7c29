package org.lastack.core.ip;

import org.jspecify.annotations.Nullable;
import org.lastack.core.Counter;
import org.lastack.core.Counters;
import org.lastack.core.Engine;
import org.lastack.core.Interface;
import org.lastack.core.SipHash;
import org.lastack.core.Sysctl;
import org.lastack.wire.Bytes;
import org.lastack.wire.Checksum;
import org.lastack.wire.Frame;
import org.lastack.wire.FramePool;
import org.lastack.wire.IpAddress;
import org.lastack.wire.IpProtocol;
import org.lastack.wire.Ipv4Header;
import org.lastack.wire.Ipv6Extensions;
import org.lastack.wire.Ipv6Header;

/// The way out: IP headers, fragmentation, and the queues from which the engine hands frames to links and to itself.
final class IpOutput {
    private final Engine engine;
    private final IpLayer ip;
    private final Counters counters;
    private final IpIdentification identification;
    private final SipHash flowHash;
    private final FrameQueue links = new FrameQueue();
    private final FrameQueue looped = new FrameQueue();
    /// Of the packet being sent: members on this host hear it.
    private boolean loops;

    IpOutput(Engine engine, IpLayer ip) {
        this.engine = engine;
        this.ip = ip;
        this.counters = engine.counters();
        this.identification = new IpIdentification(engine.entropy());
        this.flowHash = new SipHash(engine.entropy());
    }

    @Nullable Frame pollLink() {
        return links.poll();
    }

    @Nullable Frame pollLooped() {
        return looped.poll();
    }

    /// Octets that wait for [Engine#poll].
    long queuedOctets() {
        return links.octets() + looped.octets();
    }

    /// A frame that is complete down to the link layer.
    void toLink(Frame frame, Interface out) {
        frame.interfaceIndex = out.index();
        frame.timeNs = engine.now();
        links.add(frame);
    }

    /// See [IpLayer#send].
    void send(Frame f, Route r, long srcHigh, long srcLow, long dstHigh, long dstLow, int protocol, int tos, int ttl, boolean dontFragment,
            int fragmentMtu, boolean loopGroups) {
        loops = loopGroups;
        boolean v4 = IpAddress.isV4(dstHigh, dstLow);
        counters.increment(v4 ? Counter.IpOutRequests : Counter.Ip6OutRequests);
        if (!r.out.up()) {
            discard(f, v4);
            return;
        }
        if (r.kind == Route.Kind.MULTICAST || r.kind == Route.Kind.BROADCAST) {
            countGroup(r, v4);
        }
        int header = v4 ? Ipv4Header.MIN_LENGTH : Ipv6Header.LENGTH;
        boolean toOurselves = r.out.kind() == Interface.Kind.LOOPBACK;
        if (f.needsChecksum && !toOurselves && !r.out.checksumOffload()) {
            completeChecksum(f);
        }
        if (f.gsoSize == 0 && header + f.length > r.mtu() && dontFragment) {
            counters.increment(v4 ? Counter.IpFragFails : Counter.Ip6FragFails);
            discard(f, v4);
            return;
        }
        int pathMtu = dontFragment || f.gsoSize != 0 ? Integer.MAX_VALUE : fragmentMtu;
        if (v4) {
            sendV4(f, r, (int) srcLow, (int) dstLow, protocol, tos, ttl, dontFragment, pathMtu);
        } else {
            sendV6(f, r, srcHigh, srcLow, dstHigh, dstLow, protocol, tos, ttl, pathMtu);
        }
    }

    private void discard(Frame f, boolean v4) {
        counters.increment(v4 ? Counter.IpOutDiscards : Counter.Ip6OutDiscards);
        f.release();
    }

    private void countGroup(Route r, boolean v4) {
        counters.increment(r.kind == Route.Kind.BROADCAST ? Counter.IpExtOutBcastPkts
                : v4 ? Counter.IpExtOutMcastPkts : Counter.Ip6OutMcastPkts);
    }

    private static void completeChecksum(Frame f) {
        int start = f.offset + f.checksumStart;
        int field = start + f.checksumOffset;
        int sum = Checksum.finish(Checksum.add(0, f.data, start, f.length - f.checksumStart));
        // RFC 768: a UDP checksum that computes as 0 is sent as all ones; for TCP both forms mean the same.
        Bytes.put16(f.data, field, sum == 0 ? 0xffff : sum);
        f.needsChecksum = false;
    }

    private void sendV4(Frame f, Route r, int source, int destination, int protocol, int tos, int ttl, boolean dontFragment, int pathMtu) {
        int hops = ttl > 0 ? ttl : r.kind == Route.Kind.MULTICAST ? 1 : engine.sysctls().getInt(Sysctl.IP_DEFAULT_TTL);
        // RFC 6864 §4: the field has no meaning in a packet that cannot be fragmented; Linux sends 0 without a connection, and so do we.
        int id = dontFragment ? 0 : identification.next(source, destination, protocol, engine.now());
        int total = Ipv4Header.MIN_LENGTH + f.length;
        if (total <= pathMtu) {
            f.prepend(Ipv4Header.MIN_LENGTH);
            Ipv4Header.write(f.data, f.offset, tos, total, id, dontFragment ? Ipv4Header.DF : 0, hops, protocol, source, destination);
            counters.add(Counter.IpExtOutOctets, total);
            transmit(f, r, 0, IpAddress.lowOfV4(destination));
            return;
        }
        if (f.needsChecksum) {
            completeChecksum(f);
        }
        int piece = pathMtu - Ipv4Header.MIN_LENGTH & ~7;
        for (int position = 0; position < f.length; position += piece) {
            int octets = Math.min(piece, f.length - position);
            boolean more = position + octets < f.length;
            Frame fragment = engine.frames().take(octets);
            System.arraycopy(f.data, f.offset + position, fragment.data, fragment.offset, octets);
            fragment.length = octets;
            fragment.prepend(Ipv4Header.MIN_LENGTH);
            Ipv4Header.write(fragment.data, fragment.offset, tos, fragment.length, id, (more ? Ipv4Header.MF : 0) | position >>> 3, hops,
                    protocol, source, destination);
            counters.increment(Counter.IpFragCreates);
            counters.add(Counter.IpExtOutOctets, fragment.length);
            transmit(fragment, r, 0, IpAddress.lowOfV4(destination));
        }
        counters.increment(Counter.IpFragOKs);
        f.release();
    }

    private void sendV6(Frame f, Route r, long srcHigh, long srcLow, long dstHigh, long dstLow, int protocol, int tos, int ttl, int pathMtu) {
        int hops = ttl > 0 ? ttl : r.kind == Route.Kind.MULTICAST ? 1 : ip.hopLimit(r.out);
        int label = flowLabel(f, srcHigh, srcLow, dstHigh, dstLow, protocol);
        if (Ipv6Header.LENGTH + f.length <= pathMtu) {
            f.prepend(Ipv6Header.LENGTH);
            Ipv6Header.write(f.data, f.offset, tos, label, f.length - Ipv6Header.LENGTH, protocol, hops, srcHigh, srcLow, dstHigh, dstLow);
            counters.add(Counter.Ip6OutOctets, f.length);
            transmit(f, r, dstHigh, dstLow);
            return;
        }
        if (f.needsChecksum) {
            completeChecksum(f);
        }
        int id = identification.nextV6();
        int piece = pathMtu - Ipv6Header.LENGTH - Ipv6Extensions.FRAGMENT_LENGTH & ~7;
        for (int position = 0; position < f.length; position += piece) {
            int octets = Math.min(piece, f.length - position);
            Frame fragment = engine.frames().take(octets);
            System.arraycopy(f.data, f.offset + position, fragment.data, fragment.offset, octets);
            fragment.length = octets;
            fragment.prepend(Ipv6Extensions.FRAGMENT_LENGTH);
            Ipv6Extensions.writeFragment(fragment.data, fragment.offset, protocol, position, position + octets < f.length, id);
            fragment.prepend(Ipv6Header.LENGTH);
            Ipv6Header.write(fragment.data, fragment.offset, tos, label, fragment.length - Ipv6Header.LENGTH, IpProtocol.FRAGMENT, hops, srcHigh,
                    srcLow, dstHigh, dstLow);
            counters.increment(Counter.Ip6FragCreates);
            counters.add(Counter.Ip6OutOctets, fragment.length);
            transmit(fragment, r, dstHigh, dstLow);
        }
        counters.increment(Counter.Ip6FragOKs);
        f.release();
    }

    /// RFC 6437 §3: one value per flow that outsiders cannot predict. Linux does the same by default (auto_flowlabels).
    private int flowLabel(Frame f, long srcHigh, long srcLow, long dstHigh, long dstLow, int protocol) {
        boolean ports = (protocol == IpProtocol.TCP || protocol == IpProtocol.UDP) && f.length >= 4;
        long flow = (ports ? (long) Bytes.i32(f.data, f.offset) << 8 : 0) | protocol | (long) f.flowSalt << 40;
        int label = (int) flowHash.hash(srcHigh, srcLow, dstHigh, dstLow, flow) & 0xf_ffff;
        return label == 0 ? 1 : label;
    }

    private void transmit(Frame f, Route r, long dstHigh, long dstLow) {
        if (r.out.kind() == Interface.Kind.LOOPBACK) {
            f.interfaceIndex = r.out.index();
            f.checksumVerified = true;
            looped.add(f);
            return;
        }
        if (r.kind == Route.Kind.BROADCAST || loops && r.kind == Route.Kind.MULTICAST && ip.groups().member(r.out, dstHigh, dstLow)) {
            loopCopy(f, r.out);
        }
        if (r.hasGateway()) {
            ip.transmit(f, r.out, r.kind, r.nextHopHigh, r.nextHopLow);
        } else {
            ip.transmit(f, r.out, r.kind, dstHigh, dstLow);
        }
    }

    /// Sockets of this host hear its own broadcasts and groups.
    private void loopCopy(Frame f, Interface out) {
        Frame copy = engine.frames().take(Math.min(f.length, FramePool.LARGE - FramePool.HEADROOM));
        System.arraycopy(f.data, f.offset, copy.data, copy.offset, f.length);
        copy.length = f.length;
        copy.interfaceIndex = out.index();
        copy.checksumVerified = true;
        looped.add(copy);
    }
}
