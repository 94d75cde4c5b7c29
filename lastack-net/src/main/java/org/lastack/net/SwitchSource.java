package org.lastack.net;

import org.lastack.host.ReadyList;
import org.lastack.host.ReadySource;
import org.lastack.host.Registration;

/// A source behind which another can be put while selectors watch it. Registering and [#switchTo] exclude each other by the channel's
/// `blockingLock`; no lock is held here while the sources are called, because they call back under theirs.
final class SwitchSource implements ReadySource {
    private final ReadyList registrations = new ReadyList();
    private volatile ReadySource current;

    SwitchSource(ReadySource first) {
        current = first;
    }

    @Override
    public int readyMask() {
        return current.readyMask();
    }

    @Override
    public void attach(Registration registration) {
        registrations.add(registration);
        current.attach(registration);
    }

    @Override
    public void detach(Registration registration) {
        registrations.remove(registration);
        current.detach(registration);
    }

    void switchTo(ReadySource next) {
        ReadySource before = current;
        current = next;
        for (Registration each : registrations.snapshot()) {
            before.detach(each);
            next.attach(each);
        }
        registrations.dispatch(next.readyMask());
    }
}
