package org.lastack.net;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.lastack.host.Driver;
import org.lastack.host.Host;
import org.lastack.host.RealDriver;
import org.lastack.link.MemoryLink;
import org.lastack.link.Offloads;

/// Hosts in this process, connected by cables in memory: the quickest way to a network without the system.
///
/// ```java
/// try (LastackNetwork network = LastackNetwork.inMemory("client", "server")) {
///     Host server = network.host("server");                                    // 10.0.0.2 and fd00::2
///     ServerSocketChannel listener = LastackSelectorProvider.of(server).openServerSocketChannel().bind(new InetSocketAddress(80));
///     SocketChannel channel = LastackSelectorProvider.of(network.host("client")).openSocketChannel();
///     channel.connect(new InetSocketAddress(network.address("server"), 80));
/// }
/// ```
///
/// The hosts run on the machine's clock. Names given to the hosts can be looked up through [HostNames]. Thread-safe.
public final class LastackNetwork implements AutoCloseable {
    private static final int FRAMES = 8192;

    private final Map<String, Host> hosts = new LinkedHashMap<>();
    private final Map<String, String> addresses = new LinkedHashMap<>();

    private LastackNetwork() {}

    /// Two hosts, `a` (10.0.0.1, fd00::1) and `b` (10.0.0.2, fd00::2), on one cable.
    public static LastackNetwork inMemory() {
        return inMemory("a", "b");
    }

    /// Two hosts with these names on one cable: 10.0.0.1 and fd00::1, 10.0.0.2 and fd00::2. Ethernet's MTU, no offloads.
    public static LastackNetwork inMemory(String first, String second) {
        return inMemory(first, second, MemoryLink.Options.defaults().withQueueFrames(FRAMES), null);
    }

    /// As [#inMemory(String, String)] on a cable that takes super-segments and unfinished checksums: the fastest there is.
    public static LastackNetwork fast(String first, String second) {
        return inMemory(first, second, MemoryLink.Options.defaults().withQueueFrames(FRAMES).withOffloads(Offloads.ALL), null);
    }

    /// As [#inMemory(String, String)] with a cable of the caller's.
    ///
    /// @param driver of both hosts; null: the machine's clock
    public static LastackNetwork inMemory(String first, String second, MemoryLink.Options cable, @Nullable Driver driver) {
        LastackNetwork network = new LastackNetwork();
        MemoryLink.Pair pair = MemoryLink.pair("eth0", "eth0", cable);
        Driver both = driver == null ? new RealDriver() : driver;
        network.add(Host.builder().name(first).driver(both).link(pair.left(), "10.0.0.1/24", "fd00::1/64").build(), "10.0.0.1");
        network.add(Host.builder().name(second).driver(both).link(pair.right(), "10.0.0.2/24", "fd00::2/64").build(), "10.0.0.2");
        return network;
    }

    private void add(Host host, String address) {
        hosts.put(host.name(), host);
        addresses.put(host.name(), address);
        HostNames.add(host.name(), address);
    }

    /// The host of that name.
    ///
    /// @throws IllegalArgumentException if there is none
    public Host host(String name) {
        Host found = hosts.get(name);
        if (found == null) {
            throw new IllegalArgumentException("no host " + name + " in " + hosts.keySet());
        }
        return found;
    }

    /// The IPv4 address of the host of that name, as text.
    ///
    /// @throws IllegalArgumentException if there is none
    public String address(String name) {
        host(name);
        return String.valueOf(addresses.get(name));
    }

    /// All hosts, in the order in which they were named.
    public List<Host> hosts() {
        return List.copyOf(hosts.values());
    }

    /// Closes all hosts: connections are reset.
    ///
    /// @throws IllegalStateException if a host has lost frames
    @Override
    public void close() {
        for (String each : addresses.keySet()) {
            HostNames.remove(each, String.valueOf(addresses.get(each)));
        }
        RuntimeException failure = null;
        for (Host each : new ArrayList<>(hosts.values())) {
            try {
                each.close();
            } catch (RuntimeException e) {
                failure = e;
            }
        }
        if (failure != null) {
            throw failure;
        }
    }
}
