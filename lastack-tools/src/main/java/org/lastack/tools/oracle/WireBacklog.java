package org.lastack.tools.oracle;

import static org.lastack.tools.oracle.WireKind.play;
import static org.lastack.tools.oracle.WireScene.ACK;
import static org.lastack.tools.oracle.WireScene.SYN;

import java.util.ArrayList;
import java.util.List;
import org.lastack.core.Sysctl;
import org.lastack.core.tcp.TcpSocket;
import org.lastack.wire.Packets;

/// listen()'s second parameter, full queues and SYN cookies.
final class WireBacklog {
    private WireScene scene = new WireScene(1);
    /// Ports and ISS of the peers whose SYN was answered.
    private final List<int[]> answered = new ArrayList<>();

    List<WireKind.Play> plays() {
        return List.of(
                play("listen\\((-?\\d+)\\); (\\d+) complete handshakes one after another, nobody accepts", m -> complete(number(m.group(1)), number(m.group(2)))),
                play("listen\\((\\d+)\\), accept queue full \\((\\d+) established\\), new SYN, tcp_abort_on_overflow=(\\d)",
                        m -> full(number(m.group(1)), number(m.group(2)), number(m.group(3)))),
                play("listen\\((\\d+)\\), SYNs first \\((\\d+) SYN-ACKs seen for (\\d+) SYNs\\), then the final ACK of each, abort_on_overflow=(\\d): kernel reply per final ACK",
                        m -> synsFirst(number(m.group(1)), number(m.group(3)), number(m.group(4)), true)),
                play("same: data on the third connection while the queue is full", m -> data(2)),
                play("same: data on the last one", m -> data(answered.size() - 1)),
                play("same: after one accept\\(\\), the third peer retransmits its data", m -> afterAccept(2)),
                play("same: after one accept\\(\\), data retransmitted by the last peer", m -> afterAccept(answered.size() - 1)),
                play("same: further connections acceptable", m -> Integer.toString(acceptAll())),
                play("tcp_syncookies=0, abort_on_overflow=(\\d): listen\\((\\d+)\\), (\\d+) established, \\d+ of (\\d+) further SYNs answered; final ACK of each in turn: kernel reply",
                        m -> halfOpen(number(m.group(1)), number(m.group(2)), number(m.group(3)), number(m.group(4)))),
                play("same: what the kernel sends to the last one within ([\\d.]+) s", m -> within(Double.parseDouble(m.group(1)))),
                play("listen\\((\\d+)\\), tcp_syncookies=(\\d), (\\d+) half-open SYNs \\(no final ACK\\)",
                        m -> flood(number(m.group(1)), number(m.group(2)), number(m.group(3)))),
                play("same: final ACK of the last answered SYN", m -> finalAck()),
                play("LISTEN receives a bare ACK \\(forged syncookie\\), (no|after a) recent overflow", m -> forged(!m.group(1).equals("no"))));
    }

    private static int number(String text) {
        return Integer.parseInt(text);
    }

    private String complete(int backlog, int handshakes) {
        scene = new WireScene(1);
        TcpSocket listener = scene.listen(backlog);
        int answeredSyns = 0;
        for (int i = 0; i < handshakes; i++) {
            scene.nextPeer();
            answeredSyns += scene.handshake() ? 1 : 0;
        }
        int acceptable = 0;
        while (listener.accept() != null) {
            acceptable++;
        }
        return answeredSyns + " SYNs answered; " + acceptable + " connections can be accepted";
    }

    private String full(int backlog, int established, int abort) {
        scene = new WireScene(1).sysctl(Sysctl.TCP_ABORT_ON_OVERFLOW, abort);
        scene.listen(backlog);
        for (int i = 0; i < established; i++) {
            scene.nextPeer();
            scene.handshake();
        }
        scene.nextPeer();
        int mark = scene.mark();
        scene.syn();
        scene.run(0.02);
        return "answer to SYN: " + scene.wire(mark);
    }

    private String synsFirst(int backlog, int syns, int abort, boolean cookies) {
        scene = new WireScene(1).sysctl(Sysctl.TCP_ABORT_ON_OVERFLOW, abort).sysctl(Sysctl.TCP_SYNCOOKIES, cookies ? 1 : 0);
        scene.listen(backlog);
        answered.clear();
        manySyns(syns);
        return finalAcks(0);
    }

    private void manySyns(int syns) {
        for (int i = 0; i < syns; i++) {
            scene.nextPeer();
            if (scene.syn()) {
                answered.add(new int[] {scene.peerPort, scene.hostIss});
            }
        }
    }

