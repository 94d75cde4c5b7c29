package org.lastack.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLongArray;

/// The kernel's side of `lossy` and `goodput`: a process of its own in a network namespace that opens and answers many streams at once and counts what
/// arrives. Commands come line by line on standard input, each is answered by one line:
///
/// `listen ADDRESS PORT` | `open G|D ADDRESS PORT FIRST-PORT FLOWS` (the client receives, or sends) | `count` (octets received, per flow, by the
/// order of the client's ports) | `counters` (of the namespace) | `close` (aborts all). It ends with its input.
public final class StreamPeer {
    private static final int MOST_FLOWS = 1024;

    private final List<Socket> sockets = new CopyOnWriteArrayList<>();
    private volatile int firstPort;
    private volatile int flows;
    private volatile AtomicLongArray received = new AtomicLongArray(MOST_FLOWS);

    private StreamPeer() {}

    /// See the class.
    public static void main(String[] args) throws IOException {
        StreamPeer peer = new StreamPeer();
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        String line;
        while ((line = in.readLine()) != null) {
            System.out.println(peer.command(line.split(" ", -1)));
            System.out.flush();
        }
        Runtime.getRuntime().halt(0);
    }

    private String command(String[] words) throws IOException {
        switch (words[0]) {
            case "listen" -> {
                ServerSocket listener = new ServerSocket();
                listener.bind(address(words[1], words[2]), 4096);
                Thread.ofPlatform().daemon().start(() -> accept(listener));
                return "ready";
            }
            case "expect" -> {
                expect(Integer.parseInt(words[1]), Integer.parseInt(words[2]));
                return "ready";
            }
            case "open" -> {
                expect(Integer.parseInt(words[4]), Integer.parseInt(words[5]));
                for (int i = 0; i < flows; i++) {
                    int port = firstPort + i;
                    Thread.ofPlatform().daemon().start(() -> open(words[1].charAt(0), words[2], words[3], port));
                }
                return "ready";
            }
            case "count" -> {
                StringBuilder text = new StringBuilder();
                for (int i = 0; i < flows; i++) {
                    text.append(i == 0 ? "" : " ").append(received.get(i));
                }
                return text.toString();
            }
            case "counters" -> {
                return String.join(" ", Files.readString(Path.of("/proc/self/net/snmp")).replace('\n', '|'),
                        Files.readString(Path.of("/proc/self/net/netstat")).replace('\n', '|'));
            }
            case "close" -> {
                for (Socket each : sockets) {
                    each.setOption(StandardSocketOptions.SO_LINGER, 0);
                    each.close();
                }
                sockets.clear();
                return "closed";
            }
            default -> throw new IOException("unknown command " + words[0]);
        }
    }

    private void expect(int first, int count) {
        received = new AtomicLongArray(MOST_FLOWS);
        firstPort = first;
        flows = count;
    }

    private static InetSocketAddress address(String address, String port) {
        return new InetSocketAddress(InetAddress.ofLiteral(address), Integer.parseInt(port));
    }

    private void accept(ServerSocket listener) {
        try (listener) {
            while (true) {
                Socket accepted = listener.accept();
                sockets.add(accepted);
                Thread.ofPlatform().daemon().start(() -> answer(accepted));
            }
        } catch (IOException e) {
            System.err.println("accept: " + e.getMessage());
        }
    }

    private void open(char kind, String address, String port, int localPort) {
        try {
            Socket socket = new Socket();
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(localPort));
            sockets.add(socket);
            socket.connect(address(address, port));
            socket.getOutputStream().write(kind);
            stream(socket, kind == KernelPeer.DISCARD, localPort - firstPort);
        } catch (IOException e) {
            // closed by command, or the network was too bad for too long: then nothing is counted
        }
    }

    private void answer(Socket socket) {
        try {
            int wish = socket.getInputStream().read();
            stream(socket, wish == KernelPeer.GENERATE, socket.getPort() - firstPort);
        } catch (IOException e) {
            // closed by command, or aborted by the client's
        }
    }

    private void stream(Socket socket, boolean send, int flow) throws IOException {
        byte[] buffer = new byte[KernelPeer.BUFFER];
        if (send) {
            OutputStream out = socket.getOutputStream();
            while (true) {
                out.write(buffer);
            }
        }
        AtomicLongArray counts = received;
        InputStream in = socket.getInputStream();
        int count;
        while ((count = in.read(buffer)) >= 0) {
            if (flow >= 0 && flow < MOST_FLOWS) {
                counts.addAndGet(flow, count);
            }
        }
    }
}
