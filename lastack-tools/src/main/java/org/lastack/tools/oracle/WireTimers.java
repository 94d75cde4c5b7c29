package org.lastack.tools.oracle;

import static org.lastack.tools.oracle.WireKind.play;
import static org.lastack.tools.oracle.WireScene.ACK;
import static org.lastack.tools.oracle.WireScene.SYN;

import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import org.jspecify.annotations.Nullable;
import org.lastack.core.Sysctl;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.socket.SocketOptions;
import org.lastack.core.tcp.TcpOptionCalls;
import org.lastack.core.tcp.TcpSocket;
import org.lastack.wire.Packets;

/// Retransmissions, probes and keep-alives on the clock; ICMP errors for a connection.
final class WireTimers {
    private WireScene scene = new WireScene(9);

    List<WireKind.Play> plays() {
        String first = " \\(first entry = the original transmission or the packet before\\)";
        return List.of(
                play("SYN retransmissions \\(tcp_syn_linear_timeouts=(\\d+)\\)" + first, m -> syn(Integer.parseInt(m.group(1)))),
                play("SYN retransmissions, tcp_syn_retries=(\\d+)" + first, m -> synRetries(Integer.parseInt(m.group(1)))),
                play("SYN\\+ACK retransmissions(?:, tcp_synack_retries=(\\d+))?" + first, m -> synAck(m.group(1))),
                play("data retransmissions, handshake RTT (about )?(\\d+) ms" + first, m -> data(Integer.parseInt(m.group(2)))),
                play("FIN retransmissions" + first, m -> fin()),
                play("zero-window probes" + first, m -> zeroWindow(0)),
                play("keepalive idle (\\d+) intvl (\\d+) cnt (\\d+)" + first,
                        m -> keepalive(Integer.parseInt(m.group(1)), Integer.parseInt(m.group(2)), Integer.parseInt(m.group(3)))),
                play("TCP_USER_TIMEOUT (\\d+) ms with unacked data" + first, m -> userTimeout(Integer.parseInt(m.group(1)))),
                play("TCP_USER_TIMEOUT (\\d+) ms, zero window, probes unanswered" + first, m -> zeroWindow(Integer.parseInt(m.group(1)))));
    }

    List<WireKind.Play> icmp() {
        return List.of(
                play("(\\d+) byte segment in flight, ICMP frag needed MTU (\\d+)", m -> tooBig(Integer.parseInt(m.group(1)), Integer.parseInt(m.group(2)))),
                play("ICMP frag needed MTU (\\d+)", m -> tooBig(1460, Integer.parseInt(m.group(1)))),
                play("ICMP (.+) quoting a sequence number outside SND\\.UNA\\.\\.SND\\.NXT: SO_ERROR", m -> error(m.group(1), 5_000_000)),
                play("ICMP (.+) in ESTABLISHED: SO_ERROR", m -> error(m.group(1), 0) + " state " + WireScene.state(scene.socket())),
                play("ICMP (.+) in SYN_SENT: SO_ERROR", m -> unanswered(m.group(1))),
                play("ICMP (.+): SO_ERROR", m -> error(m.group(1), 0)));
    }

    /// The recording kernel ran its timers on a coarse clock: a time-out of 200 ms took 230. What falls inside a limit depends on that.
    private static WireScene coarse() {
        return new WireScene(9).sysctl(Sysctl.TCP_RTO_MIN_US, 230_000);
    }

    /// The segments since `from`, each with its time since the first of them.
    private String times(int from, double seconds) {
        scene.run(seconds);
        StringBuilder text = new StringBuilder();
        long start = -1;
        for (WireScene.Sent each : scene.sent.subList(from, scene.sent.size())) {
            if (start < 0) {
                start = each.timeNs();
            }
            boolean syn = (each.flags() & SYN) != 0;
            text.append(text.isEmpty() ? "" : " ").append(String.format(Locale.ROOT, "%.2f:%s", (each.timeNs() - start) / 1e9,
                    WireScene.flags(each.flags() & 0x3f)));
            if (each.length() > 0) {
                text.append('[').append(each.length()).append(']');
            }
            if (!syn) {
                text.append("(seq+").append(each.seq() - scene.hostIss).append(')');
            }
        }
        return text.toString();
    }

    private String end(String times, TcpSocket s) {
        String state = WireScene.state(s);
        return times + "; state " + state + "; SO_ERROR " + WireScene.name(s.takeError());
    }

    private String syn(int linear) {
        scene = new WireScene(9).sysctl(Sysctl.TCP_SYN_LINEAR_TIMEOUTS, linear);
        int mark = scene.mark();
        TcpSocket s = scene.connect();
        return end(times(mark, 20), s);
    }

    private String synRetries(int retries) {
        scene = new WireScene(9).sysctl(Sysctl.TCP_SYN_RETRIES, retries);
        int mark = scene.mark();
        TcpSocket s = scene.connect();
        return end(times(mark, 12), s);
    }

    private String synAck(@Nullable String retries) {
        scene = new WireScene(9);
        if (retries != null) {
            scene.sysctl(Sysctl.TCP_SYNACK_RETRIES, Integer.parseInt(retries));
        }
        TcpSocket listener = scene.listen(5);
        int mark = scene.mark();
        scene.syn();
        return end(times(mark, retries == null ? 32 : 16), listener);
    }

