package org.lastack.tools.services;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Instant;

/// A stream of an iperf3 test over UDP. Each datagram begins with the time at which it was sent (seconds and microseconds, 32 bits each)
/// and its number, counted from 1 (32 or 64 bits).
final class Iperf3UdpStream extends Iperf3Stream {
    private static final long MICROS = 1_000_000L;
    /// The gain of the jitter estimate of RFC 3550 §6.4.1.
    private static final double JITTER_GAIN = 1.0 / 16;

    private final Network.Datagrams socket;
    private final Network.Endpoint peer;
    private final byte[] block;
    private final ByteBuffer fields;
    private double lastTransitSeconds;

    Iperf3UdpStream(Iperf3Parameters parameters, int index, boolean sending, Network.Datagrams socket, Network.Endpoint peer) {
        super(parameters, index, sending);
        this.socket = socket;
        this.peer = peer;
        block = new byte[sending ? parameters.blockOctets() : 65_536];
        fields = ByteBuffer.wrap(block);
        TestPattern.fill(block, block.length, 0);
    }

    @Override
    void receive() throws IOException {
        int header = parameters.wideCounters() ? 16 : 12;
        while (!done) {
            int length = socket.receive(block, 0, block.length);
            octets += length;
            if (length >= header) {
                account(parameters.wideCounters() ? fields.getLong(8) : Integer.toUnsignedLong(fields.getInt(8)));
            }
        }
    }

    /// `packets` is the highest number seen; each number skipped is a loss until it turns up.
    private void account(long number) {
        if (number > packets) {
            lost += number - packets - 1;
            packets = number;
        } else if (lost > 0) {
            lost--;
        }
        double sent = fields.getInt(0) + fields.getInt(4) / (double) MICROS;
        double transit = microsNow() / (double) MICROS - sent;
        if (packets > 1) {
            jitterSeconds += (Math.abs(transit - lastTransitSeconds) - jitterSeconds) * JITTER_GAIN;
        }
        lastTransitSeconds = transit;
    }

    @Override
    void sendBlock() throws IOException {
        long now = microsNow();
        fields.putInt(0, (int) (now / MICROS)).putInt(4, (int) (now % MICROS));
        if (parameters.wideCounters()) {
            fields.putLong(8, packets + 1);
        } else {
            fields.putInt(8, (int) (packets + 1));
        }
        socket.send(block, 0, block.length, peer);
    }

    private static long microsNow() {
        Instant now = Instant.now();
        return now.getEpochSecond() * MICROS + now.getNano() / 1000;
    }

    @Override
    long retransmits() {
        return -1;
    }

    @Override
    public void close() throws IOException {
        done = true;
        socket.close();
    }
}
