package org.lastack.core.tcp;

import org.jspecify.annotations.Nullable;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.socket.Msg;
import org.lastack.core.socket.SocketEvents;
import org.lastack.core.socket.SocketHandle;
import org.lastack.core.udp.ReceivedFrom;

/// A TCP socket as its user holds it: the user calls of RFC 9293 §3.9.1 and §3.10.1-6 (OPEN, SEND, RECEIVE, CLOSE, ABORT, STATUS) with the results and
/// errno values of Linux. Calls never block; `>= 0` is success, a negative result an errno. Use under the host's lock; after a call, drain the
/// engine's output.
///
/// The state of the connection is not in this object: its identity stays while the state moves.
public final class TcpSocket implements SocketHandle, Tuple {
    private final Tcp tcp;
    /// The open state, or null while it is folded.
    private @Nullable Tcb tcb;
    /// The folded state. Kept when it is unfolded, to be written over.
    private byte @Nullable [] row;
    private Folding.@Nullable Company company;
    private @Nullable SocketEvents events;
    private Folding.@Nullable Alarm alarm;

    TcpSocket(Tcb tcb) {
        this.tcp = tcb.tcp;
        this.tcb = tcb;
    }

    /// The state of the connection; unfolded, if need be. The reference is good until the engine's next turn.
    Tcb tcb() {
        Tcb present = tcb;
        if (present == null) {
            present = unfold();
        }
        present.touched = true;
        tcp.lookahead().use(present);
        return present;
    }

    private Tcb unfold() {
        byte[] octets = row;
        Folding.Company with = company;
        if (octets == null || with == null) {
            throw new IllegalStateException("a socket without a state");
        }
        Tcb opened = tcp.folding().unfold(this, octets, with);
        tcb = opened;
        return opened;
    }

    // ---- for Folding ----------------------------------------------------------------------------------------------------------------------

    boolean folded() {
        return tcb == null;
    }

    /// The open state without a sign of use, or null.
    @Nullable Tcb open() {
        return tcb;
    }

    /// See [Lookahead]: for a folded one.
    int lines() {
        byte[] octets = row;
        return octets == null || octets.length == 0 ? 0 : octets[0] + octets[octets.length >> 1] + octets[octets.length - 1];
    }

    byte @Nullable [] row() {
        return row;
    }

    Folding.@Nullable Company company() {
        return company;
    }

    @Nullable SocketEvents foldedEvents() {
        return events;
    }

    /// The state goes into a row.
    void fold(byte[] octets, Folding.Company with, @Nullable SocketEvents receiver) {
        row = octets;
        company = with;
        events = receiver;
        tcb = null;
    }

    /// The timer of the folded connection.
    Folding.Alarm alarm() {
        Folding.Alarm present = alarm;
        if (present == null) {
            present = new Folding.Alarm(this);
            alarm = present;
        }
        return present;
    }

    @Override
    public boolean isFor(long lHigh, long lLow, int lPort, long rHigh, long rLow, int rPort) {
        Tcb present = tcb;
        byte[] octets = row;
        if (present != null || octets == null) {
            return present != null && present.isFor(lHigh, lLow, lPort, rHigh, rLow, rPort);
        }
        return Tcb.folded(octets, lHigh, lLow, lPort, rHigh, rLow, rPort);
    }

    @Override
    public InetSocket inet() {
        return tcb();
    }

    // ---- OPEN ---------------------------------------------------------------------------------------------------------------------------

    /// Binds to an address and port; port 0 lets the stack choose. EINVAL if bound already.
    public int bind(long high, long low, int port) {
        return tcb().bind(high, low, port);
    }

    /// Passive OPEN (RFC 9293 §3.10.1). On a listening socket changes the backlog. Admits `backlog + 1` connections, as Linux does.
    public int listen(int backlog) {
        return tcb().listen(backlog);
    }

    /// The oldest complete connection, or null: then [#acceptError] says why.
    public @Nullable TcpSocket accept() {
        Tcb child = tcb().accept();
        return child == null ? null : child.handle();
    }

