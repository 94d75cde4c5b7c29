package org.lastack.core.socket;

import org.jspecify.annotations.Nullable;
import org.lastack.core.Entropy;
import org.lastack.core.SipHash;
import org.lastack.wire.IpAddress;

/// Finds the socket for a packet among listening TCP sockets or UDP sockets, with Linux's preferences (LINUX-SOCKETS C.2; oracle P133-P152):
/// connected to the sender > bound to the address > wildcard; then bound to the device, then IPv4 before dual stack; of equals the newest, or,
/// with SO_REUSEPORT, one by the hash of the flow. Hash tables with a secret key (SECURITY R-16); no lookup allocates or depends on how many
/// sockets share a port.
final class Demux {

    private static final int NO_MATCH = -1;
    private static final long ANY_V4_LOW = IpAddress.ANY_V4.low();

    private final boolean tcp;
    private final SipHash hash;
    private @Nullable DemuxGroup[] groups = new @Nullable DemuxGroup[16];
    private int groupCount;
    private @Nullable InetSocket[] connected = new @Nullable InetSocket[16];
    private int connectedCount;
    private long clock;

    Demux(boolean tcp, Entropy entropy) {
        this.tcp = tcp;
        hash = new SipHash(entropy);
    }

    // Entering and leaving

    /// Enters a listening or unconnected socket under its local name.
    void enter(InetSocket s) {
        long low = boundLow(s);
        int slot = groupSlot(s.localPort(), s.localHigh(), low);
        DemuxGroup group = groups[slot];
        while (group != null && !group.accepts(s, s.localHigh(), low)) {
            group = group.next;
        }
        if (group == null) {
            if (++groupCount > groups.length) {
                growGroups();
                slot = groupSlot(s.localPort(), s.localHigh(), low);
            }
            group = new DemuxGroup(s, s.localHigh(), low);
            group.next = groups[slot];
            groups[slot] = group;
        }
        group.add(s);
        group.newest = ++clock;
    }

    /// An AF_INET socket without an address is bound to the IPv4 wildcard, however that is written.
    private static long boundLow(InetSocket s) {
        return s.domain() == InetSocket.AF_INET && (s.localHigh() | s.localLow()) == 0 ? ANY_V4_LOW : s.localLow();
    }

    /// Enters a UDP socket under all four parts of its names.
    void enterConnected(InetSocket s) {
        if (++connectedCount > connected.length) {
            growConnected();
        }
        s.demuxConnected = true;
        s.demuxHash = (int) flow(s.localHigh(), s.localLow(), s.localPort(), s.remoteHigh(), s.remoteLow(), s.remotePort());
        int slot = s.demuxHash & connected.length - 1;
        s.demuxNext = connected[slot];
        connected[slot] = s;
    }

    /// Forgets a socket, if it is here.
    void leave(InetSocket s) {
        DemuxGroup group = s.demuxGroup;
        if (group != null) {
            group.remove(s);
            if (group.size() == 0) {
                unlink(group);
            }
        } else if (s.demuxConnected) {
            unlinkConnected(s);
        }
    }

    private void unlink(DemuxGroup gone) {
        int slot = groupSlot(gone.port, gone.high, gone.low);
        DemuxGroup each = groups[slot];
        if (each == gone) {
            groups[slot] = gone.next;
        } else {
            while (each != null && each.next != gone) {
                each = each.next;
            }
            if (each == null) {
                throw new IllegalStateException("a group is not where its name says");
            }
            each.next = gone.next;
        }
        groupCount--;
    }

    private void unlinkConnected(InetSocket gone) {
        int slot = gone.demuxHash & connected.length - 1;
        InetSocket each = connected[slot];
        if (each == gone) {
            connected[slot] = gone.demuxNext;
        } else {
            while (each != null && each.demuxNext != gone) {
                each = each.demuxNext;
            }
            if (each == null) {
                throw new IllegalStateException("a connected socket is not where its names said");
            }
            each.demuxNext = gone.demuxNext;
        }
        gone.demuxNext = null;
        gone.demuxConnected = false;
        connectedCount--;
    }

    private void growGroups() {
        @Nullable DemuxGroup[] old = groups;
        groups = new @Nullable DemuxGroup[old.length * 2];
        for (DemuxGroup head : old) {
            for (DemuxGroup each = head; each != null;) {
                DemuxGroup next = each.next;
                int slot = groupSlot(each.port, each.high, each.low);
                each.next = groups[slot];
                groups[slot] = each;
                each = next;
            }
        }
    }

