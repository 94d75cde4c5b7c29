package org.lastack.tools.lab;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.lastack.wire.TcpHeader;

/// Draws each packet as one rung between two hosts, with sequence numbers relative to the SYN of their direction.
final class Ladder {
    private static final int WIDTH = 46;
    private final Map<String, Integer> first = new HashMap<>();

    /// One line: time, left port, arrow with flags and numbers, right port.
    String rung(Packet p) {
        String text = p.tcp() ? tcp(p) : p.udp() ? "UDP len " + p.length() : "ICMP type " + p.icmpType() + " code " + p.icmpCode();
        String note = p.note().isEmpty() ? "" : "  (" + p.note() + ")";
        String ports = p.tcp() || p.udp() ? String.valueOf(p.toRight() ? p.sourcePort() : p.destinationPort()) : "-";
        String otherPort = p.tcp() || p.udp() ? String.valueOf(p.toRight() ? p.destinationPort() : p.sourcePort()) : "-";
        return String.format(Locale.ROOT, "%10.3f s  %5s |%s| %-5s%s", p.timeNs() / 1e9, ports, arrow(" " + text + " ", p), otherPort, note).stripTrailing();
    }

    private static String arrow(String text, Packet p) {
        int room = Math.max(4, WIDTH - text.length());
        if (p.toRight()) {
            String tail = p.lost() ? "-".repeat(room / 2) + "X" + " ".repeat(room - room / 2 - 2) : "-".repeat(room - 2) + ">";
            return "-" + text + tail;
        }
        String tail = p.lost() ? " ".repeat(room - room / 2 - 2) + "X" + "-".repeat(room / 2) : "<" + "-".repeat(room - 2);
        return tail + text + "-";
    }

    private String tcp(Packet p) {
        String mine = p.source() + ":" + p.sourcePort() + ">" + p.destination() + ":" + p.destinationPort();
        String other = p.destination() + ":" + p.destinationPort() + ">" + p.source() + ":" + p.sourcePort();
        if (p.has(TcpHeader.SYN)) {
            first.put(mine, p.seq());
        }
        StringBuilder text = new StringBuilder(flags(p.flags()));
        text.append(" seq ").append(relative(mine, p.seq()));
        if (p.has(TcpHeader.ACK)) {
            text.append(" ack ").append(relative(other, p.ack()));
        }
        if (p.length() > 0) {
            text.append(" len ").append(p.length());
        }
        if (p.window() == 0 && !p.has(TcpHeader.RST)) {
            text.append(" win 0");
        }
        return text.toString();
    }

    private String relative(String flow, int number) {
        Integer base = first.get(flow);
        return base == null ? Integer.toUnsignedString(number) : String.valueOf(number - base);
    }

    private static String flags(int flags) {
        StringBuilder text = new StringBuilder();
        String[] names = {"FIN", "SYN", "RST", "PSH", "ACK", "URG"};
        for (int bit : new int[] {1, 0, 2, 5, 4}) {
            if ((flags & 1 << bit) != 0) {
                text.append(text.isEmpty() ? "" : ",").append(names[bit]);
            }
        }
        return text.toString();
    }
}
