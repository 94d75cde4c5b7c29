package org.lastack.bench;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

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

    @Test
    void theSimulatorAllocatesNothing() {
        assertThat(Simulator.allocatedPerSegment(new Settings(0.5, 1, 0), 1)).isLessThan(NOTHING);
    }
}
