package org.lastack.host;

import org.jspecify.annotations.Nullable;
import org.lastack.link.Link;
import org.lastack.link.LinkCounters;
import org.lastack.link.LinkType;
import org.lastack.link.Offloads;
import org.lastack.wire.Frame;

/// A link whose first receptions throw.
final class FaultyLink implements Link {
    private final Link link;
    private int faultsLeft;

    FaultyLink(Link link, int faults) {
        this.link = link;
        this.faultsLeft = faults;
    }

    @Override
    public int receive(Frame frame) {
        if (faultsLeft > 0) {
            faultsLeft--;
            throw new IllegalStateException("device on fire");
        }
        return link.receive(frame);
    }

    @Override
    public boolean send(Frame frame) {
        return link.send(frame);
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
    public boolean isOpen() {
        return link.isOpen();
    }

    @Override
    public @Nullable String closeReason() {
        return link.closeReason();
    }

    @Override
    public void close() {
        link.close();
    }
}
