package org.lastack.sim;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Events by time, then by the order of scheduling: a heap with four children per node, in which events know their place and can be moved.
final class EventQueue {
    private static final int CHILDREN_SHIFT = 2;

    private @Nullable SimEvent[] heap = new SimEvent[256];
    private int size;
    private long order;

    int size() {
        return size;
    }

    /// Time of the next event, or `Long.MAX_VALUE`.
    long nextNs() {
        return size == 0 ? Long.MAX_VALUE : at(0).timeNs;
    }

    private SimEvent at(int index) {
        SimEvent event = heap[index];
        if (event == null) {
            throw new IllegalStateException("hole in the event queue at " + index);
        }
        return event;
    }

    /// Puts an event in, or moves it if it is in.
    void schedule(SimEvent event, long timeNs) {
        event.timeNs = timeNs;
        event.order = order++;
        if (event.position == SimEvent.NOT_QUEUED) {
            if (size == heap.length) {
                heap = Arrays.copyOf(heap, size * 2);
            }
            event.position = size++;
            rise(event, event.position);
        } else {
            rise(event, event.position);
            sink(event, event.position);
        }
    }

    void cancel(SimEvent event) {
        int hole = event.position;
        if (hole == SimEvent.NOT_QUEUED) {
            return;
        }
        event.position = SimEvent.NOT_QUEUED;
        SimEvent last = at(--size);
        heap[size] = null;
        if (last != event) {
            last.position = hole;
            rise(last, hole);
            sink(last, last.position);
        }
    }

    /// Takes out the next event; there must be one.
    SimEvent take() {
        SimEvent first = at(0);
        cancel(first);
        return first;
    }

    private static boolean before(SimEvent a, SimEvent b) {
        return a.timeNs < b.timeNs || a.timeNs == b.timeNs && a.order < b.order;
    }

    private void rise(SimEvent event, int from) {
        int index = from;
        while (index > 0) {
            int parent = (index - 1) >> CHILDREN_SHIFT;
            SimEvent above = at(parent);
            if (!before(event, above)) {
                break;
            }
            heap[index] = above;
            above.position = index;
            index = parent;
        }
        heap[index] = event;
        event.position = index;
    }

    private void sink(SimEvent event, int from) {
        int index = from;
        while (true) {
            int child = (index << CHILDREN_SHIFT) + 1;
            if (child >= size) {
                break;
            }
            SimEvent least = at(child);
            int end = Math.min(child + (1 << CHILDREN_SHIFT), size);
            for (int i = child + 1; i < end; i++) {
                SimEvent other = at(i);
                if (before(other, least)) {
                    least = other;
                }
            }
            if (!before(least, event)) {
                break;
            }
            int position = least.position;
            heap[index] = least;
            least.position = index;
            index = position;
        }
        heap[index] = event;
        event.position = index;
    }
}
