package org.lastack.tools.up;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.lastack.link.Impairment;

class ImpairmentOptionTest {
    @Test
    void everyWordIsUnderstood() {
        Impairment all = ImpairmentOption.parse("loss=1%,duplicate=0.5%,corrupt=0.001,reorder=2%,delay=20ms,jitter=500us,rate=100mbit,queue=250kB");
        assertThat(all.loss()).isEqualTo(0.01);
        assertThat(all.duplicate()).isEqualTo(0.005);
        assertThat(all.corrupt()).isEqualTo(0.001);
        assertThat(all.reorder()).isEqualTo(0.02);
        assertThat(all.delayNs()).isEqualTo(20_000_000);
        assertThat(all.jitterNs()).isEqualTo(500_000);
        assertThat(all.rateBitsPerSecond()).isEqualTo(100_000_000);
        assertThat(all.queueOctets()).isEqualTo(250_000);
    }

    @Test
    void whatIsWrongIsNamed() {
        for (List<String> each : List.of(
                List.of("loss", "loss takes a number"),
                List.of("loss=101%", "outside 0..100%"),
                List.of("delay=20", "needs a unit"),
                List.of("rate=fast", "rate takes a number"),
                List.of("speed=1", "'speed' is none of"),
                List.of("", "'' is none of"))) {
            assertThatThrownBy(() -> ImpairmentOption.parse(each.getFirst())).isInstanceOf(IllegalArgumentException.class).hasMessageContaining(each.getLast());
        }
    }
}
