package org.lastack.core.socket;

import org.jspecify.annotations.Nullable;
import org.lastack.core.Entropy;
import org.lastack.core.PortSet;
import org.lastack.core.SipHash;
import org.lastack.core.Sysctl;
import org.lastack.core.Sysctls;

/// Chooses local ports the way Linux does (LINUX-SOCKETS C.2): `bind` to port 0 takes random ports, for TCP the odd ones first; `connect`
/// takes even ones first, in small ascending steps from a start that depends on the destination and a secret (RFC 6056 §3.3.4, SECURITY B-07),
/// so that the two do not get in each other's way.
final class PortChoice {
    private static final long ALL = -1L;
    private static final long EVEN = PortSet.EVEN;
    /// RFC 6056 §3.3.4: the table of counters, one per hash of the destination; 2^16 because a small one can be read out (CVE-2022-1012).
    private static final int COUNTER_BITS = 16;
    private static final int COUNTER_PAGE_BITS = 8;
    /// Choices by `connect` after which the secret is replaced.
    private static final int REKEY_AFTER = 1 << 20;
    /// Refusals in one search after which hints are worth their memory.
    private static final int PATIENCE = 32;
    /// Marks hints of `bind`; no destination has this port.
    private static final long BIND = -1;

    private final PortTable table;
    private final Sysctls sysctls;
    private final Entropy entropy;
    private SipHash hash;
    private int choices;
    private final @Nullable char[][] counters = new @Nullable char[1 << COUNTER_BITS - COUNTER_PAGE_BITS][];
    /// The range of the present call.
    private int first;
    private int last;
    private boolean ownRange;
    /// How many ports were looked at closely, since the start.
    private long probes;
    /// How many words of 64 ports were passed, since the start.
    private long words;
    private final PortHintCache hints = new PortHintCache();
    /// The hints of the present call.
    private @Nullable PortHints known;

    PortChoice(PortTable table, Sysctls sysctls, Entropy entropy) {
        this.table = table;
        this.sysctls = sysctls;
        this.entropy = entropy;
        hash = new SipHash(entropy);
    }

    long probes() {
        return probes;
    }

    /// Ports, words of 64 ports and hints looked at since the start.
    long steps() {
        return probes + words + hints.steps();
    }

    /// The host's range, narrowed by IP_LOCAL_PORT_RANGE where that lies inside it.
    private void range(InetSocket s) {
        first = sysctls.getInt(Sysctl.IP_LOCAL_PORT_RANGE_LOW);
        last = sysctls.getInt(Sysctl.IP_LOCAL_PORT_RANGE_HIGH);
        int range = s.portRange();
        int ownFirst = range & 0xffff;
        int ownLast = range >>> 16;
        ownRange = range != 0;
        if (first <= ownFirst && ownFirst <= last) {
            first = ownFirst;
        }
        if (first <= ownLast && ownLast <= last) {
            last = ownLast;
        }
    }

    // For bind

    /// A port for `claim`, or 0 if there is none.
    int forBind(InetSocket s, Claim claim) {
        range(s);
        if (first > last) {
            return 0;
        }
        if (!table.tcp()) {
            return scanUp(claim, first, last, ALL, first + entropy.nextInt(last - first + 1), false);
        }
        int found = forTcpBind(claim, false);
        if (found == 0 && claim.reuseAddress && sysctls.on(Sysctl.IP_AUTOBIND_REUSE)) {
            found = forTcpBind(claim, true);
        }
        return found;
    }

    /// Linux tries the lower half of the range first for sockets with SO_REUSEADDR (P016, P022).
    private int forTcpBind(Claim claim, boolean relaxed) {
        int count = last - first + 1;
        if (!claim.reuseAddress || count < 4) {
            return oddThenEven(claim, first, last, relaxed);
        }
        int half = first + (count >> 2 << 1);
        int found = oddThenEven(claim, first, half - 1, relaxed);
        return found != 0 ? found : oddThenEven(claim, half, last, relaxed);
    }

    private int oddThenEven(Claim claim, int from, int to, boolean relaxed) {
        int offset = entropy.nextInt(paired(to - from + 1));
        long sameParity = (from & 1) == 0 ? EVEN : ~EVEN;
        int found = scanUp(claim, from, to, ~sameParity, from + offset, relaxed);
        if (found != 0) {
            return found;
        }
        int even = offset & ~1;
        return scanUp(claim, lowest(from, to, even), highest(from, to, even), sameParity, from + even, relaxed);
    }

    // Linux walks a range in pairs of ports. If their number is odd, a walk over the even places misses one: the last, if it starts at the first,
    // else the first. Of three ports it only ever gives out two.

    private static int paired(int count) {
        return count > 1 ? count & ~1 : count;
    }

    private static int lowest(int from, int to, int offset) {
        return missesOne(from, to) && offset > 0 ? from + 2 : from;
    }

    private static int highest(int from, int to, int offset) {
        return missesOne(from, to) && offset == 0 ? to - 1 : to;
    }

