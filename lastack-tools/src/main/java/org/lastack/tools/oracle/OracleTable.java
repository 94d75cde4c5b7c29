package org.lastack.tools.oracle;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPInputStream;

/// A table of answers that a real kernel gave: tab-separated, lines that begin with `#` are comments, the first other line names the columns.
///
/// @param columns their names in order
public record OracleTable(List<String> columns, List<OracleRow> rows) {
    /// Reads a file; one whose name ends in `.gz` is uncompressed on the way.
    ///
    /// @throws IOException if it cannot be read
    /// @throws OracleException if it is no such table
    public static OracleTable read(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            return read(String.valueOf(file.getFileName()).endsWith(".gz") ? new GZIPInputStream(in) : in);
        }
    }

    /// As [#read(Path)], from a stream of UTF-8, which stays open.
    public static OracleTable read(InputStream in) throws IOException {
        BufferedReader lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
        List<String> columns = List.of();
        List<OracleRow> rows = new ArrayList<>();
        int number = 0;
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            number++;
            if (line.startsWith("#") || line.isEmpty()) {
                continue;
            }
            String[] cells = line.split("\t", -1);
            if (columns.isEmpty()) {
                columns = List.of(cells);
            } else {
                rows.add(row(number, columns, cells));
            }
        }
        if (columns.isEmpty()) {
            throw new OracleException("there is no line with the names of the columns");
        }
        return new OracleTable(columns, List.copyOf(rows));
    }

    private static OracleRow row(int number, List<String> columns, String[] cells) {
        if (cells.length != columns.size()) {
            throw new OracleException("line " + number + " has " + cells.length + " columns, the first line names " + columns.size());
        }
        Map<String, String> named = new LinkedHashMap<>();
        for (int i = 0; i < cells.length; i++) {
            named.put(columns.get(i), cells[i]);
        }
        return new OracleRow(number, named);
    }
}
