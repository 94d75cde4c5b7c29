package org.lastack.tools.services;

import java.io.Closeable;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.lastack.tools.Json;

/// One test that an iperf3 client conducts, from the exchange of parameters to the exchange of results.
///
/// The states are single octets on the control connection; the server says each next state, the client says when the test is over.
final class Iperf3Test implements Closeable {
    private static final int TEST_START = 1;
    private static final int TEST_RUNNING = 2;
    private static final int TEST_END = 4;
    private static final int PARAM_EXCHANGE = 9;
    private static final int CREATE_STREAMS = 10;
    private static final int SERVER_TERMINATE = 11;
    private static final int CLIENT_TERMINATE = 12;
    private static final int EXCHANGE_RESULTS = 13;
    private static final int DISPLAY_RESULTS = 14;
    private static final int SERVER_ERROR = -2;
    /// "The server is busy running a test."
    static final int ACCESS_DENIED = -1;
    /// The client's error number for "not implemented", which it prints with SERVER_ERROR.
    private static final int IEUNIMP = 13;

    /// A JSON text longer than this is not one of a client: with all 128 streams its results take about 40 KB.
    private static final int JSON_OCTETS = 1024 * 1024;
    /// For the connections of the test to arrive, in seconds.
    private static final int CREATE_SECONDS = 30;
    /// After the time that the client asked for it gets so many more seconds to end the test.
    private static final int GRACE_SECONDS = 60;

    /// What a sender puts on the link while the thread that receives waits for a processor: some milliseconds at a Gbit/s.
    private static final int UDP_BUFFER_OCTETS = 2 * 1024 * 1024;

    private final Network network;
    private final int port;
    private final byte[] cookie;
    private final CountedStream control;
    private final DataInputStream input;
    private final SortedMap<Long, Network.Stream> arrived = new TreeMap<>();
    private final List<Iperf3Stream> streams = new ArrayList<>();
    private final CountDownLatch over = new CountDownLatch(1);
    private @Nullable Iperf3Parameters parameters;
    private volatile Network.@Nullable Datagrams waiting;
    private volatile @Nullable String broken;
    private boolean closed;

    Iperf3Test(Network network, int port, byte[] cookie, CountedStream control) {
        this.network = network;
        this.port = port;
        this.cookie = cookie;
        this.control = control;
        input = new DataInputStream(control.input());
    }

    byte[] cookie() {
        return cookie;
    }

    /// A TCP connection with this test's cookie has come as the `order`-th of all. False if the test does not want it.
    synchronized boolean join(Network.Stream stream, long order) {
        Iperf3Parameters wanted = parameters;
        if (closed || wanted == null || wanted.udp() || arrived.size() >= wanted.streams()) {
            return false;
        }
        arrived.put(order, stream);
        notifyAll();
        return true;
    }

    /// Conducts the whole test.
    ///
    /// @throws IOException if the client breaks it off
    void run() throws IOException {
        control.set(Network.StreamOption.NO_DELAY, 1);
        state(PARAM_EXCHANGE);
        Iperf3Parameters asked;
        try {
            asked = Iperf3Parameters.of(readJson());
        } catch (IOException e) {
            refuse();
            throw e;
        }
        createStreams(asked);
        state(TEST_START);
        Thread.ofVirtual().name("iperf3-control").start(this::watchControl);
        CpuTime cpuBefore = CpuTime.now();
        long began = System.nanoTime();
        for (Iperf3Stream each : streams) {
            Thread.ofVirtual().name("iperf3-stream-" + each.id).start(each);
        }
        state(TEST_RUNNING);
        began = awaitEnd(asked, began);
        double seconds = (System.nanoTime() - began) / 1e9;
        List<Map<String, Object>> results = stopStreams(seconds);
        state(EXCHANGE_RESULTS);
        readJson(); // the client's results, which only a server with a display needs
        writeJson(report(asked, results, seconds, cpuBefore));
        state(DISPLAY_RESULTS);
        input.read(); // IPERF_DONE, or the end of the connection
    }

    // --- the streams ---

