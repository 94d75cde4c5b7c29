package org.lastack.tools.up;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.lastack.core.Interface;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.udp.UdpSocket;
import org.lastack.host.Host;
import org.lastack.tools.tables.SocketEntry;
import org.lastack.wire.IpAddress;

/// All sockets of a host at one instant, as the tables want them.
final class SocketSnapshot {
    private final Host host;

    SocketSnapshot(Host host) {
        this.host = host;
    }

    List<SocketEntry> take() {
        return host.call(() -> {
            List<SocketEntry> all = new ArrayList<>();
            host.engine().udp().sockets(each -> all.add(udp(each)));
            return all;
        });
    }

    private SocketEntry udp(UdpSocket socket) {
        boolean connected = socket.remotePort() != 0;
        return new SocketEntry(
                false,
                socket.domain() == InetSocket.AF_INET6,
                connected ? "ESTABLISHED" : "UNCONN",
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
                -1,
                SocketEntry.Timer.OFF,
                socket.v6Only(),
                socket.shutdownMask(),
                Map.of("r", socket.receiveMemory(), "rb", socket.receiveBuffer(), "tb", socket.sendBuffer()),
                Map.of());
    }

    private String interfaceName(int index) {
        Interface bound = index == 0 ? null : host.engine().interfaceAt(index);
        return bound == null ? "" : bound.name();
    }

    /// Tells sockets apart, as an inode number does; never 0, which means that no descriptor refers to the socket.
    private static long inode(InetSocket socket) {
        return System.identityHashCode(socket) | 1L << 32;
    }
}
