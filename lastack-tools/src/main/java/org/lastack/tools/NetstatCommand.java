package org.lastack.tools;

import java.io.PrintWriter;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.lastack.tools.control.ControlClient;
import org.lastack.tools.tables.NetstatStatistics;
import org.lastack.tools.tables.NetstatTable;
import org.lastack.tools.tables.ServiceNames;
import org.lastack.tools.tables.SocketEntry;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `lastack netstat`: the sockets of a running host as netstat(8) prints them.
@Command(
        name = "netstat",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description = "Sockets of a running host, as netstat prints them. Addresses are always numbers; ports have names without -n.",
        footer = {"", "Example:  lastack netstat -anp | grep -E 'State|9000'"})
final class NetstatCommand implements Callable<Integer> {
    private static final int REPEAT_MS = 1000;

    @Mixin
    private HostSelection host = new HostSelection();

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(names = {"-a", "--all"}, description = "Waiting sockets, too.")
    private boolean all;

    @Option(names = {"-l", "--listening"}, description = "Only waiting sockets.")
    private boolean listening;

    @Option(names = {"-n", "--numeric"}, description = "Numbers instead of names.")
    private boolean numeric;

    @Option(names = {"-p", "--program"}, description = "Process and program of each socket.")
    private boolean program;

    @Option(names = {"-t", "--tcp"}, description = "TCP.")
    private boolean tcp;

    @Option(names = {"-u", "--udp"}, description = "UDP.")
    private boolean udp;

    @Option(names = {"-e", "--extend"}, description = "User and inode.")
    private boolean extended;

    @Option(names = {"-o", "--timers"}, description = "Timers.")
    private boolean timers;

    @Option(names = {"-W", "--wide"}, description = "Do not cut long addresses.")
    private boolean wide;

    @Option(names = {"-s", "--statistics"}, description = "Counters instead of sockets.")
    private boolean statistics;

    @Option(names = {"-c", "--continuous"}, description = "Again every second, until interrupted.")
    private boolean continuous;

    @Option(names = "-4", description = "IPv4 sockets only.")
    private boolean v4;

    @Option(names = "-6", description = "IPv6 sockets only.")
    private boolean v6;

    @Option(names = "--json", description = "JSON, with everything that is known.")
    private boolean json;

    /// For picocli.
    NetstatCommand() {}

    @Override
    public Integer call() throws InterruptedException {
        try (ControlClient client = host.connect()) {
            show(client);
            while (continuous) {
                Thread.sleep(REPEAT_MS);
                show(client);
            }
        }
        return ExitCode.OK;
    }

    private void show(ControlClient client) {
        PrintWriter out = spec.commandLine().getOut();
        if (statistics) {
            Map<String, Long> counters = SocketList.counters(client);
            out.print(json ? Json.pretty(counters) + "\n" : NetstatStatistics.render(counters));
        } else {
            sockets(client, out);
        }
        out.flush();
    }

    private void sockets(ControlClient client, PrintWriter out) {
        ServiceNames names = numeric ? ServiceNames.none() : ServiceNames.ofSystem();
        NetstatTable table = new NetstatTable(new NetstatTable.Options(all, listening, program, extended, timers, wide, numeric, names));
        List<SocketEntry> sockets = SocketList.fetch(client).stream()
                .filter(each -> tcp == udp || each.tcp() == tcp)
                .filter(each -> v4 == v6 || each.v6() == v6)
                .filter(table::shown)
                .sorted(NetstatTable.ORDER)
                .toList();
        out.print(json ? Json.pretty(Map.of("sockets", sockets.stream().map(SocketEntry::toJson).toList())) + "\n" : table.render(sockets));
    }
}
