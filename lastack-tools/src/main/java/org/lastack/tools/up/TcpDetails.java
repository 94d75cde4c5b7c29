package org.lastack.tools.up;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.lastack.core.tcp.TcpInfo;

/// What `ss -i` says about a connection, in the words and the order of ss.
final class TcpDetails {
    private static final int INFINITE_THRESHOLD = 0x7fff_ffff;

    private final Map<String, Object> fields = new LinkedHashMap<>();

    private TcpDetails() {}

    static Map<String, Object> of(TcpInfo info, String congestionControl) {
        TcpDetails details = new TcpDetails();
        details.options(info, congestionControl);
        details.timing(info);
        details.volume(info);
        details.rates(info);
        details.recovery(info);
        details.receiver(info);
        return details.fields;
    }

    private void word(String name, boolean present) {
        if (present) {
            fields.put(name, true);
        }
    }

    private void number(String name, long value) {
        if (value > 0) {
            fields.put(name, value);
        }
    }

    private static String ms(long us) {
        String text = String.format(Locale.ROOT, "%.3f", us / 1000.0).replaceFirst("0+$", "");
        return text.endsWith(".") ? text.substring(0, text.length() - 1) : text;
    }

    private void options(TcpInfo info, String congestionControl) {
        word("ts", (info.options() & TcpInfo.OPT_TIMESTAMPS) != 0);
        word("sack", (info.options() & TcpInfo.OPT_SACK) != 0);
        word("ecn", (info.options() & TcpInfo.OPT_ECN) != 0);
        word("ecnseen", (info.options() & TcpInfo.OPT_ECN_SEEN) != 0);
        word(congestionControl, !congestionControl.isEmpty());
        if ((info.options() & TcpInfo.OPT_WSCALE) != 0) {
            fields.put("wscale", info.sndWscale() + "," + info.rcvWscale());
        }
    }

    private void timing(TcpInfo info) {
        fields.put("rto", ms(info.rtoUs()));
        number("backoff", info.backoff());
        if (info.rttUs() > 0) {
            fields.put("rtt", ms(info.rttUs()) + "/" + ms(info.rttvarUs()));
        }
        if (info.atoUs() > 0) {
            fields.put("ato", ms(info.atoUs()));
        }
        number("mss", info.sndMss());
        number("pmtu", info.pmtu());
        number("rcvmss", info.rcvMss());
        number("advmss", info.advmss());
        number("cwnd", info.sndCwnd());
        if (info.sndSsthresh() < INFINITE_THRESHOLD) {
            number("ssthresh", info.sndSsthresh());
        }
    }

    private void volume(TcpInfo info) {
        number("bytes_sent", info.bytesSent());
        number("bytes_retrans", info.bytesRetrans());
        number("bytes_acked", info.bytesAcked());
        number("bytes_received", info.bytesReceived());
        number("segs_out", info.segsOut());
        number("segs_in", info.segsIn());
        number("data_segs_out", info.dataSegsOut());
        number("data_segs_in", info.dataSegsIn());
    }

    private void rates(TcpInfo info) {
        if (info.rttUs() > 0) {
            number("send", (long) info.sndCwnd() * info.sndMss() * 8 * 1_000_000 / info.rttUs());
        }
        number("lastsnd", info.lastDataSentMs());
        number("lastrcv", info.lastDataRecvMs());
        number("lastack", info.lastAckRecvMs());
        number("pacing_rate", info.pacingRate() * 8);
        number("delivery_rate", info.deliveryRate() * 8);
        number("delivered", info.delivered());
        number("delivered_ce", info.deliveredCe());
        word("app_limited", info.deliveryRateAppLimited());
        limited("busy", info.busyTimeUs());
        limited("rwnd_limited", info.rwndLimitedUs());
        limited("sndbuf_limited", info.sndbufLimitedUs());
    }

    private void limited(String name, long us) {
        if (us >= 1000) {
            fields.put(name, us / 1000 + "ms");
        }
    }

    private void recovery(TcpInfo info) {
        number("unacked", info.unacked());
        if (info.retrans() > 0 || info.totalRetrans() > 0) {
            fields.put("retrans", info.retrans() + "/" + info.totalRetrans());
        }
        number("lost", info.lost());
        number("sacked", info.sacked());
        number("dsack_dups", info.dsackDups());
        if (info.reordering() != 3) {
            number("reordering", info.reordering());
        }
        number("reord_seen", info.reordSeen());
    }

    private void receiver(TcpInfo info) {
        if (info.rcvRttUs() > 0) {
            fields.put("rcv_rtt", ms(info.rcvRttUs()));
        }
        number("rcv_space", info.rcvSpace());
        number("rcv_ssthresh", info.rcvSsthresh());
        number("notsent", info.notsentBytes());
        if (info.minRttUs() > 0) {
            fields.put("minrtt", ms(info.minRttUs()));
        }
        number("rcv_ooopack", info.rcvOoopack());
        number("snd_wnd", info.sndWnd());
        number("rcv_wnd", info.rcvWnd());
    }
}
