package org.lastack.tools.services;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/// Octets that anybody can produce from their position alone, and that do not repeat: a lost, doubled or moved piece always shows.
/// Octets 8 n .. 8 n + 7 are the n-th number of the splitmix64 sequence that starts at 0, little-endian.
public final class TestPattern {
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final int BLOCK_OCTETS = 64 * 1024;

    private TestPattern() {}

    /// Fills `buffer` with the pattern from `position`, which must be a multiple of 8.
    public static void fill(byte[] buffer, int length, long position) {
        long index = position >>> 3;
        int at = 0;
        for (; at + 8 <= length; at += 8) {
            LONGS.set(buffer, at, mix(index++));
        }
        long last = mix(index);
        for (; at < length; at++) {
            buffer[at] = (byte) last;
            last >>>= 8;
        }
    }

    private static long mix(long index) {
        long z = index * 0x9e3779b97f4a7c15L;
        z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
        z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
        return z ^ (z >>> 31);
    }

    /// SHA-256 of the first `octets` of the pattern in hexadecimal. Takes about a second per GiB.
    public static String sha256(long octets) {
        MessageDigest digest = newSha256();
        byte[] block = new byte[BLOCK_OCTETS];
        for (long at = 0; at < octets; at += BLOCK_OCTETS) {
            int length = (int) Math.min(BLOCK_OCTETS, octets - at);
            fill(block, length, at);
            digest.update(block, 0, length);
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    static MessageDigest newSha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
