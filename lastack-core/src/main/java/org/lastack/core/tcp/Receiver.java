package org.lastack.core.tcp;

/// What a connection holds for its reader: octets from `rcv.copied` on, those out of order included, and what it will report by SACK
/// (RFC 2018 §4, RFC 2883). A connection gets one when text arrives and gives it back when everything is read.
final class Receiver {
    /// More islands than this are not kept: a stream of tiny segments with gaps must not cost more than they are worth (SECURITY R-07).
    static final int MAX_ISLANDS = 1024;

    /// Octets in order and out of order; its first octet is `rcv.copied`.
    final ByteRing bytes;
    /// Islands above `rcv.nxt`.
    final SeqRanges islands = new SeqRanges();
    /// The most recently changed islands, newest first: the order in which they are reported (RFC 2018 §4).
    final int[] recentLeft = new int[4];
    final int[] recentRight = new int[4];
    int recentCount;
    /// D-SACK to report with the next ACK (RFC 2883 §4).
    boolean duplicate;
    int duplicateLeft;
    int duplicateRight;
    /// A FIN arrived above a gap; [#finSeq] is its sequence number.
    boolean finHeld;
    int finSeq;

    Receiver(SlabPool pool) {
        bytes = new ByteRing(pool);
    }

    void reset() {
        bytes.clear();
        islands.clear();
        recentCount = 0;
        duplicate = false;
        finHeld = false;
    }

    /// An island grew or appeared: it is reported first from now on.
    void recent(int left, int right) {
        int keep = 0;
        for (int i = 0; i < recentCount; i++) {
            boolean inside = Seq.ge(recentLeft[i], left) && Seq.le(recentRight[i], right);
            if (!inside) {
                recentLeft[keep] = recentLeft[i];
                recentRight[keep] = recentRight[i];
                keep++;
            }
        }
        recentCount = Math.min(keep, 3);
        for (int i = recentCount; i > 0; i--) {
            recentLeft[i] = recentLeft[i - 1];
            recentRight[i] = recentRight[i - 1];
        }
        recentLeft[0] = left;
        recentRight[0] = right;
        recentCount++;
    }

    /// RCV.NXT has moved to `seq`: what lies below is no longer an island.
    void advanced(int seq) {
        islands.dropBelow(seq);
        int keep = 0;
        for (int i = 0; i < recentCount; i++) {
            if (Seq.gt(recentRight[i], seq)) {
                recentLeft[keep] = recentLeft[i];
                recentRight[keep] = recentRight[i];
                keep++;
            }
        }
        recentCount = keep;
    }

    /// Text that was there before arrived again: report it in the first block.
    void duplicate(int left, int right) {
        if (!duplicate) {
            duplicate = true;
            duplicateLeft = left;
            duplicateRight = right;
        } else {
            // Several duplicates before one ACK: one block that covers them, if they touch.
            if (Seq.le(left, duplicateRight) && Seq.ge(right, duplicateLeft)) {
                duplicateLeft = Seq.min(left, duplicateLeft);
                duplicateRight = Seq.max(right, duplicateRight);
            }
        }
    }

    boolean idle() {
        return islands.isEmpty() && !duplicate && !finHeld;
    }
}
