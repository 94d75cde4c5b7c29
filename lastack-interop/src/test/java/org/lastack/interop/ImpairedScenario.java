package org.lastack.interop;

import static org.lastack.interop.Checks.check;
import static org.lastack.interop.Checks.that;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.lastack.core.Sysctl;
import org.lastack.host.Host;
import org.lastack.host.HostBuilder;
import org.lastack.link.ImpairedLink;
import org.lastack.link.Impairment;
import org.lastack.link.ImpairmentCounters;
import org.lastack.link.linux.InterfaceSetup;
import org.lastack.link.linux.Namespaces;
import org.lastack.tools.services.Network;
import org.lastack.tools.services.TestPattern;
import org.lastack.tools.up.Environment;
import org.lastack.tools.up.HostNetwork;
import org.lastack.tools.up.Plan;
import org.lastack.tools.up.TunEnvironment;
import org.lastack.tools.up.VethEnvironment;
import org.lastack.wire.IpAddress;

/// Connections of random sizes in both directions between a host of ours and the kernel, through a link that loses, reorders and duplicates
/// in its middle. Each is opened by the one or the other, and closed first by the one or the other.
public final class ImpairedScenario {
    private static final int PHASE_CONNECTIONS = 50;
    private static final int PHASE_SECONDS = 60;
    private static final double[] LOSS = {0.01, 0.03, 0.06, 0.10};
    private static final int PORT = 7000;
    private static final int LARGEST = 200_000;
    private static final long SEED = 20261121;
    private static final int BLOCK = 8192;

    /// One for each phase: the kernel closes a listener only when the thread that accepts on it has noticed.
    private static int port(int phase) {
        return PORT + phase;
    }

    /// What both ends of a connection know about it.
    private record Terms(int id, int octetsFromOpener, int octetsFromAcceptor, boolean weOpen, boolean openerClosesFirst) {
        static Terms of(int id) {
            Random random = new Random(SEED + id);
            // Half of the sizes are small: a connection of a few octets has other races than one of many segments.
            return new Terms(id, size(random), size(random), id % 2 == 0, id / 2 % 2 == 0);
        }

        private static int size(Random random) {
            return random.nextBoolean() ? random.nextInt(3000) : random.nextInt(LARGEST);
        }
    }

    /// One end, whichever stack it is on.
    private interface End extends AutoCloseable {
        InputStream input() throws IOException;

        OutputStream output() throws IOException;

        void shutdownOutput() throws IOException;

        @Override
        void close() throws IOException;
    }

    private final HostNetwork network;
    private final Host host;
    private final ImpairedLink link;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

    private ImpairedScenario(Host host, ImpairedLink link, HostNetwork network) {
        this.host = host;
        this.link = link;
        this.network = network;
    }

    /// Inside the namespace.
    public static void main(String[] arguments) throws Exception {
        Plan plan = new Plan("impaired", Plan.DEFAULT_KERNEL, Plan.DEFAULT_OURS, 1500, false);
        boolean tun = Namespaces.whyNoTun() == null;
        try (Environment environment = tun ? TunEnvironment.here(plan, "lastack0") : VethEnvironment.open(plan)) {
            ImpairedLink link = new ImpairedLink(environment.link(), Impairment.NONE, Impairment.NONE, SEED, System::nanoTime);
            HostBuilder builder = Host.builder().link(link, plan.ourAddresses().toArray(String[]::new)).sysctl(Sysctl.TCP_TIMEWAIT_MS, 1000);
            environment.configure(builder);
            Host host = builder.build();
            HostNetwork network = HostNetwork.ofRoot(host, "interop");
            ImpairedScenario scenario = new ImpairedScenario(host, link, network);
            try (network) {
                for (int phase = 0; phase < LOSS.length; phase++) {
                    scenario.phase(phase);
                }
                check("the link was as bad as it should be", List.of(), scenario::wasBad);
                check("no socket and no buffer is left", List.of(), scenario::nothingIsLeft);
            }
            check("no frame is left", List.of(), host::close);
        }
        check("no device is left", List.of(), () -> {
            try (InterfaceSetup setup = InterfaceSetup.open()) {
                that(!tun || !setup.exists("lastack0"), "lastack0 is still there");
            }
        });
        System.out.println("DONE");
    }

