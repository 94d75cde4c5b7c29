package org.lastack.sim;

import org.lastack.wire.Frame;

/// What links connect: a host or a router.
public abstract sealed class SimNode permits SimHost, SimRouter {
    private final String name;

    SimNode(String name) {
        this.name = name;
    }

    public final String name() {
        return name;
    }

    /// The sending end of a new link at this node; returns the node's number for it.
    abstract int attach(Channel outgoing);

    /// A packet has come through the link with that number; the node owns the frame now.
    abstract void arrive(int port, Frame frame);

    @Override
    public final String toString() {
        return name;
    }
}
