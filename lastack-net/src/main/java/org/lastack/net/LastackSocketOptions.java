package org.lastack.net;

import java.net.SocketOption;
import org.lastack.core.tcp.TcpInfo;

/// Options beyond `java.net.StandardSocketOptions` and `jdk.net.ExtendedSocketOptions`, with Linux's names, for channels and sockets of Lastack.
///
/// ```java
/// TcpInfo info = channel.getOption(LastackSocketOptions.TCP_INFO);
/// ```
public final class LastackSocketOptions {
    /// How long sent data may stay unacknowledged before the connection is dropped, in milliseconds; 0 = the system's rule (RFC 5482).
    public static final SocketOption<Integer> TCP_USER_TIMEOUT = new Name<>("TCP_USER_TIMEOUT", Integer.class);
    /// The congestion control by name, as `cubic` or `reno`.
    public static final SocketOption<String> TCP_CONGESTION = new Name<>("TCP_CONGESTION", String.class);
    /// The maximum segment size in octets; before the connection is made also the one to announce.
    public static final SocketOption<Integer> TCP_MAXSEG = new Name<>("TCP_MAXSEG", Integer.class);
    /// The state of a connection in numbers; cannot be set.
    public static final SocketOption<TcpInfo> TCP_INFO = new Name<>("TCP_INFO", TcpInfo.class);

    private record Name<T>(String name, Class<T> type) implements SocketOption<T> {
        @Override
        public String toString() {
            return name;
        }
    }

    private LastackSocketOptions() {}
}
