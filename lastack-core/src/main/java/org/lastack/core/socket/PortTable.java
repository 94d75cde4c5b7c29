package org.lastack.core.socket;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lastack.core.Entropy;
import org.lastack.core.Errno;
import org.lastack.core.PortSet;
import org.lastack.core.Sysctl;
import org.lastack.core.Sysctls;
import org.lastack.wire.IpAddress;

/// Who has which local port, and who may: one table for TCP and one for UDP of each host. Rules are Linux's as recorded in its oracles (or
/// FreeBSD's with [Sysctl#PORT_PROFILE]); [Conflict] alone decides, [#explainBind] says why.
///
/// Holders that are alike are counted, not listed: `bind` costs one look per group of holders on the port, whatever the number of TIME-WAIT
/// entries or accepted children. Addresses are pairs of longs, IPv4 as v4-mapped. Results are `0` or the negative of an [Errno]. Belongs to
/// its engine: use under the host's lock; nothing blocks.
public final class PortTable {
    public static final int TCP = 6;
    public static final int UDP = 17;

    private static final int PAGE_BITS = 8;
    private static final long ANY_V4_LOW = IpAddress.ANY_V4.low();

    private final boolean tcp;
    private final Sysctls sysctls;
    private final LocalAddresses addresses;
    private final PortChoice choice;
    private final Demux demux;

    /// Ports to buckets, in pages that appear when first needed: a host with few sockets has few.
    private final @Nullable PortBucket[][] pages = new @Nullable PortBucket[1 << 16 - PAGE_BITS][];
    private @Nullable ClaimGroup[] groups = new @Nullable ClaimGroup[16];
    /// Numbers of unused groups, which keep their objects.
    private int[] freeGroups = new int[16];
    private int freeGroupCount;
    private int groupCount;
    /// Some empty buckets, so that short connections make no garbage here.
    private final @Nullable PortBucket[] spareBuckets = new @Nullable PortBucket[64];
    private int spareBucketCount;
    private long holderSteps;
    /// Ports with a claim that is no autobound connection: `connect` skips them.
    private final PortSet explicitPorts = new PortSet();
    /// The socket that asks; reused.
    private final Claim claimant = new Claim();
    private final BindRefusals refusals = new BindRefusals();

    /// @param protocol [#TCP] or [#UDP]
    public PortTable(int protocol, Sysctls sysctls, Entropy entropy, LocalAddresses addresses) {
        if (protocol != TCP && protocol != UDP) {
            throw new IllegalArgumentException("protocol " + protocol + " has no ports here");
        }
        tcp = protocol == TCP;
        this.sysctls = sysctls;
        this.addresses = addresses;
        choice = new PortChoice(this, sysctls, entropy);
        demux = new Demux(tcp, entropy);
    }

    /// [#TCP] or [#UDP].
    public int protocol() {
        return tcp ? TCP : UDP;
    }

    /// The last `bind` calls that gave EADDRINUSE.
    public BindRefusals refusals() {
        return refusals;
    }

    // bind, listen

    /// Gives a socket its local name. Port 0 has one chosen, unless IP_BIND_ADDRESS_NO_PORT leaves that to `connect`.
    ///
    /// @return 0, or the negative of EINVAL (has a port already, or an address that such a socket cannot have), EAFNOSUPPORT, EADDRNOTAVAIL
    ///         (not on this host), EACCES (privileged port), EADDRINUSE
    public int bind(InetSocket s, long high, long low, int port) {
        BindRule refused = checkName(s, high, low, port);
        if (refused.refuses()) {
            return -refused.errno();
        }
        long addressLow = s.domain() == InetSocket.AF_INET && (high | low) == 0 ? ANY_V4_LOW : low;
        int given = port;
        if (port == 0 && !s.option(InetSocket.BIND_ADDRESS_NO_PORT)) {
            claimant.take(s, high, addressLow);
            given = choice.forBind(s, claimant);
            if (given == 0) {
                return -Errno.EADDRINUSE;
            }
        } else if (port != 0) {
            claimant.take(s, high, addressLow);
            if (blocked(port, null)) {
                return -Errno.EADDRINUSE;
            }
        }
        s.localName(high, addressLow, given);
        s.localLocks(!IpAddress.isUnspecified(high, addressLow), port != 0);
        s.boundV4Any = s.domain() == InetSocket.AF_INET6 && high == 0 && addressLow == ANY_V4_LOW;
        if (given != 0) {
            enter(s, false);
        }
        return 0;
    }

