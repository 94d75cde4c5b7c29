package org.lastack.net;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.DatagramSocketImpl;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.AlreadyConnectedException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.DatagramChannel;
import java.nio.channels.UnsupportedAddressTypeException;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The [DatagramSocket] of a [UdpChannel].
final class DatagramSocketAdaptor extends DatagramSocket {
    private final UdpChannel channel;
    /// SO_TIMEOUT in milliseconds.
    private volatile int timeoutMs;

    private DatagramSocketAdaptor(UdpChannel channel) {
        super(new NoDatagrams());
        this.channel = channel;
    }

    static DatagramSocketAdaptor of(UdpChannel channel) {
        return new DatagramSocketAdaptor(channel);
    }

    @Override
    public void bind(@Nullable SocketAddress local) throws SocketException {
        try {
            channel.bind(local == null ? new InetSocketAddress(0) : local);
        } catch (UnsupportedAddressTypeException e) {
            throw e; // as in the JDK, unlike its other adaptors
        } catch (IOException | RuntimeException e) {
            throw Adaptors.socketException(e);
        }
    }

    @Override
    public void connect(InetAddress address, int port) {
        if (address == null) {
            throw new IllegalArgumentException("Address can't be null");
        }
        try {
            connect(new InetSocketAddress(address, port));
        } catch (SocketException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Override
    public void connect(SocketAddress remote) throws SocketException {
        if (remote == null) {
            throw new IllegalArgumentException("Address can't be null");
        }
        try {
            channel.disconnect();
            channel.connect(remote);
        } catch (ClosedChannelException e) {
            // As in the JDK: a closed socket is not told.
        } catch (UnsupportedAddressTypeException e) {
            throw e; // as in the JDK, unlike its other adaptors
        } catch (IOException | RuntimeException e) {
            throw Adaptors.socketException(e);
        }
    }

    @Override
    public void disconnect() {
        try {
            channel.disconnect();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Override
    public boolean isBound() {
        return channel.localName() != null;
    }

    @Override
    public boolean isConnected() {
        return channel.remoteName() != null;
    }

    @Override
    public @Nullable InetAddress getInetAddress() {
        InetSocketAddress remote = channel.remoteName();
        return remote == null ? null : remote.getAddress();
    }

    @Override
    public int getPort() {
        InetSocketAddress remote = channel.remoteName();
        return remote == null ? -1 : remote.getPort();
    }

    @Override
    public @Nullable SocketAddress getRemoteSocketAddress() {
        return channel.remoteName();
    }

    @Override
    public @Nullable SocketAddress getLocalSocketAddress() {
        return isClosed() ? null : channel.localName();
    }

    @Override
    public @Nullable InetAddress getLocalAddress() {
        if (isClosed()) {
            return null;
        }
        InetSocketAddress local = channel.localName();
        return local == null ? new InetSocketAddress(0).getAddress() : local.getAddress();
    }

    @Override
    public int getLocalPort() {
        if (isClosed()) {
            return -1;
        }
        InetSocketAddress local = channel.localName();
        return local == null ? 0 : local.getPort();
    }

    @Override
    public void send(DatagramPacket packet) throws IOException {
        requireUsable();
        synchronized (packet) {
            SocketAddress target = target(packet);
            try {
                channel.send(ByteBuffer.wrap(packet.getData(), packet.getOffset(), packet.getLength()), target);
            } catch (AlreadyConnectedException e) {
                throw new IOException("Connected state changed", e);
            } catch (ClosedChannelException e) {
                throw ended(e);
            }
        }
    }

    /// Where a packet goes; one without an address gets that of the peer. Under the packet's monitor.
    private SocketAddress target(DatagramPacket packet) {
        InetSocketAddress peer = channel.remoteName();
        if (packet.getAddress() == null) {
            if (peer == null) {
                throw new IllegalArgumentException("Address not set");
            }
            packet.setSocketAddress(peer);
            return peer;
        }
        SocketAddress target = packet.getSocketAddress();
        if (peer != null && !target.equals(peer)) {
            throw new IllegalArgumentException("Connected and packet address differ");
        }
        return target;
    }

    private void requireUsable() throws SocketException {
        if (!channel.isOpen()) {
            throw new SocketException("Socket closed");
        }
        Adaptors.requireBlocking(channel);
    }

    /// Closing, before or meanwhile, has one text; an interrupt keeps its exception.
    private static IOException ended(ClosedChannelException e) {
        return e instanceof ClosedByInterruptException ? e : (SocketException) new SocketException("Socket closed").initCause(e);
    }

    @Override
    public void receive(DatagramPacket packet) throws IOException {
        requireUsable();
        // The packet is not held while waiting; what it offers is read once.
        ByteBuffer target = ByteBuffer.wrap(packet.getData(), packet.getOffset(), packet.getLength());
        int begin = target.position();
        SocketAddress sender;
        try {
            sender = channel.receiveTimed(target, Adaptors.nanos(timeoutMs));
        } catch (ClosedChannelException e) {
            throw ended(e);
        }
        packet.setSocketAddress(sender);
        packet.setLength(target.position() - begin);
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Override
    public boolean isClosed() {
        return !channel.isOpen();
    }

    @Override
    public DatagramChannel getChannel() {
        return channel;
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

    private <T> void set(SocketOption<T> name, T value) throws SocketException {
        Adaptors.set(channel, name, value);
    }

    private <T> T get(SocketOption<T> name) throws SocketException {
        return Adaptors.get(channel, name);
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
    public void setReuseAddress(boolean on) throws SocketException {
        set(StandardSocketOptions.SO_REUSEADDR, on);
    }

    @Override
    public boolean getReuseAddress() throws SocketException {
        return get(StandardSocketOptions.SO_REUSEADDR);
    }

    @Override
    public void setBroadcast(boolean on) throws SocketException {
        set(StandardSocketOptions.SO_BROADCAST, on);
    }

    @Override
    public boolean getBroadcast() throws SocketException {
        return get(StandardSocketOptions.SO_BROADCAST);
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
    public <T> DatagramSocket setOption(SocketOption<T> name, T value) throws IOException {
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
    public void joinGroup(SocketAddress group, NetworkInterface where) {
        throw UdpChannel.noMulticast();
    }

    @Override
    public void leaveGroup(SocketAddress group, NetworkInterface where) {
        throw UdpChannel.noMulticast();
    }

    /// What the superclass wants and never calls, because every method above is its own.
    @SuppressWarnings("removal") // the superclass makes us write them
    private static final class NoDatagrams extends DatagramSocketImpl {
        private static UnsupportedOperationException never() {
            return new UnsupportedOperationException("the adaptor speaks to its channel");
        }

        @Override
        protected void create() {
            throw never();
        }

        @Override
        protected void bind(int port, InetAddress address) {
            throw never();
        }

        @Override
        protected void send(DatagramPacket packet) {
            throw never();
        }

        @Override
        protected int peek(InetAddress address) {
            throw never();
        }

        @Override
        protected int peekData(DatagramPacket packet) {
            throw never();
        }

        @Override
        protected void receive(DatagramPacket packet) {
            throw never();
        }

        @Override
        @Deprecated
        protected void setTTL(byte ttl) {
            throw never();
        }

        @Override
        @Deprecated
        protected byte getTTL() {
            throw never();
        }

        @Override
        protected void setTimeToLive(int ttl) {
            throw never();
        }

        @Override
        protected int getTimeToLive() {
            throw never();
        }

        @Override
        protected void join(InetAddress group) {
            throw never();
        }

        @Override
        protected void leave(InetAddress group) {
            throw never();
        }

        @Override
        protected void joinGroup(SocketAddress group, NetworkInterface where) {
            throw never();
        }

        @Override
        protected void leaveGroup(SocketAddress group, NetworkInterface where) {
            throw never();
        }

        @Override
        protected void close() {
            // Nothing was opened.
        }

        @Override
        public void setOption(int id, Object value) {
            throw never();
        }

        @Override
        public Object getOption(int id) {
            throw never();
        }
    }
}
