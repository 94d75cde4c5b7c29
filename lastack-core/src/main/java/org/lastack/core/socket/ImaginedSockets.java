package org.lastack.core.socket;

import org.lastack.wire.IpAddress;

/// Enters sockets that were seen elsewhere, such as in another kernel's tables, into a port table of their own, to ask it who hears a packet.
public final class ImaginedSockets {
    private final PortTable table;

    /// @param table which no engine uses
    public ImaginedSockets(PortTable table) {
        this.table = table;
    }

    /// Adds a socket; the order of the calls is the order of their binds.
    ///
    /// @param listening it listens (TCP)
    /// @param peer its peer (UDP); with port 0 it has none
    /// @return false if by the rules here it could not stand beside the others
    public boolean add(BindRequest name, boolean listening, IpAddress peer, int peerPort) {
        InetSocket socket = name.socket(table);
        if (table.bind(socket, name.address().high(), name.address().low(), name.port()) != 0) {
            return false;
        }
        if (peerPort != 0) {
            return table.connect(socket, name.address().high(), name.address().low(), peer.high(), peer.low(), peerPort) == 0;
        }
        return !listening || table.listen(socket) == 0;
    }
}
