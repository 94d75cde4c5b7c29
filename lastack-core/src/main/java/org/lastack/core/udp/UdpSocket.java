package org.lastack.core.udp;

import org.jspecify.annotations.Nullable;
import org.lastack.core.Counter;
import org.lastack.core.Engine;
import org.lastack.core.Errno;
import org.lastack.core.Sysctl;
import org.lastack.core.ip.IcmpError;
import org.lastack.core.ip.IpDatagram;
import org.lastack.core.ip.Route;
import org.lastack.core.socket.ExtraOptions;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.socket.Msg;
import org.lastack.core.socket.OptionBytes;
import org.lastack.core.socket.Owner;
import org.lastack.core.socket.PortTable;
import org.lastack.core.socket.SocketOptions;
import org.lastack.wire.IpAddress;
import org.lastack.wire.IpProtocol;
import org.lastack.wire.Ipv4Header;
import org.lastack.wire.UdpHeader;

/// A UDP socket. Calls never block and return `>= 0` or a negative errno, as Linux's do for O_NONBLOCK sockets; a layer above waits for
/// [#poll] bits. Belongs to its engine: use under the host's lock, and drain [Engine#poll] after sending.
///
/// Addresses are pairs of longs, IPv4 as v4-mapped; an AF_INET6 socket with IPV6_V6ONLY off speaks both.
public final class UdpSocket extends InetSocket {
    private final Engine engine;
    private final Udp udp;
    private final UdpSender sender;
    private final DatagramQueue received = new DatagramQueue();
    private final ErrorQueue errors = new ErrorQueue();
    /// Numbers of the next datagram for time stamps, and of the next send with MSG_ZEROCOPY.
    private int stampKey;
    private int zerocopySends;
    private final GroupOptions groups;
    private final UdpOptions own = new UdpOptions();
    /// Datagrams lost for want of room, for SO_RXQ_OVFL.
    private int lost;
    /// Memory that queued datagrams hold, counted as Linux counts it (`truesize`).
    private int receiveMemory;
    private boolean writerWaits;
    private boolean closed;

    UdpSocket(int domain, Owner owner, Engine engine, Udp udp) {
        super(domain, owner);
        this.engine = engine;
        this.udp = udp;
        this.sender = new UdpSender(engine, this);
        this.groups = new GroupOptions(engine, this);
        sendBuffer = engine.sysctls().getInt(Sysctl.WMEM_DEFAULT);
        receiveBuffer = engine.sysctls().getInt(Sysctl.RMEM_DEFAULT);
        if (domain == AF_INET6 && engine.sysctls().on(Sysctl.IPV6_BINDV6ONLY)) {
            option(V6ONLY, true);
        }
    }

    // Names

    /// Names the local end; port 0 lets the host choose.
    ///
    /// @return 0, or -EINVAL (has a name), -EADDRINUSE, -EADDRNOTAVAIL, -EACCES, -EAFNOSUPPORT
    public int bind(long high, long low, int port) {
        if (domain() == AF_INET && !IpAddress.isV4(high, low)) {
            return -Errno.EAFNOSUPPORT;
        }
        int result = udp.ports().bind(this, high, low, port);
        if (result == -Errno.EADDRINUSE) {
            udp.ports().refusals().add(this, high, low, port, engine.now());
        }
        return result;
    }

