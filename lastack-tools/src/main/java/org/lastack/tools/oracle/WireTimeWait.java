package org.lastack.tools.oracle;

import static org.lastack.tools.oracle.WireKind.play;
import static org.lastack.tools.oracle.WireScene.ACK;
import static org.lastack.tools.oracle.WireScene.FIN;
import static org.lastack.tools.oracle.WireScene.PEER_ISS;
import static org.lastack.tools.oracle.WireScene.RST;
import static org.lastack.tools.oracle.WireScene.SYN;

import java.util.List;
import java.util.Locale;
import org.lastack.core.Sysctl;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.tcp.TcpOptionCalls;
import org.lastack.core.tcp.TcpSocket;
import org.lastack.wire.PacketBuilder;
import org.lastack.wire.Packets;

/// TIME-WAIT: what arrives, what comes back, and how long it lasts.
final class WireTimeWait {
    private static final int OLD_STAMP = 1000;
    private WireScene scene = new WireScene(4);

    List<WireKind.Play> plays() {
        return List.of(
                play("(?:tcp_rfc1337=(\\d): )?(.+); (no timestamps|timestamps); listener (present|closed)",
                        m -> input(m.group(2), m.group(3).equals("timestamps"), m.group(4).equals("present"), "1".equals(m.group(1)))),
                play("reopen from TIME_WAIT: new ISS minus old SND.NXT", m -> reopen()),
                play("peer closes first, kernel closes second, its FIN acked", m -> passive()),
                play("simultaneous close", m -> simultaneous()),
                play("SO_LINGER on,0 close", m -> linger()),
                play("close, then peer answers with RST in FIN_WAIT1", m -> reset()),
                play("tcp_max_tw_buckets=0: close, peer FIN", m -> noBuckets()),
                play("same: retransmitted FIN \\(listener present\\)", m -> again()));
    }

    List<WireKind.Play> durations() {
        return List.of(
                play("TIME_WAIT, quiet", m -> life(60, "", 0)),
                play("TIME_WAIT with tcp_fin_timeout=(\\d+)", m -> life(Integer.parseInt(m.group(1)), "", 0)),
                play("TIME_WAIT, (.+) after (\\d+) s", m -> life(60, m.group(1), Integer.parseInt(m.group(2)))),
                play("FIN_WAIT2 orphan, tcp_fin_timeout=(\\d+)", m -> orphan(Integer.parseInt(m.group(1)), 0)),
                play("FIN_WAIT2 orphan, TCP_LINGER2=(-?\\d+)", m -> orphan(60, Integer.parseInt(m.group(1)))),
                play("FIN_WAIT2 held by the application \\(shutdown only\\), tcp_fin_timeout=(\\d+)", m -> held(Integer.parseInt(m.group(1)))));
    }

    /// An accepted connection that the host closes first, until TIME-WAIT: the host's SND.NXT is ISS+2, its RCV.NXT the peer's ISS+2.
    private void enter(boolean stamps, boolean listenerPresent) {
        scene.stamps = stamps;
        scene.stampValue = OLD_STAMP;
        TcpSocket listener = scene.listen(5);
        TcpSocket child = scene.accepted();
        if (child == null) {
            throw new IllegalStateException("no connection");
        }
        if (!listenerPresent) {
            listener.close();
        }
        child.close();
        scene.run(0.001);
        scene.segment(ACK, 2);
        scene.segment(FIN | ACK, 2);
        scene.run(0.02);
    }

    private String input(String what, boolean stamps, boolean listenerPresent, boolean rfc1337) {
        scene = new WireScene(4).sysctl(Sysctl.TCP_RFC1337, rfc1337 ? 1 : 0);
        enter(stamps, listenerPresent);
        int mark = scene.mark();
        scene.inject(packet(what, stamps));
        scene.run(0.02);
        return scene.wire(mark) + "; entry " + scene.residual();
    }

    private byte[] packet(String what, boolean stamps) {
        int rcvNxt = PEER_ISS + 2;
        int sndNxt = scene.hostIss + 2;
        if (what.startsWith("SYN ") || what.startsWith("SYN,")) {
            return syn(what, stamps, rcvNxt);
        }
        return switch (what) {
            case "duplicate FIN" -> scene.packet(FIN | ACK, rcvNxt - 1, sndNxt).build();
            case "duplicate FIN with data" -> scene.packet(FIN | ACK, rcvNxt - 6, sndNxt).payload(WireScene.bytes("again")).build();
            case "new data in window" -> scene.packet(ACK, rcvNxt, sndNxt).payload(WireScene.bytes("fresh")).build();
            case "data below the window with new data" -> scene.packet(ACK, rcvNxt - 3, sndNxt).payload(WireScene.bytes("abcdefg")).build();
            case "SYN+FIN, seq above RCV.NXT", "SYN+RST, seq above RCV.NXT" ->
                    scene.packet(SegmentWords.flags(what.substring(0, 7)), rcvNxt + 1000, 0).build();
            default -> new SegmentWords(scene, rcvNxt, sndNxt, 64_240).read(what).build();
        };
    }

