package org.lastack.link.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Questions about an interface of the present network namespace, by ioctl on a socket opened for the question.
final class InterfaceQuery {
    private static final long SIOCGIFFLAGS = 0x8913;
    private static final long SIOCGIFMTU = 0x8921;
    private static final long SIOCGIFHWADDR = 0x8927;
    private static final long SIOCGIFINDEX = 0x8933;
    private static final int UNION = 16;

    private InterfaceQuery() {}

    /// The MTU in octets, or -errno.
    static int mtu(String name) {
        return ask(name, SIOCGIFMTU, JAVA_INT);
    }

    /// The interface index, or -errno (ENODEV: there is none of that name).
    static int index(String name) {
        return ask(name, SIOCGIFINDEX, JAVA_INT);
    }

    /// The interface flags (IFF_UP = 1, ...), or -errno.
    static int flags(String name) {
        return ask(name, SIOCGIFFLAGS, JAVA_SHORT);
    }

    /// The 48 bits of the MAC address, or -errno.
    static long macAddress(String name) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment request = Platform.ifreq(arena, name);
            int result = ask(arena, request, SIOCGIFHWADDR);
            return result < 0 ? result : macAddress(request);
        }
    }

    /// The address in the sockaddr of a struct ifreq.
    static long macAddress(MemorySegment ifreq) {
        long mac = 0;
        for (int i = 0; i < 6; i++) {
            mac = mac << 8 | ifreq.get(JAVA_BYTE, UNION + 2 + i) & 0xff;
        }
        return mac;
    }

    private static int ask(String name, long request, ValueLayout answer) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment ifreq = Platform.ifreq(arena, name);
            int result = ask(arena, ifreq, request);
            if (result < 0) {
                return result;
            }
            return answer == JAVA_SHORT ? ifreq.get(JAVA_SHORT, UNION) & 0xffff : ifreq.get(JAVA_INT, UNION);
        }
    }

    private static int ask(Arena arena, MemorySegment ifreq, long request) {
        MemorySegment errno = Libc.capture(arena);
        int socket = Libc.socket(errno, Libc.AF_UNIX, Libc.SOCK_DGRAM | Libc.SOCK_CLOEXEC, 0);
        if (socket < 0) {
            return socket;
        }
        int result = Libc.ioctl(errno, socket, request, ifreq);
        Libc.close(errno, socket);
        return result;
    }
}
