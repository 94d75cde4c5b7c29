package org.lastack.core.socket;

import org.lastack.core.Engine;
import org.lastack.core.Errno;
import org.lastack.core.Sysctl;
import org.lastack.wire.Ipv6Header;

/// Options of level IPPROTO_IPV6 that are not about multicast (RFC 3493, RFC 3542).
final class Ipv6Options {
    private final Engine engine;

    Ipv6Options(Engine engine) {
        this.engine = engine;
    }

    private static int bit(int name) {
        return switch (name) {
            case SocketOptions.IPV6_RECVERR -> InetSocket.RECVERR6;
            case SocketOptions.IPV6_RECVPKTINFO -> InetSocket.RECVPKTINFO6;
            case SocketOptions.IPV6_RECVHOPLIMIT -> InetSocket.RECVHOPLIMIT;
            case SocketOptions.IPV6_RECVTCLASS -> InetSocket.RECVTCLASS;
            case SocketOptions.IPV6_FREEBIND -> InetSocket.FREEBIND;
            case SocketOptions.IPV6_TRANSPARENT -> InetSocket.TRANSPARENT;
            case SocketOptions.IPV6_V6ONLY -> InetSocket.V6ONLY;
            default -> 0;
        };
    }

    /// The options that are no booleans.
    private static boolean valued(int name) {
        return name == SocketOptions.IPV6_UNICAST_HOPS || name == SocketOptions.IPV6_TCLASS || name == SocketOptions.IPV6_MTU_DISCOVER
                || name == SocketOptions.IPV6_MTU || name == SocketOptions.IPV6_MINHOPCOUNT;
    }

    int set(InetSocket s, int name, byte[] value, int offset, int length) {
        int bit = bit(name);
        if (length < 4) {
            return bit != 0 || valued(name) ? -Errno.EINVAL : -Errno.ENOPROTOOPT;
        }
        int v = OptionBytes.int32(value, offset);
        if (bit != 0) {
            if (bit == InetSocket.V6ONLY && s.localPort != 0) {
                // The port table has decided already.
                return -Errno.EINVAL;
            }
            if (bit == InetSocket.TRANSPARENT && v != 0 && s.owner().uid() != 0) {
                return -Errno.EPERM;
            }
            s.option(bit, v != 0);
            return 0;
        }
        return switch (name) {
            case SocketOptions.IPV6_UNICAST_HOPS -> {
                if (v < -1 || v > 255) {
                    yield -Errno.EINVAL;
                }
                s.hopLimit = v;
                yield 0;
            }
            case SocketOptions.IPV6_TCLASS -> {
                if (v < -1 || v > 255) {
                    yield -Errno.EINVAL;
                }
                // The two low bits belong to ECN, which TCP runs itself.
                s.trafficClass = s.stream() ? Math.max(0, v) & ~3 | s.trafficClass & 3 : Math.max(0, v);
                yield 0;
            }
            case SocketOptions.IPV6_MTU_DISCOVER -> {
                if (v < SocketOptions.PMTUDISC_DONT || v > SocketOptions.PMTUDISC_OMIT) {
                    yield -Errno.EINVAL;
                }
                s.pathMtuDiscovery6 = v;
                yield 0;
            }
            case SocketOptions.IPV6_MTU -> {
                if (v != 0 && v < Ipv6Header.MIN_MTU) {
                    yield -Errno.EINVAL;
                }
                s.ipv6Mtu = v;
                yield 0;
            }
            case SocketOptions.IPV6_MINHOPCOUNT -> {
                if (v < 0 || v > 255) {
                    yield -Errno.EINVAL;
                }
                s.minHopLimit = v;
                yield 0;
            }
            default -> -Errno.ENOPROTOOPT;
        };
    }

    int get(InetSocket s, int name, byte[] out, int offset, int room) {
        int bit = bit(name);
        if (bit != 0) {
            return OptionBytes.answer(out, offset, room, s.option(bit) ? 1 : 0);
        }
        return switch (name) {
            case SocketOptions.IPV6_UNICAST_HOPS -> OptionBytes.answer(out, offset, room,
                    s.hopLimit < 0 ? engine.sysctls().getInt(Sysctl.IPV6_HOP_LIMIT) : s.hopLimit);
            case SocketOptions.IPV6_TCLASS -> OptionBytes.answer(out, offset, room, s.trafficClass);
            case SocketOptions.IPV6_MTU_DISCOVER -> OptionBytes.answer(out, offset, room, s.pathMtuDiscovery6);
            case SocketOptions.IPV6_MINHOPCOUNT -> OptionBytes.answer(out, offset, room, s.minHopLimit);
            case SocketOptions.IPV6_MTU -> {
                int mtu = SocketOptions.pathMtu(engine, s);
                yield mtu < 0 ? mtu : OptionBytes.answer(out, offset, room, mtu);
            }
            default -> -Errno.ENOPROTOOPT;
        };
    }
}