    private byte[] syn(String what, boolean stamps, int rcvNxt) {
        int seq = what.contains("seq = RCV.NXT") ? rcvNxt : what.contains("one above") ? rcvNxt + 1 : rcvNxt + 1000;
        if (what.contains("below")) {
            seq = PEER_ISS - 998;
        }
        PacketBuilder p = Packets.tcp(WireScene.PEER, scene.peerPort, WireScene.HOST, scene.hostPort).flags(SYN).seq(seq).window(65_535).mss(1460);
        boolean with = stamps && !what.contains("without timestamps") || what.contains("WITH a timestamp");
        if (with) {
            int value = what.contains("older") ? OLD_STAMP - 500 : what.contains("newer") || what.contains("WITH") ? OLD_STAMP + 500 : OLD_STAMP;
            p.timestamps(value, 0).nop().nop();
        }
        return p.build();
    }

    private String reopen() {
        scene = new WireScene(4);
        enter(false, true);
        int oldNext = scene.hostIss + 2;
        scene.inject(syn("SYN, seq above RCV.NXT", false, PEER_ISS + 2));
        return Integer.toString(scene.last().seq() - oldNext);
    }

    private TcpSocket connected() {
        scene = new WireScene(4);
        scene.listen(5);
        TcpSocket child = scene.accepted();
        if (child == null) {
            throw new IllegalStateException("no connection");
        }
        return child;
    }

    private String passive() {
        TcpSocket s = connected();
        scene.segment(FIN | ACK, 1);
        s.close();
        scene.run(0.001);
        scene.segment(ACK, 2);
        scene.run(0.02);
        return "residual " + scene.residual();
    }

    private String simultaneous() {
        TcpSocket s = connected();
        s.close();
        scene.drain();
        scene.segment(FIN | ACK, 1);
        scene.run(0.001);
        String crossed = scene.residual();
        scene.segment(ACK, 2);
        scene.run(0.02);
        return crossed + " then residual " + scene.residual();
    }

    private String linger() {
        TcpSocket s = connected();
        WireClosing.linger(s, 0);
        s.close();
        scene.run(0.02);
        return "residual " + scene.residual();
    }

    private String reset() {
        connected().close();
        scene.drain();
        scene.segment(RST, 0);
        scene.run(0.02);
        return "residual " + scene.residual();
    }

    private String noBuckets() {
        TcpSocket s = connected();
        scene.sysctl(Sysctl.TCP_MAX_TW_BUCKETS, 0);
        s.close();
        scene.run(0.001);
        scene.segment(ACK, 2);
        int mark = scene.mark();
        scene.segment(FIN | ACK, 2);
        scene.run(0.02);
        return scene.wire(mark) + "; residual " + scene.residual();
    }

    private String again() {
        int mark = scene.mark();
        scene.next--;
        scene.segment(FIN | ACK, 2);
        scene.run(0.02);
        return scene.wire(mark);
    }

    private String gone(double limit) {
        long start = scene.now();
        while (!scene.residual().equals("gone")) {
            if (scene.now() - start > (long) (limit * 1e9)) {
                return "still " + scene.residual() + " after " + Math.round(limit);
            }
            scene.run(0.05);
        }
        return String.format(Locale.ROOT, "gone after %.1f", (scene.now() - start) / 1e9);
    }

    private String life(int finTimeout, String what, int after) {
        scene = new WireScene(4).sysctl(Sysctl.TCP_FIN_TIMEOUT, finTimeout);
        enter(false, true);
        if (after == 0) {
            return gone(300);
        }
        scene.run(after);
        scene.inject(packet(what, false));
        String rest = gone(300);
        return String.format(Locale.ROOT, "gone after %.1f", after + Double.parseDouble(rest.replaceAll("[^0-9.]", "")));
    }

    private String orphan(int finTimeout, int linger2) {
        TcpSocket s = connected();
        scene.sysctl(Sysctl.TCP_FIN_TIMEOUT, finTimeout);
        if (linger2 != 0) {
            WireScene.check(s.setInt(TcpOptionCalls.IPPROTO_TCP, TcpOptionCalls.TCP_LINGER2, linger2));
        }
        s.close();
        scene.run(0.001);
        scene.segment(ACK, 2);
        return gone(300);
    }

    private String held(int finTimeout) {
        TcpSocket s = connected();
        scene.sysctl(Sysctl.TCP_FIN_TIMEOUT, finTimeout);
        s.shutdown(InetSocket.SHUT_WR);
        scene.run(0.001);
        scene.segment(ACK, 2);
        return gone(81);
    }
}
