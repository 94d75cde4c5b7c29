package org.lastack.core.ip;

import org.jspecify.annotations.Nullable;
import org.lastack.core.Interface;
import org.lastack.wire.Ipv4Header;

/// One datagram whose fragments are being collected. Data lie in pages that exist only where data have arrived, so a lone fragment at a high
/// offset holds no more memory than one at offset 0. Which octets are there is kept in bitmaps of 8-octet units, so inserting costs the
/// length of the fragment however many came before (SECURITY F-01).
final class Reassembly {
    /// Outcome of [#insert].
    enum Outcome {
        ADDED,
        /// The same extent has come before: ignored.
        DUPLICATE,
        /// Real overlap, or ends that contradict each other: the whole datagram is lost (RFC 5722 §4; SECURITY F-02).
        OVERLAP
    }

    static final int PAGE = 4096;
    static final int PAGES = 65_536 / PAGE;
    /// Longest header chain in front of the fragmentable part that we keep.
    static final int MAX_HEADER = 256;
    private static final int UNITS = PAGE / 8;
    private static final int WORDS = UNITS / 64;

    /// Octets of memory that an entry without pages, and each page, is charged.
    static final int ENTRY_MEMORY = 512 + MAX_HEADER;
    static final int PAGE_MEMORY = PAGE + 2 * WORDS * 8 + 64;

    static final class Page {
        final byte[] data = new byte[PAGE];
        final long[] present = new long[WORDS];
        /// Units at which a fragment begins.
        final long[] begins = new long[WORDS];
        @Nullable Page next;
    }

    boolean v4;
    long sourceHigh;
    long sourceLow;
    long destinationHigh;
    long destinationLow;
    int id;
    /// IPv4: part of the key (RFC 791 §3.2). IPv6: what follows the first fragment's fragment header.
    int protocol;
    long deadlineNs;
    int memory;
    @Nullable Interface in;
    /// An overlap was seen: fragments that still come are dropped too, until the timer ends it.
    boolean poisoned;
    /// The headers of the first fragment as they came, IPv6's fragment header included; length 0 until it has come.
    final byte[] header = new byte[MAX_HEADER];
    int headerLength;
    /// IPv6: index in [#header] of the octet that announces the fragment header.
    int previousNextHeader;
    /// Payload octets of the first fragment.
    int firstLength;
    private int total;
    private int received;
    private int furthest;
    private int ecnSeen;
    final @Nullable Page[] pages = new @Nullable Page[PAGES];

    @Nullable Reassembly chainNext;
    @Nullable Reassembly older;
    @Nullable Reassembly younger;
    /// Which sources share this one's memory limit, and the neighbours in age among them.
    int sourceSlot;
    @Nullable Reassembly sourceOlder;
    @Nullable Reassembly sourceYounger;

    void clear() {
        poisoned = false;
        headerLength = 0;
        firstLength = 0;
        total = -1;
        received = 0;
        furthest = 0;
        ecnSeen = 0;
        memory = ENTRY_MEMORY;
        in = null;
    }

    boolean complete() {
        return received == total && headerLength > 0;
    }

    int total() {
        return total;
    }

    /// Number of pages that a fragment would add.
    int missingPages(int position, int length) {
        int missing = 0;
        for (int page = position / PAGE; page <= (position + length - 1) / PAGE && length > 0; page++) {
            missing += pages[page] == null ? 1 : 0;
        }
        return missing;
    }

    /// Inserts a fragment for whose pages there is room: `supply` gives empty pages.
    Outcome insert(int position, int length, boolean more, int ecn, byte[] data, int offset, Reassembler supply) {
        int end = position + length;
        if (more ? total >= 0 && end > total : total >= 0 && end != total || end < furthest) {
            return Outcome.OVERLAP;
        }
        int firstUnit = position >>> 3;
        int endUnit = end + 7 >>> 3;
        int there = countPresent(firstUnit, endUnit);
        if (there > 0 || length == 0) {
            return there == endUnit - firstUnit && sameExtent(firstUnit, endUnit) ? Outcome.DUPLICATE : Outcome.OVERLAP;
        }
        copyIn(position, length, data, offset, supply);
        mark(firstUnit, endUnit);
        received += length;
        furthest = Math.max(furthest, end);
        ecnSeen |= 1 << ecn;
        if (!more) {
            total = end;
        }
        return Outcome.ADDED;
    }

    private int countPresent(int firstUnit, int endUnit) {
        int count = 0;
        for (int unit = firstUnit; unit < endUnit;) {
            int stop = Math.min(endUnit, (unit | 63) + 1);
            Page page = pages[unit / UNITS];
            if (page != null) {
                count += Long.bitCount(page.present[unit % UNITS / 64] & mask(unit, stop));
            }
            unit = stop;
        }
        return count;
    }

    /// Bits `unit & 63` up to, not including, `stop`, both in one word.
    private static long mask(int unit, int stop) {
        return -1L << (unit & 63) & -1L >>> -stop;
    }

    private boolean sameExtent(int firstUnit, int endUnit) {
        if (!beginsAt(firstUnit)) {
            return false;
        }
        for (int unit = firstUnit + 1; unit < endUnit; unit++) {
            if (beginsAt(unit)) {
                return false;
            }
        }
        return endUnit << 3 >= furthest || beginsAt(endUnit) || countPresent(endUnit, endUnit + 1) == 0;
    }

    private boolean beginsAt(int unit) {
        Page page = unit < PAGES * UNITS ? pages[unit / UNITS] : null;
        return page != null && (page.begins[unit % UNITS / 64] >>> (unit & 63) & 1) != 0;
    }

    private void mark(int firstUnit, int endUnit) {
        for (int unit = firstUnit; unit < endUnit;) {
            int stop = Math.min(endUnit, (unit | 63) + 1);
            page(unit / UNITS).present[unit % UNITS / 64] |= mask(unit, stop);
            unit = stop;
        }
        page(firstUnit / UNITS).begins[firstUnit % UNITS / 64] |= 1L << (firstUnit & 63);
    }

    private Page page(int index) {
        Page page = pages[index];
        if (page == null) {
            throw new IllegalStateException("no page " + index);
        }
        return page;
    }

    private void copyIn(int position, int length, byte[] data, int offset, Reassembler supply) {
        for (int done = 0; done < length;) {
            int at = position + done;
            int octets = Math.min(length - done, PAGE - at % PAGE);
            Page page = pages[at / PAGE];
            if (page == null) {
                page = supply.takePage();
                pages[at / PAGE] = page;
                memory += PAGE_MEMORY;
            }
            System.arraycopy(data, offset + done, page.data, at % PAGE, octets);
            done += octets;
        }
    }

    /// Copies the first `length` octets of the payload, which must have come.
    void copyOut(byte[] to, int offset, int length) {
        for (int done = 0; done < length; done += PAGE) {
            System.arraycopy(page(done / PAGE).data, 0, to, offset + done, Math.min(PAGE, length - done));
        }
    }

    /// RFC 3168 §5.3: congestion marks survive; a mixture that no router makes loses the datagram (-1).
    int ecn() {
        if ((ecnSeen & ecnSeen - 1) == 0) {
            return Integer.numberOfTrailingZeros(ecnSeen);
        }
        if ((ecnSeen & 1 << Ipv4Header.NOT_ECT) != 0) {
            return -1;
        }
        return (ecnSeen & 1 << Ipv4Header.CE) != 0 ? Ipv4Header.CE : Ipv4Header.ECT_0;
    }
}
