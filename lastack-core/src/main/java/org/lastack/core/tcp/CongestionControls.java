package org.lastack.core.tcp;

import java.util.List;

/// The congestion control algorithms by their TCP_CONGESTION names.
public final class CongestionControls {
    private static final List<String> NAMES = List.of("cubic", "reno", "bbr", "dctcp", "bbr3");

    private CongestionControls() {}

    /// All names, the order of preference first.
    public static List<String> names() {
        return NAMES;
    }

    public static boolean exists(String name) {
        return NAMES.contains(name);
    }

    /// True if connections with that algorithm ask for ECN whatever the host's setting, and mark every packet (RFC 8257 §3.1).
    static boolean needsEcn(String name) {
        return name.equals("dctcp");
    }

    /// @throws IllegalArgumentException naming the algorithms that there are
    static CongestionControl create(String name) {
        return switch (name) {
            case "cubic" -> new Cubic();
            case "reno" -> new NewReno();
            case "bbr" -> new Bbr();
            case "dctcp" -> new Dctcp();
            case "bbr3" -> new Bbr3();
            default -> throw new IllegalArgumentException("no congestion control named " + name + "; there are " + NAMES);
        };
    }
}
