package org.lastack.tools.why;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.lastack.core.Sysctl;
import org.lastack.tools.Json;

/// Turns rows of a port table into answers. Pure: the same rows give the same lines.
final class Reports {
    /// From here on a destination is nearly out of ports (DIAGNOSIS 3).
    private static final int NEARLY_USED_PERCENT = 60;
    private static final int SHOWN = 10;
    /// What `new ServerSocket(port)` asks for.
    private static final int JAVA_BACKLOG = 50;
    /// From so many SYNs on their share of completed handshakes says something.
    private static final int ENOUGH = 50;

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
    static List<String> timeWait(Answers.Snapshot now, boolean byDestination) {
        return timeWait(now.rows(), (int) now.setting(Sysctl.IP_LOCAL_PORT_RANGE_LOW), (int) now.setting(Sysctl.IP_LOCAL_PORT_RANGE_HIGH),
                now.setting(Sysctl.TCP_TIMEWAIT_MS), now.closes(), byDestination);
    }

    static List<String> timeWait(List<Holding> all, int low, int high, long timeWaitMs, Map<String, Object> closes, boolean byDestination) {
        List<String> lines = new ArrayList<>();
        Set<Integer> listening = listeningPorts(all);
        List<Holding> waiting = all.stream().filter(Reports::waiting).toList();
        if (waiting.isEmpty()) {
            lines.add("no connection is in TIME-WAIT");
            firstClosers(lines, closes);
            return lines;
        }
        // Clients get their ports from the range; a port outside it was a server's, though its listener may be gone.
        Predicate<Holding> server = each -> listening.contains(each.localPort()) || each.localPort() < low || each.localPort() > high;
        Map<Integer, Long> servers = waiting.stream().filter(server).collect(Collectors.groupingBy(Holding::localPort, TreeMap::new, Collectors.counting()));
        servers.forEach((port, count) -> lines.add("port " + port + ": " + count + " in TIME-WAIT, harmless: a " + (listening.contains(port) ? "listener's port, "
                : "server's port whose listener is gone (a new one needs SO_REUSEADDR, and the old one must have had it), ") + rate(count, timeWaitMs)
                + "; each takes no port and little memory, and ends by itself after " + timeWaitMs / 1000 + " s"));
        Map<String, Long> client = waiting.stream().filter(server.negate()).collect(Collectors.groupingBy(Reports::destination, TreeMap::new, Collectors.counting()));
        client.forEach((to, count) -> lines.add(clientLine(all, to, count, low, high, timeWaitMs)));
        if (byDestination) {
            byDestination(lines, waiting);
        }
        lines.add("whose: this side sent the first FIN in all " + waiting.size() + "; who closes first keeps the TIME-WAIT");
        firstClosers(lines, closes);
        lines.add("what does not help: tcp_fin_timeout (it is about FIN-WAIT-2), tcp_tw_recycle (gone since Linux 4.12), SO_LINGER 0 (loses data)");
        if (!client.isEmpty()) {
            lines.add("what helps, best first: keep connections and reuse them; let the peer close first; more local or remote addresses and ports;"
                    + " tcp_tw_reuse=1 (outgoing, with timestamps, after 1 s); a wider ip_local_port_range");
        }
        return lines;
    }

