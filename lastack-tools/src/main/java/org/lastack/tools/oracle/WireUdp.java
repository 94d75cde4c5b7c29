package org.lastack.tools.oracle;

import static org.lastack.tools.oracle.WireKind.play;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lastack.bsd.BsdSockets;
import org.lastack.core.Errno;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.socket.Msg;
import org.lastack.core.socket.Owner;
import org.lastack.core.socket.SocketOptions;
import org.lastack.core.udp.ReceivedFrom;
import org.lastack.core.udp.UdpSocket;
import org.lastack.host.Host;
import org.lastack.host.VirtualDriver;
import org.lastack.wire.IpAddress;
import org.lastack.wire.Ipv4Header;
import org.lastack.wire.Packets;

/// UDP: datagrams good and bad, errors, limits.
final class WireUdp {
    private static final int PORT = 5000;
    private static final int PEER_PORT = 6000;
    private static final int DATAGRAM = 2;
    private final ReceivedFrom from = new ReceivedFrom();
    private WireScene scene = new WireScene(17);

    List<WireKind.Play> plays() {
        return List.of(
                play("good datagram", m -> datagram("hello", 0)),
                play("bad checksum", m -> broken(1)),
                play("checksum 0 \\(none, IPv4\\)", m -> broken(2)),
                play("empty datagram", m -> datagram("", 0) + " (then EAGAIN)"),
                play("length (\\d+)(?: .*)?", m -> length(Integer.parseInt(m.group(1)))),
                play("length beyond the IP payload", m -> length(500)),
                play("source port 0", m -> sourcePortZero()),
                play("recv\\((\\d+)\\) of (\\d+) bytes, then recv", m -> truncated(Integer.parseInt(m.group(1)), Integer.parseInt(m.group(2)))),
                play("recv\\((\\d+), MSG_TRUNC\\) returns", m -> truncLength(Integer.parseInt(m.group(1)))),
                play("(?:(broadcast|multicast|limited broadcast) )?datagram to a closed port.*", m -> closedPort(m.group(1))),
                play("sendto (\\d+) / (\\d+) bytes", m -> sendSizes(Integer.parseInt(m.group(1)), Integer.parseInt(m.group(2)))),
                play("send without destination", m -> WireScene.errno(socket().send(new byte[1], 0, 1, 0))),
                play("sendto ([\\d.]+) with(out)? SO_BROADCAST", m -> broadcast(IpAddress.of(m.group(1)), m.group(2) == null)),
                play("sendto port 0", m -> WireScene.errno(to(socket(), WireScene.PEER, 0, 1))),
                play("connected socket gets ICMP (\\d+)/(\\d+): poll, recv x2, send", m -> icmpConnected(number(m.group(1)), number(m.group(2)))),
                play("unconnected socket gets ICMP (\\d+)/(\\d+): recv, sendto", m -> icmpUnconnected(false, number(m.group(1)), number(m.group(2)))),
                play("unconnected socket with IP_RECVERR gets ICMP (\\d+)/(\\d+): recv, recv", m -> icmpUnconnected(true, number(m.group(1)), number(m.group(2)))),
                play("connected: getpeername, sendto another peer, connect again, disconnect then getpeername", m -> reconnect()),
                play("unconnected: shutdown\\(RD/WR\\), listen, accept, recv", m -> unconnected()),
                play("connected: shutdown\\(WR\\) then send; shutdown\\(RD\\) then recv", m -> shutdown()),
                play("SO_RCVBUF (\\d+), (\\d+) datagrams of (\\d+) bytes unread",
                        m -> unread(Integer.parseInt(m.group(1)), Integer.parseInt(m.group(2)), Integer.parseInt(m.group(3)))),
                play("IP_MTU_DISCOVER=DO: sendto (\\d+) / (\\d+) bytes at MTU 1500", m -> dontFragment(Integer.parseInt(m.group(1)), Integer.parseInt(m.group(2)))),
                play("PMTUDISC_DONT: (\\d+) bytes leave as fragments", m -> fragments(Integer.parseInt(m.group(1)))));
    }

    private UdpSocket socket() {
        scene = new WireScene(17);
        UdpSocket s = scene.engine.udpSocket(InetSocket.AF_INET, Owner.ROOT);
        WireScene.check(s.bind(IpAddress.ANY_V4.high(), IpAddress.ANY_V4.low(), PORT));
        return s;
    }

    private String broadcast(IpAddress to, boolean allowed) {
        UdpSocket s = socket();
        WireScene.check(s.setInt(SocketOptions.SOL_SOCKET, SocketOptions.SO_BROADCAST, allowed ? 1 : 0));
        return WireScene.errno(to(s, to, 9, 1));
    }

