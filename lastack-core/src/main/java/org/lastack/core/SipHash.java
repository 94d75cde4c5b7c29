package org.lastack.core;

/// SipHash-1-3 over whole longs with a secret key: for tables whose keys a stranger may choose (SECURITY R-16), and wherever a value
/// must be stable for us and unpredictable for others. Not for message authentication.
///
/// Immutable and without allocation. The number of longs is part of the hash, so the overloads are independent functions.
public final class SipHash {
    private final long key0;
    private final long key1;

    public SipHash(Entropy entropy) {
        this(entropy.nextLong(), entropy.nextLong());
    }

    public SipHash(long key0, long key1) {
        this.key0 = key0;
        this.key1 = key1;
    }

    public long hash(long a) {
        return hash(a, 0, 0, 0, 0, 0, 1);
    }

    public long hash(long a, long b) {
        return hash(a, b, 0, 0, 0, 0, 2);
    }

    public long hash(long a, long b, long c) {
        return hash(a, b, c, 0, 0, 0, 3);
    }

    public long hash(long a, long b, long c, long d) {
        return hash(a, b, c, d, 0, 0, 4);
    }

    public long hash(long a, long b, long c, long d, long e) {
        return hash(a, b, c, d, e, 0, 5);
    }

    public long hash(long a, long b, long c, long d, long e, long f) {
        return hash(a, b, c, d, e, f, 6);
    }

    private long hash(long a, long b, long c, long d, long e, long f, int count) {
        long v0 = key0 ^ 0x736f6d6570736575L;
        long v1 = key1 ^ 0x646f72616e646f6dL;
        long v2 = key0 ^ 0x6c7967656e657261L;
        long v3 = key1 ^ 0x7465646279746573L;
        for (int i = 0; i <= count; i++) {
            long word = i == count ? (long) count << 59 : i == 0 ? a : i == 1 ? b : i == 2 ? c : i == 3 ? d : i == 4 ? e : f;
            v3 ^= word;
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
            v0 ^= word;
        }
        v2 ^= 0xff;
        for (int i = 0; i < 3; i++) {
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
        }
        return v0 ^ v1 ^ v2 ^ v3;
    }
}