    /// Chains are newest first, which matters for sockets with the same four names: what is linked last stands first again.
    private void growConnected() {
        @Nullable InetSocket[] old = connected;
        connected = new @Nullable InetSocket[old.length * 2];
        for (InetSocket head : old) {
            InetSocket reversed = null;
            for (InetSocket each = head; each != null;) {
                InetSocket next = each.demuxNext;
                each.demuxNext = reversed;
                reversed = each;
                each = next;
            }
            for (InetSocket each = reversed; each != null;) {
                InetSocket next = each.demuxNext;
                int slot = each.demuxHash & connected.length - 1;
                each.demuxNext = connected[slot];
                connected[slot] = each;
                each = next;
            }
        }
    }

    private int groupSlot(int port, long high, long low) {
        return (int) hash.hash(high, low, port) & groups.length - 1;
    }

    private long flow(long localHigh, long localLow, int localPort, long remoteHigh, long remoteLow, int remotePort) {
        return hash.hash(localHigh, localLow, remoteHigh, remoteLow, (long) localPort << 16 | remotePort);
    }

    // Looking up

    /// The socket for a packet to `dst` from `src`, or null. A connected socket never hears strangers (P146).
    @Nullable InetSocket find(long dstHigh, long dstLow, int dstPort, long srcHigh, long srcLow, int srcPort, int ifIndex, boolean balance) {
        if (connectedCount > 0) {
            InetSocket peer = findConnected(dstHigh, dstLow, dstPort, srcHigh, srcLow, srcPort, ifIndex);
            if (peer != null) {
                return peer;
            }
        }
        DemuxGroup group = findGroup(dstHigh, dstLow, dstPort, ifIndex);
        if (group == null) {
            return null;
        }
        if (!group.reusePort || group.size() == 1 || !balance) {
            return group.newestMember();
        }
        // P140, P147, P148: even, and the same member for the same flow.
        long flow = flow(dstHigh, dstLow, dstPort, srcHigh, srcLow, srcPort);
        return group.at((int) ((flow >>> 32) * group.size() >>> 32));
    }

    @Nullable InetSocket findConnected(long dstHigh, long dstLow, int dstPort, long srcHigh, long srcLow, int srcPort, int ifIndex) {
        int flow = (int) flow(dstHigh, dstLow, dstPort, srcHigh, srcLow, srcPort);
        InetSocket best = null;
        for (InetSocket each = connected[flow & connected.length - 1]; each != null; each = each.demuxNext) {
            boolean match = each.demuxHash == flow && each.localPort() == dstPort && each.remotePort() == srcPort && each.localLow() == dstLow
                    && each.remoteLow() == srcLow && each.localHigh() == dstHigh && each.remoteHigh() == srcHigh
                    && (each.boundInterface() == 0 || each.boundInterface() == ifIndex);
            if (match && (best == null || score(each.domain(), each.boundInterface()) > score(best.domain(), best.boundInterface()))) {
                best = each;
            }
        }
        return best;
    }

    /// The group of the best score, or null.
    @Nullable DemuxGroup findGroup(long dstHigh, long dstLow, int dstPort, int ifIndex) {
        DemuxGroup best = better(null, dstPort, dstHigh, dstLow, false, ifIndex);
        if (best != null) {
            return best;
        }
        boolean v4 = IpAddress.isV4(dstHigh, dstLow);
        if (v4) {
            best = better(best, dstPort, 0, ANY_V4_LOW, false, ifIndex);
        }
        return better(best, dstPort, 0, 0, v4, ifIndex);
    }

    private @Nullable DemuxGroup better(@Nullable DemuxGroup so, int port, long high, long low, boolean dualOnly, int ifIndex) {
        DemuxGroup best = so;
        for (DemuxGroup each = groups[groupSlot(port, high, low)]; each != null; each = each.next) {
            int score = score(each, port, high, low, dualOnly, ifIndex);
            if (score == NO_MATCH) {
                continue;
            }
            int bestScore = best == null ? NO_MATCH : score(best.domain, best.device);
            if (best == null || score > bestScore || score == bestScore && each.newest > best.newest) {
                best = each;
            }
        }
        return best;
    }

    private int score(DemuxGroup group, int port, long high, long low, boolean dualOnly, int ifIndex) {
        if (group.port != port || group.low != low || group.high != high || dualOnly && group.v6Only
                || group.device != 0 && group.device != ifIndex) {
            return NO_MATCH;
        }
        return score(group.domain, group.device);
    }

    /// Linux's numbers: they decide between "bound to the device" and "IPv4" where a packet matches one of each.
    private int score(int domain, int device) {
        if (tcp) {
            return (device != 0 ? 2 : 1) + (domain == InetSocket.AF_INET ? 1 : 0);
        }
        return (device != 0 ? 4 : 0) + (domain == InetSocket.AF_INET ? 2 : 1);
    }

