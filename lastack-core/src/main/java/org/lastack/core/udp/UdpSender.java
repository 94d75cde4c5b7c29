package org.lastack.core.udp;

import org.jspecify.annotations.Nullable;
import org.lastack.core.Counter;
import org.lastack.core.Engine;
import org.lastack.core.Errno;
import org.lastack.core.Interface;
import org.lastack.core.ip.IpLayer;
import org.lastack.core.ip.Route;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.socket.Msg;
import org.lastack.core.socket.SocketOptions;
import org.lastack.wire.Bytes;
import org.lastack.wire.Checksum;
import org.lastack.wire.Frame;
import org.lastack.wire.IpAddress;
import org.lastack.wire.IpProtocol;
import org.lastack.wire.Ipv4Header;
import org.lastack.wire.Ipv6Header;
import org.lastack.wire.UdpHeader;

/// The sending half of a UDP socket.
final class UdpSender {
    private final Engine engine;
    private final IpLayer ip;
    private final UdpSocket socket;
    /// To the peer of a connected socket.
    private @Nullable Route peerRoute;

    UdpSender(Engine engine, UdpSocket socket) {
        this.engine = engine;
        this.ip = engine.ip();
        this.socket = socket;
    }

    void routeTo(Route route) {
        peerRoute = route;
    }

    void forgetRoute() {
        peerRoute = null;
    }

    /// UDP_CORK and MSG_MORE: pieces become one datagram, which leaves with the first piece without either. Else [#send].
    int collect(byte[] data, int offset, int length, int flags, long high, long low, int port, boolean toPeer) {
        UdpOptions own = socket.own();
        boolean more = own.cork || (flags & Msg.MORE) != 0;
        if (!more && !own.pending) {
            return send(data, offset, length, flags, high, low, port, toPeer);
        }
        if (!own.pending) {
            int refused = check(length, flags, high, low, port);
            if (refused != 0) {
                return refused;
            }
            own.begin(high, low, port, toPeer);
        } else if (own.collected + length > (IpAddress.isV4(own.high, own.low) ? UdpHeader.MAX_PAYLOAD_V4 : UdpHeader.MAX_PAYLOAD_V6)) {
            own.forget();
            return -Errno.EMSGSIZE;
        }
        own.append(data, offset, length);
        int result = more ? 0 : flush();
        return result < 0 ? result : length;
    }

    /// Sends what was collected.
    int flush() {
        UdpOptions own = socket.own();
        byte[] text = own.text();
        int length = own.collected;
        own.forget();
        return send(text, 0, length, 0, own.high, own.low, own.port, own.toPeer);
    }

    /// See [UdpSocket#sendTo]; `toPeer` says that the destination is the connected peer.
    int send(byte[] data, int offset, int length, int flags, long high, long low, int port, boolean toPeer) {
        int refused = check(length, flags, high, low, port);
        if (refused != 0) {
            return refused;
        }
        boolean any = IpAddress.isUnspecified(high, low);
        boolean anyV4 = any && (socket.domain() == InetSocket.AF_INET || low != 0);
        // As in BSD and Linux: no address means this host.
        long dstHigh = any ? IpAddress.LOOPBACK_V4.high() : high;
        long dstLow = any ? anyV4 ? IpAddress.LOOPBACK_V4.low() : IpAddress.LOOPBACK_V6.low() : low;
        Route route = route(dstHigh, dstLow, flags, toPeer);
        if (route == null) {
            return -ip.lastRouteError();
        }
        if (route.kind == Route.Kind.BROADCAST && !socket.option(InetSocket.BROADCAST)) {
            return -Errno.EACCES;
        }
        if (route.hasGateway() && (socket.option(InetSocket.DONTROUTE) || (flags & Msg.DONTROUTE) != 0)) {
            return -Errno.ENETUNREACH;
        }
        refused = socket.autobind();
        if (refused != 0) {
            return refused;
        }
        return segments(data, offset, length, route, dstHigh, dstLow, port);
    }

    /// UDP_SEGMENT: one call, datagrams of equal size and a rest.
    private int segments(byte[] data, int offset, int length, Route route, long high, long low, int port) {
        int size = socket.own().segment;
        if (size == 0 || length <= size) {
            return transmit(data, offset, length, route, high, low, port);
        }
        int header = (IpAddress.isV4(high, low) ? Ipv4Header.MIN_LENGTH : Ipv6Header.LENGTH) + UdpHeader.LENGTH;
        if (length > (long) size * UdpOptions.MAX_SEGMENTS || header + size > ip.pathMtu(route, high, low) || socket.option(InetSocket.NO_CHECK)) {
            return -Errno.EINVAL;
        }
        for (int at = 0; at < length; at += size) {
            int sent = transmit(data, offset + at, Math.min(size, length - at), route, high, low, port);
            if (sent < 0) {
                return at == 0 ? sent : at;
            }
        }
        return length;
    }

