package org.lastack.tools.up;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.lastack.core.Errno;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.socket.Owner;
import org.lastack.core.socket.SocketOptions;
import org.lastack.core.udp.ReceivedFrom;
import org.lastack.host.Host;
import org.lastack.host.HostSocket;
import org.lastack.host.HostTcpSocket;
import org.lastack.host.HostUdpSocket;
import org.lastack.host.SocketName;
import org.lastack.tools.services.Network;
import org.lastack.tools.services.SocketFailure;
import org.lastack.wire.IpAddress;

/// The sockets of one owner on a host of ours. Closing it closes them all, as a kernel does for a process that dies. Thread-safe.
public final class HostNetwork implements Network, Closeable {
    private static final int IPPROTO_TCP = 6;
    private static final int TCP_NODELAY = 1;
    private static final int TCP_MAXSEG = 2;
    private static final int TCP_CONGESTION = 13;

    private final Host host;
    private final Owner owner;
    private final Descriptors descriptors;
    private final boolean v4Only;
    private final Set<HostSocket> open = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    /// @param v4Only listen on IPv4 sockets (INADDR_ANY) instead of dual-stack ones
    HostNetwork(Host host, Owner owner, Descriptors descriptors, boolean v4Only) {
        this.host = host;
        this.owner = owner;
        this.descriptors = descriptors;
        this.v4Only = v4Only;
    }

    /// For a program of this process with the rights of the host's superuser; dual-stack.
    public static HostNetwork ofRoot(Host host, String program) {
        return new HostNetwork(host, new Owner(0, ProcessHandle.current().pid(), program), new Descriptors(), false);
    }

    private int domain() {
        return v4Only ? InetSocket.AF_INET : InetSocket.AF_INET6;
    }

    private IpAddress any() {
        return v4Only ? IpAddress.ANY_V4 : IpAddress.ANY_V6;
    }

    private <T extends HostSocket> T tracked(T socket) throws SocketFailure {
        open.add(socket);
        descriptors.add(socket.core());
        if (closed) {
            forget(socket);
            throw new SocketFailure("socket", Errno.EBADF);
        }
        return socket;
    }

    private void forget(HostSocket socket) {
        if (open.remove(socket)) {
            descriptors.remove(socket.core());
            socket.close();
        }
    }

    static void check(String call, int result) throws SocketFailure {
        if (result < 0) {
            throw new SocketFailure(call, -result);
        }
    }

    private static Endpoint endpoint(@Nullable SocketName name) {
        return name == null ? new Endpoint(IpAddress.ANY_V6, 0) : new Endpoint(name.address(), name.port());
    }

    @Override
    public Listener listen(int port, int backlog, boolean reuseAddress) throws IOException {
        HostTcpSocket socket = tracked(host.tcpSocket(domain(), owner));
        boolean done = false;
        try {
            check("setsockopt", socket.setInt(SocketOptions.SOL_SOCKET, SocketOptions.SO_REUSEADDR, reuseAddress ? 1 : 0));
            check("bind to port " + port, socket.bind(any(), port));
            check("listen", socket.listen(backlog));
            done = true;
            return new TcpListener(socket);
        } finally {
            if (!done) {
                forget(socket);
            }
        }
    }

    /// Connects, waiting for the handshake.
    public Stream connect(IpAddress address, int port) throws IOException {
        HostTcpSocket socket = tracked(host.tcpSocket(address.isV4() ? InetSocket.AF_INET : InetSocket.AF_INET6, owner));
        boolean done = false;
        try {
            check("connect", socket.connect(address, port, HostSocket.FOREVER));
            done = true;
            return new TcpStream(socket);
        } finally {
            if (!done) {
                forget(socket);
            }
        }
    }

    @Override
    public Datagrams datagrams(int port, boolean reuseAddress) throws IOException {
        HostUdpSocket socket = tracked(host.udpSocket(domain(), owner));
        boolean done = false;
        try {
            check("setsockopt", socket.setInt(SocketOptions.SOL_SOCKET, SocketOptions.SO_REUSEADDR, reuseAddress ? 1 : 0));
            check("bind to port " + port, socket.bind(any(), port));
            done = true;
            return new UdpDatagrams(socket);
        } finally {
            if (!done) {
                forget(socket);
            }
        }
    }

    @Override
    public void close() {
        closed = true;
        for (HostSocket each : open) {
            forget(each);
        }
    }

    private final class TcpListener implements Listener {
        private final HostTcpSocket socket;
        private final @Nullable HostTcpSocket[] accepted = new @Nullable HostTcpSocket[1];

        TcpListener(HostTcpSocket socket) {
            this.socket = socket;
        }

        @Override
        public Stream accept() throws IOException {
            check("accept", socket.acceptOrError(accepted, HostSocket.FOREVER));
            HostTcpSocket connection = accepted[0];
            if (connection == null) {
                throw new SocketFailure("accept", Errno.ECONNABORTED);
            }
            return new TcpStream(tracked(connection));
        }

        @Override
        public int port() {
            return socket.localName().port();
        }

