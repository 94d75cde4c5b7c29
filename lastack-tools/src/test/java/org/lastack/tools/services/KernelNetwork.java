package org.lastack.tools.services;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import org.lastack.core.Errno;
import org.lastack.wire.IpAddress;

/// The kernel's sockets on the loopback, to test the services without a stack of ours below them.
final class KernelNetwork implements Network {
    private static Endpoint endpoint(SocketAddress address) {
        InetSocketAddress inet = (InetSocketAddress) address;
        byte[] octets = inet.getAddress().getAddress();
        return new Endpoint(octets.length == 4 ? IpAddress.readV4(octets, 0) : IpAddress.readV6(octets, 0), inet.getPort());
    }

    private static InetSocketAddress kernel(Endpoint endpoint) throws IOException {
        byte[] octets = endpoint.address().toBytes();
        return new InetSocketAddress(InetAddress.getByAddress(octets), endpoint.port());
    }

    @Override
    public Listener listen(int port, int backlog, boolean reuseAddress) throws IOException {
        ServerSocket server = new ServerSocket();
        server.setReuseAddress(reuseAddress);
        server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), backlog);
        return new Listener() {
            @Override
            public Stream accept() throws IOException {
                try {
                    return stream(server.accept());
                } catch (IOException e) {
                    throw new SocketFailure("accept", server.isClosed() ? Errno.EBADF : Errno.EIO);
                }
            }

            @Override
            public int port() {
                return server.getLocalPort();
            }

            @Override
            public void close() throws IOException {
                server.close();
            }
        };
    }

    static Stream stream(Socket socket) throws IOException {
        InputStream input = socket.getInputStream();
        OutputStream output = socket.getOutputStream();
        Endpoint local = endpoint(socket.getLocalSocketAddress());
        Endpoint remote = endpoint(socket.getRemoteSocketAddress());
        return new Stream() {
            @Override
            public InputStream input() {
                return input;
            }

            @Override
            public OutputStream output() {
                return output;
            }

            @Override
            public void shutdownOutput() throws IOException {
                socket.shutdownOutput();
            }

            @Override
            public void set(StreamOption option, int value) throws IOException {
                switch (option) {
                    case NO_DELAY -> socket.setTcpNoDelay(value != 0);
                    case SEND_BUFFER -> socket.setSendBufferSize(value);
                    case RECEIVE_BUFFER -> socket.setReceiveBufferSize(value);
                    case MAXIMUM_SEGMENT -> throw new SocketFailure("setsockopt", Errno.ENOPROTOOPT);
                    case LINGER -> socket.setSoLinger(value >= 0, Math.max(value, 0));
                }
            }

            @Override
            public long retransmits() {
                return -1;
            }

            @Override
            public String congestionControl() {
                return null;
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
            public void close() throws IOException {
                socket.close();
            }
        };
    }

    @Override
    public Datagrams datagrams(int port, boolean reuseAddress) throws IOException {
        DatagramSocket socket = new DatagramSocket(null);
        socket.setReuseAddress(reuseAddress);
        socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        return new Datagrams() {
            private Endpoint sender;

            @Override
            public int receive(byte[] buffer, int offset, int length) throws IOException {
                DatagramPacket packet = new DatagramPacket(buffer, offset, length);
                socket.receive(packet);
                sender = endpoint(packet.getSocketAddress());
                return packet.getLength();
            }

            @Override
            public Endpoint sender() {
                return sender;
            }

            @Override
            public void send(byte[] buffer, int offset, int length, Endpoint destination) throws IOException {
                socket.send(new DatagramPacket(buffer, offset, length, kernel(destination)));
            }

            @Override
            public void receiveBuffer(int octets) throws IOException {
                socket.setReceiveBufferSize(octets);
            }

            @Override
            public void connect(Endpoint peer) throws IOException {
                socket.connect(kernel(peer));
            }

            @Override
            public void close() {
                socket.close();
            }
        };
    }
}
