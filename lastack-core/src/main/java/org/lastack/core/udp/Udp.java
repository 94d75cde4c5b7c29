package org.lastack.core.udp;

import java.util.function.Consumer;
import org.lastack.core.Counter;
import org.lastack.core.Counters;
import org.lastack.core.Engine;
import org.lastack.core.Interface;
import org.lastack.core.Output;
import org.lastack.core.ip.IcmpError;
import org.lastack.core.ip.IpDatagram;
import org.lastack.core.ip.IpLayer;
import org.lastack.core.ip.Transport;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.socket.Owner;
import org.lastack.core.socket.PortTable;
import org.lastack.wire.Bytes;
import org.lastack.wire.Icmpv4;
import org.lastack.wire.Icmpv6;
import org.lastack.wire.Ipv4Header;
import org.lastack.wire.Refusal;
import org.lastack.wire.UdpHeader;

/// UDP of one host: checks datagrams and finds their sockets. Belongs to the engine.
public final class Udp implements Transport, Output {
    private final Engine engine;
    private final IpLayer ip;
    private final Counters counters;
    private final PortTable ports;
    private final ReceivedFrom info = new ReceivedFrom();
    private final PortTable.Receiver deliverEach = this::deliverGroup;
    private final PortTable.Receiver wakeWriter = s -> ((UdpSocket) s).writableAgain();
    private IpDatagram group = new IpDatagram();
    private boolean heard;
    /// Sockets that were told EAGAIN because too much waits for the links.
    private int blockedSenders;

    /// For [Engine] only.
    public Udp(Engine engine) {
        this.engine = engine;
        this.ip = engine.ip();
        this.counters = engine.counters();
        this.ports = new PortTable(PortTable.UDP, engine.sysctls(), engine.entropy(), engine.ip());
    }

    /// A socket without a name.
    ///
    /// @param domain AF_INET or AF_INET6
    public UdpSocket socket(int domain, Owner owner) {
        return new UdpSocket(domain, owner, engine, this);
    }

    /// Visits all sockets that have a port, in no particular order.
    public void sockets(Consumer<UdpSocket> visitor) {
        ports.sockets(s -> visitor.accept((UdpSocket) s));
    }

    /// Who has which UDP port.
    public PortTable ports() {
        return ports;
    }

    @Override
    public void receive(IpDatagram d) {
        Refusal refusal = UdpHeader.check(d.data, d.offset, d.length);
        if (refusal == null && !d.checksumVerified) {
            refusal = UdpHeader.checkChecksum(d.data, d.offset, d.sourceHigh, d.sourceLow, d.destinationHigh, d.destinationLow);
        }
        if (refusal != null && !(refusal == Refusal.UDP_NO_CHECKSUM && takesNoChecksum(d))) {
            refuse(d, refusal);
            return;
        }
        int sourcePort = UdpHeader.sourcePort(d.data, d.offset);
        int port = UdpHeader.destinationPort(d.data, d.offset);
        Interface in = d.in;
        if ((d.multicast || d.broadcast) && in != null) {
            receiveGroup(d, port, sourcePort, in);
            return;
        }
        UdpSocket s = (UdpSocket) ports.receiver(d.destinationHigh, d.destinationLow, port, d.sourceHigh, d.sourceLow, sourcePort, in == null ? 0 : in.index());
        if (s == null) {
            counters.refused(Refusal.UDP_NO_PORT, d.v4 ? Counter.UdpNoPorts : Counter.Udp6NoPorts);
            // RFC 1122 §4.1.3.1; silent for groups and broadcasts, and rate limited.
            ip.icmpUnreachable(d, d.v4 ? Icmpv4.CODE_PORT_UNREACHABLE : Icmpv6.CODE_PORT_UNREACHABLE);
            return;
        }
        deliver(s, d);
    }

