package org.lastack.core.socket;

import java.nio.charset.StandardCharsets;
import org.lastack.core.Engine;
import org.lastack.core.Errno;
import org.lastack.core.Interface;
import org.lastack.core.Sysctl;
import org.lastack.core.ip.Route;

/// The options that TCP and UDP sockets share: levels SOL_SOCKET, IPPROTO_IP and IPPROTO_IPV6, with Linux's numbers, layouts, limits and
/// errors. Options of one protocol are that protocol's business; what nobody knows is ENOPROTOOPT.
public final class SocketOptions {
    public static final int SOL_SOCKET = 1;
    public static final int IPPROTO_IP = 0;
    public static final int IPPROTO_IPV6 = 41;

    public static final int SO_DEBUG = 1;
    public static final int SO_REUSEADDR = 2;
    public static final int SO_TYPE = 3;
    public static final int SO_ERROR = 4;
    public static final int SO_DONTROUTE = 5;
    public static final int SO_BROADCAST = 6;
    public static final int SO_SNDBUF = 7;
    public static final int SO_RCVBUF = 8;
    public static final int SO_KEEPALIVE = 9;
    public static final int SO_OOBINLINE = 10;
    public static final int SO_NO_CHECK = 11;
    public static final int SO_PRIORITY = 12;
    public static final int SO_LINGER = 13;
    public static final int SO_REUSEPORT = 15;
    public static final int SO_RCVLOWAT = 18;
    public static final int SO_SNDLOWAT = 19;
    public static final int SO_RCVTIMEO = 20;
    public static final int SO_SNDTIMEO = 21;
    public static final int SO_BINDTODEVICE = 25;
    public static final int SO_TIMESTAMP = 29;
    public static final int SO_ACCEPTCONN = 30;
    public static final int SO_SNDBUFFORCE = 32;
    public static final int SO_RCVBUFFORCE = 33;
    public static final int SO_TIMESTAMPNS = 35;
    public static final int SO_MARK = 36;
    public static final int SO_TIMESTAMPING = 37;
    public static final int SO_PROTOCOL = 38;
    public static final int SO_DOMAIN = 39;
    public static final int SO_RXQ_OVFL = 40;
    public static final int SO_PEEK_OFF = 42;
    public static final int SO_SELECT_ERR_QUEUE = 45;
    public static final int SO_MAX_PACING_RATE = 47;
    public static final int SO_BUF_LOCK = 72;
    public static final int SO_TXREHASH = 74;
    public static final int SO_INCOMING_CPU = 49;
    public static final int SO_ZEROCOPY = 60;
    public static final int SO_BINDTOIFINDEX = 62;

    // Bits of SO_TIMESTAMPING (SOF_TIMESTAMPING_...) that have an effect; the clocks of hardware and what only it has have none.
    public static final int STAMP_TX_SOFTWARE = 1 << 1;
    public static final int STAMP_RX_SOFTWARE = 1 << 3;
    public static final int STAMP_SOFTWARE = 1 << 4;
    public static final int STAMP_OPT_ID = 1 << 7;
    public static final int STAMP_TX_SCHED = 1 << 8;
    public static final int STAMP_TX_ACK = 1 << 9;
    public static final int STAMP_OPT_TSONLY = 1 << 11;
    private static final int STAMP_OPT_STATS = 1 << 12;
    private static final int STAMP_OPT_ID_TCP = 1 << 16;
    /// All that Linux 6.18 knows.
    private static final int STAMP_BITS = (1 << 19) - 1;
    /// Sending is stamped somehow.
    public static final int TX_STAMPS = STAMP_TX_SOFTWARE | STAMP_TX_SCHED | STAMP_TX_ACK;

    public static final int IP_TOS = 1;
    public static final int IP_TTL = 2;
    public static final int IP_HDRINCL = 3;
    public static final int IP_OPTIONS = 4;
    public static final int IP_RECVOPTS = 6;
    public static final int IP_PKTINFO = 8;
    public static final int IP_MTU_DISCOVER = 10;
    public static final int IP_RECVERR = 11;
    public static final int IP_RECVTTL = 12;
    public static final int IP_RECVTOS = 13;
    public static final int IP_MTU = 14;
    public static final int IP_FREEBIND = 15;
    public static final int IP_TRANSPARENT = 19;
    public static final int IP_MINTTL = 21;
    public static final int IP_NODEFRAG = 22;
    public static final int IP_BIND_ADDRESS_NO_PORT = 24;
    public static final int IP_MULTICAST_IF = 32;
    public static final int IP_MULTICAST_TTL = 33;
    public static final int IP_MULTICAST_LOOP = 34;
    public static final int IP_ADD_MEMBERSHIP = 35;
    public static final int IP_DROP_MEMBERSHIP = 36;
    public static final int IP_MULTICAST_ALL = 49;
    public static final int IP_LOCAL_PORT_RANGE = 51;
    public static final int IP_PROTOCOL = 52;