    private int check(int length, int flags, long high, long low, int port) {
        boolean v4 = IpAddress.isV4(high, low) || IpAddress.isUnspecified(high, low) && socket.domain() == InetSocket.AF_INET;
        if ((socket.shutdownMask() & InetSocket.SEND_SHUTDOWN) != 0) {
            return -Errno.EPIPE;
        }
        if ((flags & Msg.OOB) != 0) {
            return -Errno.EOPNOTSUPP;
        }
        if (port == 0) {
            return -Errno.EINVAL;
        }
        if (!v4 && socket.domain() == InetSocket.AF_INET) {
            return -Errno.EAFNOSUPPORT;
        }
        if (v4 && socket.v6Only()) {
            return -Errno.ENETUNREACH;
        }
        if (length > (v4 ? UdpHeader.MAX_PAYLOAD_V4 : UdpHeader.MAX_PAYLOAD_V6)) {
            // W287.
            socket.localError(Errno.EMSGSIZE, 65_535, high, low, port);
            return -Errno.EMSGSIZE;
        }
        int pending = socket.takePending();
        if (pending != 0) {
            return -pending;
        }
        if (ip.queuedOctets() >= socket.sendBuffer()) {
            socket.countSendBufferError(v4);
            socket.senderBlocked();
            return -Errno.EAGAIN;
        }
        return 0;
    }

    private @Nullable Route route(long high, long low, int flags, boolean toPeer) {
        Route route = toPeer ? peerRoute : null;
        if (route != null && ip.current(route)) {
            return route;
        }
        boolean group = IpAddress.isMulticast(high, low);
        int ifIndex = socket.boundInterface() == 0 && group ? socket.groups().interfaceIndex(IpAddress.isV4(high, low))
                : socket.boundInterface();
        long fromHigh = socket.localHigh();
        long fromLow = socket.localLow();
        boolean noSource = IpAddress.isMulticast(fromHigh, fromLow) || ip.isBroadcast(fromHigh, fromLow);
        route = noSource ? ip.route(high, low, 0, 0, ifIndex) : ip.route(high, low, fromHigh, fromLow, ifIndex);
        if (toPeer) {
            peerRoute = route;
        }
        return route;
    }

    private int transmit(byte[] data, int offset, int length, Route route, long high, long low, int port) {
        boolean v4 = IpAddress.isV4(high, low);
        int discovery = socket.pathMtuDiscovery(v4);
        int packet = (v4 ? Ipv4Header.MIN_LENGTH : Ipv6Header.LENGTH) + UdpHeader.LENGTH + length;
        boolean ignoresPath = discovery >= SocketOptions.PMTUDISC_PROBE;
        int mtu = ignoresPath ? route.mtu() : ip.pathMtu(route, high, low);
        boolean mayFragment = discovery == SocketOptions.PMTUDISC_DONT || discovery == SocketOptions.PMTUDISC_WANT
                || discovery == SocketOptions.PMTUDISC_OMIT;
        if (packet > mtu && !mayFragment) {
            // W302.
            socket.localError(Errno.EMSGSIZE, mtu, high, low, port);
            return -Errno.EMSGSIZE;
        }
        boolean dontFragment = discovery == SocketOptions.PMTUDISC_DO || discovery == SocketOptions.PMTUDISC_PROBE
                || discovery == SocketOptions.PMTUDISC_WANT && packet <= mtu;
        int fragmentMtu = ignoresPath ? route.mtu() : !v4 && socket.ipv6Mtu() != 0 ? Math.min(mtu, socket.ipv6Mtu()) : mtu;
        Frame f = ip.frame(UdpHeader.LENGTH + length);
        f.length = UdpHeader.LENGTH + length;
        UdpHeader.write(f.data, f.offset, socket.localPort(), port, f.length);
        System.arraycopy(data, offset, f.data, f.offset + UdpHeader.LENGTH, length);
        checksum(f, route, high, low, packet <= fragmentMtu);
        engine.counters().increment(v4 ? Counter.UdpOutDatagrams : Counter.Udp6OutDatagrams);
        boolean group = route.kind == Route.Kind.MULTICAST;
        int ttl = group ? socket.groups().ttl(v4) : Math.max(0, v4 ? socket.timeToLive() : socket.hopLimit());
        boolean hearsItself = !group || socket.groups().loops(v4);
        int tos = v4 ? socket.typeOfService() : socket.trafficClass();
        ip.send(f, route, route.sourceHigh, route.sourceLow, high, low, IpProtocol.UDP, tos, ttl, v4 ? dontFragment : dontFragment && packet > mtu,
                fragmentMtu, hearsItself);
        return length;
    }

    private void checksum(Frame f, Route route, long high, long low, boolean whole) {
        if (socket.option(InetSocket.NO_CHECK) && IpAddress.isV4(high, low)) {
            // RFC 1122 §4.1.3.4: an application may do without, over IPv4.
            return;
        }
        if (socket.own().noChecksum6 && !IpAddress.isV4(high, low)) {
            // RFC 6936: tunnels may do without over IPv6.
            return;
        }
        boolean left = route.out.checksumOffload() || route.out.kind() == Interface.Kind.LOOPBACK;
        if (!left || !whole) {
            UdpHeader.writeChecksum(f.data, f.offset, route.sourceHigh, route.sourceLow, high, low);
            return;
        }
        long pseudo = Checksum.pseudoHeader(route.sourceHigh, route.sourceLow, high, low, IpProtocol.UDP, f.length);
        Bytes.put16(f.data, f.offset + UdpHeader.CHECKSUM_OFFSET, Checksum.fold(pseudo));
        f.needsChecksum = true;
        f.checksumStart = 0;
        f.checksumOffset = UdpHeader.CHECKSUM_OFFSET;
    }
}
