package org.lastack.core.ip;

/// Watches the packets that a host sends to itself, which no link carries; called from inside the engine, under the host's lock, before the
/// packet is delivered. Must not call back.
@FunctionalInterface
public interface LoopbackTap {
    /// An IP packet with its header; the array is borrowed for the time of the call. Its checksums may be missing.
    void carried(byte[] data, int offset, int length);
}
