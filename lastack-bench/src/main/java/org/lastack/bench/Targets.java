package org.lastack.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// What is promised, and what came of it.
final class Targets {
    /// How the figures come about; ends with an empty line.
    static final String PREFACE = """
            How to read this: a ratio compares medians of one run in which all contenders took turns; absolute figures depend on what else the machine does.
            The **ceiling** is a peer in Java behind the same kind of TUN device that speaks just enough TCP to keep the kernel busy: nothing is verified,
            put in order, kept, copied or sent again. The **kernel** is Linux' own server on a veth pair. The load is always the kernel's, from a process of its own.

            `scripts/performance` (as root, on a quiet machine) runs every command below three times, appends one line of JSON per run to
            [performance.jsonl](performance.jsonl), and writes this page from that file; `lastack bench --from docs/performance.jsonl --jmh docs/performance-jmh.json --write-docs docs` writes it again.
            [profiling.md](profiling.md) says how to see where time goes; `scripts/jmh` measures the pieces.

            ## Measuring another stack in the same run

            `lastack bench bulk-rx --peer 'NAME=COMMAND'` starts the command by `sh -c` in a network namespace, for each kind of device once, with these variables:

            | Variable | Meaning |
            |---|---|
            | `LASTACK_BENCH_DEVICE` | name of a TUN device that exists and is up; attach to it (IFF_TUN, IFF_NO_PI) |
            | `LASTACK_BENCH_OFFLOAD` | 1: with IFF_VNET_HDR, the kernel may send super-segments if TUNSETOFFLOAD allows it; 0: without |
            | `LASTACK_BENCH_ADDRESS`, `LASTACK_BENCH_PORT` | IPv4 address and TCP port to serve |
            | `LASTACK_BENCH_MTU` | of the device |
            | `LASTACK_BENCH_BUSY_POLL_US` | how long to poll busily before sleeping; 0 = not at all |

            It writes a line `ready` to standard output when it can be reached, and is killed in the end. The first octet of a connection says what to do with it:
            `D` read and discard, `G` send as much as the window takes, `E` send back what comes, `C` close when the client has closed, `W` close at once.
            `CeilingPeer` in `lastack-bench` is an example.

            """;

    /// One promise about one figure.
    ///
    /// @param row a row of the report, `*` for each; its `column`, or one column divided by another, is compared with `bound`; `least`: it must not be smaller, else it must not be larger
    /// @param why what is known of a miss, or where the bound comes from
    private record Target(String benchmark, String row, String column, boolean least, double bound, String why) {
        double value(Report report, String label) {
            String[] parts = column.split(" / ", 2);
            double first = report.find(label, parts[0]);
            return parts.length == 1 ? first : first / report.find(label, parts[1]);
        }
    }

    private static final String COPIES = "of the server's thread (perf, four flows) 43 % is the kernel's copy into the frame, 35 % the rest of the kernel (reads, and the sending that it does within our ACKs),"
            + " 13 % the copy to the reader and 9 % all other code of ours; the ceiling has no reader and reads into one frame that stays in the cache. With several flows the senders share the"
            + " processors, so the rate is two processors by the CPU time of both ends: 0.17 to 0.22 s/GB for the kernel's senders and 0.17 for us, 0.12 for the ceiling, which makes 0.85 of it at most (0.72 to 0.75 in turns of 0.4 s)";
    private static final String FRAMES = "a system call for 1500 octets: with four flows 84 % of the server's thread (perf) is the kernel, with one 76 %, of the ceiling's 94 % and 90 %; our share, a quarter of"
            + " 1.0 to 1.2 s/GB, makes 0.8 to 0.9 of the ceiling with one flow. With four the kernel's queue of 5,000 frames runs over (3 % come out of order) and its frames leave the cache before"
            + " they are read: with net.ipv4.tcp_rmem_max = 512 KiB, the ceiling's window, the rate was 1.2 times as high, but that of one flow 0.8 times";
    private static final String SEND_COPIES = "of the server's thread (perf, one flow) 27 % is the kernel's copy from the frame, 13 % its wake-up of the reader, 10 % the copy from the user, 5 % rows of the retransmission queue"
            + " (one for each of the 45 segments of a frame); the ceiling sends one frame that is always in the cache, of its thread 43 % is the kernel's copy and 9 % the wake-up."
            + " One or two frames are under way, and the thread is the limit: 0.18 to 0.20 s/GB in the least disturbed runs, 0.13 to 0.18 for the ceiling; rows and copy are 0.03 of it";
    private static final String TURN = "of the server's thread (perf, busy) 36 % is the write that answers, in which the kernel's TCP and the wake-up of the client run, 46 % reads of the device, most of which find"
            + " nothing, 5 % the clock; TCP, locks, selector and sockets together have less than a tenth and make the median turn 3 us longer than the ceiling's (14 and 11.5 us on a quiet day), which has none of them";
    private static final String TAIL = "the tail is the machine's scheduler, that puts the woken client on the server's processor (one involuntary switch for each turn): the ceiling and the kernel in the table below have it too";
    private static final String CLIENT = "the load is the limit: of the server's thread (perf) 59 % are the writes to the device, most of it the kernel's TCP of the clients and their wake-ups, 10 % time after it was preempted by"
            + " them, 12 % reads, TCP, sockets, selector and locks together a sixth; two segments of ours and five of the client's for each turn, and the host's own thread has 2 % of what the server's has; the ceiling in the table below,"
            + " which does no TCP to speak of and sends up to three, gets as far and is itself far from twice the kernel";
    private static final String GVISOR = "twice what gVisor reached on this kind of machine on another day (14.5 Gbit/s)";
    private static final String MEMORY = "a read at random from so much memory costs what the last column of the table says, without any work (measured apart: 156 ns if it depends on the one before,"
            + " 15 ns if not). One turn at a time needs about ten that depend on each other at both ends: the program's own table, socket, state, send queue, and on the other side the"
            + " demultiplexer's table first; that is 600 ns a frame on top of 490. Where frames come in batches (the column before) they are fetched together";
    private static final String CACHE = "one entry more that is not in the cache, in the connection table, the TIME-WAIT table and the port table, costs about as much as a read from memory";
    private static final String CHANCE = "single runs of half a second differ by a factor of two and more, in rr by where the scheduler puts the client (15 or 38 k/s, also for the ceiling)";
    private static final String LOSS = "five flows of a second meet a handful of losses each: the miss lies within the standard errors of the table; docs/goodput.md has every point with more and longer flows";

