package org.lastack.core;

/// A protocol that builds packets lazily: asked by [Engine#poll] when nothing is queued any more.
@FunctionalInterface
public interface Output {
    /// Sends what is pending through [org.lastack.core.ip.IpLayer#send]. True if anything was sent; false ends the poll.
    boolean flush();

    /// See [Engine#holdAcks]: what of it may wait does, until this is called with false. True if anything waits.
    default boolean holdAcks(boolean hold) {
        return false;
    }
}