    public static final int IPV6_UNICAST_HOPS = 16;
    public static final int IPV6_MULTICAST_IF = 17;
    public static final int IPV6_MULTICAST_HOPS = 18;
    public static final int IPV6_MULTICAST_LOOP = 19;
    public static final int IPV6_JOIN_GROUP = 20;
    public static final int IPV6_LEAVE_GROUP = 21;
    public static final int IPV6_MTU_DISCOVER = 23;
    public static final int IPV6_MTU = 24;
    public static final int IPV6_RECVERR = 25;
    public static final int IPV6_V6ONLY = 26;
    public static final int IPV6_RECVPKTINFO = 49;
    public static final int IPV6_RECVHOPLIMIT = 51;
    public static final int IPV6_RECVTCLASS = 66;
    public static final int IPV6_TCLASS = 67;
    public static final int IPV6_MINHOPCOUNT = 73;
    public static final int IPV6_TRANSPARENT = 75;
    public static final int IPV6_FREEBIND = 78;

    /// IP_MTU_DISCOVER: never set DF, fragment.
    public static final int PMTUDISC_DONT = 0;
    /// Set DF on what fits the path MTU, fragment the rest. The default.
    public static final int PMTUDISC_WANT = 1;
    /// Always set DF; larger datagrams are EMSGSIZE.
    public static final int PMTUDISC_DO = 2;
    /// Set DF and ignore the learned path MTU.
    public static final int PMTUDISC_PROBE = 3;
    /// Never set DF, ignore the learned path MTU.
    public static final int PMTUDISC_INTERFACE = 4;
    /// As INTERFACE, and fragment.
    public static final int PMTUDISC_OMIT = 5;

    /// Linux's SOCK_MIN_SNDBUF and SOCK_MIN_RCVBUF: twice and once 2048 octets and the overhead of a buffer.
    private static final int MIN_SEND_BUFFER = 4608;
    private static final int MIN_RECEIVE_BUFFER = 2304;
    private static final int SIZE_OF_TIMEVAL = 16;
    private static final int SIZE_OF_LINGER = 8;
    /// IFNAMSIZ.
    private static final int INTERFACE_NAME = 16;

    private final Engine engine;
    private final IpOptions ip;
    private final Ipv6Options ipv6;

    public SocketOptions(Engine engine) {
        this.engine = engine;
        this.ip = new IpOptions(engine);
        this.ipv6 = new Ipv6Options(engine);
    }

    /// Sets an option from `length` octets. 0 or the negative errno: ENOPROTOOPT (unknown), EINVAL (too short, or out of range), EPERM, ENODEV,
    /// EDOM.
    public int set(InetSocket s, int level, int name, byte[] value, int offset, int length) {
        if (length < 0) {
            return -Errno.EINVAL;
        }
        int result = switch (level) {
            case SOL_SOCKET -> setSocket(s, name, value, offset, length);
            case IPPROTO_IP -> ip.set(s, name, value, offset, length);
            // Linux: an AF_INET socket knows nothing of IPv6.
            case IPPROTO_IPV6 -> s.domain() == InetSocket.AF_INET6 ? ipv6.set(s, name, value, offset, length) : -Errno.ENOPROTOOPT;
            default -> -Errno.ENOPROTOOPT;
        };
        if (result == 0) {
            s.optionSet(level, name);
        }
        return result;
    }

    /// Writes an option's value into at most `room` octets; returns their number or the negative errno.
    public int get(InetSocket s, int level, int name, byte[] out, int offset, int room) {
        if (room < 0) {
            return -Errno.EINVAL;
        }
        return switch (level) {
            case SOL_SOCKET -> getSocket(s, name, out, offset, room);
            case IPPROTO_IP -> ip.get(s, name, out, offset, room);
            case IPPROTO_IPV6 -> s.domain() == InetSocket.AF_INET6 ? ipv6.get(s, name, out, offset, room) : -Errno.EOPNOTSUPP;
            // Linux: the two families do not agree about levels that nobody knows.
            default -> s.domain() == InetSocket.AF_INET6 ? -Errno.ENOPROTOOPT : -Errno.EOPNOTSUPP;
        };
    }

