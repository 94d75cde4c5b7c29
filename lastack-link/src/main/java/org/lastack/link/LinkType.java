package org.lastack.link;

/// What the first octet of a link's frames belongs to.
public enum LinkType {
    /// An IPv4 or IPv6 header, told apart by its version nibble: a TUN device.
    IP(0),
    /// An Ethernet header without preamble and frame check sequence: a TAP device, one end of a veth pair.
    ETHERNET(14);

    private final int headerOctets;

    LinkType(int headerOctets) {
        this.headerOctets = headerOctets;
    }

    /// Octets in front of the IP header in an ordinary frame; the MTU does not count them.
    public int headerOctets() {
        return headerOctets;
    }
}
