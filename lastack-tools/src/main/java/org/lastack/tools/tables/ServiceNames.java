package org.lastack.tools.tables;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Names of ports from services(5).
public final class ServiceNames {
    private final Map<String, String> names = new HashMap<>();

    private ServiceNames() {}

    /// Numbers only, as with `-n`.
    public static ServiceNames none() {
        return new ServiceNames();
    }

    /// From `/etc/services`; where there is none, ports stay numbers.
    public static ServiceNames ofSystem() {
        try {
            return of(Files.readAllLines(Path.of("/etc/services")));
        } catch (IOException e) {
            return none();
        }
    }

    static ServiceNames of(List<String> lines) {
        ServiceNames result = new ServiceNames();
        for (String line : lines) {
            String[] fields = line.replaceFirst("#.*", "").strip().split("\\s+");
            if (fields.length >= 2) {
                result.names.putIfAbsent(fields[1], fields[0]);
            }
        }
        return result;
    }

    /// The name or the number; `*` for 0.
    public String of(int port, boolean tcp) {
        if (port == 0) {
            return "*";
        }
        @Nullable String name = names.get(port + (tcp ? "/tcp" : "/udp"));
        return name == null ? Integer.toString(port) : name;
    }

    /// The port of that name, TCP before UDP; -1 if there is none.
    int number(String name) {
        int best = -1;
        for (Map.Entry<String, String> each : names.entrySet()) {
            if (each.getValue().equals(name) && (best < 0 || each.getKey().endsWith("/tcp"))) {
                best = Integer.parseInt(each.getKey().substring(0, each.getKey().indexOf('/')));
            }
        }
        return best;
    }
}
