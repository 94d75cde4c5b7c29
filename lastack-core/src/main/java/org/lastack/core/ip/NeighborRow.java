package org.lastack.core.ip;

import org.lastack.core.Interface;
import org.lastack.wire.IpAddress;

/// A line of the neighbour cache, as `ip neigh` shows it.
///
/// @param address of the neighbour
/// @param out the interface behind which it is
/// @param mac the 48 bits of its station address, -1 if it is not known yet
/// @param state INCOMPLETE, REACHABLE, STALE, DELAY or PROBE (RFC 4861 §7.3.2)
/// @param router it advertises itself as a router
public record NeighborRow(IpAddress address, Interface out, long mac, String state, boolean router) {}
