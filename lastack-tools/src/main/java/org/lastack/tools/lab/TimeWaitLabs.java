package org.lastack.tools.lab;

import java.util.List;
import org.lastack.core.Sysctl;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.socket.SocketOptions;
import org.lastack.core.tcp.TcpState;
import org.lastack.wire.TcpHeader;

/// Stories about TIME-WAIT.
final class TimeWaitLabs {
    private static final int OLD_ISS = 1000;

    private TimeWaitLabs() {}

    /// BEHAVIOUR S0-07, S0-10, S1-13, S4-87: four combinations of the option on the old and on the new socket.
    static void rebind(Stage stage) {
        for (int set = 0; set < 4; set++) {
            boolean old = (set & 1) != 0;
            boolean fresh = (set & 2) != 0;
            stage.part("old server %s SO_REUSEADDR, new server %s", "旧服务器%s SO_REUSEADDR，新服务器%s", with(stage, old), with(stage, fresh));
            if (set != 0) {
                stage.drawNothing();
            }
            stage.server.quiet(set != 0);
            stage.client.quiet(set != 0);
            int listener = stage.server.server(old);
            int fd = stage.client.tcp();
            stage.client.connect(fd, Stage.SERVER, Stage.PORT);
            int child = stage.server.accept(listener);
            stage.server.close(child);
            stage.settle();
            stage.client.read(fd);
            stage.client.close(fd);
            stage.settle();
            if (set != 0) {
                stage.drawAgain();
            }
            stage.server.killed();
            stage.tables();
            stage.server = stage.program(stage.serverHost, "server", 0, 201 + set);
            int again = stage.server.tcp();
            if (fresh) {
                stage.server.option(again, SocketOptions.SO_REUSEADDR, "SO_REUSEADDR", 1);
            }
            stage.fact("old=" + old + " new=" + fresh, Program.errno(stage.server.bind(again, "0.0.0.0", Stage.PORT)));
            stage.server.close(again);
            stage.pass(61);
        }
        stage.remember("a leftover connection blocks its port unless both the old and the new socket have SO_REUSEADDR; set it before every bind of a server.",
                "残留的连接会占住端口，除非旧套接字和新套接字都设了 SO_REUSEADDR；服务器每次 bind 之前都要设。");
    }

    private static String with(Stage stage, boolean yes) {
        return stage.word(yes ? "with" : "without", yes ? "有" : "没有");
    }

    /// BEHAVIOUR S1-04, S1-06: exactly 1 LISTEN and 2 TIME_WAIT, gone after 60 s.
    static void twoClients(Stage stage) {
        int listener = stage.server.server(true);
        for (int i = 0; i < 2; i++) {
            stage.part("client %d", "客户端 %d", i + 1);
            int fd = stage.client.tcp();
            stage.client.connect(fd, Stage.SERVER, Stage.PORT);
            int child = stage.server.accept(listener);
            stage.server.write(child, "I sent sth to client!");
            stage.server.close(child);
            stage.client.read(fd);
            stage.client.read(fd);
            stage.client.close(fd);
            stage.settle();
        }
        stage.tables();
        stage.fact("LISTEN", Stage.count(stage.serverHost, TcpState.LISTEN));
        stage.fact("TIME_WAIT", Stage.count(stage.serverHost, TcpState.TIME_WAIT));
        stage.fact("client rows", PortTables.rows(stage.clientHost).size());
        stage.pass(60);
        stage.part("60 s later", "60 秒之后");
        stage.tables();
        stage.fact("LISTEN after 60 s", Stage.count(stage.serverHost, TcpState.LISTEN));
        stage.fact("TIME_WAIT after 60 s", Stage.count(stage.serverHost, TcpState.TIME_WAIT));
        stage.remember("who closes first keeps the TIME-WAIT; the listener is a row of its own and stays.", "谁先关闭，TIME-WAIT 就留在谁那里；监听套接字是另外一行，一直都在。");
    }

