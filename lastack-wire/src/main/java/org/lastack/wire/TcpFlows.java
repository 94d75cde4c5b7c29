package org.lastack.wire;

import java.util.LinkedHashMap;
import java.util.Map;

/// What a [PacketPrinter] remembers of each TCP connection to print sequence numbers relative to its start, as tcpdump does without `-S`.
///
/// The first segment with ACK of a connection is printed with absolute numbers and is the base of all later ones; a SYN begins anew. At most
/// [#MAX_FLOWS] connections are remembered; the longest unseen is forgotten first. For tools; it allocates. Not thread-safe.
public final class TcpFlows {
    /// Bound on memory when somebody prints a port scan.
    public static final int MAX_FLOWS = 4096;

    private record Key(long highA, long lowA, int portA, long highB, long lowB, int portB) {}

    /// The sequence numbers before the first data octet of end A and end B.
    private record Base(int sequenceA, int sequenceB) {}

    private final Map<Key, Base> flows = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Key, Base> eldest) {
            return size() > MAX_FLOWS;
        }
    };

    /// What is to be subtracted from the sequence numbers of the segment's sender, after [#look].
    int sequenceBase;
    /// What is to be subtracted from its acknowledgments.
    int acknowledgmentBase;

    /// Looks a segment up and remembers its connection if it is the first with ACK.
    void look(long sourceHigh, long sourceLow, int sourcePort, long destinationHigh, long destinationLow, int destinationPort, int flags,
            int sequence, int acknowledgment) {
        sequenceBase = 0;
        acknowledgmentBase = 0;
        if ((flags & TcpHeader.ACK) == 0) {
            return;
        }
        boolean forward = isForward(sourceHigh, sourceLow, sourcePort, destinationHigh, destinationLow, destinationPort);
        Key key = forward ? new Key(sourceHigh, sourceLow, sourcePort, destinationHigh, destinationLow, destinationPort)
                : new Key(destinationHigh, destinationLow, destinationPort, sourceHigh, sourceLow, sourcePort);
        Base base = flows.get(key);
        if (base == null || (flags & TcpHeader.SYN) != 0) {
            int before = acknowledgment - 1;
            flows.put(key, forward ? new Base(sequence, before) : new Base(before, sequence));
            return;
        }
        sequenceBase = forward ? base.sequenceA : base.sequenceB;
        acknowledgmentBase = forward ? base.sequenceB : base.sequenceA;
    }

    private static boolean isForward(long sourceHigh, long sourceLow, int sourcePort, long destinationHigh, long destinationLow,
            int destinationPort) {
        if (sourcePort != destinationPort) {
            return sourcePort < destinationPort;
        }
        return sourceHigh != destinationHigh ? sourceHigh < destinationHigh : sourceLow <= destinationLow;
    }

    /// Connections that are remembered.
    int size() {
        return flows.size();
    }
}
