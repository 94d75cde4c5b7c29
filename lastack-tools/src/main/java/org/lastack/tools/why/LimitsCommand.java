package org.lastack.tools.why;

import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `lastack limits`: How many connections per second can be opened to one destination, for ever.
@Command(name = "limits", mixinStandardHelpOptions = true, description = "How many connections per second can be opened to one destination, for ever.",
        footer = {"", "Examples:  lastack limits",
                "           lastack limits --kernel"})
public final class LimitsCommand implements Callable<Integer> {
    @Mixin
    private Source source = new Source();

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(names = "--json", description = "JSON.")
    private boolean json;

    /// For picocli.
    public LimitsCommand() {}

    @Override
    public Integer call() throws java.io.IOException {
        return Answers.show(spec.commandLine().getOut(), json, Reports.limits(source.snapshot()), List.of());
    }
}
