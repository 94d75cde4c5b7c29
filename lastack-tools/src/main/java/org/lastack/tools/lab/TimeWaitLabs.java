package org.lastack.tools.lab;

import org.lastack.core.Sysctl;
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
                stage.server.option(again, org.lastack.core.socket.SocketOptions.SO_REUSEADDR, "SO_REUSEADDR", 1);
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
            stage.part("client %d", "客户 %d", i + 1);
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
        stage.fact("client rows", Stage.rows(stage.clientHost).size());
        stage.pass(60);
        stage.part("60 s later", "60 秒之后");
        stage.tables();
        stage.fact("LISTEN after 60 s", Stage.count(stage.serverHost, TcpState.LISTEN));
        stage.fact("TIME_WAIT after 60 s", Stage.count(stage.serverHost, TcpState.TIME_WAIT));
        stage.remember("who closes first keeps the TIME-WAIT; the listener is a row of its own and stays.", "谁先关闭，TIME-WAIT 就留在谁那里；监听套接字是另外一行，一直都在。");
    }

    /// BEHAVIOUR S0-04, S0-06, S3-03: the FIN is retransmitted until an ACK gets through, and TIME-WAIT begins anew each time.
    static void lastAckLost(Stage stage) {
        int listener = stage.server.server(true);
        for (int k = 0; k <= 3; k++) {
            stage.part("the last ACK is lost %d times", "最后的 ACK 丢失 %d 次", k);
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
            long fins = stage.cable.packets().subList(mark, stage.cable.packets().size()).stream().filter(p -> p.has(TcpHeader.FIN)).count();
            long lived = Math.round((stage.time.nowNs() - began) / 1e9);
            stage.fact("FINs " + k, fins);
            stage.fact("TIME_WAIT seconds " + k, lived);
            stage.say("  FIN was sent %d times; TIME-WAIT ended %d s after the first", "  FIN 发送了 %d 次；第一次之后 %d 秒 TIME-WAIT 结束", fins, lived);
        }
        stage.remember("TIME-WAIT is there so that the ACK of the last FIN can be repeated; each repeated FIN starts it anew.",
                "TIME-WAIT 的用处之一：能够重发对最后一个 FIN 的确认；每来一次重传的 FIN，计时就重新开始。");
    }

    /// BEHAVIOUR S2-06: an old segment against a new connection with the same four names; each protection off and on.
    static void lateDuplicate(Stage stage) {
        int listener = stage.server.server(true);
        stage.say("A segment of an old connection comes late, when a new connection has the same addresses and ports.",
                "旧连接的一个报文段迟到了，这时新连接的地址和端口与它完全一样。");
        for (int set = 0; set < 8; set++) {
            boolean timeWait = (set & 1) != 0;
            boolean isn = (set & 2) != 0;
            boolean paws = (set & 4) != 0;
            stage.part("TIME-WAIT %s, ISN that only grows %s, PAWS %s", "TIME-WAIT %s，只增的 ISN %s，PAWS %s", on(stage, timeWait), on(stage, isn), on(stage, paws));
            if (set != 0) {
                stage.drawNothing();
            }
            String outcome = duplicate(stage, listener, 40_000 + set, timeWait, isn, paws);
            if (set != 0) {
                stage.drawAgain();
            }
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

    private static String duplicate(Stage stage, int listener, int port, boolean timeWait, boolean isn, boolean paws) {
        Program server = stage.server;
        server.quiet(true);
        stage.serverHost.sysctl(Sysctl.TCP_MAX_TW_BUCKETS, timeWait ? 1000 : 0);
        Script peer = new Script(stage, port, paws);
        oldConnection(stage, listener, peer);
        peer.clock += 5000;
        // A bad peer begins below the old numbers, just where the old segment fits.
        int iss = isn ? OLD_ISS + 100_000 : OLD_ISS + 10;
        String outcome = "refused";
        if (peer.open(iss)) {
            int child = server.accept(listener);
            peer.send(TcpHeader.ACK | TcpHeader.PSH, OLD_ISS + 11, peer.heardUpTo(), "OLD", stage.word("late duplicate", "迟到的重复"), 1000);
            server.nonBlocking(child);
            outcome = server.readNow(child).equals("OLD") ? "delivered" : "dropped";
            server.linger(child, 0);
            server.close(child);
        }
        server.quiet(false);
        stage.pass(70);
        return outcome;
    }

    /// The server closes first; everything arrives.
    private static void oldConnection(Stage stage, int listener, Script peer) {
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
        stage.table(stage.serverHost);
    }

    /// RFC 1337: an RST ends TIME-WAIT too early, and what can follow; with the protection and without.
    static void rfc1337(Stage stage) {
        int listener = stage.server.server(true);
        for (int protection = 0; protection <= 1; protection++) {
            stage.part("tcp_rfc1337=%d", "tcp_rfc1337=%d", protection);
            stage.serverHost.sysctl(Sysctl.TCP_RFC1337, protection);
            stage.server.quiet(true);
            Script first = assassinate(stage, listener, 41_000 + protection);
            long left = Stage.count(stage.serverHost, TcpState.TIME_WAIT);
            stage.fact("TIME_WAIT after RST, rfc1337=" + protection, left);
            stage.table(stage.serverHost);
            stage.say("  %d entry in TIME-WAIT is left", "  还剩 %d 个 TIME-WAIT 表项", left);
            hazard1(stage, listener, first, protection);
            hazard2(stage, listener, protection);
            hazard3(stage, listener, protection);
            stage.server.quiet(false);
            stage.pass(200);
        }
        stage.remember("an RST must not end TIME-WAIT; Lastack ignores it there by default (RFC 1337, F1), Linux only with tcp_rfc1337=1.",
                "RST 不应提前结束 TIME-WAIT；Lastack 默认就不理它（RFC 1337 的 F1），Linux 要设 tcp_rfc1337=1。");
    }

    /// An old segment draws an ACK from TIME-WAIT; the peer, who has forgotten the connection, answers that ACK by RST.
    private static Script assassinate(Stage stage, int listener, int port) {
        Script peer = new Script(stage, port, false);
        oldConnection(stage, listener, peer);
        peer.send(TcpHeader.ACK | TcpHeader.PSH, OLD_ISS + 11, peer.heardUpTo(), "OLD", stage.word("late duplicate", "迟到的重复"));
        Packet ack = peer.heard();
        if (ack != null) {
            peer.send(TcpHeader.RST, ack.ack(), 0, "", stage.word("the peer has no such connection", "对方没有这个连接"));
        }
        return peer;
    }

    private static void hazard1(Stage stage, int listener, Script peer, int protection) {
        String outcome = "refused";
        if (peer.open(OLD_ISS + 10)) {
            int child = stage.server.accept(listener);
            peer.send(TcpHeader.ACK | TcpHeader.PSH, OLD_ISS + 11, peer.heardUpTo(), "OLD", stage.word("late duplicate", "迟到的重复"));
            stage.server.nonBlocking(child);
            outcome = stage.server.readNow(child).equals("OLD") ? "delivered" : "dropped";
            stage.server.linger(child, 0);
            stage.server.close(child);
        }
        stage.fact("hazard 1, rfc1337=" + protection, outcome);
        stage.say("  hazard 1, old data in a new connection: %s", "  危险 1，旧数据进入新连接：%s", outcome(stage, outcome));
    }

    /// An old ACK acknowledges what the peer of the new connection never got: the two disagree for ever.
    private static void hazard2(Stage stage, int listener, int protection) {
        Script peer = assassinate(stage, listener, 42_000 + protection);
        boolean opened = peer.open(OLD_ISS + 10);
        boolean deceived = false;
        if (opened) {
            int child = stage.server.accept(listener);
            int before = peer.heardUpTo();
            stage.cable.lose(packet -> !packet.toRight() && packet.length() > 0);
            stage.server.write(child, "never received");
            stage.pass(0.05);
            peer.send(TcpHeader.ACK, peer.next, before + 14, "", stage.word("old duplicate ACK", "旧的重复 ACK"));
            stage.cable.loseNothing();
            deceived = Stage.rows(stage.serverHost).stream().anyMatch(row -> row.state() == TcpState.ESTABLISHED && row.sendQueue() == 0);
            stage.server.linger(child, 0);
            stage.server.close(child);
            stage.settle();
        }
        stage.fact("hazard 2, rfc1337=" + protection, deceived ? "desynchronized" : "refused");
        stage.say("  hazard 2, an old ACK takes lost data for received: %s", "  危险 2，旧 ACK 使丢失的数据被当作已收到：%s",
                deceived ? stage.word("yes: 14 octets are lost for ever and nobody knows", "是：14 个字节永远丢了，谁也不知道") : outcome(stage, "refused"));
    }

    /// An old segment hits a half-open new connection: the answer is an RST, which kills the connection at its peer.
    private static void hazard3(Stage stage, int listener, int protection) {
        Script peer = assassinate(stage, listener, 43_000 + protection);
        int mark = stage.cable.packets().size();
        peer.send(TcpHeader.SYN, OLD_ISS + 10, 0, "", "");
        peer.send(TcpHeader.ACK | TcpHeader.PSH, OLD_ISS + 11, 7, "OLD", stage.word("late duplicate", "迟到的重复"));
        long resets = stage.cable.packets().subList(mark, stage.cable.packets().size()).stream().filter(p -> !p.toRight() && p.has(TcpHeader.RST)).count();
        stage.fact("hazard 3, rfc1337=" + protection, resets > 0 ? "reset" : "refused");
        stage.say("  hazard 3, an old segment kills a connection that is being opened: %s", "  危险 3，旧报文段杀死正在建立的连接：%s",
                resets > 0 ? stage.word("yes: the host answered it by RST", "是：本机用 RST 回答了它") : outcome(stage, "refused"));
    }
}
