package org.lastack.core.tcp;

import org.jspecify.annotations.Nullable;
import org.lastack.core.Counter;
import org.lastack.core.Sysctl;
import org.lastack.core.ip.IpDatagram;
import org.lastack.core.ip.Route;
import org.lastack.core.socket.InetSocket;
import org.lastack.wire.Bytes;
import org.lastack.wire.Checksum;
import org.lastack.wire.Frame;
import org.lastack.wire.IpProtocol;
import org.lastack.wire.Ipv4Header;
import org.lastack.wire.TcpHeader;
import org.lastack.wire.TcpOptions;

/// Makes segments and hands them to IP. Decides nothing about when to send; that is [Sending]'s and the timers' business.
final class Output {
    /// Octets of TCP header with all options that we ever send.
    private static final int MAX_HEADER = TcpHeader.MAX_LENGTH;

    private final Tcp tcp;
    final ResetLog resets;

    Output(Tcp tcp) {
        this.tcp = tcp;
        resets = new ResetLog(tcp);
    }

    /// The route of a connection, looked up again when tables have changed; null if there is none now.
    @Nullable Route route(Connection c) {
        Route route = c.route;
        if (route != null && tcp.ip().current(route)) {
            return route;
        }
        route = tcp.ip().route(c.remoteHigh(), c.remoteLow(), c.localHigh(), c.localLow(), c.boundInterface());
        c.route = route;
        return route;
    }

    // ---- segments of a connection --------------------------------------------------------------------------------------------------

    /// A segment with text `[start, end)` of the send buffer, and flags; FIN and SYN take their place in sequence space but not in `end`.
    /// Several MSS in one call become one super-segment if the link cuts them (`gsoSize`), else the caller passes one MSS at a time.
    /// @return false if there was no route, as if the network had lost it
    boolean segment(Connection c, int flags, int seq, int textLength, int gsoSize) {
        Route route = route(c);
        if (route == null) {
            tcp.count(Counter.IpOutNoRoutes);
            return false;
        }
        Frame placed = gsoSize > 0 ? inPlace(c, seq, textLength) : null;
        Frame frame = placed != null ? placed : tcp.ip().frame(MAX_HEADER + textLength);
        byte[] data = frame.data;
        int offset = frame.offset;
        int header = TcpHeader.MIN_LENGTH + options(c, data, offset + TcpHeader.MIN_LENGTH, flags);
        int window = selectWindow(c, (flags & TcpHeader.SYN) != 0);
        int urgentPointer = 0;
        int allFlags = flags;
        if (c.snd.up != c.snd.una && Seq.gt(c.snd.up, seq) && (flags & (TcpHeader.SYN | TcpHeader.RST)) == 0) {
            // RFC 9293 §3.8.5, MUST-62: the pointer names the octet after the urgent data; SND.UP is kept in that form.
            int distance = c.snd.up - seq;
            allFlags |= TcpHeader.URG;
            urgentPointer = Math.min(distance, 0xffff);
        }
        TcpHeader.write(data, offset, c.localPort(), c.remotePort(), seq, (flags & TcpHeader.ACK) != 0 ? c.rcv.nxt : 0, header, allFlags, window,
                urgentPointer);
        if (textLength > 0 && placed == null) {
            // Behind a SYN comes the first octet (Fast Open).
            int first = (flags & TcpHeader.SYN) != 0 ? seq + 1 : seq;
            c.sender().bytes.read(first - c.textBase(), data, offset + header, textLength);
        }
        frame.length = header + textLength;
        // RFC 9293 §3.9.1.9, MUST-48, SHLD-21, SHLD-22: what the application says now, unchanged but for the ECN bits.
        int tos = c.tosOctet();
        if (c.ecn && (textLength > 0 && (flags & TcpHeader.SYN) == 0 && !tcp.isRetransmission() || CongestionControls.needsEcn(c.congestionName()))) {
            // RFC 3168 §6.1.5: new text is ECT(0); retransmissions, probes, pure ACKs and SYNs are not. With DCTCP everything is, as in Linux.
            tos = tos & ~3 | 2;
        }
        frame.flowSalt = c.rehashes;
        finish(frame, c.localHigh(), c.localLow(), c.remoteHigh(), c.remoteLow(), route, gsoSize);
        sent(c, flags, seq, textLength);
        SendNotices notices = c.notices;
        if (notices != null && textLength > 0) {
            notices.transmitted(c, (flags & TcpHeader.SYN) != 0 ? seq + 1 : seq, textLength, data, offset, frame.length);
        }
        // Path MTU discovery, but on links so small that the least segment does not fit (`tcp_min_snd_mss`) fragments must do.
        boolean fits = gsoSize > 0 || frame.length + Ipv4Header.MIN_LENGTH <= route.mtu();
        tcp.ip().send(frame, route, c.localHigh(), c.localLow(), c.remoteHigh(), c.remoteLow(), IpProtocol.TCP, tos, c.hopCount(), fits || !c.v4());
        return true;
    }