    /// DIAGNOSIS 5: of the last closed connections, in all and by program.
    private static void firstClosers(List<String> lines, Map<String, Object> closes) {
        long ours = Json.number(closes, "ours", 0);
        long peers = Json.number(closes, "peers", 0);
        long both = Json.number(closes, "both", 0);
        long all = ours + peers + both;
        if (all == 0) {
            return;
        }
        lines.add("of the last " + all + " closed connections this side closed first in " + ours * 100 / all + " %, the peer in " + peers * 100 / all + " %"
                + (both > 0 ? ", both at once in " + both * 100 / all + " %" : ""));
        for (String name : new TreeMap<>(closes).keySet()) {
            if (name.startsWith("ours ")) {
                String program = name.substring("ours ".length());
                long first = Json.number(closes, name, 0);
                long theirs = first + Json.number(closes, "peers " + program, 0) + Json.number(closes, "both " + program, 0);
                lines.add("  " + program + " closes first in " + first * 100 / theirs + " % of its " + theirs);
            }
        }
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
    static List<String> closeWait(Answers.Snapshot now, boolean owners) {
        List<Holding> all = now.rows();
        List<String> lines = new ArrayList<>();
        List<Holding> open = all.stream().filter(each -> each.is("CLOSE_WAIT")).sorted(Comparator.comparingLong(Holding::ageMs).reversed()).toList();
        if (open.isEmpty()) {
            lines.add("no connection is in CLOSE-WAIT");
        } else {
            Map<String, List<Holding>> byOwner = open.stream().collect(Collectors.groupingBy(Holding::owner, TreeMap::new, Collectors.toList()));
            byOwner.forEach((owner, theirs) -> {
                long unread = theirs.stream().filter(each -> each.receiveQueue() > 0).count();
                lines.add("your application: " + theirs.size() + " sockets of " + owner + " were never closed after the peer had closed" + (theirs.getFirst().ageMs() < 0 ? ""
                        : ", the oldest for " + Holding.duration(theirs.getFirst().ageMs())));
                lines.add("  " + unread + " of them have unread octets (a kernel counts an unread end of stream as one): the program does not read; " + (theirs.size() - unread)
                        + " have none: it has read all, or ignores the end of the stream");
                if (owners) {
                    theirs.stream().limit(SHOWN).forEach(each -> lines.add("  " + each.describe() + (each.site().isEmpty() ? "" : "; made at " + each.site())));
                }
            });
            lines.add("no sysctl and no keep-alive clears CLOSE-WAIT while the peer answers: only close(), the end of the program or an RST does; fix the leak"
                    + " (a Lastack host can be made to reset them: closewait --abort-older SECONDS)");
        }
        halfClosed(lines, all, now);
        return lines;
    }

    /// DIAGNOSIS 11, 12: the other side of it.
    private static void halfClosed(List<String> lines, List<Holding> all, Answers.Snapshot now) {
        List<Holding> orphans = all.stream().filter(each -> each.is("FIN_WAIT_2") && each.timer().equals("timewait")).toList();
        long kept = all.stream().filter(each -> each.is("FIN_WAIT_2") && !each.timer().equals("timewait")).count();
        if (!orphans.isEmpty()) {
            long last = orphans.stream().mapToLong(Holding::timerMs).max().orElse(0);
            lines.add("FIN-WAIT-2: " + orphans.size() + " whose program has closed: the peer is in CLOSE-WAIT and leaks; on this side they end after tcp_fin_timeout"
                    + " (" + now.setting(Sysctl.TCP_FIN_TIMEOUT) + " s, or TCP_LINGER2), the last in " + Math.ceilDiv(last, 1000) + " s");
        }
        if (kept > 0) {
            lines.add("FIN-WAIT-2: " + kept + " that a program has only shut down (SHUT_WR): they wait for the peer's FIN without limit; the peer is in CLOSE-WAIT");
        }
        for (Holding each : all) {
            if ((each.is("FIN_WAIT_1") || each.is("LAST_ACK") || each.is("CLOSING")) && each.retransmits() + each.sendQueue() > 0) {
                lines.add(each.state() + " with " + destination(each) + ": " + (each.timer().equals("persist") ? "the peer's window is closed: it does not read; "
                        + each.retransmits() + " probes" : each.retransmits() > 0 ? "no ACK after " + each.retransmits() + " retransmissions: path or peer is dead"
                        : "octets are still under way") + "; " + each.sendQueue() + " octets queued" + (each.noticedMs() < 0 ? "" : "; given up in about "
                        + Holding.duration(each.noticedMs()) + " if nothing is heard"));
            }
        }
        long without = all.stream().filter(each -> each.orphan() && (each.is("FIN_WAIT_1") || each.is("LAST_ACK") || each.is("CLOSING"))).count();
        long most = now.setting(Sysctl.TCP_MAX_ORPHANS);
        if (without > 0 && most > 0) {
            lines.add("orphans (closed by their programs, not yet acknowledged): " + without + " of tcp_max_orphans " + most + (without * 100 / most >= NEARLY_USED_PERCENT
                    ? ": from there on a close sends RST (\"too many orphaned sockets\")" : ""));
        }
    }

    /// DIAGNOSIS 14, 15, 26: queues of listeners and what has overflowed.
    ///
    /// @param counts what each listener has counted, see the operation `listener-counts`; empty if nobody knows
    static List<String> listeners(List<Holding> all, Map<String, Long> counters, List<Map<String, Object>> counts, boolean queues) {
        List<String> lines = new ArrayList<>();
        for (Holding each : all) {
            if (each.is("LISTEN")) {
                listener(lines, each, all, queues);
                counts.stream().filter(numbers -> Json.text(numbers, "name", "").equals(each.local().withPort(each.localPort()))
                        && Json.number(numbers, "pid", 0) == each.pid()).findFirst().ifPresent(numbers -> counted(lines, numbers));
            }
        }
        if (lines.isEmpty()) {
            lines.add("nobody listens");
        }
        overflows(lines, counters);
        return lines;
    }

    private static void listener(List<String> lines, Holding each, List<Holding> all, boolean queues) {
        List<Holding> half = all.stream().filter(other -> other.is("SYN_RECEIVED") && other.localPort() == each.localPort()).toList();
        List<Holding> queued = all.stream().filter(other -> other.localPort() == each.localPort() && other.orphan() && other.remotePort() != 0
                && (other.is("ESTABLISHED") || other.is("CLOSE_WAIT"))).toList();
        boolean full = each.receiveQueue() > each.sendQueue();
        long oldest = queued.stream().mapToLong(Holding::ageMs).max().orElse(-1);
        lines.add(each.local().withPort(each.localPort()) + " of " + each.owner() + ": queue " + each.receiveQueue() + "/" + each.sendQueue()
                + (each.sendQueue() == JAVA_BACKLOG ? " (Java's default backlog)" : "") + ", " + half.size() + " half-open" + (full
                ? ": FULL, new clients wait or time out because nobody accepts" : "") + (oldest >= 1000 ? "; the oldest has waited for " + Holding.duration(oldest)
                : ""));
        if (half.size() >= SHOWN) {
            long sources = half.stream().map(Holding::remote).distinct().count();
            long repeated = half.stream().filter(other -> other.retransmits() > 0).count();
            lines.add("  half-open from " + sources + " addresses, " + repeated + " have not answered a repeated SYN-ACK either" + (repeated * 2 > half.size()
                    ? ": forged or dead sources" : ""));
        }
        long sharing = all.stream().filter(other -> other.is("LISTEN") && other.localPort() == each.localPort() && other.local().equals(each.local())).count() - 1;
        if (sharing > 0) {
            lines.add("  shares the port with " + sharing + " more (SO_REUSEPORT): closing it resets the " + each.receiveQueue()
                    + " connections of its queue; drain first: stop taking new ones, accept the rest, then close");
        }
        if (queues) {
            queued.stream().limit(SHOWN).forEach(other -> lines.add("  waits: " + destination(other) + (other.ageMs() < 0 ? "" : " for " + Holding.duration(other.ageMs()))));
        }
    }

    /// DIAGNOSIS 15: load or flood?
    private static void counted(List<String> lines, Map<String, Object> numbers) {
        long syns = Json.number(numbers, "syns", 0);
        long completed = Json.number(numbers, "completed", 0);
        long since = Json.number(numbers, "sinceAcceptMs", -1);
        if (syns == 0) {
            return;
        }
        long percent = Math.min(100, completed * 100 / syns);
        lines.add("  " + syns + " SYNs came, " + completed + " handshakes completed (" + percent + " %" + (syns < ENOUGH ? "" : percent >= 50 ? ": load, not a flood"
                : percent <= 5 ? ": a flood of forged SYNs" : ": both load and forged SYNs") + "), " + Json.number(numbers, "accepted", 0) + " accepted"
                + (since < 0 ? ", none ever" : ", the last " + Holding.duration(since) + " ago") + "; most that ever waited " + Json.number(numbers, "peak", 0) + ", "
                + Json.number(numbers, "overflows", 0) + " found the queue full, " + Json.number(numbers, "drops", 0) + " SYNs dropped, "
                + Json.number(numbers, "cookiesSent", 0) + " cookies sent");
    }

    private static void overflows(List<String> lines, Map<String, Long> counters) {
        long overflows = counters.getOrDefault("TcpExtListenOverflows", 0L);
        long drops = counters.getOrDefault("TcpExtListenDrops", 0L);
        long sent = counters.getOrDefault("TcpExtSyncookiesSent", 0L);
        long received = counters.getOrDefault("TcpExtSyncookiesRecv", 0L);
        long dropped = counters.getOrDefault("TcpExtTCPReqQFullDrop", 0L);
        if (overflows > 0) {
            lines.add("accept queues have overflowed " + overflows + " times since the start: accept faster, or a larger backlog (capped by somaxconn)");
        }
        if (drops > overflows) {
            lines.add(drops + " SYNs and last ACKs of handshakes were dropped since the start, for these and other reasons (ListenDrops)");
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
    static List<String> limits(Answers.Snapshot now) {
        return limits((int) now.setting(Sysctl.IP_LOCAL_PORT_RANGE_LOW), (int) now.setting(Sysctl.IP_LOCAL_PORT_RANGE_HIGH), now.setting(Sysctl.TCP_TIMEWAIT_MS),
                now.setting(Sysctl.TCP_TW_REUSE), now.setting(Sysctl.TCP_TW_REUSE_DELAY));
    }

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
