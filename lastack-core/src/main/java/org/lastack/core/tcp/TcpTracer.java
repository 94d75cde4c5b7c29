package org.lastack.core.tcp;

/// Watches what TCP does; called from inside the engine, under the host's lock. Must not call back.
@FunctionalInterface
public interface TcpTracer {
    /// A connection or listener goes from one state to another. TIME-WAIT is entered by an entry of its own: the socket goes to CLOSED then.
    void transition(TcpSocket socket, TcpState before, TcpState after);
}
