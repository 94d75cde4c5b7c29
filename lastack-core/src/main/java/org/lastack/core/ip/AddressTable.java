package org.lastack.core.ip;

import java.util.List;
import org.lastack.core.Interface;
import org.lastack.wire.IpAddress;

/// The addresses of this host in a flat hash set, and the broadcast addresses of its links. Rebuilt when an interface changes.
final class AddressTable {
    /// Decides whether an address may be used yet (RFC 4862 §5.4: not while it is tentative or a duplicate).
    interface Usable {
        boolean usable(Interface in, IpAddress address);
    }

    private long[] highs = new long[16];
    private long[] lows = new long[16];
    private int[] indexes = new int[16];
    private int[] broadcasts = new int[4];
    private int broadcastCount;

    void rebuild(List<Interface> interfaces, Usable usable) {
        int count = 0;
        for (Interface each : interfaces) {
            count += each.addresses().size();
        }
        int capacity = Integer.highestOneBit(Math.max(8, count)) << 2;
        highs = new long[capacity];
        lows = new long[capacity];
        indexes = new int[capacity];
        broadcasts = new int[Math.max(4, count)];
        broadcastCount = 0;
        for (Interface each : interfaces) {
            if (!each.up()) {
                continue;
            }
            for (Interface.Address address : each.addresses()) {
                if (usable.usable(each, address.address())) {
                    enter(address, each.index());
                }
            }
        }
    }

    private void enter(Interface.Address address, int interfaceIndex) {
        IpAddress ip = address.address();
        int slot = slot(ip.high(), ip.low());
        highs[slot] = ip.high();
        lows[slot] = ip.low();
        indexes[slot] = interfaceIndex;
        // RFC 3021: a /31 has no broadcast address, and neither has a host route.
        if (ip.isV4() && address.prefixLength() <= 30) {
            broadcasts[broadcastCount++] = Prefix.broadcast(ip.v4Bits(), address.prefixLength());
        }
    }

    private int slot(long high, long low) {
        int mask = indexes.length - 1;
        long mixed = (high * 31 + low) * 0x9e3779b97f4a7c15L;
        int slot = (int) (mixed >>> 40) & mask;
        while (indexes[slot] != 0 && (highs[slot] != high || lows[slot] != low)) {
            slot = slot + 1 & mask;
        }
        return slot;
    }

    /// Index of the interface that owns the address, 0 if none does. All of 127/8 belongs to the loopback (RFC 1122 §3.2.1.3 (g)).
    int owner(long high, long low) {
        if (IpAddress.isLoopback(high, low) && IpAddress.isV4(high, low)) {
            // The highest address of 127/8 is its broadcast address.
            return (int) low == 0x7fff_ffff ? 0 : 1;
        }
        return indexes[slot(high, low)];
    }

    boolean isBroadcast(long high, long low) {
        if (!IpAddress.isV4(high, low)) {
            return false;
        }
        int address = (int) low;
        if (address == -1) {
            return true;
        }
        for (int i = 0; i < broadcastCount; i++) {
            if (broadcasts[i] == address) {
                return true;
            }
        }
        return false;
    }
}
