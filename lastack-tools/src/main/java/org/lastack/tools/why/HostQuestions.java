package org.lastack.tools.why;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.lastack.core.Errno;
import org.lastack.core.Sysctl;
import org.lastack.core.ip.Route;
import org.lastack.core.socket.BindDecision;
import org.lastack.core.socket.BindRefusals;
import org.lastack.core.socket.BindRequest;
import org.lastack.core.socket.BindRule;
import org.lastack.core.socket.ConnectDecision;
import org.lastack.core.socket.DemuxDecision;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.socket.SocketHandle;
import org.lastack.core.socket.Owner;
import org.lastack.core.socket.PortTable;
import org.lastack.core.socket.Why;
import org.lastack.core.tcp.CloseLog;
import org.lastack.core.tcp.ListenerInfo;
import org.lastack.core.tcp.SocketRow;
import org.lastack.core.tcp.TcpSocket;
import org.lastack.core.tcp.TcpState;
import org.lastack.host.Host;
import org.lastack.host.HostSocket;
import org.lastack.wire.IpAddress;

/// Asks a host why things are as they are. Thread-safe: each question takes the host's lock once.
final class HostQuestions {
    private static final long NANOS_PER_MS = 1_000_000;
    /// What reports need to know beside the rows.
    static final List<Sysctl> SETTINGS = List.of(Sysctl.IP_LOCAL_PORT_RANGE_LOW, Sysctl.IP_LOCAL_PORT_RANGE_HIGH, Sysctl.TCP_TIMEWAIT_MS, Sysctl.TCP_TW_REUSE,
            Sysctl.TCP_TW_REUSE_DELAY, Sysctl.SOMAXCONN, Sysctl.TCP_SYNCOOKIES, Sysctl.TCP_FIN_TIMEOUT, Sysctl.TCP_MAX_ORPHANS);
    private final Host host;

    HostQuestions(Host host) {
        this.host = host;
    }

    /// All TCP sockets and what is left of them.
    List<Holding> holdings() {
        Map<SocketHandle, String> sites = sites();
        return host.call(() -> look(sites));
    }

    /// The sockets that programs hold, with the place where each was made. Before the host is entered: it cannot be entered twice.
    private Map<SocketHandle, String> sites() {
        Map<SocketHandle, String> sites = new HashMap<>();
        for (HostSocket each : host.openSockets()) {
            Throwable site = each.creationSite();
            sites.put(each.core(), site == null ? "" : firstOutsider(site));
        }
        return sites;
    }

    private List<Holding> look(Map<SocketHandle, String> sites) {
        List<Holding> all = new ArrayList<>();
        long now = host.engine().now();
        host.engine().tcp().rows(row -> {
            if (row.state() != TcpState.CLOSED) {
                all.add(holding(row, now, sites));
            }
        });
        // What is bound and nothing else is no row of netstat either.
        sites.forEach((socket, site) -> {
            if (socket instanceof TcpSocket tcp && socket.portClaim() != 0 && tcp.state() == TcpState.CLOSED) {
                all.add(holding(socket, "BOUND", site));
            }
        });
        return all;
    }

    /// The first frame that is not the stack's own.
    private static String firstOutsider(Throwable site) {
        for (StackTraceElement frame : site.getStackTrace()) {
            if (!frame.getClassName().startsWith("org.lastack.host.") && !frame.getClassName().startsWith("org.lastack.net.")
                    && !frame.getClassName().startsWith("org.lastack.bsd.")) {
                return frame.toString();
            }
        }
        return "";
    }

    private static Holding holding(SocketRow row, long now, Map<SocketHandle, String> sites) {
        Owner owner = row.owner();
        String site = row.socket() == null ? "" : sites.getOrDefault(row.socket(), "");
        return new Holding(row.state().name(), row.local(), row.localPort(), row.remote(), row.remotePort(), row.recvQueue(), row.sendQueue(),
                owner == null ? 0 : owner.uid(), owner == null ? 0 : owner.pid(), owner == null ? "" : owner.program(),
                Math.max(0, now - row.stateSinceNs()) / NANOS_PER_MS, row.timer(), Math.max(0, row.timerNs()) / NANOS_PER_MS, row.retransmits(), row.firstCloser(),
                row.socket() == null || !sites.containsKey(row.socket()), site, 0, "", sharing(row), noticed(row));
    }

