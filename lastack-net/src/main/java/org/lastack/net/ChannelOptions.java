package org.lastack.net;

import java.io.IOException;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import jdk.net.ExtendedSocketOptions;
import org.jspecify.annotations.Nullable;
import org.lastack.core.Errno;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.socket.OptionBytes;
import org.lastack.core.socket.SocketOptions;
import org.lastack.core.tcp.TcpInfo;
import org.lastack.core.tcp.TcpOptionCalls;
import org.lastack.host.HostSocket;
import org.lastack.host.HostTcpSocket;

/// The JDK's socket options on the stack's. Which are supported by what is part of the specification of the channels.
final class ChannelOptions {
    private static final int OCTET = 255;
    /// What the JDK cuts SO_LINGER to.
    private static final int LONGEST_LINGER = 65_535;
    private static final int CONGESTION_NAME = 16;

    private enum Type { FLAG, NUMBER, BUFFER }

    private record Mapping(int level, int name, Type type) {}

    private static final Map<SocketOption<?>, Mapping> MAPPINGS = mappings();

    static final Set<SocketOption<?>> STREAM = Set.of(StandardSocketOptions.SO_SNDBUF, StandardSocketOptions.SO_RCVBUF, StandardSocketOptions.SO_KEEPALIVE,
            StandardSocketOptions.SO_REUSEADDR, StandardSocketOptions.SO_REUSEPORT, StandardSocketOptions.SO_LINGER, StandardSocketOptions.TCP_NODELAY,
            StandardSocketOptions.IP_TOS, ExtendedSocketOptions.TCP_KEEPIDLE, ExtendedSocketOptions.TCP_KEEPINTERVAL, ExtendedSocketOptions.TCP_KEEPCOUNT,
            ExtendedSocketOptions.TCP_QUICKACK, LastackSocketOptions.TCP_USER_TIMEOUT, LastackSocketOptions.TCP_CONGESTION, LastackSocketOptions.TCP_MAXSEG,
            LastackSocketOptions.TCP_INFO);
    static final Set<SocketOption<?>> LISTENER = Set.of(StandardSocketOptions.SO_RCVBUF, StandardSocketOptions.SO_REUSEADDR, StandardSocketOptions.SO_REUSEPORT,
            ExtendedSocketOptions.TCP_KEEPIDLE, ExtendedSocketOptions.TCP_KEEPINTERVAL, ExtendedSocketOptions.TCP_KEEPCOUNT, ExtendedSocketOptions.TCP_QUICKACK,
            LastackSocketOptions.TCP_USER_TIMEOUT, LastackSocketOptions.TCP_CONGESTION, LastackSocketOptions.TCP_MAXSEG);
    static final Set<SocketOption<?>> DATAGRAM = Set.of(StandardSocketOptions.SO_SNDBUF, StandardSocketOptions.SO_RCVBUF, StandardSocketOptions.SO_REUSEADDR,
            StandardSocketOptions.SO_REUSEPORT, StandardSocketOptions.SO_BROADCAST, StandardSocketOptions.IP_TOS, StandardSocketOptions.IP_MULTICAST_IF,
            StandardSocketOptions.IP_MULTICAST_TTL, StandardSocketOptions.IP_MULTICAST_LOOP, ExtendedSocketOptions.IP_DONTFRAGMENT);

    private ChannelOptions() {}

    private static Map<SocketOption<?>, Mapping> mappings() {
        Map<SocketOption<?>, Mapping> all = new HashMap<>();
        all.put(StandardSocketOptions.SO_SNDBUF, new Mapping(SocketOptions.SOL_SOCKET, SocketOptions.SO_SNDBUF, Type.BUFFER));
        all.put(StandardSocketOptions.SO_RCVBUF, new Mapping(SocketOptions.SOL_SOCKET, SocketOptions.SO_RCVBUF, Type.BUFFER));
        all.put(StandardSocketOptions.SO_KEEPALIVE, new Mapping(SocketOptions.SOL_SOCKET, SocketOptions.SO_KEEPALIVE, Type.FLAG));
        all.put(StandardSocketOptions.SO_REUSEADDR, new Mapping(SocketOptions.SOL_SOCKET, SocketOptions.SO_REUSEADDR, Type.FLAG));
        all.put(StandardSocketOptions.SO_REUSEPORT, new Mapping(SocketOptions.SOL_SOCKET, SocketOptions.SO_REUSEPORT, Type.FLAG));
        all.put(StandardSocketOptions.SO_BROADCAST, new Mapping(SocketOptions.SOL_SOCKET, SocketOptions.SO_BROADCAST, Type.FLAG));
        all.put(StandardSocketOptions.TCP_NODELAY, new Mapping(TcpOptionCalls.IPPROTO_TCP, TcpOptionCalls.TCP_NODELAY, Type.FLAG));
        all.put(ExtendedSocketOptions.TCP_QUICKACK, new Mapping(TcpOptionCalls.IPPROTO_TCP, TcpOptionCalls.TCP_QUICKACK, Type.FLAG));
        all.put(ExtendedSocketOptions.TCP_KEEPIDLE, new Mapping(TcpOptionCalls.IPPROTO_TCP, TcpOptionCalls.TCP_KEEPIDLE, Type.NUMBER));
        all.put(ExtendedSocketOptions.TCP_KEEPINTERVAL, new Mapping(TcpOptionCalls.IPPROTO_TCP, TcpOptionCalls.TCP_KEEPINTVL, Type.NUMBER));
        all.put(ExtendedSocketOptions.TCP_KEEPCOUNT, new Mapping(TcpOptionCalls.IPPROTO_TCP, TcpOptionCalls.TCP_KEEPCNT, Type.NUMBER));
        all.put(LastackSocketOptions.TCP_USER_TIMEOUT, new Mapping(TcpOptionCalls.IPPROTO_TCP, TcpOptionCalls.TCP_USER_TIMEOUT, Type.NUMBER));
        all.put(LastackSocketOptions.TCP_MAXSEG, new Mapping(TcpOptionCalls.IPPROTO_TCP, TcpOptionCalls.TCP_MAXSEG, Type.NUMBER));
        return Map.copyOf(all);
    }

