package org.lastack.tools;

import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.lastack.tools.control.ControlClient;
import org.lastack.tools.control.RunDirectory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `lastack serve`: small server programs on a running host. They live as long as this process: when it is killed, the host closes their
/// sockets as a kernel does for a process that dies.
@Command(
        name = "serve",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description = "Runs a small server on a running host, until it is done or this process ends; then its sockets are closed as a kernel does for a process that dies.",
        footer = {
            "",
            "Programs:  echo-once   bind, listen(5), accept one client, send back what it sends until it closes, close",
            "           greeter     send \"I sent sth to client!\" to each client and close",
            "Example:   lastack serve greeter 9001 &   then twice: lastack exec -- nc -d 198.18.0.2 9001"
        })
final class ServeCommand implements Callable<Integer> {
    @Mixin
    private HostSelection host = new HostSelection();

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Parameters(index = "0", paramLabel = "PROGRAM", description = "echo-once or greeter.")
    private String program = "";

    @Parameters(index = "1", paramLabel = "PORT", description = "Port to listen on, 1 to 65535.")
    private int port;

    @Option(names = "--reuseaddr", description = "Set SO_REUSEADDR before bind.")
    private boolean reuseAddress;

    @Option(names = "--close-first", description = "echo-once: close after the first answer, without waiting for the client.")
    private boolean closeFirst;

    @Option(names = "--clients", paramLabel = "N", description = "greeter: end after so many clients.")
    private @Nullable Integer clients;

    /// For picocli.
    ServeCommand() {}

    @Override
    public Integer call() {
        if (!program.equals("echo-once") && !program.equals("greeter")) {
            throw new CommandFailure(ExitCode.USAGE, "there is no program '" + program + "'", "use echo-once or greeter");
        }
        if (port < 1 || port > 65_535) {
            throw new CommandFailure(ExitCode.USAGE, "port " + port + " is outside 1..65535", null);
        }
        Map<String, Object> request = new LinkedHashMap<>();
        request.put("op", "serve");
        request.put("program", program);
        request.put("port", port);
        request.put("reuseaddr", reuseAddress);
        request.put("closeFirst", closeFirst);
        request.put("clients", clients == null ? 0 : clients);
        request.put("pid", ProcessHandle.current().pid());
        request.put("uid", RunDirectory.uid());
        PrintWriter out = spec.commandLine().getOut();
        try (ControlClient client = host.connect()) {
            client.send(request);
            while (true) {
                Map<String, Object> answer = client.receive();
                String line = Json.text(answer, "line");
                if (line != null) {
                    out.println(line);
                    out.flush();
                }
                if (answer.containsKey("exit")) {
                    return (int) Json.number(answer, "exit", ExitCode.FAILED);
                }
            }
        }
    }
}
