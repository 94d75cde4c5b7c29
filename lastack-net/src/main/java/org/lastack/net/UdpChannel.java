package org.lastack.net;

import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketOption;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.AlreadyBoundException;
import java.nio.channels.AlreadyConnectedException;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.DatagramChannel;
import java.nio.channels.MembershipKey;
import java.nio.channels.NotYetConnectedException;
import java.nio.channels.SelectionKey;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.lastack.core.Errno;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.udp.ReceivedFrom;
import org.lastack.host.Host;
import org.lastack.host.HostSocket;
import org.lastack.host.HostUdpSocket;
import org.lastack.host.ReadySource;
import org.lastack.host.SocketName;
import org.lastack.wire.IpAddress;

/// [DatagramChannel] on a host.
final class UdpChannel extends DatagramChannel implements SelectableSource {
    private static final int LARGEST = 65_535;

    private final HostUdpSocket socket;
    private final int domain;
    private final ReentrantLock readLock = new ReentrantLock();
    private final ReentrantLock writeLock = new ReentrantLock();
    private final ReentrantLock stateLock = new ReentrantLock();
    /// Guarded by `readLock`.
    private final ReceivedFrom from = new ReceivedFrom();
    /// Written under `stateLock`, read by anyone.
    private volatile @Nullable InetSocketAddress local;
    private volatile @Nullable InetSocketAddress remote;
    /// Guarded by `stateLock`.
    private @Nullable DatagramSocketAdaptor adaptor;

    UdpChannel(LastackSelectorProvider provider, Host host, int domain) {
        super(provider);
        this.domain = domain;
        this.socket = host.udpSocket(domain, LastackSelectorProvider.owner());
        socket.interruptible(false);
    }

    private void ensureOpen() throws ClosedChannelException {
        if (!isOpen()) {
            throw new ClosedChannelException();
        }
    }

    private void ensureConnected() throws ClosedChannelException {
        ensureOpen();
        if (remote == null) {
            throw new NotYetConnectedException();
        }
    }

    private void endBlocking(boolean blocking, boolean completed) throws AsynchronousCloseException {
        if (blocking) {
            end(completed);
        } else if (!completed && !isOpen()) {
            throw new AsynchronousCloseException();
        }
    }

    @Override
    public DatagramSocket socket() {
        stateLock.lock();
        try {
            DatagramSocketAdaptor present = adaptor;
            if (present == null) {
                present = DatagramSocketAdaptor.of(this);
                adaptor = present;
            }
            return present;
        } finally {
            stateLock.unlock();
        }
    }

