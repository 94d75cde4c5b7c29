package org.lastack.wire;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/// The Internet checksum: the ones' complement of the ones'-complement sum of 16-bit words (RFC 1071).
///
/// Sums are kept unfolded in a `long` so that several ranges can be added before one [#finish]. Words are added in the machine's own byte
/// order eight octets at a time (RFC 1071 §2 (B), byte order independence), which the JIT compiler vectorises; [#finish] and [#fold]
/// return values in network order. A range may have any length; only the last range of a sum may have an odd one.
public final class Checksum {
    private static final boolean LITTLE = ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN;
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.nativeOrder());
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.nativeOrder());
    private static final VarHandle SHORT = MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.nativeOrder());

    private Checksum() {}

    /// Adds `length` octets from `offset` to the unfolded sum `partial` (0 to begin) and returns the new unfolded sum.
    public static long add(long partial, byte[] bytes, int offset, int length) {
        long sum = partial;
        int index = offset;
        int end8 = offset + (length & ~7);
        for (; index < end8; index += 8) {
            long word = (long) LONG.get(bytes, index);
            sum += (word & 0xffff_ffffL) + (word >>> 32);
        }
        if ((length & 4) != 0) {
            sum += (int) INT.get(bytes, index) & 0xffff_ffffL;
            index += 4;
        }
        if ((length & 2) != 0) {
            sum += (short) SHORT.get(bytes, index) & 0xffffL;
            index += 2;
        }
        if ((length & 1) != 0) {
            int last = bytes[index] & 0xff;
            sum += LITTLE ? last : last << 8;
        }
        return sum;
    }

    /// Adds a 16-bit value given in network order (a protocol number, a length).
    public static long addWord(long partial, int value) {
        return partial + toNative(value & 0xffff);
    }

    /// Adds a 128-bit address as two longs in network order. An IPv4-mapped address adds only its IPv4 part: the pseudo-header of IPv4 has no more.
    public static long addAddress(long partial, long high, long low) {
        long sum = addLong(partial, low & (IpAddress.isV4(high, low) ? 0xffff_ffffL : -1L));
        return addLong(sum, high);
    }

    private static long addLong(long partial, long word) {
        long nativeWord = LITTLE ? Long.reverseBytes(word) : word;
        return partial + (nativeWord & 0xffff_ffffL) + (nativeWord >>> 32);
    }

    /// The sum of the pseudo-header of TCP, UDP (RFC 9293 §3.1, RFC 768) or ICMPv6 (RFC 8200 §8.1): both addresses, protocol, upper-layer length.
    public static long pseudoHeader(long sourceHigh, long sourceLow, long destinationHigh, long destinationLow, int protocol, int length) {
        long sum = addAddress(0, sourceHigh, sourceLow);
        sum = addAddress(sum, destinationHigh, destinationLow);
        sum = addWord(sum, protocol);
        sum = addWord(sum, length & 0xffff);
        return addWord(sum, length >>> 16);
    }

    /// Folds an unfolded sum to 16 bits in network order, without complementing it: what virtio's NEEDS_CSUM wants in the checksum field.
    public static int fold(long partial) {
        long sum = (partial >>> 32) + (partial & 0xffff_ffffL);
        sum = (sum >>> 32) + (sum & 0xffff_ffffL);
        sum = (sum >>> 16) + (sum & 0xffffL);
        sum = (sum >>> 16) + (sum & 0xffffL);
        sum = (sum >>> 16) + (sum & 0xffffL);
        return toNative((int) sum);
    }

    /// The checksum field's value in network order: the complement of the folded sum. A range that contains a correct checksum gives 0.
    public static int finish(long partial) {
        return ~fold(partial) & 0xffff;
    }

    /// The new checksum after a 16-bit word changed from `before` to `after` (RFC 1624, equation 3); all in network order.
    public static int update(int checksum, int before, int after) {
        int sum = (~checksum & 0xffff) + (~before & 0xffff) + (after & 0xffff);
        sum = (sum >>> 16) + (sum & 0xffff);
        sum = (sum >>> 16) + (sum & 0xffff);
        return ~sum & 0xffff;
    }

    private static int toNative(int value) {
        return LITTLE ? Short.reverseBytes((short) value) & 0xffff : value & 0xffff;
    }
}
