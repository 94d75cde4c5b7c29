package org.lastack.net;

import java.io.IOException;
import java.net.DatagramSocket;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketImpl;
import org.jspecify.annotations.Nullable;
import org.lastack.host.Host;

/// Makes `new Socket()`, `new ServerSocket()` and `new DatagramSocket()` of the whole JVM sockets of the [CurrentHost].
///
/// For programs that take no factory: `HttpURLConnection`, old drivers, everything on `java.net`. NIO channels are another door, see
/// [LastackSelectorProvider].
///
/// ```java
/// CurrentHost.setDefault(host);
/// LastackSockets.install();
/// ```
public final class LastackSockets {
    private LastackSockets() {}

    /// Installs the factories: once per JVM, for good, and for every thread; there is no way back to the kernel's sockets. Threads without a
    /// current host get a `SocketException`.
    ///
    /// Where there are [AddressRules#configured], streams whose destination (or, for listeners, whose local address) they give to the kernel are
    /// the kernel's; datagrams are always Lastack's.
    ///
    /// @throws IOException if somebody has installed factories before
    /// @throws IllegalArgumentException if there are rules and they cannot be understood
    @SuppressWarnings("deprecation") // the JDK has no other door to java.net.Socket
    public static void install() throws IOException {
        AddressRules rules = AddressRules.configured();
        Socket.setSocketImplFactory(() -> impl(null, rules, false));
        ServerSocket.setSocketFactory(() -> impl(null, rules, true));
        DatagramSocket.setDatagramSocketImplFactory(LastackDatagramSocketImpl::new);
    }

    static SocketImpl impl(@Nullable Host host, @Nullable AddressRules rules, boolean server) {
        return rules == null ? new LastackSocketImpl(host, server) : new RoutedSocketImpl(host, rules, server);
    }
}
