package org.lastack.core.tcp;

/// Watches what TCP does; called from inside the engine, under the host's lock. Must not call back.
@FunctionalInterface
public interface TcpTracer {
    /// A connection or listener goes from one state to another. TIME-WAIT is entered by an entry of its own: the socket goes to CLOSED then.
    void transition(TcpSocket socket, TcpState before, TcpState after);

    /// R1 is reached (RFC 9293 §3.8.3, SHLD-9): `tcp_retries1` retransmissions in a row were not acknowledged; the connection is not given up yet.
    default void pathInDoubt(TcpSocket socket) {}
}
