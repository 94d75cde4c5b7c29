package org.lastack.core.socket;

/// What the port table needs to know about a host's addresses. Addresses are pairs of longs, IPv4 as v4-mapped.
public interface LocalAddresses {
    /// The address belongs to this host (with all of 127/8).
    boolean isLocal(long high, long low);

    /// The address belongs to this host on the interface with this index.
    boolean isLocalOn(long high, long low, int ifIndex);

    /// The limited broadcast address, or the directed one of an interface's subnet.
    boolean isBroadcast(long high, long low);
}
