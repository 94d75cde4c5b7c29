package org.lastack.tools.up;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.lastack.core.Errno;
import org.lastack.core.socket.Owner;
import org.lastack.host.Host;
import org.lastack.tools.ExitCode;
import org.lastack.tools.Json;
import org.lastack.tools.control.ControlSession;
import org.lastack.tools.services.Network;
import org.lastack.tools.services.SocketFailure;

/// The programs of `lastack serve`, as a textbook writes them: one client at a time, plain blocking calls, INADDR_ANY.
final class DemoPrograms {
    private static final int BACKLOG = 5;
    private static final String HOLDERS = " (lastack netstat -anp shows by whom; TIME_WAIT gives way only if the old server and you both set --reuseaddr)";
    private static final int BUFFER_OCTETS = 1024;
    private static final byte[] GREETING = "I sent sth to client!\n".getBytes(StandardCharsets.US_ASCII);

    private final Host host;
    private final Descriptors descriptors;

    DemoPrograms(Host host, Descriptors descriptors) {
        this.host = host;
        this.descriptors = descriptors;
    }

    /// The control operation `serve`: runs a program until it is done or the client goes away, which closes its sockets.
    void serve(Map<String, Object> request, ControlSession session) throws IOException {
        String program = Json.text(request, "program", "");
        Owner owner = new Owner((int) Json.number(request, "uid", 0), Json.number(request, "pid", 0), program);
        HostNetwork network = new HostNetwork(host, owner, descriptors, true);
        Thread runner = Thread.ofVirtual().name("serve-" + program).start(() -> run(request, network, session));
        session.awaitEnd();
        network.close(); // which ends the call in which the program waits
        try {
            runner.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void run(Map<String, Object> request, HostNetwork network, ControlSession session) {
        try {
            int exit = ExitCode.OK;
            try {
                switch (Json.text(request, "program", "")) {
                    case "echo-once" -> echoOnce(request, network, session);
                    case "greeter" -> greeter(request, network, session);
                    default -> throw new SocketFailure("program", Errno.ENOENT);
                }
            } catch (SocketFailure e) {
                say(session, e.errno() == Errno.EADDRINUSE ? e.getMessage() + HOLDERS : String.valueOf(e.getMessage()));
                exit = ExitCode.FAILED;
            }
            session.answer(Map.of("exit", exit));
        } catch (IOException e) {
            // the client of the control socket is gone, and its sockets with it
        }
    }

    private static void say(ControlSession session, String line) throws IOException {
        session.answer(Map.of("line", line));
    }

    private static Network.Listener listen(Map<String, Object> request, HostNetwork network, ControlSession session) throws IOException {
        int port = (int) Json.number(request, "port", 0);
        Network.Listener listener = network.listen(port, BACKLOG, Json.flag(request, "reuseaddr"));
        say(session, "listening on port " + listener.port());
        return listener;
    }

    /// BEHAVIOUR S0-12.
    private static void echoOnce(Map<String, Object> request, HostNetwork network, ControlSession session) throws IOException {
        boolean closeFirst = Json.flag(request, "closeFirst");
        try (Network.Listener listener = listen(request, network, session);
                Network.Stream client = listener.accept()) {
            say(session, "client " + client.remote());
            byte[] buffer = new byte[BUFFER_OCTETS];
            int octets;
            do {
                octets = client.input().read(buffer);
                if (octets > 0) {
                    client.output().write(buffer, 0, octets);
                }
            } while (octets > 0 && !closeFirst);
            say(session, closeFirst ? "closing first" : "the client has closed");
        }
    }

    /// BEHAVIOUR S1-04.
    private static void greeter(Map<String, Object> request, HostNetwork network, ControlSession session) throws IOException {
        long clients = Json.number(request, "clients", 0);
        try (Network.Listener listener = listen(request, network, session)) {
            for (long served = 0; clients == 0 || served < clients; served++) {
                try (Network.Stream client = listener.accept()) {
                    client.output().write(GREETING);
                    say(session, "client " + client.remote() + " greeted");
                }
            }
        }
    }
}
