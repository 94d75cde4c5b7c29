package org.lastack.sim;

/// Something that happens at one moment. An event object is reused: it is in the queue at most once.
abstract class SimEvent {
    static final int NOT_QUEUED = -1;

    long timeNs;
    /// Of events at the same moment the one that was scheduled first comes first.
    long order;
    int position = NOT_QUEUED;

    abstract void fire();
}