    /// The frame in which the text of a super-segment was collected, if it is the text of this one; then nothing needs to be copied.
    private static @Nullable Frame inPlace(Connection c, int seq, int textLength) {
        return c.sender().bytes.inPlace(seq - c.textBase(), textLength, TcpHeader.MIN_LENGTH + c.fixedOptions() + sackOctets(c));
    }

    private void sent(Connection c, int flags, int seq, int textLength) {
        c.segmentsOut++;
        tcp.count(Counter.TcpOutSegs);
        if ((flags & TcpHeader.RST) != 0) {
            tcp.count(Counter.TcpOutRsts);
        }
        long now = tcp.now();
        if ((flags & TcpHeader.ACK) != 0) {
            acknowledged(c);
        }
        if (textLength > 0) {
            c.dataSegmentsOut++;
            c.bytesSent += textLength;
            c.lastSendNs = now;
            // A reply within the ACK delay of a request: the connection is interactive, ACKs ride on replies (Linux's pingpong mode).
            if (now - c.lastReceiveNs < c.ackTimeoutUs * 1000L && !tcp.isRetransmission()) {
                c.pingpong = true;
            }
        }
    }

    /// An ACK has left with this segment: nothing about acknowledging is pending any more.
    private void acknowledged(Connection c) {
        if (c.quickAcks > 0) {
            c.quickAcks--;
            if (c.quickAcks == 0) {
                c.ackTimeoutUs = Acknowledging.MIN_TIMEOUT_US;
            }
        }
        c.ackPending = false;
        c.ackNow = false;
        c.ackPushed = false;
        c.ackPushedTwice = false;
        c.lastAckSent = c.rcv.nxt;
        if (c.delayedAckDeadlineNs != Connection.never()) {
            c.delayedAckTimer(Connection.never());
        }
    }

    /// A pure ACK. No text, no place in sequence space.
    void ack(Connection c) {
        if (c.tcpState() == TcpState.CLOSED || c.tcpState() == TcpState.LISTEN) {
            return;
        }
        int flags = TcpHeader.ACK;
        if (c.ecn && c.ecnDemandCwr) {
            flags |= TcpHeader.ECE;
        }
        segment(c, flags, acceptableSeq(c), 0, 0);
    }

    /// The sequence number of segments without text: SND.NXT, or the window's edge if the peer has shrunk it below that.
    int acceptableSeq(Connection c) {
        return Seq.lt(c.snd.edge(), c.snd.nxt) && !(c.windowScaling && c.snd.nxt - c.snd.edge() < 1 << c.snd.scale) ? c.snd.edge() : c.snd.nxt;
    }

