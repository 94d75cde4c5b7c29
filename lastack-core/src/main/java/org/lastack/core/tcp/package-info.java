/// TCP. The files follow RFC 9293 §3.10: [org.lastack.core.tcp.TcpSocket] holds the user calls (3.10.1-6), `SegmentArrivesClosed`,
/// `SegmentArrivesListen`, `SegmentArrivesSynSent` and `SegmentArrives` the arriving segments (3.10.7), `Timeouts` the timers (3.10.8).
/// A connection's variables are those of §3.3.1: `snd.una`, `rcv.nxt`, ...
@NullMarked
package org.lastack.core.tcp;

import org.jspecify.annotations.NullMarked;
