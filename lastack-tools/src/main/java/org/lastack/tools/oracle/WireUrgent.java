package org.lastack.tools.oracle;

import static org.lastack.tools.oracle.WireKind.play;
import static org.lastack.tools.oracle.WireScene.ACK;
import static org.lastack.tools.oracle.WireScene.PSH;
import static org.lastack.tools.oracle.WireScene.URG;

import java.util.List;
import org.lastack.core.Sysctl;
import org.lastack.core.socket.Msg;
import org.lastack.core.socket.SocketOptions;
import org.lastack.core.tcp.TcpSocket;

/// Urgent data, in and out.
final class WireUrgent {
    private WireScene scene = new WireScene(15);

    List<WireKind.Play> plays() {
        return List.of(
                play("OOBINLINE=(\\d): \"(.+)\" with urgent pointer (\\d+)", m -> inline(m.group(1).equals("1"), m.group(2), Integer.parseInt(m.group(3)))),
                play("urgent pointer (\\d+) announced without data", m -> announced(Integer.parseInt(m.group(1)))),
                play("then the (\\d+) bytes arrive", m -> arrive(Integer.parseInt(m.group(1)))),
                play("two urgent bytes before any read", m -> two()),
                play("(?:tcp_stdurg=(\\d): )?send\\(\"(\\w+)\", MSG_OOB\\)", m -> send("1".equals(m.group(1)), m.group(2))),
                play("tcp_stdurg=1: \"(.+)\" urgent pointer (\\d+)", m -> standard(m.group(1), Integer.parseInt(m.group(2)))),
                play("\"(\\w+)\" with urgent pointer (\\d+)", m -> far(m.group(1), Integer.parseInt(m.group(2)))),
                play("peer window 0: send \"(\\w+)\", then \"!\" MSG_OOB", m -> closedWindow(m.group(1))));
    }

    private void urgent(String text, int pointer) {
        scene.inject(scene.packet(ACK | PSH | URG, scene.next, scene.hostIss + 1).urgentPointer(pointer).payload(WireScene.bytes(text)).build());
        scene.next += text.length();
        scene.run(0.01);
    }

    private String oob() {
        return WireScene.receive(scene.socket(), 1, Msg.OOB);
    }

    private String inline(boolean on, String text, int pointer) {
        scene = new WireScene(15);
        TcpSocket s = scene.establish();
        WireScene.check(s.setInt(SocketOptions.SOL_SOCKET, SocketOptions.SO_OOBINLINE, on ? 1 : 0));
        urgent(text, pointer);
        StringBuilder out = new StringBuilder("poll ").append(scene.poll()).append("; atmark ").append(s.atMark() ? 1 : 0).append("; recv ").append(scene.receive())
                .append("; atmark ").append(s.atMark() ? 1 : 0).append("; recv OOB ").append(oob()).append("; recv ").append(scene.receive());
        out.append("; recv OOB again ").append(oob()).append("; poll ").append(scene.poll());
        return out.toString();
    }

    private String announced(int pointer) {
        scene = new WireScene(15);
        scene.establish();
        urgent("", pointer);
        return "poll " + scene.poll() + "; recv OOB " + oob() + "; recv " + scene.receive();
    }

    private String arrive(int octets) {
        scene.segment(ACK | PSH, 1, "12345678".substring(0, octets));
        scene.run(0.01);
        return "recv " + scene.receive() + "; recv OOB " + oob() + "; recv " + scene.receive();
    }

    private String two() {
        scene = new WireScene(15);
        scene.establish();
        urgent("a!", 2);
        urgent("b?", 2);
        return "recv " + scene.receive() + "; OOB " + oob() + "; recv " + scene.receive() + "; recv " + scene.receive();
    }

    private String send(boolean standard, String text) {
        scene = new WireScene(15).sysctl(Sysctl.TCP_STDURG, standard ? 1 : 0);
        TcpSocket s = scene.establish();
        s.send(WireScene.bytes(text), 0, text.length(), Msg.OOB);
        scene.run(0.01);
        WireScene.Sent out = scene.last();
        return WireScene.flags(out.flags() & 0x3f).replace("PU.", "PU.") + " len" + out.length() + " urp " + out.urgentPointer();
    }

    private String standard(String text, int pointer) {
        scene = new WireScene(15).sysctl(Sysctl.TCP_STDURG, 1);
        scene.establish();
        urgent(text, pointer);
        return "recv " + scene.receive() + "; OOB " + oob() + "; recv " + scene.receive();
    }

    private String far(String text, int pointer) {
        scene = new WireScene(15);
        scene.establish();
        urgent(text, pointer);
        return "poll " + scene.poll() + "; recv " + scene.receive() + "; OOB " + oob();
    }

    private String closedWindow(String text) {
        scene = new WireScene(15);
        scene.window = 0;
        TcpSocket s = scene.establish();
        s.send(WireScene.bytes(text), 0, text.length(), 0);
        scene.run(0.01);
        int mark = scene.mark();
        s.send(WireScene.bytes("!"), 0, 1, Msg.OOB);
        scene.run(0.25);
        return scene.wire(mark);
    }
}
