package org.lastack.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A table of medians with a heading, and how to read it.
final class Report {
    private record Row(String label, double[] values) { }

    private final String name;
    private final String title;
    private final List<String> columns;
    private final List<Row> rows = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();
    private @Nullable RatioChart chart;

    Report(String name, String title, String... columns) {
        this.name = name;
        this.title = title;
        this.columns = List.of(columns);
    }

    String name() {
        return name;
    }

    /// A row; NaN stands for "not measured".
    Report row(String label, double... values) {
        if (values.length != columns.size()) {
            throw new IllegalArgumentException(label + ": " + values.length + " values for " + columns.size() + " columns");
        }
        rows.add(new Row(label, values));
        return this;
    }

    Report note(String text) {
        notes.add(text);
        return this;
    }

    /// A chart that the document shows below the table, in a file of its own.
    Report chart(RatioChart drawing) {
        chart = drawing;
        return this;
    }

    @Nullable RatioChart chart() {
        return chart;
    }

    String chartFile() {
        return "bench-" + name + ".svg";
    }

    /// Shows the last row at once where someone waits for it: on standard error, so that the output stays what it is.
    void progress() {
        Row last = rows.getLast();
        StringBuilder text = new StringBuilder("  ").append(last.label).append(':');
        for (int i = 0; i < last.values.length; i++) {
            text.append("  ").append(columns.get(i)).append(' ').append(number(last.values[i]));
        }
        System.err.println(text);
    }

    /// A figure of the table.
    double value(String label, String column) {
        return rows.stream().filter(each -> each.label.equals(label)).findFirst().orElseThrow().values[columns.indexOf(column)];
    }

    /// As [#value]; NaN if there is no such figure.
    double find(String label, String column) {
        int index = columns.indexOf(column);
        return rows.stream().filter(each -> each.label.equals(label) && index >= 0).mapToDouble(each -> each.values[index]).findFirst().orElse(Double.NaN);
    }

    List<String> labels() {
        return rows.stream().map(Row::label).toList();
    }

    List<String> columns() {
        return columns;
    }

    /// From [#facts], as JSON brings them back.
    static Report of(Map<String, Object> facts) {
        String[] columns = list(facts, "columns").stream().map(String::valueOf).toArray(String[]::new);
        Report report = new Report(String.valueOf(facts.get("benchmark")), String.valueOf(facts.get("title")), columns);
        for (Object each : list(facts, "rows")) {
            if (each instanceof Map<?, ?> line) {
                report.row(String.valueOf(line.get("case")), Arrays.stream(columns).mapToDouble(column -> line.get(column) instanceof Number n ? n.doubleValue() : Double.NaN).toArray());
            }
        }
        list(facts, "notes").forEach(each -> report.note(String.valueOf(each)));
        return report;
    }

    private static List<?> list(Map<String, Object> facts, String name) {
        if (facts.get(name) instanceof List<?> found) {
            return found;
        }
        throw new IllegalArgumentException("results without " + name + ": not written by lastack bench --json");
    }

    /// The medians of several sessions of one benchmark, figure by figure; columns and notes of the last.
    static Report median(List<Report> sessions) {
        Report last = sessions.getLast();
        Report report = new Report(last.name, last.title, last.columns.toArray(String[]::new));
        for (String label : last.labels()) {
            report.row(label, last.columns.stream().mapToDouble(column -> {
                double[] values = sessions.stream().mapToDouble(each -> each.find(label, column)).filter(value -> !Double.isNaN(value)).toArray();
                return values.length == 0 ? Double.NaN : median(values);
            }).toArray());
        }
        last.notes.forEach(report::note);
        return report;
    }

    static double median(double... values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    static String number(double value) {
        if (Double.isNaN(value)) {
            return "-";
        }
        double size = Math.abs(value);
        return String.format(Locale.ROOT, size >= 1000 ? "%,.0f" : size >= 100 ? "%.0f" : size >= 10 ? "%.1f" : "%.2f", value);
    }

    /// As aligned text.
    String text() {
        List<List<String>> cells = cells();
        int[] widths = new int[columns.size() + 1];
        for (List<String> line : cells) {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.max(widths[i], line.get(i).length());
            }
        }
        StringBuilder text = new StringBuilder(name).append(": ").append(title).append('\n');
        for (List<String> line : cells) {
            text.append("  ").append(line.getFirst()).repeat(" ", widths[0] - line.getFirst().length());
            for (int i = 1; i < widths.length; i++) {
                text.append("  ").repeat(" ", widths[i] - line.get(i).length()).append(line.get(i));
            }
            text.append('\n');
        }
        notes.forEach(each -> text.append("  ").append(each).append('\n'));
        return text.toString();
    }

    /// As a section of a Markdown document.
    String markdown() {
        StringBuilder text = new StringBuilder("## ").append(name).append("\n\n").append(title).append(".\n\n");
        List<List<String>> cells = cells();
        for (int i = 0; i < cells.size(); i++) {
            text.append("| ").append(String.join(" | ", cells.get(i))).append(" |\n");
            if (i == 0) {
                text.append("|---|").append("---:|".repeat(columns.size())).append('\n');
            }
        }
        text.append('\n');
        notes.forEach(each -> text.append(each).append("\n\n"));
        if (chart != null) {
            text.append("![").append(name).append("](").append(chartFile()).append(")\n\n");
        }
        return text.toString();
    }

    private List<List<String>> cells() {
        List<List<String>> cells = new ArrayList<>();
        List<String> head = new ArrayList<>(List.of(""));
        head.addAll(columns);
        cells.add(head);
        for (Row row : rows) {
            List<String> line = new ArrayList<>(List.of(row.label));
            Arrays.stream(row.values).mapToObj(Report::number).forEach(line::add);
            cells.add(line);
        }
        return cells;
    }

    /// For JSON.
    Map<String, Object> facts() {
        List<Map<String, Object>> lines = new ArrayList<>();
        for (Row row : rows) {
            Map<String, Object> line = new LinkedHashMap<>();
            line.put("case", row.label);
            for (int i = 0; i < columns.size(); i++) {
                if (!Double.isNaN(row.values[i])) {
                    line.put(columns.get(i), row.values[i]);
                }
            }
            lines.add(line);
        }
        Map<String, Object> facts = new LinkedHashMap<>();
        facts.put("benchmark", name);
        facts.put("title", title);
        facts.put("columns", columns);
        facts.put("rows", lines);
        facts.put("notes", notes);
        return facts;
    }
}
