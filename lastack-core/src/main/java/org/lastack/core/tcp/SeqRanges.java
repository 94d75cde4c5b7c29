package org.lastack.core.tcp;

/// Disjoint ranges of sequence numbers in ascending order: what a receiver holds out of order, and what a sender knows to have arrived.
/// All ranges lie within 2^31 of each other. Look-up costs O(log n), insertion moves at most the ranges above.
final class SeqRanges {
    /// Receives the parts of an added range that were not known before.
    interface Gained {
        void gained(int left, int right);
    }

    private static final int[] EMPTY = new int[0];

    /// Holds nothing, for those that mostly hold nothing: shared, never added to.
    static final SeqRanges NONE = new SeqRanges();

    private int[] lefts = EMPTY;
    private int[] rights = EMPTY;
    private int count;
    private int octets;

    /// Sum of the lengths of all ranges, kept so that a window can be computed without a walk (SECURITY R-07).
    int octets() {
        return octets;
    }

    int count() {
        return count;
    }

    boolean isEmpty() {
        return count == 0;
    }

    int left(int index) {
        return lefts[index];
    }

    int right(int index) {
        return rights[index];
    }

    void clear() {
        if (count > 0) {
            count = 0;
            octets = 0;
        }
    }

    /// Index of the first range whose right edge is at or above `seq`, or [#count].
    private int firstReaching(int seq) {
        int low = 0;
        int high = count;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (Seq.lt(rights[middle], seq)) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /// Adds `[left, right)`, merging with what it touches, and returns the index of the range that now contains it.
    int add(int left, int right) {
        if (this == NONE) {
            throw new IllegalStateException("shared by all that hold nothing");
        }
        int from = firstReaching(left);
        int to = from;
        int newLeft = left;
        int newRight = right;
        while (to < count && Seq.le(lefts[to], right)) {
            newLeft = Seq.min(newLeft, lefts[to]);
            newRight = Seq.max(newRight, rights[to]);
            to++;
        }
        replace(from, to, newLeft, newRight);
        return from;
    }

    /// As [#add], telling which octets are new; allocates nothing, `gained` is usually `this` of the caller.
    void add(int left, int right, Gained gained) {
        int cursor = left;
        for (int i = firstReaching(left); i < count && Seq.lt(lefts[i], right); i++) {
            if (Seq.lt(cursor, lefts[i])) {
                gained.gained(cursor, lefts[i]);
            }
            cursor = Seq.max(cursor, rights[i]);
        }
        if (Seq.lt(cursor, right)) {
            gained.gained(cursor, right);
        }
        add(left, right);
    }

    /// True if every octet of `[left, right)` is in one range.
    boolean contains(int left, int right) {
        int index = firstReaching(right);
        return index < count && Seq.le(lefts[index], left);
    }

    /// True if any octet of `[left, right)` is in a range.
    boolean overlaps(int left, int right) {
        int index = firstReaching(left + 1);
        return index < count && Seq.lt(lefts[index], right);
    }

    /// Forgets everything below `seq`.
    void dropBelow(int seq) {
        int keep = firstReaching(seq + 1);
        if (keep > 0) {
            for (int i = 0; i < keep; i++) {
                octets -= rights[i] - lefts[i];
            }
            System.arraycopy(lefts, keep, lefts, 0, count - keep);
            System.arraycopy(rights, keep, rights, 0, count - keep);
            count -= keep;
        }
        if (count > 0 && Seq.lt(lefts[0], seq)) {
            octets -= seq - lefts[0];
            lefts[0] = seq;
        }
    }

    /// Highest right edge; there must be a range.
    int highest() {
        return rights[count - 1];
    }

    private void replace(int from, int to, int left, int right) {
        int removed = to - from;
        for (int i = from; i < to; i++) {
            octets -= rights[i] - lefts[i];
        }
        octets += right - left;
        if (removed == 0) {
            if (count == lefts.length) {
                int size = Math.max(4, count * 2);
                lefts = java.util.Arrays.copyOf(lefts, size);
                rights = java.util.Arrays.copyOf(rights, size);
            }
            System.arraycopy(lefts, from, lefts, from + 1, count - from);
            System.arraycopy(rights, from, rights, from + 1, count - from);
            count++;
        } else if (removed > 1) {
            System.arraycopy(lefts, to, lefts, from + 1, count - to);
            System.arraycopy(rights, to, rights, from + 1, count - to);
            count -= removed - 1;
        }
        lefts[from] = left;
        rights[from] = right;
    }
}
