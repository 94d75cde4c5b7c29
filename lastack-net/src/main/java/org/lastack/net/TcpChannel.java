package org.lastack.net;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketOption;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.AlreadyBoundException;
import java.nio.channels.AlreadyConnectedException;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ConnectionPendingException;
import java.nio.channels.NoConnectionPendingException;
import java.nio.channels.NotYetConnectedException;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.lastack.core.Errno;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.socket.Msg;
import org.lastack.core.socket.SocketOptions;
import org.lastack.host.Host;
import org.lastack.host.HostSocket;
import org.lastack.host.HostTcpSocket;
import org.lastack.host.ReadySource;
import org.lastack.host.SocketName;

/// [SocketChannel] on a host. At most one thread reads and one writes at a time, each under its own lock; the state has a third.
final class TcpChannel extends SocketChannel implements SelectableSource {
    private enum State { UNCONNECTED, PENDING, CONNECTED }

    private final HostTcpSocket socket;
    private final int domain;
    private final ReentrantLock readLock = new ReentrantLock();
    private final ReentrantLock writeLock = new ReentrantLock();
    /// Held for moments only, never while waiting; inside the two others.
    private final ReentrantLock stateLock = new ReentrantLock();
    /// Written under `stateLock`, read by anyone.
    private volatile State state;
    private volatile boolean inputShut;
    private volatile boolean outputShut;
    private volatile @Nullable InetSocketAddress local;
    private volatile @Nullable InetSocketAddress remote;
    /// A reset was read once; written under `readLock`.
    private volatile boolean reset;
    /// Guarded by `stateLock`.
    private @Nullable SocketAdaptor adaptor;

    TcpChannel(LastackSelectorProvider provider, Host host, int domain) {
        super(provider);
        this.domain = domain;
        this.socket = host.tcpSocket(domain, LastackSelectorProvider.owner());
        this.state = State.UNCONNECTED;
        // An interrupt closes the channel, and that is what ends the wait.
        socket.interruptible(false);
    }

    /// A connection that a listener has accepted.
    TcpChannel(LastackSelectorProvider provider, HostTcpSocket accepted, int domain) {
        super(provider);
        this.domain = domain;
        this.socket = accepted;
        this.state = State.CONNECTED;
        socket.interruptible(false);
        local = Addresses.socketAddress(socket.localName());
        SocketName peer = socket.remoteName();
        remote = peer == null ? null : Addresses.socketAddress(peer);
    }

    HostTcpSocket hostSocket() {
        return socket;
    }

    // ---- what the channel is --------------------------------------------------------------------------------------------------------

    private void ensureOpen() throws ClosedChannelException {
        if (!isOpen()) {
            throw new ClosedChannelException();
        }
    }

    private void ensureConnected() throws ClosedChannelException {
        ensureOpen();
        if (state != State.CONNECTED) {
            throw new NotYetConnectedException();
        }
    }

    @Override
    public Socket socket() {
        stateLock.lock();
        try {
            SocketAdaptor present = adaptor;
            if (present == null) {
                present = SocketAdaptor.of(this);
                adaptor = present;
            }
            return present;
        } finally {
            stateLock.unlock();
        }
    }

    @Override
    public boolean isConnected() {
        return state == State.CONNECTED;
    }

    @Override
    public boolean isConnectionPending() {
        return state == State.PENDING;
    }

    @Override
    public @Nullable SocketAddress getLocalAddress() throws IOException {
        ensureOpen();
        return local;
    }

    @Override
    public @Nullable SocketAddress getRemoteAddress() throws IOException {
        ensureOpen();
        return remote;
    }

    /// Without a look at the channel's state: for the adaptor.
    @Nullable InetSocketAddress localName() {
        return local;
    }

    @Nullable InetSocketAddress remoteName() {
        return remote;
    }

    boolean inputShut() {
        return inputShut;
    }

    boolean outputShut() {
        return outputShut;
    }

    @Override
    public Set<SocketOption<?>> supportedOptions() {
        return ChannelOptions.STREAM;
    }

    @Override
    public <T> T getOption(SocketOption<T> name) throws IOException {
        ChannelOptions.refuseUnsupported(ChannelOptions.STREAM, name);
        ensureOpen();
        return ChannelOptions.get(socket, domain, name);
    }

