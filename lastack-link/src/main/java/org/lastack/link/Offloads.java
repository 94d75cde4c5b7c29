package org.lastack.link;

import org.lastack.wire.Frame;

/// The work that a link takes over from its user.
///
/// @param txChecksum [Link#send] takes frames with [org.lastack.wire.Frame#needsChecksum] and leaves the sum to whoever is behind the link. Every link
///     accepts such frames; without this flag it computes the sum itself
/// @param tso4 [Link#send] takes TCP over IPv4 super-segments of up to 65,535 octets of IP packet
/// @param tso6 the same over IPv6
/// @param uso [Link#send] takes UDP super-datagrams, both families (Linux refuses to have one without the other)
/// @param rx [Link#receive] may deliver super-segments, and frames whose checksum was never computed ([org.lastack.wire.Frame#checksumVerified] is set on them)
public record Offloads(boolean txChecksum, boolean tso4, boolean tso6, boolean uso, boolean rx) {
    /// Every frame is complete and at most MTU-sized.
    public static final Offloads NONE = new Offloads(false, false, false, false, false);
    /// All there are.
    public static final Offloads ALL = new Offloads(true, true, true, true, true);

    /// Largest IP packet in octets that may be sent as a TCP super-segment, whatever the family; 0 if there is none.
    public int segmentationOctets() {
        return tso4 && tso6 ? 65_535 : 0;
    }

    /// True if a frame of that [org.lastack.wire.Frame#gsoType] may be sent.
    public boolean accepts(int gsoType) {
        return switch (gsoType) {
            case Frame.GSO_NONE -> true;
            case Frame.GSO_TCPV4 -> tso4;
            case Frame.GSO_TCPV6 -> tso6;
            case Frame.GSO_UDP_L4 -> uso;
            default -> false;
        };
    }
}
