package org.lastack.bsd;

import java.util.BitSet;
import org.jspecify.annotations.Nullable;
import org.lastack.core.Errno;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.socket.Owner;
import org.lastack.host.Host;
import org.lastack.host.HostSocket;
import org.lastack.host.HostTcpSocket;
import org.lastack.host.HostUdpSocket;
import org.lastack.host.SocketName;

/// The BSD socket calls of one process on a [Host], with Linux's rules: small integers name sockets, duplicates share them, and every call
/// gives `>= 0` or the negative of an [Errno].
///
/// Calls block the calling thread (platform or virtual) unless the descriptor is O_NONBLOCK, MSG_DONTWAIT is given or a time-out option says
/// otherwise. In virtual time a call that would block runs the network until it can go on, and gives -EDEADLK if it never could. An
/// interrupted thread gets -EINTR. Closing a descriptor does not wake threads that are inside calls on it (as in Linux); `shutdown` does.
/// SIGPIPE is a count and a callback ([#onSigpipe]).
///
/// Thread-safe.
public final class BsdSockets implements AutoCloseable {
    private static final int DEFAULT_LIMIT = 1 << 20;
    private static final long NANOS_PER_MILLISECOND = 1_000_000;

    private final Host host;
    private final Owner owner;
    private final Descriptors table;
    private final Transfers transfers;
    private volatile @Nullable Runnable sigpipeHandler;

    /// A process without open descriptors.
    public BsdSockets(Host host, Owner owner) {
        this(host, owner, DEFAULT_LIMIT);
    }

    /// @param descriptorLimit as RLIMIT_NOFILE: one more than the highest descriptor
    public BsdSockets(Host host, Owner owner, int descriptorLimit) {
        this(host, owner, new Descriptors(descriptorLimit));
    }

    private BsdSockets(Host host, Owner owner, Descriptors table) {
        this.host = host;
        this.owner = owner;
        this.table = table;
        this.transfers = new Transfers(this);
    }

    public Host host() {
        return host;
    }

    public Owner owner() {
        return owner;
    }

    /// As `fork`: a process with the same descriptors on the same descriptions.
    public BsdSockets fork(Owner child) {
        return new BsdSockets(host, child, table.fork());
    }

    /// Gives another process of the same host a descriptor for what `fd` stands for (SCM_RIGHTS). The number in that process.
    public int share(int fd, BsdSockets other) {
        Description description = table.hold(fd);
        return description == null ? -Errno.EBADF : other.install(description, 0, false);
    }

    /// Called in the thread that a SIGPIPE would hit, in place of the signal.
    public void onSigpipe(@Nullable Runnable handler) {
        sigpipeHandler = handler;
    }

    void sigpipe() {
        Runnable handler = sigpipeHandler;
        if (handler != null) {
            handler.run();
        }
    }

    // ---- making and closing ----

    /// A new socket. `type` may carry SOCK_NONBLOCK and SOCK_CLOEXEC.
    public int socket(int domain, int type, int protocol) {
        int kind = type & Linux.SOCK_TYPE_MASK;
        int flags = type & ~Linux.SOCK_TYPE_MASK;
        if ((flags & ~(Linux.SOCK_NONBLOCK | Linux.SOCK_CLOEXEC)) != 0) {
            return -Errno.EINVAL;
        }
        if (domain != InetSocket.AF_INET && domain != InetSocket.AF_INET6) {
            return -Errno.EAFNOSUPPORT;
        }
        if (kind >= Linux.SOCK_MAX || protocol < 0) {
            return -Errno.EINVAL;
        }
        int expected = switch (kind) {
            case Linux.SOCK_STREAM -> Linux.IPPROTO_TCP;
            case Linux.SOCK_DGRAM -> Linux.IPPROTO_UDP;
            default -> -1;
        };
        if (expected < 0) {
            // Raw sockets do not exist here; the other types do not in Linux either.
            return -Errno.ESOCKTNOSUPPORT;
        }
        if (protocol != 0 && protocol != expected) {
            return -Errno.EPROTONOSUPPORT;
        }
        HostSocket made = kind == Linux.SOCK_STREAM ? host.tcpSocket(domain, owner) : host.udpSocket(domain, owner);
        return install(made, flags);
    }

