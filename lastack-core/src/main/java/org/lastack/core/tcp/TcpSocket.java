package org.lastack.core.tcp;

import org.jspecify.annotations.Nullable;
import org.lastack.core.Counter;
import org.lastack.core.Errno;
import org.lastack.core.Sysctl;
import org.lastack.core.ip.Route;
import org.lastack.core.socket.Msg;
import org.lastack.core.socket.Owner;
import org.lastack.core.socket.PortTable;
import org.lastack.core.socket.SocketOptions;
import org.lastack.wire.IpAddress;
import org.lastack.wire.TcpHeader;

/// A TCP socket: the user calls of RFC 9293 §3.9.1 and §3.10.1-6 (OPEN, SEND, RECEIVE, CLOSE, ABORT, STATUS) with the results and errno values of
/// Linux. Calls never block; `>= 0` is success, a negative result an errno. Use under the host's lock; after a call, drain the engine's output.
public final class TcpSocket extends Connection implements Tuple {
    /// States of the socket as opposed to the connection, as Linux's `SS_*`: they decide what a repeated connect() returns.
    private static final byte UNCONNECTED = 0;
    private static final byte CONNECTING = 1;
    private static final byte CONNECTED = 2;
    private static final byte DISCONNECTING = 3;

    private byte socketState = UNCONNECTED;
    private int acceptErrno;
    private boolean noSpace;
    private boolean closed;
    private String congestion = "";
    int tableHash;
    boolean inTable;

    TcpSocket(Tcp tcp, int domain, Owner owner) {
        super(tcp, domain, owner);
        receiveBuffer = tcp.sysctls().getInt(Sysctl.TCP_RMEM_DEFAULT);
        sendBuffer = tcp.sysctls().getInt(Sysctl.TCP_WMEM_DEFAULT);
        congestion = tcp.sysctls().congestionControl();
        openedNs = tcp.now();
        stateSinceNs = openedNs;
        if (domain == AF_INET6 && tcp.sysctl(Sysctl.IPV6_BINDV6ONLY)) {
            option(V6ONLY, true);
        }
    }

    @Override
    public boolean isFor(long lHigh, long lLow, int lPort, long rHigh, long rLow, int rPort) {
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

    /// SIOCOUTQ: octets written and not acknowledged.
    public int unackedOctets() {
        return unacknowledged();
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
        if (state != TcpState.SYN_SENT && state != TcpState.SYN_RECEIVED) {
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
                noSpace = true;
            }
            if (urgentState == Receiving.URGENT_VALID) {
                mask |= POLLPRI;
            }
        }
        if (error != 0) {
            mask |= POLLERR;
        }
        return mask;
    }

    /// Enough to read, or so much that more will not come.
    private boolean readable(int target) {
        int available = rcv.nxt - rcv.copied - (finReceived ? 1 : 0);
        return available > 0 && (available >= target || rcv.window() <= receiveMss);
    }

    private int queued() {
        return unacknowledged();
    }

    private boolean writeable() {
        int queued = queued();
        long limit = notSentLowWater >= 0 ? notSentLowWater : tcp.sysctls().get(Sysctl.TCP_NOTSENT_LOWAT);
        return sendBuffer - queued >= queued >> 1 && sendBuffer > queued && unsent() < limit;
    }

    boolean waitingForBuffer() {
        return noSpace;
    }

    // ---- bind, listen, accept -------------------------------------------------------------------------------------------------------------

    /// Binds to an address and port; port 0 lets the stack choose. EINVAL if bound already.
    public int bind(long high, long low, int port) {
        if (tcpState() != TcpState.CLOSED || localPort != 0) {
            return -Errno.EINVAL;
        }
        return tcp.ports().bind(this, high, low, port);
    }

