package org.lastack.host;

import org.jspecify.annotations.Nullable;

/// Something whose readiness a [ReadySet] can watch.
public interface ReadySource {
    /// Poll bits that hold now. Takes the lock that it needs; may be called from any thread.
    int readyMask();

    /// The host from whose links events of this source come, or null: a thread that waits for it may read them itself.
    default @Nullable Host host() {
        return null;
    }

    /// From now on the registration is told what becomes ready.
    void attach(Registration registration);

    /// The registration is no longer told anything.
    void detach(Registration registration);
}
