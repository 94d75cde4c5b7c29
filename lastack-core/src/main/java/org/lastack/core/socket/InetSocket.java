package org.lastack.core.socket;

import org.jspecify.annotations.Nullable;
import org.lastack.core.WheelTimer;
import org.lastack.wire.IpAddress;

/// What sockets of TCP and UDP have in common. A socket belongs to its engine: use it under the host's lock. Calls never block; they return
/// `>= 0` or the negative of an [org.lastack.core.Errno]. Descriptors, reference counts and blocking are the business of the layers above.
public abstract class InetSocket extends WheelTimer implements SocketHandle {
    public static final int AF_UNSPEC = 0;
    public static final int AF_INET = 2;
    public static final int AF_INET6 = 10;

    /// Poll bits with Linux's values.
    public static final int POLLIN = 0x001;
    public static final int POLLPRI = 0x002;
    public static final int POLLOUT = 0x004;
    public static final int POLLERR = 0x008;
    public static final int POLLHUP = 0x010;
    public static final int POLLRDHUP = 0x2000;

    /// `shutdown` directions as in Linux.
    public static final int SHUT_RD = 0;
    public static final int SHUT_WR = 1;
    public static final int SHUT_RDWR = 2;

    /// Bits of [#shutdownMask].
    public static final int RCV_SHUTDOWN = 1;
    public static final int SEND_SHUTDOWN = 2;

    /// Bits of [#optionBits]: boolean socket options.
    public static final int REUSEADDR = 1;
    public static final int REUSEPORT = 1 << 1;
    public static final int KEEPALIVE = 1 << 2;
    public static final int BROADCAST = 1 << 3;
    public static final int OOBINLINE = 1 << 4;
    public static final int DONTROUTE = 1 << 5;
    public static final int V6ONLY = 1 << 6;
    public static final int FREEBIND = 1 << 7;
    public static final int TRANSPARENT = 1 << 8;
    public static final int BIND_ADDRESS_NO_PORT = 1 << 9;
    public static final int RECVERR = 1 << 10;
    public static final int RECVERR6 = 1 << 11;
    public static final int PKTINFO = 1 << 12;
    public static final int RECVPKTINFO6 = 1 << 13;
    public static final int RECVTOS = 1 << 14;
    public static final int RECVTCLASS = 1 << 15;
    public static final int RECVTTL = 1 << 16;
    public static final int RECVHOPLIMIT = 1 << 17;
    public static final int LINGER = 1 << 18;
    public static final int TIMESTAMP = 1 << 19;
    public static final int TIMESTAMPNS = 1 << 20;
    public static final int DEBUG = 1 << 21;
    public static final int NO_CHECK = 1 << 22;
    public static final int SNDBUF_LOCK = 1 << 23;
    public static final int RCVBUF_LOCK = 1 << 24;
    public static final int ZEROCOPY = 1 << 29;
    public static final int RXQ_OVFL = 1 << 25;
    public static final int RECVOPTS = 1 << 27;
    public static final int SELECT_ERR_QUEUE = 1 << 28;

    private int domain;
    private Owner owner;
    /// Options as bits of the constants above. Changed through [#option(int, boolean)], because the port table wants to know.
    protected int optionBits;
    /// RCV_SHUTDOWN and SEND_SHUTDOWN.
    protected int shutdownMask;
    /// Interface index of SO_BINDTODEVICE, 0 = any.
    protected int boundInterface;
    /// Pending error (`sk_err`), a positive errno; the next call reports and clears it.
    protected int error;
    /// Soft error (`sk_err_soft`): reported if nothing better explains a failure.
    protected int softError;

