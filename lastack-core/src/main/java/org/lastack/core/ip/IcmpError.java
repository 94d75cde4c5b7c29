package org.lastack.core.ip;

import org.lastack.core.Errno;
import org.lastack.core.Interface;
import org.jspecify.annotations.Nullable;

/// An ICMP error that quotes a packet of ours. One instance is reused; valid during the call only.
public final class IcmpError {
    public boolean v4;
    public int type;
    public int code;
    /// Next-hop MTU of "fragmentation needed" or "packet too big" in octets; 0 if the router did not say.
    public int mtu;
    /// True for "fragmentation needed" (ICMPv4 3/4) and "packet too big" (ICMPv6 2).
    public boolean packetTooBig;
    /// Sender of the ICMP message.
    public long offenderHigh;
    public long offenderLow;
    /// The quoted packet: our address (its source), the peer (its destination).
    public long localHigh;
    public long localLow;
    public long remoteHigh;
    public long remoteLow;
    public int protocol;
    /// Storage of the ICMP message; the quoted transport header is at [#offset] with [#length] octets, at least 8.
    public byte[] data = new byte[0];
    public int offset;
    public int length;
    public @Nullable Interface in;

    /// The errno that Linux derives from type and code; 0 if the message means nothing to a socket (source quench, redirect, unknown).
    public int errno() {
        return v4 ? errnoV4() : errnoV6();
    }

    /// True if Linux aborts a connection attempt at once for this message ("fatal" in its table). Soft errors are only remembered.
    public boolean hard() {
        if (v4) {
            return type == 12 || type == 3 && switch (code) {
                case 2, 3, 6, 7, 8, 9, 10, 13, 14, 15 -> true;
                default -> false;
            };
        }
        return type == 4 && code != 2 || type == 1 && (code == 1 || code == 4 || code == 5 || code == 6);
    }

    private int errnoV4() {
        if (type == 3) {
            return switch (code) {
                case 0, 6, 9, 11 -> Errno.ENETUNREACH;
                case 1, 10, 12, 13, 14, 15, 5 -> code == 5 ? Errno.EOPNOTSUPP : Errno.EHOSTUNREACH;
                case 2 -> Errno.ENOPROTOOPT;
                case 3 -> Errno.ECONNREFUSED;
                case 4 -> Errno.EMSGSIZE;
                case 7 -> Errno.EHOSTDOWN;
                case 8 -> Errno.ENONET;
                // Codes that nobody has given a meaning.
                default -> 0;
            };
        }
        return switch (type) {
            case 11 -> Errno.EHOSTUNREACH;
            case 12 -> Errno.EPROTO;
            default -> 0;
        };
    }

    private int errnoV6() {
        return switch (type) {
            case 1 -> switch (code) {
                case 0 -> Errno.ENETUNREACH;
                case 1 -> Errno.EACCES;
                case 4 -> Errno.ECONNREFUSED;
                case 5, 6 -> Errno.EACCES;
                default -> Errno.EHOSTUNREACH;
            };
            case 2 -> Errno.EMSGSIZE;
            case 3 -> Errno.EHOSTUNREACH;
            case 4 -> Errno.EPROTO;
            default -> 0;
        };
    }
}
