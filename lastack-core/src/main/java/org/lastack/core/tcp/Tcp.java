package org.lastack.core.tcp;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.lastack.core.Counter;
import org.lastack.core.Engine;
import org.lastack.core.SipHash;
import org.lastack.core.Sysctl;
import org.lastack.core.Sysctls;
import org.lastack.core.TimerWheel;
import org.lastack.core.WheelTimer;
import org.lastack.core.ip.IcmpError;
import org.lastack.core.ip.IpDatagram;
import org.lastack.core.ip.IpLayer;
import org.lastack.core.ip.Transport;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.socket.Owner;
import org.lastack.core.socket.PortTable;
import org.lastack.core.socket.TupleUse;
import org.lastack.wire.Checksum;
import org.lastack.wire.Frame;
import org.lastack.wire.IpAddress;
import org.lastack.wire.IpProtocol;
import org.lastack.wire.TcpHeader;

/// TCP of one engine: demultiplexing, life and death of connections, and what they share. User calls are in [TcpSocket].
public final class Tcp implements Transport, org.lastack.core.Output, TupleUse {
    /// The ISN clock ticks every 64 ns, as Linux's; RFC 9293 §3.4.1 (MUST-8) asks for about 4 us.
    private static final int ISN_TICK_SHIFT = 6;
    /// What a reopened connection's ISS lies above the old one's SND.NXT.
    private static final int REOPEN_GAP = 65_537;

    private final Engine engine;
    private final Sysctls sysctls;
    private final IpLayer ip;
    private final SipHash tableSecret;
    private final SipHash isnSecret;
    private final SipHash timestampSecret;
    private final SynCookies cookies;
    private final FastOpenServer fastOpenServer;
    private final FastOpenClient fastOpenClient;
    private final PortTable ports;
    private final SlabPool slabs;
    private final Output output = new Output(this);
    private final Recovery recovery = new Recovery(this);
    private final SegmentArrivesListen listen = new SegmentArrivesListen(this);
    private final Acknowledgments acknowledgments;
    private final Segment segment = new Segment(new IpDatagram());
    private final TupleTable<TcpSocket> connections = new TupleTable<>();
    private final Embryos embryos = new Embryos(this, this::hash);
    private final TimeWaitTable timeWait = new TimeWaitTable(this::hash);
    private final TimeWait timeWaitRules;
    private final Folding folding = new Folding(this);
    private final java.util.LinkedHashSet<Tcb> listeners = new java.util.LinkedHashSet<>();
    /// The connection of the last segment, if it had one.
    private @Nullable Tcb lastFound;
    private final Lookahead lookahead;
    private @Nullable Connection pendingHead;
    private @Nullable Connection pendingTail;
    private final HeldAcks heldAcks = new HeldAcks();
    private int orphans;
    private boolean retransmitting;
    private boolean echoPresent;
    private int echo;
    private @Nullable TcpTracer tracer;

    private final WheelTimer timeWaitTimer = new WheelTimer() {
        @Override
        protected void expire(long nowNs) {
            timeWaitRules.expire(nowNs);
        }
    };

    public Tcp(Engine engine) {
        this.engine = engine;
        this.slabs = new SlabPool(engine.frames());
        this.sysctls = engine.sysctls();
        this.ip = engine.ip();
        this.tableSecret = new SipHash(engine.entropy());
        this.isnSecret = new SipHash(engine.entropy());
        this.timestampSecret = new SipHash(engine.entropy());
        this.cookies = new SynCookies(engine.entropy());
        this.fastOpenServer = new FastOpenServer(this);
        this.fastOpenClient = new FastOpenClient(this);
        this.ports = new PortTable(IpProtocol.TCP, sysctls, engine.entropy(), ip);
        this.acknowledgments = new Acknowledgments(this, new Tcb(this, InetSocket.AF_INET, Owner.ROOT));
        this.timeWaitRules = new TimeWait(this, timeWait);
        this.lookahead = new Lookahead(this, connections);
        engine.transport(IpProtocol.TCP, this);
        engine.output(this);
    }

