package org.lastack.core.tcp;

import org.lastack.core.socket.FieldStream;

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

    /// All fields; see [FieldStream].
    void fold(FieldStream f) {
        irs = f.word(irs);
        nxt = f.number(nxt, irs + 1);
        wnd = f.number(wnd, 0);
        wup = f.number(wup, nxt);
        up = f.number(up, 0);
        scale = (byte) f.number(scale, 0);
        copied = f.number(copied, nxt);
    }

    /// What is left of the window that was advertised: the peer may send so much (SHLD-14: this never shrinks by our doing).
    int window() {
        return Math.max(0, wup + wnd - nxt);
    }

    /// Right edge of the advertised window.
    int edge() {
        return wup + wnd;
    }
}
