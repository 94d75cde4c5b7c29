package org.lastack.tools;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.lastack.host.Host;
import org.lastack.link.MemoryLink;
import org.lastack.link.linux.Namespaces;
import org.lastack.tools.control.ControlClient;
import org.lastack.tools.control.RunDirectory;
import org.lastack.tools.services.Network;
import org.lastack.tools.tables.NetstatTable;
import org.lastack.tools.tables.ServiceNames;
import org.lastack.tools.tables.SocketEntry;
import org.lastack.tools.tables.SsFilter;
import org.lastack.tools.tables.SsTable;
import org.lastack.tools.up.Display;
import org.lastack.tools.up.HostNetwork;
import org.lastack.tools.up.Plan;
import org.lastack.tools.up.RunningHost;
import org.lastack.wire.IpAddress;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/// Runs what `up`, `netstat` and `ss` run, in this process and with no trace left, so that the launcher's training run sees the classes that
/// they need. Not for users.
@Command(name = "warm-up", hidden = true, description = "What the launcher's training run executes.")
final class WarmUpCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    /// For picocli.
    WarmUpCommand() {}

    @Override
    public Integer call() throws IOException {
        spec.root().commandLine().usage(spec.commandLine().getOut());
        new CommandLine(new UpCommand()).parseArgs("--mode", "relay");
        Path directory = Files.createTempDirectory("lastack-warm-up");
        try {
            host(RunDirectory.at(directory));
        } finally {
            Files.delete(directory);
        }
        try {
            Namespaces.whyNoTun(); // whether it can be opened or not: the way to the kernel has been walked
        } catch (UnsupportedOperationException e) {
            // not Linux
        }
        return ExitCode.OK;
    }

    private void host(RunDirectory directory) throws IOException {
        Plan plan = new Plan("warm-up", Plan.DEFAULT_KERNEL, Plan.DEFAULT_OURS, 1500, true);
        MemoryLink.Pair pair = MemoryLink.pair("left", "right");
        Host client = Host.builder().link(pair.right(), plan.kernelAddresses().toArray(String[]::new)).build();
        Display display = new Display(spec.commandLine().getOut(), true, true, false);
        try (RunningHost running = new RunningHost(plan, pair.left(), Host.builder(), directory, display); HostNetwork network = HostNetwork.ofRoot(client, "warm-up")) {
            running.start(Map.of("mode", "warm-up"));
            for (String each : plan.ourAddresses()) {
                talk(network, IpAddress.of(Plan.bare(each)));
            }
            List<SocketEntry> sockets;
            try (ControlClient control = ControlClient.connect(directory.select(null), directory)) {
                sockets = SocketList.fetch(control);
                SocketList.counters(control);
            }
            ServiceNames names = ServiceNames.ofSystem();
            new NetstatTable(new NetstatTable.Options(true, false, true, true, true, false, false, names)).render(sockets);
            SsFilter filter = SsFilter.parse(List.of("state", "all", "sport", "=", ":80"), true, false, names);
            new SsTable(new SsTable.Options(true, true, true, true, true, true, true, false, true, names)).render(sockets.stream().filter(filter::accepts).toList());
        } finally {
            client.close();
        }
    }

    private static void talk(HostNetwork network, IpAddress address) throws IOException {
        try (Network.Stream http = network.connect(address, 80)) {
            http.output().write("GET /bytes/100000 HTTP/1.1\r\nConnection: close\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            http.input().readAllBytes();
        }
        try (Network.Datagrams udp = network.datagrams(0, false)) {
            byte[] datagram = new byte[100];
            udp.send(datagram, 0, datagram.length, new Network.Endpoint(address, 9000));
            udp.receive(datagram, 0, datagram.length);
        }
    }
}
