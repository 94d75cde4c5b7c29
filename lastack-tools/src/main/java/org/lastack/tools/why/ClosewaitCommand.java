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

/// `lastack closewait`: Which programs forget to close, and which peers do.
@Command(name = "closewait", mixinStandardHelpOptions = true, description = "Which programs forget to close, and which peers do.")
public final class ClosewaitCommand implements Callable<Integer> {
    @Mixin
    private HostSelection host = new HostSelection();

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(names = "--json", description = "JSON.")
    private boolean json;

    @Option(names = "--owners", description = "Show each socket with its owner, age and creation site.")
    private boolean owners;

    /// For picocli.
    public ClosewaitCommand() {}

    @Override
    public Integer call() {
        try (ControlClient client = host.connect()) {
            Answers.Snapshot now = Answers.snapshot(client);
            List<String> lines = Reports.closeWait(now.rows(), owners);
            return Answers.show(spec.commandLine().getOut(), json, lines, now.rows().stream().filter(each -> each.is("CLOSE_WAIT")).toList());
        }
    }
}
