package org.lastack.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// What is promised, and what came of it.
final class Targets {
    /// How the figures come about; ends with an empty line.
    static final String PREFACE = """
            How to read this: a ratio compares medians of one run in which all contenders took turns; absolute figures depend on what else the machine does.
            The **ceiling** is a peer in Java behind the same kind of TUN device that speaks just enough TCP to keep the kernel busy: nothing is verified,
            put in order, kept, copied or sent again. The **kernel** is Linux' own server on a veth pair. The load is always the kernel's, from a process of its own.

            `lastack bench NAME --json >> results.jsonl` measures (as root where devices are needed), `lastack bench --from results.jsonl --write-docs docs` writes this
            page. [profiling.md](profiling.md) says how to see where time goes; `scripts/jmh` measures the pieces.

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
    /// @param row a row of the report whose `column` is compared with `bound`; `least`: it must not be smaller, else it must not be larger
    /// @param why what is known of a miss
    private record Target(String benchmark, String row, String column, boolean least, double bound, String why) { }

    private static final String COPIES = "copies: two in Java (frame to buffer, buffer to reader, 36 % of the samples) beside the kernel's own (16 %); the ceiling has none."
            + " One would go if buffers kept frames instead of their octets";
    private static final String SEND_COPIES = "copies: user to buffer and buffer to frame are 20 % of the samples, the kernel's from the frame 20 %, its wake-up of the reader 15 %."
            + " The ceiling sends one frame that is always in the cache; writev from buffers outside the heap would save one copy";
    private static final String BUSY = "not profiled; the median turn is 5 us longer than the ceiling's (22 and 17.5 us)";
    private static final String CLIENT = "not profiled; the ceiling itself was only 1.24 times the kernel in the same run, so a factor of two is out of reach with this load";
    private static final String CACHE = "not profiled; suspected are cache misses, as more packets are under way than fit";

    private static final List<Target> ALL = List.of(
            new Target("bulk-rx", "offload, 1 flow: lastack", "of the ceiling", true, 0.8, COPIES),
            new Target("bulk-rx", "offload, 4 flows: lastack", "of the ceiling", true, 0.8, COPIES),
            new Target("bulk-rx", "offload, 1 flow: lastack", "CPU s/GB", false, 0.3, COPIES),
            new Target("bulk-rx", "plain, 1 flow: lastack", "of the ceiling", true, 0.9, COPIES + "; 1500 octets a system call"),
            new Target("bulk-rx", "plain, 4 flows: lastack", "of the ceiling", true, 0.9, COPIES + "; 1500 octets a system call"),
            new Target("bulk-tx", "offload, 1 flow: lastack", "of the ceiling", true, 0.8, SEND_COPIES),
            new Target("bulk-tx", "offload, 4 flows: lastack", "of the ceiling", true, 0.8, SEND_COPIES),
            new Target("bulk-tx", "offload, 1 flow: lastack", "CPU s/GB", false, 0.3, SEND_COPIES),
            new Target("bulk-tx", "plain, 1 flow: lastack", "of the ceiling", true, 0.9, SEND_COPIES),
            new Target("rr", "1 connection: lastack", "of the ceiling", true, 0.95, BUSY),
            new Target("rr", "1 connection, busy: lastack", "of the ceiling", true, 0.95, BUSY),
            new Target("rr", "32 connections: lastack", "k/s", true, 72, BUSY),
            new Target("churn", "16 clients: lastack", "of the kernel", true, 2, CLIENT),
            new Target("inproc", "checksums left out, as on a loopback", "M segments/s", true, 2.8, "not profiled"),
            new Target("inproc", "checksums", "ratio", true, 0.7, ""),
            new Target("beside", "and beside TIME-WAIT", "ratio", true, 0.9, "no cause looked for; single runs differ by a factor of up to 2.8"),
            new Target("beside", "and beside TIME-WAIT", "ratio of bulk", true, 0.9, "no cause looked for; single runs differ by a factor of up to 2.8"),
            new Target("sim", "10 flows", "k data segments/s", true, 500, CACHE),
            new Target("sim", "1000 flows", "k data segments/s", true, 400, CACHE),
            new Target("sim", "1 flow", "k packets/s", true, 2000, CACHE));

    private Targets() {}

    /// As a Markdown table; a target of which nothing was measured is left out.
    static String table(Map<String, List<Report>> sessions) {
        StringBuilder text = new StringBuilder("| Command | Case | Figure | Target | Medians | |\n|---|---|---|---:|---:|---|\n");
        List<String> reasons = new ArrayList<>();
        for (Target each : ALL) {
            double[] values = sessions.getOrDefault(each.benchmark, List.of()).stream().mapToDouble(report -> report.find(each.row, each.column))
                    .filter(value -> !Double.isNaN(value)).toArray();
            if (values.length == 0) {
                continue;
            }
            double median = Report.median(values);
            boolean met = each.least ? median >= each.bound : median <= each.bound;
            List<String> shown = new ArrayList<>();
            for (double value : values) {
                shown.add(Report.number(value));
            }
            text.append("| `lastack bench ").append(each.benchmark).append("` | ").append(each.row.replace(": lastack", "")).append(" | ").append(each.column).append(" | ")
                    .append(each.least ? ">= " : "<= ").append(Report.number(each.bound)).append(" | ").append(String.join(", ", shown)).append(" | ")
                    .append(met ? "met" : "**missed**").append(" |\n");
            String reason = "* " + each.benchmark + ": " + each.why + ".\n";
            if (!met && !each.why.isEmpty() && !reasons.contains(reason)) {
                reasons.add(reason);
            }
        }
        if (!reasons.isEmpty()) {
            text.append("\nWhy, as far as it is known (percentages are from perf, with one flow sending and four flows receiving):\n\n").append(String.join("", reasons));
        }
        return text.append('\n').toString();
    }
}
