package org.lastack.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class FrameTest {
    @Test
    void thePoolCountsWhatIsOut() {
        FramePool pool = new FramePool();
        Frame first = pool.take(100);
        Frame second = pool.take(60_000);
        assertThat(pool.outstanding()).isEqualTo(2);
        first.release();
        assertThat(pool.outstanding()).isEqualTo(1);
        second.release();
        assertThat(pool.outstanding()).isZero();
    }

    @Test
    void releasingTwiceIsAnErrorAndDoesNotUpsetTheCount() {
        FramePool pool = new FramePool();
        Frame frame = pool.take(100);
        Frame other = pool.take(100);
        frame.release();
        assertThatThrownBy(frame::release).isInstanceOf(IllegalStateException.class).hasMessageContaining("twice");
        assertThat(pool.outstanding()).isEqualTo(1);
        other.release();
        assertThat(pool.take(1)).isSameAs(other);
        assertThat(pool.take(1)).isSameAs(frame);
        assertThat(pool.take(1)).isNotSameAs(frame).isNotSameAs(other);
    }

    @Test
    void doubleReleaseIsAlsoFoundBeyondWhatThePoolKeeps() {
        FramePool pool = new FramePool(0, 0);
        Frame frame = pool.take(100);
        frame.release();
        assertThatThrownBy(frame::release).isInstanceOf(IllegalStateException.class);
        assertThat(pool.outstanding()).isZero();
        assertThat(pool.take(100)).isNotSameAs(frame);
    }

    @Test
    void framesAreReusedAndCleanButForTheirOctets() {
        FramePool pool = new FramePool();
        Frame frame = pool.take(10);
        frame.length = 7;
        frame.needsChecksum = true;
        frame.checksumVerified = true;
        frame.checksumStart = 3;
        frame.checksumOffset = 16;
        frame.gsoType = Frame.GSO_TCPV4;
        frame.gsoSize = 1448;
        frame.timeNs = 5;
        frame.interfaceIndex = 3;
        frame.release();
        Frame again = pool.take(10);
        assertThat(again).isSameAs(frame);
        assertThat(again.offset).isEqualTo(FramePool.HEADROOM);
        assertThat(again.length).isZero();
        assertThat(again.needsChecksum).isFalse();
        assertThat(again.checksumVerified).isFalse();
        assertThat(again.checksumStart).isZero();
        assertThat(again.checksumOffset).isZero();
        assertThat(again.gsoType).isEqualTo(Frame.GSO_NONE);
        assertThat(again.gsoSize).isZero();
        assertThat(again.timeNs).isZero();
        assertThat(again.interfaceIndex).isZero();
        assertThat(again.next).isNull();
    }

    @Test
    void sizesHaveRoomForWhatWasAsked() {
        FramePool pool = new FramePool();
        for (int octets : new int[] {0, 1, 1500, FramePool.SMALL - FramePool.HEADROOM, FramePool.SMALL - FramePool.HEADROOM + 1, 65_535}) {
            Frame frame = pool.take(octets);
            assertThat(frame.data.length - frame.offset).isGreaterThanOrEqualTo(octets);
        }
    }

    @Test
    void keepsNoMoreThanItsLimit() {
        FramePool pool = new FramePool(2, 1);
        List<Frame> frames = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            frames.add(pool.take(100));
        }
        frames.forEach(Frame::release);
        assertThat(pool.outstanding()).isZero();
        assertThat(List.of(pool.take(1), pool.take(1))).isSubsetOf(frames);
        assertThat(frames).doesNotContain(pool.take(1));
    }

    @Test
    void prependMovesTheFrameAndTheChecksumStart() {
        Frame frame = new FramePool().take(100);
        frame.length = 20;
        frame.checksumStart = 0;
        int offset = frame.prepend(20);
        assertThat(offset).isEqualTo(FramePool.HEADROOM - 20).isEqualTo(frame.offset);
        assertThat(frame.length).isEqualTo(40);
        assertThat(frame.checksumStart).isEqualTo(20);
        assertThatThrownBy(() -> frame.prepend(FramePool.HEADROOM)).isInstanceOf(IllegalStateException.class).hasMessageContaining("headroom");
    }

    @Test
    @DisplayName("a frame outside any pool may be released as often as one likes")
    void unpooled() {
        Frame frame = Frame.copyOf(new byte[] {1, 2, 3, 4}, 1, 2);
        assertThat(frame.data).containsExactly(2, 3);
        assertThat(frame.length).isEqualTo(2);
        frame.release();
        frame.release();
        assertThat(Frame.unpooled(9).data).hasSize(9);
    }
}
