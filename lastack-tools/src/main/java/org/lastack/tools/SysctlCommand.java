package org.lastack.tools;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.lastack.tools.control.ControlClient;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `lastack sysctl`: settings of a running host under Linux's names.
@Command(
        name = "sysctl",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description = "Reads and changes settings of a running host, under Linux's names.",
        footer = {"", "Examples:  lastack sysctl -a", "           lastack sysctl net.ipv4.tcp_syn_retries", "           lastack sysctl net.ipv4.tcp_syncookies=2"})
final class SysctlCommand implements Callable<Integer> {
    @Mixin
    private HostSelection host = new HostSelection();

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(names = {"-a", "--all"}, description = "Show all settings.")
    private boolean all;

    @Option(names = {"-n", "--values"}, description = "Values only.")
    private boolean valuesOnly;

    @Option(names = {"-w", "--write"}, description = "Accepted for the sake of habit: NAME=VALUE changes anyway.")
    private boolean write;

    @Option(names = "--json", description = "JSON.")
    private boolean json;

    @Parameters(paramLabel = "NAME[=VALUE]", description = "What to show or to change.")
    private List<String> names = new ArrayList<>();

    /// For picocli.
    SysctlCommand() {}

    @Override
    public Integer call() {
        if (names.isEmpty() != all) {
            throw new CommandFailure(ExitCode.USAGE, all ? "-a takes no names" : "name a setting, or use -a for all", "see lastack sysctl --help");
        }
        PrintWriter out = spec.commandLine().getOut();
        try (ControlClient client = host.connect()) {
            if (all) {
                Map<String, Object> answer = Json.object(client.request(Map.of("op", "sysctl-all")), "sysctl");
                show(out, answer);
            }
            for (String each : names) {
                int equals = each.indexOf('=');
                Map<String, Object> request = equals < 0
                        ? Map.of("op", "sysctl", "name", each.strip())
                        : Map.of("op", "sysctl", "name", each.substring(0, equals).strip(), "value", each.substring(equals + 1).strip());
                show(out, Json.object(client.request(request), "sysctl"));
            }
        }
        out.flush();
        return ExitCode.OK;
    }

    private void show(PrintWriter out, Map<String, Object> settings) {
        if (json) {
            out.println(Json.pretty(settings));
        } else {
            settings.forEach((name, value) -> out.println(valuesOnly ? String.valueOf(value) : name + " = " + value));
        }
    }
}