    /// The bit of a boolean SOL_SOCKET option that may be set freely, or 0.
    private static int bit(int name) {
        return switch (name) {
            case SO_DEBUG -> InetSocket.DEBUG;
            case SO_REUSEADDR -> InetSocket.REUSEADDR;
            case SO_DONTROUTE -> InetSocket.DONTROUTE;
            case SO_BROADCAST -> InetSocket.BROADCAST;
            case SO_KEEPALIVE -> InetSocket.KEEPALIVE;
            case SO_OOBINLINE -> InetSocket.OOBINLINE;
            case SO_NO_CHECK -> InetSocket.NO_CHECK;
            case SO_REUSEPORT -> InetSocket.REUSEPORT;
            case SO_TIMESTAMP -> InetSocket.TIMESTAMP;
            case SO_TIMESTAMPNS -> InetSocket.TIMESTAMPNS;
            case SO_RXQ_OVFL -> InetSocket.RXQ_OVFL;
            case SO_SELECT_ERR_QUEUE -> InetSocket.SELECT_ERR_QUEUE;
            default -> 0;
        };
    }

    private int setSocket(InetSocket s, int name, byte[] value, int offset, int length) {
        if (name == SO_BINDTODEVICE) {
            return bindToDevice(s, value, offset, length);
        }
        if (length < 4) {
            return -Errno.EINVAL;
        }
        int v = OptionBytes.int32(value, offset);
        int bit = bit(name);
        if (bit != 0) {
            if (bit == InetSocket.DEBUG && v != 0 && s.owner().uid() != 0) {
                return -Errno.EACCES;
            }
            s.option(bit, v != 0);
            if (bit == InetSocket.TIMESTAMP || bit == InetSocket.TIMESTAMPNS) {
                // One form or the other.
                s.option(bit == InetSocket.TIMESTAMP ? InetSocket.TIMESTAMPNS : InetSocket.TIMESTAMP, false);
            }
            return 0;
        }
        return switch (name) {
            case SO_TIMESTAMPING -> timestamping(s, v);
            case SO_ZEROCOPY -> {
                if (v < 0 || v > 1) {
                    yield -Errno.EINVAL;
                }
                s.option(InetSocket.ZEROCOPY, v == 1);
                yield 0;
            }
            case SO_TYPE, SO_ERROR, SO_PROTOCOL, SO_DOMAIN, SO_ACCEPTCONN, SO_SNDLOWAT -> -Errno.ENOPROTOOPT;
            case SO_SNDBUF -> sendBuffer(s, Math.min(Integer.toUnsignedLong(v), engine.sysctls().get(Sysctl.WMEM_MAX)));
            case SO_RCVBUF -> receiveBuffer(s, Math.min(Integer.toUnsignedLong(v), engine.sysctls().get(Sysctl.RMEM_MAX)));
            case SO_SNDBUFFORCE -> s.owner().uid() != 0 ? -Errno.EPERM : sendBuffer(s, Math.max(0, v));
            case SO_RCVBUFFORCE -> s.owner().uid() != 0 ? -Errno.EPERM : receiveBuffer(s, Math.max(0, v));
            case SO_PRIORITY -> {
                if ((v < 0 || v > 6) && s.owner().uid() != 0) {
                    yield -Errno.EPERM;
                }
                s.priority = v;
                yield 0;
            }
            case SO_MARK -> {
                if (s.owner().uid() != 0) {
                    yield -Errno.EPERM;
                }
                s.mark = v;
                yield 0;
            }
            case SO_RCVLOWAT -> {
                s.receiveLowWater = v < 0 ? Integer.MAX_VALUE : Math.max(1, v);
                yield 0;
            }
            case SO_LINGER -> linger(s, value, offset, length);
            case SO_PEEK_OFF -> {
                s.needExtras().peekOffset = v;
                yield 0;
            }
            case SO_BUF_LOCK -> {
                if ((v & ~3) != 0) {
                    yield -Errno.EINVAL;
                }
                s.option(InetSocket.SNDBUF_LOCK, (v & 1) != 0);
                s.option(InetSocket.RCVBUF_LOCK, (v & 2) != 0);
                yield 0;
            }
            case SO_TXREHASH -> {
                if (!s.stream()) {
                    yield -Errno.EOPNOTSUPP;
                }
                if (v < -1 || v > 1) {
                    yield -Errno.EINVAL;
                }
                // -1 is the host's default, which is yes.
                s.needExtras().txRehash = v != 0;
                yield 0;
            }
            case SO_RCVTIMEO, SO_SNDTIMEO -> timeout(s, name, value, offset, length);
            case SO_BINDTOIFINDEX -> bindToIndex(s, v);
            case SO_MAX_PACING_RATE -> {
                // An int is unsigned and its largest value means no limit; a long says it all (Linux).
                s.maxPacingRate = length >= 8 ? Math.max(-1, OptionBytes.int64(value, offset)) : v == -1 ? -1 : Integer.toUnsignedLong(v);
                yield 0;
            }
            default -> -Errno.ENOPROTOOPT;
        };
    }

