package org.lastack.core.tcp;

import org.jspecify.annotations.Nullable;
import org.lastack.core.Counter;
import org.lastack.core.Errno;
import org.lastack.core.Sysctl;
import org.lastack.core.ip.Route;
import org.lastack.core.socket.FieldStream;
import org.lastack.core.socket.Msg;
import org.lastack.core.socket.Owner;
import org.lastack.core.socket.PortTable;
import org.lastack.core.socket.SocketEvents;
import org.lastack.core.socket.SocketOptions;
import org.lastack.wire.IpAddress;
import org.lastack.wire.TcpHeader;

/// Everything that there is of a TCP socket: the transmission control block of [Connection] and the user calls, which [TcpSocket] passes on.
final class Tcb extends UserTransfer {
    private TcpSocket handle;
    /// Where [Folding] has this connection among the open ones, -1 = nowhere.
    int openIndex = -1;
    /// Something has happened since [Folding]'s hand last came by.
    boolean touched;
    /// It was folded once and unfolded.
    boolean returned;

    Tcb(Tcp tcp, int domain, Owner owner) {
        super(tcp, domain, owner);
        handle = new TcpSocket(this);
    }

    @Override
    protected TcpSocket handle() {
        return handle;
    }

    /// This object has become the open state of that socket's connection.
    void handle(TcpSocket socket) {
        handle = socket;
    }

    void belongsTo(Owner owner, @Nullable SocketEvents receiver) {
        belongTo(owner, receiver);
    }

    @Nullable SocketEvents events() {
        return events;
    }

    /// All fields, in both directions (see [FieldStream]).
    void fold(FieldStream f) {
        foldSocket(f);
        foldConnection(f);
        foldUserOpen(f);
        foldUserTransfer(f);
        if (f.bit(sender != null)) {
            Sender s = sender;
            if (s == null) {
                s = tcp.folding().sender(this);
                sender(s);
            }
            s.fold(f, this);
            s.control.fold(f, this);
        }
    }

    /// Reads a word of each cache line that a segment or a call will need (see [Lookahead]), as far as these lines can be read without waiting for others.
    ///
    /// @return something that depends on all of them, so that no compiler leaves them out
    int lines() {
        return (int) localLow + error + localPort + (int) delayedAckDeadlineNs + (int) lastSendNs + (int) bytesSent + mss + ackTimeoutUs + segmentsIn + rtoMinUs
                + openIndex;
    }

    /// As [#lines], of the objects to which those lines lead.
    int linesBehind() {
        Sender s = sender;
        Flight queue = flight;
        ByteRing ring = sendBytes;
        CongestionControl algorithm = control;
        return snd.una + rcv.nxt + (s == null ? 0 : s.lines()) + (queue == null ? 0 : queue.lines()) + (ring == null ? 0 : ring.lines())
                + (algorithm == null ? 0 : algorithm.lines());
    }

    static boolean folded(byte[] row, long lHigh, long lLow, int lPort, long rHigh, long rLow, int rPort) {
        return namedSo(row, lHigh, lLow, lPort, rHigh, rLow, rPort);
    }

    boolean isFor(long lHigh, long lLow, int lPort, long rHigh, long rLow, int rPort) {
        return remotePort == rPort && localPort == lPort && remoteLow == rLow && localLow == lLow && remoteHigh == rHigh && localHigh == lHigh;
    }

    @Override
    protected PortTable portTable() {
        return tcp.ports();
    }

    @Override
    public boolean listening() {
        return tcpState() == TcpState.LISTEN;
    }

    // ---- STATUS (RFC 9293 §3.10.6) ------------------------------------------------------------------------------------------------------

    public TcpState state() {
        return tcpState();
    }

    /// SIOCINQ: octets that can be read, urgent octet and FIN aside.
    public int unreadOctets() {
        int unread = unread();
        if (urgentState == Receiving.URGENT_VALID && !option(OOBINLINE) && Seq.ge(urgentSeq, rcv.copied) && Seq.lt(urgentSeq, rcv.nxt)) {
            // The count goes up to the urgent mark.
            return urgentSeq - rcv.copied;
        }
        return unread;
    }

