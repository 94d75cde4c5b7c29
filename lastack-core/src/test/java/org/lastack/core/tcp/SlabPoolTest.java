package org.lastack.core.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.lastack.core.TimerWheel;
import org.lastack.core.WheelTimer;

class SlabPoolTest {
    private final SlabPool pool = new SlabPool(new org.lastack.wire.FramePool());
    private final TimerWheel wheel = new TimerWheel();
    private long now = 1;

    private void burst(int slabs) {
        List<byte[]> taken = new ArrayList<>();
        for (int i = 0; i < slabs; i++) {
            taken.add(pool.take());
        }
        taken.forEach(pool::give);
        pool.watch(wheel, now);
    }

    private void pass(long seconds) {
        now += seconds * 1_000_000_000L;
        wheel.expire(now);
    }

    @Test
    void whatABurstLeftGoesBackAndThenNoTimerRuns() {
        burst(4000);
        assertThat(pool.freeCount()).isEqualTo(4000);
        for (int i = 0; i < 20; i++) {
            pass(30);
        }
        assertThat(pool.freeCount()).isEqualTo(256);
        assertThat(wheel.nextDeadlineNs()).isEqualTo(WheelTimer.NEVER);
    }

    @Test
    void whatIsNeededAgainStays() {
        for (int i = 0; i < 20; i++) {
            burst(3000);
            pass(30);
        }
        assertThat(pool.freeCount()).isEqualTo(3000);
    }

    @Test
    void aLittleStaysForGood() {
        burst(200);
        assertThat(wheel.nextDeadlineNs()).isEqualTo(WheelTimer.NEVER);
        assertThat(pool.freeCount()).isEqualTo(200);
        assertThat(pool.outstanding()).isZero();
    }
}
