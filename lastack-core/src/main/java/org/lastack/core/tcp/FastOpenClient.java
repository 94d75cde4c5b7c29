package org.lastack.core.tcp;

import org.lastack.core.Counter;
import org.lastack.core.Sysctl;
import org.lastack.wire.IpAddress;

/// Fast Open as a client (RFC 7413 §4.2): text in the SYN where a cookie is known, a request for one where not, and what the SYN-ACK says about both.
final class FastOpenClient {
    /// Bits of `tcp_fastopen`.
    private static final int CLIENT = 1;
    private static final int NO_COOKIE = 4;
    /// Middleboxes add options: this much of a segment is left free in a SYN (Linux's MAX_TCP_OPTION_SPACE).
    private static final int OPTION_SPACE = 40;
    private static final int MOST_DOUBLINGS = 6;

    private final Tcp tcp;
    final FastOpenCache cache;
    /// How often in a row Fast Open was found to be swallowed by the network, and when last.
    private int blackHoles;
    private long blackHoleNs;

    FastOpenClient(Tcp tcp) {
        this.tcp = tcp;
        cache = new FastOpenCache(tcp.engine().entropy());
    }

    boolean enabled() {
        return (tcp.sysctls().getInt(Sysctl.TCP_FASTOPEN) & CLIENT) != 0;
    }

    /// Decides what the next SYN says: sets [FastOpen#cookie] and the MSS that is known of the peer.
    ///
    /// @return true if text may be sent in the SYN
    boolean prepare(Tcb c, FastOpen f) {
        f.cookie.clear();
        FastOpenCache.Entry known = cache.find(c.remoteHigh(), c.remoteLow());
        // RFC 7413 §4.1.3: the MSS of last time, because the peer has not told this time's yet.
        c.peerMss = known != null && known.mss > 0 ? known.mss : c.advertisedMss;
        if (swallowed(f)) {
            return false;
        }
        if ((tcp.sysctls().getInt(Sysctl.TCP_FASTOPEN) & NO_COOKIE) != 0 || f.noCookie) {
            return true;
        }
        if (known != null && known.length > 0) {
            known.copyTo(f.cookie);
            return true;
        }
        f.cookie.request();
        f.cookie.experimental = known != null && known.tryExperimental == 1;
        f.clientFail = FastOpen.COOKIE_UNAVAILABLE;
        return false;
    }

    /// Octets of text that fit the SYN.
    int space(Tcb c) {
        Sending.syncMss(c);
        int mss = c.mss + c.fixedOptions();
        return Math.max(0, mss - OPTION_SPACE);
    }

    /// The SYN-ACK has come, the SYN is off the queue, and what it acknowledges of the text too (RFC 7413 §4.2.1).
    ///
    /// @return true if text of the SYN was not acknowledged: it has been sent again
    boolean synAck(Tcb c, FastOpen f, Sender s, Segment seg) {
        boolean left = f.synData && !s.flight.isEmpty();
        f.answered = true;
        learn(c, f, seg);
        if (left) {
            f.clientFail = c.totalRetransmits > 0 ? FastOpen.SYN_RETRANSMITTED : FastOpen.DATA_NOT_ACKED;
            tcp.count(Counter.TcpExtTCPFastOpenActiveFail);
            tcp.recovery().synTextLost(c, s);
            return true;
        }
        f.synDataAcked = f.synData;
        if (f.synDataAcked) {
            tcp.count(Counter.TcpExtTCPFastOpenActive);
        }
        return false;
    }

    private void learn(Tcb c, FastOpen f, Segment seg) {
        f.cookie.clear();
        int tryExperimental = 0;
        if (f.requested) {
            if (seg.options.fastOpenLength > 0) {
                f.cookie.set(seg.data, seg.options.fastOpenOffset, seg.options.fastOpenLength);
                f.cookie.experimental = seg.options.fastOpenExperimental;
            } else if (seg.options.fastOpenLength < 0 && c.totalRetransmits == 0 && !f.synData) {
                // We asked and got nothing: the other form of the option next time.
                tryExperimental = f.requestedExperimental ? 2 : 1;
            }
        }
        cache.learn(c.remoteHigh(), c.remoteLow(), c.peerMss, f.cookie, tryExperimental);
        f.cookie.clear();
    }

    // ---- black holes: middleboxes that swallow SYNs with text, or what follows them (RFC 7413 §7.1) -----------------------------------------

    private boolean swallowed(FastOpen f) {
        long timeoutNs = tcp.sysctls().get(Sysctl.TCP_FASTOPEN_BLACKHOLE_TIMEOUT) * 1_000_000_000L;
        if (timeoutNs == 0 || blackHoles == 0) {
            return false;
        }
        if (tcp.now() - blackHoleNs < timeoutNs << Math.min(blackHoles - 1, MOST_DOUBLINGS)) {
            return true;
        }
        f.afterBlackHole = true;
        return false;
    }

    /// A retransmission time-out of a connection that used Fast Open. Three in a row, or the end of the connection before: the host goes without for a while.
    void timeout(Connection c, FastOpen f, boolean expired) {
        boolean used = f.requested || f.synData || f.synDataAcked && !f.child;
        if (used && (c.retransmits == 2 || c.retransmits < 2 && expired)) {
            f.answered = false;
            blackHole();
            tcp.count(Counter.TcpExtTCPFastOpenActiveFail);
        }
    }

    /// An RST in the window that is not exact, before any text has come: something on the path resets what it did not see begin.
    void inexactReset(Connection c) {
        FastOpen f = c.fastOpen;
        if (f != null && f.requested && c.dataSegmentsIn == 0 && c.tcpState() == TcpState.ESTABLISHED) {
            f.answered = false;
            blackHole();
        }
    }

    /// The connection ends. A FIN above a hole that nothing filled: the text before it was swallowed. A connection without such signs, after a time of doubt,
    /// ends the doubt.
    void ended(Connection c) {
        FastOpen f = c.fastOpen;
        if (f == null || !f.requested) {
            return;
        }
        Receiver receiver = c.receiver;
        int islands = receiver == null ? 0 : receiver.islands.count();
        if (islands == 1 && receiver != null && receiver.finHeld) {
            blackHole();
        } else if (islands != 1 && f.afterBlackHole && f.answered && !IpAddress.isLoopback(c.remoteHigh(), c.remoteLow())) {
            blackHoles = 0;
        }
        f.requested = false;
    }

    private void blackHole() {
        if (tcp.sysctls().get(Sysctl.TCP_FASTOPEN_BLACKHOLE_TIMEOUT) == 0) {
            return;
        }
        blackHoles++;
        blackHoleNs = tcp.now();
        tcp.count(Counter.TcpExtTCPFastOpenBlackhole);
    }
}
