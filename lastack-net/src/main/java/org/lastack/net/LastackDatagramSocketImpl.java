package org.lastack.net;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocketImpl;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketOption;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.lastack.core.Errno;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.socket.Msg;
import org.lastack.core.udp.ReceivedFrom;
import org.lastack.host.HostSocket;
import org.lastack.host.HostUdpSocket;
import org.lastack.host.SocketName;
import org.lastack.wire.IpAddress;

/// What a [java.net.DatagramSocket] on the [CurrentHost] is made of, for [LastackSockets#install]. Interrupts do not end its calls, closing
/// does, with "Socket closed" (JDK).
final class LastackDatagramSocketImpl extends DatagramSocketImpl {
    private static final int DOMAIN = InetSocket.AF_INET6;
    private static final long NANOS_PER_MILLISECOND = 1_000_000L;

    private volatile @Nullable HostUdpSocket socket;
    private volatile int timeoutMs;
    private volatile int timeToLive = 1;

    private HostUdpSocket open() throws SocketException {
        HostUdpSocket present = socket;
        if (present == null || present.closed()) {
            throw new SocketException("Socket closed");
        }
        return present;
    }

    private static IOException failed(int errno) {
        return errno == -Errno.EBADF ? new SocketException("Socket closed") : Failures.ofDatagram(errno);
    }

    @Override
    protected void create() throws SocketException {
        HostUdpSocket made = new LastackSelectorProvider().hostForChannel().udpSocket(DOMAIN, LastackSelectorProvider.owner());
        made.interruptible(false);
        socket = made;
    }

    @Override
    protected void bind(int port, InetAddress address) throws SocketException {
        HostUdpSocket s = open();
        Failures.check(s.bind(Addresses.local(address, DOMAIN), port));
        localPort = s.localName().port();
    }

    @Override
    protected void connect(InetAddress address, int port) throws SocketException {
        Failures.check(open().connect(Addresses.peer(new InetSocketAddress(address, port), DOMAIN), port));
    }

    @Override
    protected void disconnect() {
        HostUdpSocket present = socket;
        if (present != null) {
            present.disconnect();
        }
    }

    @Override
    protected void send(DatagramPacket packet) throws IOException {
        IpAddress to = Addresses.peer(new InetSocketAddress(packet.getAddress(), packet.getPort()), DOMAIN);
        int sent = open().sendTo(packet.getData(), packet.getOffset(), packet.getLength(), 0, to.high(), to.low(), packet.getPort(), HostSocket.FOREVER);
        if (sent < 0) {
            throw failed(sent);
        }
    }

    @Override
    protected void receive(DatagramPacket packet) throws IOException {
        ReceivedFrom from = new ReceivedFrom();
        byte[] data = packet.getData();
        int offset = packet.getOffset();
        // The room that the packet offers is everything behind its offset, whatever the length of the datagram received last.
        take(packet, from, data, offset, Math.max(0, Math.min(packet.getLength(), data.length - offset)), 0);
    }

    private int take(DatagramPacket packet, ReceivedFrom from, byte[] data, int offset, int room, int flags) throws IOException {
        int millis = timeoutMs;
        int octets = open().receive(data, offset, room, flags, from, millis == 0 ? HostSocket.FOREVER : millis * NANOS_PER_MILLISECOND);
        if (octets == -Errno.EAGAIN) {
            throw new SocketTimeoutException("Receive timed out");
        }
        if (octets < 0) {
            throw failed(octets);
        }
        packet.setAddress(Addresses.inetAddress(new IpAddress(from.sourceHigh, from.sourceLow)));
        packet.setPort(from.sourcePort);
        packet.setLength(octets);
        return from.sourcePort;
    }

    @Override
    protected int peek(InetAddress address) throws IOException {
        throw new IOException("peek(InetAddress) cannot return an address; use peekData");
    }

    @Override
    protected int peekData(DatagramPacket packet) throws IOException {
        return take(packet, new ReceivedFrom(), packet.getData(), packet.getOffset(), packet.getLength(), Msg.PEEK);
    }

    @Override
    @Deprecated
    @SuppressWarnings("removal")
    protected void setTTL(byte ttl) throws IOException {
        setTimeToLive(ttl & 0xff);
    }

    @Override
    @Deprecated
    @SuppressWarnings("removal")
    protected byte getTTL() {
        return (byte) timeToLive;
    }

    @Override
    protected void setTimeToLive(int ttl) throws IOException {
        ChannelOptions.set(open(), DOMAIN, StandardSocketOptions.IP_MULTICAST_TTL, ttl);
        timeToLive = ttl;
    }

    @Override
    protected int getTimeToLive() {
        return timeToLive;
    }

    @Override
    protected void join(InetAddress group) {
        throw UdpChannel.noMulticast();
    }

    @Override
    protected void leave(InetAddress group) {
        throw UdpChannel.noMulticast();
    }

    @Override
    protected void joinGroup(SocketAddress group, NetworkInterface where) {
        throw UdpChannel.noMulticast();
    }

    @Override
    protected void leaveGroup(SocketAddress group, NetworkInterface where) {
        throw UdpChannel.noMulticast();
    }

    @Override
    protected void close() {
        HostUdpSocket present = socket;
        if (present != null) {
            present.close();
        }
    }

    private static @Nullable SocketOption<?> name(int id) {
        return switch (id) {
            case java.net.SocketOptions.SO_REUSEADDR -> StandardSocketOptions.SO_REUSEADDR;
            case java.net.SocketOptions.SO_REUSEPORT -> StandardSocketOptions.SO_REUSEPORT;
            case java.net.SocketOptions.SO_BROADCAST -> StandardSocketOptions.SO_BROADCAST;
            case java.net.SocketOptions.SO_SNDBUF -> StandardSocketOptions.SO_SNDBUF;
            case java.net.SocketOptions.SO_RCVBUF -> StandardSocketOptions.SO_RCVBUF;
            case java.net.SocketOptions.IP_TOS -> StandardSocketOptions.IP_TOS;
            default -> null;
        };
    }

    @Override
    public void setOption(int id, Object value) throws SocketException {
        if (id == java.net.SocketOptions.SO_TIMEOUT) {
            timeoutMs = (Integer) value;
            return;
        }
        SocketOption<?> name = name(id);
        if (name == null) {
            throw new SocketException("Unknown option " + id);
        }
        try {
            ChannelOptions.set(open(), DOMAIN, name, value);
        } catch (SocketException e) {
            throw e;
        } catch (IOException e) {
            throw (SocketException) new SocketException(e.getMessage()).initCause(e);
        }
    }

    @Override
    public Object getOption(int id) throws SocketException {
        if (id == java.net.SocketOptions.SO_TIMEOUT) {
            return timeoutMs;
        }
        HostUdpSocket s = open();
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
        } catch (SocketException e) {
            throw e;
        } catch (IOException e) {
            throw (SocketException) new SocketException(e.getMessage()).initCause(e);
        }
    }

    @Override
    protected <T> void setOption(SocketOption<T> name, T value) throws IOException {
        ChannelOptions.refuseUnsupported(supportedOptions(), name);
        ChannelOptions.set(open(), DOMAIN, name, value);
    }

    @Override
    protected <T> T getOption(SocketOption<T> name) throws IOException {
        ChannelOptions.refuseUnsupported(supportedOptions(), name);
        return ChannelOptions.get(open(), DOMAIN, name);
    }

    @Override
    protected Set<SocketOption<?>> supportedOptions() {
        return ChannelOptions.DATAGRAM;
    }
}
