package org.lastack.wire;

import org.jspecify.annotations.Nullable;

/// A buffer with one frame in it: the unit that engines and links exchange.
///
/// One owner at a time ([#hold] makes exceptions), and the owner calls [#release] when done; a frame that came from a [FramePool] goes back there. `offset` leaves
/// headroom in front, so that lower layers prepend their headers without copying. Fields are public because the owner is alone.
/// Not thread-safe: ownership passes under the lock of whoever hands it over.
public final class Frame {
    /// [#gsoType]: the frame is one ordinary segment.
    public static final int GSO_NONE = 0;
    /// [#gsoType]: TCP over IPv4, to be cut into segments of [#gsoSize] payload octets (VIRTIO_NET_HDR_GSO_TCPV4).
    public static final int GSO_TCPV4 = 1;
    /// [#gsoType]: TCP over IPv6 (VIRTIO_NET_HDR_GSO_TCPV6).
    public static final int GSO_TCPV6 = 4;
    /// [#gsoType]: UDP, to be cut into datagrams (VIRTIO_NET_HDR_GSO_UDP_L4).
    public static final int GSO_UDP_L4 = 5;

    /// The storage; its length is the frame's capacity.
    public final byte[] data;
    /// Index in [#data] of the first octet of the frame.
    public int offset;
    /// Number of octets of the frame.
    public int length;
    /// The transport checksum is only the folded pseudo-header sum; whoever puts the frame on a wire completes it (VIRTIO_NET_HDR_F_NEEDS_CSUM).
    public boolean needsChecksum;
    /// On input: the checksums have been verified below (VIRTIO_NET_HDR_F_DATA_VALID), do not check again.
    public boolean checksumVerified;
    /// [#needsChecksum]: where the sum begins, relative to [#offset].
    public int checksumStart;
    /// [#needsChecksum]: where the field is, relative to [#checksumStart].
    public int checksumOffset;
    /// One of the GSO constants.
    public int gsoType;
    /// Payload octets per segment if [#gsoType] is not [#GSO_NONE].
    public int gsoSize;
    /// Output: the engine's time at which the frame was made, in nanoseconds.
    public long timeNs;
    /// Output: index of the interface through which it leaves.
    public int interfaceIndex;
    /// Goes into the flow label of IPv6: another number makes another flow of the same ports, for the path's load balancers.
    public int flowSalt;

    /// What a link keeps here to find [#data] again without making an object for each packet; it stays through the pool. Nobody else's business.
    public @Nullable Object linkView;

    /// The list that the owner keeps, if any.
    public @Nullable Frame next;

    final @Nullable FramePool pool;
    boolean pooled;
    /// Owners besides the one who has it in hand.
    private int holds;

    Frame(int capacity, @Nullable FramePool pool) {
        this.data = new byte[capacity];
        this.pool = pool;
    }

    /// A frame outside any pool; [#release] does nothing.
    public static Frame unpooled(int capacity) {
        return new Frame(capacity, null);
    }

    /// A frame outside any pool with a copy of the given octets.
    public static Frame copyOf(byte[] bytes, int offset, int length) {
        Frame frame = new Frame(length, null);
        System.arraycopy(bytes, offset, frame.data, 0, length);
        frame.length = length;
        return frame;
    }

    /// Makes room for `octets` in front of the frame and returns the new offset.
    ///
    /// @throws IllegalStateException if there is not enough headroom: a programming error
    public int prepend(int octets) {
        if (octets > offset) {
            throw new IllegalStateException("headroom " + offset + " < " + octets);
        }
        offset -= octets;
        length += octets;
        checksumStart += octets;
        return offset;
    }

    /// One owner more: [#release] has to be called once more. The octets are shared from now on; whoever holds the frame writes only where nobody reads.
    public void hold() {
        holds++;
    }

    /// True if there is another owner besides the caller: the frame must not be reused yet.
    public boolean held() {
        return holds > 0;
    }

    /// Begins a new frame in the same storage: length 0 at `start`, nothing offloaded.
    public void restart(int start) {
        reset(start);
    }

    /// Back to the pool, when nobody else holds it. The caller must not touch the frame afterwards.
    ///
    /// @throws IllegalStateException if it was released before
    public void release() {
        if (holds > 0) {
            holds--;
        } else if (pool != null) {
            pool.give(this);
        }
    }

    void reset(int headroom) {
        offset = headroom;
        length = 0;
        needsChecksum = false;
        checksumVerified = false;
        checksumStart = 0;
        checksumOffset = 0;
        gsoType = GSO_NONE;
        gsoSize = 0;
        timeNs = 0;
        interfaceIndex = 0;
        flowSalt = 0;
        next = null;
    }
}
