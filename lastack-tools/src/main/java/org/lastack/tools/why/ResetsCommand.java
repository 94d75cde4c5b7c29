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

/// `lastack resets`: Why connections were reset, counted by reason since the host began.
@Command(name = "resets", mixinStandardHelpOptions = true, description = "Why connections were reset, counted by reason since the host began.")
public final class ResetsCommand implements Callable<Integer> {
    @Mixin
    private HostSelection host = new HostSelection();

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(names = "--json", description = "JSON.")
    private boolean json;

    /// For picocli.
    public ResetsCommand() {}

    @Override
    public Integer call() {
        try (ControlClient client = host.connect()) {
            List<String> lines = Reports.resets(Answers.counters(client));
            return Answers.show(spec.commandLine().getOut(), json, lines, List.of());
        }
    }
}