    /// Linux's order of checks, asked of 6.18: an AF_INET socket has its address looked at before privilege and before whether it has a name
    /// already; an AF_INET6 socket afterwards.
    private BindRule checkName(InetSocket s, long high, long low, int port) {
        boolean v4 = IpAddress.isV4(high, low);
        if (s.domain() == InetSocket.AF_INET) {
            if (!v4 && (high | low) != 0) {
                return BindRule.WRONG_FAMILY;
            }
            BindRule location = checkLocation(s, high, low, v4);
            return location.refuses() ? location : checkSocket(s, port);
        }
        if (tcp && !v4 && IpAddress.isMulticast(high, low)) {
            return BindRule.STREAM_MULTICAST;
        }
        BindRule socket = checkSocket(s, port);
        if (socket.refuses()) {
            return socket;
        }
        return v4 && s.v6Only() ? BindRule.V6ONLY_MAPPED : checkLocation(s, high, low, v4);
    }

    private BindRule checkSocket(InetSocket s, int port) {
        if (port != 0 && port < sysctls.getInt(Sysctl.IP_UNPRIVILEGED_PORT_START) && s.owner().uid() != 0) {
            return BindRule.PRIVILEGED;
        }
        return s.portClaim != 0 ? BindRule.ALREADY_BOUND : BindRule.FREE;
    }

    /// The address must be this host's, and an IPv6 one of less than global scope must be on the socket's device (as Linux asks).
    private BindRule checkLocation(InetSocket s, long high, long low, boolean v4) {
        if (IpAddress.isUnspecified(high, low) || IpAddress.isMulticast(high, low) || addresses.isBroadcast(high, low)
                || s.option(InetSocket.FREEBIND) || s.option(InetSocket.TRANSPARENT) || sysctls.on(Sysctl.IP_NONLOCAL_BIND)) {
            return BindRule.FREE;
        }
        if (!addresses.isLocal(high, low)) {
            return BindRule.NOT_LOCAL;
        }
        boolean narrow = !v4 && (IpAddress.isLoopback(high, low) || IpAddress.isLinkLocal(high, low));
        boolean elsewhere = narrow && s.boundInterface() != 0 && !addresses.isLocalOn(high, low, s.boundInterface());
        return elsewhere ? BindRule.NOT_ON_DEVICE : BindRule.FREE;
    }

    /// Whether a group on the port stands against [#claimant]; `own` is the group in which the claimant itself is counted once.
    private boolean blocked(int port, @Nullable ClaimGroup own) {
        PortBucket bucket = bucket(port);
        for (int i = 0; bucket != null && i < bucket.size(); i++) {
            ClaimGroup holder = bucket.at(i);
            if ((holder != own || holder.count > 1) && decide(holder, claimant).refuses()) {
                return true;
            }
        }
        return false;
    }

    private BindRule decide(Claim holder, Claim asking) {
        return bsd() ? Conflict.bsd(holder, asking) : Conflict.linux(holder, asking, tcp);
    }

    private boolean bsd() {
        return sysctls.on(Sysctl.PORT_PROFILE);
    }

