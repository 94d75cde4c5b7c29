package org.lastack.drill.stack;

import org.lastack.core.Engine;
import org.lastack.core.socket.Owner;

/// Makes sockets of the engine into sockets behind descriptors.
final class SocketAdapters {
    private static final Owner OWNER = new Owner(0, 1, "script");

    private SocketAdapters() {}

    static HostSocket socket(Engine engine, int domain, boolean tcp) {
        return tcp ? new TcpHostSocket(engine.tcpSocket(domain, OWNER)) : new UdpHostSocket(engine.udpSocket(domain, OWNER));
    }
}