    private static final List<Target> ALL = List.of(
            new Target("bulk-rx", "offload, 1 flow: lastack", "of the ceiling", true, 0.8, COPIES),
            new Target("bulk-rx", "offload, 4 flows: lastack", "of the ceiling", true, 0.8, COPIES),
            new Target("bulk-rx", "offload, 1 flow: lastack", "Gbit/s", true, 29, GVISOR + "; " + COPIES),
            new Target("bulk-rx", "offload, 1 flow: lastack", "CPU s/GB", false, 0.3, COPIES),
            new Target("bulk-rx", "plain, 1 flow: lastack", "of the ceiling", true, 0.9, FRAMES),
            new Target("bulk-rx", "plain, 4 flows: lastack", "of the ceiling", true, 0.9, FRAMES),
            new Target("bulk-tx", "offload, 1 flow: lastack", "of the ceiling", true, 0.8, SEND_COPIES),
            new Target("bulk-tx", "offload, 4 flows: lastack", "of the ceiling", true, 0.8, SEND_COPIES),
            new Target("bulk-tx", "offload, 1 flow: lastack", "Gbit/s", true, 29, GVISOR + "; " + SEND_COPIES),
            new Target("bulk-tx", "offload, 1 flow: lastack", "CPU s/GB", false, 0.3, SEND_COPIES),
            new Target("bulk-tx", "plain, 1 flow: lastack", "of the ceiling", true, 0.9, SEND_COPIES),
            new Target("bulk-tx", "plain, 4 flows: lastack", "of the ceiling", true, 0.9, SEND_COPIES),
            new Target("rr", "1 connection: lastack", "of the ceiling", true, 0.95, TURN),
            new Target("rr", "1 connection, busy: lastack", "of the ceiling", true, 0.95, TURN),
            new Target("rr", "1 connection: lastack", "p99 us / p50 us", false, 2, TAIL),
            new Target("rr", "1 connection, busy: lastack", "p99 us / p50 us", false, 2, TAIL),
            new Target("rr", "32 connections: lastack", "k/s", true, 72, "twice gVisor's 36 k/s of another day"),
            new Target("churn", "16 clients: lastack", "k/s", true, 32, "five times gVisor's 6.4 k/s of another day, and above lwIP's 26; " + CLIENT),
            new Target("churn", "16 clients: lastack", "of the kernel", true, 2, CLIENT),
            new Target("churn-inproc", "1000000 entries in TIME-WAIT", "ratio", true, 0.9, CACHE),
            new Target("idle-memory", "a minute after a request and its answer", "B, passive side", false, 256, ""),
            new Target("idle-memory", "a minute after a request and its answer", "B, active side", false, 256, ""),
            new Target("timewait-memory", "after", "B/entry", false, 48, ""),
            new Target("timewait-memory", "after", "MB", false, 600, ""),
            new Target("timewait-memory", "after", "ratio of connects", false, 1.1, CACHE),
            new Target("timewait-memory", "after", "ratio of request-responses", false, 1.1, CACHE),
            new Target("half-open", "cookies off", "B/embryo", false, 64, ""),
            new Target("half-open", "beyond the cap, cookies on", "B/SYN", false, 0.5, ""),
            new Target("inproc", "checksums left out, as on a loopback", "M segments/s", true, 2.8, "copies (four of each octet); with a send buffer of 4 MiB, beyond the cache, they were 40 % of the samples and the rate half"),
            new Target("inproc", "checksums left out, as on a loopback", "Gbit/s", true, 18, "ten times gVisor's 1.8 Gbit/s of another day"),
            new Target("inproc", "checksums", "ratio", true, 0.7, ""),
            new Target("lossy", "*", "ratio sending", true, 0.95, LOSS),
            new Target("lossy", "*", "ratio receiving", true, 0.95, LOSS),
            new Target("beside", "beside idle connections", "ratio", true, 0.9, CHANCE),
            new Target("beside", "beside idle connections", "ratio of bulk", true, 0.9, CHANCE),
            new Target("beside", "and beside TIME-WAIT", "ratio", true, 0.9, CHANCE),
            new Target("beside", "and beside TIME-WAIT", "ratio of bulk", true, 0.9, CHANCE),
            new Target("allocation", "*", "B/segment", false, 0.5, "a frame is allocated where more super-segments lie unread than the pool keeps (128), as when the reader is kept from its processor; no other site was found (JFR, every TLAB)"),
            new Target("scale", "*", "ratio", false, 2, MEMORY),
            new Target("scale", "*", "ratio of 1,000", false, 2, MEMORY),
            new Target("scale", "*", "ratio of all", false, 2, MEMORY),
            new Target("scale", "*", "ratio one at a time", false, 2, MEMORY),
            new Target("start", "./lastack", "--version, ms", false, 300, ""),
            new Target("start", "./lastack", "up ready, ms", false, 1500, ""),
            new Target("sim", "10 flows", "k data segments/s", true, 500, MEMORY),
            new Target("sim", "1000 flows", "k data segments/s", true, 400, MEMORY),
            new Target("sim", "1 flow", "k packets/s", true, 2000, MEMORY));

