package org.lastack.wire;

import org.jspecify.annotations.Nullable;

/// Frames of two sizes, reused. Not thread-safe: it belongs to one engine, and frames come back under that engine's lock.
///
/// The pool counts what is out ([#outstanding]); a simulation asserts that the count is 0 at its end.
public final class FramePool {
    /// Octets in front of the transport header that lower layers may use: Ethernet 14 + IPv6 40 + extension headers.
    public static final int HEADROOM = 128;
    /// Capacity of a small frame: MTU 1500 and all headers.
    public static final int SMALL = 2048;
    /// Capacity of a large frame: headroom, an Ethernet header, 64 KiB of IP packet, and an octet by which a link sees that nothing was cut off.
    public static final int LARGE = HEADROOM + 14 + 65_535 + 1;

    private @Nullable Frame small;
    private @Nullable Frame large;
    private int smallFree;
    private int largeFree;
    private final int keepSmall;
    private final int keepLarge;
    private int outstanding;

    /// Keeps at most so many free frames of each size; what is released beyond that is left to the garbage collector.
    public FramePool(int keepSmall, int keepLarge) {
        this.keepSmall = keepSmall;
        this.keepLarge = keepLarge;
    }

    public FramePool() {
        this(4096, 128);
    }

    /// A frame with [#HEADROOM] octets in front and room for at least `octets` (at most 65,535) behind; its length is 0.
    public Frame take(int octets) {
        Frame frame;
        if (octets <= SMALL - HEADROOM) {
            frame = small;
            if (frame != null) {
                small = frame.next;
                smallFree--;
            } else {
                frame = new Frame(SMALL, this);
            }
        } else {
            frame = large;
            if (frame != null) {
                large = frame.next;
                largeFree--;
            } else {
                frame = new Frame(LARGE, this);
            }
        }
        frame.pooled = false;
        frame.reset(HEADROOM);
        outstanding++;
        return frame;
    }

    /// True if the frame was taken from this pool.
    public boolean owns(Frame frame) {
        return frame.pool == this;
    }

    /// Frames taken and not yet released.
    public int outstanding() {
        return outstanding;
    }

    void give(Frame frame) {
        if (frame.pooled) {
            throw new IllegalStateException("frame released twice");
        }
        frame.pooled = true;
        outstanding--;
        if (frame.data.length == SMALL) {
            if (smallFree < keepSmall) {
                frame.next = small;
                small = frame;
                smallFree++;
            }
        } else if (largeFree < keepLarge) {
            frame.next = large;
            large = frame;
            largeFree++;
        }
    }
}
