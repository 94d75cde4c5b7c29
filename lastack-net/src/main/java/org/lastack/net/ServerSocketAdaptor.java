package org.lastack.net;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketImpl;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.nio.channels.AlreadyBoundException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.IllegalBlockingModeException;
import java.nio.channels.NotYetBoundException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.UnresolvedAddressException;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.lastack.host.HostSocket;

/// The [ServerSocket] of a [TcpServerChannel].
final class ServerSocketAdaptor extends ServerSocket {
    private static final long NANOS_PER_MILLISECOND = 1_000_000L;

    private final TcpServerChannel channel;
    /// SO_TIMEOUT in milliseconds.
    private volatile int timeoutMs;

    private ServerSocketAdaptor(TcpServerChannel channel, SocketImpl unused) {
        super(unused);
        this.channel = channel;
    }

    static ServerSocketAdaptor of(TcpServerChannel channel) {
        return new ServerSocketAdaptor(channel, new LastackSocketImpl(null));
    }

    private static SocketException closed() {
        return new SocketException("Socket is closed");
    }

    @Override
    public void bind(@Nullable SocketAddress local) throws IOException {
        bind(local, TcpServerChannel.DEFAULT_BACKLOG);
    }

    @Override
    public void bind(@Nullable SocketAddress local, int backlog) throws IOException {
        try {
            channel.bind(local == null ? new InetSocketAddress(0) : local, backlog);
        } catch (ClosedChannelException e) {
            throw closed();
        } catch (AlreadyBoundException e) {
            throw new SocketException("Already bound");
        } catch (UnresolvedAddressException e) {
            throw new SocketException("Unresolved address");
        }
    }

    @Override
    public @Nullable InetAddress getInetAddress() {
        InetSocketAddress local = channel.localName();
        return local == null ? null : local.getAddress();
    }

    @Override
    public int getLocalPort() {
        InetSocketAddress local = channel.localName();
        return local == null ? -1 : local.getPort();
    }

    @Override
    public @Nullable SocketAddress getLocalSocketAddress() {
        return channel.localName();
    }

    @Override
    public Socket accept() throws IOException {
        if (!channel.isBlocking()) {
            throw new IllegalBlockingModeException();
        }
        int timeout = timeoutMs;
        try {
            return channel.acceptTimed(timeout == 0 ? HostSocket.FOREVER : timeout * NANOS_PER_MILLISECOND).socket();
        } catch (NotYetBoundException e) {
            throw new SocketException("Not bound yet");
        } catch (ClosedChannelException e) {
            throw e.getClass() == ClosedChannelException.class ? closed() : e;
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }

    @Override
    public ServerSocketChannel getChannel() {
        return channel;
    }

    @Override
    public boolean isBound() {
        return channel.localName() != null;
    }

    @Override
    public boolean isClosed() {
        return !channel.isOpen();
    }

    @Override
    public void setSoTimeout(int timeout) throws SocketException {
        requireOpen();
        if (timeout < 0) {
            throw new IllegalArgumentException("timeout < 0");
        }
        timeoutMs = timeout;
    }

    @Override
    public int getSoTimeout() throws IOException {
        requireOpen();
        return timeoutMs;
    }

    private void requireOpen() throws SocketException {
        if (!channel.isOpen()) {
            throw closed();
        }
    }

    private <T> void set(SocketOption<T> name, T value) throws SocketException {
        try {
            channel.setOption(name, value);
        } catch (ClosedChannelException e) {
            throw closed();
        } catch (SocketException e) {
            throw e;
        } catch (IOException e) {
            throw (SocketException) new SocketException(e.getMessage()).initCause(e);
        }
    }

    private <T> T get(SocketOption<T> name) throws SocketException {
        try {
            return channel.getOption(name);
        } catch (ClosedChannelException e) {
            throw closed();
        } catch (SocketException e) {
            throw e;
        } catch (IOException e) {
            throw (SocketException) new SocketException(e.getMessage()).initCause(e);
        }
    }

    @Override
    public void setReuseAddress(boolean on) throws SocketException {
        set(StandardSocketOptions.SO_REUSEADDR, on);
    }

    @Override
    public boolean getReuseAddress() throws SocketException {
        return get(StandardSocketOptions.SO_REUSEADDR);
    }

    @Override
    public void setReceiveBufferSize(int size) throws SocketException {
        if (size <= 0) {
            throw new IllegalArgumentException("size cannot be 0 or negative");
        }
        set(StandardSocketOptions.SO_RCVBUF, size);
    }

    @Override
    public int getReceiveBufferSize() throws SocketException {
        return get(StandardSocketOptions.SO_RCVBUF);
    }

    @Override
    public void setPerformancePreferences(int connectionTime, int latency, int bandwidth) {
        // Nothing to prefer, as in the JDK.
    }

    @Override
    public <T> ServerSocket setOption(SocketOption<T> name, T value) throws IOException {
        channel.setOption(Objects.requireNonNull(name), value);
        return this;
    }

    @Override
    public <T> T getOption(SocketOption<T> name) throws IOException {
        return channel.getOption(Objects.requireNonNull(name));
    }

    @Override
    public Set<SocketOption<?>> supportedOptions() {
        return channel.supportedOptions();
    }

    @Override
    public String toString() {
        return isBound() ? "ServerSocket[addr=" + getInetAddress() + ",localport=" + getLocalPort() + "]" : "ServerSocket[unbound]";
    }
}
