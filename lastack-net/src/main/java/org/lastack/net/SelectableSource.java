package org.lastack.net;

import org.lastack.host.ReadySource;

/// A channel that [ReadySelector] can watch.
interface SelectableSource {
    /// What the selector's ready set watches.
    ReadySource source();

    /// Poll bits that stand for a set of interest operations.
    int pollBits(int interestOps);

    /// Operations of interest that are ready, given poll bits.
    int readyOps(int mask, int interestOps);
}
