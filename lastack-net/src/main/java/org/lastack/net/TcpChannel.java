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
final class TcpChannel extends SocketChannel implements SelectableSource, StreamFace {
    private enum State { UNCONNECTED, PENDING, CONNECTED }

    private final HostTcpSocket socket;
    /// Its monitor guards the state: held for moments only, never while waiting, inside the two locks. (A lock of its own would be 48 octets.)
    private final TcpData data;
    private final int domain;
    private final ReentrantLock readLock = new ReentrantLock();
    private final ReentrantLock writeLock = new ReentrantLock();
    /// Written under `data`'s monitor, read by anyone.
    private volatile State state;
    private volatile boolean inputShut;
    private volatile boolean outputShut;
    private volatile @Nullable InetSocketAddress local;
    private volatile @Nullable InetSocketAddress remote;
    /// Guarded by `data`'s monitor.
    private @Nullable SocketAdaptor adaptor;

    TcpChannel(LastackSelectorProvider provider, Host host, int domain) {
        super(provider);
        this.domain = domain;
        this.socket = host.tcpSocket(domain, LastackSelectorProvider.owner());
        this.data = new TcpData(socket);
        this.state = State.UNCONNECTED;
        // An interrupt closes the channel, and that is what ends the wait.
        socket.interruptible(false);
    }

    /// A connection that a listener has accepted.
    TcpChannel(LastackSelectorProvider provider, HostTcpSocket accepted, int domain, InetSocketAddress localEnd) {
        super(provider);
        this.domain = domain;
        this.socket = accepted;
        this.data = new TcpData(socket);
        this.state = State.CONNECTED;
        socket.interruptible(false);
        local = localEnd;
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
        synchronized (data) {
            SocketAdaptor present = adaptor;
            if (present == null) {
                present = SocketAdaptor.of(this, this);
                adaptor = present;
            }
            return present;
        }
    }

    @Override
    public boolean isConnected() {
        return state == State.CONNECTED && isOpen();
    }