    private String finalAcks(int from) {
        StringBuilder replies = new StringBuilder();
        for (int i = from; i < answered.size(); i++) {
            talkTo(i);
            int mark = scene.mark();
            scene.inject(scene.packet(ACK, WireScene.PEER_ISS + 1, scene.hostIss + 1).build());
            scene.run(0.02);
            replies.append(replies.isEmpty() ? "" : " | ").append(scene.wire(mark));
        }
        return replies.toString();
    }

    private void talkTo(int index) {
        scene.peerPort = answered.get(index)[0];
        scene.hostIss = answered.get(index)[1];
        scene.next = WireScene.PEER_ISS + 1;
    }

    private String data(int index) {
        talkTo(index);
        int mark = scene.mark();
        scene.inject(scene.packet(ACK, scene.next, scene.hostIss + 1).payload(WireScene.bytes("hello")).build());
        scene.run(0.02);
        return scene.wire(mark);
    }

    private String afterAccept(int index) {
        TcpSocket listener = scene.listener;
        if (listener != null) {
            listener.accept();
        }
        return data(index);
    }

    private int acceptAll() {
        TcpSocket listener = scene.listener;
        int count = 0;
        while (listener != null && listener.accept() != null) {
            count++;
        }
        return count;
    }

    private String halfOpen(int abort, int backlog, int established, int syns) {
        scene = new WireScene(1).sysctl(Sysctl.TCP_ABORT_ON_OVERFLOW, abort).sysctl(Sysctl.TCP_SYNCOOKIES, 0);
        scene.listen(backlog);
        answered.clear();
        for (int i = 0; i < established; i++) {
            scene.nextPeer();
            scene.handshake();
        }
        manySyns(syns);
        return finalAcks(0);
    }

    private String within(double seconds) {
        int mark = scene.mark();
        long start = scene.now();
        scene.run(seconds);
        StringBuilder text = new StringBuilder();
        for (WireScene.Sent each : scene.sent.subList(mark, scene.sent.size())) {
            if (each.isTcp() && each.destinationPort() == scene.peerPort) {
                text.append(text.isEmpty() ? "" : " ").append(String.format(java.util.Locale.ROOT, "%.1f:%s", (each.timeNs() - start) / 1e9,
                        WireScene.flags(each.flags())));
            }
        }
        return text.isEmpty() ? "-" : text.toString();
    }

    private String flood(int backlog, int cookies, int syns) {
        scene = new WireScene(1).sysctl(Sysctl.TCP_SYNCOOKIES, cookies);
        scene.listen(backlog);
        answered.clear();
        String first = "";
        String last = "";
        int count = 0;
        for (int i = 0; i < syns; i++) {
            scene.nextPeer();
            int mark = scene.mark();
            scene.inject(Packets.tcp(WireScene.PEER, scene.peerPort, WireScene.HOST, scene.hostPort).flags(SYN).seq(WireScene.PEER_ISS).window(65_535).mss(1460)
                    .sackPermitted().timestamps(1000, 0).nop().windowScale(7).build());
            for (WireScene.Sent each : scene.sent.subList(mark, scene.sent.size())) {
                count++;
                first = first.isEmpty() ? each.options() : first;
                last = each.options();
                scene.hostIss = each.seq();
                answered.add(new int[] {scene.peerPort, each.seq()});
            }
        }
        return count + " SYN-ACKs; options of the first " + first + "; of the last " + last;
    }

    private String finalAck() {
        talkTo(answered.size() - 1);
        int echo = 0;
        for (WireScene.Sent each : scene.sent) {
            if (each.destinationPort() == scene.peerPort) {
                echo = (int) Long.parseLong(each.options().substring(16, 24), 16);
            }
        }
        int mark = scene.mark();
        scene.inject(scene.packet(ACK, scene.next, scene.hostIss + 1).nop().nop().timestamps(1001, echo).build());
        scene.run(0.02);
        TcpSocket listener = scene.listener;
        return scene.wire(mark) + "; accept " + (listener != null && listener.accept() != null ? "OK" : "EAGAIN");
    }

    private String forged(boolean overflow) {
        scene = new WireScene(1);
        scene.listen(2);
        if (overflow) {
            manySyns(8);
            scene.nextPeer();
        }
        scene.hostIss = 5_000_000;
        int mark = scene.mark();
        scene.inject(scene.packet(ACK, scene.next + 1, scene.hostIss + 7).build());
        scene.run(0.02);
        return scene.wire(mark);
    }
}
