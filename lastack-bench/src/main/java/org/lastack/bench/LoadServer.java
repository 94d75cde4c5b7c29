package org.lastack.bench;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.lastack.core.Errno;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.socket.Owner;
import org.lastack.host.Host;
import org.lastack.host.HostTcpSocket;
import org.lastack.host.ReadySet;
import org.lastack.host.Registration;
import org.lastack.wire.IpAddress;
import org.lastack.wire.IpProtocol;

/// The same server as [KernelPeer]'s on a host of ours: one thread and a [ReadySet], as servers are built that are meant to be fast.
final class LoadServer {
    /// Octets per call: they stay in the processor's cache.
    private static final int BUFFER = 1 << 16;
    /// Calls for one connection before the others get their turn.
    private static final int TURNS = 4;
    private static final int TCP_MAXSEG = 2;

    private final Host host;
    private final HostTcpSocket listener;
    private final ReadySet ready;
    private final byte[] buffer = new byte[BUFFER];

    /// What a connection wants, by its first octet.
    private static final class Wish {
        final HostTcpSocket socket;
        int kind = -1;
        int octets;

        Wish(HostTcpSocket socket) {
            this.socket = socket;
        }
    }

    LoadServer(Host host, IpAddress address, int port) {
        this.host = host;
        ready = new ReadySet(host.driver());
        listener = host.tcpSocket(InetSocket.AF_INET, Owner.ROOT);
        Pair.check("bind", listener.bind(address, port));
        Pair.check("listen", listener.listen(4096));
        ready.add(listener, InetSocket.POLLIN, ReadySet.Mode.LEVEL, null);
        Thread.ofPlatform().daemon().name("bench-server").start(this::loop);
    }

    private void loop() {
        Registration[] found = new Registration[256];
        while (!host.closed() && !listener.closed()) {
            int count = ready.await(found, -1);
            for (int i = 0; i < count; i++) {
                if (found[i].attachment() instanceof Wish wish) {
                    serve(found[i], wish);
                } else {
                    accept();
                }
            }
        }
    }

    private void accept() {
        HostTcpSocket accepted;
        while ((accepted = listener.accept(0)) != null) {
            ready.add(accepted, InetSocket.POLLIN, ReadySet.Mode.LEVEL, new Wish(accepted));
        }
    }

    private void serve(Registration registration, Wish wish) {
        int result = wish.kind < 0 ? begin(registration, wish) : wish.kind == KernelPeer.GENERATE ? generate(wish) : take(wish);
        if (result <= 0 && result != -Errno.EAGAIN) {
            ready.remove(registration);
            wish.socket.close();
        }
    }

    private int begin(Registration registration, Wish wish) {
        int count = wish.socket.receive(buffer, 0, 1, 0, 0);
        if (count != 1) {
            return count;
        }
        wish.kind = buffer[0];
        if (wish.kind == KernelPeer.GENERATE) {
            // Whole segments: else each call would end with a small one, and half of all frames were small.
            wish.octets = wish.socket.getOption(IpProtocol.TCP, TCP_MAXSEG, buffer, 0, 4) == 4 ? whole(ByteBuffer.wrap(buffer).order(ByteOrder.LITTLE_ENDIAN).getInt(0)) : BUFFER;
            ready.modify(registration, InetSocket.POLLOUT, ReadySet.Mode.LEVEL);
            return 1;
        }
        return wish.kind == KernelPeer.LEAVE ? 0 : take(wish);
    }

    private int generate(Wish wish) {
        int result = 1;
        for (int i = 0; i < TURNS && result > 0; i++) {
            result = wish.socket.send(buffer, 0, wish.octets, 0, 0);
        }
        return result;
    }

    private static int whole(int segment) {
        return segment > 0 && segment < BUFFER ? BUFFER / segment * segment : BUFFER;
    }

    /// Reads what is there; an echo goes back at once.
    private int take(Wish wish) {
        int count = -Errno.EAGAIN;
        for (int i = 0; i < TURNS; i++) {
            count = wish.socket.receive(buffer, 0, buffer.length, 0, 0);
            if (count <= 0) {
                return count;
            }
            if (wish.kind == KernelPeer.ECHO && wish.socket.send(buffer, 0, count, 0, 0) != count) {
                return -Errno.ECONNRESET;
            }
            if (count < buffer.length) {
                return count;
            }
        }
        return count;
    }
}
