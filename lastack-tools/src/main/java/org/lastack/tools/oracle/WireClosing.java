package org.lastack.tools.oracle;

import static org.lastack.tools.oracle.WireKind.play;
import static org.lastack.tools.oracle.WireScene.ACK;
import static org.lastack.tools.oracle.WireScene.FIN;

import java.util.List;
import java.util.Locale;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.socket.Msg;
import org.lastack.core.socket.SocketOptions;
import org.lastack.core.tcp.TcpSocket;

/// Half-close, orphans and SO_LINGER.
final class WireClosing {
    private WireScene scene = new WireScene(2);

    List<WireKind.Play> halfClose() {
        return List.of(
                play("shutdown\\((\\w+)\\)(.*?), peer sends (\\d+) bytes", m -> shutdownThenData(m.group(1), m.group(2), m.group(3))),
                play("close \\(orphan in FIN_WAIT1\\), then peer sends (\\d+) bytes", m -> orphan(false, text(m.group(1)))),
                play("close, FIN acked \\(orphan in FIN_WAIT2\\), then peer sends (\\d+) bytes", m -> orphan(true, text(m.group(1)))),
                play("(?:orphan )?FIN_WAIT1 receives FIN\\+ACK of our FIN", m -> finAck()),
                play("(?:orphan )?FIN_WAIT([12]) receives (.+)", m -> orphanReceives(m.group(1).equals("2"), m.group(2))),
                play("send (\\d+) bytes \\(unacked\\) then close", m -> sendClose(Integer.parseInt(m.group(1)))),
                play("peer window (\\d+), send (\\d+) bytes then close: segments before/after close", m -> smallWindow(m.group(1), m.group(2))),
                play("same: window opens", m -> opens()));
    }

    List<WireKind.Play> linger() {
        return List.of(
                play("SO_LINGER on,(\\d+)s; close with FIN acked by the peer after ([\\d.]+)s", m -> lingerAcked(m.group(1), m.group(2))),
                play("SO_LINGER on,0 with (\\d+) unacked bytes; close", m -> linger0(Integer.parseInt(m.group(1)), 65_535)),
                play("SO_LINGER on,0 with (\\d+) bytes sent, (\\d+) still queued \\(window (\\d+)\\): RST seq",
                        m -> linger0(Integer.parseInt(m.group(1)) + Integer.parseInt(m.group(2)), Integer.parseInt(m.group(3)))),
                play("SO_LINGER on,0; shutdown\\(WR\\), peer FIN, then close \\(connection already in TIME_WAIT\\)", m -> lingerTimeWait()),
                play("SO_LINGER on,(\\d+)s with unread data; close", m -> lingerUnread(m.group(1))),
                play("two descriptors \\(dup\\): close one / close the other", m -> twoDescriptors()),
                play("two descriptors: shutdown\\(RDWR\\) on one; send/recv on the other", m -> shutdownShared()),
                play("two descriptors with SO_LINGER on,0: close one", m -> "-; other still " + dupLinger()));
    }

    static String text(String octets) {
        return "later".repeat(Integer.parseInt(octets) / 5 + 1).substring(0, Integer.parseInt(octets));
    }

    private String shutdownThenData(String how, String then, String octets) {
        scene = new WireScene(2);
        TcpSocket s = scene.establish();
        int direction = switch (how) {
            case "RD" -> InetSocket.SHUT_RD;
            case "WR" -> InetSocket.SHUT_WR;
            default -> InetSocket.SHUT_RDWR;
        };
        s.shutdown(direction);
        scene.run(0.001);
        boolean acked = then.contains("FIN acked");
        if (acked) {
            scene.segment(ACK, 2);
        }
        int mark = scene.mark();
        scene.segment(ACK, acked ? 2 : 1, text(octets));
        scene.run(0.1);
        String wire = scene.wire(mark);
        if (direction == InetSocket.SHUT_RDWR) {
            String state = WireScene.state(s);
            String received = scene.receive();
            return wire + "; state " + state + "; recv " + received + (acked ? " SO_ERROR " + WireScene.name(s.takeError()) : "");
        }
        String received = scene.receive();
        return wire + "; recv " + received + (direction == InetSocket.SHUT_RD ? " " + scene.receive() : "");
    }

    private String orphan(boolean finAcked, String data) {
        scene = new WireScene(2);
        scene.establish().close();
        scene.run(0.001);
        if (finAcked) {
            scene.segment(ACK, 2);
        }
        int mark = scene.mark();
        scene.segment(ACK, finAcked ? 2 : 1, data);
        scene.run(0.02);
        return scene.wire(mark) + "; residual " + scene.residual();
    }

    private String orphanReceives(boolean finAcked, String what) {
        scene = new WireScene(2);
        scene.establish().close();
        scene.run(0.001);
        if (finAcked) {
            scene.segment(ACK, 2);
        }
        int mark = scene.mark();
        String words = what.replace(" (window update)", "").replace("FIN without ACK of our FIN", "FIN");
        scene.inject(new SegmentWords(scene, scene.next, scene.hostIss + (finAcked ? 2 : 1), 64_240).read(words).build());
        scene.run(0.02);
        return scene.wire(mark) + "; residual " + scene.residual();
    }

    private String finAck() {
        scene = new WireScene(2);
        scene.establish().close();
        scene.run(0.001);
        int mark = scene.mark();
        scene.segment(FIN | ACK, 2);
        scene.run(0.02);
        return scene.wire(mark) + "; residual " + scene.residual();
    }