    // ---- surroundings ----------------------------------------------------------------------------------------------------------------

    long now() {
        return engine.now();
    }

    IpLayer ip() {
        return ip;
    }

    Engine engine() {
        return engine;
    }

    TimerWheel wheel() {
        return engine.timers();
    }

    Sysctls sysctls() {
        return sysctls;
    }

    boolean sysctl(Sysctl name) {
        return sysctls.on(name);
    }

    SlabPool slabs() {
        return slabs;
    }

    Output output() {
        return output;
    }

    Recovery recovery() {
        return recovery;
    }

    Acknowledgments acknowledgments() {
        return acknowledgments;
    }

    Lookahead lookahead() {
        return lookahead;
    }

    Folding folding() {
        return folding;
    }

    SynCookies cookies() {
        return cookies;
    }

    FastOpenServer fastOpenServer() {
        return fastOpenServer;
    }

    FastOpenClient fastOpenClient() {
        return fastOpenClient;
    }

    TimeWaitTable timeWaitTable() {
        return timeWait;
    }

    /// SECURITY R-14: the buffers of all connections together have reached `lastack.tcp_mem`. A connection that holds nothing may still go on.
    boolean memoryExhausted() {
        return slabs.outstanding() * SlabPool.SLAB >= sysctls.get(Sysctl.TCP_MEM);
    }

    /// The port table of TCP: for explanations (`lastack why bind`).
    public PortTable ports() {
        return ports;
    }

    void count(Counter counter) {
        engine.counters().increment(counter);
    }

    boolean isRetransmission() {
        return retransmitting;
    }

    void retransmitting(boolean now) {
        retransmitting = now;
    }

    void lastEcho(boolean present, int value) {
        echoPresent = present && value != 0;
        echo = value;
    }

    boolean lastEchoPresent() {
        return echoPresent;
    }

    int lastEcho() {
        return echo;
    }

    /// The clock of the timestamps option: milliseconds, with an offset of its own per tuple (RFC 7323 §5.4; SECURITY B-06).
    int timestamp(int offset) {
        return (int) (now() / 1_000_000) + offset;
    }

    int timestampOffset(Segment seg) {
        return timestampOffset(seg.ip.destinationHigh, seg.ip.destinationLow, seg.ip.sourceHigh, seg.ip.sourceLow);
    }

    int timestampOffset(long localHigh, long localLow, long remoteHigh, long remoteLow) {
        return (int) timestampSecret.hash(localHigh, localLow, remoteHigh, remoteLow, 0, 0);
    }

    /// RFC 6528: ISN = M + F(tuple, secret) (RFC 9293 §3.4.1, SHLD-1, MUST-8, MUST-9).
    int chooseIss(long localHigh, long localLow, int localPort, long remoteHigh, long remoteLow, int remotePort) {
        return (int) isnSecret.hash(localHigh, localLow, remoteHigh, remoteLow, localPort << 16 | remotePort, 1) + (int) (now() >>> ISN_TICK_SHIFT);
    }

    int chooseIss(Segment seg) {
        return chooseIss(seg.ip.destinationHigh, seg.ip.destinationLow, seg.destinationPort, seg.ip.sourceHigh, seg.ip.sourceLow, seg.sourcePort);
    }

    int hash(long localHigh, long localLow, int localPort, long remoteHigh, long remoteLow, int remotePort) {
        return (int) tableSecret.hash(localHigh, localLow, remoteHigh, remoteLow, localPort << 16 | remotePort, 0);
    }

    /// Watches transitions and segments; null switches tracing off.
    public void tracer(@Nullable TcpTracer watcher) {
        tracer = watcher;
    }

    void transition(Connection c, TcpState before, TcpState after) {
        TcpTracer watcher = tracer;
        if (watcher != null) {
            watcher.transition(((Tcb) c).handle(), before, after);
        }
    }

