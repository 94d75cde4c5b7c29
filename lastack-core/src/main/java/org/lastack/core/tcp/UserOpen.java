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
import org.lastack.core.socket.SocketOptions;
import org.lastack.wire.IpAddress;
import org.lastack.wire.TcpHeader;

/// The user call OPEN, passive and active (RFC 9293 §3.9.1.1, §3.10.1): bind, listen, accept, connect, and undoing them.
abstract class UserOpen extends Connection {
    /// States of the socket as opposed to the connection, as Linux's `SS_*`: they decide what a repeated connect() returns.
    static final byte UNCONNECTED = 0;
    static final byte CONNECTING = 1;
    static final byte CONNECTED = 2;
    static final byte DISCONNECTING = 3;

    byte socketState = UNCONNECTED;
    /// What SIOCOUTQ shows after the connection's end.
    int outstandingAtEnd;
    private int acceptErrno;
    boolean closed;
    private String congestion = "";
    int tableHash;
    boolean inTable;

    UserOpen(Tcp tcp, int domain, Owner owner) {
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

    /// As [#foldConnection].
    final void foldUserOpen(FieldStream f) {
        socketState = (byte) f.number(socketState, CONNECTED);
        tableHash = f.word(tableHash);
        f.open();
        inTable = !f.bit(!inTable);
        closed = f.bit(closed);
        outstandingAtEnd = f.number(outstandingAtEnd, 0);
        acceptErrno = f.number(acceptErrno, 0);
        f.close();
    }

    final Tcb self() {
        return (Tcb) this;
    }

    // ---- bind, listen, accept -------------------------------------------------------------------------------------------------------------

    /// Binds to an address and port; port 0 lets the stack choose. EINVAL if bound already.
    public int bind(long high, long low, int port) {
        if (tcpState() != TcpState.CLOSED || portClaim() != 0) {
            return -Errno.EINVAL;
        }
        int result = tcp.ports().bind(this, high, low, port);
        if (result == -Errno.EADDRINUSE) {
            tcp.ports().refusals().add(this, high, low, port, tcp.now());
        }
        return result;
    }

    /// Passive OPEN (RFC 9293 §3.10.1). It makes a record of its own and touches no other of the port, in whatever state (§3.9.1.1, MUST-41, MUST-42). On a listening socket changes the backlog. Admits `backlog + 1` connections, as Linux does.
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
        int allowed = tcp.ports().listen(this);
        if (allowed < 0) {
            return allowed;
        }
        listener = new Listener(limit);
        tcp.fastOpenServer().listening(this, limit);
        shutdownMask = 0;
        enter(TcpState.LISTEN);
        tcp.addListener(self());
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
    public @Nullable Tcb accept() {
        Listener present = listener;
        if (present == null || tcpState() != TcpState.LISTEN) {
            acceptErrno = Errno.EINVAL;
            return null;
        }
        Tcb child = present.take();
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

    /// The child of a completed handshake.
    Tcb child(Embryo e, Segment seg) {
        Tcb child = newborn(e);
        if (e.lastSynAckNs == e.bornNs && e.retransmits == 0) {
            // RFC 6298 §3: only a SYN-ACK that was sent once tells the round-trip time; one from a cookie left no trace.
            RoundTrip.sample(child, Math.max(1, (tcp.now() - e.bornNs) / 1000));
        } else if (child.timestamps && seg.options.hasTimestamps && seg.options.timestampEcho != 0) {
            // RFC 7323 §4.1: a timestamp tells even then.
            int echoedMs = tcp.timestamp(child.tsOffset) - seg.options.timestampEcho;
            if (echoedMs >= 0 && echoedMs < 120_000) {
                RoundTrip.sample(child, Math.max(1, echoedMs) * 1000L);
            }
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
        // The SYN and this segment.
        child.segmentsIn = 2;
        child.dataSegmentsIn = seg.dataLength > 0 ? 1 : 0;
        Timeouts.startKeepalive(child);
        return child;
    }

    /// The window of a child: what the SYN-ACK said, or more if its field could not say all.
    private int wholeWindow(Embryo e) {
        if (e.window < 0xffff || !e.has(Embryo.WINDOW_SCALING)) {
            return e.window;
        }
        int mss = (e.advertisedMss & 0xffff) - (e.has(Embryo.TIMESTAMPS) ? 12 : 0);
        int whole = (int) ReceiveWindow.initial(tcp, receiveBufferOctets(), option(RCVBUF_LOCK), mss, true);
        return Math.max(e.window, windowClamp > 0 ? Math.min(whole, windowClamp) : whole);
    }

    /// A connection in SYN-RECEIVED with the listener's options and what the handshake has negotiated.
    Tcb newborn(Embryo e) {
        Tcb child = new Tcb(tcp, domain(), owner());
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
        child.rcv.wnd = wholeWindow(e);
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
        return child;
    }

    final void inheritCongestion(String name) {
        congestion = name;
    }

    final void inherit(Tcb child) {
        child.inheritOptions(this);
        child.extras = extras == null ? null : extras.child();
        child.noDelay = noDelay;
        child.cork = cork;
        child.userTimeoutMs = userTimeoutMs;
        child.keepIdleSeconds = keepIdleSeconds;
        child.keepIntervalSeconds = keepIntervalSeconds;
        child.keepProbes = keepProbes;
        child.linger2Seconds = linger2Seconds;
        child.rtoMinUs = rtoMinUs;
        child.rtoMaxMs = rtoMaxMs;
        child.delayedAckMaxUs = delayedAckMaxUs;
        child.thinLinear = thinLinear;
        child.notSentLowWater = notSentLowWater;
        child.userMss = userMss;
        child.windowClamp = windowClamp;
        child.userClamp = userClamp;
        child.inheritCongestion(congestion);
        child.quickAckPersistent = quickAckPersistent;
    }

    void raiseParent(Tcb listeningSocket) {
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
                if (connectDeferred()) {
                    return -Errno.EISCONN;
                }
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
                FastOpen f = fastOpen;
                if (f == null || !f.onConnect) {
                    sendSyn();
                } else if (tcp.fastOpenClient().prepare(self(), f)) {
                    // TCP_FASTOPEN_CONNECT: the SYN goes out with the first write.
                    f.deferred = true;
                    return 0;
                } else {
                    sendSyn(f, new byte[0], 0, 0);
                }
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
            disconnectNow(ResetReason.DISCONNECTED);
            return -pending;
        }
        socketState = CONNECTED;
        return 0;
    }

    final int open(long high, long low, int port) {
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
            return -(v4 ? Errno.ENETUNREACH : Errno.EAFNOSUPPORT);
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
        beginAttempt(found, v4);
        return 0;
    }

    /// TCP_FASTOPEN_CONNECT: connect() has returned 0 and the SYN waits for the first write.
    final boolean connectDeferred() {
        FastOpen f = fastOpen;
        return f != null && f.deferred && tcpState() == TcpState.SYN_SENT;
    }

    /// SYN-SENT, but for the SYN itself.
    private void beginAttempt(Route found, boolean v4) {
        freeSender();
        int takenOver = tcp.takeOverTimeWait(self());
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
        ecn = tcp.sysctls().getInt(Sysctl.TCP_ECN) == 1 || CongestionControls.needsEcn(congestionName());
        peerMss = v4 ? Sending.DEFAULT_MSS_V4 : Sending.DEFAULT_MSS_V6;
        advertisedMss = Sending.advertisedMss(found, v4);
        if (userMss > 0) {
            advertisedMss = Math.min(advertisedMss, userMss);
        }
        rcv.nxt = 0;
        rcv.copied = 0;
        rcv.wup = 0;
        long window = ReceiveWindow.initial(tcp, receiveBuffer, option(RCVBUF_LOCK), advertisedMss, windowScaling);
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
        retransmitSinceNs = 0;
        probeSinceNs = 0;
        totalRetransmits = 0;
        firstCloser = 0;
        finQueued = false;
        finReceived = false;
        receiveMss = 88;
        ackTimeoutUs = 0;
        FastOpen f = fastOpen;
        if (f != null) {
            f.newAttempt();
        }
        enter(TcpState.SYN_SENT);
        tcp.enterTable(self());
        tcp.count(Counter.TcpActiveOpens);
    }

    /// The SYN (RFC 9293 §3.10.1).
    final void sendSyn() {
        queueSyn(sender());
        transmitSyn(0);
    }

    /// The SYN with a Fast Open option and, if a cookie for this server is known, as much of the text as fits (RFC 7413 §4.2.1).
    ///
    /// @return octets taken
    final int sendSyn(FastOpen f, byte[] text, int offset, int length) {
        FastOpenClient client = tcp.fastOpenClient();
        boolean allowed = client.prepare(self(), f);
        f.deferred = false;
        f.requested = f.cookie.length >= 0;
        f.requestedExperimental = f.requested && f.cookie.experimental;
        int octets = allowed ? Math.min(length, client.space(self())) : 0;
        Sender s = sender();
        queueSyn(s);
        if (octets > 0) {
            s.bytes.write(0, text, offset, octets);
            snd.writeEnd += octets;
            int id = s.flight.append(snd.nxt, snd.nxt + octets, Flight.PSH, tcp.now());
            s.flight.rateState(id, s.delivered, tcp.now(), tcp.now(), false);
            s.flight.lossState(id, s.lost, s.inFlight());
            snd.nxt += octets;
            f.synData = true;
        }
        transmitSyn(octets);
        f.cookie.clear();
        return octets;
    }

    private void queueSyn(Sender s) {
        int id = s.flight.append(snd.iss, snd.iss + 1, Flight.SYN, tcp.now());
        s.flight.rateState(id, s.delivered, tcp.now(), tcp.now(), false);
        s.flight.lossState(id, s.lost, s.inFlight());
    }

    private void transmitSyn(int octets) {
        int flags = TcpHeader.SYN | (ecn ? TcpHeader.ECE | TcpHeader.CWR : 0);
        tcp.output().segment(this, flags, snd.iss, octets, 0);
        Timeouts.restartRetransmit(this);
    }

    /// Both directions are open: window, MSS, buffers, congestion control.
    void becameEstablished(Sender s, boolean synWasLost) {
        synLost = synWasLost;
        prepare();
        Congestion.start(this, s, synWasLost);
        senderStarted = true;
    }

    final void prepare() {
        MtuProbing.begin(this);
        lastReceiveNs = tcp.now();
        lastSendNs = tcp.now();
        if (srttUs8 == 0 && tcpState().synchronizedState()) {
            RoundTrip.withoutHandshakeSample(this);
        }
        Sending.syncMss(this);
        ReceiveWindow.start(this);
        expandSendBuffer();
    }

    /// A child has no [Sender] until it sends: its congestion control begins then.
    @Override
    void senderCreated(Sender s) {
        if ((tcpState().synchronizedState() || passiveOpen && tcpState() == TcpState.SYN_RECEIVED) && !senderStarted) {
            senderStarted = true;
            // The SYN-ACK was delivered too.
            s.delivered = 1;
            Congestion.start(this, s, synLost);
        }
    }

    /// Linux's rule for the default: room for twice the window, counting its own overhead.
    final void expandSendBuffer() {
        if (option(SNDBUF_LOCK)) {
            return;
        }
        Sender s = sender;
        int window = Math.max(Congestion.INITIAL_WINDOW, s == null ? 0 : s.cwnd);
        int perSegment = Integer.highestOneBit(Math.max(1, Math.max(peerMss, mss) + 576 - 1)) * 2 + 256;
        long wanted = (long) window * perSegment * (s == null ? 2 : s.control.sendBufferFactor());
        sendBuffer = (int) Math.max(sendBuffer, Math.min(wanted, tcp.sysctls().get(Sysctl.TCP_WMEM_MAX)));
    }

    /// Sequence numbers from SND.UNA to the end of what was written, SYN and FIN included.
    final int outstanding() {
        return Math.max(0, snd.writeEnd - snd.una + (finQueued ? 1 : 0));
    }

    /// Called while the sequence numbers still say what was outstanding.
    final void rememberOutstanding() {
        outstandingAtEnd = outstanding();
    }

    /// A [#connect] has begun whose outcome no later call has told yet.
    public final boolean connecting() {
        return socketState == CONNECTING;
    }

    /// connect() with AF_UNSPEC: ends whatever there is, with an RST where the peer would wait, and makes the socket fresh.
    public int disconnect() {
        disconnectNow(ResetReason.DISCONNECTED);
        socketState = UNCONNECTED;
        return 0;
    }

    final void disconnectNow(ResetReason reason) {
        TcpState old = tcpState();
        switch (old) {
            case LISTEN -> stopListening();
            case ESTABLISHED, CLOSE_WAIT, FIN_WAIT_1, FIN_WAIT_2, SYN_RECEIVED -> {
                tcp.output().reset(this, reason);
                error = Errno.ECONNRESET;
            }
            case CLOSING, LAST_ACK -> {
                if (unsent() > 0) {
                    tcp.output().reset(this, reason);
                    error = Errno.ECONNRESET;
                }
            }
            case SYN_SENT -> error = Errno.ECONNRESET;
            case CLOSED, TIME_WAIT -> {
                // Nothing to end.
            }
        }
        // Linux moves its write pointer beyond anything that the peer could take for old; SIOCOUTQ shows it.
        outstandingAtEnd = (old == TcpState.CLOSED ? outstandingAtEnd : outstanding()) + snd.maxWnd + 2;
        tcp.leaveTable(self());
        stopTimers();
        enter(TcpState.CLOSED);
        purgeSend();
        finReceived = false;
        purgeReceive();
        freeSender();
        remoteName(0, domain() == AF_INET ? IpAddress.ANY_V4.low() : 0, 0);
        tcp.ports().connectFailed(this);
        shutdownMask = 0;
        done = false;
        finQueued = false;
        urgentState = Receiving.URGENT_NONE;
        route = null;
        senderStarted = false;
        forgetCounts();
        raise(POLLHUP | POLLIN | POLLOUT | POLLERR);
    }

    /// TCP_INFO of a socket that was made fresh tells nothing of what was before.
    private void forgetCounts() {
        timestamps = false;
        sackPermitted = false;
        windowScaling = false;
        snd.maxWnd = 0;
        snd.scale = 0;
        rcv.scale = 0;
        receiveMss = 88;
        rtoUs = RoundTrip.INITIAL_RTO_US;
        srttUs8 = 0;
        mdevUs4 = 0;
        backoff = 0;
        retransmits = 0;
        ackTimeoutUs = 0;
        bytesAcked = 0;
        bytesReceived = 0;
        bytesSent = 0;
        bytesRetransmitted = 0;
        totalRetransmits = 0;
        segmentsIn = 0;
        segmentsOut = 0;
        dataSegmentsIn = 0;
        dataSegmentsOut = 0;
        dsackDuplicates = 0;
        outOfOrderPackets = 0;
    }

    final void stopListening() {
        Listener present = listenerState();
        listener = null;
        tcp.ports().stopListening(this);
        tcp.removeListener(self(), present);
        for (Tcb child = present.take(); child != null; child = present.take()) {
            Tcb heir = tcp.heir(self(), child.localHigh, child.localLow, child.remoteHigh, child.remoteLow, child.remotePort);
            if (heir != null && child.tcpState() != TcpState.CLOSED) {
                child.parent = heir;
                heir.listenerState().add(child);
                heir.raise(POLLIN);
                continue;
            }
            // Connections that nobody will accept are reset.
            child.parent = null;
            child.socketState = CONNECTED;
            if (child.tcpState() != TcpState.CLOSED) {
                tcp.output().reset(child, ResetReason.LISTENER_CLOSED);
                child.closed = true;
                tcp.done(child);
            }
            child.purgeReceive();
            child.destroy();
        }
    }

    // ---- for the protocol --------------------------------------------------------------------------------------------------------------

    void error(int errno) {
        error = errno;
    }

    void shutdownBoth() {
        shutdownMask = RCV_SHUTDOWN | SEND_SHUTDOWN;
    }

    void purgeSend() {
        SendNotices present = notices;
        if (present != null) {
            present.purged(this);
        }
        Sender s = sender;
        if (s != null) {
            s.bytes.clear();
        }
        snd.writeEnd = snd.una;
    }

    void purgeReceive() {
        tcp.fastOpenClient().ended(this);
        Receiver present = receiver;
        if (present != null) {
            receiver = null;
            tcp.slabs().give(present);
        }
        rcv.copied = finReceived ? rcv.nxt - 1 : rcv.nxt;
    }

    final void emptySender() {
        Sender s = sender;
        if (s != null) {
            s.bytes.clear();
            s.flight.reset();
        }
    }

    void freeSender() {
        emptySender();
        sender(null);
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
            sender(s);
            s.control.start(this, s);
        }
    }
}
