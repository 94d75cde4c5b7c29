package org.lastack.net;

import java.io.IOException;
import java.net.DatagramSocket;
import java.net.ServerSocket;
import java.net.Socket;

/// Makes `new Socket()`, `new ServerSocket()` and `new DatagramSocket()` of the whole JVM sockets of the [CurrentHost].
///
/// For programs that take no factory: `HttpURLConnection`, old drivers, everything on `java.net`. NIO channels are another door, see
/// [LastackSelectorProvider].
public final class LastackSockets {
    private LastackSockets() {}

    /// Installs the factories: once per JVM, for good, and for every thread; there is no way back to the kernel's sockets. Threads without a
    /// current host get a `SocketException`.
    ///
    /// @throws IOException if somebody has installed factories before
    @SuppressWarnings("deprecation") // the JDK has no other door to java.net.Socket
    public static void install() throws IOException {
        Socket.setSocketImplFactory(() -> new LastackSocketImpl(null));
        ServerSocket.setSocketFactory(() -> new LastackSocketImpl(null, true));
        DatagramSocket.setDatagramSocketImplFactory(LastackDatagramSocketImpl::new);
    }
}