    /// Gives a port to a socket that listens or sends without one; its address stays as it is.
    ///
    /// @return 0, or the negative of EADDRINUSE (TCP) or EAGAIN (UDP, P091-P092) if the range is exhausted
    public int autobind(InetSocket s) {
        if (s.portClaim != 0) {
            return 0;
        }
        claimant.take(s, s.localHigh(), s.localLow());
        int given = choice.forBind(s, claimant);
        if (given == 0) {
            return tcp ? -Errno.EADDRINUSE : -Errno.EAGAIN;
        }
        s.localName(s.localHigh(), s.localLow(), given);
        enter(s, false);
        return 0;
    }

    /// Makes a socket a listener, with a port of its own choice if it has none. The bind rule is applied once more, with this socket as the
    /// new one (C.1): of two sockets that share a port by SO_REUSEADDR only the first may listen.
    ///
    /// @return 0 or the negative of EADDRINUSE; a socket that listens already stays so
    public int listen(InetSocket s) {
        if (s.portClaim == 0) {
            int result = autobind(s);
            if (result != 0) {
                return result;
            }
        }
        ClaimGroup group = group(s.portClaim);
        if (group.listening) {
            return 0;
        }
        claimant.copy(group);
        // FreeBSD looks for conflicts in bind only.
        if (!bsd() && blocked(group.port, group)) {
            return -Errno.EADDRINUSE;
        }
        claimant.kind(true, false, false, group.explicit);
        regroup(s, group);
        demux.enter(s);
        return 0;
    }

    /// A listener was shut down: it keeps its port if `bind` named it (oracle, LISTEN_SHUTDOWN); otherwise it has none any more, though its
    /// local name still shows it ([InetSocket#portClaim] is 0 then), and may be bound anew.
    public void stopListening(InetSocket s) {
        demux.leave(s);
        unname(s);
    }

    // connect

    /// Prepares a connection: checks or chooses the local port, and narrows a wildcard address to `src`. Sets the socket's local name and,
    /// for UDP, its remote name.
    ///
    /// @param tuples says which pairs of names are taken; UDP does not ask, because its ports are never shared between destinations (P091)
    /// @return 0; or the negative of EADDRNOTAVAIL (TCP: no port left towards this destination, or the names are taken) or EAGAIN (UDP: no
    ///         port left)
    public int connect(InetSocket s, long srcHigh, long srcLow, long dstHigh, long dstLow, int dstPort, TupleUse tuples) {
        if (!tcp) {
            return connect(s, srcHigh, srcLow, dstHigh, dstLow, dstPort);
        }
        if (s.portClaim == 0) {
            int given = choice.forConnect(s, srcHigh, srcLow, dstHigh, dstLow, dstPort, tuples);
            if (given == 0) {
                return -Errno.EADDRNOTAVAIL;
            }
            s.localName(srcHigh, srcLow, given);
            s.localLocks(s.addressLocked(), false);
            enter(s, true);
            return 0;
        }
        if (!tuples.available(srcHigh, srcLow, s.localPort(), dstHigh, dstLow, dstPort, false)) {
            return -Errno.EADDRNOTAVAIL;
        }
        narrow(s, srcHigh, srcLow);
        return 0;
    }

    /// [#connect] for UDP, whose ports are never shared between destinations (P091): nobody needs to be asked.
    public int connect(InetSocket s, long srcHigh, long srcLow, long dstHigh, long dstLow, int dstPort) {
        int result = autobind(s);
        if (result != 0) {
            return result;
        }
        demux.leave(s);
        narrow(s, s.addressLocked() ? s.localHigh() : srcHigh, s.addressLocked() ? s.localLow() : srcLow);
        if (dstPort == 0) {
            // Linux lets this pass; without a port there is no peer (getpeername: ENOTCONN).
            demux.enter(s);
            return 0;
        }
        s.remoteName(dstHigh, dstLow, dstPort);
        demux.enterConnected(s);
        return 0;
    }

    private void narrow(InetSocket s, long high, long low) {
        ClaimGroup group = group(s.portClaim);
        s.localName(high, low, s.localPort());
        claimant.take(s, high, low);
        claimant.kind(false, false, true, group.explicit);
        regroup(s, group);
    }

