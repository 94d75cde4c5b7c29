package org.lastack.core.tcp;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lastack.core.socket.Owner;

/// Who sent the first FIN, for the last connections that were closed in the regular way: that side keeps the TIME-WAIT. Bounded: the oldest are
/// forgotten. Recording allocates nothing once the ring exists. Belongs to its engine: use under the host's lock.
public final class CloseLog {
    /// How many are remembered: enough for a percentage.
    public static final int REMEMBERED = 256;
    /// This side sent its FIN first.
    public static final int OURS = 1;
    /// The peer did.
    public static final int PEERS = 2;
    /// Both did: simultaneous close.
    public static final int BOTH = 3;

    /// Made when first needed: most hosts of a simulation close few connections.
    private @Nullable Columns columns;

    private static final class Columns {
        private final byte[] first = new byte[REMEMBERED];
        private final char[] localPort = new char[REMEMBERED];
        private final Owner[] owner = new Owner[REMEMBERED];
        private int next;
        private int filled;
    }

    /// One closed connection.
    ///
    /// @param first [#OURS], [#PEERS] or [#BOTH]
    /// @param owner whose socket it was
    public record Row(int first, int localPort, Owner owner) {}

    void add(Connection c, int who) {
        Columns all = columns;
        if (all == null) {
            all = new Columns();
            columns = all;
        }
        all.first[all.next] = (byte) who;
        all.localPort[all.next] = (char) c.localPort();
        all.owner[all.next] = c.owner();
        all.next = (all.next + 1) % REMEMBERED;
        all.filled = Math.min(REMEMBERED, all.filled + 1);
    }

    /// What is remembered, in no particular order.
    public List<Row> rows() {
        List<Row> rows = new ArrayList<>();
        Columns all = columns;
        for (int i = 0; all != null && i < all.filled; i++) {
            rows.add(new Row(all.first[i], all.localPort[i], all.owner[i]));
        }
        return rows;
    }
}
