package org.lastack.tools.why;

import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.lastack.tools.CommandFailure;
import org.lastack.tools.ExitCode;
import org.lastack.tools.Json;
import org.lastack.tools.control.ControlClient;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `lastack closewait`: Which programs forget to close, and which peers do.
@Command(name = "closewait", mixinStandardHelpOptions = true, description = "Which programs forget to close, and which peers do.",
        footer = {"", "Examples:  lastack closewait --owners             who forgets to close, and where the sockets were made",
                "           lastack closewait --kernel",
                "           lastack closewait --abort-older 3600   reset what has leaked for an hour"})
public final class ClosewaitCommand implements Callable<Integer> {
    @Mixin
    private Source source = new Source();

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(names = "--json", description = "JSON.")
    private boolean json;

    @Option(names = "--owners", description = "Show each socket with its owner, age and creation site.")
    private boolean owners;

    @Option(names = "--abort-older", paramLabel = "SECONDS", description = "Reset those that have been in CLOSE-WAIT so long: a stopgap until the leak is fixed.")
    private long abortOlder = -1;

    /// For picocli.
    public ClosewaitCommand() {}

    @Override
    public Integer call() throws java.io.IOException {
        if (abortOlder >= 0) {
            return abort();
        }
        Answers.Snapshot now = source.snapshot();
        return Answers.show(spec.commandLine().getOut(), json, Reports.closeWait(now, owners), now.rows().stream().filter(each -> each.is("CLOSE_WAIT")).toList());
    }

    private int abort() {
        if (source.kernel()) {
            throw new CommandFailure(ExitCode.USAGE, "a kernel's connections are not ours to end", "`ss -K` of iproute2 can, as root");
        }
        try (ControlClient client = source.connect()) {
            Map<String, Object> done = client.request(Map.of("op", "abort-closewait", "olderThanMs", abortOlder * 1000));
            String line = Json.number(done, "aborted", 0) + " connections in CLOSE-WAIT for " + abortOlder + " s or longer were reset";
            return Answers.show(spec.commandLine().getOut(), json, Map.of("aborted", Json.number(done, "aborted", 0), "lines", List.of(line)));
        }
    }
}
