package org.lastack.tools.drill;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.lastack.core.Errno;
import org.lastack.drill.run.RunSettings;
import org.lastack.drill.stack.Endpoint;
import org.lastack.drill.stack.Reply;
import org.lastack.drill.stack.Request;
import org.lastack.drill.stack.StackUnderTest;
import org.lastack.link.linux.InterfaceSetup;
import org.lastack.link.linux.KernelSockets;
import org.lastack.link.linux.KernelSockets.Filled;
import org.lastack.wire.IpAddress;

/// The kernel of this machine as the host under test: real sockets, a TUN device for the packets, real time. It lives in a fresh network namespace of the
/// thread that makes it, which must be a platform thread that does nothing else and ends with the run. Root only.
///
/// One caller: the thread that made it.
final class KernelStack implements StackUnderTest {
    private static final String TUN = "tun0";
    private static final int ROOM = 66_000;
    /// A call of thread 1 that the kernel keeps waiting longer is given up: scripts would wait for ever.
    private static final long HOPELESS_S = 10;
    /// How long a blocking call is given to reach the kernel, and one that something has woken to come back.
    private static final long SETTLE_NS = 500_000;
    /// No packet is waited for longer: `*` in a script means any time.
    private static final long LONGEST_WAIT_US = 120_000_000;
    /// The kernel sleeps a little longer than asked: the last stretch is waited for by looking at the clock.
    private static final long SPIN_NS = 200_000;
    private static final int ICMPV6 = 58;
    private static final String CONGESTION_CONTROL = "net.ipv4.tcp_congestion_control";
    private static final int SOL_TCP = 6;
    private static final int TCP_CONGESTION = 13;
    private static final int SOCK_STREAM = 1;

    private static final int MIN_IPV6_MTU = 1280;
    private static final int WARM_UP_ROUNDS = 100;
    private static final AtomicBoolean warm = new AtomicBoolean();

    private final IpAddress local;
    private final int tun;
    private final BlockingQueue<Departure> departures = new LinkedBlockingQueue<>();
    private final ConcurrentLinkedQueue<Runnable> completed = new ConcurrentLinkedQueue<>();
    private final ExecutorService script = Executors.newSingleThreadExecutor(KernelStack::daemon);
    private final ExecutorService blocking = Executors.newSingleThreadExecutor(KernelStack::daemon);
    private final KernelCalls calls = new KernelCalls();
    private final Thread reader;

    private String congestionControl = "cubic";

    private record Departure(long timeUs, byte[] packet) {}

    /// @throws IOException if the kernel refuses one of the steps, with its reason
    KernelStack(RunSettings settings) throws IOException {
        local = settings.local();
        check("cannot enter a fresh network namespace (root only)", KernelSockets.enterFreshNamespace());
        tun = check("cannot create a TUN device", KernelSockets.openTun(TUN));
        try (InterfaceSetup setup = InterfaceSetup.open()) {
            setup.up("lo");
            setup.mtu(TUN, settings.mtu());
            // No router solicitations, listener reports and made-up addresses: the script is to see its own packets only.
            // An interface with a small MTU has no IPv6 at all.
            if (settings.mtu() >= MIN_IPV6_MTU) {
                sysctl("net.ipv6.conf.tun0.addr_gen_mode", "1");
                sysctl("net.ipv6.conf.tun0.router_solicitations", "0");
            }
            sysctl("net.ipv4.conf.tun0.rp_filter", "0");
            sysctl("net.ipv4.conf.all.rp_filter", "0");
            setup.up(TUN);
            setup.addAddress(TUN, local, local.isV4() ? 16 : 64);
            IpAddress any = local.isV4() ? IpAddress.ANY_V4 : IpAddress.ANY_V6;
            setup.addRoute(any, 0, null, TUN);
        }
        reader = Thread.ofPlatform().daemon().name("tun-reader").start(this::readPackets);
        // The first use of every class costs milliseconds, which must not be the script's.
        warmUp();
    }

    private static Thread daemon(Runnable task) {
        return Thread.ofPlatform().daemon().name("kernel-calls").unstarted(task);
    }

    private static int check(String what, int result) throws IOException {
        if (result < 0) {
            throw new IOException(what + ": " + Errno.name(-result));
        }
        return result;
    }

