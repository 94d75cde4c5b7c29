package org.lastack.bsd;

import org.jspecify.annotations.Nullable;
import org.lastack.core.socket.InetSocket;
import org.lastack.wire.Bytes;
import org.lastack.wire.IpAddress;

/// A socket address as the BSD calls take it.
///
/// @param family AF_INET, AF_INET6 or AF_UNSPEC; another number is carried along for the calls to refuse
/// @param address the address; with AF_INET6 an IPv4 one stands for its mapped form
/// @param port 0..65535
public record SockAddr(int family, IpAddress address, int port) {
    /// `sizeof(struct sockaddr_in)`.
    public static final int LENGTH_V4 = 16;
    /// `sizeof(struct sockaddr_in6)`.
    public static final int LENGTH_V6 = 28;
    /// What `connect` takes as "forget the peer".
    public static final SockAddr UNSPEC = new SockAddr(InetSocket.AF_UNSPEC, IpAddress.ANY_V4, 0);

    public SockAddr {
        if (port < 0 || port > 65_535) {
            throw new IllegalArgumentException("port " + port + " is outside 0..65535");
        }
    }

    /// Family from the form of the literal: `10.0.0.1` is AF_INET, `::ffff:10.0.0.1` and `fd00::1` are AF_INET6.
    public static SockAddr of(String address, int port) {
        IpAddress parsed = IpAddress.of(address);
        return new SockAddr(address.indexOf(':') >= 0 ? InetSocket.AF_INET6 : InetSocket.AF_INET, parsed, port);
    }

    /// Octets of its C structure; what the calls take as the length of a record.
    public int length() {
        return family == InetSocket.AF_INET6 ? LENGTH_V6 : LENGTH_V4;
    }

    /// The C structure with Linux's layout: family little-endian, port and address in network order.
    public byte[] toBytes() {
        byte[] bytes = new byte[length()];
        bytes[0] = (byte) family;
        bytes[1] = (byte) (family >>> 8);
        Bytes.put16(bytes, 2, port);
        if (family == InetSocket.AF_INET6) {
            Bytes.put64(bytes, 8, address.high());
            Bytes.put64(bytes, 16, address.low());
        } else {
            Bytes.put32(bytes, 4, address.v4Bits());
        }
        return bytes;
    }

    /// Reads a C structure of `length` octets (at most as many as there are); what lies beyond the end reads as 0. Null if it is too short for a family.
    public static @Nullable SockAddr fromBytes(byte[] bytes, int length) {
        if (length < 2 || length > bytes.length) {
            return null;
        }
        byte[] whole = new byte[LENGTH_V6];
        System.arraycopy(bytes, 0, whole, 0, Math.min(length, LENGTH_V6));
        int family = whole[0] & 0xff | (whole[1] & 0xff) << 8;
        IpAddress address = family == InetSocket.AF_INET6 ? new IpAddress(Bytes.i64(whole, 8), Bytes.i64(whole, 16)) : IpAddress.readV4(whole, 4);
        return new SockAddr(family, address, Bytes.u16(whole, 2));
    }

    @Override
    public String toString() {
        return address.withPort(port);
    }
}