    @Override
    public boolean isConnected() {
        return remote != null && isOpen();
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

    @Nullable InetSocketAddress localName() {
        return local;
    }

    @Nullable InetSocketAddress remoteName() {
        return remote;
    }

    @Override
    public Set<SocketOption<?>> supportedOptions() {
        return ChannelOptions.DATAGRAM;
    }

    @Override
    public <T> T getOption(SocketOption<T> name) throws IOException {
        ChannelOptions.refuseUnsupported(ChannelOptions.DATAGRAM, name);
        ensureOpen();
        return ChannelOptions.get(socket, domain, name);
    }

    @Override
    public <T> DatagramChannel setOption(SocketOption<T> name, T value) throws IOException {
        ChannelOptions.refuseUnsupported(ChannelOptions.DATAGRAM, name);
        ChannelOptions.refuseInvalid(name, value);
        ensureOpen();
        ChannelOptions.set(socket, domain, name, value);
        return this;
    }

    @Override
    public DatagramChannel bind(@Nullable SocketAddress name) throws IOException {
        stateLock.lock();
        try {
            ensureOpen();
            if (local != null) {
                throw new AlreadyBoundException();
            }
            InetSocketAddress given = name == null ? new InetSocketAddress(0) : Addresses.checked(name, domain);
            Failures.check(socket.bind(Addresses.local(given.getAddress(), domain), given.getPort()));
            noteLocal();
        } finally {
            stateLock.unlock();
        }
        return this;
    }

    private void noteLocal() {
        SocketName name = socket.localName();
        if (name.port() == 0) {
            local = null;
        } else {
            local = name.address().isUnspecified() ? new InetSocketAddress(Addresses.any(domain), name.port()) : Addresses.socketAddress(name);
        }
    }

    private void bindIfNeeded() throws IOException {
        if (local == null) {
            stateLock.lock();
            try {
                if (local == null) {
                    bind(null);
                }
            } finally {
                stateLock.unlock();
            }
        }
    }

    @Override
    public DatagramChannel connect(SocketAddress name) throws IOException {
        InetSocketAddress peer = Addresses.checked(name, domain);
        readLock.lock();
        try {
            writeLock.lock();
            try {
                stateLock.lock();
                try {
                    ensureOpen();
                    if (remote != null) {
                        throw new AlreadyConnectedException();
                    }
                    if (peer.getPort() == 0) {
                        throw new SocketException("Can't connect to port 0");
                    }
                    Failures.check(socket.connect(Addresses.peer(peer, domain), peer.getPort()));
                    remote = peer.getAddress().isAnyLocalAddress() ? remoteOfSocket(peer) : peer;
                    noteLocal();
                    // What others sent before is not read any more (DatagramChannel).
                    byte[] scratch = new byte[1];
                    while (socket.receive(scratch, 0, 1, 0, from, 0) >= 0) {
                        continue;
                    }
                } finally {
                    stateLock.unlock();
                }
            } finally {
                writeLock.unlock();
            }
        } finally {
            readLock.unlock();
        }
        return this;
    }

    private InetSocketAddress remoteOfSocket(InetSocketAddress asked) {
        SocketName name = socket.remoteName();
        return name == null ? asked : Addresses.socketAddress(name);
    }

    @Override
    public DatagramChannel disconnect() throws IOException {
        readLock.lock();
        try {
            writeLock.lock();
            try {
                stateLock.lock();
                try {
                    if (isOpen() && remote != null) {
                        InetSocketAddress before = local;
                        Failures.check(socket.disconnect());
                        remote = null;
                        noteLocal();
                        if (local == null && before != null) {
                            // The port was chosen by connect and has been given up: the channel keeps it (DatagramChannel).
                            bind(new InetSocketAddress(Addresses.any(domain), before.getPort()));
                        }
                    }
                } finally {
                    stateLock.unlock();
                }
            } finally {
                writeLock.unlock();
            }
        } finally {
            readLock.unlock();
        }
        return this;
    }

    // ---- receiving ------------------------------------------------------------------------------------------------------------------

    @Override
    public @Nullable SocketAddress receive(ByteBuffer target) throws IOException {
        return receive(target, isBlocking() ? HostSocket.FOREVER : 0, isBlocking());
    }

    /// For the adaptor.
    ///
    /// @throws SocketTimeoutException after `timeoutNs`
    SocketAddress receiveTimed(ByteBuffer target, long timeoutNs) throws IOException {
        SocketAddress sender = receive(target, timeoutNs, true);
        if (sender == null) {
            throw new SocketTimeoutException("Receive timed out");
        }
        return sender;
    }

    private @Nullable SocketAddress receive(ByteBuffer target, long timeoutNs, boolean blocking) throws IOException {
        Buffers.refuseReadOnly(target);
        readLock.lock();
        try {
            ensureOpen();
            bindIfNeeded();
            int octets = take(target, timeoutNs, blocking);
            return octets == -Errno.EAGAIN ? null
                    : new InetSocketAddress(Addresses.inetAddress(new IpAddress(from.sourceHigh, from.sourceLow)), from.sourcePort);
        } finally {
            readLock.unlock();
        }
    }

    private int take(ByteBuffer target, long timeoutNs, boolean blocking) throws IOException {
        int octets = -Errno.EBADF;
        if (blocking) {
            begin();
        }
        try {
            octets = socket.receive(target, 0, from, timeoutNs);
            if (octets == -Errno.EBADF) {
                close();
            }
        } finally {
            endBlocking(blocking, octets >= 0 || octets == -Errno.EAGAIN && isOpen());
        }
        return checked(octets);
    }

    private static int checked(int octets) throws IOException {
        if (octets < 0 && octets != -Errno.EAGAIN) {
            throw Failures.ofDatagram(octets);
        }
        return octets;
    }

    @Override
    public int read(ByteBuffer target) throws IOException {
        Objects.requireNonNull(target);
        readLock.lock();
        try {
            ensureConnected();
            Buffers.refuseReadOnly(target);
            boolean blocking = isBlocking();
            int before = target.position();
            take(target, blocking ? HostSocket.FOREVER : 0, blocking);
            return target.position() - before;
        } finally {
            readLock.unlock();
        }
    }

    @Override
    public long read(ByteBuffer[] targets, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, targets.length);
        readLock.lock();
        try {
            ensureConnected();
            Buffers.refuseReadOnly(targets, offset, length);
            ByteBuffer whole = ByteBuffer.allocate((int) Math.min(Buffers.remaining(targets, offset, length), LARGEST));
            int octets = read(whole);
            whole.flip();
            for (int i = offset; i < offset + length && whole.hasRemaining(); i++) {
                int part = Math.min(whole.remaining(), targets[i].remaining());
                targets[i].put(whole.array(), whole.position(), part);
                whole.position(whole.position() + part);
            }
            return octets;
        } finally {
            readLock.unlock();
        }
    }

