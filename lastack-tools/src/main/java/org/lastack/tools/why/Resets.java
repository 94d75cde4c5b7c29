package org.lastack.tools.why;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.lastack.core.tcp.ResetLog;
import org.lastack.core.tcp.ResetReason;
import org.lastack.core.tcp.TcpState;

/// The reset log in words: who ended which connection and why, what was lost, and what the program sees (DIAGNOSIS 16-19, 26).
final class Resets {
    private static final long NANOS_PER_MS = 1_000_000;
    private static final double MS_PER_SECOND = 1000;

    private Resets() {}

    /// A row for the control socket.
    static Map<String, Object> toJson(ResetLog.Row row) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("ageMs", row.ageNs() / NANOS_PER_MS);
        json.put("reason", row.reason().name());
        json.put("state", row.state().name());
        json.put("local", row.local().withPort(row.localPort()));
        json.put("remote", row.remote().withPort(row.remotePort()));
        json.put("unread", row.unread());
        json.put("unacknowledged", row.unacknowledged());
        json.put("text", describe(row));
        return json;
    }

    private static String describe(ResetLog.Row row) {
        StringBuilder text = new StringBuilder();
        text.append(String.format(java.util.Locale.ROOT, "%.1f s ago  ", row.ageNs() / NANOS_PER_MS / MS_PER_SECOND));
        text.append(row.local().withPort(row.localPort())).append(" with ").append(row.remote().withPort(row.remotePort()));
        text.append(row.reason() == ResetReason.NO_SOCKET ? "" : ", " + row.state().name()).append(": ").append(row.reason().sentence());
        if (row.unread() > 0) {
            text.append("; ").append(row.unread()).append(" octets were unread");
        }
        if (row.unacknowledged() > 0) {
            text.append("; ").append(row.unacknowledged()).append(" octets were not acknowledged");
        }
        return text.append(program(row)).toString();
    }

    /// DIAGNOSIS 17: broken pipe or connection reset?
    private static String program(ResetLog.Row row) {
        return switch (row.reason()) {
            case BY_PEER -> row.state() == TcpState.CLOSE_WAIT
                    ? "; the program gets EPIPE, since it was told end of file before"
                    : "; the program receives what is queued, then ECONNRESET once, then end of file; a send gives ECONNRESET once, then EPIPE";
            case DATA_AFTER_CLOSE -> "; if the program shut the socket down and holds it, it gets ECONNRESET";
            case REFUSED -> "; connect() gives ECONNREFUSED";
            case GAVE_UP, KEEPALIVE -> "; the program gets ETIMEDOUT. The peer or the path is gone, or a NAT on it has forgotten the connection";
            case UNREAD, LINGER, ORPHANS, NO_LINGER2, ABORTED, DISCONNECTED, LISTENER_CLOSED, OVERFLOW, SECOND_SYN, BAD_ACK, NO_SOCKET -> "";
        };
    }

    /// All that is remembered, the newest first: connections, then strangers.
    static List<Map<String, Object>> rows(ResetLog log) {
        List<Map<String, Object>> rows = new ArrayList<>();
        log.connections().forEach(each -> rows.add(toJson(each)));
        log.strangers().forEach(each -> rows.add(toJson(each)));
        return rows;
    }
}
