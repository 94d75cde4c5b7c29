package org.lastack.tools.oracle;

import static org.lastack.tools.oracle.WireKind.play;
import static org.lastack.tools.oracle.WireScene.ACK;
import static org.lastack.tools.oracle.WireScene.FIN;
import static org.lastack.tools.oracle.WireScene.HOST;
import static org.lastack.tools.oracle.WireScene.PEER_ISS;
import static org.lastack.tools.oracle.WireScene.PSH;
import static org.lastack.tools.oracle.WireScene.RST;
import static org.lastack.tools.oracle.WireScene.SYN;
import static org.lastack.tools.oracle.WireScene.URG;

import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import org.lastack.core.tcp.TcpSocket;
import org.lastack.wire.IpAddress;
import org.lastack.wire.PacketBuilder;
import org.lastack.wire.Packets;
import org.lastack.wire.TcpHeader;

/// Segments of every kind for a connection, a listener and nobody; MSS and window scale of the peer.
final class WireSegments {
    private WireScene scene = new WireScene(5);

    List<WireKind.Play> plays() {
        return List.of(
                play("ESTABLISHED: (.+)", m -> established(m.group(1))),
                play("(LISTEN|no socket): flags (.+)", m -> flags(m.group(1).equals("LISTEN"), m.group(2))),
                play("LISTEN: SYN with (\\d+) bytes of data", m -> synWithData(Integer.parseInt(m.group(1)))),
                play("LISTEN: SYN with (source|destination) port 0", m -> portZero(m.group(1).equals("source"))),
                play("LISTEN on [\\d.]+: SYN with (.+)", m -> addresses(m.group(1))),
                play("peer MSS (\\d+): sizes of the first segments of a (\\d+) byte write", m -> mss(Integer.parseInt(m.group(1)), Integer.parseInt(m.group(2)))),
                play("peer window scale (\\d+)", m -> scale(Integer.parseInt(m.group(1)))));
    }

    // ---- ESTABLISHED ----------------------------------------------------------------------------------------------------------------------

    private String established(String what) {
        scene = new WireScene(5);
        boolean sack = what.contains("SACK");
        TcpSocket s;
        if (sack) {
            s = scene.connect();
            scene.run(0.001);
            scene.inject(scene.packet(SYN | ACK, scene.next, scene.hostIss + 1).mss(1460).sackPermitted().nop().nop().build());
            scene.next++;
            scene.run(0.02);
        } else {
            s = scene.establish();
        }
        setUp(what);
        int mark = scene.mark();
        byte[] packet = packet(what);
        scene.inject(packet);
        scene.run(0.02);
        return scene.wire(mark) + "; state " + WireScene.state(s) + "; recv " + scene.receive();
    }

    /// Some inputs need something before them.
    private void setUp(String what) {
        int rcvNxt = PEER_ISS + 1;
        if (what.contains("out-of-order")) {
            scene.inject(scene.packet(ACK, rcvNxt + 100, scene.hostIss + 1).payload(100).build());
        } else if (what.contains("duplicate") || what.contains("half below")) {
            scene.segment(ACK, 1, "hello");
        } else if (what.contains("after the FIN") || what.contains("FIN again")) {
            scene.segment(FIN | ACK, 1);
        }
        scene.run(0.001);
    }

    private byte[] packet(String what) {
        int rcvNxt = PEER_ISS + 1;
        int sndNxt = scene.hostIss + 1;
        int window = 64_240;
        if (what.contains("edge of out-of-order") || what.contains("inside out-of-order")) {
            int seq = rcvNxt + (what.contains("left") ? 100 : what.contains("inside") ? 150 : 200);
            return scene.packet(SegmentWords.flags(what.substring(0, what.indexOf(' '))), seq, sndNxt).build();
        }
        return data(what, rcvNxt, sndNxt, window);
    }

