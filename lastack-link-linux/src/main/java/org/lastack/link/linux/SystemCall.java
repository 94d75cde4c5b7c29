package org.lastack.link.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.Arrays;
import java.util.Locale;

/// System calls that are not on a fast path: each argument is a number or an address. What the C library declares as `int` comes in the lower half
/// of a register, which is what the calling conventions of 64-bit Linux demand no more of.
@SuppressWarnings("restricted") // as in Libc
enum SystemCall {
    UNSHARE(1),
    SOCKET(3),
    BIND(3),
    CONNECT(3),
    LISTEN(2),
    ACCEPT4(4),
    RECVMSG(3),
    SENDMSG(3),
    CLOSE(1),
    SHUTDOWN(2),
    GETSOCKOPT(5),
    SETSOCKOPT(5),
    POLL(3),
    EPOLL_CREATE(1),
    EPOLL_CTL(4),
    EPOLL_WAIT(4),
    READ(3),
    WRITE(3),
    GETSOCKNAME(3),
    SETFSUID(1),
    /// What the C library has no function for: the call's number and three arguments.
    SYSCALL(4);

    private static final long ERRNO = Linker.Option.captureStateLayout().byteOffset(MemoryLayout.PathElement.groupElement("errno"));

    private final int arguments;
    private final MethodHandle handle;

    SystemCall(int arguments) {
        this.arguments = arguments;
        MemoryLayout[] types = new MemoryLayout[arguments];
        Arrays.fill(types, JAVA_LONG);
        Linker linker = Linker.nativeLinker();
        MemorySegment symbol = linker.defaultLookup().findOrThrow(name().toLowerCase(Locale.ROOT));
        MethodHandle plain = linker.downcallHandle(symbol, FunctionDescriptor.of(JAVA_INT, types), Linker.Option.captureCallState("errno"));
        handle = plain.asSpreader(1, long[].class, arguments);
    }

    /// The result, or `-errno`. Results and lengths fit an `int` here.
    int call(Arena arena, long... values) {
        assert values.length == arguments : name() + " takes " + arguments + " arguments";
        try {
            MemorySegment errno = Libc.capture(arena);
            int result = (int) handle.invokeExact(errno, values);
            return result < 0 ? -errno.get(JAVA_INT, ERRNO) : result;
        } catch (Throwable e) {
            throw new AssertionError("a downcall throws nothing: its types are fixed here", e);
        }
    }
}
