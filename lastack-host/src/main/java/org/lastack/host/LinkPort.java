package org.lastack.host;

import org.jspecify.annotations.Nullable;
import org.lastack.core.Interface;
import org.lastack.link.Link;
import org.lastack.wire.Frame;

/// A link and the engine's interface for it.
public final class LinkPort {
    /// Frames received under one entry into the engine: acknowledgements then answer the batch, not each segment.
    static final int BATCH = 32;

    private final Link link;
    private final Interface in;
    /// Reused for reception; used by the one thread that receives.
    private final Frame[] batch;
    /// Frames that the link did not take; guarded by the host's lock.
    private long sendDrops;
    /// The driver has asked for direct delivery ([Link#directDelivery]). Set before any thread uses the port.
    boolean direct;
    /// Direct delivery: frames may have come; whoever leaves the host looks.
    volatile boolean arrived;
    /// Direct delivery: frames have been sent and not been delivered; guarded by the host's lock.
    boolean undelivered;

    LinkPort(Link link, Interface in) {
        this.link = link;
        this.in = in;
        int largest = link.offloads().rx() ? 65_536 : link.mtu() + link.type().headerOctets() + 1;
        this.batch = new Frame[BATCH];
        for (int i = 0; i < BATCH; i++) {
            batch[i] = Frame.unpooled(Link.HEADROOM + largest);
        }
    }

    public Link link() {
        return link;
    }

    /// The engine's side; use it under the host's lock ([Host#call]).
    public Interface in() {
        return in;
    }

    /// Frames that the link dropped on sending.
    public long sendDrops() {
        return sendDrops;
    }

    Frame frame(int index) {
        return batch[index];
    }

    void send(Frame frame) {
        if (!link.send(frame)) {
            sendDrops++;
        }
        undelivered = direct;
    }

    /// Fills the batch. The number of frames, or -1 if the link is closed and nothing came.
    int fill() {
        for (int count = 0; count < BATCH; count++) {
            Frame frame = batch[count];
            frame.offset = Link.HEADROOM;
            int length = link.receive(frame);
            if (length <= 0) {
                return length < 0 && count == 0 ? -1 : count;
            }
        }
        return BATCH;
    }

    /// Why the link ended, or null while it is open.
    public @Nullable String closeReason() {
        return link.closeReason();
    }
}
