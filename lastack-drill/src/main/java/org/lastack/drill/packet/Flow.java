package org.lastack.drill.packet;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.lastack.wire.IpAddress;

/// The connection under test: its addresses, and how the numbers of the script map to those on the wire. Script numbers are relative to the
/// initial sequence number of the respective side, except in packets with SYN.
public final class Flow {
    private final boolean v4;
    private final IpAddress local;
    private final IpAddress remote;
    private int localPort;
    private int remotePort;

    private boolean localIsnKnown;
    private int localIsn;
    private int scriptLocalIsn;
    private boolean remoteIsnKnown;
    private int remoteIsn;
    private int lastSyn;
    private boolean synchronizedOnce;

    private final Map<Integer, Integer> timestamps = new HashMap<>();
    private @Nullable Integer firstTimestamp;
    private int firstScriptTimestamp;
    private final Map<Integer, Integer> flowLabels = new HashMap<>();

    /// @param localPort and @param remotePort 0 while the script and the packets so far do not tell
    public Flow(boolean v4, IpAddress local, int localPort, IpAddress remote, int remotePort) {
        this.v4 = v4;
        this.local = local;
        this.remote = remote;
        this.localPort = localPort;
        this.remotePort = remotePort;
    }

    public boolean v4() {
        return v4;
    }

    public IpAddress local() {
        return local;
    }

    public IpAddress remote() {
        return remote;
    }

    public int localPort() {
        return localPort;
    }

    public int remotePort() {
        return remotePort;
    }

    public void localPort(int port) {
        localPort = port;
    }

    public void remotePort(int port) {
        remotePort = port;
    }

    /// True for a packet that the stack sent on this connection. A port that is not known yet matches any.
    public boolean owns(LivePacket packet) {
        return packet.source().equals(local) && packet.destination().equals(remote) && (localPort == 0 || packet.sourcePort() == localPort)
                && (remotePort == 0 || packet.destinationPort() == remotePort);
    }

    // Sequence numbers.

    /// Notes an injected SYN: its number is the peer's initial sequence number, unless the stack has answered an earlier one.
    void injectedSyn(int sequence) {
        lastSyn = sequence;
        if (!remoteIsnKnown || !synchronizedOnce) {
            remoteIsnKnown = true;
            remoteIsn = sequence;
        }
    }

    /// Notes a segment that belongs to a connection with both numbers known: later SYNs change nothing.
    void nonSynSeen() {
        synchronizedOnce |= remoteIsnKnown && localIsnKnown;
    }

    /// Notes a SYN of the stack; `scriptSequence` is how the script calls its sequence number.
    public void emittedSyn(LivePacket packet, int scriptSequence) {
        boolean reopened = synchronizedOnce && packet.hasAck() && packet.sequence() != localIsn && packet.acknowledgment() == lastSyn + 1;
        if (reopened) {
            remoteIsn = lastSyn;
            localIsnKnown = false;
        }
        if (!localIsnKnown) {
            localIsnKnown = true;
            localIsn = packet.sequence();
            scriptLocalIsn = scriptSequence;
        }
        synchronizedOnce |= packet.hasAck() && remoteIsnKnown;
    }

    /// True if the SYN is one that the stack has sent on this connection before.
    public boolean repeatsSyn(LivePacket syn) {
        return localIsnKnown && syn.sourcePort() == localPort && syn.sequence() == localIsn;
    }

    public boolean localIsnKnown() {
        return localIsnKnown;
    }

    /// What has to be added to a script number of the stack's side to get the number on the wire.
    int localOffset(boolean syn) {
        return syn ? localIsn - scriptLocalIsn : localIsn;
    }

    /// The same for the peer's side: numbers of its SYN are literal.
    int remoteOffset(boolean syn) {
        return syn ? 0 : remoteIsn;
    }

    // Timestamps.

    /// Remembers that the script calls the stack's timestamp `live` by the name `script`.
    public void timestamp(int script, int live) {
        if (firstTimestamp == null) {
            firstTimestamp = live;
            firstScriptTimestamp = script;
        }
        timestamps.put(script, live);
    }

    public @Nullable Integer firstTimestamp() {
        return firstTimestamp;
    }

    public int firstScriptTimestamp() {
        return firstScriptTimestamp;
    }

    /// The stack's timestamp that the script calls so, or null.
    @Nullable Integer liveTimestamp(int script, boolean scaled) {
        Integer live = timestamps.get(script);
        if (live == null && scaled && firstTimestamp != null) {
            return firstTimestamp + (script - firstScriptTimestamp);
        }
        return live;
    }

    // Flow labels.

    /// Null if the live label fits the script's name for it, else what is wrong.
    @Nullable String flowLabel(int script, int live) {
        if (live == 0) {
            return "flow label is 0";
        }
        Integer known = flowLabels.get(script);
        if (known != null) {
            return known == live ? null : "flow label changed: was 0x" + Integer.toHexString(known) + ", is 0x" + Integer.toHexString(live);
        }
        if (flowLabels.containsValue(live)) {
            return "flow label did not change: 0x" + Integer.toHexString(live);
        }
        flowLabels.put(script, live);
        return null;
    }
}