    /// SIOCOUTQ: octets written and not acknowledged, a FIN counting as one. During the handshake it is 0; after the connection has ended, what
    /// was outstanding then, as in Linux.
    public int unackedOctets() {
        return switch (tcpState()) {
            case SYN_SENT, SYN_RECEIVED -> 0;
            case CLOSED, LISTEN, TIME_WAIT -> outstandingAtEnd;
            case ESTABLISHED, FIN_WAIT_1, FIN_WAIT_2, CLOSE_WAIT, CLOSING, LAST_ACK -> outstanding();
        };
    }

    /// The congestion window in segments; the initial window as long as nothing was sent.
    public int congestionWindow() {
        Sender s = sender;
        return s == null ? Congestion.INITIAL_WINDOW : s.cwnd;
    }

    /// The smoothed round-trip time in microseconds, 0 = not measured yet.
    public int smoothedRttUs() {
        return srttUs8 >> 3;
    }

    /// SIOCOUTQNSD: octets written and not sent.
    public int unsentOctets() {
        return unsent();
    }

    /// SIOCATMARK: the next octet is the urgent one (RFC 9293 §3.8.5, MUST-33).
    public boolean atMark() {
        return urgentState != Receiving.URGENT_NONE && rcv.copied == urgentSeq;
    }

    @Override
    public int poll() {
        TcpState state = tcpState();
        if (state == TcpState.LISTEN) {
            return listenerState().queued() > 0 ? POLLIN : 0;
        }
        int mask = 0;
        if (shutdownMask == (RCV_SHUTDOWN | SEND_SHUTDOWN) || state == TcpState.CLOSED) {
            mask |= POLLHUP;
        }
        if ((shutdownMask & RCV_SHUTDOWN) != 0) {
            mask |= POLLIN | POLLRDHUP;
        }
        if (connectDeferred()) {
            // The first write sends the SYN.
            mask |= POLLOUT;
        }
        if (state != TcpState.SYN_SENT && (state != TcpState.SYN_RECEIVED || awaitsHandshake())) {
            int target = receiveLowWater;
            if (urgentState != Receiving.URGENT_NONE && urgentSeq == rcv.copied && !option(OOBINLINE)) {
                target++;
            }
            if (readable(target)) {
                mask |= POLLIN;
            }
            if ((shutdownMask & SEND_SHUTDOWN) != 0 || writeable()) {
                mask |= POLLOUT;
            } else {
                waitForSpace();
            }
            if (urgentState == Receiving.URGENT_VALID) {
                mask |= POLLPRI;
            }
        }
        if (error != 0 || errorQueued()) {
            mask |= POLLERR;
        }
        return mask;
    }

    // ---- CLOSE (RFC 9293 §3.10.4), shutdown, ABORT (§3.10.5) ------------------------------------------------------------------------------------------

    /// shutdown(2): SHUT_WR sends FIN after what is queued, SHUT_RD only makes readers see end of file, on a listener SHUT_RD ends LISTEN.
    public int shutdown(int how) {
        if (how < SHUT_RD || how > SHUT_RDWR) {
            return -Errno.EINVAL;
        }
        int mask = how + 1;
        if (socketState == CONNECTING) {
            socketState = tcpState() == TcpState.SYN_SENT || tcpState() == TcpState.SYN_RECEIVED || tcpState() == TcpState.CLOSED ? DISCONNECTING : CONNECTED;
        }
        int result = 0;
        switch (tcpState()) {
            case LISTEN -> {
                if ((mask & RCV_SHUTDOWN) != 0) {
                    disconnect();
                }
            }
            case SYN_SENT -> disconnect();
            case CLOSED -> {
                shutdownMask |= mask;
                result = -Errno.ENOTCONN;
            }
            // The FIN of a simultaneous open waits for ESTABLISHED (Linux).
            case SYN_RECEIVED -> shutdownMask |= mask;
            case ESTABLISHED, FIN_WAIT_1, FIN_WAIT_2, CLOSE_WAIT, CLOSING, LAST_ACK, TIME_WAIT -> {
                shutdownMask |= mask;
                if ((mask & SEND_SHUTDOWN) != 0) {
                    sendFin();
                }
            }
        }
        raise(POLLIN | POLLOUT | POLLRDHUP | POLLHUP);
        return result;
    }

