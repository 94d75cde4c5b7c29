package org.lastack.bench;

import java.io.BufferedReader;
import java.io.Closeable;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.LongSupplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.lastack.core.Sysctl;
import org.lastack.host.Host;
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
    /// @param cpuSeconds of the server's process, per second
    record Load(double rate, double medianUs, double p99Us, double cpuSeconds) { }

    /// How our host is set up.
    ///
    /// @param offload virtio-net header with segmentation and checksum offload
    /// @param busyPollUs how long a reader polls before it sleeps
    record Shape(boolean offload, int busyPollUs) {
    }

    final List<Closeable> parts = new ArrayList<>();
    final String client;
    private @Nullable Host host;
    private LongSupplier cpuNs = Machine::cpuNs;
    private String device = "lo";
    private @Nullable Process loader;
    private @Nullable BufferedReader results;

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
    static Net ours(Shape shape) throws IOException {
        Net net = new Net();
        boolean done = false;
        try {
            Link link = net.tun(net.client, CLIENT, shape.offload);
            Host host = Host.builder().name("bench").sysctl(Sysctl.SOMAXCONN, 4096).busyPoll(shape.busyPollUs).link(link, SERVER + "/24").build();
            net.parts.addFirst(host::close);
            net.host = host;
            new LoadServer(host, IpAddress.of(SERVER), PORT);
            done = true;
            return net;
        } finally {
            if (!done) {
                net.close();
            }
        }
    }

    /// Our host; for those that [#ours] made.
    Host host() {
        return Objects.requireNonNull(host);
    }

    /// A stack that somebody else wrote, started by a command, behind a TUN device that we make: the protocol of docs/performance.md.
    static Net peer(Peer peer, Shape shape) throws IOException {
        Net net = new Net();
        boolean done = false;
        try {
            String device = "lsbenchpeer";
            tool("ip", "-n", net.client, "tuntap", "add", "dev", device, "mode", "tun");
            tool("ip", "-n", net.client, "link", "set", "dev", device, "mtu", "1500");
            net.address(net.client, device, CLIENT);
            ProcessBuilder builder = new ProcessBuilder(Namespaces.inNamed(net.client, peer.command())).redirectError(ProcessBuilder.Redirect.INHERIT);
            builder.environment().putAll(Map.of("LASTACK_BENCH_DEVICE", device, "LASTACK_BENCH_ADDRESS", SERVER, "LASTACK_BENCH_PORT", String.valueOf(PORT),
                    "LASTACK_BENCH_MTU", "1500", "LASTACK_BENCH_OFFLOAD", shape.offload ? "1" : "0", "LASTACK_BENCH_BUSY_POLL_US", String.valueOf(shape.busyPollUs)));
            net.serve(builder.start(), peer.name());
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
        if (namespace.equals(client)) {
            this.device = device;
        }
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
        serve(start(namespace, List.of("serve", SERVER, String.valueOf(PORT))), "the kernel's server");
    }

    private void serve(Process process, String name) throws IOException {
        parts.addFirst(() -> {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly().onExit().join();
        });
        cpuNs = () -> cpuNs(process.toHandle());
        if (!"ready".equals(process.inputReader(StandardCharsets.UTF_8).readLine())) {
            throw new IOException(name + " did not say that it is ready");
        }
    }

    private static long cpuNs(ProcessHandle process) {
        return Stream.concat(Stream.of(process), process.descendants())
                .mapToLong(each -> each.info().totalCpuDuration().map(Duration::toNanos).orElse(0L))
                .sum();
    }

    private static Process start(String namespace, List<String> args) throws IOException {
        return start(namespace, KernelPeer.class, args);
    }

    /// A JVM of its own in a namespace.
    static Process start(String namespace, Class<?> main, List<String> args) throws IOException {
        return new ProcessBuilder(Namespaces.inNamed(namespace, java(main, args))).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    }

    /// The command that runs a class of this module in a JVM of its own, with this JVM's own collector and object headers (they are chosen in one place, jvm.options).
    static List<String> java(Class<?> main, List<String> args) {
        List<String> command = new ArrayList<>(List.of(System.getProperty("java.home") + "/bin/java", "-Xshare:auto"));
        command.addAll(Machine.choices());
        String modules = System.getProperty("jdk.module.path");
        if (modules != null) {
            command.addAll(List.of("--enable-native-access=org.lastack.link.linux", "-p", modules, "-m", "org.lastack.bench/" + main.getName()));
        } else {
            command.addAll(List.of("--enable-native-access=ALL-UNNAMED", "-cp", System.getProperty("java.class.path"), main.getName()));
        }
        command.addAll(args);
        return command;
    }

    /// One more address of the client.
    String clientAddress(int index) {
        return "198.18.0." + (100 + index);
    }

    void addClientAddress(int index) throws IOException {
        tool("ip", "-n", client, "addr", "add", clientAddress(index) + "/32", "dev", device);
    }

    /// Has the kernel of the client's namespace load the server; blocks for that time and a little more.
    Load load(char kind, int flows, double seconds) throws IOException, InterruptedException {
        return loadFrom(CLIENT, kind, flows, seconds);
    }

    /// The same from another address of the client.
    Load loadFrom(String local, char kind, int flows, double seconds) throws IOException, InterruptedException {
        Process process = loader;
        BufferedReader lines = results;
        if (process == null || lines == null) {
            process = start(client, List.of("load", SERVER, String.valueOf(PORT)));
            Process started = process;
            parts.addFirst(() -> started.destroyForcibly().onExit().join());
            lines = process.inputReader(StandardCharsets.UTF_8);
            loader = process;
            results = lines;
            expect(lines.readLine(), "ready", kind, flows);
        }
        Thread watch = watch(process, (long) (seconds * 2000 + 30_000));
        try {
            Writer orders = process.outputWriter(StandardCharsets.UTF_8);
            orders.write(kind + " " + flows + " " + seconds + " " + local + "\n");
            orders.flush();
            expect(lines.readLine(), "began", kind, flows);
            long cpu = cpuNs.getAsLong();
            long began = System.nanoTime();
            String line = lines.readLine();
            double used = (cpuNs.getAsLong() - cpu) / (double) (System.nanoTime() - began);
            if (line == null) {
                throw new IOException("the load failed: " + kind + " with " + flows + " flows");
            }
            String[] words = line.split(" ", -1);
            return new Load(Double.parseDouble(words[0]), Double.parseDouble(words[1]), Double.parseDouble(words[2]), used);
        } finally {
            watch.interrupt();
        }
    }

    private static void expect(@Nullable String line, String wanted, char kind, int flows) throws IOException {
        if (!wanted.equals(line)) {
            throw new IOException("the load failed: " + kind + " with " + flows + " flows");
        }
    }

    /// Ends a load that hangs: whoever reads its results then reads the end.
    private static Thread watch(Process process, long ms) {
        return Thread.ofVirtual().start(() -> {
            try {
                Thread.sleep(ms);
                process.destroyForcibly();
            } catch (InterruptedException e) {
                // it has ended by itself
            }
        });
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
