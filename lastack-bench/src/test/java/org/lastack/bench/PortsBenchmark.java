package org.lastack.bench;

import java.util.concurrent.TimeUnit;
import org.lastack.core.Engine;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.socket.Owner;
import org.lastack.core.tcp.TcpSocket;
import org.lastack.wire.Frame;
import org.lastack.wire.IpAddress;
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

/// Choice of ports beside what makes it hard: connections to one destination, up to all but some 200 of the range of 28,232 ports, and entries in TIME-WAIT.
/// Steps instead of time are counted by `PortGrowthTest` in lastack-core.
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 1, jvmArgsAppend = {"-XX:+UseSerialGC", "-XX:+UseCompactObjectHeaders"})
public class PortsBenchmark {
    private static final IpAddress LOCAL = IpAddress.of("10.0.0.1");
    private static final int DESTINATION = 8000;

    /// How many connections to one destination there are, or entries in TIME-WAIT towards other ports.
    @Param({"0", "10000", "28000", "1000000 in TIME-WAIT"})
    public String connections = "0";

    private final Pair pair = new Pair(false, 1500);

    /// Makes them.
    @Setup
    public void fill() {
        TcpSocket listener = pair.listener(DESTINATION);
        int count = Integer.parseInt(connections.split(" ", 2)[0]);
        if (connections.endsWith("TIME-WAIT")) {
            for (int made = 0; made < count; made += Pair.PER_PORT) {
                new Churn(pair, Pair.FIRST_PORT + made / Pair.PER_PORT).turns(Math.min(Pair.PER_PORT, count - made));
            }
        } else {
            for (int i = 0; i < count; i++) {
                pair.connected(listener);
            }
        }
    }

    /// `bind` to port 0, and back.
    @Benchmark
    public int bindToAny() {
        TcpSocket socket = pair.client().tcpSocket(InetSocket.AF_INET, Owner.ROOT);
        Pair.check("bind", socket.bind(LOCAL.high(), LOCAL.low(), 0));
        int chosen = socket.localPort();
        socket.close();
        return chosen;
    }

    /// `connect` without a port to where the connections lead, and back: the SYN is made too.
    @Benchmark
    public int connectToTheSame() {
        return connect(DESTINATION);
    }

    /// The same to where none leads.
    @Benchmark
    public int connectElsewhere() {
        return connect(DESTINATION + 1);
    }

    private int connect(int port) {
        Engine client = pair.client();
        TcpSocket socket = pair.connecting(port);
        int chosen = socket.localPort();
        socket.close();
        Frame frame;
        while ((frame = client.poll()) != null) {
            frame.release();
        }
        return chosen;
    }
}
