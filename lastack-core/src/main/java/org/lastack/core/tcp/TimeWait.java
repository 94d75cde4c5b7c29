package org.lastack.core.tcp;

import org.lastack.core.Counter;
import org.lastack.core.Sysctl;
import org.lastack.core.socket.TupleUse;
import org.lastack.wire.IpAddress;
import org.lastack.wire.TcpHeader;

/// TIME-WAIT (RFC 9293 §3.6.1, §3.10.7.4, §3.10.8): its duration, its restart by a late FIN, what may reopen or end it (RFC 6191, RFC 1337), and the
/// orphans in FIN-WAIT-2 that share the table.
final class TimeWait {
    private static final long SECOND_NS = 1_000_000_000L;

    private final Tcp tcp;
    final CloseLog closes = new CloseLog();
    private final TimeWaitTable table;

    TimeWait(Tcp tcp, TimeWaitTable table) {
        this.tcp = tcp;
        this.table = table;
    }

    /// 2 MSL (MUST-13): 60 s as Linux has it, or what `lastack.tcp_timewait_ms` says.
    private long durationNs() {
        return tcp.sysctls().get(Sysctl.TCP_TIMEWAIT_MS) * 1_000_000;
    }

    /// Moves a connection into the table.
    void enter(Tcb c, TcpState kind) {
        closes.add(c, c.tcpState() == TcpState.CLOSING ? CloseLog.BOTH : CloseLog.OURS);
        boolean finWait2 = kind == TcpState.FIN_WAIT_2;
        int most = Math.min(TupleRows.MOST / 2, tcp.sysctls().getInt(Sysctl.TCP_MAX_TW_BUCKETS));
        if (most == 0) {
            // Linux's escape hatch: no TIME-WAIT at all. What arrives later is answered by RST.
            tcp.count(Counter.TcpExtTCPTimeWaitOverflow);
            return;
        }
        if (table.size() >= most) {
            // SECURITY R-06: the oldest goes, and it is counted; new connections are never refused for it.
            tcp.count(Counter.TcpExtTCPTimeWaitOverflow);
            end(table.earliest());
        }
        int flags = (c.timestamps ? TimeWaitTable.FLAG_TIMESTAMPS : 0) | (finWait2 ? TimeWaitTable.FLAG_FIN_WAIT_2 : 0);
        tcp.leaveTable(c);
        int hash = tcp.hash(c.localHigh(), c.localLow(), c.localPort(), c.remoteHigh(), c.remoteLow(), c.remotePort());
        long duration = finWait2 ? c.finWait2Ms() * 1_000_000 : durationNs();
        int entry = table.add(hash, c.localHigh(), c.localLow(), c.localPort(), c.remoteHigh(), c.remoteLow(), c.remotePort(), flags, tcp.now(), duration);
        table.sequence(entry, c.snd.nxt, c.rcv.nxt, Math.min(0xffff, c.rcv.window() >>> c.rcv.scale), c.rcv.scale);
        table.tsRecent(entry, c.tsRecent, c.timestamps ? c.tsRecentStampNs : 0);
        table.claim(entry, tcp.ports().toTimeWait(c));
        tcp.count(Counter.TcpExtTW);
        tcp.timeWaitChanged();
    }

    void expire(long nowNs) {
        for (int entry = table.earliest(); entry != TimeWaitTable.NONE && table.deadlineNs(entry) <= nowNs; entry = table.earliest()) {
            end(entry);
        }
        tcp.timeWaitChanged();
    }

    private void end(int entry) {
        int claim = table.claim(entry);
        table.remove(entry);
        tcp.ports().leave(claim);
    }

    // ---- segments ---------------------------------------------------------------------------------------------------------------------

