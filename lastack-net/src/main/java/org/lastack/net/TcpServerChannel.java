package org.lastack.net;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.SocketAddress;
import java.net.SocketOption;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.nio.channels.AlreadyBoundException;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.NotYetBoundException;
import java.nio.channels.SelectionKey;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.lastack.core.Errno;
import org.lastack.core.socket.InetSocket;
import org.lastack.host.Host;
import org.lastack.host.HostSocket;
import org.lastack.host.HostTcpSocket;
import org.lastack.host.ReadySource;
import org.lastack.host.SocketName;

/// [ServerSocketChannel] on a host. One thread accepts at a time.
final class TcpServerChannel extends ServerSocketChannel implements SelectableSource, ListenerFace {
    /// What the JDK takes for a backlog below 1.
    static final int DEFAULT_BACKLOG = 50;

    private final LastackSelectorProvider ours;
    private final HostTcpSocket socket;
    private final int domain;
    private final ReentrantLock acceptLock = new ReentrantLock();
    private final ReentrantLock stateLock = new ReentrantLock();
    /// Written under `stateLock`, read by anyone.
    private volatile @Nullable InetSocketAddress local;
    /// Guarded by `stateLock`.
    private @Nullable ServerSocketAdaptor adaptor;
    /// Of the last accepted connection; guarded by `acceptLock`.
    private @Nullable InetSocketAddress lastLocalEnd;

    TcpServerChannel(LastackSelectorProvider provider, Host host, int domain) throws IOException {
        super(provider);
        this.ours = provider;
        this.domain = domain;
        this.socket = host.tcpSocket(domain, LastackSelectorProvider.owner());
        socket.interruptible(false);
        // The JDK's rule on every system but Windows.
        ChannelOptions.set(socket, domain, StandardSocketOptions.SO_REUSEADDR, true);
    }

    private void ensureOpen() throws ClosedChannelException {
        if (!isOpen()) {
            throw new ClosedChannelException();
        }
    }

    @Override
    public ServerSocket socket() {
        stateLock.lock();
        try {
            ServerSocketAdaptor present = adaptor;
            if (present == null) {
                present = ServerSocketAdaptor.of(this, this);
                adaptor = present;
            }
            return present;
        } finally {
            stateLock.unlock();
        }
    }

    @Override
    public @Nullable SocketAddress getLocalAddress() throws IOException {
        ensureOpen();
        return local;
    }

    @Override
    public @Nullable InetSocketAddress localName() {
        return local;
    }

    @Override
    public Set<SocketOption<?>> supportedOptions() {
        return ChannelOptions.LISTENER;
    }

    @Override
    public <T> T getOption(SocketOption<T> name) throws IOException {
        ChannelOptions.refuseUnsupported(ChannelOptions.LISTENER, name);
        ensureOpen();
        return ChannelOptions.get(socket, domain, name);
    }

    @Override
    public <T> ServerSocketChannel setOption(SocketOption<T> name, T value) throws IOException {
        ChannelOptions.refuseUnsupported(ChannelOptions.LISTENER, name);
        ChannelOptions.refuseInvalid(name, value);
        ensureOpen();
        ChannelOptions.set(socket, domain, name, value);
        return this;
    }

    @Override
    public ServerSocketChannel bind(@Nullable SocketAddress name, int backlog) throws IOException {
        stateLock.lock();
        try {
            ensureOpen();
            if (local != null) {
                throw new AlreadyBoundException();
            }
            InetSocketAddress given = name == null ? new InetSocketAddress(0) : Addresses.checked(name, domain);
            Failures.check(socket.bind(Addresses.local(given.getAddress(), domain), given.getPort()));
            Failures.check(socket.listen(backlog < 1 ? DEFAULT_BACKLOG : backlog));
            SocketName bound = socket.localName();
            local = bound.address().isUnspecified() ? new InetSocketAddress(Addresses.any(domain), bound.port()) : Addresses.socketAddress(bound);
        } finally {
            stateLock.unlock();
        }
        return this;
    }

    @Override
    public @Nullable SocketChannel accept() throws IOException {
        return accept(isBlocking() ? HostSocket.FOREVER : 0, isBlocking());
    }

    /// For the adaptor: the channel is in blocking mode.
    ///
    /// @throws SocketTimeoutException after `timeoutNs`
    @Override
    public SocketChannel acceptTimed(long timeoutNs) throws IOException {
        SocketChannel accepted = accept(timeoutNs, true);
        if (accepted == null) {
            throw new SocketTimeoutException("Accept timed out");
        }
        return accepted;
    }

    private @Nullable TcpChannel accept(long timeoutNs, boolean blocking) throws IOException {
        acceptLock.lock();
        try {
            ensureOpen();
            if (local == null) {
                throw new NotYetBoundException();
            }
            @Nullable HostTcpSocket[] out = new @Nullable HostTcpSocket[1];
            int result = -Errno.EAGAIN;
            if (blocking) {
                begin();
            }
            try {
                result = socket.acceptOrError(out, timeoutNs);
                if (result == -Errno.EBADF) {
                    close();
                }
            } finally {
                if (blocking) {
                    end(out[0] != null || result == -Errno.EAGAIN && isOpen());
                } else if (out[0] == null && !isOpen()) {
                    throw new AsynchronousCloseException();
                }
            }
            HostTcpSocket accepted = out[0];
            if (accepted != null) {
                return new TcpChannel(ours, accepted, domain, shared(Addresses.socketAddress(accepted.localName())));
            }
            if (result != -Errno.EAGAIN) {
                throw Failures.ofCall(result);
            }
            return null;
        } finally {
            acceptLock.unlock();
        }
    }

    /// Most connections of a listener have the same local end: one object for all of them, not three for each.
    private InetSocketAddress shared(InetSocketAddress end) {
        InetSocketAddress last = lastLocalEnd;
        if (last != null && last.equals(end)) {
            return last;
        }
        lastLocalEnd = end;
        return end;
    }

    @Override
    protected void implCloseSelectableChannel() {
        socket.close();
    }

    @Override
    protected void implConfigureBlocking(boolean block) {
        // Looked at by each call.
    }

    @Override
    public ReadySource source() {
        return socket;
    }

    @Override
    public int pollBits(int interestOps) {
        return (interestOps & SelectionKey.OP_ACCEPT) != 0 ? InetSocket.POLLIN : 0;
    }

    @Override
    public int readyOps(int mask, int interestOps) {
        return mask != 0 ? interestOps & SelectionKey.OP_ACCEPT : 0;
    }

    @Override
    public String toString() {
        return getClass().getName() + "[" + (isOpen() ? local == null ? "unbound" : String.valueOf(local) : "closed") + "]";
    }
}
