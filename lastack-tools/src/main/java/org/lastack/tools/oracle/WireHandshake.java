package org.lastack.tools.oracle;

import static org.lastack.tools.oracle.WireKind.play;
import static org.lastack.tools.oracle.WireScene.ACK;
import static org.lastack.tools.oracle.WireScene.FIN;
import static org.lastack.tools.oracle.WireScene.PEER_ISS;
import static org.lastack.tools.oracle.WireScene.RST;
import static org.lastack.tools.oracle.WireScene.SYN;

import java.util.List;
import java.util.Locale;
import org.lastack.core.tcp.TcpOptionCalls;
import org.lastack.core.tcp.TcpSocket;
import org.lastack.wire.Ipv4Header;
import org.lastack.wire.PacketBuilder;
import org.lastack.wire.Packets;

/// The handshake from both sides.
final class WireHandshake {
    private WireScene scene = new WireScene(8);

    List<WireKind.Play> plays() {
        return List.of(
                play("SYN sent by connect\\(\\)", m -> syn()),
                play("SYN_SENT: (.+)", m -> synSent(m.group(1))),
                play("simultaneous open: then SYN\\+ACK", m -> thenSynAck()),
                play("SYN\\+ACK of a listener to a SYN with (.+)", m -> synAck(m.group(1))),
                play("SYN_RECV: (.+)", m -> synReceived(m.group(1))),
                play("TCP_DEFER_ACCEPT=(\\d+): bare final ACK", m -> defer(Integer.parseInt(m.group(1)))),
                play("TCP_DEFER_ACCEPT=\\d+: then data", m -> deferData()),
                play("ISN growth for the same 4-tuple \\(units per second\\)", m -> isn()));
    }

    private String syn() {
        scene = new WireScene(8);
        scene.connect();
        WireScene.Sent s = scene.last();
        byte[] p = s.packet();
        return "flags " + WireScene.flags(s.flags() & 0x3f) + " win " + s.window() + " options " + s.options() + " ttl " + Ipv4Header.ttl(p, 0) + " tos "
                + Ipv4Header.tos(p, 0) + " DF " + (Ipv4Header.dontFragment(p, 0) ? "True" : "False") + " ipid " + Ipv4Header.identification(p, 0);
    }

    private String synSent(String what) {
        scene = new WireScene(8);
        TcpSocket s = scene.connect();
        int mark = scene.mark();
        int iss = scene.hostIss;
        byte[] packet = switch (what) {
            case "SYN+ACK with ack above ISS+1" -> scene.packet(SYN | ACK, PEER_ISS, iss + 5).mss(1460).build();
            case "SYN+ACK with ack = ISS" -> scene.packet(SYN | ACK, PEER_ISS, iss).mss(1460).build();
            case "ACK without SYN, ack acceptable" -> scene.packet(ACK, PEER_ISS, iss + 1).build();
            case "RST without ACK" -> scene.packet(RST, PEER_ISS, 0).build();
            case "RST+ACK with wrong ack" -> scene.packet(RST | ACK, PEER_ISS, iss + 5).build();
            case "FIN+ACK" -> scene.packet(FIN | ACK, PEER_ISS, iss + 1).build();
            case "SYN (simultaneous open)" -> scene.packet(SYN, PEER_ISS, 0).mss(1460).build();
            case "SYN+ACK carrying 5 bytes" -> scene.packet(SYN | ACK, PEER_ISS, iss + 1).mss(1460).payload(5).build();
            case "SYN+FIN+ACK" -> scene.packet(SYN | FIN | ACK, PEER_ISS, iss + 1).mss(1460).build();
            default -> beforeHandshake(what, iss);
        };
        scene.inject(packet);
        scene.run(0.03);
        String state = scene.wire(mark) + "; " + WireScene.state(s);
        return what.contains("carrying") ? state + "; recv " + scene.receive() : state;
    }

    /// Any other segment for SYN-SENT; one with a SYN brings an MSS, unless it says that it has no options.
    private byte[] beforeHandshake(String what, int iss) {
        PacketBuilder p = new SegmentWords(scene, PEER_ISS, iss + 1, 65_535).read(what);
        boolean syn = what.contains("SYN") && !what.contains("without SYN") && !what.contains("without options");
        return (syn ? p.mss(1460) : p).build();
    }

    private String thenSynAck() {
        int mark = scene.mark();
        scene.inject(scene.packet(SYN | ACK, PEER_ISS, scene.hostIss + 1).mss(1460).build());
        scene.run(0.03);
        return scene.wire(mark) + "; " + WireScene.state(scene.socket());
    }

