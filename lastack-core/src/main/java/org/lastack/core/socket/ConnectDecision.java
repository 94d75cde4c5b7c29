package org.lastack.core.socket;

import org.lastack.core.Errno;

/// How many local ports are left for connections to one destination, and what has taken the others: the answer to EADDRNOTAVAIL on `connect`.
///
/// @param low first port of the local range
/// @param high last port of it
/// @param reserved ports of the range in `ip_local_reserved_ports`
/// @param bound further ports that some socket was bound to: `connect` leaves those alone
/// @param taken further ports that have a connection to this destination already (in any state, TIME-WAIT included)
/// @param free the rest
public record ConnectDecision(int low, int high, int reserved, int bound, int taken, int free) {
    /// The errno of a connect without a bound port: EADDRNOTAVAIL or 0.
    public int errno() {
        return free > 0 ? 0 : Errno.EADDRNOTAVAIL;
    }

    /// Ports in the range.
    public int ports() {
        return Math.max(0, high - low + 1);
    }

    /// Used share of what `connect` may use at all, in percent; 100 if it may use nothing.
    public int usedPercent() {
        int usable = taken + free;
        return usable == 0 ? 100 : (int) (100L * taken / usable);
    }

    /// Connections per second that can be opened to the destination for ever, if each leaves its port in TIME-WAIT for so many milliseconds.
    public long connectionsPerSecond(long timeWaitMs) {
        return timeWaitMs <= 0 ? Long.MAX_VALUE : (taken + free) * 1000L / timeWaitMs;
    }
}
