package org.lastack.tools.control;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.lastack.tools.Json;

/// One client's connection to the control socket. Answers may be sent from any thread.
public final class ControlSession {
    /// A request longer than this is none of ours.
    private static final int REQUEST_CHARACTERS = 64 * 1024;

    private final SocketChannel channel;
    private final BufferedReader reader;

    ControlSession(SocketChannel channel) {
        this.channel = channel;
        reader = new BufferedReader(new InputStreamReader(Channels.newInputStream(channel), StandardCharsets.UTF_8));
    }

    /// The next request line, or null at the end.
    @Nullable String readLine() throws IOException {
        StringBuilder line = new StringBuilder();
        int character;
        while ((character = reader.read()) >= 0) {
            if (character == '\n') {
                return line.toString();
            }
            if (line.length() >= REQUEST_CHARACTERS) {
                throw new IOException("a request is longer than " + REQUEST_CHARACTERS + " characters");
            }
            line.append((char) character);
        }
        return null;
    }

    /// Sends one line with `ok` true.
    public void answer(Map<String, Object> fields) throws IOException {
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("ok", true);
        line.putAll(fields);
        write(line);
    }

    /// Sends one line with `ok` false.
    void refuse(int exitCode, String error) throws IOException {
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("ok", false);
        line.put("error", error);
        line.put("exit", exitCode);
        write(line);
    }

    private synchronized void write(Map<String, Object> line) throws IOException {
        ByteBuffer octets = StandardCharsets.UTF_8.encode(Json.write(line) + "\n");
        while (octets.hasRemaining()) {
            channel.write(octets);
        }
    }

    /// Waits until the client goes away; lines that it sends meanwhile are ignored.
    public void awaitEnd() {
        try {
            while (readLine() != null) {
                // not a request: the operation that runs takes none
            }
        } catch (IOException e) {
            // gone, too
        }
    }
}
