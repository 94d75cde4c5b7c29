package org.lastack.core.tcp;

import java.util.List;

/// The congestion control algorithms by their TCP_CONGESTION names.
public final class CongestionControls {
    private static final List<String> NAMES = List.of("reno");

    private CongestionControls() {}

    /// All names, the order of preference first.
    public static List<String> names() {
        return NAMES;
    }

    public static boolean exists(String name) {
        return NAMES.contains(name);
    }

    static CongestionControl create(String name) {
        return switch (name) {
            case "reno" -> new NewReno();
            default -> new NewReno();
        };
    }
}
