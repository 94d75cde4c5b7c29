package org.lastack.tools.up;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import org.jspecify.annotations.Nullable;
import org.lastack.core.Errno;
import org.lastack.tools.services.Network;
import org.lastack.tools.services.SocketFailure;

/// The hosts behind the queues of one device as one network: a listener listens on each of them, a datagram socket is bound on each, and whatever comes through
/// any queue is taken in one place, as with SO_REUSEPORT and one process. A connection stays with the host on which it began. Thread-safe.
final class QueuedNetwork implements Network {
    /// Connections or datagrams that wait between a host's thread and the taker; more wait in the hosts' own queues.
    private static final int WAITING = 64;
    private static final int LARGEST_DATAGRAM = 65_535;

    private final List<? extends Network> hosts;

    /// @param hosts at least one
    QueuedNetwork(List<? extends Network> hosts) {
        this.hosts = List.copyOf(hosts);
    }

    @Override
    public Listener listen(int port, int backlog, boolean reuseAddress) throws IOException {
        List<Listener> parts = new ArrayList<>();
        boolean done = false;
        try {
            int chosen = port;
            for (Network each : hosts) {
                parts.add(each.listen(chosen, backlog, reuseAddress));
                chosen = parts.getFirst().port();
            }
            done = true;
            return new SharedListener(parts);
        } finally {
            if (!done) {
                closeAll(parts);
            }
        }
    }

    @Override
    public Datagrams datagrams(int port, boolean reuseAddress) throws IOException {
        List<Datagrams> parts = new ArrayList<>();
        boolean done = false;
        try {
            for (Network each : hosts) {
                parts.add(each.datagrams(port, reuseAddress));
            }
            done = true;
            return new SharedDatagrams(parts);
        } finally {
            if (!done) {
                closeAll(parts);
            }
        }
    }

    private static void closeAll(List<? extends java.io.Closeable> parts) throws IOException {
        IOException failure = null;
        for (java.io.Closeable each : parts) {
            try {
                each.close();
            } catch (IOException e) {
                failure = e;
            }
        }
        if (failure != null) {
            throw failure;
        }
    }

    private static boolean isOver(IOException failure) {
        return failure instanceof SocketFailure socket && (socket.errno() == Errno.EBADF || socket.errno() == Errno.EINVAL || socket.errno() == Errno.ENOTSOCK);
    }

    private static <T> T taken(BlockingQueue<T> queue) throws InterruptedIOException {
        try {
            return queue.take();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while waiting for any queue of the device");
        }
    }

    /// What one host's listener brought: a connection or a failure.
    private record Accepted(@Nullable Stream stream, @Nullable IOException failure) {}

    private static final class SharedListener implements Listener {
        private final List<Listener> parts;
        private final BlockingQueue<Accepted> accepted = new ArrayBlockingQueue<>(WAITING);
        private volatile boolean closed;

        SharedListener(List<Listener> parts) {
            this.parts = parts;
            for (Listener each : parts) {
                Thread.ofVirtual().name("queue-accept-" + each.port()).start(() -> acceptAll(each));
            }
        }

        private void acceptAll(Listener part) {
            boolean over = false;
            while (!over) {
                Accepted next;
                try {
                    next = new Accepted(part.accept(), null);
                } catch (IOException e) {
                    over = isOver(e);
                    next = new Accepted(null, e);
                }
                try {
                    accepted.put(next);
                } catch (InterruptedException e) {
                    return;
                }
                if (closed) {
                    drop();
                }
            }
        }

        @Override
        public Stream accept() throws IOException {
            Accepted next = taken(accepted);
            Stream stream = next.stream;
            if (stream == null) {
                IOException failure = next.failure;
                throw failure != null ? failure : new SocketFailure("accept", Errno.ECONNABORTED);
            }
            return stream;
        }

        @Override
        public int port() {
            return parts.getFirst().port();
        }

        @Override
        public void close() throws IOException {
            closed = true;
            closeAll(parts);
            drop();
        }

        /// Connections that nobody will take any more; an end that somebody may be waiting for stays.
        private void drop() {
            List<Accepted> left = new ArrayList<>();
            accepted.drainTo(left);
            for (Accepted each : left) {
                Stream stream = each.stream;
                if (stream == null) {
                    accepted.offer(each);
                    continue;
                }
                try {
                    stream.close();
                } catch (IOException e) {
                    // It is gone: that was the wish.
                }
            }
        }
    }

    /// What came through one queue: a datagram or a failure.
    private record Arrival(Datagrams part, byte[] octets, @Nullable Endpoint sender, @Nullable IOException failure) {}

    private static final class SharedDatagrams implements Datagrams {
        private final List<Datagrams> parts;
        private final BlockingQueue<Arrival> arrivals = new ArrayBlockingQueue<>(WAITING);
        /// Where the last datagram came from, and through which host; answers leave there.
        private volatile @Nullable Endpoint sender;
        private volatile Datagrams last;

        SharedDatagrams(List<Datagrams> parts) {
            this.parts = parts;
            last = parts.getFirst();
            for (Datagrams each : parts) {
                Thread.ofVirtual().name("queue-receive").start(() -> receiveAll(each));
            }
        }

        private void receiveAll(Datagrams part) {
            byte[] buffer = new byte[LARGEST_DATAGRAM];
            boolean over = false;
            while (!over) {
                Arrival next;
                try {
                    int length = part.receive(buffer, 0, buffer.length);
                    next = new Arrival(part, java.util.Arrays.copyOf(buffer, length), part.sender(), null);
                } catch (IOException e) {
                    over = isOver(e);
                    next = new Arrival(part, new byte[0], null, e);
                }
                try {
                    arrivals.put(next);
                } catch (InterruptedException e) {
                    return;
                }
            }
        }

        @Override
        public int receive(byte[] buffer, int offset, int length) throws IOException {
            Arrival next = taken(arrivals);
            IOException failure = next.failure;
            if (failure != null) {
                throw failure;
            }
            int count = Math.min(length, next.octets.length);
            System.arraycopy(next.octets, 0, buffer, offset, count);
            sender = next.sender;
            last = next.part;
            return count;
        }

        @Override
        public @Nullable Endpoint sender() {
            return sender;
        }

        @Override
        public void send(byte[] buffer, int offset, int length, Endpoint destination) throws IOException {
            last.send(buffer, offset, length, destination);
        }

        @Override
        public void receiveBuffer(int octets) throws IOException {
            for (Datagrams each : parts) {
                each.receiveBuffer(octets);
            }
        }

        @Override
        public void connect(Endpoint peer) throws IOException {
            for (Datagrams each : parts) {
                each.connect(peer);
            }
        }

        @Override
        public void close() throws IOException {
            closeAll(parts);
            // Threads that wait for room see the end, then theirs.
            arrivals.clear();
        }
    }
}
