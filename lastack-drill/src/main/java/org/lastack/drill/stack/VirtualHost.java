package org.lastack.drill.stack;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import org.lastack.core.Engine;
import org.lastack.core.EngineConfig;
import org.lastack.core.Entropy;
import org.lastack.core.Errno;
import org.lastack.core.Interface;
import org.lastack.core.Sysctl;
import org.lastack.core.Sysctls;
import org.lastack.core.ip.RouteEntry;
import org.lastack.wire.Frame;
import org.lastack.wire.IpAddress;

/// A fresh host in this process: an engine with one interface `tun0`, a clock that moves when told, and descriptors. Equal requests give equal
/// replies: nothing here depends on real time, threads or outside randomness.
public final class VirtualHost implements StackUnderTest {
    private static final long NS_PER_US = 1000;
    /// The clock's first value: not 0, so that a time stamp of 0 is a visible fault.
    private static final long EPOCH_NS = 1_000_000_000;
    /// How long a blocking call of thread 1 may run timers before it is called hopeless.
    private static final long HOPELESS_NS = 3_600_000_000_000L;
    /// More timer runs than this at one moment are a fault of the engine.
    private static final int STUCK = 100_000;

    private final Engine engine;
    private final Interface tun;
    private final IpAddress local;
    private final HostCalls calls;
    private final ArrayDeque<Departure> departures = new ArrayDeque<>();
    private final List<Waiting> waiting = new ArrayList<>();
    private long nowNs = EPOCH_NS;
    private RouteEntry route;

    private record Departure(long timeNs, byte[] packet) {}

    private record Waiting(HostCalls.Attempt attempt, long deadlineNs, Consumer<Reply> done) {}

    /// @param local the host's address: /16 for IPv4, /64 for IPv6
    /// @param mtu of the interface in octets
    /// @param seed of the host's randomness
    public VirtualHost(IpAddress local, int mtu, long seed) {
        this.local = local;
        engine = new Engine(new EngineConfig("drill", new Sysctls(), true), Entropy.seeded(seed));
        // Where our default is stricter than Linux's, scripts expect Linux's: an RST ends TIME-WAIT, as RFC 9293 §3.10.7.4 has it.
        engine.sysctls().set(Sysctl.TCP_RFC1337, 0);
        engine.setNow(nowNs);
        tun = engine.addInterface("tun0", Interface.Kind.IP, 0, mtu);
        tun.addAddress(new Interface.Address(local, local.isV4() ? 16 : 64));
        route = RouteEntry.of(local.isV4() ? "0.0.0.0/0" : "::/0", null, tun);
        engine.ip().routes().add(route);
        calls = new HostCalls((domain, tcp) -> SocketAdapters.socket(engine, domain, tcp), this::clockUs);
    }

    /// The stack's clock in microseconds.
    public long nowUs() {
        return clockUs();
    }

    /// Moves the clock to the next timer and runs what is due, if that is at most `withinUs` away. False if nothing is.
    public boolean runNextTimer(long withinUs) {
        return step(nowNs + withinUs * NS_PER_US);
    }

    private long clockUs() {
        return nowNs / NS_PER_US;
    }

    /// The engine, for tests and tools that look inside.
    public Engine engine() {
        return engine;
    }

    public IpAddress local() {
        return local;
    }

    @Override
    public void submit(int thread, Request request, Consumer<Reply> done) {
        switch (request) {
            case Request.Hello hello -> done.accept(Reply.ok(clockUs(), 0));
            case Request.Config config -> done.accept(configure(config));
            case Request.Bye bye -> done.accept(Reply.ok(clockUs(), 0));
            case Request.PacketIn in -> {
                inject(in);
                settle();
                done.accept(Reply.ok(clockUs(), 0));
            }
            case Request.PacketOut out -> done.accept(packetOut(out));
            case Request.Sleep sleep -> {
                runUntil(nowNs + sleep.microseconds() * NS_PER_US);
                done.accept(Reply.ok(clockUs(), 0));
            }
            case Request.Now now -> done.accept(Reply.ok(clockUs(), 0));
            case Request.Route metrics -> done.accept(route(metrics));
            case Request.LinkMtu mtu -> done.accept(linkMtu(mtu));
            default -> call(thread, calls.attempt(request), done);
        }
    }

