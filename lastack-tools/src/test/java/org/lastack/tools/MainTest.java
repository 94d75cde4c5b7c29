package org.lastack.tools;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

class MainTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int run(String... args) {
        return Main.run(new PrintWriter(out, true), new PrintWriter(err, true), args);
    }

    @Test
    void versionIsTheOneOfThePom() {
        assertThat(run("--version")).isZero();
        assertThat(out.toString()).matches("(?s)lastack \\d+\\.\\d+\\.\\d+\\S*\\R.*JDK 2\\d.*");
    }

    @Test
    void aWrongFlagIsOneClearLineAndExitCode2() {
        assertThat(run("--wat")).isEqualTo(2);
        assertThat(err.toString()).isEqualTo("lastack: Unknown option: '--wat'; see lastack --help\n").doesNotContain("Exception", "\tat ");
    }

    @Test
    void withoutArgumentsTheHelpIsShown() {
        assertThat(run()).isZero();
        assertThat(out.toString()).startsWith("Usage: lastack");
    }

    @Test
    void theTrainingRunOfTheLauncherWorks() {
        assertThat(run("warm-up")).as(err.toString()).isZero();
    }

    @Test
    void everyCommandHasHelpWithADescription() {
        for (String command : new String[] {"up", "exec", "netstat", "ss", "sysctl", "nstat", "serve"}) {
            out.getBuffer().setLength(0);
            assertThat(run(command, "--help")).isZero();
            assertThat(out.toString()).startsWith("Usage: lastack " + command).containsIgnoringCase("example");
        }
    }

    @Test
    void wrongArgumentsAreRefusedBeforeAnythingIsDone() {
        for (String[] each : new String[][] {
            {"serve", "nothing", "1"}, {"serve", "greeter", "0"}, {"serve", "greeter", "x"}, {"sysctl"}, {"sysctl", "-a", "x"}, {"ss", "state", "x"}, {"up", "--mtu", "67"},
            {"up", "--name", "a b"}, {"exec"}
        }) {
            err.getBuffer().setLength(0);
            assertThat(run(each)).as(String.join(" ", each)).isEqualTo(ExitCode.USAGE);
            assertThat(err.toString()).startsWith("lastack: ").hasLineCount(1).doesNotContain("Exception");
        }
    }
}