    /// Queues a FIN behind what is written (RFC 9293 §3.10.4): ESTABLISHED goes to FIN-WAIT-1, CLOSE-WAIT to LAST-ACK, other states have sent theirs.
    private void sendFin() {
        switch (tcpState()) {
            case ESTABLISHED, SYN_RECEIVED -> {
                if (firstCloser == 0) {
                    firstCloser = 1;
                }
                enter(TcpState.FIN_WAIT_1);
            }
            case CLOSE_WAIT -> enter(TcpState.LAST_ACK);
            case CLOSED, LISTEN, SYN_SENT, FIN_WAIT_1, FIN_WAIT_2, CLOSING, LAST_ACK, TIME_WAIT -> {
                return;
            }
        }
        finQueued = true;
        tcp.wantOutput(this);
    }

    /// The last descriptor is closed. Unread octets or SO_LINGER 0 give RST (RFC 9293 §3.6.1, SHLD-3), else FIN; the connection lives on as an orphan.
    /// With SO_LINGER above 0 the caller may wait for [#closeDone].
    public int close() {
        if (closed) {
            return -Errno.EBADF;
        }
        closed = true;
        boolean unreadData = unread() > 0;
        shutdownMask = RCV_SHUTDOWN | SEND_SHUTDOWN;
        if (tcpState() == TcpState.LISTEN) {
            stopListening();
            enter(TcpState.CLOSED);
        } else if (tcpState() != TcpState.CLOSED) {
            closeConnection(unreadData);
        }
        Receiver present = receiver;
        if (tcpState() == TcpState.CLOSED || present == null || present.islands.isEmpty()) {
            purgeReceive();
        }
        // Else what waits above a hole stays: it is reported by SACK as long as the connection lives.
        if (tcpState() == TcpState.CLOSED) {
            destroy();
            return 0;
        }
        orphan = true;
        tcp.orphaned();
        if (tcpState() == TcpState.FIN_WAIT_2) {
            tcp.orphanInFinWait2(this);
        } else if (tcp.tooManyOrphans()) {
            tcp.count(Counter.TcpExtTCPAbortOnMemory);
            tcp.output().reset(this, ResetReason.ORPHANS);
            tcp.done(this);
        } else if (tcpState() == TcpState.SYN_SENT) {
            tcp.done(this);
        }
        return 0;
    }

    private void closeConnection(boolean unreadData) {
        if (unreadData) {
            tcp.count(Counter.TcpExtTCPAbortOnClose);
            if (tcpState().synchronizedState() || awaitsHandshake()) {
                tcp.output().reset(this, ResetReason.UNREAD);
            }
            tcp.done(this);
        } else if (option(LINGER) && lingerSeconds == 0) {
            tcp.count(Counter.TcpExtTCPAbortOnData);
            disconnectNow(ResetReason.LINGER);
        } else {
            sendFin();
        }
    }

    /// True when nothing of the connection is left to wait for after [#close]: its FIN is acknowledged, or it is gone (SO_LINGER).
    public boolean closeDone() {
        return switch (tcpState()) {
            case FIN_WAIT_1, CLOSING, LAST_ACK -> false;
            case CLOSED, LISTEN, SYN_SENT, SYN_RECEIVED, ESTABLISHED, FIN_WAIT_2, CLOSE_WAIT, TIME_WAIT -> true;
        };
    }

    /// SO_LINGER in seconds, -1 = off.
    public int lingerSeconds() {
        return lingerOption();
    }

    /// ABORT: RST at once, whatever is queued is lost.
    public void abort() {
        if (tcpState().synchronizedState() || tcpState() == TcpState.SYN_RECEIVED) {
            tcp.output().reset(this, ResetReason.ABORTED);
        }
        if (tcpState() == TcpState.LISTEN) {
            stopListening();
        }
        if (tcpState() != TcpState.CLOSED) {
            error(Errno.ECONNABORTED);
            tcp.done(this);
        }
    }

    /// Our FIN is acknowledged.
    void finWait2() {
        shutdownMask |= SEND_SHUTDOWN;
        raise(POLLOUT | POLLHUP);
    }

