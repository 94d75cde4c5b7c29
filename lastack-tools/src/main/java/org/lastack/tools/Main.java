package org.lastack.tools;

import java.io.IOException;
import java.io.PrintWriter;
import org.jspecify.annotations.Nullable;
import org.lastack.bench.BenchCommand;
import org.lastack.tools.drill.DrillCommand;
import org.lastack.tools.drill.ServeStackCommand;
import org.lastack.tools.lab.LabCommand;
import org.lastack.tools.oracle.OracleCommand;
import org.lastack.tools.validate.ValidateCommand;
import org.lastack.tools.why.ClosewaitCommand;
import org.lastack.tools.why.ExplainDemuxCommand;
import org.lastack.tools.why.LimitsCommand;
import org.lastack.tools.why.ListenersCommand;
import org.lastack.tools.why.ResetsCommand;
import org.lastack.tools.why.StallsCommand;
import org.lastack.tools.why.TimewaitCommand;
import org.lastack.tools.why.WhyCommand;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/// The `lastack` command. Each subcommand is a class of its own, named below; errors are one line each, made here.
@Command(
        name = "lastack",
        description = "A complete TCP/UDP/IP stack that runs inside a JVM.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {
            UpCommand.class,
            ExecCommand.class,
            RunCommand.class,
            NetstatCommand.class,
            SsCommand.class,
            SysctlCommand.class,
            NstatCommand.class,
            OracleCommand.class,
            ServeCommand.class,
            DrillCommand.class,
            ServeStackCommand.class,
            WarmUpCommand.class,
            LabCommand.class,
            WhyCommand.class,
            TimewaitCommand.class,
            ClosewaitCommand.class,
            ListenersCommand.class,
            ExplainDemuxCommand.class,
            LimitsCommand.class,
            ResetsCommand.class,
            StallsCommand.class,
            ValidateCommand.class,
            BenchCommand.class,
            CommandLine.HelpCommand.class
        },
        footer = {
            "",
            "The launcher itself knows four more words:",
            "  build        build now (otherwise done when a source is newer than the last build)",
            "  clean        remove everything that was built",
            "  test [ARGS]  run all tests; ARGS go to Maven",
            "  jdk          print the JDK that is used",
            "",
            "Exit codes: 0 done; 1 failed, or a check did not hold; 2 wrong command line; 69 something needed is missing",
            "(no running host, no JDK, a program); 70 a fault of ours, or the build failed; 73 something cannot be created;",
            "77 no permission. 'exec' passes on the code of its program.",
            "",
            "Begin with:  lastack up"
        })
public final class Main implements Runnable {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(names = "--debug", scope = ScopeType.INHERIT, description = "Show the stack trace of an error, too.")
    private boolean debug;

    private Main() {}

    /// Runs one command line and ends the JVM with its exit code.
    public static void main(String[] args) {
        PrintWriter out = new PrintWriter(System.out, true);
        PrintWriter err = new PrintWriter(System.err, true);
        System.exit(run(out, err, args));
    }

    /// Runs one command line, blocking until the command is done, and returns the exit code.
    static int run(PrintWriter out, PrintWriter err, String... args) {
        Main main = new Main();
        return new CommandLine(main)
                .setOut(out)
                .setErr(err)
                .setUsageHelpWidth(110)
                .setUsageHelpAutoWidth(true)
                .setAbbreviatedOptionsAllowed(false)
                .setParameterExceptionHandler(Main::wrongCommandLine)
                .setExecutionExceptionHandler((e, line, parsed) -> main.failed(e, line))
                .execute(args);
    }

    /// Without a subcommand: the help text.
    @Override
    public void run() {
        spec.commandLine().usage(spec.commandLine().getOut());
    }

    private static int wrongCommandLine(ParameterException e, String[] args) {
        CommandLine line = e.getCommandLine();
        String message = String.valueOf(e.getMessage());
        say(line, message.endsWith(".") ? message.substring(0, message.length() - 1) : message, "see " + line.getCommandSpec().qualifiedName() + " --help");
        return ExitCode.USAGE;
    }

    private int failed(Exception e, CommandLine line) {
        if (debug) {
            e.printStackTrace(line.getErr());
        }
        if (e instanceof CommandFailure failure) {
            say(line, String.valueOf(failure.getMessage()), null);
            return failure.exitCode();
        }
        if (e instanceof IOException) {
            say(line, e.getMessage() == null ? e.toString() : e.getMessage(), null);
            return ExitCode.FAILED;
        }
        say(line, "internal error: " + e, debug ? "please report it" : "run again with --debug and report it");
        return ExitCode.SOFTWARE;
    }

    private static void say(CommandLine line, String problem, @Nullable String remedy) {
        String oneLine = problem.replaceAll("\\s*\\R\\s*", " ");
        line.getErr().println("lastack: " + oneLine + (remedy == null ? "" : "; " + remedy));
    }
}
