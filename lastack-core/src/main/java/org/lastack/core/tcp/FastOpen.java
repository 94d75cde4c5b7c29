package org.lastack.core.tcp;

import org.jspecify.annotations.Nullable;

/// What a socket needs for Fast Open (RFC 7413) beyond everything else. Sockets that never hear of it have none.
final class FastOpen {
    /// Values of `tcpi_fastopen_client_fail`.
    static final int COOKIE_UNAVAILABLE = 1;
    static final int DATA_NOT_ACKED = 2;
    static final int SYN_RETRANSMITTED = 3;

    /// A listener counts a connection that was reset before its handshake ended for so long against its limit: whoever sends SYNs in the name of
    /// others makes them send such RSTs (RFC 7413 §5.1).
    private static final long RESET_PENALTY_NS = 60_000_000_000L;

    // Settings
    /// TCP_FASTOPEN_CONNECT: connect() waits for the first write.
    boolean onConnect;
    /// TCP_FASTOPEN_NO_COOKIE.
    boolean noCookie;
    /// TCP_FASTOPEN_KEY of a listener; empty = the host's.
    long[] keys = {};

    // An active open
    /// What the next SYN says.
    final FastOpenCookie cookie = new FastOpenCookie();
    /// connect() has returned and no SYN is sent yet.
    boolean deferred;
    /// Our SYN had the option.
    boolean requested;
    boolean requestedExperimental;
    /// Our SYN had text; the peer has acknowledged all of it.
    boolean synData;
    boolean synDataAcked;
    int clientFail;
    /// This connection began when Fast Open had just been allowed again after a black hole.
    boolean afterBlackHole;
    /// The SYN-ACK came, and nothing since has looked like a black hole.
    boolean answered;

    // A child
    /// It was made by a SYN, whose handshake is not over.
    boolean awaitsAck;
    /// It was made by a SYN.
    boolean child;
    int synAckTimeouts;
    /// Our timestamp when the SYN-ACK went out for the second time.
    int synAckAgainStamp;
    int synAckWindow;
    private @Nullable FastOpen listening;

    // A listener
    /// TCP_FASTOPEN: children whose handshake is not over, and penalties, at most.
    int queueLimit;
    private int pending;
    /// When penalties end, oldest first, in a ring.
    private long[] penalties = {};
    private int penaltyHead;
    private int penaltyCount;

    /// Forgets the attempt before.
    void newAttempt() {
        cookie.clear();
        deferred = false;
        requested = false;
        requestedExperimental = false;
        synData = false;
        synDataAcked = false;
        clientFail = 0;
        answered = false;
        afterBlackHole = false;
        child = false;
        synAckTimeouts = 0;
    }

    /// Children whose handshake is not over, and penalties.
    int pending() {
        return pending + penaltyCount;
    }

    /// Forgets penalties that are over.
    void forgive(long nowNs) {
        while (penaltyCount > 0 && penalties[penaltyHead] <= nowNs) {
            penaltyHead = (penaltyHead + 1) % penalties.length;
            penaltyCount--;
        }
    }

    private void penalize(long nowNs) {
        if (penaltyCount == penalties.length) {
            long[] larger = new long[Math.max(8, 2 * penaltyCount)];
            for (int i = 0; i < penaltyCount; i++) {
                larger[i] = penalties[(penaltyHead + i) % penalties.length];
            }
            penalties = larger;
            penaltyHead = 0;
        }
        penalties[(penaltyHead + penaltyCount) % penalties.length] = nowNs + RESET_PENALTY_NS;
        penaltyCount++;
    }

    /// This is a child of that listener.
    void bornOf(FastOpen listener) {
        child = true;
        awaitsAck = true;
        listening = listener;
        listener.pending++;
    }

    /// The handshake is over, well or not. `reset`: by an RST.
    void handshakeOver(boolean reset, long nowNs) {
        FastOpen listener = listening;
        awaitsAck = false;
        listening = null;
        if (listener != null) {
            listener.pending--;
            if (reset) {
                listener.penalize(nowNs);
            }
        }
    }
}