    private int install(HostSocket socket, int flags) {
        Description.Socket description = new Description.Socket(socket);
        description.nonBlocking = (flags & Linux.SOCK_NONBLOCK) != 0;
        return install(description, 0, (flags & Linux.SOCK_CLOEXEC) != 0);
    }

    /// Takes over the caller's reference.
    private int install(Description description, int from, boolean cloexec) {
        int fd = table.add(description, from, cloexec);
        if (fd < 0) {
            description.release();
        }
        return fd;
    }

    /// Closes a descriptor; the last one of a description closes the socket, and then SO_LINGER may make this wait.
    public int close(int fd) {
        Description description = table.remove(fd);
        if (description == null) {
            return -Errno.EBADF;
        }
        description.release();
        return 0;
    }

    /// A second descriptor for the same description: the lowest free number.
    public int dup(int fd) {
        return duplicate(fd, 0, false);
    }

    /// A second descriptor with the number `target`; what was open there is closed.
    public int dup2(int fd, int target) {
        Description description = table.hold(fd);
        if (description == null || target < 0 || target >= table.limit()) {
            if (description != null) {
                description.release();
            }
            return -Errno.EBADF;
        }
        if (fd == target) {
            description.release();
            return target;
        }
        Description before = table.replace(target, description, false);
        if (before != null) {
            before.release();
        }
        return target;
    }

    private int duplicate(int fd, int from, boolean cloexec) {
        Description description = table.hold(fd);
        return description == null ? -Errno.EBADF : install(description, from, cloexec);
    }

    /// Ends the process: closes all descriptors. SO_LINGER does not make it wait.
    @Override
    public void close() {
        for (int fd : table.numbers()) {
            Description description = table.remove(fd);
            if (description != null) {
                description.release(false);
            }
        }
    }

    // ---- names and connections ----

    /// Names a socket.
    public int bind(int fd, @Nullable SockAddr address) {
        return withSocket(fd, socket -> {
            if (address == null) {
                return -Errno.EFAULT;
            }
            int refusal = Addresses.refuseBind(socket.socket.core(), address, address.length());
            return refusal != 0 ? refusal : socket.socket.bind(address.address(), address.port());
        });
    }

    /// As [#bind(int, SockAddr)] with the C structure and its length as the caller states it.
    public int bind(int fd, byte @Nullable [] structure, int length) {
        return withSocket(fd, socket -> {
            if (structure == null) {
                return -Errno.EFAULT;
            }
            SockAddr address = SockAddr.fromBytes(structure, Math.min(length, structure.length));
            if (length < 0 || length > 128 || address == null) {
                return -Errno.EINVAL;
            }
            int refusal = Addresses.refuseBind(socket.socket.core(), address, length);
            return refusal != 0 ? refusal : socket.socket.bind(address.address(), address.port());
        });
    }

    /// Makes a TCP socket a listener.
    public int listen(int fd, int backlog) {
        return withSocket(fd, socket -> {
            HostTcpSocket tcp = socket.tcp();
            return tcp == null ? -Errno.EOPNOTSUPP : tcp.listen(backlog);
        });
    }

    /// The next connection of a listener: its descriptor, or -EAGAIN, -EINVAL ...
    ///
    /// @param peer if given, `peer[0]` becomes the peer's name
    public int accept(int fd, @Nullable SockAddr @Nullable [] peer) {
        return accept4(fd, peer, 0);
    }

