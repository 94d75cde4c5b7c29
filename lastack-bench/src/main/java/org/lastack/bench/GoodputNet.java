package org.lastack.bench;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.Closeable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lastack.core.Counter;
import org.lastack.core.Sysctl;
import org.lastack.host.Host;
import org.lastack.link.Impairment;
import org.lastack.link.Link;
import org.lastack.link.MemoryLink;
import org.lastack.wire.IpAddress;

/// A kernel in a network namespace as client, a [LaneRelay], and a server behind it: a host of ours, or the kernel of another namespace. The relay
/// and what it does are the same for both.
final class GoodputNet implements Closeable {
    private static final int QUEUE_FRAMES = 32_768;

    /// A process that [StreamPeer] runs in.
    private record Peer(Process process, BufferedReader answers, BufferedWriter commands) {
        static Peer start(String namespace) throws IOException {
            Process process = Net.start(namespace, StreamPeer.class, List.of());
            return new Peer(process, process.inputReader(StandardCharsets.US_ASCII), process.outputWriter(StandardCharsets.US_ASCII));
        }

        String ask(String command) throws IOException {
            commands.write(command + "\n");
            commands.flush();
            String answer = answers.readLine();
            if (answer == null) {
                throw new IOException("the kernel's peer ended: " + command);
            }
            return answer;
        }
    }

    private final Net net;
    private final LaneRelay relay;
    private final Peer client;
    private final @Nullable Peer kernelServer;
    private final @Nullable StreamServer server;
    private final @Nullable Host host;

    private GoodputNet(Net net, LaneRelay relay, @Nullable Peer kernelServer, @Nullable StreamServer server, @Nullable Host host) throws IOException {
        this.net = net;
        this.relay = relay;
        this.kernelServer = kernelServer;
        this.server = server;
        this.host = host;
        client = peer(net, net.client);
    }

    private static Peer peer(Net net, String namespace) throws IOException {
        Peer peer = Peer.start(namespace);
        net.parts.addFirst(() -> peer.process.destroyForcibly().onExit().join());
        return peer;
    }

    /// All sides send with that congestion control.
    static GoodputNet ours(String algorithm) throws IOException {
        Net net = new Net();
        try {
            Link left = tun(net, net.client, Net.CLIENT, algorithm);
            MemoryLink.Pair pair = MemoryLink.pair("relay", "lastack", MemoryLink.Options.defaults().withMtu(1500).withQueueFrames(QUEUE_FRAMES));
            net.parts.addFirst(pair::close);
            LaneRelay relay = new LaneRelay(left, pair.left());
            net.parts.addFirst(relay);
            Host host = Host.builder().name("bench").sysctl(Sysctl.SOMAXCONN, 4096).link(pair.right(), Net.SERVER + "/24").build();
            net.parts.addFirst(host::close);
            host.run(() -> host.engine().sysctls().congestionControl(algorithm));
            return new GoodputNet(net, relay, null, new StreamServer(host, IpAddress.of(Net.SERVER), Net.PORT), host);
        } catch (IOException | RuntimeException e) {
            net.close();
            throw e;
        }
    }

    /// The kernel on both sides.
    static GoodputNet kernel(String algorithm) throws IOException {
        Net net = new Net();
        try {
            String space = net.namespace();
            LaneRelay relay = new LaneRelay(tun(net, net.client, Net.CLIENT, algorithm), tun(net, space, Net.SERVER, algorithm));
            net.parts.addFirst(relay);
            Peer peer = peer(net, space);
            peer.ask("listen " + Net.SERVER + " " + Net.PORT);
            return new GoodputNet(net, relay, peer, null, null);
        } catch (IOException | RuntimeException e) {
            net.close();
            throw e;
        }
    }

    private static Link tun(Net net, String namespace, String address, String algorithm) throws IOException {
        Link link = net.tun(namespace, address, false);
        Net.congestionControl(namespace, link.name(), address, algorithm);
        // Else a connection would begin with the ssthresh that the one before it has left behind.
        Net.tool("ip", "netns", "exec", namespace, "sysctl", "-q", "-w", "net.ipv4.tcp_no_metrics_save=1");
        return link;
    }

    /// Opens flows from the client's ports `firstPort`... over lanes of their own.
    ///
    /// @param serverSends whether text goes from the server to the client, or the other way
    void open(boolean serverSends, int firstPort, int flows, Impairment impairment, long seed) throws IOException {
        relay.lanes(firstPort, flows, impairment, impairment, seed);
        if (server != null) {
            server.expect(firstPort, flows);
        }
        if (kernelServer != null) {
            kernelServer.ask("expect " + firstPort + " " + flows);
        }
        client.ask("open " + (serverSends ? KernelPeer.GENERATE : KernelPeer.DISCARD) + " " + Net.SERVER + " " + Net.PORT + " " + firstPort + " " + flows);
    }

    /// Octets that arrived, by flow.
    long[] count(boolean serverSends) throws IOException {
        if (!serverSends && server != null) {
            return server.count();
        }
        Peer receiver = serverSends || kernelServer == null ? client : kernelServer;
        return Arrays.stream(receiver.ask("count").split(" ", -1)).mapToLong(Long::parseLong).toArray();
    }

    /// Aborts all flows.
    void abort() throws IOException {
        client.ask("close");
        if (kernelServer != null) {
            kernelServer.ask("close");
        }
        if (server != null) {
            server.abort();
        }
    }

    /// A counter of the sending side by its name as in `nstat`.
    long counter(boolean serverSends, Counter counter) throws IOException {
        if (serverSends && host != null) {
            return host.counter(counter);
        }
        Peer sender = serverSends && kernelServer != null ? kernelServer : client;
        return KernelCounters.value(sender.ask("counters"), counter.name());
    }

    @Override
    public void close() throws IOException {
        net.close();
    }
}