    /// Passive OPEN (RFC 9293 §3.10.1). On a listening socket changes the backlog. Admits `backlog + 1` connections, as Linux does.
    public int listen(int backlog) {
        TcpState state = tcpState();
        if (socketState != UNCONNECTED || state != TcpState.CLOSED && state != TcpState.LISTEN) {
            return -Errno.EINVAL;
        }
        int limit = Math.max(0, Math.min(backlog, tcp.sysctls().getInt(Sysctl.SOMAXCONN)));
        if (state == TcpState.LISTEN) {
            listenerState().backlog = limit;
            return 0;
        }
        if (localPort == 0) {
            int bound = tcp.ports().autobind(this);
            if (bound < 0) {
                return bound;
            }
        }
        int allowed = tcp.ports().listen(this);
        if (allowed < 0) {
            return allowed;
        }
        listener = new Listener(limit);
        shutdownMask = 0;
        enter(TcpState.LISTEN);
        tcp.addListener(this);
        return 0;
    }

    Listener listenerState() {
        Listener present = listener;
        if (present == null) {
            throw new IllegalStateException("not listening");
        }
        return present;
    }

    /// The oldest complete connection, or null: then [#acceptError] says why.
    public @Nullable TcpSocket accept() {
        Listener present = listener;
        if (present == null || tcpState() != TcpState.LISTEN) {
            acceptErrno = Errno.EINVAL;
            return null;
        }
        TcpSocket child = present.take();
        if (child == null) {
            acceptErrno = Errno.EAGAIN;
            return null;
        }
        present.accepted++;
        present.lastAcceptNs = tcp.now();
        child.parent = null;
        child.socketState = CONNECTED;
        return child;
    }

    /// Why [#accept] returned null: a positive errno.
    public int acceptError() {
        return acceptErrno;
    }

    /// The child of a completed handshake, with the listener's options.
    TcpSocket child(Embryo e, Segment seg) {
        TcpSocket child = new TcpSocket(tcp, domain(), owner());
        inherit(child);
        child.passiveOpen = true;
        child.parent = this;
        child.localName(e.localHigh, e.localLow, e.localPort);
        child.remoteName(e.remoteHigh, e.remoteLow, e.remotePort);
        child.enter(TcpState.SYN_RECEIVED);
        child.snd.iss = e.iss;
        child.snd.una = e.iss + 1;
        child.snd.nxt = e.iss + 1;
        child.snd.up = e.iss + 1;
        child.snd.writeEnd = e.iss + 1;
        child.snd.smallEnd = e.iss + 1;
        child.snd.scale = e.has(Embryo.WINDOW_SCALING) ? e.peerScale : 0;
        child.rcv.irs = e.irs;
        child.rcv.nxt = e.irs + 1;
        child.rcv.wup = e.irs + 1;
        child.rcv.copied = e.irs + 1;
        child.rcv.wnd = e.window;
        child.rcv.scale = e.has(Embryo.WINDOW_SCALING) ? e.scale : 0;
        child.urgentSeq = child.rcv.copied;
        child.lastAckSent = child.rcv.nxt;
        child.windowScaling = e.has(Embryo.WINDOW_SCALING);
        child.timestamps = e.has(Embryo.TIMESTAMPS);
        child.sackPermitted = e.has(Embryo.SACK);
        child.ecn = e.has(Embryo.ECN);
        child.tsOffset = e.tsOffset;
        child.tsRecent = e.tsRecent;
        child.tsRecentStampNs = tcp.now();
        child.peerMss = e.mss;
        child.advertisedMss = e.advertisedMss & 0xffff;
        child.totalRetransmits = e.retransmits;
        child.openedNs = e.bornNs;
        tcp.ports().child(this, child);
        tcp.enterTable(child);
        if (e.lastSynAckNs != 0 && e.retransmits == 0) {
            RoundTrip.sample(child, Math.max(1, (tcp.now() - e.lastSynAckNs) / 1000));
        }
        // The ACK of the SYN-ACK (RFC 9293 §3.10.7.4, fifth step, SYN-RECEIVED).
        child.snd.wl1 = seg.seq;
        child.snd.wl2 = seg.ack;
        child.snd.wnd = seg.window << child.snd.scale;
        child.snd.maxWnd = child.snd.wnd;
        child.lastAckReceivedNs = tcp.now();
        child.enter(TcpState.ESTABLISHED);
        child.synLost = e.retransmits > 1;
        child.prepare();
        Timeouts.startKeepalive(child);
        return child;
    }

