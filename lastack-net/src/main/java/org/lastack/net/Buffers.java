package org.lastack.net;

import java.nio.ByteBuffer;

/// What all channels ask of the buffers they are given.
final class Buffers {
    private Buffers() {}

    static void refuseReadOnly(ByteBuffer target) {
        if (target.isReadOnly()) {
            throw new IllegalArgumentException("Read-only buffer");
        }
    }

    static void refuseReadOnly(ByteBuffer[] targets, int offset, int length) {
        for (int i = offset; i < offset + length; i++) {
            refuseReadOnly(targets[i]);
        }
    }

    static long remaining(ByteBuffer[] buffers, int offset, int length) {
        long total = 0;
        for (int i = offset; i < offset + length; i++) {
            total += buffers[i].remaining();
        }
        return total;
    }
}
