package org.lastack.core.socket;

import org.jspecify.annotations.Nullable;

/// The few [PortHints] that a table keeps: for those destinations and local addresses where a search was long lately.
final class PortHintCache {
    /// 16 KiB each and more while many connections are in TIME-WAIT; a host that fills the port range towards more destinations than this is
    /// slower there, not wrong.
    private static final int MOST = 64;

    private @Nullable PortHints[] all = new @Nullable PortHints[4];
    private int size;
    private long clock;

    /// The hints about that, or null.
    @Nullable PortHints find(long k0, long k1, long k2, long k3, long k4, long settings) {
        for (int i = 0; i < size; i++) {
            PortHints each = all[i];
            if (each != null && each.about(k0, k1, k2, k3, k4)) {
                each.lastUse = ++clock;
                if (each.settings != settings) {
                    each.settings = settings;
                    each.forget();
                }
                return each;
            }
        }
        return null;
    }

    PortHints create(long k0, long k1, long k2, long k3, long k4, long settings) {
        PortHints hints = size < MOST ? append() : leastRecent();
        hints.about(k0, k1, k2, k3, k4, settings);
        hints.lastUse = ++clock;
        return hints;
    }

    private PortHints append() {
        if (size == all.length) {
            all = java.util.Arrays.copyOf(all, size * 2);
        }
        PortHints hints = new PortHints();
        all[size++] = hints;
        return hints;
    }

    private PortHints leastRecent() {
        PortHints oldest = new PortHints();
        oldest.lastUse = Long.MAX_VALUE;
        for (PortHints each : all) {
            if (each != null && each.lastUse < oldest.lastUse) {
                oldest = each;
            }
        }
        return oldest;
    }

    /// Something ended on the port, or changed its options.
    void freed(int port) {
        for (int i = 0; i < size; i++) {
            PortHints each = all[i];
            if (each != null) {
                each.freed(port);
            }
        }
    }
}
