package org.lastack.tools.why;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.lastack.core.Sysctl;

/// What a running host says about itself, asked of this machine's kernel.
final class KernelSnapshot {
    private KernelSnapshot() {}

    static Answers.Snapshot take() throws IOException {
        Processes processes = Processes.read();
        List<Holding> rows = SockDiag.read(false, 0).stream().map(processes::name).toList();
        Map<String, Object> settings = new HashMap<>();
        for (Sysctl each : HostQuestions.SETTINGS) {
            settings.put(each.name(), each.defaultValue());
            String value = KernelConnect.setting(each.linuxName().replaceFirst("^net\\.(ipv4|core)\\.", ""));
            if (value.matches("-?[0-9]+")) {
                settings.put(each.name(), Long.parseLong(value));
            }
        }
        String[] range = KernelConnect.setting("ip_local_port_range").split("\\s+");
        if (range.length == 2) {
            settings.put(Sysctl.IP_LOCAL_PORT_RANGE_LOW.name(), Long.parseLong(range[0]));
            settings.put(Sysctl.IP_LOCAL_PORT_RANGE_HIGH.name(), Long.parseLong(range[1]));
        }
        settings.put(Sysctl.TCP_TIMEWAIT_MS.name(), SockDiag.TIME_WAIT_MS);
        return new Answers.Snapshot(rows, settings, Map.of());
    }

    /// From /proc/net/snmp and /proc/net/netstat, named as nstat names them.
    static Map<String, Long> counters() throws IOException {
        Map<String, Long> counters = new LinkedHashMap<>();
        for (String file : List.of("snmp", "netstat")) {
            Path path = Path.of("/proc/net", file);
            if (Files.exists(path)) {
                parse(Files.readAllLines(path), counters);
            }
        }
        return counters;
    }

    /// Pairs of lines: names, then values, each after the group's name and a colon.
    static void parse(List<String> lines, Map<String, Long> counters) {
        for (int i = 0; i + 1 < lines.size(); i += 2) {
            String[] names = lines.get(i).strip().split("\\s+");
            String[] values = lines.get(i + 1).strip().split("\\s+");
            String group = names[0].replace(":", "");
            for (int k = 1; k < Math.min(names.length, values.length); k++) {
                counters.put(group + names[k], Long.parseLong(values[k]));
            }
        }
    }
}
