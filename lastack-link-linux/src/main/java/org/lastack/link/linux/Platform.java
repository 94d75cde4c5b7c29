package org.lastack.link.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/// Whether this machine is one that the constants of this module are right for, and checks on names that go to the kernel.
final class Platform {
    /// IFNAMSIZ, with its terminating 0.
    static final int INTERFACE_NAME_BYTES = 16;
    /// sizeof(struct ifreq) on 64-bit machines.
    static final int IFREQ_BYTES = 40;

    private Platform() {}

    /// Says in one sentence why this cannot work here, before a call would crash or misbehave.
    ///
    /// @throws UnsupportedOperationException if this is not Linux, or on an architecture with numbers of its own
    static void check() {
        String os = System.getProperty("os.name", "");
        String architecture = System.getProperty("os.arch", "").toLowerCase(Locale.ROOT);
        if (!os.equals("Linux")) {
            throw new UnsupportedOperationException("TUN devices and packet sockets need Linux; this is " + os);
        }
        // The numbers of ioctls, flags and errors in this module are those of asm-generic.
        if (!architecture.equals("amd64") && !architecture.equals("aarch64") && !architecture.equals("riscv64")) {
            throw new UnsupportedOperationException(
                    "Lastack does not know the Linux constants of architecture " + architecture + " (it knows amd64, aarch64, riscv64)");
        }
    }

    /// The rules of the kernel for names of interfaces, so that a bad name gets a clear word instead of EINVAL.
    static String checkInterfaceName(String name) {
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        if (bytes.length == 0 || bytes.length >= INTERFACE_NAME_BYTES) {
            throw new IllegalArgumentException("the name of an interface has 1 to 15 octets: '" + name + "'");
        }
        if (name.equals(".") || name.equals("..")) {
            throw new IllegalArgumentException("not a name for an interface: '" + name + "'");
        }
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            if (c <= ' ' || c == '/' || c == ':' || c == 127) {
                throw new IllegalArgumentException("the name of an interface has no '/', ':' or blanks: '" + name + "'");
            }
        }
        return name;
    }

    /// A struct ifreq with that name.
    static MemorySegment ifreq(Arena arena, String name) {
        MemorySegment request = arena.allocate(IFREQ_BYTES, 8);
        byte[] bytes = checkInterfaceName(name).getBytes(StandardCharsets.UTF_8);
        MemorySegment.copy(bytes, 0, request, ValueLayout.JAVA_BYTE, 0, bytes.length);
        return request;
    }
}
