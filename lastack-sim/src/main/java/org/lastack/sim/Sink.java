package org.lastack.sim;

import java.util.ArrayList;
import java.util.List;
import org.lastack.core.Errno;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.socket.Owner;
import org.lastack.core.tcp.TcpSocket;

/// Listens, reads everything as soon as it comes, and compares every octet with what [BulkSender] sends. Closes when the peer does.
public final class Sink extends SimApp {
    private static final int BACKLOG = 4096;

    private final TcpSocket listener;
    private final byte[] buffer = new byte[Pattern.longest()];
    private final List<Reader> readers = new ArrayList<>();
    private final long closeAfter;
    private long octets;

    /// Listens on all addresses of the host at once.
    public Sink(SimHost host, int port) {
        this(host, port, Long.MAX_VALUE);
    }

    /// @param closeAfter a connection is closed from this side as soon as so many octets of it were read
    public Sink(SimHost host, int port, long closeAfter) {
        super(host);
        this.closeAfter = closeAfter;
        boolean v4 = host.address().isV4();
        listener = host.engine().tcpSocket(v4 ? InetSocket.AF_INET : InetSocket.AF_INET6, Owner.ROOT);
        listener.events(this);
        host.call(() -> {
            require(listener.bind(host.address().high(), host.address().low(), port));
            require(listener.listen(BACKLOG));
        });
    }

    private void require(int result) {
        if (result < 0) {
            throw new IllegalStateException(host() + ": " + Errno.name(result));
        }
    }

    @Override
    protected void run() {
        TcpSocket socket;
        while ((socket = listener.accept()) != null) {
            Reader reader = new Reader(socket);
            readers.add(reader);
            socket.events(reader);
            reader.run();
        }
    }

    /// Ends listening; connections go on.
    public void stop() {
        host().call(listener::close);
    }

    /// Octets read from all connections.
    public long octets() {
        return octets;
    }

    /// Connections accepted so far.
    public int connections() {
        return readers.size();
    }

    /// Octets read from the connection that was accepted as number `index`, from 0.
    public long octets(int index) {
        return readers.get(index).position;
    }

    /// Accepted connections that have ended.
    public int closed() {
        int count = 0;
        for (Reader each : readers) {
            count += each.done ? 1 : 0;
        }
        return count;
    }

    /// The peer's port of a connection, to tell flows apart.
    public int peerPort(int index) {
        return readers.get(index).peerPort;
    }

    private final class Reader extends SimApp {
        private final TcpSocket socket;
        private final int peerPort;
        private long position;
        private boolean done;

        Reader(TcpSocket socket) {
            super(Sink.this.host());
            this.socket = socket;
            this.peerPort = socket.remotePort();
        }

        @Override
        protected void run() {
            int n;
            while (!done && (n = socket.receive(buffer, 0, buffer.length, 0)) != -Errno.EAGAIN) {
                if (n > 0) {
                    Pattern.compare(buffer, n, position);
                    position += n;
                    octets += n;
                }
                if (n <= 0 || position >= closeAfter) {
                    done = true;
                    socket.close();
                }
            }
        }
    }
}