    private static long noticed(SocketRow row) {
        return row.noticedNs() == Long.MAX_VALUE ? -1 : row.noticedNs() / NANOS_PER_MS;
    }

    private static Sharing sharing(SocketRow row) {
        int bits = row.optionBits();
        return Sharing.of((bits & InetSocket.REUSEADDR) != 0, (bits & InetSocket.REUSEPORT) != 0, (bits & InetSocket.V6ONLY) != 0, row.device());
    }

    /// DIAGNOSIS 1, 2, 7, 24: would that bind succeed, and if not, who stands in the way and until when.
    Answer bind(BindRequest request, boolean udp) {
        Map<SocketHandle, String> sites = sites();
        return host.call(() -> {
            PortTable table = udp ? host.engine().udp().ports() : host.engine().tcp().ports();
            BindDecision decision = table.explainBind(request);
            BindAnswer answer = new BindAnswer(request, udp, "");
            for (Holding each : request.port() == 0 ? List.<Holding>of() : udp ? datagrams(sites) : look(sites)) {
                if (each.localPort() == request.port()) {
                    answer.row(table, each);
                }
            }
            for (int set = 0; set < 4; set++) {
                BindRequest other = request.with((set & 1) != 0, (set & 2) != 0);
                if (!other.equals(request)) {
                    BindDecision then = table.explainBind(other);
                    answer.set(other.options(), new BindAnswer.Outcome(then.errno(), then.refused() ? then.rule().sentence() : ""));
                }
            }
            refusals(answer, table, request, decision, sites);
            if (decision.rule() == BindRule.RANGE_EXHAUSTED) {
                Why.bind(table, request, holder -> Why.Ages.UNKNOWN).stream().skip(1).forEach(answer::note);
            }
            return answer.say(decision.errno(), decision.rule(), "");
        });
    }

    /// Options that came too late can only be told by whoever remembers the bind that they were too late for.
    private void refusals(BindAnswer answer, PortTable table, BindRequest request, BindDecision decision, Map<SocketHandle, String> open) {
        for (BindRefusals.Row each : table.refusals().rows(request.port(), host.engine().now())) {
            Owner owner = each.owner();
            String who = owner.program() + " (process " + owner.pid() + ", user " + owner.uid() + ")";
            String then = BindRequest.of(each.address(), each.port()).with(each.reuseAddress(), each.reusePort()).options();
            String told = "the bind of " + who + " to " + each.address().withPort(each.port()) + " was refused " + Holding.duration(each.ageNs() / NANOS_PER_MS)
                    + " ago, when its socket had " + then;
            SocketHandle socket = each.socket();
            if (open.containsKey(socket) && each.optionCameLate()) {
                String now = BindRequest.of(each.address(), each.port()).with(socket.option(InetSocket.REUSEADDR), socket.option(InetSocket.REUSEPORT)).options();
                answer.late(told + "; " + now + " was set on it afterwards" + (decision.refused() ? "" : ": bind again, now it would succeed"));
            } else {
                answer.note("remembered: " + told);
            }
        }
    }

    /// The UDP sockets that programs hold.
    private static List<Holding> datagrams(Map<SocketHandle, String> sites) {
        List<Holding> all = new ArrayList<>();
        sites.forEach((socket, site) -> {
            if (!socket.stream() && socket.portClaim() != 0) {
                all.add(holding(socket, socket.remotePort() == 0 ? "UNCONN" : "ESTABLISHED", site));
            }
        });
        return all;
    }

    private static Holding holding(SocketHandle s, String state, String site) {
        Owner owner = s.owner();
        return new Holding(state, new IpAddress(s.localHigh(), s.localLow()), s.localPort(), new IpAddress(s.remoteHigh(), s.remoteLow()), s.remotePort(), 0, 0,
                owner.uid(), owner.pid(), owner.program(), -1, "", 0, 0, 0, false, site, 0, "",
                Sharing.of(s.option(InetSocket.REUSEADDR), s.option(InetSocket.REUSEPORT), s.v6Only(), s.boundInterface()), -1);
    }