    private byte[] data(String what, int rcvNxt, int sndNxt, int window) {
        PacketBuilder hello = scene.packet(ACK, rcvNxt, sndNxt).payload(WireScene.bytes("hello"));
        return switch (what) {
            case "data fully below (duplicate)" -> hello.build();
            case "data half below" -> scene.packet(ACK, rcvNxt, sndNxt).payload(WireScene.bytes("helloWORLD")).build();
            case "data after the FIN" -> scene.packet(ACK, rcvNxt + 1, sndNxt).payload(WireScene.bytes("hello")).build();
            case "FIN again" -> scene.packet(FIN | ACK, rcvNxt, sndNxt).build();
            case "SYN+ACK retransmitted (same as handshake)" -> scene.packet(SYN | ACK, PEER_ISS, sndNxt).build();
            case "SYN+FIN" -> scene.packet(SYN | FIN, rcvNxt + 10, sndNxt).build();
            case "window 0 announced" -> zeroWindow(rcvNxt, sndNxt);
            case "option length 0" -> hello.options(new byte[] {99, 0, 1, 1}).build();
            case "option length 1" -> hello.options(new byte[] {99, 1, 1, 1}).build();
            case "end of options in the middle" -> hello.options(new byte[] {0, 1, 1, 1}).build();
            case "window scale option on a non-SYN" -> hello.windowScale(5).nop().build();
            case "timestamp option not negotiated" -> hello.nop().nop().timestamps(5, 6).build();
            case "SACK block not negotiated" -> hello.options(new byte[] {1, 1, 5, 10, 0, 0, 0, 5, 0, 0, 0, 6}).build();
            case "ECE and CWR set" -> scene.packet(ACK | TcpHeader.ECE | TcpHeader.CWR, rcvNxt, sndNxt).payload(WireScene.bytes("hello")).build();
            case "option length beyond header" -> hello.options(new byte[] {99, 40, 1, 1}).build();
            case "unknown option" -> hello.options(new byte[] {99, 4, 1, 1}).build();
            case "MSS option on a non-SYN" -> hello.mss(500).build();
            case "reserved bits set" -> reserved(hello.build());
            default -> other(what, rcvNxt, sndNxt, window);
        };
    }

    private byte[] other(String what, int rcvNxt, int sndNxt, int window) {
        Matcher offset = PortsKind.find("data offset (\\d+)( but only 20 bytes)?$", what);
        if (offset != null) {
            PacketBuilder p = scene.packet(ACK, rcvNxt, sndNxt).dataOffset(Integer.parseInt(offset.group(1)));
            return (offset.group(2) == null ? p.payload(WireScene.bytes("hello")) : p).build();
        }
        Matcher cut = PortsKind.find("TCP header cut at (\\d+) bytes", what);
        return cut != null ? cut(Integer.parseInt(cut.group(1))) : new SegmentWords(scene, rcvNxt, sndNxt, window).read(what).build();
    }

    private byte[] zeroWindow(int rcvNxt, int sndNxt) {
        scene.window = 0;
        return scene.packet(ACK, rcvNxt, sndNxt).payload(WireScene.bytes("hello")).build();
    }

    /// Sets the four reserved bits and mends the checksum.
    private static byte[] reserved(byte[] packet) {
        int field = 20 + 12;
        int before = (packet[field] & 0xff) << 8 | packet[field + 1] & 0xff;
        int after = before | 0x0e00;
        packet[field] = (byte) (after >>> 8);
        int at = 20 + TcpHeader.CHECKSUM_OFFSET;
        int sum = org.lastack.wire.Checksum.update(org.lastack.wire.Bytes.u16(packet, at), before, after);
        org.lastack.wire.Bytes.put16(packet, at, sum);
        return packet;
    }

    private byte[] cut(int octets) {
        byte[] whole = scene.packet(ACK, PEER_ISS + 1, scene.hostIss + 1).build();
        return Packets.raw(WireScene.PEER, HOST, 6).payload(Arrays.copyOfRange(whole, 20, 20 + Math.min(octets, 20))).build();
    }

    // ---- LISTEN and nobody ------------------------------------------------------------------------------------------------------------------