    /// A connection attempt has failed, or the socket was disconnected: a wildcard socket is wild again, and a port that `bind` did not name
    /// is given back. The remote name of a UDP socket is cleared.
    public void connectFailed(InetSocket s) {
        demux.leave(s);
        if (!s.addressLocked()) {
            boolean v4Any = s.domain() == InetSocket.AF_INET || s.boundV4Any;
            s.localName(0, v4Any ? ANY_V4_LOW : 0, s.localPort());
        }
        if (!tcp) {
            s.remoteName(0, s.domain() == InetSocket.AF_INET ? ANY_V4_LOW : 0, 0);
        }
        unname(s);
        if (!tcp && s.portClaim != 0) {
            demux.enter(s);
        }
    }

    /// Back to merely bound, or to no port at all.
    private void unname(InetSocket s) {
        if (s.portClaim == 0) {
            return;
        }
        if (!s.portLocked()) {
            drop(s);
            // Linux: getsockname goes on to show the port of a TCP socket, while that of a UDP socket is 0 (oracle, LISTEN_SHUT_RD).
            if (!tcp) {
                s.localName(s.localHigh(), s.localLow(), 0);
            }
            return;
        }
        ClaimGroup group = group(s.portClaim);
        claimant.take(s, s.localHigh(), s.localLow());
        claimant.kind(false, false, false, group.explicit);
        regroup(s, group);
    }

    // Connections of listeners, TIME-WAIT, the end

    /// Enters a connection that a listener has accepted: it has its specific local name already, and inherits the listener's reuse options
    /// and device as they are now.
    public void child(InetSocket listener, InetSocket child) {
        int inherited = InetSocket.REUSEADDR | InetSocket.REUSEPORT;
        child.optionBits = child.optionBits & ~inherited | listener.optionBits & inherited;
        child.boundInterface = listener.boundInterface;
        claimant.take(child, child.localHigh(), child.localLow());
        claimant.kind(false, false, true, true);
        child.portClaim = join(child.localPort());
    }

    /// A connection goes on as a TIME-WAIT (or orphaned FIN-WAIT-2) entry with the socket's options; the socket itself holds nothing afterwards.
    ///
    /// If `bind` named its port, a socket that is still open holds it too, until [#release] (Linux: SOCK_BINDPORT_LOCK).
    /// The owner does not count from then on (C.1, 4), in FIN-WAIT-2 neither; an orphan in FIN-WAIT-1 is a connection still (measured on Linux 6.18).
    ///
    /// @return the claim, for [#leave]; 0 if the socket had none
    public int toTimeWait(InetSocket s) {
        if (s.portClaim == 0) {
            return 0;
        }
        ClaimGroup group = group(s.portClaim);
        claimant.copy(group);
        claimant.kind(false, true, false, group.explicit);
        int claim = join(group.port);
        if (!s.portLocked()) {
            part(group);
            s.portClaim = 0;
        }
        return claim;
    }

    /// A TIME-WAIT entry has ended; its claim came from [#toTimeWait].
    public void leave(int claim) {
        if (claim != 0) {
            part(group(claim));
        }
    }

    /// The socket is closed: it holds nothing any more. Does nothing for a socket that is not here.
    public void release(InetSocket s) {
        demux.leave(s);
        if (s.portClaim != 0) {
            drop(s);
        }
    }

    /// Options, device or owner of a bound socket have changed: they count as they are now, for and against it (C.1, "read live").
    public void optionsChanged(InetSocket s) {
        if (s.portClaim == 0) {
            return;
        }
        ClaimGroup group = group(s.portClaim);
        claimant.take(s, group.high, group.low);
        claimant.kind(group.listening, false, group.connected, group.explicit);
        regroup(s, group);
        if (s.demuxGroup != null) {
            demux.leave(s);
            demux.enter(s);
        }
    }

    // Finding the socket for a packet

