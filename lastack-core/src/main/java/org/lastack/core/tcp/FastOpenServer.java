package org.lastack.core.tcp;

import org.jspecify.annotations.Nullable;
import org.lastack.core.Counter;
import org.lastack.core.Sysctl;
import org.lastack.wire.TcpHeader;

/// Fast Open as a server (RFC 7413 §4.2): a SYN with a valid cookie makes a connection at once; its text can be read, and answered, before the handshake
/// is over. State per client is the connection itself, and of those a listener has at most TCP_FASTOPEN in that phase (SECURITY R-02). Off unless `tcp_fastopen` says otherwise.
final class FastOpenServer {
    /// Bits of `tcp_fastopen`.
    private static final int SERVER = 2;
    private static final int COOKIE_NOT_NEEDED = 0x200;
    private static final int EVERY_LISTENER = 0x400;
    /// An echo older than the longest time-out is none of ours.
    private static final int MOST_HANDSHAKE_MS = 120_000;

    private final Tcp tcp;
    final FastOpenKeys keys;
    /// What the SYN-ACK to the SYN at hand says.
    final FastOpenCookie reply = new FastOpenCookie();

    FastOpenServer(Tcp tcp) {
        this.tcp = tcp;
        keys = new FastOpenKeys(tcp.sysctls(), tcp.engine().entropy());
    }

    private int mode() {
        return tcp.sysctls().getInt(Sysctl.TCP_FASTOPEN);
    }

    long[] keys(Connection c) {
        FastOpen f = c.fastOpen;
        return f != null && f.keys.length > 0 ? f.keys : keys.ofHost();
    }

    /// A listener has been opened: with bit 0x400 it needs no TCP_FASTOPEN.
    void listening(Connection c, int backlog) {
        if ((mode() & EVERY_LISTENER) != 0 && (mode() & SERVER) != 0 && (c.fastOpen == null || c.fastOpen.queueLimit == 0)) {
            c.fastOpen().queueLimit = backlog;
        }
    }

    /// A SYN for a listener. Sets [#reply].
    ///
    /// @return the connection, if the SYN makes one at once: its SYN-ACK is sent
    @Nullable Tcb open(Tcb socket, Embryo e, Segment seg) {
        reply.clear();
        int length = seg.options.fastOpenLength;
        if (length < 0 && seg.dataLength == 0) {
            return null;
        }
        if (length == FastOpenCookie.REQUEST) {
            tcp.count(Counter.TcpExtTCPFastOpenCookieReqd);
        }
        if ((mode() & SERVER) == 0 || !room(socket.fastOpen)) {
            return null;
        }
        reply.experimental = seg.options.fastOpenExperimental;
        if ((mode() & COOKIE_NOT_NEEDED) != 0 || socket.fastOpen().noCookie) {
            return child(socket, e, seg);
        }
        if (length < 0) {
            return null;
        }
        long[] all = keys(socket);
        int verdict = length == FastOpenCookie.REQUEST ? FastOpenKeys.WRONG : FastOpenKeys.check(all, seg);
        if (verdict != FastOpenKeys.RIGHT) {
            // RFC 7413 §4.1.2: who asks, or has one that is no longer good, gets one; the SYN is an ordinary one then.
            FastOpenKeys.make(all, seg, reply);
        }
        if (verdict == FastOpenKeys.WRONG) {
            if (length > 0) {
                tcp.count(Counter.TcpExtTCPFastOpenPassiveFail);
            }
            return null;
        }
        if (verdict == FastOpenKeys.OLD_KEY) {
            tcp.count(Counter.TcpExtTCPFastOpenPassiveAltKey);
        }
        return child(socket, e, seg);
    }

    private boolean room(@Nullable FastOpen listener) {
        if (listener == null || listener.queueLimit == 0) {
            return false;
        }
        if (listener.pending() < listener.queueLimit) {
            return true;
        }
        listener.forgive(tcp.now());
        if (listener.pending() < listener.queueLimit) {
            return true;
        }
        tcp.count(Counter.TcpExtTCPFastOpenListenOverflow);
        return false;
    }

