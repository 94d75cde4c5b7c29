package org.lastack.interop;

import java.util.List;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/// `lastack up` and the programs of the README: nc, ping, curl, iperf3, netstat and server restarts, over a real device.
class ProgramsInteropTest {
    @TestFactory
    List<DynamicTest> programsOfTheKernelTalkToAHost() throws Exception {
        return Namespace.run(ProgramsScenario.class, 110);
    }
}
