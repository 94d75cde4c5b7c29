package org.lastack.net;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.nio.channels.UnresolvedAddressException;
import java.nio.channels.UnsupportedAddressTypeException;
import org.jspecify.annotations.Nullable;
import org.lastack.core.socket.InetSocket;
import org.lastack.host.SocketName;
import org.lastack.wire.IpAddress;

/// Between the JDK's addresses and the stack's.
final class Addresses {
    private Addresses() {}

    /// Checks as the channels' specification asks for.
    static InetSocketAddress checked(@Nullable SocketAddress given, int domain) {
        if (given == null) {
            throw new NullPointerException("address");
        }
        if (!(given instanceof InetSocketAddress address)) {
            throw new UnsupportedAddressTypeException();
        }
        if (address.isUnresolved()) {
            throw new UnresolvedAddressException();
        }
        if (domain == InetSocket.AF_INET && !(address.getAddress() instanceof Inet4Address)) {
            throw new UnsupportedAddressTypeException();
        }
        return address;
    }

    /// The peer's address: an unspecified one means this host, in its own family.
    static IpAddress peer(InetSocketAddress address, int domain) {
        return of(address.getAddress(), domain, false);
    }

    /// The address to bind to. As in the JDK, `0.0.0.0` on a socket of both families is the wildcard of both.
    static IpAddress local(@Nullable InetAddress address, int domain) {
        if (address == null || address.isAnyLocalAddress()) {
            return domain == InetSocket.AF_INET ? IpAddress.ANY_V4 : IpAddress.ANY_V6;
        }
        return of(address, domain, true);
    }

    private static IpAddress of(InetAddress address, int domain, boolean local) {
        byte[] bytes = address.getAddress();
        if (!local && address.isAnyLocalAddress()) {
            return domain == InetSocket.AF_INET || bytes.length == 4 ? IpAddress.LOOPBACK_V4 : IpAddress.LOOPBACK_V6;
        }
        return bytes.length == 4 ? IpAddress.readV4(bytes, 0) : IpAddress.readV6(bytes, 0);
    }

    static InetAddress inetAddress(IpAddress address) {
        try {
            return InetAddress.getByAddress(address.toBytes());
        } catch (UnknownHostException e) {
            throw new IllegalStateException("an address has 4 or 16 octets", e);
        }
    }

    static InetSocketAddress socketAddress(SocketName name) {
        return new InetSocketAddress(inetAddress(name.address()), name.port());
    }

    /// The wildcard of a socket, as the JDK shows it.
    static InetAddress any(int domain) {
        return inetAddress(domain == InetSocket.AF_INET ? IpAddress.ANY_V4 : IpAddress.ANY_V6);
    }
}