    // ---- sending --------------------------------------------------------------------------------------------------------------------

    @Override
    public int send(ByteBuffer source, SocketAddress target) throws IOException {
        Objects.requireNonNull(source);
        InetSocketAddress to = Addresses.checked(target, domain);
        writeLock.lock();
        try {
            ensureOpen();
            InetSocketAddress peer = remote;
            if (peer != null) {
                if (!to.equals(peer)) {
                    throw new AlreadyConnectedException();
                }
                return give(source, 0, 0, -1);
            }
            if (to.getPort() == 0) {
                throw new SocketException("Can't send to port 0");
            }
            IpAddress address = Addresses.peer(to, domain);
            int sent = give(source, address.high(), address.low(), to.getPort());
            if (local == null) {
                noteLocalLocked();
            }
            return sent;
        } finally {
            writeLock.unlock();
        }
    }

    private void noteLocalLocked() {
        stateLock.lock();
        try {
            if (local == null) {
                noteLocal();
            }
        } finally {
            stateLock.unlock();
        }
    }

    private int give(ByteBuffer source, long high, long low, int port) throws IOException {
        boolean blocking = isBlocking();
        int octets = -Errno.EBADF;
        if (blocking) {
            begin();
        }
        try {
            octets = socket.sendTo(source, 0, high, low, port, blocking ? HostSocket.FOREVER : 0);
            if (octets == -Errno.EBADF) {
                close();
            }
        } finally {
            endBlocking(blocking, octets >= 0 || octets == -Errno.EAGAIN && isOpen());
        }
        return Math.max(checked(octets), 0);
    }

    @Override
    public int write(ByteBuffer source) throws IOException {
        Objects.requireNonNull(source);
        writeLock.lock();
        try {
            ensureConnected();
            return give(source, 0, 0, -1);
        } finally {
            writeLock.unlock();
        }
    }

    /// One datagram from all buffers together.
    @Override
    public long write(ByteBuffer[] sources, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, sources.length);
        writeLock.lock();
        try {
            ensureConnected();
            long total = Buffers.remaining(sources, offset, length);
            if (total > LARGEST) {
                throw Failures.ofDatagram(Errno.EMSGSIZE);
            }
            ByteBuffer whole = ByteBuffer.allocate((int) total);
            for (int i = offset; i < offset + length; i++) {
                whole.put(sources[i].duplicate());
            }
            int sent = write(whole.flip());
            if (sent > 0) {
                for (int i = offset; i < offset + length; i++) {
                    sources[i].position(sources[i].limit());
                }
            }
            return sent;
        } finally {
            writeLock.unlock();
        }
    }

    // ---- the rest -------------------------------------------------------------------------------------------------------------------

    @Override
    public MembershipKey join(InetAddress group, NetworkInterface where) {
        throw noMulticast();
    }

    @Override
    public MembershipKey join(InetAddress group, NetworkInterface where, InetAddress source) {
        throw noMulticast();
    }

    /// A host's interfaces are not the machine's, and `NetworkInterface` can name only those.
    static UnsupportedOperationException noMulticast() {
        return new UnsupportedOperationException("Lastack's datagram channels do not join multicast groups: a java.net.NetworkInterface cannot name an interface"
                + " of a host; use the bsd module's IP_ADD_MEMBERSHIP");
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
        return ((interestOps & SelectionKey.OP_READ) != 0 ? InetSocket.POLLIN : 0) | ((interestOps & SelectionKey.OP_WRITE) != 0 ? InetSocket.POLLOUT : 0);
    }

    @Override
    public int readyOps(int mask, int interestOps) {
        if ((mask & (InetSocket.POLLERR | InetSocket.POLLHUP)) != 0) {
            return interestOps;
        }
        return interestOps & (((mask & InetSocket.POLLIN) != 0 ? SelectionKey.OP_READ : 0) | ((mask & InetSocket.POLLOUT) != 0 ? SelectionKey.OP_WRITE : 0));
    }

    @Override
    public String toString() {
        return "org.lastack.net.UdpChannel[" + (isOpen() ? "local=" + local + (remote != null ? ", remote=" + remote : "") : "closed") + "]";
    }
}
