package org.lastack.drill.packet;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Names of ICMP types and codes in scripts.
final class IcmpNames {
    private static final Map<String, Integer> TYPES_V4 = Map.ofEntries(Map.entry("echo_reply", 0), Map.entry("unreachable", 3), Map.entry("source_quench", 4),
            Map.entry("redirect", 5), Map.entry("echo_request", 8), Map.entry("time_exceeded", 11), Map.entry("parameter_problem", 12),
            Map.entry("timestamp_request", 13), Map.entry("timestamp_reply", 14), Map.entry("information_request", 15), Map.entry("information_reply", 16),
            Map.entry("address_mask_request", 17), Map.entry("address_mask_reply", 18));
    private static final Map<String, Integer> TYPES_V6 = Map.of("unreachable", 1, "packet_too_big", 2, "time_exceeded", 3, "parameter_problem", 4, "echo_request", 128,
            "echo_reply", 129);
    private static final Map<Integer, Map<String, Integer>> CODES_V4 = Map.of(
            3, numbered("net_unreachable", "host_unreachable", "protocol_unreachable", "port_unreachable", "frag_needed", "source_route_failed", "net_unknown",
                    "host_unknown", "source_host_isolated", "net_prohibited", "host_prohibited", "net_unreachable_for_tos", "host_unreachable_for_tos",
                    "packet_filtered", "precedence_violation", "precedence_cutoff"),
            5, numbered("net", "host", "tos_net", "tos_host"),
            11, numbered("ttl_exceeded", "frag_time_exceeded"));
    private static final Map<Integer, Map<String, Integer>> CODES_V6 = Map.of(
            1, numbered("net_unreachable", "admin_prohibited", "not_neighbour", "address_unreachable", "port_unreachable"),
            3, numbered("exceeded_hop_limit", "exceeded_frag_time"),
            4, numbered("header_field", "unknown_next_header", "unknown_option"));
    /// Other spellings of the same codes.
    private static final Map<String, String> ALIASES = Map.of("no_route", "net_unreachable", "not_neighbor", "not_neighbour", "ttl_exceeded_in_transit",
            "ttl_exceeded", "host_unreachable_v6", "address_unreachable");

    private IcmpNames() {}

    private static Map<String, Integer> numbered(String... names) {
        Map<String, Integer> result = new HashMap<>();
        for (String each : List.of(names)) {
            result.put(each, result.size());
        }
        return result;
    }

    /// -1 for an unknown name.
    static int type(String name, boolean v4) {
        if (name.matches("type_[0-9]{1,3}")) {
            return Integer.parseInt(name.substring(5));
        }
        return (v4 ? TYPES_V4 : TYPES_V6).getOrDefault(name, -1);
    }

    /// -1 for an unknown name.
    static int code(int type, String name, boolean v4) {
        if (name.matches("code_[0-9]{1,3}")) {
            return Integer.parseInt(name.substring(5));
        }
        Map<String, Integer> codes = (v4 ? CODES_V4 : CODES_V6).getOrDefault(type, Map.of());
        String known = ALIASES.getOrDefault(name, name);
        if (!v4 && type == 3 && known.equals("ttl_exceeded")) {
            known = "exceeded_hop_limit";
        }
        return codes.getOrDefault(known, -1);
    }

    static String typeName(int type, boolean v4) {
        return name(v4 ? TYPES_V4 : TYPES_V6, type, "type_");
    }

    static String codeName(int type, int code, boolean v4) {
        return name((v4 ? CODES_V4 : CODES_V6).getOrDefault(type, Map.of()), code, "code_");
    }

    private static String name(Map<String, Integer> names, int value, String prefix) {
        for (Map.Entry<String, Integer> each : names.entrySet()) {
            if (each.getValue() == value) {
                return each.getKey();
            }
        }
        return prefix + value;
    }
}