    private void inherit(TcpSocket child) {
        child.inheritOptions(this);
        child.noDelay = noDelay;
        child.cork = cork;
        child.userTimeoutMs = userTimeoutMs;
        child.keepIdleSeconds = keepIdleSeconds;
        child.keepIntervalSeconds = keepIntervalSeconds;
        child.keepProbes = keepProbes;
        child.linger2Seconds = linger2Seconds;
        child.notSentLowWater = notSentLowWater;
        child.userMss = userMss;
        child.windowClamp = windowClamp;
        child.congestion = congestion;
        child.quickAckPersistent = quickAckPersistent;
    }

    void raiseParent(TcpSocket listeningSocket) {
        listeningSocket.raise(POLLIN);
    }

    // ---- active OPEN (RFC 9293 §3.10.1) -----------------------------------------------------------------------------------------------------

    /// Connects. 0 = connected now; -EINPROGRESS: wait for POLLOUT and call again or read SO_ERROR; -EALREADY, -EISCONN and the error of a failed
    /// attempt as Linux returns them.
    public int connect(long high, long low, int port) {
        switch (socketState) {
            case CONNECTED -> {
                return -Errno.EISCONN;
            }
            case CONNECTING -> {
                if (tcpState() == TcpState.SYN_SENT || tcpState() == TcpState.SYN_RECEIVED) {
                    return -Errno.EALREADY;
                }
            }
            case UNCONNECTED -> {
                if (tcpState() != TcpState.CLOSED) {
                    return -Errno.EISCONN;
                }
                int begun = open(high, low, port);
                if (begun < 0) {
                    return begun;
                }
                socketState = CONNECTING;
                if (tcpState() == TcpState.SYN_SENT || tcpState() == TcpState.SYN_RECEIVED) {
                    return -Errno.EINPROGRESS;
                }
            }
            default -> {
                return -Errno.EINVAL;
            }
        }
        if (tcpState() == TcpState.CLOSED) {
            int pending = error != 0 ? error : Errno.ECONNABORTED;
            error = 0;
            socketState = UNCONNECTED;
            disconnectNow();
            return -pending;
        }
        socketState = CONNECTED;
        return 0;
    }

    private int open(long high, long low, int port) {
        long dstHigh = high;
        long dstLow = low;
        if (IpAddress.isUnspecified(dstHigh, dstLow)) {
            // Linux: the unspecified address means this host.
            IpAddress self = IpAddress.isV4(dstHigh, dstLow) || domain() == AF_INET ? IpAddress.LOOPBACK_V4 : IpAddress.LOOPBACK_V6;
            dstHigh = self.high();
            dstLow = self.low();
        }
        boolean v4 = IpAddress.isV4(dstHigh, dstLow);
        if (domain() == AF_INET && !v4) {
            return -Errno.EAFNOSUPPORT;
        }
        if (v4 && v6Only()) {
            return -Errno.ENETUNREACH;
        }
        if (IpAddress.isMulticast(dstHigh, dstLow) || tcp.ip().isBroadcast(dstHigh, dstLow)) {
            // RFC 9293 §3.9.1.1, MUST-46.
            return -Errno.ENETUNREACH;
        }
        boolean wild = IpAddress.isUnspecified(localHigh, localLow);
        if (!wild && IpAddress.isV4(localHigh, localLow) != v4) {
            return -(v4 ? Errno.ENETUNREACH : Errno.EINVAL);
        }
        // MUST-44: the source address comes from IP unless bind chose it (MUST-43); it stays (MUST-45).
        Route found = tcp.ip().route(dstHigh, dstLow, wild ? 0 : localHigh, wild ? v4 ? IpAddress.ANY_V4.low() : 0 : localLow, boundInterface);
        if (found == null) {
            return -tcp.ip().lastRouteError();
        }
        if (found.kind == Route.Kind.BROADCAST || found.kind == Route.Kind.MULTICAST) {
            return -Errno.ENETUNREACH;
        }
        long srcHigh = wild ? found.sourceHigh : localHigh;
        long srcLow = wild ? found.sourceLow : localLow;
        int chosen = tcp.ports().connect(this, srcHigh, srcLow, dstHigh, dstLow, port, tcp);
        if (chosen < 0) {
            return chosen;
        }
        remoteName(dstHigh, dstLow, port);
        route = found;
        sendSyn(found, v4);
        return 0;
    }

