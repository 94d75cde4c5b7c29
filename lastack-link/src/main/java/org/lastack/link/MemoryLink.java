package org.lastack.link;

import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.lastack.wire.Frame;
import org.lastack.wire.FramePool;

/// One end of a cable in memory; see [#pair]. What one end sends, the other receives, in order, as a copy, with its offload fields.
///
/// The queue of each direction is bounded: a frame that finds it full is dropped and counted at the sender, as a device whose peer does not read would do it.
/// All methods may be called from any thread; only [#awaitReadable] blocks, and it does not pin virtual threads.
public final class MemoryLink implements Link {
    private static final String BY_USER = "closed by the user";

    /// What both ends have in common.
    ///
    /// @param mtu in octets of IP packet, 68..65536
    /// @param queueFrames how many frames each direction holds that were sent and not yet received; at least 1
    /// @param offloads [Offloads#NONE] makes both ends complete checksums and refuse super-segments
    public record Options(LinkType type, int mtu, int queueFrames, Offloads offloads) {
        public Options {
            if (mtu < 68 || mtu > 65_536) {
                throw new IllegalArgumentException("MTU " + mtu + " is outside 68..65536");
            }
            if (queueFrames < 1) {
                throw new IllegalArgumentException("a queue of " + queueFrames + " frames");
            }
        }

        /// IP, MTU 1500, 1024 frames, no offloads.
        public static Options defaults() {
            return new Options(LinkType.IP, 1500, 1024, Offloads.NONE);
        }

        public Options withType(LinkType other) {
            return new Options(other, mtu, queueFrames, offloads);
        }

        public Options withMtu(int octets) {
            return new Options(type, octets, queueFrames, offloads);
        }

        public Options withQueueFrames(int frames) {
            return new Options(type, mtu, frames, offloads);
        }

        public Options withOffloads(Offloads other) {
            return new Options(type, mtu, queueFrames, other);
        }
    }

    /// The two ends.
    public record Pair(MemoryLink left, MemoryLink right) implements AutoCloseable {
        @Override
        public void close() {
            left.close();
            right.close();
        }
    }

    private final String name;
    private final Options options;
    private final long macAddress;
    private final LinkCounters counters = new LinkCounters();
    private final Queue incoming;
    private final Queue outgoing;
    private volatile boolean open = true;

    private MemoryLink(String name, Options options, long macAddress, Queue incoming, Queue outgoing) {
        this.name = name;
        this.options = options;
        this.macAddress = macAddress;
        this.incoming = incoming;
        this.outgoing = outgoing;
    }

    /// Two connected ends with [Options#defaults].
    public static Pair pair(String leftName, String rightName) {
        return pair(leftName, rightName, Options.defaults());
    }

    /// Two connected ends. On Ethernet their MAC addresses are 02:00:00:00:00:01 (left) and :02 (right).
    public static Pair pair(String leftName, String rightName, Options options) {
        return pair(leftName, 0x0200_0000_0001L, rightName, 0x0200_0000_0002L, options);
    }