    private String sendClose(int octets) {
        scene = new WireScene(2);
        TcpSocket s = scene.establish();
        WireScene.send(s, octets, 0);
        scene.run(0.001);
        int mark = scene.mark();
        s.close();
        scene.run(0.02);
        return scene.wire(mark);
    }

    private String smallWindow(String window, String octets) {
        scene = new WireScene(2);
        scene.window = Integer.parseInt(window);
        TcpSocket s = scene.establish();
        int mark = scene.mark();
        WireScene.send(s, Integer.parseInt(octets), 0);
        scene.run(0.02);
        String before = scene.wire(mark);
        mark = scene.mark();
        s.close();
        scene.run(0.02);
        return before + " / " + scene.wire(mark);
    }

    private String opens() {
        scene.window = 65_535;
        int mark = scene.mark();
        scene.segment(ACK, 1);
        scene.run(0.02);
        return scene.wire(mark) + "; residual " + scene.residual();
    }

    private TcpSocket lingering(String seconds) {
        scene = new WireScene(3);
        TcpSocket s = scene.establish();
        linger(s, Integer.parseInt(seconds));
        return s;
    }

    static void linger(TcpSocket s, int seconds) {
        byte[] value = {1, 0, 0, 0, (byte) seconds, 0, 0, 0};
        WireScene.check(s.setOption(SocketOptions.SOL_SOCKET, SocketOptions.SO_LINGER, value, 0, 8));
    }

    /// Closes and waits as a blocking close() does; the seconds it took.
    private double closeAndWait(TcpSocket s, double ackAfter) {
        long start = scene.now();
        int seconds = s.lingerSeconds();
        s.close();
        scene.drain();
        boolean acked = false;
        while (!s.closeDone() && scene.now() - start < seconds * 1_000_000_000L) {
            scene.run(0.01);
            if (!acked && ackAfter >= 0 && scene.now() - start >= (long) (ackAfter * 1e9)) {
                acked = true;
                scene.segment(ACK, 2);
            }
        }
        return (scene.now() - start) / 1e9;
    }

    private String lingerAcked(String seconds, String after) {
        TcpSocket s = lingering(seconds);
        double took = closeAndWait(s, Double.parseDouble(after));
        return String.format(Locale.ROOT, "close returned after %.2f; residual %s", took, scene.residual());
    }

    private String linger0(int octets, int window) {
        scene = new WireScene(3);
        scene.window = window;
        TcpSocket s = scene.establish();
        WireScene.send(s, octets, 0);
        scene.run(0.001);
        linger(s, 0);
        int mark = scene.mark();
        s.close();
        scene.run(0.02);
        return scene.wire(mark) + (window == 65_535 ? "; residual " + scene.residual() : "");
    }

    private String lingerTimeWait() {
        TcpSocket s = lingering("0");
        s.shutdown(InetSocket.SHUT_WR);
        scene.run(0.001);
        scene.segment(ACK, 2);
        scene.segment(FIN | ACK, 2);
        scene.run(0.001);
        int mark = scene.mark();
        s.close();
        scene.run(0.02);
        return scene.wire(mark) + "; residual " + scene.residual();
    }

    private String lingerUnread(String seconds) {
        TcpSocket s = lingering(seconds);
        scene.segment(ACK, 1, "unread");
        scene.run(0.1);
        int mark = scene.mark();
        double took = closeAndWait(s, -1);
        scene.run(0.02);
        return String.format(Locale.ROOT, "%s; returned after %.2f", scene.wire(mark), took);
    }

    private static final byte[] OCTET = {'x'};

    private static CallsScene process() {
        CallsScene process = new CallsScene(3);
        process.reach("ESTABLISHED");
        return process;
    }

    private String twoDescriptors() {
        try (CallsScene process = process()) {
            int other = process.process.dup(process.fd);
            int mark = process.peer.count();
            process.process.close(process.fd);
            process.step();
            String first = process.peer.wire(mark);
            mark = process.peer.count();
            process.process.close(other);
            process.step();
            return first + " / " + process.peer.wire(mark);
        }
    }

    private String shutdownShared() {
        try (CallsScene process = process()) {
            int other = process.process.dup(process.fd);
            int mark = process.peer.count();
            process.process.shutdown(process.fd, InetSocket.SHUT_RDWR);
            process.step();
            int sent = process.process.send(other, OCTET, 0, 1, Msg.NOSIGNAL | Msg.DONTWAIT);
            int received = process.process.recv(other, new byte[1], 0, 1, Msg.DONTWAIT);
            return process.peer.wire(mark) + "; send " + WireScene.errno(sent) + " recv " + (received == 0 ? "EOF" : WireScene.errno(received));
        }
    }

    private String dupLinger() {
        try (CallsScene process = process()) {
            int other = process.process.dup(process.fd);
            byte[] on = {1, 0, 0, 0, 0, 0, 0, 0};
            process.process.setsockopt(process.fd, SocketOptions.SOL_SOCKET, SocketOptions.SO_LINGER, on, on.length);
            int mark = process.peer.count();
            process.process.close(process.fd);
            process.step();
            process.fd = other;
            String wire = process.peer.wire(mark);
            return wire.equals("-") ? process.state() : wire;
        }
    }
}
