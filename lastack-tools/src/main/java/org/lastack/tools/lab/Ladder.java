package org.lastack.tools.lab;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.lastack.wire.TcpHeader;

/// Draws each packet as one rung between two hosts: time, state and port of the left end, an arrow with flags and numbers relative to the SYN of
/// their direction, port and state of the right end.
final class Ladder {
    private static final int WIDTH = 40;
    private static final int STATE = 12;
    /// A relative number beyond this belongs to another connection: it is shown as it is.
    private static final int FAR = 1 << 24;
    private final Map<String, Integer> first = new HashMap<>();

    /// The heading over the columns: the two sides.
    static String heading(Words words, String left, String right) {
        int lane = STATE + 1 + 5 + 2 + WIDTH + 2 + 5 + 1;
        return Columns.pad(words.pick("time", "时间"), -9) + "    " + Columns.pad(left, lane) + right;
    }

    /// One rung, with the states of both ends when the packet was sent.
    String rung(Packet p, String left, String right) {
        String text = p.tcp() ? tcp(p) : p.udp() ? "UDP len " + p.length() : icmp(p);
        String note = p.note().isEmpty() ? "" : "  (" + p.note() + ")";
        boolean ports = p.tcp() || p.udp();
        String leftPort = ports ? String.valueOf(p.toRight() ? p.sourcePort() : p.destinationPort()) : "";
        String rightPort = ports ? String.valueOf(p.toRight() ? p.destinationPort() : p.sourcePort()) : "";
        return line(p.timeNs(), left, leftPort, arrow(" " + text + " ", p), rightPort, right + note);
    }

    /// A rung without a packet: a state has changed.
    static String change(long timeNs, String left, int leftPort, int rightPort, String right) {
        return line(timeNs, left, String.valueOf(leftPort), " ".repeat(WIDTH), String.valueOf(rightPort), right);
    }

    private static String line(long timeNs, String left, String leftPort, String arrow, String rightPort, String right) {
        return String.format(Locale.ROOT, "%9.3f s  %s %5s |%s| %-5s %s", timeNs / 1e9, Columns.pad(left, STATE), leftPort, arrow, rightPort, right).stripTrailing();
    }

    private static String arrow(String text, Packet p) {
        int room = Math.max(4, WIDTH - 1 - text.length());
        if (p.toRight()) {
            String tail = p.lost() ? "-".repeat(room / 2) + "X" + " ".repeat(room - room / 2 - 1) : "-".repeat(room - 1) + ">";
            return "-" + text + tail;
        }
        String tail = p.lost() ? " ".repeat(room - room / 2 - 1) + "X" + "-".repeat(room / 2) : "<" + "-".repeat(room - 1);
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

    private static String icmp(Packet p) {
        boolean port = p.icmpType() == 3 && p.icmpCode() == 3;
        return port ? "ICMP port unreachable" : "ICMP type " + p.icmpType() + " code " + p.icmpCode();
    }

    private String relative(String flow, int number) {
        Integer base = first.get(flow);
        int distance = base == null ? FAR : number - base;
        return Math.abs((long) distance) < FAR ? String.valueOf(distance) : Integer.toUnsignedString(number);
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