    private Targets() {}

    /// As a Markdown table; a target of which nothing was measured says so.
    static String table(Map<String, List<Report>> sessions) {
        StringBuilder text = new StringBuilder("| Command | Case | Figure | Target | Medians, one for each run of the command | |\n|---|---|---|---:|---:|---|\n");
        Map<String, List<String>> reasons = new LinkedHashMap<>();
        int missed = 0;
        int met = 0;
        for (Target each : ALL) {
            List<Report> measured = sessions.getOrDefault(each.benchmark, List.of());
            for (String label : each.row.equals("*") ? measured.stream().flatMap(report -> report.labels().stream()).distinct().toList() : List.of(each.row)) {
                double[] values = measured.stream().mapToDouble(report -> each.value(report, label)).filter(value -> !Double.isNaN(value)).toArray();
                String verdict = verdict(each, values);
                met += verdict.equals("met") ? 1 : 0;
                if (verdict.equals(MISSED)) {
                    missed++;
                    reasons.computeIfAbsent(each.why.isEmpty() ? "not profiled" : each.why, why -> new ArrayList<>()).add(each.benchmark + " (" + name(label) + ": " + each.column + ")");
                }
                if (values.length > 0 || each.row.equals(label)) {
                    text.append(line(each, label, values, verdict));
                }
            }
        }
        text.insert(0, met + " of " + (met + missed) + " targets that were measured are met.\n\n");
        if (!reasons.isEmpty()) {
            text.append("\nWhy, as far as it is known:\n\n");
            reasons.forEach((why, where) -> text.append("* ").append(String.join("; ", where)).append(": ").append(why).append(".\n"));
        }
        return text.append('\n').toString();
    }

    private static final String MISSED = "**missed**";

    private static String verdict(Target target, double[] values) {
        if (values.length == 0) {
            return "not measured";
        }
        double median = Report.median(values);
        return (target.least ? median >= target.bound : median <= target.bound) ? "met" : MISSED;
    }

    private static String name(String label) {
        return label.replace(": lastack", "");
    }

    private static String line(Target target, String label, double[] values, String verdict) {
        List<String> shown = new ArrayList<>();
        for (double value : values) {
            shown.add(Report.number(value));
        }
        return "| `lastack bench " + target.benchmark + "` | " + name(label) + " | " + target.column + " | " + (target.least ? ">= " : "<= ") + Report.number(target.bound) + " | "
                + (shown.isEmpty() ? "-" : String.join(", ", shown)) + " | " + verdict + " |\n";
    }
}
