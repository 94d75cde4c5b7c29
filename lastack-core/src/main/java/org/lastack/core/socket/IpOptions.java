package org.lastack.core.socket;

import org.lastack.core.Engine;
import org.lastack.core.Errno;
import org.lastack.core.Sysctl;

/// Options of level IPPROTO_IP that are not about multicast. Sockets of both families have them.
final class IpOptions {
    /// The two low bits of TOS belong to ECN, which TCP runs itself.
    private static final int ECN_MASK = 3;

    private final Engine engine;

    IpOptions(Engine engine) {
        this.engine = engine;
    }

    private static int bit(int name) {
        return switch (name) {
            case SocketOptions.IP_PKTINFO -> InetSocket.PKTINFO;
            case SocketOptions.IP_RECVERR -> InetSocket.RECVERR;
            case SocketOptions.IP_RECVTTL -> InetSocket.RECVTTL;
            case SocketOptions.IP_RECVOPTS -> InetSocket.RECVOPTS;
            case SocketOptions.IP_RECVTOS -> InetSocket.RECVTOS;
            case SocketOptions.IP_FREEBIND -> InetSocket.FREEBIND;
            case SocketOptions.IP_TRANSPARENT -> InetSocket.TRANSPARENT;
            case SocketOptions.IP_BIND_ADDRESS_NO_PORT -> InetSocket.BIND_ADDRESS_NO_PORT;
            default -> 0;
        };
    }

    int set(InetSocket s, int name, byte[] value, int offset, int length) {
        // Linux takes an int, from whoever passes less one octet, and nothing for 0; but these have to be said.
        if (length < 1 && (name == SocketOptions.IP_TTL || name == SocketOptions.IP_MINTTL || name == SocketOptions.IP_FREEBIND || name == SocketOptions.IP_TRANSPARENT)) {
            return -Errno.EINVAL;
        }
        int v = length >= 4 ? OptionBytes.int32(value, offset) : length > 0 ? value[offset] & 0xff : 0;
        int bit = bit(name);
        if (bit != 0) {
            if (bit == InetSocket.TRANSPARENT && v != 0 && s.owner().uid() != 0) {
                return -Errno.EPERM;
            }
            s.option(bit, v != 0);
            return 0;
        }
        return switch (name) {
            case SocketOptions.IP_TOS -> {
                s.typeOfService = s.stream() ? v & 0xff & ~ECN_MASK | s.typeOfService & ECN_MASK : v & 0xff;
                yield 0;
            }
            case SocketOptions.IP_TTL -> {
                if (v != -1 && (v < 1 || v > 255)) {
                    yield -Errno.EINVAL;
                }
                s.timeToLive = v;
                yield 0;
            }
            case SocketOptions.IP_MTU_DISCOVER -> {
                if (v < SocketOptions.PMTUDISC_DONT || v > SocketOptions.PMTUDISC_OMIT) {
                    yield -Errno.EINVAL;
                }
                s.pathMtuDiscovery = v;
                yield 0;
            }
            case SocketOptions.IP_MINTTL -> {
                if (v < 0 || v > 255) {
                    yield -Errno.EINVAL;
                }
                s.minTtl = v;
                yield 0;
            }
            case SocketOptions.IP_LOCAL_PORT_RANGE -> portRange(s, v, length);
            default -> -Errno.ENOPROTOOPT;
        };
    }

    private static int portRange(InetSocket s, int range, int length) {
        int low = range & 0xffff;
        int high = range >>> 16;
        if (length != 4 || low != 0 && high != 0 && low > high) {
            return -Errno.EINVAL;
        }
        s.portRange = range;
        return 0;
    }

    int get(InetSocket s, int name, byte[] out, int offset, int room) {
        int bit = bit(name);
        if (bit != 0) {
            return OptionBytes.answerSmall(out, offset, room, s.option(bit) ? 1 : 0);
        }
        return switch (name) {
            case SocketOptions.IP_TOS -> OptionBytes.answerSmall(out, offset, room, s.typeOfService);
            case SocketOptions.IP_TTL -> OptionBytes.answerSmall(out, offset, room,
                    s.timeToLive < 0 ? engine.sysctls().getInt(Sysctl.IP_DEFAULT_TTL) : s.timeToLive);
            case SocketOptions.IP_MTU_DISCOVER -> OptionBytes.answerSmall(out, offset, room, s.pathMtuDiscovery);
            case SocketOptions.IP_MINTTL -> OptionBytes.answerSmall(out, offset, room, s.minTtl);
            case SocketOptions.IP_LOCAL_PORT_RANGE -> OptionBytes.answer(out, offset, room, s.portRange);
            // Meant for raw sockets; of others the kernel's field is the local port.
            case SocketOptions.IP_PROTOCOL -> OptionBytes.answer(out, offset, room, s.localPort);
            // Raw sockets only may set these; any may read them.
            case SocketOptions.IP_HDRINCL, SocketOptions.IP_NODEFRAG -> OptionBytes.answerSmall(out, offset, room, 0);
            case SocketOptions.IP_MTU -> {
                int mtu = SocketOptions.pathMtu(engine, s);
                yield mtu < 0 ? mtu : OptionBytes.answerSmall(out, offset, room, mtu);
            }
            default -> -Errno.ENOPROTOOPT;
        };
    }
}
