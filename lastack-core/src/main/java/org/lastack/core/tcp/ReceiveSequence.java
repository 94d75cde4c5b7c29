package org.lastack.core.tcp;

/// The receive sequence variables of RFC 9293 §3.3.1, under its names.
final class ReceiveSequence {
    /// Next sequence number expected.
    int nxt;
    /// Receive window as last advertised, in octets.
    int wnd;
    /// RCV.NXT at the time at which [#wnd] was advertised.
    int wup;
    /// Receive urgent pointer: the octet after the urgent data.
    int up;
    /// Initial receive sequence number.
    int irs;
    /// Shift of the windows that we send (RFC 7323 §2).
    byte scale;
    /// Next octet that the application will read.
    int copied;

    /// What is left of the window that was advertised: the peer may send so much (SHLD-14: this never shrinks by our doing).
    int window() {
        return Math.max(0, wup + wnd - nxt);
    }

    /// Right edge of the advertised window.
    int edge() {
        return wup + wnd;
    }
}
