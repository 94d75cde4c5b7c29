package org.lastack.tools.why;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/// Turns rows of a port table into answers. Pure: the same rows give the same lines.
final class Reports {
    /// From here on a destination is nearly out of ports (DIAGNOSIS 3).
    private static final int NEARLY_USED_PERCENT = 60;
    private static final int SHOWN = 10;

    private Reports() {}

    private static Set<Integer> listeningPorts(List<Holding> all) {
        return all.stream().filter(each -> each.is("LISTEN")).map(Holding::localPort).collect(Collectors.toSet());
    }

    private static boolean waiting(Holding each) {
        return each.is("TIME_WAIT");
    }

    private static String destination(Holding each) {
        return each.remote().withPort(each.remotePort());
    }

    /// DIAGNOSIS 3, 4, 5: are these TIME-WAITs a problem, whose are they, and what helps.
    static List<String> timeWait(List<Holding> all, int low, int high, long timeWaitMs, boolean byDestination) {
        List<String> lines = new ArrayList<>();
        Set<Integer> listening = listeningPorts(all);
        List<Holding> waiting = all.stream().filter(Reports::waiting).toList();
        if (waiting.isEmpty()) {
            lines.add("no connection is in TIME-WAIT");
            return lines;
        }
        Map<Integer, Long> server = waiting.stream().filter(each -> listening.contains(each.localPort()))
                .collect(Collectors.groupingBy(Holding::localPort, TreeMap::new, Collectors.counting()));
        server.forEach((port, count) -> lines.add("port " + port + ": " + count + " in TIME-WAIT, harmless: a listener's port, " + rate(count, timeWaitMs)
                + "; each takes no port and little memory, and ends by itself after " + timeWaitMs / 1000 + " s"));
        Map<String, Long> client = waiting.stream().filter(each -> !listening.contains(each.localPort()))
                .collect(Collectors.groupingBy(Reports::destination, TreeMap::new, Collectors.counting()));
        client.forEach((to, count) -> lines.add(clientLine(all, to, count, low, high, timeWaitMs)));
        if (byDestination) {
            byDestination(lines, waiting);
        }
        lines.add("whose: this side sent the first FIN in all " + waiting.size() + "; who closes first keeps the TIME-WAIT");
        lines.add("what does not help: tcp_fin_timeout (it is about FIN-WAIT-2), tcp_tw_recycle (gone since Linux 4.12), SO_LINGER 0 (loses data)");
        if (!client.isEmpty()) {
            lines.add("what helps, best first: keep connections and reuse them; let the peer close first; more local or remote addresses and ports;"
                    + " tcp_tw_reuse=1 (outgoing, with timestamps, after 1 s); a wider ip_local_port_range");
        }
        return lines;
    }

    private static String rate(long count, long timeWaitMs) {
        return String.format(java.util.Locale.ROOT, "%d = %.1f closes/s x %d s", count, count * 1000.0 / timeWaitMs, timeWaitMs / 1000);
    }

    private static String clientLine(List<Holding> all, String to, long count, int low, int high, long timeWaitMs) {
        long used = all.stream().filter(each -> destination(each).equals(to) && each.localPort() >= low && each.localPort() <= high).map(Holding::localPort)
                .distinct().count();
        long ports = Math.max(1, high - low + 1);
        long percent = used * 100 / ports;
        return "destination " + to + ": " + count + " in TIME-WAIT on this side, " + rate(count, timeWaitMs) + "; " + used + " of " + ports
                + " ports are in use towards it (" + percent + " %): " + (percent > NEARLY_USED_PERCENT ? "PROBLEM, it will run out of ports" : "no problem");
    }

    private static void byDestination(List<String> lines, List<Holding> waiting) {
        lines.add("by destination:");
        Map<String, Long> counts = waiting.stream().collect(Collectors.groupingBy(each -> each.remote().toString(), TreeMap::new, Collectors.counting()));
        counts.entrySet().stream().sorted(Map.Entry.<String, Long>comparingByValue().reversed()).limit(SHOWN)
                .forEach(each -> lines.add("  " + each.getValue() + "  " + each.getKey()));
    }