    /// Complete connections that wait for [#accept]; 0 for any socket but a listener.
    public int queuedConnections() {
        Listener listening = tcb().listener;
        return listening == null ? 0 : listening.queued();
    }

    /// Why [#accept] returned null: a positive errno.
    public int acceptError() {
        return tcb().acceptError();
    }

    /// Connects. 0 = connected now; -EINPROGRESS: wait for POLLOUT and call again or read SO_ERROR; -EALREADY, -EISCONN and the error of a failed
    /// attempt as Linux returns them.
    public int connect(long high, long low, int port) {
        return tcb().connect(high, low, port);
    }

    /// A [#connect] has begun whose outcome no later call has told yet.
    public boolean connecting() {
        return tcb().connecting();
    }

    /// connect() with AF_UNSPEC: ends whatever there is, with an RST where the peer would wait, and makes the socket fresh.
    public int disconnect() {
        return tcb().disconnect();
    }

    // ---- SEND, RECEIVE --------------------------------------------------------------------------------------------------------------------

    /// Queues octets for sending; returns how many were taken (fewer than asked when the buffer fills), or -EAGAIN when none fit, -EPIPE, or the
    /// pending error. `flags` are those of [Msg].
    public int send(byte[] source, int offset, int length, int flags) {
        return tcb().send(source, offset, length, flags);
    }

    /// send() with MSG_FASTOPEN: connects and sends in one call, the text in the SYN as far as it fits and a cookie for that server is known (RFC 7413
    /// §4.2.1). On a connection that exists it is [#send].
    ///
    /// @return octets taken, the attempt being under way; -EINPROGRESS: it is under way and nothing was taken, send again when it has ended; -EOPNOTSUPP
    ///     if `tcp_fastopen` does not allow it; -EISCONN, -EALREADY and the errors of connect()
    public int sendFastOpen(long high, long low, int port, byte[] source, int offset, int length, int flags) {
        return tcb().sendFastOpen(high, low, port, source, offset, length, flags);
    }

    /// What send() with MSG_FASTOPEN and without an address returns on a socket that is not connected.
    public int fastOpenNeedsAddress() {
        return tcb().fastOpenNeedsAddress();
    }

    /// Takes octets that have arrived: their number, 0 at end of file, -EAGAIN when there are none yet, or the pending error (once). Flags: OOB, PEEK,
    /// TRUNC (discard instead of copying).
    public int receive(byte[] target, int offset, int length, int flags) {
        return tcb().receive(target, offset, length, flags);
    }

    /// Reads the error queue (MSG_ERRQUEUE): an ICMP error about a connection attempt, times of what was sent (SO_TIMESTAMPING), ends of sends with MSG_ZEROCOPY.
    ///
    /// @return octets of what the entry is about, as far as they fit, or -EAGAIN if there is no entry
    public int receiveError(byte[] target, int offset, int room, ReceivedFrom info) {
        return tcb().receiveError(target, offset, room, info);
    }

    /// When the newest text in order had arrived, in nanoseconds of the engine's clock: what SO_TIMESTAMP tells, as segments that wait together have one time on
    /// Linux too.
    public long lastReceivedNs() {
        return tcb().lastReceivedNs();
    }

    // ---- STATUS (RFC 9293 §3.10.6) ------------------------------------------------------------------------------------------------------

    public TcpState state() {
        return tcb().state();
    }

    /// SIOCINQ: octets that can be read, urgent octet and FIN aside.
    public int unreadOctets() {
        return tcb().unreadOctets();
    }

    /// What ioctl(SIOCINQ) says: as [#unreadOctets], but 0 before the handshake is over, as in Linux, although the text of a Fast Open SYN can be read.
    public int inputQueueOctets() {
        TcpState state = state();
        return state == TcpState.SYN_SENT || state == TcpState.SYN_RECEIVED ? 0 : unreadOctets();
    }

    /// A blocking send waits for the connection to come: the ACK that completes the handshake then waits for its text (Linux).
    public void writerWaits(boolean waits) {
        tcb().writerWaits = waits;
    }

