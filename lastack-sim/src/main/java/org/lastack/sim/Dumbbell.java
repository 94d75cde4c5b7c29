package org.lastack.sim;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.lastack.core.Sysctls;

/// The classic topology: n senders, a router, the bottleneck, a router, n receivers. Sender i has 10.1.x.y, its receiver 10.2.x.y.
public final class Dumbbell {
    private final List<SimHost> senders = new ArrayList<>();
    private final List<SimHost> receivers = new ArrayList<>();
    private final SimLink bottleneck;

    /// All delay lies on the bottleneck link, `rttNs / 2` each way; the access links are without delay and limits.
    ///
    /// @param pairs how many senders and receivers, at most 60,000
    /// @param rate of the bottleneck in bits per second, 0 = unlimited
    public Dumbbell(Simulation sim, int pairs, long rate, long rttNs, Consumer<? super Sysctls> settings) {
        SimRouter left = sim.router("left");
        SimRouter right = sim.router("right");
        bottleneck = sim.link(left, right).rate(rate).delayNs(rttNs / 2);
        left.defaultRoute(bottleneck.forward());
        right.defaultRoute(bottleneck.backward());
        for (int i = 0; i < pairs; i++) {
            String host = (i + 1) / 250 + "." + ((i + 1) % 250 + 1);
            SimHost sender = sim.host("s" + i, "10.1." + host, settings);
            SimHost receiver = sim.host("r" + i, "10.2." + host, settings);
            left.route(sender.address(), sim.link(sender, left).backward());
            right.route(receiver.address(), sim.link(receiver, right).backward());
            senders.add(sender);
            receivers.add(receiver);
        }
    }

    public SimHost sender(int index) {
        return senders.get(index);
    }

    public SimHost receiver(int index) {
        return receivers.get(index);
    }

    public int pairs() {
        return senders.size();
    }

    public SimLink bottleneck() {
        return bottleneck;
    }
}
