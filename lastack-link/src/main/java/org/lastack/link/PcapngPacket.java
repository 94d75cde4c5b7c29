package org.lastack.link;

import org.jspecify.annotations.Nullable;

/// One packet of a capture.
///
/// @param interfaceName the name in the interface's description, or null
/// @param linkType LINKTYPE_ number of the interface
/// @param timeNs nanoseconds since 1970; 0 in a Simple Packet Block, which has no time
/// @param data the octets that were captured
/// @param originalLength the length on the link; more than `data` if the capture was cut
/// @param comment the first comment, or null
public record PcapngPacket(
        @Nullable String interfaceName,
        int interfaceNumber,
        int linkType,
        long timeNs,
        byte[] data,
        int originalLength,
        PcapngWriter.Direction direction,
        @Nullable String comment) {}
