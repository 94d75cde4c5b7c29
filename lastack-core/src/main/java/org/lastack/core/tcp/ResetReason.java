package org.lastack.core.tcp;

/// Why a connection was reset, or a segment answered by RST (DIAGNOSIS 16-18, 26): what the reset log remembers beside the numbers.
public enum ResetReason {
    // We sent it, for a connection that was.

    UNREAD("we: close() with unread octets; what we sent last may be lost too. Read to the end, or shutdown(SHUT_WR) first"),
    LINGER("we: close() with SO_LINGER 0; what was not acknowledged is lost"),
    DATA_AFTER_CLOSE("we: octets came after our close(), nobody would read them"),
    ORPHANS("we: too many orphans (tcp_max_orphans)"),
    NO_LINGER2("we: TCP_LINGER2 is below 0, so that an orphan does not wait in FIN-WAIT-2"),
    ABORTED("we: the program asked for it"),
    DISCONNECTED("we: connect() with AF_UNSPEC"),
    LISTENER_CLOSED("we: the listener was closed before anybody accepted the connection. Accept what is queued first"),
    OVERFLOW("we: the accept queue was full, and tcp_abort_on_overflow is set"),
    KEEPALIVE("we: the peer answered no keep-alive probe"),
    SECOND_SYN("we: another SYN in the window of a half-open connection"),
    BAD_ACK("we: an acknowledgment of something that we never sent, while the connection opened"),

    // The peer sent it.

    BY_PEER("the peer reset the connection"),
    REFUSED("the peer refused the connection: nobody listens there"),

    // Nobody did.

    GAVE_UP("nobody: retransmissions, probes or TCP_USER_TIMEOUT had no answer, and the connection was given up without a word"),

    // We sent it, and there was no connection.

    NO_SOCKET("we: a segment for which there is no listener and no connection");

    private final String sentence;

    ResetReason(String sentence) {
        this.sentence = sentence;
    }

    /// Who and why, as a clause in plain English without a full stop.
    public String sentence() {
        return sentence;
    }

    /// The peer sent the RST.
    public boolean received() {
        return this == BY_PEER || this == REFUSED;
    }
}
