package org.lastack.tools.oracle;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lastack.link.VirtualLink;
import org.lastack.wire.Frame;
import org.lastack.wire.IpAddress;
import org.lastack.wire.Ipv4Header;
import org.lastack.wire.PacketBuilder;
import org.lastack.wire.Packets;
import org.lastack.wire.TcpHeader;

/// The other end of a host's link as a script: it answers nothing by itself, remembers the TCP segments that the host sends, and injects
/// packets. Its connection speaks plain RFC 793 with no option but MSS. For hosts in virtual time: not thread-safe.
final class ScriptedPeer extends VirtualLink {
    static final IpAddress HOST = IpAddress.of("10.77.0.1");
    static final IpAddress PEER = IpAddress.of("10.77.0.2");
    /// The peer's initial sequence number.
    static final int ISS = 1_000_000;
    private static final int MSS = 1460;

    /// A TCP segment that the host sent.
    record Segment(int sourcePort, int destinationPort, int flags, int seq, int ack, int window, int length) {
        boolean pureSyn() {
            return (flags & (TcpHeader.SYN | TcpHeader.ACK)) == TcpHeader.SYN;
        }
    }

    private final ArrayDeque<byte[]> toHost = new ArrayDeque<>();
    private final List<Segment> seen = new ArrayList<>();
    private byte[] lastPacket = new byte[0];

    /// The conversation: the host's and the peer's port, the host's ISS, the peer's next sequence number.
    int hostPort;
    int peerPort;
    int hostIss;
    int next = ISS;
    int window = 65_535;

    ScriptedPeer() {
        super("peer");
    }

    /// All segments so far.
    int count() {
        return seen.size();
    }

    /// The conversation's segments from index `from` on as the oracle writes them.
    String wire(int from) {
        StringBuilder text = new StringBuilder();
        for (Segment each : seen.subList(from, seen.size())) {
            if (each.pureSyn() || each.sourcePort != hostPort || each.destinationPort != peerPort) {
                continue;
            }
            text.append(text.isEmpty() ? "" : "; ").append(describe(each));
        }
        return text.isEmpty() ? "-" : text.toString();
    }

    private String describe(Segment s) {
        StringBuilder text = new StringBuilder();
        flag(text, s, TcpHeader.SYN, 'S');
        flag(text, s, TcpHeader.FIN, 'F');
        flag(text, s, TcpHeader.RST, 'R');
        flag(text, s, TcpHeader.PSH, 'P');
        flag(text, s, TcpHeader.URG, 'U');
        flag(text, s, TcpHeader.ACK, '.');
        text.append(" seq+").append(Integer.toUnsignedString(s.seq - hostIss));
        if (s.length > 0) {
            text.append(" len").append(s.length);
        }
        if ((s.flags & TcpHeader.ACK) != 0) {
            text.append(" ack+").append(Integer.toUnsignedString(s.ack - ISS));
        }
        return text.append(" win").append(s.window).toString();
    }

    private static void flag(StringBuilder text, Segment s, int bit, char letter) {
        if ((s.flags & bit) != 0) {
            text.append(letter);
        }
    }

    /// How many octets of sequence space the host has sent in this conversation, counted from its ISS: what the peer can acknowledge.
    int sent() {
        int most = 1;
        for (Segment each : seen) {
            if (each.sourcePort == hostPort && each.destinationPort == peerPort && (each.flags & TcpHeader.RST) == 0) {
                int marks = (each.flags & (TcpHeader.SYN | TcpHeader.FIN)) != 0 ? 1 : 0;
                most = Math.max(most, each.seq - hostIss + each.length + marks);
            }
        }
        return most;
    }

    /// The last segment of the host.
    ///
    /// @throws IllegalStateException if it sent none: the set-up has gone wrong
    Segment last() {
        if (seen.isEmpty()) {
            throw new IllegalStateException("the host has sent nothing");
        }
        return seen.getLast();
    }

    /// The last SYN of the host opens the conversation.
    void meet() {
        Segment syn = last();
        hostPort = syn.sourcePort;
        peerPort = syn.destinationPort;
        hostIss = syn.seq;
    }

    /// A segment with the present sequence number, which then advances; `acked` octets of the host after its ISS are acknowledged.
    void segment(int flags, int acked, byte[] payload) {
        PacketBuilder packet = Packets.tcp(PEER, peerPort, HOST, hostPort).flags(flags).seq(next).window(window).payload(payload);
        if ((flags & TcpHeader.ACK) != 0) {
            packet.ack(hostIss + acked);
        }
        if ((flags & TcpHeader.SYN) != 0) {
            packet.mss(MSS);
        }
        toHost.add(packet.build());
        next += payload.length + ((flags & TcpHeader.SYN) != 0 ? 1 : 0) + ((flags & TcpHeader.FIN) != 0 ? 1 : 0);
    }

    void segment(int flags, int acked) {
        segment(flags, acked, new byte[0]);
    }

    /// An ICMP destination unreachable that quotes the host's last packet.
    void unreachable(int code) {
        toHost.add(Packets.icmpError(PEER, 3, code, 0, lastPacket).build());
    }

    @Override
    public boolean send(Frame frame) {
        byte[] d = frame.data;
        int at = frame.offset;
        if (Ipv4Header.version(d, at) == 4 && Ipv4Header.protocol(d, at) == 6) {
            int tcp = at + Ipv4Header.headerLength(d, at);
            int length = Ipv4Header.payloadLength(d, at) - TcpHeader.headerLength(d, tcp);
            seen.add(new Segment(TcpHeader.sourcePort(d, tcp), TcpHeader.destinationPort(d, tcp), TcpHeader.flags(d, tcp) & 0x3f, TcpHeader.sequence(d, tcp),
                    TcpHeader.acknowledgment(d, tcp), TcpHeader.window(d, tcp), length));
            lastPacket = Arrays.copyOfRange(d, at, at + frame.length);
        }
        return true;
    }

    @Override
    protected byte @Nullable [] next() {
        return toHost.poll();
    }

    @Override
    protected boolean readable() {
        return !toHost.isEmpty();
    }
}
