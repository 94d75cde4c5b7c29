package org.lastack.tools.tables;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.lastack.wire.IpAddress;

/// The table that ss(8) of iproute2 prints for Internet sockets when its output is not a terminal.
public final class SsTable {
    /// Which columns.
    ///
    /// @param netid more than one protocol may show
    /// @param state more than one state may show
    /// @param process `-p`
    /// @param timers `-o`
    /// @param extended `-e`
    /// @param memory `-m`
    /// @param info `-i`
    /// @param oneLine `-O`
    /// @param header not `-H`
    public record Options(
            boolean netid, boolean state, boolean process, boolean timers, boolean extended, boolean memory, boolean info, boolean oneLine, boolean header,
            ServiceNames names) {}

    private static final int COLUMNS = 9;
    private static final String[] HEADERS = {"Netid", "State", "Recv-Q", "Send-Q", "Local Address", "Port", "Peer Address", "Port", "Process"};
    private static final String[] DELIMITERS = {"", " ", " ", " ", " ", ":", " ", ":", ""};
    private static final boolean[] RIGHT = {false, false, false, false, true, false, true, false, false};

    private final Options options;

    public SsTable(Options options) {
        this.options = options;
    }

    /// The order of ss: UDP before TCP, IPv4 before IPv6, listeners first.
    public static final Comparator<SocketEntry> ORDER =
            Comparator.comparing(SocketEntry::tcp).thenComparing(NetstatTable.ORDER);

    /// The whole table, lines with ends.
    public String render(List<SocketEntry> sockets) {
        List<String[]> rows = new ArrayList<>();
        if (options.header()) {
            rows.add(HEADERS.clone());
        }
        sockets.forEach(each -> rows.add(cells(each)));
        int[] width = new int[COLUMNS];
        for (String[] row : rows) {
            for (int i = 0; i < COLUMNS; i++) {
                width[i] = Math.max(width[i], row[i].length());
            }
        }
        StringBuilder text = new StringBuilder();
        rows.forEach(row -> line(text, row, width));
        return text.toString();
    }

    private boolean hidden(int column) {
        return column == 0 && !options.netid() || column == 1 && !options.state();
    }

    private void line(StringBuilder text, String[] row, int[] width) {
        boolean first = true;
        for (int i = 0; i < COLUMNS; i++) {
            if (hidden(i)) {
                continue;
            }
            text.append(first ? "" : DELIMITERS[i]);
            first = false;
            String pad = " ".repeat(width[i] - row[i].length());
            text.append(RIGHT[i] ? pad + row[i] : row[i] + pad);
        }
        text.append('\n');
    }

    private String[] cells(SocketEntry entry) {
        return new String[] {
            entry.tcp() ? "tcp" : "udp",
            state(entry.state()),
            Long.toString(entry.receiveQueue()),
            Long.toString(entry.sendQueue()),
            address(entry, entry.local()) + (entry.interfaceName().isEmpty() ? "" : "%" + entry.interfaceName()),
            options.names().of(entry.localPort(), entry.tcp()),
            address(entry, entry.remote()),
            options.names().of(entry.remotePort(), entry.tcp()),
            details(entry)
        };
    }

    /// A dual-stack wildcard is `*`, another one of IPv6 `[::]`; peers over IPv4 of an IPv6 socket are written v4-mapped.
    private static String address(SocketEntry entry, IpAddress address) {
        if (!entry.v6()) {
            return address.isUnspecified() ? "0.0.0.0" : address.toString();
        }
        if (address.isUnspecified()) {
            boolean dualStack = !entry.v6Only() && entry.local().isUnspecified();
            return dualStack ? "*" : "[::]";
        }
        return address.isV4() ? "[::ffff:" + address + "]" : "[" + address + "]";
    }

    /// ss's spelling of a state.
    public static String state(String state) {
        return switch (state) {
            case "ESTABLISHED" -> "ESTAB";
            case "SYN_RECEIVED" -> "SYN-RECV";
            case "CLOSED" -> "UNCONN";
            default -> state.replace('_', '-');
        };
    }

