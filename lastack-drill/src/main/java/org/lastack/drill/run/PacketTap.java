package org.lastack.drill.run;

/// Sees every packet of a run, for capture files.
@FunctionalInterface
public interface PacketTap {
    /// @param outbound true if the stack sent it
    void packet(long timeUs, boolean outbound, byte[] packet);
}
