package org.lastack.bench;

import java.util.List;

/// What all benchmarks are told.
///
/// @param seconds length of one timed run
/// @param runs how often each point is measured; the median is shown
/// @param size number of connections or entries for those benchmarks that fill tables, 0 = their own default
/// @param only cases whose label contains this; empty for all
/// @param peers other stacks to measure in the same run
record Settings(double seconds, int runs, int size, String only, List<Peer> peers) {
    Settings(double seconds, int runs, int size) {
        this(seconds, runs, size, "", List.of());
    }

    int sizeOr(int usual) {
        return size > 0 ? size : usual;
    }

    long runNs() {
        return (long) (seconds * 1e9);
    }
}