    /// DIAGNOSIS 6, 8, 13, 25: could a connection to that place be opened, and from how many ports.
    ///
    /// @param from the local address that a program insists on, or null; port 0 = any
    Answer connect(IpAddress to, int port, @Nullable IpAddress from, int fromPort) {
        Map<SocketHandle, String> sites = sites();
        return host.call(() -> {
            if (from != null && !from.isUnspecified() && !host.engine().ip().isLocal(from.high(), from.low())) {
                return ConnectAdvice.notLocal(to, port, from, "");
            }
            long fromHigh = from == null ? 0 : from.high();
            long fromLow = from == null || from.isUnspecified() ? to.isV4() ? IpAddress.ANY_V4.low() : 0 : from.low();
            Route route = host.engine().ip().route(to.high(), to.low(), fromHigh, fromLow, 0);
            if (route == null) {
                int errno = host.engine().ip().lastRouteError();
                return new Answer(Errno.name(errno), "NO_ROUTE",
                        List.of("connect " + to.withPort(port) + ": " + Errno.name(errno) + " (" + Errno.text(errno) + "): no route leads there"));
            }
            IpAddress source = from == null || from.isUnspecified() ? new IpAddress(route.sourceHigh, route.sourceLow) : from;
            List<Holding> all = look(sites);
            if (fromPort != 0) {
                return ConnectAdvice.pair(all, to, port, source, fromPort, "");
            }
            InetSocket thought = host.engine().tcpSocket(to.isV4() ? InetSocket.AF_INET : InetSocket.AF_INET6, Owner.ROOT).inet();
            ConnectDecision decision = host.engine().tcp().ports().explainConnect(thought, source.high(), source.low(), to.high(), to.low(), port, host.engine().tcp());
            List<String> lines = new ArrayList<>(Why.connect(to, port, decision, host.engine().sysctls().get(Sysctl.TCP_TIMEWAIT_MS)));
            ConnectAdvice.add(lines, all, host.engine().ip().isLocal(to.high(), to.low()), to, port, decision);
            return new Answer(decision.errno() == 0 ? "OK" : Errno.name(decision.errno()), decision.errno() == 0 ? "FREE" : "EXHAUSTED", lines,
                    ConnectAdvice.details(decision));
        });
    }

    /// DIAGNOSIS 23: which socket hears a packet, and why the others do not.
    Answer demux(boolean udp, IpAddress to, int port, IpAddress from, int fromPort) {
        Map<SocketHandle, String> sites = sites();
        return host.call(() -> {
            List<String> lines = new ArrayList<>();
            String packet = (udp ? "udp" : "tcp") + " packet from " + from.withPort(fromPort) + " to " + to.withPort(port);
            if (!udp) {
                for (Holding each : look(sites)) {
                    if (each.localPort() == port && each.remotePort() == fromPort && each.local().equals(to) && each.remote().equals(from)) {
                        lines.add(packet + ": goes to " + each.describe());
                        lines.add("  a connection with exactly these four names comes before every listener");
                        return new Answer("OK", "CONNECTION", lines);
                    }
                }
            }
            PortTable table = udp ? host.engine().udp().ports() : host.engine().tcp().ports();
            DemuxDecision decision = table.explainDemux(to.high(), to.low(), port, from.high(), from.low(), fromPort, host.engine().ip().interfaceOf(to.high(), to.low()));
            SocketHandle chosen = decision.chosen();
            lines.add(packet + ": " + (chosen == null ? "nobody hears it" : "goes to " + name(chosen)) + ", " + decision.reason());
            decision.candidates().forEach(each -> lines.add("  " + name(each.socket()) + ": " + (each.matches() ? "matches, " : "does not match, ") + each.reason()));
            return new Answer(chosen == null ? "NOBODY" : "OK", chosen == null ? "NOBODY" : "SOCKET", lines);
        });
    }

    /// A socket with its owner.
    static String name(SocketHandle s) {
        return new IpAddress(s.localHigh(), s.localLow()).withPort(s.localPort()) + " of " + s.owner().program() + " (process " + s.owner().pid() + ", user "
                + s.owner().uid() + ")";
    }

