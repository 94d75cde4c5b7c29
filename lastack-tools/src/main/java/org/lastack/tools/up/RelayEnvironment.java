package org.lastack.tools.up;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.lastack.host.Host;
import org.lastack.link.Link;
import org.lastack.link.MemoryLink;
import org.lastack.link.Offloads;
import org.lastack.tools.services.Iperf3Server;
import org.lastack.tools.services.ServiceSet;
import org.lastack.wire.IpAddress;

/// For where no device is allowed: a second host of ours in this process, on the other end of a cable in memory, and a relay from ports of the
/// kernel on 127.0.0.1 to it. Everything between the two hosts is real TCP and UDP of ours; only the kernel's part ends at the relay.
public final class RelayEnvironment implements Environment {
    private final Plan plan;
    private final MemoryLink ours;
    private final Host client;
    private final HostNetwork network;
    private @Nullable Relay relay;

    private RelayEnvironment(Plan plan, MemoryLink ours, Host client) {
        this.plan = plan;
        this.ours = ours;
        this.client = client;
        network = HostNetwork.ofRoot(client, "relay");
    }

    static RelayEnvironment open(Plan plan) {
        MemoryLink.Options options = MemoryLink.Options.defaults().withMtu(plan.mtu()).withOffloads(plan.offload() ? Offloads.ALL : Offloads.NONE);
        MemoryLink.Pair pair = MemoryLink.pair("lastack0", "relay0", options);
        Host client = Host.builder().name(plan.name() + "-relay").link(pair.right(), plan.kernelAddresses().toArray(String[]::new)).build();
        return new RelayEnvironment(plan, pair.left(), client);
    }

    @Override
    public Link link() {
        return ours;
    }

    @Override
    public Map<String, Object> record() {
        Map<String, Object> record = new LinkedHashMap<>();
        record.put("mode", "relay");
        Relay started = relay;
        if (started != null) {
            record.put("published", started.published().stream().map(each -> Map.of("protocol", each.transport(), "port", each.kernelPort(), "service", each.servicePort())).toList());
        }
        return record;
    }

    @Override
    public String description() {
        return "two hosts in this process, and a relay from 127.0.0.1 to the second; no device and no namespace";
    }

    @Override
    public void publish(List<ServiceSet.Entry> services) throws IOException {
        Relay made = new Relay(network, IpAddress.of(Plan.bare(plan.ourAddresses().getFirst())));
        relay = made;
        for (ServiceSet.Entry each : services) {
            made.publish(each.transport(), each.port());
        }
        if (services.stream().anyMatch(each -> each.name().equals("iperf3"))) {
            made.publish("udp", Iperf3Server.PORT);
        }
    }

    @Override
    public List<String> help(Plan unused, String command, String services) {
        Relay started = relay;
        List<String> lines = new ArrayList<>();
        lines.add("services  " + services);
        lines.add("published on 127.0.0.1 (kernel port -> service): " + (started == null ? "" : started.table()));
        if (started != null) {
            lines.add("Try in another terminal:");
            lines.add("  nc 127.0.0.1 " + started.kernelPort(9000));
            lines.add("  curl -sD - -o body http://127.0.0.1:" + started.kernelPort(80) + "/bytes/100000000 && sha256sum body");
            lines.add("  iperf3 -c 127.0.0.1 -p " + started.kernelPort(5201));
            lines.add("  " + command + " netstat -anp");
        }
        return lines;
    }

    @Override
    public void close() {
        Relay started = relay;
        if (started != null) {
            started.close();
        }
        network.close();
        client.close();
    }
}
