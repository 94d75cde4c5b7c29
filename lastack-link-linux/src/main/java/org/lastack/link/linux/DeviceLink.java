package org.lastack.link.linux;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.lastack.link.Frames;
import org.lastack.link.Link;
import org.lastack.link.LinkCounters;
import org.lastack.link.LinkDrop;
import org.lastack.link.LinkType;
import org.lastack.link.Offloads;
import org.lastack.wire.Bytes;
import org.lastack.wire.Frame;
import org.lastack.wire.FramePool;

/// A link over a non-blocking descriptor that reads and writes one frame per call, with or without a virtio-net header, and an eventfd for wake-ups.
abstract class DeviceLink implements Link {
    private static final String BY_USER = "closed by the user";
    /// In [#users]: no new user may enter.
    private static final int CLOSED = Integer.MIN_VALUE;
    /// Dropped frames in a row after which [#receive] returns, so that a flood of them does not keep the receiver from its timers.
    private static final int DROPS_PER_CALL = 64;
    /// Polls in a row that reported an error which reading did not find. Then the descriptor is left alone for a while instead of spinning on it.
    private static final int FRUITLESS_POLLS = 8;
    private static final long PAUSE_NS = 10_000_000;

    private final String name;
    private final LinkType type;
    private final long macAddress;
    private final Offloads offloads;
    private final int fd;
    private final int wakeFd;
    /// Octets in front of each frame; 0 without virtio-net header.
    private final int headerOctets;
    private final LinkCounters counters = new LinkCounters();
    private volatile @Nullable String lastError;
    private final AtomicReference<@Nullable String> closeReason = new AtomicReference<>();
    /// How many calls use the descriptors now. The last to leave after [#CLOSED] was set closes them, so that no call meets a reused number.
    private final AtomicInteger users = new AtomicInteger();

    // Native memory of this link; reachable, hence valid, as long as the link is.
    private final Arena arena = Arena.ofAuto();
    // Receiver thread.
    private final MemorySegment receiveErrno = Libc.capture(arena);
    private final MemorySegment descriptors = arena.allocate(2L * Libc.POLLFD_BYTES, 8);
    private final MemorySegment timeout = arena.allocate(Libc.TIMESPEC_BYTES, 8);
    private final MemorySegment wakeCount = arena.allocate(8, 8);
    private int fruitlessPolls;
    // Sender thread.
    private final MemorySegment sendErrno = Libc.capture(arena);
    private @Nullable Frame sendCopy;
    // Any thread: the number 1 for the eventfd, and a place for errors that nobody reads.
    private final MemorySegment one = arena.allocateFrom(JAVA_LONG, 1L);
    private final MemorySegment ignored = Libc.capture(arena);

