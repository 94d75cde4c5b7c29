package org.lastack.core;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.lastack.wire.Refusal;

/// The counters of one host. Belongs to the engine; counting allocates nothing.
public final class Counters {
    private static final @Nullable Counter[] AGGREGATE = aggregates();

    private final long[] values = new long[Counter.values().length];
    private final long[] refusals = new long[Refusal.values().length];

    private static @Nullable Counter[] aggregates() {
        Map<String, Counter> byName = new HashMap<>();
        for (Counter each : Counter.values()) {
            byName.put(each.name(), each);
        }
        Refusal[] all = Refusal.values();
        @Nullable Counter[] aggregate = new @Nullable Counter[all.length];
        for (Refusal each : all) {
            aggregate[each.ordinal()] = byName.get(each.aggregate());
        }
        return aggregate;
    }

    public void increment(Counter counter) {
        values[counter.ordinal()]++;
    }

    public void add(Counter counter, long amount) {
        values[counter.ordinal()] += amount;
    }

    public long get(Counter counter) {
        return values[counter.ordinal()];
    }

    /// Counts a refused packet under its own reason and under the aggregate that Linux shows.
    public void refused(Refusal refusal) {
        refusals[refusal.ordinal()]++;
        Counter aggregate = AGGREGATE[refusal.ordinal()];
        if (aggregate != null) {
            values[aggregate.ordinal()]++;
        }
    }

    /// As [#refused(Refusal)], but under another aggregate: where one reason serves IPv4 and IPv6 and Linux counts them apart.
    public void refused(Refusal refusal, Counter aggregate) {
        refusals[refusal.ordinal()]++;
        values[aggregate.ordinal()]++;
    }

    /// Packets refused for this reason.
    public long get(Refusal refusal) {
        return refusals[refusal.ordinal()];
    }
}
