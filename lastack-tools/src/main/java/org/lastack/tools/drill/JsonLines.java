package org.lastack.tools.drill;

import java.util.List;
import java.util.Locale;
import org.lastack.drill.DrillResult;

/// A result as one line of JSON.
final class JsonLines {
    private JsonLines() {}

    static String result(DrillResult result) {
        StringBuilder out = new StringBuilder("{\"script\":");
        string(out, result.name());
        out.append(",\"mode\":");
        string(out, result.mode().optionValue());
        out.append(",\"outcome\":");
        string(out, result.outcome().name().toLowerCase(Locale.ROOT));
        out.append(",\"virtualSeconds\":").append(String.format(Locale.ROOT, "%.6f", result.virtualUs() / 1e6));
        if (!result.passed()) {
            out.append(",\"line\":").append(result.line()).append(",\"message\":");
            string(out, result.message());
            out.append(",\"expected\":");
            string(out, result.expected());
            out.append(",\"actual\":");
            string(out, result.actual());
            out.append(",\"trace\":");
            strings(out, result.trace());
        }
        return out.append('}').toString();
    }

    private static void strings(StringBuilder out, List<String> items) {
        String separator = "[";
        for (String each : items) {
            out.append(separator);
            string(out, each);
            separator = ",";
        }
        out.append(items.isEmpty() ? "[]" : "]");
    }

    private static void string(StringBuilder out, String text) {
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                out.append('\\').append(c);
            } else if (c < 0x20 || c > 0x7e) {
                out.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
            } else {
                out.append(c);
            }
        }
        out.append('"');
    }
}