    /// BEHAVIOUR S0-04, S0-05, S0-06, S2-04, S2-05, S3-03: the FIN is retransmitted until an ACK gets through, and TIME-WAIT begins anew each time;
    /// without TIME-WAIT the answer is RST.
    static void lastAckLost(Stage stage) {
        int listener = stage.server.server(true);
        for (int k = 0; k <= 3; k++) {
            stage.part("the last ACK is lost %d times", "最后的 ACK 丢失 %d 次", k);
            lastAckLost(stage, listener, k);
        }
        stage.part("the same with a client that keeps no TIME-WAIT", "同样的情形，但客户端不保留 TIME-WAIT");
        stage.sysctl(stage.clientHost, Sysctl.TCP_MAX_TW_BUCKETS, 0);
        withoutTimeWait(stage, listener);
        stage.remember("TIME-WAIT is there so that the ACK of the last FIN can be repeated; each repeated FIN starts it anew. A closer that has"
                        + " forgotten the connection answers by RST, and the other side takes an orderly end for an error.",
                "TIME-WAIT 的用处之一：能够重发对最后一个 FIN 的确认；每来一次重传的 FIN，计时就重新开始。主动关闭的一方要是已经忘了连接，就只能回 RST，对方会把正常的结束当成错误。");
    }

    private static void lastAckLost(Stage stage, int listener, int k) {
        int fd = stage.client.tcp();
        stage.client.connect(fd, Stage.SERVER, Stage.PORT);
        int child = stage.server.accept(listener);
        stage.settle();
        stage.client.close(fd);
        stage.settle();
        int[] left = {k};
        stage.cable.lose(packet -> packet.toRight() && packet.pureAck() && left[0]-- > 0);
        int mark = stage.cable.packets().size();
        long began = stage.time.nowNs();
        stage.server.close(child);
        stage.pass(0.1);
        stage.tables();
        if (k > 0) {
            stage.fact("state while lost " + k, Stage.states(stage.serverHost));
        }
        while (Stage.count(stage.clientHost, TcpState.TIME_WAIT) > 0) {
            stage.pass(0.1);
        }
        stage.cable.loseNothing();
        List<Packet> fins = stage.cable.packets().subList(mark, stage.cable.packets().size()).stream().filter(p -> p.has(TcpHeader.FIN)).toList();
        long lived = Math.round((stage.time.nowNs() - began) / 1e9);
        long afterLast = Math.round((stage.time.nowNs() - fins.getLast().timeNs()) / 1e9);
        stage.fact("FINs " + k, fins.size());
        stage.fact("TIME_WAIT seconds " + k, lived);
        stage.fact("TIME_WAIT seconds after the last FIN " + k, afterLast);
        stage.say("  FINs sent: %d; TIME-WAIT ended %d s after the first and %d s after the last one", "  FIN 共发送 %d 次；TIME-WAIT 在第一次之后 %d 秒、最后一次之后 %d 秒结束",
                fins.size(), lived, afterLast);
    }

    private static void withoutTimeWait(Stage stage, int listener) {
        int fd = stage.client.tcp();
        stage.client.connect(fd, Stage.SERVER, Stage.PORT);
        int child = stage.server.accept(listener);
        stage.settle();
        stage.client.close(fd);
        stage.settle();
        int mark = stage.cable.packets().size();
        stage.server.shutdown(child, InetSocket.SHUT_WR, "SHUT_WR");
        stage.pass(0.1);
        stage.tables();
        stage.fact("client rows without TIME-WAIT", PortTables.rows(stage.clientHost).size());
        long resets = stage.cable.packets().subList(mark, stage.cable.packets().size()).stream().filter(p -> p.toRight() && p.has(TcpHeader.RST)).count();
        stage.fact("RSTs without TIME-WAIT", resets);
        stage.fact("what the server is told", stage.server.pendingError(child));
        stage.server.close(child);
        stage.tables();
    }

    /// BEHAVIOUR S2-06: an old segment against a new connection with the same four names; each protection off and on.
    static void lateDuplicate(Stage stage) {
        stage.playScripts();
        stage.say("A segment of an old connection comes late, when a new connection has the same addresses and ports.",
                "旧连接的一个报文段迟到了，这时新连接的地址和端口与它完全一样。");
        int listener = stage.server.server(true);
        for (int set = 0; set < 8; set++) {
            boolean timeWait = (set & 1) != 0;
            boolean isn = (set & 2) != 0;
            boolean paws = (set & 4) != 0;
            stage.part("TIME-WAIT %s, ISN that only grows %s, PAWS %s", "TIME-WAIT %s，只增的 ISN %s，PAWS %s", on(stage, timeWait), on(stage, isn), on(stage, paws));
            String outcome = duplicate(stage, listener, set);
            stage.fact("TW " + timeWait + " ISN " + isn + " PAWS " + paws, outcome);
            stage.say("  outcome: %s", "  结果：%s", outcome(stage, outcome));
        }
        stage.remember("three nets hang one below the other: TIME-WAIT refuses the new connection or lets it begin above the old numbers, growing ISNs keep"
                + " old numbers out of the window, and PAWS drops old timestamps. Only without all three is old data delivered.",
                "三张网一张接一张：TIME-WAIT 拒绝新连接或让它从旧序号之上开始；只增的 ISN 使旧序号落在窗口之外；PAWS 丢弃旧时间戳。三者都没有时，旧数据才会交给新连接。");
    }