    /// Fixes the peer: only its datagrams are received, and ICMP errors about datagrams to it are reported. May be called again.
    ///
    /// @return 0, or -ENETUNREACH, -EACCES (broadcast without SO_BROADCAST), -EAGAIN (no port left), -EAFNOSUPPORT. Port 0 is allowed, as in Linux: the socket has a name then, and still no peer
    public int connect(long high, long low, int port) {
        if (domain() == AF_INET && !IpAddress.isV4(high, low)) {
            return -Errno.EAFNOSUPPORT;
        }
        if (v6Only() && IpAddress.isV4(high, low)) {
            return -Errno.ENETUNREACH;
        }
        long peerHigh = IpAddress.isUnspecified(high, low) ? loopbackFor(low).high() : high;
        long peerLow = IpAddress.isUnspecified(high, low) ? loopbackFor(low).low() : low;
        // An address stays once a socket has one: another peer must be reachable from it (Linux keeps it until the socket is disconnected). For a peer
        // in IPv4 one in IPv6 does not count, unless bind gave it.
        boolean other = IpAddress.isV4(peerHigh, peerLow) && !IpAddress.isV4(localHigh, localLow) && !addressLocked;
        boolean wild = IpAddress.isUnspecified(localHigh, localLow) || other;
        long fromHigh = wild ? 0 : localHigh;
        long fromLow = wild ? 0 : localLow;
        Route route = engine.ip().route(peerHigh, peerLow, fromHigh, fromLow, boundInterface);
        if (route == null) {
            return -engine.ip().lastRouteError();
        }
        if (route.kind == Route.Kind.BROADCAST && !option(BROADCAST)) {
            return -Errno.EACCES;
        }
        int result = udp.ports().connect(this, route.sourceHigh, route.sourceLow, peerHigh, peerLow, port);
        if (result != 0) {
            return result;
        }
        sender.routeTo(route);
        return 0;
    }

    private IpAddress loopbackFor(long low) {
        return domain() == AF_INET || low != 0 ? IpAddress.LOOPBACK_V4 : IpAddress.LOOPBACK_V6;
    }

    /// Forgets the peer (`connect` with AF_UNSPEC). An address or port that `bind` did not fix is given up.
    public int disconnect() {
        udp.ports().connectFailed(this);
        return 0;
    }

    // Sending

    /// Sends one datagram to the peer.
    ///
    /// @param flags [Msg] bits
    /// @return `length`, or a negative errno: EDESTADDRREQ (no peer) and those of [#sendTo]
    public int send(byte[] data, int offset, int length, int flags) {
        if (remotePort == 0) {
            return (shutdownMask & SEND_SHUTDOWN) != 0 ? -Errno.EPIPE : -Errno.EDESTADDRREQ;
        }
        return noticed(sender.collect(data, offset, length, flags, remoteHigh, remoteLow, remotePort, true), data, offset, flags, remoteHigh, remoteLow, remotePort);
    }

    /// Sends one datagram, also to others than the peer of a connected socket.
    ///
    /// @return `length`, or a negative errno: EMSGSIZE, EINVAL (port 0), EACCES (broadcast without SO_BROADCAST), ENETUNREACH, EAGAIN (send
    ///         buffer full, or no port left), EPIPE (shut down), EAFNOSUPPORT, or a pending error
    public int sendTo(byte[] data, int offset, int length, int flags, long high, long low, int port) {
        boolean peer = port == remotePort && low == remoteLow && high == remoteHigh && port != 0;
        return noticed(sender.collect(data, offset, length, flags, high, low, port, peer), data, offset, flags, high, low, port);
    }

    /// What the error queue tells about a datagram that was sent: its times, and that its octets are the caller's again.
    private int noticed(int sent, byte[] data, int offset, int flags, long high, long low, int port) {
        if (sent < 0 || (timestamping & SocketOptions.TX_STAMPS) == 0 && (flags & Msg.ZEROCOPY) == 0) {
            return sent;
        }
        int stamps = timestamping;
        if ((stamps & SocketOptions.TX_STAMPS) != 0) {
            int key = (stamps & SocketOptions.STAMP_OPT_ID) != 0 ? stampKey++ : 0;
            boolean told = (stamps & SocketOptions.STAMP_SOFTWARE) != 0;
            byte[] packet = (stamps & SocketOptions.STAMP_OPT_TSONLY) != 0 ? new byte[0] : packet(data, offset, sent, high, low, port);
            if ((stamps & SocketOptions.STAMP_TX_SCHED) != 0) {
                errors.addStamp(ReceivedFrom.STAMP_SCHEDULED, key, told, engine.now(), packet, packet.length, receiveBuffer);
            }
            if ((stamps & SocketOptions.STAMP_TX_SOFTWARE) != 0) {
                errors.addStamp(ReceivedFrom.STAMP_SENT, key, told, engine.now(), packet, packet.length, receiveBuffer);
            }
        }
        if ((flags & Msg.ZEROCOPY) != 0 && option(ZEROCOPY) && sent > 0) {
            errors.addZerocopy(zerocopySends, zerocopySends, receiveBuffer);
            zerocopySends++;
        }
        if (!errors.isEmpty()) {
            signal(POLLERR);
        }
        return sent;
    }