    /// DIAGNOSIS 9, 10: who forgets to close.
    static List<String> closeWait(List<Holding> all, boolean owners) {
        List<String> lines = new ArrayList<>();
        List<Holding> open = all.stream().filter(each -> each.is("CLOSE_WAIT")).sorted(Comparator.comparingLong(Holding::ageMs).reversed()).toList();
        if (open.isEmpty()) {
            lines.add("no connection is in CLOSE-WAIT");
        } else {
            Map<String, List<Holding>> byOwner = open.stream().collect(Collectors.groupingBy(Holding::owner, TreeMap::new, Collectors.toList()));
            byOwner.forEach((owner, theirs) -> {
                long unread = theirs.stream().filter(each -> each.receiveQueue() > 0).count();
                lines.add("your application: " + theirs.size() + " sockets of " + owner + " were never closed after the peer had closed, the oldest for "
                        + Holding.duration(theirs.getFirst().ageMs()));
                lines.add("  " + unread + " of them have unread octets: the program does not read; " + (theirs.size() - unread)
                        + " have none: it has read all, or ignores the end of the stream");
                if (owners) {
                    theirs.stream().limit(SHOWN).forEach(each -> lines.add("  " + each.describe() + (each.site().isEmpty() ? "" : "; made at " + each.site())));
                }
            });
            lines.add("no sysctl and no keep-alive clears CLOSE-WAIT: only close() or the end of the program does; fix the leak");
        }
        halfClosed(lines, all);
        return lines;
    }

    /// DIAGNOSIS 11, 12: the other side of it.
    private static void halfClosed(List<String> lines, List<Holding> all) {
        long orphans = all.stream().filter(each -> each.is("FIN_WAIT_2") && each.timer().equals("timewait")).count();
        long kept = all.stream().filter(each -> each.is("FIN_WAIT_2") && !each.timer().equals("timewait")).count();
        if (orphans > 0) {
            lines.add("FIN-WAIT-2: " + orphans + " whose program has closed: the peer is in CLOSE-WAIT and leaks; on this side they end after tcp_fin_timeout");
        }
        if (kept > 0) {
            lines.add("FIN-WAIT-2: " + kept + " that a program has only shut down (SHUT_WR): they wait for the peer's FIN without limit");
        }
        for (Holding each : all) {
            if ((each.is("FIN_WAIT_1") || each.is("LAST_ACK") || each.is("CLOSING")) && each.retransmits() + each.sendQueue() > 0) {
                lines.add(each.state() + " with " + destination(each) + ": " + (each.timer().equals("persist") ? "the peer's window is closed: it does not read"
                        : each.retransmits() > 0 ? "no ACK after " + each.retransmits() + " retransmissions: path or peer is dead" : "octets are still under way"));
            }
        }
    }

    /// DIAGNOSIS 14, 15: queues of listeners and what has overflowed.
    static List<String> listeners(List<Holding> all, Map<String, Long> counters, boolean queues) {
        List<String> lines = new ArrayList<>();
        boolean any = false;
        for (Holding each : all) {
            if (each.is("LISTEN")) {
                any = true;
                long half = all.stream().filter(other -> other.is("SYN_RECEIVED") && other.localPort() == each.localPort()).count();
                boolean full = each.receiveQueue() > each.sendQueue();
                lines.add(each.local().withPort(each.localPort()) + " of " + each.owner() + ": queue " + each.receiveQueue() + "/" + each.sendQueue() + ", " + half
                        + " half-open" + (full ? ": FULL, new clients wait or time out because nobody accepts" : ""));
                if (queues) {
                    all.stream().filter(other -> other.localPort() == each.localPort() && other.orphan() && other.is("ESTABLISHED")).limit(SHOWN)
                            .forEach(other -> lines.add("  waits: " + destination(other) + " for " + Holding.duration(other.ageMs())));
                }
            }
        }
        if (!any) {
            lines.add("nobody listens");
        }
        overflows(lines, counters);
        return lines;
    }

