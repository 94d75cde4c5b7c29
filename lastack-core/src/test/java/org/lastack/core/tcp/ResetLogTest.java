package org.lastack.core.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;
import org.lastack.core.EngineFixture;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.socket.Owner;
import org.lastack.wire.Frame;
import org.lastack.wire.Packets;

/// The log of resets and that of first closers are bounded and leave no garbage: a scan of a million ports costs the collector nothing (SECURITY J-03).
class ResetLogTest extends EngineFixture {
    private static final int TIMES = 300_000;
    /// What the JVM itself may allocate on the side; an octet each time would be 300,000.
    private static final long SLACK = 100_000;

    private static long allocated() {
        return ((ThreadMXBean) ManagementFactory.getThreadMXBean()).getCurrentThreadAllocatedBytes();
    }

    private static long cost(Runnable once) {
        for (int i = 0; i < 50_000; i++) {
            once.run();
        }
        long before = allocated();
        for (int i = 0; i < TIMES; i++) {
            once.run();
        }
        return allocated() - before;
    }

    @Test
    void strangersAreAnsweredAndRememberedWithoutGarbage() {
        byte[] segment = Packets.tcp(PEER, 6000, HOST, 9).build();
        long cost = cost(() -> {
            engine.input(tun, segment, 0, segment.length);
            for (Frame frame = engine.poll(); frame != null; frame = engine.poll()) {
                frame.release();
            }
        });
        assertThat(engine.tcp().resets().strangers()).hasSize(ResetLog.STRANGERS).allMatch(each -> each.localPort() == 9 && each.reason() == ResetReason.NO_SOCKET);
        assertThat(engine.tcp().resets().connections()).isEmpty();
        assertThat(cost).isLessThan(SLACK);
    }

    @Test
    void resetsOfConnectionsAreRememberedWithoutGarbage() {
        Tcb connection = engine.tcpSocket(InetSocket.AF_INET, Owner.ROOT).tcb();
        long cost = cost(() -> engine.tcp().resets().add(connection, ResetReason.UNREAD));
        assertThat(engine.tcp().resets().connections()).hasSize(ResetLog.CONNECTIONS);
        assertThat(cost).isLessThan(SLACK);
    }

    @Test
    void firstClosersAreRememberedWithoutGarbage() {
        Tcb connection = engine.tcpSocket(InetSocket.AF_INET, new Owner(0, 7, "p")).tcb();
        long cost = cost(() -> engine.tcp().closes().add(connection, CloseLog.OURS));
        assertThat(engine.tcp().closes().rows()).hasSize(CloseLog.REMEMBERED).allMatch(each -> each.first() == CloseLog.OURS && each.owner().pid() == 7);
        assertThat(cost).isLessThan(SLACK);
    }
}