    /// A conversation over the loopback interface, on the threads that will make the script's calls.
    private void warmUp() throws IOException {
        if (warm.getAndSet(true)) {
            return;
        }
        Endpoint here = new Endpoint(4, 9, IpAddress.of("127.0.0.1"));
        for (int i = 0; i < WARM_UP_ROUNDS; i++) {
            int listener = call(new Request.Socket(2, SOCK_STREAM, 6)).result();
            call(new Request.SetOption(listener, 1, 2, new byte[] {1, 0, 0, 0}));
            call(new Request.Bind(listener, here));
            call(new Request.Listen(listener, 1));
            int client = call(new Request.Socket(2, SOCK_STREAM, 6)).result();
            call(new Request.Connect(client, here));
            int child = call(new Request.Accept(listener)).result();
            call(new Request.Send(client, 0, Request.How.PLAIN, false, Endpoint.NONE, List.of(), new byte[1000]));
            call(new Request.Receive(child, 1000, 0, Request.How.PLAIN, false, 0));
            call(new Request.Poll(0, new int[] {child}, new int[] {1}));
            call(new Request.GetOption(child, SOL_TCP, 11, 280));
            call(new Request.Close(client));
            call(new Request.Close(child));
            call(new Request.Close(listener));
            submit(2, new Request.Socket(-1, SOCK_STREAM, 0), reply -> {});
            call(new Request.PacketOut(ROOM, nowUs() + 100));
        }
        departures.clear();
    }

    private static void sysctl(String name, String value) throws IOException {
        Files.writeString(Path.of("/proc/sys", name.replace('.', '/')), value, StandardCharsets.US_ASCII);
    }

    private void readPackets() {
        while (true) {
            Filled read = KernelSockets.read(tun, ROOM);
            if (read.result() <= 0) {
                return;
            }
            long now = nowUs();
            if (!isNeighbourDiscovery(read.value())) {
                departures.add(new Departure(now, read.value()));
            }
        }
    }

    private static boolean isNeighbourDiscovery(byte[] packet) {
        boolean v6 = packet[0] >> 4 == 6;
        // Listener reports come behind a hop-by-hop header.
        return v6 && (packet[6] == 0 || packet[6] == ICMPV6 && packet.length > 40 && (packet[40] & 0xff) >= 130);
    }

    private static long nowUs() {
        return System.nanoTime() / 1000;
    }

    @Override
    public void submit(int thread, Request request, Consumer<Reply> done) throws IOException {
        deliverCompleted();
        switch (request) {
            case Request.Hello hello -> done.accept(Reply.ok(nowUs(), 0));
            case Request.Bye bye -> done.accept(Reply.ok(nowUs(), 0));
            case Request.Now now -> done.accept(Reply.ok(nowUs(), 0));
            case Request.Config config -> done.accept(configure(config));
            case Request.PacketIn in -> {
                int result = KernelSockets.write(tun, in.packet());
                settle();
                done.accept(result < 0 ? Reply.error(nowUs(), result) : Reply.ok(nowUs(), 0));
            }
            case Request.PacketOut out -> done.accept(packetOut(out));
            case Request.Sleep sleep -> {
                sleepUntil(System.nanoTime() + sleep.microseconds() * 1000);
                deliverCompleted();
                done.accept(Reply.ok(nowUs(), 0));
            }
            case Request.Route metrics -> done.accept(route(metrics));
            case Request.LinkMtu mtu -> done.accept(linkMtu(mtu));
            default -> socketCall(thread, request, done);
        }
    }

    private void deliverCompleted() {
        for (Runnable each = completed.poll(); each != null; each = completed.poll()) {
            each.run();
        }
    }

    /// A woken thread needs a moment until it has its reply.
    private void settle() {
        sleepUntil(System.nanoTime() + SETTLE_NS / 5);
        deliverCompleted();
    }

    private static void sleepUntil(long targetNs) {
        for (long left = targetNs - System.nanoTime(); left > 0; left = targetNs - System.nanoTime()) {
            if (left > SPIN_NS) {
                LockSupport.parkNanos(left - SPIN_NS);
            } else {
                Thread.onSpinWait();
            }
        }
    }

