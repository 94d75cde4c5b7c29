package org.lastack.tools;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.lastack.tools.control.ControlClient;
import org.lastack.tools.tables.ServiceNames;
import org.lastack.tools.tables.SocketEntry;
import org.lastack.tools.tables.SsFilter;
import org.lastack.tools.tables.SsTable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `lastack ss`: the sockets of a running host as ss(8) prints them.
@Command(
        name = "ss",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description = "Sockets of a running host, as ss prints them.",
        footer = {
            "",
            "Filters:   [state STATE] [exclude STATE] [EXPRESSION]",
            "           states as ss knows them (time-wait, connected, bucket, ...); expressions over src, dst, sport, dport",
            "Examples:  lastack ss -tan",
            "           lastack ss -tan state time-wait",
            "           lastack ss -ti dst 198.18.0.1 and sport = :9000"
        })
final class SsCommand implements Callable<Integer> {
    @Mixin
    private HostSelection host = new HostSelection();

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(names = {"-a", "--all"}, description = "Sockets in all states.")
    private boolean all;

    @Option(names = {"-l", "--listening"}, description = "Only listening and unconnected sockets.")
    private boolean listening;

    @Option(names = {"-n", "--numeric"}, description = "Numbers instead of names.")
    private boolean numeric;

    @Option(names = {"-p", "--processes"}, description = "Process and program of each socket.")
    private boolean processes;

    @Option(names = {"-t", "--tcp"}, description = "TCP.")
    private boolean tcp;

    @Option(names = {"-u", "--udp"}, description = "UDP.")
    private boolean udp;

    @Option(names = {"-i", "--info"}, description = "What TCP knows: round-trip time, window, congestion...")
    private boolean info;

    @Option(names = {"-m", "--memory"}, description = "Memory of each socket.")
    private boolean memory;

    @Option(names = {"-o", "--options"}, description = "Timers.")
    private boolean timers;

    @Option(names = {"-e", "--extended"}, description = "User, inode, closed directions.")
    private boolean extended;

    @Option(names = {"-s", "--summary"}, description = "Only how many there are.")
    private boolean summary;

    @Option(names = {"-4", "--ipv4"}, description = "IPv4 sockets only.")
    private boolean v4;

    @Option(names = {"-6", "--ipv6"}, description = "IPv6 sockets only.")
    private boolean v6;

    @Option(names = {"-H", "--no-header"}, description = "No header line.")
    private boolean noHeader;

    @Option(names = {"-O", "--oneline"}, description = "One line per socket.")
    private boolean oneLine;

    @Option(names = "--json", description = "JSON, with everything that is known.")
    private boolean json;

    @Parameters(paramLabel = "FILTER", description = "Which sockets; see below.")
    private List<String> filter = new ArrayList<>();

    /// For picocli.
    SsCommand() {}

    @Override
    public Integer call() {
        ServiceNames names = numeric ? ServiceNames.none() : ServiceNames.ofSystem();
        SsFilter chosen;
        try {
            chosen = SsFilter.parse(filter, all, listening, ServiceNames.ofSystem());
        } catch (IllegalArgumentException e) {
            throw new CommandFailure(ExitCode.USAGE, String.valueOf(e.getMessage()), "see lastack ss --help", e);
        }
        List<SocketEntry> sockets;
        try (ControlClient client = host.connect()) {
            sockets = SocketList.fetch(client);
        }
        PrintWriter out = spec.commandLine().getOut();
        if (summary) {
            out.print(SsTable.summary(sockets));
        } else {
            List<SocketEntry> shown = sockets.stream()
                    .filter(each -> tcp == udp || each.tcp() == tcp)
                    .filter(each -> v4 == v6 || each.v6() == v6)
                    .filter(chosen::accepts)
                    .sorted(SsTable.ORDER)
                    .toList();
            SsTable table = new SsTable(new SsTable.Options(tcp == udp, !chosen.oneState(), processes, timers, extended, memory, info, oneLine, !noHeader, names));
            out.print(json ? Json.pretty(Map.of("sockets", shown.stream().map(SocketEntry::toJson).toList())) + "\n" : table.render(shown));
        }
        out.flush();
        return ExitCode.OK;
    }
}