    private void call(int thread, HostCalls.Attempt attempt, Consumer<Reply> done) {
        Reply reply = attempt.attempt(false);
        if (reply != null) {
            settle();
            done.accept(reply);
            return;
        }
        long timeout = attempt.timeoutNs();
        Reply[] answer = new Reply[1];
        Consumer<Reply> receiver = thread == 1 ? each -> answer[0] = each : done;
        Waiting entry = new Waiting(attempt, timeout == HostSocket.NEVER ? HostSocket.NEVER : nowNs + timeout, receiver);
        waiting.add(entry);
        settle();
        if (thread != 1) {
            return;
        }
        long limit = nowNs + HOPELESS_NS;
        while (answer[0] == null && step(limit)) {
            // Each step runs the timers of one moment.
        }
        if (answer[0] == null) {
            waiting.remove(entry);
            answer[0] = Reply.error(clockUs(), Errno.EDEADLK);
        }
        done.accept(answer[0]);
    }

    // Time.

    private long nextMoment() {
        long next = engine.nextTimeoutNs();
        for (Waiting each : waiting) {
            next = Math.min(next, each.deadlineNs);
        }
        return next;
    }

    /// Runs what is due next, if that is not after `limitNs`. False if nothing is.
    private boolean step(long limitNs) {
        long next = nextMoment();
        if (next == Long.MAX_VALUE || next > limitNs) {
            return false;
        }
        nowNs = Math.max(nowNs, next);
        engine.setNow(nowNs);
        engine.timeout();
        settle();
        return true;
    }

    private void runUntil(long targetNs) {
        int runs = 0;
        long moment = nowNs;
        while (step(targetNs)) {
            runs = moment == nowNs ? runs + 1 : 0;
            moment = nowNs;
            if (runs > STUCK) {
                throw new IllegalStateException("the engine's timers do not advance at " + clockUs() + " us");
            }
        }
        nowNs = targetNs;
        engine.setNow(nowNs);
    }

    /// Takes what the engine has to send, and tries the blocked calls again, until nothing changes any more.
    private void settle() {
        boolean progress;
        do {
            drain();
            progress = false;
            for (Waiting each : List.copyOf(waiting)) {
                Reply reply = each.attempt.attempt(nowNs >= each.deadlineNs);
                if (reply != null) {
                    waiting.remove(each);
                    drain();
                    each.done.accept(reply);
                    progress = true;
                }
            }
        } while (progress);
    }

    private void drain() {
        for (Frame frame = engine.poll(); frame != null; frame = engine.poll()) {
            departures.add(new Departure(nowNs, Arrays.copyOfRange(frame.data, frame.offset, frame.offset + frame.length)));
            frame.release();
        }
    }

    // Packets.

    private void inject(Request.PacketIn request) {
        byte[] packet = request.packet();
        if (request.segmentOctets() == 0) {
            engine.input(tun, packet, 0, packet.length);
            return;
        }
        Frame frame = Frame.copyOf(packet, 0, packet.length);
        frame.gsoType = local.isV4() ? Frame.GSO_TCPV4 : Frame.GSO_TCPV6;
        frame.gsoSize = request.segmentOctets();
        frame.checksumVerified = true;
        engine.input(tun, frame);
    }

    private Reply packetOut(Request.PacketOut request) {
        long limit = request.waitUntilUs() >= Long.MAX_VALUE / NS_PER_US ? Long.MAX_VALUE : request.waitUntilUs() * NS_PER_US;
        while (departures.isEmpty() && step(limit)) {
            // Until a timer makes the stack send something.
        }
        Departure departure = departures.poll();
        if (departure == null) {
            return Reply.ok(clockUs(), 0);
        }
        byte[] packet = departure.packet;
        return Reply.ok(clockUs(), 1,
                new Reply.Body.Departed(departure.timeNs / NS_PER_US, packet.length <= request.room() ? packet : Arrays.copyOf(packet, request.room())));
    }

    // Configuration.

    /// Settings that this host does not have are not an error here: a client may send all that its kernel has. [SettingNames#problem] tells.
    private Reply configure(Request.Config request) {
        for (Request.Setting each : request.settings()) {
            SettingNames.set(engine.sysctls(), each.name().toLowerCase(Locale.ROOT), each.value());
        }
        return Reply.ok(clockUs(), 0);
    }

    private Reply route(Request.Route metrics) {
        engine.ip().routes().remove(route);
        route = new RouteEntry(route.prefix(), 0, null, tun, 0, null, metrics.mtu(), metrics.initCwnd(), metrics.advMss());
        engine.ip().routes().add(route);
        return Reply.ok(clockUs(), 0);
    }

    private Reply linkMtu(Request.LinkMtu request) {
        if (request.octets() < (local.isV4() ? 68 : 1280) || request.octets() > 65_535) {
            return Reply.error(clockUs(), Errno.EINVAL);
        }
        tun.mtu(request.octets());
        return Reply.ok(clockUs(), 0);
    }

    @Override
    public void close() {
        waiting.clear();
        departures.clear();
    }
}
