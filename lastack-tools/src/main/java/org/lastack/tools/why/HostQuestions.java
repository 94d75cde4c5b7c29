package org.lastack.tools.why;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.lastack.core.Errno;
import org.lastack.core.Sysctl;
import org.lastack.core.ip.Route;
import org.lastack.core.socket.BindDecision;
import org.lastack.core.socket.BindRequest;
import org.lastack.core.socket.ConnectDecision;
import org.lastack.core.socket.DemuxDecision;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.socket.SocketHandle;
import org.lastack.core.socket.Owner;
import org.lastack.core.socket.PortHolder;
import org.lastack.core.socket.PortTable;
import org.lastack.core.socket.Why;
import org.lastack.core.tcp.SocketRow;
import org.lastack.core.tcp.TcpState;
import org.lastack.host.Host;
import org.lastack.host.HostSocket;
import org.lastack.wire.IpAddress;

/// Asks a host why things are as they are. Thread-safe: each question takes the host's lock once.
final class HostQuestions {
    private static final long NANOS_PER_MS = 1_000_000;
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
                row.socket() == null || !sites.containsKey(row.socket()), site);
    }

    /// DIAGNOSIS 1, 2, 7, 24: would that bind succeed, and if not, who stands in the way and until when.
    Answer bind(BindRequest request, boolean udp) {
        Map<SocketHandle, String> sites = sites();
        return host.call(() -> {
            PortTable table = udp ? host.engine().udp().ports() : host.engine().tcp().ports();
            List<Holding> all = udp ? List.of() : look(sites);
            BindDecision decision = table.explainBind(request);
            List<String> lines = new ArrayList<>(Why.bind(table, request, holder -> ends(all, holder)));
            if (decision.refused() && request.port() != 0) {
                List<Holding> there = all.stream().filter(each -> each.localPort() == request.port()).toList();
                if (!there.isEmpty()) {
                    lines.add("on port " + request.port() + " there are now:");
                    there.forEach(each -> lines.add("  " + each.describe()));
                }
            }
            return new Answer(decision.errno() == 0 ? "OK" : Errno.name(decision.errno()), decision.rule().name(), lines);
        });
    }

    private static long ends(List<Holding> all, PortHolder holder) {
        return all.stream().filter(each -> each.localPort() == holder.port() && each.local().equals(holder.address()) && each.timer().equals("timewait"))
                .mapToLong(each -> each.timerMs() * NANOS_PER_MS).max().orElse(Why.Ages.UNKNOWN);
    }

    /// DIAGNOSIS 6, 8, 13, 25: could a connection to that place be opened, and from how many ports.
    Answer connect(IpAddress to, int port) {
        Map<SocketHandle, String> sites = sites();
        return host.call(() -> {
            Route route = host.engine().ip().route(to.high(), to.low(), 0, to.isV4() ? IpAddress.ANY_V4.low() : 0, 0);
            if (route == null) {
                int errno = host.engine().ip().lastRouteError();
                return new Answer(Errno.name(errno), "NO_ROUTE",
                        List.of("connect " + to.withPort(port) + ": " + Errno.name(errno) + " (" + Errno.text(errno) + "): no route leads there"));
            }
            InetSocket thought = host.engine().tcpSocket(to.isV4() ? InetSocket.AF_INET : InetSocket.AF_INET6, Owner.ROOT).inet();
            ConnectDecision decision = host.engine().tcp().ports().explainConnect(thought, route.sourceHigh, route.sourceLow, to.high(), to.low(), port,
                    host.engine().tcp());
            List<String> lines = new ArrayList<>(Why.connect(to, port, decision, host.engine().sysctls().get(Sysctl.TCP_TIMEWAIT_MS)));
            List<Holding> all = look(sites);
            boolean local = host.engine().ip().isLocal(to.high(), to.low());
            ConnectAdvice.add(lines, all, local, to, port, decision);
            return new Answer(decision.errno() == 0 ? "OK" : Errno.name(decision.errno()), decision.errno() == 0 ? "FREE" : "EXHAUSTED", lines);
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

    private static String name(SocketHandle s) {
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
            for (Sysctl each : List.of(Sysctl.IP_LOCAL_PORT_RANGE_LOW, Sysctl.IP_LOCAL_PORT_RANGE_HIGH, Sysctl.TCP_TIMEWAIT_MS, Sysctl.TCP_TW_REUSE,
                    Sysctl.TCP_TW_REUSE_DELAY, Sysctl.SOMAXCONN, Sysctl.TCP_SYNCOOKIES)) {
                settings.put(each.name(), host.engine().sysctls().get(each));
            }
            return settings;
        });
    }

    /// An answer: an errno or `OK`, the rule, and the words.
    record Answer(String errno, String rule, List<String> lines) {}
}
