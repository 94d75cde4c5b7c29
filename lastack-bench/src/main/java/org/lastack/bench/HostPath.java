package org.lastack.bench;

import org.lastack.core.socket.InetSocket;
import org.lastack.core.socket.Owner;
import org.lastack.host.Host;
import org.lastack.host.HostTcpSocket;
import org.lastack.host.VirtualDriver;
import org.lastack.link.MemoryLink;
import org.lastack.wire.IpAddress;

/// Two hosts with locks, sockets, ports and a link in memory between them, as on a device, in one thread and virtual time: one flow of bulk.
final class HostPath implements AutoCloseable {
    private static final long STEP_NS = 20_000;
    private static final int PORT = 9000;

    private final VirtualDriver time = new VirtualDriver();
    private final Host left;
    private final Host right;
    private final HostTcpSocket sender;
    private final HostTcpSocket receiver;
    private final byte[] buffer = new byte[1 << 16];

    HostPath() {
        MemoryLink.Pair pair = MemoryLink.pair("left0", "right0");
        left = Host.builder().name("left").driver(time).seed(1).link(pair.left(), "10.0.0.1/24").build();
        right = Host.builder().name("right").driver(time).seed(2).link(pair.right(), "10.0.0.2/24").build();
        HostTcpSocket listener = right.tcpSocket(InetSocket.AF_INET, Owner.ROOT);
        Pair.check("bind", listener.bind(IpAddress.of("10.0.0.2"), PORT));
        Pair.check("listen", listener.listen(1));
        sender = left.tcpSocket(InetSocket.AF_INET, Owner.ROOT);
        Pair.check("connect", sender.connect(IpAddress.of("10.0.0.2"), PORT, Long.MAX_VALUE));
        HostTcpSocket accepted = listener.accept(Long.MAX_VALUE);
        if (accepted == null) {
            throw new IllegalStateException("no connection was accepted");
        }
        receiver = accepted;
    }

    /// Octets allocated per full segment, by both hosts, after as many turns for compilers and pools.
    double allocatedPerSegment(int turns) {
        turns(turns);
        long before = Machine.allocated();
        long octets = turns(turns);
        return (Machine.allocated() - before) / (octets / 1448.0);
    }

    private long turns(int count) {
        long octets = 0;
        for (int i = 0; i < count; i++) {
            while (sender.send(buffer, 0, buffer.length, 0, 0) > 0) {
                // until the send buffer is full
            }
            time.runFor(STEP_NS);
            int taken;
            while ((taken = receiver.receive(buffer, 0, buffer.length, 0, 0)) > 0) {
                octets += taken;
            }
        }
        return octets;
    }

    @Override
    public void close() {
        left.close();
        right.close();
    }
}
