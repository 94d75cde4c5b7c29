package org.lastack.tools.why;

import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ProtocolFamily;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.nio.channels.DatagramChannel;
import java.nio.channels.NetworkChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import org.lastack.core.socket.BindRequest;
import org.lastack.core.socket.BindRule;
import org.lastack.wire.IpAddress;

/// Answers "why is the address in use?" for this machine's kernel. The rows come from /proc; the options of other programs' sockets cannot be
/// read there, so each set of options is tried with a socket of our own, which is bound, never listens, and is closed at once.
final class KernelBind {
    private KernelBind() {}

    /// What the four trials gave: true = bind succeeded. Index: bit 0 SO_REUSEADDR, bit 1 SO_REUSEPORT.
    record Trials(boolean[] succeeded, String problem) {}

    static HostQuestions.Answer explain(BindRequest wanted, boolean udp) throws IOException {
        boolean[] succeeded = new boolean[4];
        String problem = "";
        for (int set = 0; set < succeeded.length; set++) {
            String result = attempt(wanted.with((set & 1) != 0, (set & 2) != 0), udp);
            succeeded[set] = result.isEmpty();
            if (set == index(wanted)) {
                problem = result;
            }
        }
        return conclude(wanted, udp, ProcSockets.read(udp ? "udp" : "tcp"), new Trials(succeeded, problem));
    }

    private static int index(BindRequest wanted) {
        return (wanted.reuseAddress() ? 1 : 0) + (wanted.reusePort() ? 2 : 0);
    }

    /// Binds a socket and closes it. Empty, or the kernel's words.
    private static String attempt(BindRequest wanted, boolean udp) throws IOException {
        ProtocolFamily family = wanted.address().isV4() ? StandardProtocolFamily.INET : StandardProtocolFamily.INET6;
        try (NetworkChannel channel = udp ? DatagramChannel.open(family) : SocketChannel.open(family)) {
            channel.setOption(StandardSocketOptions.SO_REUSEADDR, wanted.reuseAddress());
            channel.setOption(StandardSocketOptions.SO_REUSEPORT, wanted.reusePort());
            channel.bind(new InetSocketAddress(InetAddress.getByAddress(wanted.address().toBytes()), wanted.port()));
            return "";
        } catch (BindException e) {
            return String.valueOf(e.getMessage());
        } catch (java.net.SocketException e) {
            return String.valueOf(e.getMessage());
        }
    }

    /// From rows and trials to a cause. Pure.
    static HostQuestions.Answer conclude(BindRequest wanted, boolean udp, List<Holding> rows, Trials trials) {
        boolean ok = trials.succeeded()[index(wanted)];
        List<Holding> there = rows.stream().filter(each -> each.localPort() == wanted.port() && meets(wanted, each.local())).toList();
        List<String> lines = new ArrayList<>();
        String name = wanted.address().withPort(wanted.port());
        String head = "bind " + name + " (" + (udp ? "udp" : "tcp") + ", " + wanted.options() + ", kernel): ";
        if (ok) {
            lines.add(head + "would succeed: " + (there.isEmpty() ? BindRule.FREE : BindRule.SHARED).sentence());
            there.forEach(each -> lines.add("  beside " + each.describe()));
            return new HostQuestions.Answer("OK", there.isEmpty() ? "FREE" : "SHARED", lines);
        }
        String errno = errno(trials.problem());
        lines.add(head + errno + " (" + trials.problem() + ")");
        BindRule rule = rule(wanted, udp, errno, there, trials.succeeded());
        there.forEach(each -> lines.add("  on the port: " + each.describe()));
        if (errno.equals("EADDRINUSE") && there.isEmpty()) {
            lines.add("  no row of /proc shows a holder: a socket that is bound, but neither listens nor is connected, is not listed there");
        }
        lines.add("  because " + rule.sentence());
        if (errno.equals("EADDRINUSE")) {
            options(lines, wanted, trials.succeeded());
        }
        return new HostQuestions.Answer(errno, rule.name(), lines);
    }

    /// LINUX-SOCKETS C.1, 1; whether an IPv6 wildcard has IPV6_V6ONLY is not in /proc, so it counts as overlapping.
    private static boolean meets(BindRequest wanted, IpAddress held) {
        if (held.isUnspecified() || wanted.address().isUnspecified()) {
            return held.isV4() == wanted.address().isV4() || !wanted.v6Only();
        }
        return held.equals(wanted.address());
    }

    private static String errno(String problem) {
        return problem.contains("already in use") ? "EADDRINUSE" : problem.contains("ermission") ? "EACCES" : problem.contains("assign") ? "EADDRNOTAVAIL" : "EINVAL";
    }

    private static BindRule rule(BindRequest wanted, boolean udp, String errno, List<Holding> there, boolean[] succeeded) {
        switch (errno) {
            case "EACCES" -> {
                return BindRule.PRIVILEGED;
            }
            case "EADDRNOTAVAIL" -> {
                return BindRule.NOT_LOCAL;
            }
            default -> {
                // EADDRINUSE below
            }
        }
        if (wanted.port() == 0) {
            return BindRule.RANGE_EXHAUSTED;
        }
        if (!udp && there.stream().anyMatch(each -> each.is("LISTEN"))) {
            return BindRule.LISTENER;
        }
        boolean holdersShare = succeeded[1] || succeeded[2] || succeeded[3];
        if (index(wanted) == 0) {
            return holdersShare ? BindRule.NEW_SHARES_NOT : BindRule.NEITHER_SHARES;
        }
        return holdersShare ? BindRule.OPTIONS_DIFFER : BindRule.HOLDER_SHARES_NOT;
    }

    private static void options(List<String> lines, BindRequest wanted, boolean[] succeeded) {
        lines.add("with other options of the new socket, tried just now:");
        for (int set = 0; set < succeeded.length; set++) {
            BindRequest other = wanted.with((set & 1) != 0, (set & 2) != 0);
            if (set != index(wanted)) {
                lines.add("  " + other.options() + ": " + (succeeded[set] ? "yes" : "no"));
            }
        }
        lines.add(succeeded[1] ? "  so all holders have SO_REUSEADDR and none listens" : "  so a holder lacks SO_REUSEADDR, or listens");
        if (succeeded[2]) {
            lines.add("  so all holders have SO_REUSEPORT, and this user owns them");
        }
    }
}