    /// Local name. IPv4 as v4-mapped; unspecified while wild.
    protected long localHigh;
    protected long localLow;
    protected int localPort;
    /// Peer, port 0 while there is none.
    protected long remoteHigh;
    protected long remoteLow;
    protected int remotePort;
    /// The address given to `bind` was a specific one: it stays after a failed connect.
    protected boolean addressLocked;
    /// The port was chosen by `bind`, not by `connect`.
    protected boolean portLocked;
    /// The entry that this socket holds in the port table, 0 = none. Written by the port table only.
    int portClaim;
    /// Bound to the IPv4 wildcard as an AF_INET6 socket (`::ffff:0.0.0.0`): what a failed connect goes back to. Written by the port table only.
    boolean boundV4Any;
    /// Where the port table's demultiplexer keeps this socket.
    @Nullable DemuxGroup demuxGroup;
    @Nullable InetSocket demuxNext;
    int demuxHash;
    boolean demuxConnected;
    /// IP_LOCAL_PORT_RANGE: `high << 16 | low`, 0 = the host's.
    protected int portRange;
    protected @Nullable SocketEvents events;
    /// Options that few sockets use; null while none is set.
    protected @Nullable ExtraOptions extras;

    // Values of options that are no booleans; written by SocketOptions.

    /// SO_SNDBUF and SO_RCVBUF in octets, as `getsockopt` shows them: doubled.
    protected int sendBuffer;
    protected int receiveBuffer;
    /// SO_PRIORITY and SO_MARK.
    protected int priority;
    protected int mark;
    /// SO_MAX_PACING_RATE in octets per second; negative = no limit.
    protected long maxPacingRate = -1;
    /// SO_LINGER's time; valid if the option [#LINGER] is on.
    protected int lingerSeconds;
    /// SO_RCVLOWAT in octets.
    protected int receiveLowWater = 1;
    /// SO_RCVTIMEO and SO_SNDTIMEO in microseconds, 0 = wait for ever.
    protected long receiveTimeoutUs;
    protected long sendTimeoutUs;
    /// IP_TOS, and IP_TTL with -1 = the host's default.
    protected int typeOfService;
    protected int timeToLive = -1;
    /// IPV6_TCLASS, and IPV6_UNICAST_HOPS with -1 = the host's default.
    protected int trafficClass;
    protected int hopLimit = -1;
    /// IP_MINTTL and IPV6_MINHOPCOUNT.
    protected int minTtl;
    protected int minHopLimit;
    /// IP_MTU_DISCOVER and IPV6_MTU_DISCOVER: one of the PMTUDISC constants of [SocketOptions].
    protected int pathMtuDiscovery = SocketOptions.PMTUDISC_WANT;
    protected int pathMtuDiscovery6 = SocketOptions.PMTUDISC_WANT;
    /// IPV6_MTU, 0 = not set.
    protected int ipv6Mtu;
    /// SO_TIMESTAMPING: bits of [SocketOptions].
    protected int timestamping;

    protected InetSocket(int domain, Owner owner) {
        if (domain != AF_INET && domain != AF_INET6) {
            throw new IllegalArgumentException("domain " + domain + " is neither AF_INET nor AF_INET6");
        }
        this.domain = domain;
        this.owner = owner;
        if (domain == AF_INET) {
            localLow = IpAddress.ANY_V4.low();
            remoteLow = IpAddress.ANY_V4.low();
        }
    }

    @Override
    public final InetSocket inet() {
        return this;
    }

    /// What the user knows this socket by.
    protected SocketHandle handle() {
        return this;
    }

    @Override
    public final int domain() {
        return domain;
    }

    @Override
    public final Owner owner() {
        return owner;
    }

    @Override
    public final void owner(Owner newOwner) {
        owner = newOwner;
        if (portClaim != 0) {
            portTable().optionsChanged(this);
        }
    }

    @Override
    public final boolean option(int bit) {
        return (optionBits & bit) != 0;
    }

    /// Switches a boolean option; for those that the port table reads, the table is told ("options are read live").
    @Override
    public final void option(int bit, boolean on) {
        int before = optionBits;
        optionBits = on ? before | bit : before & ~bit;
        if (before != optionBits && (bit & (REUSEADDR | REUSEPORT)) != 0 && portClaim != 0) {
            portTable().optionsChanged(this);
        }
    }

    @Override
    public final boolean v6Only() {
        return option(V6ONLY);
    }

    @Override
    public final int boundInterface() {
        return boundInterface;
    }

    @Override
    public final long localHigh() {
        return localHigh;
    }