    private @Nullable Tcb child(Tcb socket, Embryo e, Segment seg) {
        if (tcp.memoryExhausted()) {
            tcp.count(Counter.TcpExtTCPFastOpenPassiveFail);
            return null;
        }
        Tcb c = socket.newborn(e);
        FastOpen f = c.fastOpen();
        f.bornOf(socket.fastOpen());
        if (reply.present()) {
            f.cookie.set(reply.octets, 0, reply.length);
            f.cookie.experimental = reply.experimental;
        }
        c.segmentsIn++;
        // RFC 7323 §2.2: the window of a SYN is not scaled.
        c.snd.wnd = seg.window;
        c.snd.maxWnd = seg.window;
        c.snd.wl1 = seg.seq;
        c.snd.wl2 = e.iss;
        c.prepare();
        takeText(c, f, seg);
        tcp.count(Counter.TcpExtTCPFastOpenPassive);
        tcp.count(Counter.TcpPassiveOpens);
        sendSynAck(c);
        c.retransmitTimer(Connection.TIMER_RETRANSMIT, tcp.now() + RoundTrip.INITIAL_RTO_US * 1000L);
        return c;
    }

    /// RFC 7413 §4.2.2: the text of the SYN is for the reader, and acknowledged by the SYN-ACK. As in Linux it does not bear on the window of the SYN-ACK.
    private void takeText(Tcb c, FastOpen f, Segment seg) {
        int octets = Math.min(seg.dataLength, c.rcv.wnd);
        if (octets <= 0) {
            return;
        }
        c.receiver().bytes.write(0, seg.data, seg.dataOffset, octets);
        c.rcv.nxt += octets;
        c.rcv.wup = c.rcv.nxt;
        c.bytesReceived += octets;
        c.dataSegmentsIn++;
        c.lastReceiveNs = tcp.now();
        f.synDataAcked = true;
    }

    private void sendSynAck(Tcb c) {
        int flags = TcpHeader.SYN | TcpHeader.ACK | (c.ecn ? TcpHeader.ECE : 0);
        // It always says what it said first; what was promised since with text and ACKs stands (RFC 9293 §3.8.6, SHLD-14).
        FastOpen f = c.fastOpen();
        int promised = c.rcv.wnd;
        if (f.synAckTimeouts == 0 && c.totalRetransmits == 0) {
            f.synAckWindow = promised;
        }
        c.rcv.wnd = f.synAckWindow;
        tcp.output().segment(c, flags, c.snd.iss, 0, 0);
        c.rcv.wnd = promised;
    }

    /// A segment for a child whose handshake is not over (RFC 9293 §3.10.7.4 as it applies to SYN-RECEIVED): sequence, RST, SYN, ACK.
    ///
    /// @return true if it carries the ACK that ends the handshake, and is to be processed like any other
    boolean expected(Tcb c, Segment seg) {
        boolean stamps = c.timestamps && seg.options.hasTimestamps;
        boolean tooOld = stamps && !seg.rst() && Seq.lt(seg.options.timestampValue, c.tsRecent);
        boolean first = seg.seq == c.rcv.irs;
        if (seg.syn() && !seg.hasAck() && !seg.rst() && !seg.fin() && first && !tooOld) {
            // The SYN again: the SYN-ACK again (RFC 7413 §4.2.2), its text is known.
            if (!tcp.limited(c)) {
                synAckAgain(c);
            }
            return false;
        }
        int edge = c.rcv.nxt + c.rcv.wnd;
        boolean inWindow = seg.seq == c.rcv.nxt || Seq.gt(seg.end(), c.rcv.nxt) && Seq.lt(seg.seq, edge);
        if (tooOld || !inWindow) {
            if (!seg.rst() && !tcp.limited(c)) {
                tcp.output().ack(c);
            }
            return false;
        }
        if (seg.rst()) {
            tcp.count(Counter.TcpAttemptFails);
            if (seg.seq != c.rcv.nxt) {
                tcp.challenge(c);
                return false;
            }
            over(c, true);
            tcp.reset(c, org.lastack.core.Errno.ECONNRESET);
            return false;
        }
        if (seg.syn() && !first) {
            tcp.count(Counter.TcpAttemptFails);
            tcp.output().resetFor(seg, TcpState.SYN_RECEIVED, ResetReason.SECOND_SYN);
            return false;
        }
        return seg.hasAck();
    }

    private void synAckAgain(Tcb c) {
        tcp.count(Counter.TcpExtTCPSynRetrans);
        tcp.count(Counter.TcpRetransSegs);
        c.totalRetransmits++;
        sendSynAck(c);
    }

