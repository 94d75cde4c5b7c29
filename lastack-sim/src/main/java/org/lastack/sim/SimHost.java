package org.lastack.sim;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.lastack.core.Engine;
import org.lastack.core.EngineConfig;
import org.lastack.core.Interface;
import org.lastack.core.Sysctls;
import org.lastack.core.WheelTimer;
import org.lastack.core.ip.RouteEntry;
import org.lastack.wire.Frame;
import org.lastack.wire.IpAddress;

/// A host of a simulation: an engine, its links, and the applications on it. Each new link becomes an interface `net0`, `net1`, ... with the
/// host's address; everything not local leaves through the first.
public final class SimHost extends SimNode {
    private static final int V4_BITS = 32;
    private static final int V6_BITS = 128;
    private static final int MTU = 1500;

    private final Simulation sim;
    private final IpAddress address;
    private final Engine engine;
    private Channel[] channels = new Channel[0];
    private Interface[] interfaces = new Interface[0];
    private Channel @Nullable [] byInterface;
    private final Timer timer = new Timer();
    private @Nullable SimApp firstReady;
    private @Nullable SimApp lastReady;

    SimHost(Simulation sim, String name, IpAddress address, Sysctls sysctls, Randomness random) {
        super(name);
        this.sim = sim;
        this.address = address;
        this.engine = new Engine(new EngineConfig(name, sysctls, true), random);
        engine.setNow(sim.nowNs());
    }

    public Engine engine() {
        return engine;
    }

    public IpAddress address() {
        return address;
    }

    public Simulation simulation() {
        return sim;
    }

    /// MTU of all interfaces in octets.
    public SimHost mtu(int octets) {
        for (Interface each : interfaces) {
            each.mtu(octets);
        }
        return this;
    }

    @Override
    int attach(Channel outgoing) {
        int index = channels.length;
        Interface added = engine.addInterface("net" + index, Interface.Kind.IP, 0, MTU);
        added.addAddress(new Interface.Address(address, address.isV4() ? V4_BITS : V6_BITS));
        if (index == 0) {
            engine.ip().routes().add(RouteEntry.of(address.isV4() ? "0.0.0.0/0" : "::/0", null, added));
        }
        channels = Arrays.copyOf(channels, index + 1);
        channels[index] = outgoing;
        interfaces = Arrays.copyOf(interfaces, index + 1);
        interfaces[index] = added;
        Channel[] table = new Channel[added.index() + 1];
        Arrays.fill(table, outgoing);
        for (int i = 0; i <= index; i++) {
            table[interfaces[i].index()] = channels[i];
        }
        byInterface = table;
        return index;
    }

    @Override
    void arrive(int port, Frame f) {
        engine.setNow(sim.nowNs());
        engine.input(interfaces[port], f.data, f.offset, f.length);
        f.release();
        leave();
    }

    /// Runs something that uses the engine or its sockets, at the present moment, and sends what comes out of it.
    public void call(Runnable action) {
        engine.setNow(sim.nowNs());
        action.run();
        leave();
    }

    /// An application has something to do as soon as the engine is done with what it does now.
    void ready(SimApp app) {
        if (app.queued) {
            return;
        }
        app.queued = true;
        app.nextReady = null;
        SimApp before = lastReady;
        if (before == null) {
            firstReady = app;
        } else {
            before.nextReady = app;
        }
        lastReady = app;
    }

    /// Applications run, frames leave, the timer is set, invariants are checked.
    private void leave() {
        SimApp app = firstReady;
        while (app != null) {
            firstReady = app.nextReady;
            if (firstReady == null) {
                lastReady = null;
            }
            app.queued = false;
            app.run();
            app = firstReady;
        }
        Channel[] table = byInterface;
        Frame f;
        while ((f = engine.poll()) != null) {
            if (table == null) {
                f.release();
            } else {
                table[f.interfaceIndex].send(f);
            }
        }
        if (firstReady != null) {
            leave();
            return;
        }
        arm();
        if (sim.checking()) {
            engine.tcp().verify();
        }
    }

    /// A timer that has moved to a later time may fire early and is then set anew: cheaper than moving it for every packet.
    private void arm() {
        long deadline = engine.nextTimeoutNs();
        if (deadline == WheelTimer.NEVER) {
            return;
        }
        long at = Math.max(deadline, sim.nowNs());
        if (timer.position == SimEvent.NOT_QUEUED || at < timer.timeNs) {
            sim.schedule(timer, at);
        }
    }

    /// What the host still holds although it should not: frames, and buffers when no connection is left; empty if there is nothing.
    String leftovers() {
        int frames = engine.frames().outstanding();
        long buffers = engine.tcp().connectionCount() == 0 ? engine.tcp().buffersOutstanding() : 0;
        return frames == 0 && buffers == 0 ? "" : name() + " holds " + frames + " frames and " + buffers + " buffers; ";
    }

    private final class Timer extends SimEvent {
        @Override
        void fire() {
            engine.setNow(sim.nowNs());
            if (engine.nextTimeoutNs() <= sim.nowNs()) {
                engine.timeout();
            }
            leave();
        }
    }
}
