package org.lastack.bsd;

import org.jspecify.annotations.Nullable;
import org.lastack.core.Errno;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.socket.SocketHandle;
import org.lastack.core.tcp.TcpSocket;
import org.lastack.core.tcp.TcpState;
import org.lastack.host.HostSocket;
import org.lastack.host.HostTcpSocket;
import org.lastack.host.HostUdpSocket;
import org.lastack.host.SocketName;
import org.lastack.wire.IpAddress;

/// What Linux checks about addresses before it asks the protocol.
final class Addresses {
    /// SIN6_LEN_RFC2133: without the scope.
    private static final int SHORTEST_V6 = 24;

    private Addresses() {}

    private static int shortest(SocketHandle socket) {
        return socket.domain() == InetSocket.AF_INET6 ? SHORTEST_V6 : SockAddr.LENGTH_V4;
    }

    /// 0 or the errno of `bind` for an address structure of that length.
    static int refuseBind(SocketHandle socket, SockAddr address, int length) {
        if (length < shortest(socket)) {
            return -Errno.EINVAL;
        }
        if (address.family() != socket.domain()) {
            // Old programs leave the family 0 when they mean "any"; Linux allows it for IPv4.
            boolean anyV4 = socket.domain() == InetSocket.AF_INET && address.family() == InetSocket.AF_UNSPEC && address.address().equals(IpAddress.ANY_V4);
            return anyV4 ? 0 : -Errno.EAFNOSUPPORT;
        }
        return socket.v6Only() && address.address().isV4() ? -Errno.EINVAL : 0;
    }

    /// 0 or the errno of `connect` and of datagrams' destinations.
    static int refuseConnect(SocketHandle socket, SockAddr address) {
        boolean v4InV6 = socket.domain() == InetSocket.AF_INET6 && address.family() == InetSocket.AF_INET;
        if (address.length() < shortest(socket)) {
            // A datagram socket of IPv6 takes IPv4 destinations as they are.
            return v4InV6 && !socket.stream() ? 0 : -Errno.EINVAL;
        }
        if (address.family() != socket.domain()) {
            return -Errno.EAFNOSUPPORT;
        }
        return socket.v6Only() && address.address().isV4() ? -Errno.ENETUNREACH : 0;
    }

    /// The errno that the state of a TCP socket gives to any `connect`, 0 if it may try.
    static int busy(TcpSocket tcp) {
        return switch (tcp.state()) {
            case CLOSED -> 0;
            case SYN_SENT, SYN_RECEIVED -> -Errno.EALREADY;
            case LISTEN, ESTABLISHED, FIN_WAIT_1, FIN_WAIT_2, CLOSE_WAIT, CLOSING, LAST_ACK, TIME_WAIT -> -Errno.EISCONN;
        };
    }

    /// The peer of a connected socket, or null: `getpeername` knows none before the handshake and after the end (Linux).
    static @Nullable SocketName peer(HostSocket socket) {
        SocketHandle core = socket.core();
        if (core.remotePort() == 0) {
            return null;
        }
        return switch (socket) {
            case HostTcpSocket tcp when tcp.tcp().state() == TcpState.CLOSED || tcp.tcp().state() == TcpState.SYN_SENT -> null;
            case HostTcpSocket tcp -> name(core);
            case HostUdpSocket udp -> name(core);
        };
    }

    private static SocketName name(SocketHandle core) {
        return new SocketName(new IpAddress(core.remoteHigh(), core.remoteLow()), core.remotePort());
    }
}
