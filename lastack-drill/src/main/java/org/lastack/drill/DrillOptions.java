package org.lastack.drill;

import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// How to run a script. Immutable.
///
/// @param mode family of sockets and packets; null = what the script says, else IPv4
/// @param defines symbol definitions (`-D NAME=VALUE`)
/// @param overrides options as in a script, which win over those of the script
/// @param verifyEcho compare the echoed timestamps of outbound packets too, which packetdrill never does
/// @param pcap file for the packets of the run in pcapng format, or null
/// @param seed of the host's randomness
/// @param observe judge nothing; the trace says what the stack did
public record DrillOptions(@Nullable IpMode mode, Map<String, String> defines, Map<String, String> overrides, boolean verifyEcho, @Nullable Path pcap, long seed, boolean observe) {
    /// IPv4 unless the script says otherwise; nothing special.
    public static final DrillOptions DEFAULT = new DrillOptions(null, Map.of(), Map.of(), false, null, 1, false);

    public DrillOptions {
        defines = Map.copyOf(defines);
        overrides = Map.copyOf(overrides);
    }

    public DrillOptions withMode(IpMode value) {
        return new DrillOptions(value, defines, overrides, verifyEcho, pcap, seed, observe);
    }

    public DrillOptions withDefines(Map<String, String> values) {
        return new DrillOptions(mode, values, overrides, verifyEcho, pcap, seed, observe);
    }

    public DrillOptions withOverrides(Map<String, String> values) {
        return new DrillOptions(mode, defines, values, verifyEcho, pcap, seed, observe);
    }

    public DrillOptions withVerifyEcho(boolean value) {
        return new DrillOptions(mode, defines, overrides, value, pcap, seed, observe);
    }

    public DrillOptions withPcap(@Nullable Path file) {
        return new DrillOptions(mode, defines, overrides, verifyEcho, file, seed, observe);
    }

    /// Nothing is judged; the trace says what the stack did.
    public DrillOptions observing() {
        return new DrillOptions(mode, defines, overrides, verifyEcho, pcap, seed, true);
    }
}
