package org.lastack.javalibs;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.lastack.host.Host;
import org.lastack.net.LastackServerSocketFactory;

/// As much of Redis (RESP2) as its clients need to say hello, ping, set and get.
final class FakeRedis implements AutoCloseable {
    private final ServerSocket listener;
    private final Map<String, String> values = new ConcurrentHashMap<>();

    private FakeRedis(ServerSocket listener) {
        this.listener = listener;
        Thread.ofVirtual().start(this::acceptAll);
    }

    static FakeRedis on(Host host, int port) throws IOException {
        return new FakeRedis(LastackServerSocketFactory.of(host).createServerSocket(port));
    }

    private void acceptAll() {
        while (!listener.isClosed()) {
            try {
                Socket client = listener.accept();
                Thread.ofVirtual().start(() -> serve(client));
            } catch (IOException e) {
                return; // closed
            }
        }
    }

    private void serve(Socket client) {
        try (client; DataInputStream in = new DataInputStream(new BufferedInputStream(client.getInputStream()))) {
            OutputStream out = client.getOutputStream();
            while (true) {
                int count = Integer.parseInt(line(in).substring(1));
                String[] words = new String[count];
                for (int i = 0; i < count; i++) {
                    byte[] word = new byte[Integer.parseInt(line(in).substring(1))];
                    in.readFully(word);
                    line(in);
                    words[i] = new String(word, StandardCharsets.UTF_8);
                }
                out.write(answer(words).getBytes(StandardCharsets.UTF_8));
            }
        } catch (IOException e) {
            // The client has gone.
        }
    }

    private static String line(DataInputStream in) throws IOException {
        StringBuilder text = new StringBuilder();
        for (byte octet = in.readByte(); octet != '\n'; octet = in.readByte()) {
            if (octet != '\r') {
                text.append((char) octet);
            }
        }
        return text.toString();
    }

    private String answer(String[] words) {
        return switch (words[0].toUpperCase(Locale.ROOT)) {
            case "PING" -> "+PONG\r\n";
            case "SET" -> {
                values.put(words[1], words[2]);
                yield "+OK\r\n";
            }
            case "GET" -> {
                String value = values.get(words[1]);
                yield value == null ? "$-1\r\n" : "$" + value.length() + "\r\n" + value + "\r\n";
            }
            case "HELLO" -> words.length > 1 && words[1].equals("2") ? "*4\r\n$6\r\nserver\r\n$5\r\nredis\r\n$5\r\nproto\r\n:2\r\n" : "-NOPROTO unsupported protocol version\r\n";
            case "CLIENT", "SELECT", "QUIT" -> "+OK\r\n";
            default -> "-ERR unknown command '" + words[0] + "'\r\n";
        };
    }

    @Override
    public void close() throws IOException {
        listener.close();
    }
}
