package org.lastack.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Jazzer's entry points. In an ordinary build each replays its seeds and past findings; with `JAZZER_FUZZ=1` it searches for new ones
/// (the command is in this module's pom.xml). [WireMutationTest] searches a little in every build.
class WireFuzzTest {
    private final WireTargets targets = new WireTargets();

    @MethodSource("org.lastack.fuzz.WireSeeds#packets")
    @FuzzTest(maxDuration = "2m")
    void ipPacket(byte[] bytes) {
        targets.ipPacket(bytes.clone());
    }

    @MethodSource("org.lastack.fuzz.WireSeeds#frames")
    @FuzzTest(maxDuration = "2m")
    void ethernetFrame(byte[] bytes) {
        targets.ethernetFrame(bytes.clone());
    }

    @MethodSource("org.lastack.fuzz.WireSeeds#tcpOptions")
    @FuzzTest(maxDuration = "2m")
    void tcpOptions(byte[] bytes) {
        targets.tcpOptions(bytes);
    }

    @MethodSource("org.lastack.fuzz.WireSeeds#ndpMessages")
    @FuzzTest(maxDuration = "2m")
    void ndpMessage(byte[] bytes) {
        targets.ndpMessage(bytes);
    }

    @MethodSource("org.lastack.fuzz.WireSeeds#packets")
    @FuzzTest(maxDuration = "2m")
    void printer(byte[] bytes) {
        targets.printer(bytes);
    }

    @MethodSource("org.lastack.fuzz.WireSeeds#addresses")
    @FuzzTest(maxDuration = "2m")
    void addressText(byte[] bytes) {
        targets.addressText(bytes);
    }

    @MethodSource("org.lastack.fuzz.WireSeeds#packets")
    @FuzzTest(maxDuration = "2m")
    void checksum(byte[] bytes) {
        targets.checksum(bytes);
    }
}