    private String flags(boolean listening, String names) {
        scene = new WireScene(6);
        if (listening) {
            scene.listen(5);
        }
        int flags = SegmentWords.flags(names);
        int mark = scene.mark();
        scene.inject(scene.packet(flags, PEER_ISS, 777).build());
        scene.run(0.02);
        if (scene.mark() == mark) {
            return "-";
        }
        WireScene.Sent s = scene.sent.get(mark);
        boolean synAck = (s.flags() & SYN) != 0;
        return WireScene.flags(s.flags() & 0x3f) + (synAck ? " seq ISS" : " seq=" + Integer.toUnsignedString(s.seq())) + " ack="
                + ((s.flags() & ACK) != 0 ? Integer.toUnsignedString(s.ack() - PEER_ISS) : "-") + "(rel peer ISS) win" + s.window();
    }

    private String synWithData(int octets) {
        scene = new WireScene(6);
        scene.listen(5);
        scene.inject(scene.packet(SYN, PEER_ISS, 0).mss(1460).payload(octets).build());
        return WireScene.flags(scene.last().flags()) + " ack=" + Integer.toUnsignedString(scene.last().ack() - PEER_ISS);
    }

    private String portZero(boolean source) {
        scene = new WireScene(6);
        scene.listen(5);
        scene.peerPort = source ? 0 : 40_000;
        scene.hostPort = source ? WireScene.PORT : 0;
        int mark = scene.mark();
        scene.inject(scene.packet(SYN, PEER_ISS, 0).mss(1460).build());
        return scene.mark() == mark ? "-" : WireScene.flags(scene.last().flags());
    }

    private String addresses(String what) {
        scene = new WireScene(6);
        TcpSocket s = scene.tcpSocket();
        WireScene.check(s.bind(HOST.high(), HOST.low(), WireScene.PORT));
        WireScene.check(s.listen(5));
        IpAddress from = WireScene.PEER;
        IpAddress to = HOST;
        int port = 40_000;
        if (what.startsWith("LAND")) {
            from = HOST;
            port = WireScene.PORT;
        } else if (what.startsWith("source")) {
            from = what.contains("subnet broadcast") ? IpAddress.of("10.77.0.255") : literal(what);
            port = from.equals(HOST) ? WireScene.PORT : port;
        } else {
            to = what.contains("subnet broadcast") ? IpAddress.of("10.77.0.255") : literal(what);
        }
        int mark = scene.mark();
        scene.inject(Packets.tcp(from, port, to, WireScene.PORT).flags(SYN).seq(PEER_ISS).window(65_535).mss(1460).build());
        scene.run(0.02);
        return scene.mark() == mark ? "-" : WireScene.flags(scene.last().flags());
    }

    private static IpAddress literal(String what) {
        for (String word : what.split(" ")) {
            if (word.matches("[\\d.]+")) {
                return IpAddress.of(word);
            }
        }
        throw new IllegalStateException("no address in: " + what);
    }

    // ---- MSS and window scale -----------------------------------------------------------------------------------------------------------------

    private String mss(int mss, int octets) {
        scene = new WireScene(7);
        TcpSocket s = scene.connect();
        scene.inject(scene.packet(SYN | ACK, scene.next, scene.hostIss + 1).mss(mss).build());
        scene.next++;
        scene.run(0.02);
        int mark = scene.mark();
        WireScene.send(s, octets, 0);
        scene.run(0.02);
        StringBuilder sizes = new StringBuilder();
        for (WireScene.Sent each : scene.sent.subList(mark, scene.sent.size())) {
            if (each.length() > 0) {
                sizes.append(sizes.isEmpty() ? "" : " ").append(each.length());
            }
        }
        return sizes.toString();
    }

    private String scale(int shift) {
        scene = new WireScene(7);
        TcpSocket s = scene.connect();
        scene.inject(scene.packet(SYN | ACK, scene.next, scene.hostIss + 1).mss(1460).windowScale(shift).nop().build());
        scene.run(0.02);
        return "used send scale " + s.info().sndWscale();
    }
}