        @Override
        public void close() {
            forget(socket);
        }
    }

    private final class TcpStream implements Stream {
        private final HostTcpSocket socket;
        private final Endpoint local;
        private final Endpoint remote;

        TcpStream(HostTcpSocket socket) {
            this.socket = socket;
            local = endpoint(socket.localName());
            remote = endpoint(socket.remoteName());
        }

        @Override
        public InputStream input() {
            return new InputStream() {
                @Override
                public int read() throws IOException {
                    byte[] one = new byte[1];
                    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
                }

                @Override
                public int read(byte[] buffer, int offset, int length) throws IOException {
                    if (length == 0) {
                        return 0;
                    }
                    int octets = socket.receive(buffer, offset, length, 0, HostSocket.FOREVER);
                    check("recv", octets);
                    return octets == 0 ? -1 : octets;
                }
            };
        }

        @Override
        public OutputStream output() {
            return new OutputStream() {
                @Override
                public void write(int octet) throws IOException {
                    write(new byte[] {(byte) octet}, 0, 1);
                }

                @Override
                public void write(byte[] buffer, int offset, int length) throws IOException {
                    int sent = 0;
                    while (sent < length) {
                        int octets = socket.send(buffer, offset + sent, length - sent, 0, HostSocket.FOREVER);
                        check("send", octets);
                        sent += octets;
                    }
                }
            };
        }

        @Override
        public void shutdownOutput() throws IOException {
            check("shutdown", socket.shutdown(InetSocket.SHUT_WR));
        }

        @Override
        public void set(StreamOption option, int value) throws IOException {
            check("setsockopt", switch (option) {
                case NO_DELAY -> socket.setInt(IPPROTO_TCP, TCP_NODELAY, value);
                case MAXIMUM_SEGMENT -> socket.setInt(IPPROTO_TCP, TCP_MAXSEG, value);
                case SEND_BUFFER -> socket.setInt(SocketOptions.SOL_SOCKET, SocketOptions.SO_SNDBUF, value);
                case RECEIVE_BUFFER -> socket.setInt(SocketOptions.SOL_SOCKET, SocketOptions.SO_RCVBUF, value);
                case LINGER -> linger(value);
            });
        }

        /// struct linger { int l_onoff; int l_linger; }, little-endian.
        private int linger(int seconds) {
            byte[] value = new byte[8];
            value[0] = (byte) (seconds >= 0 ? 1 : 0);
            for (int i = 0; i < 4 && seconds > 0; i++) {
                value[4 + i] = (byte) (seconds >>> (8 * i));
            }
            return socket.setOption(SocketOptions.SOL_SOCKET, SocketOptions.SO_LINGER, value, 0, value.length);
        }

        @Override
        public long retransmits() {
            return socket.closed() ? -1 : host.call(() -> socket.tcp().info().totalRetrans());
        }

        @Override
        public @Nullable String congestionControl() {
            byte[] name = new byte[16];
            int length = socket.getOption(IPPROTO_TCP, TCP_CONGESTION, name, 0, name.length);
            if (length <= 0) {
                return null;
            }
            String text = new String(name, 0, length, StandardCharsets.US_ASCII);
            int end = text.indexOf('\0');
            return end < 0 ? text : text.substring(0, end);
        }

        @Override
        public Endpoint local() {
            return local;
        }

        @Override
        public Endpoint remote() {
            return remote;
        }

        @Override
        public void close() {
            forget(socket);
        }
    }

    private final class UdpDatagrams implements Datagrams {
        private final HostUdpSocket socket;
        private final ReceivedFrom from = new ReceivedFrom();
        private @Nullable Endpoint sender;

        UdpDatagrams(HostUdpSocket socket) {
            this.socket = socket;
        }

        @Override
        public int receive(byte[] buffer, int offset, int length) throws IOException {
            int octets = socket.receive(buffer, offset, length, 0, from, HostSocket.FOREVER);
            check("recvfrom", octets);
            Endpoint last = sender;
            if (last == null || last.port() != from.sourcePort || last.address().low() != from.sourceLow || last.address().high() != from.sourceHigh) {
                sender = new Endpoint(new IpAddress(from.sourceHigh, from.sourceLow), from.sourcePort);
            }
            return octets;
        }

        @Override
        public @Nullable Endpoint sender() {
            return sender;
        }

        @Override
        public void send(byte[] buffer, int offset, int length, Endpoint destination) throws IOException {
            IpAddress to = destination.address();
            check("sendto", socket.sendTo(buffer, offset, length, 0, to.high(), to.low(), destination.port(), HostSocket.FOREVER));
        }

        @Override
        public void receiveBuffer(int octets) throws IOException {
            check("setsockopt", socket.setInt(SocketOptions.SOL_SOCKET, SocketOptions.SO_RCVBUF, octets));
        }

        @Override
        public void connect(Endpoint peer) throws IOException {
            check("connect", socket.connect(peer.address(), peer.port()));
        }

        @Override
        public void close() {
            forget(socket);
        }
    }
}
