package org.lastack.tools.oracle;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Wire behaviour: each row tells in words how a situation is made and what is put in; the words are read as patterns, so rows with other numbers
/// and other inputs of the same kinds are understood as well. Rows that begin with `same:`, `then` or an ellipsis go on where the row before ended.
final class WireKind implements OracleKind {
    /// What is known about a kind of row: the pattern of its text and how to play it.
    record Play(Pattern pattern, Function<Matcher, String> play) {}

    private final Map<String, List<Play>> plays = new LinkedHashMap<>();

    @Override
    public String name() {
        return "wire";
    }

    @Override
    public String description() {
        return "TCP, UDP and ICMP on the wire";
    }

    @Override
    public void begin() {
        plays.clear();
        plays.put("backlog", new WireBacklog().plays());
        WireClosing closing = new WireClosing();
        plays.put("half-close", closing.halfClose());
        plays.put("linger", closing.linger());
        WireTimeWait timeWait = new WireTimeWait();
        plays.put("time-wait", timeWait.plays());
        plays.put("durations", timeWait.durations());
        plays.put("segment-checks", new WireSegments().plays());
        WireTimers timers = new WireTimers();
        plays.put("handshake", new WireHandshake().plays());
        plays.put("timers", timers.plays());
        plays.put("acks", new WireAcks().plays());
        plays.put("urgent", new WireUrgent().plays());
        plays.put("blocking", new WireBlocking().plays());
        plays.put("udp", new WireUdp().plays());
        plays.put("icmp-pmtu", timers.icmp());
    }

    @Override
    public OracleAnswer replay(OracleRow row) {
        if (plays.isEmpty()) {
            begin();
        }
        String input = row.get("setup and input");
        for (Play each : plays.getOrDefault(row.get("group"), List.of())) {
            Matcher matcher = each.pattern.matcher(input);
            if (matcher.matches()) {
                try {
                    return new OracleAnswer(Map.of("result", each.play.apply(matcher)), "");
                } catch (IllegalStateException e) {
                    return new OracleAnswer(Map.of("result", "set-up failed: " + e.getMessage()), "");
                }
            }
        }
        return OracleAnswer.skipped("no way to play: " + row.get("group") + ": " + input);
    }

    /// Times are equal within a tenth or a tenth of a second (the recording kernel's timers and scheduler), timestamps and random numbers are not
    /// compared, everything else is.
    @Override
    public boolean same(OracleRow row, String column, String recorded, String ours) {
        return WireCompare.same(row.get("group"), recorded, ours);
    }

    static Play play(String expression, Function<Matcher, String> play) {
        return new Play(Pattern.compile(expression), play);
    }
}