    private UdpSocket connected() {
        UdpSocket s = socket();
        WireScene.check(s.connect(WireScene.PEER.high(), WireScene.PEER.low(), PEER_PORT));
        return s;
    }

    private static int to(UdpSocket s, IpAddress destination, int port, int octets) {
        return s.sendTo(new byte[octets], 0, octets, 0, destination.high(), destination.low(), port);
    }

    private String receive(UdpSocket s, int length, int flags) {
        byte[] buffer = new byte[Math.max(1, length)];
        int result = s.receive(buffer, 0, length, flags, from);
        return result < 0 ? Errno.name(result) : result == 0 ? "EOF"
                : "'" + new String(buffer, 0, Math.min(result, length), java.nio.charset.StandardCharsets.ISO_8859_1) + "'";
    }

    private byte[] packet(String text, int sourcePort) {
        return Packets.udp(WireScene.PEER, sourcePort, WireScene.HOST, PORT).payload(WireScene.bytes(text)).build();
    }

    private String datagram(String text, int flags) {
        UdpSocket s = socket();
        scene.inject(packet(text, PEER_PORT));
        return receive(s, 100, flags);
    }

    private String broken(int how) {
        UdpSocket s = socket();
        byte[] p = packet("hello", PEER_PORT);
        int checksum = 20 + 6;
        if (how == 1) {
            p[checksum] ^= 0x55;
        } else {
            p[checksum] = 0;
            p[checksum + 1] = 0;
        }
        scene.inject(p);
        return receive(s, 100, 0);
    }

    private String length(int length) {
        UdpSocket s = socket();
        byte[] p = packet("hello", PEER_PORT);
        org.lastack.wire.Bytes.put16(p, 24, length);
        org.lastack.wire.Bytes.put16(p, 26, 0);
        scene.inject(p);
        return receive(s, 100, 0);
    }

    private String sourcePortZero() {
        UdpSocket s = socket();
        scene.inject(packet("hello", 0));
        String got = receive(s, 100, 0);
        return "(b" + got + ", ('" + new IpAddress(from.sourceHigh, from.sourceLow) + "', " + from.sourcePort + "))";
    }

    private String truncated(int room, int octets) {
        UdpSocket s = socket();
        scene.inject(packet("0123456789".repeat(octets / 10 + 1).substring(0, octets), PEER_PORT));
        return receive(s, room, 0) + " " + receive(s, room, 0);
    }

    private String truncLength(int room) {
        UdpSocket s = socket();
        scene.inject(packet("0123456789", PEER_PORT));
        return Integer.toString(s.receive(new byte[room], 0, room, Msg.TRUNC, from));
    }

    private String closedPort(@Nullable String kind) {
        scene = new WireScene(17);
        IpAddress to = kind == null ? WireScene.HOST
                : IpAddress.of(kind.equals("broadcast") ? "10.77.0.255" : kind.equals("multicast") ? "224.0.0.1" : "255.255.255.255");
        scene.inject(Packets.udp(WireScene.PEER, PEER_PORT, to, 7777).payload(5).build());
        scene.run(0.01);
        List<String> answers = new ArrayList<>();
        for (WireScene.Sent each : scene.sent) {
            answers.add("(" + (each.packet()[20] & 0xff) + ", " + (each.packet()[21] & 0xff) + ")");
        }
        return answers.toString();
    }

    private String sendSizes(int fits, int tooLong) {
        UdpSocket s = socket();
        int first = to(s, WireScene.PEER, PEER_PORT, fits);
        int second = to(s, WireScene.PEER, PEER_PORT, tooLong);
        scene.drain();
        return first + " " + WireScene.errno(second);
    }

    private void refuse(int type, int code) {
        scene.drain();
        scene.inject(Packets.icmpError(WireScene.PEER, type, code, 0, scene.last().packet()).build());
    }

    private static int number(String text) {
        return Integer.parseInt(text);
    }

    private String icmpConnected(int type, int code) {
        UdpSocket s = connected();
        s.send(new byte[1], 0, 1, 0);
        refuse(type, code);
        int mask = s.poll() & (InetSocket.POLLIN | InetSocket.POLLOUT | InetSocket.POLLERR);
        String first = receive(s, 10, 0);
        String second = receive(s, 10, 0);
        return mask + " " + first + " " + second + " " + s.send(new byte[1], 0, 1, 0);
    }