    void pathInDoubt(Connection c) {
        TcpTracer watcher = tracer;
        if (watcher != null) {
            watcher.pathInDoubt(((Tcb) c).handle());
        }
    }

    Sender newSender(Connection c) {
        Sender s = new Sender(slabs, CongestionControls.create(c.congestionName()));
        s.reordering = sysctls.getInt(Sysctl.TCP_REORDERING);
        s.cwnd = Congestion.INITIAL_WINDOW;
        return s;
    }

    // ---- arrival ---------------------------------------------------------------------------------------------------------------------

    @Override
    public void receive(IpDatagram datagram) {
        count(Counter.TcpInSegs);
        if (!TcpHeader.check(datagram.data, datagram.offset, datagram.length)) {
            count(Counter.TcpInErrs);
            return;
        }
        if (!datagram.checksumVerified && !checksumRight(datagram)) {
            // RFC 9293 §3.1, MUST-3.
            count(Counter.TcpInErrs);
            count(Counter.TcpInCsumErrors);
            return;
        }
        if (datagram.broadcast || datagram.multicast) {
            // MUST-57: silence.
            return;
        }
        Segment seg = segment;
        seg.read(datagram);
        IpDatagram d = datagram;
        Tcb recent = lastFound;
        if (recent != null && recent.isFor(d.destinationHigh, d.destinationLow, seg.destinationPort, d.sourceHigh, d.sourceLow, seg.sourcePort)) {
            // Segments come in trains: the connection of the last one needs no hash. It is forgotten when it leaves the table.
            demultiplex(seg, recent.tableHash, recent);
            return;
        }
        Tcb guess = lookahead.expected;
        if (guess != null && guess.openIndex >= 0
                && guess.isFor(d.destinationHigh, d.destinationLow, seg.destinationPort, d.sourceHigh, d.sourceLow, seg.sourcePort)) {
            lastFound = guess;
            lookahead.used = guess;
            demultiplex(seg, guess.tableHash, guess);
            return;
        }
        int hash = hash(d.destinationHigh, d.destinationLow, seg.destinationPort, d.sourceHigh, d.sourceLow, seg.sourcePort);
        TcpSocket found = connections.find(hash, d.destinationHigh, d.destinationLow, seg.destinationPort, d.sourceHigh, d.sourceLow, seg.sourcePort);
        Tcb connection = found == null ? null : found.tcb();
        lastFound = connection;
        if (connection != null) {
            lookahead.use(connection);
        }
        demultiplex(seg, hash, connection);
    }

    /// For [Engine#expect].
    public void expect(Frame[] batch, int count, int skip) {
        lookahead.expect(batch, count, skip);
    }

    /// For [Engine]: that frame is being received; null: no longer.
    public void arriving(@Nullable Frame frame) {
        lookahead.arriving(frame);
    }

    private static boolean checksumRight(IpDatagram d) {
        long sum = Checksum.pseudoHeader(d.sourceHigh, d.sourceLow, d.destinationHigh, d.destinationLow, IpProtocol.TCP, d.length);
        return Checksum.finish(Checksum.add(sum, d.data, d.offset, d.length)) == 0;
    }

