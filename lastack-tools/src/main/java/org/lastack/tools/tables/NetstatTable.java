package org.lastack.tools.tables;

import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/// The table that netstat(8) of net-tools prints for Internet sockets.
public final class NetstatTable {
    /// Widths of the columns as netstat has them.
    private static final int ADDRESS_WIDTH = 23;

    private static final int NAME_WIDTH = 19;
    private static final int USER_WIDTH = 10;

    /// Which rows and columns.
    ///
    /// @param all `-a`: listening and other sockets
    /// @param listening `-l`: only listening ones
    /// @param program `-p`
    /// @param extended `-e`: user and inode
    /// @param timers `-o`
    /// @param wide `-W`: addresses are not cut
    /// @param names the names of ports, empty with `-n`
    public record Options(boolean all, boolean listening, boolean program, boolean extended, boolean timers, boolean wide, boolean numeric, ServiceNames names) {}

    private final Options options;

    public NetstatTable(Options options) {
        this.options = options;
    }

    /// The order of netstat: tcp, tcp6, udp, udp6; listeners first.
    public static final Comparator<SocketEntry> ORDER = Comparator.comparing((SocketEntry e) -> !e.tcp())
            .thenComparing(SocketEntry::v6)
            .thenComparing(e -> !e.listening())
            .thenComparing(e -> e.state().equals("TIME_WAIT"))
            .thenComparingInt(SocketEntry::localPort)
            .thenComparing(SocketEntry::remote)
            .thenComparingInt(SocketEntry::remotePort);

    /// The whole table, lines with ends.
    public String render(List<SocketEntry> sockets) {
        StringBuilder text = new StringBuilder();
        String which = options.all() ? "servers and established" : options.listening() ? "only servers" : "w/o servers";
        text.append("Active Internet connections (").append(which).append(")\n");
        text.append("Proto Recv-Q Send-Q Local Address           Foreign Address         State      ");
        if (options.extended()) {
            text.append(" User       Inode     ");
        }
        if (options.program()) {
            text.append(" PID/Program name    ");
        }
        text.append(options.timers() ? " Timer" : "").append('\n');
        sockets.stream().filter(this::shown).forEach(each -> row(text, each));
        return text.toString();
    }

    /// Whether netstat shows that row: without `-a`, a socket that waits for peers only with `-l`.
    public boolean shown(SocketEntry entry) {
        boolean waits = entry.listening() || entry.state().equals("UNCONN");
        return options.all() || waits == options.listening();
    }

    private void row(StringBuilder text, SocketEntry entry) {
        text.append(String.format(Locale.ROOT, "%-4s  %6d %6d %-" + ADDRESS_WIDTH + "s %-" + ADDRESS_WIDTH + "s %-11s",
                (entry.tcp() ? "tcp" : "udp") + (entry.v6() ? "6" : ""), entry.receiveQueue(), entry.listening() ? 0 : entry.sendQueue(),
                name(entry, true), name(entry, false), state(entry.state())));
        if (options.extended()) {
            text.append(String.format(Locale.ROOT, " %-" + USER_WIDTH + "d %-" + USER_WIDTH + "d", entry.uid(), entry.inode()));
        }
        if (options.program()) {
            text.append(String.format(Locale.ROOT, " %-" + (NAME_WIDTH + 1) + "s", program(entry)));
        }
        if (options.timers()) {
            text.append(' ').append(timer(entry.timer()));
        }
        text.append('\n');
    }

    private static String program(SocketEntry entry) {
        if (entry.pid() == 0) {
            return "-";
        }
        String name = entry.pid() + "/" + entry.program();
        return name.length() > NAME_WIDTH ? name.substring(0, NAME_WIDTH) : name;
    }

    private String name(SocketEntry entry, boolean local) {
        String port = options.names().of(local ? entry.localPort() : entry.remotePort(), entry.tcp());
        var address = local ? entry.local() : entry.remote();
        boolean any = address.isUnspecified();
        // Without -n the kernel's resolver names the wildcard of IPv6 [::].
        String host = any ? (entry.v6() ? (options.numeric() ? "::" : "[::]") : "0.0.0.0") : address.toString();
        int room = ADDRESS_WIDTH - 1;
        if (!options.wide() && host.length() + port.length() > room) {
            host = host.substring(0, room - Math.min(port.length(), room - 4));
        }
        return host + ":" + port;
    }

    /// netstat's spelling of a state: as in RFC 9293 with underscores, but without the one before a number, and SYN_RECV.
    public static String state(String state) {
        return switch (state) {
            case "SYN_RECEIVED" -> "SYN_RECV";
            case "FIN_WAIT_1" -> "FIN_WAIT1";
            case "FIN_WAIT_2" -> "FIN_WAIT2";
            case "CLOSED" -> "CLOSE";
            case "UNCONN" -> "";
            default -> state;
        };
    }

    private static String timer(SocketEntry.Timer timer) {
        String kind = timer.kind().equals("persist") ? "probe" : timer.kind();
        double seconds = timer.leftMs() / 1000.0;
        int probes = kind.equals("probe") || kind.equals("keepalive") ? timer.count() : 0;
        int retransmits = kind.equals("on") ? timer.count() : 0;
        return String.format(Locale.ROOT, "%s (%.2f/%d/%d)", kind, seconds, retransmits, probes);
    }
}