    @Override
    public <T> SocketChannel setOption(SocketOption<T> name, T value) throws IOException {
        ChannelOptions.refuseUnsupported(ChannelOptions.STREAM, name);
        ensureOpen();
        ChannelOptions.set(socket, domain, name, value);
        return this;
    }

    // ---- naming and connecting ------------------------------------------------------------------------------------------------------

    @Override
    public SocketChannel bind(@Nullable SocketAddress name) throws IOException {
        stateLock.lock();
        try {
            ensureOpen();
            if (state == State.PENDING) {
                throw new ConnectionPendingException();
            }
            if (local != null) {
                throw new AlreadyBoundException();
            }
            InetSocketAddress given = name == null ? new InetSocketAddress(0) : Addresses.checked(name, domain);
            Failures.check(socket.bind(Addresses.local(given.getAddress(), domain), given.getPort()));
            local = localOfSocket();
        } finally {
            stateLock.unlock();
        }
        return this;
    }

    /// As the JDK, the wildcard is shown in the family of the socket.
    private InetSocketAddress localOfSocket() {
        SocketName name = socket.localName();
        return name.address().isUnspecified() ? new InetSocketAddress(Addresses.any(domain), name.port()) : Addresses.socketAddress(name);
    }

    @Override
    public boolean connect(SocketAddress name) throws IOException {
        return connect(name, isBlocking() ? HostSocket.FOREVER : 0, isBlocking());
    }

    /// For the adaptor: the channel is in blocking mode.
    ///
    /// @param timeoutNs [HostSocket#FOREVER] or a time
    /// @throws SocketTimeoutException if it was not enough; the channel is closed then
    void connect(SocketAddress name, long timeoutNs) throws IOException {
        if (!connect(name, timeoutNs, true)) {
            close();
            throw new SocketTimeoutException("Connect timed out");
        }
    }

    private boolean connect(SocketAddress name, long timeoutNs, boolean blocking) throws IOException {
        InetSocketAddress peer = Addresses.checked(name, domain);
        readLock.lock();
        try {
            writeLock.lock();
            try {
                beginConnect(peer);
                return handshake(peer, timeoutNs, blocking);
            } finally {
                writeLock.unlock();
            }
        } finally {
            readLock.unlock();
        }
    }

    /// A failure closes the channel, as `SocketChannel` specifies; after `end`, which would take it for an asynchronous close otherwise.
    private boolean handshake(InetSocketAddress peer, long timeoutNs, boolean blocking) throws IOException {
        try {
            if (blocking) {
                begin();
            }
            boolean connected = false;
            boolean pending = false;
            try {
                connected = attempt(peer, timeoutNs);
                pending = !connected;
            } finally {
                endBlocking(blocking, connected || pending && isOpen());
            }
            return connected;
        } catch (IOException e) {
            close();
            throw e;
        }
    }

    private void beginConnect(InetSocketAddress peer) throws IOException {
        stateLock.lock();
        try {
            ensureOpen();
            switch (state) {
                case CONNECTED -> throw new AlreadyConnectedException();
                case PENDING -> throw new ConnectionPendingException();
                case UNCONNECTED -> { }
            }
            state = State.PENDING;
            remote = peer;
        } finally {
            stateLock.unlock();
        }
    }

    /// `end` of the interruptible channel, when [#begin] was called.
    private void endBlocking(boolean blocking, boolean completed) throws AsynchronousCloseException {
        if (blocking) {
            end(completed);
        } else if (!completed && !isOpen()) {
            throw new AsynchronousCloseException();
        }
    }

    /// Begins or goes on with the handshake.
    private boolean attempt(InetSocketAddress peer, long timeoutNs) throws IOException {
        int result = socket.connect(Addresses.peer(peer, domain), peer.getPort(), timeoutNs);
        if (result == 0 || result == -Errno.EISCONN) {
            connected();
            return true;
        }
        if (result == -Errno.EINPROGRESS || result == -Errno.EALREADY) {
            if (local == null) {
                local = Addresses.socketAddress(socket.localName());
            }
            return false;
        }
        if (result == -Errno.EBADF) {
            throw new AsynchronousCloseException();
        }
        throw Failures.ofConnect(result);
    }