    private byte[] packet(byte[] data, int offset, int length, long high, long low, int port) {
        byte[] datagram = new byte[UdpHeader.LENGTH + length];
        UdpHeader.write(datagram, 0, localPort, port, datagram.length);
        System.arraycopy(data, offset, datagram, UdpHeader.LENGTH, length);
        boolean v4 = IpAddress.isV4(high, low);
        int ttl = v4 ? timeToLive : hopLimit;
        return ErrorQueue.packet(localHigh, localLow, high, low, IpProtocol.UDP, v4 ? typeOfService : trafficClass,
                ttl > 0 ? ttl : Ipv4Header.DEFAULT_TTL, datagram, 0, datagram.length);
    }

    @Override
    protected int beginStampKeys(boolean fromWritten) {
        stampKey = 0;
        return 0;
    }

    int autobind() {
        return udp.ports().autobind(this);
    }

    void senderBlocked() {
        writerWaits = true;
        udp.senderBlocked();
    }

    void writableAgain() {
        if (writerWaits) {
            writerWaits = false;
            signal(POLLOUT);
        }
    }

    GroupOptions groups() {
        return groups;
    }

    UdpOptions own() {
        return own;
    }

    /// Clears and returns the pending error only; soft errors do not concern UDP.
    int takePending() {
        int pending = error;
        error = 0;
        return pending;
    }

    // Receiving

    /// True if the datagram was kept; false if the buffer is full: then the newest is lost (S4-19, W301).
    boolean enqueue(byte[] data, int offset, int length, ReceivedFrom info, boolean v4) {
        int size = trueSize(length + (v4 ? 28 : 48));
        if (receiveMemory + size > receiveBuffer && receiveMemory > 0) {
            lost++;
            return false;
        }
        info.lost = lost;
        receiveMemory += size;
        received.add(data, offset, length, info);
        signal(POLLIN);
        return true;
    }

    /// What Linux charges for a packet of that many octets: the metadata (256 octets), headroom (64) and trailer (320) around it, in blocks of
    /// 576 octets or of powers of two, from 4 KiB on in pages. Oracle W301: 3 datagrams of 1000 octets fit a buffer of 2 x 4096; 9 of 100 do.
    static int trueSize(int packetOctets) {
        int block = packetOctets + 64 + 320;
        int rounded = block <= 4096 ? block <= 576 ? 576 : Integer.highestOneBit(block - 1) << 1 : block + 4095 & ~4095;
        return 256 + rounded;
    }

