package org.lastack.tools.why;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.lastack.core.socket.SocketOptions;
import org.lastack.link.linux.KernelSockets;

/// Reads socket options of other programs' sockets: no table of Linux has SO_REUSEADDR and SO_REUSEPORT, but whoever may debug a process may borrow
/// its descriptor for a moment and ask the socket itself.
final class KernelOptions {
    private static final int SO_NETNS_COOKIE = 71;
    private static final int TCP = 6;
    private static final int UDP = 17;
    private static final int SOCKADDR_PORT = 2;

    private KernelOptions() {}

    /// The row with its options, if one of its owners lets them be read.
    static Holding read(Holding row, Processes processes) {
        for (Processes.Descriptor each : row.inode() == 0 ? List.<Processes.Descriptor>of() : processes.of(row.inode())) {
            int fd = KernelSockets.borrow(each.pid(), each.fd());
            if (fd >= 0) {
                try {
                    int v6Only = number(fd, SocketOptions.IPPROTO_IPV6, SocketOptions.IPV6_V6ONLY);
                    return row.with(new Sharing(number(fd, SocketOptions.SOL_SOCKET, SocketOptions.SO_REUSEADDR), number(fd, SocketOptions.SOL_SOCKET, SocketOptions.SO_REUSEPORT),
                            v6Only == Sharing.UNKNOWN ? row.sharing().v6Only() : v6Only, row.sharing().device(), "read from the socket"));
                } finally {
                    KernelSockets.close(fd);
                }
            }
        }
        return row;
    }

    private static int number(int fd, int level, int name) {
        KernelSockets.Filled filled = KernelSockets.getOption(fd, level, name, 4);
        return filled.result() < 0 || filled.value().length < 4 ? Sharing.UNKNOWN : ByteBuffer.wrap(filled.value()).order(KernelSockets.order()).getInt();
    }

    private static long namespace(int fd) {
        KernelSockets.Filled filled = KernelSockets.getOption(fd, SocketOptions.SOL_SOCKET, SO_NETNS_COOKIE, 8);
        return filled.result() < 0 || filled.value().length < 8 ? 0 : ByteBuffer.wrap(filled.value()).order(KernelSockets.order()).getLong();
    }

    /// Sockets that have no port and yet a reuse option: what a program is left with whose bind failed and who set the option afterwards.
    ///
    /// @param known inodes of sockets that have a row in some table
    static List<String> withoutPort(Processes processes, Set<Long> known, boolean udp) {
        List<String> found = new ArrayList<>();
        int own = KernelSockets.socket(2, udp ? 2 : 1, 0);
        long here = own < 0 ? 0 : namespace(own);
        if (own >= 0) {
            KernelSockets.close(own);
        }
        for (Map.Entry<Long, List<Processes.Descriptor>> each : processes.all().entrySet()) {
            if (!known.contains(each.getKey())) {
                Processes.Descriptor descriptor = each.getValue().getFirst();
                int fd = KernelSockets.borrow(descriptor.pid(), descriptor.fd());
                if (fd >= 0) {
                    String words = withoutPort(fd, here, udp);
                    KernelSockets.close(fd);
                    if (!words.isEmpty()) {
                        found.add(descriptor.program() + " (process " + descriptor.pid() + ", descriptor " + descriptor.fd() + ") " + words);
                    }
                }
            }
        }
        return found;
    }

    private static String withoutPort(int fd, long namespace, boolean udp) {
        if (number(fd, SocketOptions.SOL_SOCKET, SocketOptions.SO_PROTOCOL) != (udp ? UDP : TCP) || namespace(fd) != namespace) {
            return "";
        }
        byte[] name = KernelSockets.name(fd).value();
        if (name.length < SOCKADDR_PORT + 2 || name[SOCKADDR_PORT] != 0 || name[SOCKADDR_PORT + 1] != 0) {
            return "";
        }
        boolean address = number(fd, SocketOptions.SOL_SOCKET, SocketOptions.SO_REUSEADDR) == 1;
        boolean port = number(fd, SocketOptions.SOL_SOCKET, SocketOptions.SO_REUSEPORT) == 1;
        return address || port ? "has a " + (udp ? "UDP" : "TCP") + " socket without a port on which " + (address ? port ? "SO_REUSEADDR and SO_REUSEPORT are" : "SO_REUSEADDR is"
                : "SO_REUSEPORT is") + " set" : "";
    }
}