    static void refuseUnsupported(Set<SocketOption<?>> supported, SocketOption<?> name) {
        Objects.requireNonNull(name);
        if (!supported.contains(name)) {
            throw new UnsupportedOperationException("'" + name + "' not supported");
        }
    }

    /// Before the state of the channel is looked at (the JDK's order).
    static void refuseInvalid(SocketOption<?> name, @Nullable Object value) {
        if (!name.type().isInstance(value)) {
            throw new IllegalArgumentException("Invalid value '" + value + "'");
        }
    }

    static void set(HostSocket socket, int domain, SocketOption<?> name, Object value) throws IOException {
        Mapping mapping = MAPPINGS.get(name);
        if (mapping != null) {
            setMapped(socket, mapping, value);
        } else if (name == StandardSocketOptions.SO_LINGER) {
            linger(socket, (Integer) value);
        } else if (name == StandardSocketOptions.IP_TOS) {
            trafficClass(socket, domain, ranged((Integer) value, "Invalid IP_TOS value"));
        } else if (name == LastackSocketOptions.TCP_CONGESTION) {
            congestion(socket, (String) value);
        } else if (name == StandardSocketOptions.IP_MULTICAST_TTL) {
            multicast(socket, domain, SocketOptions.IP_MULTICAST_TTL, SocketOptions.IPV6_MULTICAST_HOPS, ranged((Integer) value, "Invalid TTL/hop value"));
        } else if (name == StandardSocketOptions.IP_MULTICAST_LOOP) {
            multicast(socket, domain, SocketOptions.IP_MULTICAST_LOOP, SocketOptions.IPV6_MULTICAST_LOOP, (Boolean) value ? 1 : 0);
        } else if (name == ExtendedSocketOptions.IP_DONTFRAGMENT) {
            dontFragment(socket, domain, (Boolean) value);
        } else {
            // TCP_INFO, and IP_MULTICAST_IF: the interfaces of a host are no NetworkInterface.
            throw new UnsupportedOperationException("'" + name + "' cannot be set");
        }
    }

    private static void setMapped(HostSocket socket, Mapping mapping, Object value) throws IOException {
        int number = switch (mapping.type) {
            case FLAG -> (Boolean) value ? 1 : 0;
            case NUMBER -> (Integer) value;
            case BUFFER -> {
                if ((Integer) value < 0) {
                    throw new IllegalArgumentException("Invalid send/receive buffer size");
                }
                yield (Integer) value;
            }
        };
        Failures.check(socket.setInt(mapping.level, mapping.name, number));
    }

    private static int ranged(int value, String complaint) {
        if (value < 0 || value > OCTET) {
            throw new IllegalArgumentException(complaint);
        }
        return value;
    }

    private static void linger(HostSocket socket, int seconds) throws IOException {
        byte[] value = new byte[8];
        OptionBytes.put32(value, 0, seconds < 0 ? 0 : 1);
        OptionBytes.put32(value, 4, Math.clamp(seconds, 0, LONGEST_LINGER));
        Failures.check(socket.setOption(SocketOptions.SOL_SOCKET, SocketOptions.SO_LINGER, value, 0, value.length));
    }

    private static void trafficClass(HostSocket socket, int domain, int octet) throws IOException {
        Failures.check(socket.setInt(SocketOptions.IPPROTO_IP, SocketOptions.IP_TOS, octet));
        if (domain == InetSocket.AF_INET6) {
            Failures.check(socket.setInt(SocketOptions.IPPROTO_IPV6, SocketOptions.IPV6_TCLASS, octet));
        }
    }