    private void sendSyn(Route found, boolean v4) {
        int takenOver = tcp.takeOverTimeWait(this);
        error = 0;
        softError = 0;
        shutdownMask = 0;
        done = false;
        openedNs = tcp.now();
        passiveOpen = false;
        tsOffset = tcp.timestampOffset(localHigh, localLow, remoteHigh, remoteLow);
        snd.iss = takenOver != 0 ? takenOver : tcp.chooseIss(localHigh, localLow, localPort, remoteHigh, remoteLow, remotePort);
        snd.una = snd.iss;
        synUnacked = true;
        snd.nxt = snd.iss + 1;
        snd.up = snd.iss;
        snd.writeEnd = snd.iss + 1;
        snd.smallEnd = snd.iss;
        snd.wnd = 0;
        snd.maxWnd = 0;
        timestamps = tcp.sysctl(Sysctl.TCP_TIMESTAMPS);
        windowScaling = tcp.sysctl(Sysctl.TCP_WINDOW_SCALING);
        sackPermitted = tcp.sysctl(Sysctl.TCP_SACK);
        ecn = tcp.sysctls().getInt(Sysctl.TCP_ECN) == 1 || tcp.sysctls().getInt(Sysctl.TCP_ECN) == 3;
        peerMss = v4 ? Sending.DEFAULT_MSS_V4 : Sending.DEFAULT_MSS_V6;
        advertisedMss = Sending.advertisedMss(found, v4);
        if (userMss > 0) {
            advertisedMss = Math.min(advertisedMss, userMss);
        }
        rcv.nxt = 0;
        rcv.copied = 0;
        rcv.wup = 0;
        long window = ReceiveWindow.initial(tcp, receiveBuffer, option(RCVBUF_LOCK), advertisedMss - fixedOptions(), windowScaling);
        rcv.wnd = windowClamp > 0 ? Math.min((int) window, windowClamp) : (int) window;
        rcv.scale = (byte) (window >>> 32);
        if (tsRecentStampNs == 0) {
            tsRecent = 0;
        }
        srttUs8 = 0;
        minRttUs = Integer.MAX_VALUE;
        rtoUs = RoundTrip.INITIAL_RTO_US;
        backoff = 0;
        retransmits = 0;
        totalRetransmits = 0;
        firstCloser = 0;
        finQueued = false;
        finReceived = false;
        receiveMss = 88;
        ackTimeoutUs = 0;
        enter(TcpState.SYN_SENT);
        tcp.enterTable(this);
        tcp.count(Counter.TcpActiveOpens);
        Sender s = sender();
        int id = s.flight.append(snd.iss, snd.iss + 1, Flight.SYN, tcp.now());
        s.flight.rateState(id, s.delivered, tcp.now(), tcp.now(), false);
        int flags = TcpHeader.SYN | (ecn ? TcpHeader.ECE | TcpHeader.CWR : 0);
        tcp.output().segment(this, flags, snd.iss, 0, 0);
        Timeouts.restartRetransmit(this);
    }

    /// Both directions are open: window, MSS, buffers, congestion control.
    void becameEstablished(Sender s, boolean synWasLost) {
        synLost = synWasLost;
        prepare();
        Congestion.start(this, s, synWasLost);
        senderStarted = true;
    }

    private void prepare() {
        Sending.syncMss(this);
        ReceiveWindow.start(this);
        expandSendBuffer();
    }

    /// A child has no [Sender] until it sends: its congestion control begins then.
    @Override
    void senderCreated(Sender s) {
        if (tcpState().synchronizedState() && !senderStarted) {
            senderStarted = true;
            Congestion.start(this, s, synLost);
        }
    }