    private void demultiplex(Segment seg, int hash, @Nullable Tcb connection) {
        IpDatagram d = seg.ip;
        if (connection != null) {
            boolean old = connection.tcpState() == TcpState.CLOSING && seg.length() > 0 && !Seq.gt(seg.end(), connection.rcv.nxt);
            arrives(connection, seg);
            if (!old || connection.tcpState() != TcpState.CLOSED || seg.rst()) {
                return;
            }
            // The peer sent its FIN again, and with it the ACK of ours. RFC 9293 §3.10.7.4, first step: all of it is old, so it is acknowledged, by
            // TIME-WAIT now. Linux leaves that to the next retransmission. What lies beyond the peer's FIN is ignored (seventh step), also in Linux.
        }
        int waiting = timeWait.find(hash, d.destinationHigh, d.destinationLow, seg.destinationPort, d.sourceHigh, d.sourceLow, seg.sourcePort);
        if (waiting != TimeWaitTable.NONE) {
            timeWaitRules.arrives(waiting, seg, hash);
            return;
        }
        if (connection != null) {
            return;
        }
        Embryo embryo = embryos.find(hash, d.destinationHigh, d.destinationLow, seg.destinationPort, d.sourceHigh, d.sourceLow, seg.sourcePort);
        if (embryo != null) {
            listen.embryo(embryo, seg);
            embryos.keep(embryo);
            return;
        }
        Tcb listener = listener(seg);
        if (listener != null) {
            listen.process(listener, seg, hash);
            return;
        }
        SegmentArrivesClosed.process(this, seg);
    }

    @Nullable Tcb listener(Segment seg) {
        IpDatagram d = seg.ip;
        return (Tcb) ports.listener(d.destinationHigh, d.destinationLow, seg.destinationPort, d.sourceHigh, d.sourceLow, seg.sourcePort,
                d.in == null ? 0 : d.in.index());
    }

    SegmentArrivesListen listen() {
        return listen;
    }

    private void arrives(Tcb c, Segment seg) {
        c.touched = true;
        c.segmentsIn++;
        if (seg.dataLength > 0) {
            c.dataSegmentsIn++;
        }
        switch (c.tcpState()) {
            case SYN_SENT -> SegmentArrivesSynSent.process(c, seg);
            case SYN_RECEIVED, ESTABLISHED, FIN_WAIT_1, FIN_WAIT_2, CLOSE_WAIT, CLOSING, LAST_ACK -> {
                SegmentArrives.process(c, seg);
                if (c.orphan && c.tcpState() == TcpState.FIN_WAIT_2) {
                    if (c.finWait2Ms() < 0) {
                        // TCP_LINGER2 below 0: the ACK of our FIN is answered as if nobody were there, as on Linux.
                        count(Counter.TcpExtTCPAbortOnLinger);
                        output.resetFor(seg, TcpState.FIN_WAIT_2, ResetReason.NO_LINGER2);
                        done(c);
                    } else {
                        orphanInFinWait2(c);
                    }
                }
            }
            case CLOSED, LISTEN, TIME_WAIT -> throw new IllegalStateException("a connection in " + c.tcpState() + " is in the table");
        }
    }

    @Override
    public void icmpError(IcmpError error) {
        IcmpErrors.process(this, error);
    }

    @Nullable Tcb connection(long localHigh, long localLow, int localPort, long remoteHigh, long remoteLow, int remotePort) {
        TcpSocket found = connections.find(hash(localHigh, localLow, localPort, remoteHigh, remoteLow, remotePort), localHigh, localLow, localPort, remoteHigh,
                remoteLow, remotePort);
        return found == null ? null : found.tcb();
    }

    @Nullable Embryo embryo(long localHigh, long localLow, int localPort, long remoteHigh, long remoteLow, int remotePort) {
        return embryos.find(hash(localHigh, localLow, localPort, remoteHigh, remoteLow, remotePort), localHigh, localLow, localPort, remoteHigh, remoteLow,
                remotePort);
    }

    // ---- acknowledgments that are not about text -----------------------------------------------------------------------------------------

    /// RFC 5961 §7 (SECURITY B-04): per connection one per `tcp_invalid_ratelimit`; no counter that strangers share. Data retransmission is not throttled.
    void challenge(Connection c) {
        if (limited(c)) {
            count(Counter.TcpExtTCPACKSkippedChallenge);
            return;
        }
        count(Counter.TcpExtTCPChallengeACK);
        output.ack(c);
    }

    boolean limited(Connection c) {
        long spacing = sysctls.get(Sysctl.TCP_INVALID_RATELIMIT) * 1_000_000;
        if (now() - c.lastChallengeNs < spacing) {
            return true;
        }
        c.lastChallengeNs = now();
        return false;
    }

