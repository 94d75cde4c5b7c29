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
import java.nio.channels.ClosedChannelException;
import java.nio.channels.NotYetBoundException;
import java.nio.channels.ServerSocketChannel;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The [ServerSocket] of a [TcpServerChannel] or a [RoutedServerChannel].
final class ServerSocketAdaptor extends ServerSocket {
    private final ServerSocketChannel channel;
    private final ListenerFace face;
    /// SO_TIMEOUT in milliseconds.
    private volatile int timeoutMs;

    private ServerSocketAdaptor(ServerSocketChannel channel, ListenerFace face, SocketImpl unused) {
        super(unused);
        this.channel = channel;
        this.face = face;
    }

    static ServerSocketAdaptor of(ServerSocketChannel channel, ListenerFace face) {
        return new ServerSocketAdaptor(channel, face, new LastackSocketImpl(null));
    }

    @Override
    public void bind(@Nullable SocketAddress local) throws IOException {
        bind(local, TcpServerChannel.DEFAULT_BACKLOG);
    }

    @Override
    public void bind(@Nullable SocketAddress local, int backlog) throws IOException {
        try {
            channel.bind(local == null ? new InetSocketAddress(0) : local, backlog);
        } catch (IOException | RuntimeException e) {
            throw Adaptors.ioException(e);
        }
    }

    @Override
    public @Nullable InetAddress getInetAddress() {
        InetSocketAddress local = face.localName();
        return local == null ? null : local.getAddress();
    }

    @Override
    public int getLocalPort() {
        InetSocketAddress local = face.localName();
        return local == null ? -1 : local.getPort();
    }

    @Override
    public @Nullable SocketAddress getLocalSocketAddress() {
        return face.localName();
    }

    @Override
    public Socket accept() throws IOException {
        Adaptors.requireBlocking(channel);
        try {
            return face.acceptTimed(Adaptors.nanos(timeoutMs)).socket();
        } catch (NotYetBoundException e) {
            throw Adaptors.socketException(e);
        } catch (ClosedChannelException e) {
            throw e.getClass() == ClosedChannelException.class ? Adaptors.closed() : e;
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
        return face.localName() != null;
    }

    @Override
    public boolean isClosed() {
        return !channel.isOpen();
    }

    @Override
    public void setSoTimeout(int timeout) throws SocketException {
        timeoutMs = Adaptors.timeout(channel, timeout);
    }

    @Override
    public int getSoTimeout() throws IOException {
        Adaptors.requireOpen(channel);
        return timeoutMs;
    }

    @Override
    public void setReuseAddress(boolean on) throws SocketException {
        Adaptors.set(channel, StandardSocketOptions.SO_REUSEADDR, on);
    }

    @Override
    public boolean getReuseAddress() throws SocketException {
        return Adaptors.get(channel, StandardSocketOptions.SO_REUSEADDR);
    }

    @Override
    public void setReceiveBufferSize(int size) throws SocketException {
        Adaptors.set(channel, StandardSocketOptions.SO_RCVBUF, Adaptors.positive(size, "size cannot be 0 or negative"));
    }

    @Override
    public int getReceiveBufferSize() throws SocketException {
        return Adaptors.get(channel, StandardSocketOptions.SO_RCVBUF);
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
