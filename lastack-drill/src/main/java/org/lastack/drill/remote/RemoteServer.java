package org.lastack.drill.remote;

import java.io.IOException;
import java.net.ConnectException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;

/// Serves hosts in virtual time on a Unix-domain socket: each connection gets a fresh one. [#close] may be called from any thread.
public final class RemoteServer implements AutoCloseable {
    /// Version of the protocol.
    public static final int VERSION = 1;

    private final Path path;
    private final ServerSocketChannel server;
    private final Consumer<String> log;

    private RemoteServer(Path path, ServerSocketChannel server, Consumer<String> log) {
        this.path = path;
        this.server = server;
        this.log = log;
    }

    /// Binds the socket; a file left behind by a server that is gone is replaced.
    ///
    /// @param log gets one line for each connection that ended badly
    /// @throws IOException if the path cannot be bound, for example because another server has it
    public static RemoteServer bind(Path path, Consumer<String> log) throws IOException {
        UnixDomainSocketAddress address = UnixDomainSocketAddress.of(path);
        if (Files.exists(path)) {
            try (SocketChannel probe = SocketChannel.open(StandardProtocolFamily.UNIX)) {
                probe.connect(address);
                throw new IOException(path + " is served by another process");
            } catch (ConnectException e) {
                Files.delete(path);
            }
        }
        ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            server.bind(address);
        } catch (IOException e) {
            server.close();
            throw new IOException("cannot serve on " + path + ": " + e.getMessage(), e);
        }
        return new RemoteServer(path, server, log);
    }

    /// Accepts connections until [#close]; each is served by a thread of its own.
    public void run() throws IOException {
        while (true) {
            SocketChannel connection;
            try {
                connection = server.accept();
            } catch (ClosedChannelException e) {
                return;
            }
            Thread.ofPlatform().daemon().name("lastack-stack").start(() -> serve(connection));
        }
    }

    private void serve(SocketChannel connection) {
        try (connection; MessageChannel channel = new MessageChannel(connection)) {
            new RemoteSession(channel).run();
        } catch (IOException e) {
            log.accept(e instanceof ProtocolException ? "bad client: " + e.getMessage() : "connection lost: " + e.getMessage());
        } catch (RuntimeException e) {
            // A fault of the stack costs one connection, not the server.
            log.accept("fault: " + e);
        }
    }

    /// Stops accepting and removes the socket's file. Connections in progress go on.
    @Override
    public void close() throws IOException {
        server.close();
        Files.deleteIfExists(path);
    }
}
