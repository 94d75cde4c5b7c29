package org.lastack.bsd;

import org.jspecify.annotations.Nullable;
import org.lastack.core.Errno;
import org.lastack.core.socket.OptionBytes;
import org.lastack.core.socket.SocketOptions;
import org.lastack.host.HostTcpSocket;
import org.lastack.host.HostUdpSocket;

/// `getsockopt`, `setsockopt` and `ioctl` in front of the protocols: pointers and lengths.
final class Options {
    private Options() {}

    /// On 64-bit systems the time-outs of the year-2038 interface have the layout of the old ones.
    private static int plain(int level, int name) {
        if (level != SocketOptions.SOL_SOCKET) {
            return name;
        }
        return switch (name) {
            case Linux.SO_RCVTIMEO_NEW -> SocketOptions.SO_RCVTIMEO;
            case Linux.SO_SNDTIMEO_NEW -> SocketOptions.SO_SNDTIMEO;
            default -> name;
        };
    }

    static int set(Description.Socket socket, int level, int option, byte @Nullable [] value, int length) {
        if (length < 0) {
            return -Errno.EINVAL;
        }
        int name = plain(level, option);
        if (value == null || length > value.length) {
            return length == 0 ? socket.socket.setOption(level, name, new byte[0], 0, 0) : -Errno.EFAULT;
        }
        return socket.socket.setOption(level, name, value, 0, length);
    }

    static int get(Description.Socket socket, int level, int option, byte @Nullable [] out, int room) {
        if (room < 0) {
            return -Errno.EINVAL;
        }
        if (out == null) {
            return -Errno.EFAULT;
        }
        return socket.socket.getOption(level, plain(level, option), out, 0, Math.min(room, out.length));
    }

    static int control(Description.Socket socket, int request) {
        return switch (socket.socket) {
            case HostTcpSocket tcp -> tcp.host().call(() -> switch (request) {
                case Linux.SIOCINQ -> tcp.tcp().listening() ? -Errno.EINVAL : tcp.tcp().inputQueueOctets();
                case Linux.SIOCOUTQ -> tcp.tcp().listening() ? -Errno.EINVAL : tcp.tcp().unackedOctets();
                case Linux.SIOCOUTQNSD -> tcp.tcp().listening() ? -Errno.EINVAL : tcp.tcp().unsentOctets();
                case Linux.SIOCATMARK -> tcp.tcp().atMark() ? 1 : 0;
                default -> -Errno.ENOTTY;
            });
            case HostUdpSocket udp -> udp.host().call(() -> switch (request) {
                case Linux.SIOCINQ -> udp.udp().unreadOctets();
                // What is sent has left: datagrams wait for a neighbour at most.
                case Linux.SIOCOUTQ -> 0;
                default -> -Errno.ENOTTY;
            });
        };
    }

    static byte[] bytesOf(int value) {
        byte[] four = new byte[Integer.BYTES];
        OptionBytes.put32(four, 0, value);
        return four;
    }

    static int intOf(byte[] four) {
        return OptionBytes.int32(four, 0);
    }
}
