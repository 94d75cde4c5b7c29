package org.lastack.tools.lab;

import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;
import org.lastack.core.tcp.SocketRow;
import org.lastack.core.tcp.TcpState;
import org.lastack.core.udp.UdpSocket;
import org.lastack.host.Host;
import org.lastack.wire.IpAddress;

/// The margins of the ladder: the states of both ends of each conversation, as the hosts' tables have them at that moment.
final class Flows {
    /// What knows the state of one end.
    interface End {
        /// The state of the end `local`, or empty if nobody knows it.
        String state(boolean udp, IpAddress local, int localPort, IpAddress remote, int remotePort, String before, boolean syn);
    }

    /// A conversation, seen from the left.
    static final class Flow {
        final IpAddress leftAddress;
        final int leftPort;
        final IpAddress rightAddress;
        final int rightPort;
        final boolean udp;
        String left = "";
        String right = "";
        /// When packets that were drawn arrive: then the states may have changed.
        private final ArrayDeque<Long> arrivals = new ArrayDeque<>();

        Flow(Packet p) {
            udp = p.udp();
            leftAddress = p.toRight() ? p.source() : p.destination();
            leftPort = p.toRight() ? p.sourcePort() : p.destinationPort();
            rightAddress = p.toRight() ? p.destination() : p.source();
            rightPort = p.toRight() ? p.destinationPort() : p.sourcePort();
        }

        private boolean arrived(long nowNs) {
            boolean any = false;
            while (!arrivals.isEmpty() && arrivals.getFirst() <= nowNs) {
                arrivals.removeFirst();
                any = true;
            }
            return any;
        }
    }

    /// Told of states that changed without a segment that says so.
    interface Listener {
        void changed(Flow flow);
    }

    private final LongSupplier nowNs;
    private final End end;
    private final Listener listener;
    private final Map<String, Flow> flows = new LinkedHashMap<>();

    Flows(LongSupplier nowNs, End end, Listener listener) {
        this.nowNs = nowNs;
        this.end = end;
        this.listener = listener;
    }

    /// The conversation of a packet that is sent now, with both states; it arrives at `arrivalNs`, or never if that is negative.
    Flow of(Packet p, long arrivalNs) {
        Flow key = new Flow(p);
        Flow flow = flows.computeIfAbsent(key.leftAddress + ":" + key.leftPort + "-" + key.rightAddress + ":" + key.rightPort + (key.udp ? "u" : ""), name -> key);
        // What arrived elsewhere at this instant may be about to answer by itself, and what arrived here with this may not be processed yet: the
        // states are looked at again when the instant is over.
        boolean syn = p.tcp() && p.opens();
        look(flow, syn);
        if (arrivalNs >= 0) {
            flow.arrivals.add(arrivalNs);
        }
        return flow;
    }

    private void look(Flow flow, boolean syn) {
        flow.left = end.state(flow.udp, flow.leftAddress, flow.leftPort, flow.rightAddress, flow.rightPort, flow.left, syn);
        flow.right = end.state(flow.udp, flow.rightAddress, flow.rightPort, flow.leftAddress, flow.leftPort, flow.right, syn);
    }

    /// Tells of each conversation whose states are not the ones drawn last.
    void catchUp() {
        for (Flow flow : flows.values()) {
            if (flow.arrived(nowNs.getAsLong())) {
                String before = flow.left + "/" + flow.right;
                look(flow, false);
                if (!before.equals(flow.left + "/" + flow.right)) {
                    listener.changed(flow);
                }
            }
        }
    }

    /// The state in a host's table. A connection that is not there is CLOSED; before its SYN has arrived, or when a half-open one is forgotten,
    /// the port is what its listener is.
    static String state(Host host, IpAddress local, int localPort, IpAddress remote, int remotePort, String before, boolean syn) {
        boolean listens = false;
        for (SocketRow row : PortTables.rows(host)) {
            if (row.localPort() == localPort && row.remotePort() == remotePort && row.local().equals(local) && row.remote().equals(remote)) {
                return row.state().netstatName();
            }
            listens |= row.state() == TcpState.LISTEN && row.localPort() == localPort;
        }
        boolean unborn = before.isEmpty() || before.equals(TcpState.LISTEN.netstatName()) || before.equals(TcpState.SYN_RECEIVED.netstatName());
        return listens && (syn || unborn) ? TcpState.LISTEN.netstatName() : "CLOSED";
    }

    /// What the datagram socket on that port is.
    static String datagrams(Words words, Host host, int localPort) {
        for (UdpSocket each : PortTables.datagrams(host)) {
            if (each.localPort() == localPort) {
                return PortTables.state(each);
            }
        }
        return words.pick("no socket", "没有套接字");
    }
}
