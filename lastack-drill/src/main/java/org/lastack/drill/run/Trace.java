package org.lastack.drill.run;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/// What has happened, one line each with its script time.
final class Trace {
    private static final int KEEP = 2_000;

    private final List<String> lines = new ArrayList<>();

    void add(long timeUs, String text) {
        if (lines.size() == KEEP) {
            lines.remove(0);
        }
        lines.add(Clock.seconds(timeUs) + " " + text);
    }

    /// By time: packets are noted late if nobody has waited for them.
    void sort() {
        lines.sort(Comparator.comparingDouble(each -> Double.parseDouble(each.substring(0, each.indexOf(' ')))));
    }

    List<String> lines() {
        return lines;
    }
}
