package org.lastack.host;

/// Something whose readiness a [ReadySet] can watch.
public interface ReadySource {
    /// Poll bits that hold now. Takes the lock that it needs; may be called from any thread.
    int readyMask();

    /// From now on the registration is told what becomes ready.
    void attach(Registration registration);

    /// The registration is no longer told anything.
    void detach(Registration registration);
}
