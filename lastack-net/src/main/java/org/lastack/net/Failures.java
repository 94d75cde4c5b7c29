package org.lastack.net;

import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.PortUnreachableException;
import java.net.ProtocolException;
import java.net.SocketException;
import org.lastack.core.Errno;

/// The exceptions that the JDK throws for an errno, with its texts: libraries compare both.
final class Failures {
    static final String RESET = "Connection reset";

    private Failures() {}

    /// For bind, connect, listen, accept and options.
    static SocketException ofCall(int errno) {
        String text = Errno.text(errno);
        return switch (Math.abs(errno)) {
            case Errno.ECONNREFUSED, Errno.ETIMEDOUT, Errno.ENOTCONN -> new ConnectException(text);
            case Errno.EHOSTUNREACH -> new NoRouteToHostException(text);
            case Errno.EADDRINUSE, Errno.EADDRNOTAVAIL, Errno.EACCES -> new BindException(text);
            default -> new SocketException(text);
        };
    }

    /// As [#ofCall], but EPROTO has a class of its own that is no SocketException.
    static IOException ofConnect(int errno) {
        return Math.abs(errno) == Errno.EPROTO ? new ProtocolException(Errno.text(errno)) : ofCall(errno);
    }

    /// For reading a stream.
    static IOException ofRead(int errno) {
        return Math.abs(errno) == Errno.ECONNRESET ? new SocketException(RESET) : new IOException(Errno.text(errno));
    }

    /// For writing to a stream.
    static IOException ofWrite(int errno) {
        return new IOException(Errno.text(errno));
    }

    /// For datagrams: the peer's ICMP "port unreachable" has a class of its own.
    static IOException ofDatagram(int errno) {
        return Math.abs(errno) == Errno.ECONNREFUSED ? new PortUnreachableException() : ofCall(errno);
    }

    static void check(int result) throws SocketException {
        if (result < 0) {
            throw ofCall(result);
        }
    }
}
