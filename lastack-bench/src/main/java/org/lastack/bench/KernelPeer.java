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
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;

/// The kernel's side of a measurement: a process of its own, started in a network namespace, that speaks through the kernel's TCP.
///
/// `serve ADDRESS PORT` prints `ready` and answers until it is killed. `load ADDRESS PORT` prints `ready` and reads lines `KIND FLOWS SECONDS LOCAL-ADDRESS`; for each it prints `began`
/// when the lead of a fifth is over, and at the end a rate per second (octets or turns) and the median and the 99th percentile of a turn in microseconds.
/// One process for all runs: its compilers work during the first only.
public final class KernelPeer {
    /// The first octet of a connection says what the server shall do with it.
    static final char DISCARD = 'D';
    static final char GENERATE = 'G';
    static final char ECHO = 'E';
    /// Close after the first octet, when the client has closed.
    static final char CLOSE = 'C';
    /// Close at once: the server keeps the entry in TIME-WAIT.
    static final char LEAVE = 'W';
    /// Not for the server: open so many connections and keep them.
    static final char HOLD = 'H';
    private static final List<Socket> HELD = new ArrayList<>();
    static final int BUFFER = 1 << 17;
    private static final int MOST_SAMPLES = 1 << 20;

    private final char kind;
    private final InetSocketAddress server;
    private final InetAddress local;
    private final AtomicLong done = new AtomicLong();
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private volatile boolean ended;

    private KernelPeer(char kind, InetSocketAddress server, InetAddress local) {
        this.kind = kind;
        this.server = server;
        this.local = local;
    }

    /// See the class.
    public static void main(String[] args) throws IOException, InterruptedException {
        if (args.length == 3 && args[0].equals("serve")) {
            serve(new InetSocketAddress(InetAddress.ofLiteral(args[1]), Integer.parseInt(args[2])));
        } else if (args.length == 3 && args[0].equals("load")) {
            load(new InetSocketAddress(InetAddress.ofLiteral(args[1]), Integer.parseInt(args[2])));
        } else {
            System.err.println("usage: serve ADDRESS PORT | load ADDRESS PORT");
            System.exit(2);
        }
    }

    private static void serve(InetSocketAddress address) throws IOException {
        // Threads are kept: what is measured is the kernel, not the making of threads.
        try (ServerSocket listener = new ServerSocket(); ExecutorService threads = Executors.newCachedThreadPool()) {
            listener.bind(address, 4096);
            System.out.println("ready");
            while (true) {
                Socket accepted = listener.accept();
                threads.execute(() -> {
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

    private static void load(InetSocketAddress server) throws IOException, InterruptedException {
        // What is measured is a server; the client must not run out of ports because of what it has closed. The namespace is its own.
        Files.writeString(Path.of("/proc/sys/net/ipv4/tcp_max_tw_buckets"), "2000");
        Files.writeString(Path.of("/proc/sys/net/ipv4/ip_local_port_range"), "1024 65535");
        BufferedReader orders = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        System.out.println("ready");
        String order;
        while ((order = orders.readLine()) != null) {
            String[] words = order.split(" ", -1);
            new KernelPeer(words[0].charAt(0), server, InetAddress.ofLiteral(words[3])).load(Integer.parseInt(words[1]), Double.parseDouble(words[2]));
        }
    }

    private void hold(int count) throws IOException {
        System.out.println("began");
        for (int i = 0; i < count; i++) {
            Socket socket = new Socket();
            bind(socket);
            socket.connect(server);
            HELD.add(socket);
        }
        System.out.println(count + " 0 0");
    }

    private void load(int flows, double seconds) throws IOException, InterruptedException {
        if (kind == HOLD) {
            hold(flows);
            return;
        }
        List<Thread> threads = new ArrayList<>();
        List<long[]> samples = new ArrayList<>();
        for (int i = 0; i < flows; i++) {
            long[] turns = new long[kind == ECHO || kind == CLOSE || kind == LEAVE ? MOST_SAMPLES / flows + 2 : 1];
            samples.add(turns);
            threads.add(Thread.ofPlatform().daemon().start(() -> flow(turns)));
        }
        // The first fifth is not counted: slow start, and compilers on either side.
        Thread.sleep((long) (seconds * 200));
        System.out.println("began");
        long before = done.get();
        long from = System.nanoTime();
        Thread.sleep((long) (seconds * 1000));
        long after = done.get();
        double rate = (after - before) / ((System.nanoTime() - from) / 1e9);
        ended = true;
        long[] all = samples.stream().flatMapToLong(each -> Arrays.stream(each, 1, 1 + (int) Math.min(each[0], each.length - 1))).sorted().toArray();
        System.out.printf(Locale.ROOT, "%.3f %.3f %.3f%n", rate, all.length == 0 ? 0 : all[all.length / 2] / 1e3, all.length == 0 ? 0 : all[(int) (all.length * 0.99)] / 1e3);
        for (Socket each : open) {
            abort(each);
        }
        for (Thread each : threads) {
            each.join();
        }
    }

    private static void abort(Socket socket) {
        try {
            socket.setSoLinger(true, 0);
            socket.close();
        } catch (IOException e) {
            // It is gone: that was the wish.
        }
    }

    /// `turns[0]` counts the samples that follow it.
    private void flow(long[] turns) {
        try {
            if (kind == CLOSE || kind == LEAVE) {
                while (!ended) {
                    long began = System.nanoTime();
                    churn();
                    sample(turns, began);
                }
                return;
            }
            try (Socket socket = new Socket()) {
                open.add(socket);
                socket.setTcpNoDelay(true);
                socket.connect(server);
                stream(socket, turns);
            }
        } catch (IOException e) {
            if (ended) {
                return;
            }
            System.err.println("load: " + e.getMessage());
            Runtime.getRuntime().halt(1);
        }
    }

    /// The address; connect chooses the port.
    private void bind(Socket socket) throws IOException {
        socket.bind(new InetSocketAddress(local, 0));
    }

    private void churn() throws IOException {
        try (Socket socket = new Socket()) {
            if (kind == LEAVE) {
                bind(socket);
            }
            socket.connect(server);
            socket.getOutputStream().write(kind);
            if (kind == CLOSE) {
                socket.shutdownOutput();
            }
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
        while (!ended) {
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
