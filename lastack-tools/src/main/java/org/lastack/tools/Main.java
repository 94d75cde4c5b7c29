package org.lastack.tools;

import java.io.PrintWriter;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/// The `lastack` command. Exit codes: 0 done, 1 the operation failed, 2 the command line was wrong; the launcher adds 69 (no JDK),
/// 70 (build failed) and 73 (the checkout cannot be written).
@Command(
        name = "lastack",
        description = "A complete TCP/UDP/IP stack that runs inside a JVM.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        footer = {
            "",
            "The launcher itself knows four more words:",
            "  build        build now; otherwise done when a source has changed",
            "  clean        remove everything that was built",
            "  test [ARGS]  run all tests; ARGS go to Maven",
            "  jdk          print the JDK that is used"
        })
public final class Main implements Runnable {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    private Main() {}

    /// Runs one command line and ends the JVM with its exit code.
    public static void main(String[] args) {
        PrintWriter out = new PrintWriter(System.out, true);
        PrintWriter err = new PrintWriter(System.err, true);
        System.exit(run(out, err, args));
    }

    /// Runs one command line, blocking until the command is done, and returns the exit code.
    static int run(PrintWriter out, PrintWriter err, String... args) {
        return new CommandLine(new Main()).setOut(out).setErr(err).execute(args);
    }

    /// Without a subcommand: the help text.
    @Override
    public void run() {
        spec.commandLine().usage(spec.commandLine().getOut());
    }
}
