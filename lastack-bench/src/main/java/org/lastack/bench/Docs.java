package org.lastack.bench;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Writes docs/performance.md and its charts from what `lastack bench --json` printed, in one session or in several.
final class Docs {
    /// The page, without its ending.
    static final String PAGE = "performance";
    private static final int WIDTH = 760;
    private static final int LABELS = 300;
    private static final int BAR = 18;

    private final Map<String, List<Report>> sessions = new LinkedHashMap<>();
    private final List<String> machines = new ArrayList<>();
    private final Map<String, String> commands = new LinkedHashMap<>();
    private final StringBuilder pieces = new StringBuilder();

    void add(String machine, String command, Report report) {
        commands.put(report.name(), command);
        sessions.computeIfAbsent(report.name(), name -> new ArrayList<>()).add(report);
        String stable = machine.replaceFirst(", load average.*", "").replaceFirst(" -XX:AOTCache=[^ )]*", "");
        if (!machines.contains(stable)) {
            machines.add(stable);
        }
    }

    boolean isEmpty() {
        return sessions.isEmpty();
    }

    /// Adds what an earlier run wrote: one JSON object per line.
    void addAll(Path results) throws IOException {
        for (String line : Files.readAllLines(results)) {
            if (!line.isBlank()) {
                Map<String, Object> facts = JSON.std.mapFrom(line);
                add(String.valueOf(facts.get("machine")), facts.get("command") instanceof String command ? command : "lastack bench " + facts.get("benchmark"), Report.of(facts));
            }
        }
    }

    /// Adds the table of the pieces, from the JSON of JMH.
    void pieces(Path results) throws IOException {
        pieces.append("## The pieces\n\n`scripts/jmh`: nanoseconds per call, mean and half the width of the 99.9 % confidence interval.\n\n| Piece | Connections | ns | +- |\n|---|---:|---:|---:|\n");
        for (Object each : JSON.std.listFrom(Files.readString(results))) {
            if (each instanceof Map<?, ?> run && run.get("primaryMetric") instanceof Map<?, ?> metric) {
                String name = String.valueOf(run.get("benchmark"));
                Object connections = run.get("params") instanceof Map<?, ?> params ? params.get("connections") : null;
                pieces.append("| ").append(name.substring(name.lastIndexOf('.') + 1)).append(" | ").append(connections == null ? "" : connections).append(" | ")
                        .append(number(metric.get("score"))).append(" | ").append(number(metric.get("scoreError"))).append(" |\n");
            }
        }
    }

    private static String number(@Nullable Object value) {
        return Report.number(value instanceof Number figure ? figure.doubleValue() : Double.NaN);
    }

    void write(Path directory) throws IOException {
        Files.createDirectories(directory);
        StringBuilder text = new StringBuilder("# Performance\n\nWritten by `scripts/performance` from what it measured; do not edit.\n\n");
        machines.forEach(each -> text.append("Machine: ").append(each).append(".\n\n"));
        text.append(Targets.PREFACE).append("## Targets\n\n").append(Targets.table(sessions));
        for (List<Report> each : sessions.values()) {
            Report last = Report.median(each);
            String chart = "performance-" + last.name() + ".svg";
            Files.writeString(directory.resolve(chart), chart(last));
            text.append(last.markdown()).append("`").append(commands.get(last.name())).append("`, ").append(each.size() == 1 ? "once" : each.size() + " times; medians of these runs")
                    .append(".\n\n![").append(last.name()).append("](").append(chart).append(")\n\n");
        }
        text.append(pieces);
        Files.writeString(directory.resolve("performance.md"), text.toString().stripTrailing() + "\n");
    }

    /// Bars of the first column.
    private static String chart(Report report) {
        List<String> labels = report.labels();
        String column = report.columns().getFirst();
        double largest = labels.stream().mapToDouble(each -> report.value(each, column)).filter(each -> !Double.isNaN(each)).max().orElse(1);
        StringBuilder svg = new StringBuilder(String.format(Locale.ROOT,
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" font-family=\"sans-serif\" font-size=\"12\">%n<text x=\"4\" y=\"14\" font-weight=\"bold\">%s: %s</text>%n",
                WIDTH, labels.size() * BAR + 26, report.name(), escaped(column)));
        for (int i = 0; i < labels.size(); i++) {
            double value = report.value(labels.get(i), column);
            double length = Double.isNaN(value) ? 0 : value / largest * (WIDTH - LABELS - 70);
            int y = 22 + i * BAR;
            svg.append(String.format(Locale.ROOT,
                    "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text><rect x=\"%d\" y=\"%d\" width=\"%.0f\" height=\"%d\" fill=\"%s\"/><text x=\"%.0f\" y=\"%d\">%s</text>%n",
                    LABELS - 6, y + 13, escaped(labels.get(i)), LABELS, y + 2, length, BAR - 4, labels.get(i).endsWith("lastack") ? "#2a6fb0" : "#b8c4d0",
                    LABELS + length + 4, y + 13, Report.number(value)));
        }
        return svg.append("</svg>\n").toString();
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;");
    }
}
