package org.lastack.bench;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;

/// The kernel's side of a measurement: a process of its own, started in a network namespace, that speaks through the kernel's TCP.
///
/// `serve ADDRESS PORT` answers until it is killed; `load KIND ADDRESS PORT FLOWS SECONDS` measures and prints one line: a rate per second (octets
/// or turns), then the median and the 99th percentile of a turn in microseconds.
public final class KernelPeer {
    /// The first octet of a connection says what the server shall do with it.
    static final char DISCARD = 'D';
    static final char GENERATE = 'G';
    static final char ECHO = 'E';
    /// Close after the first octet, when the client has closed.
    static final char CLOSE = 'C';
    static final int BUFFER = 1 << 17;
    private static final int MOST_SAMPLES = 1 << 20;

    private final char kind;
    private final InetSocketAddress server;
    private final long endNs;
    private final AtomicLong done = new AtomicLong();

    private KernelPeer(char kind, InetSocketAddress server, long endNs) {
        this.kind = kind;
        this.server = server;
        this.endNs = endNs;
    }

    /// See the class.
    public static void main(String[] args) throws IOException, InterruptedException {
        if (args.length == 3 && args[0].equals("serve")) {
            serve(new InetSocketAddress(InetAddress.ofLiteral(args[1]), Integer.parseInt(args[2])));
        } else if (args.length == 6 && args[0].equals("load")) {
            load(args[1].charAt(0), new InetSocketAddress(InetAddress.ofLiteral(args[2]), Integer.parseInt(args[3])), Integer.parseInt(args[4]),
                    Double.parseDouble(args[5]));
        } else {
            System.err.println("usage: serve ADDRESS PORT | load D|G|E|C ADDRESS PORT FLOWS SECONDS");
            System.exit(2);
        }
    }

    private static void serve(InetSocketAddress address) throws IOException {
        try (ServerSocket listener = new ServerSocket()) {
            listener.bind(address, 4096);
            System.out.println("ready");
            while (true) {
                Socket accepted = listener.accept();
                Thread.ofPlatform().daemon().start(() -> {
                    try (accepted) {
                        answer(accepted);
                    } catch (IOException e) {
                        // the client has had enough
                    }
                });
            }
        }
    }

    private static void answer(Socket socket) throws IOException {
        socket.setTcpNoDelay(true);
        byte[] buffer = new byte[BUFFER];
        InputStream in = socket.getInputStream();
        OutputStream out = socket.getOutputStream();
        int wish = in.read();
        if (wish == GENERATE) {
            while (true) {
                out.write(buffer);
            }
        }
        int count;
        while ((count = in.read(buffer)) >= 0) {
            if (wish == ECHO) {
                out.write(buffer, 0, count);
            }
        }
    }

    private static void load(char kind, InetSocketAddress server, int flows, double seconds) throws InterruptedException {
        // The first fifth is not counted: slow start, and compilers on either side.
        double lead = seconds / 5;
        long began = System.nanoTime() + (long) (lead * 1e9);
        KernelPeer peer = new KernelPeer(kind, server, began + (long) (seconds * 1e9));
        List<Thread> threads = new ArrayList<>();
        List<long[]> samples = new ArrayList<>();
        for (int i = 0; i < flows; i++) {
            long[] turns = new long[kind == ECHO || kind == CLOSE ? MOST_SAMPLES / flows + 2 : 1];
            samples.add(turns);
            threads.add(Thread.ofPlatform().daemon().start(() -> peer.flow(turns)));
        }
        while (System.nanoTime() < began) {
            Thread.sleep(1);
        }
        long before = peer.done.get();
        long from = System.nanoTime();
        long left;
        while ((left = peer.endNs - System.nanoTime()) > 0) {
            Thread.sleep(Math.max(1, left / 1_000_000));
        }
        double rate = (peer.done.get() - before) / ((System.nanoTime() - from) / 1e9);
        long[] all = samples.stream().flatMapToLong(each -> Arrays.stream(each, 1, 1 + (int) Math.min(each[0], each.length - 1))).sorted().toArray();
        System.out.printf(Locale.ROOT, "%.3f %.3f %.3f%n", rate, all.length == 0 ? 0 : all[all.length / 2] / 1e3, all.length == 0 ? 0 : all[(int) (all.length * 0.99)] / 1e3);
        System.out.flush();
        Runtime.getRuntime().halt(0);
    }

    /// `turns[0]` counts the samples that follow it.
    private void flow(long[] turns) {
        try {
            if (kind == CLOSE) {
                while (System.nanoTime() < endNs) {
                    long began = System.nanoTime();
                    churn();
                    sample(turns, began);
                }
                return;
            }
            try (Socket socket = new Socket()) {
                socket.setTcpNoDelay(true);
                socket.connect(server);
                stream(socket, turns);
            }
        } catch (IOException e) {
            System.err.println("load: " + e.getMessage());
            Runtime.getRuntime().halt(1);
        }
    }

    private void churn() throws IOException {
        try (Socket socket = new Socket()) {
            socket.connect(server);
            socket.getOutputStream().write(kind);
            socket.shutdownOutput();
            if (socket.getInputStream().read() >= 0) {
                throw new IOException("the server sent something");
            }
        }
        done.incrementAndGet();
    }

    private void stream(Socket socket, long[] turns) throws IOException {
        byte[] buffer = new byte[BUFFER];
        InputStream in = socket.getInputStream();
        OutputStream out = socket.getOutputStream();
        out.write(kind);
        while (System.nanoTime() < endNs) {
            switch (kind) {
                case DISCARD -> {
                    out.write(buffer);
                    done.addAndGet(buffer.length);
                }
                case GENERATE -> {
                    int count = in.read(buffer);
                    if (count < 0) {
                        throw new IOException("the server has closed");
                    }
                    done.addAndGet(count);
                }
                default -> {
                    long began = System.nanoTime();
                    out.write(1);
                    if (in.read() < 0) {
                        throw new IOException("the server has closed");
                    }
                    sample(turns, began);
                    done.incrementAndGet();
                }
            }
        }
    }

    private static void sample(long[] turns, long began) {
        int index = 1 + (int) (turns[0]++ % (turns.length - 1));
        turns[index] = System.nanoTime() - began;
    }
}
