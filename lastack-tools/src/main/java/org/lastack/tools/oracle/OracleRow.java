package org.lastack.tools.oracle;

import java.util.Map;

/// One row of a recorded table, its cells by column name.
///
/// @param line where it stands in the file, counted from 1
public record OracleRow(int line, Map<String, String> cells) {
    /// The cell of a column that every table of the kind has.
    ///
    /// @throws OracleException if this table has no such column
    public String get(String column) {
        String cell = cells.get(column);
        if (cell == null) {
            throw new OracleException("the table has no column " + column);
        }
        return cell;
    }

    /// The cell of a column that a table need not have.
    public String get(String column, String otherwise) {
        return cells.getOrDefault(column, otherwise);
    }

    public boolean has(String column) {
        return cells.containsKey(column);
    }

    /// A cell that must be a number.
    ///
    /// @throws OracleException if it is none
    public int number(String column) {
        try {
            return Integer.parseInt(get(column));
        } catch (NumberFormatException e) {
            throw new OracleException("line " + line + ": " + column + " is \"" + get(column) + "\", not a number", e);
        }
    }

    @Override
    public String toString() {
        return String.join(" ", cells.values());
    }
}
