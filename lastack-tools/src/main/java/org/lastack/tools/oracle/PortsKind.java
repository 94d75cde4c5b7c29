package org.lastack.tools.oracle;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Chosen ports, reuse of connection names, errors of bind and connect, and which socket hears a packet. The column `setup` tells each
/// situation in words, so the words are read here; a row that begins with "then" or "same" goes on from the one before it.
final class PortsKind implements OracleKind {
    /// What one topic of the table knows how to stage.
    interface Topic {
        /// The result in the table's words, or null if the setup's words are not understood.
        @Nullable String answer(String topic, String setup);
    }

    private List<Topic> topics = List.of();
    /// The present range has an odd number of ports, so that a walk may miss one.
    private boolean odd;
    /// The rows are about UDP, also those that go on from another.
    private boolean random;

    @Override
    public String name() {
        return "ports";
    }

    @Override
    public String description() {
        return "chosen ports, reuse of names, demultiplexing";
    }

    @Override
    public void begin() {
        topics = List.of(new PortsChosen(), new PortsShared(), new PortsTimeWait(), new PortsErrors(), new PortsDemux());
    }

    @Override
    public OracleAnswer replay(OracleRow row) {
        for (Topic each : topics) {
            String answer = each.answer(row.get("topic"), row.get("setup"));
            if (answer != null) {
                Map<String, String> results = new LinkedHashMap<>();
                results.put("result", answer);
                return new OracleAnswer(results, "");
            }
        }
        return OracleAnswer.skipped("the words of its setup are not understood: " + row.get("setup"));
    }

    @Override
    public boolean same(OracleRow row, String column, String recorded, String ours) {
        String setup = row.get("setup");
        Matcher range = find("setsockopt (\\d+)-(\\d+) then connect", setup);
        if (range != null) {
            // Any port of the range would do; of the host's, if this one is none.
            return withoutPortOf(range, recorded).equals(withoutPortOf(range, ours));
        }
        Matcher size = find("range (?:of )?(\\d+)(?: ports)?[,:]", setup);
        odd = size == null ? setup.startsWith("then") && odd : (Integer.parseInt(size.group(1)) & 1) == 1 && Integer.parseInt(size.group(1)) > 3;
        random = setup.contains(" udp") || setup.startsWith("udp") || setup.startsWith("then") && random;
        Matcher group = find("(\\d+) reuseport listeners,", setup);
        return PortsComparison.same(recorded, ours, new PortsComparison.About(random, odd, group == null ? 2 : Integer.parseInt(group.group(1))));
    }

    private static String withoutPortOf(Matcher range, String result) {
        Matcher port = find("port (\\d+)$", result);
        int low = Integer.parseInt(range.group(1));
        int high = Integer.parseInt(range.group(2));
        boolean inside = port != null && (low > high || low == 0)
                || port != null && Integer.parseInt(port.group(1)) >= low
                && Integer.parseInt(port.group(1)) <= high;
        return inside ? result.replaceAll("port \\d+$", "port of the range") : result;
    }

    /// The first match of an expression in a text, or null.
    static @Nullable Matcher find(String expression, String text) {
        Matcher matcher = Pattern.compile(expression).matcher(text);
        return matcher.find() ? matcher : null;
    }
}
