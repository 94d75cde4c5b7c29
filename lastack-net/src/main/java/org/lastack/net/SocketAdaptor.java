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
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SocketChannel;
import java.nio.channels.UnresolvedAddressException;
import java.net.UnknownHostException;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The [Socket] of a [TcpChannel] or a [RoutedChannel]. Its streams read and write through the channel under the channel's own locks, one for each direction: a
/// thread that waits in the input stream does not keep another from writing. Questions about the state take no lock.
final class SocketAdaptor extends Socket {
    private final SocketChannel channel;
    private final StreamFace face;
    /// SO_TIMEOUT in milliseconds; the channel knows nothing of it.
    private volatile int timeoutMs;

    private SocketAdaptor(SocketChannel channel, StreamFace face) throws SocketException {
        super((SocketImpl) null);
        this.channel = channel;
        this.face = face;
    }

    static SocketAdaptor of(SocketChannel channel, StreamFace face) {
        try {
            return new SocketAdaptor(channel, face);
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
        Adaptors.requireBlocking(channel);
        try {
            face.connect(remote, Adaptors.nanos(timeout));
        } catch (UnresolvedAddressException e) {
            Adaptors.requireOpen(channel);
            close();
            throw new UnknownHostException(remote.toString());
        } catch (ClosedChannelException e) {
            // Found closed or closed meanwhile: the JDK tells both alike.
            throw e.getClass() == ClosedChannelException.class ? new AsynchronousCloseException() : e;
        } catch (IOException | RuntimeException e) {
            throw Adaptors.ioException(e);
        }
    }

    @Override
    public void bind(@Nullable SocketAddress local) throws IOException {
        try {
            channel.bind(local);
        } catch (IOException | RuntimeException e) {
            throw Adaptors.ioException(e);
        }
    }

    @Override
    public @Nullable InetAddress getInetAddress() {
        InetSocketAddress remote = face.remoteName();
        return remote == null ? null : remote.getAddress();
    }

    @Override
    public InetAddress getLocalAddress() {
        InetSocketAddress local = channel.isOpen() ? face.localName() : null;
        return local == null ? new InetSocketAddress(0).getAddress() : local.getAddress();
    }

    @Override
    public int getPort() {
        InetSocketAddress remote = face.remoteName();
        return remote == null ? 0 : remote.getPort();
    }

    @Override
    public int getLocalPort() {
        InetSocketAddress local = face.localName();
        return local == null ? -1 : local.getPort();
    }

    @Override
    public @Nullable SocketAddress getRemoteSocketAddress() {
        return face.remoteName();
    }

    @Override
    public @Nullable SocketAddress getLocalSocketAddress() {
        return face.localName();
    }

    @Override
    public SocketChannel getChannel() {
        return channel;
    }

    @Override
    public InputStream getInputStream() throws IOException {
        Adaptors.requireOpen(channel);
        if (!channel.isConnected()) {
            throw new SocketException("Socket is not connected");
        }
        if (face.inputShut()) {
            throw new SocketException("Socket input is shutdown");
        }
        return new Input();
    }

    @Override
    public OutputStream getOutputStream() throws IOException {
        Adaptors.requireOpen(channel);
        if (!channel.isConnected()) {
            throw new SocketException("Socket is not connected");
        }
        if (face.outputShut()) {
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
            Adaptors.requireBlocking(channel);
            return face.readTimed(bytes, offset, length, Adaptors.nanos(timeoutMs));
        }

        @Override
        public int available() throws IOException {
            if (!channel.isOpen()) {
                throw new ClosedChannelException();
            }
            return face.available();
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
                Adaptors.requireBlocking(channel);
                face.writeFully(bytes, offset, length);
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
        } catch (IOException | RuntimeException e) {
            throw Adaptors.ioException(e);
        }
    }

    @Override
    public boolean isConnected() {
        return channel.isConnected();
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
    public boolean isInputShutdown() {
        return face.inputShut();
    }

    @Override
    public boolean isOutputShutdown() {
        return face.outputShut();
    }

    @Override
    public void sendUrgentData(int octet) throws IOException {
        if (!face.sendUrgent((byte) octet)) {
            throw new IOException("Socket buffer full");
        }
    }

    // ---- options --------------------------------------------------------------------------------------------------------------------

    private <T> void set(SocketOption<T> name, T value) throws SocketException {
        Adaptors.set(channel, name, value);
    }

    private <T> T get(SocketOption<T> name) throws SocketException {
        return Adaptors.get(channel, name);
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
        set(StandardSocketOptions.SO_LINGER, on ? seconds : -1);
    }

    @Override
    public int getSoLinger() throws SocketException {
        return get(StandardSocketOptions.SO_LINGER);
    }

    @Override
    public void setOOBInline(boolean on) throws SocketException {
        Adaptors.requireOpen(channel);
        face.outOfBandInline(on);
    }

    @Override
    public boolean getOOBInline() throws SocketException {
        Adaptors.requireOpen(channel);
        return face.outOfBandInline();
    }

    @Override
    public void setSoTimeout(int timeout) throws SocketException {
        timeoutMs = Adaptors.timeout(channel, timeout);
    }

    @Override
    public int getSoTimeout() throws SocketException {
        Adaptors.requireOpen(channel);
        return timeoutMs;
    }

    @Override
    public void setSendBufferSize(int size) throws SocketException {
        set(StandardSocketOptions.SO_SNDBUF, Adaptors.positive(size, "Invalid send size"));
    }

    @Override
    public int getSendBufferSize() throws SocketException {
        return get(StandardSocketOptions.SO_SNDBUF);
    }

    @Override
    public void setReceiveBufferSize(int size) throws SocketException {
        set(StandardSocketOptions.SO_RCVBUF, Adaptors.positive(size, "Invalid receive size"));
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
