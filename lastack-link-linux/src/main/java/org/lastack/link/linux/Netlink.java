package org.lastack.link.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;

/// One request at a time to the kernel's routing tables: rtnetlink(7), netlink(7). Build a request with `begin`, fixed fields and attributes, then [#send] waits for
/// the kernel's acknowledgement, which comes at once.
final class Netlink implements AutoCloseable {
    static final int RTM_NEWLINK = 16;
    static final int RTM_DELLINK = 17;
    static final int RTM_NEWADDR = 20;
    static final int RTM_DELADDR = 21;
    static final int RTM_NEWROUTE = 24;
    static final int RTM_DELROUTE = 25;
    private static final int RTM_GETROUTE = 26;
    static final int REPLACE = 0x100;
    static final int EXCL = 0x200;
    static final int CREATE = 0x400;

    private static final int NLM_F_REQUEST = 1;
    private static final int NLM_F_ACK = 4;
    private static final int NLMSG_ERROR = 2;
    private static final int HEADER = 16;
    private static final int NESTED = 0x8000;
    private static final int SOCKADDR_NL_BYTES = 12;
    private static final int ROOM = 8192;

    private final Arena arena = Arena.ofConfined();
    private final MemorySegment errno = Libc.capture(arena);
    private final MemorySegment message = arena.allocate(ROOM, 8);
    private final MemorySegment answer = arena.allocate(ROOM, 8);
    private final int fd;
    private int sequence;
    private long at;

    Netlink() throws NativeException {
        fd = Libc.socket(errno, Libc.AF_NETLINK, Libc.SOCK_RAW | Libc.SOCK_CLOEXEC, 0);
        if (fd < 0) {
            arena.close();
            throw new NativeException("cannot open a netlink socket", -fd, null);
        }
        MemorySegment address = arena.allocate(SOCKADDR_NL_BYTES, 4);
        address.set(JAVA_SHORT, 0, (short) Libc.AF_NETLINK);
        int result = Libc.bind(errno, fd, address);
        if (result < 0) {
            close();
            throw new NativeException("cannot bind a netlink socket", -result, null);
        }
    }

    Netlink begin(int type, int flags) {
        message.fill((byte) 0);
        message.set(JAVA_SHORT, 4, (short) type);
        message.set(JAVA_SHORT, 6, (short) (flags | NLM_F_REQUEST | NLM_F_ACK));
        message.set(JAVA_INT, 8, ++sequence);
        at = HEADER;
        return this;
    }

    Netlink u8(int value) {
        message.set(JAVA_BYTE, at, (byte) value);
        at++;
        return this;
    }

    Netlink u16(int value) {
        message.set(JAVA_SHORT_UNALIGNED, at, (short) value);
        at += 2;
        return this;
    }

    Netlink u32(int value) {
        message.set(JAVA_INT_UNALIGNED, at, value);
        at += 4;
        return this;
    }

    Netlink attribute(int type, byte[] value) {
        long begin = nest(type & ~NESTED);
        MemorySegment.copy(value, 0, message, JAVA_BYTE, at, value.length);
        at += value.length;
        return end(begin);
    }

    Netlink attribute(int type, int value) {
        long begin = nest(type);
        u32(value);
        return end(begin);
    }

    /// A string with its terminating 0.
    Netlink attribute(int type, String value) {
        return attribute(type, (value + "\0").getBytes(StandardCharsets.UTF_8));
    }

    /// Begins an attribute that contains others; its place goes to [#end].
    long nest(int type) {
        long begin = at;
        u16(0);
        u16(type);
        return begin;
    }

    Netlink end(long begin) {
        message.set(JAVA_SHORT_UNALIGNED, begin, (short) (at - begin));
        at = (at + 3) & ~3L;
        return this;
    }

    /// Asks for the route to an IPv6 address, and gives its type (1 unicast, 2 local, ...), or -errno.
    int routeType(byte[] address) {
        // rtmsg: family, prefix length, 6 octets and flags that are not asked for; RTA_DST = 1
        begin(RTM_GETROUTE, 0).u8(Libc.AF_INET6).u8(128).u16(0).u32(0).u32(0).attribute(1, address);
        return exchange(RTM_NEWROUTE);
    }

    /// 0, or -errno as the kernel's answer.
    int send() {
        return exchange(NLMSG_ERROR);
    }

    private int exchange(int wanted) {
        int found = 0;
        message.set(JAVA_INT, 0, (int) at);
        int result = Libc.send(errno, fd, message.asSlice(0, at));
        while (result >= 0) {
            result = Libc.recv(errno, fd, answer);
            if (result == -NativeErrno.EINTR) {
                result = 0;
                continue;
            }
            // An answer to an older request cannot be: each was waited for. Anything else that is no acknowledgement is not for us.
            if (result >= HEADER + 4 && answer.get(JAVA_SHORT, 4) == NLMSG_ERROR && answer.get(JAVA_INT, 8) == sequence) {
                int error = answer.get(JAVA_INT, HEADER);
                return error < 0 ? error : found;
            }
            if (result >= HEADER + 8 && answer.get(JAVA_SHORT, 4) == wanted && answer.get(JAVA_INT, 8) == sequence) {
                found = answer.get(JAVA_BYTE, HEADER + 7) & 0xff;
            }
        }
        return result;
    }

    @Override
    public void close() {
        Libc.close(errno, fd);
        arena.close();
    }
}
