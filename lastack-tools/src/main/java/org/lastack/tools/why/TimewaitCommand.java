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

/// `lastack timewait`: Are the connections in TIME-WAIT a problem, whose are they, and what helps.
@Command(name = "timewait", mixinStandardHelpOptions = true, description = "Are the connections in TIME-WAIT a problem, whose are they, and what helps.")
public final class TimewaitCommand implements Callable<Integer> {
    @Mixin
    private HostSelection host = new HostSelection();

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(names = "--json", description = "JSON.")
    private boolean json;

    @Option(names = "--by-dest", description = "Count them by destination.")
    private boolean byDestination;

    /// For picocli.
    public TimewaitCommand() {}

    @Override
    public Integer call() {
        try (ControlClient client = host.connect()) {
            Answers.Snapshot now = Answers.snapshot(client);
            List<String> lines = Reports.timeWait(now.rows(), (int) now.setting(Sysctl.IP_LOCAL_PORT_RANGE_LOW.name()),
                    (int) now.setting(Sysctl.IP_LOCAL_PORT_RANGE_HIGH.name()), now.setting(Sysctl.TCP_TIMEWAIT_MS.name()), byDestination);
            return Answers.show(spec.commandLine().getOut(), json, lines, now.rows().stream().filter(each -> each.is("TIME_WAIT")).toList());
        }
    }
}
