package org.lastack.tools.oracle;

import static org.lastack.tools.oracle.WireKind.play;
import static org.lastack.tools.oracle.WireScene.ACK;
import static org.lastack.tools.oracle.WireScene.PEER_ISS;
import static org.lastack.tools.oracle.WireScene.SYN;

import java.util.List;
import java.util.Locale;
import org.lastack.core.socket.SocketOptions;
import org.lastack.core.tcp.TcpOptionCalls;
import org.lastack.core.tcp.TcpSocket;

/// Acknowledgments: when, with which window and SACK blocks; Nagle, cork and the initial window.
final class WireAcks {
    private WireScene scene = new WireScene(11);
    private int writtenOctets;

    List<WireKind.Play> plays() {
        return List.of(
                play("first small segment on a new connection", m -> small(1)),
                play("(\\d+)(?:nd|th|st|rd) small segment \\(quickack credit spent\\)", m -> small(Integer.parseInt(m.group(1)))),
                play("request/response: ACK of a response", m -> response()),
                play("(\\d+) full segments back to back", m -> full(Integer.parseInt(m.group(1)))),
                play("out-of-order segment with SACK permitted", m -> outOfOrder()),
                play("segment fills the gap", m -> sacked(1, 100)),
                play("fully duplicate segment \\(DSACK\\)", m -> sacked(101, 100)),
                play("SO_RCVBUF (\\d+), nobody reads, (\\d+)-byte segments: \\(sent, ack, window\\)",
                        m -> buffer(Integer.parseInt(m.group(1)), Integer.parseInt(m.group(2)))),
                play("then the application reads (\\d+)", m -> reads(Integer.parseInt(m.group(1)))),
                play("then reads (\\d+) more", m -> reads(Integer.parseInt(m.group(1)))),
                play("then reads the rest", m -> reads(100_000)),
                play("(Nagle|TCP_NODELAY): three 1-byte writes", m -> writes(m.group(1).equals("TCP_NODELAY"))),
                play("Nagle: then ACK of the first", m -> ackFirst()),
                play("TCP_CORK: (\\d+) bytes", m -> cork(Integer.parseInt(m.group(1)))),
                play("initial window: (\\d+) byte write, peer MSS (\\d+), nothing acked",
                        m -> initial(Integer.parseInt(m.group(1)), Integer.parseInt(m.group(2)))));
    }

    /// The segments since `from` with milliseconds since `startNs`.
    private String timed(int from, long startNs) {
        StringBuilder text = new StringBuilder();
        for (WireScene.Sent each : scene.sent.subList(from, scene.sent.size())) {
            text.append(text.isEmpty() ? "" : "; ").append(String.format(Locale.ROOT, "%dms %s", Math.round((each.timeNs() - startNs) / 1e6),
                    scene.describe(each)));
        }
        return text.isEmpty() ? "-" : text.toString();
    }

    private String small(int count) {
        scene = new WireScene(11);
        scene.establish();
        int mark = 0;
        long start = 0;
        for (int i = 0; i < count; i++) {
            mark = scene.mark();
            start = scene.now();
            scene.segment(ACK | WireScene.PSH, 1, "0123456789");
            scene.run(0.1);
            scene.receive();
        }
        return timed(mark, start);
    }

    private String response() {
        scene = new WireScene(11);
        TcpSocket s = scene.establish();
        WireScene.send(s, 3, 0);
        scene.run(0.001);
        int mark = scene.mark();
        long start = scene.now();
        scene.segment(ACK | WireScene.PSH, 4, "abc");
        scene.run(0.1);
        return timed(mark, start);
    }

    private String full(int count) {
        scene = new WireScene(11);
        scene.establish();
        int mark = scene.mark();
        long start = scene.now();
        for (int i = 0; i < count; i++) {
            scene.segment(ACK, 1, "x".repeat(1460));
        }
        scene.run(0.1);
        return timed(mark, start);
    }

    private String outOfOrder() {
        scene = new WireScene(12);
        TcpSocket s = scene.connect();
        scene.inject(scene.packet(SYN | ACK, scene.next, scene.hostIss + 1).mss(1460).sackPermitted().nop().nop().build());
        scene.next++;
        scene.run(0.02);
        WireScene.check(s.unreadOctets());
        return sacked(101, 100);
    }

    private String sacked(int offset, int length) {
        int mark = scene.mark();
        scene.inject(scene.packet(ACK, PEER_ISS + offset, scene.hostIss + 1).payload(length).build());
        scene.run(0.001);
        if (scene.mark() == mark) {
            return "-";
        }
        return scene.wire(mark) + " opts " + masked(scene.last().options());
    }

    /// SACK edges are relative to the peer's ISS in the recording, which had its ISS at 1000.
    private static String masked(String options) {
        return options;
    }

    private String buffer(int octets, int size) {
        scene = new WireScene(13);
        TcpSocket s = scene.tcpSocket();
        WireScene.check(s.setInt(SocketOptions.SOL_SOCKET, SocketOptions.SO_RCVBUF, octets));
        scene.socket = s;
        scene.establish();
        StringBuilder text = new StringBuilder();
        int ack = 1;
        int window = s.info().rcvWnd();
        for (int sent = size; sent <= 40_000; sent += size) {
            int mark = scene.mark();
            scene.inject(scene.packet(ACK, scene.next, scene.hostIss + 1).payload(size).build());
            scene.next += size;
            scene.run(0.1);
            if (scene.mark() > mark) {
                ack = scene.last().ack() - PEER_ISS;
                window = scene.last().window();
            }
            text.append(text.isEmpty() ? "" : " ").append('(').append(sent).append(", ").append(ack).append(", ").append(window).append(')');
        }
        return text.toString();
    }

    private String reads(int octets) {
        int mark = scene.mark();
        long start = scene.now();
        WireScene.receive(scene.socket(), octets, 0);
        scene.run(0.1);
        return timed(mark, start);
    }

    private String writes(boolean noDelay) {
        scene = new WireScene(14);
        TcpSocket s = scene.establish();
        if (noDelay) {
            WireScene.check(s.setInt(TcpOptionCalls.IPPROTO_TCP, TcpOptionCalls.TCP_NODELAY, 1));
        }
        int mark = scene.mark();
        long start = scene.now();
        for (int i = 0; i < 3; i++) {
            WireScene.send(s, 1, 0);
            scene.drain();
        }
        scene.run(0.05);
        return timed(mark, start);
    }

    private String ackFirst() {
        int mark = scene.mark();
        long start = scene.now();
        scene.segment(ACK, 2);
        scene.run(0.05);
        return timed(mark, start);
    }

    private String cork(int octets) {
        scene = new WireScene(14);
        TcpSocket s = scene.establish();
        WireScene.check(s.setInt(TcpOptionCalls.IPPROTO_TCP, TcpOptionCalls.TCP_CORK, 1));
        int mark = scene.mark();
        long start = scene.now();
        WireScene.send(s, octets, 0);
        scene.run(0.6);
        return timed(mark, start);
    }

    private String initial(int octets, int mss) {
        scene = new WireScene(14);
        TcpSocket s = scene.establish(mss);
        int mark = scene.mark();
        WireScene.send(s, octets, 0);
        scene.run(0.05);
        int segments = scene.mark() - mark;
        writtenOctets = 0;
        scene.sent.subList(mark, scene.sent.size()).forEach(each -> writtenOctets += each.length());
        return segments + " segments, " + writtenOctets + " bytes";
    }
}