    /// As [#accept] with SOCK_NONBLOCK and SOCK_CLOEXEC for the new descriptor.
    public int accept4(int fd, @Nullable SockAddr @Nullable [] peer, int flags) {
        return withSocket(fd, socket -> {
            if ((flags & ~(Linux.SOCK_NONBLOCK | Linux.SOCK_CLOEXEC)) != 0) {
                return -Errno.EINVAL;
            }
            HostTcpSocket tcp = socket.tcp();
            if (tcp == null) {
                return -Errno.EOPNOTSUPP;
            }
            @Nullable HostTcpSocket[] child = new @Nullable HostTcpSocket[1];
            int result = tcp.acceptOrError(child, socket.timeout(0));
            HostTcpSocket accepted = child[0];
            return accepted == null ? result : installAccepted(accepted, peer, flags);
        });
    }

    private int installAccepted(HostTcpSocket accepted, @Nullable SockAddr @Nullable [] peer, int flags) {
        host.run(() -> accepted.core().owner(owner));
        if (peer != null && peer.length > 0) {
            peer[0] = addressOf(accepted, accepted.remoteName());
        }
        Description.Socket description = new Description.Socket(accepted);
        description.nonBlocking = (flags & Linux.SOCK_NONBLOCK) != 0;
        return install(description, 0, (flags & Linux.SOCK_CLOEXEC) != 0);
    }

    /// Connects, or with AF_UNSPEC disconnects. On a non-blocking TCP socket -EINPROGRESS: wait for POLLOUT, then read SO_ERROR or call again.
    public int connect(int fd, @Nullable SockAddr address) {
        return withSocket(fd, socket -> {
            if (address == null) {
                return -Errno.EFAULT;
            }
            if (address.family() == InetSocket.AF_UNSPEC) {
                return socket.socket.disconnect();
            }
            return switch (socket.socket) {
                case HostTcpSocket tcp -> connectTcp(socket, tcp, address);
                case HostUdpSocket udp -> {
                    int refusal = Addresses.refuseConnect(udp.core(), address);
                    yield refusal != 0 ? refusal : udp.connect(address.address(), address.port());
                }
            };
        });
    }

    private int connectTcp(Description.Socket socket, HostTcpSocket tcp, SockAddr address) {
        int refusal = Addresses.refuseConnect(tcp.core(), address);
        if (refusal != 0) {
            // Linux looks at the socket's state before it looks at the address.
            int state = host.call(() -> Addresses.busy(tcp.tcp()));
            return state != 0 ? state : refusal;
        }
        return tcp.connect(address.address(), address.port(), socket.timeout(0));
    }

    /// Ends one or both directions of a connection, for all descriptors of it.
    public int shutdown(int fd, int how) {
        return withSocket(fd, socket -> how < InetSocket.SHUT_RD || how > InetSocket.SHUT_RDWR ? -Errno.EINVAL : socket.socket.shutdown(how));
    }

    /// The local name into `out[0]`.
    public int getsockname(int fd, @Nullable SockAddr @Nullable [] out) {
        return withSocket(fd, socket -> {
            if (out == null || out.length == 0) {
                return -Errno.EFAULT;
            }
            out[0] = addressOf(socket.socket, socket.socket.localName());
            return 0;
        });
    }

    /// The peer's name into `out[0]`, or -ENOTCONN.
    public int getpeername(int fd, @Nullable SockAddr @Nullable [] out) {
        return withSocket(fd, socket -> {
            if (out == null || out.length == 0) {
                return -Errno.EFAULT;
            }
            SocketName peer = host.call(() -> Addresses.peer(socket.socket));
            if (peer == null) {
                return -Errno.ENOTCONN;
            }
            out[0] = addressOf(socket.socket, peer);
            return 0;
        });
    }

    static @Nullable SockAddr addressOf(HostSocket socket, @Nullable SocketName name) {
        return name == null ? null : new SockAddr(socket.core().domain(), name.address(), name.port());
    }

    // ---- data: see Transfers ----

    /// Sends on a connected socket. [org.lastack.core.socket.Msg] has the flags.
    public int send(int fd, byte[] bytes, int offset, int length, int flags) {
        return transfers.sendTo(fd, bytes, offset, length, flags, null);
    }

