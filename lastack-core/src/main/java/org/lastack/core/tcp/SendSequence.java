package org.lastack.core.tcp;

import org.lastack.core.socket.FieldStream;

/// The send sequence variables of RFC 9293 §3.3.1, under its names.
final class SendSequence {
    /// Oldest sequence number that is not acknowledged.
    int una;
    /// Next sequence number to be sent.
    int nxt;
    /// Send window in octets, scaled.
    int wnd;
    /// Send urgent pointer: the octet after the urgent data.
    int up;
    /// Segment sequence number used for the last window update.
    int wl1;
    /// Segment acknowledgment number used for the last window update.
    int wl2;
    /// Initial send sequence number.
    int iss;
    /// Largest window that the peer has ever offered (RFC 9293 §3.8.6.2.1, RFC 5961 §5).
    int maxWnd;
    /// Shift of the windows that we receive (RFC 7323 §2).
    byte scale;
    /// The sequence number after everything that the application has written, FIN not counted.
    int writeEnd;
    /// End of the last segment smaller than the MSS that was sent: Nagle's rule in Minshall's form holds back only behind such a one.
    int smallEnd;

    /// All fields; see [FieldStream].
    void fold(FieldStream f, int rcvNxt) {
        iss = f.word(iss);
        nxt = f.number(nxt, iss + 1);
        una = f.number(una, nxt);
        wnd = f.number(wnd, 0);
        up = f.number(up, una);
        wl1 = f.number(wl1, rcvNxt);
        wl2 = f.number(wl2, una);
        maxWnd = f.number(maxWnd, wnd);
        scale = (byte) f.number(scale, 0);
        writeEnd = f.number(writeEnd, nxt);
        smallEnd = f.number(smallEnd, nxt);
    }

    /// Right edge of the offered window.
    int edge() {
        return una + wnd;
    }
}