    /// SIOCOUTQ: octets written and not acknowledged, a FIN counting as one. During the handshake it is 0; after the connection has ended, what
    /// was outstanding then, as in Linux.
    public int unackedOctets() {
        return tcb().unackedOctets();
    }

    /// TCP_CM_INQ: octets that can be read, or 1 if only the end of the stream can.
    public int inq() {
        Tcb present = tcb();
        int octets = present.unreadOctets();
        return octets == 0 && present.finReceived ? 1 : octets;
    }

    /// The congestion window in segments; the initial window as long as nothing was sent.
    public int congestionWindow() {
        return tcb().congestionWindow();
    }

    /// The smoothed round-trip time in microseconds, 0 = not measured yet.
    public int smoothedRttUs() {
        return tcb().smoothedRttUs();
    }

    /// SIOCOUTQNSD: octets written and not sent.
    public int unsentOctets() {
        return tcb().unsentOctets();
    }

    /// SIOCATMARK: the next octet is the urgent one (RFC 9293 §3.8.5, MUST-33).
    public boolean atMark() {
        return tcb().atMark();
    }

    /// The address family of the peer is IPv4 although the socket is AF_INET6.
    public boolean mapped() {
        return tcb().mapped();
    }

    /// The state of the connection in numbers (RFC 9293 §3.10.6; Linux's TCP_INFO).
    public TcpInfo info() {
        return tcb().info();
    }

    /// Nanoseconds since the peer's window has been what the sender waits for, without a break; 0 if it waits for something else or has nothing to send.
    public long windowLimitedNs() {
        return tcb().windowLimitedNs();
    }

    /// A writer found the send buffer full and there has been no room since.
    public boolean waitsForSendBuffer() {
        return tcb().waitingForBuffer();
    }

    /// What a listener has counted, or null for any other socket.
    public @Nullable ListenerInfo listenerInfo() {
        Tcb present = tcb();
        Listener listening = present.listener;
        return listening == null ? null : ListenerInfo.of(listening, tcp.now());
    }

    /// The last write had MSG_MORE: less than a segment waits for what follows it, the next ACK or a timer.
    public boolean moreToCome() {
        return tcb().moreToCome;
    }

    // ---- CLOSE, shutdown, ABORT ----------------------------------------------------------------------------------------------------------

    /// shutdown(2): SHUT_WR sends FIN after what is queued, SHUT_RD only makes readers see end of file, on a listener SHUT_RD ends LISTEN.
    public int shutdown(int how) {
        return tcb().shutdown(how);
    }

    /// The last descriptor is closed. Unread octets or SO_LINGER 0 give RST (RFC 9293 §3.6.1, SHLD-3), else FIN; the connection lives on as an orphan.
    /// With SO_LINGER above 0 the caller may wait for [#closeDone].
    public int close() {
        return tcb().close();
    }

    /// True when nothing of the connection is left to wait for after [#close]: its FIN is acknowledged, or it is gone (SO_LINGER).
    public boolean closeDone() {
        return tcb().closeDone();
    }

    /// SO_LINGER in seconds, -1 = off.
    public int lingerSeconds() {
        return tcb().lingerSeconds();
    }

    /// ABORT: RST at once, whatever is queued is lost.
    public void abort() {
        tcb().abort();
    }

    // ---- options -------------------------------------------------------------------------------------------------------------------------

    /// Sets an option; levels SOL_SOCKET, IPPROTO_IP, IPPROTO_IPV6 and IPPROTO_TCP, values in Linux's layout. 0 or a negative errno.
    public int setOption(int level, int name, byte[] value, int offset, int length) {
        return tcb().setOption(level, name, value, offset, length);
    }

    /// Writes an option's value; returns its octets or a negative errno.
    public int getOption(int level, int name, byte[] out, int offset, int room) {
        return tcb().getOption(level, name, out, offset, room);
    }

    /// [#setOption] with an `int`.
    public int setInt(int level, int name, int value) {
        return tcb().setInt(level, name, value);
    }

    /// [#getOption] of an `int`: its value, or a negative errno.
    public int getInt(int level, int name) {
        return tcb().getInt(level, name);
    }

    @Override
    public String toString() {
        return tcb().toString();
    }
}
