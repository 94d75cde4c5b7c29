package org.lastack.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/// The launcher in a checkout of its own, with a JDK and a Maven that only write down how they were called.
@DisabledOnOs(OS.WINDOWS)
class LauncherTest {
    @TempDir
    private Path temp;

    private Path checkout;
    private Path jdk;
    private Path mvn;
    private Path mavenCalls;
    private String launcherPath;

    private record Result(int code, String out, String err) {}

    @BeforeEach
    void aCheckoutWithASpaceInItsName() throws IOException {
        checkout = temp.resolve("my checkout");
        Path tools = checkout.resolve("lastack-tools");
        Files.createDirectories(tools.resolve("src/main/launch"));
        Files.createDirectories(tools.resolve("src/main/java"));
        Files.createDirectories(checkout.resolve(".mvn"));
        Repository here = Repository.find();
        Files.copy(here.root().resolve("lastack"), checkout.resolve("lastack"));
        for (Path options : Repository.files(here.root().resolve("lastack-tools/src/main/launch"))) {
            Files.copy(options, tools.resolve("src/main/launch").resolve(options.getFileName()));
        }
        Files.writeString(checkout.resolve("pom.xml"), "<project/>");
        Files.writeString(tools.resolve("pom.xml"), "<project/>");
        Files.writeString(tools.resolve("src/main/java/A.java"), "class A {}");
        Files.writeString(tools.resolve("src/main/java/B.java"), "class B {}");
        launcherPath = checkout.resolve("lastack").toString();
        jdk = fakeJdk("a jdk", "25.0.1");
        mavenCalls = temp.resolve("maven.calls");
        mvn = script(temp.resolve("mvn"), "echo \"$@\" >> '" + mavenCalls + "'\n"
                + "mkdir -p lastack-tools/target/lib && : > lastack-tools/target/lib/x.jar && : > lastack-tools/target/lastack-tools-1.jar\n"
                + "echo '[INFO] Building lastack-tools 1                                        [1/1]'\n");
    }

    private Path fakeJdk(String name, String version) throws IOException {
        Path home = temp.resolve(name);
        Files.createDirectories(home.resolve("bin"));
        script(home.resolve("bin/java"), "for a in \"$@\"; do echo \"<$a>\"; done\ncase $* in *fail) exit 7 ;; esac\n");
        script(home.resolve("bin/javac"), "exit 1\n");
        Files.writeString(home.resolve("release"), "IMPLEMENTOR=\"x\"\nJAVA_RUNTIME_VERSION=\"" + version + "+9\"\nJAVA_VERSION=\"" + version + "\"\n");
        return home;
    }

    private static Path script(Path path, String body) throws IOException {
        Files.writeString(path, "#!/bin/sh\n" + body);
        assertThat(path.toFile().setExecutable(true)).isTrue();
        return path;
    }

