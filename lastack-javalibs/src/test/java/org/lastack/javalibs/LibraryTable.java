package org.lastack.javalibs;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// The table in docs/java.md between its two marks. It is renewed when the system property `lastack.docs.update` is set; the times of a run go to
/// target/libraries.tsv only.
final class LibraryTable {
    private static final String BEGIN = "<!-- libraries: written by LibrariesTest -->";
    private static final String END = "<!-- end of libraries -->";

    private LibraryTable() {}

    static Path document() {
        return LibrariesTest.root().resolve("docs/java.md");
    }

    static void write(List<String[]> rows) throws IOException {
        StringBuilder lines = new StringBuilder();
        StringBuilder table = new StringBuilder(BEGIN).append("\n| library | version | how it gets there | what was done | result |\n|---|---|---|---|---|\n");
        for (String[] row : rows) {
            lines.append(String.join("\t", row)).append('\n');
            boolean ok = row[1].equals("OK");
            String why = row[6].length() > 160 ? row[6].substring(0, 160) : row[6];
            table.append("| ").append(row[2]).append(" | ").append(row[3]).append(" | ").append(row[4]).append(" | ").append(row[5]).append(" | ")
                    .append(ok ? "works" : "fails: " + why.replace("|", "/")).append(" |\n");
        }
        table.append(END);
        Files.writeString(LibrariesTest.root().resolve("lastack-javalibs/target/libraries.tsv"), lines, StandardCharsets.UTF_8);
        if (System.getProperty("lastack.docs.update") != null) {
            String text = Files.readString(document(), StandardCharsets.UTF_8);
            int begin = text.indexOf(BEGIN);
            int end = text.indexOf(END) + END.length();
            Files.writeString(document(), text.substring(0, begin) + table + text.substring(end), StandardCharsets.UTF_8);
        }
    }
}
