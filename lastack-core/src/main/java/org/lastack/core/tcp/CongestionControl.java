package org.lastack.core.tcp;

import org.lastack.core.socket.FieldStream;

/// An algorithm that decides how much may be in the network (RFC 9293 §3.8.2, MAY-18). One instance per connection; it reads and sets `cwnd` and
/// `ssthresh` (in segments) through the [Sender] that it is given. Detection of loss, reduction during recovery (PRR) and undo are not its
/// business, except where [#control] takes over everything.
interface CongestionControl {
    /// Reasons to tell an algorithm that something happened.
    enum Event {
        /// First transmission after there was nothing in flight.
        TRANSMIT_START,
        /// The congestion window was restarted after idle time.
        CWND_RESTART,
        /// Recovery has ended.
        COMPLETE_CWR,
        /// A retransmission time-out.
        LOSS,
        /// A segment arrived without CE (for DCTCP).
        ECN_NO_CE,
        /// A segment arrived with CE.
        ECN_IS_CE
    }

    /// Octets of the largest answer to TCP_CC_INFO.
    int INFORMATION = 20;

    /// As TCP_CONGESTION names it.
    String name();

    /// The connection is established, or the algorithm was changed on a running one.
    default void start(Connection c, Sender s) {}

    /// The new ssthresh after a congestion signal, at least 2.
    int ssthresh(Connection c, Sender s);

    /// `acked` segments were delivered outside recovery, the last ACK being `ack`: grow cwnd.
    void increase(Connection c, Sender s, int ack, int acked);

    /// An ACK covered `acked` segments; `rttUs` is the sample or -1.
    default void acknowledged(Connection c, Sender s, int acked, long rttUs, int inFlightBefore) {}

    default void event(Connection c, Sender s, Event event) {}

    /// Loss recovery went into that state (`Sender.OPEN`...).
    default void state(Connection c, Sender s, int newState) {}

    /// The cwnd to return to when a reduction turns out to have been needless.
    default int undoCwnd(Connection c, Sender s) {
        return Math.max(s.cwnd, s.priorCwnd);
    }

    /// ECN echo counts come to the algorithm per ACK (DCTCP): `deliveredCe` of `acked` segments carried CE.
    default void inAck(Connection c, Sender s, boolean ece, int ackedOctets) {}

    /// The segment of that row of the [Flight] is lost, for the first time or again; `s.lost` counts it already.
    default void lost(Connection c, Sender s, int row) {}

    /// True if the algorithm sets cwnd and pacing on every ACK itself (BBR); then [#control] is called instead of [#increase] and PRR.
    default boolean controlsEverything() {
        return false;
    }

    default void control(Connection c, Sender s, int ack, int acked, int newlyLost, long rttUs) {}

    default boolean needsPacing() {
        return false;
    }

    /// Lower bound of segments per super-segment, 0 = the host's.
    default int minTsoSegments(Connection c, Sender s) {
        return 0;
    }

    /// Send buffer per cwnd: Linux uses 2 for Reno and CUBIC, 3 for BBR.
    default int sendBufferFactor() {
        return 2;
    }

    /// See [Tcb#lines].
    default int lines() {
        return 0;
    }

    /// What TCP_CC_INFO answers, in Linux's layout: writes at most [#INFORMATION] octets and returns how many; 0 = the algorithm has nothing to say.
    default int information(Connection c, Sender s, byte[] out) {
        return 0;
    }

    /// Takes part in folding a connection at rest: all fields, in both directions (see [FieldStream]). An algorithm without state has nothing to do.
    default void fold(FieldStream f, Connection c) {}
}
