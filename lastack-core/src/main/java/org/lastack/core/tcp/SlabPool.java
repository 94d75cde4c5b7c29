package org.lastack.core.tcp;

import java.util.ArrayList;
import org.jspecify.annotations.Nullable;
import org.lastack.core.TimerWheel;
import org.lastack.core.WheelTimer;
import org.lastack.wire.Frame;
import org.lastack.wire.FramePool;

/// Fixed-size pieces of memory for the send and receive buffers of all connections of an engine. Buffers hold slabs only while there is data
/// in them. The pool counts what is out, so that a simulation can assert that nothing was lost.
final class SlabPool {
    /// Octets per slab: large enough that a 64 KiB super-segment touches few, small enough that a short request wastes little.
    static final int SLAB = 4096;
    private static final int KEEP = 4096;
    /// Free slabs that stay for good (1 MiB); what is free beyond that goes back to the heap when it was not needed for a while.
    private static final int KEEP_IDLE = 256;
    /// Longer than the saw teeth of congestion control: what swings is used, not left over.
    private static final long TRIM_NS = 30_000_000_000L;
    private static final int KEEP_RECEIVERS = 256;
    private static final int KEEP_ROWS = 8192;

    private final FramePool frames;
    private final ArrayList<byte[]> free = new ArrayList<>();
    private final ArrayList<Lumps> lumps = new ArrayList<>();
    private final ArrayList<Receiver> receivers = new ArrayList<>();
    /// Columns of retransmission queues by the logarithm of their size; all of one index together hold at most [#KEEP_ROWS] rows.
    private final ArrayList<ArrayList<FlightRows>> rows = new ArrayList<>();
    private long outstanding;
    /// Fewest free slabs since the last [#trim].
    private int leastFree;
    private final Trimmer trimmer = new Trimmer();

    SlabPool(FramePool frames) {
        this.frames = frames;
    }

    byte[] take() {
        outstanding++;
        int last = free.size() - 1;
        leastFree = Math.min(leastFree, Math.max(last, 0));
        return last >= 0 ? free.remove(last) : new byte[SLAB];
    }

    /// To be called now and then: what a burst has left behind goes back to the heap when it is not needed.
    void watch(TimerWheel wheel, long nowNs) {
        if (free.size() > KEEP_IDLE && TimerWheel.deadlineNs(trimmer) == WheelTimer.NEVER) {
            trimmer.wheel = wheel;
            wheel.arm(trimmer, nowNs + TRIM_NS);
        }
    }

    private final class Trimmer extends WheelTimer {
        private @Nullable TimerWheel wheel;

        @Override
        protected void expire(long nowNs) {
            trim();
            TimerWheel of = wheel;
            if (of != null) {
                watch(of, nowNs);
            }
        }
    }

    /// Gives half of the slabs that nobody has needed since the last time back to the heap.
    private void trim() {
        int surplus = Math.min(leastFree, free.size() - KEEP_IDLE);
        if (surplus > 0) {
            free.subList(free.size() - (surplus + 1) / 2, free.size()).clear();
        }
        leastFree = free.size();
    }

    /// Slabs that wait to be used again.
    int freeCount() {
        return free.size();
    }

    void give(byte[] slab) {
        outstanding--;
        if (free.size() < KEEP) {
            free.add(slab);
        }
    }

    /// A large frame for text that will leave in it.
    Frame takeFrame() {
        outstanding += Lumps.SLABS;
        return frames.take(65_535);
    }

    /// A large frame stays here with the text that arrived in it.
    void keep(Frame frame) {
        outstanding += Lumps.SLABS;
        frame.hold();
    }

    /// The text in a frame is no longer needed.
    void give(Frame frame) {
        outstanding -= Lumps.SLABS;
        frame.release();
    }

    Lumps takeLumps() {
        int last = lumps.size() - 1;
        return last >= 0 ? lumps.remove(last) : new Lumps();
    }

    /// They are empty.
    void give(Lumps empty) {
        if (lumps.size() < KEEP_RECEIVERS) {
            lumps.add(empty);
        }
    }

    /// A receiver's half of a connection; connections give it back when everything is read, so that idle ones cost little and busy ones no garbage.
    Receiver takeReceiver() {
        int last = receivers.size() - 1;
        return last >= 0 ? receivers.remove(last) : new Receiver(this);
    }

    void give(Receiver receiver) {
        receiver.reset();
        if (receivers.size() < KEEP_RECEIVERS) {
            receivers.add(receiver);
        }
    }

    /// Columns for so many rows, a power of two. What the last user left in them is still there.
    FlightRows takeRows(int size) {
        int index = Integer.numberOfTrailingZeros(size);
        if (index < rows.size()) {
            ArrayList<FlightRows> of = rows.get(index);
            int last = of.size() - 1;
            if (last >= 0) {
                return of.remove(last);
            }
        }
        return new FlightRows(size);
    }

    void give(FlightRows columns) {
        if (columns == FlightRows.NONE) {
            return;
        }
        int index = Integer.numberOfTrailingZeros(columns.size());
        while (rows.size() <= index) {
            rows.add(new ArrayList<>());
        }
        ArrayList<FlightRows> of = rows.get(index);
        if ((of.size() << index) < KEEP_ROWS) {
            of.add(columns);
        }
    }

    /// Slabs in use, those counted that would fit into the frames in use.
    long outstanding() {
        return outstanding;
    }
}
