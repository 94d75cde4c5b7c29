package org.lastack.wire;

/// Why a packet was refused. Every reason is a counter that a user can see: [#counter] is its own name, [#aggregate] the counter under which
/// Linux's `nstat` would show it together with others.
///
/// Checks return a constant of this enum or null; nothing is allocated and nothing is thrown for bad input.
public enum Refusal {
    // Ethernet and ARP
    ETHERNET_RUNT("EthInRunt", "EthInErrors", "frame is shorter than an Ethernet header"),
    ETHERNET_LLC("EthInLlc", "EthInUnknownProtos", "length field instead of an EtherType: LLC is not spoken"),
    ETHERNET_VLAN("EthInVlan", "EthInErrors", "tagged for a VLAN, or tagged more than once"),
    ETHERNET_NOT_OURS("EthInOtherHost", "EthInOtherHost", "unicast to another station's address"),
    ETHERNET_UNKNOWN_TYPE("EthInUnknownType", "EthInUnknownProtos", "EtherType is neither IPv4, IPv6 nor ARP"),
    ARP_TRUNCATED("ArpInTruncated", "ArpInErrors", "shorter than an ARP packet for IPv4 over Ethernet"),
    ARP_BAD_FORMAT("ArpInBadFormat", "ArpInErrors", "not IPv4 over Ethernet, or address lengths are not 6 and 4"),
    ARP_BAD_OPERATION("ArpInBadOperation", "ArpInErrors", "operation is neither request nor reply"),
    ARP_BAD_SENDER("ArpInBadSender", "ArpInErrors", "sender's hardware address is a group address, or its protocol address is no host's"),
    ARP_UNSOLICITED("ArpInUnsolicited", "ArpInIgnored", "reply to a question that was not asked"),

    // IPv4
    IPV4_TRUNCATED("IpInTruncated", "IpExtInTruncatedPkts", "fewer octets than the header or the total length says"),
    IPV4_BAD_VERSION("IpInBadVersion", "IpInHdrErrors", "version is not 4"),
    IPV4_BAD_HEADER_LENGTH("IpInBadHeaderLength", "IpInHdrErrors", "header length is below 5 words or beyond the packet"),
    IPV4_BAD_TOTAL_LENGTH("IpInBadTotalLength", "IpInHdrErrors", "total length is smaller than the header"),
    IPV4_BAD_CHECKSUM("IpInBadChecksum", "IpExtInCsumErrors", "header checksum is wrong"),
    IPV4_BAD_OPTIONS("IpInBadOptions", "IpInHdrErrors", "an option's length is 0, 1, beyond the header or unfit for its kind"),
    IPV4_SOURCE_ROUTED("IpInSourceRouted", "IpInHdrErrors", "source routing is refused"),
    IPV4_FRAGMENT_TOO_LONG("IpReasmTooLong", "IpReasmFails", "fragment ends beyond 65,535 octets"),
    IPV4_FRAGMENT_MISALIGNED("IpReasmMisaligned", "IpReasmFails", "more fragments follow, but the length is not a multiple of 8"),
    IPV4_FRAGMENT_TINY("IpReasmTiny", "IpReasmFails", "fragment boundary lies within the transport header"),
    IPV4_MARTIAN_SOURCE("IpInMartianSource", "IpInAddrErrors", "source is a loopback, multicast or broadcast address, or our own"),
    IPV4_MARTIAN_DESTINATION("IpInMartianDestination", "IpInAddrErrors", "destination cannot appear on this interface"),
    IPV4_NOT_LOCAL("IpInNotLocal", "IpInAddrErrors", "destination is not an address of this host, and forwarding is off"),
    IPV4_TTL_EXPIRED("IpInTtlExpired", "IpInHdrErrors", "time to live exceeded while forwarding"),
    IPV4_NO_ROUTE("IpInNoRoute", "IpExtInNoRoutes", "no route to the destination"),
    IPV4_UNKNOWN_PROTOCOL("IpInUnknownProtocol", "IpInUnknownProtos", "no such transport protocol here"),
    IPV4_REASSEMBLY_OVERLAP("IpReasmOverlap", "IpReasmFails", "fragments overlap with different extents"),
    IPV4_REASSEMBLY_TIMEOUT("IpReasmTimedOut", "IpReasmTimeout", "fragments missing when the reassembly timer expired"),
    IPV4_REASSEMBLY_FULL("IpReasmFull", "IpReasmFails", "no memory left for fragments"),

