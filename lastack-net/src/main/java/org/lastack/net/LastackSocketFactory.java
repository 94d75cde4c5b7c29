package org.lastack.net;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.util.Objects;
import javax.net.SocketFactory;
import org.jspecify.annotations.Nullable;
import org.lastack.host.Host;

/// Plain sockets on a host, for everything that takes a [SocketFactory]; with `SSLSocketFactory.createSocket(socket, name, port, true)` on top
/// also TLS.
///
/// ```java
/// SocketFactory factory = LastackSocketFactory.of(host);   // OkHttp: new OkHttpClient.Builder().socketFactory(factory)
/// Socket socket = factory.createSocket("127.0.0.1", port);
/// ```
///
/// Libraries that want a class name with a constructor without arguments (pgjdbc's `socketFactory`) get [#LastackSocketFactory()]: its sockets
/// belong to the [CurrentHost]. The sockets have no channel. Thread-safe.
public final class LastackSocketFactory extends SocketFactory {
    private final @Nullable Host host;
    private final @Nullable AddressRules rules;

    /// Sockets of the [CurrentHost], or of the kernel where [AddressRules#configured] say so.
    public LastackSocketFactory() {
        this(null, AddressRules.configured());
    }

    private LastackSocketFactory(@Nullable Host host, @Nullable AddressRules rules) {
        this.host = host;
        this.rules = rules;
    }

    /// Sockets of one host.
    public static LastackSocketFactory of(Host host) {
        return new LastackSocketFactory(Objects.requireNonNull(host), null);
    }

    /// Sockets of one host or of the kernel, each as the rules say of its destination.
    public static LastackSocketFactory of(Host host, AddressRules rules) {
        return new LastackSocketFactory(Objects.requireNonNull(host), Objects.requireNonNull(rules));
    }

    @Override
    public Socket createSocket() throws IOException {
        return new OnHost(host, rules);
    }

    @Override
    public Socket createSocket(String name, int port) throws IOException {
        return connected(new InetSocketAddress(name, port), null);
    }

    @Override
    public Socket createSocket(String name, int port, InetAddress localAddress, int localPort) throws IOException {
        return connected(new InetSocketAddress(name, port), new InetSocketAddress(localAddress, localPort));
    }

    @Override
    public Socket createSocket(InetAddress address, int port) throws IOException {
        return connected(new InetSocketAddress(address, port), null);
    }

    @Override
    public Socket createSocket(InetAddress address, int port, InetAddress localAddress, int localPort) throws IOException {
        return connected(new InetSocketAddress(address, port), new InetSocketAddress(localAddress, localPort));
    }

    private Socket connected(InetSocketAddress remote, @Nullable InetSocketAddress local) throws IOException {
        Socket socket = createSocket();
        try {
            if (local != null) {
                socket.bind(local);
            }
            socket.connect(remote);
            return socket;
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    /// A [Socket] whose implementation is ours.
    static final class OnHost extends Socket {
        OnHost(@Nullable Host host, @Nullable AddressRules rules) throws SocketException {
            super(LastackSockets.impl(host, rules, false));
        }
    }
}
