package org.lastack.link;

import org.jspecify.annotations.Nullable;
import org.lastack.wire.Frame;

/// The part that all links of IP packets in virtual time have in common: nobody ever waits at them, they offload nothing, and what comes out is an array
/// of octets. Whoever extends it says where packets go ([#send]) and where they come from ([#next]). One thread.
public abstract class VirtualLink implements Link {
    private static final int MTU = 1500;
    private final String name;
    private final LinkCounters counters = new LinkCounters();
    private boolean open = true;

    protected VirtualLink(String name) {
        this.name = name;
    }

    /// Takes the next packet that has arrived; null if there is none.
    protected abstract byte @Nullable [] next();

    /// Whether [#next] would have one.
    protected abstract boolean readable();

    @Override
    public int receive(Frame frame) {
        byte[] packet = next();
        if (packet == null) {
            return 0;
        }
        System.arraycopy(packet, 0, frame.data, frame.offset, packet.length);
        frame.length = packet.length;
        frame.checksumVerified = false;
        frame.needsChecksum = false;
        frame.gsoType = Frame.GSO_NONE;
        return packet.length;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public LinkType type() {
        return LinkType.IP;
    }

    @Override
    public int mtu() {
        return MTU;
    }

    @Override
    public long macAddress() {
        return 0;
    }

    @Override
    public Offloads offloads() {
        return Offloads.NONE;
    }

    @Override
    public boolean awaitReadable(long timeoutNs) {
        return readable();
    }

    @Override
    public void wakeup() {
        // Nobody waits: virtual time looks.
    }

    @Override
    public LinkCounters counters() {
        return counters;
    }

    @Override
    public boolean isOpen() {
        return open;
    }

    @Override
    public @Nullable String closeReason() {
        return open ? null : "closed by the user";
    }

    @Override
    public void close() {
        open = false;
    }
}
