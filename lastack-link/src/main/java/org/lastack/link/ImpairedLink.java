package org.lastack.link;

import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.lastack.wire.Frame;
import org.lastack.wire.FramePool;

/// A link with a bad network behind it: frames are lost, delayed, reordered, duplicated, damaged and queued, by the seed's decision. Equal seeds, frames and times give
/// equal results.
///
/// It is the *middle* of the network that is bad: [#send] says true for a frame that will be lost, as a sender never learns of it. (A loss that the sender's own device reports,
/// as netem on the sending host does, is repaired at once by TCP and tests nothing.)
///
/// Frames leave when their time has come and someone calls [#receive], [#awaitReadable], [#send] or [#pump]; a driver in real time does that by itself, one in
/// virtual time calls [#pump] at [#nextDeadlineNs]. It takes no super-segments to send, since what a lossy path loses are segments; those that the inner link delivers pass as one frame.
public final class ImpairedLink extends LinkDecorator {
    /// Frames taken from the inner link in one call, so that a flood does not keep the receiver from its timers.
    private static final int BATCH = 64;

    private final LongSupplier nowNs;
    private final LinkCounters counters = new LinkCounters();
    private final ReentrantLock lock = new ReentrantLock();
    /// lock: both lines, and all sending on the inner link.
    private final ImpairmentLine toLink;
    private final ImpairmentLine fromLink;
    private final Frame incoming = Frame.unpooled(FramePool.LARGE);
    /// lock: until when the receiver means to sleep; null if it does not.
    private boolean receiverWaits;
    private long receiverWaitsUntilNs;

    /// @param toLink what happens to frames that are sent
    /// @param fromLink what happens to frames that are received
    /// @param nowNs the clock, in nanoseconds from any origin, not going backwards: `System::nanoTime`, or virtual
    public ImpairedLink(Link link, Impairment toLink, Impairment fromLink, long seed, LongSupplier nowNs) {
        super(link);
        this.nowNs = nowNs;
        this.toLink = new ImpairmentLine(toLink, seed);
        // Any other fixed, odd-looking offset would do: the two directions must not make the same decisions.
        this.fromLink = new ImpairmentLine(fromLink, seed ^ 0x5851_f42d_4c95_7f2dL);
    }

    /// Changes the network from now on; frames on their way are not affected.
    public void impair(Impairment sending, Impairment receiving) {
        lock.lock();
        try {
            toLink.impairment(sending);
            fromLink.impairment(receiving);
        } finally {
            lock.unlock();
        }
    }

    /// What was done to frames that were sent.
    public ImpairmentCounters sending() {
        lock.lock();
        try {
            return toLink.counters();
        } finally {
            lock.unlock();
        }
    }

    /// What was done to frames that were received.
    public ImpairmentCounters receiving() {
        lock.lock();
        try {
            return fromLink.counters();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public Offloads offloads() {
        return new Offloads(false, false, false, false, link.offloads().rx());
    }

    @Override
    public boolean send(Frame frame) {
        LinkDrop refusal = refusal(frame);
        if (refusal != null) {
            counters.countSendDrop(refusal);
            return false;
        }
        boolean wake;
        lock.lock();
        try {
            long now = nowNs.getAsLong();
            toLink.offer(frame, now);
            sendDue(now);
            long next = toLink.nextNs();
            wake = receiverWaits && next != Long.MAX_VALUE && next - receiverWaitsUntilNs < 0;
        } finally {
            lock.unlock();
        }
        counters.countSent(frame.length);
        if (wake) {
            link.wakeup();
        }
        return true;
    }

    private @Nullable LinkDrop refusal(Frame frame) {
        if (!link.isOpen()) {
            return LinkDrop.CLOSED;
        }
        if (frame.length <= type().headerOctets()) {
            return LinkDrop.TOO_SHORT;
        }
        if (frame.gsoType != Frame.GSO_NONE) {
            return LinkDrop.OFFLOAD_UNSUPPORTED;
        }
        return frame.length > FramePool.LARGE - FramePool.HEADROOM ? LinkDrop.TOO_LONG : null;
    }

    /// lock
    private void sendDue(long now) {
        for (Frame frame = toLink.due(now); frame != null; frame = toLink.due(now)) {
            link.send(frame);
            toLink.free(frame);
        }
    }

    /// Sends on what is due.
    public void pump() {
        lock.lock();
        try {
            sendDue(nowNs.getAsLong());
        } finally {
            lock.unlock();
        }
    }

    @Override
    public int receive(Frame frame) {
        lock.lock();
        try {
            long now = nowNs.getAsLong();
            sendDue(now);
            if (!takeIn(now)) {
                return -1;
            }
            for (Frame due = fromLink.due(now); due != null; due = fromLink.due(now)) {
                boolean fits = Frames.copy(due, frame);
                fromLink.free(due);
                if (fits) {
                    counters.countReceived(frame.length);
                    return frame.length;
                }
                counters.countReceiveDrop(LinkDrop.TOO_LONG);
            }
            return 0;
        } finally {
            lock.unlock();
        }
    }

    /// lock: moves what has arrived onto the line; false if the inner link is closed.
    private boolean takeIn(long now) {
        for (int i = 0; i < BATCH; i++) {
            incoming.offset = FramePool.HEADROOM;
            int length = link.receive(incoming);
            if (length <= 0) {
                return length == 0;
            }
            fromLink.offer(incoming, now);
        }
        return true;
    }

    @Override
    public boolean awaitReadable(long timeoutNs) {
        long waitNs;
        lock.lock();
        try {
            long now = nowNs.getAsLong();
            sendDue(now);
            waitNs = Math.max(0, timeoutNs);
            long next = nextDeadlineNs();
            if (next != Long.MAX_VALUE) {
                waitNs = Math.clamp(next - now, 0, waitNs);
            }
            receiverWaits = true;
            receiverWaitsUntilNs = now + waitNs;
            if (waitNs > Long.MAX_VALUE / 2) {
                receiverWaitsUntilNs = now + Long.MAX_VALUE / 2;
            }
        } finally {
            lock.unlock();
        }
        boolean readable = link.awaitReadable(waitNs);
        lock.lock();
        try {
            receiverWaits = false;
            long now = nowNs.getAsLong();
            sendDue(now);
            long next = fromLink.nextNs();
            return readable || (next != Long.MAX_VALUE && next - now <= 0);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public long nextDeadlineNs() {
        lock.lock();
        try {
            long sendNs = toLink.nextNs();
            long receiveNs = fromLink.nextNs();
            if (sendNs == Long.MAX_VALUE || receiveNs == Long.MAX_VALUE) {
                return Math.min(sendNs, receiveNs);
            }
            return sendNs - receiveNs < 0 ? sendNs : receiveNs;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public LinkCounters counters() {
        return counters;
    }

    /// Closes the inner link too; frames on their way are discarded.
    @Override
    public void close() {
        link.close();
        lock.lock();
        try {
            toLink.clear();
            fromLink.clear();
        } finally {
            lock.unlock();
        }
    }
}
