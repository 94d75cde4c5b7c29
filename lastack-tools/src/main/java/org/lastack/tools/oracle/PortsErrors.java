package org.lastack.tools.oracle;

import java.util.regex.Matcher;
import org.jspecify.annotations.Nullable;
import org.lastack.bsd.BsdSockets;
import org.lastack.bsd.SockAddr;
import org.lastack.core.Errno;
import org.lastack.core.Interface;
import org.lastack.core.Sysctl;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.socket.Owner;
import org.lastack.core.socket.SocketOptions;
import org.lastack.host.Host;
import org.lastack.host.VirtualDriver;
import org.lastack.wire.IpAddress;

/// Names that a socket cannot have, and destinations that it cannot reach.
final class PortsErrors implements PortsKind.Topic {
    private static final int PORT = 43_500;
    private static final int STREAM = 1;
    private static final int STRUCTURE_ROOM = 128;
    /// Of the row before.
    private String protocol = "tcp";

    @Override
    public @Nullable String answer(String topic, String setup) {
        return switch (topic) {
            case "bind errors" -> bind(setup);
            case "connect errors" -> connect(setup);
            default -> null;
        };
    }

    private @Nullable String bind(String setup) {
        if (setup.startsWith("AF_INET")) {
            return structure(setup);
        }
        PortsStage stage = new PortsStage();
        Matcher privileged = PortsKind.find("uid (\\d+) bind tcp/udp port (\\d+), ip_unprivileged_port_start=(\\d+)", setup);
        if (privileged != null) {
            stage.host.sysctls().set(Sysctl.IP_UNPRIVILEGED_PORT_START, Integer.parseInt(privileged.group(3)));
            int uid = Integer.parseInt(privileged.group(1));
            int port = Integer.parseInt(privileged.group(2));
            return stage.host.tcp(false, uid).bind(IpAddress.ANY_V4, port) + " " + stage.host.udp(false, uid).bind(IpAddress.ANY_V4, port);
        }
        Matcher address = PortsKind.find("(tcp|udp) bind (?:to an address not on this host|multicast|broadcast)? ?\\(?([0-9.]+)", setup);
        if (address != null) {
            protocol = address.group(1);
            return stage.socket(protocol, "-").bind(IpAddress.of(address.group(2)), PORT);
        }
        return switch (setup) {
            case "udp bind to an address not on this host", "tcp bind to an address not on this host" -> {
                protocol = setup.substring(0, 3);
                yield stage.socket(protocol, "-").bind(IpAddress.of("192.0.2.1"), PORT);
            }
            case "same with IP_FREEBIND" -> {
                OracleSocket s = stage.socket(protocol, "-");
                s.set(SocketOptions.IPPROTO_IP, SocketOptions.IP_FREEBIND, 1);
                yield s.bind(IpAddress.of("192.0.2.1"), PORT);
            }
            case "bind twice on one socket" -> stage.tcp("-").bound(PortsStage.LOCALHOST, PORT).bind(PortsStage.LOCALHOST, PORT + 1);
            case "bind after connect" -> {
                OracleSocket s = stage.tcp("-");
                s.must(stage.connect(s, "D1"), "connect");
                yield s.bind(PortsStage.LOCALHOST, PORT);
            }
            case "setsockopt IPV6_V6ONLY after bind" -> {
                OracleSocket s = stage.host.tcp(true, 0).bound(IpAddress.ANY_V6, PORT);
                yield OracleSocket.errno(s.set(SocketOptions.IPPROTO_IPV6, SocketOptions.IPV6_V6ONLY, 1));
            }
            default -> null;
        };
    }

    /// Rows about the address structure, through the BSD calls.
    private static @Nullable String structure(String setup) {
        Host host = Host.builder().name("oracle").driver(new VirtualDriver()).seed(1).rethrowFaults(true).build();
        try (BsdSockets process = new BsdSockets(host, Owner.ROOT)) {
            host.engine().loopback().addAddress(Interface.Address.of("fd00::1/128"));
            boolean v6 = setup.startsWith("AF_INET6");
            int fd = process.socket(v6 ? InetSocket.AF_INET6 : InetSocket.AF_INET, STREAM, 0);
            if (setup.contains("V6ONLY=1")) {
                process.setsockopt(fd, SocketOptions.IPPROTO_IPV6, SocketOptions.IPV6_V6ONLY, 1);
            }
            Matcher mapped = PortsKind.find("(bind|connect) ([0-9a-f:.]+)$", setup);
            if (mapped != null) {
                SockAddr to = new SockAddr(InetSocket.AF_INET6, IpAddress.of(mapped.group(2)), PORT);
                return OracleSocket.errno(mapped.group(1).equals("bind") ? process.bind(fd, to) : process.connect(fd, to));
            }
            boolean structure6 = setup.contains("sockaddr_in6") || v6 && !setup.contains("sockaddr_in");
            IpAddress address = structure6 ? IpAddress.LOOPBACK_V6 : PortsStage.LOCALHOST;
            Matcher unspecified = PortsKind.find("family AF_UNSPEC, ([0-9a-f:.]+)", setup);
            if (unspecified != null) {
                address = IpAddress.of(unspecified.group(1));
            }
            byte[] octets = new SockAddr(structure6 ? InetSocket.AF_INET6 : InetSocket.AF_INET, address, PORT).toBytes();
            byte[] roomy = java.util.Arrays.copyOf(octets, STRUCTURE_ROOM);
            if (unspecified != null) {
                roomy[0] = 0;
            }
            Matcher length = PortsKind.find("addrlen (\\d+)", setup);
            return OracleSocket.errno(process.bind(fd, roomy, length == null ? octets.length : Integer.parseInt(length.group(1))));
        } finally {
            host.close();
        }
    }

    private @Nullable String connect(String setup) {
        PortsStage stage = new PortsStage();
        Matcher m = PortsKind.find("(?:(tcp|udp) )?(connect|sendto) ([0-9.]+)(?: port (\\d+)| listening port)?", setup);
        if (m == null) {
            return null;
        }
        OracleSocket s = stage.socket(m.group(1) == null ? "tcp" : m.group(1), "-");
        if (setup.contains("with SO_BROADCAST")) {
            s.set(SocketOptions.SOL_SOCKET, SocketOptions.SO_BROADCAST, 1);
        }
        IpAddress to = IpAddress.of(m.group(3));
        int port = m.group(4) == null ? PORT : Integer.parseInt(m.group(4));
        if (setup.contains("listening port")) {
            stage.tcp("-").bound(IpAddress.ANY_V4, PORT).listening();
        }
        if (IpAddress.isLimitedBroadcast(to.high(), to.low())) {
            // Recorded with a named socket: without a source address the same kernel has no route there, with EACCES or without.
            s.bound(PortsStage.LOCALHOST, 0);
        }
        if (m.group(2).equals("sendto")) {
            int sent = s.udp().sendTo(new byte[1], 0, 1, 0, to.high(), to.low(), port);
            return sent < 0 ? Errno.name(sent) : OracleSocket.OK;
        }
        return s.connect(to, port);
    }
}
