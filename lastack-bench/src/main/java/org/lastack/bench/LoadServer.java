package org.lastack.bench;

import org.lastack.core.Errno;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.socket.Owner;
import org.lastack.host.Host;
import org.lastack.host.HostSocket;
import org.lastack.host.HostTcpSocket;
import org.lastack.wire.IpAddress;

/// The same server as [KernelPeer]'s on a host of ours, with blocking calls in virtual threads.
final class LoadServer {
    private final Host host;
    private final HostTcpSocket listener;

    LoadServer(Host host, IpAddress address, int port) {
        this.host = host;
        listener = host.tcpSocket(InetSocket.AF_INET, Owner.ROOT);
        Pair.check("bind", listener.bind(address, port));
        Pair.check("listen", listener.listen(4096));
        Thread.ofPlatform().daemon().name("bench-accept").start(this::accept);
    }

    private void accept() {
        while (!host.closed()) {
            HostTcpSocket accepted = listener.accept(HostSocket.FOREVER);
            if (accepted != null) {
                Thread.ofVirtual().start(() -> answer(accepted));
            } else if (listener.closed() || listener.acceptError() == -Errno.EBADF) {
                return;
            }
        }
    }

    private static void answer(HostTcpSocket socket) {
        byte[] buffer = new byte[KernelPeer.BUFFER];
        if (socket.receive(buffer, 0, 1, 0, HostSocket.FOREVER) == 1) {
            boolean echo = buffer[0] == KernelPeer.ECHO;
            if (buffer[0] == KernelPeer.GENERATE) {
                while (socket.send(buffer, 0, buffer.length, 0, HostSocket.FOREVER) > 0) {
                    // until the client has had enough
                }
            }
            int count;
            while ((count = socket.receive(buffer, 0, buffer.length, 0, HostSocket.FOREVER)) > 0) {
                if (echo && socket.send(buffer, 0, count, 0, HostSocket.FOREVER) != count) {
                    break;
                }
            }
        }
        socket.close();
    }
}
