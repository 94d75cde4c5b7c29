package org.lastack.host;

import org.lastack.link.Link;
import org.lastack.link.LinkDecorator;
import org.lastack.wire.Frame;

/// A link whose first receptions throw.
final class FaultyLink extends LinkDecorator {
    private int faultsLeft;

    FaultyLink(Link link, int faults) {
        super(link);
        this.faultsLeft = faults;
    }

    @Override
    public int receive(Frame frame) {
        if (faultsLeft > 0) {
            faultsLeft--;
            throw new IllegalStateException("device on fire");
        }
        return link.receive(frame);
    }
}
