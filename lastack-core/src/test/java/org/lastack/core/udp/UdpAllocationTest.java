package org.lastack.core.udp;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;
import org.lastack.core.Counter;
import org.lastack.core.EngineFixture;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.socket.Owner;
import org.lastack.wire.Bytes;
import org.lastack.wire.Frame;
import org.lastack.wire.IpAddress;
import org.lastack.wire.Ipv4Header;
import org.lastack.wire.Packets;

/// SECURITY J-03: a million packets, good or bad, leave no garbage.
class UdpAllocationTest extends EngineFixture {
    private static final int PACKETS = 1_000_000;
    /// What the JVM itself may allocate on the side; an octet per packet would be 1,000,000.
    private static final long SLACK = 200_000;

    private static long allocated() {
        return ((ThreadMXBean) ManagementFactory.getThreadMXBean()).getCurrentThreadAllocatedBytes();
    }

    private void drain() {
        for (Frame frame = engine.poll(); frame != null; frame = engine.poll()) {
            frame.release();
        }
    }

    private long cost(Runnable once) {
        for (int i = 0; i < 50_000; i++) {
            once.run();
        }
        long before = allocated();
        for (int i = 0; i < PACKETS; i++) {
            once.run();
        }
        return allocated() - before;
    }

    @Test
    void j03_goodDatagramsInAndOut() {
        UdpSocket s = engine.udpSocket(InetSocket.AF_INET, Owner.ROOT);
        s.bind(0, IpAddress.ANY_V4.low(), 5000);
        byte[] packet = Packets.udp(PEER, 6000, HOST, 5000).payload(100).build();
        byte[] buffer = new byte[2000];
        ReceivedFrom from = new ReceivedFrom();
        long cost = cost(() -> {
            engine.input(tun, packet, 0, packet.length);
            int octets = s.receive(buffer, 0, buffer.length, 0, from);
            s.sendTo(buffer, 0, octets, 0, from.sourceHigh, from.sourceLow, from.sourcePort);
            drain();
        });
        assertThat(engine.counters().get(Counter.UdpOutDatagrams)).isEqualTo(PACKETS + 50_000);
        assertThat(cost).isLessThan(SLACK);
    }

    @Test
    void j03_malformedAndUnwantedPackets() {
        byte[] badLength = Packets.udp(PEER, 6000, HOST, 5000).payload(100).build();
        Bytes.put16(badLength, 24, 7);
        byte[] badSum = Packets.udp(PEER, 6000, HOST, 5000).payload(100).badChecksum().build();
        byte[] badHeader = badSum.clone();
        badHeader[10] ^= 1;
        byte[] closed = Packets.udp(PEER, 6000, HOST, 9).payload(100).build();
        byte[] fragment = Packets.raw(PEER, HOST, 17).payload(64).fragmentField(0x2000 | 8).build();
        byte[][] all = {badLength, badSum, badHeader, closed, fragment};
        int[] turn = new int[1];
        long cost = cost(() -> {
            byte[] packet = all[turn[0]++ % all.length];
            if (packet == closed || packet == fragment) {
                // Ever new sources and identifications.
                Bytes.put32(packet, 12, 0x0a4d_0000 | 3 + turn[0] % 250);
                Bytes.put16(packet, 4, turn[0]);
                Ipv4Header.writeChecksum(packet, 0);
                Bytes.put16(packet, 26, 0);
            }
            engine.setNow(engine.now() + 100_000);
            engine.timeout();
            engine.input(tun, packet, 0, packet.length);
            drain();
        });
        assertThat(engine.counters().get(Counter.IpReasmReqds)).isGreaterThan(PACKETS / 5);
        // Pages and entries of reassembly are made once, up to the cap.
        assertThat(cost).isLessThan(SLACK + 8L * 1024 * 1024);
    }
}
