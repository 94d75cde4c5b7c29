package org.lastack.core.tcp;

/// The columns of a [Flight], of a size that is a power of two. They belong to one connection while it has something in flight and to the pool otherwise.
final class FlightRows {
    /// Rows of the smallest set.
    static final int LEAST = 16;
    /// Stands for no columns; one row that is never written, so that a look at the row of nothing finds zeros.
    static final FlightRows NONE = new FlightRows(1);

    final int[] starts;
    final int[] ends;
    final int[] flags;
    final long[] sentNs;
    final int[] deliveredAtSend;
    final long[] deliveredNsAtSend;
    final long[] firstSentNsAtSend;
    final int[] lostAtSend;
    final int[] inFlightAtSend;
    final int[] older;
    final int[] newer;

    FlightRows(int size) {
        starts = new int[size];
        ends = new int[size];
        flags = new int[size];
        sentNs = new long[size];
        deliveredAtSend = new int[size];
        deliveredNsAtSend = new long[size];
        firstSentNsAtSend = new long[size];
        lostAtSend = new int[size];
        inFlightAtSend = new int[size];
        older = new int[size];
        newer = new int[size];
    }

    int size() {
        return starts.length;
    }

    void copy(int to, FlightRows source, int from) {
        starts[to] = source.starts[from];
        ends[to] = source.ends[from];
        flags[to] = source.flags[from];
        sentNs[to] = source.sentNs[from];
        deliveredAtSend[to] = source.deliveredAtSend[from];
        deliveredNsAtSend[to] = source.deliveredNsAtSend[from];
        firstSentNsAtSend[to] = source.firstSentNsAtSend[from];
        lostAtSend[to] = source.lostAtSend[from];
        inFlightAtSend[to] = source.inFlightAtSend[from];
        older[to] = source.older[from];
        newer[to] = source.newer[from];
    }
}
