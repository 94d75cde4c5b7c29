package org.lastack.tools.control;

import java.io.BufferedReader;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.lastack.tools.CommandFailure;
import org.lastack.tools.ExitCode;
import org.lastack.tools.Json;

/// A connection to the control socket of a running host. One thread at a time.
public final class ControlClient implements Closeable {
    private final HostRecord host;
    private final SocketChannel channel;
    private final BufferedReader reader;

    private ControlClient(HostRecord host, SocketChannel channel) {
        this.host = host;
        this.channel = channel;
        reader = new BufferedReader(new InputStreamReader(Channels.newInputStream(channel), StandardCharsets.UTF_8));
    }

    /// Connects to the host that the user means.
    ///
    /// @param name from `--host`, or null
    /// @throws CommandFailure if there is none or it does not answer
    public static ControlClient connect(@Nullable String name) {
        RunDirectory directory = RunDirectory.ofUser();
        return connect(directory.select(name), directory);
    }

    /// Connects to that host.
    ///
    /// @throws CommandFailure if it does not answer
    public static ControlClient connect(HostRecord host, RunDirectory directory) {
        Path socket = directory.socket(host.name());
        try {
            SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
            boolean done = false;
            try {
                channel.connect(UnixDomainSocketAddress.of(socket));
                done = true;
                return new ControlClient(host, channel);
            } finally {
                if (!done) {
                    channel.close();
                }
            }
        } catch (IOException e) {
            throw new CommandFailure(ExitCode.UNAVAILABLE,
                    "host " + host.name() + " (process " + host.pid() + ") does not answer at " + socket + " (" + e.getMessage() + ")",
                    "end it with: kill " + host.pid() + "  and start another with: lastack up", e);
        }
    }

    public HostRecord host() {
        return host;
    }

    /// Sends a request and waits for the answer.
    ///
    /// @throws CommandFailure if the host refuses, or goes away
    public Map<String, Object> request(Map<String, Object> request) {
        send(request);
        return receive();
    }

    /// Sends a request without waiting.
    public void send(Map<String, Object> request) {
        try {
            ByteBuffer line = StandardCharsets.UTF_8.encode(Json.write(request) + "\n");
            while (line.hasRemaining()) {
                channel.write(line);
            }
        } catch (IOException e) {
            throw gone(e);
        }
    }

    /// Waits for the next line of an answer.
    public Map<String, Object> receive() {
        Map<String, Object> answer;
        try {
            String line = reader.readLine();
            if (line == null) {
                throw new IOException("it closed the connection");
            }
            answer = Json.parse(line);
        } catch (IOException e) {
            throw gone(e);
        }
        if (!Json.flag(answer, "ok")) {
            throw new CommandFailure((int) Json.number(answer, "exit", ExitCode.FAILED), Json.text(answer, "error", "the host refused"), Json.text(answer, "remedy"));
        }
        return answer;
    }

    private CommandFailure gone(IOException e) {
        return new CommandFailure(ExitCode.UNAVAILABLE, "host " + host.name() + " went away (" + e.getMessage() + ")", "see its terminal for the reason", e);
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            // it is gone either way
        }
    }
}
