package org.lastack.core.udp;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lastack.core.Engine;
import org.lastack.core.Errno;
import org.lastack.core.Interface;
import org.lastack.core.ip.IpDatagram;
import org.lastack.core.ip.Route;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.socket.OptionBytes;
import org.lastack.core.socket.SocketOptions;
import org.lastack.wire.Bytes;
import org.lastack.wire.IpAddress;

/// Multicast options of one socket: memberships, outgoing interface, TTL, loopback (RFC 1112, RFC 3493 §5.2), with Linux's layouts.
final class GroupOptions {
    /// Linux's net.ipv4.igmp_max_memberships.
    private static final int MAX_MEMBERSHIPS = 20;

    private record Membership(int interfaceIndex, IpAddress group) {}

    private final Engine engine;
    private final InetSocket socket;
    private final List<Membership> memberships = new ArrayList<>(0);
    private int interfaceV4;
    private int interfaceV6;
    private int ttl = 1;
    private int hops = 1;
    private boolean loopV4 = true;
    private boolean loopV6 = true;
    /// IP_MULTICAST_ALL: hear every group that the host has joined.
    private boolean all;

    GroupOptions(Engine engine, InetSocket socket) {
        this.engine = engine;
        this.socket = socket;
        // As Linux: an AF_INET6 socket hears only the IPv4 groups that it has joined itself.
        all = socket.domain() == InetSocket.AF_INET;
    }

    int interfaceIndex(boolean v4) {
        return v4 ? interfaceV4 : interfaceV6;
    }

    int ttl(boolean v4) {
        // 0 stays on this host; the IP layer's 0 means "default", hence the least that leaves.
        return Math.max(1, v4 ? ttl : hops);
    }

    boolean loops(boolean v4) {
        return v4 ? loopV4 : loopV6;
    }

    boolean hears(IpDatagram d) {
        if (all || !d.v4) {
            return true;
        }
        Interface in = d.in;
        for (Membership each : memberships) {
            if (in != null && each.interfaceIndex() == in.index() && each.group().low() == d.destinationLow
                    && each.group().high() == d.destinationHigh) {
                return true;
            }
        }
        return false;
    }

    boolean handles(int level, int name) {
        if (level == SocketOptions.IPPROTO_IP) {
            return name >= SocketOptions.IP_MULTICAST_IF && name <= SocketOptions.IP_DROP_MEMBERSHIP || name == SocketOptions.IP_MULTICAST_ALL;
        }
        return level == SocketOptions.IPPROTO_IPV6 && socket.domain() == InetSocket.AF_INET6 && name >= SocketOptions.IPV6_MULTICAST_IF
                && name <= SocketOptions.IPV6_LEAVE_GROUP;
    }

    int set(int level, int name, byte[] value, int offset, int length) {
        return level == SocketOptions.IPPROTO_IP ? setV4(name, value, offset, length) : setV6(name, value, offset, length);
    }

    private int setV4(int name, byte[] value, int offset, int length) {
        if (length < 1) {
            return -Errno.EINVAL;
        }
        if (name == SocketOptions.IP_ADD_MEMBERSHIP || name == SocketOptions.IP_DROP_MEMBERSHIP) {
            if (length < 8) {
                return -Errno.EINVAL;
            }
            IpAddress group = IpAddress.readV4(value, offset);
            int index = length >= 12 ? OptionBytes.int32(value, offset + 8) : 0;
            return membership(group, index, IpAddress.readV4(value, offset + 4), name == SocketOptions.IP_ADD_MEMBERSHIP);
        }
        if (name == SocketOptions.IP_MULTICAST_IF) {
            return setInterfaceV4(value, offset, length);
        }
        int v = length >= 4 ? OptionBytes.int32(value, offset) : value[offset] & 0xff;
        switch (name) {
            case SocketOptions.IP_MULTICAST_TTL -> {
                if (v < -1 || v > 255) {
                    return -Errno.EINVAL;
                }
                ttl = v == -1 ? 1 : v;
            }
            case SocketOptions.IP_MULTICAST_LOOP -> loopV4 = v != 0;
            case SocketOptions.IP_MULTICAST_ALL -> {
                if (v != 0 && v != 1) {
                    return -Errno.EINVAL;
                }
                all = v != 0;
            }
            default -> {
                return -Errno.ENOPROTOOPT;
            }
        }
        return 0;
    }

    /// `struct in_addr`, `ip_mreq` or `ip_mreqn`.
    private int setInterfaceV4(byte[] value, int offset, int length) {
        if (length < 4) {
            return -Errno.EINVAL;
        }
        int index = length >= 12 ? OptionBytes.int32(value, offset + 8) : 0;
        int address = Bytes.i32(value, length >= 8 ? offset + 4 : offset);
        if (index == 0 && address != 0) {
            index = engine.ip().interfaceOf(0, IpAddress.lowOfV4(address));
            if (index == 0) {
                return -Errno.EADDRNOTAVAIL;
            }
        }
        if (index != 0 && engine.interfaceAt(index) == null) {
            return -Errno.EADDRNOTAVAIL;
        }
        interfaceV4 = index;
        return 0;
    }

