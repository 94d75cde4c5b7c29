package org.lastack.tools.oracle;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;

/// The differences from Linux that stand, with their reasons: the tables of `docs/linux-differences.md`. A line of a table there is
/// `| id | kind | condition | reason |`; the condition is a list of `column=value,value`, `column!=value,value` and `column~regular expression`,
/// separated by blanks, all of which must hold; a column may be one of the row or, as `ours.column`, one of our results. A value or expression
/// with blanks stands in double quotes; a bar inside is written `\|`.
public final class Differences {
    /// One line of the table.
    public record Explanation(String id, String kind, List<Condition> conditions, String reason) {
        boolean explains(String kindName, OracleRow row, Map<String, String> ours) {
            return kind.equals(kindName) && conditions.stream().allMatch(each -> each.holds(row, ours));
        }
    }

    /// A part of a condition.
    ///
    /// @param negated the value must be none of these
    /// @param expression for `~`, else null
    record Condition(String column, boolean negated, List<String> values, @Nullable Pattern expression) {
        boolean holds(OracleRow row, Map<String, String> ours) {
            String cell = column.startsWith("ours.") ? ours.getOrDefault(column.substring(5), "") : row.get(column, "");
            if (expression != null) {
                return expression.matcher(cell).find();
            }
            return values.contains(cell) != negated;
        }
    }

    private static final Pattern PART = Pattern.compile("([A-Za-z0-9_.]+)(!=|=|~)(\"[^\"]*\"|\\S*)\\s*");

    private final List<Explanation> explanations;

    private Differences(List<Explanation> explanations) {
        this.explanations = List.copyOf(explanations);
    }

    /// Nothing is explained.
    public static Differences none() {
        return new Differences(List.of());
    }

    /// The list that belongs to this version of Lastack.
    public static Differences ofThisVersion() throws IOException {
        try (InputStream in = Differences.class.getResourceAsStream("linux-differences.md")) {
            if (in == null) {
                throw new OracleException("linux-differences.md is missing from the installation");
            }
            return read(new InputStreamReader(in, StandardCharsets.UTF_8));
        }
    }

    /// Reads a list from a document; lines that belong to no table of differences are prose.
    ///
    /// @throws OracleException naming the line that cannot be understood
    public static Differences read(Reader from) throws IOException {
        List<Explanation> found = new ArrayList<>();
        BufferedReader lines = new BufferedReader(from);
        boolean inTable = false;
        int number = 0;
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            number++;
            if (!line.startsWith("|")) {
                inTable = false;
                continue;
            }
            List<String> cells = cells(line);
            if (cells.equals(List.of("id", "kind", "condition", "reason"))) {
                inTable = true;
            } else if (inTable && !line.matches("[|:\\- ]+")) {
                if (cells.size() != 4) {
                    throw new OracleException("line " + number + " has " + cells.size() + " cells, not id, kind, condition, reason");
                }
                found.add(new Explanation(cells.get(0), cells.get(1), conditions(cells.get(2), number), cells.get(3)));
            }
        }
        return new Differences(found);
    }

    private static List<String> cells(String line) {
        String[] parts = line.strip().substring(1).split("(?<!\\\\)\\|", -1);
        List<String> cells = new ArrayList<>();
        for (int i = 0; i < parts.length - 1; i++) {
            cells.add(parts[i].strip().replace("\\|", "|"));
        }
        return cells;
    }

    private static List<Condition> conditions(String written, int number) {
        String text = written.startsWith("`") && written.endsWith("`") && written.length() > 1 ? written.substring(1, written.length() - 1) : written;
        List<Condition> parts = new ArrayList<>();
        var matcher = PART.matcher(text);
        int position = 0;
        while (position < text.length()) {
            if (!matcher.find(position) || matcher.start() != position) {
                throw new OracleException("line " + number + ": \"" + text.substring(position) + "\" is no condition");
            }
            String value = matcher.group(3);
            if (value.startsWith("\"") && value.endsWith("\"") && value.length() > 1) {
                value = value.substring(1, value.length() - 1);
            }
            parts.add(part(matcher.group(1), matcher.group(2), value, number));
            position = matcher.end();
        }
        if (parts.isEmpty()) {
            throw new OracleException("line " + number + " has no condition: it would explain everything");
        }
        return parts;
    }

    private static Condition part(String column, String operator, String value, int number) {
        if (!operator.equals("~")) {
            return new Condition(column, operator.equals("!="), List.of(value.split(",", -1)), null);
        }
        try {
            return new Condition(column, false, List.of(), Pattern.compile(value));
        } catch (PatternSyntaxException e) {
            throw new OracleException("line " + number + ": " + e.getDescription() + " in \"" + value + "\"", e);
        }
    }

    public List<Explanation> explanations() {
        return explanations;
    }

    /// The first explanation of a difference, or null.
    public @Nullable Explanation explain(String kind, OracleRow row, Map<String, String> ours) {
        for (Explanation each : explanations) {
            if (each.explains(kind, row, ours)) {
                return each;
            }
        }
        return null;
    }
}
