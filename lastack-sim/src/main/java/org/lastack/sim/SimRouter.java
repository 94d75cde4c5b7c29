package org.lastack.sim;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.lastack.wire.Frame;
import org.lastack.wire.IpAddress;
import org.lastack.wire.Ipv4Header;
import org.lastack.wire.Ipv6Header;

/// Forwards packets by their destination: host routes in a hash table, and a default. Decrements the TTL; says nothing by ICMP.
public final class SimRouter extends SimNode {
    private static final int UNKNOWN = -1;
    private static final long V4_MAPPED = 0xffff_0000_0000L;
    private static final int HOP_LIMIT_OFFSET = 7;
    private static final long MIX = 0x9e3779b97f4a7c15L;

    private Channel[] ports = new Channel[0];
    private long[] highs = new long[16];
    private long[] lows = new long[16];
    private int[] ways = new int[16];
    private int routes;
    private int defaultPort = UNKNOWN;
    private long expired;
    private long unroutable;

    SimRouter(String name) {
        super(name);
        Arrays.fill(ways, UNKNOWN);
    }

    @Override
    int attach(Channel outgoing) {
        ports = Arrays.copyOf(ports, ports.length + 1);
        ports[ports.length - 1] = outgoing;
        return ports.length - 1;
    }

    /// Packets to that address leave through that channel, which must begin at this router.
    ///
    /// @throws IllegalArgumentException if the channel does not begin here
    public SimRouter route(IpAddress destination, Channel out) {
        if (++routes * 2 > ways.length) {
            rehash();
        }
        put(destination.high(), destination.low(), port(out));
        return this;
    }

    /// All other packets.
    public SimRouter defaultRoute(Channel out) {
        defaultPort = port(out);
        return this;
    }

    private int port(Channel out) {
        for (int i = 0; i < ports.length; i++) {
            if (ports[i] == out) {
                return i;
            }
        }
        throw new IllegalArgumentException("channel " + out + " does not begin at " + this);
    }

    private void put(long high, long low, int way) {
        int slot = slot(high, low);
        highs[slot] = high;
        lows[slot] = low;
        ways[slot] = way;
    }

    private int slot(long high, long low) {
        int mask = ways.length - 1;
        int slot = (int) ((high * 31 + low) * MIX >>> 40) & mask;
        while (ways[slot] != UNKNOWN && (highs[slot] != high || lows[slot] != low)) {
            slot = (slot + 1) & mask;
        }
        return slot;
    }

    private void rehash() {
        long[] oldHighs = highs;
        long[] oldLows = lows;
        int[] oldWays = ways;
        highs = new long[oldWays.length * 2];
        lows = new long[oldWays.length * 2];
        ways = new int[oldWays.length * 2];
        Arrays.fill(ways, UNKNOWN);
        for (int i = 0; i < oldWays.length; i++) {
            if (oldWays[i] != UNKNOWN) {
                put(oldHighs[i], oldLows[i], oldWays[i]);
            }
        }
    }

    /// Packets dropped because their TTL ran out.
    public long expired() {
        return expired;
    }

    /// Packets dropped because no route led on.
    public long unroutable() {
        return unroutable;
    }

    @Override
    void arrive(int port, Frame f) {
        Channel out = null;
        if (IpHeaders.v4(f)) {
            out = way(0, V4_MAPPED | Ipv4Header.destination(f.data, f.offset) & 0xffff_ffffL);
            if (Ipv4Header.ttl(f.data, f.offset) <= 1) {
                expire(f);
                return;
            }
            Ipv4Header.decrementTtl(f.data, f.offset);
        } else if (IpHeaders.v6(f)) {
            out = way(Ipv6Header.destinationHigh(f.data, f.offset), Ipv6Header.destinationLow(f.data, f.offset));
            if (Ipv6Header.hopLimit(f.data, f.offset) <= 1) {
                expire(f);
                return;
            }
            f.data[f.offset + HOP_LIMIT_OFFSET]--;
        }
        if (out == null) {
            unroutable++;
            f.release();
        } else {
            out.send(f);
        }
    }

    private void expire(Frame f) {
        expired++;
        f.release();
    }

    private @Nullable Channel way(long high, long low) {
        int way = ways[slot(high, low)];
        if (way == UNKNOWN) {
            way = defaultPort;
        }
        return way == UNKNOWN ? null : ports[way];
    }
}
