package org.lastack.net;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketImpl;
import java.net.SocketOption;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.net.UnknownHostException;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.lastack.core.Errno;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.socket.Msg;
import org.lastack.core.socket.SocketOptions;
import org.lastack.host.Driver;
import org.lastack.host.Host;
import org.lastack.host.HostSocket;
import org.lastack.host.HostTcpSocket;
import org.lastack.host.SocketName;

/// What a [java.net.Socket] and a [java.net.ServerSocket] on a host are made of. As in the JDK: closing ends the calls of other threads with
/// "Socket closed"; an interrupt ends the calls of virtual threads (and the socket with them), platform threads are not disturbed.
final class LastackSocketImpl extends SocketImpl {
    private static final int DOMAIN = InetSocket.AF_INET6;
    private static final long NANOS_PER_MILLISECOND = 1_000_000L;
    private static final String CLOSED = "Socket closed";

    private final @Nullable Host host;
    private final boolean server;
    /// Written by [#create] and by the accepting socket, before others see this object.
    private volatile @Nullable HostTcpSocket socket;
    private volatile int timeoutMs;
    private volatile boolean inputShut;
    private volatile boolean outputShut;
    private volatile boolean reset;
    /// A read has met the end of the stream.
    private volatile boolean ended;

    /// @param host null: the [CurrentHost] at the time of creation
    LastackSocketImpl(@Nullable Host host) {
        this(host, false);
    }

    LastackSocketImpl(@Nullable Host host, boolean server) {
        this.host = host;
        this.server = server;
    }

    private HostTcpSocket open() throws SocketException {
        HostTcpSocket present = socket;
        if (present == null || present.closed()) {
            throw new SocketException(CLOSED);
        }
        return present;
    }

    @Override
    protected void create(boolean stream) throws IOException {
        if (!stream) {
            throw new IOException("datagrams are sent through DatagramChannel");
        }
        LastackSelectorProvider provider = host == null ? new LastackSelectorProvider() : LastackSelectorProvider.of(host);
        HostTcpSocket made = provider.hostForChannel().tcpSocket(DOMAIN, LastackSelectorProvider.owner());
        socket = made;
        if (server) {
            ChannelOptions.set(made, DOMAIN, StandardSocketOptions.SO_REUSEADDR, true);
        }
    }

    // ---- waiting --------------------------------------------------------------------------------------------------------------------

    private interface Attempt {
        int once(long timeoutNs);
    }

