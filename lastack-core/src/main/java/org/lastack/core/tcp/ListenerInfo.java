package org.lastack.core.tcp;

/// What a listener has counted since it listens. A snapshot.
///
/// @param peak most connections that ever waited for accept
/// @param overflows connections that found the accept queue full
/// @param drops SYNs that were dropped
/// @param cookiesSent SYN cookies that were sent
/// @param synsReceived SYNs that came, repeated ones included
/// @param completed handshakes that were completed
/// @param accepted connections that the program has taken
/// @param sinceAcceptNs nanoseconds since the last of them, -1 if there was none
public record ListenerInfo(int peak, long overflows, long drops, long cookiesSent, long synsReceived, long completed, long accepted, long sinceAcceptNs) {
    static ListenerInfo of(Listener l, long nowNs) {
        return new ListenerInfo(l.peak, l.overflows, l.drops, l.cookiesSent, l.synsReceived, l.completed, l.accepted, l.accepted == 0 ? -1 : nowNs - l.lastAcceptNs);
    }
}