    /// Sends to `address`; null means the peer. TCP ignores the address of a connected socket.
    public int sendto(int fd, byte[] bytes, int offset, int length, int flags, @Nullable SockAddr address) {
        return transfers.sendTo(fd, bytes, offset, length, flags, address);
    }

    /// Sends what the header describes.
    public int sendmsg(int fd, @Nullable MsgHdr message, int flags) {
        return transfers.sendMessage(fd, message, flags);
    }

    /// `send` without flags.
    public int write(int fd, byte[] bytes, int offset, int length) {
        return transfers.sendTo(fd, bytes, offset, length, 0, null);
    }

    /// Gathering `write`.
    public int writev(int fd, byte[]... parts) {
        return transfers.sendMessage(fd, MsgHdr.of(parts), 0);
    }

    /// Receives: octets, 0 at the end of a stream, or -errno.
    public int recv(int fd, byte[] bytes, int offset, int length, int flags) {
        return transfers.receiveFrom(fd, bytes, offset, length, flags, null);
    }

    /// Receives; `from[0]` becomes the sender's name (datagram sockets), or null.
    public int recvfrom(int fd, byte[] bytes, int offset, int length, int flags, @Nullable SockAddr @Nullable [] from) {
        return transfers.receiveFrom(fd, bytes, offset, length, flags, from);
    }

    /// Receives into the parts of the header and fills its name, flags and control messages.
    public int recvmsg(int fd, @Nullable MsgHdr message, int flags) {
        return transfers.receiveMessage(fd, message, flags);
    }

    /// `recv` without flags; 0 octets are read without looking at the socket.
    public int read(int fd, byte[] bytes, int offset, int length) {
        return transfers.receiveFrom(fd, bytes, offset, length, 0, null);
    }

    /// Scattering `read`.
    public int readv(int fd, byte[]... parts) {
        return transfers.receiveMessage(fd, MsgHdr.of(parts), 0);
    }

    // ---- options and controls ----

    /// Sets an option with Linux's level, name and layout (little-endian).
    public int setsockopt(int fd, int level, int name, byte @Nullable [] value, int length) {
        return withSocket(fd, socket -> Options.set(socket, level, name, value, length));
    }

    /// Sets an option whose value is an `int`.
    public int setsockopt(int fd, int level, int name, int value) {
        return withSocket(fd, socket -> Options.set(socket, level, name, Options.bytesOf(value), Integer.BYTES));
    }

    /// Reads an option into `out`: the length of the value or -errno.
    public int getsockopt(int fd, int level, int name, byte @Nullable [] out, int room) {
        return withSocket(fd, socket -> Options.get(socket, level, name, out, room));
    }

    /// Reads an option whose value is a non-negative `int`: the value or -errno. (SO_ERROR gives a positive errno.)
    public int getsockopt(int fd, int level, int name) {
        return withSocket(fd, socket -> {
            byte[] four = new byte[Integer.BYTES];
            int length = Options.get(socket, level, name, four, four.length);
            return length < 0 ? length : Options.intOf(four);
        });
    }

    /// FIONREAD (SIOCINQ), SIOCOUTQ, SIOCOUTQNSD, SIOCATMARK: the value, which C programs get through a pointer, or -errno. FIONBIO takes `argument`.
    public int ioctl(int fd, int request, int argument) {
        Description description = table.hold(fd);
        if (description == null) {
            return -Errno.EBADF;
        }
        try {
            if (request == Linux.FIONBIO) {
                description.nonBlocking = argument != 0;
                return 0;
            }
            return description instanceof Description.Socket socket ? Options.control(socket, request) : -Errno.ENOTTY;
        } finally {
            description.release();
        }
    }