    /// An out-of-order segment is answered by an ACK of its own (RFC 9293 §3.10.7.4, MAY-13) when its processing is over: three of them tell the sender of a loss
    /// (RFC 5681 §4.2), so they are not aggregated.
    void duplicateAckAfter(Connection c) {
        c.ackNow = true;
        c.separateAck = true;
    }

    // ---- output ----------------------------------------------------------------------------------------------------------------------

    /// The connection may have something to send; it is asked at the next [#flush].
    void wantOutput(Connection c) {
        if (c.separateAck) {
            c.separateAck = false;
            output.ack(c);
        }
        if (c.outputPending) {
            return;
        }
        c.outputPending = true;
        c.nextPending = null;
        Connection tail = pendingTail;
        if (tail == null) {
            pendingHead = c;
        } else {
            tail.nextPending = c;
        }
        pendingTail = c;
    }

    @Override
    public boolean holdAcks(boolean hold) {
        heldAcks.holding = hold;
        return heldAcks.any();
    }

    /// Builds the segments of all connections that want to send: new text first, so that the ACK rides on it (MUST-58, MUST-59).
    @Override
    public boolean flush() {
        boolean sent = false;
        if (!heldAcks.holding) {
            heldAcks.release(this);
        }
        Connection c;
        while ((c = pendingHead) != null) {
            pendingHead = c.nextPending;
            if (pendingHead == null) {
                pendingTail = null;
            }
            c.nextPending = null;
            c.outputPending = false;
            int before = c.segmentsOut;
            if (c.tcpState() != TcpState.CLOSED && c.tcpState() != TcpState.LISTEN) {
                Sending.push(c);
                if (c.ackNow && !heldAcks.keeps(c)) {
                    output.ack(c);
                }
            }
            sent |= c.segmentsOut != before;
            ((Tcb) c).afterOutput();
        }
        folding.turn();
        slabs.watch(wheel(), now());
        return sent;
    }

    // ---- life and death -----------------------------------------------------------------------------------------------------------------

    /// A new socket in CLOSED.
    public TcpSocket socket(int domain, Owner owner) {
        return new Tcb(this, domain, owner).handle();
    }

    void enterTable(Tcb c) {
        c.tableHash = hash(c.localHigh(), c.localLow(), c.localPort(), c.remoteHigh(), c.remoteLow(), c.remotePort());
        connections.put(c.tableHash, c.handle());
        c.inTable = true;
        folding.add(c);
    }

    void leaveTable(Tcb c) {
        if (c.inTable) {
            fastOpenServer.over(c, false);
            c.inTable = false;
            connections.remove(c.tableHash, c.handle());
            folding.remove(c);
            forget(c);
        }
    }

    /// The state of the last segment's connection is not where it was.
    void forget(Tcb c) {
        if (lastFound == c) {
            lastFound = null;
        }
        if (lookahead.used == c) {
            lookahead.used = null;
        }
    }

    Embryos embryos() {
        return embryos;
    }

    void addListener(Tcb socket) {
        listeners.add(socket);
        embryos.enter(socket);
    }

    /// `state` is what the socket had as a listener.
    /// tcp_migrate_req: who takes over what a closed listener has queued. Another listener of the same SO_REUSEPORT group, found as for a new connection;
    /// null if there is none or the setting is off, as it is by default.
    @Nullable Tcb heir(Tcb closed, long dstHigh, long dstLow, long srcHigh, long srcLow, int srcPort) {
        if (!sysctls.on(Sysctl.TCP_MIGRATE_REQ) || !closed.option(InetSocket.REUSEPORT)) {
            return null;
        }
        Tcb other = (Tcb) ports.listener(dstHigh, dstLow, closed.localPort(), srcHigh, srcLow, srcPort, closed.boundInterface());
        boolean group = other != null && other.option(InetSocket.REUSEPORT) && other.owner().uid() == closed.owner().uid()
                && other.localHigh() == closed.localHigh() && other.localLow() == closed.localLow() && other.boundInterface() == closed.boundInterface();
        return group ? other : null;
    }