    /// Takes one datagram; what does not fit into `length` octets is lost (S4-17).
    ///
    /// @param flags [Msg#PEEK] leaves it in the queue; [Msg#TRUNC] returns its real length; [Msg#ERRQUEUE] reads the error queue instead
    /// @param info filled with sender and details
    /// @return octets copied (0 is an empty datagram), -EAGAIN if there is none, or a pending error such as -ECONNREFUSED
    public int receive(byte[] out, int offset, int length, int flags, ReceivedFrom info) {
        if ((flags & Msg.ERRQUEUE) != 0) {
            int octets = errors.take(out, offset, length, info);
            if (octets >= 0) {
                error = errors.pendingAfter(info, error);
            }
            return octets;
        }
        if ((flags & Msg.OOB) != 0) {
            return -Errno.EOPNOTSUPP;
        }
        if (error != 0) {
            return -takePending();
        }
        if (received.isEmpty()) {
            return -Errno.EAGAIN;
        }
        ExtraOptions options = extras;
        if (options != null && options.peekOffset >= 0 && (flags & Msg.PEEK) != 0) {
            int peeked = received.peekBehind(options.peekOffset, out, offset, length, info);
            if (peeked < 0) {
                return -Errno.EAGAIN;
            }
            options.peeked(peeked);
            return (flags & Msg.TRUNC) != 0 ? info.length : peeked;
        }
        int octets = received.peek(out, offset, length, info);
        if ((flags & Msg.PEEK) == 0) {
            if (options != null) {
                options.read(octets);
            }
            received.remove();
            receiveMemory -= trueSize(info.length + (IpAddress.isV4(info.sourceHigh, info.sourceLow) ? 28 : 48));
        }
        return (flags & Msg.TRUNC) != 0 ? info.length : octets;
    }

    /// Octets of the next datagram (SIOCINQ), 0 if there is none.
    public int unreadOctets() {
        return received.isEmpty() ? 0 : received.firstLength();
    }

    /// Datagrams that wait to be received.
    public int unreadDatagrams() {
        return received.count();
    }

    /// Memory held by unread datagrams as Linux counts it (`ss -m`).
    public int receiveMemory() {
        return receiveMemory;
    }

    boolean hears(IpDatagram d) {
        return groups.hears(d);
    }

    /// An ICMP error about a datagram of ours to the given port of `e`'s remote address.
    void icmpError(IcmpError e, int port) {
        int errno = e.errno();
        boolean hard = e.hard();
        int discovery = e.v4 ? pathMtuDiscovery : pathMtuDiscovery6;
        if (e.packetTooBig) {
            boolean listens = discovery == SocketOptions.PMTUDISC_DONT || discovery == SocketOptions.PMTUDISC_WANT
                    || discovery == SocketOptions.PMTUDISC_DO;
            if (listens) {
                engine.ip().learnPathMtu(e.remoteHigh, e.remoteLow, e.mtu);
            }
            if (discovery == SocketOptions.PMTUDISC_DONT) {
                return;
            }
            hard = true;
        }
        if (errno == 0) {
            return;
        }
        if (option(e.v4 ? RECVERR : RECVERR6)) {
            errors.add(e, errno, port, UdpHeader.LENGTH, engine.now(), receiveBuffer);
        } else if (!hard || remotePort == 0) {
            // W291, W292, W296: without an error queue only hard errors are told, and only to connected sockets.
            return;
        }
        error = errno;
        signal(POLLERR | POLLIN | POLLOUT);
    }

    /// An error that this host found itself, for the error queue (as Linux's `ip_local_error`).
    void localError(int errno, int mtu, long high, long low, int port) {
        if (option(IpAddress.isV4(high, low) ? RECVERR : RECVERR6)) {
            errors.addLocal(errno, mtu, high, low, port, engine.now(), receiveBuffer);
        }
    }

    // The rest of the socket calls

    /// `how` is SHUT_RD, SHUT_WR or SHUT_RDWR. 0, -EINVAL, or -ENOTCONN without a peer (after which it is in force all the same, as in Linux).
    public int shutdown(int how) {
        if (how < SHUT_RD || how > SHUT_RDWR) {
            return -Errno.EINVAL;
        }
        shutdownMask |= how + 1;
        signal(POLLIN | POLLOUT | POLLHUP | POLLRDHUP);
        return remotePort == 0 ? -Errno.ENOTCONN : 0;
    }

    /// Gives up the port and everything that was not received. Always 0.
    public int close() {
        if (!closed) {
            closed = true;
            udp.ports().release(this);
            groups.leaveAll();
            received.clear();
            errors.clear();
            own.forget();
            engine.timers().cancel(this);
        }
        return 0;
    }

