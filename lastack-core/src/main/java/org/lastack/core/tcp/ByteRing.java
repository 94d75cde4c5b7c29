package org.lastack.core.tcp;

import org.jspecify.annotations.Nullable;
import org.lastack.wire.Frame;

/// Octets of a stream in slabs, addressed by their distance from the first one kept. Slabs appear when something is written into them and go
/// back to the pool when the front passes them; there may be holes (a receiver stores out-of-order text where it belongs). Some stretches may lie in
/// [Lumps] instead; then there are holes in the slabs.
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
    /// Position of the first octet kept; only differences count.
    private int base;
    private @Nullable Lumps lumps;

    ByteRing(SlabPool pool) {
        this.pool = pool;
    }

    /// See [Tcb#lines].
    int lines() {
        return taken + slabs.length;
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

    /// Text that arrived in a frame stays there, `distance` octets behind the first.
    void adopt(int distance, Frame frame, int at, int length) {
        pool.keep(frame);
        lumps().add(frame, base + distance, at, length, length);
    }

    /// Copies `length` octets in behind everything else, `distance` octets behind the first.
    ///
    /// @param most text that a frame of a lump is to have; 0 for none
    void append(int distance, byte[] source, int offset, int length, int most) {
        int done = 0;
        while (done < length) {
            Lumps present = lumps;
            boolean behind = present != null && present.endsAt(base + distance + done);
            int filled = present != null && behind ? present.fill(source, offset + done, length - done) : 0;
            boolean goesOn = present != null && behind && present.worthIt();
            if (filled == 0 && (most == 0 || !goesOn && length - done < Lumps.LEAST)) {
                write(distance + done, source, offset + done, length - done);
                return;
            }
            if (filled == 0) {
                lumps().add(pool.takeFrame(), base + distance + done, Lumps.HEADERS, 0, most);
            }
            done += filled;
        }
    }

    /// Before `length` octets more are appended: the last frame is to end where a segment ends, so that the next can leave as it lies. What is unsent begins
    /// `unsent` behind the first octet and goes out in segments of `mss` octets, `most` in a frame.
    void align(int unsent, int length, int mss, int most) {
        Lumps present = lumps;
        if (present != null) {
            present.align(base + unsent, length, mss, most);
        }
    }

    /// Is it worth while to ask whether `length` octets more may go into a frame?
    boolean large(int length) {
        return lumps != null || length >= Lumps.LEAST;
    }

    private Lumps lumps() {
        Lumps present = lumps;
        if (present == null) {
            present = pool.takeLumps();
            lumps = present;
        }
        return present;
    }

    /// Octets that lie in one piece in a frame, from `distance` behind the first on; 0 if they do not.
    int run(int distance) {
        Lumps present = lumps;
        int index = present == null ? -1 : present.endingBehind(base + distance);
        return present == null || index < 0 || present.start(index) - (base + distance) > 0 ? 0 : present.end(index) - (base + distance);
    }

    /// The frame in which `length` octets lie already, the first one at the beginning, made ready for `header` octets in front of them; null if there is none or
    /// it is still under way. The caller releases it.
    @Nullable Frame inPlace(int distance, int length, int header) {
        Lumps present = lumps;
        int index = present == null ? -1 : present.endingBehind(base + distance);
        if (present == null || index < 0 || present.start(index) != base + distance || present.end(index) - (base + distance) < length) {
            return null;
        }
        Frame frame = present.frame(index);
        if (frame.held()) {
            return null;
        }
        frame.hold();
        frame.restart(present.at(index) - header);
        return frame;
    }

    /// Copies `length` octets out, from `distance` octets behind the first. They must have been written.
    void read(int distance, byte[] target, int offset, int length) {
        Lumps present = lumps;
        int done = 0;
        while (present != null && done < length) {
            int position = base + distance + done;
            int index = present.endingBehind(position);
            if (index < 0) {
                break;
            }
            int ahead = present.start(index) - position;
            int count = Math.min(length - done, ahead > 0 ? ahead : present.end(index) - position);
            if (ahead > 0) {
                readSlabs(distance + done, target, offset + done, count);
            } else {
                present.read(index, position, target, offset + done, count);
            }
            done += count;
        }
        readSlabs(distance + done, target, offset + done, length - done);
    }

    private void readSlabs(int distance, byte[] target, int offset, int length) {
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
        base += length;
        if (lumps != null) {
            dropLumps(lumps);
        }
        if (taken == 0) {
            // Nothing says where slabs begin: as if the ring were new.
            first = 0;
            skip = 0;
            return;
        }
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

    private void dropLumps(Lumps present) {
        for (Frame frame = present.takeBefore(base); frame != null; frame = present.takeBefore(base)) {
            pool.give(frame);
        }
        if (present.isEmpty()) {
            lumps = null;
            pool.give(present);
        }
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
        Lumps present = lumps;
        if (present != null) {
            for (Frame frame = present.takeFirst(); frame != null; frame = present.takeFirst()) {
                pool.give(frame);
            }
            lumps = null;
            pool.give(present);
        }
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
