package org.lastack.javalibs;

import io.netty.channel.socket.nio.NioSocketChannel;
import java.util.List;
import org.eclipse.jetty.server.Server;

/// Inside the namespace: libraries on Lastack with the kernel on the other side of a TUN device. Prints a line for each.
public final class KernelRunner {
    private static final int SECONDS_EACH = 200;

    private KernelRunner() {}

    /// How much is done.
    ///
    /// @param octets of a body
    /// @param connections that idle at once
    /// @param open how many of them may lie open in memory; 1024 is the default of a host
    record Size(long octets, int connections, int open) {
        static final Size GATE = new Size(50_000_000, 1000, 100);
        static final Size FULL = new Size(1_000_000_000, 10_000, 1024);
    }

    /// The measured ones come first: others leave something behind on the heap.
    static List<Library<KernelNet>> libraries(Size size) {
        return List.of(
                new Library<>("NIO server, idle connections of the kernel", Runtime.version().toString(), "`LastackSelectorProvider.of(host)`", "all open at once, each echoes",
                        net -> IdleConnections.nio(net, size.connections)),
                new Library<>("Netty server, idle connections of the kernel", Library.versionOf(NioSocketChannel.class), "`new NioServerSocketChannel(provider)`",
                        "all open at once, each echoes", net -> IdleConnections.netty(net, size.connections)),
                new Library<>("Netty HTTPS server, curl of the kernel", Library.versionOf(NioSocketChannel.class), "`new NioServerSocketChannel(provider)`", "TLS 1.3, HTTP/1.1, SHA-256 of the body",
                        net -> TlsServers.netty(net, size.octets)),
                new Library<>("Jetty HTTPS server, curl of the kernel", Library.versionOf(Server.class), Library.PROPERTY, "TLS, HTTP/2 by ALPN and HTTP/1.1, SHA-256 of the body",
                        net -> TlsServers.jetty(size.octets)),
                new Library<>("pgjdbc, PostgreSQL on the kernel", Library.versionOf(org.postgresql.Driver.class), "`socketFactory=org.lastack.net.LastackSocketFactory`",
                        "SCRAM, with and without TLS: batches, cursors, 1 MB bytea, COPY both ways, cancelling, a terminated session", net -> JdbcLibraries.postgres()));
    }

    /// @param arguments `--full`, and parts of names; none: all libraries
    public static void main(String[] arguments) throws Exception {
        LibraryRunner.refuseOutside();
        LibraryRunner.prepare();
        List<String> words = List.of(arguments);
        List<String> names = words.stream().filter(each -> !each.equals("--full")).toList();
        Size size = words.contains("--full") ? Size.FULL : Size.GATE;
        for (Library<KernelNet> each : libraries(size)) {
            if (names.isEmpty() || names.stream().anyMatch(each.name()::contains)) {
                System.out.println(LibraryRunner.line(each, () -> new KernelNet(size.open), SECONDS_EACH));
            }
        }
        System.exit(0);
    }
}
