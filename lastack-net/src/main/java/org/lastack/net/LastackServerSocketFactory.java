package org.lastack.net;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Objects;
import javax.net.ServerSocketFactory;
import org.jspecify.annotations.Nullable;
import org.lastack.host.Host;

/// Plain listening sockets on a host, for everything that takes a [ServerSocketFactory]. The backlog is 50 unless said, SO_REUSEADDR is on, as
/// in the JDK. Thread-safe.
///
/// ```java
/// ServerSocket listener = LastackServerSocketFactory.of(host).createServerSocket(7);
/// ```
public final class LastackServerSocketFactory extends ServerSocketFactory {
    private final @Nullable Host host;
    private final @Nullable AddressRules rules;

    /// Sockets of the [CurrentHost], or of the kernel where [AddressRules#configured] say so.
    public LastackServerSocketFactory() {
        this(null, AddressRules.configured());
    }

    private LastackServerSocketFactory(@Nullable Host host, @Nullable AddressRules rules) {
        this.host = host;
        this.rules = rules;
    }

    /// Sockets of one host.
    public static LastackServerSocketFactory of(Host host) {
        return new LastackServerSocketFactory(Objects.requireNonNull(host), null);
    }

    /// Sockets of one host or of the kernel, each as the `bind` rules say of its local address.
    public static LastackServerSocketFactory of(Host host, AddressRules rules) {
        return new LastackServerSocketFactory(Objects.requireNonNull(host), Objects.requireNonNull(rules));
    }

    @Override
    public ServerSocket createServerSocket() throws IOException {
        return new OnHost(host, rules);
    }

    @Override
    public ServerSocket createServerSocket(int port) throws IOException {
        return createServerSocket(port, TcpServerChannel.DEFAULT_BACKLOG, null);
    }

    @Override
    public ServerSocket createServerSocket(int port, int backlog) throws IOException {
        return createServerSocket(port, backlog, null);
    }

    @Override
    public ServerSocket createServerSocket(int port, int backlog, @Nullable InetAddress local) throws IOException {
        ServerSocket server = createServerSocket();
        try {
            server.bind(local == null ? new InetSocketAddress(port) : new InetSocketAddress(local, port), backlog);
            return server;
        } catch (IOException e) {
            server.close();
            throw e;
        }
    }

    /// A [ServerSocket] whose implementation is ours, and which accepts sockets of ours.
    private static final class OnHost extends ServerSocket {
        private final @Nullable Host host;
        private final @Nullable AddressRules rules;

        OnHost(@Nullable Host host, @Nullable AddressRules rules) {
            super(LastackSockets.impl(host, rules, true));
            this.host = host;
            this.rules = rules;
        }

        @Override
        public Socket accept() throws IOException {
            if (isClosed()) {
                throw new java.net.SocketException("Socket is closed");
            }
            if (!isBound()) {
                throw new java.net.SocketException("Socket is not bound yet");
            }
            Socket accepted = new LastackSocketFactory.OnHost(host, rules);
            implAccept(accepted);
            return accepted;
        }
    }
}
