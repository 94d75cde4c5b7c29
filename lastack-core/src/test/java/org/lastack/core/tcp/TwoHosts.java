package org.lastack.core.tcp;

import java.util.Arrays;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import org.lastack.core.Engine;
import org.lastack.core.EngineConfig;
import org.lastack.core.Entropy;
import org.lastack.core.Interface;
import org.lastack.core.Sysctl;
import org.lastack.core.Sysctls;
import org.lastack.core.socket.InetSocket;
import org.lastack.wire.Frame;
import org.lastack.wire.IpAddress;

/// Two engines, 10.0.0.1 and 10.0.0.2, and a bad wire between them, in virtual time. Everything follows from the seed.
final class TwoHosts {
    static final IpAddress[] ADDRESSES = {IpAddress.of("10.0.0.1"), IpAddress.of("10.0.0.2")};
    static final IpAddress[] ADDRESSES6 = {IpAddress.of("fd00::1"), IpAddress.of("fd00::2")};
    static final int PORT = 9000;
    static final int CLIENT_PORT = 40_000;

    final Engine[] engines = new Engine[2];
    private final Interface[] wires = new Interface[2];
    /// Each host has its own idea of the time: what its initial sequence numbers depend on can be set.
    private final long[] clockNs = new long[2];
    private final PriorityQueue<Packet> flying = new PriorityQueue<>(Comparator.comparingLong(Packet::timeNs).thenComparingLong(Packet::number));
    private final SplittableRandom random;
    long nowNs;
    long delayNs = 5_000_000;
    double loss;
    double duplication;
    double reordering;
    long delivered;
    long lost;
    private long lastNumber;
    /// What [#connect], [#listen] and [#startBelowTheWrap] use.
    IpAddress[] addresses = ADDRESSES;

    private record Packet(long timeNs, long number, int to, byte[] bytes) {}

    TwoHosts(long seed, int mtu) {
        // Folding at every opportunity must change nothing.
        this(seed, mtu, new Sysctls().set(Sysctl.TCP_FOLD_ABOVE, seed & 1), new Sysctls().set(Sysctl.TCP_FOLD_ABOVE, 0));
    }

    TwoHosts(long seed, int mtu, Sysctls first, Sysctls second) {
        random = new SplittableRandom(seed);
        Sysctls[] settings = {first, second};
        for (int i = 0; i < 2; i++) {
            engines[i] = new Engine(new EngineConfig("host" + i, settings[i], true), Entropy.seeded(seed * 2 + i));
            wires[i] = engines[i].addInterface("tun0", Interface.Kind.IP, 0, mtu);
            wires[i].addAddress(Interface.Address.of(ADDRESSES[i] + "/24"));
            wires[i].addAddress(Interface.Address.of(ADDRESSES6[i] + "/64"));
            clockNs[i] = 1_000_000_000L;
            engines[i].setNow(clockNs[i]);
        }
    }

    /// Moves both clocks so that the initial sequence numbers of the next connection lie `below` under the wrap.
    void startBelowTheWrap(int below) {
        for (int i = 0; i < 2; i++) {
            int local = i == 0 ? CLIENT_PORT : PORT;
            int remote = i == 0 ? PORT : CLIENT_PORT;
            int iss = engines[i].tcp().chooseIss(addresses[i].high(), addresses[i].low(), local, addresses[1 - i].high(), addresses[1 - i].low(), remote);
            clockNs[i] += Integer.toUnsignedLong(-below - iss) << 6;
            engines[i].setNow(clockNs[i]);
        }
    }

    private int family() {
        return addresses[0].isV4() ? InetSocket.AF_INET : InetSocket.AF_INET6;
    }

    TcpSocket listen(int backlog) {
        TcpSocket socket = engines[1].tcpSocket(family(), org.lastack.core.socket.Owner.ROOT);
        HostUnderTest.must(socket.bind(addresses[1].high(), addresses[1].low(), PORT));
        HostUnderTest.must(socket.listen(backlog));
        return socket;
    }

    TcpSocket connect() {
        TcpSocket socket = engines[0].tcpSocket(family(), org.lastack.core.socket.Owner.ROOT);
        HostUnderTest.must(socket.bind(addresses[0].high(), addresses[0].low(), CLIENT_PORT));
        socket.connect(addresses[1].high(), addresses[1].low(), PORT);
        return socket;
    }

    /// Everything that the engines have to send goes on the wire.
    void drain() {
        for (int i = 0; i < 2; i++) {
            for (Frame frame = engines[i].poll(); frame != null; frame = engines[i].poll()) {
                byte[] bytes = Arrays.copyOfRange(frame.data, frame.offset, frame.offset + frame.length);
                frame.release();
                send(1 - i, bytes);
            }
            engines[i].tcp().verify();
        }
    }

    private void send(int to, byte[] bytes) {
        if (loss > 0 && random.nextDouble() < loss) {
            lost++;
            return;
        }
        long arrival = nowNs + delayNs + (reordering > 0 && random.nextDouble() < reordering ? random.nextLong(4 * delayNs) : 0);
        flying.add(new Packet(arrival, lastNumber++, to, bytes));
        if (duplication > 0 && random.nextDouble() < duplication) {
            flying.add(new Packet(arrival + random.nextLong(2 * delayNs), lastNumber++, to, bytes));
        }
    }

    /// The time of the next event, or [Long#MAX_VALUE].
    long nextNs() {
        long next = flying.isEmpty() ? Long.MAX_VALUE : flying.peek().timeNs;
        for (int i = 0; i < 2; i++) {
            long deadline = engines[i].nextTimeoutNs();
            if (deadline != Long.MAX_VALUE) {
                next = Math.min(next, Math.max(nowNs, deadline - clockNs[i] + nowNs));
            }
        }
        return next;
    }

    /// Goes to a time and does what is due then.
    void step(long untilNs) {
        advance(untilNs);
        for (int i = 0; i < 2; i++) {
            if (engines[i].nextTimeoutNs() <= clockNs[i]) {
                engines[i].timeout();
            }
        }
        while (!flying.isEmpty() && flying.peek().timeNs <= nowNs) {
            Packet packet = flying.poll();
            delivered++;
            engines[packet.to].input(wires[packet.to], packet.bytes, 0, packet.bytes.length);
            drain();
        }
        drain();
    }

    private void advance(long untilNs) {
        long step = untilNs - nowNs;
        nowNs = untilNs;
        for (int i = 0; i < 2; i++) {
            clockNs[i] += step;
            engines[i].setNow(clockNs[i]);
        }
    }

    /// Lets time pass until nothing is due any more, at most `seconds`.
    void settle(double seconds) {
        long end = nowNs + (long) (seconds * 1e9);
        drain();
        for (long next = nextNs(); next <= end; next = nextNs()) {
            step(next);
        }
        advance(end);
    }
}
