package org.lastack.tools.oracle;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.lastack.tools.CommandFailure;
import org.lastack.tools.ExitCode;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `lastack oracle KIND FILE`: does our stack answer as a recorded kernel did?
@Command(
        name = "oracle",
        mixinStandardHelpOptions = true,
        description = {
            "Replay a table that was recorded from a real kernel against our stack, in virtual time.",
            "Exit code 1 if a difference has no explanation (docs/linux-differences.md)."
        },
        footer = {"", "Example:  lastack oracle bind bind-conflicts-linux.tsv"})
public final class OracleCommand implements Callable<Integer> {
    private static final int SHOWN_PER_EXPLANATION = 3;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Parameters(index = "0", paramLabel = "KIND", description = "bind, bind3, ports, calls or wire: what the table is about.")
    private String kindName = "";

    @Parameters(index = "1", paramLabel = "FILE", description = "The table (tab-separated; .gz is read, too).")
    private Path file = Path.of("");

    @Option(names = "--differences", paramLabel = "FILE", description = "Explanations to use instead of this version's docs/linux-differences.md.")
    private @Nullable Path differencesFile;

    @Option(names = {"-a", "--all"}, description = "List all explained differences, not only some of each.")
    private boolean all;

    /// For picocli.
    public OracleCommand() {}

    @Override
    public Integer call() throws IOException {
        OracleKind kind = OracleKinds.named(kindName);
        if (kind == null) {
            throw new CommandFailure(ExitCode.USAGE, "there is no kind \"" + kindName + "\"", "it is one of " + OracleKinds.names());
        }
        PrintWriter out = spec.commandLine().getOut();
        try {
            OracleRun run = OracleRun.of(kind, OracleTable.read(file), differences());
            print(out, run);
            return run.unexplained().isEmpty() ? ExitCode.OK : ExitCode.FAILED;
        } catch (NoSuchFileException e) {
            throw new CommandFailure(ExitCode.USAGE, "there is no file " + e.getFile(), null, e);
        } catch (OracleException e) {
            throw new CommandFailure(ExitCode.FAILED, file + ": " + e.getMessage(), null, e);
        }
    }

    private Differences differences() throws IOException {
        Path own = differencesFile;
        if (own == null) {
            return Differences.ofThisVersion();
        }
        try (Reader in = Files.newBufferedReader(own)) {
            return Differences.read(in);
        }
    }

    private void print(PrintWriter out, OracleRun run) {
        Map<String, Integer> shown = new LinkedHashMap<>();
        for (OracleRun.Difference each : run.differences()) {
            Differences.Explanation explanation = each.explanation();
            int before = explanation == null ? 0 : shown.merge(explanation.id(), 1, Integer::sum) - 1;
            if (explanation == null || all || before < SHOWN_PER_EXPLANATION) {
                print(out, each);
            }
        }
        Map<String, List<OracleRun.Difference>> explained = run.differences().stream().filter(each -> each.explanation() != null)
                .collect(Collectors.groupingBy(each -> String.valueOf(each.explanation() == null ? null : each.explanation().id()),
                        LinkedHashMap::new, Collectors.toList()));
        explained.forEach((id, rows) -> {
            Differences.Explanation explanation = rows.getFirst().explanation();
            out.println("explained " + id + ": " + rows.size() + " rows: " + (explanation == null ? "" : explanation.reason()));
        });
        run.skipped().forEach((reason, rows) -> out.println("skipped: " + rows + " rows: " + reason));
        int unexplained = run.unexplained().size();
        out.println("unexplained: " + unexplained);
        out.println("rows " + run.rows() + ", equal " + run.equal() + ", different " + run.differences().size() + ", skipped " + run.skippedRows());
    }

    private static void print(PrintWriter out, OracleRun.Difference each) {
        Differences.Explanation explanation = each.explanation();
        out.println((explanation == null ? "DIFFERENT" : "different (" + explanation.id() + ")") + " line " + each.row().line() + ": " + each.row());
        each.ours().forEach((column, ours) -> out.println("    " + column + ": Linux " + each.row().get(column) + ", ours " + ours));
        if (!each.rule().isEmpty()) {
            out.println("    our rule: " + each.rule());
        }
    }
}