    private void createStreams(Iperf3Parameters asked) throws IOException {
        if (asked.udp()) {
            waiting = network.datagrams(port, true);
        }
        synchronized (this) {
            parameters = asked;
        }
        state(CREATE_STREAMS);
        // In a test in both directions the client opens first the streams on which it sends.
        for (int i = 0; i < asked.streams(); i++) {
            boolean sending = !asked.clientSends() || i >= asked.parallel();
            Iperf3Stream created = asked.udp() ? udpStream(asked, i, sending) : null;
            if (created != null) {
                add(created);
            }
        }
        if (!asked.udp()) {
            tcpStreams(asked);
        }
    }

    private synchronized void add(Iperf3Stream stream) throws IOException {
        streams.add(stream);
        if (closed) {
            stream.close();
            throw new IOException("the test was ended");
        }
    }

    private void tcpStreams(Iperf3Parameters asked) throws IOException {
        awaitConnections(asked.streams());
        int index = 0;
        for (Network.Stream each : List.copyOf(arrived.values())) {
            if (asked.noDelay()) {
                each.set(Network.StreamOption.NO_DELAY, 1);
            }
            if (asked.windowOctets() > 0) {
                each.set(Network.StreamOption.SEND_BUFFER, asked.windowOctets());
                each.set(Network.StreamOption.RECEIVE_BUFFER, asked.windowOctets());
            }
            if (asked.segmentOctets() > 0) {
                each.set(Network.StreamOption.MAXIMUM_SEGMENT, asked.segmentOctets());
            }
            add(new Iperf3Stream.Tcp(asked, index, !asked.clientSends() || index >= asked.parallel(), each));
            index++;
        }
    }

