package org.lastack.tools.oracle;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A table replayed.
///
/// @param skipped reason to number of rows
public record OracleRun(int rows, int equal, List<Difference> differences, Map<String, Integer> skipped) {
    /// A row with another answer.
    ///
    /// @param ours our results, of the columns that differ
    /// @param explanation why the difference stands, or null: then it is a fault
    public record Difference(OracleRow row, Map<String, String> ours, String rule, Differences.@Nullable Explanation explanation) {}

    /// Replays all rows of a table.
    public static OracleRun of(OracleKind kind, OracleTable table, Differences differences) {
        kind.begin();
        int equal = 0;
        List<Difference> different = new ArrayList<>();
        Map<String, Integer> skipped = new LinkedHashMap<>();
        for (OracleRow row : table.rows()) {
            OracleAnswer answer = replay(kind, row);
            String reason = answer.skipped();
            if (reason != null) {
                skipped.merge(reason, 1, Integer::sum);
                continue;
            }
            Map<String, String> other = new LinkedHashMap<>();
            answer.results().forEach((column, ours) -> {
                if (!kind.same(row, column, oneName(row.get(column)), oneName(ours))) {
                    other.put(column, ours);
                }
            });
            if (other.isEmpty()) {
                equal++;
            } else {
                different.add(new Difference(row, other, answer.rule(), differences.explain(kind.name(), row, answer.results())));
            }
        }
        return new OracleRun(table.rows().size(), equal, List.copyOf(different), skipped);
    }

    /// The errno 95 has two names in Linux.
    private static String oneName(String result) {
        return result.replaceAll("\\bENOTSUP\\b", "EOPNOTSUPP");
    }

    /// One row that cannot be played is no reason to leave out the rest.
    private static OracleAnswer replay(OracleKind kind, OracleRow row) {
        try {
            return kind.replay(row);
        } catch (OracleException | IllegalArgumentException | IllegalStateException e) {
            return OracleAnswer.skipped("cannot be played: " + e.getMessage());
        }
    }

    public int skippedRows() {
        return skipped.values().stream().mapToInt(Integer::intValue).sum();
    }

    public List<Difference> unexplained() {
        return differences.stream().filter(each -> each.explanation() == null).toList();
    }
}
