package org.lastack.core.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;
import org.lastack.core.Counter;
import org.lastack.wire.Packets;
import org.lastack.wire.TcpHeader;

/// Much text through one connection: sequence numbers that wrap, and no garbage.
class VolumeTest {
    private static final byte[] BLOCK = Packets.pattern(251 * 1024);

    /// SECURITY J-04: 2^32 octets and more, starting just below the wrap: the numbers pass zero twice, and every octet is what it should be.
    @Test
    void theSequenceNumbersWrapTwice() {
        Cable cable = new Cable(1500, 65_535, 1 << 20);
        TcpSocket from = cable.ends[0];
        TcpSocket to = cable.ends[1];
        long total = (1L << 32) + (64L << 20);
        long written = 0;
        long read = 0;
        byte[] target = new byte[BLOCK.length];
        int wraps = 0;
        int previous = from.tcb().snd.una;
        while (read < total) {
            // Positions are kept modulo the pattern, so that a write can begin anywhere in it.
            int at = (int) (written % 251);
            int take = from.send(BLOCK, at, (int) Math.min(BLOCK.length - at, total - written), 0);
            written += Math.max(0, take);
            cable.pump();
            int got = to.receive(target, 0, target.length, 0);
            if (got > 0) {
                int start = (int) (read % 251);
                int differs = java.util.Arrays.mismatch(target, 0, got - Math.min(got, start), BLOCK, start, start + got - Math.min(got, start));
                assertThat(differs).as("first wrong octet after " + read).isEqualTo(-1);
                read += got;
            }
            cable.tick(take <= 0 && got <= 0 ? 1_000_000 : 10_000);
            wraps += previous < 0 && from.tcb().snd.una >= 0 ? 1 : 0;
            previous = from.tcb().snd.una;
        }
        assertThat(wraps).isEqualTo(2);
        assertThat(read).isEqualTo(total);
        from.close();
        cable.pump();
        assertThat(to.receive(target, 0, 1, 0)).isZero();
        assertThat(cable.engines[0].counters().get(Counter.TcpRetransSegs)).isZero();
    }

    private static long allocated() {
        return ((com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean()).getCurrentThreadAllocatedBytes();
    }

    /// Steady state costs no garbage: neither for text nor for ACKs, in either direction.
    @Test
    void noAllocationPerSegment() {
        Cable cable = new Cable(1500, 0, 0);
        byte[] target = new byte[64 * 1024];
        for (int round = 0; round < 3000; round++) {
            exchange(cable, target);
        }
        long frames = cable.frames;
        long before = allocated();
        for (int round = 0; round < 3000; round++) {
            exchange(cable, target);
        }
        long octets = allocated() - before;
        long carried = cable.frames - frames;
        assertThat(carried).isGreaterThan(50_000);
        assertThat(octets).as("octets allocated for %d segments", carried).isLessThan(carried / 10);
    }

    private static void exchange(Cable cable, byte[] target) {
        for (int i = 0; i < 2; i++) {
            cable.ends[i].send(BLOCK, 0, 14_600, 0);
        }
        cable.pump();
        for (int i = 0; i < 2; i++) {
            cable.ends[i].receive(target, 0, target.length, 0);
        }
        cable.pump();
        cable.tick(1_000_000);
    }

    /// SECURITY J-03: what is dropped costs nothing: a million bad segments, for less than a kilobyte in all.
    @Test
    void noAllocationPerDroppedSegment() {
        HostUnderTest host = new HostUnderTest();
        host.listener(80, 5);
        byte[][] bad = {
            Packets.tcp(Peer.ADDRESS, 1, HostUnderTest.HOST, 80).flags(TcpHeader.ACK).badChecksum().build(),
            Packets.tcp(Peer.ADDRESS, 1, HostUnderTest.HOST, 80).flags(TcpHeader.SYN | TcpHeader.FIN).build(),
            Packets.tcp(Peer.ADDRESS, 1, HostUnderTest.HOST, 80).flags(0).build(),
            Packets.tcp(Peer.ADDRESS, 1, HostUnderTest.HOST, 80).flags(TcpHeader.ACK).dataOffset(3).build(),
            Packets.tcp(Peer.ADDRESS, 1, HostUnderTest.HOST, 80).flags(TcpHeader.RST).build(),
            Packets.tcp(Peer.ADDRESS, 1, HostUnderTest.HOST, 80).flags(TcpHeader.ACK).seq(5).ack(7).options(new byte[] {5, 0, 8, 3}).build()};
        for (int i = 0; i < 50_000; i++) {
            drop(host, bad[i % bad.length]);
        }
        long before = allocated();
        for (int i = 0; i < 1_000_000; i++) {
            drop(host, bad[i % bad.length]);
        }
        assertThat(allocated() - before).isLessThan(100_000);
        assertThat(host.tcp.embryoCount()).isZero();
    }

    private static void drop(HostUnderTest host, byte[] packet) {
        host.engine.input(host.tun, packet, 0, packet.length);
        for (var frame = host.engine.poll(); frame != null; frame = host.engine.poll()) {
            frame.release();
        }
    }
}
