package org.lastack.core;

import org.jspecify.annotations.Nullable;

/// The settings of a host under Linux's names, with Linux's defaults and units; where ours differs the constant's comment says why.
///
/// Values are `long`. Triples such as `tcp_rmem` are three settings with the suffixes `_min`, `_default`, `_max`; ranges have `_low`, `_high`.
public enum Sysctl {
    /// Seconds that an orphan stays in FIN-WAIT-2.
    TCP_FIN_TIMEOUT("net.ipv4.tcp_fin_timeout", 60, 0, 120),
    /// Ours: length of TIME-WAIT in milliseconds (2 MSL). Linux has a constant 60 s; RFC 9293 says 240 s (profile `rfc`).
    TCP_TIMEWAIT_MS("lastack.tcp_timewait_ms", 60_000, 0, 3_600_000),
    TCP_MAX_TW_BUCKETS("net.ipv4.tcp_max_tw_buckets", 131_072, 0, Integer.MAX_VALUE),
    /// 0 off, 1 always, 2 loopback only.
    TCP_TW_REUSE("net.ipv4.tcp_tw_reuse", 2, 0, 2),
    TCP_TW_REUSE_DELAY("net.ipv4.tcp_tw_reuse_delay", 1000, 1, 60_000),
    /// RFC 1337: RST does not end TIME-WAIT. Linux has 0; we protect by default.
    TCP_RFC1337("net.ipv4.tcp_rfc1337", 1, 0, 1),
    TCP_SYN_RETRIES("net.ipv4.tcp_syn_retries", 6, 1, 127),
    TCP_SYN_LINEAR_TIMEOUTS("net.ipv4.tcp_syn_linear_timeouts", 4, 0, 127),
    TCP_SYNACK_RETRIES("net.ipv4.tcp_synack_retries", 5, 0, 255),
    /// R1 (RFC 9293 §3.8.3).
    TCP_RETRIES1("net.ipv4.tcp_retries1", 3, 0, 255),
    /// R2, counted in retransmissions from the minimum RTO (RFC 9293 §3.8.3).
    TCP_RETRIES2("net.ipv4.tcp_retries2", 15, 0, 255),
    TCP_ORPHAN_RETRIES("net.ipv4.tcp_orphan_retries", 0, 0, 255),
    TCP_MAX_ORPHANS("net.ipv4.tcp_max_orphans", 65_536, 0, Integer.MAX_VALUE),
    /// Seconds; RFC 9293 §3.8.4, MUST-28: two hours or more unless the application says otherwise.
    TCP_KEEPALIVE_TIME("net.ipv4.tcp_keepalive_time", 7200, 1, 32_767),
    TCP_KEEPALIVE_INTVL("net.ipv4.tcp_keepalive_intvl", 75, 1, 32_767),
    TCP_KEEPALIVE_PROBES("net.ipv4.tcp_keepalive_probes", 9, 1, 127),
    TCP_TIMESTAMPS("net.ipv4.tcp_timestamps", 1, 0, 2),
    TCP_SACK("net.ipv4.tcp_sack", 1, 0, 1),
    TCP_DSACK("net.ipv4.tcp_dsack", 1, 0, 1),
    TCP_WINDOW_SCALING("net.ipv4.tcp_window_scaling", 1, 0, 1),
    /// 0 off, 1 request and accept, 2 accept only (RFC 3168). Linux 6.18 takes no more either; Accurate ECN (RFC 9768) is not there yet.
    TCP_ECN("net.ipv4.tcp_ecn", 2, 0, 2),
    TCP_ECN_FALLBACK("net.ipv4.tcp_ecn_fallback", 1, 0, 1),
    /// For Accurate ECN; without effect, as in Linux 6.18 whose scripts set it.
    TCP_ECN_OPTION("net.ipv4.tcp_ecn_option", 2, 0, 2),
    /// 0 off, 1 when the backlog overflows, 2 always.
    TCP_SYNCOOKIES("net.ipv4.tcp_syncookies", 1, 0, 2),
    TCP_MAX_SYN_BACKLOG("net.ipv4.tcp_max_syn_backlog", 4096, 1, Integer.MAX_VALUE),
    TCP_ABORT_ON_OVERFLOW("net.ipv4.tcp_abort_on_overflow", 0, 0, 1),
    SOMAXCONN("net.core.somaxconn", 4096, 1, Integer.MAX_VALUE),
    TCP_STDURG("net.ipv4.tcp_stdurg", 0, 0, 1),
    TCP_RMEM_MIN("net.ipv4.tcp_rmem_min", 4096, 1, Integer.MAX_VALUE),
    TCP_RMEM_DEFAULT("net.ipv4.tcp_rmem_default", 131_072, 1, Integer.MAX_VALUE),
    TCP_RMEM_MAX("net.ipv4.tcp_rmem_max", 33_554_432, 1, Integer.MAX_VALUE),
    TCP_WMEM_MIN("net.ipv4.tcp_wmem_min", 4096, 1, Integer.MAX_VALUE),
    TCP_WMEM_DEFAULT("net.ipv4.tcp_wmem_default", 16_384, 1, Integer.MAX_VALUE),
    TCP_WMEM_MAX("net.ipv4.tcp_wmem_max", 4_194_304, 1, Integer.MAX_VALUE),
    TCP_MODERATE_RCVBUF("net.ipv4.tcp_moderate_rcvbuf", 1, 0, 1),
    TCP_ADV_WIN_SCALE("net.ipv4.tcp_adv_win_scale", 1, -31, 31),
    TCP_SLOW_START_AFTER_IDLE("net.ipv4.tcp_slow_start_after_idle", 1, 0, 1),
    TCP_NO_METRICS_SAVE("net.ipv4.tcp_no_metrics_save", 1, 0, 1),
    /// 0 off, 1 RACK (RFC 8985), bits as in Linux.
    TCP_RECOVERY("net.ipv4.tcp_recovery", 1, 0, 7),
    /// 0 off, 3 tail-loss probe on.
    TCP_EARLY_RETRANS("net.ipv4.tcp_early_retrans", 3, 0, 4),
    TCP_REORDERING("net.ipv4.tcp_reordering", 3, 1, 300),
    TCP_MAX_REORDERING("net.ipv4.tcp_max_reordering", 300, 1, 10_000),
    /// F-RTO (RFC 5682): 0 off, 2 on.
    TCP_FRTO("net.ipv4.tcp_frto", 2, 0, 2),
    TCP_LIMIT_OUTPUT_BYTES("net.ipv4.tcp_limit_output_bytes", 4_194_304, 0, Integer.MAX_VALUE),
    TCP_NOTSENT_LOWAT("net.ipv4.tcp_notsent_lowat", 4_294_967_295L, 0, 4_294_967_295L),
    TCP_MIN_TSO_SEGS("net.ipv4.tcp_min_tso_segs", 2, 1, 65_535),
    TCP_TSO_WIN_DIVISOR("net.ipv4.tcp_tso_win_divisor", 3, 0, 65_535),
    TCP_PACING_SS_RATIO("net.ipv4.tcp_pacing_ss_ratio", 200, 0, 1000),
    TCP_PACING_CA_RATIO("net.ipv4.tcp_pacing_ca_ratio", 120, 0, 1000),
    TCP_RTO_MIN_US("net.ipv4.tcp_rto_min_us", 200_000, 1, 120_000_000),
    TCP_RTO_MAX_MS("net.ipv4.tcp_rto_max_ms", 120_000, 1000, 120_000),
    TCP_MIN_SND_MSS("net.ipv4.tcp_min_snd_mss", 48, 48, 65_535),
    TCP_BASE_MSS("net.ipv4.tcp_base_mss", 1024, 48, 65_535),
    /// Path MTU discovery without ICMP (RFC 4821): 0 off, 1 when time-outs suggest a black hole, 2 always.
    TCP_MTU_PROBING("net.ipv4.tcp_mtu_probing", 0, 0, 2),
    TCP_MTU_PROBE_FLOOR("net.ipv4.tcp_mtu_probe_floor", 48, 48, 65_535),
    /// Seconds after which a finished search begins anew.
    TCP_PROBE_INTERVAL("net.ipv4.tcp_probe_interval", 600, 0, Integer.MAX_VALUE),
    /// Octets: closer is not searched.
    TCP_PROBE_THRESHOLD("net.ipv4.tcp_probe_threshold", 8, 0, Integer.MAX_VALUE),
    /// Bits of RFC 7413's support: 1 as a client, 2 as a server, 4 text in the SYN without a cookie, 0x200 accepted without a cookie, 0x400 every listener. Linux
    /// has 1; the RFC's caveat, text that may be delivered twice, is for applications to accept, so ours is off.
    TCP_FASTOPEN("net.ipv4.tcp_fastopen", 0, 0, 0x7fff_ffff),
    TCP_FASTOPEN_BLACKHOLE_TIMEOUT("net.ipv4.tcp_fastopen_blackhole_timeout_sec", 0, 0, Integer.MAX_VALUE),
    TCP_INVALID_RATELIMIT("net.ipv4.tcp_invalid_ratelimit", 500, 0, Integer.MAX_VALUE),
    /// Host-wide challenge ACKs per second; unlimited as in Linux since 2024: a shared counter is a side channel (SECURITY B-04).
    TCP_CHALLENGE_ACK_LIMIT("net.ipv4.tcp_challenge_ack_limit", Integer.MAX_VALUE, 0, Integer.MAX_VALUE),
    TCP_THIN_LINEAR_TIMEOUTS("net.ipv4.tcp_thin_linear_timeouts", 0, 0, 1),
    TCP_AUTOCORKING("net.ipv4.tcp_autocorking", 1, 0, 1),
    TCP_WORKAROUND_SIGNED_WINDOWS("net.ipv4.tcp_workaround_signed_windows", 0, 0, 1),
    TCP_SHRINK_WINDOW("net.ipv4.tcp_shrink_window", 0, 0, 1),
    TCP_COMP_SACK_DELAY_NS("net.ipv4.tcp_comp_sack_delay_ns", 1_000_000, 0, Integer.MAX_VALUE),
    TCP_COMP_SACK_NR("net.ipv4.tcp_comp_sack_nr", 44, 0, 255),
    TCP_MIGRATE_REQ("net.ipv4.tcp_migrate_req", 0, 0, 1),
    IP_LOCAL_PORT_RANGE_LOW("net.ipv4.ip_local_port_range_low", 32_768, 1, 65_535),
    IP_LOCAL_PORT_RANGE_HIGH("net.ipv4.ip_local_port_range_high", 60_999, 1, 65_535),
    IP_UNPRIVILEGED_PORT_START("net.ipv4.ip_unprivileged_port_start", 1024, 0, 65_536),
    IP_AUTOBIND_REUSE("net.ipv4.ip_autobind_reuse", 0, 0, 1),
    IP_NONLOCAL_BIND("net.ipv4.ip_nonlocal_bind", 0, 0, 1),
    IP_DEFAULT_TTL("net.ipv4.ip_default_ttl", 64, 1, 255),
    IP_NO_PMTU_DISC("net.ipv4.ip_no_pmtu_disc", 0, 0, 3),
    IP_FORWARD("net.ipv4.ip_forward", 0, 0, 1),
    IPFRAG_TIME("net.ipv4.ipfrag_time", 30, 1, 3600),
    IPFRAG_HIGH_THRESH("net.ipv4.ipfrag_high_thresh", 4_194_304, 0, Integer.MAX_VALUE),
    IPFRAG_MAX_DIST("net.ipv4.ipfrag_max_dist", 64, 0, Integer.MAX_VALUE),
    IP6FRAG_TIME("net.ipv6.ip6frag_time", 60, 1, 3600),
    IPV6_HOP_LIMIT("net.ipv6.conf.all.hop_limit", 64, 1, 255),
    /// 1 = no IPv6 on Ethernet interfaces unless addresses are configured: no link-local address, no neighbour or router discovery.
    IPV6_DISABLE("net.ipv6.conf.all.disable_ipv6", 0, 0, 1),
    /// Routers' advertisements are believed.
    /// DupAddrDetectTransmits of RFC 4862 §5.1: 0 = addresses work at once and nobody is asked, for links on which nobody else can be.
    IPV6_DAD_TRANSMITS("net.ipv6.conf.all.dad_transmits", 1, 0, 1),
    IPV6_ACCEPT_RA("net.ipv6.conf.all.accept_ra", 1, 0, 2),
    /// Entries of the neighbour cache, both families.
    NEIGH_GC_THRESH3("net.ipv4.neigh.default.gc_thresh3", 1024, 1, 1_000_000),
    IPV6_BINDV6ONLY("net.ipv6.bindv6only", 0, 0, 1),
    ROUTE_MIN_PMTU("net.ipv4.route.min_pmtu", 552, 68, 65_535),
    ROUTE_MTU_EXPIRES("net.ipv4.route.mtu_expires", 600, 1, 86_400),
    ICMP_RATELIMIT("net.ipv4.icmp_ratelimit", 1000, 0, 60_000),
    ICMP_MSGS_PER_SEC("net.ipv4.icmp_msgs_per_sec", 10_000, 0, Integer.MAX_VALUE),
    ICMP_ECHO_IGNORE_ALL("net.ipv4.icmp_echo_ignore_all", 0, 0, 1),
    ICMP_ECHO_IGNORE_BROADCASTS("net.ipv4.icmp_echo_ignore_broadcasts", 1, 0, 1),
    RMEM_DEFAULT("net.core.rmem_default", 212_992, 256, Integer.MAX_VALUE),
    RMEM_MAX("net.core.rmem_max", 4_194_304, 256, Integer.MAX_VALUE),
    WMEM_DEFAULT("net.core.wmem_default", 212_992, 256, Integer.MAX_VALUE),
    WMEM_MAX("net.core.wmem_max", 4_194_304, 256, Integer.MAX_VALUE),
    /// Ours: 1 = an RST sender goes through TIME-WAIT as RFC 9293 §3.5.2 says it should; nobody does by default.
    TCP_RST_TIMEWAIT("lastack.tcp_rst_timewait", 0, 0, 1),
    /// Ours: octets of socket buffers that one host may hold in all; beyond it windows close and sends wait (SECURITY R-14).
    TCP_MEM("lastack.tcp_mem", 1L << 31, 1 << 16, Long.MAX_VALUE),
    /// Ours: connections whose state lies open; of those above, the ones that rest are folded into a tenth of the memory until something happens.
    /// 0 = every connection that rests.
    TCP_FOLD_ABOVE("lastack.tcp_fold_above", 1024, 0, Integer.MAX_VALUE),
    /// Ours: milliseconds of silence after which a connection that was unfolded is folded again.
    TCP_FOLD_AFTER("lastack.tcp_fold_after", 30_000, 0, Integer.MAX_VALUE),
    /// Ours: connections whose state may lie open (about 1.3 KB each) because they spoke within `lastack.tcp_fold_after`; above that the longest silent are folded at once.
    TCP_OPEN_MAX("lastack.tcp_open_max", 1 << 20, 0, Integer.MAX_VALUE),
    /// Ours: how CUBIC leaves slow start: 0 = by loss only, 1 = HyStart as in Linux, 2 = HyStart++ (RFC 9406).
    TCP_HYSTART("lastack.tcp_hystart", 1, 0, 2),
    /// Ours: 1 = rules of the BSDs in the port table, 0 = of Linux.
    PORT_PROFILE("lastack.port_profile_bsd", 0, 0, 1);

    private final String linuxName;
    private final long defaultValue;
    private final long min;
    private final long max;

    Sysctl(String linuxName, long defaultValue, long min, long max) {
        this.linuxName = linuxName;
        this.defaultValue = defaultValue;
        this.min = min;
        this.max = max;
    }

    /// As `sysctl -a` prints it.
    public String linuxName() {
        return linuxName;
    }

    public long defaultValue() {
        return defaultValue;
    }

    public long min() {
        return min;
    }

    public long max() {
        return max;
    }

    /// The setting with that name, with dots or slashes as separators, or null.
    public static @Nullable Sysctl byName(String name) {
        String dotted = name.replace('/', '.');
        for (Sysctl each : values()) {
            if (each.linuxName.equals(dotted)) {
                return each;
            }
        }
        return null;
    }
}