    private void connected() {
        stateLock.lock();
        try {
            local = Addresses.socketAddress(socket.localName());
            SocketName name = socket.remoteName();
            if (name != null) {
                remote = Addresses.socketAddress(name);
            }
            state = State.CONNECTED;
        } finally {
            stateLock.unlock();
        }
    }

    @Override
    public boolean finishConnect() throws IOException {
        readLock.lock();
        try {
            writeLock.lock();
            try {
                ensureOpen();
                if (state == State.CONNECTED) {
                    return true;
                }
                InetSocketAddress peer = remote;
                if (state != State.PENDING || peer == null) {
                    throw new NoConnectionPendingException();
                }
                boolean blocking = isBlocking();
                return handshake(peer, blocking ? HostSocket.FOREVER : 0, blocking);
            } finally {
                writeLock.unlock();
            }
        } finally {
            readLock.unlock();
        }
    }

    // ---- reading --------------------------------------------------------------------------------------------------------------------

    @Override
    public int read(ByteBuffer target) throws IOException {
        if (target.isReadOnly()) {
            throw new IllegalArgumentException("Read-only buffer");
        }
        readLock.lock();
        try {
            ensureConnected();
            boolean blocking = isBlocking();
            if (blocking) {
                begin();
            }
            int octets = 0;
            try {
                octets = readOne(target, blocking);
            } finally {
                endBlocking(blocking, octets > 0);
            }
            return result(octets, target.hasRemaining() || octets > 0);
        } finally {
            readLock.unlock();
        }
    }

