package org.lastack.tools.why;

import org.lastack.core.socket.Owner;
import org.lastack.core.tcp.SocketRow;
import org.lastack.core.tcp.TcpInfo;
import org.lastack.core.tcp.TcpSocket;
import org.lastack.core.tcp.TcpState;

/// A connection that can send, with what tells why it does not. A snapshot.
///
/// @param info its numbers, as TCP_INFO has them
/// @param unsent octets written and not yet sent
/// @param inFlight octets sent and not yet acknowledged
/// @param moreToCome the last write had MSG_MORE
/// @param windowNs nanoseconds since the peer's window has been what it waits for, 0 if it does not
/// @param wantsRoom a writer found the send buffer full
/// @param idleTime TCP_KEEPIDLE in seconds, or 0 if SO_KEEPALIVE is off
record Flow(SocketRow row, TcpInfo info, int unsent, int inFlight, boolean noDelay, boolean cork, boolean moreToCome, long windowNs, boolean wantsRoom, int sendBuffer, int idleTime) {
    private static final int SOL_SOCKET = 1;
    private static final int SO_KEEPALIVE = 9;
    private static final int IPPROTO_TCP = 6;
    private static final int TCP_NODELAY = 1;
    private static final int TCP_CORK = 3;
    private static final int TCP_KEEPIDLE = 4;

    /// Is it synchronized, and may text or a FIN of ours still be under way?
    static boolean sends(SocketRow row) {
        return row.socket() != null && switch (row.state()) {
            case ESTABLISHED, CLOSE_WAIT, FIN_WAIT_1, CLOSING, LAST_ACK -> true;
            case CLOSED, LISTEN, SYN_SENT, SYN_RECEIVED, FIN_WAIT_2, TIME_WAIT -> false;
        };
    }

    static Flow of(SocketRow row) {
        TcpSocket socket = java.util.Objects.requireNonNull(row.socket());
        TcpInfo info = socket.info();
        return new Flow(row, info, info.notsentBytes(), Math.max(0, row.sendQueue() - info.notsentBytes()), option(socket, IPPROTO_TCP, TCP_NODELAY) != 0,
                option(socket, IPPROTO_TCP, TCP_CORK) != 0, socket.moreToCome(), socket.windowLimitedNs(), socket.waitsForSendBuffer(), socket.sendBuffer(),
                option(socket, SOL_SOCKET, SO_KEEPALIVE) == 0 ? 0 : option(socket, IPPROTO_TCP, TCP_KEEPIDLE));
    }

    private static int option(TcpSocket socket, int level, int name) {
        return Math.max(0, socket.getInt(level, name));
    }

    /// Has it text, or a FIN, that the peer has not acknowledged?
    boolean waits() {
        return row.sendQueue() > 0 || info.unacked() > 0 || row.state() != TcpState.ESTABLISHED && row.state() != TcpState.CLOSE_WAIT;
    }

    /// Segments that the congestion window counts (RFC 6675's pipe).
    int segmentsInFlight() {
        return Math.max(0, info.unacked() - info.sacked() - info.lost() + info.retrans());
    }

    String names() {
        Owner owner = row.owner();
        return row.local().withPort(row.localPort()) + " with " + row.remote().withPort(row.remotePort()) + ", "
                + (owner == null || owner.pid() == 0 ? "of nobody" : "of " + owner.program() + " (process " + owner.pid() + ")");
    }
}
