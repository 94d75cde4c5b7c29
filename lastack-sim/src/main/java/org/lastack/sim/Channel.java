package org.lastack.sim;

import org.jspecify.annotations.Nullable;
import org.lastack.wire.Frame;

/// One direction of a link. A packet meets, in this order: partition, loss, corruption, duplication; the queue and rate of the bottleneck; delay
/// with jitter, and being held back. All times are virtual nanoseconds. Settings may be changed while the simulation runs.
public final class Channel {
    private static final long SECOND_NS = 1_000_000_000L;
    private static final int BITS = 8;

    private final Simulation sim;
    private final int number;
    private final SimNode to;
    private final Randomness random;
    private int port;

    private boolean down;
    private double loss;
    private long lossEvery;
    private long nextLoss;
    private double burstBegins;
    private double burstEnds;
    private boolean inBurst;
    private double corruption;
    private double duplication;
    private double reordering;
    private long heldNs;
    private long rate;
    private long delayNs;
    private long jitterNs;

    // Without a discipline the queue is a FIFO whose departures are known when packets arrive: a ring of their times and lengths.
    private @Nullable QueueDiscipline queue;
    private long limitOctets = Long.MAX_VALUE;
    private int limitPackets = Integer.MAX_VALUE;
    private int markAbovePackets = Integer.MAX_VALUE;
    private long busyUntilNs;
    private long[] departures = new long[64];
    private int[] lengths = new int[64];
    private int departureHead;
    private int departureTail;
    private long waitingOctets;
    private final Transmitter transmitter = new Transmitter();

    // What is on its way in order.
    private @Nullable Frame[] flying = new Frame[64];
    private long[] arrivals = new long[64];
    private int head;
    private int tail;
    private final Arrivals arrivalEvent = new Arrivals();
    private @Nullable Straggler freeStragglers;

    private long sent;
    private long sentOctets;
    private long lost;
    private long queueDrops;
    private long marks;
    private long delivered;
    private long deliveredOctets;

    Channel(Simulation sim, int number, SimNode to, Randomness random) {
        this.sim = sim;
        this.number = number;
        this.to = to;
        this.random = random;
    }

    void arrivesAt(int nodePort) {
        port = nodePort;
    }

    // ---- settings -------------------------------------------------------------------------------------------------------------------

    public Channel delayNs(long ns) {
        delayNs = ns;
        return this;
    }

    /// The delay varies evenly within plus and minus this; packets may overtake each other.
    public Channel jitterNs(long ns) {
        jitterNs = ns;
        return this;
    }

    /// Bits per second, counting IP packets; 0 = unlimited, then there is no queue.
    public Channel rate(long bitsPerSecond) {
        rate = bitsPerSecond;
        return this;
    }

    public Channel loss(double probability) {
        loss = probability;
        return this;
    }

    /// From now on every n-th packet is lost, as in the analyses of RFC 9438 and of Mathis; 0 = none.
    public Channel lossEvery(long n) {
        lossEvery = n;
        nextLoss = sent + n;
        return this;
    }

    /// Bursts of loss after Gilbert: probability per packet that one begins, and that it ends.
    public Channel bursts(double begins, double ends) {
        burstBegins = begins;
        burstEnds = ends;
        return this;
    }

    public Channel corruption(double probability) {
        corruption = probability;
        return this;
    }

    public Channel duplication(double probability) {
        duplication = probability;
        return this;
    }

    /// So many packets are held back for that time, while others pass.
    public Channel reordering(double probability, long ns) {
        reordering = probability;
        heldNs = ns;
        return this;
    }

    public Channel down(boolean isDown) {
        down = isDown;
        return this;
    }

    /// A FIFO before the bottleneck with room for so many packets, the one on the wire not counted.
    public Channel fifoPackets(int packets) {
        queue = null;
        limitPackets = packets;
        limitOctets = Long.MAX_VALUE;
        return this;
    }

    /// A FIFO with room for so many octets.
    public Channel fifoOctets(long octets) {
        queue = null;
        limitOctets = octets;
        limitPackets = Integer.MAX_VALUE;
        return this;
    }

