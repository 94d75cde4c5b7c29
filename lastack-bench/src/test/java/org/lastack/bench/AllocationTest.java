package org.lastack.bench;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.lastack.host.ReadySet;
import org.lastack.host.Registration;
import org.lastack.host.VirtualDriver;

/// Nothing is allocated per segment in steady state. Octets are counted, time is not.
class AllocationTest {
    /// Less than one object of 8 octets in sixteen segments: what compilers and meters take.
    private static final double NOTHING = 0.5;

    @Test
    void bulkInBothRolesAllocatesNothing() {
        assertThat(Allocation.bulk()).isLessThan(NOTHING);
    }

    @Test
    void requestAndResponseAllocateNothing() {
        assertThat(Allocation.requests()).isLessThan(NOTHING);
    }

    @Test
    void aHostOnALinkAllocatesNothing() {
        try (HostPath path = new HostPath()) {
            assertThat(path.allocatedPerSegment(4_000)).isLessThan(NOTHING);
        }
    }

    /// A server that is faster than its clients waits for each batch.
    @Test
    void waitingForManySocketsAllocatesNothing() {
        ReadySet set = new ReadySet(new VirtualDriver());
        Registration[] found = new Registration[1];
        int waits = 20_000;
        long before = 0;
        int ready = 0;
        for (int i = 0; i < 2 * waits; i++) {
            before = i == waits ? Machine.allocated() : before;
            ready += set.await(found, 1_000);
        }
        assertThat((Machine.allocated() - before) / (double) waits).isLessThan(NOTHING);
        assertThat(ready).isZero();
    }

    @Test
    void theSimulatorAllocatesNothing() {
        assertThat(Simulator.allocatedPerSegment(new Settings(0.5, 1, 0), 1)).isLessThan(NOTHING);
    }
}
