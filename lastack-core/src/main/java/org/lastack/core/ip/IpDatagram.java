package org.lastack.core.ip;

import org.jspecify.annotations.Nullable;
import org.lastack.core.Interface;

/// The IP datagram that is being received: what the Internet layer tells the transports about it. One instance is reused for every datagram;
/// it is valid during the call only.
public final class IpDatagram {
    /// Storage of the whole packet. Borrowed: copy what is to be kept.
    public byte[] data = new byte[0];
    /// Index of the IP header, for quoting in ICMP errors.
    public int ipOffset;
    /// Octets from the IP header to the end of the datagram, link padding not counted.
    public int ipLength;
    /// Index of the transport header.
    public int offset;
    /// Octets of transport header and payload.
    public int length;
    public int protocol;
    public boolean v4;
    /// Source and destination; IPv4 as v4-mapped.
    public long sourceHigh;
    public long sourceLow;
    public long destinationHigh;
    public long destinationLow;
    /// The whole TOS or traffic-class octet.
    public int tos;
    /// TTL or hop limit.
    public int ttl;
    public int flowLabel;
    /// The destination is a broadcast address, or the frame came as link-layer broadcast.
    public boolean broadcast;
    public boolean multicast;
    /// The transport checksum need not be verified: offloaded, or the frame never left this host.
    public boolean checksumVerified;
    /// Payload octets per segment if the frame is an aggregate of several TCP segments, else 0.
    public int gsoSize;
    /// The interface on which it came.
    public @Nullable Interface in;
}
