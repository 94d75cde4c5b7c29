package org.lastack.tools.control;

import java.io.Closeable;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.lastack.tools.CommandFailure;
import org.lastack.tools.ExitCode;
import org.lastack.tools.Json;

/// The control socket of a running host: mode 0600 in a directory of mode 0700, one JSON object per line in each direction.
public final class ControlServer implements Closeable {
    private final Map<String, ControlOperation> operations = new ConcurrentHashMap<>();
    private final Set<SocketChannel> sessions = ConcurrentHashMap.newKeySet();
    private final Path path;
    private final ServerSocketChannel server;

    private ControlServer(Path path, ServerSocketChannel server) {
        this.path = path;
        this.server = server;
    }

    /// Opens the socket; a stale one of a dead process is replaced.
    public static ControlServer open(Path path) throws IOException {
        Files.deleteIfExists(path);
        ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        boolean done = false;
        try {
            server.bind(UnixDomainSocketAddress.of(path));
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-------"));
            ControlServer result = new ControlServer(path, server);
            Thread.ofVirtual().name("control").start(result::acceptLoop);
            done = true;
            return result;
        } finally {
            if (!done) {
                server.close();
            }
        }
    }

    /// Adds what requests with `"op": name` do.
    public ControlServer operation(String name, ControlOperation operation) {
        operations.put(name, operation);
        return this;
    }

    private void acceptLoop() {
        while (server.isOpen()) {
            try {
                SocketChannel channel = server.accept();
                sessions.add(channel);
                Thread.ofVirtual().name("control-session").start(() -> serve(channel));
            } catch (IOException e) {
                // closed, which ends the loop; or one client that was gone before it was accepted
            }
        }
    }

    private void serve(SocketChannel channel) {
        try (channel) {
            ControlSession session = new ControlSession(channel);
            String line;
            while ((line = session.readLine()) != null) {
                handle(line, session);
            }
        } catch (IOException e) {
            // the client went away: nobody is left to tell
        } finally {
            sessions.remove(channel);
        }
    }

    private void handle(String line, ControlSession session) throws IOException {
        Map<String, Object> request;
        try {
            request = Json.parse(line);
        } catch (IOException e) {
            session.refuse(ExitCode.USAGE, "not JSON: " + e.getMessage());
            return;
        }
        try {
            String name = Json.text(request, "op", "");
            ControlOperation operation = operations.get(name);
            if (operation == null) {
                session.refuse(ExitCode.USAGE, "this host does not know the operation '" + name + "'");
            } else {
                operation.handle(request, session);
            }
        } catch (IllegalArgumentException e) {
            session.refuse(ExitCode.USAGE, String.valueOf(e.getMessage()));
        } catch (CommandFailure e) {
            session.refuse(e.exitCode(), String.valueOf(e.getMessage()));
        } catch (RuntimeException e) {
            session.refuse(ExitCode.SOFTWARE, "internal error of the host: " + e);
        }
    }

    /// Closes the socket and all sessions, and removes the file.
    @Override
    public void close() throws IOException {
        server.close();
        for (SocketChannel each : sessions) {
            each.close();
        }
        Files.deleteIfExists(path);
    }
}
