package org.lastack.core.tcp;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lastack.core.ip.IpDatagram;
import org.lastack.wire.IpAddress;

/// The last resets, sent and received, with their reasons. Bounded: the oldest are forgotten. Answers to segments of strangers are kept apart, so
/// that a port scan does not wash out the connections. Recording allocates nothing once both rings exist. Belongs to its engine: use under the
/// host's lock.
public final class ResetLog {
    /// How many resets of connections are remembered: enough for an hour of a healthy server, 18 KiB.
    public static final int CONNECTIONS = 256;
    /// How many answers to strangers are remembered.
    public static final int STRANGERS = 64;

    private final Tcp tcp;
    /// Made when first needed: most hosts of a simulation never reset anything.
    private @Nullable Ring connections;
    private @Nullable Ring strangers;

    ResetLog(Tcp tcp) {
        this.tcp = tcp;
    }

    /// One remembered reset.
    ///
    /// @param ageNs nanoseconds since it was sent or came
    /// @param state the connection's state then; CLOSED for a segment of a stranger
    /// @param unread octets that had arrived and that the program had not read
    /// @param unacknowledged octets of the program that the peer had not acknowledged
    public record Row(long ageNs, ResetReason reason, TcpState state, IpAddress local, int localPort, IpAddress remote, int remotePort, int unread,
            int unacknowledged) {}

    /// The remembered resets of connections, the newest first.
    public List<Row> connections() {
        return rows(connections);
    }

    /// The remembered answers to segments without a connection, the newest first.
    public List<Row> strangers() {
        return rows(strangers);
    }

    private List<Row> rows(@Nullable Ring ring) {
        List<Row> rows = new ArrayList<>();
        for (int back = 1; ring != null && back <= ring.filled; back++) {
            rows.add(ring.row(Math.floorMod(ring.next - back, ring.size), tcp.now()));
        }
        return rows;
    }

    /// A connection that is being reset; called while its state is still known.
    void add(Connection c, ResetReason reason) {
        int at = ofConnections().claim(tcp.now(), reason, c.tcpState(), c.localPort(), c.remotePort(), c.unread(), c.unacknowledged());
        ofConnections().names(at, c.localHigh(), c.localLow(), c.remoteHigh(), c.remoteLow());
    }

    /// A segment that is answered by RST; `state` is that of what it was meant for, CLOSED if there was nothing.
    void add(Segment seg, TcpState state, ResetReason reason) {
        Ring ring = reason == ResetReason.NO_SOCKET ? ofStrangers() : ofConnections();
        IpDatagram ip = seg.ip;
        int at = ring.claim(tcp.now(), reason, state, seg.destinationPort, seg.sourcePort, 0, 0);
        ring.names(at, ip.destinationHigh, ip.destinationLow, ip.sourceHigh, ip.sourceLow);
    }

    private Ring ofConnections() {
        Ring ring = connections;
        if (ring == null) {
            ring = new Ring(CONNECTIONS);
            connections = ring;
        }
        return ring;
    }

    private Ring ofStrangers() {
        Ring ring = strangers;
        if (ring == null) {
            ring = new Ring(STRANGERS);
            strangers = ring;
        }
        return ring;
    }

    /// Columns of primitives; the oldest row is written over.
    private static final class Ring {
        private static final ResetReason[] REASONS = ResetReason.values();
        private static final TcpState[] STATES = TcpState.values();

        private final int size;
        private final long[] timeNs;
        private final byte[] reason;
        private final byte[] state;
        private final char[] localPort;
        private final char[] remotePort;
        private final int[] unread;
        private final int[] unacknowledged;
        private final long[] names;
        private int next;
        private int filled;

        Ring(int size) {
            this.size = size;
            timeNs = new long[size];
            reason = new byte[size];
            state = new byte[size];
            localPort = new char[size];
            remotePort = new char[size];
            unread = new int[size];
            unacknowledged = new int[size];
            names = new long[size * 4];
        }

        int claim(long nowNs, ResetReason why, TcpState in, int local, int remote, int waiting, int outstanding) {
            int at = next;
            next = (next + 1) % size;
            filled = Math.min(size, filled + 1);
            timeNs[at] = nowNs;
            reason[at] = (byte) why.ordinal();
            state[at] = (byte) in.ordinal();
            localPort[at] = (char) local;
            remotePort[at] = (char) remote;
            unread[at] = waiting;
            unacknowledged[at] = outstanding;
            return at;
        }

        void names(int at, long localHigh, long localLow, long remoteHigh, long remoteLow) {
            names[at * 4] = localHigh;
            names[at * 4 + 1] = localLow;
            names[at * 4 + 2] = remoteHigh;
            names[at * 4 + 3] = remoteLow;
        }

        Row row(int at, long nowNs) {
            return new Row(nowNs - timeNs[at], REASONS[reason[at]], STATES[state[at]], new IpAddress(names[at * 4], names[at * 4 + 1]), localPort[at],
                    new IpAddress(names[at * 4 + 2], names[at * 4 + 3]), remotePort[at], unread[at], unacknowledged[at]);
        }
    }
}
