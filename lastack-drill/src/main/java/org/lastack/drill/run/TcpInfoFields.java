package org.lastack.drill.run;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Linux's `struct tcp_info` as names for snippets. The layout is the kernel's ABI: each field with its width in octets.
final class TcpInfoFields {
    private static final String LAYOUT = """
            rto:4 ato:4 snd_mss:4 rcv_mss:4 unacked:4 sacked:4 lost:4 retrans:4 fackets:4 last_data_sent:4 last_ack_sent:4 last_data_recv:4 last_ack_recv:4
            pmtu:4 rcv_ssthresh:4 rtt:4 rttvar:4 snd_ssthresh:4 snd_cwnd:4 advmss:4 reordering:4 rcv_rtt:4 rcv_space:4 total_retrans:4
            pacing_rate:8 max_pacing_rate:8 bytes_acked:8 bytes_received:8 segs_out:4 segs_in:4 notsent_bytes:4 min_rtt:4 data_segs_in:4 data_segs_out:4
            delivery_rate:8 busy_time:8 rwnd_limited:8 sndbuf_limited:8 delivered:4 delivered_ce:4 bytes_sent:8 bytes_retrans:8 dsack_dups:4 reord_seen:4
            rcv_ooopack:4 snd_wnd:4 rcv_wnd:4 rehash:4 total_rto:2 total_rto_recoveries:2 total_rto_time:4 received_ce:4 delivered_e1_bytes:4
            delivered_e0_bytes:4 delivered_ce_bytes:4 received_e1_bytes:4 received_e0_bytes:4 received_ce_bytes:4 accecn_fail_mode:2 accecn_opt_seen:2
            """;
    private static final int FIRST = 8;
    static final int LENGTH = 280;

    private static final String CONSTANTS = """
            TCP_ESTABLISHED=1 TCP_SYN_SENT=2 TCP_SYN_RECV=3 TCP_FIN_WAIT1=4 TCP_FIN_WAIT2=5 TCP_TIME_WAIT=6 TCP_CLOSE=7 TCP_CLOSE_WAIT=8 TCP_LAST_ACK=9
            TCP_LISTEN=10 TCP_CLOSING=11 TCP_NEW_SYN_RECV=12 TCP_CA_Open=0 TCP_CA_Disorder=1 TCP_CA_CWR=2 TCP_CA_Recovery=3 TCP_CA_Loss=4
            TCPI_OPT_TIMESTAMPS=1 TCPI_OPT_SACK=2 TCPI_OPT_WSCALE=4 TCPI_OPT_ECN=8 TCPI_OPT_ECN_SEEN=16 TCPI_OPT_SYN_DATA=32 TCPI_OPT_USEC_TS=64
            TCPI_OPT_TFO_CHILD=128
            SK_MEMINFO_RMEM_ALLOC=0 SK_MEMINFO_RCVBUF=1 SK_MEMINFO_WMEM_ALLOC=2 SK_MEMINFO_SNDBUF=3 SK_MEMINFO_FWD_ALLOC=4 SK_MEMINFO_WMEM_QUEUED=5
            SK_MEMINFO_OPTMEM=6 SK_MEMINFO_BACKLOG=7 SK_MEMINFO_DROPS=8
            """;

    private TcpInfoFields() {}

    static void constants(Map<String, @Nullable Object> into) {
        for (String each : CONSTANTS.strip().split("\\s+")) {
            int equals = each.indexOf('=');
            into.put(each.substring(0, equals), new BigInteger(each.substring(equals + 1)));
        }
    }

    /// Names of all fields that `value` is long enough for.
    static void decode(byte[] value, Map<String, @Nullable Object> into) {
        if (value.length < FIRST) {
            return;
        }
        ByteBuffer in = ByteBuffer.wrap(value).order(ByteOrder.LITTLE_ENDIAN);
        String[] octets = {"state", "ca_state", "retransmits", "probes", "backoff", "options"};
        for (String each : octets) {
            put(into, each, in.get() & 0xff);
        }
        int scales = in.get() & 0xff;
        put(into, "snd_wscale", scales & 15);
        put(into, "rcv_wscale", scales >> 4);
        int bits = in.get() & 0xff;
        put(into, "delivery_rate_app_limited", bits & 1);
        put(into, "fastopen_client_fail", bits >> 1 & 3);
        for (String each : LAYOUT.strip().split("\\s+")) {
            int colon = each.indexOf(':');
            int width = each.charAt(colon + 1) - '0';
            if (in.remaining() < width) {
                return;
            }
            String name = each.substring(0, colon);
            switch (width) {
                case 2 -> put(into, name, in.getShort() & 0xffff);
                case 4 -> put(into, name, in.getInt() & 0xffff_ffffL);
                default -> into.put("tcpi_" + name, new BigInteger(Long.toUnsignedString(in.getLong())));
            }
        }
    }

    private static void put(Map<String, @Nullable Object> into, String name, long value) {
        into.put("tcpi_" + name, BigInteger.valueOf(value));
    }
}