    @Override
    public int poll() {
        int mask = 0;
        if (error != 0 || !errors.isEmpty()) {
            mask |= option(SELECT_ERR_QUEUE) ? POLLERR | POLLPRI : POLLERR;
        }
        if ((shutdownMask & RCV_SHUTDOWN) != 0) {
            mask |= POLLRDHUP | POLLIN;
        }
        if (shutdownMask == (RCV_SHUTDOWN | SEND_SHUTDOWN)) {
            mask |= POLLHUP;
        }
        if (!received.isEmpty()) {
            mask |= POLLIN;
        }
        if (engine.ip().queuedOctets() < sendBuffer) {
            mask |= POLLOUT;
        } else {
            senderBlocked();
        }
        return mask;
    }

    /// As `setsockopt` on Linux: 0 or a negative errno.
    public int setOption(int level, int name, byte[] value, int offset, int length) {
        if (level == UdpOptions.IPPROTO_UDP) {
            int result = own.set(name, value, offset, length);
            // The end of the cork sends what was collected; nobody is told if that fails (Linux).
            if (result == 0 && !own.cork && own.pending) {
                sender.flush();
            }
            return result;
        }
        if (groups.handles(level, name)) {
            return groups.set(level, name, value, offset, length);
        }
        return engine.socketOptions().set(this, level, name, value, offset, length);
    }

    /// As `getsockopt` on Linux: octets written or a negative errno.
    public int getOption(int level, int name, byte[] out, int offset, int room) {
        if (room < 0) {
            return -Errno.EINVAL;
        }
        if (level == UdpOptions.IPPROTO_UDP) {
            return own.get(name, out, offset, room);
        }
        if (groups.handles(level, name)) {
            return groups.get(level, name, out, offset, room);
        }
        return engine.socketOptions().get(this, level, name, out, offset, room);
    }

    /// [#setOption] with an `int`.
    public int setInt(int level, int name, int value) {
        byte[] octets = new byte[4];
        OptionBytes.put32(octets, 0, value);
        return setOption(level, name, octets, 0, 4);
    }

    /// [#getOption] of an `int`; a negative result is an errno.
    public int getInt(int level, int name) {
        byte[] octets = new byte[4];
        int result = getOption(level, name, octets, 0, 4);
        return result < 0 ? result : OptionBytes.int32(octets, 0);
    }

    @Override
    protected void optionSet(int level, int name) {
        boolean v4 = level == SocketOptions.IPPROTO_IP && name == SocketOptions.IP_RECVERR && !option(RECVERR);
        boolean v6 = level == SocketOptions.IPPROTO_IPV6 && name == SocketOptions.IPV6_RECVERR && !option(RECVERR6);
        if (v4 || v6) {
            errors.clear();
        }
        if (level == SocketOptions.IPPROTO_IP && name == SocketOptions.IP_MTU_DISCOVER
                || level == SocketOptions.IPPROTO_IPV6 && name == SocketOptions.IPV6_MTU_DISCOVER) {
            sender.forgetRoute();
        }
    }

    @Override
    public boolean stream() {
        return false;
    }

    @Override
    public boolean listening() {
        return false;
    }

    @Override
    protected PortTable portTable() {
        return udp.ports();
    }

    @Override
    protected void expire(long nowNs) {
        // UDP has no timers.
    }

    int typeOfService() {
        return typeOfService;
    }

    int trafficClass() {
        return trafficClass;
    }

    int timeToLive() {
        return timeToLive;
    }

    int hopLimit() {
        return hopLimit;
    }

    int pathMtuDiscovery(boolean v4) {
        return v4 ? pathMtuDiscovery : pathMtuDiscovery6;
    }

    int ipv6Mtu() {
        return ipv6Mtu;
    }

    void countSendBufferError(boolean v4) {
        engine.counters().increment(v4 ? Counter.UdpSndbufErrors : Counter.Udp6SndbufErrors);
    }
}
