package org.lastack.tools;

import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import org.lastack.tools.control.ControlClient;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `lastack nstat`: counters of a running host under nstat's names, and why packets were refused.
@Command(
        name = "nstat",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description = "Counters of a running host, under nstat's names. Always absolute values; a line only if it is not 0, unless -z.",
        footer = {"", "Example:  lastack nstat 'Tcp*' 'TcpExtListen*'"})
final class NstatCommand implements Callable<Integer> {
    @Mixin
    private HostSelection host = new HostSelection();

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(names = {"-z", "--zeros"}, description = "Show counters that are 0, too.")
    private boolean zeros;

    @Option(names = {"-a", "--ignore"}, description = "Accepted for the sake of habit: values are always absolute.")
    private boolean absolute;

    @Option(names = {"-j", "--json"}, description = "JSON.")
    private boolean json;

    @Parameters(paramLabel = "PATTERN", description = "Names, with * and ? as in a shell.")
    private List<String> patterns = List.of();

    /// For picocli.
    NstatCommand() {}

    @Override
    public Integer call() {
        Map<String, Long> shown = new LinkedHashMap<>();
        List<Pattern> wanted = patterns.stream().map(NstatCommand::glob).toList();
        try (ControlClient client = host.connect()) {
            SocketList.counters(client).forEach((name, value) -> {
                boolean named = wanted.isEmpty() || wanted.stream().anyMatch(each -> each.matcher(name).matches());
                if (named && (zeros || value != 0)) {
                    shown.put(name, value);
                }
            });
        }
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(Json.pretty(shown));
        } else {
            out.println("#lastack");
            shown.forEach((name, value) -> out.println(String.format(Locale.ROOT, "%-32s%d", name, value)));
        }
        out.flush();
        return ExitCode.OK;
    }

    private static Pattern glob(String glob) {
        StringBuilder regex = new StringBuilder();
        for (char c : glob.toCharArray()) {
            regex.append(c == '*' ? ".*" : c == '?' ? "." : Pattern.quote(String.valueOf(c)));
        }
        return Pattern.compile(regex.toString());
    }
}
