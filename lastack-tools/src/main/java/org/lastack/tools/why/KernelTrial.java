package org.lastack.tools.why;

import java.nio.ByteBuffer;
import org.lastack.core.socket.BindRequest;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.socket.SocketOptions;
import org.lastack.link.linux.KernelSockets;

/// Binds a socket of our own in the kernel and closes it at once.
///
/// A TCP socket that is bound and does not listen hears nothing, so that costs others nothing but the port for some microseconds. A UDP socket hears
/// datagrams from its bind on, so it is only bound where nobody else would hear them: beside no holder, or where the call must fail.
final class KernelTrial {
    private static final int SOCK_STREAM = 1;
    private static final int SOCK_DGRAM = 2;
    /// The trial cannot be made: not our business to act for that user.
    static final int NOT_TRIED = -1;

    private KernelTrial() {}

    /// 0, or the positive errno that `bind` gave, or [#NOT_TRIED].
    ///
    /// @param uid who owns the socket
    static int bind(BindRequest wanted, boolean udp, int uid) {
        int type = udp ? SOCK_DGRAM : SOCK_STREAM;
        int fd = uid == KernelSockets.effectiveUser() ? KernelSockets.socket(wanted.domain(), type, 0) : KernelSockets.socketAs(uid, wanted.domain(), type, 0);
        if (fd < 0) {
            return uid == KernelSockets.effectiveUser() ? -fd : NOT_TRIED;
        }
        try {
            set(fd, SocketOptions.SOL_SOCKET, SocketOptions.SO_REUSEADDR, wanted.reuseAddress());
            set(fd, SocketOptions.SOL_SOCKET, SocketOptions.SO_REUSEPORT, wanted.reusePort());
            if (wanted.domain() == InetSocket.AF_INET6) {
                set(fd, SocketOptions.IPPROTO_IPV6, SocketOptions.IPV6_V6ONLY, wanted.v6Only());
            }
            return -KernelSockets.bind(fd, address(wanted));
        } finally {
            KernelSockets.close(fd);
        }
    }

    private static void set(int fd, int level, int name, boolean on) {
        KernelSockets.setOption(fd, level, name, ByteBuffer.allocate(4).order(KernelSockets.order()).putInt(on ? 1 : 0).array());
    }

    /// A `sockaddr` of the socket's family.
    static byte[] address(BindRequest wanted) {
        byte[] octets = wanted.address().toBytes();
        boolean v6 = wanted.domain() == InetSocket.AF_INET6;
        ByteBuffer out = ByteBuffer.allocate(v6 ? 28 : 16).order(KernelSockets.order());
        out.putShort((short) wanted.domain()).put((byte) (wanted.port() >> 8)).put((byte) wanted.port());
        if (!v6) {
            return out.put(octets).array();
        }
        out.putInt(0);
        if (octets.length == 4) {
            out.position(18).put((byte) 0xff).put((byte) 0xff);
        }
        return out.put(octets).array();
    }
}
