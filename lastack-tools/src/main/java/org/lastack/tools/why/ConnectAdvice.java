package org.lastack.tools.why;

import java.util.List;
import org.lastack.core.socket.ConnectDecision;
import org.lastack.wire.IpAddress;

/// What the sockets of this host say about a destination. Pure.
final class ConnectAdvice {
    private ConnectAdvice() {}

    /// Adds DIAGNOSIS 13 (refused or silent), 20 (nothing comes back) and 25 (connected to oneself), as far as they can be seen from here.
    static void add(List<String> lines, List<Holding> all, boolean local, IpAddress to, int port, ConnectDecision ports) {
        if (local) {
            boolean listens = all.stream().anyMatch(each -> each.is("LISTEN") && each.localPort() == port
                    && (each.local().isUnspecified() || each.local().equals(to)));
            if (!listens) {
                lines.add("  the address is on this host and nobody listens on port " + port + ": it would be refused (ECONNREFUSED)");
                if (port >= ports.low() && port <= ports.high()) {
                    lines.add("  and the port lies in the ephemeral range " + ports.low() + "-" + ports.high()
                            + ": a client that tries again and again will some day be connected to itself");
                }
            }
        }
        for (Holding each : all) {
            if (each.remotePort() == port && each.remote().equals(to)) {
                if (each.is("SYN_SENT") && each.retransmits() > 0) {
                    lines.add("  an attempt from port " + each.localPort() + " has sent " + (each.retransmits() + 1) + " SYNs in " + Holding.duration(each.ageMs())
                            + " without any answer: a filter, a full accept queue or a dead route; a missing listener would have said RST at once");
                } else if (each.is("ESTABLISHED") && each.retransmits() > 2) {
                    lines.add("  the connection from port " + each.localPort() + " has " + each.sendQueue() + " octets unacknowledged after " + each.retransmits()
                            + " retransmissions: path or peer is dead; it gives up after tcp_retries2 or TCP_USER_TIMEOUT");
                }
            }
        }
    }
}