    /// Tells `visitor` every socket that hears a datagram to a group or broadcast address (P151, P152). It must not change this table.
    void forEach(long dstHigh, long dstLow, int dstPort, long srcHigh, long srcLow, int srcPort, int ifIndex, PortTable.Receiver visitor) {
        if (connectedCount > 0) {
            int flow = (int) flow(dstHigh, dstLow, dstPort, srcHigh, srcLow, srcPort);
            for (InetSocket each = connected[flow & connected.length - 1]; each != null; each = each.demuxNext) {
                if (each.demuxHash == flow && each.localPort() == dstPort && each.remotePort() == srcPort && each.localLow() == dstLow
                        && each.remoteLow() == srcLow && each.localHigh() == dstHigh && each.remoteHigh() == srcHigh
                        && (each.boundInterface() == 0 || each.boundInterface() == ifIndex)) {
                    visitor.accept(each);
                }
            }
        }
        boolean v4 = IpAddress.isV4(dstHigh, dstLow);
        visit(dstPort, dstHigh, dstLow, false, ifIndex, visitor);
        if (v4) {
            visit(dstPort, 0, ANY_V4_LOW, false, ifIndex, visitor);
        }
        visit(dstPort, 0, 0, v4, ifIndex, visitor);
    }

    private void visit(int port, long high, long low, boolean dualOnly, int ifIndex, PortTable.Receiver visitor) {
        for (DemuxGroup each = groups[groupSlot(port, high, low)]; each != null; each = each.next) {
            if (score(each, port, high, low, dualOnly, ifIndex) != NO_MATCH) {
                for (int i = 0; i < each.size(); i++) {
                    visitor.accept(each.at(i));
                }
            }
        }
    }

    /// The decision of [#find] with its reasons. Looks at every socket here: for tools.
    DemuxDecision explain(long dstHigh, long dstLow, int dstPort, long srcHigh, long srcLow, int srcPort, int ifIndex, boolean balance) {
        InetSocket chosen = find(dstHigh, dstLow, dstPort, srcHigh, srcLow, srcPort, ifIndex, balance);
        java.util.List<DemuxDecision.Candidate> candidates = new java.util.ArrayList<>();
        all(s -> {
            if (s.localPort() == dstPort) {
                String obstacle = obstacle(s, dstHigh, dstLow, srcHigh, srcLow, srcPort, ifIndex);
                candidates.add(new DemuxDecision.Candidate(s.handle(), obstacle.isEmpty(), obstacle.isEmpty() ? rank(s) : obstacle));
            }
        });
        return new DemuxDecision(chosen == null ? null : chosen.handle(), chosen == null ? "no socket on the port matches" : reason(chosen, balance), java.util.List.copyOf(candidates));
    }

    private static String obstacle(InetSocket s, long dstHigh, long dstLow, long srcHigh, long srcLow, int srcPort, int ifIndex) {
        boolean wild = IpAddress.isUnspecified(s.localHigh(), s.localLow());
        boolean v4 = IpAddress.isV4(dstHigh, dstLow);
        boolean hearsV4 = s.domain() == InetSocket.AF_INET || IpAddress.isV4(s.localHigh(), s.localLow()) || wild && !s.v6Only();
        boolean hearsV6 = s.domain() == InetSocket.AF_INET6 && !IpAddress.isV4(s.localHigh(), s.localLow());
        if (v4 ? !hearsV4 : !hearsV6) {
            return "does not hear IPv" + (v4 ? 4 : 6);
        }
        if (!wild && (s.localHigh() != dstHigh || s.localLow() != dstLow)) {
            return "is bound to another address";
        }
        if (s.demuxConnected && (s.remotePort() != srcPort || s.remoteHigh() != srcHigh || s.remoteLow() != srcLow)) {
            return "is connected to somebody else";
        }
        return s.boundInterface() != 0 && s.boundInterface() != ifIndex ? "is bound to another device" : "";
    }

    private static String rank(InetSocket s) {
        if (s.demuxConnected) {
            return "is connected to the sender";
        }
        String name = IpAddress.isUnspecified(s.localHigh(), s.localLow()) ? "is bound to all addresses" : "is bound to this very address";
        return name + (s.boundInterface() != 0 ? " and to the device" : "") + (s.domain() == InetSocket.AF_INET ? " of IPv4" : "");
    }

    private static String reason(InetSocket chosen, boolean balance) {
        DemuxGroup group = chosen.demuxGroup;
        if (group == null || group.size() == 1) {
            return "it " + rank(chosen) + ", which goes before all others that match";
        }
        return group.reusePort && balance ? "the hash of the flow chose it from " + group.size() + " members of its SO_REUSEPORT group"
                : "of " + group.size() + " sockets with equal claims it was bound last";
    }

    /// Visits every socket here.
    void all(PortTable.Receiver visitor) {
        for (DemuxGroup head : groups) {
            for (DemuxGroup each = head; each != null; each = each.next) {
                for (int i = 0; i < each.size(); i++) {
                    visitor.accept(each.at(i));
                }
            }
        }
        for (InetSocket head : connected) {
            for (InetSocket each = head; each != null; each = each.demuxNext) {
                visitor.accept(each);
            }
        }
    }
}
