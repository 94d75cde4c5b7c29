package org.lastack.core.tcp;

import org.lastack.core.Entropy;
import org.lastack.core.Sysctls;
import org.lastack.wire.Bytes;
import org.lastack.wire.IpAddress;

/// What a server's cookies are made with (RFC 7413 §4.1.2): a keyed hash of both addresses, so that nothing is remembered per client. The hash is the one
/// that Linux uses, SipHash-2-4 over the addresses as they stand in the packet, so that servers which share a key accept each other's cookies.
///
/// Keys come in pairs of longs: the first pair makes cookies, a second one is accepted still (a key that is being replaced).
final class FastOpenKeys {
    static final int COOKIE_OCTETS = 8;
    /// Octets of a key in TCP_FASTOPEN_KEY.
    static final int KEY_OCTETS = 16;

    static final int WRONG = 0;
    static final int RIGHT = 1;
    /// Made with the second key: the client gets a new one.
    static final int OLD_KEY = 2;

    private final Sysctls sysctls;
    private final Entropy entropy;
    private long[] own = {};

    FastOpenKeys(Sysctls sysctls, Entropy entropy) {
        this.sysctls = sysctls;
        this.entropy = entropy;
    }

    /// The keys of a host: those of `tcp_fastopen_key`, else a secret made at the first use.
    long[] ofHost() {
        long[] set = sysctls.fastOpenKeys();
        if (set.length > 0) {
            return set;
        }
        if (own.length == 0) {
            own = new long[] {entropy.nextLong(), entropy.nextLong()};
        }
        return own;
    }

    private static long cookie(long key0, long key1, Segment seg) {
        if (IpAddress.isV4(seg.ip.sourceHigh, seg.ip.sourceLow)) {
            long source = Integer.reverseBytes((int) seg.ip.sourceLow) & 0xffff_ffffL;
            long destination = Integer.reverseBytes((int) seg.ip.destinationLow);
            return hash(key0, key1, 1, source | destination << 32, 0, 0, 0);
        }
        return hash(key0, key1, 4, Long.reverseBytes(seg.ip.sourceHigh), Long.reverseBytes(seg.ip.sourceLow), Long.reverseBytes(seg.ip.destinationHigh),
                Long.reverseBytes(seg.ip.destinationLow));
    }

    /// The cookie for whoever sent that segment.
    static void make(long[] keys, Segment seg, FastOpenCookie into) {
        Bytes.put64(into.octets, 0, Long.reverseBytes(cookie(keys[0], keys[1], seg)));
        into.length = COOKIE_OCTETS;
    }

    /// Whether the cookie in the segment is ours: [#WRONG], [#RIGHT] or [#OLD_KEY].
    static int check(long[] keys, Segment seg) {
        if (seg.options.fastOpenLength != COOKIE_OCTETS) {
            return WRONG;
        }
        long sent = Long.reverseBytes(Bytes.i64(seg.data, seg.options.fastOpenOffset));
        for (int i = 0; i + 1 < keys.length; i += 2) {
            if (cookie(keys[i], keys[i + 1], seg) == sent) {
                return i == 0 ? RIGHT : OLD_KEY;
            }
        }
        return WRONG;
    }

    /// SipHash-2-4 of `count` words.
    private static long hash(long key0, long key1, int count, long a, long b, long c, long d) {
        long v0 = key0 ^ 0x736f6d6570736575L;
        long v1 = key1 ^ 0x646f72616e646f6dL;
        long v2 = key0 ^ 0x6c7967656e657261L;
        long v3 = key1 ^ 0x7465646279746573L;
        // Two rounds per word and one word for the length; then four to finish.
        int rounds = 2 * count + 2;
        for (int i = 0; i < rounds + 4; i++) {
            int word = i >> 1;
            long m = word == count ? (long) count << 59 : word == 0 ? a : word == 1 ? b : word == 2 ? c : d;
            if ((i & 1) == 0 && i < rounds) {
                v3 ^= m;
            }
            v0 += v1;
            v2 += v3;
            v1 = Long.rotateLeft(v1, 13) ^ v0;
            v3 = Long.rotateLeft(v3, 16) ^ v2;
            v0 = Long.rotateLeft(v0, 32);
            v2 += v1;
            v0 += v3;
            v1 = Long.rotateLeft(v1, 17) ^ v2;
            v3 = Long.rotateLeft(v3, 21) ^ v0;
            v2 = Long.rotateLeft(v2, 32);
            if ((i & 1) == 1 && i < rounds) {
                v0 ^= m;
            }
            if (i == rounds - 1) {
                v2 ^= 0xff;
            }
        }
        return v0 ^ v1 ^ v2 ^ v3;
    }
}
