package org.lastack.core.socket;

/// Answers for the port table whether a connection may have these two names: TCP knows its connections and TIME-WAIT entries.
@FunctionalInterface
public interface TupleUse {
    /// [#availableAtNs]: only the end of the connection that has these names can make them available.
    long NEVER = Long.MAX_VALUE;
    /// [#availableAtNs]: nothing is known.
    long UNKNOWN = Long.MIN_VALUE;

    /// True if no connection has these names, or a TIME-WAIT entry has them that may be taken over.
    ///
    /// @param autobound the local port is being chosen by `connect`: then a TIME-WAIT entry is taken over under `net.ipv4.tcp_tw_reuse` only
    ///        (oracle P054-P086)
    boolean available(long localHigh, long localLow, int localPort, long remoteHigh, long remoteLow, int remotePort, boolean autobound);

    /// For names that are not available to an autobound `connect`: when they will be by the mere passing of time, in nanoseconds of the
    /// engine's clock (a TIME-WAIT entry that is too young for `tcp_tw_reuse`), else [#NEVER]. With [#UNKNOWN] the table asks again each time,
    /// which costs one question per port when nearly all ports towards one destination are taken.
    default long availableAtNs(long localHigh, long localLow, int localPort, long remoteHigh, long remoteLow, int remotePort) {
        return UNKNOWN;
    }
}