    /// DIAGNOSIS 16-19, 26: the last resets, the newest first.
    List<Map<String, Object>> resets() {
        return host.call(() -> Resets.rows(host.engine().tcp().resets()));
    }

    /// DIAGNOSIS 19-22: the connections that can send, with what tells why they do not.
    List<Flow> flows() {
        return host.call(() -> {
            List<Flow> all = new ArrayList<>();
            host.engine().tcp().rows(row -> {
                if (Flow.sends(row)) {
                    all.add(Flow.of(row));
                }
            });
            return all;
        });
    }

    /// The settings that reports need.
    Map<String, Object> settings() {
        return host.call(() -> {
            Map<String, Object> settings = new HashMap<>();
            SETTINGS.forEach(each -> settings.put(each.name(), host.engine().sysctls().get(each)));
            return settings;
        });
    }

    /// DIAGNOSIS 5: who sent the first FIN, of the last connections that were closed, in all and by program.
    Map<String, Object> closes() {
        return host.call(() -> {
            Map<String, Long> counts = new java.util.TreeMap<>();
            for (CloseLog.Row each : host.engine().tcp().closes().rows()) {
                String who = each.first() == CloseLog.OURS ? "ours" : each.first() == CloseLog.PEERS ? "peers" : "both";
                counts.merge(who, 1L, Long::sum);
                counts.merge(who + " " + each.owner().program() + " (process " + each.owner().pid() + ")", 1L, Long::sum);
            }
            return new HashMap<>(counts);
        });
    }

    /// DIAGNOSIS 14, 15: what the listeners have counted.
    List<Map<String, Object>> listeners() {
        return host.call(() -> {
            List<Map<String, Object>> all = new ArrayList<>();
            host.engine().tcp().rows(row -> {
                ListenerInfo info = row.state() != TcpState.LISTEN || row.socket() == null ? null : row.socket().listenerInfo();
                if (info != null) {
                    Map<String, Object> json = new HashMap<>();
                    json.put("name", row.local().withPort(row.localPort()));
                    json.put("pid", row.owner() == null ? 0 : row.owner().pid());
                    json.put("peak", info.peak());
                    json.put("overflows", info.overflows());
                    json.put("drops", info.drops());
                    json.put("cookiesSent", info.cookiesSent());
                    json.put("syns", info.synsReceived());
                    json.put("completed", info.completed());
                    json.put("accepted", info.accepted());
                    json.put("sinceAcceptMs", info.sinceAcceptNs() < 0 ? -1 : info.sinceAcceptNs() / NANOS_PER_MS);
                    all.add(json);
                }
            });
            return all;
        });
    }

    /// DIAGNOSIS 10: ends connections in CLOSE-WAIT whose programs have forgotten them, by RST.
    ///
    /// @return how many
    /// @throws IllegalArgumentException if the age is negative
    int abortCloseWait(long olderThanMs) {
        if (olderThanMs < 0) {
            throw new IllegalArgumentException("an age of " + olderThanMs + " ms");
        }
        return host.call(() -> {
            List<TcpSocket> old = new ArrayList<>();
            long now = host.engine().now();
            host.engine().tcp().rows(row -> {
                if (row.state() == TcpState.CLOSE_WAIT && row.socket() != null && now - row.stateSinceNs() >= olderThanMs * NANOS_PER_MS) {
                    old.add(row.socket());
                }
            });
            old.forEach(TcpSocket::abort);
            return old.size();
        });
    }

    /// An answer: an errno or `OK`, the rule, and the words.
    ///
    /// @param details more of it, for JSON
    record Answer(String errno, String rule, List<String> lines, Map<String, Object> details) {
        Answer(String errno, String rule, List<String> lines) {
            this(errno, rule, lines, Map.of());
        }

        Map<String, Object> toJson() {
            Map<String, Object> json = new java.util.LinkedHashMap<>();
            json.put("errno", errno);
            json.put("rule", rule);
            json.put("lines", lines);
            json.putAll(details);
            return json;
        }
    }
}
