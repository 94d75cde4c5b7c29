package org.lastack.bench;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLongArray;
import org.lastack.core.Errno;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.socket.Owner;

import org.lastack.host.Host;
import org.lastack.host.HostSocket;
import org.lastack.host.HostTcpSocket;
import org.lastack.host.SocketName;
import org.lastack.wire.IpAddress;

/// The answering half of [StreamPeer] on a host of ours, with blocking calls in virtual threads.
final class StreamServer {
    private final HostTcpSocket listener;
    private final Host host;
    private final Queue<HostTcpSocket> sockets = new ConcurrentLinkedQueue<>();
    private volatile int firstPort;
    private volatile AtomicLongArray received = new AtomicLongArray(0);

    StreamServer(Host host, IpAddress address, int port) {
        this.host = host;
        listener = host.tcpSocket(InetSocket.AF_INET, Owner.ROOT);
        Pair.check("bind", listener.bind(address, port));
        Pair.check("listen", listener.listen(4096));
        Thread.ofPlatform().daemon().name("stream-accept").start(this::accept);
    }

    /// Flows from these ports of the client will come.
    void expect(int first, int flows) {
        firstPort = first;
        received = new AtomicLongArray(flows);
    }

    /// Octets received so far, by flow.
    long[] count() {
        AtomicLongArray counts = received;
        long[] all = new long[counts.length()];
        for (int i = 0; i < all.length; i++) {
            all[i] = counts.get(i);
        }
        return all;
    }

    /// Aborts what is open.
    void abort() {
        HostTcpSocket each;
        while ((each = sockets.poll()) != null) {
            each.abort();
        }
    }

    private void accept() {
        while (!host.closed()) {
            HostTcpSocket accepted = listener.accept(HostSocket.FOREVER);
            if (accepted != null) {
                sockets.add(accepted);
                Thread.ofVirtual().start(() -> answer(accepted));
            } else if (listener.closed() || listener.acceptError() == -Errno.EBADF) {
                return;
            }
        }
    }

    private void answer(HostTcpSocket socket) {
        byte[] buffer = new byte[KernelPeer.BUFFER];
        AtomicLongArray counts = received;
        SocketName peer = socket.remoteName();
        int flow = peer == null ? -1 : peer.port() - firstPort;
        if (flow >= 0 && flow < counts.length() && socket.receive(buffer, 0, 1, 0, HostSocket.FOREVER) == 1) {
            if (buffer[0] == KernelPeer.GENERATE) {
                while (socket.send(buffer, 0, buffer.length, 0, HostSocket.FOREVER) > 0) {
                    // until the client has had enough
                }
            }
            int count;
            while ((count = socket.receive(buffer, 0, buffer.length, 0, HostSocket.FOREVER)) > 0) {
                counts.addAndGet(flow, count);
            }
        }
        socket.close();
    }
}