    /// Linux's rule for the default: room for twice the window, counting its own overhead.
    private void expandSendBuffer() {
        if (option(SNDBUF_LOCK)) {
            return;
        }
        Sender s = sender;
        int window = Math.max(Congestion.INITIAL_WINDOW, s == null ? 0 : s.cwnd);
        int perSegment = Integer.highestOneBit(Math.max(1, Math.max(peerMss, mss) + 640 - 1)) * 2 + 256;
        long wanted = (long) window * perSegment * (s == null ? 2 : s.control.sendBufferFactor());
        sendBuffer = (int) Math.max(sendBuffer, Math.min(wanted, tcp.sysctls().get(Sysctl.TCP_WMEM_MAX)));
    }

    /// connect() with AF_UNSPEC: ends whatever there is, with an RST where the peer would wait, and makes the socket fresh.
    public int disconnect() {
        disconnectNow();
        socketState = UNCONNECTED;
        return 0;
    }

    private void disconnectNow() {
        TcpState old = tcpState();
        switch (old) {
            case LISTEN -> stopListening();
            case ESTABLISHED, CLOSE_WAIT, FIN_WAIT_1, FIN_WAIT_2, SYN_RECEIVED -> {
                tcp.output().reset(this);
                error = Errno.ECONNRESET;
            }
            case CLOSING, LAST_ACK -> {
                if (unsent() > 0) {
                    tcp.output().reset(this);
                    error = Errno.ECONNRESET;
                }
            }
            case SYN_SENT -> error = Errno.ECONNRESET;
            case CLOSED, TIME_WAIT -> {
                // Nothing to end.
            }
        }
        tcp.leaveTable(this);
        stopTimers();
        enter(TcpState.CLOSED);
        purgeSend();
        purgeReceive();
        freeSender();
        remoteName(0, domain() == AF_INET ? IpAddress.ANY_V4.low() : 0, 0);
        tcp.ports().connectFailed(this);
        shutdownMask = 0;
        done = false;
        finQueued = false;
        finReceived = false;
        urgentState = Receiving.URGENT_NONE;
        route = null;
        senderStarted = false;
        raise(POLLHUP | POLLIN | POLLOUT | POLLERR);
    }

    // ---- SEND (RFC 9293 §3.10.2) --------------------------------------------------------------------------------------------------------------

    /// Queues octets for sending; returns how many were taken (fewer than asked when the buffer fills), or -EAGAIN when none fit, -EPIPE, or the
    /// pending error. `flags` are those of [Msg].
    public int send(byte[] source, int offset, int length, int flags) {
        TcpState state = tcpState();
        if (state != TcpState.ESTABLISHED && state != TcpState.CLOSE_WAIT) {
            if (error != 0) {
                return -takePending();
            }
            if (state != TcpState.SYN_SENT && state != TcpState.SYN_RECEIVED) {
                return -Errno.EPIPE;
            }
            return -Errno.EAGAIN;
        }
        if (error != 0 || (shutdownMask & SEND_SHUTDOWN) != 0) {
            return error != 0 ? -takePending() : -Errno.EPIPE;
        }
        int room = room();
        int take = Math.min(room, length);
        if (take == 0 && length > 0) {
            noSpace = true;
            return -Errno.EAGAIN;
        }
        if (take < length) {
            noSpace = true;
        }
        if (take > 0) {
            Sender s = sender();
            s.bytes.write(snd.writeEnd - textBase(), source, offset, take);
            snd.writeEnd += take;
            if ((flags & Msg.OOB) != 0 && take == length) {
                // RFC 9293 §3.8.5, MUST-62; Linux points behind the last octet.
                snd.up = snd.writeEnd;
            }
        }
        boolean more = (flags & Msg.MORE) != 0 && take == length;
        if (!more) {
            tcp.wantOutput(this);
        } else if (unsent() >= mss) {
            tcp.wantOutput(this);
        }
        moreToCome = more;
        return take;
    }

    private int takePending() {
        int pending = error;
        error = 0;
        return pending;
    }

