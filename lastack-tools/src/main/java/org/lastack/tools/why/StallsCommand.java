package org.lastack.tools.why;

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

/// `lastack stalls`: what each connection with something to send waits for, for how long, and what to do about it.
@Command(name = "stalls", mixinStandardHelpOptions = true, description = "Why send blocks or is slow: what each connection waits for (windows, losses, Nagle, send buffer, program).")
public final class StallsCommand implements Callable<Integer> {
    @Mixin
    private HostSelection host = new HostSelection();

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(names = "--json", description = "JSON.")
    private boolean json;

    @Option(names = {"-a", "--all"}, description = "Also connections that have nothing to send.")
    private boolean all;

    /// For picocli.
    public StallsCommand() {}

    @Override
    public Integer call() {
        try (ControlClient client = host.connect()) {
            List<Map<String, Object>> rows = new ArrayList<>();
            Map<String, Object> part = client.request(Map.of("op", "stalls", "all", all));
            rows.addAll(Json.objects(part, "stalls"));
            while (Json.flag(part, "more")) {
                part = client.receive();
                rows.addAll(Json.objects(part, "stalls"));
            }
            List<String> lines = new ArrayList<>();
            rows.forEach(each -> {
                if (each.get("lines") instanceof List<?> words) {
                    words.forEach(word -> lines.add(String.valueOf(word)));
                }
            });
            if (rows.isEmpty()) {
                lines.add(all ? "there is no connection" : "no connection has anything to send (-a shows those that wait for their programs)");
            }
            return Answers.show(spec.commandLine().getOut(), json, json ? Map.of("stalls", rows) : Map.of("lines", lines));
        }
    }
}
