package org.lastack.bench;

/// What all benchmarks are told.
///
/// @param seconds length of one timed run
/// @param runs how often each point is measured; the median is shown
/// @param size number of connections or entries for those benchmarks that fill tables, 0 = their own default
record Settings(double seconds, int runs, int size) {
    int sizeOr(int usual) {
        return size > 0 ? size : usual;
    }

    long runNs() {
        return (long) (seconds * 1e9);
    }
}
