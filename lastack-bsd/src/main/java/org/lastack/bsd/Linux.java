package org.lastack.bsd;

/// Constants of the socket calls with Linux's values (x86-64, arm64). Poll bits and `SHUT_*` are in [org.lastack.core.socket.InetSocket], `MSG_*` in
/// [org.lastack.core.socket.Msg], options in [org.lastack.core.socket.SocketOptions].
public final class Linux {
    public static final int SOCK_STREAM = 1;
    public static final int SOCK_DGRAM = 2;
    public static final int SOCK_RAW = 3;
    /// Types that exist are below this one.
    static final int SOCK_MAX = 11;
    static final int SOCK_TYPE_MASK = 0xf;
    public static final int SOCK_NONBLOCK = 0x800;
    public static final int SOCK_CLOEXEC = 0x80000;

    public static final int IPPROTO_TCP = 6;
    public static final int IPPROTO_UDP = 17;

    public static final int SO_RCVTIMEO_NEW = 66;
    public static final int SO_SNDTIMEO_NEW = 67;

    public static final int IPV6_PKTINFO = 50;
    public static final int IPV6_HOPLIMIT = 52;

    public static final int TCP_NODELAY = 1;
    public static final int TCP_MAXSEG = 2;
    public static final int TCP_CORK = 3;
    public static final int TCP_KEEPIDLE = 4;
    public static final int TCP_KEEPINTVL = 5;
    public static final int TCP_KEEPCNT = 6;
    public static final int TCP_LINGER2 = 8;
    public static final int TCP_INFO = 11;
    public static final int TCP_USER_TIMEOUT = 18;

    public static final int FIONREAD = 0x541b;
    public static final int SIOCINQ = FIONREAD;
    public static final int SIOCOUTQ = 0x5411;
    public static final int SIOCOUTQNSD = 0x894b;
    public static final int SIOCATMARK = 0x8905;
    public static final int FIONBIO = 0x5421;

    public static final int F_DUPFD = 0;
    public static final int F_GETFD = 1;
    public static final int F_SETFD = 2;
    public static final int F_GETFL = 3;
    public static final int F_SETFL = 4;
    public static final int F_DUPFD_CLOEXEC = 1030;
    public static final int FD_CLOEXEC = 1;
    public static final int O_RDWR = 2;
    public static final int O_NONBLOCK = 0x800;
    public static final int O_CLOEXEC = 0x80000;

    /// More poll bits; the engine knows only the plain ones.
    public static final int POLLNVAL = 0x020;
    public static final int POLLRDNORM = 0x040;
    public static final int POLLRDBAND = 0x080;
    public static final int POLLWRNORM = 0x100;
    public static final int POLLWRBAND = 0x200;

    public static final int EPOLL_CLOEXEC = O_CLOEXEC;
    public static final int EPOLL_CTL_ADD = 1;
    public static final int EPOLL_CTL_DEL = 2;
    public static final int EPOLL_CTL_MOD = 3;
    public static final int EPOLLEXCLUSIVE = 1 << 28;
    public static final int EPOLLWAKEUP = 1 << 29;
    public static final int EPOLLONESHOT = 1 << 30;
    public static final int EPOLLET = 1 << 31;

    private Linux() {}
}
