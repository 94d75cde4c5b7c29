package org.lastack.tools.why;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.lastack.core.socket.ConnectDecision;
import org.lastack.wire.IpAddress;

/// What the sockets of this host say about a destination. Pure.
final class ConnectAdvice {
    private ConnectAdvice() {}

    /// DIAGNOSIS 6: the local address is not on this host.
    static HostQuestions.Answer notLocal(IpAddress to, int port, IpAddress from, String where) {
        return new HostQuestions.Answer("EADDRNOTAVAIL", "NOT_LOCAL", List.of("connect " + to.withPort(port) + " from " + from + where
                + ": EADDRNOTAVAIL (Cannot assign requested address): the local address " + from + " is not on this host"));
    }

    /// DIAGNOSIS 6: a program that binds before it connects gets exactly that pair of names, or nothing.
    static HostQuestions.Answer pair(List<Holding> all, IpAddress to, int port, IpAddress from, int fromPort, String where) {
        String head = "connect " + to.withPort(port) + " from " + from.withPort(fromPort) + where + ": ";
        for (Holding each : all) {
            if (each.localPort() == fromPort && each.remotePort() == port && each.local().equals(from) && each.remote().equals(to)) {
                String reuse = each.is("TIME_WAIT") ? "; with timestamps Linux reuses it for a socket that was bound, else it takes until then" : "";
                return new HostQuestions.Answer("EADDRNOTAVAIL", "NAMES_TAKEN", List.of(head + "EADDRNOTAVAIL (Cannot assign requested address): there is a connection"
                        + " with the very same names", "  " + each.describe() + reuse));
            }
        }
        return new HostQuestions.Answer("OK", "FREE", List.of(head + "no connection has these names; whether the port may be bound says `lastack why bind "
                + from.withPort(fromPort) + "`", "  bind before connect reserves the port for all destinations; IP_BIND_ADDRESS_NO_PORT before bind(ADDR:0) does not"));
    }

    /// The numbers for JSON.
    static Map<String, Object> details(ConnectDecision ports) {
        Map<String, Object> details = new LinkedHashMap<>();
        details.put("low", ports.low());
        details.put("high", ports.high());
        details.put("reserved", ports.reserved());
        details.put("bound", ports.bound());
        details.put("taken", ports.taken());
        details.put("free", ports.free());
        return details;
    }

    /// Adds DIAGNOSIS 13 (refused or silent), 20 (nothing comes back) and 25 (connected to oneself), as far as they can be seen from here.
    static void add(List<String> lines, List<Holding> all, boolean local, IpAddress to, int port, ConnectDecision ports) {
        if (local) {
            here(lines, all, to, port, ports);
        }
        for (Holding each : all) {
            if (each.remotePort() == port && each.remote().equals(to)) {
                existing(lines, each);
            }
        }
    }

    private static void here(List<String> lines, List<Holding> all, IpAddress to, int port, ConnectDecision ports) {
        List<Holding> listeners = all.stream().filter(each -> each.is("LISTEN") && each.localPort() == port && hears(each, to)).toList();
        if (listeners.isEmpty()) {
            lines.add("  the address is on this host and nobody listens on port " + port + ": it would be refused (ECONNREFUSED)");
            if (port >= ports.low() && port <= ports.high()) {
                lines.add("  and the port lies in the ephemeral range " + ports.low() + "-" + ports.high()
                        + ": a client that tries again and again will some day be connected to itself");
            }
        }
        for (Holding each : listeners) {
            boolean full = each.receiveQueue() > each.sendQueue();
            lines.add("  " + each.owner() + " listens there, queue " + each.receiveQueue() + "/" + each.sendQueue() + (full
                    ? ": FULL, SYNs are dropped without an answer and connect() would time out (ETIMEDOUT) unless somebody accepts" : ""));
        }
    }

    private static boolean hears(Holding listener, IpAddress to) {
        if (!listener.local().isUnspecified()) {
            return listener.local().equals(to);
        }
        return listener.local().isV4() == to.isV4() || !listener.local().isV4() && listener.sharing().v6Only() != 1;
    }

    private static void existing(List<String> lines, Holding each) {
        if (each.localPort() == each.remotePort() && each.local().equals(each.remote()) && !each.is("TIME_WAIT")) {
            lines.add("  " + each.state() + " " + each.local().withPort(each.localPort()) + ", of " + each.owner() + ", is connected to itself: nobody listened when it"
                    + " connected and it was given the destination's port; it keeps the server from binding it");
        } else if (each.is("SYN_SENT") && each.retransmits() > 0) {
            lines.add("  an attempt from port " + each.localPort() + " has sent " + (each.retransmits() + 1) + " SYNs" + (each.ageMs() < 0 ? "" : " in "
                    + Holding.duration(each.ageMs())) + " without any answer: a filter, a full accept queue or a dead route; a missing listener would have said RST"
                    + " at once. SYNs are repeated after 1, 2, 3, 4, 5, 7, 11, 19 s and so on until tcp_syn_retries is used up (ETIMEDOUT)");
        } else if (each.is("ESTABLISHED") && each.retransmits() > 2) {
            lines.add("  the connection from port " + each.localPort() + " has " + each.sendQueue() + " octets unacknowledged after " + each.retransmits()
                    + " retransmissions: path or peer is dead; it gives up " + (each.noticedMs() < 0 ? "after tcp_retries2 or TCP_USER_TIMEOUT" : "in about "
                    + Holding.duration(each.noticedMs()) + " (tcp_retries2, TCP_USER_TIMEOUT)"));
        }
    }
}
