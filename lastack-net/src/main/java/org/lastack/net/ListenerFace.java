package org.lastack.net;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.SocketChannel;
import org.jspecify.annotations.Nullable;

/// What [ServerSocketAdaptor] needs of a `ServerSocketChannel` beyond the JDK's methods.
interface ListenerFace {
    /// Without a look at the channel's state.
    @Nullable InetSocketAddress localName();

    /// @param timeoutNs negative = no limit
    /// @throws java.net.SocketTimeoutException after that time
    SocketChannel acceptTimed(long timeoutNs) throws IOException;
}
