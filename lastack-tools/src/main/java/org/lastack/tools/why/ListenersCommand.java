package org.lastack.tools.why;

import java.util.List;
import java.util.concurrent.Callable;
import org.lastack.tools.HostSelection;
import org.lastack.tools.control.ControlClient;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `lastack listeners`: Listeners, their queues, and what has overflowed.
@Command(name = "listeners", mixinStandardHelpOptions = true, description = "Listeners, their queues, and what has overflowed.")
public final class ListenersCommand implements Callable<Integer> {
    @Mixin
    private HostSelection host = new HostSelection();

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(names = "--json", description = "JSON.")
    private boolean json;

    @Option(names = "--queues", description = "Show who waits to be accepted.")
    private boolean queues;

    /// For picocli.
    public ListenersCommand() {}

    @Override
    public Integer call() {
        try (ControlClient client = host.connect()) {
            Answers.Snapshot now = Answers.snapshot(client);
            List<String> lines = Reports.listeners(now.rows(), Answers.counters(client), queues);
            return Answers.show(spec.commandLine().getOut(), json, lines, now.rows().stream().filter(each -> each.is("LISTEN")).toList());
        }
    }
}