    private TcpSocket slow(double rtt) {
        TcpSocket s = scene.connect();
        scene.run(rtt);
        scene.inject(scene.packet(SYN | ACK, scene.next, scene.hostIss + 1).mss(1460).build());
        scene.next++;
        scene.run(0.02);
        return s;
    }

    private String data(int rttMs) {
        scene = coarse();
        TcpSocket s = slow(rttMs / 1000.0);
        int mark = scene.mark();
        WireScene.send(s, 4, 0);
        return end(times(mark, rttMs > 100 ? 20 : 30), s);
    }

    private String fin() {
        scene = coarse();
        TcpSocket s = slow(0.001);
        int mark = scene.mark();
        s.shutdown(InetSocket.SHUT_WR);
        return end(times(mark, 30), s);
    }

    private String zeroWindow(int userTimeoutMs) {
        scene = coarse();
        scene.window = 0;
        TcpSocket s = slow(0.001);
        int mark = scene.mark() - 1;
        if (userTimeoutMs > 0) {
            WireScene.check(s.setInt(TcpOptionCalls.IPPROTO_TCP, TcpOptionCalls.TCP_USER_TIMEOUT, userTimeoutMs));
        }
        WireScene.send(s, 4, 0);
        return end(times(mark, userTimeoutMs > 0 ? 10 : 30), s);
    }

    private String keepalive(int idle, int interval, int count) {
        scene = new WireScene(9);
        TcpSocket s = slow(0.001);
        int mark = scene.mark() - 1;
        WireScene.check(s.setInt(TcpOptionCalls.IPPROTO_TCP, TcpOptionCalls.TCP_KEEPIDLE, idle));
        WireScene.check(s.setInt(TcpOptionCalls.IPPROTO_TCP, TcpOptionCalls.TCP_KEEPINTVL, interval));
        WireScene.check(s.setInt(TcpOptionCalls.IPPROTO_TCP, TcpOptionCalls.TCP_KEEPCNT, count));
        WireScene.check(s.setInt(SocketOptions.SOL_SOCKET, SocketOptions.SO_KEEPALIVE, 1));
        return end(times(mark, idle + (double) interval * count + 5), s);
    }

    private String userTimeout(int ms) {
        scene = coarse();
        TcpSocket s = slow(0.001);
        WireScene.check(s.setInt(TcpOptionCalls.IPPROTO_TCP, TcpOptionCalls.TCP_USER_TIMEOUT, ms));
        int mark = scene.mark();
        WireScene.send(s, 4, 0);
        return end(times(mark, ms / 1000.0 + 5), s);
    }

    // ---- ICMP -------------------------------------------------------------------------------------------------------------------------------

    private String tooBig(int octets, int mtu) {
        scene = new WireScene(10);
        TcpSocket s = scene.establish();
        WireScene.send(s, octets, 0);
        scene.run(0.001);
        byte[] refused = scene.last().packet();
        int mark = scene.mark();
        scene.inject(Packets.icmpError(WireScene.PEER, 3, 4, mtu, refused).build());
        scene.run(0.02);
        return scene.wire(mark);
    }

    /// Type and code of a message told in words, or as `3/13`.
    private static int[] message(String words) {
        Matcher numbers = PortsKind.find("(\\d+)/(\\d+)", words);
        if (numbers != null) {
            return new int[] {Integer.parseInt(numbers.group(1)), Integer.parseInt(numbers.group(2))};
        }
        Matcher unreachable = PortsKind.find("unreachable (?:code )?(\\d+)", words);
        if (unreachable != null) {
            return new int[] {3, Integer.parseInt(unreachable.group(1))};
        }
        return switch (words) {
            case "net unreachable", "network unreachable" -> new int[] {3, 0};
            case "host unreachable" -> new int[] {3, 1};
            case "protocol unreachable" -> new int[] {3, 2};
            case "port unreachable" -> new int[] {3, 3};
            case "source route failed" -> new int[] {3, 5};
            case "administratively prohibited" -> new int[] {3, 13};
            case "source quench" -> new int[] {4, 0};
            case "redirect" -> new int[] {5, 1};
            case "time exceeded" -> new int[] {11, 0};
            case "fragment reassembly time exceeded" -> new int[] {11, 1};
            case "parameter problem" -> new int[] {12, 0};
            default -> throw new OracleException("there is no ICMP message \"" + words + "\"");
        };
    }

    private String unanswered(String words) {
        scene = new WireScene(10);
        TcpSocket s = scene.connect();
        int[] message = message(words);
        scene.inject(Packets.icmpError(WireScene.PEER, message[0], message[1], 0, scene.last().packet()).build());
        scene.run(0.02);
        return WireScene.name(s.takeError()) + " state " + WireScene.state(s);
    }

    private String error(String words, int seqShift) {
        int type = message(words)[0];
        int code = message(words)[1];
        scene = new WireScene(10);
        TcpSocket s = scene.establish();
        WireScene.send(s, 100, 0);
        scene.run(0.001);
        byte[] refused = scene.last().packet().clone();
        if (seqShift != 0) {
            int at = scene.last().tcp() + 4;
            org.lastack.wire.Bytes.put32(refused, at, org.lastack.wire.Bytes.i32(refused, at) + seqShift);
        }
        scene.inject(Packets.icmpError(WireScene.PEER, type, code, 0, refused).build());
        scene.run(0.02);
        return WireScene.name(s.takeError());
    }
}
