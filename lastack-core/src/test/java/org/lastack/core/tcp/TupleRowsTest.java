package org.lastack.core.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.lastack.wire.IpAddress;

/// Rows against a map: whatever is added, removed and begun anew, each is found with what was stored, and they end in the order of their deadlines.
class TupleRowsTest {
    private static final int WORDS = 3;
    private static final long[] DURATIONS = {1_000_000_000L, 60_000_000_000L, 5_000_000_000L, 7};

    private record Names(long lh, long ll, int lp, long rh, long rl, int rp) {
        int hash() {
            return Objects.hash(lh, ll, lp, rh, rl, rp) * 0x9e3779b1;
        }
    }

    private record Entry(long deadlineNs, int payload) {}

    private final TupleRows rows = new TupleRows((lh, ll, lp, rh, rl, rp) -> new Names(lh, ll, lp, rh, rl, rp).hash(), WORDS);
    private final Map<Names, Entry> model = new HashMap<>();
    private final List<Names> order = new ArrayList<>();
    private long now = 1;

    private static Names names(SplittableRandom random, int space) {
        if (random.nextInt(4) == 0) {
            return new Names(0x20010db8L << 32, random.nextInt(3), 80, 0x20010db8L << 32 | random.nextInt(2), random.nextInt(space), 1 + random.nextInt(3));
        }
        return new Names(0, IpAddress.lowOfV4(0x0a000001), 1 + random.nextInt(3), 0, IpAddress.lowOfV4(0xc0000000 + random.nextInt(space)), random.nextInt(4));
    }

    private int find(Names n) {
        return rows.find(n.hash(), n.lh, n.ll, n.lp, n.rh, n.rl, n.rp);
    }

    private void add(Names n, long duration, int payload) {
        int id = rows.add(n.hash(), n.lh, n.ll, n.lp, n.rh, n.rl, n.rp, now, duration);
        for (int i = 0; i < WORDS; i++) {
            assertThat(rows.word(id, TupleRows.FIRST + i)).isZero();
            rows.word(id, TupleRows.FIRST + i, payload + i);
        }
        model.put(n, new Entry(now + duration, payload));
        order.add(n);
    }

    private void check(Names n) {
        int id = find(n);
        Entry expected = model.get(n);
        if (expected == null) {
            assertThat(id).isEqualTo(TupleRows.NONE);
            return;
        }
        assertThat(new Names(rows.localHigh(id), rows.localLow(id), rows.localPort(id), rows.remoteHigh(id), rows.remoteLow(id), rows.remotePort(id))).isEqualTo(n);
        assertThat(rows.deadlineNs(id)).isEqualTo(expected.deadlineNs);
        for (int i = 0; i < WORDS; i++) {
            assertThat(rows.word(id, TupleRows.FIRST + i)).isEqualTo(expected.payload + i);
        }
    }

    private void checkAll() {
        assertThat(rows.size()).isEqualTo(model.size());
        model.keySet().forEach(this::check);
        Set<Names> walked = new HashSet<>();
        for (int id = rows.walk(0); id != TupleRows.NONE; id = rows.walk(id + 1)) {
            walked.add(new Names(rows.localHigh(id), rows.localLow(id), rows.localPort(id), rows.remoteHigh(id), rows.remoteLow(id), rows.remotePort(id)));
        }
        assertThat(walked).isEqualTo(model.keySet());
    }

    @Test
    void behavesAsAMap() {
        for (long seed = 1; seed <= 6; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            int space = 20 << 2 * seed;
            for (int turn = 0; turn < 40_000; turn++) {
                now += random.nextInt(1000);
                Names n = random.nextInt(3) > 0 || order.isEmpty() ? names(random, space) : order.get(random.nextInt(order.size()));
                boolean growing = turn / 5000 % 2 == 0;
                check(n);
                int id = find(n);
                if (id == TupleRows.NONE) {
                    if (growing || random.nextInt(4) == 0) {
                        add(n, DURATIONS[random.nextInt(DURATIONS.length)], random.nextInt());
                    }
                } else if (random.nextInt(growing ? 4 : 2) == 0) {
                    rows.remove(id);
                    model.remove(n);
                } else if (random.nextInt(3) == 0) {
                    long duration = DURATIONS[random.nextInt(DURATIONS.length)];
                    int again = rows.restart(id, now, duration);
                    assertThat(find(n)).isEqualTo(again);
                    model.put(n, new Entry(now + duration, model.get(n).payload));
                }
            }
            checkAll();
            drain();
        }
    }

    private void drain() {
        long last = Long.MIN_VALUE;
        for (int id = rows.earliest(); id != TupleRows.NONE; id = rows.earliest()) {
            Names n = new Names(rows.localHigh(id), rows.localLow(id), rows.localPort(id), rows.remoteHigh(id), rows.remoteLow(id), rows.remotePort(id));
            assertThat(rows.deadlineNs(id)).isGreaterThanOrEqualTo(last).isEqualTo(model.get(n).deadlineNs);
            last = rows.deadlineNs(id);
            rows.remove(id);
            model.remove(n);
        }
        assertThat(model).isEmpty();
        assertThat(rows.size()).isZero();
        order.clear();
    }

    /// More durations than there are queues: the nearest one must do, and nothing is lost.
    @Test
    void manyDurations() {
        for (int i = 0; i < 300; i++) {
            Names n = new Names(0, IpAddress.lowOfV4(1), 80, 0, IpAddress.lowOfV4(i), 1);
            rows.add(n.hash(), n.lh, n.ll, n.lp, n.rh, n.rl, n.rp, now, 1_000_000L * (i + 1));
        }
        int ended = 0;
        for (int id = rows.earliest(); id != TupleRows.NONE; id = rows.earliest()) {
            rows.remove(id);
            ended++;
        }
        assertThat(ended).isEqualTo(300);
    }
}
