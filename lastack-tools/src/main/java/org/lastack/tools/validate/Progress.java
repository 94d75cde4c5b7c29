package org.lastack.tools.validate;

import java.io.PrintWriter;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;

/// Tells whoever waits what runs, for how long, and how much of it is done: on a terminal one line that changes every second, elsewhere a line every ten
/// seconds; nothing about what is over in two. Any thread may report.
final class Progress implements AutoCloseable {
    private static final long FIRST_NS = 2_000_000_000L;
    private static final long TICK_MS = 1000;
    private static final int TICKS_PER_LINE = 10;
    private static final String CLEAR = "\r\u001b[K";

    private final PrintWriter err;
    private final boolean terminal;
    private final AtomicInteger done = new AtomicInteger();
    private final Thread ticker;
    private String what = "";
    private int runs;
    private long beganNs;
    private boolean shown;

    /// @param err where a waiting person looks
    /// @param terminal whether a line can be written over
    Progress(PrintWriter err, boolean terminal) {
        this.err = err;
        this.terminal = terminal;
        ticker = Thread.ofPlatform().daemon().name("validate-progress").start(this::tick);
    }

    /// The next experiment, of so many runs.
    synchronized void begin(String title, int runsInAll) {
        what = title;
        runs = runsInAll;
        done.set(0);
        beganNs = System.nanoTime();
    }

    /// A run is over.
    void step() {
        done.incrementAndGet();
    }

    /// The experiment is over: its line goes away before the results are printed.
    synchronized void end() {
        what = "";
        if (terminal && shown) {
            err.print(CLEAR);
            err.flush();
        }
        shown = false;
    }

    /// What to show after so long, nothing at first.
    String line(long elapsedNs) {
        if (what.isEmpty() || elapsedNs < FIRST_NS) {
            return "";
        }
        return String.format(Locale.ROOT, "%s: %d of %d runs, %d s", what, done.get(), runs, elapsedNs / 1_000_000_000L);
    }

    private void tick() {
        try {
            for (int i = 1; ; i++) {
                Thread.sleep(TICK_MS);
                show(i);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized void show(int tick) {
        String line = line(System.nanoTime() - beganNs);
        if (line.isEmpty() || !terminal && tick % TICKS_PER_LINE != 0) {
            return;
        }
        err.print(terminal ? CLEAR + line : line + "\n");
        err.flush();
        shown = true;
    }

    @Override
    public void close() {
        end();
        ticker.interrupt();
    }
}