    @Override
    public long read(ByteBuffer[] targets, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, targets.length);
        for (int i = offset; i < offset + length; i++) {
            if (targets[i].isReadOnly()) {
                throw new IllegalArgumentException("Read-only buffer");
            }
        }
        readLock.lock();
        try {
            ensureConnected();
            boolean blocking = isBlocking();
            if (blocking) {
                begin();
            }
            long total = 0;
            try {
                total = scatter(targets, offset, length, blocking);
            } finally {
                endBlocking(blocking, total > 0);
            }
            return total == -Errno.EAGAIN ? 0 : total;
        } finally {
            readLock.unlock();
        }
    }

    /// The first buffer with room may wait, the others take what is there. -1 at the end, -EAGAIN for nothing.
    private long scatter(ByteBuffer[] targets, int offset, int length, boolean blocking) throws IOException {
        long total = 0;
        for (int i = offset; i < offset + length; i++) {
            if (!targets[i].hasRemaining()) {
                continue;
            }
            int octets = readOne(targets[i], blocking && total == 0);
            if (octets <= 0) {
                return total > 0 ? total : octets == 0 ? -1 : octets;
            }
            total += octets;
            if (targets[i].hasRemaining()) {
                return total;
            }
        }
        return total;
    }

    /// Octets, 0 at the end of the stream (or without room), -EAGAIN.
    private int readOne(ByteBuffer target, boolean blocking) throws IOException {
        if (!target.hasRemaining()) {
            return -Errno.EAGAIN;
        }
        if (inputShut) {
            return 0;
        }
        throwIfReset();
        return checkedRead(socket.receive(target, 0, blocking ? HostSocket.FOREVER : 0));
    }

    private void throwIfReset() throws IOException {
        if (reset) {
            throw Failures.ofRead(Errno.ECONNRESET);
        }
    }

    private int checkedRead(int octets) throws IOException {
        if (octets >= 0 || octets == -Errno.EAGAIN) {
            return octets;
        }
        if (octets == -Errno.EBADF) {
            return closedUnderUs();
        }
        if (octets == -Errno.ECONNRESET) {
            reset = true;
        }
        throw Failures.ofRead(octets);
    }

    /// The socket was closed: by [#close], which `end` reports, or by the end of its host, and then the channel ends with it.
    private int closedUnderUs() throws IOException {
        close();
        return -Errno.EAGAIN;
    }

    private static int result(int octets, boolean hadRoom) {
        return octets == -Errno.EAGAIN || !hadRoom ? 0 : octets == 0 ? -1 : octets;
    }

    /// For the adaptor's stream: -1 at the end.
    ///
    /// @throws SocketTimeoutException after `timeoutNs` ([HostSocket#FOREVER]: never)
    int readTimed(byte[] bytes, int offset, int length, long timeoutNs) throws IOException {
        readLock.lock();
        try {
            ensureConnected();
            int octets = 0;
            boolean timedOut = false;
            begin();
            try {
                if (!inputShut) {
                    throwIfReset();
                    octets = checkedRead(socket.receive(bytes, offset, length, 0, timeoutNs));
                    timedOut = octets == -Errno.EAGAIN && isOpen();
                }
            } finally {
                end(octets > 0 || timedOut);
            }
            if (timedOut) {
                throw new SocketTimeoutException("Read timed out");
            }
            return octets == 0 ? -1 : octets;
        } finally {
            readLock.unlock();
        }
    }

    /// Octets that can be read without waiting.
    int available() {
        return inputShut ? 0 : socket.unreadOctets();
    }

    // ---- writing --------------------------------------------------------------------------------------------------------------------

    private void ensureWritable() throws ClosedChannelException {
        ensureConnected();
        if (outputShut) {
            throw new ClosedChannelException();
        }
    }

    @Override
    public int write(ByteBuffer source) throws IOException {
        Objects.requireNonNull(source);
        writeLock.lock();
        try {
            ensureWritable();
            boolean blocking = isBlocking();
            if (blocking) {
                begin();
            }
            int octets = 0;
            try {
                octets = checkedWrite(socket.send(source, 0, blocking ? HostSocket.FOREVER : 0));
            } finally {
                endWrite(blocking, octets > 0);
            }
            return Math.max(octets, 0);
        } finally {
            writeLock.unlock();
        }
    }

    @Override
    public long write(ByteBuffer[] sources, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, sources.length);
        writeLock.lock();
        try {
            ensureWritable();
            boolean blocking = isBlocking();
            if (blocking) {
                begin();
            }
            long total = 0;
            try {
                total = gather(sources, offset, length, blocking);
            } finally {
                endWrite(blocking, total > 0);
            }
            return total;
        } finally {
            writeLock.unlock();
        }
    }

    /// All but the last non-empty buffer say that more follows, so that they share segments and Nagle's rule sees one write.
    private long gather(ByteBuffer[] sources, int offset, int length, boolean blocking) throws IOException {
        int last = offset + length - 1;
        while (last >= offset && !sources[last].hasRemaining()) {
            last--;
        }
        long total = 0;
        for (int i = offset; i <= last; i++) {
            int asked = sources[i].remaining();
            if (asked == 0) {
                continue;
            }
            int octets = total > 0 ? laterWrite(sources[i], i == last, blocking)
                    : checkedWrite(socket.send(sources[i], i == last ? 0 : Msg.MORE, blocking ? HostSocket.FOREVER : 0));
            total += Math.max(octets, 0);
            if (octets < asked) {
                break;
            }
        }
        return total;
    }

    /// After something was taken an error is left to the next call.
    private int laterWrite(ByteBuffer source, boolean last, boolean blocking) {
        return socket.send(source, last ? 0 : Msg.MORE, blocking ? HostSocket.FOREVER : 0);
    }

    /// As [#endBlocking]; output that was shut down meanwhile ends a write the same way as a close.
    private void endWrite(boolean blocking, boolean completed) throws AsynchronousCloseException {
        endBlocking(blocking, completed);
        if (!completed && blocking && outputShut) {
            throw new AsynchronousCloseException();
        }
    }

    private int checkedWrite(int octets) throws IOException {
        if (octets >= 0 || octets == -Errno.EAGAIN) {
            return octets;
        }
        if (octets == -Errno.EBADF) {
            return closedUnderUs();
        }
        if (octets == -Errno.EPIPE && outputShut) {
            throw new AsynchronousCloseException();
        }
        throw Failures.ofWrite(octets);
    }

    /// For the adaptor's stream: everything, however long it takes.
    void writeFully(byte[] bytes, int offset, int length) throws IOException {
        writeLock.lock();
        try {
            ensureWritable();
            int written = 0;
            while (written < length) {
                int octets = 0;
                begin();
                try {
                    octets = checkedWrite(socket.send(bytes, offset + written, length - written, 0, HostSocket.FOREVER));
                } finally {
                    end(octets > 0);
                }
                written += octets;
            }
        } finally {
            writeLock.unlock();
        }
    }

    boolean sendUrgent(byte octet) throws IOException {
        writeLock.lock();
        try {
            ensureWritable();
            return checkedWrite(socket.send(new byte[] {octet}, 0, 1, Msg.OOB, isBlocking() ? HostSocket.FOREVER : 0)) > 0;
        } finally {
            writeLock.unlock();
        }
    }

    void outOfBandInline(boolean on) throws SocketException {
        Failures.check(socket.setInt(SocketOptions.SOL_SOCKET, SocketOptions.SO_OOBINLINE, on ? 1 : 0));
    }

    boolean outOfBandInline() throws SocketException {
        int value = socket.getInt(SocketOptions.SOL_SOCKET, SocketOptions.SO_OOBINLINE);
        Failures.check(value);
        return value != 0;
    }

    // ---- ending ---------------------------------------------------------------------------------------------------------------------

    @Override
    public SocketChannel shutdownInput() throws IOException {
        stateLock.lock();
        try {
            ensureConnected();
            if (!inputShut) {
                inputShut = true;
                shutdown(InetSocket.SHUT_RD);
            }
        } finally {
            stateLock.unlock();
        }
        return this;
    }

    @Override
    public SocketChannel shutdownOutput() throws IOException {
        stateLock.lock();
        try {
            ensureConnected();
            if (!outputShut) {
                outputShut = true;
                shutdown(InetSocket.SHUT_WR);
            }
        } finally {
            stateLock.unlock();
        }
        return this;
    }

    /// ENOTCONN means that the peer has ended the connection already: there is nothing left to shut, and the JDK is silent about that too.
    private void shutdown(int how) throws IOException {
        int result = socket.shutdown(how);
        if (result != -Errno.ENOTCONN) {
            Failures.check(result);
        }
    }

    /// Only a blocking channel waits for SO_LINGER, as in the JDK.
    @Override
    protected void implCloseSelectableChannel() {
        socket.close(isBlocking());
    }

    @Override
    protected void implConfigureBlocking(boolean block) {
        // Looked at by each call.
    }

    // ---- for selectors --------------------------------------------------------------------------------------------------------------

    @Override
    public ReadySource source() {
        return socket;
    }

    @Override
    public int pollBits(int interestOps) {
        return ((interestOps & SelectionKey.OP_READ) != 0 ? InetSocket.POLLIN : 0)
                | ((interestOps & (SelectionKey.OP_WRITE | SelectionKey.OP_CONNECT)) != 0 ? InetSocket.POLLOUT : 0);
    }

    @Override
    public int readyOps(int mask, int interestOps) {
        if ((mask & (InetSocket.POLLERR | InetSocket.POLLHUP)) != 0) {
            // Whatever was asked for, the next call has something to tell (as in the JDK).
            return interestOps;
        }
        boolean connected = state == State.CONNECTED;
        int ops = 0;
        if ((mask & InetSocket.POLLIN) != 0 && connected) {
            ops |= SelectionKey.OP_READ;
        }
        if ((mask & InetSocket.POLLOUT) != 0) {
            ops |= connected ? SelectionKey.OP_WRITE : state == State.PENDING ? SelectionKey.OP_CONNECT : 0;
        }
        return ops & interestOps;
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder("org.lastack.net.TcpChannel[");
        if (!isOpen()) {
            return text.append("closed]").toString();
        }
        text.append(switch (state) {
            case UNCONNECTED -> "unconnected";
            case PENDING -> "connection-pending";
            case CONNECTED -> "connected";
        });
        if (inputShut) {
            text.append(" ishut");
        }
        if (outputShut) {
            text.append(" oshut");
        }
        if (local != null) {
            text.append(" local=").append(local);
        }
        if (remote != null) {
            text.append(" remote=").append(remote);
        }
        return text.append(']').toString();
    }
}