    /// Octets that the send buffer takes now. As in Linux the last unit of a super-segment's size may be filled beyond the limit.
    private int room() {
        int queued = queued();
        if (queued >= sendBuffer) {
            return 0;
        }
        int unit = Math.max(1, sizeGoal());
        long limit = ((long) sendBuffer + unit - 1) / unit * unit;
        return (int) Math.min(Integer.MAX_VALUE / 2, limit - queued);
    }

    private int sizeGoal() {
        int goal = 65_535 - 320;
        int half = snd.maxWnd > 536 ? snd.maxWnd >>> 1 : Math.max(snd.maxWnd, 1);
        goal = Math.min(goal, Math.max(half, mss));
        return mss > 0 ? Math.max(1, goal / mss) * mss : goal;
    }

    /// Called after output: space that appeared is announced once.
    void afterOutput() {
        if (noSpace && writeable() && tcpState() != TcpState.SYN_SENT) {
            noSpace = false;
            raise(POLLOUT);
        }
        if (sender != null && tcpState() == TcpState.ESTABLISHED) {
            expandSendBuffer();
        }
    }

    // ---- RECEIVE (RFC 9293 §3.10.3) -------------------------------------------------------------------------------------------------------------

    /// Takes octets that have arrived: their number, 0 at end of file, -EAGAIN when there are none yet, or the pending error (once). Flags: OOB, PEEK,
    /// TRUNC (discard instead of copying).
    public int receive(byte[] target, int offset, int length, int flags) {
        if (tcpState() == TcpState.LISTEN) {
            return -Errno.ENOTCONN;
        }
        if ((flags & Msg.OOB) != 0) {
            return receiveUrgent(target, offset, length, flags);
        }
        int copied = copy(target, offset, length, flags);
        if (copied > 0) {
            return copied;
        }
        if (length == 0) {
            return 0;
        }
        if (done) {
            if (error != 0 && (shutdownMask & RCV_SHUTDOWN) == 0 || error != 0 && !finReceived) {
                return -takePending();
            }
            return 0;
        }
        if (error != 0) {
            return -takePending();
        }
        if ((shutdownMask & RCV_SHUTDOWN) != 0) {
            return 0;
        }
        if (tcpState() == TcpState.CLOSED) {
            return -Errno.ENOTCONN;
        }
        return -Errno.EAGAIN;
    }

    private int copy(byte[] target, int offset, int length, int flags) {
        Receiver from = receiver;
        boolean peek = (flags & Msg.PEEK) != 0;
        int position = rcv.copied;
        int total = 0;
        while (total < length && from != null) {
            int available = (finReceived ? rcv.nxt - 1 : rcv.nxt) - position;
            if (available <= 0) {
                break;
            }
            int use = Math.min(available, length - total);
            if (urgentState != Receiving.URGENT_NONE) {
                int distance = urgentSeq - position;
                if (distance == 0) {
                    if (total > 0) {
                        break;
                    }
                    if (!option(OOBINLINE)) {
                        // The urgent octet is not part of the normal stream.
                        position++;
                        if (available == 1) {
                            break;
                        }
                        use = Math.min(available - 1, length);
                    }
                } else if (distance > 0 && distance < use) {
                    use = distance;
                }
            }
            if ((flags & Msg.TRUNC) == 0) {
                from.bytes.read(position - rcv.copied, target, offset + total, use);
            }
            position += use;
            total += use;
        }
        if (!peek && position != rcv.copied && from != null) {
            consumed(from, position, total);
        }
        return total;
    }

    private void consumed(Receiver from, int position, int octets) {
        from.bytes.drop(position - rcv.copied);
        rcv.copied = position;
        if (urgentState != Receiving.URGENT_NONE && Seq.gt(rcv.copied, urgentSeq)) {
            urgentState = Receiving.URGENT_NONE;
        }
        if (unread() == 0 && from.islands.isEmpty()) {
            from.bytes.clear();
            if (from.idle() && from.recentCount == 0) {
                receiver = null;
            }
        }
        ReceiveWindow.readerAdvanced(this);
        if (tcpState() != TcpState.CLOSED) {
            Acknowledging.afterRead(this, octets);
        }
    }