    private synchronized void awaitConnections(int wanted) throws IOException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(CREATE_SECONDS);
        while (arrived.size() < wanted) {
            long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
            if (left <= 0 || closed) {
                throw new IOException("only " + arrived.size() + " of " + wanted + " streams arrived within " + CREATE_SECONDS + " s");
            }
            try {
                wait(left);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted", e);
            }
        }
    }

    /// The client sends one datagram from each of its sockets and waits for ours: the socket that got it is connected to the sender, and a
    /// new one takes its place for the next stream.
    private Iperf3Stream udpStream(Iperf3Parameters asked, int index, boolean sending) throws IOException {
        Network.Datagrams socket = Objects.requireNonNull(waiting);
        byte[] message = new byte[64];
        int length = socket.receive(message, 0, message.length);
        Network.Endpoint peer = Objects.requireNonNull(socket.sender());
        socket.connect(peer);
        socket.receiveBuffer(UDP_BUFFER_OCTETS);
        waiting = index + 1 < asked.streams() ? network.datagrams(port, true) : null;
        byte[] reply = greeting(message, length);
        socket.send(reply, 0, reply.length, peer);
        return new Iperf3UdpStream(asked, index, sending, socket, peer);
    }

    /// Clients since 3.11 send the characters 6789 in the order of their machine and expect them reversed; older ones send 123456789 and
    /// expect 987654321, as 32-bit numbers of their machine.
    private static byte[] greeting(byte[] message, int length) {
        if (length == 4 && (message[0] == '6' || message[0] == '9')) {
            return new byte[] {message[3], message[2], message[1], message[0]};
        }
        boolean littleEndian = message[0] == 0x15;
        return littleEndian ? new byte[] {(byte) 0xb1, 0x68, (byte) 0xde, 0x3a} : new byte[] {0x3a, (byte) 0xde, 0x68, (byte) 0xb1};
    }

    private List<Map<String, Object>> stopStreams(double seconds) {
        List<Map<String, Object>> results = new ArrayList<>();
        for (Iperf3Stream each : streams) {
            each.done = true;
            results.add(each.result(seconds));
            if (!parametersOf().udp()) {
                Iperf3Server.closeQuietly(each); // ends reads and writes that block
            }
        }
        return results;
    }

    private Iperf3Parameters parametersOf() {
        return Objects.requireNonNull(parameters);
    }

    // --- the control connection ---

    /// Waits until the client says that the test is over, and returns when the part that counts began.
    private long awaitEnd(Iperf3Parameters asked, long began) throws IOException {
        long start = began;
        try {
            boolean ended = false;
            if (asked.omitSeconds() > 0) {
                ended = over.await(asked.omitSeconds(), TimeUnit.SECONDS);
                streams.forEach(Iperf3Stream::endOfOmission);
                start = System.nanoTime();
            }
            if (!ended && asked.seconds() > 0 && !over.await(asked.seconds() + GRACE_SECONDS, TimeUnit.SECONDS)) {
                state(SERVER_TERMINATE);
                throw new IOException("the client did not end the test");
            }
            over.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
        String reason = broken;
        if (reason != null) {
            throw new IOException(reason);
        }
        return start;
    }

    private void watchControl() {
        try {
            int said = input.read();
            switch (said) {
                case TEST_END -> {
                    // as it should be
                }
                case CLIENT_TERMINATE -> broken = "the client was interrupted";
                case -1 -> broken = "the client closed the connection";
                default -> broken = "the client said " + said + " during the test";
            }
        } catch (IOException e) {
            broken = String.valueOf(e.getMessage());
        } finally {
            over.countDown();
        }
    }

    private void state(int state) throws IOException {
        control.output().write(new byte[] {(byte) state});
    }

    /// SERVER_ERROR, the client's number for the error, and an errno.
    private void refuse() throws IOException {
        control.output().write(new byte[] {(byte) SERVER_ERROR, 0, 0, 0, IEUNIMP, 0, 0, 0, 0});
    }

    private Map<String, Object> readJson() throws IOException {
        int length = input.readInt();
        if (length < 0 || length > JSON_OCTETS) {
            throw new IOException("the client announced " + Integer.toUnsignedString(length) + " octets of JSON");
        }
        byte[] text = new byte[length];
        input.readFully(text);
        return Json.parse(new String(text, StandardCharsets.UTF_8));
    }

    private void writeJson(Map<String, Object> json) throws IOException {
        byte[] text = Json.write(json).getBytes(StandardCharsets.UTF_8);
        byte[] message = new byte[4 + text.length];
        message[0] = (byte) (text.length >>> 24);
        message[1] = (byte) (text.length >>> 16);
        message[2] = (byte) (text.length >>> 8);
        message[3] = (byte) text.length;
        System.arraycopy(text, 0, message, 4, text.length);
        control.output().write(message);
    }

    private Map<String, Object> report(Iperf3Parameters asked, List<Map<String, Object>> results, double seconds, CpuTime before) {
        CpuTime after = CpuTime.now();
        double user = 100 * (after.userSeconds() - before.userSeconds()) / seconds;
        double system = 100 * (after.systemSeconds() - before.systemSeconds()) / seconds;
        boolean countsRetransmits = !asked.udp() && asked.serverSends() && streams.getLast().retransmits() >= 0;
        Map<String, Object> report = new LinkedHashMap<>();
        report.put("cpu_util_total", user + system);
        report.put("cpu_util_user", user);
        report.put("cpu_util_system", system);
        report.put("sender_has_retransmits", asked.serverSends() ? countsRetransmits ? 1 : 0 : -1);
        String congestion = asked.udp() ? null : control.congestionControl();
        if (congestion != null) {
            report.put("congestion_used", congestion);
        }
        report.put("streams", results);
        if (asked.wantsOutput()) {
            report.put("server_output_text", display(results, seconds));
        }
        return report;
    }

    private static String display(List<Map<String, Object>> results, double seconds) {
        StringBuilder text = new StringBuilder("Lastack iperf3 server\n");
        for (Map<String, Object> each : results) {
            double octets = ((Number) Objects.requireNonNull(each.get("bytes"))).doubleValue();
            text.append(String.format(Locale.ROOT, "[%3d] 0.00-%.2f sec  %.1f MBytes  %.0f Mbits/sec%n",
                    ((Number) Objects.requireNonNull(each.get("id"))).intValue(), seconds, octets / 1048576, octets * 8 / seconds / 1e6));
        }
        return text.toString();
    }

    /// What the streams have carried.
    ServiceLog.Traffic traffic(long durationNs) {
        long in = 0;
        long out = 0;
        for (Iperf3Stream each : streams) {
            if (each.sending) {
                out += each.octets;
            } else {
                in += each.octets;
            }
        }
        return new ServiceLog.Traffic(in, out, durationNs);
    }

    @Override
    public void close() {
        List<Closeable> all = new ArrayList<>();
        synchronized (this) {
            closed = true;
            all.addAll(streams);
            all.addAll(arrived.values());
            Network.Datagrams unused = waiting;
            if (unused != null) {
                all.add(unused);
            }
            notifyAll();
        }
        all.add(control);
        all.forEach(Iperf3Server::closeQuietly);
        over.countDown();
    }
}
