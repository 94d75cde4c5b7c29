package org.lastack.net;

import java.nio.channels.CancelledKeyException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.spi.AbstractSelectionKey;
import org.jspecify.annotations.Nullable;
import org.lastack.host.ReadySet;
import org.lastack.host.Registration;

/// A channel in a [ReadySelector].
final class ReadyKey extends AbstractSelectionKey {
    private final ReadySelector selector;
    private final SelectableChannel channel;
    private final SelectableSource source;
    /// Guarded by this key's monitor, which is held for moments only.
    private @Nullable Registration registration;
    private boolean ended;
    /// Written under this key's monitor.
    private volatile int interestOps;
    /// Written by the selection.
    private volatile int readyOps;

    ReadyKey(ReadySelector selector, SelectableChannel channel, SelectableSource source) {
        this.selector = selector;
        this.channel = channel;
        this.source = source;
    }

    @Override
    public SelectableChannel channel() {
        return channel;
    }

    @Override
    public Selector selector() {
        return selector;
    }

    private void ensureValid() {
        if (!isValid()) {
            throw new CancelledKeyException();
        }
    }

    @Override
    public int interestOps() {
        ensureValid();
        return interestOps;
    }

    @Override
    public SelectionKey interestOps(int ops) {
        ensureValid();
        refuseInvalid(ops);
        synchronized (this) {
            change(ops);
        }
        return this;
    }

    @Override
    public int interestOpsOr(int ops) {
        ensureValid();
        refuseInvalid(ops);
        synchronized (this) {
            int before = interestOps;
            change(before | ops);
            return before;
        }
    }

    @Override
    public int interestOpsAnd(int ops) {
        ensureValid();
        synchronized (this) {
            int before = interestOps;
            change(before & ops);
            return before;
        }
    }

    private void refuseInvalid(int ops) {
        if ((ops & ~channel.validOps()) != 0) {
            throw new IllegalArgumentException();
        }
    }

    @Override
    public int readyOps() {
        ensureValid();
        return readyOps;
    }

    int ready() {
        return readyOps;
    }

    void ready(int ops) {
        readyOps = ops;
    }

    int readyFor(int mask) {
        return source.readyOps(mask, interestOps);
    }

    /// Begins to watch.
    void begin(int ops) {
        interestOps = ops;
        Registration made = selector.ready().add(source.source(), source.pollBits(ops), ReadySet.Mode.LEVEL, this);
        boolean late;
        synchronized (this) {
            registration = made;
            late = ended;
            if (!late && interestOps != ops) {
                change(interestOps);
            }
        }
        if (late) {
            selector.ready().remove(made);
        }
    }

    private void change(int ops) {
        interestOps = ops;
        Registration present = registration;
        if (present != null) {
            selector.ready().modify(present, source.pollBits(ops), ReadySet.Mode.LEVEL);
        }
    }

    /// Ends to watch. Harmless when repeated.
    void end() {
        Registration present;
        synchronized (this) {
            ended = true;
            present = registration;
        }
        if (present != null) {
            selector.ready().remove(present);
        }
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder("channel=").append(channel).append(", selector=").append(selector);
        if (isValid()) {
            return text.append(", interestOps=").append(interestOps).append(", readyOps=").append(readyOps).toString();
        }
        return text.append(", invalid").toString();
    }
}