    // IPv6
    IPV6_TRUNCATED("Ip6InTruncated", "Ip6InTruncatedPkts", "fewer octets than the header or the payload length says"),
    IPV6_BAD_VERSION("Ip6InBadVersion", "Ip6InHdrErrors", "version is not 6"),
    IPV6_JUMBOGRAM("Ip6InJumbogram", "Ip6InHdrErrors", "jumbograms are not supported, or the jumbo option stands in an ordinary packet"),
    IPV6_EXTENSION_TRUNCATED("Ip6InExtensionTruncated", "Ip6InTruncatedPkts", "an extension header reaches beyond the packet"),
    IPV6_TOO_MANY_EXTENSIONS("Ip6InTooManyExtensions", "Ip6InHdrErrors", "more extension headers, options or padding than any honest packet has"),
    IPV6_BAD_OPTION("Ip6InBadOption", "Ip6InHdrErrors", "an option reaches beyond its header or has the wrong length"),
    IPV6_UNKNOWN_OPTION("Ip6InUnknownOption", "Ip6InHdrErrors", "an unknown option demands that the packet be discarded"),
    IPV6_ROUTING_HEADER("Ip6InRoutingHeader", "Ip6InHdrErrors", "routing header of an unknown or forbidden type with segments left"),
    IPV6_MISPLACED_HEADER("Ip6InMisplacedHeader", "Ip6InUnknownProtos", "hop-by-hop options anywhere but first"),
    IPV6_UNKNOWN_NEXT_HEADER("Ip6InUnknownNextHeader", "Ip6InUnknownProtos", "no such transport protocol or extension header here"),
    IPV6_NO_NEXT_HEADER("Ip6InNoNextHeader", "Ip6InNoNextHeader", "nothing follows the headers"),
    IPV6_FRAGMENT_TOO_LONG("Ip6ReasmTooLong", "Ip6ReasmFails", "fragment ends beyond 65,535 octets"),
    IPV6_FRAGMENT_MISALIGNED("Ip6ReasmMisaligned", "Ip6ReasmFails", "more fragments follow, but the length is not a multiple of 8"),
    IPV6_FRAGMENT_TINY("Ip6ReasmTiny", "Ip6ReasmFails", "first fragment does not hold the whole header chain"),
    IPV6_MARTIAN_SOURCE("Ip6InMartianSource", "Ip6InAddrErrors", "source is a multicast, loopback or IPv4-mapped address, or our own"),
    IPV6_MARTIAN_DESTINATION("Ip6InMartianDestination", "Ip6InAddrErrors", "destination cannot appear on this interface"),
    IPV6_NOT_LOCAL("Ip6InNotLocal", "Ip6InAddrErrors", "destination is not an address of this host, and forwarding is off"),
    IPV6_HOP_LIMIT_EXPIRED("Ip6InHopLimitExpired", "Ip6InHdrErrors", "hop limit exceeded while forwarding"),
    IPV6_NO_ROUTE("Ip6InNoRoute", "Ip6InNoRoutes", "no route to the destination"),
    IPV6_REASSEMBLY_OVERLAP("Ip6ReasmOverlap", "Ip6ReasmFails", "fragments overlap"),
    IPV6_REASSEMBLY_TIMEOUT("Ip6ReasmTimedOut", "Ip6ReasmTimeout", "fragments missing when the reassembly timer expired"),
    IPV6_REASSEMBLY_FULL("Ip6ReasmFull", "Ip6ReasmFails", "no memory left for fragments"),

