package org.lastack.bench;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.lastack.core.tcp.TcpSocket;

/// Nothing is allocated per segment in steady state. Octets are counted, time is not.
class AllocationTest {
    private static final int SEGMENT = 1448;

    @Test
    void bulkInBothRolesAllocatesNothing() {
        InProcess.Flow flow = new InProcess.Flow(false);
        for (int i = 0; i < 2_000; i++) {
            flow.turn();
        }
        flow.reset();
        long before = Machine.allocated();
        for (int i = 0; i < 2_000; i++) {
            flow.turn();
        }
        long allocated = Machine.allocated() - before;
        assertThat(flow.octets()).isGreaterThan(2_000L * SEGMENT);
        assertThat(allocated / (double) (flow.octets() / SEGMENT)).isLessThan(0.5);
    }

    @Test
    void requestAndResponseAllocateNothing() {
        Pair pair = new Pair(false, 1500);
        TcpSocket[] ends = pair.connected(pair.listener(Pair.FIRST_PORT));
        byte[] one = new byte[1];
        requests(pair, ends, one, 5_000);
        long before = Machine.allocated();
        requests(pair, ends, one, 20_000);
        assertThat((Machine.allocated() - before) / 20_000.0).isLessThan(0.5);
    }

    private static void requests(Pair pair, TcpSocket[] ends, byte[] one, int count) {
        for (int i = 0; i < count; i++) {
            Scale.request(pair, ends, one);
        }
    }
}
