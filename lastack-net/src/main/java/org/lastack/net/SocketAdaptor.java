package org.lastack.net;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketImpl;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.nio.channels.AlreadyBoundException;
import java.nio.channels.AlreadyConnectedException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ConnectionPendingException;
import java.nio.channels.IllegalBlockingModeException;
import java.nio.channels.NotYetConnectedException;
import java.nio.channels.SocketChannel;
import java.nio.channels.UnresolvedAddressException;
import java.net.UnknownHostException;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.lastack.host.HostSocket;

/// The [Socket] of a [TcpChannel]. Its streams read and write through the channel under the channel's own locks, one for each direction: a
/// thread that waits in the input stream does not keep another from writing. Questions about the state take no lock.
final class SocketAdaptor extends Socket {
    private static final long NANOS_PER_MILLISECOND = 1_000_000L;

    private final TcpChannel channel;
    /// SO_TIMEOUT in milliseconds; the channel knows nothing of it.
    private volatile int timeoutMs;

    private SocketAdaptor(TcpChannel channel) throws SocketException {
        super((SocketImpl) null);
        this.channel = channel;
    }

    static SocketAdaptor of(TcpChannel channel) {
        try {
            return new SocketAdaptor(channel);
        } catch (SocketException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void connect(SocketAddress remote) throws IOException {
        connect(remote, 0);
    }

    @Override
    public void connect(SocketAddress remote, int timeout) throws IOException {
        if (remote == null) {
            throw new IllegalArgumentException("connect: The address can't be null");
        }
        if (timeout < 0) {
            throw new IllegalArgumentException("connect: timeout can't be negative");
        }
        requireBlocking();
        try {
            channel.connect(remote, timeout == 0 ? HostSocket.FOREVER : timeout * NANOS_PER_MILLISECOND);
        } catch (UnresolvedAddressException e) {
            close();
            throw new UnknownHostException(((InetSocketAddress) remote).getHostName());
        } catch (ClosedChannelException e) {
            throw closed(e);
        } catch (AlreadyConnectedException e) {
            throw new SocketException("already connected");
        } catch (ConnectionPendingException e) {
            throw new SocketException("connect in progress");
        }
    }

    private void requireBlocking() {
        if (!channel.isBlocking()) {
            throw new IllegalBlockingModeException();
        }
    }

    private static SocketException closed(ClosedChannelException cause) {
        if (cause.getClass() != ClosedChannelException.class) {
            return (SocketException) new SocketException(cause.toString()).initCause(cause);
        }
        return new SocketException("Socket is closed");
    }

    private void requireOpen() throws SocketException {
        if (!channel.isOpen()) {
            throw new SocketException("Socket is closed");
        }
    }

    @Override
    public void bind(@Nullable SocketAddress local) throws IOException {
        try {
            channel.bind(local);
        } catch (ClosedChannelException e) {
            throw closed(e);
        } catch (AlreadyBoundException e) {
            throw new SocketException("already bound");
        }
    }

    @Override
    public @Nullable InetAddress getInetAddress() {
        InetSocketAddress remote = channel.isConnected() ? channel.remoteName() : null;
        return remote == null ? null : remote.getAddress();
    }

    @Override
    public InetAddress getLocalAddress() {
        InetSocketAddress local = channel.isOpen() ? channel.localName() : null;
        return local == null ? new InetSocketAddress(0).getAddress() : local.getAddress();
    }

    @Override
    public int getPort() {
        InetSocketAddress remote = channel.isConnected() ? channel.remoteName() : null;
        return remote == null ? 0 : remote.getPort();
    }

    @Override
    public int getLocalPort() {
        InetSocketAddress local = channel.localName();
        return local == null ? -1 : local.getPort();
    }

    @Override
    public @Nullable SocketAddress getRemoteSocketAddress() {
        return channel.isConnected() ? channel.remoteName() : null;
    }

    @Override
    public @Nullable SocketAddress getLocalSocketAddress() {
        InetSocketAddress local = channel.localName();
        if (local == null) {
            return null;
        }
        return channel.isOpen() ? local : new InetSocketAddress(local.getPort());
    }

    @Override
    public SocketChannel getChannel() {
        return channel;
    }

    @Override
    public InputStream getInputStream() throws IOException {
        requireOpen();
        if (!channel.isConnected()) {
            throw new SocketException("Socket is not connected");
        }
        if (channel.inputShut()) {
            throw new SocketException("Socket input is shutdown");
        }
        return new Input();
    }

    @Override
    public OutputStream getOutputStream() throws IOException {
        requireOpen();
        if (!channel.isConnected()) {
            throw new SocketException("Socket is not connected");
        }
        if (channel.outputShut()) {
            throw new SocketException("Socket output is shutdown");
        }
        return new Output();
    }

    private final class Input extends InputStream {
        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) > 0 ? one[0] & 0xff : -1;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            Objects.checkFromIndexSize(offset, length, bytes.length);
            if (length == 0) {
                return 0;
            }
            requireBlocking();
            int timeout = timeoutMs;
            return channel.readTimed(bytes, offset, length, timeout == 0 ? HostSocket.FOREVER : timeout * NANOS_PER_MILLISECOND);
        }

        @Override
        public int available() throws IOException {
            if (!channel.isOpen()) {
                throw new ClosedChannelException();
            }
            return channel.available();
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }

    private final class Output extends OutputStream {
        @Override
        public void write(int octet) throws IOException {
            write(new byte[] {(byte) octet}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            Objects.checkFromIndexSize(offset, length, bytes.length);
            if (length > 0) {
                requireBlocking();
                channel.writeFully(bytes, offset, length);
            }
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }

    @Override
    public void shutdownInput() throws IOException {
        shutdown(true);
    }

    @Override
    public void shutdownOutput() throws IOException {
        shutdown(false);
    }

    private void shutdown(boolean input) throws IOException {
        try {
            if (input) {
                channel.shutdownInput();
            } else {
                channel.shutdownOutput();
            }
        } catch (ClosedChannelException e) {
            throw closed(e);
        } catch (NotYetConnectedException e) {
            throw new SocketException("Socket is not connected");
        }
    }

    @Override
    public boolean isConnected() {
        return channel.isConnected();
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
    public boolean isInputShutdown() {
        return channel.inputShut();
    }

    @Override
    public boolean isOutputShutdown() {
        return channel.outputShut();
    }

    @Override
    public void sendUrgentData(int data) throws IOException {
        try {
            if (!channel.sendUrgent((byte) data)) {
                throw new IOException("Socket buffer full");
            }
        } catch (NotYetConnectedException e) {
            throw new SocketException("Socket is not connected");
        } catch (ClosedChannelException e) {
            throw closed(e);
        }
    }

    // ---- options --------------------------------------------------------------------------------------------------------------------

    private <T> void set(SocketOption<T> name, T value) throws SocketException {
        try {
            channel.setOption(name, value);
        } catch (ClosedChannelException e) {
            throw closed(e);
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
            throw closed(e);
        } catch (SocketException e) {
            throw e;
        } catch (IOException e) {
            throw (SocketException) new SocketException(e.getMessage()).initCause(e);
        }
    }

    @Override
    public void setTcpNoDelay(boolean on) throws SocketException {
        set(StandardSocketOptions.TCP_NODELAY, on);
    }

    @Override
    public boolean getTcpNoDelay() throws SocketException {
        return get(StandardSocketOptions.TCP_NODELAY);
    }

    @Override
    public void setSoLinger(boolean on, int seconds) throws SocketException {
        if (on && seconds < 0) {
            throw new IllegalArgumentException("invalid value for SO_LINGER");
        }
        set(StandardSocketOptions.SO_LINGER, on ? seconds : -1);
    }

    @Override
    public int getSoLinger() throws SocketException {
        return get(StandardSocketOptions.SO_LINGER);
    }

    @Override
    public void setOOBInline(boolean on) throws SocketException {
        requireOpen();
        channel.outOfBandInline(on);
    }

    @Override
    public boolean getOOBInline() throws SocketException {
        requireOpen();
        return channel.outOfBandInline();
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
    public int getSoTimeout() throws SocketException {
        requireOpen();
        return timeoutMs;
    }

    @Override
    public void setSendBufferSize(int size) throws SocketException {
        set(StandardSocketOptions.SO_SNDBUF, positive(size, "Invalid send size"));
    }

    @Override
    public int getSendBufferSize() throws SocketException {
        return get(StandardSocketOptions.SO_SNDBUF);
    }

    @Override
    public void setReceiveBufferSize(int size) throws SocketException {
        set(StandardSocketOptions.SO_RCVBUF, positive(size, "Invalid receive size"));
    }

    private static int positive(int size, String complaint) {
        if (size <= 0) {
            throw new IllegalArgumentException(complaint);
        }
        return size;
    }

    @Override
    public int getReceiveBufferSize() throws SocketException {
        return get(StandardSocketOptions.SO_RCVBUF);
    }

    @Override
    public void setKeepAlive(boolean on) throws SocketException {
        set(StandardSocketOptions.SO_KEEPALIVE, on);
    }

    @Override
    public boolean getKeepAlive() throws SocketException {
        return get(StandardSocketOptions.SO_KEEPALIVE);
    }

    @Override
    public void setTrafficClass(int octet) throws SocketException {
        set(StandardSocketOptions.IP_TOS, octet);
    }

    @Override
    public int getTrafficClass() throws SocketException {
        return get(StandardSocketOptions.IP_TOS);
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
    public <T> Socket setOption(SocketOption<T> name, T value) throws IOException {
        channel.setOption(name, value);
        return this;
    }

    @Override
    public <T> T getOption(SocketOption<T> name) throws IOException {
        return channel.getOption(name);
    }

    @Override
    public Set<SocketOption<?>> supportedOptions() {
        return channel.supportedOptions();
    }

    @Override
    public String toString() {
        return channel.isConnected() ? "Socket[addr=" + getInetAddress() + ",port=" + getPort() + ",localport=" + getLocalPort() + "]" : "Socket[unconnected]";
    }
}