    private static void congestion(HostSocket socket, String name) throws IOException {
        byte[] ascii = name.getBytes(StandardCharsets.ISO_8859_1);
        Failures.check(socket.setOption(TcpOptionCalls.IPPROTO_TCP, TcpOptionCalls.TCP_CONGESTION, ascii, 0, ascii.length));
    }

    private static void multicast(HostSocket socket, int domain, int v4, int v6, int value) throws IOException {
        Failures.check(socket.setInt(SocketOptions.IPPROTO_IP, v4, value));
        if (domain == InetSocket.AF_INET6) {
            Failures.check(socket.setInt(SocketOptions.IPPROTO_IPV6, v6, value));
        }
    }

    private static void dontFragment(HostSocket socket, int domain, boolean on) throws IOException {
        int mode = on ? SocketOptions.PMTUDISC_DO : SocketOptions.PMTUDISC_DONT;
        Failures.check(socket.setInt(SocketOptions.IPPROTO_IP, SocketOptions.IP_MTU_DISCOVER, mode));
        if (domain == InetSocket.AF_INET6) {
            Failures.check(socket.setInt(SocketOptions.IPPROTO_IPV6, SocketOptions.IPV6_MTU_DISCOVER, mode));
        }
    }

    /// The value of an option; of IP_MULTICAST_IF always null (none was chosen).
    @SuppressWarnings("unchecked")
    static <T> T get(HostSocket socket, int domain, SocketOption<T> name) throws IOException {
        Object value = read(socket, domain, name);
        if (value == null && name.type() == NetworkInterface.class) {
            return (T) noInterface();
        }
        return (T) Objects.requireNonNull(value);
    }

    @SuppressWarnings("NullAway") // the specification of IP_MULTICAST_IF says null for "none"
    private static Object noInterface() {
        return null;
    }

    private static @Nullable Object read(HostSocket socket, int domain, SocketOption<?> name) throws IOException {
        Mapping mapping = MAPPINGS.get(name);
        if (mapping != null) {
            int value = number(socket, mapping.level, mapping.name);
            return switch (mapping.type) {
                case FLAG -> value != 0;
                case NUMBER -> value;
                // Linux shows twice of what was asked for; the JDK halves it again.
                case BUFFER -> value / 2;
            };
        }
        boolean v6 = domain == InetSocket.AF_INET6;
        if (name == StandardSocketOptions.SO_LINGER) {
            return socket.host().call(() -> socket.core().lingerOption());
        } else if (name == StandardSocketOptions.IP_TOS) {
            return v6 ? number(socket, SocketOptions.IPPROTO_IPV6, SocketOptions.IPV6_TCLASS) : number(socket, SocketOptions.IPPROTO_IP, SocketOptions.IP_TOS);
        } else if (name == LastackSocketOptions.TCP_CONGESTION) {
            return congestion(socket);
        } else if (name == LastackSocketOptions.TCP_INFO) {
            return info((HostTcpSocket) socket);
        } else if (name == StandardSocketOptions.IP_MULTICAST_TTL) {
            return v6 ? number(socket, SocketOptions.IPPROTO_IPV6, SocketOptions.IPV6_MULTICAST_HOPS)
                    : number(socket, SocketOptions.IPPROTO_IP, SocketOptions.IP_MULTICAST_TTL);
        } else if (name == StandardSocketOptions.IP_MULTICAST_LOOP) {
            return number(socket, SocketOptions.IPPROTO_IP, SocketOptions.IP_MULTICAST_LOOP) != 0;
        } else if (name == ExtendedSocketOptions.IP_DONTFRAGMENT) {
            return number(socket, SocketOptions.IPPROTO_IP, SocketOptions.IP_MTU_DISCOVER) == SocketOptions.PMTUDISC_DO;
        }
        return null;
    }

    private static int number(HostSocket socket, int level, int name) throws SocketException {
        int value = socket.getInt(level, name);
        // A TCP_USER_TIMEOUT or buffer is never negative, so a negative value is an errno.
        Failures.check(value);
        return value;
    }

    private static String congestion(HostSocket socket) throws SocketException {
        byte[] text = new byte[CONGESTION_NAME];
        int length = socket.getOption(TcpOptionCalls.IPPROTO_TCP, TcpOptionCalls.TCP_CONGESTION, text, 0, text.length);
        Failures.check(length);
        int end = 0;
        while (end < length && text[end] != 0) {
            end++;
        }
        return new String(text, 0, end, StandardCharsets.ISO_8859_1);
    }

    private static TcpInfo info(HostTcpSocket socket) throws SocketException {
        if (socket.closed()) {
            throw Failures.ofCall(Errno.EBADF);
        }
        return socket.host().call(() -> socket.tcp().info());
    }
}
