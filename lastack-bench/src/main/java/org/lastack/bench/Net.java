package org.lastack.bench;

import java.io.BufferedReader;
import java.io.Closeable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.lastack.core.Sysctl;
import org.lastack.host.Host;
import org.lastack.link.ImpairedLink;
import org.lastack.link.Impairment;
import org.lastack.link.Link;
import org.lastack.link.linux.Namespaces;
import org.lastack.link.linux.TunLink;
import org.lastack.wire.IpAddress;

/// A client in a network namespace and a server at 198.18.0.2: ours behind a TUN device, or the kernel of another namespace behind veth. Everything is removed by [#close].
final class Net implements Closeable {
    static final String CLIENT = "198.18.0.1";
    static final String SERVER = "198.18.0.2";
    static final int PORT = 9000;
    private static int made;

    /// What came out of one load.
    ///
    /// @param rate octets or turns per second
    /// @param medianUs of a turn
    /// @param p99Us of a turn
    /// @param cpuSeconds of this process meanwhile
    record Load(double rate, double medianUs, double p99Us, double cpuSeconds) { }

    final List<Closeable> parts = new ArrayList<>();
    final String client;

    Net() throws IOException {
        client = namespace();
    }

    /// A namespace with nothing but lo, removed with this.
    String namespace() throws IOException {
        String name = "lsbench" + ProcessHandle.current().pid() + "-" + made++;
        Namespaces.create(name);
        parts.addFirst(() -> Namespaces.delete(name));
        tool("ip", "-n", name, "link", "set", "dev", "lo", "up");
        return name;
    }

    /// Our stack behind a TUN device.
    static Net ours(boolean offload, @Nullable Impairment there, @Nullable Impairment back) throws IOException {
        Net net = new Net();
        boolean done = false;
        try {
            Link link = net.tun(net.client, CLIENT, offload);
            if (there != null && back != null) {
                link = new ImpairedLink(link, back, there, 1, System::nanoTime);
            }
            Host host = Host.builder().name("bench").sysctl(Sysctl.SOMAXCONN, 4096).link(link, SERVER + "/24").build();
            net.parts.addFirst(host::close);
            new LoadServer(host, IpAddress.of(SERVER), PORT);
            done = true;
            return net;
        } finally {
            if (!done) {
                net.close();
            }
        }
    }

    /// The kernel on veth.
    static Net kernel(boolean offload) throws IOException {
        Net net = new Net();
        boolean done = false;
        try {
            String server = net.namespace();
            tool("ip", "-n", net.client, "link", "add", "bench0", "type", "veth", "peer", "name", "bench0", "netns", server);
            for (String name : List.of(net.client, server)) {
                if (!offload) {
                    tool("ip", "-n", name, "link", "set", "dev", "bench0", "gso_max_segs", "1");
                }
                net.address(name, "bench0", name.equals(server) ? SERVER : CLIENT);
            }
            net.kernelServer(server);
            done = true;
            return net;
        } finally {
            if (!done) {
                net.close();
            }
        }
    }

    /// A TUN device in a namespace, its other end here.
    Link tun(String namespace, String address, boolean offload) throws IOException {
        TunLink link = TunLink.open(TunLink.Options.tun("lsbench%d").withVirtioHeader(offload));
        parts.addFirst(link::close);
        tool("ip", "link", "set", "dev", link.name(), "mtu", "1500");
        tool("ip", "link", "set", "dev", link.name(), "netns", namespace);
        address(namespace, link.name(), address);
        return link;
    }

    private void address(String namespace, String device, String address) throws IOException {
        tool("ip", "-n", namespace, "addr", "add", address + "/24", "dev", device);
        tool("ip", "-n", namespace, "link", "set", "dev", device, "txqueuelen", "5000", "up");
        congestionControl(namespace, device, address, "cubic");
    }

    /// What the kernel of a namespace sends with.
    static void congestionControl(String namespace, String device, String address, String name) throws IOException {
        // The kernel's congestion control is to be the one that ours has by default, whatever the machine prefers; a namespace may not set the
        // sysctl to one that is restricted, but a route may name it.
        tool("ip", "-n", namespace, "route", "replace", "198.18.0.0/24", "dev", device, "scope", "link", "src", address, "congctl", name);
    }

    private void kernelServer(String namespace) throws IOException {
        Process process = start(namespace, List.of("serve", SERVER, String.valueOf(PORT)));
        parts.addFirst(() -> process.destroyForcibly().onExit().join());
        String ready = process.inputReader(StandardCharsets.UTF_8).readLine();
        if (!"ready".equals(ready)) {
            throw new IOException("the kernel's server did not start");
        }
    }

    private static Process start(String namespace, List<String> args) throws IOException {
        return start(namespace, KernelPeer.class, args);
    }

    /// A JVM of its own in a namespace.
    static Process start(String namespace, Class<?> main, List<String> args) throws IOException {
        List<String> command = new ArrayList<>(List.of(System.getProperty("java.home") + "/bin/java", "-XX:+UseSerialGC", "-Xshare:auto"));
        String modules = System.getProperty("jdk.module.path");
        if (modules != null) {
            command.addAll(List.of("-p", modules, "-m", "org.lastack.bench/" + main.getName()));
        } else {
            command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
        }
        command.addAll(args);
        return new ProcessBuilder(Namespaces.inNamed(namespace, command)).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    }

    /// Has the kernel of the client's namespace load the server; blocks for that time and a little more.
    Load load(char kind, int flows, double seconds) throws IOException, InterruptedException {
        long cpu = Machine.cpuNs();
        Process process = start(client, List.of("load", String.valueOf(kind), SERVER, String.valueOf(PORT), String.valueOf(flows), String.valueOf(seconds)));
        Closeable watch = () -> process.destroyForcibly().onExit().join();
        try (watch; BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
            if (!process.waitFor((long) (seconds * 2 + 30), TimeUnit.SECONDS)) {
                throw new IOException("the load did not end: " + kind + " with " + flows + " flows");
            }
            String line = lines.readLine();
            if (line == null) {
                throw new IOException("the load failed: " + kind + " with " + flows + " flows");
            }
            String[] words = line.split(" ", -1);
            return new Load(Double.parseDouble(words[0]), Double.parseDouble(words[1]), Double.parseDouble(words[2]), (Machine.cpuNs() - cpu) / 1e9);
        }
    }

    static void tool(String... command) throws IOException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        if (process.onExit().join().exitValue() != 0) {
            throw new IOException(String.join(" ", command) + ": " + output);
        }
    }

    @Override
    public void close() throws IOException {
        IOException failure = null;
        for (Closeable each : parts) {
            try {
                each.close();
            } catch (IOException e) {
                failure = e;
            }
        }
        parts.clear();
        if (failure != null) {
            throw failure;
        }
    }
}