    private static void overflows(List<String> lines, Map<String, Long> counters) {
        long overflows = counters.getOrDefault("TcpExtListenOverflows", 0L);
        long sent = counters.getOrDefault("TcpExtSyncookiesSent", 0L);
        long received = counters.getOrDefault("TcpExtSyncookiesRecv", 0L);
        long dropped = counters.getOrDefault("TcpExtTCPReqQFullDrop", 0L);
        if (overflows > 0) {
            lines.add("accept queues have overflowed " + overflows + " times since the start: accept faster, or a larger backlog (capped by somaxconn)");
        }
        if (sent > 0) {
            long percent = received * 100 / sent;
            lines.add(sent + " SYN cookies were sent and " + received + " came back (" + percent + " %): "
                    + (percent >= 50 ? "load, raise backlog and somaxconn" : percent <= 5 ? "a flood of forged SYNs" : "both load and forged SYNs"));
        }
        if (dropped > 0) {
            lines.add(dropped + " SYNs were dropped because the SYN queue was full and tcp_syncookies is off");
        }
    }

    /// DIAGNOSIS 16, 18: who sends RSTs, and why, by what this host has counted since its start.
    static List<String> resets(Map<String, Long> counters) {
        List<String> lines = new ArrayList<>();
        count(lines, counters, "TcpExtTCPAbortOnClose", "by us: close() with unread octets; the peer may lose the last of what we sent: read to the end, or shutdown(SHUT_WR) first");
        count(lines, counters, "TcpExtTCPAbortOnData", "by us: close() with SO_LINGER 0, or octets that came after our close()");
        count(lines, counters, "TcpExtTCPAbortOnLinger", "by us: an orphan that was not to wait in FIN-WAIT-2 (TCP_LINGER2 below 0)");
        count(lines, counters, "TcpExtTCPAbortOnTimeout", "given up: keep-alive, TCP_USER_TIMEOUT or retransmission had no answer");
        count(lines, counters, "TcpExtTCPAbortOnMemory", "by us: too many orphans (tcp_max_orphans)");
        count(lines, counters, "TcpEstabResets", "connections ended by an RST or by giving up, whoever began");
        count(lines, counters, "TcpAttemptFails", "attempts to open a connection that failed: refused, or no answer");
        lines.add(counters.getOrDefault("TcpOutRsts", 0L) + " RSTs were sent in all; the rest of them answered segments for which there is no listener or no connection");
        return lines;
    }

    private static void count(List<String> lines, Map<String, Long> counters, String name, String meaning) {
        long value = counters.getOrDefault(name, 0L);
        if (value > 0) {
            lines.add(value + "  " + name + ": " + meaning);
        }
    }

    /// DIAGNOSIS 8: connections per second to one destination, for ever.
    static List<String> limits(int low, int high, long timeWaitMs, long reuse, long reuseDelayMs) {
        long ports = Math.max(0, high - low + 1);
        List<String> lines = new ArrayList<>();
        lines.add("ports " + low + "-" + high + ": " + ports);
        lines.add("to one destination, if this side closes first: " + perSecond(ports, timeWaitMs) + " connections/s for ever (each port waits "
                + timeWaitMs / 1000 + " s)");
        lines.add("  with tcp_tw_reuse=1: " + perSecond(ports, reuseDelayMs) + " connections/s (a port is taken again after " + reuseDelayMs + " ms); tcp_tw_reuse is "
                + reuse + (reuse == 2 ? " (loopback only)" : ""));
        lines.add("  if the peer closes first: no limit by ports");
        lines.add("each further address or port of the destination, and each further local address, has the whole range again");
        return lines;
    }

    private static long perSecond(long ports, long ms) {
        return ms <= 0 ? Long.MAX_VALUE : ports * 1000 / ms;
    }
}
