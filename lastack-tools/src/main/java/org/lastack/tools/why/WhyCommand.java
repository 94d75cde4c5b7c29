package org.lastack.tools.why;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.lastack.link.linux.KernelSockets;
import org.lastack.tools.HostSelection;
import org.lastack.tools.control.ControlClient;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `lastack why`: the reason behind an errno.
@Command(
        name = "why",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "QUESTION",
        description = "Says why a bind or a connect fails, or would succeed: who holds the port, until when, and what would help.",
        subcommands = {WhyCommand.Bind.class, WhyCommand.Connect.class},
        footer = {"", "Examples:  lastack why bind 9000 --reuseaddr", "           lastack why bind [::]:9000 --kernel --json", "           lastack why connect 10.0.0.5:443"})
public final class WhyCommand implements Runnable {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    /// For picocli.
    public WhyCommand() {}

    /// Without a question: the help text.
    @Override
    public void run() {
        spec.commandLine().usage(spec.commandLine().getOut());
    }

    /// What both questions share.
    abstract static class Question implements Callable<Integer> {
        @Mixin
        HostSelection host = new HostSelection();

        @Spec
        CommandSpec spec = CommandSpec.create();

        @Option(names = "--json", description = "JSON.")
        boolean json;

        @Option(names = "--kernel", description = "Ask the kernel of this machine (/proc, and a trial) instead of a running Lastack host.")
        boolean kernel;
    }

    /// `lastack why bind`.
    @Command(
            name = "bind",
            mixinStandardHelpOptions = true,
            description = "Would bind() succeed, and if not, who stands in the way?",
            footer = {"", "Examples:  lastack why bind 9000 --reuseaddr            the errno, its cause, the holders, and which options would help",
                "           lastack why bind 0.0.0.0:9000 --kernel --uid 33  about this machine's kernel, for user 33 (as root)",
                "           lastack why bind [::]:53 --udp --v6only --json   {errno, rule, causes, options, holders, lines}",
                "           lastack why bind 0                               is a port left for bind(0)?"})
    static final class Bind extends Question {
        @Parameters(paramLabel = "[ADDR:]PORT", description = "The local name; without an address 0.0.0.0.")
        private String name = "";

        @Option(names = "--reuseaddr", description = "The new socket has SO_REUSEADDR.")
        private boolean reuseAddress;

        @Option(names = "--reuseport", description = "The new socket has SO_REUSEPORT.")
        private boolean reusePort;

        @Option(names = "--udp", description = "UDP instead of TCP.")
        private boolean udp;

        @Option(names = "--v6only", description = "The new socket has IPV6_V6ONLY.")
        private boolean v6Only;

        @Option(names = "--uid", paramLabel = "N", description = "Who owns the new socket; default 0, with --kernel yourself.")
        private int uid = -1;

        /// For picocli.
        Bind() {}

        @Override
        public Integer call() throws java.io.IOException {
            Endpoint wanted = Endpoint.of(name);
            Map<String, Object> request = new HashMap<>(Map.of("op", "why-bind", "address", wanted.address().toString(), "port", wanted.port()));
            request.put("reuseaddr", reuseAddress);
            request.put("reuseport", reusePort);
            request.put("udp", udp);
            request.put("v6only", v6Only);
            request.put("uid", uid >= 0 ? uid : kernel ? KernelSockets.effectiveUser() : 0);
            if (kernel) {
                return Answers.show(spec.commandLine().getOut(), json, KernelBind.explain(WhyOperations.bindRequest(request), udp).toJson());
            }
            try (ControlClient client = host.connect()) {
                return Answers.show(spec.commandLine().getOut(), json, client.request(request));
            }
        }
    }

    /// `lastack why connect`.
    @Command(
            name = "connect",
            mixinStandardHelpOptions = true,
            description = "Could a connection be opened, and from how many local ports?",
            footer = {"", "Examples:  lastack why connect 10.0.0.5:443                  ports left towards it; refused or silent; connected to itself",
                "           lastack why connect 10.0.0.5:443 --from 10.0.0.9  is that local address on this host?",
                "           lastack why connect 127.0.0.1:9000 --kernel       about this machine's kernel"})
    static final class Connect extends Question {
        @Parameters(paramLabel = "ADDR:PORT", description = "The destination.")
        private String name = "";

        @Option(names = "--from", paramLabel = "ADDR[:PORT]", description = "The local name that the program binds before it connects.")
        private @Nullable String from;

        /// For picocli.
        Connect() {}

        @Override
        public Integer call() throws java.io.IOException {
            Endpoint wanted = Endpoint.of(name);
            Endpoint local = from == null ? null : Endpoint.local(from);
            if (kernel) {
                return Answers.show(spec.commandLine().getOut(), json, KernelConnect.explain(wanted, local).toJson());
            }
            Map<String, Object> request = new HashMap<>(Map.of("op", "why-connect", "address", wanted.address().toString(), "port", wanted.port()));
            if (local != null) {
                request.put("from", local.address().toString());
                request.put("fromPort", local.port());
            }
            try (ControlClient client = host.connect()) {
                return Answers.show(spec.commandLine().getOut(), json, client.request(request));
            }
        }
    }
}
