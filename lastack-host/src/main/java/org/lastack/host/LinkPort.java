package org.lastack.host;

import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.lastack.core.Engine;
import org.lastack.core.Interface;
import org.lastack.link.Link;
import org.lastack.wire.Frame;
import org.lastack.wire.FramePool;

/// A link and the engine's interface for it.
public final class LinkPort {
    /// Frames received under one entry into the engine: acknowledgements then answer the batch, not each segment.
    static final int BATCH = 32;
    /// Octets after which no further frame is received under the same entry: super-segments are few and large, and what has been read is copied while it is still in
    /// the cache. Fewer, and each has an acknowledgment of its own, in which the kernel does its whole sending (bulk-rx, four flows, 13 runs in turn: with 256 KiB
    /// 40.5 Gbit/s and 0.170 CPU s/GB, with 64 KiB 36.0 and 0.197; from 512 KiB on it is slower again).
    private static final int BATCH_OCTETS = 1 << 18;

    private final Link link;
    private final Interface in;
    /// Some thread receives.
    private final AtomicBoolean owned = new AtomicBoolean();
    /// Reused for reception; used by the one thread that receives, and changed by it under the host's lock only.
    private final Frame[] batch;
    /// Which of them the engine has kept; only the receiving thread uses this.
    private final boolean[] keeps = new boolean[BATCH];
    private int kept;
    /// Frames of the next batch; only the receiving thread uses this.
    private int most = 1;
    private boolean drained = true;
    private int filledOctets;
    /// Frames that the link did not take; guarded by the host's lock.
    private long sendDrops;
    /// The driver has asked for direct delivery ([Link#directDelivery]). Set before any thread uses the port.
    boolean direct;
    /// Direct delivery: frames may have come; whoever leaves the host looks.
    volatile boolean arrived;
    /// Direct delivery: frames have been sent and not been delivered; guarded by the host's lock.
    boolean undelivered;

    /// @param pool of the engine: super-segments stay in its frames until they are read
    LinkPort(Link link, Interface in, FramePool pool) {
        this.link = link;
        this.in = in;
        this.batch = new Frame[BATCH];
        for (int i = 0; i < BATCH; i++) {
            batch[i] = link.offloads().rx() ? pool.take(65_535) : Frame.unpooled(Link.HEADROOM + link.mtu() + link.type().headerOctets() + 1);
        }
    }

    /// The engine keeps some frames of the last batch: [#replace] before the next one.
    boolean incomplete() {
        return kept > 0;
    }

    /// Puts other frames in the place of those that the engine has kept. As late as this, because in the meantime their reader may have given them back, and what has
    /// just been read is in the processor's cache. Under the host's lock, by the one who receives.
    void replace(FramePool pool) {
        for (int i = 0; i < BATCH && kept > 0; i++) {
            if (keeps[i]) {
                keeps[i] = false;
                kept--;
                batch[i] = pool.take(65_535);
            }
        }
    }

    /// After the engine has seen a frame. Under the host's lock.
    void seen(int index) {
        if (batch[index].held()) {
            batch[index].release();
            keeps[index] = true;
            kept++;
        }
    }

    /// Gives all frames back: the host ends. Under its lock, when nobody receives any more.
    void releaseFrames() {
        for (int i = 0; i < BATCH; i++) {
            if (!keeps[i]) {
                batch[i].release();
            }
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

    /// The first `count` frames of the batch will be given to the engine now, one after another. Under the host's lock.
    void expect(Engine engine, int count) {
        engine.expect(in, batch, count);
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
    ///
    /// A request that comes alone is answered before anybody looks whether there is another one: that look is a system call. Where frames come in trains the batches grow.
    int fill() {
        int count = fill(most);
        most = count == most ? Math.min(BATCH, most * 2) : Math.max(1, count > 0 ? count : most >> 1);
        return count;
    }

    private int fill(int limit) {
        int octets = 0;
        int count = 0;
        filledOctets = 0;
        drained = false;
        while (count < limit && octets < BATCH_OCTETS) {
            Frame frame = batch[count];
            frame.offset = Link.HEADROOM;
            int length = link.receive(frame);
            if (length <= 0) {
                drained = true;
                return length < 0 && count == 0 ? -1 : count;
            }
            octets += length;
            filledOctets = octets;
            count++;
        }
        return count;
    }

    /// Of the frames that the last [#fill] brought. For the owner.
    int filledOctets() {
        return filledOctets;
    }

    /// The last [#fill] found the end of what there was. For the owner.
    boolean drained() {
        return drained;
    }

    /// Makes the calling thread the one that receives, until [#yield]; false if another one is. Any thread.
    boolean claim() {
        return owned.compareAndSet(false, true);
    }

    /// Ends what [#claim] began.
    void yield() {
        owned.set(false);
    }

    /// Why the link ended, or null while it is open.
    public @Nullable String closeReason() {
        return link.closeReason();
    }
}
