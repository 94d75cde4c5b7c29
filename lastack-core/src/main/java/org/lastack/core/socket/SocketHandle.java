package org.lastack.core.socket;

import org.jspecify.annotations.Nullable;

/// What a user of the engine holds and names a socket by: the socket itself ([org.lastack.core.udp.UdpSocket]), or a small object that finds the
/// state of a connection wherever it is kept ([org.lastack.core.tcp.TcpSocket]). Its identity is that of the socket. Use under the host's lock;
/// nothing blocks.
public interface SocketHandle {
    /// The names, options and errors of the socket. For use at once, not to be kept: a connection may change the object that holds them.
    InetSocket inet();

    /// AF_INET or AF_INET6 of [InetSocket].
    default int domain() {
        return inet().domain();
    }

    default Owner owner() {
        return inet().owner();
    }

    default void owner(Owner newOwner) {
        inet().owner(newOwner);
    }

    /// One of the boolean options whose bits are constants of [InetSocket].
    default boolean option(int bit) {
        return inet().option(bit);
    }

    default void option(int bit, boolean on) {
        inet().option(bit, on);
    }

    default boolean v6Only() {
        return inet().v6Only();
    }

    /// Interface index of SO_BINDTODEVICE, 0 = any.
    default int boundInterface() {
        return inet().boundInterface();
    }

    /// Local address, upper half; IPv4 as v4-mapped.
    default long localHigh() {
        return inet().localHigh();
    }

    /// Local address, lower half.
    default long localLow() {
        return inet().localLow();
    }

    /// Local port, 0 = none.
    default int localPort() {
        return inet().localPort();
    }

    /// The peer's address, upper half.
    default long remoteHigh() {
        return inet().remoteHigh();
    }

    /// The peer's address, lower half.
    default long remoteLow() {
        return inet().remoteLow();
    }

    /// The peer's port, 0 = none.
    default int remotePort() {
        return inet().remotePort();
    }

    /// `IP_LOCAL_PORT_RANGE` as `high << 16 | low`; 0 if not set.
    default int portRange() {
        return inet().portRange();
    }

    /// The socket's entry in the port table, 0 = none.
    default int portClaim() {
        return inet().portClaim();
    }

    /// RCV_SHUTDOWN and SEND_SHUTDOWN of [InetSocket].
    default int shutdownMask() {
        return inet().shutdownMask();
    }

    /// SO_TIMESTAMPING's bits, of [SocketOptions].
    default int timestamping() {
        return inet().timestamping();
    }

    /// Who is told of readiness; null = nobody.
    default void events(@Nullable SocketEvents receiver) {
        inet().events(receiver);
    }

    /// The pending error without clearing it, a positive errno; 0 = none.
    default int pendingError() {
        return inet().pendingError();
    }

    /// SO_ERROR: the pending error, which is cleared; else the soft error, which is cleared too.
    default int takeError() {
        return inet().takeError();
    }

    /// SO_SNDBUF in octets as `getsockopt` shows it.
    default int sendBuffer() {
        return inet().sendBuffer();
    }

    /// SO_RCVBUF in octets as `getsockopt` shows it.
    default int receiveBuffer() {
        return inet().receiveBuffer();
    }

    /// SO_LINGER: seconds, or -1 if off.
    default int lingerOption() {
        return inet().lingerOption();
    }

    /// SO_RCVLOWAT in octets.
    default int receiveLowWater() {
        return inet().receiveLowWater();
    }

    /// SO_RCVTIMEO in microseconds, 0 = for ever; blocking is the business of the layers above.
    default long receiveTimeoutUs() {
        return inet().receiveTimeoutUs();
    }

    /// SO_SNDTIMEO in microseconds, 0 = for ever.
    default long sendTimeoutUs() {
        return inet().sendTimeoutUs();
    }

    /// True for SOCK_STREAM, false for SOCK_DGRAM.
    default boolean stream() {
        return inet().stream();
    }

    /// True while this is a TCP socket in LISTEN.
    default boolean listening() {
        return inet().listening();
    }

    /// Poll bits of [InetSocket] that hold now.
    default int poll() {
        return inet().poll();
    }
}
