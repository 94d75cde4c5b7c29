package org.lastack.core.tcp;

import org.lastack.core.Counter;
import org.lastack.core.ip.IcmpError;
import org.lastack.core.socket.InetSocket;
import org.lastack.wire.TcpHeader;

/// ICMP errors about segments of ours (RFC 9293 §3.9.2.2, MUST-47, MUST-54, MUST-55, MUST-56, SHLD-25; RFC 5927). A quote must name a sequence number that is in flight, else
/// the message is a stranger's guess. Only a connection attempt is aborted by hard errors; in synchronized states they are remembered
/// (deviation from SHLD-26, as every major stack does: RFC 5461, RFC 5927 §5.2).
final class IcmpErrors {
    private IcmpErrors() {}

    static void process(Tcp tcp, IcmpError error) {
        if (error.length < 8) {
            return;
        }
        int localPort = TcpHeader.sourcePort(error.data, error.offset);
        int remotePort = TcpHeader.destinationPort(error.data, error.offset);
        int seq = TcpHeader.sequence(error.data, error.offset);
        Tcb c = tcp.connection(error.localHigh, error.localLow, localPort, error.remoteHigh, error.remoteLow, remotePort);
        if (c == null) {
            embryo(tcp, error, localPort, remotePort, seq);
            return;
        }
        // A child of Fast Open may be told of its SYN-ACK.
        if (!Seq.between(seq, c.awaitsHandshake() ? c.snd.iss : c.snd.una, c.snd.nxt)) {
            tcp.count(Counter.TcpExtOutOfWindowIcmps);
            return;
        }
        if (error.packetTooBig) {
            packetTooBig(tcp, c, error);
            return;
        }
        int errno = error.errno();
        if (errno == 0) {
            // MUST-55: source quench is ignored, and so is what we do not know.
            return;
        }
        boolean connecting = c.tcpState() == TcpState.SYN_SENT || c.tcpState() == TcpState.SYN_RECEIVED && !c.awaitsHandshake();
        if (connecting && abortsAttempt(error)) {
            c.queueError(error, errno, remotePort);
            tcp.reset(c, errno);
            return;
        }
        // SHLD-20: reported at once only if the application asked for it, else kept for SO_ERROR (MUST-47).
        boolean reported = c.option(error.v4 ? InetSocket.RECVERR : InetSocket.RECVERR6);
        if (reported && !connecting) {
            c.error(errno);
            c.raise(InetSocket.POLLERR);
        } else {
            c.softError(errno);
        }
    }

    /// During connect every unreachable counts, net and host included (RFC 5461 §4.1; Linux), and so does a hop limit that ran out on the way.
    private static boolean abortsAttempt(IcmpError error) {
        if (error.v4) {
            return error.type == 3 || error.type == 12 || error.type == 11 && error.code == 0;
        }
        return error.type == 1 || error.type == 4 || error.type == 3 && error.code == 0;
    }

    private static void embryo(Tcp tcp, IcmpError error, int localPort, int remotePort, int seq) {
        Embryo embryo = tcp.embryo(error.localHigh, error.localLow, localPort, error.remoteHigh, error.remoteLow, remotePort);
        if (embryo == null || seq != embryo.iss) {
            return;
        }
        if (!error.packetTooBig && endsEmbryo(error)) {
            tcp.embryos().remove(embryo);
            tcp.count(Counter.TcpAttemptFails);
        }
    }

    /// What ends a half-open connection, as in Linux: over IPv4 that nobody can be reached; that a port is closed or a filter is there says nothing about whoever sent
    /// the SYN. Over IPv6 whatever is an error that lasts.
    private static boolean endsEmbryo(IcmpError error) {
        if (error.v4) {
            return error.type == 11 || error.type == 12 || error.type == 3 && error.code <= 1;
        }
        return error.hard() && error.errno() != 0;
    }

    /// Path MTU discovery (RFC 1191, RFC 8201): smaller segments, and what was in flight and too big goes out again at once. No reduction of cwnd: the
    /// loss is not congestion.
    private static void packetTooBig(Tcp tcp, Tcb c, IcmpError error) {
        if (c.tcpState() == TcpState.SYN_SENT && c.synUnacked && c.sender().flight.isEmpty()) {
            return;
        }
        tcp.ip().learnPathMtu(c.remoteHigh(), c.remoteLow(), error.mtu);
        int before = c.mss;
        c.forgetRoute();
        if (c.mss == 0 || !c.tcpState().synchronizedState()) {
            return;
        }
        Sending.syncMss(c);
        if (c.mss >= before) {
            return;
        }
        Sender s = c.sender;
        if (s == null || s.flight.isEmpty()) {
            return;
        }
        tcp.recovery().pathMtuFell(c, s, Sending.currentMss(c));
    }
}