    /// UDP_NO_CHECK6_RX: a tunnel that does without (RFC 6936).
    private boolean takesNoChecksum(IpDatagram d) {
        Interface in = d.in;
        UdpSocket s = d.multicast ? null : (UdpSocket) ports.receiver(d.destinationHigh, d.destinationLow, UdpHeader.destinationPort(d.data, d.offset), d.sourceHigh,
                d.sourceLow, UdpHeader.sourcePort(d.data, d.offset), in == null ? 0 : in.index());
        return s != null && s.own().takesNoChecksum6;
    }

    private void refuse(IpDatagram d, Refusal refusal) {
        if (refusal == Refusal.UDP_BAD_CHECKSUM) {
            counters.increment(d.v4 ? Counter.UdpInErrors : Counter.Udp6InErrors);
            counters.refused(refusal, d.v4 ? Counter.UdpInCsumErrors : Counter.Udp6InCsumErrors);
        } else {
            counters.refused(refusal, d.v4 ? Counter.UdpInErrors : Counter.Udp6InErrors);
        }
    }

    private void receiveGroup(IpDatagram d, int port, int sourcePort, Interface in) {
        group = d;
        heard = false;
        ports.receivers(d.destinationHigh, d.destinationLow, port, d.sourceHigh, d.sourceLow, sourcePort, in.index(), deliverEach);
        if (!heard) {
            counters.increment(Counter.UdpIgnoredMulti);
        }
    }

    private void deliverGroup(InetSocket socket) {
        UdpSocket s = (UdpSocket) socket;
        if (!group.multicast || s.hears(group)) {
            heard = true;
            deliver(s, group);
        }
    }

    private void deliver(UdpSocket s, IpDatagram d) {
        ReceivedFrom i = info;
        i.sourceHigh = d.sourceHigh;
        i.sourceLow = d.sourceLow;
        i.sourcePort = UdpHeader.sourcePort(d.data, d.offset);
        i.destinationHigh = d.destinationHigh;
        i.destinationLow = d.destinationLow;
        Interface in = d.in;
        i.interfaceIndex = in == null ? 0 : in.index();
        i.tos = d.tos;
        i.ttl = d.ttl;
        i.timeNs = engine.now();
        i.optionsLength = s.option(InetSocket.RECVOPTS) && d.v4 ? d.offset - d.ipOffset - Ipv4Header.MIN_LENGTH : 0;
        System.arraycopy(d.data, d.ipOffset + Ipv4Header.MIN_LENGTH, i.options, 0, i.optionsLength);
        i.errno = 0;
        int payload = UdpHeader.length(d.data, d.offset) - UdpHeader.LENGTH;
        if (s.enqueue(d.data, d.offset + UdpHeader.LENGTH, payload, i, d.v4)) {
            counters.increment(d.v4 ? Counter.UdpInDatagrams : Counter.Udp6InDatagrams);
        } else {
            counters.increment(d.v4 ? Counter.UdpInErrors : Counter.Udp6InErrors);
            counters.refused(Refusal.UDP_BUFFER_FULL, d.v4 ? Counter.UdpRcvbufErrors : Counter.Udp6RcvbufErrors);
        }
    }

    /// RFC 1122 §4.1.3.3. The socket is the one that would get a datagram from the quoted destination.
    @Override
    public void icmpError(IcmpError e) {
        int localPort = Bytes.u16(e.data, e.offset);
        int remotePort = Bytes.u16(e.data, e.offset + 2);
        Interface in = e.in;
        UdpSocket s = (UdpSocket) ports.receiver(e.localHigh, e.localLow, localPort, e.remoteHigh, e.remoteLow, remotePort, in == null ? 0 : in.index());
        if (s != null) {
            s.icmpError(e, remotePort);
        }
    }

    void senderBlocked() {
        blockedSenders++;
    }

    /// Everything that was queued has left: whoever had to wait may send again.
    @Override
    public boolean flush() {
        if (blockedSenders > 0) {
            blockedSenders = 0;
            ports.sockets(wakeWriter);
        }
        return false;
    }
}