    private static boolean missesOne(int from, int to) {
        return to > from && (to - from & 1) == 0;
    }

    private int scanUp(Claim claim, int from, int to, long parity, int start, boolean relaxed) {
        int found = scan(claim, start, to, parity, relaxed);
        return found != 0 ? found : scan(claim, from, start - 1, parity, relaxed);
    }

    private int scan(Claim claim, int from, int to, long parity, boolean relaxed) {
        long traits = traits(claim) | (relaxed ? 16 : 0);
        long settings = sysctls.get(Sysctl.PORT_PROFILE);
        PortHints known = hints.find(claim.high, claim.low, traits, claim.owner.uid(), BIND, settings);
        int refused = 0;
        for (int port = next(from, to, parity, null, busy(known)); port != 0; port = next(port + 1, to, parity, null, busy(known))) {
            probes++;
            if (!table.chosenBlocked(port, claim, relaxed)) {
                return port;
            }
            if (known == null && ++refused > PATIENCE) {
                known = hints.create(claim.high, claim.low, traits, claim.owner.uid(), BIND, settings);
            }
            if (known != null) {
                hints.taken(known, port);
            }
        }
        return 0;
    }

    private static @Nullable PortSet busy(@Nullable PortHints hints) {
        return hints == null ? null : hints.busy;
    }

    /// All that decides about a claim beside address and owner.
    private static long traits(Claim claim) {
        return (long) claim.device << 8 | (claim.v4 ? 1 : 0) | (claim.v6 ? 2 : 0) | (claim.reuseAddress ? 4 : 0) | (claim.reusePort ? 8 : 0);
    }

    void freed(int port) {
        hints.freed(port);
    }

    /// Whether [#forBind] would find a port; chooses none.
    boolean any(InetSocket s, Claim claim) {
        range(s);
        boolean relaxed = table.tcp() && claim.reuseAddress && sysctls.on(Sysctl.IP_AUTOBIND_REUSE);
        for (int port = next(first, last, ALL, null, null); port != 0; port = next(port + 1, last, ALL, null, null)) {
            if (!table.chosenBlocked(port, claim, relaxed)) {
                return true;
            }
        }
        return false;
    }

    /// Counts the ports of the range by what [#forConnect] thinks of them.
    ConnectDecision explainConnect(InetSocket s, long srcHigh, long srcLow, long dstHigh, long dstLow, int dstPort, TupleUse tuples) {
        range(s);
        int reserved = 0;
        int bound = 0;
        int taken = 0;
        int free = 0;
        for (int port = first; port <= last; port++) {
            if (sysctls.localReservedPorts().contains(port)) {
                reserved++;
            } else if (table.explicitPorts().contains(port)) {
                bound++;
            } else if (tuples.available(srcHigh, srcLow, port, dstHigh, dstLow, dstPort, true)) {
                free++;
            } else {
                taken++;
            }
        }
        return new ConnectDecision(first, last, reserved, bound, taken, free);
    }

    // For connect

    /// A port for a connection, or 0 if there is none. Ports that any socket was bound to are left alone (P028-P044, P154-P157).
    int forConnect(InetSocket s, long srcHigh, long srcLow, long dstHigh, long dstLow, int dstPort, TupleUse tuples) {
        range(s);
        if (first > last) {
            return 0;
        }
        int count = last - first + 1;
        if (++choices % REKEY_AFTER == 0) {
            hash = new SipHash(entropy);
        }
        long hashed = hash.hash(srcHigh, srcLow, dstHigh, dstLow, dstPort);
        int counter = (int) hashed & (1 << COUNTER_BITS) - 1;
        int offset = (int) (((hashed >>> 32) + counter(counter)) % (ownRange ? count : paired(count)));
        known = hints.find(srcHigh, srcLow, dstHigh, dstLow, dstPort, tupleSettings());
        int start = first + (ownRange ? offset : offset & ~1);
        int found;
        if (ownRange) {
            found = scanTuples(first, start, last, ALL, srcHigh, srcLow, dstHigh, dstLow, dstPort, tuples);
        } else {
            long parity = (first & 1) == 0 ? EVEN : ~EVEN;
            int even = offset & ~1;
            found = scanTuples(lowest(first, last, even), start, highest(first, last, even), parity, srcHigh, srcLow, dstHigh, dstLow, dstPort, tuples);
            found = found != 0 ? found : scanTuples(first, start, last, ~parity, srcHigh, srcLow, dstHigh, dstLow, dstPort, tuples);
        }
        if (found == 0) {
            found = grown(srcHigh, srcLow, dstHigh, dstLow, dstPort, tuples);
        }
        PortHints learned = known;
        if (found != 0 && learned != null) {
            hints.taken(learned, found);
        }
        if (found != 0) {
            int step = ownRange ? 1 : 2;
            int walked = found >= start ? found - start : found - start + count;
            // Noise, so that the counter does not tell how many connections there were (RFC 6056 §3.3.4).
            advance(counter, Math.max(walked & -step, entropy.nextInt(8) * step) + step);
        }
        return found;
    }

