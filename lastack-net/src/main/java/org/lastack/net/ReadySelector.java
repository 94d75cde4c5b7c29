package org.lastack.net;

import java.io.IOException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.IllegalSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.spi.AbstractSelectableChannel;
import java.nio.channels.spi.AbstractSelector;
import java.util.Collections;
import java.util.HashSet;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.lastack.host.Driver;
import org.lastack.host.ReadySet;
import org.lastack.host.Registration;

/// [Selector] on a [ReadySet]: the work of a selection is proportional to what is ready.
///
/// Locks as `Selector` specifies: a selection holds the monitors of the selector and of the selected-key set, in this order (a monitor does not
/// pin a virtual thread from JDK 24 on); the cancelled-key set has its own.
final class ReadySelector extends AbstractSelector {
    /// How many keys a selection can find: as many as there are, within these.
    private static final int FEWEST = 8;
    private static final int MOST = 1024;
    private static final long NANOS_PER_MILLISECOND = 1_000_000L;
    /// What is said to [ReadySet] for "no limit".
    private static final long FOREVER = -1;

    private final Driver driver;
    private final ReadySet ready;
    private final Set<SelectionKey> keys = ConcurrentHashMap.newKeySet();
    private final Set<SelectionKey> publicKeys = Collections.unmodifiableSet(keys);
    /// Guarded by the monitor of `publicSelected`, which users take too.
    private final Set<SelectionKey> selected = new HashSet<>();
    private final Set<SelectionKey> publicSelected = new SelectedKeys(selected);
    /// Guarded by this selector's monitor.
    private Registration[] found = new Registration[FEWEST];
    private boolean selecting;

    ReadySelector(LastackSelectorProvider provider, Driver driver) {
        super(provider);
        this.driver = driver;
        this.ready = new ReadySet(driver);
    }

    ReadySet ready() {
        return ready;
    }

    private void ensureOpen() {
        if (!isOpen()) {
            throw new ClosedSelectorException();
        }
    }

    @Override
    public Set<SelectionKey> keys() {
        ensureOpen();
        return publicKeys;
    }

    @Override
    public Set<SelectionKey> selectedKeys() {
        ensureOpen();
        return publicSelected;
    }

    @Override
    protected SelectionKey register(AbstractSelectableChannel channel, int ops, @Nullable Object attachment) {
        if (!(channel instanceof SelectableSource source)) {
            throw new IllegalSelectorException();
        }
        ensureOpen();
        ReadyKey key = new ReadyKey(this, channel, source);
        key.attach(attachment);
        keys.add(key);
        key.begin(ops);
        if (!isOpen()) {
            // Closed meanwhile: whether the closing thread has seen this key or not, it must not stay.
            key.cancel();
            forget(key);
            throw new ClosedSelectorException();
        }
        return key;
    }

    @Override
    public int select(long timeoutMs) throws IOException {
        if (timeoutMs < 0) {
            throw new IllegalArgumentException("Negative timeout");
        }
        return guarded(null, timeoutMs == 0 ? FOREVER : nanos(timeoutMs));
    }

    @Override
    public int select() throws IOException {
        return guarded(null, FOREVER);
    }

    @Override
    public int selectNow() throws IOException {
        return guarded(null, 0);
    }

    @Override
    public int select(Consumer<SelectionKey> action, long timeoutMs) throws IOException {
        Objects.requireNonNull(action);
        if (timeoutMs < 0) {
            throw new IllegalArgumentException("Negative timeout");
        }
        return guarded(action, timeoutMs == 0 ? FOREVER : nanos(timeoutMs));
    }

    @Override
    public int select(Consumer<SelectionKey> action) throws IOException {
        return guarded(Objects.requireNonNull(action), FOREVER);
    }

    @Override
    public int selectNow(Consumer<SelectionKey> action) throws IOException {
        return guarded(Objects.requireNonNull(action), 0);
    }