    /// How long an orphan stays in FIN-WAIT-2: TCP_LINGER2 or `tcp_fin_timeout`; negative = not at all.
    long finWait2Ms() {
        if (linger2Seconds < 0) {
            return -1;
        }
        long seconds = linger2Seconds > 0 ? linger2Seconds : tcp.sysctls().get(Sysctl.TCP_FIN_TIMEOUT);
        long rtoMs = ((long) rtoUs << 2) - (rtoUs >> 1);
        return Math.max(seconds * 1000, rtoMs / 1000);
    }

    // ---- for the protocol --------------------------------------------------------------------------------------------------------------------------

    /// The address family of the peer is IPv4 although the socket is AF_INET6.
    public boolean mapped() {
        return domain() == AF_INET6 && IpAddress.isV4(remoteHigh, remoteLow);
    }

    /// Sets an option; levels SOL_SOCKET, IPPROTO_IP, IPPROTO_IPV6 and IPPROTO_TCP, values in Linux's layout. 0 or a negative errno.
    public int setOption(int level, int name, byte[] value, int offset, int length) {
        return level == TcpOptionCalls.IPPROTO_TCP ? TcpOptionCalls.set(this, name, value, offset, length)
                : tcp.engine().socketOptions().set(this, level, name, value, offset, length);
    }

    /// Writes an option's value; returns its octets or a negative errno.
    public int getOption(int level, int name, byte[] out, int offset, int room) {
        return level == TcpOptionCalls.IPPROTO_TCP ? TcpOptionCalls.get(this, name, out, offset, room)
                : tcp.engine().socketOptions().get(this, level, name, out, offset, room);
    }

    /// [#setOption] with an `int`.
    public int setInt(int level, int name, int value) {
        byte[] octets = new byte[4];
        org.lastack.core.socket.OptionBytes.put32(octets, 0, value);
        return setOption(level, name, octets, 0, 4);
    }

    /// [#getOption] of an `int`: its value, or a negative errno.
    public int getInt(int level, int name) {
        byte[] octets = new byte[4];
        int length = getOption(level, name, octets, 0, 4);
        return length < 0 ? length : org.lastack.core.socket.OptionBytes.int32(octets, 0);
    }

    /// The state of the connection in numbers (RFC 9293 §3.10.6; Linux's TCP_INFO).
    public TcpInfo info() {
        return TcpInfo.of(this);
    }

    /// When the text that was read last had arrived, in the engine's time.
    long lastReceivedNs() {
        return lastReceiveNs;
    }

    @Override
    protected int beginStampKeys(boolean fromWritten) {
        if (tcpState() == TcpState.CLOSED || tcpState() == TcpState.LISTEN) {
            return -Errno.EINVAL;
        }
        notices().stampBase = fromWritten ? snd.writeEnd : snd.una;
        return 0;
    }

    final long windowLimitedNs() {
        return sender == null || sender.chronoKind != Chronograph.RWND_LIMITED ? 0 : tcp.now() - sender.chronoStartNs;
    }

    @Override
    protected void optionSet(int level, int name) {
        if (level == SocketOptions.SOL_SOCKET && name == SocketOptions.SO_KEEPALIVE) {
            if (option(KEEPALIVE)) {
                Timeouts.startKeepalive(this);
            } else {
                keepaliveTimer(never());
            }
        }
    }

    void verify() {
        if (Seq.gt(snd.una, snd.nxt)) {
            throw new IllegalStateException("SND.UNA beyond SND.NXT on " + this);
        }
        Sender s = sender;
        if (s != null) {
            s.flight.verify();
            if (s.inFlight() > s.flight.packetsOut() + s.flight.retransmittedOut() || s.inFlight() < 0) {
                throw new IllegalStateException("in flight " + s.inFlight() + " of " + s.flight.packetsOut() + " on " + this);
            }
            if (!s.flight.isEmpty() && s.flight.end(s.flight.tail - 1) != snd.nxt) {
                throw new IllegalStateException("the retransmission queue does not end at SND.NXT on " + this);
            }
            if (!s.flight.isEmpty() && retransmitDeadlineNs == never()) {
                throw new IllegalStateException("in flight without a timer: " + this);
            }
        }
    }

    @Override
    public String toString() {
        return tcpState() + " " + new IpAddress(localHigh, localLow).withPort(localPort) + " " + new IpAddress(remoteHigh, remoteLow).withPort(remotePort);
    }
}
