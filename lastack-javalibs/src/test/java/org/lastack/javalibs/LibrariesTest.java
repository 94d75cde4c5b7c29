package org.lastack.javalibs;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.lastack.link.linux.NamespacedJvm;

/// Other people's libraries, unchanged, over Lastack on both ends; in a namespace that has nothing but `lo`. Writes the table of docs/java.md.
class LibrariesTest {
    private static final int SECONDS = 400;

    private static List<String[]> run() throws Exception {
        NamespacedJvm.Result result = Inside.run(SECONDS, LibraryRunner.class);
        List<String[]> rows = result.output().lines().filter(each -> each.startsWith("LIBRARY\t")).map(each -> each.split("\t")).toList();
        assertThat(rows).as(result.output()).hasSize(LibraryRunner.libraries().size());
        return rows;
    }

    @TestFactory
    Stream<DynamicTest> librariesWork() throws Exception {
        Optional<Stream<DynamicTest>> skipped = Inside.skipped(LibrariesTest.class);
        if (skipped.isPresent()) {
            return skipped.get();
        }
        List<String[]> rows = run();
        new LibraryTable("libraries", "LibrariesTest").write(rows);
        return rows.stream().map(row -> DynamicTest.dynamicTest(row[2] + " " + row[3], () -> assertThat(row[1]).as(row[6]).isEqualTo("OK")));
    }

    @Test
    void theDocumentedTableListsTheseLibraries() throws Exception {
        String document = Files.readString(LibraryTable.document(), StandardCharsets.UTF_8);
        for (Library<Stage> each : LibraryRunner.libraries()) {
            assertThat(document).contains("| " + each.name() + " |");
        }
    }

    static Path root() {
        Path here = Path.of("").toAbsolutePath();
        return Files.exists(here.resolve("lastack-javalibs")) ? here : here.getParent();
    }
}
