package org.lastack.core.socket;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.zip.GZIPInputStream;

/// A recorded table from the test resources: columns by name.
final class OracleRows {
    private final List<String> header;
    final List<String[]> rows = new ArrayList<>();

    OracleRows(String name) throws IOException {
        try (InputStream file = Objects.requireNonNull(OracleRows.class.getResourceAsStream("/oracles/" + name), name);
                BufferedReader in = new BufferedReader(new InputStreamReader(new GZIPInputStream(file), StandardCharsets.UTF_8))) {
            List<String[]> lines = in.lines().filter(line -> !line.startsWith("#")).map(line -> line.split("\t", -1)).toList();
            header = Arrays.asList(lines.getFirst());
            rows.addAll(lines.subList(1, lines.size()));
        }
    }

    int column(String name) {
        int index = header.indexOf(name);
        if (index < 0) {
            throw new IllegalArgumentException("no column " + name);
        }
        return index;
    }
}
