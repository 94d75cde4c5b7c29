package org.lastack.tools;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.lastack.tools.control.ControlClient;
import org.lastack.tools.tables.SocketEntry;

/// The sockets and counters of a running host, asked through its control socket.
final class SocketList {
    private SocketList() {}

    /// All sockets, in the host's order.
    static List<SocketEntry> fetch(ControlClient client) {
        List<SocketEntry> sockets = new ArrayList<>();
        Map<String, Object> part = client.request(Map.of("op", "sockets"));
        while (true) {
            Json.objects(part, "sockets").forEach(each -> sockets.add(SocketEntry.of(each)));
            if (!Json.flag(part, "more")) {
                return sockets;
            }
            part = client.receive();
        }
    }

    /// Counters under nstat's names, in nstat's order.
    static Map<String, Long> counters(ControlClient client) {
        Map<String, Long> counters = new LinkedHashMap<>();
        Json.object(client.request(Map.of("op", "counters")), "counters").forEach((name, value) -> {
            if (value instanceof Number number) {
                counters.put(name, number.longValue());
            }
        });
        return counters;
    }
}
