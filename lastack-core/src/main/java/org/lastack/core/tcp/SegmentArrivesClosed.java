package org.lastack.core.tcp;

/// RFC 9293 §3.10.7.1: a segment for which there is nothing here.
final class SegmentArrivesClosed {
    private SegmentArrivesClosed() {}

    /// An RST is discarded; everything else is answered by one (§3.5.2, group 1).
    static void process(Tcp tcp, Segment seg) {
        tcp.output().resetFor(seg, TcpState.CLOSED, ResetReason.NO_SOCKET);
    }
}