    private int receiveUrgent(byte[] target, int offset, int length, int flags) {
        if (option(OOBINLINE) || urgentState == Receiving.URGENT_NONE || urgentState == Receiving.URGENT_READ) {
            return -Errno.EINVAL;
        }
        if (tcpState() == TcpState.CLOSED && !done) {
            return -Errno.ENOTCONN;
        }
        if (urgentState == Receiving.URGENT_VALID) {
            if (length > 0) {
                target[offset] = urgentByte;
            }
            if ((flags & Msg.PEEK) == 0) {
                urgentState = Receiving.URGENT_READ;
            }
            return length > 0 ? 1 : 0;
        }
        if (tcpState() == TcpState.CLOSED || (shutdownMask & RCV_SHUTDOWN) != 0) {
            return 0;
        }
        return -Errno.EAGAIN;
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
            case SYN_RECEIVED, ESTABLISHED, FIN_WAIT_1, FIN_WAIT_2, CLOSE_WAIT, CLOSING, LAST_ACK, TIME_WAIT -> {
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
        purgeReceive();
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
            tcp.output().reset(this);
            tcp.done(this);
        } else if (tcpState() == TcpState.SYN_SENT) {
            tcp.done(this);
        }
        return 0;
    }

    private void closeConnection(boolean unreadData) {
        if (unreadData) {
            tcp.count(Counter.TcpExtTCPAbortOnClose);
            if (tcpState().synchronizedState()) {
                tcp.output().reset(this);
            }
            tcp.done(this);
        } else if (option(LINGER) && lingerSeconds == 0) {
            tcp.count(Counter.TcpExtTCPAbortOnData);
            disconnectNow();
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
            tcp.output().reset(this);
        }
        if (tcpState() == TcpState.LISTEN) {
            stopListening();
        }
        if (tcpState() != TcpState.CLOSED) {
            error(Errno.ECONNABORTED);
            tcp.done(this);
        }
    }

    private void stopListening() {
        Listener present = listenerState();
        listener = null;
        tcp.removeListener(this);
        tcp.ports().stopListening(this);
        for (TcpSocket child = present.take(); child != null; child = present.take()) {
            // Connections that nobody will accept are reset.
            child.parent = null;
            child.socketState = CONNECTED;
            if (child.tcpState() != TcpState.CLOSED) {
                tcp.output().reset(child);
                child.closed = true;
                tcp.done(child);
            }
            child.purgeReceive();
            child.destroy();
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

    void error(int errno) {
        error = errno;
    }

    void shutdownBoth() {
        shutdownMask = RCV_SHUTDOWN | SEND_SHUTDOWN;
    }

    void purgeSend() {
        Sender s = sender;
        if (s != null) {
            s.bytes.clear();
        }
        snd.writeEnd = snd.una;
    }

    void purgeReceive() {
        Receiver present = receiver;
        if (present != null) {
            present.bytes.clear();
            receiver = null;
        }
        rcv.copied = finReceived ? rcv.nxt - 1 : rcv.nxt;
    }

    void freeSender() {
        Sender s = sender;
        if (s != null) {
            s.bytes.clear();
            sender = null;
        }
    }

    /// A port that connect chose goes back at once; one that bind chose stays until close (Linux: SOCK_BINDPORT_LOCK).
    void releasePort() {
        if (portClaim() != 0 && !portLocked) {
            tcp.ports().release(this);
        }
    }

    /// Nobody refers to this socket any more.
    void destroy() {
        dead = true;
        stopTimers();
        purgeReceive();
        freeSender();
        if (portClaim() != 0) {
            tcp.ports().release(this);
        }
    }

    String congestionName() {
        return congestion;
    }

    void congestion(String name) {
        congestion = name;
        Sender s = sender;
        if (s != null && !s.control.name().equals(name)) {
            s.control = CongestionControls.create(name);
            s.control.start(this, s);
        }
    }

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
