package org.lastack.bench;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.lastack.link.Impairment;
import org.lastack.link.MemoryLink;
import org.lastack.wire.Frame;
import org.lastack.wire.FramePool;

/// Each flow has a bad network of its own, told by the client's port; and what the kernel counts is read under nstat's names.
class LaneRelayTest {
    private static final int FIRST = 10_000;
    private static final int COUNT = 400;
    private static final byte END = 0x7f;

    private static Frame packet(int sourcePort, int destinationPort) {
        Frame frame = new FramePool().take(1500);
        frame.offset = FramePool.HEADROOM;
        frame.length = 40;
        byte[] data = frame.data;
        data[frame.offset] = 0x45;
        data[frame.offset + 9] = 6;
        data[frame.offset + 20] = (byte) (sourcePort >> 8);
        data[frame.offset + 21] = (byte) sourcePort;
        data[frame.offset + 22] = (byte) (destinationPort >> 8);
        data[frame.offset + 23] = (byte) destinationPort;
        return frame;
    }

    /// Which of so many packets come through, as a text of ones and zeros; the last octet of the packet counts them.
    private static String through(int lane, double loss, long seed) {
        MemoryLink.Options options = MemoryLink.Options.defaults().withQueueFrames(4096);
        try (MemoryLink.Pair client = MemoryLink.pair("client", "relay", options);
                MemoryLink.Pair server = MemoryLink.pair("relay", "server", options);
                LaneRelay relay = new LaneRelay(client.right(), server.left())) {
            relay.lanes(FIRST, 2, Impairment.NONE.withLoss(loss), Impairment.NONE, seed);
            for (int i = 0; i < COUNT; i++) {
                Frame frame = packet(FIRST + lane, 9000);
                frame.data[frame.offset + 38] = (byte) (i >> 8);
                frame.data[frame.offset + 39] = (byte) i;
                client.left().send(frame);
            }
            // So many that one comes through; a lane keeps the order.
            for (int i = 0; i < 60; i++) {
                Frame end = packet(FIRST + lane % 2, 9000);
                end.data[end.offset + 38] = END;
                client.left().send(end);
            }
            boolean[] seen = new boolean[COUNT];
            Frame frame = new FramePool().take(65_535);
            while (true) {
                frame.offset = FramePool.HEADROOM;
                if (server.right().receive(frame) == 0) {
                    server.right().awaitReadable(Long.MAX_VALUE);
                } else if (frame.data[frame.offset + 38] == END) {
                    break;
                } else {
                    seen[(frame.data[frame.offset + 38] & 0xff) << 8 | frame.data[frame.offset + 39] & 0xff] = true;
                }
            }
            StringBuilder text = new StringBuilder();
            for (boolean each : seen) {
                text.append(each ? '1' : '0');
            }
            return text.toString();
        }
    }

    @Test
    void aLaneOfEqualSeedLosesTheSamePackets() {
        String once = through(0, 0.3, 7);
        assertThat(once).isEqualTo(through(0, 0.3, 7)).isNotEqualTo(through(1, 0.3, 7)).isNotEqualTo(through(0, 0.3, 8));
        assertThat(once.chars().filter(each -> each == '1').count()).isBetween(220L, 340L);
    }

    @Test
    void whatBelongsToNoLaneVanishes() {
        assertThat(through(2, 0, 1)).doesNotContain("1");
        assertThat(through(1, 0, 1)).doesNotContain("0");
    }

    @Test
    void countersOfTheKernelByTheirNames() {
        String text = "Tcp: RtoAlgorithm RetransSegs|Tcp: 1 17|Udp: InDatagrams|Udp: 3| TcpExt: SyncookiesSent TCPTimeouts|TcpExt: 0 5|";
        assertThat(KernelCounters.value(text, "TcpRetransSegs")).isEqualTo(17);
        assertThat(KernelCounters.value(text, "TcpExtTCPTimeouts")).isEqualTo(5);
        assertThat(KernelCounters.value(text, "TcpExtTCPLostRetransmit")).isZero();
    }
}