    /// A keep-alive or zero-window probe: an ACK with SEG.SEQ = SND.UNA-1, which is not acceptable and so must be answered
    /// (RFC 9293 §3.8.4, SHLD-12: without text). `urgent`: at SND.UNA instead, to announce urgent data into a closed window.
    void probe(Connection c, boolean urgent) {
        segment(c, TcpHeader.ACK, c.snd.una - (urgent ? 0 : 1), 0, 0);
    }

    /// An RST for a connection that exists: after an abort, time-out or close with unread text (RFC 9293 §3.10.5).
    void reset(Connection c, ResetReason reason) {
        resets.add(c, reason);
        segment(c, TcpHeader.RST | TcpHeader.ACK, acceptableSeq(c), 0, 0);
    }

    // ---- options ------------------------------------------------------------------------------------------------------------------

    /// Writes the options of a segment, in Linux's order, and returns their octets, a multiple of 4.
    private int options(Connection c, byte[] data, int at, int flags) {
        if ((flags & TcpHeader.SYN) != 0) {
            // The SYN-ACK of a simultaneous open repeats the SYN, offers included, as in Linux; that of a passive open says what was agreed.
            boolean reply = (flags & TcpHeader.ACK) != 0 && c.passiveOpen;
            boolean sack = reply ? c.sackPermitted : tcp.sysctl(Sysctl.TCP_SACK);
            boolean stamps = reply ? c.timestamps : tcp.sysctl(Sysctl.TCP_TIMESTAMPS);
            boolean scaling = reply ? c.windowScaling : tcp.sysctl(Sysctl.TCP_WINDOW_SCALING);
            int scale = c.windowScaling ? c.rcv.scale : ReceiveWindow.scale(tcp, c.receiveBufferOctets(), c.option(InetSocket.RCVBUF_LOCK));
            int octets = synOptions(data, at, c.advertisedMss, sack, stamps, tcp.timestamp(c.tsOffset), c.tsRecent, scaling ? scale : -1);
            FastOpen f = c.fastOpen;
            return f == null ? octets : octets + f.cookie.write(data, at + octets, MAX_HEADER - TcpHeader.MIN_LENGTH - octets);
        }
        // MUST-65: no MSS from here on; it belongs to SYNs.
        int index = at;
        if (c.timestamps && ((flags & TcpHeader.RST) == 0 || (flags & TcpHeader.ACK) != 0)) {
            // RFC 7323 §3.2: once negotiated, in every segment.
            Bytes.put32(data, index, 0x0101080a);
            Bytes.put32(data, index + 4, tcp.timestamp(c.tsOffset));
            Bytes.put32(data, index + 8, c.tsRecent);
            index += 12;
        }
        Receiver receiver = c.receiver;
        if (receiver != null && c.sackPermitted && (receiver.recentCount > 0 || receiver.duplicate)) {
            index = sackOption(receiver, data, index, (TcpHeader.MAX_LENGTH - TcpHeader.MIN_LENGTH - (index - at) - 4) / 8);
        }
        return index - at;
    }

    /// Blocks that [#options] will add to the next segment, in octets: they make room for less text.
    static int sackOctets(Connection c) {
        Receiver receiver = c.receiver;
        if (receiver == null || !c.sackPermitted || (receiver.recentCount == 0 && !receiver.duplicate)) {
            return 0;
        }
        int most = (TcpHeader.MAX_LENGTH - TcpHeader.MIN_LENGTH - c.fixedOptions() - 4) / 8;
        return 4 + 8 * Math.min(most, receiver.recentCount + (receiver.duplicate ? 1 : 0));
    }

    private static int sackOption(Receiver receiver, byte[] data, int at, int most) {
        int index = at + 4;
        int blocks = 0;
        if (receiver.duplicate && most > 0) {
            // RFC 2883 §4: the duplicate is the first block.
            Bytes.put32(data, index, receiver.duplicateLeft);
            Bytes.put32(data, index + 4, receiver.duplicateRight);
            index += 8;
            blocks++;
            receiver.duplicate = false;
        }
        for (int i = 0; i < receiver.recentCount && blocks < most; i++) {
            Bytes.put32(data, index, receiver.recentLeft[i]);
            Bytes.put32(data, index + 4, receiver.recentRight[i]);
            index += 8;
            blocks++;
        }
        Bytes.put32(data, at, TcpOptions.NOP << 24 | TcpOptions.NOP << 16 | TcpOptions.SACK << 8 | (2 + 8 * blocks));
        return index;
    }