    private void socketCall(int thread, Request request, Consumer<Reply> done) throws IOException {
        if (thread == 1 && !mayBlock(request)) {
            Reply reply = calls.call(request);
            if (request instanceof Request.Socket socket && (socket.type() & 15) == SOCK_STREAM && reply.result() >= 0) {
                // A namespace may not choose every algorithm as its default, but root may for a socket; accepted ones inherit it.
                KernelSockets.setOption(reply.result(), SOL_TCP, TCP_CONGESTION, congestionControl.getBytes(StandardCharsets.US_ASCII));
            }
            done.accept(reply);
            return;
        }
        if (thread == 1) {
            try {
                done.accept(script.submit(() -> calls.call(request)).get(HOPELESS_S, TimeUnit.SECONDS));
            } catch (java.util.concurrent.TimeoutException e) {
                done.accept(Reply.error(nowUs(), Errno.EDEADLK));
            } catch (InterruptedException | java.util.concurrent.ExecutionException e) {
                throw new IOException("the call " + request + " failed", e);
            }
            return;
        }
        blocking.execute(() -> {
            Reply reply = calls.call(request);
            completed.add(() -> done.accept(reply));
        });
        sleepUntil(System.nanoTime() + SETTLE_NS);
    }

    private static boolean mayBlock(Request request) {
        return request instanceof Request.Accept || request instanceof Request.Connect || request instanceof Request.Receive || request instanceof Request.Send
                || request instanceof Request.Poll || request instanceof Request.EpollWait || request instanceof Request.Close;
    }

    private Reply packetOut(Request.PacketOut request) throws IOException {
        long limit = Math.min(request.waitUntilUs(), nowUs() + LONGEST_WAIT_US);
        try {
            Departure departure = departures.poll(Math.max(0, limit - nowUs()), TimeUnit.MICROSECONDS);
            deliverCompleted();
            return departure == null ? Reply.ok(nowUs(), 0) : Reply.ok(nowUs(), 1, new Reply.Body.Departed(departure.timeUs, departure.packet));
        } catch (InterruptedException e) {
            throw new IOException("interrupted", e);
        }
    }

    // Configuration.

    private Reply configure(Request.Config request) {
        for (Request.Setting each : request.settings()) {
            if (each.name().equals(CONGESTION_CONTROL)) {
                congestionControl = each.value().strip();
                continue;
            }
            try {
                sysctl(each.name(), each.value());
            } catch (IOException e) {
                return Reply.error(nowUs(), Errno.EINVAL);
            }
        }
        return Reply.ok(nowUs(), 0);
    }

    private Reply linkMtu(Request.LinkMtu request) {
        try (InterfaceSetup setup = InterfaceSetup.open()) {
            setup.mtu(TUN, request.octets());
            return Reply.ok(nowUs(), 0);
        } catch (IOException e) {
            return Reply.error(nowUs(), Errno.EINVAL);
        }
    }

    private Reply route(Request.Route metrics) throws IOException {
        List<String> command = new ArrayList<>(List.of("ip", local.isV4() ? "-4" : "-6", "route", "replace", "default", "dev", TUN));
        metric(command, "mtu", metrics.mtu());
        metric(command, "initcwnd", metrics.initCwnd());
        metric(command, "advmss", metrics.advMss());
        try {
            int exit = new ProcessBuilder(command).inheritIO().start().waitFor();
            return exit == 0 ? Reply.ok(nowUs(), 0) : Reply.error(nowUs(), Errno.EINVAL);
        } catch (InterruptedException e) {
            throw new IOException("interrupted", e);
        }
    }

    private static void metric(List<String> command, String name, int value) {
        if (value != 0) {
            command.add(name);
            command.add(Integer.toString(value));
        }
    }

    /// Closes the device and all sockets that are still open; the namespace goes with the thread.
    @Override
    public void close() {
        script.shutdownNow();
        blocking.shutdownNow();
        calls.closeAll();
        @Nullable String problem = null;
        try (InterfaceSetup setup = InterfaceSetup.open()) {
            // Ends the reader: it gets EBADFD.
            setup.delete(TUN);
        } catch (IOException e) {
            problem = e.getMessage();
        }
        try {
            reader.join(1000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        KernelSockets.close(tun);
        if (problem != null) {
            throw new IllegalStateException(problem);
        }
    }
}
