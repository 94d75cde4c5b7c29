package org.lastack.core.ip;

import org.jspecify.annotations.Nullable;
import org.lastack.wire.Frame;

/// A first-in, first-out list of frames, linked through [Frame#next]; it owns them.
final class FrameQueue {
    private @Nullable Frame head;
    private @Nullable Frame tail;
    private int size;
    private long octets;

    void add(Frame frame) {
        frame.next = null;
        Frame last = tail;
        if (last == null) {
            head = frame;
        } else {
            last.next = frame;
        }
        tail = frame;
        size++;
        octets += frame.length;
    }

    /// The oldest frame, which the caller then owns, or null.
    @Nullable Frame poll() {
        Frame first = head;
        if (first == null) {
            return null;
        }
        head = first.next;
        if (head == null) {
            tail = null;
        }
        first.next = null;
        size--;
        octets -= first.length;
        return first;
    }

    int size() {
        return size;
    }

    long octets() {
        return octets;
    }

    void releaseAll() {
        for (Frame frame = poll(); frame != null; frame = poll()) {
            frame.release();
        }
    }
}