    void removeListener(Tcb socket, Listener state) {
        listeners.remove(socket);
        embryos.leave(socket, state);
    }

    /// "Is our FIN acknowledged?" (RFC 9293 §3.10.7.4, fifth step, FIN-WAIT-1, CLOSING, LAST-ACK).
    void finAcked(Connection c) {
        switch (c.tcpState()) {
            case FIN_WAIT_1 -> {
                c.enter(TcpState.FIN_WAIT_2);
                ((Tcb) c).finWait2();
            }
            case CLOSING -> {
                if (c.ackNow) {
                    // The peer's FIN came in the same batch: without its acknowledgment the peer would stay in CLOSING until it asks again.
                    output.ack(c);
                }
                enterTimeWait(c, TcpState.TIME_WAIT);
            }
            case LAST_ACK -> {
                timeWaitRules.closes.add(c, CloseLog.PEERS);
                done((Tcb) c);
            }
            case CLOSED, LISTEN, SYN_SENT, SYN_RECEIVED, ESTABLISHED, FIN_WAIT_2, CLOSE_WAIT, TIME_WAIT ->
                throw new IllegalStateException("a FIN was acknowledged in " + c.tcpState());
        }
    }

    /// The connection lives on as an entry of the TIME-WAIT table; the socket, if somebody holds it, is CLOSED.
    void enterTimeWait(Connection c, TcpState kind) {
        timeWaitRules.enter((Tcb) c, kind);
        done((Tcb) c);
    }

    /// An orphan in FIN-WAIT-2 needs no buffers: it becomes a table entry that waits for the peer's FIN (`tcp_fin_timeout`, TCP_LINGER2).
    void orphanInFinWait2(Tcb c) {
        long waitMs = c.finWait2Ms();
        if (waitMs < 0) {
            count(Counter.TcpExtTCPAbortOnLinger);
            output.reset(c, ResetReason.NO_LINGER2);
            done(c);
            return;
        }
        if (c.ackNow) {
            // What the segment at hand demands; the entry does not remember it.
            output.ack(c);
        }
        timeWaitRules.enter(c, TcpState.FIN_WAIT_2);
        done(c);
    }

    /// An RST arrived, or text for which there is no reader: the application gets `errno` (MUST-12).
    void reset(Tcb c, int errno) {
        c.error(errno);
        c.done = true;
        c.rememberOutstanding();
        c.purgeSend();
        done(c);
    }

    /// Time-out or hard ICMP error.
    void abandon(Connection c, int errno) {
        Tcb socket = (Tcb) c;
        socket.error(errno);
        // The error says it all: it is not to be told twice.
        socket.softError(0);
        socket.rememberOutstanding();
        socket.purgeSend();
        done(socket);
    }

    void abandonQuietly(Connection c) {
        done((Tcb) c);
    }

    /// The connection is over: CLOSED, out of the table, timers off. Whoever holds the socket is told.
    void done(Tcb c) {
        if (c.tcpState() == TcpState.SYN_SENT || c.tcpState() == TcpState.SYN_RECEIVED) {
            count(Counter.TcpAttemptFails);
        }
        leaveTable(c);
        c.stopTimers();
        c.enter(TcpState.CLOSED);
        c.shutdownBoth();
        if (c.parent != null && c.orphan) {
            c.parent = null;
        }
        if (c.orphan) {
            c.freeSender();
        } else {
            // TCP_INFO goes on telling how it was.
            c.emptySender();
        }
        c.releasePort();
        if (c.orphan) {
            orphans--;
            c.destroy();
        } else {
            c.raise(InetSocket.POLLIN | InetSocket.POLLOUT | InetSocket.POLLHUP | InetSocket.POLLRDHUP | InetSocket.POLLERR);
        }
    }