    private String synAck(String names) {
        scene = new WireScene(8);
        scene.listen(5);
        scene.inject(names.equals("MSS,SACK,TS,WS") ? fullSyn() : synWith(names));
        WireScene.Sent s = scene.last();
        byte[] p = s.packet();
        return "win " + s.window() + " options " + s.options() + " ipid " + Ipv4Header.identification(p, 0) + " ttl " + Ipv4Header.ttl(p, 0) + " DF "
                + (Ipv4Header.dontFragment(p, 0) ? "True" : "False");
    }

    private static byte[] fullSyn() {
        return Packets.tcp(WireScene.PEER, 40_000, WireScene.HOST, WireScene.PORT).flags(SYN).seq(PEER_ISS).window(65_535).mss(1460).sackPermitted()
                .timestamps(1000, 0).nop().windowScale(7).build();
    }

    private static byte[] synWith(String names) {
        PacketBuilder p = Packets.tcp(WireScene.PEER, 40_000, WireScene.HOST, WireScene.PORT).flags(SYN).seq(PEER_ISS).window(65_535);
        for (String name : names.split(",")) {
            switch (name.strip()) {
                case "MSS" -> p.mss(1460);
                case "SACK" -> p.sackPermitted().nop().nop();
                case "TS" -> p.nop().nop().timestamps(1000, 0);
                case "WS" -> p.nop().windowScale(7);
                case "nothing", "no options" -> { }
                default -> throw new OracleException("there is no option \"" + name + "\"");
            }
        }
        return p.build();
    }

    private String synReceived(String what) {
        scene = new WireScene(8);
        TcpSocket listener = scene.listen(5);
        if (what.equals("retransmitted SYN")) {
            scene.inject(fullSyn());
            scene.hostIss = scene.last().seq();
            scene.next++;
        } else if (!scene.syn()) {
            throw new IllegalStateException("the SYN was not answered");
        }
        scene.run(0.01);
        int mark = scene.mark();
        int iss = scene.hostIss;
        int next = scene.next;
        switch (what) {
            case "retransmitted SYN" -> scene.inject(fullSyn());
            case "SYN with other seq" -> scene.inject(scene.packet(SYN, PEER_ISS + 100, 0).mss(1460).build());
            case "ACK with wrong ack" -> scene.inject(scene.packet(ACK, next, iss + 7).build());
            case "RST in window not exact" -> scene.inject(scene.packet(RST, next + 100, 0).build());
            case "exact RST, then the final ACK" -> {
                scene.inject(scene.packet(RST, next, 0).build());
                scene.inject(scene.packet(ACK, next, iss + 1).build());
            }
            case "final ACK carries data" -> scene.inject(scene.packet(ACK, next, iss + 1).payload(WireScene.bytes("first")).build());
            case "final ACK carries FIN" -> scene.inject(scene.packet(FIN | ACK, next, iss + 1).build());
            default -> {
                boolean syn = what.startsWith("SYN") && !what.startsWith("SYN+ACK");
                PacketBuilder p = new SegmentWords(scene, syn ? PEER_ISS : next, iss + 1, 65_535).read(what);
                scene.inject((syn ? p.mss(1460) : p).build());
            }
        }
        scene.run(0.03);
        String wire = scene.wire(mark);
        TcpSocket child = listener.accept();
        scene.socket = child;
        return switch (what) {
            case "exact RST, then the final ACK" -> wire + "; accept " + (child == null ? "EAGAIN" : "OK");
            case "final ACK carries data" -> wire + "; recv " + (child == null ? "no connection" : scene.receive());
            case "final ACK carries FIN" -> child == null ? wire + "; no connection" : wire + "; state " + WireScene.state(child) + " recv " + scene.receive();
            default -> wire;
        };
    }

    private String defer(int seconds) {
        scene = new WireScene(8);
        TcpSocket listener = scene.listen(5);
        WireScene.check(listener.setInt(TcpOptionCalls.IPPROTO_TCP, TcpOptionCalls.TCP_DEFER_ACCEPT, seconds));
        scene.handshake();
        return "accept " + (listener.accept() == null ? "EAGAIN" : "OK");
    }

    private String deferData() {
        scene.segment(ACK, 1, "hello");
        TcpSocket listener = scene.listener;
        return "accept " + (listener == null || listener.accept() == null ? "EAGAIN" : "OK");
    }

    private String isn() {
        scene = new WireScene(8);
        scene.listen(5);
        StringBuilder rates = new StringBuilder();
        int before = 0;
        for (int i = 0; i < 4; i++) {
            scene.next = PEER_ISS + i * 1000;
            if (!scene.syn()) {
                throw new IllegalStateException("the SYN was not answered");
            }
            if (i > 0) {
                rates.append(rates.isEmpty() ? "" : " ").append(String.format(Locale.ROOT, "%.2e", (double) Integer.toUnsignedLong(scene.hostIss - before)));
            }
            before = scene.hostIss;
            scene.inject(scene.packet(RST, scene.next, 0).build());
            scene.run(1);
        }
        return rates.toString();
    }
}
