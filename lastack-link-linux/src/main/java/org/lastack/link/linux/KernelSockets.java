package org.lastack.link.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;

/// The kernel's own sockets by their system calls, with numbers and memory layouts as C programs see them: for tools that compare the kernel with this
/// stack. Every call returns the result, or `-errno`; none throws for an error of the kernel.
///
/// All methods may be called from any thread and block as the descriptor does. The network namespace is that of the calling thread.
public final class KernelSockets {
    private static final int CLONE_NEWNET = 0x4000_0000;
    /// struct msghdr: name, its length, iovec, their number, control, its length, flags.
    private static final int MSGHDR_BYTES = 56;
    private static final int SOCKADDR_ROOM = 128;
    /// struct epoll_event is packed on x86 only.
    private static final int EPOLL_EVENT_BYTES = System.getProperty("os.arch", "").equals("amd64") ? 12 : 16;
    /// O_NONBLOCK, O_RDWR and so on are for [TunLink]; here the device blocks, as its reader has a thread of its own.
    private static final long TUNSETIFF = 0x4004_54caL;
    private static final short IFF_TUN_NO_PI = 0x1001;

    /// The numbers of newer calls are the same on all architectures.
    private static final int NR_PIDFD_OPEN = 434;
    private static final int NR_PIDFD_GETFD = 438;

    private KernelSockets() {}

    /// What `recvmsg` brought.
    ///
    /// @param result octets, or `-errno`
    /// @param source the peer's `sockaddr`, empty if the kernel gave none
    /// @param control the control messages as the kernel laid them out
    public record Message(int result, byte[] data, byte[] source, int flags, byte[] control) {}

    /// A result with memory that the kernel filled.
    public record Filled(int result, byte[] value) {}

    /// Moves the calling platform thread, and only it, into a fresh network namespace, which vanishes with the thread and all sockets made in it. Root only.
    public static int enterFreshNamespace() {
        Platform.check();
        try (Arena arena = Arena.ofConfined()) {
            return SystemCall.UNSHARE.call(arena, CLONE_NEWNET);
        }
    }

