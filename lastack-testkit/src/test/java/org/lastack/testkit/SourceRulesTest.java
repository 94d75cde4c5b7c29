package org.lastack.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SourceRulesTest {
    private static final Repository REPOSITORY = Repository.find();
    private static final String MAIN = "lastack-core/src/main/java/org/lastack/core/tcp/X.java";
    private static final String TEST = "lastack-core/src/test/java/org/lastack/core/tcp/XTest.java";

    @Test
    void allSourcesKeepTheRules() {
        List<String> problems = new ArrayList<>();
        for (String module : REPOSITORY.modules()) {
            for (String sourceSet : List.of("main", "test")) {
                for (Path file : REPOSITORY.javaSources(module, sourceSet)) {
                    problems.addAll(SourceRules.check(REPOSITORY.relative(file), Repository.read(file)));
                }
            }
        }
        assertThat(problems).isEmpty();
    }

    @Test
    void everyPackageOfMainIsNullMarked() {
        List<String> problems = new ArrayList<>();
        for (String module : REPOSITORY.modules()) {
            REPOSITORY.javaSources(module, "main").stream()
                    .filter(file -> !file.endsWith("module-info.java"))
                    .map(Path::getParent)
                    .distinct()
                    .map(dir -> dir.resolve("package-info.java"))
                    .filter(info -> !Files.exists(info) || !Repository.read(info).contains("@NullMarked"))
                    .forEach(info -> problems.add(REPOSITORY.relative(info)));
        }
        assertThat(problems).isEmpty();
    }

    /// `public final class X` and the like, with the line before its annotations.
    private static final Pattern PUBLIC_TYPE = Pattern.compile("(?m)^(?<before>.*)\\R(?:@.*\\R(?: .*\\R|\\)\\R)*)*public (?:(?:abstract|final|sealed|non-sealed|static) )*"
            + "(?:class|interface|enum|record|@interface) (?<name>\\w+)");

    @Test
    void everyPublicTypeSaysWhatItIs() {
        List<String> problems = new ArrayList<>();
        for (String module : REPOSITORY.modules()) {
            for (Path file : REPOSITORY.javaSources(module, "main")) {
                var matcher = PUBLIC_TYPE.matcher(Repository.read(file));
                if (matcher.find() && !matcher.group("before").startsWith("///")) {
                    problems.add(REPOSITORY.relative(file) + ": " + matcher.group("name") + " has no /// comment");
                }
            }
        }
        assertThat(problems).isEmpty();
    }

    @Test
    void aDefaultOverTcpStateIsFoundInBothKindsOfSwitch() {
        assertThat(SourceRules.check(MAIN, "class X { int f(S s) { return switch (s) { case LISTEN, TIME_WAIT -> 1; default -> 2; }; } }"))
                .singleElement().asString().contains("X.java:1", "default");
        assertThat(SourceRules.check(MAIN, "class X { void f(S s) { switch (s) { case TcpState.CLOSING: return; default: } } }"))
                .singleElement().asString().contains("default");
        assertThat(SourceRules.check(MAIN, "class X { int f(S s) { return switch (s) { case LISTEN, TIME_WAIT -> 1; case CLOSED -> 2; }; } }"))
                .isEmpty();
        assertThat(SourceRules.check(MAIN, "class X { int f(int i) { return switch (i) { case 1 -> 1; /* ESTABLISHED */ default -> 2; }; } }"))
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "snd.una < ack, true",
        "seg.seq() >= limit, true",
        "(rcv.nxt) > x, true",
        "x <= sndNxt, true",
        "snd.una - ack < 0, false",
        "Seq.lt(snd.una ack), false",
        "snd.wnd < 5, false",
        "snd.una == ack, false"
    })
    void rawComparisonsOfSequenceNumbersAreFound(String expression, boolean wrong) {
        String source = "class X { boolean f() { return " + expression.replace("una ack", "una, ack") + "; } }";
        assertThat(SourceRules.check(MAIN, source)).hasSize(wrong ? 1 : 0);
        assertThat(SourceRules.check(MAIN.replace("X.java", "Seq.java"), source)).as("Seq itself may").isEmpty();
        assertThat(SourceRules.check(MAIN.replace("/tcp/", "/udp/"), source)).as("udp has no sequence numbers").isEmpty();
    }

    @Test
    void sleepingTestsAreFound() {
        String sleeps = "class X { void f() throws Exception { Thread.sleep(1); java.util.concurrent.locks.LockSupport.parkNanos(1); } }";
        assertThat(SourceRules.check(TEST, sleeps)).hasSize(2);
        assertThat(SourceRules.check(MAIN, sleeps)).isEmpty();
    }

    @Test
    void endlessMethodsAndFilesAreFound() {
        String method = "class X { void f() {" + "\n;".repeat(120) + "\n} }";
        assertThat(SourceRules.check(MAIN, method)).singleElement().asString().contains("method f has 122 lines");
        String file = "class X {" + "\nint f;".repeat(760) + "\n}";
        assertThat(SourceRules.check(MAIN, file)).singleElement().asString().contains("762 lines");
        assertThat(SourceRules.check(TEST, file)).isEmpty();
    }
}