    private static int timestamping(InetSocket s, int bits) {
        boolean numbered = (bits & STAMP_OPT_ID) != 0;
        boolean fromWritten = (bits & STAMP_OPT_ID_TCP) != 0;
        if ((bits & ~STAMP_BITS) != 0 || fromWritten && !numbered || (bits & STAMP_OPT_STATS) != 0 && (bits & STAMP_OPT_TSONLY) == 0) {
            return -Errno.EINVAL;
        }
        if (numbered && (s.timestamping & STAMP_OPT_ID) == 0) {
            int begun = s.beginStampKeys(fromWritten);
            if (begun < 0) {
                return begun;
            }
        }
        s.timestamping = bits;
        return 0;
    }

    /// Linux doubles what is asked for, because it counts its own overhead against the limit.
    private static int sendBuffer(InetSocket s, long octets) {
        s.sendBuffer = (int) Math.max(MIN_SEND_BUFFER, Math.min(octets, Integer.MAX_VALUE / 2) * 2);
        s.option(InetSocket.SNDBUF_LOCK, true);
        return 0;
    }

    private static int receiveBuffer(InetSocket s, long octets) {
        s.receiveBuffer = (int) Math.max(MIN_RECEIVE_BUFFER, Math.min(octets, Integer.MAX_VALUE / 2) * 2);
        s.option(InetSocket.RCVBUF_LOCK, true);
        return 0;
    }

    private static int linger(InetSocket s, byte[] value, int offset, int length) {
        if (length < SIZE_OF_LINGER) {
            return -Errno.EINVAL;
        }
        boolean on = OptionBytes.int32(value, offset) != 0;
        if (on) {
            s.lingerSeconds = Math.max(0, OptionBytes.int32(value, offset + 4));
        }
        s.option(InetSocket.LINGER, on);
        return 0;
    }

    private static int timeout(InetSocket s, int name, byte[] value, int offset, int length) {
        if (length < SIZE_OF_TIMEVAL) {
            return -Errno.EINVAL;
        }
        long seconds = OptionBytes.int64(value, offset);
        long micros = OptionBytes.int64(value, offset + 8);
        if (micros < 0 || micros >= 1_000_000) {
            return -Errno.EDOM;
        }
        // Beyond this Linux waits for ever too. A negative time is no time, hence the shortest.
        long us = seconds < 0 ? 1 : seconds > Long.MAX_VALUE / 1_000_000 - 1 ? 0 : seconds * 1_000_000 + micros;
        if (name == SO_RCVTIMEO) {
            s.receiveTimeoutUs = us;
        } else {
            s.sendTimeoutUs = us;
        }
        return 0;
    }

    private int bindToDevice(InetSocket s, byte[] value, int offset, int length) {
        if (s.boundInterface != 0 && s.owner().uid() != 0) {
            return -Errno.EPERM;
        }
        int end = 0;
        while (end < length && end < INTERFACE_NAME - 1 && value[offset + end] != 0) {
            end++;
        }
        if (end == 0) {
            return bindToIndex(s, 0);
        }
        Interface found = engine.interfaceNamed(new String(value, offset, end, StandardCharsets.ISO_8859_1));
        return found == null ? -Errno.ENODEV : bindToIndex(s, found.index());
    }

    private int bindToIndex(InetSocket s, int index) {
        if (index < 0) {
            return -Errno.EINVAL;
        }
        if (index != 0 && engine.interfaceAt(index) == null) {
            return -Errno.ENODEV;
        }
        s.boundInterface = index;
        if (s.portClaim != 0) {
            s.portTable().optionsChanged(s);
        }
        return 0;
    }

