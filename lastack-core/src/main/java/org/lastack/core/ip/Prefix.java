package org.lastack.core.ip;

import org.lastack.wire.IpAddress;

/// Arithmetic on address prefixes given as two longs; lengths of IPv4 prefixes count within the 32 bits.
final class Prefix {
    private Prefix() {}

    /// True if both addresses are of one family and agree in the first `length` bits.
    static boolean matches(long aHigh, long aLow, long bHigh, long bLow, int length) {
        boolean v4 = IpAddress.isV4(aHigh, aLow);
        if (v4 != IpAddress.isV4(bHigh, bLow)) {
            return false;
        }
        int bits = v4 ? length + 96 : length;
        long highMask = bits >= 64 ? -1L : bits == 0 ? 0 : -1L << (64 - bits);
        long lowMask = bits >= 128 ? -1L : bits <= 64 ? 0 : -1L << (128 - bits);
        return ((aHigh ^ bHigh) & highMask | (aLow ^ bLow) & lowMask) == 0;
    }

    /// Number of leading bits in which both agree, 0..128.
    static int commonLength(long aHigh, long aLow, long bHigh, long bLow) {
        return aHigh != bHigh ? Long.numberOfLeadingZeros(aHigh ^ bHigh) : 64 + Long.numberOfLeadingZeros(aLow ^ bLow);
    }

    /// The directed broadcast address of an IPv4 prefix: all host bits one (RFC 1122 §3.2.1.3).
    static int broadcast(int address, int length) {
        return length >= 32 ? address : address | -1 >>> length;
    }
}