    /// F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_SETFD, F_GETFL, F_SETFL.
    public int fcntl(int fd, int command, int argument) {
        Description description = table.hold(fd);
        if (description == null) {
            return -Errno.EBADF;
        }
        try {
            switch (command) {
                case Linux.F_DUPFD, Linux.F_DUPFD_CLOEXEC -> {
                    return argument < 0 || argument >= table.limit() ? -Errno.EINVAL : duplicate(fd, argument, command == Linux.F_DUPFD_CLOEXEC);
                }
                case Linux.F_GETFD -> {
                    return table.closeOnExec(fd);
                }
                case Linux.F_SETFD -> {
                    return table.closeOnExec(fd, (argument & Linux.FD_CLOEXEC) != 0);
                }
                case Linux.F_GETFL -> {
                    return Linux.O_RDWR | (description.nonBlocking ? Linux.O_NONBLOCK : 0);
                }
                case Linux.F_SETFL -> {
                    description.nonBlocking = (argument & Linux.O_NONBLOCK) != 0;
                    return 0;
                }
                default -> {
                    return -Errno.EINVAL;
                }
            }
        } finally {
            description.release();
        }
    }

    // ---- waiting for several ----

    /// Waits until one of the descriptors has something, at most so many milliseconds (negative = no limit). How many have.
    public int poll(PollFd[] set, int timeoutMillis) {
        return Polling.poll(this, set, timeoutMillis < 0 ? -1 : timeoutMillis * NANOS_PER_MILLISECOND);
    }

    /// The classic call: bits that are set ask, bits that remain are ready. Null sets ask for nothing.
    ///
    /// @param timeoutNs negative = no limit
    public int select(int count, @Nullable BitSet readable, @Nullable BitSet writable, @Nullable BitSet exceptional, long timeoutNs) {
        return Polling.select(this, count, readable, writable, exceptional, timeoutNs);
    }

    /// A new epoll descriptor; `flags` may be EPOLL_CLOEXEC.
    public int epollCreate1(int flags) {
        if ((flags & ~Linux.EPOLL_CLOEXEC) != 0) {
            return -Errno.EINVAL;
        }
        return install(new Description.Epoll(new EpollSet(host.driver())), 0, (flags & Linux.EPOLL_CLOEXEC) != 0);
    }

    /// Adds, changes or removes a descriptor of an epoll set.
    public int epollCtl(int epollFd, int operation, int fd, @Nullable EpollEvent event) {
        Description epoll = table.hold(epollFd);
        Description target = table.hold(fd);
        try {
            if (epoll == null || target == null) {
                return -Errno.EBADF;
            }
            if (!(epoll instanceof Description.Epoll set) || !(target instanceof Description.Socket socket)) {
                return -Errno.EINVAL;
            }
            if (event == null && operation != Linux.EPOLL_CTL_DEL) {
                return -Errno.EFAULT;
            }
            return set.set.control(operation, fd, socket, event == null ? new EpollEvent() : event);
        } finally {
            if (epoll != null) {
                epoll.release();
            }
            if (target != null) {
                target.release();
            }
        }
    }

    /// Waits for events of an epoll set, at most so many milliseconds (negative = no limit). How many were put into `out`.
    public int epollWait(int epollFd, EpollEvent[] out, int timeoutMillis) {
        Description description = table.hold(epollFd);
        if (description == null) {
            return -Errno.EBADF;
        }
        try {
            if (!(description instanceof Description.Epoll epoll) || out.length == 0) {
                return -Errno.EINVAL;
            }
            return epoll.set.await(out, timeoutMillis < 0 ? -1 : timeoutMillis * NANOS_PER_MILLISECOND);
        } finally {
            description.release();
        }
    }

    // ---- for the classes that do the work ----

    /// What a call does with the socket behind a descriptor.
    @FunctionalInterface
    interface SocketCall {
        int apply(Description.Socket socket);
    }

    /// Holds the description while the call is under way; EBADF and ENOTSOCK are found here.
    int withSocket(int fd, SocketCall call) {
        Description description = table.hold(fd);
        if (description == null) {
            return -Errno.EBADF;
        }
        try {
            return description instanceof Description.Socket socket ? call.apply(socket) : -Errno.ENOTSOCK;
        } finally {
            description.release();
        }
    }

    /// The description with one more reference, or null.
    @Nullable Description hold(int fd) {
        return table.hold(fd);
    }
}
