package org.lastack.core.ip;

/// A transport protocol as the Internet layer sees it.
public interface Transport {
    /// A datagram for this host. The callee borrows everything.
    void receive(IpDatagram datagram);

    /// An ICMP error about a packet that this host sent (RFC 9293 §3.9.2.2, MUST-54; RFC 1122 §4.1.3.3).
    void icmpError(IcmpError error);
}