    /// The listener for a connection from `src` to `dst`, or null (P133-P140).
    public @Nullable InetSocket listener(long dstHigh, long dstLow, int dstPort, long srcHigh, long srcLow, int srcPort, int ifIndex) {
        return demux.find(dstHigh, dstLow, dstPort, srcHigh, srcLow, srcPort, ifIndex, !bsd());
    }

    /// The UDP socket for a unicast datagram from `src` to `dst`, or null (P141-P150).
    public @Nullable InetSocket receiver(long dstHigh, long dstLow, int dstPort, long srcHigh, long srcLow, int srcPort, int ifIndex) {
        return demux.find(dstHigh, dstLow, dstPort, srcHigh, srcLow, srcPort, ifIndex, !bsd());
    }

    /// Told of each socket that hears a datagram.
    @FunctionalInterface
    public interface Receiver {
        /// Must not change the port table.
        void accept(InetSocket socket);
    }

    /// Tells `visitor` each UDP socket that hears a datagram to a multicast or broadcast address (P151, P152), as far as names and devices
    /// decide; who has joined the group is the caller's business.
    public void receivers(long dstHigh, long dstLow, int dstPort, long srcHigh, long srcLow, int srcPort, int ifIndex, Receiver visitor) {
        demux.forEach(dstHigh, dstLow, dstPort, srcHigh, srcLow, srcPort, ifIndex, visitor);
    }

    /// Visits the sockets that can be found here: all listeners of TCP, all UDP sockets that have a port; in no particular order.
    public void sockets(Receiver visitor) {
        demux.all(visitor);
    }

    // Explanations

    /// What [#bind] would answer, and why: nothing is changed, and no port is chosen for port 0.
    public BindDecision explainBind(InetSocket s, long high, long low, int port) {
        BindRule rule = checkName(s, high, low, port);
        if (rule.refuses()) {
            return new BindDecision(rule, List.of());
        }
        claimant.take(s, high, s.domain() == InetSocket.AF_INET && (high | low) == 0 ? ANY_V4_LOW : low);
        if (port == 0) {
            rule = s.option(InetSocket.BIND_ADDRESS_NO_PORT) ? BindRule.POSTPONED : choice.any(s, claimant) ? BindRule.FREE : BindRule.RANGE_EXHAUSTED;
            return new BindDecision(rule, List.of());
        }
        List<PortHolder> blocking = new ArrayList<>();
        rule = explain(port, null, blocking);
        return new BindDecision(rule, List.copyOf(blocking));
    }

    /// What `bind` would answer to a socket that somebody thinks of.
    public BindDecision explainBind(BindRequest request) {
        return explainBind(request.socket(this), request.address().high(), request.address().low(), request.port());
    }

    /// What [#listen] would answer to a bound socket, and why.
    public BindDecision explainListen(InetSocket s) {
        if (s.portClaim == 0 || bsd() || group(s.portClaim).listening) {
            return new BindDecision(BindRule.FREE, List.of());
        }
        ClaimGroup group = group(s.portClaim);
        claimant.copy(group);
        List<PortHolder> blocking = new ArrayList<>();
        BindRule rule = explain(group.port, group, blocking);
        return new BindDecision(rule, List.copyOf(blocking));
    }

    /// How many ports are left for a `connect` from `src` to `dst` without a bound port (TCP).
    public ConnectDecision explainConnect(InetSocket s, long srcHigh, long srcLow, long dstHigh, long dstLow, int dstPort, TupleUse tuples) {
        return choice.explainConnect(s, srcHigh, srcLow, dstHigh, dstLow, dstPort, tuples);
    }

    /// Which socket a packet from `src` to `dst` goes to, and why: a listener of TCP, or a UDP socket.
    public DemuxDecision explainDemux(long dstHigh, long dstLow, int dstPort, long srcHigh, long srcLow, int srcPort, int ifIndex) {
        return demux.explain(dstHigh, dstLow, dstPort, srcHigh, srcLow, srcPort, ifIndex, !bsd());
    }

