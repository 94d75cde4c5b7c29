package org.lastack.core.tcp;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.lastack.core.ip.IpDatagram;
import org.lastack.core.socket.ExtraOptions;

/// The headers of SYNs for listeners with TCP_SAVE_SYN, from the SYN to the connection. Beside the half-open connections, whose rows have no room for
/// them; bounded, because not every SYN becomes a connection: the oldest are forgotten.
final class SavedSyns {
    private static final int MOST = 1024;

    private record Key(long high, long low, int port, int localPort) {}

    private final Map<Key, byte[]> saved = new LinkedHashMap<>();

    private static Key key(Segment seg) {
        return new Key(seg.ip.sourceHigh, seg.ip.sourceLow, seg.sourcePort, seg.destinationPort);
    }

    /// A SYN for a listener; does nothing if that does not want it.
    void arrived(Tcb listener, Segment seg) {
        ExtraOptions options = listener.extras();
        if (options == null || options.saveSyn == 0) {
            return;
        }
        if (saved.size() >= MOST) {
            saved.remove(saved.keySet().iterator().next());
        }
        saved.put(key(seg), headers(seg));
    }

    /// From the IP header to the end of the TCP header.
    private static byte[] headers(Segment seg) {
        IpDatagram d = seg.ip;
        int tcpHeader = (d.data[d.offset + 12] >> 4 & 15) * 4;
        return Arrays.copyOfRange(d.data, d.ipOffset, d.offset + tcpHeader);
    }

    /// The SYN has become a connection.
    void established(Tcb child, Segment seg) {
        byte @Nullable [] syn = saved.isEmpty() ? null : saved.remove(key(seg));
        if (syn != null) {
            child.needExtras().savedSyn = syn;
        }
    }
}
