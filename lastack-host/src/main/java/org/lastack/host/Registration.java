package org.lastack.host;

import org.jspecify.annotations.Nullable;

/// One source in one [ReadySet], with the bits that are asked for. Made by [ReadySet#add].
public final class Registration {
    private final ReadySet set;
    private final ReadySource source;
    private final @Nullable Object attachment;

    /// Guarded by the set's lock.
    int interest;
    ReadySet.Mode mode;
    boolean queued;
    boolean removed;
    @Nullable Registration nextReady;

    /// Neighbours in the source's list; guarded by the source's lock.
    @Nullable Registration previousOfSource;
    @Nullable Registration nextOfSource;

    /// What the last [ReadySet#await] found; valid for the thread that called it until its next call.
    int found;

    Registration(ReadySet set, ReadySource source, int interest, ReadySet.Mode mode, @Nullable Object attachment) {
        this.set = set;
        this.source = source;
        this.interest = interest;
        this.mode = mode;
        this.attachment = attachment;
    }

    public ReadySet set() {
        return set;
    }

    public ReadySource source() {
        return source;
    }

    /// What the user gave to [ReadySet#add].
    public @Nullable Object attachment() {
        return attachment;
    }

    /// Poll bits asked for.
    public int interest() {
        return interest;
    }

    /// Poll bits that the last [ReadySet#await] reported for this registration.
    public int found() {
        return found;
    }
}