    /// Everything that holds the port, alike holders counted; the rule of each row is [BindRule#SHARED].
    public List<PortHolder> holders(int port) {
        List<PortHolder> rows = new ArrayList<>();
        PortBucket bucket = bucket(port);
        for (int i = 0; bucket != null && i < bucket.size(); i++) {
            rows.add(PortHolder.of(bucket.at(i), bucket.at(i).count, BindRule.SHARED));
        }
        return rows;
    }

    /// Enters holders that were seen elsewhere, such as in another kernel's tables: for questions about them, in a table of their own.
    public void imagine(PortHolder holder) {
        take(claimant, holder);
        for (int i = 0; i < holder.count(); i++) {
            join(holder.port());
        }
    }

    private static void take(Claim claim, PortHolder holder) {
        boolean wild = holder.address().isUnspecified();
        claim.high = holder.address().high();
        claim.low = holder.address().low();
        claim.wild = wild;
        claim.v4 = holder.address().isV4() || wild && !holder.v6Only();
        claim.v6 = !holder.address().isV4();
        claim.device = holder.device();
        claim.reuseAddress = holder.reuseAddress();
        claim.reusePort = holder.reusePort();
        claim.owner = holder.owner();
        PortHolder.Kind kind = holder.kind();
        claim.kind(kind == PortHolder.Kind.LISTEN, kind == PortHolder.Kind.TIME_WAIT, kind == PortHolder.Kind.CONNECTION, true);
    }

    /// What one holder, which need not be in this table, says to a socket that somebody thinks of: the rule by which it blocks or gets along.
    public BindRule between(PortHolder holder, BindRequest request) {
        Claim held = new Claim();
        take(held, holder);
        Claim asking = new Claim();
        boolean anyV4 = request.domain() == InetSocket.AF_INET && request.address().isUnspecified();
        asking.take(request.socket(this), request.address().high(), anyV4 ? ANY_V4_LOW : request.address().low());
        return decide(held, asking);
    }

    private BindRule explain(int port, @Nullable ClaimGroup own, List<PortHolder> blocking) {
        PortBucket bucket = bucket(port);
        BindRule worst = bucket == null || bucket.size() == 0 ? BindRule.FREE : BindRule.SHARED;
        for (int i = 0; bucket != null && i < bucket.size(); i++) {
            ClaimGroup holder = bucket.at(i);
            int others = holder == own ? holder.count - 1 : holder.count;
            BindRule rule = decide(holder, claimant);
            if (others > 0 && rule.refuses()) {
                blocking.add(PortHolder.of(holder, others, rule));
                // A listener is the first thing to name.
                if (worst != BindRule.LISTENER) {
                    worst = rule;
                }
            }
        }
        return worst;
    }

    // The claims

    @Nullable PortBucket bucket(int port) {
        @Nullable PortBucket[] page = pages[port >>> PAGE_BITS];
        return page == null ? null : page[port & (1 << PAGE_BITS) - 1];
    }

    /// How many ports were looked at in choosing, since the start: what a choice costs.
    public long choiceProbes() {
        return choice.probes();
    }

    /// All steps of choosing ports and of taking and leaving them since the start: ports, words of 64 ports, hints and holders looked at. What must not grow with the
    /// number of connections.
    public long choiceSteps() {
        return choice.steps() + holderSteps;
    }

    PortSet explicitPorts() {
        return explicitPorts;
    }

    boolean tcp() {
        return tcp;
    }

    /// Whether a port that the table chooses would do: TCP shares none with whoever overlaps, UDP follows the options (P018, P095).
    boolean chosenBlocked(int port, Claim asking, boolean relaxed) {
        PortBucket bucket = bucket(port);
        for (int i = 0; bucket != null && i < bucket.size(); i++) {
            holderSteps++;
            ClaimGroup holder = bucket.at(i);
            BindRule rule = tcp && !relaxed ? Conflict.exclusive(holder, asking) : decide(holder, asking);
            if (rule.refuses()) {
                return true;
            }
        }
        return false;
    }

