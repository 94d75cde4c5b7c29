package org.lastack.tools.oracle;

import static org.lastack.tools.oracle.WireKind.play;
import static org.lastack.tools.oracle.WireScene.ACK;
import static org.lastack.tools.oracle.WireScene.FIN;
import static org.lastack.tools.oracle.WireScene.PSH;
import static org.lastack.tools.oracle.WireScene.RST;
import static org.lastack.tools.oracle.WireScene.SYN;

import java.util.List;
import org.lastack.core.Errno;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.socket.Msg;
import org.lastack.core.socket.SocketOptions;
import org.lastack.core.tcp.TcpSocket;
import org.lastack.core.tcp.TcpState;
import org.lastack.wire.Packets;

/// Calls that wait, and what ends the wait. A blocked call is one that would wait: it is asked again after the event, as the layers above do when
/// the socket signals readiness.
final class WireBlocking {
    private static final String BLOCKED = "still blocked";
    private WireScene scene = new WireScene(16);
    private TcpSocket waiting = scene.tcpSocket();
    private int taken;
    /// The accept() that waits has no descriptor any more.
    private boolean nobodys;

    List<WireKind.Play> plays() {
        return List.of(
                play("read\\(\\) blocked, then (.+?) by another thread", m -> read(m.group(1))),
                play("send\\((\\d+)\\) blocked on peer window 0, then (.+)", m -> send(Integer.parseInt(m.group(1)), m.group(2))),
                play("accept\\(\\) blocked, then (.+)", m -> accept(m.group(1))),
                play("\\s*\\.\\.\\. SYN afterwards", m -> synAfterwards()),
                play("connect\\(\\) blocked, then (.+)", m -> connect(m.group(1))),
                play("SO_RCVTIMEO (\\d+) ms, (recv|accept)", m -> timeout(m.group(1), m.group(2))),
                play("SO_SNDTIMEO (\\d+) ms, connect unanswered: first / second call", m -> connectTimeout()),
                play("SO_SNDTIMEO (\\d+) ms, send\\((\\d+)\\) on window 0: first / second call", m -> sendTimeout(Integer.parseInt(m.group(2)))),
                play("recv\\((\\d+), MSG_WAITALL\\): (\\d+) bytes, then (FIN|RST)",
                        m -> waitAll(Integer.parseInt(m.group(1)), Integer.parseInt(m.group(2)), m.group(3))),
                play("SO_RCVLOWAT (\\d+) with (\\d+) bytes queued", m -> lowWater(Integer.parseInt(m.group(1)), Integer.parseInt(m.group(2)))));
    }

    private String read(String event) {
        scene = new WireScene(16);
        TcpSocket s = scene.establish();
        if (!scene.receive().equals("EAGAIN")) {
            throw new IllegalStateException("the read did not block");
        }
        event(s, event);
        // close() of the descriptor by another thread leaves the waiting call its own reference: nothing has happened to the socket.
        String after = event.startsWith("close()") ? "EAGAIN" : scene.receive();
        return after.equals("EAGAIN") ? BLOCKED : after;
    }

    private void event(TcpSocket s, String event) {
        switch (event.replace(" of the listener", "")) {
            case "shutdown(RD)" -> s.shutdown(InetSocket.SHUT_RD);
            case "shutdown(WR)" -> s.shutdown(InetSocket.SHUT_WR);
            case "shutdown(RDWR)" -> s.shutdown(InetSocket.SHUT_RDWR);
            case "peer FIN" -> scene.segment(FIN | ACK, 1);
            case "peer RST" -> scene.segment(RST, 0);
            case "peer RST+ACK" -> scene.inject(scene.packet(RST | ACK, scene.next, scene.hostIss + 1).build());
            case "peer data" -> scene.segment(ACK | PSH, 1, "hello");
            case "peer SYN+ACK" -> scene.inject(scene.packet(SYN | ACK, scene.next++, scene.hostIss + 1).mss(1460).build());
            case "ICMP host unreachable" -> scene.inject(Packets.icmpError(WireScene.PEER, 3, 1, 0, scene.last().packet()).build());
            default -> {
                if (!event.startsWith("close()") && !event.startsWith("the window opens")) {
                    throw new OracleException("there is no event \"" + event + "\"");
                }
            }
        }
        scene.run(0.01);
    }

