package org.lastack.tools.why;

import java.util.Map;
import java.util.concurrent.Callable;
import org.lastack.tools.control.ControlClient;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `lastack explain-demux`: which socket a packet would go to.
@Command(
        name = "explain-demux",
        mixinStandardHelpOptions = true,
        description = "Which socket a packet would go to, and why not to the others on its port.",
        footer = {"", "Examples:  lastack explain-demux 10.0.0.2:9000 10.0.0.1:40000",
                "           lastack explain-demux --udp --kernel 127.0.0.1:53 127.0.0.1:40000"})
public final class ExplainDemuxCommand implements Callable<Integer> {
    @Mixin
    private Source source = new Source();

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(names = "--json", description = "JSON.")
    private boolean json;

    @Option(names = "--udp", description = "A datagram; otherwise a TCP segment.")
    private boolean udp;

    @Parameters(index = "0", paramLabel = "TO", description = "Destination of the packet, ADDRESS:PORT.")
    private String to = "";

    @Parameters(index = "1", paramLabel = "FROM", description = "Source of the packet, ADDRESS:PORT.")
    private String from = "";

    /// For picocli.
    public ExplainDemuxCommand() {}

    @Override
    public Integer call() throws java.io.IOException {
        Endpoint destination = Endpoint.of(to);
        Endpoint sender = Endpoint.of(from);
        if (source.kernel()) {
            return Answers.show(spec.commandLine().getOut(), json, KernelDemux.explain(udp, destination, sender).toJson());
        }
        try (ControlClient client = source.connect()) {
            return Answers.show(spec.commandLine().getOut(), json, client.request(Map.of("op", "explain-demux", "udp", udp, "address",
                    destination.address().toString(), "port", destination.port(), "from", sender.address().toString(), "fromPort", sender.port())));
        }
    }
}