    /// Does a call that may wait, with the JDK's rule for interrupts.
    ///
    /// @param timeoutNs [HostSocket#FOREVER] or a time
    private static int waiting(Driver clock, long timeoutNs, Attempt attempt) throws InterruptedIOException {
        long deadlineNs = timeoutNs < 0 ? Driver.NEVER : clock.nowNs() + timeoutNs;
        boolean interrupted = false;
        try {
            while (true) {
                int result = attempt.once(timeoutNs < 0 ? HostSocket.FOREVER : Math.max(0, deadlineNs - clock.nowNs()));
                if (result != -Errno.EINTR) {
                    return result;
                }
                if (Thread.currentThread().isVirtual()) {
                    throw new InterruptedIOException("interrupted");
                }
                interrupted |= Thread.interrupted();
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private long timeout() {
        int ms = timeoutMs;
        return ms == 0 ? HostSocket.FOREVER : ms * NANOS_PER_MILLISECOND;
    }

    private static SocketException failed(int errno) {
        return errno == -Errno.EBADF ? new SocketException(CLOSED) : Failures.ofCall(errno);
    }

    // ---- connecting -----------------------------------------------------------------------------------------------------------------

    @Override
    protected void connect(String name, int remotePort) throws IOException {
        connect(new InetSocketAddress(name, remotePort), 0);
    }

    @Override
    protected void connect(InetAddress remote, int remotePort) throws IOException {
        connect(new InetSocketAddress(remote, remotePort), 0);
    }

    @Override
    protected void connect(SocketAddress remote, int millis) throws IOException {
        if (!(remote instanceof InetSocketAddress peer)) {
            throw new IllegalArgumentException("Unsupported address type");
        }
        if (peer.isUnresolved()) {
            close();
            throw new UnknownHostException(peer.getHostName());
        }
        HostTcpSocket s = open();
        address = peer.getAddress();
        port = peer.getPort();
        try {
            int result = waiting(s.host().driver(), millis == 0 ? HostSocket.FOREVER : millis * NANOS_PER_MILLISECOND,
                    ns -> s.connect(Addresses.peer(peer, DOMAIN), peer.getPort(), ns));
            if (result == -Errno.EINPROGRESS || result == -Errno.EALREADY) {
                throw new SocketTimeoutException("Connect timed out");
            }
            if (result != 0 && result != -Errno.EISCONN) {
                throw result == -Errno.EBADF ? new SocketException(CLOSED) : Failures.ofConnect(result);
            }
        } catch (IOException e) {
            close();
            throw e;
        }
        noteNames(s);
    }

    private void noteNames(HostTcpSocket s) {
        SocketName local = s.localName();
        localport = local.port();
        SocketName remote = s.remoteName();
        // What was asked for keeps its name, unless it was "this host".
        if (remote != null && (address == null || address.isAnyLocalAddress())) {
            address = Addresses.inetAddress(remote.address());
        }
        port = remote == null ? port : remote.port();
    }

    @Override
    protected void bind(InetAddress local, int localPort) throws IOException {
        HostTcpSocket s = open();
        int result = s.bind(Addresses.local(local, DOMAIN), localPort);
        if (result < 0) {
            throw failed(result);
        }
        localport = s.localName().port();
        address = local;
    }

    @Override
    protected void listen(int backlog) throws IOException {
        int result = open().listen(backlog < 1 ? TcpServerChannel.DEFAULT_BACKLOG : backlog);
        if (result < 0) {
            throw failed(result);
        }
    }

    @Override
    protected void accept(SocketImpl accepted) throws IOException {
        if (!(accepted instanceof LastackSocketImpl child)) {
            throw new SocketException("a Lastack listener accepts into Lastack sockets, not into " + accepted.getClass().getName());
        }
        HostTcpSocket s = open();
        @Nullable HostTcpSocket[] out = new @Nullable HostTcpSocket[1];
        int result = waiting(s.host().driver(), timeout(), ns -> s.acceptOrError(out, ns));
        HostTcpSocket made = out[0];
        if (result == -Errno.EAGAIN) {
            throw new SocketTimeoutException("Accept timed out");
        }
        if (made == null) {
            throw failed(result);
        }
        child.socket = made;
        child.address = null;
        child.noteNames(made);
    }

    /// For [RoutedSocketImpl], which cannot see the fields of `SocketImpl` in another object.
    @Nullable InetAddress remoteAddress() {
        return address;
    }

    int remotePort() {
        return port;
    }

    int ownPort() {
        return localport;
    }

    // ---- data -----------------------------------------------------------------------------------------------------------------------

    @Override
    protected InputStream getInputStream() {
        return new Input();
    }

    @Override
    protected OutputStream getOutputStream() {
        return new Output();
    }

    private int read(byte[] bytes, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, bytes.length);
        if (length == 0) {
            return 0;
        }
        if (ended) {
            return -1; // also when it has been closed since, as the JDK
        }
        HostTcpSocket s = open();
        if (inputShut) {
            ended = true;
            return -1;
        }
        if (reset) {
            throw new SocketException(Failures.RESET);
        }
        int octets = waiting(s.host().driver(), timeout(), ns -> s.receive(bytes, offset, length, 0, ns));
        if (octets > 0) {
            return octets;
        }
        if (octets == -Errno.EAGAIN) {
            throw new SocketTimeoutException("Read timed out");
        }
        if (octets == 0 || inputShut && octets != -Errno.EBADF) {
            ended = true;
            return -1;
        }
        if (octets == -Errno.ECONNRESET) {
            reset = true;
            throw new SocketException(Failures.RESET);
        }
        throw octets == -Errno.EBADF ? new SocketException(CLOSED) : new SocketException(Errno.text(octets));
    }

    private void write(byte[] bytes, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, bytes.length);
        HostTcpSocket s = open();
        int written = 0;
        while (written < length) {
            int done = written;
            int octets = waiting(s.host().driver(), HostSocket.FOREVER, ns -> s.send(bytes, offset + done, length - done, 0, ns));
            if (octets < 0) {
                throw octets == -Errno.EBADF ? new SocketException(CLOSED) : new SocketException(Errno.text(octets));
            }
            written += octets;
        }
    }

    private final class Input extends InputStream {
        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return LastackSocketImpl.this.read(one, 0, 1) > 0 ? one[0] & 0xff : -1;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            return LastackSocketImpl.this.read(bytes, offset, length);
        }

        @Override
        public int available() throws IOException {
            return LastackSocketImpl.this.available();
        }

        @Override
        public void close() throws IOException {
            LastackSocketImpl.this.close();
        }
    }

    private final class Output extends OutputStream {
        @Override
        public void write(int octet) throws IOException {
            LastackSocketImpl.this.write(new byte[] {(byte) octet}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            LastackSocketImpl.this.write(bytes, offset, length);
        }

        @Override
        public void close() throws IOException {
            LastackSocketImpl.this.close();
        }
    }

    @Override
    protected int available() throws IOException {
        HostTcpSocket s = open();
        return inputShut ? 0 : s.unreadOctets();
    }

    @Override
    protected boolean supportsUrgentData() {
        return true;
    }

    @Override
    protected void sendUrgentData(int data) throws IOException {
        HostTcpSocket s = open();
        if (s.remoteName() == null) {
            throw new SocketException("Not connected");
        }
        int sent = s.send(new byte[] {(byte) data}, 0, 1, Msg.OOB, HostSocket.FOREVER);
        if (sent < 0) {
            throw sent == -Errno.EPIPE ? Failures.ofWrite(sent) : failed(sent);
        }
    }

