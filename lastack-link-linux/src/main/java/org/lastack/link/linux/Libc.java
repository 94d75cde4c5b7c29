package org.lastack.link.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.Objects;

/// The system calls, all of them, and nothing else. Each returns the result, or `-errno` if it failed; none throws for an error of the kernel.
///
/// The capture segment (see [#capture]) receives errno; it must not be used by two threads at once, so each thread or each link direction has its own.
/// `read` and `write` take memory on the heap and are critical calls: the garbage collector waits for them, so the descriptor must be non-blocking.
@SuppressWarnings("restricted") // this class is what --enable-native-access is asked for
final class Libc {
    static final int O_RDWR = 2;
    static final int O_NONBLOCK = 0x800;
    static final int O_CLOEXEC = 0x8_0000;
    static final int F_GETFL = 3;
    static final int F_SETFL = 4;
    static final int POLLIN = 1;
    static final int POLLERR = 8;
    static final int POLLHUP = 16;
    static final int POLLNVAL = 32;
    private static final int SIG_SETMASK = 2;
    static final int AF_UNIX = 1;
    static final int AF_INET = 2;
    static final int AF_INET6 = 10;
    static final int AF_NETLINK = 16;
    static final int AF_PACKET = 17;
    static final int SOCK_DGRAM = 2;
    static final int SOCK_RAW = 3;
    static final int SOCK_NONBLOCK = O_NONBLOCK;
    static final int SOCK_CLOEXEC = O_CLOEXEC;

    /// struct pollfd { int fd; short events; short revents; }
    static final int POLLFD_BYTES = 8;
    /// struct timespec { long; long; }
    static final int TIMESPEC_BYTES = 16;

    private static final MemoryLayout CAPTURE = Linker.Option.captureStateLayout();
    private static final long ERRNO = CAPTURE.byteOffset(MemoryLayout.PathElement.groupElement("errno"));
    private static final Linker LINKER = Linker.nativeLinker();