    @Override
    public final long localLow() {
        return localLow;
    }

    @Override
    public final int localPort() {
        return localPort;
    }

    @Override
    public final long remoteHigh() {
        return remoteHigh;
    }

    @Override
    public final long remoteLow() {
        return remoteLow;
    }

    @Override
    public final int remotePort() {
        return remotePort;
    }

    /// `IP_LOCAL_PORT_RANGE` as `high << 16 | low`; 0 if not set.
    @Override
    public final int portRange() {
        return portRange;
    }

    @Override
    public final int portClaim() {
        return portClaim;
    }

    public final boolean addressLocked() {
        return addressLocked;
    }

    public final boolean portLocked() {
        return portLocked;
    }

    /// Sets the local name; for the port table and the protocols.
    public final void localName(long high, long low, int port) {
        localHigh = high;
        localLow = low;
        localPort = port;
    }

    public final void localLocks(boolean address, boolean port) {
        addressLocked = address;
        portLocked = port;
    }

    public final void portClaim(int claim) {
        portClaim = claim;
    }

    public final void remoteName(long high, long low, int port) {
        remoteHigh = high;
        remoteLow = low;
        remotePort = port;
    }

    @Override
    public final int shutdownMask() {
        return shutdownMask;
    }

    @Override
    public final void events(@Nullable SocketEvents receiver) {
        events = receiver;
    }

    protected final void signal(int mask) {
        SocketEvents receiver = events;
        if (receiver != null) {
            receiver.ready(handle(), mask);
        }
    }

    /// Options that few sockets use, or null.
    public final @Nullable ExtraOptions extras() {
        return extras;
    }

    /// The same, made now if need be.
    public final ExtraOptions needExtras() {
        ExtraOptions present = extras;
        if (present == null) {
            present = new ExtraOptions();
            extras = present;
        }
        return present;
    }

    /// The pending error without clearing it; 0 = none.
    @Override
    public final int pendingError() {
        return error;
    }

    /// SO_ERROR: the pending error, which is cleared; else the soft error, which is cleared too.
    @Override
    public int takeError() {
        int pending = error != 0 ? error : softError;
        if (error != 0) {
            error = 0;
        } else {
            softError = 0;
        }
        return pending;
    }

    /// SO_SNDBUF in octets as `getsockopt` shows it.
    @Override
    public final int sendBuffer() {
        return sendBuffer;
    }

    /// SO_RCVBUF in octets as `getsockopt` shows it.
    @Override
    public final int receiveBuffer() {
        return receiveBuffer;
    }

    /// SO_LINGER: seconds, or -1 if off.
    @Override
    public final int lingerOption() {
        return option(LINGER) ? lingerSeconds : -1;
    }

    @Override
    public final int receiveLowWater() {
        return receiveLowWater;
    }

    /// SO_RCVTIMEO in microseconds, 0 = for ever; blocking is the business of the layers above.
    @Override
    public final long receiveTimeoutUs() {
        return receiveTimeoutUs;
    }

    /// SO_SNDTIMEO in microseconds, 0 = for ever.
    @Override
    public final long sendTimeoutUs() {
        return sendTimeoutUs;
    }

    /// True for SOCK_STREAM, false for SOCK_DGRAM.
    @Override
    public boolean stream() {
        return true;
    }

