package org.lastack.core.udp;

/// What `recvmsg` tells about a datagram besides its data, or about an entry of the error queue. The caller owns it and reuses it.
public final class ReceivedFrom {
    /// [#errorOrigin]: raised by this host itself, as EMSGSIZE (SO_EE_ORIGIN_LOCAL).
    public static final int ORIGIN_LOCAL = 1;
    /// [#errorOrigin]: an ICMPv4 message (SO_EE_ORIGIN_ICMP).
    public static final int ORIGIN_ICMP = 2;
    /// [#errorOrigin]: an ICMPv6 message (SO_EE_ORIGIN_ICMP6).
    public static final int ORIGIN_ICMP6 = 3;
    /// [#errorOrigin]: the time of something that was sent (SO_EE_ORIGIN_TIMESTAMPING); [#errno] is ENOMSG, [#errorInfo] one of the STAMP constants.
    public static final int ORIGIN_TIMESTAMPING = 4;
    /// [#errorOrigin]: sends with MSG_ZEROCOPY are over, those with the numbers [#errorInfo] to [#errorData] (SO_EE_ORIGIN_ZEROCOPY).
    public static final int ORIGIN_ZEROCOPY = 5;
    /// [#errorCode] of zero-copy notices: the octets were copied all the same.
    public static final int CODE_ZEROCOPY_COPIED = 1;
    /// The packet was given to the link (SCM_TSTAMP_SND).
    public static final int STAMP_SENT = 0;
    /// The packet was given to the link's queue (SCM_TSTAMP_SCHED).
    public static final int STAMP_SCHEDULED = 1;
    /// The peer has acknowledged it (SCM_TSTAMP_ACK).
    public static final int STAMP_ACKNOWLEDGED = 2;

    /// Sender; of an error the destination of the datagram that caused it. IPv4 as v4-mapped.
    public long sourceHigh;
    public long sourceLow;
    public int sourcePort;
    /// The address to which the datagram was sent: ours, a group or a broadcast address (RFC 1122 §4.1.3.5).
    public long destinationHigh;
    public long destinationLow;
    public int interfaceIndex;
    /// The TOS or traffic-class octet.
    public int tos;
    /// TTL or hop limit.
    public int ttl;
    /// Octets of [#options]: the IPv4 options of the datagram, if the socket wants them (IP_RECVOPTS).
    public int optionsLength;
    public final byte[] options = new byte[40];
    /// Octets of the whole payload, which may be more than fitted.
    public int length;
    /// The datagram was longer than the buffer; the rest is lost unless it was only peeked at.
    public boolean truncated;
    /// The engine's time of arrival.
    public long timeNs;
    /// Datagrams that the socket had lost for want of room when this one came (SO_RXQ_OVFL).
    public int lost;
    /// Of an error queue entry: the errno, else 0.
    public int errno;
    public int errorOrigin;
    public int errorType;
    public int errorCode;
    /// The MTU in octets, if the error is about size.
    public int errorInfo;
    /// `ee_data`: the key of a time stamp, or the last number of a zero-copy notice.
    public int errorData;
    /// Of an error queue entry: [#timeNs] is told (SCM_TIMESTAMPING).
    public boolean stamped;
    /// Who sent the ICMP message; unspecified for a local error.
    public long offenderHigh;
    public long offenderLow;
}