    void orphaned() {
        orphans++;
    }

    boolean tooManyOrphans() {
        return orphans > sysctls.getInt(Sysctl.TCP_MAX_ORPHANS);
    }

    /// Arms the timer of the TIME-WAIT table for its earliest entry.
    void timeWaitChanged() {
        int earliest = timeWait.earliest();
        wheel().arm(timeWaitTimer, earliest == TimeWaitTable.NONE ? WheelTimer.NEVER : timeWait.deadlineNs(earliest));
    }

    // ---- port choice -------------------------------------------------------------------------------------------------------------------

    @Override
    public boolean available(long lHi, long lLo, int lPort, long rHi, long rLo, int rPort, boolean autobound) {
        int hash = hash(lHi, lLo, lPort, rHi, rLo, rPort);
        if (connections.find(hash, lHi, lLo, lPort, rHi, rLo, rPort) != null || embryos.has(hash, lHi, lLo, lPort, rHi, rLo, rPort)) {
            return false;
        }
        int waiting = timeWait.find(hash, lHi, lLo, lPort, rHi, rLo, rPort);
        return waiting == TimeWaitTable.NONE || timeWaitRules.reusable(waiting, rHi, rLo, autobound);
    }

    @Override
    public long availableAtNs(long lHi, long lLo, int lPort, long rHi, long rLo, int rPort) {
        int hash = hash(lHi, lLo, lPort, rHi, rLo, rPort);
        int waiting = timeWait.find(hash, lHi, lLo, lPort, rHi, rLo, rPort);
        boolean taken = connections.find(hash, lHi, lLo, lPort, rHi, rLo, rPort) != null || embryos.has(hash, lHi, lLo, lPort, rHi, rLo, rPort);
        return taken || waiting == TimeWaitTable.NONE ? NEVER : timeWaitRules.reusableAtNs(waiting, rHi, rLo);
    }

    /// A connect takes over a tuple in TIME-WAIT: returns the ISS to use, 0 if there is no such entry.
    int takeOverTimeWait(Tcb c) {
        return timeWaitRules.takeOver(c);
    }

    static int reopenGap() {
        return REOPEN_GAP;
    }

    // ---- what tools see ------------------------------------------------------------------------------------------------------------------

    /// Number of connections in the table: everything but listeners, embryos and TIME-WAIT.
    public int connectionCount() {
        return connections.size();
    }

    public int embryoCount() {
        return embryos.size();
    }

    /// TIME-WAIT and orphaned FIN-WAIT-2 entries.
    public int timeWaitCount() {
        return timeWait.size();
    }

    public int orphanCount() {
        return orphans;
    }

    /// Slabs of buffer memory in use; 0 when all sockets are closed and read.
    public long buffersOutstanding() {
        return slabs.outstanding();
    }

    public ResetLog resets() {
        return output.resets;
    }

    public CloseLog closes() {
        return timeWaitRules.closes;
    }

    /// Visits every listener, embryo, connection and TIME-WAIT entry as a row for `netstat` and `ss`.
    public void rows(Consumer<? super SocketRow> visitor) {
        for (Tcb each : listeners) {
            visitor.accept(SocketRow.of(each));
        }
        connections.forEach(each -> visitor.accept(SocketRow.of(folding.view(each))));
        embryos.forEach(each -> visitor.accept(SocketRow.of(each)));
        for (int entry = timeWait.walk(0); entry != TimeWaitTable.NONE; entry = timeWait.walk(entry + 1)) {
            visitor.accept(SocketRow.of(timeWait, entry, now(), sysctls.get(Sysctl.TCP_TIMEWAIT_MS) * 1_000_000,
                    ports.reuseOptions(timeWait.claim(entry))));
        }
    }

    /// Asserts what must hold between inputs; for simulations and tests.
    ///
    /// @throws IllegalStateException naming what does not hold
    public void verify() {
        connections.forEach(each -> folding.view(each).verify());
    }
}
