package org.lastack.core.tcp;

/// Something that is found by a connection's two addresses and ports.
interface Tuple {
    boolean isFor(long localHigh, long localLow, int localPort, long remoteHigh, long remoteLow, int remotePort);
}