    private static long nanos(long ms) {
        return ms > Long.MAX_VALUE / NANOS_PER_MILLISECOND ? FOREVER : ms * NANOS_PER_MILLISECOND;
    }

    private int guarded(@Nullable Consumer<SelectionKey> action, long timeoutNs) {
        synchronized (this) {
            ensureOpen();
            if (selecting) {
                throw new IllegalStateException("select in progress");
            }
            selecting = true;
            try {
                synchronized (publicSelected) {
                    return selection(action, timeoutNs);
                }
            } finally {
                selecting = false;
            }
        }
    }

    /// The three steps of `Selector`: cancelled keys go, ready ones are found, and keys cancelled meanwhile go.
    private int selection(@Nullable Consumer<SelectionKey> action, long timeoutNs) {
        flushCancelled();
        if (found.length < MOST && found.length < keys.size()) {
            found = new Registration[Math.min(MOST, Math.max(2 * found.length, keys.size()))];
        }
        int batch = 0;
        long deadlineNs = timeoutNs <= 0 ? 0 : driver.nowNs() + timeoutNs;
        long leftNs = timeoutNs;
        begin();
        try {
            while (true) {
                batch = ready.await(found, leftNs);
                ready.clearWakeup();
                if (batch <= 0 || dropInvalid(batch) < batch || timeoutNs == 0) {
                    break;
                }
                // Only keys that were cancelled without a selection since: as if they had gone at once.
                if (timeoutNs > 0) {
                    leftNs = Math.max(0, deadlineNs - driver.nowNs());
                }
            }
        } finally {
            end();
        }
        flushCancelled();
        int updated = 0;
        for (int i = 0; i < Math.max(batch, 0); i++) {
            ReadyKey key = (ReadyKey) found[i].attachment();
            updated += key == null ? 0 : report(key, found[i].found(), action);
        }
        java.util.Arrays.fill(found, 0, Math.max(batch, 0), null);
        return updated;
    }

    /// Stops watching keys that are not valid any more; how many of the batch those are.
    private int dropInvalid(int batch) {
        int invalid = 0;
        for (int i = 0; i < batch; i++) {
            ReadyKey key = (ReadyKey) found[i].attachment();
            if (key == null || !key.isValid()) {
                ready.remove(found[i]);
                invalid++;
            }
        }
        return invalid;
    }

    /// 1 if the key's ready operations have changed, or the action was done; else 0.
    private int report(ReadyKey key, int mask, @Nullable Consumer<SelectionKey> action) {
        int ops = key.readyFor(mask);
        if (ops == 0) {
            return 0;
        }
        if (action != null) {
            // The selected-key set stays as it is (Selector#select(Consumer)).
            key.ready(ops);
            action.accept(key);
            ensureOpen();
            return 1;
        }
        if (!key.isValid()) {
            return 0; // cancelled since the flush
        }
        if (selected.add(key)) {
            key.ready(ops);
            return 1;
        }
        int before = key.ready();
        key.ready(before | ops);
        return (before | ops) != before ? 1 : 0;
    }

    private void flushCancelled() {
        Set<SelectionKey> cancelled = cancelledKeys();
        synchronized (cancelled) {
            for (SelectionKey each : cancelled) {
                forget((ReadyKey) each);
                selected.remove(each);
            }
            cancelled.clear();
        }
    }

    /// Takes a key out of everything but the selected-key set.
    private void forget(ReadyKey key) {
        key.end();
        if (keys.remove(key)) {
            deregister(key);
        }
    }

    @Override
    public Selector wakeup() {
        ready.wakeup();
        return this;
    }

    @Override
    protected void implCloseSelector() {
        wakeup();
        synchronized (this) {
            ready.close();
            synchronized (publicSelected) {
                for (SelectionKey each : keys) {
                    each.cancel();
                    forget((ReadyKey) each);
                }
                selected.clear();
            }
        }
    }
}