    /// Counts a socket under its present local name. UDP sockets can receive from now on.
    private void enter(InetSocket s, boolean autoboundByConnect) {
        claimant.take(s, s.localHigh(), s.localLow());
        claimant.kind(false, false, autoboundByConnect, !autoboundByConnect);
        s.portClaim = join(s.localPort());
        if (!tcp) {
            demux.enter(s);
        }
    }

    private void drop(InetSocket s) {
        part(group(s.portClaim));
        s.portClaim = 0;
    }

    /// Moves a socket's claim from its group to that of [#claimant].
    private void regroup(InetSocket s, ClaimGroup from) {
        if (!from.same(claimant)) {
            s.portClaim = join(from.port);
            part(from);
        }
    }

    /// The reuse options with which a claim counts, as [InetSocket#REUSEADDR] and [InetSocket#REUSEPORT]; 0 for no claim.
    public int reuseOptions(int claim) {
        if (claim == 0) {
            return 0;
        }
        ClaimGroup group = group(claim);
        return (group.reuseAddress ? InetSocket.REUSEADDR : 0) | (group.reusePort ? InetSocket.REUSEPORT : 0);
    }

    ClaimGroup group(int id) {
        ClaimGroup group = groups[id];
        if (group == null || group.count == 0) {
            throw new IllegalStateException("claim " + id + " is not in the port table");
        }
        return group;
    }

    /// Counts one more holder like [#claimant] on the port.
    private int join(int port) {
        @Nullable PortBucket[] page = pages[port >>> PAGE_BITS];
        if (page == null) {
            page = new @Nullable PortBucket[1 << PAGE_BITS];
            pages[port >>> PAGE_BITS] = page;
        }
        int slot = port & (1 << PAGE_BITS) - 1;
        PortBucket bucket = page[slot];
        if (bucket == null) {
            bucket = newBucket();
            page[slot] = bucket;
        }
        ClaimGroup group = bucket.like(claimant);
        holderSteps += bucket.size();
        if (group == null) {
            group = newGroup();
            group.copy(claimant);
            group.port = port;
            bucket.add(group);
        }
        group.count++;
        if (group.explicit && bucket.explicitClaims++ == 0) {
            explicitPorts.add(port);
        }
        return group.id;
    }

    /// Counts one holder less.
    private void part(ClaimGroup group) {
        int port = group.port;
        @Nullable PortBucket[] page = pages[port >>> PAGE_BITS];
        PortBucket bucket = bucket(port);
        if (page == null || bucket == null) {
            throw new IllegalStateException("port " + port + " has no holders");
        }
        group.count--;
        choice.freed(port);
        if (group.explicit && --bucket.explicitClaims == 0) {
            explicitPorts.remove(port);
        }
        if (group.count == 0) {
            bucket.remove(group);
            if (freeGroupCount == freeGroups.length) {
                freeGroups = Arrays.copyOf(freeGroups, freeGroupCount * 2);
            }
            freeGroups[freeGroupCount++] = group.id;
            if (bucket.size() == 0) {
                page[port & (1 << PAGE_BITS) - 1] = null;
                if (spareBucketCount < spareBuckets.length) {
                    spareBuckets[spareBucketCount++] = bucket;
                }
            }
        }
    }

    private PortBucket newBucket() {
        if (spareBucketCount > 0) {
            PortBucket spare = spareBuckets[--spareBucketCount];
            if (spare != null) {
                return spare;
            }
        }
        return new PortBucket();
    }

    private ClaimGroup newGroup() {
        if (freeGroupCount > 0) {
            ClaimGroup free = groups[freeGroups[--freeGroupCount]];
            if (free != null) {
                return free;
            }
        }
        int id = ++groupCount;
        if (id == groups.length) {
            groups = Arrays.copyOf(groups, id * 2);
        }
        ClaimGroup group = new ClaimGroup(id);
        groups[id] = group;
        return group;
    }
}
