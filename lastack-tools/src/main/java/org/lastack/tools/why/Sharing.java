package org.lastack.tools.why;

import java.util.LinkedHashMap;
import java.util.Map;
import org.lastack.tools.Json;

/// What decides whether a holder of a port shares it. Numbers are 0 or 1, or [#UNKNOWN].
///
/// @param reuseAddress SO_REUSEADDR
/// @param reusePort SO_REUSEPORT
/// @param v6Only IPV6_V6ONLY
/// @param device interface index of SO_BINDTODEVICE, 0 = none
/// @param source how the reuse options are known, in words; empty if they are not
record Sharing(int reuseAddress, int reusePort, int v6Only, int device, String source) {
    static final int UNKNOWN = -1;
    /// Nothing is known.
    static final Sharing NOTHING = new Sharing(UNKNOWN, UNKNOWN, UNKNOWN, 0, "");

    static Sharing of(boolean reuseAddress, boolean reusePort, boolean v6Only, int device) {
        return new Sharing(reuseAddress ? 1 : 0, reusePort ? 1 : 0, v6Only ? 1 : 0, device, "own table");
    }

    /// Both reuse options are known.
    boolean known() {
        return reuseAddress != UNKNOWN && reusePort != UNKNOWN;
    }

    Sharing with(int address, int port, String how) {
        return new Sharing(address, port, v6Only, device, how);
    }

    /// As ` with SO_REUSEADDR (read from the socket)`.
    String words() {
        if (reuseAddress == UNKNOWN && reusePort == UNKNOWN) {
            return ", its reuse options are not known";
        }
        String text;
        if (reuseAddress == 1) {
            text = reusePort == 1 ? "with SO_REUSEADDR and SO_REUSEPORT" : "with SO_REUSEADDR";
        } else {
            text = reusePort == 1 ? "with SO_REUSEPORT" : reusePort == 0 && reuseAddress == 0 ? "with no options" : reuseAddress == 0 ? "without SO_REUSEADDR" : "without SO_REUSEPORT";
        }
        return ", " + text + (source.isEmpty() || source.equals("own table") ? "" : " (" + source + ")");
    }

    Map<String, Object> toJson() {
        Map<String, Object> json = new LinkedHashMap<>();
        put(json, "reuseaddr", reuseAddress);
        put(json, "reuseport", reusePort);
        put(json, "v6only", v6Only);
        json.put("device", device);
        json.put("optionsFrom", source);
        return json;
    }

    private static void put(Map<String, Object> json, String name, int value) {
        if (value != UNKNOWN) {
            json.put(name, value == 1);
        }
    }

    static Sharing of(Map<String, Object> json) {
        return new Sharing(number(json, "reuseaddr"), number(json, "reuseport"), number(json, "v6only"), (int) Json.number(json, "device", 0),
                Json.text(json, "optionsFrom", ""));
    }

    private static int number(Map<String, Object> json, String name) {
        return json.containsKey(name) ? Json.flag(json, name) ? 1 : 0 : UNKNOWN;
    }
}