    private static String on(Stage stage, boolean yes) {
        return stage.word(yes ? "on" : "off", yes ? "开" : "关");
    }

    private static String outcome(Stage stage, String outcome) {
        return switch (outcome) {
            case "delivered" -> stage.word("OLD DATA DELIVERED to the new connection", "旧数据交给了新连接");
            case "refused" -> stage.word("no new connection while the old one is in TIME-WAIT", "旧连接还在 TIME-WAIT，新连接建立不了");
            case "dropped" -> stage.word("the old segment was dropped", "旧报文段被丢弃");
            default -> throw new IllegalArgumentException(outcome);
        };
    }

    private static String duplicate(Stage stage, int listener, int set) {
        boolean timeWait = (set & 1) != 0;
        boolean isn = (set & 2) != 0;
        boolean paws = (set & 4) != 0;
        stage.server.quiet(true);
        stage.sysctl(stage.serverHost, Sysctl.TCP_MAX_TW_BUCKETS, timeWait ? 1000 : 0);
        Script peer = new Script(stage, 40_000 + set, paws);
        oldConnection(stage, listener, peer, set == 0);
        stage.tables();
        peer.clock += 5000;
        // A bad peer begins below the old numbers, just where the old segment fits.
        int iss = isn ? OLD_ISS + 100_000 : OLD_ISS + 10;
        String outcome = newConnection(stage, listener, peer, iss);
        stage.server.quiet(false);
        stage.pass(70);
        return outcome;
    }

    /// A new connection with the old names, and the old segment against it.
    private static String newConnection(Stage stage, int listener, Script peer, int iss) {
        if (!peer.open(iss)) {
            return "refused";
        }
        int child = stage.server.accept(listener);
        peer.send(TcpHeader.ACK | TcpHeader.PSH, OLD_ISS + 11, peer.heardUpTo(), "OLD", stage.word("late duplicate", "迟到的重复"), 1000);
        stage.server.nonBlocking(child);
        stage.server.quiet(false);
        String outcome = stage.server.readNow(child).equals("OLD") ? "delivered" : "dropped";
        stage.server.quiet(true);
        end(stage, child, peer);
        return outcome;
    }

    /// How the story's connection is put away is not part of it.
    private static void end(Stage stage, int child, Script peer) {
        stage.drawNothing();
        stage.server.linger(child, 0);
        stage.server.close(child);
        stage.settle();
        peer.forget();
        stage.drawAgain();
    }

    /// The server closes first; everything arrives.
    private static void oldConnection(Stage stage, int listener, Script peer, boolean drawn) {
        if (!drawn) {
            stage.drawNothing();
        }
        if (!peer.open(OLD_ISS)) {
            throw new IllegalStateException("the first connection was refused");
        }
        int child = stage.server.accept(listener);
        peer.data("0123456789");
        peer.data("OLD");
        stage.server.read(child);
        stage.server.close(child);
        stage.settle();
        peer.finish();
        if (!drawn) {
            stage.drawAgain();
        }
    }

    /// RFC 1337: an RST ends TIME-WAIT too early, and what can follow; with the protection and without.
    static void rfc1337(Stage stage) {
        stage.playScripts();
        int listener = stage.server.server(true);
        stage.server.quiet(true);
        for (int protection = 0; protection <= 1; protection++) {
            stage.part("tcp_rfc1337=%d: an RST comes in TIME-WAIT", "tcp_rfc1337=%d：TIME-WAIT 里来了 RST", protection);
            stage.sysctl(stage.serverHost, Sysctl.TCP_RFC1337, protection);
            Script first = assassinate(stage, listener, 41_000 + protection, protection == 0);
            long left = Stage.count(stage.serverHost, TcpState.TIME_WAIT);
            stage.fact("TIME_WAIT after RST, rfc1337=" + protection, left);
            stage.tables();
            stage.say("  entries in TIME-WAIT that are left: %d", "  剩下的 TIME-WAIT 表项：%d", left);
            hazard1(stage, listener, first, protection);
            hazard2(stage, listener, protection);
            hazard3(stage, listener, protection);
            stage.pass(200);
        }
        stage.server.quiet(false);
        stage.remember("an RST must not end TIME-WAIT; Lastack ignores it there by default (RFC 1337, F1), Linux only with tcp_rfc1337=1.",
                "RST 不应提前结束 TIME-WAIT；Lastack 默认就不理它（RFC 1337 的 F1），Linux 要设 tcp_rfc1337=1。");
    }

