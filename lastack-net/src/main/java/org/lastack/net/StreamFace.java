package org.lastack.net;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.SocketException;
import org.jspecify.annotations.Nullable;

/// What [SocketAdaptor] needs of a `SocketChannel` beyond the JDK's methods. Times are in nanoseconds, negative = no limit.
interface StreamFace {
    /// @throws java.net.SocketTimeoutException if the time was not enough; the channel is closed then
    void connect(SocketAddress name, long timeoutNs) throws IOException;

    /// Without a look at the channel's state, as [#remoteName].
    @Nullable InetSocketAddress localName();

    @Nullable InetSocketAddress remoteName();

    /// Takes no lock.
    boolean inputShut();

    /// Takes no lock.
    boolean outputShut();

    /// @return octets, or -1 at the end
    /// @throws java.net.SocketTimeoutException after `timeoutNs`
    int readTimed(byte[] bytes, int offset, int length, long timeoutNs) throws IOException;

    /// Octets that can be read without waiting.
    int available() throws IOException;

    /// Everything, however long it takes.
    void writeFully(byte[] bytes, int offset, int length) throws IOException;

    /// False if there was no room.
    boolean sendUrgent(byte octet) throws IOException;

    void outOfBandInline(boolean on) throws SocketException;

    boolean outOfBandInline() throws SocketException;
}
