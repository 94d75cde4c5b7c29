package org.lastack.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class DocumentsTest {
    private static final Repository REPOSITORY = Repository.find();

    /// What only one machine has. Written in pieces, so that this file does not contain what it looks for.
    private static final Pattern MACHINE = Pattern.compile(
            "(?<![\\w.])/(" + "home|root|work|Users" + ")/\\w" + "|\\.\\./" + "shared\\b" + "|C:\\\\" + "Users" + "|\\b(arti" + "factory|jf" + "rog|ne" + "xus)\\b");

    private static final Pattern BINARY = Pattern.compile(".*\\.(gz|xz|zip|zst|png|jpg|pcapng|pcap|jar|bin|ico)");

    @Test
    void noFileNamesAMachine() {
        List<String> problems = new ArrayList<>();
        for (Path file : REPOSITORY.committed()) {
            if (!BINARY.matcher(file.toString()).matches()) {
                int number = 0;
                for (String line : Repository.read(file).lines().toList()) {
                    number++;
                    if (MACHINE.matcher(line).find()) {
                        problems.add(REPOSITORY.relative(file) + ":" + number + ": " + line.strip());
                    }
                }
            }
        }
        assertThat(problems).isEmpty();
    }

    @Test
    void theSearchForMachinesFinds() {
        assertThat(List.of("/ho" + "me/me/x", "see .." + "/shared/X", "(/wo" + "rk/main)")).allMatch(line -> MACHINE.matcher(line).find());
        assertThat(List.of("https://example.org/home/", "a/work/b", "net/root")).noneMatch(line -> MACHINE.matcher(line).find());
    }

    /// The levels of the headings and the blocks of code, in order: what two languages of one document must share.
    static List<String> skeleton(String markdown) {
        List<String> skeleton = new ArrayList<>();
        boolean code = false;
        for (String line : markdown.lines().toList()) {
            if (line.startsWith("```")) {
                code = !code;
                skeleton.add(line);
            } else if (code) {
                // Comments in code are prose, and translated.
                skeleton.add(line.replaceFirst("(^|\\s)#.*", "").stripTrailing());
            } else if (line.matches("#+ .*")) {
                skeleton.add(line.replaceFirst(" .*", ""));
            }
        }
        return skeleton;
    }

    @Test
    void bothReadmesHaveTheSameHeadingsAndCode() {
        List<String> english = skeleton(Repository.read(REPOSITORY.root().resolve("README.md")));
        List<String> chinese = skeleton(Repository.read(REPOSITORY.root().resolve("README.zh-CN.md")));
        assertThat(english).hasSizeGreaterThan(5);
        assertThat(chinese).isEqualTo(english);
    }

    @Test
    void aSkeletonIsHeadingsAndCodeWithoutComments() {
        assertThat(skeleton("# A\ntext\n## B\n```\nrun it   # so\n# only comment\n```\n")).containsExactly("#", "##", "```", "run it", "", "```");
    }

    private static final Pattern LINK = Pattern.compile("\\]\\((?!https?:|mailto:|#)([^)#\\s]+)(#[^)]*)?\\)");

    @Test
    void linksInDocumentsLeadSomewhere() {
        List<String> problems = new ArrayList<>();
        for (Path file : REPOSITORY.committed()) {
            if (file.toString().endsWith(".md")) {
                Matcher matcher = LINK.matcher(Repository.read(file));
                while (matcher.find()) {
                    if (!Files.exists(file.resolveSibling(matcher.group(1)))) {
                        problems.add(REPOSITORY.relative(file) + ": " + matcher.group(1));
                    }
                }
            }
        }
        assertThat(problems).isEmpty();
    }

    @Test
    void everyDocumentIsInTheIndex() {
        Path docs = REPOSITORY.root().resolve("docs");
        String index = Repository.read(docs.resolve("README.md"));
        assertThat(Repository.files(docs).stream()
                        .filter(file -> file.toString().endsWith(".md") && !file.endsWith("README.md"))
                        .map(file -> docs.relativize(file).toString())
                        .filter(name -> !index.contains("](" + name + ")")))
                .isEmpty();
    }

    /// `./lastack word` at the start of a line of code, perhaps behind sudo.
    private static final Pattern TYPED = Pattern.compile("(?m)^(?:\\$ )?(?:sudo )?\\./lastack ([a-z][a-z-]*)");

    private static final Pattern SUBCOMMAND = Pattern.compile("\\bname\\s*=\\s*\"([a-z][a-z-]*)\"");

    /// A document that tells the reader to type a command that does not exist is worse than none.
    @Test
    void commandsInDocumentsExist() {
        List<String> known = new ArrayList<>(List.of("build", "clean", "test", "jdk"));
        for (Path source : REPOSITORY.javaSources("lastack-tools", "main")) {
            SUBCOMMAND.matcher(Repository.read(source)).results().forEach(result -> known.add(result.group(1)));
        }
        List<String> problems = new ArrayList<>();
        for (Path file : REPOSITORY.committed()) {
            if (file.toString().endsWith(".md")) {
                TYPED.matcher(Repository.read(file))
                        .results()
                        .map(result -> result.group(1))
                        .filter(word -> !known.contains(word))
                        .forEach(word -> problems.add(REPOSITORY.relative(file) + ": ./lastack " + word));
            }
        }
        assertThat(problems).isEmpty();
    }

    @Test
    void shellScriptsCanBeRun() {
        for (String script : List.of("lastack", ".ci/run", "scripts/test-summary", "scripts/install-test-tools", "scripts/update-docs", "scripts/check-reproducible")) {
            assertThat(REPOSITORY.root().resolve(script)).isExecutable();
        }
    }
}
