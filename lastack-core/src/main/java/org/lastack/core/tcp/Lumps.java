package org.lastack.core.tcp;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.lastack.wire.Frame;

/// Stretches of a stream that lie in large frames instead of slabs, in the order of the stream: text that arrived in a super-segment stays in the frame that
/// brought it, and text that will leave in one is written to where the frame will be. Either saves a copy of every octet.
///
/// Positions are those of [ByteRing]: they wrap, and are compared by their difference.
final class Lumps {
    /// Room in front of the text for every header that may come before it: TCP 60, IPv6 40, Ethernet 14, virtio-net 16 octets and some to spare.
    static final int HEADERS = 192;
    /// Less text than this goes into slabs: a frame that is less than half full wastes more memory than a copy is worth.
    static final int LEAST = 32_768;
    /// What a frame counts for in the pool's accounts.
    static final int SLABS = 17;

    private @Nullable Frame[] frames = new Frame[4];
    private int[] starts = new int[4];
    private int[] lengths = new int[4];
    /// Index of the text in the frame's array.
    private int[] ats = new int[4];
    /// Octets that the lump may have in the end.
    private int[] most = new int[4];
    private int first;
    private int count;

    boolean isEmpty() {
        return count == 0;
    }

    private int slot(int index) {
        return first + index & starts.length - 1;
    }

    void add(Frame frame, int start, int at, int length, int limit) {
        if (count == starts.length) {
            grow();
        }
        int slot = slot(count++);
        frames[slot] = frame;
        starts[slot] = start;
        ats[slot] = at;
        lengths[slot] = length;
        most[slot] = limit;
    }

    private void grow() {
        int size = starts.length;
        @Nullable Frame[] larger = new Frame[2 * size];
        for (int i = 0; i < size; i++) {
            larger[i] = frames[slot(i)];
        }
        frames = larger;
        starts = straight(starts);
        lengths = straight(lengths);
        ats = straight(ats);
        most = straight(most);
        first = 0;
    }

    private int[] straight(int[] column) {
        int[] larger = Arrays.copyOf(column, 2 * column.length);
        for (int i = 0; i < column.length; i++) {
            larger[i] = column[first + i & column.length - 1];
        }
        return larger;
    }

    /// The first lump that ends behind `position`, or -1.
    int endingBehind(int position) {
        int low = 0;
        int high = count;
        while (low < high) {
            int middle = low + high >>> 1;
            if (end(middle) - position <= 0) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low == count ? -1 : low;
    }

    int start(int index) {
        return starts[slot(index)];
    }

    int end(int index) {
        int slot = slot(index);
        return starts[slot] + lengths[slot];
    }

    int at(int index) {
        return ats[slot(index)];
    }

    Frame frame(int index) {
        Frame frame = frames[slot(index)];
        if (frame == null) {
            throw new IllegalStateException("lump " + index + " of " + count);
        }
        return frame;
    }

    void read(int index, int position, byte[] target, int offset, int length) {
        System.arraycopy(frame(index).data, at(index) + position - start(index), target, offset, length);
    }

    /// The last lump ends at `position`.
    boolean endsAt(int position) {
        return count > 0 && end(count - 1) == position;
    }

    /// The last lump has enough text for a frame of its own.
    boolean worthIt() {
        return lengths[slot(count - 1)] >= LEAST;
    }

    /// Sets how much the last lump may have, so that it ends with a segment: these end every `mss` octets behind `unsent`. If all has left and much comes, it ends here.
    void align(int unsent, int coming, int mss, int limit) {
        int slot = slot(count - 1);
        int sent = unsent - starts[slot];
        int phase = Math.floorMod(sent, mss);
        boolean ends = sent == lengths[slot] && coming >= LEAST;
        most[slot] = ends ? lengths[slot] : Math.max(lengths[slot], phase + (limit - phase) / mss * mss);
    }

    /// Writes behind the text of the last lump as much as it may have; returns the number of octets.
    int fill(byte[] source, int offset, int length) {
        int index = count - 1;
        int slot = slot(index);
        int octets = Math.min(length, most[slot] - lengths[slot]);
        System.arraycopy(source, offset, frame(index).data, ats[slot] + lengths[slot], octets);
        lengths[slot] += octets;
        return octets;
    }

    /// Takes out the first lump if all of it lies in front of `position`; null otherwise.
    @Nullable Frame takeBefore(int position) {
        return count > 0 && end(0) - position <= 0 ? takeFirst() : null;
    }

    @Nullable Frame takeFirst() {
        if (count == 0) {
            return null;
        }
        Frame frame = frames[first];
        frames[first] = null;
        first = slot(1);
        count--;
        return frame;
    }
}
