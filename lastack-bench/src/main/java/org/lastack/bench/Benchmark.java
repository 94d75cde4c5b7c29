package org.lastack.bench;

import java.io.IOException;

/// One thing that is measured.
interface Benchmark {
    /// As on the command line.
    String name();

    /// One line for the list.
    String purpose();

    /// True if it needs TUN devices and network namespaces, and so root.
    default boolean needsRoot() {
        return false;
    }

    /// Which page of the documentation shows it, without `.md`.
    default String document() {
        return "performance";
    }

    /// Measures. May take `settings.seconds()` per measured point and run.
    Report run(Settings settings) throws IOException, InterruptedException;
}