    /// The ACK that ends the handshake has come.
    ///
    /// @return false if it acknowledges something else: the RST is sent
    boolean acknowledged(Tcb c, Segment seg) {
        if (Seq.lt(seg.ack, c.snd.una) || Seq.gt(seg.ack, c.snd.nxt)) {
            tcp.output().resetFor(seg, TcpState.SYN_RECEIVED, ResetReason.BAD_ACK);
            return false;
        }
        over(c, false);
        c.tcp.lastEcho(seg.options.hasTimestamps, seg.options.timestampEcho);
        sample(c, seg);
        Sender s = c.sender;
        if (s != null) {
            tcp.recovery().handshakeOver(c, s);
        }
        c.retransmits = 0;
        c.backoff = 0;
        c.retransmitSinceNs = 0;
        c.snd.wl1 = seg.seq;
        c.snd.wl2 = seg.ack;
        c.snd.wnd = seg.window << c.snd.scale;
        c.snd.maxWnd = Math.max(c.snd.maxWnd, c.snd.wnd);
        c.lastAckReceivedNs = tcp.now();
        c.retransmitKind = Connection.TIMER_NONE;
        if (s == null) {
            c.retransmitTimer(Connection.TIMER_NONE, Connection.never());
        } else {
            Timeouts.rearmRetransmit(c, s);
        }
        if (c.tcpState() == TcpState.SYN_RECEIVED) {
            c.enter(TcpState.ESTABLISHED);
            if ((c.shutdownMask() & org.lastack.core.socket.InetSocket.SEND_SHUTDOWN) != 0) {
                c.shutdown(org.lastack.core.socket.InetSocket.SHUT_WR);
            }
            c.raise(org.lastack.core.socket.InetSocket.POLLOUT);
            Timeouts.startKeepalive(c);
        }
        return true;
    }

    /// RFC 6298 §5.7 and RFC 7323 §4.1: what the handshake says of the round trip; nothing, if the SYN-ACK went more than once and nobody echoes which.
    private void sample(Tcb c, Segment seg) {
        if (c.srttUs8 != 0) {
            return;
        }
        if (c.totalRetransmits == 0) {
            RoundTrip.sample(c, Math.max(1, (tcp.now() - c.openedNs) / 1000));
        } else if (c.timestamps && tcp.lastEchoPresent()) {
            int deltaMs = tcp.timestamp(c.tsOffset) - seg.options.timestampEcho;
            if (deltaMs >= 0 && deltaMs < MOST_HANDSHAKE_MS) {
                RoundTrip.sample(c, Math.max(1, deltaMs) * 1000L);
            }
        } else {
            RoundTrip.withoutHandshakeSample(c);
        }
    }

    /// The SYN-ACK's retransmission timer. Nothing else goes out again before it is acknowledged; one more try than for ordinary connections, as in Linux.
    void timeout(Tcb c) {
        FastOpen f = c.fastOpen();
        int most = (c.synRetries > 0 ? c.synRetries : tcp.sysctls().getInt(Sysctl.TCP_SYNACK_RETRIES)) + 1;
        if (f.synAckTimeouts >= most) {
            Timeouts.giveUp(c);
            return;
        }
        f.synAckTimeouts++;
        tcp.count(Counter.TcpExtTCPTimeouts);
        if (f.synAckTimeouts == 1) {
            f.synAckAgainStamp = tcp.timestamp(c.tsOffset);
        } else if (f.synAckTimeouts == 2) {
            // As for ordinary children: one loss is forgiven, a second one means one segment, and what is in flight is believed lost (Linux). An echo of the
            // first SYN-ACK undoes it.
            Sender s = c.sender();
            tcp.recovery().timeout(c, s);
            s.frto = false;
            s.retransmitStamped = true;
            s.retransmitStamp = f.synAckAgainStamp;
        }
        c.retransmits++;
        synAckAgain(c);
        long delay = Math.min((long) RoundTrip.INITIAL_RTO_US << f.synAckTimeouts, RoundTrip.maxRtoUs(c));
        c.retransmitTimer(Connection.TIMER_RETRANSMIT, tcp.now() + delay * 1000);
    }

    /// The handshake of a child is over, or the child.
    void over(Connection c, boolean reset) {
        FastOpen f = c.fastOpen;
        if (f != null && f.awaitsAck) {
            f.handshakeOver(reset, tcp.now());
        }
    }
}
