package org.lastack.tools.why;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.lastack.tools.ExitCode;
import org.lastack.tools.Json;
import org.lastack.tools.control.ControlClient;

/// Asks a running host, and shows what it says as text or JSON.
final class Answers {
    private Answers() {}

    /// The rows of a host with the settings that reports need.
    ///
    /// @param closes who closed first, of the last closed connections; empty if nobody remembers
    record Snapshot(List<Holding> rows, Map<String, Object> settings, Map<String, Object> closes) {
        long setting(org.lastack.core.Sysctl name) {
            return setting(name.name());
        }

        long setting(String name) {
            return Json.number(settings, name, 0);
        }
    }

    static Snapshot snapshot(ControlClient client) {
        List<Holding> rows = new ArrayList<>();
        Map<String, Object> part = client.request(Map.of("op", "holdings"));
        while (true) {
            Json.objects(part, "holdings").forEach(each -> rows.add(Holding.of(each)));
            if (!Json.flag(part, "more")) {
                return new Snapshot(rows, Json.object(part, "settings"), Json.object(part, "closes"));
            }
            part = client.receive();
        }
    }

    static Map<String, Long> counters(ControlClient client) {
        Map<String, Long> counters = new LinkedHashMap<>();
        Json.object(client.request(Map.of("op", "counters")), "counters").forEach((name, value) -> {
            if (value instanceof Number number) {
                counters.put(name, number.longValue());
            }
        });
        return counters;
    }

    /// Shows a request's answer.
    static int show(PrintWriter out, boolean json, Map<String, Object> answer) {
        if (json) {
            Map<String, Object> shown = new LinkedHashMap<>(answer);
            shown.remove("ok");
            out.println(Json.pretty(shown));
        } else if (answer.get("lines") instanceof List<?> lines) {
            lines.forEach(out::println);
        }
        out.flush();
        return ExitCode.OK;
    }

    static int show(PrintWriter out, boolean json, List<String> lines, List<Holding> rows) {
        return show(out, json, json ? Map.of("lines", lines, "sockets", rows.stream().map(Holding::toJson).toList()) : Map.of("lines", lines));
    }
}
