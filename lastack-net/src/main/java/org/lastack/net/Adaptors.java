package org.lastack.net;

import java.io.IOException;
import java.net.SocketException;
import java.net.SocketOption;
import java.nio.channels.AlreadyBoundException;
import java.nio.channels.AlreadyConnectedException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ConnectionPendingException;
import java.nio.channels.IllegalBlockingModeException;
import java.nio.channels.NetworkChannel;
import java.nio.channels.NotYetBoundException;
import java.nio.channels.NotYetConnectedException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.UnresolvedAddressException;
import java.nio.channels.UnsupportedAddressTypeException;
import org.lastack.host.HostSocket;

/// What the three `socket()` adaptors have in common: a channel's exceptions in the words of `java.net`, options, time-outs.
final class Adaptors {
    private static final long NANOS_PER_MILLISECOND = 1_000_000L;

    private Adaptors() {}

    static SocketException closed() {
        return new SocketException("Socket is closed");
    }

    /// For methods that may throw nothing but a `SocketException`; other unchecked exceptions pass.
    static SocketException socketException(Exception e) {
        if (e instanceof SocketException same) {
            return same;
        }
        String text = switch (e) {
            case ClosedChannelException _ -> "Socket is closed";
            case NotYetConnectedException _ -> "Socket is not connected";
            case AlreadyConnectedException _ -> "Already connected";
            case ConnectionPendingException _ -> "Connection pending";
            case AlreadyBoundException _ -> "Already bound";
            case NotYetBoundException _ -> "Socket is not bound yet";
            case UnsupportedAddressTypeException _ -> "Unsupported address type";
            case UnresolvedAddressException _ -> "Unresolved address";
            case RuntimeException other -> throw other;
            default -> e.getMessage();
        };
        return (SocketException) new SocketException(text).initCause(e);
    }

    /// For methods that may throw any `IOException`: those of the channel pass as they are (the JDK's habit).
    static IOException ioException(Exception e) {
        return e instanceof IOException same ? same : socketException(e);
    }

    static <T> void set(NetworkChannel channel, SocketOption<T> name, T value) throws SocketException {
        try {
            channel.setOption(name, value);
        } catch (IOException e) {
            throw socketException(e);
        }
    }

    static <T> T get(NetworkChannel channel, SocketOption<T> name) throws SocketException {
        try {
            return channel.getOption(name);
        } catch (IOException e) {
            throw socketException(e);
        }
    }

    static int positive(int size, String complaint) {
        if (size <= 0) {
            throw new IllegalArgumentException(complaint);
        }
        return size;
    }

    static void requireBlocking(SelectableChannel channel) {
        if (!channel.isBlocking()) {
            throw new IllegalBlockingModeException();
        }
    }

    static void requireOpen(SelectableChannel channel) throws SocketException {
        if (!channel.isOpen()) {
            throw closed();
        }
    }

    /// @return the new SO_TIMEOUT in milliseconds
    static int timeout(SelectableChannel channel, int timeoutMs) throws SocketException {
        requireOpen(channel);
        if (timeoutMs < 0) {
            throw new IllegalArgumentException("timeout < 0");
        }
        return timeoutMs;
    }

    /// What a channel takes for a `java.net` time-out, for which 0 is "no limit".
    static long nanos(int timeoutMs) {
        return timeoutMs == 0 ? HostSocket.FOREVER : timeoutMs * NANOS_PER_MILLISECOND;
    }

    /// The inverse, for sockets of the kernel behind ours: rounded up, so that no wait becomes "no limit".
    static int milliseconds(long ns) {
        return ns < 0 ? 0 : Math.clamp((ns + NANOS_PER_MILLISECOND - 1) / NANOS_PER_MILLISECOND, 1, Integer.MAX_VALUE);
    }
}
