package org.lastack.tools.why;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.lastack.core.Errno;
import org.lastack.core.socket.BindRequest;
import org.lastack.core.socket.BindRule;
import org.lastack.core.socket.PortHolder;
import org.lastack.core.socket.PortTable;

/// Puts the answer to "why can I not bind that?" into words (DIAGNOSIS 1, 2, 7, 24). Pure: the same rows give the same words.
final class BindAnswer {
    /// Of alike rows so many are shown.
    private static final int SHOWN = 5;

    private final BindRequest wanted;
    private final boolean udp;
    private final String where;
    private final List<Row> rows = new ArrayList<>();
    private final Map<String, Outcome> sets = new LinkedHashMap<>();
    private final List<String> late = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();

    /// A holder and what it says to the new socket; the rule is one that refuses, or not.
    record Row(Holding holding, BindRule rule) {
        boolean blocks() {
            return rule.refuses();
        }
    }

    /// What `bind` would say with another set of options.
    ///
    /// @param errno 0 for success
    /// @param why the rule, or why it was not tried
    record Outcome(int errno, String why) {
        boolean yes() {
            return errno == 0;
        }
    }

    /// @param where empty, or `, kernel`
    BindAnswer(BindRequest wanted, boolean udp, String where) {
        this.wanted = wanted;
        this.udp = udp;
        this.where = where;
    }

    /// Adds a holder of the port.
    ///
    /// @param table whose rules count
    void row(PortTable table, Holding holding) {
        if (!holding.half()) {
            rows.add(new Row(holding, table.between(holding.holder(), wanted)));
        }
    }

    List<Row> rows() {
        return rows;
    }

    /// The worst that the rows say to a request: a listener first.
    static BindRule worst(PortTable table, List<Row> rows, BindRequest request) {
        BindRule worst = rows.isEmpty() ? BindRule.FREE : BindRule.SHARED;
        for (Row each : rows) {
            BindRule rule = table.between(each.holding().holder(), request);
            if (rule.refuses() && worst != BindRule.LISTENER) {
                worst = rule;
            }
        }
        return worst;
    }

    void set(String options, Outcome outcome) {
        sets.put(options, outcome);
    }

    /// An option of the new socket was seen to have come too late.
    void late(String words) {
        late.add(words);
    }

    void note(String words) {
        notes.add(words);
    }

    HostQuestions.Answer say(int errno, BindRule rule, String doubt) {
        List<String> lines = new ArrayList<>();
        String outcome = errno == 0 ? "would succeed: " + rule.sentence() : Errno.name(errno) + " (" + Errno.text(errno) + ")" + (rows.stream().anyMatch(Row::blocks) ? ""
                : ": " + rule.sentence());
        lines.add("bind " + wanted.address().withPort(wanted.port()) + " (" + (udp ? "udp" : "tcp") + ", " + wanted.options() + (wanted.v6Only() ? ", IPV6_V6ONLY" : "") + where
                + "): " + outcome);
        if (!doubt.isEmpty()) {
            lines.add("  " + doubt);
        }
        group(lines, true);
        group(lines, false);
        when(lines);
        BindCauses causes = new BindCauses(wanted, rows, errno, late);
        causes.addTo(lines);
        if (!rows.isEmpty() || sets.values().stream().anyMatch(each -> each.errno() != errno)) {
            lines.add("with other options of the new socket, now:");
            sets.forEach((name, each) -> lines.add("  " + name + ": " + (each.yes() ? "yes" : each.errno() == KernelTrial.NOT_TRIED ? "not known" : "no")
                    + (each.why().isEmpty() ? "" : ", " + each.why())));
        }
        lines.addAll(notes);
        return new HostQuestions.Answer(errno == 0 ? "OK" : Errno.name(errno), rule.name(), lines, details(causes));
    }

    private Map<String, Object> details(BindCauses causes) {
        Map<String, Object> details = new LinkedHashMap<>();
        details.put("causes", causes.names());
        Map<String, Object> would = new LinkedHashMap<>();
        sets.forEach((name, each) -> would.put(name, each.yes() ? "yes" : each.errno() == KernelTrial.NOT_TRIED ? "unknown" : "no"));
        details.put("options", would);
        List<Map<String, Object>> holders = new ArrayList<>();
        rows.forEach(each -> {
            Map<String, Object> json = each.holding().toJson();
            json.put("blocks", each.blocks());
            json.put("rule", each.rule().name());
            holders.add(json);
        });
        details.put("holders", holders);
        return details;
    }

    /// The rows, of many alike ones the first few.
    private void group(List<String> lines, boolean blocking) {
        Map<String, Integer> alike = new LinkedHashMap<>();
        for (Row each : rows) {
            if (each.blocks() == blocking) {
                Holding h = each.holding();
                String key = h.state() + " " + h.local() + each.rule() + h.uid() + " " + h.pid();
                int before = alike.merge(key, 1, Integer::sum) - 1;
                if (before < SHOWN) {
                    lines.add("  " + (blocking ? "blocked by " : "beside ") + h.describe());
                    if (!h.sharing().known() && each.rule() != BindRule.ADDRESSES_DIFFER) {
                        lines.add("    " + h.sharing().words().substring(2));
                    }
                    lines.add("    because " + each.rule().name() + ": " + each.rule().sentence());
                }
            }
        }
        alike.values().stream().filter(count -> count > SHOWN).forEach(count -> lines.add("  and " + (count - SHOWN) + " more like the last ones"));
    }

    /// When it will be free without anybody doing anything.
    private void when(List<String> lines) {
        List<Holding> blocking = rows.stream().filter(Row::blocks).map(Row::holding).toList();
        List<Holding> ending = blocking.stream().filter(each -> each.kind() == PortHolder.Kind.TIME_WAIT).toList();
        if (ending.isEmpty()) {
            return;
        }
        long last = ending.stream().mapToLong(Holding::timerMs).max().orElse(0);
        String words = "  TIME-WAIT ends in " + Math.ceilDiv(Math.max(0, last), 1000) + " s" + (ending.size() > 1 ? " (the last of " + ending.size() + ")" : "");
        lines.add(words + (ending.size() == blocking.size() ? "; then nothing blocks any more" : "; the others stay"));
    }
}
