package org.lastack.javalibs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/// Java code in docs/java.md is the code of [Snippets].
class SnippetsTest {
    private static List<String> all(String text, String pattern) {
        List<String> found = new ArrayList<>();
        Matcher matcher = Pattern.compile(pattern, Pattern.DOTALL).matcher(text);
        while (matcher.find()) {
            found.add(matcher.group(1).stripTrailing().stripIndent());
        }
        return found;
    }

    @Test
    void theCodeInTheDocumentIsCompiled() throws IOException {
        Path source = LibrariesTest.root().resolve("lastack-javalibs/src/test/java/org/lastack/javalibs/Snippets.java");
        List<String> compiled = all(Files.readString(source), "// snippet\n(.*?) *// end\n");
        assertThat(all(Files.readString(LibraryTable.document()), "```java\n(.*?)```")).isNotEmpty().isEqualTo(compiled);
    }

    @Test
    void theFirstOneRuns() throws Exception {
        Snippets.twoHosts();
    }
}
