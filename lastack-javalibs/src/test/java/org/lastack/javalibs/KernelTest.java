package org.lastack.javalibs;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.lastack.link.linux.NamespacedJvm;

/// Libraries on Lastack with the kernel on the other side of a TUN device, in a namespace that has nothing else. `-Dlastack.libs.full` fetches gigabytes and
/// opens ten thousand connections; without it the same is done in little.
class KernelTest {
    private static final int SECONDS = 600;
    /// What an idle connection of a plain NIO server may cost beside the engine's entry, and all counted.
    private static final double FACE_OCTETS = 1024;
    private static final double ALL_OCTETS = 1400;

    @TestFactory
    Stream<DynamicTest> librariesWorkAgainstTheKernel() throws Exception {
        Optional<Stream<DynamicTest>> skipped = Inside.skipped(KernelTest.class);
        if (skipped.isPresent()) {
            return skipped.get();
        }
        boolean full = System.getProperty("lastack.libs.full") != null;
        NamespacedJvm.Result result = Inside.run(SECONDS, KernelRunner.class, full ? new String[] {"--full"} : new String[0]);
        List<String> lines = result.output().lines().toList();
        List<String[]> rows = lines.stream().filter(each -> each.startsWith("LIBRARY\t")).map(each -> each.split("\t")).toList();
        assertThat(rows).as(result.output()).hasSize(KernelRunner.libraries(KernelRunner.Size.GATE).size());
        if (rows.stream().noneMatch(row -> row[1].equals("SKIPPED"))) {
            new LibraryTable("kernel", "KernelTest").write(rows);
        }
        List<DynamicTest> tests = new ArrayList<>();
        for (String[] row : rows) {
            tests.add(DynamicTest.dynamicTest(row[2] + " " + row[3], () -> {
                if (row[1].equals("SKIPPED")) {
                    System.err.println("TEST OF A LIBRARY SKIPPED: " + row[2] + ": " + row[6]);
                    Assumptions.abort(row[6]);
                }
                assertThat(row[1]).as(row[6]).isEqualTo("OK");
            }));
        }
        for (String[] memory : lines.stream().filter(each -> each.startsWith("MEMORY\t")).map(each -> each.split("\t")).toList()) {
            System.out.println(memory[2] + " idle connections to a server of " + memory[1] + ": " + memory[3] + " octets each, " + memory[4] + " of them between program and engine");
            if (memory[1].equals("nio")) {
                tests.add(DynamicTest.dynamicTest("memory of an idle connection through NIO", () -> {
                    assertThat(Double.parseDouble(memory[4])).isBetween(100.0, FACE_OCTETS);
                    assertThat(Double.parseDouble(memory[3])).isBetween(100.0, ALL_OCTETS);
                }));
            }
        }
        return tests.stream();
    }

    @Test
    void theDocumentedTableListsTheseLibraries() throws Exception {
        String document = Files.readString(LibraryTable.document(), StandardCharsets.UTF_8);
        for (Library<KernelNet> each : KernelRunner.libraries(KernelRunner.Size.GATE)) {
            assertThat(document).contains("| " + each.name() + " |");
        }
    }
}
