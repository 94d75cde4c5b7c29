package org.lastack.bench;

import org.jspecify.annotations.Nullable;
import org.lastack.core.Engine;
import org.lastack.core.EngineConfig;
import org.lastack.core.Entropy;
import org.lastack.core.Interface;
import org.lastack.core.Sysctl;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.socket.Owner;
import org.lastack.core.tcp.TcpSocket;
import org.lastack.core.tcp.TcpState;
import org.lastack.wire.Frame;
import org.lastack.wire.IpAddress;

/// Two engines and nothing between them, in one thread: what one sends the other gets in the next step. Time stands still unless told.
final class Pair {
    static final int FIRST_PORT = 9000;
    /// Connections per listening port: with the default range of local ports half of it stays free, so that choosing ports is not what is measured.
    static final int PER_PORT = 14_000;
    private static final int BATCH = 64;

    private @Nullable Engine client;
    private final Engine server;
    private @Nullable Interface clientInterface;
    private final Interface serverInterface;
    final IpAddress serverAddress = IpAddress.of("10.0.0.2");
    private final boolean verified;
    private final Frame[] batch = new Frame[BATCH];
    private long now = 1_000_000_000L;
    /// Frames carried, both ways.
    long frames;

    /// @param verified frames count as checked by the link, as on a loopback
    Pair(boolean verified, int mtu) {
        this.verified = verified;
        Engine a = engine("client", 1);
        Engine b = engine("server", 2);
        client = a;
        server = b;
        clientInterface = face(a, "10.0.0.1/24", mtu);
        serverInterface = face(b, "10.0.0.2/24", mtu);
    }

    private static Engine engine(String name, long seed) {
        EngineConfig config = EngineConfig.named(name).rethrowing();
        config.sysctls().set(Sysctl.SOMAXCONN, 1 << 20).set(Sysctl.TCP_MAX_SYN_BACKLOG, 1 << 28).set(Sysctl.TCP_SYNCOOKIES, 0)
                .set(Sysctl.TCP_MAX_TW_BUCKETS, 1 << 28).set(Sysctl.TCP_MAX_ORPHANS, 1 << 28);
        Engine engine = new Engine(config, Entropy.seeded(seed));
        engine.setNow(1_000_000_000L);
        return engine;
    }

    private Interface face(Engine engine, String address, int mtu) {
        Interface face = engine.addInterface("tun0", Interface.Kind.IP, 0, mtu);
        face.addAddress(Interface.Address.of(address));
        if (verified) {
            face.offloads(true, 0);
        }
        return face;
    }

    Engine client() {
        Engine present = client;
        if (present == null) {
            throw new IllegalStateException("the client is gone");
        }
        return present;
    }

    Engine server() {
        return server;
    }

    /// Forgets the client, so that what is left of the heap is the server's.
    void dropClient() {
        client = null;
        clientInterface = null;
    }

    long now() {
        return now;
    }

    /// Lets time pass on both sides.
    void advance(long ns) {
        now += ns;
        tick(client());
        tick(server());
    }

    private void tick(Engine engine) {
        engine.setNow(now);
        if (engine.nextTimeoutNs() <= now) {
            engine.timeout();
        }
    }

    /// Carries up to a batch of frames in each direction; true if there were any.
    boolean step() {
        Interface back = clientInterface;
        if (back == null) {
            throw new IllegalStateException("the client is gone");
        }
        return carry(client(), server, serverInterface) | carry(server, client(), back);
    }

    /// Carries frames until both sides are silent.
    void settle() {
        while (step()) {
            // again
        }
    }

    private boolean carry(Engine from, Engine to, Interface in) {
        int count = 0;
        Frame frame;
        while (count < BATCH && (frame = from.poll()) != null) {
            frame.checksumVerified = verified;
            batch[count++] = frame;
        }
        if (count > 1) {
            to.expect(in, batch, count);
        }
        for (int i = 0; i < count; i++) {
            to.input(in, batch[i]);
            batch[i].release();
        }
        frames += count;
        return count > 0;
    }

    /// Takes what the client has sent to the server; what the server answers is lost.
    void oneWay() {
        Frame frame;
        while ((frame = client().poll()) != null) {
            server().input(serverInterface, frame);
            frame.release();
        }
        while ((frame = server().poll()) != null) {
            frame.release();
        }
    }

    TcpSocket listener(int port) {
        TcpSocket listener = server().tcpSocket(InetSocket.AF_INET, Owner.ROOT);
        check("bind", listener.bind(serverAddress.high(), serverAddress.low(), port));
        check("listen", listener.listen(1 << 20));
        return listener;
    }

    TcpSocket connecting(int port) {
        TcpSocket socket = client().tcpSocket(InetSocket.AF_INET, Owner.ROOT);
        int result = socket.connect(serverAddress.high(), serverAddress.low(), port);
        if (socket.state() != TcpState.SYN_SENT) {
            throw new IllegalStateException("connect: " + result);
        }
        return socket;
    }

    /// One connection, established on both sides.
    TcpSocket[] connected(TcpSocket listener) {
        TcpSocket active = connecting(listener.localPort());
        settle();
        TcpSocket passive = listener.accept();
        if (passive == null || active.state() != TcpState.ESTABLISHED) {
            throw new IllegalStateException("not established: " + active.state());
        }
        return new TcpSocket[] {active, passive};
    }

    /// Many connections, on as many listening ports as they need.
    TcpSocket[][] connected(int count) {
        TcpSocket[][] all = new TcpSocket[count][];
        TcpSocket listener = null;
        for (int i = 0; i < count; i++) {
            if (listener == null || i % PER_PORT == 0) {
                listener = listener(FIRST_PORT + i / PER_PORT);
            }
            all[i] = connected(listener);
        }
        return all;
    }

    static void check(String call, int result) {
        if (result < 0) {
            throw new IllegalStateException(call + ": errno " + -result);
        }
    }
}
