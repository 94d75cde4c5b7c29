package org.lastack.tools.why;

import java.util.List;
import java.util.concurrent.Callable;
import org.lastack.core.Sysctl;
import org.lastack.tools.HostSelection;
import org.lastack.tools.control.ControlClient;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `lastack limits`: How many connections per second can be opened to one destination, for ever.
@Command(name = "limits", mixinStandardHelpOptions = true, description = "How many connections per second can be opened to one destination, for ever.")
public final class LimitsCommand implements Callable<Integer> {
    @Mixin
    private HostSelection host = new HostSelection();

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(names = "--json", description = "JSON.")
    private boolean json;

    /// For picocli.
    public LimitsCommand() {}

    @Override
    public Integer call() {
        try (ControlClient client = host.connect()) {
            Answers.Snapshot now = Answers.snapshot(client);
            List<String> lines = Reports.limits((int) now.setting(Sysctl.IP_LOCAL_PORT_RANGE_LOW.name()),
                    (int) now.setting(Sysctl.IP_LOCAL_PORT_RANGE_HIGH.name()), now.setting(Sysctl.TCP_TIMEWAIT_MS.name()),
                    now.setting(Sysctl.TCP_TW_REUSE.name()), now.setting(Sysctl.TCP_TW_REUSE_DELAY.name()));
            return Answers.show(spec.commandLine().getOut(), json, lines, List.of());
        }
    }
}
