package org.lastack.tools.drill;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.lastack.drill.remote.RemoteServer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `lastack serve-stack --socket PATH`: hosts in virtual time for programs in any language.
@Command(
        name = "serve-stack",
        mixinStandardHelpOptions = true,
        description = "Serve hosts in virtual time on a Unix-domain socket: socket calls, packets in, packets out, clock. Each connection gets a fresh host. "
                + "Runs until it is interrupted.",
        footer = {"", "Example:  lastack serve-stack --socket /tmp/lastack.sock"})
public final class ServeStackCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(names = "--socket", required = true, paramLabel = "PATH", description = "Path of the socket; it must not be served by another process.")
    private Path socket = Path.of("");

    /// For picocli.
    public ServeStackCommand() {}

    @Override
    public Integer call() throws IOException {
        PrintWriter err = spec.commandLine().getErr();
        try (RemoteServer server = RemoteServer.bind(socket, line -> {
            err.println("lastack: " + line);
            err.flush();
        })) {
            Runtime.getRuntime().addShutdownHook(new Thread(() -> socket.toFile().delete()));
            spec.commandLine().getOut().println("serving on " + socket);
            spec.commandLine().getOut().flush();
            server.run();
        }
        return 0;
    }
}