    private Result run(Map<String, String> environment, String... args) throws Exception {
        List<String> command = new ArrayList<>(List.of(launcherPath));
        command.addAll(List.of(args));
        Path out = temp.resolve("out");
        Path err = temp.resolve("err");
        ProcessBuilder builder = new ProcessBuilder(command).directory(temp.toFile()).redirectOutput(out.toFile()).redirectError(err.toFile());
        builder.environment().put("LASTACK_JAVA_HOME", jdk.toString());
        builder.environment().put("LASTACK_MVN", mvn.toString());
        builder.environment().remove("LASTACK_JAVA_OPTS");
        builder.environment().putAll(environment);
        Process process = builder.start();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).as("the launcher ends").isTrue();
        return new Result(process.exitValue(), Repository.read(out), Repository.read(err));
    }

    private Result run(String... args) throws Exception {
        return run(Map.of(), args);
    }

    private int builds() {
        return Files.exists(mavenCalls) ? (int) Repository.read(mavenCalls).lines().count() : 0;
    }

    @Test
    void buildsOnFirstUseAndNotOnTheSecond() throws Exception {
        Result first = run("ss", "-a", "two words");
        assertThat(first.code()).isZero();
        assertThat(first.err()).contains("lastack: building").contains("lastack: built in");
        assertThat(first.out()).contains("<-m>\n<org.lastack.tools/org.lastack.tools.Main>\n<ss>\n<-a>\n<two words>\n");
        Result second = run("--version");
        assertThat(second.err()).isEmpty();
        assertThat(builds()).isEqualTo(1);
    }

    @Test
    void passesTheExitCodeOn() throws Exception {
        assertThat(run("fail").code()).isEqualTo(7);
    }

    @Test
    void jvmFlagsComeFromOneFileAndTheEnvironment() throws Exception {
        Result result = run(Map.of("LASTACK_JAVA_OPTS", "-Xmx1g -Da=b"), "x");
        assertThat(result.out()).containsPattern("<@.*/\\.lastack/dist-[^/]*/jvm.options>").contains("<-Xmx1g>\n<-Da=b>");
    }

    @Test
    void wordsThatEndAtOnceDoNotWakeTheSecondCompiler() throws Exception {
        assertThat(run("--version").out()).contains("/jvm-short.options>");
        assertThat(run("ss", "-a").out()).contains("/jvm-short.options>");
        assertThat(run("up").out()).doesNotContain("jvm-short");
    }

    @Test
    void aChangedSourceIsBuiltAgain() throws Exception {
        run("x");
        Path source = checkout.resolve("lastack-tools/src/main/java/A.java");
        Files.setLastModifiedTime(source, FileTime.from(Files.getLastModifiedTime(source).toInstant().plus(Duration.ofHours(1))));
        run("x");
        assertThat(builds()).isEqualTo(2);
    }

    @Test
    void aDeletedSourceIsBuiltAgain() throws Exception {
        run("x");
        Path dir = checkout.resolve("lastack-tools/src/main/java");
        Files.delete(dir.resolve("B.java"));
        Files.setLastModifiedTime(dir, FileTime.from(Files.getLastModifiedTime(dir).toInstant().plus(Duration.ofHours(1))));
        run("x");
        assertThat(builds()).isEqualTo(2);
    }

    @Test
    void canBeCalledThroughAChainOfLinks() throws Exception {
        Files.createSymbolicLink(checkout.resolve("inner"), Path.of("lastack"));
        launcherPath = Files.createSymbolicLink(temp.resolve("outer"), checkout.resolve("inner")).toString();
        assertThat(run("x").code()).isZero();
        assertThat(checkout.resolve(".lastack/current")).exists();
    }

    @Test
    void anotherJdkKeepsTheBuild() throws Exception {
        run("x");
        Path other = fakeJdk("other jdk", "26");
        Result result = run(Map.of("LASTACK_JAVA_HOME", other.toString()), "x");
        assertThat(result.code()).isZero();
        assertThat(builds()).isEqualTo(1);
        assertThat(run(Map.of("LASTACK_JAVA_HOME", other.toString()), "jdk").out()).isEqualTo(other + "\n");
    }

    @Test
    void anOldJdkIsRefusedWithTheRemedy() throws Exception {
        Result result = run(Map.of("LASTACK_JAVA_HOME", fakeJdk("old", "17.0.15").toString()), "x");
        assertThat(result.code()).isEqualTo(69);
        assertThat(result.err()).contains("LASTACK_JAVA_HOME=").contains("is not a JDK 25 or newer; correct it or unset it.");
        assertThat(builds()).isZero();
    }

    @Test
    void aFailedBuildShowsTheEndOfItsLogAndStartsNothing() throws Exception {
        script(mvn, "echo '[INFO] Building lastack-tools 1   [1/1]'; echo '[ERROR] A.java:[1,1] this is wrong -> [Help 1]'; echo '[ERROR] [Help 1] see'; exit 1\n");
        Result result = run("x");
        assertThat(result.code()).isEqualTo(70);
        assertThat(result.err()).contains("A.java:[1,1] this is wrong").contains("build.log").doesNotContain("[INFO]", "Help");
        assertThat(result.out()).isEmpty();
        assertThat(checkout.resolve(".lastack/lock")).doesNotExist();
    }

    @Test
    void aBuildWithoutJarsIsAFailure() throws Exception {
        script(mvn, "exit 0\n");
        assertThat(run("x").code()).isEqualTo(70);
    }

    @Test
    void aCheckoutThatCannotBeWrittenIsOneClearLine() throws Exception {
        Files.writeString(checkout.resolve(".lastack"), "in the way");
        Result result = run("x");
        assertThat(result.code()).isEqualTo(73);
        assertThat(result.err().lines()).singleElement().asString().contains("cannot be written, and it is not built yet");
    }

    @Test
    void aLockWhoseOwnerDiedIsNoObstacle() throws Exception {
        Files.createDirectories(checkout.resolve(".lastack/lock"));
        // Above the largest process number that any system gives out.
        Files.writeString(checkout.resolve(".lastack/lock/pid"), "99999999");
        assertThat(run("x").code()).isZero();
    }

    @Test
    void cleanRemovesWhatWasBuilt() throws Exception {
        run("x");
        assertThat(run("clean").code()).isZero();
        assertThat(checkout.resolve(".lastack")).doesNotExist();
        assertThat(checkout.resolve("lastack-tools/target")).doesNotExist();
        assertThat(checkout.resolve("lastack-tools/src")).exists();
        assertThat(run("clean", "all").code()).isEqualTo(2);
    }
}
