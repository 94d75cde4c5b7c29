package org.lastack.drill.stack;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.lastack.core.Sysctl;
import org.lastack.core.Sysctls;

/// Linux's sysctl names and values, applied to the settings of a host. Triples and ranges are several settings of ours.
public final class SettingNames {
    private static final Map<String, List<String>> PARTS = Map.of("net.ipv4.tcp_rmem", List.of("_min", "_default", "_max"), "net.ipv4.tcp_wmem",
            List.of("_min", "_default", "_max"), "net.ipv4.ip_local_port_range", List.of("_low", "_high"));
    private static final String FAST_OPEN_KEY = "net.ipv4.tcp_fastopen_key";
    private static final String CONGESTION_CONTROL = "net.ipv4.tcp_congestion_control";

    private SettingNames() {}

    /// Null if the name and the value are known, else what is wrong with them.
    public static @Nullable String problem(String name, String value) {
        return apply(name, value, null);
    }

    /// Null if the setting was applied, else what is wrong.
    public static @Nullable String set(Sysctls sysctls, String name, String value) {
        return apply(name, value, sysctls);
    }

    private static @Nullable String apply(String rawName, String value, @Nullable Sysctls into) {
        String name = rawName.replace('/', '.');
        if (name.equals(CONGESTION_CONTROL)) {
            try {
                (into != null ? into : new Sysctls()).congestionControl(value.strip());
                return null;
            } catch (IllegalArgumentException e) {
                return e.getMessage();
            }
        }
        if (name.equals(FAST_OPEN_KEY)) {
            try {
                (into != null ? into : new Sysctls()).fastOpenKeys(value.strip());
                return null;
            } catch (IllegalArgumentException e) {
                return e.getMessage();
            }
        }
        List<String> suffixes = PARTS.getOrDefault(name, List.of(""));
        List<Sysctl> settings = new ArrayList<>();
        for (String suffix : suffixes) {
            Sysctl setting = Sysctl.byName(name + suffix);
            if (setting == null) {
                return "unknown setting " + name;
            }
            settings.add(setting);
        }
        String[] words = value.strip().split("[\\s,]+");
        if (words.length > settings.size()) {
            return name + " wants " + settings.size() + " numbers, not '" + value + "'";
        }
        for (int i = 0; i < words.length; i++) {
            String problem = number(settings.get(i), words[i], into);
            if (problem != null) {
                return problem;
            }
        }
        return null;
    }

    private static @Nullable String number(Sysctl setting, String text, @Nullable Sysctls into) {
        try {
            long value = Long.decode(text);
            if (value < setting.min() || value > setting.max()) {
                return setting.linuxName() + " = " + value + " is outside " + setting.min() + ".." + setting.max();
            }
            if (into != null) {
                into.set(setting, value);
            }
            return null;
        } catch (NumberFormatException e) {
            return setting.linuxName() + " = '" + text + "' is not a number";
        }
    }
}
