package org.lastack.tools.why;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.lastack.link.linux.KernelSockets;
import org.lastack.wire.IpAddress;

/// The kernel's sockets as sock_diag(7) tells them: those of this thread's network namespace, with IPV6_V6ONLY, devices, timers in milliseconds, and
/// (since Linux 6.8) TCP sockets that are bound and nothing else, which no file of /proc shows. Without sock_diag, what /proc shows.
final class SockDiag {
    private static final int AF_INET = 2;
    private static final int AF_INET6 = 10;
    private static final int AF_NETLINK = 16;
    private static final int SOCK_RAW = 3;
    private static final int NETLINK_SOCK_DIAG = 4;
    private static final int SOCK_DIAG_BY_FAMILY = 20;
    private static final int NLM_F_REQUEST_DUMP = 0x301;
    private static final int NLMSG_ERROR = 2;
    private static final int NLMSG_DONE = 3;
    private static final int NLMSG_HEADER = 16;
    private static final int REQUEST = 56;
    private static final int MESSAGE = 72;
    private static final int TCP = 6;
    private static final int UDP = 17;
    private static final int TCP_CLOSE = 7;
    private static final int TCP_LISTEN = 10;
    private static final int INET_DIAG_INFO = 2;
    private static final int INET_DIAG_SKV6ONLY = 11;
    /// All states, and 13, TCP_BOUND_INACTIVE.
    private static final int ALL_STATES = 0x3fff;
    private static final int ROOM = 1 << 16;
    /// TCP_TIMEWAIT_LEN of Linux, which no setting changes.
    static final long TIME_WAIT_MS = 60_000;
    /// Where tcpi_last_data_recv and tcpi_last_ack_recv stand in struct tcp_info.
    private static final int LAST_DATA_RECEIVED = 52;
    private static final int LAST_ACK_RECEIVED = 56;

    private SockDiag() {}

    /// @param port the local port, 0 for all
    static List<Holding> read(boolean udp, int port) throws IOException {
        List<Holding> all = new ArrayList<>();
        int fd = KernelSockets.socket(AF_NETLINK, SOCK_RAW, NETLINK_SOCK_DIAG);
        if (fd < 0) {
            return fromProc(udp, port);
        }
        try {
            return dump(fd, AF_INET, udp, port, all) && dump(fd, AF_INET6, udp, port, all) ? all : fromProc(udp, port);
        } finally {
            KernelSockets.close(fd);
        }
    }

    private static List<Holding> fromProc(boolean udp, int port) throws IOException {
        return ProcSockets.read(udp ? "udp" : "tcp").stream().filter(each -> port == 0 || each.localPort() == port).toList();
    }

    private static ByteBuffer buffer(byte[] octets) {
        return ByteBuffer.wrap(octets).order(KernelSockets.order());
    }

    /// False if the kernel does not answer such questions.
    private static boolean dump(int fd, int family, boolean udp, int port, List<Holding> all) {
        ByteBuffer request = buffer(new byte[NLMSG_HEADER + REQUEST]);
        request.putInt(request.capacity()).putShort((short) SOCK_DIAG_BY_FAMILY).putShort((short) NLM_F_REQUEST_DUMP).putInt(family).putInt(0);
        request.put((byte) family).put((byte) (udp ? UDP : TCP)).put((byte) (1 << INET_DIAG_INFO - 1)).put((byte) 0).putInt(ALL_STATES);
        request.put((byte) (port >> 8)).put((byte) port);
        if (KernelSockets.send(fd, request.array(), 0, false, new byte[0], new byte[0]) < 0) {
            return false;
        }
        while (true) {
            KernelSockets.Message part = KernelSockets.receive(fd, ROOM, 0, false, 0);
            if (part.result() < 0) {
                return false;
            }
            ByteBuffer in = buffer(part.data());
            for (int at = 0; at + NLMSG_HEADER <= in.limit();) {
                int length = in.getInt(at);
                int type = in.getShort(at + 4);
                if (type == NLMSG_DONE) {
                    return true;
                }
                if (type == NLMSG_ERROR || length < NLMSG_HEADER) {
                    return false;
                }
                if (type == SOCK_DIAG_BY_FAMILY && length >= NLMSG_HEADER + MESSAGE) {
                    all.add(row(buffer(java.util.Arrays.copyOfRange(part.data(), at + NLMSG_HEADER, at + length)), udp));
                }
                at += length + 3 & ~3;
            }
        }
    }

    /// One struct inet_diag_msg with its attributes.
    static Holding row(ByteBuffer in, boolean udp) {
        boolean v6 = in.get(0) == AF_INET6;
        int number = in.get(1);
        String timer = ProcSockets.timerName(in.get(2));
        long timerMs = Integer.toUnsignedLong(in.getInt(52));
        int localPort = Short.toUnsignedInt(in.order(java.nio.ByteOrder.BIG_ENDIAN).getShort(4));
        int remotePort = Short.toUnsignedInt(in.getShort(6));
        in.order(KernelSockets.order());
        long inode = Integer.toUnsignedLong(in.getInt(68));
        String state = udp ? number == 1 ? "ESTABLISHED" : "UNCONN" : number == TCP_CLOSE ? "BOUND" : ProcSockets.state(number);
        int v6Only = Sharing.UNKNOWN;
        long ageMs = timer.equals("timewait") && state.equals("TIME_WAIT") ? Math.max(0, TIME_WAIT_MS - timerMs) : -1;
        for (int at = MESSAGE; at + 4 <= in.limit();) {
            int length = in.getShort(at);
            int type = in.getShort(at + 2) & 0x3fff;
            if (length < 4) {
                break;
            }
            if (type == INET_DIAG_SKV6ONLY && length > 4) {
                v6Only = in.get(at + 4);
            } else if (type == INET_DIAG_INFO && length >= 4 + LAST_ACK_RECEIVED + 4 && state.equals("CLOSE_WAIT")) {
                // The FIN was the last thing that the peer had to say; what came later were ACKs of ours and answers to probes.
                ageMs = Math.min(Integer.toUnsignedLong(in.getInt(at + 4 + LAST_DATA_RECEIVED)), Integer.toUnsignedLong(in.getInt(at + 4 + LAST_ACK_RECEIVED)));
            }
            at += length + 3 & ~3;
        }
        boolean listens = !udp && number == TCP_LISTEN;
        return new Holding(state, address(in, 8, v6), localPort, address(in, 24, v6), remotePort, Integer.toUnsignedLong(in.getInt(56)),
                Integer.toUnsignedLong(in.getInt(60)), Integer.toUnsignedLong(in.getInt(64)), 0, "", ageMs, timer, timerMs, listens ? 0 : in.get(3), 0, inode == 0, "",
                inode, "", new Sharing(Sharing.UNKNOWN, Sharing.UNKNOWN, v6Only, in.getInt(40), ""), -1);
    }

    private static IpAddress address(ByteBuffer in, int at, boolean v6) {
        return v6 ? IpAddress.readV6(in.array(), at) : IpAddress.readV4(in.array(), at);
    }
}
