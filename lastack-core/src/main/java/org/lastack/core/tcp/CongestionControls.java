package org.lastack.core.tcp;

import java.util.List;

/// The congestion control algorithms by their TCP_CONGESTION names.
public final class CongestionControls {
    private static final List<String> NAMES = List.of("cubic", "reno");

    private CongestionControls() {}

    /// All names, the order of preference first.
    public static List<String> names() {
        return NAMES;
    }

    public static boolean exists(String name) {
        return NAMES.contains(name);
    }

    /// @throws IllegalArgumentException naming the algorithms that there are
    static CongestionControl create(String name) {
        return switch (name) {
            case "cubic" -> new Cubic();
            case "reno" -> new NewReno();
            default -> throw new IllegalArgumentException("no congestion control named " + name + "; there are " + NAMES);
        };
    }
}