    /// A blocking descriptor of a new TUN interface without any header, or `-errno`.
    public static int openTun(String name) {
        Platform.check();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = Libc.capture(arena);
            int fd = Libc.open(errno, arena.allocateFrom(TunLink.DEVICE), Libc.O_RDWR | Libc.O_CLOEXEC);
            if (fd < 0) {
                return fd;
            }
            MemorySegment ifreq = Platform.ifreq(arena, name);
            ifreq.set(JAVA_SHORT, 16, IFF_TUN_NO_PI);
            int result = Libc.ioctl(errno, fd, TUNSETIFF, ifreq);
            if (result < 0) {
                Libc.close(errno, fd);
                return result;
            }
            return fd;
        }
    }

    public static int socket(int domain, int type, int protocol) {
        try (Arena arena = Arena.ofConfined()) {
            return SystemCall.SOCKET.call(arena, domain, type | Libc.SOCK_CLOEXEC, protocol);
        }
    }

    /// [#socket] that a user owns: SO_REUSEPORT asks for the owner. The file system uid of the calling platform thread is changed meanwhile.
    ///
    /// @return a descriptor, or `-errno`: -EPERM if this process may not act for that user, or the user does not exist in this user namespace
    public static int socketAs(int uid, int domain, int type, int protocol) {
        try (Arena arena = Arena.ofConfined()) {
            int before = SystemCall.SETFSUID.call(arena, uid);
            try {
                // The call reports no error; asked for a uid that cannot be, it says which one counts now.
                if (SystemCall.SETFSUID.call(arena, -1) != uid) {
                    return -NativeErrno.EPERM;
                }
                return SystemCall.SOCKET.call(arena, domain, type | Libc.SOCK_CLOEXEC, protocol);
            } finally {
                SystemCall.SETFSUID.call(arena, before);
            }
        }
    }

    /// The uid for which this process acts.
    public static int effectiveUser() {
        Platform.check();
        return Libc.geteuid();
    }

    /// A descriptor of our own for a file that another process has open, as a debugger may get it: pidfd_getfd(2). Closing it does nothing to the other
    /// unless that has closed its own meanwhile.
    ///
    /// @return the descriptor, or `-errno`: -EPERM, -ESRCH, -EBADF, -ENOSYS (before Linux 5.6)
    public static int borrow(long pid, int fd) {
        Platform.check();
        try (Arena arena = Arena.ofConfined()) {
            int process = SystemCall.SYSCALL.call(arena, NR_PIDFD_OPEN, pid, 0, 0);
            if (process < 0) {
                return process;
            }
            int borrowed = SystemCall.SYSCALL.call(arena, NR_PIDFD_GETFD, process, fd, 0);
            SystemCall.CLOSE.call(arena, process);
            return borrowed;
        }
    }

    /// @param address a `sockaddr`
    public static int bind(int fd, byte[] address) {
        try (Arena arena = Arena.ofConfined()) {
            return SystemCall.BIND.call(arena, fd, copy(arena, address).address(), address.length);
        }
    }

    public static int connect(int fd, byte[] address) {
        try (Arena arena = Arena.ofConfined()) {
            return SystemCall.CONNECT.call(arena, fd, copy(arena, address).address(), address.length);
        }
    }

    public static int listen(int fd, int backlog) {
        try (Arena arena = Arena.ofConfined()) {
            return SystemCall.LISTEN.call(arena, fd, backlog);
        }
    }

    /// The value is the peer's `sockaddr`.
    public static Filled accept(int fd) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment address = arena.allocate(SOCKADDR_ROOM, 8);
            MemorySegment length = arena.allocateFrom(JAVA_INT, SOCKADDR_ROOM);
            int result = SystemCall.ACCEPT4.call(arena, fd, address.address(), length.address(), Libc.SOCK_CLOEXEC);
            return new Filled(result, result < 0 ? new byte[0] : bytes(address, length.get(JAVA_INT, 0)));
        }
    }

    /// `getsockname`: the value is a `sockaddr`.
    public static Filled name(int fd) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment address = arena.allocate(SOCKADDR_ROOM, 8);
            MemorySegment length = arena.allocateFrom(JAVA_INT, SOCKADDR_ROOM);
            int result = SystemCall.GETSOCKNAME.call(arena, fd, address.address(), length.address());
            return new Filled(result, result < 0 ? new byte[0] : bytes(address, length.get(JAVA_INT, 0)));
        }
    }

    /// `recvmsg` into one vector.
    ///
    /// @param nullBuffer the vector's base is NULL
    public static Message receive(int fd, int room, int flags, boolean nullBuffer, int controlRoom) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(Math.max(1, room));
            MemorySegment source = arena.allocate(SOCKADDR_ROOM, 8);
            MemorySegment control = arena.allocate(Math.max(8, controlRoom), 8);
            MemorySegment header = header(arena, source, SOCKADDR_ROOM, nullBuffer ? MemorySegment.NULL : buffer, room, control, controlRoom);
            int result = SystemCall.RECVMSG.call(arena, fd, header.address(), flags);
            if (result < 0) {
                return new Message(result, new byte[0], new byte[0], 0, new byte[0]);
            }
            return new Message(result, bytes(buffer, Math.min(result, room)), bytes(source, header.get(JAVA_INT, 8)), header.get(JAVA_INT, 48),
                    bytes(control, (int) header.get(JAVA_LONG, 40)));
        }
    }

    /// `sendmsg` from one vector.
    ///
    /// @param destination a `sockaddr`, empty for none
    /// @param control control messages in the kernel's layout, empty for none
    public static int send(int fd, byte[] data, int flags, boolean nullBuffer, byte[] destination, byte[] control) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment header = header(arena, destination.length == 0 ? MemorySegment.NULL : copy(arena, destination), destination.length,
                    nullBuffer ? MemorySegment.NULL : copy(arena, data), data.length, control.length == 0 ? MemorySegment.NULL : copy(arena, control), control.length);
            return SystemCall.SENDMSG.call(arena, fd, header.address(), flags);
        }
    }

    private static MemorySegment header(Arena arena, MemorySegment name, int nameLength, MemorySegment data, int length, MemorySegment control, int controlLength) {
        MemorySegment vector = arena.allocate(16, 8);
        vector.set(JAVA_LONG, 0, data.address());
        vector.set(JAVA_LONG, 8, length);
        MemorySegment header = arena.allocate(MSGHDR_BYTES, 8);
        header.set(JAVA_LONG, 0, name.address());
        header.set(JAVA_INT, 8, nameLength);
        header.set(JAVA_LONG, 16, vector.address());
        header.set(JAVA_LONG, 24, 1);
        header.set(JAVA_LONG, 32, controlLength == 0 ? 0 : control.address());
        header.set(JAVA_LONG, 40, controlLength);
        return header;
    }

    public static int fcntl(int fd, int command, int argument) {
        try (Arena arena = Arena.ofConfined()) {
            return Libc.fcntl(Libc.capture(arena), fd, command, argument);
        }
    }

    /// For requests that return an `int`, which is the value.
    public static Filled ioctl(int fd, long request) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment value = arena.allocate(8, 8);
            int result = Libc.ioctl(Libc.capture(arena), fd, request, value);
            return new Filled(result, bytes(value, 4));
        }
    }

    public static int close(int fd) {
        try (Arena arena = Arena.ofConfined()) {
            return SystemCall.CLOSE.call(arena, fd);
        }
    }

    public static int shutdown(int fd, int how) {
        try (Arena arena = Arena.ofConfined()) {
            return SystemCall.SHUTDOWN.call(arena, fd, how);
        }
    }

    public static Filled getOption(int fd, int level, int name, int room) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment value = arena.allocate(Math.max(8, room), 8);
            MemorySegment length = arena.allocateFrom(JAVA_INT, room);
            int result = SystemCall.GETSOCKOPT.call(arena, fd, level, name, value.address(), length.address());
            return new Filled(result, result < 0 ? new byte[0] : bytes(value, Math.clamp(length.get(JAVA_INT, 0), 0, Math.max(8, room))));
        }
    }

    public static int setOption(int fd, int level, int name, byte[] value) {
        try (Arena arena = Arena.ofConfined()) {
            return SystemCall.SETSOCKOPT.call(arena, fd, level, name, copy(arena, value).address(), value.length);
        }
    }

    /// `poll`; the returned events go into `returned`.
    public static int poll(int[] descriptors, int[] events, int[] returned, int timeoutMs) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment list = arena.allocate((long) Math.max(1, descriptors.length) * Libc.POLLFD_BYTES, 8);
            for (int i = 0; i < descriptors.length; i++) {
                Libc.pollfd(list, i, descriptors[i]);
                list.set(JAVA_SHORT, (long) i * Libc.POLLFD_BYTES + 4, (short) events[i]);
            }
            int result = SystemCall.POLL.call(arena, list.address(), descriptors.length, timeoutMs);
            for (int i = 0; i < descriptors.length; i++) {
                returned[i] = Libc.revents(list, i);
            }
            return result;
        }
    }

    public static int epollCreate(int size) {
        try (Arena arena = Arena.ofConfined()) {
            return SystemCall.EPOLL_CREATE.call(arena, size);
        }
    }

    public static int epollControl(int epoll, int operation, int fd, int events, long data) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment event = arena.allocate(EPOLL_EVENT_BYTES, 8);
            event.set(JAVA_INT, 0, events);
            event.set(JAVA_LONG.withByteAlignment(4), EPOLL_EVENT_BYTES - 8, data);
            return SystemCall.EPOLL_CTL.call(arena, epoll, operation, fd, event.address());
        }
    }

    /// `epoll_wait`; what is ready goes into the arrays, whose length is the most that is asked for.
    public static int epollWait(int epoll, int max, int[] events, long[] data, int timeoutMs) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment list = arena.allocate((long) Math.max(1, events.length) * EPOLL_EVENT_BYTES, 8);
            int result = SystemCall.EPOLL_WAIT.call(arena, epoll, list.address(), max, timeoutMs);
            for (int i = 0; i < result; i++) {
                long at = (long) i * EPOLL_EVENT_BYTES;
                events[i] = list.get(JAVA_INT.withByteAlignment(1), at);
                data[i] = list.get(JAVA_LONG.withByteAlignment(1), at + EPOLL_EVENT_BYTES - 8);
            }
            return result;
        }
    }

    /// Blocks until the device has a packet.
    public static Filled read(int fd, int room) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(room);
            int result = SystemCall.READ.call(arena, fd, buffer.address(), room);
            return new Filled(result, bytes(buffer, Math.max(0, result)));
        }
    }

    public static int write(int fd, byte[] packet) {
        try (Arena arena = Arena.ofConfined()) {
            return SystemCall.WRITE.call(arena, fd, copy(arena, packet).address(), packet.length);
        }
    }

    private static MemorySegment copy(Arena arena, byte[] value) {
        MemorySegment memory = arena.allocate(Math.max(1, value.length), 8);
        MemorySegment.copy(value, 0, memory, JAVA_BYTE, 0, value.length);
        return memory;
    }

    private static byte[] bytes(MemorySegment memory, int length) {
        return memory.asSlice(0, Math.min(length, memory.byteSize())).toArray(JAVA_BYTE);
    }

    /// The byte order in which all values are.
    public static ByteOrder order() {
        return ByteOrder.nativeOrder();
    }
}
