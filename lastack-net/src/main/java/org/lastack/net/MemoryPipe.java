package org.lastack.net;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.Pipe;
import java.nio.channels.SelectionKey;
import java.util.Objects;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.lastack.core.socket.InetSocket;
import org.lastack.host.ReadyList;
import org.lastack.host.ReadySource;
import org.lastack.host.Registration;

/// A pipe inside the process, so that both of its ends work with [ReadySelector]. As a pipe of Linux it holds 64 KiB, gives "Broken pipe" to
/// the writer once the source is closed, and the end of the stream to the reader once the sink is.
final class MemoryPipe extends Pipe {
    private static final int CAPACITY = 1 << 16;

    private final Source source;
    private final Sink sink;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final ReadyList ofSource = new ReadyList();
    private final ReadyList ofSink = new ReadyList();
    /// All below: guarded by `lock`.
    private final byte[] ring = new byte[CAPACITY];
    private int head;
    private int size;
    private boolean sourceClosed;
    private boolean sinkClosed;

    MemoryPipe(LastackSelectorProvider provider) {
        source = new Source(provider);
        sink = new Sink(provider);
    }

    @Override
    public SourceChannel source() {
        return source;
    }

    @Override
    public SinkChannel sink() {
        return sink;
    }

    private int take(ByteBuffer target) {
        int taken = 0;
        while (size > 0 && target.hasRemaining()) {
            int part = Math.min(Math.min(size, CAPACITY - head), target.remaining());
            target.put(ring, head, part);
            head = head + part & CAPACITY - 1;
            size -= part;
            taken += part;
        }
        return taken;
    }

    private int put(ByteBuffer from) {
        int given = 0;
        while (size < CAPACITY && from.hasRemaining()) {
            int tail = head + size & CAPACITY - 1;
            int part = Math.min(Math.min(CAPACITY - size, CAPACITY - tail), from.remaining());
            from.get(ring, tail, part);
            size += part;
            given += part;
        }
        return given;
    }

    private void tellAll() {
        changed.signalAll();
    }

    private int sourceMask() {
        return (size > 0 ? InetSocket.POLLIN : 0) | (sinkClosed ? InetSocket.POLLIN | InetSocket.POLLHUP : 0);
    }

    private int sinkMask() {
        return (size < CAPACITY ? InetSocket.POLLOUT : 0) | (sourceClosed ? InetSocket.POLLOUT | InetSocket.POLLERR : 0);
    }

    /// Outside the lock: threads in selectors.
    private void tellSelectors() {
        ofSource.dispatch(mask(true));
        ofSink.dispatch(mask(false));
    }

    private int mask(boolean ofTheSource) {
        lock.lock();
        try {
            return ofTheSource ? sourceMask() : sinkMask();
        } finally {
            lock.unlock();
        }
    }

    private final class End implements ReadySource {
        private final boolean ofTheSource;

        End(boolean ofTheSource) {
            this.ofTheSource = ofTheSource;
        }

        @Override
        public int readyMask() {
            return mask(ofTheSource);
        }

        @Override
        public void attach(Registration registration) {
            (ofTheSource ? ofSource : ofSink).add(registration);
        }

        @Override
        public void detach(Registration registration) {
            (ofTheSource ? ofSource : ofSink).remove(registration);
        }
    }

    private final class Source extends SourceChannel implements SelectableSource {
        private final End end = new End(true);
        private final ReentrantLock readLock = new ReentrantLock();

        Source(LastackSelectorProvider provider) {
            super(provider);
        }

        @Override
        public int read(ByteBuffer target) throws IOException {
            return (int) read(new ByteBuffer[] {Objects.requireNonNull(target)}, 0, 1);
        }

        @Override
        public long read(ByteBuffer[] targets) throws IOException {
            return read(targets, 0, targets.length);
        }

        @Override
        public long read(ByteBuffer[] targets, int offset, int length) throws IOException {
            Objects.checkFromIndexSize(offset, length, targets.length);
            boolean room = false;
            for (int i = offset; i < offset + length; i++) {
                Buffers.refuseReadOnly(targets[i]);
                room |= targets[i].hasRemaining();
            }
            readLock.lock();
            try {
                if (!isOpen()) {
                    throw new ClosedChannelException();
                }
                return room ? readSome(targets, offset, length) : 0;
            } finally {
                readLock.unlock();
            }
        }