    private String details(SocketEntry entry) {
        StringBuilder text = new StringBuilder();
        if (options.process() && entry.pid() != 0) {
            text.append(" users:((\"").append(entry.program()).append("\",pid=").append(entry.pid()).append(",fd=").append(entry.descriptor()).append("))");
        }
        if ((options.timers() || options.extended()) && !entry.timer().kind().equals("off")) {
            text.append(" timer:(").append(entry.timer().kind()).append(',').append(left(entry.timer().leftMs())).append(',')
                    .append(entry.timer().count()).append(')');
        }
        if (options.extended()) {
            extended(text, entry);
        }
        if (options.memory() || options.info()) {
            text.append(options.oneLine() ? "" : "\n\t");
            if (options.memory() && entry.memory() != null) {
                text.append(' ').append(memory(entry.memory()));
            }
            if (options.info()) {
                entry.info().forEach((name, value) -> text.append(' ').append(info(name, value)));
            }
        }
        return text.toString();
    }

    private static void extended(StringBuilder text, SocketEntry entry) {
        if (entry.uid() != 0) {
            text.append(" uid:").append(entry.uid());
        }
        text.append(" ino:").append(entry.inode());
        if (entry.listening() && entry.v6()) {
            text.append(" v6only:").append(entry.v6Only() ? 1 : 0);
        }
        if (!entry.state().equals("TIME_WAIT")) {
            text.append(' ').append((entry.shutdown() & 1) != 0 ? '-' : '<').append('-').append((entry.shutdown() & 2) != 0 ? '-' : '>');
        }
    }

    private static String memory(Map<String, Object> memory) {
        StringBuilder text = new StringBuilder("skmem:(");
        String separator = "";
        for (String field : new String[] {"r", "rb", "t", "tb", "f", "w", "o", "bl", "d"}) {
            text.append(separator).append(field).append(memory.getOrDefault(field, 0));
            separator = ",";
        }
        return text.append(')').toString();
    }

    /// `true` is a bare word, rates are `name Nbps`, the rest `name:value`.
    private static String info(String name, Object value) {
        if (value.equals(true)) {
            return name;
        }
        boolean rate = name.equals("send") || name.endsWith("_rate");
        return rate ? name + " " + value + "bps" : name + ":" + value;
    }

    /// As ss writes a time: the largest two units that say something.
    static String left(long ms) {
        long seconds = ms / 1000;
        long minutes = seconds / 60;
        StringBuilder text = new StringBuilder();
        if (minutes > 0) {
            text.append(minutes).append("min");
        }
        if (seconds % 60 > 0 && minutes <= 9) {
            text.append(seconds % 60).append(minutes > 0 ? "sec" : ms % 1000 > 0 && seconds <= 9 ? "." : "sec");
        }
        if (minutes == 0 && seconds <= 9 && ms % 1000 > 0) {
            text.append(String.format(Locale.ROOT, seconds > 0 ? "%03dms" : "%dms", ms % 1000));
        }
        return text.isEmpty() ? "0ms" : text.toString();
    }

    /// What `ss -s` prints.
    public static String summary(List<SocketEntry> sockets) {
        long tcp = sockets.stream().filter(SocketEntry::tcp).count();
        long tcp6 = sockets.stream().filter(e -> e.tcp() && e.v6()).count();
        long udp = sockets.size() - tcp;
        long udp6 = sockets.stream().filter(e -> !e.tcp() && e.v6()).count();
        long established = sockets.stream().filter(e -> e.tcp() && e.state().equals("ESTABLISHED")).count();
        long timeWait = sockets.stream().filter(e -> e.state().equals("TIME_WAIT")).count();
        long orphans = sockets.stream().filter(e -> e.tcp() && e.inode() == 0 && !e.state().equals("TIME_WAIT") && !e.state().equals("SYN_RECEIVED")).count();
        long closed = timeWait + orphans;
        StringBuilder text = new StringBuilder();
        text.append("Total: ").append(sockets.size() - timeWait).append('\n');
        text.append(String.format(Locale.ROOT, "TCP:   %d (estab %d, closed %d, orphaned %d, timewait %d)%n%n", tcp, established, closed, orphans, timeWait));
        text.append("Transport Total     IP        IPv6\n");
        total(text, "RAW", 0, 0);
        total(text, "UDP", udp, udp6);
        total(text, "TCP", tcp - closed, tcp6 - sockets.stream().filter(e -> e.tcp() && e.v6() && e.inode() == 0).count());
        total(text, "INET", udp + tcp - closed, udp6 + tcp6 - sockets.stream().filter(e -> e.tcp() && e.v6() && e.inode() == 0).count());
        total(text, "FRAG", 0, 0);
        return text.append('\n').toString();
    }

    private static void total(StringBuilder text, String name, long all, long v6) {
        text.append(String.format(Locale.ROOT, "%s\t  %-9d %-9d %-9d%n", name, all, all - v6, v6));
    }
}
