package org.lastack.tools.validate;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// What an experiment found: tables, charts, and whether it keeps what was promised.
final class Report {
    /// A table: the first row is the header.
    record Table(String caption, List<List<String>> rows) {}

    record Check(String what, boolean holds) {}

    private final String id;
    private final String title;
    private final List<String> setting = new ArrayList<>();
    private final List<Table> tables = new ArrayList<>();
    private final List<Check> checks = new ArrayList<>();
    private final List<Chart> charts = new ArrayList<>();

    Report(Experiment experiment) {
        id = experiment.id();
        title = experiment.title();
    }

    String id() {
        return id;
    }

    /// How it was measured: a sentence.
    Report setting(String sentence) {
        setting.add(sentence);
        return this;
    }

    /// Begins a table; rows are added to the list that is returned.
    List<List<String>> table(String caption, String... header) {
        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of(header));
        tables.add(new Table(caption, rows));
        return rows;
    }

    Report chart(Chart chart) {
        charts.add(chart);
        return this;
    }

    List<Chart> charts() {
        return charts;
    }

    Report check(boolean holds, String format, Object... arguments) {
        checks.add(new Check(String.format(Locale.ROOT, format, arguments), holds));
        return this;
    }

    List<Check> checks() {
        return checks;
    }

    boolean holds() {
        return checks.stream().allMatch(Check::holds);
    }

    void print(PrintWriter out) {
        out.println(id + "  " + title);
        setting.forEach(each -> out.println("    " + each));
        for (Table table : tables) {
            out.println();
            out.println("    " + table.caption());
            int[] widths = widths(table);
            for (List<String> row : table.rows()) {
                StringBuilder line = new StringBuilder("    ");
                for (int i = 0; i < row.size(); i++) {
                    String cell = row.get(i);
                    String gap = " ".repeat(widths[i] - cell.length());
                    line.append(i == 0 ? cell + gap : "  " + gap + cell);
                }
                out.println(line.toString().stripTrailing());
            }
        }
        out.println();
        checks.forEach(each -> out.println("    " + (each.holds() ? "holds:  " : "FAILS:  ") + each.what()));
        out.println();
        out.flush();
    }

    private static int[] widths(Table table) {
        int[] widths = new int[table.rows().getFirst().size()];
        for (List<String> row : table.rows()) {
            for (int i = 0; i < row.size(); i++) {
                widths[i] = Math.max(widths[i], row.get(i).length());
            }
        }
        return widths;
    }

    String markdown() {
        StringBuilder text = new StringBuilder("## " + id + ": " + title + "\n\n");
        text.append(String.join(" ", setting)).append("\n\n");
        for (Table table : tables) {
            text.append(table.caption()).append("\n\n");
            boolean header = true;
            for (List<String> row : table.rows()) {
                text.append("| ").append(String.join(" | ", row)).append(" |\n");
                if (header) {
                    text.append("|---".repeat(row.size())).append("|\n");
                    header = false;
                }
            }
            text.append('\n');
        }
        for (Chart chart : charts) {
            text.append("![").append(chart.title()).append("](").append(chart.fileName()).append(")\n\n");
        }
        checks.forEach(each -> text.append("- ").append(each.holds() ? "holds: " : "**fails**: ").append(each.what()).append('\n'));
        return text.append('\n').toString();
    }
}