    /// ECN-capable packets that find more than so many packets in the FIFO are marked: what RFC 8257 §3.1 (DCTCP) asks of switches.
    public Channel markAbove(int packets) {
        markAbovePackets = packets;
        return this;
    }

    /// Another discipline than the FIFO; needs a rate.
    public Channel queue(QueueDiscipline discipline) {
        queue = discipline;
        return this;
    }

    // ---- counters -------------------------------------------------------------------------------------------------------------------

    /// Packets that the node at the near end has sent.
    public long sent() {
        return sent;
    }

    public long sentOctets() {
        return sentOctets;
    }

    /// Packets lost by chance, plan or partition, not in the queue.
    public long lost() {
        return lost;
    }

    /// Packets that the queue has dropped.
    public long queueDrops() {
        QueueDiscipline q = queue;
        return queueDrops + (q == null ? 0 : q.dropped());
    }

    /// Packets that the queue has marked CE.
    public long marks() {
        QueueDiscipline q = queue;
        return marks + (q == null ? 0 : q.marked());
    }

    public long delivered() {
        return delivered;
    }

    public long deliveredOctets() {
        return deliveredOctets;
    }

    /// Octets waiting before the bottleneck now, the packet on the wire included.
    public long queuedOctets() {
        QueueDiscipline q = queue;
        if (q != null) {
            return q.octets();
        }
        forgetDeparted(sim.nowNs());
        return waitingOctets;
    }

    int number() {
        return number;
    }

    @Override
    public String toString() {
        return "#" + number + " to " + to;
    }

    // ---- the way of a packet ----------------------------------------------------------------------------------------------------------

    /// Takes over a frame from the node at the near end.
    void send(Frame f) {
        sent++;
        sentOctets += f.length;
        sim.packet(this, f);
        if (down || isLost()) {
            lost++;
            f.release();
            return;
        }
        if (random.chance(corruption)) {
            int bit = (int) random.nextLong((long) f.length * BITS);
            f.data[f.offset + bit / BITS] ^= (byte) (1 << bit % BITS);
        }
        if (random.chance(duplication)) {
            enqueue(sim.copy(f));
        }
        enqueue(f);
    }

    private boolean isLost() {
        if (lossEvery > 0 && sent >= nextLoss) {
            nextLoss += lossEvery;
            return true;
        }
        if (burstBegins > 0) {
            inBurst = inBurst ? !random.chance(burstEnds) : random.chance(burstBegins);
            if (inBurst) {
                return true;
            }
        }
        return random.chance(loss);
    }

    private void enqueue(Frame f) {
        long now = sim.nowNs();
        if (rate == 0) {
            fly(f, now);
            return;
        }
        QueueDiscipline q = queue;
        if (q == null) {
            fifo(f, now);
        } else {
            q.enqueue(f, now);
            if (transmitter.position == SimEvent.NOT_QUEUED) {
                transmitter.fire();
            }
        }
    }

    private long transmissionNs(Frame f) {
        return (long) f.length * BITS * SECOND_NS / rate;
    }

    private void fifo(Frame f, long now) {
        forgetDeparted(now);
        int waiting = departureTail - departureHead;
        if (waiting > limitPackets || waitingOctets + f.length > limitOctets && waiting > 0) {
            queueDrops++;
            f.release();
            return;
        }
        if (waiting > markAbovePackets && IpHeaders.markCe(f)) {
            marks++;
        }
        busyUntilNs = Math.max(busyUntilNs, now) + transmissionNs(f);
        if (waiting == departures.length) {
            growDepartures();
        }
        int slot = departureTail++ & (departures.length - 1);
        departures[slot] = busyUntilNs;
        lengths[slot] = f.length;
        waitingOctets += f.length;
        fly(f, busyUntilNs);
    }

    private void forgetDeparted(long now) {
        int mask = departures.length - 1;
        while (departureHead != departureTail && departures[departureHead & mask] <= now) {
            waitingOctets -= lengths[departureHead & mask];
            departureHead++;
        }
    }

