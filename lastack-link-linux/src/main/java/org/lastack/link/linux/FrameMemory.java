package org.lastack.link.linux;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;
import org.lastack.wire.Frame;

/// The octets of a frame from some index on, as the downcalls want them, made once per frame and kept in [Frame#linkView]. Escape analysis removes such objects
/// sometimes, and sometimes not (measured: 112 octets per packet for as long as the process lives), so nothing is left to it.
///
/// Two places are remembered: a frame that comes out of a pool begins at one index when it is received into, and, its headers being of one length, at one other when it is sent.
final class FrameMemory {
    private int firstAt = -1;
    private @Nullable MemorySegment first;
    private int secondAt = -1;
    private @Nullable MemorySegment second;

    private FrameMemory() {}

    /// From index `at` to the end of the frame's array.
    static MemorySegment from(Frame frame, int at) {
        FrameMemory view;
        if (frame.linkView instanceof FrameMemory known) {
            view = known;
        } else {
            view = new FrameMemory();
            frame.linkView = view;
        }
        MemorySegment found = view.firstAt == at ? view.first : view.secondAt == at ? view.second : null;
        return found != null ? found : view.make(frame, at);
    }

    private MemorySegment make(Frame frame, int at) {
        second = first;
        secondAt = firstAt;
        MemorySegment made = MemorySegment.ofArray(frame.data).asSlice(at);
        first = made;
        firstAt = at;
        return made;
    }
}
