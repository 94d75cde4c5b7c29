package org.lastack.tools.up;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.lastack.core.Interface;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.socket.SocketHandle;
import org.lastack.core.socket.Owner;
import org.lastack.core.tcp.SocketRow;
import org.lastack.core.tcp.TcpSocket;
import org.lastack.core.tcp.TcpState;
import org.lastack.core.udp.UdpSocket;
import org.lastack.host.Host;
import org.lastack.tools.tables.SocketEntry;
import org.lastack.wire.IpAddress;

/// All sockets of a host at one instant, as the tables want them.
final class SocketSnapshot {
    private static final int IPPROTO_TCP = 6;
    private static final int TCP_CONGESTION = 13;
    private static final Owner NOBODY = new Owner(0, 0, "");

    private final Host host;
    private final Descriptors descriptors;

    SocketSnapshot(Host host, Descriptors descriptors) {
        this.host = host;
        this.descriptors = descriptors;
    }

    List<SocketEntry> take() {
        return host.call(() -> {
            List<SocketEntry> all = new ArrayList<>();
            host.engine().tcp().rows(each -> {
                if (each.state() != TcpState.CLOSED) {
                    all.add(tcp(each));
                }
            });
            host.engine().udp().sockets(each -> all.add(udp(each)));
            return all;
        });
    }

    private SocketEntry tcp(SocketRow row) {
        TcpSocket socket = row.socket();
        Owner owner = row.owner() == null ? NOBODY : row.owner();
        boolean v6 = row.domain() == InetSocket.AF_INET6;
        return new SocketEntry(
                true,
                v6,
                row.state().name(),
                row.recvQueue(),
                row.sendQueue(),
                row.local(),
                row.localPort(),
                socket == null ? "" : interfaceName(socket.boundInterface()),
                row.remote(),
                row.remotePort(),
                owner.uid(),
                socket == null || row.orphan() ? 0 : inode(socket),
                owner.pid(),
                owner.program(),
                socket == null ? -1 : descriptors.of(socket),
                row.timer().isEmpty() ? SocketEntry.Timer.OFF : new SocketEntry.Timer(row.timer(), Math.max(0, row.timerNs() / 1_000_000), row.retransmits()),
                v6 && socket != null && socket.v6Only(),
                socket == null ? 0 : socket.shutdownMask(),
                socket == null ? null : Map.of("r", row.state() == TcpState.LISTEN ? 0 : row.recvQueue(), "rb", socket.receiveBuffer(), "tb", socket.sendBuffer(), "w",
                        row.state() == TcpState.LISTEN ? 0 : row.sendQueue()),
                socket != null && row.state() != TcpState.LISTEN ? TcpDetails.of(socket.info(), congestionControl(socket)) : Map.of());
    }

    private static String congestionControl(TcpSocket socket) {
        byte[] name = new byte[16];
        int length = socket.getOption(IPPROTO_TCP, TCP_CONGESTION, name, 0, name.length);
        return length <= 0 ? "" : new String(name, 0, length, StandardCharsets.US_ASCII).replace("\0", "");
    }

    private SocketEntry udp(UdpSocket socket) {
        return new SocketEntry(
                false,
                socket.domain() == InetSocket.AF_INET6,
                socket.remotePort() != 0 ? "ESTABLISHED" : "UNCONN",
                socket.receiveMemory(),
                0,
                new IpAddress(socket.localHigh(), socket.localLow()),
                socket.localPort(),
                interfaceName(socket.boundInterface()),
                new IpAddress(socket.remoteHigh(), socket.remoteLow()),
                socket.remotePort(),
                socket.owner().uid(),
                inode(socket),
                socket.owner().pid(),
                socket.owner().program(),
                descriptors.of(socket),
                SocketEntry.Timer.OFF,
                socket.v6Only(),
                socket.shutdownMask(),
                Map.of("r", socket.receiveMemory(), "rb", socket.receiveBuffer(), "tb", socket.sendBuffer()),
                Map.of());
    }

    private String interfaceName(int index) {
        @Nullable Interface bound = index == 0 ? null : host.engine().interfaceAt(index);
        return bound == null ? "" : bound.name();
    }

    /// Tells sockets apart, as an inode number does; never 0, which means that no descriptor refers to the socket.
    private static long inode(SocketHandle socket) {
        return Math.max(1, System.identityHashCode(socket));
    }
}