    // ---- ending ---------------------------------------------------------------------------------------------------------------------

    @Override
    protected void close() throws IOException {
        HostTcpSocket present = socket;
        if (present != null) {
            present.close(true);
        }
    }

    @Override
    protected void shutdownInput() throws IOException {
        HostTcpSocket s = open();
        if (!inputShut) {
            inputShut = true;
            shutdown(s, InetSocket.SHUT_RD);
        }
    }

    @Override
    protected void shutdownOutput() throws IOException {
        HostTcpSocket s = open();
        if (!outputShut) {
            outputShut = true;
            shutdown(s, InetSocket.SHUT_WR);
        }
    }

    /// The peer may have ended the connection already (ENOTCONN): nothing is left to shut.
    private static void shutdown(HostTcpSocket s, int how) throws IOException {
        int result = s.shutdown(how);
        if (result < 0 && result != -Errno.ENOTCONN) {
            throw failed(result);
        }
    }

    // ---- options --------------------------------------------------------------------------------------------------------------------

    static @Nullable SocketOption<?> name(int id) {
        return switch (id) {
            case java.net.SocketOptions.TCP_NODELAY -> StandardSocketOptions.TCP_NODELAY;
            case java.net.SocketOptions.SO_REUSEADDR -> StandardSocketOptions.SO_REUSEADDR;
            case java.net.SocketOptions.SO_REUSEPORT -> StandardSocketOptions.SO_REUSEPORT;
            case java.net.SocketOptions.SO_KEEPALIVE -> StandardSocketOptions.SO_KEEPALIVE;
            case java.net.SocketOptions.SO_SNDBUF -> StandardSocketOptions.SO_SNDBUF;
            case java.net.SocketOptions.SO_RCVBUF -> StandardSocketOptions.SO_RCVBUF;
            case java.net.SocketOptions.SO_LINGER -> StandardSocketOptions.SO_LINGER;
            case java.net.SocketOptions.IP_TOS -> StandardSocketOptions.IP_TOS;
            default -> null;
        };
    }

    @Override
    public void setOption(int id, Object value) throws SocketException {
        HostTcpSocket s = open();
        if (id == java.net.SocketOptions.SO_TIMEOUT) {
            timeoutMs = (Integer) value;
            return;
        }
        if (id == java.net.SocketOptions.SO_OOBINLINE) {
            Failures.check(s.setInt(SocketOptions.SOL_SOCKET, SocketOptions.SO_OOBINLINE, (Boolean) value ? 1 : 0));
            return;
        }
        SocketOption<?> name = name(id);
        if (name == null) {
            throw new SocketException("Unknown option " + id);
        }
        // Socket says Boolean.FALSE for "SO_LINGER off".
        set(name, id == java.net.SocketOptions.SO_LINGER && value instanceof Boolean ? Integer.valueOf(-1) : value);
    }

    private void set(SocketOption<?> name, Object value) throws SocketException {
        try {
            ChannelOptions.set(open(), DOMAIN, name, value);
        } catch (IOException e) {
            throw Adaptors.socketException(e);
        }
    }

    @Override
    public Object getOption(int id) throws SocketException {
        HostTcpSocket s = open();
        if (id == java.net.SocketOptions.SO_TIMEOUT) {
            return timeoutMs;
        }
        if (id == java.net.SocketOptions.SO_OOBINLINE) {
            int value = s.getInt(SocketOptions.SOL_SOCKET, SocketOptions.SO_OOBINLINE);
            Failures.check(value);
            return value != 0;
        }
        if (id == java.net.SocketOptions.SO_BINDADDR) {
            SocketName name = s.localName();
            return name.address().isUnspecified() ? Addresses.any(DOMAIN) : Addresses.inetAddress(name.address());
        }
        SocketOption<?> name = name(id);
        if (name == null) {
            throw new SocketException("Unknown option " + id);
        }
        try {
            return ChannelOptions.get(s, DOMAIN, name);
        } catch (IOException e) {
            throw Adaptors.socketException(e);
        }
    }

    @Override
    protected <T> void setOption(SocketOption<T> name, T value) throws IOException {
        ChannelOptions.refuseUnsupported(supportedOptions(), name);
        ChannelOptions.refuseInvalid(name, value);
        ChannelOptions.set(open(), DOMAIN, name, value);
    }

    @Override
    protected <T> T getOption(SocketOption<T> name) throws IOException {
        ChannelOptions.refuseUnsupported(supportedOptions(), name);
        return ChannelOptions.get(open(), DOMAIN, name);
    }

    @Override
    protected Set<SocketOption<?>> supportedOptions() {
        return server ? ChannelOptions.LISTENER : ChannelOptions.STREAM;
    }
}
