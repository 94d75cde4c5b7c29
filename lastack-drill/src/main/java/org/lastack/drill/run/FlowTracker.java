package org.lastack.drill.run;

import org.jspecify.annotations.Nullable;
import org.lastack.drill.packet.Flow;
import org.lastack.drill.packet.LivePacket;
import org.lastack.drill.script.PacketSpec;

/// Knows which connection is under test: that of the latest `socket()`, then the child of a listener, or one made from nothing by a packet.
final class FlowTracker {
    /// Remote ports of peers that connect to a listener, counting up.
    private static final int FIRST_PEER_PORT = 41_000;

    private final RunSettings settings;
    private @Nullable Flow flow;
    private boolean udp;
    private boolean listening;
    private boolean bound;
    private @Nullable Flow attempt;
    private int nextPeerPort = FIRST_PEER_PORT;
    /// The script's descriptor of the socket under test; -1 while a child is not accepted.
    private int descriptor = -1;

    FlowTracker(RunSettings settings) {
        this.settings = settings;
    }

    @Nullable Flow flow() {
        return flow;
    }

    /// The flow, or an invented one for messages about packets without a socket.
    Flow flowOrFresh() {
        Flow known = flow;
        if (known == null) {
            known = fresh(settings.bindPort(), 0);
            flow = known;
        }
        return known;
    }

    int descriptor() {
        return descriptor;
    }

    private Flow fresh(int localPort, int remotePort) {
        return new Flow(settings.mode().v4Packets(), settings.local(), localPort, settings.remote(), remotePort);
    }

    void socket(int scriptNumber, boolean datagrams) {
        descriptor = scriptNumber;
        udp = datagrams;
        listening = false;
        bound = false;
        flow = fresh(0, datagrams ? settings.connectPort() : 0);
    }

    void bind(int scriptNumber, int port) {
        if (scriptNumber == descriptor && flow != null && port != 0) {
            bound = true;
            flow.localPort(port);
        }
    }

    void listen(int scriptNumber) {
        if (scriptNumber == descriptor) {
            listening = true;
        }
    }

    /// A connection attempt is about to begin. The flow must be known before: a blocking connect sends its SYN while the call is under way.
    void connecting(int scriptNumber, int port) {
        if (scriptNumber == descriptor && !udp) {
            Flow before = flow;
            Flow candidate = fresh(bound && before != null ? before.localPort() : 0, port);
            if (before == null || before.remotePort() == 0) {
                flow = candidate;
            } else {
                attempt = candidate;
            }
        }
    }

    void accept(int scriptNumber) {
        if (descriptor < 0) {
            descriptor = scriptNumber;
        }
    }

    void close(int scriptNumber) {
        if (scriptNumber == descriptor) {
            // The connection lives on as an orphan; only its descriptor is gone.
            descriptor = -2;
        }
    }

    /// Prepares the flow for a packet that is about to be injected.
    Flow inbound(PacketSpec spec) {
        int source = -1;
        int destination = -1;
        if (spec instanceof PacketSpec.Tcp tcp) {
            source = tcp.sourcePort();
            destination = tcp.destinationPort();
        } else if (spec instanceof PacketSpec.Udp datagram) {
            source = datagram.sourcePort();
            destination = datagram.destinationPort();
        }
        Flow current = flow;
        if (current == null || listening && spec instanceof PacketSpec.Tcp) {
            int localPort = current != null && current.localPort() != 0 ? current.localPort() : settings.bindPort();
            current = fresh(destination >= 0 ? destination : localPort, source >= 0 ? source : nextPeerPort++);
            flow = current;
            descriptor = listening ? -1 : descriptor;
            listening = false;
        }
        if (current.remotePort() == 0) {
            current.remotePort(source >= 0 ? source : nextPeerPort++);
        }
        if (current.localPort() == 0) {
            current.localPort(destination >= 0 ? destination : settings.bindPort());
        }
        return current;
    }

    /// True if the stack sent the packet on the connection under test, or it is an ICMP message and one is expected. Learns the port that the
    /// stack chose.
    boolean owns(LivePacket packet, PacketSpec expected) {
        if (expected instanceof PacketSpec.Icmp) {
            return packet.isIcmp();
        }
        adoptAttempt(packet);
        Flow current = flow;
        boolean wanted = expected instanceof PacketSpec.Tcp ? packet.isTcp() : packet.isUdp();
        if (!wanted) {
            return false;
        }
        if (current == null || explicitPorts(packet, expected)) {
            return true;
        }
        return belongs(current, packet);
    }

    /// As [#owns] without an expectation: for runs that only look.
    boolean observes(LivePacket packet) {
        adoptAttempt(packet);
        Flow current = flow;
        return packet.isIcmp() || current == null || belongs(current, packet);
    }

    private static boolean belongs(Flow current, LivePacket packet) {
        if (!current.owns(packet)) {
            return false;
        }
        if (current.localPort() == 0) {
            if (packet.isTcp() && !packet.isSyn()) {
                return false;
            }
            current.localPort(packet.sourcePort());
        }
        if (current.remotePort() == 0) {
            current.remotePort(packet.destinationPort());
        }
        return true;
    }

    /// A SYN that repeats none of the connection so far belongs to the latest connect().
    private void adoptAttempt(LivePacket packet) {
        Flow candidate = attempt;
        Flow before = flow;
        if (candidate != null && packet.isTcp() && packet.isSyn() && !packet.hasAck() && candidate.owns(packet) && (before == null || !before.repeatsSyn(packet))) {
            flow = candidate;
            attempt = null;
        }
    }

    private static boolean explicitPorts(LivePacket packet, PacketSpec expected) {
        return switch (expected) {
            case PacketSpec.Tcp tcp -> tcp.sourcePort() == packet.sourcePort() && tcp.destinationPort() == packet.destinationPort();
            case PacketSpec.Udp datagram -> datagram.sourcePort() == packet.sourcePort() && datagram.destinationPort() == packet.destinationPort();
            case PacketSpec.Icmp icmp -> false;
        };
    }
}