    @Override
    public boolean isConnectionPending() {
        return state == State.PENDING && isOpen();
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
    @Override
    public @Nullable InetSocketAddress localName() {
        return local;
    }

    @Override
    public @Nullable InetSocketAddress remoteName() {
        return remote;
    }

    @Override
    public boolean inputShut() {
        return inputShut;
    }

    @Override
    public boolean outputShut() {
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
        ChannelOptions.refuseInvalid(name, value);
        ensureOpen();
        ChannelOptions.set(socket, domain, name, value);
        return this;
    }

    // ---- naming and connecting ------------------------------------------------------------------------------------------------------

    @Override
    public SocketChannel bind(@Nullable SocketAddress name) throws IOException {
        synchronized (data) {
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
    @Override
    public void connect(SocketAddress name, long timeoutNs) throws IOException {
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
        synchronized (data) {
            ensureOpen();
            switch (state) {
                case CONNECTED -> throw new AlreadyConnectedException();
                case PENDING -> throw new ConnectionPendingException();
                case UNCONNECTED -> { }
            }
            state = State.PENDING;
            remote = peer;
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
            connected(peer);
            return true;
        }
        if (result == -Errno.EINPROGRESS || result == -Errno.EALREADY) {
            return false;
        }
        if (result == -Errno.EBADF) {
            throw new AsynchronousCloseException();
        }
        throw Failures.ofConnect(result);
    }

    private void connected(InetSocketAddress asked) {
        synchronized (data) {
            local = Addresses.socketAddress(socket.localName());
            SocketName name = socket.remoteName();
            if (name != null && asked.getAddress().isAnyLocalAddress()) {
                remote = Addresses.socketAddress(name);
            }
            state = State.CONNECTED;
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
        Objects.requireNonNull(target);
        readLock.lock();
        try {
            boolean blocking = beginTransfer(isBlocking());
            int octets = 0;
            try {
                octets = ended() ? TcpData.END : data.read(target, blocking);
            } finally {
                endBlocking(blocking, octets > 0);
            }
            return (int) result(octets, blocking);
        } finally {
            readLock.unlock();
        }
    }

    @Override
    public long read(ByteBuffer[] targets, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, targets.length);
        readLock.lock();
        try {
            boolean blocking = beginTransfer(isBlocking());
            long octets = 0;
            try {
                octets = ended() ? TcpData.END : data.scatter(targets, offset, length, blocking);
            } finally {
                endBlocking(blocking, octets > 0);
            }
            return result(octets, blocking);
        } finally {
            readLock.unlock();
        }
    }

    /// For the adaptor's stream: -1 at the end.
    ///
    /// @throws SocketTimeoutException after `timeoutNs` ([HostSocket#FOREVER]: never)
    @Override
    public int readTimed(byte[] bytes, int offset, int length, long timeoutNs) throws IOException {
        readLock.lock();
        try {
            beginTransfer(true);
            int octets = 0;
            try {
                octets = ended() ? TcpData.END : data.read(bytes, offset, length, timeoutNs);
            } finally {
                end(octets > 0 || octets == -Errno.EAGAIN);
            }
            if (octets == -Errno.EAGAIN) {
                throw new SocketTimeoutException("Read timed out");
            }
            return (int) result(octets, true);
        } finally {
            readLock.unlock();
        }
    }

    private boolean beginTransfer(boolean blocking) throws IOException {
        ensureConnected();
        if (blocking) {
            begin();
        }
        return blocking;
    }

    /// What shut input, a reset and a bad buffer give is decided in this order, and after the state of the channel (the JDK's habit).
    private boolean ended() throws IOException {
        if (!inputShut) {
            data.throwIfReset();
        }
        return inputShut;
    }

    /// Octets as the user counts them. A socket that was closed though its channel is open: its host has ended, and the channel ends with it.
    private long result(long octets, boolean blocking) throws IOException {
        if (octets == -Errno.EBADF) {
            close();
            throw blocking ? new AsynchronousCloseException() : new ClosedChannelException();
        }
        return octets == -Errno.EAGAIN ? 0 : octets;
    }

    /// Octets that can be read without waiting.
    @Override
    public int available() {
        return inputShut ? 0 : socket.unreadOctets();
    }

    // ---- writing --------------------------------------------------------------------------------------------------------------------

    @Override
    public int write(ByteBuffer source) throws IOException {
        Objects.requireNonNull(source);
        writeLock.lock();
        try {
            boolean blocking = beginTransfer(isBlocking());
            int octets = 0;
            try {
                refuseShutOutput();
                octets = data.write(source, blocking);
            } finally {
                endWrite(blocking, octets > 0);
            }
            return (int) result(octets, blocking);
        } finally {
            writeLock.unlock();
        }
    }

    @Override
    public long write(ByteBuffer[] sources, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, sources.length);
        writeLock.lock();
        try {
            boolean blocking = beginTransfer(isBlocking());
            long octets = 0;
            try {
                refuseShutOutput();
                octets = data.gather(sources, offset, length, blocking);
            } finally {
                endWrite(blocking, octets > 0);
            }
            return result(octets, blocking);
        } finally {
            writeLock.unlock();
        }
    }

    /// For the adaptor's stream: everything, however long it takes.
    @Override
    public void writeFully(byte[] bytes, int offset, int length) throws IOException {
        writeLock.lock();
        try {
            ensureConnected();
            refuseShutOutput();
            int written = 0;
            while (written < length) {
                try {
                    written += write(bytes, offset + written, length - written, 0, true);
                } catch (ClosedChannelException e) {
                    // Closing between two writes is "meanwhile" too.
                    throw written > 0 && e.getClass() == ClosedChannelException.class ? new AsynchronousCloseException() : e;
                }
            }
        } finally {
            writeLock.unlock();
        }
    }

    @Override
    public boolean sendUrgent(byte octet) throws IOException {
        writeLock.lock();
        try {
            return write(new byte[] {octet}, 0, 1, Msg.OOB, isBlocking()) > 0;
        } finally {
            writeLock.unlock();
        }
    }

    /// Called under `writeLock`.
    private int write(byte[] bytes, int offset, int length, int flags, boolean blocking) throws IOException {
        beginTransfer(blocking);
        int octets = 0;
        try {
            refuseShutOutput();
            octets = data.write(bytes, offset, length, flags, blocking);
        } finally {
            endWrite(blocking, octets > 0);
        }
        return (int) result(octets, blocking);
    }

    private void refuseShutOutput() throws ClosedChannelException {
        if (outputShut) {
            throw new ClosedChannelException();
        }
    }

    /// Output that is shut, or was shut meanwhile, ends a write as closing does.
    private void endWrite(boolean blocking, boolean completed) throws AsynchronousCloseException {
        endBlocking(blocking, completed);
        if (!completed && outputShut) {
            throw new AsynchronousCloseException();
        }
    }

    @Override
    public void outOfBandInline(boolean on) throws SocketException {
        Failures.check(socket.setInt(SocketOptions.SOL_SOCKET, SocketOptions.SO_OOBINLINE, on ? 1 : 0));
    }

    @Override
    public boolean outOfBandInline() throws SocketException {
        int value = socket.getInt(SocketOptions.SOL_SOCKET, SocketOptions.SO_OOBINLINE);
        Failures.check(value);
        return value != 0;
    }

    // ---- ending ---------------------------------------------------------------------------------------------------------------------

    @Override
    public SocketChannel shutdownInput() throws IOException {
        synchronized (data) {
            ensureConnected();
            if (!inputShut) {
                inputShut = true;
                shutdown(InetSocket.SHUT_RD);
            }
        }
        return this;
    }

    @Override
    public SocketChannel shutdownOutput() throws IOException {
        synchronized (data) {
            ensureConnected();
            if (!outputShut) {
                outputShut = true;
                shutdown(InetSocket.SHUT_WR);
            }
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
        StringBuilder text = new StringBuilder("java.nio.channels.SocketChannel[");
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
