package org.lastack.sim;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.lastack.core.Sysctls;
import org.lastack.wire.Frame;
import org.lastack.wire.FramePool;
import org.lastack.wire.IpAddress;

/// A network in one thread. Virtual time jumps from event to event; nothing depends on the machine, its clock or its threads: equal seeds and equal
/// calls give equal packets ([#packetHash]). Not thread-safe.
public final class Simulation {
    private final long seed;
    private final EventQueue events = new EventQueue();
    private final List<SimHost> hosts = new ArrayList<>();
    private final List<Channel> channels = new ArrayList<>();
    private final FramePool copies = new FramePool();
    private int streams;
    private long now;
    private boolean checking;
    private long packets;
    private long packetHash;
    private @Nullable PacketLog log;
    private @Nullable PacketTap tap;

    /// Virtual time begins at one second.
    public Simulation(long seed) {
        this(seed, 1_000_000_000L);
    }

    /// @param startNs the virtual time at which everything begins. Initial sequence numbers follow it (RFC 6528), 64 ns per number
    public Simulation(long seed, long startNs) {
        this.seed = seed;
        now = startNs;
        packetHash = seed;
    }

    public long seed() {
        return seed;
    }

    /// Virtual time in nanoseconds.
    public long nowNs() {
        return now;
    }

    /// An independent stream of random numbers from this simulation's seed.
    public Randomness randomness() {
        return Randomness.stream(seed, ++streams);
    }

    /// True: the invariants of every engine are checked after every event that touched it. Slow with many connections.
    public Simulation checking(boolean on) {
        checking = on;
        return this;
    }

    boolean checking() {
        return checking;
    }

    // ---- topology -------------------------------------------------------------------------------------------------------------------

    /// A host with Linux's settings and one address.
    public SimHost host(String name, String address) {
        return host(name, address, s -> {});
    }

    public SimHost host(String name, String address, Consumer<? super Sysctls> settings) {
        Sysctls sysctls = new Sysctls();
        settings.accept(sysctls);
        SimHost host = new SimHost(this, name, IpAddress.of(address), sysctls, randomness());
        hosts.add(host);
        return host;
    }

    public SimRouter router(String name) {
        return new SimRouter(name);
    }

    /// A link without delay, limits or faults.
    public SimLink link(SimNode a, SimNode b) {
        Channel forward = new Channel(this, channels.size(), b, randomness());
        channels.add(forward);
        Channel backward = new Channel(this, channels.size(), a, randomness());
        channels.add(backward);
        int atA = a.attach(forward);
        int atB = b.attach(backward);
        forward.arrivesAt(atB);
        backward.arrivesAt(atA);
        return new SimLink(forward, backward);
    }

    // ---- running --------------------------------------------------------------------------------------------------------------------

    void schedule(SimEvent event, long timeNs) {
        events.schedule(event, timeNs);
    }

    void cancel(SimEvent event) {
        events.cancel(event);
    }

    /// Does something at a moment, at once if that has passed.
    public void at(long timeNs, Runnable action) {
        events.schedule(new Action(action), Math.max(now, timeNs));
    }

    /// Does something after a time.
    public void after(long delayNs, Runnable action) {
        at(now + delayNs, action);
    }

    /// Does something again and again, first after one interval, as long as the simulation runs.
    public void every(long intervalNs, Runnable action) {
        after(intervalNs, () -> {
            action.run();
            every(intervalNs, action);
        });
    }

    /// Runs for so long.
    public void run(long durationNs) {
        long end = now + durationNs;
        while (events.nextNs() <= end) {
            step();
        }
        now = end;
    }

    /// Runs until the condition holds, or until nothing is left to happen before the limit.
    ///
    /// @return true if the condition holds
    public boolean runUntil(BooleanSupplier condition, long limitNs) {
        long end = now + limitNs;
        while (!condition.getAsBoolean()) {
            if (events.nextNs() > end) {
                now = end;
                return condition.getAsBoolean();
            }
            step();
        }
        return true;
    }

    private void step() {
        SimEvent next = events.take();
        now = Math.max(now, next.timeNs);
        next.fire();
    }

    /// Everything under way is dropped; then every frame and buffer must have been given back.
    ///
    /// @throws IllegalStateException naming what is missing
    public void finish() {
        while (events.size() > 0) {
            SimEvent next = events.take();
            if (next instanceof Channel.Leftover leftover) {
                leftover.drop();
            }
        }
        for (Channel each : channels) {
            each.drain();
        }
        StringBuilder left = new StringBuilder();
        for (SimHost each : hosts) {
            left.append(each.leftovers());
        }
        if (copies.outstanding() != 0) {
            left.append(copies.outstanding()).append(" duplicated frames");
        }
        if (!left.isEmpty()) {
            throw new IllegalStateException("seed " + seed + ": " + left);
        }
    }

    // ---- packets --------------------------------------------------------------------------------------------------------------------

    Frame copy(Frame f) {
        Frame copy = copies.take(f.length);
        System.arraycopy(f.data, f.offset, copy.data, copy.offset, f.length);
        copy.length = f.length;
        return copy;
    }

    /// A node has sent a packet.
    void packet(Channel channel, Frame f) {
        packets++;
        long hash = IpHeaders.packetHash(IpHeaders.mix(packetHash, now ^ (long) channel.number() << 48), f);
        packetHash = hash;
        PacketLog record = log;
        if (record != null) {
            record.packet(now, channel, f, hash);
        }
        PacketTap watcher = tap;
        if (watcher != null) {
            watcher.sent(now, channel, f);
        }
    }

    /// Packets sent by all nodes, forwarding included.
    public long packets() {
        return packets;
    }

    /// One number for all packets so far: their times, channels, headers and checksums.
    public long packetHash() {
        return packetHash;
    }

    /// Told of every packet that a node sends, before the channel does anything to it; null = nobody.
    public Simulation tap(@Nullable PacketTap watcher) {
        tap = watcher;
        return this;
    }

    Simulation log(PacketLog record) {
        log = record;
        return this;
    }

    private static final class Action extends SimEvent {
        private final Runnable action;

        Action(Runnable action) {
            this.action = action;
        }

        @Override
        void fire() {
            action.run();
        }
    }
}
