package org.lastack.tools;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// JSON as the command needs it: maps, lists, strings, numbers, booleans. Thread-safe.
public final class Json {
    private static final JSON COMPACT = JSON.std.with(JSON.Feature.WRITE_NULL_PROPERTIES);
    /// As most parsers do, the last of several equal keys counts: iperf3 writes such objects.
    private static final JSON READER = JSON.std.without(JSON.Feature.FAIL_ON_DUPLICATE_MAP_KEYS);
    private static final JSON PRETTY = COMPACT.with(JSON.Feature.PRETTY_PRINT_OUTPUT);

    private Json() {}

    /// On one line.
    public static String write(Object value) {
        try {
            return COMPACT.asString(value);
        } catch (IOException e) {
            throw new UncheckedIOException(e); // writing to a string fails only if `value` holds something that is not JSON
        }
    }

    /// On several lines, for people.
    public static String pretty(Object value) {
        try {
            return PRETTY.asString(value);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// @throws IOException if `text` is not one JSON object
    public static Map<String, Object> parse(String text) throws IOException {
        Map<String, Object> map = READER.mapFrom(text);
        if (map == null) {
            throw new IOException("not a JSON object");
        }
        return map;
    }

    /// The number under `key`, or `otherwise` if there is none.
    public static long number(Map<String, Object> map, String key, long otherwise) {
        return map.get(key) instanceof Number number ? number.longValue() : otherwise;
    }

    /// True if `key` holds true or a number other than 0.
    public static boolean flag(Map<String, Object> map, String key) {
        Object value = map.get(key);
        return Boolean.TRUE.equals(value) || value instanceof Number number && number.longValue() != 0;
    }

    /// The string under `key`, or null.
    public static @Nullable String text(Map<String, Object> map, String key) {
        return map.get(key) instanceof String text ? text : null;
    }

    /// The string under `key`.
    public static String text(Map<String, Object> map, String key, String otherwise) {
        return map.get(key) instanceof String text ? text : otherwise;
    }

    /// The objects in the array under `key`; empty if there is none.
    @SuppressWarnings("unchecked")
    public static List<Map<String, Object>> objects(Map<String, Object> map, String key) {
        return map.get(key) instanceof List<?> list
                ? list.stream().filter(Map.class::isInstance).map(each -> (Map<String, Object>) each).toList()
                : List.of();
    }

    /// The object under `key`; empty if there is none.
    @SuppressWarnings("unchecked")
    public static Map<String, Object> object(Map<String, Object> map, String key) {
        return map.get(key) instanceof Map<?, ?> object ? (Map<String, Object>) object : Map.of();
    }
}
