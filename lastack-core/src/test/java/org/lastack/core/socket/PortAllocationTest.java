package org.lastack.core.socket;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;
import org.lastack.core.Engine;
import org.lastack.core.EngineConfig;
import org.lastack.core.Entropy;
import org.lastack.core.Errno;
import org.lastack.core.Sysctl;
import org.lastack.core.Sysctls;
import org.lastack.core.WheelTimer;
import org.lastack.core.tcp.TcpSocket;
import org.lastack.wire.Frame;
import org.lastack.wire.IpAddress;

/// What binding, connecting and finding sockets costs in memory, and the port table under a real TCP.
class PortAllocationTest {
    private static final TupleUse FREE = (lh, ll, lp, rh, rl, rp, auto) -> true;
    private static final IpAddress HERE = IpAddress.of("127.0.0.1");
    private static final IpAddress THERE = IpAddress.of("127.0.0.9");

    private static long allocated() {
        return ((com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean()).getCurrentThreadAllocatedBytes();
    }

    /// Short connections, their TIME-WAIT, binds and lookups: nothing is allocated once the tables have their size.
    @Test
    void aSteadyStreamOfConnectionsAllocatesNothing() {
        PortTable table = new PortTable(PortTable.TCP, new Sysctls(), Entropy.seeded(1), new BindOracleTest.Everything());
        FakeSocket listener = FakeSocket.v4(table).options("P").bound("0.0.0.0", 8080).listens();
        FakeSocket.v4(table).options("P").bound("0.0.0.0", 8080).listens();
        FakeSocket client = FakeSocket.v4(table);
        FakeSocket bound = FakeSocket.v4(table).options("A");
        FakeSocket child = FakeSocket.v4(table);
        for (int i = 0; i < 20_000; i++) {
            round(table, listener, client, bound, child, i);
        }
        long before = allocated();
        for (int i = 0; i < 20_000; i++) {
            round(table, listener, client, bound, child, i);
        }
        // The counter itself, and now and then a page of perturbation counters: far below one object per round.
        assertThat(allocated() - before).isLessThan(20_000);
    }

    private static void round(PortTable table, FakeSocket listener, FakeSocket client, FakeSocket bound, FakeSocket child, int i) {
        client.localName(0, IpAddress.ANY_V4.low(), 0);
        if (table.connect(client, HERE.high(), HERE.low(), THERE.high(), THERE.low(), 80, FREE) != 0) {
            throw new AssertionError();
        }
        int claim = table.toTimeWait(client);
        if (table.bind(bound, HERE.high(), HERE.low(), 9000) != 0 || table.listener(HERE.high(), HERE.low(), 8080, THERE.high(), THERE.low(), i, 1) == null) {
            throw new AssertionError();
        }
        child.localName(HERE.high(), HERE.low(), 8080);
        table.child(listener, child);
        table.release(child);
        table.release(bound);
        table.leave(claim);
    }

    /// DIAGNOSIS 6: a range of 200 ports towards one destination; closed connections give them back after TIME-WAIT, or after a second where
    /// tcp_tw_reuse allows it.
    @Test
    void exhaustionAndReuseUnderTcp() {
        Sysctls sysctls = new Sysctls().set(Sysctl.IP_LOCAL_PORT_RANGE_LOW, 40_000).set(Sysctl.IP_LOCAL_PORT_RANGE_HIGH, 40_199);
        Engine engine = new Engine(new EngineConfig("host", sysctls, true), Entropy.seeded(5));
        engine.setNow(1_000_000_000_000L);
        TcpSocket listener = engine.tcpSocket(InetSocket.AF_INET, Owner.ROOT);
        listener.bind(THERE.high(), THERE.low(), 80);
        listener.listen(1000);

        for (int round = 0; round < 2; round++) {
            TcpSocket[] clients = new TcpSocket[200];
            for (int i = 0; i < clients.length; i++) {
                clients[i] = engine.tcpSocket(InetSocket.AF_INET, Owner.ROOT);
                assertThat(Errno.name(clients[i].connect(THERE.high(), THERE.low(), 80))).isEqualTo("EINPROGRESS");
                settle(engine);
            }
            assertThat(tryConnect(engine)).isEqualTo("EADDRNOTAVAIL");
            for (TcpSocket each : clients) {
                each.close();
                settle(engine);
                TcpSocket accepted = listener.accept();
                if (accepted != null) {
                    accepted.close();
                }
                settle(engine);
            }
            assertThat(engine.tcp().timeWaitCount()).isEqualTo(200);
            assertThat(tryConnect(engine)).isEqualTo("EADDRNOTAVAIL");
            pass(engine, 1_100_000_000L);
        }
        sysctls.set(Sysctl.TCP_TW_REUSE, 0);
        assertThat(tryConnect(engine)).isEqualTo("EADDRNOTAVAIL");
        pass(engine, 61_000_000_000L);
        assertThat(tryConnect(engine)).isEqualTo("EINPROGRESS");
    }

    private static String tryConnect(Engine engine) {
        TcpSocket s = engine.tcpSocket(InetSocket.AF_INET, Owner.ROOT);
        String result = Errno.name(s.connect(THERE.high(), THERE.low(), 80));
        s.close();
        return result;
    }

    private static void settle(Engine engine) {
        for (Frame frame = engine.poll(); frame != null; frame = engine.poll()) {
            frame.release();
        }
    }

    private static void pass(Engine engine, long ns) {
        long end = engine.now() + ns;
        for (long next = engine.nextTimeoutNs(); next != WheelTimer.NEVER && next <= end; next = engine.nextTimeoutNs()) {
            engine.setNow(Math.max(next, engine.now()));
            engine.timeout();
            settle(engine);
        }
        engine.setNow(end);
    }
}