        private long readSome(ByteBuffer[] targets, int offset, int length) throws IOException {
            boolean blocking = isBlocking();
            long octets = 0;
            boolean ended = false;
            if (blocking) {
                begin();
            }
            try {
                lock.lock();
                try {
                    while (blocking && size == 0 && !sinkClosed && !sourceClosed) {
                        changed.awaitUninterruptibly();
                    }
                    for (int i = offset; i < offset + length; i++) {
                        octets += take(targets[i]);
                    }
                    ended = octets == 0 && sinkClosed;
                    tellAll();
                } finally {
                    lock.unlock();
                }
            } finally {
                if (blocking) {
                    end(octets > 0 || ended);
                } else if (octets == 0 && !isOpen()) {
                    throw new AsynchronousCloseException();
                }
            }
            if (octets > 0) {
                tellSelectors();
            }
            return ended ? -1 : octets;
        }

        @Override
        protected void implCloseSelectableChannel() {
            lock.lock();
            try {
                sourceClosed = true;
                tellAll();
            } finally {
                lock.unlock();
            }
            tellSelectors();
        }

        @Override
        protected void implConfigureBlocking(boolean block) {
            // Looked at by each call.
        }

        @Override
        public ReadySource source() {
            return end;
        }

        @Override
        public int pollBits(int interestOps) {
            return (interestOps & SelectionKey.OP_READ) != 0 ? InetSocket.POLLIN : 0;
        }

        @Override
        public int readyOps(int mask, int interestOps) {
            return mask != 0 ? interestOps & SelectionKey.OP_READ : 0;
        }
    }

    private final class Sink extends SinkChannel implements SelectableSource {
        private final End end = new End(false);
        private final ReentrantLock writeLock = new ReentrantLock();

        Sink(LastackSelectorProvider provider) {
            super(provider);
        }

        @Override
        public int write(ByteBuffer from) throws IOException {
            return (int) write(new ByteBuffer[] {Objects.requireNonNull(from)}, 0, 1);
        }

        @Override
        public long write(ByteBuffer[] from) throws IOException {
            return write(from, 0, from.length);
        }

        @Override
        public long write(ByteBuffer[] from, int offset, int length) throws IOException {
            Objects.checkFromIndexSize(offset, length, from.length);
            writeLock.lock();
            try {
                if (!isOpen()) {
                    throw new ClosedChannelException();
                }
                boolean blocking = isBlocking();
                long octets = 0;
                if (blocking) {
                    begin();
                }
                try {
                    for (int i = offset; i < offset + length; i++) {
                        octets += writeOne(from[i], blocking);
                    }
                } finally {
                    if (blocking) {
                        end(octets > 0);
                    } else if (octets == 0 && !isOpen()) {
                        throw new AsynchronousCloseException();
                    }
                }
                return octets;
            } finally {
                writeLock.unlock();
            }
        }

        private long writeOne(ByteBuffer from, boolean blocking) throws IOException {
            long octets = 0;
            do {
                int given;
                lock.lock();
                try {
                    while (blocking && size == CAPACITY && !sinkClosed && !sourceClosed) {
                        changed.awaitUninterruptibly();
                    }
                    if (sourceClosed && octets == 0) {
                        throw new IOException("Broken pipe");
                    }
                    given = sinkClosed || sourceClosed ? 0 : put(from);
                    tellAll();
                } finally {
                    lock.unlock();
                }
                tellSelectors();
                octets += given;
                if (given == 0) {
                    break;
                }
            } while (blocking && from.hasRemaining());
            return octets;
        }

        @Override
        protected void implCloseSelectableChannel() {
            lock.lock();
            try {
                sinkClosed = true;
                tellAll();
            } finally {
                lock.unlock();
            }
            tellSelectors();
        }

        @Override
        protected void implConfigureBlocking(boolean block) {
            // Looked at by each call.
        }

        @Override
        public ReadySource source() {
            return end;
        }

        @Override
        public int pollBits(int interestOps) {
            return (interestOps & SelectionKey.OP_WRITE) != 0 ? InetSocket.POLLOUT : 0;
        }

        @Override
        public int readyOps(int mask, int interestOps) {
            return mask != 0 ? interestOps & SelectionKey.OP_WRITE : 0;
        }
    }
}
