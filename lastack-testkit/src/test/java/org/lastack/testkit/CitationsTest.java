package org.lastack.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CitationsTest {
    /// The build's own check. `-Dlastack.citations=update` writes the tables instead of comparing them.
    @Test
    void everyRequirementAndBehaviourIsAccountedFor() {
        Repository repository = Repository.find();
        if ("update".equals(System.getProperty("lastack.citations"))) {
            Citations.update(repository);
        }
        assertThat(Citations.check(repository)).isEmpty();
    }

    @Test
    void theListsAreComplete() {
        List<Ledger> ledgers = Ledger.all(Repository.find());
        assertThat(ledgers.getFirst().items().values().stream().filter(item -> item.id().startsWith("MUST"))).hasSize(69);
        assertThat(ledgers.getFirst().items().values().stream().filter(item -> item.id().startsWith("SHLD"))).hasSize(31);
        assertThat(ledgers.getFirst().items().values().stream().filter(item -> item.id().startsWith("MAY"))).hasSize(18);
        assertThat(ledgers.getLast().items()).hasSize(129).containsKeys("S0-01", "S4-90");
    }

    private final Citations citations = new Citations(new TreeMap<>(), new TreeMap<>());

    @Test
    void codeCitesInComments() {
        citations.addCode("A.java", "/// RFC 9293 §3.8.1, MUST-19: no more.\nint x = 1; // SHLD-7\nString s = \"MUST-1\";\n * MAY-2\n");
        assertThat(citations.code().keySet()).containsExactly("MAY-2", "MUST-19", "SHLD-7");
    }

    @Test
    void testsCiteInCommentsAndNames() {
        citations.addTest("A.java", "// MUST-19, S0-01\nvoid must20_a() {} void s1_04_two() {} void SHLD_3() {} void mustard_5(); address_1; us1_04;");
        assertThat(citations.tests().keySet()).containsExactly("MUST-19", "MUST-20", "S0-01", "S1-04", "SHLD-3");
    }

    @TempDir
    private Path dir;

    private Ledger ledger;

    @BeforeEach
    void aListOfThree() throws Exception {
        Map<String, Ledger.Item> items = new TreeMap<>();
        items.put("MUST-1", new Ledger.Item("MUST-1", List.of("one"), true));
        items.put("MUST-2", new Ledger.Item("MUST-2", List.of("two"), true));
        items.put("MAY-1", new Ledger.Item("MAY-1", List.of("may"), false));
        ledger = new Ledger(items, Pattern.compile("(MUST|MAY)-\\d+"), true, dir.resolve("table.md"), dir.resolve("pending.txt"),
                dir.resolve("exceptions.md"), "", "# T\n%s\n");
        Files.writeString(ledger.pending(), "# comment\nMUST-1\n");
        Files.writeString(ledger.exceptions(), "| ID | Reason |\n|---|---|\n| MUST-2 | a reason that is long enough |\n");
    }

    @Test
    void pendingAndExceptionsAccountForThemselves() {
        assertThat(ledger.problems(citations)).isEmpty();
    }

    @Test
    void whatIsNowhereIsAProblem() throws Exception {
        Files.writeString(ledger.pending(), "");
        assertThat(ledger.problems(citations)).singleElement().asString().startsWith("MUST-1 (one) has neither code nor a test");
        citations.addCode("A.java", "// MUST-1");
        assertThat(ledger.problems(citations)).singleElement().asString().startsWith("MUST-1 (one) has no test");
        citations.addTest("ATest.java", "// MUST-1");
        assertThat(ledger.problems(citations)).isEmpty();
    }

    @Test
    void pendingMustShrink() {
        citations.addCode("A.java", "// MUST-1");
        citations.addTest("ATest.java", "// MUST-1");
        assertThat(ledger.problems(citations)).singleElement().asString().contains("must leave pending.txt");
        ledger.update(citations);
        assertThat(ledger.pending()).hasContent("# comment");
        assertThat(ledger.problems(citations)).isEmpty();
    }

    @Test
    void misspelledIdentifiersAreFound() {
        citations.addTest("ATest.java", "// MUST-7 and S1-01, which belongs to another list");
        assertThat(ledger.problems(citations)).singleElement().asString().contains("MUST-7", "does not exist");
    }

    @Test
    void anExceptionNeedsAReasonAndAnIdentifierThatExists() throws Exception {
        Files.writeString(ledger.exceptions(), "| MUST-2 | no |\n| MUST-9 | a reason that is long enough |\n");
        assertThat(ledger.problems(citations)).hasSize(2).anyMatch(p -> p.contains("no reason for MUST-2")).anyMatch(p -> p.contains("MUST-9"));
    }

    @Test
    void aStaleTableIsFoundAndUpdateWritesIt() {
        assertThat(ledger.staleness(citations)).hasSize(1);
        ledger.update(citations);
        assertThat(ledger.staleness(citations)).isEmpty();
        assertThat(Repository.read(ledger.table())).isEqualTo("""
                # T
                2 to account for: 0 cited, 1 excepted, 1 pending.
                | MAY-1 | may |  |  | optional |
                | MUST-1 | one |  |  | pending |
                | MUST-2 | two |  |  | [exception](exceptions.md) |
                """);
        citations.addTest("x/ATest.java", "// MUST-2");
        assertThat(ledger.staleness(citations)).hasSize(1);
    }
}
