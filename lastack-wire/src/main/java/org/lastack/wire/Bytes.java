package org.lastack.wire;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/// Integers in network byte order (big-endian) inside a `byte[]`.
///
/// All methods read or write at an absolute index and throw `IndexOutOfBoundsException` outside the array; callers check lengths once,
/// where a packet enters, and then rely on it. Unaligned access is allowed.
public final class Bytes {
    private static final VarHandle SHORT = MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    private Bytes() {}

    /// The octet at `index` as 0..255.
    public static int u8(byte[] bytes, int index) {
        return bytes[index] & 0xff;
    }

    /// Two octets as 0..65535.
    public static int u16(byte[] bytes, int index) {
        return (short) SHORT.get(bytes, index) & 0xffff;
    }

    /// Four octets as a Java `int`: the form in which sequence numbers and IPv4 addresses are kept.
    public static int i32(byte[] bytes, int index) {
        return (int) INT.get(bytes, index);
    }

    /// Four octets as 0..2^32-1.
    public static long u32(byte[] bytes, int index) {
        return (int) INT.get(bytes, index) & 0xffff_ffffL;
    }

    /// Eight octets.
    public static long i64(byte[] bytes, int index) {
        return (long) LONG.get(bytes, index);
    }

    public static void put8(byte[] bytes, int index, int value) {
        bytes[index] = (byte) value;
    }

    public static void put16(byte[] bytes, int index, int value) {
        SHORT.set(bytes, index, (short) value);
    }

    public static void put32(byte[] bytes, int index, int value) {
        INT.set(bytes, index, value);
    }

    public static void put64(byte[] bytes, int index, long value) {
        LONG.set(bytes, index, value);
    }
}
