package org.lastack.tools.services;

import java.io.Closeable;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;

/// One stream of an iperf3 test, in one direction. `run` moves octets until [#close] or a limit; the counts may be read meanwhile.
abstract class Iperf3Stream implements Runnable, Closeable {
    private static final long NANOS = 1_000_000_000L;

    final Iperf3Parameters parameters;
    /// The numbers that the client gives to its streams: 1, 3, 4, 5...
    final int id;
    final boolean sending;
    volatile boolean done;
    // Written by the stream's thread only; volatile, so that the control thread sees them.
    volatile long octets;
    volatile long omittedOctets;
    volatile long packets;
    volatile long omittedPackets;
    volatile long lost;
    volatile long omittedLost;
    volatile double jitterSeconds;
    private long startedNs;

    Iperf3Stream(Iperf3Parameters parameters, int index, boolean sending) {
        this.parameters = parameters;
        this.id = index == 0 ? 1 : index + 2;
        this.sending = sending;
    }

    @Override
    public final void run() {
        startedNs = System.nanoTime();
        try {
            if (sending) {
                send();
            } else {
                receive();
            }
        } catch (IOException e) {
            // The end of a test closes its streams under their threads; a stream that broke earlier shows in its counts.
        }
    }

    abstract void receive() throws IOException;

    abstract void sendBlock() throws IOException;

    abstract long retransmits();

    private void send() throws IOException {
        while (!done && !limitReached()) {
            pace();
            if (done) {
                return;
            }
            sendBlock();
            octets += parameters.blockOctets();
            packets++;
        }
    }

    private boolean limitReached() {
        return parameters.octets() > 0 && octets >= parameters.octets() || parameters.blocks() > 0 && packets >= parameters.blocks();
    }

    /// Waits until the target rate allows the next block.
    private void pace() {
        long rate = parameters.bitsPerSecond();
        if (rate == 0) {
            return;
        }
        long sentOctets = octets + omittedOctets;
        long dueNs = startedNs + (long) (sentOctets * 8.0 * NANOS / rate);
        long waitNs;
        while (!done && (waitNs = dueNs - System.nanoTime()) > 0) {
            LockSupport.parkNanos(this, waitNs);
        }
    }

    /// The omitted seconds are over: what was counted so far does not count.
    final void endOfOmission() {
        omittedOctets = octets;
        omittedPackets = packets;
        omittedLost = lost;
    }

    final long countedOctets() {
        return octets - omittedOctets;
    }

    /// As the original reports a stream. For a receiver of UDP, `packets` is how many were sent to it, as far as it can tell.
    final Map<String, Object> result(double seconds) {
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("id", id);
        result.put("bytes", countedOctets());
        result.put("retransmits", sending ? retransmits() : -1);
        result.put("jitter", jitterSeconds);
        result.put("errors", lost - omittedLost);
        result.put("omitted_errors", omittedLost);
        result.put("packets", parameters.udp() ? packets - omittedPackets : 0);
        result.put("omitted_packets", parameters.udp() ? omittedPackets : 0);
        result.put("start_time", 0);
        result.put("end_time", seconds);
        return result;
    }

    /// Over a TCP connection.
    static final class Tcp extends Iperf3Stream {
        private final Network.Stream stream;
        private final byte[] block;

        Tcp(Iperf3Parameters parameters, int index, boolean sending, Network.Stream stream) {
            super(parameters, index, sending);
            this.stream = stream;
            block = new byte[parameters.blockOctets()];
            TestPattern.fill(block, block.length, 0);
        }

        @Override
        void receive() throws IOException {
            int read;
            while (!done && (read = stream.input().read(block)) >= 0) {
                octets += read;
            }
        }

        @Override
        void sendBlock() throws IOException {
            stream.output().write(block);
        }

        @Override
        long retransmits() {
            return stream.retransmits();
        }

        @Override
        public void close() throws IOException {
            done = true;
            stream.close();
        }
    }
}
