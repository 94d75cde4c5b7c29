package org.lastack.tools.why;

import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `lastack timewait`: Are the connections in TIME-WAIT a problem, whose are they, and what helps.
@Command(name = "timewait", mixinStandardHelpOptions = true, description = "Are the connections in TIME-WAIT a problem, whose are they, and what helps.",
        footer = {"", "Examples:  lastack timewait --by-dest          harmless or a problem, who closes first, what helps",
                "           lastack timewait --kernel --json    about this machine's kernel"})
public final class TimewaitCommand implements Callable<Integer> {
    @Mixin
    private Source source = new Source();

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(names = "--json", description = "JSON.")
    private boolean json;

    @Option(names = "--by-dest", description = "Count them by destination.")
    private boolean byDestination;

    /// For picocli.
    public TimewaitCommand() {}

    @Override
    public Integer call() throws java.io.IOException {
        Answers.Snapshot now = source.snapshot();
        return Answers.show(spec.commandLine().getOut(), json, Reports.timeWait(now, byDestination), now.rows().stream().filter(each -> each.is("TIME_WAIT")).toList());
    }
}
