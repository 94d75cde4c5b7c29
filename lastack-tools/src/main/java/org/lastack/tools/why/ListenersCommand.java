package org.lastack.tools.why;

import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `lastack listeners`: Listeners, their queues, and what has overflowed.
@Command(name = "listeners", mixinStandardHelpOptions = true, description = "Listeners, their queues, and what has overflowed.",
        footer = {"", "Examples:  lastack listeners --queues    who waits to be accepted, and for how long",
                "           lastack listeners --kernel"})
public final class ListenersCommand implements Callable<Integer> {
    @Mixin
    private Source source = new Source();

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(names = "--json", description = "JSON.")
    private boolean json;

    @Option(names = "--queues", description = "Show who waits to be accepted.")
    private boolean queues;

    /// For picocli.
    public ListenersCommand() {}

    @Override
    public Integer call() throws java.io.IOException {
        Answers.Snapshot now = source.snapshot();
        List<String> lines = Reports.listeners(now.rows(), source.counters(), source.listeners(), queues);
        return Answers.show(spec.commandLine().getOut(), json, lines, now.rows().stream().filter(each -> each.is("LISTEN")).toList());
    }
}
