package org.lastack.sim;

import org.lastack.wire.Frame;

/// Watches packets. The frame is borrowed during the call.
@FunctionalInterface
public interface PacketTap {
    /// A node has sent a packet into the channel at that virtual time.
    void sent(long nowNs, Channel channel, Frame frame);
}