    private void growDepartures() {
        int old = departures.length;
        long[] times = new long[old * 2];
        int[] octets = new int[old * 2];
        for (int i = departureHead; i != departureTail; i++) {
            times[i & (old * 2 - 1)] = departures[i & (old - 1)];
            octets[i & (old * 2 - 1)] = lengths[i & (old - 1)];
        }
        departures = times;
        lengths = octets;
    }

    /// The packet has left the bottleneck at `departureNs`.
    private void fly(Frame f, long departureNs) {
        long arrival = departureNs + delayNs;
        if (jitterNs > 0) {
            arrival = Math.max(departureNs, arrival - jitterNs + random.nextLong(2 * jitterNs + 1));
            straggle(f, arrival);
        } else if (random.chance(reordering)) {
            straggle(f, arrival + heldNs);
        } else if (head != tail && arrival < arrivals[(tail - 1) & (arrivals.length - 1)]) {
            // The delay was shortened while packets were on their way.
            straggle(f, arrival);
        } else {
            follow(f, arrival);
        }
    }

    private void follow(Frame f, long arrivalNs) {
        if (tail - head == flying.length) {
            growFlying();
        }
        int slot = tail++ & (flying.length - 1);
        flying[slot] = f;
        arrivals[slot] = arrivalNs;
        if (tail - head == 1) {
            sim.schedule(arrivalEvent, arrivalNs);
        }
    }

    private void growFlying() {
        int old = flying.length;
        @Nullable Frame[] frames = new Frame[old * 2];
        long[] times = new long[old * 2];
        for (int i = head; i != tail; i++) {
            frames[i & (old * 2 - 1)] = flying[i & (old - 1)];
            times[i & (old * 2 - 1)] = arrivals[i & (old - 1)];
        }
        flying = frames;
        arrivals = times;
    }

    private void straggle(Frame f, long arrivalNs) {
        Straggler one = freeStragglers;
        if (one == null) {
            one = new Straggler();
        } else {
            freeStragglers = one.nextFree;
        }
        one.frame = f;
        sim.schedule(one, arrivalNs);
    }

    private void deliver(Frame f) {
        delivered++;
        deliveredOctets += f.length;
        to.arrive(port, f);
    }

    /// Packets in flight or in the queue go back to their pools: the simulation is over.
    void drain() {
        while (head != tail) {
            Frame f = flying[head & (flying.length - 1)];
            flying[head++ & (flying.length - 1)] = null;
            if (f != null) {
                f.release();
            }
        }
        sim.cancel(arrivalEvent);
        QueueDiscipline q = queue;
        for (Frame f = q == null ? null : q.dequeue(sim.nowNs()); q != null && f != null; f = q.dequeue(sim.nowNs())) {
            f.release();
        }
    }

    private final class Arrivals extends SimEvent {
        @Override
        void fire() {
            int slot = head & (flying.length - 1);
            Frame f = flying[slot];
            flying[slot] = null;
            head++;
            if (head != tail) {
                sim.schedule(this, arrivals[head & (flying.length - 1)]);
            }
            if (f != null) {
                deliver(f);
            }
        }
    }

    /// The bottleneck's wire is free: the next packet of the discipline.
    private final class Transmitter extends SimEvent {
        @Override
        void fire() {
            QueueDiscipline q = queue;
            Frame f = q == null ? null : q.dequeue(sim.nowNs());
            if (f == null) {
                return;
            }
            long end = sim.nowNs() + transmissionNs(f);
            sim.schedule(this, end);
            fly(f, end);
        }
    }

    /// An event that owns a frame.
    abstract static sealed class Leftover extends SimEvent permits Straggler {
        /// The simulation ends before the event: the frame goes back.
        abstract void drop();
    }

    private final class Straggler extends Leftover {
        private @Nullable Frame frame;
        private @Nullable Straggler nextFree;

        @Override
        void fire() {
            Frame f = frame;
            frame = null;
            nextFree = freeStragglers;
            freeStragglers = this;
            if (f != null) {
                deliver(f);
            }
        }

        @Override
        void drop() {
            Frame f = frame;
            frame = null;
            if (f != null) {
                f.release();
            }
        }
    }
}
