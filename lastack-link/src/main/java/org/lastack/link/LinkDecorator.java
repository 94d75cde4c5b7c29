package org.lastack.link;

import org.jspecify.annotations.Nullable;
import org.lastack.wire.Frame;

/// A link around another one: everything is passed on, except what a subclass does itself. Threads and blocking are those of [Link].
public abstract class LinkDecorator implements Link {
    /// The inner link.
    protected final Link link;

    /// @param link the inner link, which is closed with this one
    protected LinkDecorator(Link link) {
        this.link = link;
    }

    @Override
    public boolean send(Frame frame) {
        return link.send(frame);
    }

    @Override
    public int receive(Frame frame) {
        return link.receive(frame);
    }

    @Override
    public String name() {
        return link.name();
    }

    @Override
    public LinkType type() {
        return link.type();
    }

    @Override
    public int mtu() {
        return link.mtu();
    }

    @Override
    public long macAddress() {
        return link.macAddress();
    }

    @Override
    public Offloads offloads() {
        return link.offloads();
    }

    @Override
    public boolean awaitReadable(long timeoutNs) {
        return link.awaitReadable(timeoutNs);
    }

    @Override
    public void wakeup() {
        link.wakeup();
    }

    @Override
    public LinkCounters counters() {
        return link.counters();
    }

    @Override
    public long nextDeadlineNs() {
        return link.nextDeadlineNs();
    }

    @Override
    public boolean isOpen() {
        return link.isOpen();
    }

    @Override
    public @Nullable String closeReason() {
        return link.closeReason();
    }

    @Override
    public @Nullable String lastError() {
        return link.lastError();
    }

    @Override
    public String toString() {
        return link.toString();
    }

    @Override
    public void close() {
        link.close();
    }
}
