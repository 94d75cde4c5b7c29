package org.lastack.core.udp;

import org.lastack.core.Errno;
import org.lastack.core.ip.IcmpError;
import org.lastack.wire.IpAddress;
import org.lastack.wire.Ipv4Header;
import org.lastack.wire.Ipv6Header;

/// The error queue of a socket, which `MSG_ERRQUEUE` reads: ICMP errors with what they quote (IP_RECVERR, IPV6_RECVERR), times of what was sent
/// (SO_TIMESTAMPING), ends of sends without copying (SO_ZEROCOPY). TCP's sockets have one too. What it may hold is limited as the receive buffer is; the newest
/// is lost.
public final class ErrorQueue {
    private final DatagramQueue entries = new DatagramQueue();
    private final ReceivedFrom info = new ReceivedFrom();
    private int memory;

    public boolean isEmpty() {
        return entries.isEmpty();
    }

    /// Adds what an ICMP message says about a packet to `port`, with what it quotes from `skip` octets behind the beginning of the transport header.
    public void add(IcmpError e, int errno, int port, int skip, long nowNs, int limit) {
        ReceivedFrom i = info;
        destination(e.remoteHigh, e.remoteLow, port, nowNs);
        i.errno = errno;
        i.errorOrigin = e.v4 ? ReceivedFrom.ORIGIN_ICMP : ReceivedFrom.ORIGIN_ICMP6;
        i.errorType = e.type;
        i.errorCode = e.code;
        i.errorInfo = e.mtu;
        i.offenderHigh = e.offenderHigh;
        i.offenderLow = e.offenderLow;
        put(e.data, e.offset + skip, Math.max(0, e.length - skip), limit);
    }

    void addLocal(int errno, int mtu, long high, long low, int port, long nowNs, int limit) {
        ReceivedFrom i = info;
        destination(high, low, port, nowNs);
        i.errno = errno;
        i.errorOrigin = ReceivedFrom.ORIGIN_LOCAL;
        i.errorInfo = mtu;
        put(new byte[0], 0, 0, limit);
    }

    /// Adds the time of something that was sent.
    ///
    /// @param kind one of the STAMP constants of [ReceivedFrom]
    /// @param key which send it was, or 0
    /// @param told the time is told, not only that it happened
    public void addStamp(int kind, int key, boolean told, long nowNs, byte[] packet, int length, int limit) {
        ReceivedFrom i = info;
        destination(0, 0, 0, nowNs);
        i.errno = Errno.ENOMSG;
        i.errorOrigin = ReceivedFrom.ORIGIN_TIMESTAMPING;
        i.errorInfo = kind;
        i.errorData = key;
        i.stamped = told;
        put(packet, 0, length, limit);
    }

    /// Tells that the sends `first` to `last` are over. Follows on the newest entry if that ends right before, as in Linux.
    public void addZerocopy(int first, int last, int limit) {
        ReceivedFrom i = info;
        if (!entries.isEmpty()) {
            entries.newest(i);
            if (i.errorOrigin == ReceivedFrom.ORIGIN_ZEROCOPY && i.errorData + 1 == first) {
                i.errorData = last;
                entries.changeNewest(i);
                return;
            }
        }
        destination(0, 0, 0, 0);
        i.errorOrigin = ReceivedFrom.ORIGIN_ZEROCOPY;
        i.errorCode = ReceivedFrom.CODE_ZEROCOPY_COPIED;
        i.errorInfo = first;
        i.errorData = last;
        put(new byte[0], 0, 0, limit);
    }

    /// A packet as it left: an IP header before the transport header and text at `offset`. For stamps that show what they are about.
    public static byte[] packet(long sourceHigh, long sourceLow, long high, long low, int protocol, int tos, int ttl, byte[] data, int offset, int length) {
        boolean v4 = IpAddress.isV4(high, low);
        int header = v4 ? Ipv4Header.MIN_LENGTH : Ipv6Header.LENGTH;
        byte[] packet = new byte[header + length];
        System.arraycopy(data, offset, packet, header, length);
        if (v4) {
            Ipv4Header.write(packet, 0, tos, packet.length, 0, Ipv4Header.DF, ttl, protocol, (int) sourceLow, (int) low);
        } else {
            Ipv6Header.write(packet, 0, tos, 0, length, protocol, ttl, sourceHigh, sourceLow, high, low);
        }
        return packet;
    }

    private void destination(long high, long low, int port, long nowNs) {
        ReceivedFrom i = info;
        i.sourceHigh = high;
        i.sourceLow = low;
        i.sourcePort = port;
        i.destinationHigh = 0;
        i.destinationLow = 0;
        i.interfaceIndex = 0;
        i.tos = 0;
        i.ttl = 0;
        i.timeNs = nowNs;
        i.errno = 0;
        i.errorType = 0;
        i.errorCode = 0;
        i.errorInfo = 0;
        i.errorData = 0;
        i.stamped = false;
        i.offenderHigh = 0;
        i.offenderLow = 0;
    }

    private void put(byte[] data, int offset, int length, int limit) {
        int size = UdpSocket.trueSize(length);
        if (memory + size > limit && memory > 0) {
            // As the receive buffer: the newest is lost.
            return;
        }
        memory += size;
        entries.add(data, offset, length, info);
    }

    /// Octets of the entry's payload copied, or -EAGAIN.
    public int take(byte[] out, int offset, int room, ReceivedFrom into) {
        if (entries.isEmpty()) {
            return -Errno.EAGAIN;
        }
        int octets = entries.peek(out, offset, room, into);
        entries.remove();
        memory -= UdpSocket.trueSize(into.length);
        return octets;
    }

    /// What the pending error of the socket is after `taken` was taken: that of the next entry if it is an ICMP error; none, if only the one that was taken was
    /// (Linux).
    public int pendingAfter(ReceivedFrom taken, int pending) {
        if (!entries.isEmpty() && icmp(entries.firstOrigin())) {
            return entries.firstErrno();
        }
        return icmp(taken.errorOrigin) ? 0 : pending;
    }

    private static boolean icmp(int origin) {
        return origin == ReceivedFrom.ORIGIN_ICMP || origin == ReceivedFrom.ORIGIN_ICMP6;
    }

    public void clear() {
        entries.clear();
        memory = 0;
    }
}