    /// An old segment draws an ACK from TIME-WAIT; the peer, who has forgotten the connection, answers that ACK by RST.
    private static Script assassinate(Stage stage, int listener, int port, boolean drawn) {
        Script peer = new Script(stage, port, false);
        oldConnection(stage, listener, peer, drawn);
        peer.send(TcpHeader.ACK | TcpHeader.PSH, OLD_ISS + 11, peer.heardUpTo(), "OLD", stage.word("late duplicate", "迟到的重复"));
        Packet ack = peer.heard();
        if (ack != null) {
            peer.send(TcpHeader.RST, ack.ack(), 0, "", stage.word("forgotten", "已忘记"));
        }
        return peer;
    }

    private static void hazard1(Stage stage, int listener, Script peer, int protection) {
        stage.part("hazard 1, tcp_rfc1337=%d: old data in a new connection", "危险 1，tcp_rfc1337=%d：旧数据进入新连接", protection);
        String outcome = newConnection(stage, listener, peer, OLD_ISS + 10);
        stage.fact("hazard 1, rfc1337=" + protection, outcome);
        stage.say("  outcome: %s", "  结果：%s", outcome(stage, outcome));
    }

    /// An old ACK acknowledges what the peer of the new connection never got: the two disagree for ever.
    private static void hazard2(Stage stage, int listener, int protection) {
        stage.part("hazard 2, tcp_rfc1337=%d: an old ACK takes lost data for received", "危险 2，tcp_rfc1337=%d：旧 ACK 使丢失的数据被当作已收到", protection);
        Script peer = assassinate(stage, listener, 42_000 + protection, false);
        boolean deceived = false;
        if (peer.open(OLD_ISS + 10)) {
            int child = stage.server.accept(listener);
            int before = peer.heardUpTo();
            stage.cable.lose(packet -> !packet.toRight() && packet.length() > 0);
            stage.server.quiet(false);
            stage.server.write(child, "never received");
            stage.server.quiet(true);
            stage.pass(0.05);
            peer.send(TcpHeader.ACK, peer.next, before + 14, "", stage.word("old ACK", "旧的 ACK"));
            stage.cable.loseNothing();
            deceived = PortTables.rows(stage.serverHost).stream().anyMatch(row -> row.state() == TcpState.ESTABLISHED && row.sendQueue() == 0);
            stage.tables();
            end(stage, child, peer);
        }
        stage.fact("hazard 2, rfc1337=" + protection, deceived ? "desynchronized" : "refused");
        stage.say("  outcome: %s", "  结果：%s",
                deceived ? stage.word("14 octets are lost for ever, and nobody knows", "14 个字节永远丢了，谁也不知道") : outcome(stage, "refused"));
    }

    /// An old segment hits a half-open new connection: the answer is an RST, which kills the connection at its peer.
    private static void hazard3(Stage stage, int listener, int protection) {
        stage.part("hazard 3, tcp_rfc1337=%d: an old segment kills a connection that is being opened", "危险 3，tcp_rfc1337=%d：旧报文段杀死正在建立的连接", protection);
        Script peer = assassinate(stage, listener, 43_000 + protection, false);
        int oldAck = peer.heardUpTo();
        int mark = stage.cable.packets().size();
        peer.begin(OLD_ISS + 10);
        peer.send(TcpHeader.ACK | TcpHeader.PSH, OLD_ISS + 11, oldAck, "OLD", stage.word("late duplicate", "迟到的重复"));
        long resets = stage.cable.packets().subList(mark, stage.cable.packets().size()).stream().filter(p -> !p.toRight() && p.has(TcpHeader.RST)).count();
        stage.fact("hazard 3, rfc1337=" + protection, resets > 0 ? "reset" : "refused");
        stage.say("  outcome: %s", "  结果：%s", resets > 0 ? stage.word("the host answered it by RST, which ends the connection at the peer", "本机用 RST 回答它，对方的连接就此结束")
                : outcome(stage, "refused"));
        stage.drawNothing();
        peer.send(TcpHeader.RST, OLD_ISS + 11, 0, "", "");
        peer.forget();
        stage.drawAgain();
    }
}