    private String send(int octets, String event) {
        scene = new WireScene(16);
        scene.window = 0;
        TcpSocket s = scene.establish();
        taken = Math.max(0, WireScene.send(s, octets, 0));
        if (WireScene.send(s, octets - taken, 0) != -Errno.EAGAIN) {
            throw new IllegalStateException("the send did not block");
        }
        if (event.startsWith("the window opens")) {
            scene.window = 65_535;
            scene.inject(scene.packet(ACK, scene.next, scene.hostIss + 1).build());
        }
        event(s, event);
        int more = WireScene.send(s, octets - taken, 0);
        return more == -Errno.EAGAIN ? BLOCKED : more < 0 ? Integer.toString(taken) : Integer.toString(taken + more);
    }

    private String accept(String event) {
        scene = new WireScene(16);
        TcpSocket s = scene.listen(5);
        if (s.accept() != null) {
            throw new IllegalStateException("the accept did not block");
        }
        nobodys = event.startsWith("close()");
        if (nobodys) {
            return BLOCKED;
        }
        event(s, event);
        return s.accept() != null ? "OK" : s.acceptError() == Errno.EAGAIN ? BLOCKED : Errno.name(s.acceptError());
    }

    /// After close() of the descriptor the waiting accept() still holds the listener: it takes the next connection and closes it, because nobody has a
    /// descriptor for it.
    private String synAfterwards() {
        TcpSocket listener = scene.listener;
        int mark = scene.mark();
        boolean answered = scene.syn();
        if (!answered) {
            scene.hostIss = 0;
            return scene.wire(mark);
        }
        scene.run(0.001);
        scene.segment(ACK, 1);
        TcpSocket child = listener == null ? null : listener.accept();
        if (nobodys && child != null && listener != null) {
            child.close();
            listener.close();
        }
        scene.run(0.01);
        return scene.wire(mark);
    }

    private String connect(String event) {
        scene = new WireScene(16);
        TcpSocket s = scene.connect();
        event(s, event);
        int pending = s.takeError();
        return pending != 0 ? Errno.name(pending) : s.state() == TcpState.ESTABLISHED ? "OK" : BLOCKED;
    }

    private String timeout(String ms, String call) {
        scene = new WireScene(16);
        double seconds = Integer.parseInt(ms) / 1000.0;
        if (call.equals("accept")) {
            TcpSocket s = scene.listen(5);
            scene.run(seconds);
            return s.accept() == null ? Errno.name(s.acceptError()) : "OK";
        }
        scene.establish();
        scene.run(seconds);
        return scene.receive() + String.format(java.util.Locale.ROOT, " after %.2f", seconds);
    }

    private String connectTimeout() {
        scene = new WireScene(16);
        TcpSocket s = scene.connect();
        scene.run(0.2);
        return "EINPROGRESS / " + WireScene.errno(s.connect(WireScene.PEER.high(), WireScene.PEER.low(), 9000));
    }

    private String sendTimeout(int octets) {
        scene = new WireScene(16);
        scene.window = 0;
        TcpSocket s = scene.establish();
        int first = WireScene.send(s, octets, 0);
        scene.run(0.2);
        return first + " / " + WireScene.errno(WireScene.send(s, octets, 0));
    }

    private String waitAll(int length, int octets, String end) {
        scene = new WireScene(16);
        waiting = scene.establish();
        scene.segment(ACK, 1, "1234567890".substring(0, octets));
        scene.run(0.01);
        event(waiting, end.equals("FIN") ? "peer FIN" : "peer RST");
        String got = WireScene.receive(waiting, length, Msg.WAITALL);
        return got + (end.equals("RST") ? " next recv " + scene.receive() : "");
    }

    private String lowWater(int mark, int octets) {
        scene = new WireScene(16);
        TcpSocket s = scene.establish();
        WireScene.check(s.setInt(SocketOptions.SOL_SOCKET, SocketOptions.SO_RCVLOWAT, mark));
        scene.segment(ACK, 1, "1234567890".substring(0, octets));
        scene.run(0.01);
        boolean in = (s.poll() & InetSocket.POLLIN) != 0;
        return "poll(IN) " + (in ? "True" : "False") + "; recv DONTWAIT " + scene.receive();
    }
}
