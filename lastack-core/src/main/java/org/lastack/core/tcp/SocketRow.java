package org.lastack.core.tcp;

import org.jspecify.annotations.Nullable;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.socket.Owner;
import org.lastack.wire.IpAddress;

/// One line of `netstat` or `ss`: a listener, a connection, a half-open connection or an entry in TIME-WAIT. A snapshot.
///
/// @param state state of the connection; an orphan in FIN-WAIT-2 and TIME-WAIT have no owner
/// @param domain AF_INET or AF_INET6 of the socket; of an entry without one, by its address
/// @param recvQueue unread octets; of a listener, connections waiting to be accepted
/// @param sendQueue unacknowledged octets; of a listener, the backlog
/// @param timer what `ss -o` shows: `on`, `keepalive`, `timewait`, `persist`, or empty
/// @param timerNs nanoseconds until it fires
/// @param stateSinceNs time at which the state was entered
/// @param firstCloser 0 nobody, 1 this side, 2 the peer sent the first FIN
/// @param device interface index of SO_BINDTODEVICE, 0 = none
/// @param noticedNs nanoseconds until this side would notice that its peer has vanished and give up, [Long#MAX_VALUE] if never
/// @param socket the socket itself, for tools in this process; null for entries without one
public record SocketRow(TcpState state, int domain, IpAddress local, int localPort, IpAddress remote, int remotePort, int recvQueue, int sendQueue,
        @Nullable Owner owner, String timer, long timerNs, int retransmits, long stateSinceNs, int optionBits, boolean orphan, int firstCloser,
        int device, long noticedNs, @Nullable TcpSocket socket) {

    static SocketRow of(Tcb c) {
        Listener listener = c.listener;
        long now = c.tcp.now();
        String timer = "";
        long until = 0;
        if (c.retransmitDeadlineNs != Connection.never()) {
            timer = c.retransmitKind == Connection.TIMER_PROBE ? "persist" : "on";
            until = c.retransmitDeadlineNs - now;
        } else if (c.keepaliveDeadlineNs != Connection.never()) {
            timer = "keepalive";
            until = c.keepaliveDeadlineNs - now;
        }
        return new SocketRow(c.state(), c.domain(), new IpAddress(c.localHigh(), c.localLow()), c.localPort(),
                new IpAddress(c.remoteHigh(), c.remoteLow()), c.remotePort(), listener != null ? listener.queued() : c.unread(),
                listener != null ? listener.backlog : c.unacknowledged(), c.orphan ? null : c.owner(), timer, until,
                c.retransmitKind == Connection.TIMER_PROBE ? c.probesOut : c.retransmits, c.stateSinceNs, c.bits(), c.orphan, c.firstCloser, c.boundInterface(),
                Detection.ns(c), c.handle());
    }

    static SocketRow of(Embryo e) {
        return new SocketRow(TcpState.SYN_RECEIVED, domain(e.localHigh, e.localLow), new IpAddress(e.localHigh, e.localLow), e.localPort,
                new IpAddress(e.remoteHigh, e.remoteLow), e.remotePort, 0, 0, null, "on",
                e.deadlineNs - e.tcp.now(), e.retransmits, e.bornNs, 0, false, 0, 0, Detection.NEVER, null);
    }

    /// @param optionBits the reuse options that the entry has inherited
    static SocketRow of(TimeWaitTable table, int entry, long nowNs, long durationNs, int optionBits) {
        boolean finWait2 = table.has(entry, TimeWaitTable.FLAG_FIN_WAIT_2);
        long until = table.deadlineNs(entry) - nowNs;
        return new SocketRow(finWait2 ? TcpState.FIN_WAIT_2 : TcpState.TIME_WAIT, domain(table.localHigh(entry), table.localLow(entry)),
                new IpAddress(table.localHigh(entry), table.localLow(entry)), table.localPort(entry),
                new IpAddress(table.remoteHigh(entry), table.remoteLow(entry)), table.remotePort(entry), 0, 0, null, "timewait", until, 0,
                table.deadlineNs(entry) - durationNs, optionBits, true, 1, 0, Detection.NEVER, null);
    }

    private static int domain(long high, long low) {
        return IpAddress.isV4(high, low) ? InetSocket.AF_INET : InetSocket.AF_INET6;
    }
}
