package org.lastack.core.socket;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lastack.wire.IpAddress;

/// The last refused `bind` calls, with the options that the sockets had then: an option that is set after `bind` cannot be seen in any table
/// afterwards. Bounded: the oldest are forgotten, and so few sockets, which have no
/// buffers yet, may well be kept a little longer than their programs keep them. Belongs to its engine: use under the host's lock.
public final class BindRefusals {
    /// How many are remembered: a program that tries again every second shows its last half minute.
    public static final int REMEMBERED = 32;

    private final @Nullable Entry[] ring = new @Nullable Entry[REMEMBERED];
    private int next;

    /// One refused call. Both reuse options are as they were in it.
    ///
    /// @param ageNs nanoseconds since
    /// @param socket who called; it may have been closed since
    public record Row(long ageNs, IpAddress address, int port, boolean reuseAddress, boolean reusePort, Owner owner, SocketHandle socket) {
        /// A reuse option that it lacked was set later, too late for that call.
        public boolean optionCameLate() {
            return !reuseAddress && socket.option(InetSocket.REUSEADDR) || !reusePort && socket.option(InetSocket.REUSEPORT);
        }
    }

    private record Entry(long atNs, IpAddress address, int port, boolean reuseAddress, boolean reusePort, Owner owner, SocketHandle socket) {}

    /// Remembers a call that gave EADDRINUSE.
    public void add(InetSocket s, long high, long low, int port, long nowNs) {
        ring[next] = new Entry(nowNs, new IpAddress(high, low), port, s.option(InetSocket.REUSEADDR), s.option(InetSocket.REUSEPORT), s.owner(), s.handle());
        next = (next + 1) % REMEMBERED;
    }

    /// Those about a port, the newest first.
    public List<Row> rows(int port, long nowNs) {
        List<Row> rows = new ArrayList<>();
        for (int back = 1; back <= REMEMBERED; back++) {
            Entry each = ring[Math.floorMod(next - back, REMEMBERED)];
            if (each != null && each.port == port) {
                rows.add(new Row(nowNs - each.atNs, each.address, port, each.reuseAddress, each.reusePort, each.owner, each.socket));
            }
        }
        return rows;
    }
}
