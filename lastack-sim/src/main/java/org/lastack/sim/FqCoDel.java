package org.lastack.sim;

import org.jspecify.annotations.Nullable;
import org.lastack.wire.Frame;

/// Flow queueing with [CoDel] in each queue (RFC 8290): flows by hash, deficit round robin, new flows first.
public final class FqCoDel implements QueueDiscipline {
    /// RFC 8290 §5.2: quantum, and Linux's number of queues.
    private static final int QUANTUM_OCTETS = 1514;
    private static final int QUEUES = 1024;

    private final int limitPackets;
    private final CoDel[] queues = new CoDel[QUEUES];
    private final FlowList fresh = new FlowList();
    private final FlowList old = new FlowList();
    private final int perturbation;
    private int packets;

    /// @param limitPackets room of all queues together; beyond it the fattest flow loses its oldest packet
    /// @param ecn mark ECN-capable packets instead of dropping them
    /// @param perturbation of the hash
    public FqCoDel(int limitPackets, boolean ecn, int perturbation) {
        this.limitPackets = limitPackets;
        this.perturbation = perturbation;
        for (int i = 0; i < QUEUES; i++) {
            queues[i] = new CoDel(Integer.MAX_VALUE, ecn);
        }
    }

    @Override
    public boolean enqueue(Frame frame, long nowNs) {
        CoDel flow = queues[IpHeaders.flowHash(frame, perturbation) & (QUEUES - 1)];
        flow.enqueue(frame, nowNs);
        packets++;
        if (!flow.listed) {
            flow.deficit = QUANTUM_OCTETS;
            fresh.add(flow);
        }
        if (packets > limitPackets) {
            fattest().dropHead();
            packets--;
            return false;
        }
        return true;
    }

    private CoDel fattest() {
        CoDel most = queues[0];
        for (CoDel each : queues) {
            if (each.octets() > most.octets()) {
                most = each;
            }
        }
        return most;
    }

    @Override
    public @Nullable Frame dequeue(long nowNs) {
        while (true) {
            FlowList list = fresh.first != null ? fresh : old;
            CoDel flow = list.first;
            if (flow == null) {
                return null;
            }
            if (flow.deficit <= 0) {
                flow.deficit += QUANTUM_OCTETS;
                list.removeFirst();
                old.add(flow);
                continue;
            }
            int before = flow.packets();
            Frame frame = flow.dequeue(nowNs);
            packets -= before - flow.packets();
            if (frame == null) {
                list.removeFirst();
                // RFC 8290 §4.2: a new flow that runs empty is not forgotten at once, else it would be new again and starve the others.
                if (list == fresh && old.first != null) {
                    old.add(flow);
                }
                continue;
            }
            flow.deficit -= frame.length;
            return frame;
        }
    }

    @Override
    public int packets() {
        return packets;
    }

    @Override
    public long octets() {
        long sum = 0;
        for (CoDel each : queues) {
            sum += each.octets();
        }
        return sum;
    }

    @Override
    public long dropped() {
        long sum = 0;
        for (CoDel each : queues) {
            sum += each.dropped();
        }
        return sum;
    }

    @Override
    public long marked() {
        long sum = 0;
        for (CoDel each : queues) {
            sum += each.marked();
        }
        return sum;
    }

    private static final class FlowList {
        @Nullable CoDel first;
        private @Nullable CoDel last;

        void add(CoDel flow) {
            flow.listed = true;
            flow.nextFlow = null;
            CoDel before = last;
            if (before == null) {
                first = flow;
            } else {
                before.nextFlow = flow;
            }
            last = flow;
        }

        void removeFirst() {
            CoDel gone = first;
            if (gone == null) {
                return;
            }
            first = gone.nextFlow;
            if (first == null) {
                last = null;
            }
            gone.listed = false;
            gone.nextFlow = null;
        }
    }
}