    /// The options of a SYN or SYN-ACK in Linux's order: MSS, SACK-permitted with timestamps, window scale (RFC 9293 §3.7.1, MUST-14, SHLD-5, MAY-3: always MSS;
    /// MUST-69: padding is NOPs, so there is none after an end of list). `scale` -1 = none.
    static int synOptions(byte[] data, int at, int mss, boolean sack, boolean stamps, int tsVal, int tsEcr, int scale) {
        int index = at;
        Bytes.put32(data, index, TcpOptions.MSS << 24 | 4 << 16 | mss);
        index += 4;
        if (stamps) {
            Bytes.put32(data, index, sack ? 0x0402080a : 0x0101080a);
            Bytes.put32(data, index + 4, tsVal);
            Bytes.put32(data, index + 8, tsEcr);
            index += 12;
        } else if (sack) {
            Bytes.put32(data, index, 0x01010402);
            index += 4;
        }
        if (scale >= 0) {
            Bytes.put32(data, index, TcpOptions.NOP << 24 | TcpOptions.WINDOW_SCALE << 16 | 3 << 8 | scale);
            index += 4;
        }
        return index - at;
    }

    // ---- window -------------------------------------------------------------------------------------------------------------------

    /// The window field of the segment that leaves now; remembers what was promised (RFC 9293 §3.8.6, SHLD-14: never less than before).
    private int selectWindow(Connection c, boolean syn) {
        if (syn) {
            // RFC 7323 §2.2: the window of a SYN is never scaled.
            c.rcv.wup = c.rcv.nxt;
            return Math.min(c.rcv.wnd, 0xffff);
        }
        int current = c.rcv.window();
        int offered = ReceiveWindow.select(c);
        if (offered < current) {
            int unit = 1 << c.rcv.scale;
            offered = (current + unit - 1) & -unit;
        }
        if (offered == 0 && current > 0) {
            tcp.count(Counter.TcpExtTCPToZeroWindowAdv);
        } else if (offered > 0 && c.rcv.wnd == 0) {
            tcp.count(Counter.TcpExtTCPFromZeroWindowAdv);
        }
        offered = Math.min(offered, 0xffff << c.rcv.scale);
        c.rcv.wnd = offered;
        c.rcv.wup = c.rcv.nxt;
        return offered >>> c.rcv.scale;
    }

    // ---- segments without a connection ---------------------------------------------------------------------------------------------

    /// RFC 9293 §3.5.2, groups 1 and 2: the RST that answers a segment which belongs to no connection or does not fit an unsynchronized one. Never
    /// in answer to an RST.
    ///
    /// @param state what the segment was meant for; CLOSED if there was nothing
    void resetFor(Segment seg, TcpState state, ResetReason reason) {
        if (seg.rst()) {
            return;
        }
        IpDatagram ip = seg.ip;
        if (ip.broadcast || ip.multicast) {
            return;
        }
        int seq = seg.hasAck() ? seg.ack : 0;
        int ack = seg.hasAck() ? 0 : seg.end();
        int flags = seg.hasAck() ? TcpHeader.RST : TcpHeader.RST | TcpHeader.ACK;
        tcp.count(Counter.TcpOutRsts);
        resets.add(seg, state, reason);
        bare(ip, flags, seg.destinationPort, seg.sourcePort, seq, ack, 0, false, 0, 0);
    }