    private static final MethodHandle OPEN = variadic("open", 2, FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT));
    private static final MethodHandle CLOSE = plain("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT));
    private static final MethodHandle READ = critical("read", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG));
    private static final MethodHandle WRITE = critical("write", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG));
    private static final MethodHandle IOCTL = variadic("ioctl", 2, FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, ADDRESS));
    private static final MethodHandle IOCTL_LONG = variadic("ioctl", 2, FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG));
    private static final MethodHandle FCNTL = variadic("fcntl", 2, FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT));
    private static final MethodHandle PPOLL = plain("ppoll", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, ADDRESS, ADDRESS));
    private static final MethodHandle EVENTFD = plain("eventfd", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));
    private static final MethodHandle SOCKET = plain("socket", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT));
    private static final MethodHandle BIND = plain("bind", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT));
    private static final MethodHandle SETSOCKOPT =
            plain("setsockopt", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT));
    private static final MethodHandle SEND = plain("send", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));
    private static final MethodHandle RECV = plain("recv", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));
    private static final MethodHandle IF_NAMETOINDEX = plain("if_nametoindex", FunctionDescriptor.of(JAVA_INT, ADDRESS));
    private static final MethodHandle EXECVP = plain("execvp", FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS));
    private static final MethodHandle SIGMASK = plain("pthread_sigmask", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, ADDRESS));
    private static final MethodHandle GETEUID =
            LINKER.downcallHandle(symbol("geteuid"), FunctionDescriptor.of(JAVA_INT), Linker.Option.critical(false));

    private Libc() {}

    private static MemorySegment symbol(String name) {
        return LINKER.defaultLookup().findOrThrow(name);
    }

    private static MethodHandle plain(String name, FunctionDescriptor type) {
        return LINKER.downcallHandle(symbol(name), type, Linker.Option.captureCallState("errno"));
    }

    private static MethodHandle critical(String name, FunctionDescriptor type) {
        return LINKER.downcallHandle(symbol(name), type, Linker.Option.captureCallState("errno"), Linker.Option.critical(true));
    }

    private static MethodHandle variadic(String name, int firstVariadic, FunctionDescriptor type) {
        return LINKER.downcallHandle(
                symbol(name), type, Linker.Option.captureCallState("errno"), Linker.Option.firstVariadicArg(firstVariadic));
    }

    /// A place for errno, as long-lived as the arena.
    static MemorySegment capture(Arena arena) {
        return arena.allocate(CAPTURE);
    }

    private static int failed(MemorySegment capture) {
        return -capture.get(JAVA_INT, ERRNO);
    }

    private static AssertionError unexpected(Throwable thrown) {
        return new AssertionError("a downcall throws nothing: its types are fixed here", thrown);
    }

    static int open(MemorySegment capture, MemorySegment path, int flags) {
        try {
            int result = (int) OPEN.invokeExact(capture, path, flags, 0);
            return result < 0 ? failed(capture) : result;
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static int close(MemorySegment capture, int fd) {
        try {
            int result = (int) CLOSE.invokeExact(capture, fd);
            return result < 0 ? failed(capture) : result;
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /// Non-blocking descriptors only. The length is checked against the memory here, as native code does not.
    static int read(MemorySegment capture, int fd, MemorySegment memory, int length) {
        Objects.checkIndex(length, (int) memory.byteSize() + 1);
        try {
            long result = (long) READ.invokeExact(capture, fd, memory, (long) length);
            return result < 0 ? failed(capture) : (int) result;
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /// Non-blocking descriptors only; see [#read].
    static int write(MemorySegment capture, int fd, MemorySegment memory, int length) {
        Objects.checkIndex(length, (int) memory.byteSize() + 1);
        try {
            long result = (long) WRITE.invokeExact(capture, fd, memory, (long) length);
            return result < 0 ? failed(capture) : (int) result;
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static int ioctl(MemorySegment capture, int fd, long request, MemorySegment argument) {
        try {
            int result = (int) IOCTL.invokeExact(capture, fd, request, argument);
            return result < 0 ? failed(capture) : result;
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /// For requests whose argument is a number, not an address.
    static int ioctl(MemorySegment capture, int fd, long request, long argument) {
        try {
            int result = (int) IOCTL_LONG.invokeExact(capture, fd, request, argument);
            return result < 0 ? failed(capture) : result;
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static int fcntl(MemorySegment capture, int fd, int command, int argument) {
        try {
            int result = (int) FCNTL.invokeExact(capture, fd, command, argument);
            return result < 0 ? failed(capture) : result;
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /// Blocks. `timeout` is a struct timespec, or NULL for ever.
    static int ppoll(MemorySegment capture, MemorySegment descriptors, int count, MemorySegment timeout) {
        try {
            int result = (int) PPOLL.invokeExact(capture, descriptors, (long) count, timeout, MemorySegment.NULL);
            return result < 0 ? failed(capture) : result;
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static int eventfd(MemorySegment capture) {
        try {
            int result = (int) EVENTFD.invokeExact(capture, 0, O_NONBLOCK | O_CLOEXEC);
            return result < 0 ? failed(capture) : result;
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static int socket(MemorySegment capture, int domain, int type, int protocol) {
        try {
            int result = (int) SOCKET.invokeExact(capture, domain, type, protocol);
            return result < 0 ? failed(capture) : result;
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static int bind(MemorySegment capture, int fd, MemorySegment address) {
        try {
            int result = (int) BIND.invokeExact(capture, fd, address, (int) address.byteSize());
            return result < 0 ? failed(capture) : result;
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static int setsockopt(MemorySegment capture, int fd, int level, int name, MemorySegment value) {
        try {
            int result = (int) SETSOCKOPT.invokeExact(capture, fd, level, name, value, (int) value.byteSize());
            return result < 0 ? failed(capture) : result;
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static int send(MemorySegment capture, int fd, MemorySegment message) {
        try {
            long result = (long) SEND.invokeExact(capture, fd, message, message.byteSize(), 0);
            return result < 0 ? failed(capture) : (int) result;
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /// Blocks if the descriptor does.
    static int recv(MemorySegment capture, int fd, MemorySegment room) {
        try {
            long result = (long) RECV.invokeExact(capture, fd, room, room.byteSize(), 0);
            return result < 0 ? failed(capture) : (int) result;
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /// The index of an interface of the present namespace, or -ENODEV.
    static int ifNameToIndex(MemorySegment capture, MemorySegment name) {
        try {
            int result = (int) IF_NAMETOINDEX.invokeExact(capture, name);
            return result == 0 ? failed(capture) : result;
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static int execvp(MemorySegment capture, MemorySegment file, MemorySegment arguments) {
        try {
            int result = (int) EXECVP.invokeExact(capture, file, arguments);
            return result < 0 ? failed(capture) : result;
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /// Unblocks all signals in the calling thread; `none` is an empty sigset_t.
    static void unblockSignals(MemorySegment none) {
        try (Arena arena = Arena.ofConfined()) {
            int done = (int) SIGMASK.invokeExact(capture(arena), SIG_SETMASK, none, MemorySegment.NULL);
            assert done == 0 : "pthread_sigmask fails only for a bad first argument";
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static int geteuid() {
        try {
            return (int) GETEUID.invokeExact();
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /// Fills one struct pollfd of an array.
    static void pollfd(MemorySegment descriptors, int index, int fd) {
        long at = (long) index * POLLFD_BYTES;
        descriptors.set(JAVA_INT, at, fd);
        descriptors.set(JAVA_SHORT, at + 4, (short) POLLIN);
        descriptors.set(JAVA_SHORT, at + 6, (short) 0);
    }

    /// The events that ppoll reported.
    static int revents(MemorySegment descriptors, int index) {
        return descriptors.get(JAVA_SHORT, (long) index * POLLFD_BYTES + 6) & 0xffff;
    }
}