    /// All fields but those that refer to objects. The names come first and in a fixed form, for [#namedSo].
    protected final void foldSocket(FieldStream f) {
        boolean v4 = f.octet(IpAddress.isV4(localHigh, localLow) && IpAddress.isV4(remoteHigh, remoteLow) ? 1 : 0) != 0;
        int ports = f.word(localPort << 16 | remotePort);
        localPort = ports >>> 16;
        remotePort = ports & 0xffff;
        if (v4) {
            localLow = IpAddress.lowOfV4(f.word((int) localLow));
            remoteLow = IpAddress.lowOfV4(f.word((int) remoteLow));
            localHigh = 0;
            remoteHigh = 0;
        } else {
            localHigh = wide(f, localHigh);
            localLow = wide(f, localLow);
            remoteHigh = wide(f, remoteHigh);
            remoteLow = wide(f, remoteLow);
        }
        domain = f.bit(domain == AF_INET6) ? AF_INET6 : AF_INET;
        optionBits = f.number(optionBits, 0);
        portClaim = f.number(portClaim, 0);
        sendBuffer = f.number(sendBuffer, 0);
        receiveBuffer = f.number(receiveBuffer, 0);
        addressLocked = f.bit(addressLocked);
        portLocked = f.bit(portLocked);
        f.open();
        boundV4Any = f.bit(boundV4Any);
        shutdownMask = f.number(shutdownMask, 0);
        boundInterface = f.number(boundInterface, 0);
        error = f.number(error, 0);
        softError = f.number(softError, 0);
        portRange = f.number(portRange, 0);
        maxPacingRate = f.number(maxPacingRate, -1);
        priority = f.number(priority, 0);
        mark = f.number(mark, 0);
        lingerSeconds = f.number(lingerSeconds, 0);
        receiveLowWater = f.number(receiveLowWater, 1);
        receiveTimeoutUs = f.number(receiveTimeoutUs, 0);
        sendTimeoutUs = f.number(sendTimeoutUs, 0);
        typeOfService = f.number(typeOfService, 0);
        timeToLive = f.number(timeToLive, -1);
        trafficClass = f.number(trafficClass, 0);
        hopLimit = f.number(hopLimit, -1);
        minTtl = f.number(minTtl, 0);
        minHopLimit = f.number(minHopLimit, 0);
        pathMtuDiscovery = f.number(pathMtuDiscovery, SocketOptions.PMTUDISC_WANT);
        pathMtuDiscovery6 = f.number(pathMtuDiscovery6, SocketOptions.PMTUDISC_WANT);
        ipv6Mtu = f.number(ipv6Mtu, 0);
        timestamping = f.number(timestamping, 0);
        f.close();
    }

    private static long wide(FieldStream f, long value) {
        long high = f.word((int) (value >>> 32));
        return high << 32 | f.word((int) value) & 0xffffffffL;
    }

    /// Whether what [#foldSocket] wrote begins with these names.
    protected static boolean namedSo(byte[] row, long lHigh, long lLow, int lPort, long rHigh, long rLow, int rPort) {
        if (FieldStream.wordAt(row, 1) != (lPort << 16 | rPort)) {
            return false;
        }
        if (row[0] != 0) {
            return IpAddress.lowOfV4(FieldStream.wordAt(row, 5)) == lLow && IpAddress.lowOfV4(FieldStream.wordAt(row, 9)) == rLow && lHigh == 0 && rHigh == 0;
        }
        return wideAt(row, 5) == lHigh && wideAt(row, 13) == lLow && wideAt(row, 21) == rHigh && wideAt(row, 29) == rLow;
    }

    private static long wideAt(byte[] row, int index) {
        return (long) FieldStream.wordAt(row, index) << 32 | FieldStream.wordAt(row, index + 4) & 0xffffffffL;
    }

    /// What [#foldSocket] leaves out.
    protected final void belongTo(Owner newOwner, @Nullable SocketEvents receiver) {
        owner = newOwner;
        events = receiver;
    }

    /// SO_TIMESTAMPING with SOF_TIMESTAMPING_OPT_ID: what is sent from now on is numbered from 0. A stream counts octets, from the first unacknowledged one or
    /// from what is written next.
    ///
    /// @return 0, or -EINVAL if there is no connection whose octets could be counted
    protected int beginStampKeys(boolean fromWritten) {
        return 0;
    }

    /// SO_TIMESTAMPING's bits, of [SocketOptions].
    @Override
    public final int timestamping() {
        return timestamping;
    }

    /// Called by [SocketOptions] after an option has been set, so that a protocol can act on it.
    protected void optionSet(int level, int name) {}

    /// True while this is a TCP socket in LISTEN.
    @Override
    public abstract boolean listening();

    /// Poll bits that hold now.
    @Override
    public abstract int poll();

    protected abstract PortTable portTable();
}
