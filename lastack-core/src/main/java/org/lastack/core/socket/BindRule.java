package org.lastack.core.socket;

import org.lastack.core.Errno;

/// Why a local name was given or refused. Each rule knows the errno that follows from it, so that the number and the reason cannot differ.
public enum BindRule {
    // Between two holders of one port: they get along.

    /// C.1, 1.
    ADDRESSES_DIFFER(0, "the two cover no common address"),
    /// C.1, 2.
    DEVICES_DIFFER(0, "the two are bound to different devices"),
    /// C.1, 3.
    BOTH_REUSEADDR(0, "both have SO_REUSEADDR and the holder does not listen"),
    /// C.1, 3 for UDP.
    BOTH_REUSEADDR_UDP(0, "both UDP sockets have SO_REUSEADDR"),
    /// C.1, 4.
    BOTH_REUSEPORT(0, "both have SO_REUSEPORT and one owner"),
    /// C.1, 4 for TIME-WAIT.
    BOTH_REUSEPORT_TIME_WAIT(0, "both have SO_REUSEPORT; the owner of a connection in TIME-WAIT does not matter"),
    /// C.3, FreeBSD.
    BSD_REUSEADDR_OF_NEW(0, "the new socket has SO_REUSEADDR and no unconnected socket has the same address (BSD)"),

    // Between two holders of one port: the holder blocks.

    LISTENER(Errno.EADDRINUSE, "a socket listens there; SO_REUSEADDR does not help beside a listener, only SO_REUSEPORT on both"),
    NEITHER_SHARES(Errno.EADDRINUSE, "neither socket has SO_REUSEADDR or SO_REUSEPORT"),
    NEW_SHARES_NOT(Errno.EADDRINUSE, "the holder would share, but the new socket has neither SO_REUSEADDR nor SO_REUSEPORT"),
    HOLDER_SHARES_NOT(Errno.EADDRINUSE,
            "the new socket would share, but the holder was made without that option; both need it (connections inherit it from their listener)"),
    OPTIONS_DIFFER(Errno.EADDRINUSE, "one has only SO_REUSEADDR and the other only SO_REUSEPORT; both need the same one"),
    OWNERS_DIFFER(Errno.EADDRINUSE, "both have SO_REUSEPORT, but different users own them"),
    /// Port 0 gives a port that nobody has (C.2).
    EXCLUSIVE(Errno.EADDRINUSE, "a port chosen for port 0 is not shared, whatever the options"),
    /// C.3, FreeBSD.
    BSD_SAME_ADDRESS(Errno.EADDRINUSE, "an unconnected socket has the very same address; only SO_REUSEPORT on both would share it (BSD)"),

    // Before any other socket is looked at.

    FREE(0, "nobody holds the port"),
    SHARED(0, "the port has holders, and each of them gets along with the new socket"),
    POSTPONED(0, "IP_BIND_ADDRESS_NO_PORT: the port will be chosen by connect"),
    ALREADY_BOUND(Errno.EINVAL, "the socket has a port already"),
    WRONG_FAMILY(Errno.EAFNOSUPPORT, "the address is not of the socket's family"),
    V6ONLY_MAPPED(Errno.EINVAL, "an IPv4 address on a socket with IPV6_V6ONLY"),
    STREAM_MULTICAST(Errno.EINVAL, "TCP cannot be bound to an IPv6 multicast address"),
    NOT_LOCAL(Errno.EADDRNOTAVAIL, "the address is not on this host, and neither IP_FREEBIND nor ip_nonlocal_bind is set"),
    /// Linux asks that of `::1` and of link-local addresses only.
    NOT_ON_DEVICE(Errno.EADDRNOTAVAIL, "the address, which is no global one, is not on the device that the socket is bound to"),
    PRIVILEGED(Errno.EACCES, "ports below ip_unprivileged_port_start are for user 0"),
    /// For kernels that are asked from outside.
    UNSEEN_HOLDER(Errno.EADDRINUSE, "somebody holds the port who is in no table"),
    RANGE_EXHAUSTED(Errno.EADDRINUSE, "every port of the local port range is held for this address"),
    RANGE_EXHAUSTED_AUTOBIND(Errno.EAGAIN, "every port of the local port range is held for this address");

    private final int errno;
    private final String sentence;

    BindRule(int errno, String sentence) {
        this.errno = errno;
        this.sentence = sentence;
    }

    /// The positive errno that follows; 0 if the name is given.
    public int errno() {
        return errno;
    }

    public boolean refuses() {
        return errno != 0;
    }

    /// The rule as a clause in plain English, without a full stop.
    public String sentence() {
        return sentence;
    }
}