    /// A segment for an entry. The trap of the RFC's text: a retransmitted FIN fails the first step, so the restart of 2 MSL that the eighth step
    /// demands must happen there.
    void arrives(int entry, Segment seg, int hash) {
        boolean stamps = table.has(entry, TimeWaitTable.FLAG_TIMESTAMPS) && seg.options.hasTimestamps;
        boolean tooOld = stamps && Seq.lt(seg.options.timestampValue, table.tsRecent(entry));
        if (table.has(entry, TimeWaitTable.FLAG_FIN_WAIT_2)) {
            finWait2(entry, seg, stamps, tooOld);
            return;
        }
        int rcvNxt = table.rcvNxt(entry);
        boolean exact = seg.seq == rcvNxt && (seg.length() == 0 || seg.rst());
        if (!tooOld && exact) {
            if (seg.rst()) {
                rst(entry);
                return;
            }
            // A pure ACK in sequence, or nothing at all: nothing to say. With the former the wait begins anew, as in Linux.
            if (seg.hasAck()) {
                restart(entry, seg, stamps);
            }
            return;
        }
        if (seg.rst()) {
            return;
        }
        if (seg.syn() && !seg.hasAck() && !tooOld && reopens(entry, seg, stamps)) {
            if (reopen(entry, seg, hash)) {
                return;
            }
        }
        if (tooOld) {
            tcp.count(Counter.TcpExtPAWSEstab);
        }
        if (seg.hasAck() && !seg.syn()) {
            // MUST-13, eighth step: a FIN that comes again restarts 2 MSL.
            if (tooOld || !Seq.gt(seg.seq, rcvNxt)) {
                acknowledge(table.restart(entry, tcp.now(), durationNs()), seg);
                tcp.timeWaitChanged();
                return;
            }
        }
        acknowledge(entry, seg);
    }

    /// RFC 5961 §5.2, with the unscaled window as the largest that the peer ever offered: the entry does not remember more.
    private boolean ackOutside(int entry, int ack) {
        int behind = table.sndNxt(entry) - ack;
        return behind < 0 || behind > 0xffff;
    }

    /// Text is always answered; a segment without any at most once per `tcp_invalid_ratelimit`, or two confused ends would never stop (SECURITY B-13).
    private void acknowledge(int entry, Segment seg) {
        if (seg.syn() || seg.dataLength == 0 && !seg.fin()) {
            if (table.answeredLately(entry, (int) (tcp.now() / 1_000_000), tcp.sysctls().getInt(Sysctl.TCP_INVALID_RATELIMIT))) {
                tcp.count(Counter.TcpExtTCPACKSkippedTimeWait);
                return;
            }
        }
        boolean stamps = table.has(entry, TimeWaitTable.FLAG_TIMESTAMPS);
        tcp.output().bare(seg.ip, TcpHeader.ACK, table.localPort(entry), table.remotePort(entry), table.sndNxt(entry), table.rcvNxt(entry),
                table.window(entry), stamps, tcp.timestamp(tsOffset(entry)), table.tsRecent(entry));
    }

    private int tsOffset(int entry) {
        return tcp.timestampOffset(table.localHigh(entry), table.localLow(entry), table.remoteHigh(entry), table.remoteLow(entry));
    }

    private void rst(int entry) {
        if (!tcp.sysctl(Sysctl.TCP_RFC1337)) {
            end(entry);
            tcp.timeWaitChanged();
        }
        // RFC 1337 F1: otherwise an RST does not end TIME-WAIT (SECURITY B-10). Linux leaves that off.
    }

    private void restart(int entry, Segment seg, boolean stamps) {
        int again = table.restart(entry, tcp.now(), durationNs());
        if (stamps) {
            table.tsRecent(again, seg.options.timestampValue, tcp.now());
        }
        tcp.timeWaitChanged();
    }

    /// RFC 6191 §2 and RFC 9293 §3.6.1 (MAY-2, SHLD-4): a SYN that is certainly newer than everything of the old connection.
    private boolean reopens(int entry, Segment seg, boolean stamps) {
        if (Seq.gt(seg.seq, table.rcvNxt(entry))) {
            return true;
        }
        return stamps && Seq.gt(seg.options.timestampValue, table.tsRecent(entry));
    }

    private boolean reopen(int entry, Segment seg, int hash) {
        Tcb listener = tcp.listener(seg);
        if (listener == null) {
            return false;
        }
        int iss = table.sndNxt(entry) + Tcp.reopenGap();
        end(entry);
        tcp.timeWaitChanged();
        if (seg.fin()) {
            // The listener drops what brings a FIN with its SYN (W140); the old connection is over all the same, as in Linux.
            return true;
        }
        tcp.count(Counter.TcpExtTWRecycled);
        tcp.listen().syn(listener, seg, hash, iss == 0 ? 1 : iss);
        return true;
    }

    // ---- FIN-WAIT-2 of an orphan --------------------------------------------------------------------------------------------------------