    private void phase(int phase) throws Exception {
        Impairment bad = Impairment.NONE.withLoss(LOSS[phase]).withReorder(0.03, 3, 5_000_000).withDuplicate(0.02).withDelay(1_000_000, 500_000);
        String name = String.format("50 connections, loss %.0f %%, reordering 3 %%, duplication 2 %%", LOSS[phase] * 100);
        check(name, List.of(), () -> {
            link.impair(bad, bad);
            try (Network.Listener ours = network.listen(port(phase), PHASE_CONNECTIONS * 2, true); ServerSocket kernel = new ServerSocket()) {
                kernel.setReuseAddress(true);
                kernel.bind(new InetSocketAddress(port(phase)), PHASE_CONNECTIONS * 2);
                threads.submit(() -> acceptOurs(ours));
                threads.submit(() -> acceptKernel(kernel));
                connections(phase);
            } finally {
                link.impair(Impairment.NONE, Impairment.NONE);
            }
        });
    }

    private final List<Future<?>> acceptors = new ArrayList<>();

    private void connections(int phase) throws Exception {
        List<Future<?>> openers = new ArrayList<>();
        for (int i = 0; i < PHASE_CONNECTIONS; i++) {
            Terms terms = Terms.of(phase * PHASE_CONNECTIONS + i);
            openers.add(threads.submit(() -> open(terms)));
        }
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PHASE_SECONDS);
        await(openers, deadline);
        List<Future<?>> accepted;
        synchronized (acceptors) {
            accepted = List.copyOf(acceptors);
            acceptors.clear();
        }
        that(accepted.size() == PHASE_CONNECTIONS, accepted.size() + " connections were accepted");
        await(accepted, deadline);
    }

    private static void await(List<Future<?>> all, long deadline) throws Exception {
        for (Future<?> each : all) {
            try {
                each.get(Math.max(1, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
            } catch (ExecutionException e) {
                throw new AssertionError(e.getCause() + " at " + Arrays.toString(Arrays.copyOf(e.getCause().getStackTrace(), 6)), e);
            } catch (TimeoutException e) {
                throw new AssertionError("not done within " + PHASE_SECONDS + " s", e);
            }
        }
    }

    // --- opening and accepting ---

    private Void open(Terms terms) throws Exception {
        try (End end = terms.weOpen() ? ours(network.connect(IpAddress.of(Plan.bare(Plan.DEFAULT_KERNEL.get(terms.id() % 4 / 2))), port(terms.id() / PHASE_CONNECTIONS))) : kernelOpens(terms)) {
            byte[] id = new byte[4];
            for (int i = 0; i < 4; i++) {
                id[i] = (byte) (terms.id() >>> (8 * i));
            }
            end.output().write(id);
            converse(end, terms, true);
        }
        return null;
    }

    private static End kernelOpens(Terms terms) throws IOException {
        Socket socket = new Socket();
        socket.connect(new InetSocketAddress(InetAddress.getByName(Plan.bare(Plan.DEFAULT_OURS.get(terms.id() % 4 / 2))), port(terms.id() / PHASE_CONNECTIONS)));
        return kernel(socket);
    }

    private void acceptOurs(Network.Listener listener) {
        try {
            while (true) {
                accepted(ours(listener.accept()));
            }
        } catch (IOException e) {
            // closed at the end of the phase
        }
    }

    private void acceptKernel(ServerSocket listener) {
        try {
            while (true) {
                accepted(kernel(listener.accept()));
            }
        } catch (IOException e) {
            // closed at the end of the phase
        }
    }

    private void accepted(End end) {
        Future<?> future = threads.submit(() -> {
            try (end) {
                byte[] id = end.input().readNBytes(4);
                converse(end, Terms.of((id[0] & 0xff) | (id[1] & 0xff) << 8 | (id[2] & 0xff) << 16 | id[3] << 24), false);
            }
            return null;
        });
        synchronized (acceptors) {
            acceptors.add(future);
        }
    }

    // --- the conversation ---

    /// Writes and reads at the same time. The one that closes first does so when it has written; the other when it has seen that.
    private void converse(End end, Terms terms, boolean opener) throws Exception {
        boolean first = terms.openerClosesFirst() == opener;
        int send = opener ? terms.octetsFromOpener() : terms.octetsFromAcceptor();
        int receive = opener ? terms.octetsFromAcceptor() : terms.octetsFromOpener();
        long base = (long) terms.id() << 33;
        Future<?> writer = threads.submit(() -> {
            write(end, base | (opener ? 0 : 1L << 32), send);
            if (first) {
                end.shutdownOutput();
            }
            return null;
        });
        read(end, base | (opener ? 1L << 32 : 0), receive);
        if (first) {
            writer.get();
            that(end.input().read() < 0, "octets after the end");
        } else {
            that(end.input().read() < 0, "octets after the end");
            writer.get();
            end.shutdownOutput();
        }
    }

    private static void write(End end, long position, int octets) throws IOException {
        byte[] block = new byte[BLOCK];
        for (int at = 0; at < octets; at += BLOCK) {
            int length = Math.min(BLOCK, octets - at);
            TestPattern.fill(block, length, position + at);
            end.output().write(block, 0, length);
        }
    }

    private static void read(End end, long position, int octets) throws IOException {
        byte[] wanted = new byte[BLOCK];
        for (int at = 0; at < octets; at += BLOCK) {
            int length = Math.min(BLOCK, octets - at);
            byte[] block = end.input().readNBytes(length);
            TestPattern.fill(wanted, length, position + at);
            int difference = Arrays.mismatch(block, 0, block.length, wanted, 0, length);
            that(difference < 0, "connection " + (position >>> 33) + ": octet " + (at + difference) + " of " + octets + " differs or is missing");
        }
    }

    private static End ours(Network.Stream stream) {
        return new End() {
            @Override
            public InputStream input() {
                return stream.input();
            }

            @Override
            public OutputStream output() {
                return stream.output();
            }

            @Override
            public void shutdownOutput() throws IOException {
                stream.shutdownOutput();
            }

            @Override
            public void close() throws IOException {
                stream.close();
            }
        };
    }

    private static End kernel(Socket socket) {
        return new End() {
            @Override
            public InputStream input() throws IOException {
                return socket.getInputStream();
            }

            @Override
            public OutputStream output() throws IOException {
                return socket.getOutputStream();
            }

            @Override
            public void shutdownOutput() throws IOException {
                socket.shutdownOutput();
            }

            @Override
            public void close() throws IOException {
                socket.close();
            }
        };
    }

    // --- the end ---

    private void wasBad() {
        for (ImpairmentCounters each : List.of(link.sending(), link.receiving())) {
            that(each.lost() > 100 && each.reordered() > 50 && each.duplicated() > 50, each.toString());
        }
    }

    private void nothingIsLeft() {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        String left;
        do {
            Thread.yield(); // the kernel and the timers of both stacks end what is left, in real time; asked again until then
            left = host.call(() -> "connections " + host.engine().tcp().connectionCount() + ", embryos " + host.engine().tcp().embryoCount() + ", TIME-WAIT "
                    + host.engine().tcp().timeWaitCount() + ", orphans " + host.engine().tcp().orphanCount() + ", buffers " + host.engine().tcp().buffersOutstanding());
        } while (!left.equals("connections 0, embryos 0, TIME-WAIT 0, orphans 0, buffers 0") && System.nanoTime() < deadline);
        that(left.equals("connections 0, embryos 0, TIME-WAIT 0, orphans 0, buffers 0"), left);
        that(host.faults() == 0, "faults: " + host.lastFault());
    }
}
