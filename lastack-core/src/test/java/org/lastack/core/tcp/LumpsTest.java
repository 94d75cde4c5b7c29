package org.lastack.core.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.lastack.core.socket.SocketOptions;
import org.lastack.wire.Frame;
import org.lastack.wire.FramePool;

/// Text that lies in whole frames: it reads as if it lay in slabs, leaves without a copy, stays where it arrived, and every frame comes back.
class LumpsTest {
    private static final int MOST = 45 * 1448;

    @Test
    void aStreamInSlabsAndFramesReadsAsOne() {
        for (int seed = 0; seed < 40; seed++) {
            FramePool frames = new FramePool();
            SlabPool pool = new SlabPool(frames);
            Random random = new Random(seed);
            ByteRing ring = new ByteRing(pool);
            byte[] source = new byte[200_000];
            byte[] target = new byte[200_000];
            int kept = 0;
            int front = 0;
            for (int step = 0; step < 300; step++) {
                int length = random.nextInt(random.nextBoolean() ? 3_000 : 150_000);
                if (kept < 1_000_000 && random.nextBoolean()) {
                    stream(source, front + kept, length);
                    if (length >= Lumps.LEAST && length <= 65_000 && random.nextInt(4) == 0) {
                        Frame arrived = frames.take(65_535);
                        System.arraycopy(source, 0, arrived.data, 100, length);
                        ring.adopt(kept, arrived, 100, length);
                        arrived.release();
                    } else {
                        ring.append(kept, source, 0, length, ring.large(length) && random.nextInt(3) > 0 ? MOST : 0);
                    }
                    kept += length;
                } else {
                    int from = random.nextInt(kept + 1);
                    int count = Math.min(length, kept - from);
                    ring.read(from, target, 0, count);
                    stream(source, front + from, count);
                    assertThat(java.util.Arrays.equals(source, 0, count, target, 0, count)).as("seed %d step %d", seed, step).isTrue();
                    int gone = random.nextInt(kept + 1);
                    ring.drop(gone);
                    front += gone;
                    kept -= gone;
                }
            }
            assertThat(pool.outstanding()).isPositive();
            ring.clear();
            assertThat(pool.outstanding()).isZero();
            assertThat(frames.outstanding()).isZero();
        }
    }

    private static void stream(byte[] into, int position, int length) {
        for (int i = 0; i < length; i++) {
            into[i] = (byte) ((position + i) * 31 + (position + i >>> 8));
        }
    }

    /// Some frames are lost, and the wire keeps frames for a while: what was sent again and what waited is what was written.
    @Test
    void superSegmentsLeaveFromWhereTheyWereWritten() {
        Cable cable = new Cable(1500, 65_535, 0);
        byte[] text = new byte[1 << 16];
        byte[] target = new byte[1 << 16];
        ArrayDeque<Frame> wire = new ArrayDeque<>();
        int written = 0;
        int read = 0;
        int placed = 0;
        int carried = 0;
        int total = 20_000_000;
        for (int turn = 0; read < total; turn++) {
            assertThat(turn).isLessThan(20_000);
            stream(text, written, Math.min(text.length, total - written));
            int taken = cable.ends[0].send(text, 0, Math.min(text.length, total - written), 0);
            written += Math.max(0, taken);
            cable.tick(200_000);
            for (Frame frame = cable.engines[0].poll(); frame != null; frame = cable.engines[0].poll()) {
                placed += frame.held() ? 1 : 0;
                wire.add(frame);
            }
            while (wire.size() > 3 || !wire.isEmpty() && taken <= 0) {
                Frame frame = wire.remove();
                if (++carried % 61 != 0) {
                    cable.engines[1].input(cable.wires[1], frame);
                }
                frame.release();
            }
            for (Frame frame = cable.engines[1].poll(); frame != null; frame = cable.engines[1].poll()) {
                cable.engines[0].input(cable.wires[0], frame);
                frame.release();
            }
            for (int count = cable.ends[1].receive(target, 0, target.length, 0); count > 0; count = cable.ends[1].receive(target, 0, target.length, 0)) {
                stream(text, read, count);
                assertThat(java.util.Arrays.equals(text, 0, count, target, 0, count)).as("at %d", read).isTrue();
                read += count;
            }
        }
        while (!wire.isEmpty()) {
            wire.remove().release();
        }
        assertThat(placed).isGreaterThan(20);
        cable.ends[0].setOption(SocketOptions.SOL_SOCKET, SocketOptions.SO_LINGER, new byte[] {1, 0, 0, 0, 0, 0, 0, 0}, 0, 8);
        cable.ends[0].close();
        cable.pump();
        assertThat(cable.engines[0].frames().outstanding()).isZero();
        assertThat(cable.engines[0].tcp().slabs().outstanding()).isZero();
    }

    @Test
    void aSuperSegmentStaysInItsFrameUntilItIsRead() {
        Cable cable = new Cable(1500, 65_535, 0);
        FramePool pool = cable.engines[1].frames();
        byte[] text = new byte[1 << 18];
        stream(text, 0, text.length);
        int read = 0;
        int kept = 0;
        int written = 0;
        byte[] target = new byte[1 << 18];
        int total = 8 << 18;
        while (written < total) {
            written += Math.max(0, cable.ends[0].send(text, written % text.length, Math.min(1 << 16, text.length - written % text.length), 0));
            cable.tick(100_000);
            for (Frame sent = cable.engines[0].poll(); sent != null; sent = cable.engines[0].poll()) {
                Frame arrived = pool.take(65_535);
                System.arraycopy(sent.data, sent.offset, arrived.data, arrived.offset, sent.length);
                arrived.length = sent.length;
                arrived.needsChecksum = sent.needsChecksum;
                arrived.gsoType = sent.gsoType;
                arrived.gsoSize = sent.gsoSize;
                cable.engines[1].input(cable.wires[1], arrived);
                kept += arrived.held() ? 1 : 0;
                arrived.release();
                sent.release();
            }
            // The last octets stay unread.
            int count = cable.ends[1].receive(target, 0, Math.min(written < total ? 50_000 : 1_000, text.length - read % text.length), 0);
            if (count > 0) {
                int from = read % text.length;
                assertThat(java.util.Arrays.equals(text, from, from + count, target, 0, count)).as("at %d", read).isTrue();
                read += count;
            }
            for (Frame back = cable.engines[1].poll(); back != null; back = cable.engines[1].poll()) {
                cable.engines[0].input(cable.wires[0], back);
                back.release();
            }
        }
        assertThat(kept).isPositive();
        assertThat(pool.outstanding()).isPositive();
        assertThat(cable.engines[1].tcp().slabs().outstanding()).as("frames count as the slabs they stand for").isGreaterThanOrEqualTo(Lumps.SLABS);
        cable.ends[1].close();
        cable.pump();
        assertThat(pool.outstanding()).as("closed with unread text").isZero();
        assertThat(cable.engines[1].tcp().slabs().outstanding()).isZero();
    }
}