    private int setV6(int name, byte[] value, int offset, int length) {
        if (name == SocketOptions.IPV6_JOIN_GROUP || name == SocketOptions.IPV6_LEAVE_GROUP) {
            if (length < 20) {
                return -Errno.EINVAL;
            }
            return membership(IpAddress.readV6(value, offset), OptionBytes.int32(value, offset + 16), IpAddress.ANY_V6,
                    name == SocketOptions.IPV6_JOIN_GROUP);
        }
        if (length < 4) {
            return -Errno.EINVAL;
        }
        int v = OptionBytes.int32(value, offset);
        switch (name) {
            case SocketOptions.IPV6_MULTICAST_IF -> {
                if (v != 0 && engine.interfaceAt(v) == null) {
                    return -Errno.ENODEV;
                }
                interfaceV6 = v;
            }
            case SocketOptions.IPV6_MULTICAST_HOPS -> {
                if (v < -1 || v > 255) {
                    return -Errno.EINVAL;
                }
                hops = v == -1 ? 1 : v;
            }
            case SocketOptions.IPV6_MULTICAST_LOOP -> {
                if (v != 0 && v != 1) {
                    return -Errno.EINVAL;
                }
                loopV6 = v != 0;
            }
            default -> {
                return -Errno.ENOPROTOOPT;
            }
        }
        return 0;
    }

    private int membership(IpAddress group, int index, IpAddress interfaceAddress, boolean join) {
        if (!group.isMulticast()) {
            return -Errno.EINVAL;
        }
        Interface in = resolve(group, index, interfaceAddress);
        if (in == null) {
            return -Errno.ENODEV;
        }
        Membership wanted = new Membership(in.index(), group);
        if (!join) {
            if (!memberships.remove(wanted)) {
                return -Errno.EADDRNOTAVAIL;
            }
            engine.ip().groups().leave(in.index(), group.high(), group.low());
            return 0;
        }
        if (memberships.contains(wanted)) {
            return -Errno.EADDRINUSE;
        }
        if (memberships.size() >= MAX_MEMBERSHIPS) {
            return -Errno.ENOBUFS;
        }
        int result = engine.ip().groups().join(in, group.high(), group.low());
        if (result == 0) {
            memberships.add(wanted);
        }
        return result;
    }

    /// The interface by index, by address, or by the route to the group.
    private @Nullable Interface resolve(IpAddress group, int index, IpAddress interfaceAddress) {
        if (index != 0) {
            return engine.interfaceAt(index);
        }
        if (!interfaceAddress.isUnspecified()) {
            return engine.interfaceAt(engine.ip().interfaceOf(interfaceAddress.high(), interfaceAddress.low()));
        }
        Route route = engine.ip().route(group.high(), group.low(), 0, 0, socket.boundInterface());
        return route == null ? null : route.out;
    }

    void leaveAll() {
        for (Membership each : memberships) {
            engine.ip().groups().leave(each.interfaceIndex(), each.group().high(), each.group().low());
        }
        memberships.clear();
    }

    int get(int level, int name, byte[] out, int offset, int room) {
        if (level == SocketOptions.IPPROTO_IP) {
            return switch (name) {
                case SocketOptions.IP_MULTICAST_TTL -> OptionBytes.answerSmall(out, offset, room, ttl);
                case SocketOptions.IP_MULTICAST_LOOP -> OptionBytes.answerSmall(out, offset, room, loopV4 ? 1 : 0);
                case SocketOptions.IP_MULTICAST_ALL -> OptionBytes.answerSmall(out, offset, room, all ? 1 : 0);
                case SocketOptions.IP_MULTICAST_IF -> interfaceAddress(out, offset, room);
                default -> -Errno.ENOPROTOOPT;
            };
        }
        return switch (name) {
            case SocketOptions.IPV6_MULTICAST_IF -> OptionBytes.answer(out, offset, room, interfaceV6);
            case SocketOptions.IPV6_MULTICAST_HOPS -> OptionBytes.answer(out, offset, room, hops);
            case SocketOptions.IPV6_MULTICAST_LOOP -> OptionBytes.answer(out, offset, room, loopV6 ? 1 : 0);
            default -> -Errno.ENOPROTOOPT;
        };
    }

    private int interfaceAddress(byte[] out, int offset, int room) {
        Interface chosen = interfaceV4 == 0 ? null : engine.interfaceAt(interfaceV4);
        IpAddress address = chosen == null ? null : chosen.firstAddress(true);
        byte[] octets = new byte[4];
        Bytes.put32(octets, 0, address == null ? 0 : address.v4Bits());
        int copied = Math.min(room, 4);
        System.arraycopy(octets, 0, out, offset, copied);
        return copied;
    }
}