    private String icmpUnconnected(boolean recverr, int type, int code) {
        UdpSocket s = socket();
        if (recverr) {
            WireScene.check(s.setInt(SocketOptions.IPPROTO_IP, SocketOptions.IP_RECVERR, 1));
        }
        to(s, WireScene.PEER, PEER_PORT, 1);
        refuse(type, code);
        String first = receive(s, 10, 0);
        return first + " " + (recverr ? receive(s, 10, 0) : Integer.toString(to(s, WireScene.PEER, PEER_PORT, 1)));
    }

    private String reconnect() {
        UdpSocket s = connected();
        String peer = s.remotePort() == PEER_PORT ? "OK" : "ENOTCONN";
        int other = to(s, IpAddress.of("10.77.0.3"), 7000, 1);
        int again = s.connect(IpAddress.of("10.77.0.3").high(), IpAddress.of("10.77.0.3").low(), 7001);
        int gone = s.disconnect();
        return peer + " " + other + " " + WireScene.errno(again) + " " + gone + " " + (s.remotePort() == 0 ? "ENOTCONN" : "OK") + " port kept "
                + (kept() ? "True" : "False");
    }

    /// The recorder's socket was not bound: connect had chosen the port, and disconnecting gives it back.
    private boolean kept() {
        WireScene fresh = new WireScene(18);
        UdpSocket s = fresh.engine.udpSocket(InetSocket.AF_INET, Owner.ROOT);
        WireScene.check(s.connect(WireScene.PEER.high(), WireScene.PEER.low(), PEER_PORT));
        int port = s.localPort();
        s.disconnect();
        return s.localPort() == port;
    }

    private String unconnected() {
        UdpSocket s = socket();
        return WireScene.errno(s.shutdown(InetSocket.SHUT_RD)) + " " + WireScene.errno(s.shutdown(InetSocket.SHUT_WR)) + " " + listenAndAccept() + " " + receive(s, 10, 0);
    }

    /// These two are calls of descriptors: a socket of the engine that is no stream has no such methods.
    private static String listenAndAccept() {
        Host host = Host.builder().name("oracle").driver(new VirtualDriver()).seed(1).rethrowFaults(true).build();
        try (BsdSockets process = new BsdSockets(host, Owner.ROOT)) {
            int fd = process.socket(InetSocket.AF_INET, DATAGRAM, 0);
            return WireScene.errno(process.listen(fd, 5)) + " " + WireScene.errno(process.accept(fd, null));
        } finally {
            host.close();
        }
    }

    private String shutdown() {
        UdpSocket s = connected();
        String first = WireScene.errno(s.shutdown(InetSocket.SHUT_WR)) + " " + WireScene.errno(s.send(new byte[1], 0, 1, 0));
        String got = WireScene.errno(s.shutdown(InetSocket.SHUT_RD));
        return first + " " + got + " " + receive(s, 10, Msg.DONTWAIT);
    }

    private String unread(int buffer, int count, int octets) {
        UdpSocket s = socket();
        WireScene.check(s.setInt(SocketOptions.SOL_SOCKET, SocketOptions.SO_RCVBUF, buffer));
        for (int i = 0; i < count; i++) {
            scene.inject(Packets.udp(WireScene.PEER, PEER_PORT, WireScene.HOST, PORT).payload(octets).build());
        }
        int kept = 0;
        while (s.receive(new byte[octets], 0, octets, 0, from) >= 0) {
            kept++;
        }
        return kept + " kept, the rest dropped (newest dropped)";
    }

    private String dontFragment(int fits, int tooLong) {
        UdpSocket s = socket();
        WireScene.check(s.setInt(SocketOptions.IPPROTO_IP, SocketOptions.IP_MTU_DISCOVER, SocketOptions.PMTUDISC_DO));
        int first = to(s, WireScene.PEER, PEER_PORT, fits);
        return first + " " + WireScene.errno(to(s, WireScene.PEER, PEER_PORT, tooLong));
    }

    private String fragments(int octets) {
        UdpSocket s = socket();
        WireScene.check(s.setInt(SocketOptions.IPPROTO_IP, SocketOptions.IP_MTU_DISCOVER, SocketOptions.PMTUDISC_DONT));
        to(s, WireScene.PEER, PEER_PORT, octets);
        scene.drain();
        StringBuilder text = new StringBuilder();
        for (WireScene.Sent each : scene.sent) {
            byte[] p = each.packet();
            text.append(text.isEmpty() ? "" : " ").append("len").append(Ipv4Header.totalLength(p, 0)).append(" off").append(Ipv4Header.fragmentOffset(p, 0) / 8)
                    .append(" mf").append(Ipv4Header.moreFragments(p, 0) ? 1 : 0);
        }
        return text.toString();
    }
}
