package org.lastack.bench;

import java.util.concurrent.TimeUnit;
import org.lastack.core.SipHash;
import org.lastack.core.TimerWheel;
import org.lastack.core.WheelTimer;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.socket.Owner;
import org.lastack.core.tcp.TcpSocket;
import org.lastack.wire.Checksum;
import org.lastack.wire.IpAddress;
import org.lastack.wire.Ipv4Header;
import org.lastack.wire.Packets;
import org.lastack.wire.TcpHeader;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/// The pieces, one by one: `scripts/jmh [PATTERN]`. What they cost together is what `lastack bench` measures.
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 1, jvmArgsAppend = {"-XX:+UseSerialGC", "-XX:+UseCompactObjectHeaders"})
public class PartsBenchmark {
    private static final IpAddress ONE = IpAddress.of("10.0.0.1");
    private static final IpAddress TWO = IpAddress.of("10.0.0.2");

    private static final class Timer extends WheelTimer {
        @Override
        protected void expire(long nowNs) {
            throw new IllegalStateException("it is always armed anew before its time");
        }
    }

    private final byte[] segment = Packets.tcp(ONE, 40_000, TWO, 80).flags(TcpHeader.ACK).payload(new byte[1448]).build();
    private final byte[] large = new byte[65_536];
    private final SipHash hash = new SipHash(1, 2);
    private final TimerWheel wheel = new TimerWheel();
    private final Timer timer = new Timer();
    private long time = 1_000_000_000L;
    private int port;

    /// Codec: the fields that a stack looks at in each segment.
    @Benchmark
    public int readHeaders() {
        int tcp = Ipv4Header.headerLength(segment, 0);
        return TcpHeader.sourcePort(segment, tcp) + TcpHeader.destinationPort(segment, tcp) + TcpHeader.sequence(segment, tcp)
                + TcpHeader.acknowledgment(segment, tcp) + TcpHeader.flags(segment, tcp) + TcpHeader.window(segment, tcp);
    }

    /// Codec: a TCP header.
    @Benchmark
    public byte[] writeHeader() {
        TcpHeader.write(large, 0, 40_000, 80, 1, 2, TcpHeader.MIN_LENGTH, TcpHeader.ACK, 65_535, 0);
        return large;
    }

    /// Checksum of 1500 octets.
    @Benchmark
    public int checksum1500() {
        return Checksum.finish(Checksum.add(0, large, 0, 1500));
    }

    /// Checksum of 64 KiB.
    @Benchmark
    public int checksum64k() {
        return Checksum.finish(Checksum.add(0, large, 0, 65_536));
    }

    /// Demultiplexer and choice of ports: the keyed hash of a tuple.
    @Benchmark
    public long hashOfTuple() {
        return hash.hash(ONE.low(), TWO.low(), port++);
    }

    /// Timers: one that is moved on, as each segment moves the retransmission timer.
    @Benchmark
    public long moveTimer() {
        time += 1_000;
        wheel.arm(timer, time + 200_000_000L);
        return wheel.nextDeadlineNs();
    }

    /// Choice of a port: `bind` to any of them, and back.
    @Benchmark
    public int chooseLocalPort(Engines engines) {
        TcpSocket socket = engines.pair.client().tcpSocket(InetSocket.AF_INET, Owner.ROOT);
        socket.bind(ONE.high(), ONE.low(), 0);
        int chosen = socket.localPort();
        socket.close();
        return chosen;
    }

    /// Demultiplexer and engine: one octet there and one back between two engines, with this many other connections: four frames.
    @Benchmark
    public long requestAndResponse(Engines engines) {
        Scale.request(engines.pair, engines.ends, engines.one);
        return engines.pair.frames;
    }

    /// One turn of bulk: segments of 1448 octets until the buffer is full, and their ACKs. Divide by the segments of a turn (about 64).
    @Benchmark
    public long bulkTurn(Bulk bulk) {
        bulk.flow.turn();
        return bulk.flow.octets();
    }

    /// Two engines with a number of connections.
    @State(Scope.Thread)
    public static class Engines {
        /// How many are established.
        @Param({"1", "10000"})
        public int connections;

        final byte[] one = new byte[1];
        final Pair pair = new Pair(false, 1500);
        TcpSocket[] ends = new TcpSocket[0];

        /// Establishes them.
        @Setup
        public void connect() {
            ends = pair.connected(connections)[connections / 2];
        }
    }

    /// One flow in steady state.
    @State(Scope.Thread)
    public static class Bulk {
        final InProcess.Flow flow = new InProcess.Flow(false);
    }
}
