package org.lastack.sim;

/// A link between two nodes: two [Channel]s. What is set here is set for both directions.
public final class SimLink {
    private final Channel forward;
    private final Channel backward;

    SimLink(Channel forward, Channel backward) {
        this.forward = forward;
        this.backward = backward;
    }

    /// From the node named first to the second.
    public Channel forward() {
        return forward;
    }

    public Channel backward() {
        return backward;
    }

    /// One-way delay in nanoseconds.
    public SimLink delayNs(long ns) {
        forward.delayNs(ns);
        backward.delayNs(ns);
        return this;
    }

    /// Bits per second, 0 = unlimited.
    public SimLink rate(long bitsPerSecond) {
        forward.rate(bitsPerSecond);
        backward.rate(bitsPerSecond);
        return this;
    }

    /// Probability that a packet is lost.
    public SimLink loss(double probability) {
        forward.loss(probability);
        backward.loss(probability);
        return this;
    }

    /// Probability that a packet arrives twice.
    public SimLink duplication(double probability) {
        forward.duplication(probability);
        backward.duplication(probability);
        return this;
    }

    /// Probability that a packet is held back, and for how long.
    public SimLink reordering(double probability, long heldNs) {
        forward.reordering(probability, heldNs);
        backward.reordering(probability, heldNs);
        return this;
    }

    /// Probability that one bit of a packet is inverted.
    public SimLink corruption(double probability) {
        forward.corruption(probability);
        backward.corruption(probability);
        return this;
    }

    /// A partition: while it lasts nothing gets through, and what is on its way arrives.
    public SimLink down(boolean isDown) {
        forward.down(isDown);
        backward.down(isDown);
        return this;
    }
}