    private void finWait2(int entry, Segment seg, boolean stamps, boolean tooOld) {
        int rcvNxt = table.rcvNxt(entry);
        boolean inWindow = seg.seq == rcvNxt && seg.length() == 0
                || Seq.lt(seg.seq, rcvNxt + Math.max(1, table.windowOctets(entry))) && Seq.gt(seg.end(), rcvNxt) || seg.seq == rcvNxt;
        if (tooOld || !inWindow) {
            if (!seg.rst()) {
                acknowledge(entry, seg);
            }
            return;
        }
        if (seg.rst()) {
            // RFC 5961 §3.2, as in every synchronized state (SECURITY B-01). Linux ends the entry for any RST in the window.
            if (seg.seq == rcvNxt) {
                end(entry);
                tcp.timeWaitChanged();
            } else {
                acknowledge(entry, seg);
            }
            return;
        }
        if (seg.syn() || seg.hasAck() && ackOutside(entry, seg.ack)) {
            // RFC 5961 §4.2 and §5.2 (SECURITY B-02, B-03). Linux answers such a SYN by RST.
            acknowledge(entry, seg);
            return;
        }
        if (!seg.hasAck() || seg.length() == 0 || !Seq.gt(seg.end(), rcvNxt)) {
            return;
        }
        if (!seg.fin() || seg.end() != rcvNxt + 1) {
            // Text that nobody will read (RFC 9293 §3.6.1, SHLD-3).
            tcp.count(Counter.TcpExtTCPAbortOnData);
            tcp.output().resetFor(seg, TcpState.FIN_WAIT_2, ResetReason.DATA_AFTER_CLOSE);
            end(entry);
            tcp.timeWaitChanged();
            return;
        }
        table.clear(entry, TimeWaitTable.FLAG_FIN_WAIT_2);
        table.rcvNxt(entry, seg.end());
        int again = table.restart(entry, tcp.now(), durationNs());
        if (stamps) {
            table.tsRecent(again, seg.options.timestampValue, tcp.now());
        }
        tcp.timeWaitChanged();
        acknowledge(again, seg);
    }

    // ---- reuse by connect ---------------------------------------------------------------------------------------------------------------

    /// May a connect to that peer take this entry's tuple (Linux: `tcp_tw_reuse`; RFC 6191's idea from the other side)? Only with timestamps. A
    /// port that the application bound itself is reused at once; one chosen by us after a second, if the setting allows it.
    boolean reusable(int entry, long remoteHigh, long remoteLow, boolean autobound) {
        if (withoutTimestamps(entry)) {
            return false;
        }
        if (!autobound) {
            return true;
        }
        return tcp.now() >= reusableAtNs(entry, remoteHigh, remoteLow);
    }

    /// When a connect without a bound port may take the entry's tuple, or [TupleUse#NEVER].
    long reusableAtNs(int entry, long remoteHigh, long remoteLow) {
        int mode = tcp.sysctls().getInt(Sysctl.TCP_TW_REUSE);
        boolean loopback = IpAddress.isLoopback(remoteHigh, remoteLow) || IpAddress.isLoopback(table.localHigh(entry), table.localLow(entry));
        if (mode == 0 || mode == 2 && !loopback || withoutTimestamps(entry)) {
            return TupleUse.NEVER;
        }
        long beganNs = table.deadlineNs(entry) - durationNs();
        return beganNs + Math.max(tcp.sysctls().get(Sysctl.TCP_TW_REUSE_DELAY) * 1_000_000, SECOND_NS);
    }

    private boolean withoutTimestamps(int entry) {
        return !table.has(entry, TimeWaitTable.FLAG_TIMESTAMPS) || table.tsRecentStampNs(entry) == 0 && table.tsRecent(entry) == 0;
    }

    /// A connect uses the tuple of an entry: the new ISS lies above all that the old connection sent. 0 = there was no entry.
    int takeOver(Tcb c) {
        int hash = tcp.hash(c.localHigh(), c.localLow(), c.localPort(), c.remoteHigh(), c.remoteLow(), c.remotePort());
        int entry = table.find(hash, c.localHigh(), c.localLow(), c.localPort(), c.remoteHigh(), c.remoteLow(), c.remotePort());
        if (entry == TimeWaitTable.NONE) {
            return 0;
        }
        int iss = table.sndNxt(entry) + Tcp.reopenGap();
        c.tsRecent = table.tsRecent(entry);
        c.tsRecentStampNs = table.tsRecentStampNs(entry);
        end(entry);
        tcp.timeWaitChanged();
        tcp.count(Counter.TcpExtTWRecycled);
        return iss == 0 ? 1 : iss;
    }
}
