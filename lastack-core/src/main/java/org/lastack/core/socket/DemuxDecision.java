package org.lastack.core.socket;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// Which socket a packet goes to, and why not to the others on its port (DIAGNOSIS 23).
///
/// @param chosen the socket, or null: then nobody hears the packet
/// @param reason why that one, as a clause in plain English
/// @param candidates all listeners or UDP sockets on the port
public record DemuxDecision(@Nullable SocketHandle chosen, String reason, List<Candidate> candidates) {
    /// A socket on the packet's port.
    ///
    /// @param matches the packet could go to it
    /// @param reason why it matches, or why not
    public record Candidate(SocketHandle socket, boolean matches, String reason) {}
}
