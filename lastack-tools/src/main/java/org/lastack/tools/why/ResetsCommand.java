package org.lastack.tools.why;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.lastack.tools.HostSelection;
import org.lastack.tools.Json;
import org.lastack.tools.control.ControlClient;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `lastack resets`: the last resets with reason, names, state and age, and all of them counted by reason since the host began.
@Command(name = "resets", mixinStandardHelpOptions = true, description = "The last resets of connections: who, why, in which state, what was lost; then all of them counted by reason.")
public final class ResetsCommand implements Callable<Integer> {
    @Mixin
    private HostSelection host = new HostSelection();

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(names = "--json", description = "JSON.")
    private boolean json;

    @Option(names = {"-n", "--most"}, paramLabel = "N", description = "Show that many of the remembered resets, the newest first (default: ${DEFAULT-VALUE}).",
            defaultValue = "20")
    private int most;

    /// For picocli.
    public ResetsCommand() {}

    @Override
    public Integer call() {
        try (ControlClient client = host.connect()) {
            List<Map<String, Object>> resets = Json.objects(client.request(Map.of("op", "resets")), "resets");
            List<String> lines = new ArrayList<>();
            resets.stream().limit(most).forEach(each -> lines.add(Json.text(each, "text", "")));
            if (resets.size() > most) {
                lines.add("and " + (resets.size() - most) + " before them (--most)");
            }
            lines.addAll(Reports.resets(Answers.counters(client)));
            PrintWriter out = spec.commandLine().getOut();
            return Answers.show(out, json, json ? Map.of("lines", lines, "resets", resets) : Map.of("lines", lines));
        }
    }
}