    DeviceLink(String name, LinkType type, long macAddress, Offloads offloads, int fd, int headerOctets) throws NativeException {
        if (headerOctets > HEADROOM) {
            throw new IllegalArgumentException("a virtio-net header of " + headerOctets + " octets");
        }
        this.name = name;
        this.type = type;
        this.macAddress = macAddress;
        this.offloads = offloads;
        this.fd = fd;
        this.headerOctets = headerOctets;
        int event = Libc.eventfd(receiveErrno);
        if (event < 0) {
            throw new NativeException("cannot make an eventfd", -event, null);
        }
        this.wakeFd = event;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public LinkType type() {
        return type;
    }

    @Override
    public long macAddress() {
        return macAddress;
    }

    @Override
    public Offloads offloads() {
        return offloads;
    }

    @Override
    public LinkCounters counters() {
        return counters;
    }

    @Override
    public @Nullable String lastError() {
        return lastError;
    }

    // --- receiving ----------------------------------------------------------------------------------------------------

    @Override
    public int receive(Frame frame) {
        if (frame.offset < headerOctets) {
            throw new IllegalArgumentException("headroom " + frame.offset + " < " + HEADROOM);
        }
        if (!enter()) {
            return -1;
        }
        try {
            return read(frame);
        } finally {
            leave();
        }
    }

    private int read(Frame frame) {
        int at = frame.offset - headerOctets;
        int room = frame.data.length - at;
        for (int drops = 0; drops < DROPS_PER_CALL; ) {
            int octets = Libc.read(receiveErrno, fd, FrameMemory.from(frame, at), room);
            if (octets >= 0) {
                LinkDrop refusal = accept(frame, at, octets, room);
                if (refusal == null) {
                    counters.countReceived(frame.length);
                    return frame.length;
                }
                counters.countReceiveDrop(refusal);
                drops++;
            } else if (octets == -NativeErrno.EAGAIN) {
                return 0;
            } else if (octets != -NativeErrno.EINTR) {
                return readFailed(-octets);
            }
        }
        return 0;
    }

    private @Nullable LinkDrop accept(Frame frame, int at, int octets, int room) {
        if (octets <= headerOctets + type.headerOctets()) {
            return LinkDrop.TOO_SHORT;
        }
        // The kernel cuts what does not fit, silently: a full buffer may be a cut frame.
        if (octets == room) {
            return LinkDrop.TOO_LONG;
        }
        frame.length = octets - headerOctets;
        if (headerOctets == 0) {
            Frames.clearOffload(frame);
            return null;
        }
        return VirtioHeader.decode(frame.data, at, frame, type) ? null : LinkDrop.HEADER_MALFORMED;
    }

    private int readFailed(int errno) {
        String end = isFatal(errno) ? "the descriptor of " + name + " is gone: " + NativeErrno.describe(errno) : endAfter(errno);
        if (end != null) {
            terminate(end);
            return -1;
        }
        counters.countReceiveError();
        lastError = "read: " + NativeErrno.describe(errno);
        return 0;
    }

    /// The reason if the device cannot come back after that error of `read`; null if it can.
    @Nullable String endAfter(int errno) {
        return null;
    }

    private static boolean isFatal(int errno) {
        // EBADFD is what TUN answers when its interface was deleted.
        return errno == NativeErrno.EBADF || errno == NativeErrno.EBADFD;
    }

    @Override
    public boolean awaitReadable(long timeoutNs) {
        if (!enter()) {
            return false;
        }
        try {
            return poll(timeoutNs);
        } finally {
            leave();
        }
    }

    private boolean poll(long timeoutNs) {
        boolean pause = fruitlessPolls >= FRUITLESS_POLLS;
        long waitNs = Math.max(0, pause ? Math.min(timeoutNs, PAUSE_NS) : timeoutNs);
        boolean forever = waitNs == Long.MAX_VALUE;
        if (!forever) {
            timeout.set(JAVA_LONG, 0, waitNs / 1_000_000_000);
            timeout.set(JAVA_LONG, 8, waitNs % 1_000_000_000);
        }
        Libc.pollfd(descriptors, 0, wakeFd);
        Libc.pollfd(descriptors, 1, fd);
        int ready = Libc.ppoll(receiveErrno, descriptors, pause ? 1 : 2, forever ? MemorySegment.NULL : timeout);
        if (ready < 0) {
            // EINTR: as a time-out that came early. ENOMEM: the same, and the caller's next call tries again.
            return false;
        }
        if (Libc.revents(descriptors, 0) != 0) {
            Libc.read(receiveErrno, wakeFd, wakeCount, 8);
        }
        int events = pause ? Libc.POLLERR : Libc.revents(descriptors, 1);
        if ((events & Libc.POLLNVAL) != 0) {
            terminate("the descriptor of " + name + " was closed by someone else");
            return false;
        }
        fruitlessPolls = (events & Libc.POLLIN) != 0 || events == 0 ? 0 : pause ? 0 : fruitlessPolls + 1;
        return events != 0 && isOpen();
    }

    @Override
    public void wakeup() {
        if (enter()) {
            try {
                signal();
            } finally {
                leave();
            }
        }
    }

    /// Inside enter/leave.
    private void signal() {
        // EAGAIN says that the counter is near its end: then it is not 0, which is all that is wanted.
        Libc.write(ignored, wakeFd, one, 8);
    }

    // --- sending ------------------------------------------------------------------------------------------------------

    @Override
    public boolean send(Frame frame) {
        if (!enter()) {
            counters.countSendDrop(LinkDrop.CLOSED);
            return false;
        }
        try {
            LinkDrop refusal = refusal(frame);
            if (refusal == null) {
                refusal = headerOctets == 0 ? write(frame, frame.offset, frame.length) : writeWithHeader(frame);
            }
            if (refusal != null) {
                counters.countSendDrop(refusal);
                return false;
            }
            counters.countSent(frame.length);
            return true;
        } finally {
            leave();
        }
    }

    private @Nullable LinkDrop refusal(Frame frame) {
        if (frame.length <= type.headerOctets()) {
            return LinkDrop.TOO_SHORT;
        }
        if (!offloads.accepts(frame.gsoType)) {
            return LinkDrop.OFFLOAD_UNSUPPORTED;
        }
        return offloads.txChecksum() || Frames.completeChecksum(frame) ? null : LinkDrop.HEADER_MALFORMED;
    }

    /// The header goes into the frame's headroom, so that one write suffices; what was there is put back.
    private @Nullable LinkDrop writeWithHeader(Frame frame) {
        int at = frame.offset - headerOctets;
        if (frame.offset < HEADROOM) {
            return writeCopy(frame);
        }
        long before = Bytes.i64(frame.data, frame.offset - 16);
        long after = Bytes.i64(frame.data, frame.offset - 8);
        LinkDrop refusal = VirtioHeader.encode(frame, frame.data, at, headerOctets)
                ? write(frame, at, headerOctets + frame.length)
                : LinkDrop.HEADER_MALFORMED;
        Bytes.put64(frame.data, frame.offset - 16, before);
        Bytes.put64(frame.data, frame.offset - 8, after);
        return refusal;
    }

    private @Nullable LinkDrop writeCopy(Frame frame) {
        Frame copy = sendCopy;
        if (copy == null || copy.data.length < headerOctets + frame.length) {
            copy = Frame.unpooled(headerOctets + Math.max(frame.length, FramePool.LARGE));
            sendCopy = copy;
        }
        if (!VirtioHeader.encode(frame, copy.data, 0, headerOctets)) {
            return LinkDrop.HEADER_MALFORMED;
        }
        System.arraycopy(frame.data, frame.offset, copy.data, headerOctets, frame.length);
        return write(copy, 0, headerOctets + frame.length);
    }

    private @Nullable LinkDrop write(Frame frame, int at, int octets) {
        MemorySegment memory = FrameMemory.from(frame, at);
        boolean again = true;
        while (true) {
            int result = Libc.write(sendErrno, fd, memory, octets);
            if (result >= 0) {
                return null;
            }
            // A socket reports once that its interface was down, also to the first write after it came back.
            if (result == -NativeErrno.ENETDOWN && again) {
                again = false;
            } else if (result != -NativeErrno.EINTR) {
                return writeFailed(-result);
            }
        }
    }

    private LinkDrop writeFailed(int errno) {
        if (isFatal(errno)) {
            terminate("the descriptor of " + name + " is gone: " + NativeErrno.describe(errno));
            return LinkDrop.CLOSED;
        }
        lastError = "write: " + NativeErrno.describe(errno);
        return switch (errno) {
            // TUN says EIO while its interface is down, packet sockets ENETDOWN.
            case NativeErrno.EIO, NativeErrno.ENETDOWN, NativeErrno.ENXIO -> LinkDrop.INTERFACE_DOWN;
            case NativeErrno.EAGAIN, NativeErrno.ENOBUFS, NativeErrno.ENOMEM -> LinkDrop.NO_BUFFERS;
            case NativeErrno.EMSGSIZE -> LinkDrop.TOO_LONG;
            case NativeErrno.EINVAL -> LinkDrop.REFUSED;
            default -> LinkDrop.OTHER;
        };
    }

    // --- the end ------------------------------------------------------------------------------------------------------

    /// Claims the descriptors; false if the link is closed. Each successful call is paired with [#leave].
    final boolean enter() {
        int now = users.get();
        while (now >= 0) {
            int witness = users.compareAndExchange(now, now + 1);
            if (witness == now) {
                return true;
            }
            now = witness;
        }
        return false;
    }

    final void leave() {
        if (users.decrementAndGet() == CLOSED) {
            MemorySegment errno = Libc.capture(Arena.ofAuto());
            Libc.close(errno, fd);
            Libc.close(errno, wakeFd);
        }
    }

    /// Inside enter/leave.
    private void terminate(String reason) {
        closeReason.compareAndSet(null, reason);
        users.accumulateAndGet(CLOSED, (now, closed) -> now | closed);
        signal();
    }

    @Override
    public boolean isOpen() {
        return users.get() >= 0;
    }

    @Override
    public @Nullable String closeReason() {
        return isOpen() ? null : closeReason.get();
    }

    @Override
    public void close() {
        if (enter()) {
            try {
                terminate(BY_USER);
            } finally {
                leave();
            }
        }
    }

    @Override
    public String toString() {
        return name;
    }
}
