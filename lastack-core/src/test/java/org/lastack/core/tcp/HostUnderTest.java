package org.lastack.core.tcp;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import org.lastack.core.Counter;
import org.lastack.core.Engine;
import org.lastack.core.EngineConfig;
import org.lastack.core.Entropy;
import org.lastack.core.Interface;
import org.lastack.core.Sysctl;
import org.lastack.core.Sysctls;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.socket.Owner;
import org.lastack.wire.Frame;
import org.lastack.wire.IpAddress;

/// One host, 10.77.0.1/24 and fd77::1/64 behind a TUN, in virtual time; everybody else is played by [Peer]s. The conventions are those of the oracle.
/// Connections are folded whenever they rest, so that every test is one of that too.
final class HostUnderTest {
    static final IpAddress HOST = IpAddress.of("10.77.0.1");
    static final IpAddress HOST6 = IpAddress.of("fd77::1");
    static final long START_NS = 1_000_000_000_000L;

    final Engine engine;
    final Interface tun;
    final Tcp tcp;
    final List<Peer> peers = new ArrayList<>();
    /// Packets that no peer claims.
    final List<byte[]> strays = new ArrayList<>();

    HostUnderTest() {
        this(UnaryOperator.identity());
    }

    HostUnderTest(UnaryOperator<Sysctls> settings) {
        this(settings, 1500, 7);
    }

    HostUnderTest(UnaryOperator<Sysctls> settings, int mtu, long seed) {
        engine = new Engine(new EngineConfig("host", settings.apply(new Sysctls().set(Sysctl.TCP_FOLD_ABOVE, 0)), true), Entropy.seeded(seed));
        engine.setNow(START_NS);
        tun = engine.addInterface("tun0", Interface.Kind.IP, 0, mtu);
        tun.addAddress(Interface.Address.of("10.77.0.1/24"));
        tun.addAddress(Interface.Address.of("fd77::1/64"));
        tcp = engine.tcp();
    }

    /// A host with one setting changed.
    static HostUnderTest with(Sysctl name, long value) {
        return new HostUnderTest(s -> s.set(name, value));
    }

    // ---- sockets ---------------------------------------------------------------------------------------------------------------------

    TcpSocket socket() {
        return engine.tcpSocket(InetSocket.AF_INET, Owner.ROOT);
    }

    TcpSocket bound(int port) {
        TcpSocket socket = socket();
        must(socket.bind(IpAddress.ANY_V4.high(), IpAddress.ANY_V4.low(), port));
        return socket;
    }

    TcpSocket listener(int port, int backlog) {
        TcpSocket socket = bound(port);
        must(socket.listen(backlog));
        return socket;
    }

    static void must(int result) {
        if (result < 0) {
            throw new AssertionError("errno " + -result);
        }
    }

    // ---- the network -----------------------------------------------------------------------------------------------------------------

    void input(byte[] packet) {
        engine.input(tun, packet, 0, packet.length);
        drain();
    }

    /// Hands out what the engine has to send, to the peers it is for, and checks the engine's invariants.
    void drain() {
        for (Frame frame = engine.poll(); frame != null; frame = engine.poll()) {
            byte[] packet = Arrays.copyOfRange(frame.data, frame.offset, frame.offset + frame.length);
            frame.release();
            boolean claimed = false;
            for (int i = 0; i < peers.size() && !claimed; i++) {
                claimed = peers.get(i).hears(packet, engine.now());
            }
            if (!claimed) {
                strays.add(packet);
            }
        }
        if (tcp.connectionCount() < 1000) {
            tcp.verify();
        }
    }

    // ---- time ------------------------------------------------------------------------------------------------------------------------

    double seconds() {
        return (engine.now() - START_NS) / 1e9;
    }

    void advance(double seconds) {
        runUntil(engine.now() + Math.round(seconds * 1e9));
    }

    /// Runs every deadline at its own time.
    void runUntil(long untilNs) {
        drain();
        while (engine.nextTimeoutNs() <= untilNs) {
            engine.setNow(Math.max(engine.now(), engine.nextTimeoutNs()));
            engine.timeout();
            drain();
        }
        engine.setNow(Math.max(engine.now(), untilNs));
    }

    long counter(Counter counter) {
        return engine.counters().get(counter);
    }
}
