package org.lastack.javalibs;

import java.io.InputStream;
import java.io.OutputStream;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Random;

/// As many octets as wanted without keeping them: a random block again and again, whose length divides no buffer's.
final class PatternStream extends InputStream {
    private static final byte[] BLOCK = block();

    private final long length;
    private long at;

    PatternStream(long length) {
        this.length = length;
    }

    private static byte[] block() {
        byte[] octets = new byte[1_000_003];
        new Random(29).nextBytes(octets);
        return octets;
    }

    /// What `sha256sum` prints for it.
    static String sha256(long length) throws Exception {
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        try (DigestInputStream all = new DigestInputStream(new PatternStream(length), digest)) {
            all.transferTo(OutputStream.nullOutputStream());
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    @Override
    public int read() {
        return at == length ? -1 : BLOCK[(int) (at++ % BLOCK.length)] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int room) {
        if (at == length) {
            return -1;
        }
        int from = (int) (at % BLOCK.length);
        int count = (int) Math.min(Math.min(room, BLOCK.length - from), length - at);
        System.arraycopy(BLOCK, from, target, offset, count);
        at += count;
        return count;
    }

    /// Netty reads no more than this at once.
    @Override
    public int available() {
        return (int) Math.min(length - at, Integer.MAX_VALUE);
    }
}
