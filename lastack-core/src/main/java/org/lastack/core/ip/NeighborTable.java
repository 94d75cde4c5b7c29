package org.lastack.core.ip;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lastack.core.Counter;
import org.lastack.core.Engine;
import org.lastack.core.Interface;
import org.lastack.core.SipHash;
import org.lastack.core.Sysctl;
import org.lastack.core.WheelTimer;
import org.lastack.wire.Frame;
import org.lastack.wire.IpAddress;

/// Who is behind which station address on the Ethernet links: neighbour unreachability detection (RFC 4861 §7.3) for IPv6 and for ARP. Bounded;
/// when it is full the least recently used entry goes (SECURITY R-11).
final class NeighborTable {
    /// Asks a question on the link: broadcast or to the solicited-node group, or - to confirm - to the neighbour itself.
    interface Solicitor {
        void solicit(Neighbor neighbor, boolean unicast);
    }

    /// MAX_MULTICAST_SOLICIT and MAX_UNICAST_SOLICIT (RFC 4861 §10).
    private static final int MAX_PROBES = 3;
    /// DELAY_FIRST_PROBE_TIME (RFC 4861 §10).
    private static final long DELAY_NS = 5_000_000_000L;
    private static final int BUCKETS = 256;

    private final Engine engine;
    private final EthernetLayer ethernet;
    private final Solicitor solicitor;
    private final SipHash hash;
    private final @Nullable Neighbor[] buckets = new @Nullable Neighbor[BUCKETS];
    private @Nullable Neighbor oldest;
    private @Nullable Neighbor newest;
    private int size;

    NeighborTable(Engine engine, EthernetLayer ethernet, Solicitor solicitor) {
        this.engine = engine;
        this.ethernet = ethernet;
        this.solicitor = solicitor;
        this.hash = new SipHash(engine.entropy());
    }

    int size() {
        return size;
    }

    List<NeighborRow> rows() {
        List<NeighborRow> rows = new ArrayList<>();
        for (Neighbor n = oldest; n != null; n = n.lruNewer) {
            rows.add(new NeighborRow(new IpAddress(n.high, n.low), n.out, n.state == Neighbor.State.INCOMPLETE ? -1 : n.mac, n.state.name(),
                    n.router));
        }
        return rows;
    }

    @Nullable Neighbor find(Interface out, long high, long low) {
        for (Neighbor n = buckets[bucket(out, high, low)]; n != null; n = n.chainNext) {
            if (n.low == low && n.high == high && n.out == out) {
                return n;
            }
        }
        return null;
    }

    private int bucket(Interface out, long high, long low) {
        return (int) hash.hash(high, low, out.index()) & (BUCKETS - 1);
    }

    /// Sends an IP packet to a neighbour, or keeps it until the neighbour is found. Takes ownership.
    void transmit(Frame f, Interface out, long high, long low) {
        Neighbor n = find(out, high, low);
        if (n == null) {
            n = create(out, high, low);
            n.waiting.add(f);
            solicit(n, false);
            return;
        }
        touch(n);
        switch (n.state) {
            case INCOMPLETE -> {
                if (n.waiting.size() == Neighbor.MAX_QUEUE) {
                    // RFC 4861 §7.2.2: a newly arrived packet replaces the oldest.
                    Frame dropped = n.waiting.poll();
                    if (dropped != null) {
                        dropped.release();
                    }
                    engine.counters().increment(Counter.NeighUnresDiscards);
                }
                n.waiting.add(f);
            }
            case STALE -> {
                n.state = Neighbor.State.DELAY;
                arm(n, DELAY_NS);
                ethernet.unicast(f, out, n.mac);
            }
            case REACHABLE, DELAY, PROBE -> ethernet.unicast(f, out, n.mac);
        }
    }

    private Neighbor create(Interface out, long high, long low) {
        if (size >= engine.sysctls().getInt(Sysctl.NEIGH_GC_THRESH3)) {
            Neighbor victim = oldest;
            if (victim != null) {
                engine.counters().increment(Counter.NeighTableOverflows);
                engine.counters().add(Counter.NeighUnresDiscards, victim.waiting.size());
                victim.waiting.releaseAll();
                remove(victim);
            }
        }
        Neighbor n = new Neighbor(this, out, high, low);
        int bucket = bucket(out, high, low);
        n.chainNext = buckets[bucket];
        buckets[bucket] = n;
        size++;
        append(n);
        return n;
    }

