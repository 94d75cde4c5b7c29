package org.lastack.core.tcp;

import org.jspecify.annotations.Nullable;

/// Octets of a stream in slabs, addressed by their distance from the first one kept. Slabs appear when something is written into them and go
/// back to the pool when the front passes them; there may be holes (a receiver stores out-of-order text where it belongs).
final class ByteRing {
    private static final int SLAB = SlabPool.SLAB;
    private static final int MASK = SLAB - 1;

    private final SlabPool pool;
    /// Shared by all that have never held anything; never written.
    private static final @Nullable byte[][] NONE = new byte[0][];
    private @Nullable byte[][] slabs = NONE;
    /// Index in [#slabs] of the slab that holds the first octet.
    private int first;
    /// Offset of the first octet in its slab.
    private int skip;
    /// Slabs in use: [#clear] stops when it has found them, however long the ring once grew.
    private int taken;

    ByteRing(SlabPool pool) {
        this.pool = pool;
    }

    /// Copies `length` octets in, `distance` octets behind the first.
    void write(int distance, byte[] source, int offset, int length) {
        int position = skip + distance;
        int from = offset;
        int left = length;
        ensure((position + length + MASK) / SLAB);
        while (left > 0) {
            int index = (first + position / SLAB) & (slabs.length - 1);
            byte[] slab = slabs[index];
            if (slab == null) {
                slab = pool.take();
                slabs[index] = slab;
                taken++;
            }
            int at = position & MASK;
            int count = Math.min(left, SLAB - at);
            System.arraycopy(source, from, slab, at, count);
            position += count;
            from += count;
            left -= count;
        }
    }

    /// Copies `length` octets out, from `distance` octets behind the first. They must have been written.
    void read(int distance, byte[] target, int offset, int length) {
        int position = skip + distance;
        int to = offset;
        int left = length;
        while (left > 0) {
            byte[] slab = slabs[(first + position / SLAB) & (slabs.length - 1)];
            if (slab == null) {
                throw new IllegalStateException("octet " + distance + " of a stream was never written");
            }
            int at = position & MASK;
            int count = Math.min(left, SLAB - at);
            System.arraycopy(slab, at, target, to, count);
            position += count;
            to += count;
            left -= count;
        }
    }

    /// Forgets the first `length` octets.
    void drop(int length) {
        int position = skip + length;
        while (position >= SLAB) {
            byte[] slab = slabs[first];
            if (slab != null) {
                pool.give(slab);
                slabs[first] = null;
                taken--;
            }
            first = (first + 1) & (slabs.length - 1);
            position -= SLAB;
        }
        skip = position;
    }

    /// Forgets everything behind the first `length` octets.
    void truncate(int length) {
        for (int i = (skip + length + MASK) / SLAB; i < slabs.length; i++) {
            int index = (first + i) & (slabs.length - 1);
            byte[] slab = slabs[index];
            if (slab != null) {
                pool.give(slab);
                slabs[index] = null;
                taken--;
            }
        }
    }

    /// Gives every slab back; the ring is empty and can be used again.
    void clear() {
        for (int i = first; taken > 0; i++) {
            int index = i & (slabs.length - 1);
            byte[] slab = slabs[index];
            if (slab != null) {
                pool.give(slab);
                slabs[index] = null;
                taken--;
            }
        }
        first = 0;
        skip = 0;
    }

    private void ensure(int count) {
        if (count <= slabs.length) {
            return;
        }
        @Nullable byte[][] larger = new byte[Math.max(4, Integer.highestOneBit(count - 1) << 1)][];
        for (int i = 0; i < slabs.length; i++) {
            larger[i] = slabs[(first + i) & (slabs.length - 1)];
        }
        slabs = larger;
        first = 0;
    }
}
