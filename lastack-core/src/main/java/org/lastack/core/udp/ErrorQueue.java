package org.lastack.core.udp;

import org.lastack.core.Errno;
import org.lastack.core.ip.IcmpError;
import org.lastack.wire.UdpHeader;

/// The error queue of IP_RECVERR and IPV6_RECVERR: errors with the payload of the datagram that caused them, as far as it was quoted.
final class ErrorQueue {
    private final DatagramQueue entries = new DatagramQueue();
    private final ReceivedFrom info = new ReceivedFrom();
    private int memory;

    boolean isEmpty() {
        return entries.isEmpty();
    }

    /// Errno of the oldest entry, or 0.
    int firstErrno() {
        return entries.isEmpty() ? 0 : entries.firstErrno();
    }

    void add(IcmpError e, int errno, int port, long nowNs, int limit) {
        ReceivedFrom i = info;
        destination(e.remoteHigh, e.remoteLow, port, nowNs);
        i.errno = errno;
        i.errorOrigin = e.v4 ? ReceivedFrom.ORIGIN_ICMP : ReceivedFrom.ORIGIN_ICMP6;
        i.errorType = e.type;
        i.errorCode = e.code;
        i.errorInfo = e.mtu;
        i.offenderHigh = e.offenderHigh;
        i.offenderLow = e.offenderLow;
        put(e.data, e.offset + UdpHeader.LENGTH, Math.max(0, e.length - UdpHeader.LENGTH), limit);
    }

    void addLocal(int errno, int mtu, long high, long low, int port, long nowNs, int limit) {
        ReceivedFrom i = info;
        destination(high, low, port, nowNs);
        i.errno = errno;
        i.errorOrigin = ReceivedFrom.ORIGIN_LOCAL;
        i.errorType = 0;
        i.errorCode = 0;
        i.errorInfo = mtu;
        i.offenderHigh = 0;
        i.offenderLow = 0;
        put(new byte[0], 0, 0, limit);
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

    /// Octets of the payload copied, or -EAGAIN.
    int take(byte[] out, int offset, int room, ReceivedFrom into) {
        if (entries.isEmpty()) {
            return -Errno.EAGAIN;
        }
        int octets = entries.peek(out, offset, room, into);
        entries.remove();
        memory -= UdpSocket.trueSize(into.length);
        return octets;
    }

    void clear() {
        entries.clear();
        memory = 0;
    }
}
