package org.lastack.drill.run;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.lastack.drill.IpMode;
import org.lastack.drill.script.Script;
import org.lastack.wire.IpAddress;

/// The options of one run: those of the script, overridden by those of the caller, with the defaults of the public runner.
///
/// @param mss payload per segment of injected aggregates, 0 = packets come as they are
/// @param timestampTickUs length of the stack's timestamp tick, 0 = not verified
public record RunSettings(IpMode mode, IpAddress local, IpAddress remote, int bindPort, int connectPort, int mtu, int mss, long toleranceUs, double tolerancePercent,
        long timestampTickUs, boolean scaledEchoes, boolean strictSegments, boolean nonFatalPackets, boolean nonFatalCalls,
        boolean dryRun) {
    private static final int DEFAULT_PORT = 8080;
    private static final long DEFAULT_TOLERANCE_US = 4_000;
    private static final double DEFAULT_TOLERANCE_PERCENT = 12.5;

    /// @throws IllegalArgumentException naming the option, if a value is none
    public static RunSettings of(Script script, @Nullable IpMode mode, Map<String, String> overrides) {
        Map<String, String> values = new HashMap<>();
        for (Script.Option each : script.options()) {
            values.put(each.name(), each.value());
        }
        values.putAll(overrides);
        IpMode chosen = mode != null ? mode : named(values.getOrDefault("ip_version", "ipv4"));
        boolean v4 = chosen.v4Packets();
        return new RunSettings(chosen, address(values, "local_ip", v4, v4 ? "192.168.0.1" : "fd3d:a0b:17d6::1"),
                address(values, "remote_ip", v4, v4 ? "192.0.2.1" : "fd3d:fa7b:d17d::1"), number(values, "bind_port", DEFAULT_PORT),
                number(values, "connect_port", DEFAULT_PORT), number(values, "mtu", v4 ? 1500 : 1520), number(values, "mss", 0),
                number(values, "tolerance_usecs", (int) DEFAULT_TOLERANCE_US), percent(values), number(values, "tcp_ts_tick_usecs", 0), flag(values, "tcp_ts_ecr_scaled"),
                flag(values, "strict_segments"), values.getOrDefault("non_fatal", "").contains("packet"), values.getOrDefault("non_fatal", "").contains("syscall"),
                flag(values, "dry_run"));
    }

    /// The mode that the script itself asks for, or null.
    public static @Nullable IpMode requested(Script script) {
        for (Script.Option each : script.options()) {
            if (each.name().equals("ip_version")) {
                return named(each.value());
            }
        }
        return null;
    }

    private static IpMode named(String value) {
        IpMode mode = IpMode.byName(value);
        if (mode == null) {
            throw new IllegalArgumentException("--ip_version=" + value + ": one of ipv4, ipv6, ipv4-mapped-ipv6");
        }
        return mode;
    }

    /// An address of the other family belongs to the script's other mode: the default counts.
    private static IpAddress address(Map<String, String> values, String name, boolean v4, String byDefault) {
        String text = values.get(name);
        if (text == null) {
            return IpAddress.of(byDefault);
        }
        int slash = text.indexOf('/');
        IpAddress address = IpAddress.parse(slash < 0 ? text : text.substring(0, slash));
        if (address == null) {
            throw new IllegalArgumentException("--" + name + "=" + text + " is not an address");
        }
        return address.isV4() == v4 ? address : IpAddress.of(byDefault);
    }

    private static int number(Map<String, String> values, String name, int byDefault) {
        String text = values.get(name);
        if (text == null) {
            return byDefault;
        }
        try {
            int value = Integer.decode(text);
            if (value < 0) {
                throw new IllegalArgumentException("--" + name + "=" + text + " is negative");
            }
            return value;
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("--" + name + "=" + text + " is not a number", e);
        }
    }

    private static double percent(Map<String, String> values) {
        String text = values.get("tolerance_percent");
        try {
            return text == null ? DEFAULT_TOLERANCE_PERCENT : Double.parseDouble(text);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("--tolerance_percent=" + text + " is not a number", e);
        }
    }

    private static boolean flag(Map<String, String> values, String name) {
        String text = values.get(name);
        return text != null && !text.equals("0") && !text.equals("false");
    }

    /// The larger of the fixed and the relative tolerance, for something expected `spanUs` after the event before it.
    long toleranceUs(long spanUs) {
        return Math.max(toleranceUs, (long) (tolerancePercent / 100 * Math.max(0, spanUs)));
    }
}
