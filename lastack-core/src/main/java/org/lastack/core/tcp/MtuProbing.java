package org.lastack.core.tcp;

import org.lastack.core.Counter;
import org.lastack.core.Sysctl;

/// Path MTU discovery without ICMP (RFC 4821, and RFC 8899 §5 whose rules it follows where they concern TCP): segments larger than those that are known to arrive are
/// tried now and then, and the segments become smaller when nothing arrives any more. With the search and the settings of Linux. Only connections for which
/// `tcp_mtu_probing` has switched it on have one.
final class MtuProbing {
    /// Results of [#probe] beside 1 (a probe was sent).
    static final int NOTHING = 0;
    static final int WAIT = -1;
    /// Least cwnd for a probe: its loss must not stop the connection.
    private static final int LEAST_WINDOW = 11;

    /// The largest packet that is known to pass, and the smallest that is not known to be too large less one (RFC 4821 §7.1).
    private int searchLow;
    private int searchHigh;
    /// The probe in flight: size of its packet, 0 = none, and where it stands.
    private int probeSize;
    private int probeStart;
    private int probeEnd;
    private long sinceNs;

    private MtuProbing() {}

    /// The connection is synchronized: with `tcp_mtu_probing` 2 it begins small and probes.
    static void begin(Connection c) {
        c.mtuProbing = null;
        if (c.tcp.sysctls().getInt(Sysctl.TCP_MTU_PROBING) > 1) {
            enable(c);
        }
    }

    private static void enable(Connection c) {
        MtuProbing p = new MtuProbing();
        p.searchHigh = p.limit(c);
        p.searchLow = packetOf(c, c.tcp.sysctls().getInt(Sysctl.TCP_BASE_MSS));
        p.sinceNs = c.tcp.now();
        c.mtuProbing = p;
    }

    /// The packet of a segment as large as the peer takes.
    private int limit(Connection c) {
        int mss = c.userMss > 0 ? Math.min(c.userMss, c.peerMss) : c.peerMss;
        return mss + org.lastack.wire.TcpHeader.MIN_LENGTH + ipHeader(c);
    }

    private static int ipHeader(Connection c) {
        return c.v4() ? 20 : 40;
    }

    private static int packetOf(Connection c, int text) {
        return text + c.fixedOptions() + org.lastack.wire.TcpHeader.MIN_LENGTH + ipHeader(c);
    }

    private static int textOf(Connection c, int packet) {
        int mss = Math.min(packet - ipHeader(c) - org.lastack.wire.TcpHeader.MIN_LENGTH, c.userMss > 0 ? Math.min(c.userMss, c.peerMss) : c.peerMss);
        return Math.max(mss, c.tcp.sysctls().getInt(Sysctl.TCP_MIN_SND_MSS)) - c.fixedOptions();
    }

    /// What the search leaves of a segment size.
    int bound(Connection c, int mss) {
        searchHigh = Math.min(searchHigh, c.mssPathMtu);
        return Math.min(mss, textOf(c, searchLow));
    }

    /// Time-outs have gone on for R1: perhaps large packets vanish (RFC 4821 §7.7). The first time begins at `tcp_base_mss`, each further one halves.
    static void blackHole(Connection c) {
        if (c.tcp.sysctls().getInt(Sysctl.TCP_MTU_PROBING) == 0) {
            return;
        }
        MtuProbing p = c.mtuProbing;
        if (p == null) {
            enable(c);
        } else {
            int mss = Math.min(c.tcp.sysctls().getInt(Sysctl.TCP_BASE_MSS), textOf(c, p.searchLow) >> 1);
            mss = Math.max(mss, Math.max(c.tcp.sysctls().getInt(Sysctl.TCP_MTU_PROBE_FLOOR), c.tcp.sysctls().getInt(Sysctl.TCP_MIN_SND_MSS)));
            p.searchLow = packetOf(c, mss);
        }
        Sending.syncMss(c);
    }

    /// Sends a probe if it is time and nothing speaks against it (RFC 4821 §7.4): halfway between what passes and what may, new text only, and enough behind it
    /// that its loss would be noticed by duplicate ACKs.
    ///
    /// @return 1 if one was sent, [#WAIT] if it will be when more has left the network, else [#NOTHING]
    int probe(Connection c, Sender s, int mss) {
        Receiver receiver = c.receiver;
        boolean reporting = receiver != null && (receiver.recentCount > 0 || receiver.duplicate);
        if (probeSize != 0 || s.state != Sender.OPEN || s.cwnd < LEAST_WINDOW || reporting) {
            return NOTHING;
        }
        int size = textOf(c, searchHigh + searchLow >> 1);
        if (size > textOf(c, searchHigh) || searchHigh - searchLow < Math.max(1, c.tcp.sysctls().getInt(Sysctl.TCP_PROBE_THRESHOLD))) {
            again(c, mss);
            return NOTHING;
        }
        int needed = size + (s.reordering + 1) * c.mss;
        if (c.unsent() < needed || c.snd.wnd < needed) {
            return NOTHING;
        }
        if (Seq.gt(c.snd.nxt + needed, c.snd.edge())) {
            return WAIT;
        }
        if (s.inFlight() + 2 > s.cwnd) {
            return s.inFlight() == 0 ? NOTHING : WAIT;
        }
        if (Sending.waitsForPacing(c, s)) {
            return WAIT;
        }
        probeStart = c.snd.nxt;
        Sending.transmitMtuProbe(c, s, size);
        probeEnd = c.snd.nxt;
        probeSize = packetOf(c, size);
        // It is worth two segments.
        s.cwnd--;
        return 1;
    }

    /// The search is over. After `tcp_probe_interval` it begins anew: the path may have become better.
    private void again(Connection c, int mss) {
        if (c.tcp.now() - sinceNs >= c.tcp.sysctls().get(Sysctl.TCP_PROBE_INTERVAL) * 1_000_000_000L) {
            searchHigh = Math.min(limit(c), c.mssPathMtu);
            searchLow = packetOf(c, mss);
            sinceNs = c.tcp.now();
        }
    }

    /// SND.UNA has moved: if over the probe, the path carries its size (RFC 4821 §7.6.1). cwnd counts segments and shrinks, so that it stays the same in octets.
    void acked(Connection c, Sender s) {
        if (probeSize == 0 || Seq.gt(probeEnd, c.snd.una)) {
            return;
        }
        s.priorSsthresh = Recovery.currentSsthresh(s);
        s.cwnd = (int) Math.max(1, (long) s.cwnd * packetOf(c, c.mss) / probeSize);
        s.cwndCredit = 0;
        s.cwndStampNs = c.tcp.now();
        s.ssthresh = Recovery.currentSsthresh(s);
        searchLow = probeSize;
        probeSize = 0;
        c.tcp.count(Counter.TcpExtTCPMTUPSuccess);
        Sending.syncMss(c);
    }

    /// Recovery is about to begin: if it is for the probe alone, the probe was too large, and that is not congestion (RFC 4821 §7.6.2, RFC 8899 §3, item 7).
    ///
    /// @return true if so: its octets are to go again in segments of the usual size
    boolean failed(Connection c, Sender s) {
        if (probeSize == 0 || s.state >= Sender.CWR || c.snd.una != probeStart) {
            return false;
        }
        searchHigh = probeSize - 1;
        probeSize = 0;
        s.cwnd++;
        c.tcp.count(Counter.TcpExtTCPMTUPFail);
        return true;
    }

    void inconclusive() {
        probeSize = 0;
    }
}
