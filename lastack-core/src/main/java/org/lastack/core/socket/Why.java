package org.lastack.core.socket;

import java.util.ArrayList;
import java.util.List;
import org.lastack.core.Errno;
import org.lastack.wire.IpAddress;

/// Says in plain words why a name is in use and what would help. Pure: it reads a port table and writes lines.
public final class Why {
    /// When holders end by themselves.
    @FunctionalInterface
    public interface Ages {
        long NEVER = Long.MAX_VALUE;
        long UNKNOWN = -1;

        /// Nanoseconds until the last of these connections in TIME-WAIT ends; [#UNKNOWN] if that is not known.
        long endsInNs(PortHolder holder);
    }

    private static final long NANOS_PER_SECOND = 1_000_000_000;
    /// From here on a destination is nearly out of ports.
    private static final int NEARLY_USED_PERCENT = 60;

    private Why() {}

    // bind

    /// Answers "why is the address in use?" (DIAGNOSIS 1, 2, 7, 24): the outcome, each row that blocks with its rule, when it ends, and for each
    /// set of options whether `bind` would succeed now.
    public static List<String> bind(PortTable table, BindRequest request, Ages ages) {
        BindDecision decision = table.explainBind(request);
        List<String> lines = new ArrayList<>();
        lines.add("bind " + name(request.address(), request.port()) + " (" + (table.protocol() == PortTable.TCP ? "tcp" : "udp") + ", "
                + request.options() + "): " + outcome(decision));
        for (PortHolder holder : decision.blocking()) {
            lines.add("  blocked by " + holder(holder));
            lines.add("    because " + holder.rule().sentence());
            addReasons(lines, request, holder, ages);
        }
        if (decision.rule() == BindRule.RANGE_EXHAUSTED) {
            lines.add("  port 0 gives a port that nobody shares, so SO_REUSEADDR and SO_REUSEPORT do not help" + (table.protocol() == PortTable.UDP
                    ? " unless all holders have them" : ""));
            lines.add("  what helps: connect without bind, or IP_BIND_ADDRESS_NO_PORT before it (ports are then shared between destinations); a wider"
                    + " ip_local_port_range; another local address");
        } else if (decision.refused() && !decision.blocking().isEmpty()) {
            addOptionSets(lines, table, request);
        }
        return lines;
    }

    private static String outcome(BindDecision decision) {
        if (!decision.refused()) {
            return "would succeed: " + decision.rule().sentence();
        }
        String error = Errno.name(decision.errno()) + " (" + Errno.text(decision.errno()) + ")";
        return decision.blocking().isEmpty() ? error + ": " + decision.rule().sentence() : error;
    }

    private static String name(IpAddress address, int port) {
        return address.withPort(port);
    }

    private static String holder(PortHolder holder) {
        StringBuilder text = new StringBuilder(holder.kind().counted(holder.count())).append(" on ").append(name(holder.address(), holder.port()));
        if (holder.v6Only()) {
            text.append(" (IPv6 only)");
        }
        text.append(", of ").append(owner(holder.owner())).append(", with ");
        text.append(new BindRequest(InetSocket.AF_INET, holder.address(), holder.port(), holder.reuseAddress(), holder.reusePort(), false, 0,
                holder.owner()).options());
        return text.toString();
    }

    private static String owner(Owner owner) {
        String user = "user " + owner.uid();
        return owner.pid() == 0 ? user : owner.program() + " (process " + owner.pid() + ", " + user + ")";
    }

    private static void addReasons(List<String> lines, BindRequest request, PortHolder holder, Ages ages) {
        boolean dual = !holder.address().isV4() && holder.address().isUnspecified() && !holder.v6Only() && request.address().isV4();
        if (dual) {
            lines.add("    note: [::] without IPV6_V6ONLY covers IPv4 as well; with IPV6_V6ONLY on it the two would not meet");
        }
        if (holder.rule() == BindRule.OPTIONS_DIFFER && (holder.reusePort() != holder.reuseAddress())) {
            lines.add("    note: setsockopt(SO_REUSEADDR | SO_REUSEPORT) as one option name sets SO_REUSEPORT only");
        }
        if (holder.rule() == BindRule.NEW_SHARES_NOT || holder.rule() == BindRule.HOLDER_SHARES_NOT) {
            lines.add("    note: an option counts from when it is set; set after bind it is too late for that bind");
        }
        switch (holder.kind()) {
            case TIME_WAIT -> {
                long ns = ages.endsInNs(holder);
                lines.add("    TIME-WAIT ends " + (ns == Ages.UNKNOWN || ns == Ages.NEVER ? "by itself" : "in " + Math.ceilDiv(ns, NANOS_PER_SECOND) + " s"));
            }
            case CONNECTION -> lines.add("    the port is free when the connection has ended on this side; until then it blocks like a bound socket");
            case LISTEN, BOUND -> {
                if (holder.owner().pid() != 0 && holder.owner().pid() != request.owner().pid()) {
                    lines.add("    another program has it: stop process " + holder.owner().pid() + ", or use another port or address");
                }
            }
        }
    }

    private static void addOptionSets(List<String> lines, PortTable table, BindRequest request) {
        lines.add("with other options of the new socket, now:");
        for (int set = 0; set < 4; set++) {
            BindRequest other = request.with((set & 1) != 0, (set & 2) != 0);
            if (other.equals(request)) {
                continue;
            }
            BindDecision decision = table.explainBind(other);
            lines.add("  " + other.options() + ": " + (decision.refused() ? "no, " + decision.rule().sentence() : "yes"));
        }
    }

    // connect

    /// Answers "why can no local address be assigned?" (DIAGNOSIS 6, 8).
    ///
    /// @param timeWaitMs how long a closed connection keeps its port
    public static List<String> connect(IpAddress destination, int port, ConnectDecision decision, long timeWaitMs) {
        List<String> lines = new ArrayList<>();
        String to = name(destination, port);
        int usable = decision.taken() + decision.free();
        if (decision.errno() != 0) {
            lines.add("connect " + to + ": EADDRNOTAVAIL (" + Errno.text(Errno.EADDRNOTAVAIL) + "): port exhaustion, " + decision.taken() + " of "
                    + usable + " ports are in use towards it");
        } else {
            lines.add("connect " + to + ": a local port is left, " + decision.taken() + " of " + usable + " (" + decision.usedPercent()
                    + " %) are in use towards it" + (decision.usedPercent() > NEARLY_USED_PERCENT ? ": nearly exhausted" : ""));
        }
        lines.add("  range " + decision.low() + "-" + decision.high() + ": " + decision.ports() + " ports, " + decision.reserved() + " reserved, "
                + decision.bound() + " bound by somebody and therefore left alone, " + decision.taken() + " connected to this destination, "
                + decision.free() + " free");
        lines.add("  for ever: " + decision.connectionsPerSecond(timeWaitMs) + " connections per second to this destination, each port waiting "
                + timeWaitMs / 1000 + " s after its connection");
        if (decision.errno() != 0 || decision.usedPercent() > NEARLY_USED_PERCENT) {
            lines.add("  what helps: keep connections open and reuse them; let the peer close first; tcp_tw_reuse=1; a wider ip_local_port_range; more"
                    + " local or remote addresses");
            if (decision.bound() > usable) {
                lines.add("  bind before connect reserves a port for all destinations: set IP_BIND_ADDRESS_NO_PORT before it");
            }
        }
        return lines;
    }
}