    /// A segment without text whose variables come from somewhere else than a connection: RSTs, ACKs of TIME-WAIT.
    void bare(IpDatagram cause, int flags, int localPort, int remotePort, int seq, int ack, int window, boolean stamps, int tsVal, int tsEcr) {
        Route route = tcp.ip().route(cause.sourceHigh, cause.sourceLow, cause.destinationHigh, cause.destinationLow, 0);
        if (route == null) {
            return;
        }
        Frame frame = tcp.ip().frame(MAX_HEADER);
        int offset = frame.offset;
        int header = TcpHeader.MIN_LENGTH;
        if (stamps) {
            Bytes.put32(frame.data, offset + header, 0x0101080a);
            Bytes.put32(frame.data, offset + header + 4, tsVal);
            Bytes.put32(frame.data, offset + header + 8, tsEcr);
            header += 12;
        }
        TcpHeader.write(frame.data, offset, localPort, remotePort, seq, ack, header, flags, window, 0);
        frame.length = header;
        finish(frame, cause.destinationHigh, cause.destinationLow, cause.sourceHigh, cause.sourceLow, route, 0);
        tcp.count(Counter.TcpOutSegs);
        tcp.ip().send(frame, route, cause.destinationHigh, cause.destinationLow, cause.sourceHigh, cause.sourceLow, IpProtocol.TCP, 0, -1, true);
    }

    /// A SYN-ACK of an embryo, or of a SYN cookie.
    void synAck(long localHigh, long localLow, int localPort, long remoteHigh, long remoteLow, int remotePort, int iss, int ack, int window, int mss,
            boolean sack, boolean stamps, int tsVal, int tsEcr, int scale, boolean ecn, int tos, int ttl, @Nullable FastOpenCookie cookie) {
        Route route = tcp.ip().route(remoteHigh, remoteLow, localHigh, localLow, 0);
        if (route == null) {
            return;
        }
        Frame frame = tcp.ip().frame(MAX_HEADER);
        int offset = frame.offset;
        int header = TcpHeader.MIN_LENGTH + synOptions(frame.data, offset + TcpHeader.MIN_LENGTH, mss, sack, stamps, tsVal, tsEcr, scale);
        if (cookie != null) {
            header += cookie.write(frame.data, offset + header, MAX_HEADER - header);
        }
        int flags = TcpHeader.SYN | TcpHeader.ACK | (ecn ? TcpHeader.ECE : 0);
        TcpHeader.write(frame.data, offset, localPort, remotePort, iss, ack, header, flags, Math.min(window, 0xffff), 0);
        frame.length = header;
        finish(frame, localHigh, localLow, remoteHigh, remoteLow, route, 0);
        tcp.count(Counter.TcpOutSegs);
        tcp.ip().send(frame, route, localHigh, localLow, remoteHigh, remoteLow, IpProtocol.TCP, tos, ttl, true);
    }

    /// Checksum (RFC 9293 §3.1, MUST-2), or what a link with offload needs to compute it.
    private static void finish(Frame frame, long localHigh, long localLow, long remoteHigh, long remoteLow, Route route, int gsoSize) {
        long sum = Checksum.pseudoHeader(localHigh, localLow, remoteHigh, remoteLow, IpProtocol.TCP, frame.length);
        int field = frame.offset + TcpHeader.CHECKSUM_OFFSET;
        if (route.out.checksumOffload() || gsoSize > 0) {
            Bytes.put16(frame.data, field, Checksum.fold(sum));
            frame.needsChecksum = true;
            frame.checksumStart = 0;
            frame.checksumOffset = TcpHeader.CHECKSUM_OFFSET;
        } else {
            Bytes.put16(frame.data, field, Checksum.finish(Checksum.add(sum, frame.data, frame.offset, frame.length)));
        }
        if (gsoSize > 0) {
            frame.gsoType = org.lastack.wire.IpAddress.isV4(remoteHigh, remoteLow) ? Frame.GSO_TCPV4 : Frame.GSO_TCPV6;
            frame.gsoSize = gsoSize;
        }
    }
}