    private void append(Neighbor n) {
        n.lruOlder = newest;
        n.lruNewer = null;
        if (newest == null) {
            oldest = n;
        } else {
            newest.lruNewer = n;
        }
        newest = n;
    }

    private void unlink(Neighbor n) {
        if (n.lruOlder == null) {
            oldest = n.lruNewer;
        } else {
            n.lruOlder.lruNewer = n.lruNewer;
        }
        if (n.lruNewer == null) {
            newest = n.lruOlder;
        } else {
            n.lruNewer.lruOlder = n.lruOlder;
        }
    }

    private void touch(Neighbor n) {
        if (n != newest) {
            unlink(n);
            append(n);
        }
    }

    private void remove(Neighbor n) {
        engine.timers().cancel(n);
        unlink(n);
        int bucket = bucket(n.out, n.high, n.low);
        Neighbor each = buckets[bucket];
        if (each == n) {
            buckets[bucket] = n.chainNext;
        } else {
            while (each != null && each.chainNext != n) {
                each = each.chainNext;
            }
            if (each == null) {
                throw new IllegalStateException("neighbour is not where its key says");
            }
            each.chainNext = n.chainNext;
        }
        size--;
    }

    private void arm(Neighbor n, long delayNs) {
        engine.timers().arm(n, delayNs == WheelTimer.NEVER ? WheelTimer.NEVER : engine.now() + delayNs);
    }

    private void solicit(Neighbor n, boolean unicast) {
        n.probes++;
        arm(n, ethernet.link(n.out).retransmitNs);
        solicitor.solicit(n, unicast);
    }

    void expired(Neighbor n) {
        switch (n.state) {
            case INCOMPLETE -> {
                if (n.probes < MAX_PROBES) {
                    solicit(n, false);
                } else {
                    remove(n);
                    ethernet.unreachable(n);
                }
            }
            case REACHABLE -> n.state = Neighbor.State.STALE;
            case STALE -> {
                // Has no timer: it waits for use.
            }
            case DELAY -> {
                n.state = Neighbor.State.PROBE;
                n.probes = 0;
                solicit(n, true);
            }
            case PROBE -> {
                if (n.probes < MAX_PROBES) {
                    solicit(n, true);
                } else {
                    remove(n);
                }
            }
        }
    }

    /// A question of ours was answered: two-way reachability is proven.
    void confirmed(Neighbor n, long mac) {
        n.mac = mac;
        n.state = Neighbor.State.REACHABLE;
        // RFC 4861 §6.3.2: between half and one and a half times the base, at random.
        long base = ethernet.link(n.out).reachableNs;
        arm(n, base / 2 + engine.entropy().nextInt((int) Math.min(base / 1000, Integer.MAX_VALUE)) * 1000L);
        release(n);
    }

    /// Somebody else told its station address in passing (RFC 4861 §7.2.3): worth knowing, not proven.
    void learned(Interface out, long high, long low, long mac) {
        Neighbor n = find(out, high, low);
        if (n == null) {
            n = create(out, high, low);
        } else if (n.state != Neighbor.State.INCOMPLETE && n.mac == mac) {
            return;
        }
        stale(n, mac);
    }

    void stale(Neighbor n, long mac) {
        n.mac = mac;
        n.state = Neighbor.State.STALE;
        arm(n, WheelTimer.NEVER);
        release(n);
    }

    private void release(Neighbor n) {
        for (Frame f = n.waiting.poll(); f != null; f = n.waiting.poll()) {
            transmit(f, n.out, n.high, n.low);
        }
    }

    /// Forgets everybody behind an interface.
    void flush(Interface out) {
        for (Neighbor n = oldest; n != null;) {
            Neighbor next = n.lruNewer;
            if (n.out == out) {
                n.waiting.releaseAll();
                remove(n);
            }
            n = next;
        }
    }
}