    private int scanTuples(int low, int start, int high, long parity, long srcHigh, long srcLow, long dstHigh, long dstLow, int dstPort, TupleUse tuples) {
        int found = walkTuples(start, high, parity, srcHigh, srcLow, dstHigh, dstLow, dstPort, tuples);
        return found != 0 ? found : walkTuples(low, start - 1, parity, srcHigh, srcLow, dstHigh, dstLow, dstPort, tuples);
    }

    private int walkTuples(int from, int to, long parity, long srcHigh, long srcLow, long dstHigh, long dstLow, int dstPort, TupleUse tuples) {
        PortSet bound = table.explicitPorts();
        int refused = 0;
        for (int port = next(from, to, parity, bound, busy(known)); port != 0; port = next(port + 1, to, parity, bound, busy(known))) {
            probes++;
            if (tuples.available(srcHigh, srcLow, port, dstHigh, dstLow, dstPort, true)) {
                return port;
            }
            if (known == null && ++refused > PATIENCE) {
                known = hints.create(srcHigh, srcLow, dstHigh, dstLow, dstPort, tupleSettings());
            }
            PortHints learning = known;
            if (learning != null) {
                learn(learning, port, tuples.availableAtNs(srcHigh, srcLow, port, dstHigh, dstLow, dstPort));
            }
        }
        return 0;
    }

    private void learn(PortHints about, int port, long availableAtNs) {
        if (availableAtNs == TupleUse.UNKNOWN) {
            return;
        }
        hints.taken(about, port);
        if (availableAtNs != TupleUse.NEVER) {
            about.availableAt(port, availableAtNs);
        }
    }

    /// What time alone has made available. If the earliest is not ready, none is.
    private int grown(long srcHigh, long srcLow, long dstHigh, long dstLow, int dstPort, TupleUse tuples) {
        PortHints learned = known;
        for (int port = learned == null ? 0 : learned.earliest(); learned != null && port != 0; port = learned.earliest()) {
            if (next(port, port, ALL, table.explicitPorts(), null) == 0 || port < first || port > last) {
                // Reserved, bound or out of the range by now: the scan will find it again when that has changed.
                learned.removeEarliest();
                learned.freed(port);
                continue;
            }
            probes++;
            if (tuples.available(srcHigh, srcLow, port, dstHigh, dstLow, dstPort, true)) {
                learned.removeEarliest();
                learned.waitsNoMore(port);
                return port;
            }
            long at = tuples.availableAtNs(srcHigh, srcLow, port, dstHigh, dstLow, dstPort);
            if (at == learned.earliestNs()) {
                return 0;
            }
            // It waits longer than it did (a late FIN restarts TIME-WAIT), or has been taken.
            learned.removeEarliest();
            learned.waitsNoMore(port);
            learn(learned, port, at);
        }
        return 0;
    }

    /// Settings that decide whether a connection in TIME-WAIT is in the way.
    private long tupleSettings() {
        return sysctls.get(Sysctl.TCP_TW_REUSE) | sysctls.get(Sysctl.TCP_TW_REUSE_DELAY) << 8 | sysctls.get(Sysctl.TCP_TIMESTAMPS) << 48;
    }

    private int counter(int index) {
        char[] page = counters[index >>> COUNTER_PAGE_BITS];
        if (page == null) {
            page = new char[1 << COUNTER_PAGE_BITS];
            for (int i = 0; i < page.length; i++) {
                page[i] = (char) entropy.nextLong();
            }
            counters[index >>> COUNTER_PAGE_BITS] = page;
        }
        return page[index & (1 << COUNTER_PAGE_BITS) - 1];
    }

    private void advance(int index, int by) {
        char[] page = counters[index >>> COUNTER_PAGE_BITS];
        if (page != null) {
            page[index & (1 << COUNTER_PAGE_BITS) - 1] += (char) by;
        }
    }

    /// The lowest port in `from .. to` of the wanted parity that is neither reserved nor in one of the sets, or 0; 64 ports at a time.
    private int next(int from, int to, long parity, @Nullable PortSet taken, @Nullable PortSet busy) {
        PortSet reserved = sysctls.localReservedPorts();
        if (from > to) {
            return 0;
        }
        long mask = parity & ALL << from;
        for (int word = from >>> 6; word <= to >>> 6; word = open(word + 1, parity, taken, busy)) {
            long free = mask & ~reserved.word(word);
            if (taken != null) {
                free &= ~taken.word(word);
            }
            if (busy != null) {
                free &= ~busy.word(word);
            }
            words++;
            if (free != 0) {
                int port = (word << 6) + Long.numberOfTrailingZeros(free);
                return port <= to ? port : 0;
            }
            mask = parity;
        }
        return 0;
    }

    /// The first word at or after one in which a set lacks a port; there may be none left all the same.
    private static int open(int word, long parity, @Nullable PortSet taken, @Nullable PortSet busy) {
        int open = taken == null ? word : taken.notFull(word, parity);
        return busy == null ? open : busy.notFull(open, parity);
    }
}
