package org.lastack.core.socket;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/// Integers in the layout of `setsockopt` on x86-64 and AArch64 Linux: little-endian.
public final class OptionBytes {
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private OptionBytes() {}

    public static int int32(byte[] bytes, int offset) {
        return (int) INT.get(bytes, offset);
    }

    public static long int64(byte[] bytes, int offset) {
        return (long) LONG.get(bytes, offset);
    }

    public static void put32(byte[] bytes, int offset, int value) {
        INT.set(bytes, offset, value);
    }

    public static void put64(byte[] bytes, int offset, long value) {
        LONG.set(bytes, offset, value);
    }

    /// Writes an `int` into at most `room` octets as `getsockopt` does, cutting off its high octets; returns the octets written.
    public static int answer(byte[] out, int offset, int room, int value) {
        int octets = Math.min(room, 4);
        for (int i = 0; i < octets; i++) {
            out[offset + i] = (byte) (value >>> 8 * i);
        }
        return octets;
    }

    /// As [#answer], but a room below four octets gets one octet if the value fits: what Linux does at the IP level.
    public static int answerSmall(byte[] out, int offset, int room, int value) {
        if (room > 0 && room < 4 && value >= 0 && value <= 255) {
            out[offset] = (byte) value;
            return 1;
        }
        return answer(out, offset, room, value);
    }
}