    /// Two connected ends with MAC addresses of the caller's choice (ignored unless Ethernet).
    public static Pair pair(String leftName, long leftMac, String rightName, long rightMac, Options options) {
        Queue toRight = new Queue(options.queueFrames);
        Queue toLeft = new Queue(options.queueFrames);
        boolean ethernet = options.type == LinkType.ETHERNET;
        MemoryLink left = new MemoryLink(leftName, options, ethernet ? leftMac : 0, toLeft, toRight);
        MemoryLink right = new MemoryLink(rightName, options, ethernet ? rightMac : 0, toRight, toLeft);
        return new Pair(left, right);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public LinkType type() {
        return options.type;
    }

    @Override
    public int mtu() {
        return options.mtu;
    }

    @Override
    public long macAddress() {
        return macAddress;
    }

    @Override
    public Offloads offloads() {
        return options.offloads;
    }

    @Override
    public boolean send(Frame frame) {
        LinkDrop refusal = refusal(frame);
        if (refusal == null) {
            refusal = outgoing.add(frame);
        }
        if (refusal != null) {
            counters.countSendDrop(refusal);
            return false;
        }
        counters.countSent(frame.length);
        return true;
    }

    private @Nullable LinkDrop refusal(Frame frame) {
        if (!open) {
            return LinkDrop.CLOSED;
        }
        if (frame.length <= options.type.headerOctets()) {
            return LinkDrop.TOO_SHORT;
        }
        if (!options.offloads.accepts(frame.gsoType)) {
            return LinkDrop.OFFLOAD_UNSUPPORTED;
        }
        int limit = frame.gsoType == Frame.GSO_NONE ? options.mtu : 65_535;
        if (frame.length > limit + options.type.headerOctets()) {
            return LinkDrop.TOO_LONG;
        }
        boolean complete = options.offloads.txChecksum() ? !frame.needsChecksum || Frames.checksumFieldInside(frame) : Frames.completeChecksum(frame);
        return complete ? null : LinkDrop.HEADER_MALFORMED;
    }

    @Override
    public int receive(Frame frame) {
        while (open) {
            int length = incoming.remove(frame);
            if (length >= 0) {
                if (length > 0) {
                    counters.countReceived(length);
                }
                return length;
            }
            counters.countReceiveDrop(LinkDrop.TOO_LONG);
        }
        return -1;
    }

    @Override
    public boolean awaitReadable(long timeoutNs) {
        return open && incoming.await(timeoutNs);
    }

    @Override
    public void wakeup() {
        incoming.wakeup();
    }

    @Override
    public boolean directDelivery(@Nullable Runnable receiver) {
        incoming.receiver = receiver;
        outgoing.promised = receiver != null;
        incoming.wakeup();
        return true;
    }

    @Override
    public void deliver() {
        Runnable receiver = outgoing.receiver;
        if (receiver != null) {
            receiver.run();
        }
    }

    /// Frames that were sent to this end and not yet received.
    public int pending() {
        return incoming.size();
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
        return open ? null : BY_USER;
    }

    /// Closes this end. The other end stays open; what it sends is dropped and counted there as [LinkDrop#CLOSED].
    @Override
    public void close() {
        open = false;
        incoming.close();
    }

    @Override
    public String toString() {
        return name;
    }

    /// One direction. Buffers are reused last in, first out, so that a short queue stays in the processor's cache.
    private static final class Queue {
        private final ReentrantLock lock = new ReentrantLock();
        private final Condition changed = lock.newCondition();
        /// lock: a ring.
        private final @Nullable Frame[] ring;
        private int head;
        private int size;
        /// lock: free buffers, linked by `next`.
        private @Nullable Frame small;
        private @Nullable Frame large;
        /// Direct delivery: what the receiving end runs, and whether the sending end promises to run it.
        private volatile @Nullable Runnable receiver;
        private volatile boolean promised;
        /// lock
        private boolean wakeup;
        private boolean closed;

        Queue(int capacity) {
            ring = new @Nullable Frame[capacity];
        }

        @Nullable LinkDrop add(Frame frame) {
            lock.lock();
            try {
                if (closed) {
                    return LinkDrop.CLOSED;
                }
                if (size == ring.length) {
                    return LinkDrop.QUEUE_FULL;
                }
                Frame copy = buffer(frame.length);
                Frames.copy(frame, copy);
                int tail = head + size;
                ring[tail < ring.length ? tail : tail - ring.length] = copy;
                if (size++ == 0 && (!promised || receiver == null)) {
                    changed.signal();
                }
                return null;
            } finally {
                lock.unlock();
            }
        }

        /// The length, 0 if there is none, -1 if the first frame had no room in the caller's (it is gone).
        int remove(Frame frame) {
            lock.lock();
            try {
                Frame first = ring[head];
                if (first == null) {
                    return 0;
                }
                ring[head] = null;
                head = head + 1 == ring.length ? 0 : head + 1;
                size--;
                boolean fits = Frames.copy(first, frame);
                if (fits && frame.needsChecksum) {
                    // The sum was never computed, so nothing can have broken it: what a TUN device's virtio header says by NEEDS_CSUM.
                    frame.checksumVerified = true;
                }
                free(first);
                return fits ? frame.length : -1;
            } finally {
                lock.unlock();
            }
        }

        private Frame buffer(int octets) {
            Frame free = octets <= FramePool.SMALL ? small : large;
            if (free == null) {
                return Frame.unpooled(octets <= FramePool.SMALL ? FramePool.SMALL : FramePool.LARGE);
            }
            if (octets <= FramePool.SMALL) {
                small = free.next;
            } else {
                large = free.next;
            }
            free.next = null;
            return free;
        }

        private void free(Frame frame) {
            if (frame.data.length == FramePool.SMALL) {
                frame.next = small;
                small = frame;
            } else {
                frame.next = large;
                large = frame;
            }
        }

        boolean await(long timeoutNs) {
            lock.lock();
            try {
                long left = timeoutNs;
                while (size == 0 && !wakeup && !closed && left > 0) {
                    left = changed.awaitNanos(left);
                }
                wakeup = false;
                return size > 0 && !closed;
            } catch (InterruptedException e) {
                // As on a device, interruption is no event of a link; the flag stays for whoever looks at it.
                Thread.currentThread().interrupt();
                return false;
            } finally {
                lock.unlock();
            }
        }

        void wakeup() {
            lock.lock();
            try {
                wakeup = true;
                changed.signal();
            } finally {
                lock.unlock();
            }
        }

        void close() {
            lock.lock();
            try {
                closed = true;
                changed.signalAll();
            } finally {
                lock.unlock();
            }
        }

        int size() {
            lock.lock();
            try {
                return size;
            } finally {
                lock.unlock();
            }
        }
    }
}
