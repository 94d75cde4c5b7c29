package org.lastack.core;

/// What an engine is made from. Immutable but for the settings, which the engine takes over.
///
/// @param hostName shown by tools and in traces
/// @param sysctls the settings; they stay changeable under the host's lock
/// @param rethrowFaults true lets an exception out of packet processing escape to the caller, as simulations and tests want; false counts
///        it under [Counter#LastackInputFaults] and drops the packet (SECURITY J-01)
public record EngineConfig(String hostName, Sysctls sysctls, boolean rethrowFaults) {
    /// Default settings; faults are counted.
    public static EngineConfig named(String hostName) {
        return new EngineConfig(hostName, new Sysctls(), false);
    }

    /// The same with faults thrown.
    public EngineConfig rethrowing() {
        return new EngineConfig(hostName, sysctls, true);
    }
}