    private int getSocket(InetSocket s, int name, byte[] out, int offset, int room) {
        int bit = bit(name);
        if (bit != 0) {
            return OptionBytes.answer(out, offset, room, s.option(bit) ? 1 : 0);
        }
        return switch (name) {
            case SO_TYPE -> OptionBytes.answer(out, offset, room, s.stream() ? 1 : 2);
            case SO_ERROR -> OptionBytes.answer(out, offset, room, s.takeError());
            case SO_SNDBUF -> OptionBytes.answer(out, offset, room, s.sendBuffer);
            case SO_RCVBUF -> OptionBytes.answer(out, offset, room, s.receiveBuffer);
            case SO_PRIORITY -> OptionBytes.answer(out, offset, room, s.priority);
            case SO_RCVLOWAT -> OptionBytes.answer(out, offset, room, s.receiveLowWater);
            case SO_SNDLOWAT -> OptionBytes.answer(out, offset, room, 1);
            case SO_ACCEPTCONN -> OptionBytes.answer(out, offset, room, s.listening() ? 1 : 0);
            case SO_MARK -> OptionBytes.answer(out, offset, room, s.mark);
            case SO_PROTOCOL -> OptionBytes.answer(out, offset, room, s.stream() ? 6 : 17);
            case SO_DOMAIN -> OptionBytes.answer(out, offset, room, s.domain());
            case SO_BINDTOIFINDEX -> OptionBytes.answer(out, offset, room, s.boundInterface);
            case SO_ZEROCOPY -> OptionBytes.answer(out, offset, room, s.option(InetSocket.ZEROCOPY) ? 1 : 0);
            case SO_TIMESTAMPING -> {
                if (room >= 8) {
                    // The second word is the number of a hardware clock.
                    OptionBytes.put64(out, offset, s.timestamping);
                    yield 8;
                }
                yield OptionBytes.answer(out, offset, room, s.timestamping);
            }
            case SO_PEEK_OFF -> OptionBytes.answer(out, offset, room, s.extras == null ? -1 : s.extras.peekOffset);
            case SO_BUF_LOCK -> OptionBytes.answer(out, offset, room, (s.option(InetSocket.SNDBUF_LOCK) ? 1 : 0) | (s.option(InetSocket.RCVBUF_LOCK) ? 2 : 0));
            case SO_TXREHASH -> !s.stream() ? -Errno.EOPNOTSUPP : OptionBytes.answer(out, offset, room, s.extras == null || s.extras.txRehash ? 1 : 0);
            case SO_LINGER -> {
                byte[] linger = new byte[SIZE_OF_LINGER];
                OptionBytes.put32(linger, 0, s.option(InetSocket.LINGER) ? 1 : 0);
                OptionBytes.put32(linger, 4, s.lingerSeconds);
                yield copy(linger, out, offset, room);
            }
            case SO_RCVTIMEO -> copy(timeval(s.receiveTimeoutUs), out, offset, room);
            case SO_SNDTIMEO -> copy(timeval(s.sendTimeoutUs), out, offset, room);
            case SO_BINDTODEVICE -> device(s, out, offset, room);
            case SO_MAX_PACING_RATE -> {
                if (room >= 8) {
                    OptionBytes.put64(out, offset, s.maxPacingRate);
                    yield 8;
                }
                yield OptionBytes.answer(out, offset, room, (int) (s.maxPacingRate < 0 ? -1 : Math.min(s.maxPacingRate, 0xffff_ffffL)));
            }
            default -> -Errno.ENOPROTOOPT;
        };
    }

    private int device(InetSocket s, byte[] out, int offset, int room) {
        Interface bound = s.boundInterface == 0 ? null : engine.interfaceAt(s.boundInterface);
        if (bound == null) {
            return 0;
        }
        if (room < INTERFACE_NAME) {
            return -Errno.EINVAL;
        }
        byte[] name = (bound.name() + "\0").getBytes(StandardCharsets.ISO_8859_1);
        return copy(name, out, offset, room);
    }

    private static byte[] timeval(long us) {
        byte[] timeval = new byte[SIZE_OF_TIMEVAL];
        OptionBytes.put64(timeval, 0, us / 1_000_000);
        OptionBytes.put64(timeval, 8, us % 1_000_000);
        return timeval;
    }

    private static int copy(byte[] from, byte[] out, int offset, int room) {
        int octets = Math.min(room, from.length);
        System.arraycopy(from, 0, out, offset, octets);
        return octets;
    }

    /// Path MTU to the peer of a connected socket, or -ENOTCONN; for IP_MTU and IPV6_MTU.
    static int pathMtu(Engine engine, InetSocket s) {
        if (s.remotePort == 0) {
            return -Errno.ENOTCONN;
        }
        Route route = engine.ip().route(s.remoteHigh, s.remoteLow, s.localHigh, s.localLow, s.boundInterface);
        return route == null ? -Errno.ENOTCONN : engine.ip().pathMtu(route, s.remoteHigh, s.remoteLow);
    }
}
