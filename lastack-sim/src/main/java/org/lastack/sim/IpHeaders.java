package org.lastack.sim;

import org.lastack.wire.Bytes;
import org.lastack.wire.Frame;
import org.lastack.wire.IpProtocol;
import org.lastack.wire.Ipv4Header;
import org.lastack.wire.Ipv6Header;

/// What links and routers need to know of packets, which come from engines and so are well formed unless a link has damaged them.
final class IpHeaders {
    private static final long MIX = 0x9e3779b97f4a7c15L;
    /// Octets of a packet that go into its hash: all headers; the TCP checksum stands for the text.
    private static final int HASHED_OCTETS = 120;

    private IpHeaders() {}

    static boolean v4(Frame f) {
        return f.length >= Ipv4Header.MIN_LENGTH && Ipv4Header.version(f.data, f.offset) == 4;
    }

    static boolean v6(Frame f) {
        return f.length >= Ipv6Header.LENGTH && Ipv4Header.version(f.data, f.offset) == 6;
    }

    /// Sets CE on an ECN-capable packet; false if it is not ECN-capable.
    static boolean markCe(Frame f) {
        if (v4(f)) {
            if (Ipv4Header.ecn(f.data, f.offset) == Ipv4Header.NOT_ECT) {
                return false;
            }
            Ipv4Header.setEcn(f.data, f.offset, Ipv4Header.CE);
            return true;
        }
        if (v6(f) && Ipv6Header.ecn(f.data, f.offset) != Ipv4Header.NOT_ECT) {
            Ipv6Header.setEcn(f.data, f.offset, Ipv4Header.CE);
            return true;
        }
        return false;
    }

    /// Hash of addresses, protocol and ports.
    static int flowHash(Frame f, int perturbation) {
        long hash = perturbation * MIX;
        byte[] d = f.data;
        int o = f.offset;
        if (v4(f)) {
            hash = mix(hash, Bytes.i64(d, o + 12));
            if (ported(Ipv4Header.protocol(d, o)) && f.length >= Ipv4Header.headerLength(d, o) + 4) {
                hash = mix(hash, Bytes.u32(d, o + Ipv4Header.headerLength(d, o)));
            }
        } else if (v6(f)) {
            for (int i = 8; i < Ipv6Header.LENGTH; i += 8) {
                hash = mix(hash, Bytes.i64(d, o + i));
            }
            if (ported(Ipv6Header.nextHeader(d, o)) && f.length >= Ipv6Header.LENGTH + 4) {
                hash = mix(hash, Bytes.u32(d, o + Ipv6Header.LENGTH));
            }
        }
        return (int) (hash >>> 32);
    }

    private static boolean ported(int protocol) {
        return protocol == IpProtocol.TCP || protocol == IpProtocol.UDP;
    }

    static long mix(long hash, long value) {
        long mixed = (hash ^ value) * MIX;
        return mixed ^ mixed >>> 29;
    }

    /// Hash of a packet's headers and length.
    static long packetHash(long start, Frame f) {
        byte[] d = f.data;
        int end = Math.min(f.length, HASHED_OCTETS);
        long hash = mix(start, f.length);
        int i = 0;
        for (; i + 8 <= end; i += 8) {
            hash = mix(hash, Bytes.i64(d, f.offset + i));
        }
        for (; i < end; i++) {
            hash = mix(hash, d[f.offset + i]);
        }
        return hash;
    }
}
