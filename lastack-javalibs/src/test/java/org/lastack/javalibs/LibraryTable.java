package org.lastack.javalibs;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// A table in docs/java.md between its two marks. It is renewed when the system property `lastack.docs.update` is set; the times of a run go to
/// target/NAME.tsv only.
///
/// @param name in the marks
/// @param test that writes it
record LibraryTable(String name, String test) {
    static Path document() {
        return LibrariesTest.root().resolve("docs/java.md");
    }

    void write(List<String[]> rows) throws IOException {
        StringBuilder lines = new StringBuilder();
        String beginMark = "<!-- " + name + ": written by " + test + " -->";
        String endMark = "<!-- end of " + name + " -->";
        StringBuilder table = new StringBuilder(beginMark).append("\n| library | version | how it gets there | what was done | result |\n|---|---|---|---|---|\n");
        for (String[] row : rows) {
            lines.append(String.join("\t", row)).append('\n');
            boolean ok = row[1].equals("OK");
            String why = row[6].length() > 160 ? row[6].substring(0, 160) : row[6];
            table.append("| ").append(row[2]).append(" | ").append(row[3]).append(" | ").append(row[4]).append(" | ").append(row[5]).append(" | ")
                    .append(ok ? "works" : "fails: " + why.replace("|", "/")).append(" |\n");
        }
        table.append(endMark);
        Files.writeString(LibrariesTest.root().resolve("lastack-javalibs/target/" + name + ".tsv"), lines, StandardCharsets.UTF_8);
        if (System.getProperty("lastack.docs.update") != null) {
            String text = Files.readString(document(), StandardCharsets.UTF_8);
            int begin = text.indexOf(beginMark);
            int end = text.indexOf(endMark) + endMark.length();
            Files.writeString(document(), text.substring(0, begin) + table + text.substring(end), StandardCharsets.UTF_8);
        }
    }
}