    // ICMP
    ICMPV4_TRUNCATED("IcmpInTruncated", "IcmpInErrors", "shorter than an ICMP header"),
    ICMPV4_BAD_CHECKSUM("IcmpInBadChecksum", "IcmpInCsumErrors", "checksum is wrong"),
    ICMPV4_UNKNOWN_TYPE("IcmpInUnknownType", "IcmpInErrors", "message type is not understood"),
    ICMPV4_BAD_QUOTE("IcmpInBadQuote", "IcmpInErrors", "quoted packet is too short or malformed"),
    ICMPV4_IGNORED("IcmpInIgnored", "IcmpInErrors", "message is never acted upon: source quench, redirect, echo to a broadcast address"),
    IGMP_IGNORED("IpInIgmpIgnored", "IpInUnknownProtos", "IGMP message is damaged, or none that hosts act upon"),
    ICMPV6_TRUNCATED("Icmp6InTruncated", "Icmp6InErrors", "shorter than its type demands"),
    ICMPV6_BAD_CHECKSUM("Icmp6InBadChecksum", "Icmp6InCsumErrors", "checksum is wrong"),
    ICMPV6_UNKNOWN_TYPE("Icmp6InUnknownType", "Icmp6InErrors", "message type is not understood"),
    ICMPV6_BAD_QUOTE("Icmp6InBadQuote", "Icmp6InErrors", "quoted packet is too short or malformed"),
    ICMPV6_IGNORED("Icmp6InIgnored", "Icmp6InErrors", "message is never acted upon here"),
    NDP_BAD_HOP_LIMIT("NdpInBadHopLimit", "Icmp6InErrors", "hop limit is not 255: the sender is not on the link"),
    NDP_BAD_CODE("NdpInBadCode", "Icmp6InErrors", "code of a neighbour discovery message is not 0"),
    NDP_BAD_OPTION("NdpInBadOption", "Icmp6InErrors", "an option has length 0 or reaches beyond the message"),
    NDP_BAD_ADDRESS("NdpInBadAddress", "Icmp6InErrors", "an address in the message or its header breaks RFC 4861's validity rules"),

    // UDP
    UDP_TRUNCATED("UdpInTruncated", "UdpInErrors", "shorter than a UDP header"),
    UDP_BAD_LENGTH("UdpInBadLength", "UdpInErrors", "length field is below 8 or beyond the packet"),
    UDP_BAD_CHECKSUM("UdpInBadChecksum", "UdpInCsumErrors", "checksum is wrong"),
    UDP_NO_CHECKSUM("UdpInNoChecksum", "Udp6InErrors", "checksum 0 over IPv6"),
    UDP_NO_PORT("UdpInNoPort", "UdpNoPorts", "no socket has this port"),
    UDP_BUFFER_FULL("UdpInBufferFull", "UdpRcvbufErrors", "the socket's receive buffer is full"),

    // TCP: the header; what the state machine refuses it counts itself
    TCP_TRUNCATED("TcpInTruncated", "TcpInErrs", "shorter than a TCP header"),
    TCP_BAD_DATA_OFFSET("TcpInBadDataOffset", "TcpInErrs", "data offset is below 5 words or beyond the segment"),
    TCP_BAD_CHECKSUM("TcpInBadChecksum", "TcpInCsumErrors", "checksum is wrong"),
    TCP_BAD_ADDRESS("TcpInBadAddress", "TcpInErrs", "segment from or to a multicast or broadcast address");

    private final String counter;
    private final String aggregate;
    private final String text;

    Refusal(String counter, String aggregate, String text) {
        this.counter = counter;
        this.aggregate = aggregate;
        this.text = text;
    }

    /// The name of this reason's own counter, in the manner of `nstat`: `IpInBadChecksum`. Unique.
    public String counter() {
        return counter;
    }

    /// The counter that Linux would raise: `IpExtInCsumErrors`. Several reasons share one; where Linux has none, a name of the same manner.
    public String aggregate() {
        return aggregate;
    }

    /// One line for people.
    public String text() {
        return text;
    }
}
