package org.lastack.core.socket;

/// Told by the engine when something about a socket has changed. Called under the host's lock from inside the engine: do not call back into
/// the engine, only note the fact and wake whoever waits.
@FunctionalInterface
public interface SocketEvents {
    /// Readiness may have grown: `mask` has the poll bits that may be new. Spurious calls are allowed.
    void ready(SocketHandle socket, int mask);
}
