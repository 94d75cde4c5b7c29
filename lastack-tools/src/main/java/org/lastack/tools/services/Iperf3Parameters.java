package org.lastack.tools.services;

import java.io.IOException;
import java.util.Map;
import org.lastack.tools.Json;

/// What an iperf3 client asks for.
///
/// @param parallel streams in each direction
/// @param serverSends `-R` or `--bidir`
/// @param clientSends not `-R`
/// @param blockOctets length of one write or datagram
/// @param bitsPerSecond target rate of each sending stream, 0 = as fast as possible
/// @param octets a sender stops after so many, 0 = no such limit
/// @param blocks a sender stops after so many writes, 0 = no such limit
/// @param seconds length of the test, 0 = until one of the other limits
/// @param omitSeconds the first seconds that do not count
/// @param wideCounters the sequence number in a datagram has 64 bits
/// @param windowOctets `-w`, 0 = leave
/// @param segmentOctets `-M`, 0 = leave
record Iperf3Parameters(
        boolean udp,
        int parallel,
        boolean serverSends,
        boolean clientSends,
        int blockOctets,
        long bitsPerSecond,
        long octets,
        long blocks,
        int seconds,
        int omitSeconds,
        boolean wideCounters,
        boolean noDelay,
        int windowOctets,
        int segmentOctets,
        boolean wantsOutput) {
    /// The limit of the original for `-P`.
    private static final int MAX_STREAMS = 128;

    private static final int TCP_BLOCK_OCTETS = 128 * 1024;
    private static final int UDP_BLOCK_OCTETS = 1448;
    private static final int MAX_BLOCK_OCTETS = 1024 * 1024;
    private static final int MAX_DATAGRAM_OCTETS = 65_507;

    /// @throws IOException naming what this server does not do
    static Iperf3Parameters of(Map<String, Object> json) throws IOException {
        if (Json.flag(json, "sctp")) {
            throw new IOException("SCTP is not supported");
        }
        boolean udp = Json.flag(json, "udp");
        boolean both = Json.flag(json, "bidirectional");
        boolean reverse = Json.flag(json, "reverse");
        return new Iperf3Parameters(
                udp,
                (int) within("parallel", Json.number(json, "parallel", 1), 1, MAX_STREAMS),
                both || reverse,
                both || !reverse,
                (int) within("len", Json.number(json, "len", udp ? UDP_BLOCK_OCTETS : TCP_BLOCK_OCTETS), udp ? 16 : 1, udp ? MAX_DATAGRAM_OCTETS : MAX_BLOCK_OCTETS),
                within("bandwidth", Json.number(json, "bandwidth", 0), 0, Long.MAX_VALUE),
                within("num", Json.number(json, "num", 0), 0, Long.MAX_VALUE),
                within("blockcount", Json.number(json, "blockcount", 0), 0, Long.MAX_VALUE),
                (int) within("time", Json.number(json, "time", 10), 0, 86_400),
                (int) within("omit", Json.number(json, "omit", 0), 0, 600),
                Json.flag(json, "udp_counters_64bit"),
                Json.flag(json, "nodelay"),
                (int) within("window", Json.number(json, "window", 0), 0, Integer.MAX_VALUE),
                (int) within("MSS", Json.number(json, "MSS", 0), 0, 65_535),
                Json.flag(json, "get_server_output"));
    }

    private static long within(String name, long value, long min, long max) throws IOException {
        if (value < min || value > max) {
            throw new IOException("parameter " + name + " = " + value + " is outside " + min + ".." + max);
        }
        return value;
    }

    int streams() {
        return (serverSends ? parallel : 0) + (clientSends ? parallel : 0);
    }
}
