package org.lastack.tools.lab;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.lastack.core.Counter;
import org.lastack.core.Sysctl;
import org.lastack.core.tcp.TcpState;
import org.lastack.wire.IpAddress;
import org.lastack.wire.Packets;
import org.lastack.wire.TcpHeader;

/// Stories about the beginning of connections.
final class OpeningLabs {
    private OpeningLabs() {}

    /// BEHAVIOUR S0-01 to S0-03, S1-08 to S1-12, S4-71 to S4-73, S4-80: three segments open, four close.
    static void connection(Stage stage) {
        int listener = stage.server.server(true);
        stage.part("three segments open it; the server has not called accept() yet", "三次握手；服务器还没有调用 accept()");
        int fd = stage.client.tcp();
        stage.client.connect(fd, Stage.SERVER, Stage.PORT);
        stage.settle();
        stage.tables();
        stage.fact("server before accept", Stage.states(stage.serverHost));
        int child = stage.server.accept(listener);
        stage.part("data", "数据");
        stage.client.write(fd, "hello");
        stage.server.read(child);
        stage.settle();
        stage.part("four segments close it: the client first", "四次挥手：客户端先关");
        int mark = stage.cable.packets().size();
        stage.client.close(fd);
        stage.settle();
        stage.tables();
        stage.fact("client after its close", Stage.states(stage.clientHost));
        stage.fact("server after the client's close", Stage.states(stage.serverHost));
        stage.fact("server reads", stage.server.read(child));
        stage.server.close(child);
        stage.settle();
        stage.fact("segments of the close", stage.cable.packets().size() - mark);
        stage.tables();
        stage.fact("client at the end", Stage.states(stage.clientHost));
        stage.fact("server at the end", Stage.states(stage.serverHost));
        stage.remember("the listener stays LISTEN and the handshake needs no accept(); who closes first goes FIN-WAIT-1, FIN-WAIT-2, TIME-WAIT, the other"
                        + " side CLOSE-WAIT, LAST-ACK, and is gone.",
                "监听套接字一直是 LISTEN，握手不需要 accept()；先关的一方经过 FIN-WAIT-1、FIN-WAIT-2 到 TIME-WAIT，另一方经过 CLOSE-WAIT、LAST-ACK，然后就没了。");
    }

    /// BEHAVIOUR S4-74: why the handshake has a third segment (RFC 9293 §3.5, figure 8).
    static void oldSyn(Stage stage) {
        stage.server.server(true);
        stage.part("a SYN that the client sent long ago arrives only now", "客户端很久以前发出的 SYN 现在才到");
        int mark = stage.cable.packets().size();
        byte[] old = Packets.tcp(IpAddress.of(Stage.CLIENT), 5000, IpAddress.of(Stage.SERVER), Stage.PORT).flags(TcpHeader.SYN).seq(90).window(65_535).mss(1460).build();
        stage.cable.inject(true, old, stage.word("old duplicate", "旧的重复"));
        stage.pass(0.007);
        stage.tables();
        stage.fact("server is deceived for a moment", Stage.states(stage.serverHost));
        stage.settle();
        stage.tables();
        stage.fact("RSTs", stage.cable.packets().subList(mark, stage.cable.packets().size()).stream().filter(p -> p.toRight() && p.has(TcpHeader.RST)).count());
        stage.fact("server after the RST", Stage.states(stage.serverHost));
        stage.part("the true connection from the same port", "同一端口上真正的连接");
        int fd = stage.client.tcp();
        stage.client.bind(fd, Stage.CLIENT, 5000);
        stage.fact("connect", Program.errno(stage.client.connect(fd, Stage.SERVER, Stage.PORT)));
        stage.settle();
        stage.tables();
        stage.fact("server at the end", Stage.states(stage.serverHost));
        stage.remember("the third segment lets the opener say \"I did not ask for this\": with two segments the server would hold a connection that nobody wants.",
                "第三个报文段让发起方有机会说“这不是我要的”：如果只有两次握手，服务器就会留下一个谁也不要的连接。");
    }

    /// BEHAVIOUR S4-61, S4-62: nobody listens, and nobody answers at all.
    static void noAnswer(Stage stage) {
        stage.part("the host is there, but nobody listens on the port", "主机在，但端口上没有人监听");
        int fd = stage.client.tcp();
        stage.fact("closed port", Program.errno(stage.client.connect(fd, Stage.SERVER, Stage.PORT)));
        stage.client.close(fd);
        stage.tables();
        stage.part("the host is silent: the cable is cut", "主机没有声音：电缆断了");
        stage.cable.lose(packet -> true);
        int mark = stage.cable.packets().size();
        long began = stage.time.nowNs();
        int silent = stage.client.tcp();
        stage.client.nonBlocking(silent);
        stage.client.connect(silent, Stage.SERVER, Stage.PORT);
        stage.pass(20);
        stage.tables();
        while (Stage.count(stage.clientHost, TcpState.SYN_SENT) > 0) {
            stage.pass(0.1);
        }
        stage.fact("silence", stage.client.pendingError(silent));
        List<String> gaps = gaps(stage, mark);
        long seconds = Math.round((stage.time.nowNs() - began) / 1e9);
        stage.fact("SYNs", gaps.size() + 1);
        stage.fact("gaps", gaps);
        stage.fact("seconds", seconds);
        stage.say("  seconds between the SYNs: %s; given up after %d s", "  各次 SYN 之间的秒数：%s；%d 秒之后放弃", String.join(", ", gaps), seconds);
        stage.client.close(silent);
        stage.tables();
        stage.remember("refused means a host that answers (RST) and comes at once; timed out means silence: a firewall, a wrong address or a dead host, and it takes"
                        + " minutes unless tcp_syn_retries or a connect timeout says less.",
                "“拒绝”说明主机在回答（RST），立刻就知道；“超时”说明没有任何回音：防火墙、地址错误或主机已死，要等上几分钟，除非 tcp_syn_retries 或连接超时规定得更短。");
    }

    /// Seconds between the packets since that one.
    static List<String> gaps(Stage stage, int from) {
        List<Packet> sent = stage.cable.packets().subList(from, stage.cable.packets().size());
        List<String> gaps = new ArrayList<>();
        for (int i = 1; i < sent.size(); i++) {
            gaps.add(String.format(Locale.ROOT, "%.1f", (sent.get(i).timeNs() - sent.get(i - 1).timeNs()) / 1e9));
        }
        return gaps;
    }

    /// RFC 9293 figure 7: two SYNs cross.
    static void simultaneousOpen(Stage stage) {
        int left = stage.client.tcp();
        int right = stage.server.tcp();
        stage.client.bind(left, Stage.CLIENT, 7000);
        stage.server.bind(right, Stage.SERVER, 8000);
        stage.client.nonBlocking(left);
        stage.server.nonBlocking(right);
        stage.client.connect(left, Stage.SERVER, 8000);
        stage.server.connect(right, Stage.CLIENT, 7000);
        stage.pass(0.006);
        stage.tables();
        stage.fact("when the SYNs have crossed", Stage.states(stage.clientHost));
        stage.settle();
        stage.tables();
        stage.fact("client", Stage.states(stage.clientHost));
        stage.fact("server", Stage.states(stage.serverHost));
        stage.remember("two SYNs that cross make one connection, not two, and nobody listens.", "两个 SYN 在路上相遇，建立的是一个连接，不是两个，而且没有人监听。");
    }

    /// DIAGNOSIS 25.
    static void selfConnect(Stage stage) {
        stage.drawLoopback();
        stage.localPortRange(stage.clientHost, 40_000, 40_003);
        stage.part("a client tries again and again to reach a local server that does not run", "客户端反复连接本机上一个没有运行的服务器");
        int tries = 0;
        int port = 0;
        int fd = -1;
        while (port != 40_002 && tries < 64) {
            tries++;
            fd = stage.client.tcp();
            int result = stage.client.connect(fd, "127.0.0.1", 40_002);
            port = result == 0 ? stage.client.localPort(fd) : 0;
            if (port != 40_002) {
                stage.client.close(fd);
            }
        }
        stage.say("  try %d was connected, from port %d to port 40002; nobody listens", "  第 %d 次连接成功，从端口 %d 到端口 40002；并没有人监听", tries, port);
        stage.fact("connected", port == 40_002);
        stage.client.write(fd, "hello, me");
        stage.fact("read", stage.client.read(fd));
        stage.tables();
        stage.fact("states", Stage.states(stage.clientHost));
        stage.remember("a client that tries again and again to reach a local port inside the ephemeral range can reach itself; services belong below the range.",
                "客户端反复连接本机上处于临时端口范围内的端口，可能连到自己；服务的端口应当放在这个范围以外。");
    }

    /// DIAGNOSIS 15, BEHAVIOUR S4-74: SYNs that nobody follows up, with cookies and without.
    static void synFlood(Stage stage) {
        for (int cookies = 0; cookies <= 1; cookies++) {
            stage.part("tcp_syncookies=%d", "tcp_syncookies=%d", cookies);
            stage.sysctl(stage.serverHost, Sysctl.TCP_SYNCOOKIES, cookies);
            stage.sysctl(stage.serverHost, Sysctl.TCP_MAX_SYN_BACKLOG, 64);
            int listener = stage.server.tcp();
            stage.server.bind(listener, "0.0.0.0", Stage.PORT + cookies);
            stage.server.listen(listener, 64);
            flood(stage, cookies);
            stage.part("an honest client comes", "一个正当的客户端来了");
            int honest = stage.client.tcp();
            stage.client.nonBlocking(honest);
            stage.client.connect(honest, Stage.SERVER, Stage.PORT + cookies);
            stage.pass(0.5);
            boolean connected = Stage.count(stage.clientHost, TcpState.ESTABLISHED) == 1;
            stage.fact("honest client connected, cookies=" + cookies, connected);
            stage.tables();
            stage.say(connected ? "  it is connected" : "  it is not connected: its SYN was dropped", connected ? "  它连上了" : "  它没连上：它的 SYN 被丢弃了");
            stage.drawNothing();
            stage.client.close(honest);
            stage.server.close(listener);
            stage.pass(200);
            stage.drawAgain();
        }
        stage.remember("the flood costs the sender nothing and the listener a place each; a cookie keeps the place in the answer itself, so that honest clients get in.",
                "洪水的发送者没有代价，监听者却要为每个 SYN 留一个位置；cookie 把这个位置放进应答本身，正当的客户端仍然进得来。");
    }

    /// 1000 SYNs from senders that do not exist; the first two are drawn.
    private static void flood(Stage stage, int cookies) {
        long sentBefore = stage.serverHost.counter(Counter.TcpExtSyncookiesSent);
        long droppedBefore = stage.serverHost.counter(Counter.TcpExtTCPReqQFullDrop);
        for (int i = 0; i < 1000; i++) {
            byte[] syn = Packets.tcp(IpAddress.of("10.0.0." + (100 + i % 100)), 1024 + i, IpAddress.of(Stage.SERVER), Stage.PORT + cookies)
                    .flags(TcpHeader.SYN).seq(i * 7919).window(65_535).mss(1460).build();
            stage.cable.inject(true, syn, stage.word("forged", "伪造"));
            if (i == 1) {
                stage.pass(0.02);
                stage.drawNothing();
            }
        }
        stage.pass(0.05);
        stage.drawAgain();
        long half = Stage.count(stage.serverHost, TcpState.SYN_RECEIVED);
        long sent = stage.serverHost.counter(Counter.TcpExtSyncookiesSent) - sentBefore;
        long dropped = stage.serverHost.counter(Counter.TcpExtTCPReqQFullDrop) - droppedBefore;
        stage.say("  1000 SYNs of 1000 forged senders: %d half-open, %d cookies sent, %d SYNs dropped", "  1000 个伪造来源的 SYN：%d 个半开，发出 %d 个 cookie，丢弃 %d 个 SYN", half, sent, dropped);
        stage.fact("half-open, cookies=" + cookies, half);
        stage.fact("cookies sent, cookies=" + cookies, sent);
        stage.fact("dropped, cookies=" + cookies, dropped);
    }

    /// DIAGNOSIS 14: listen(5) holds six, and what happens to the seventh: when it comes later, and when all come at once.
    static void backlog(Stage stage) {
        stage.part("eight clients one after the other, and no accept()", "八个客户端一个接一个来，没有 accept()");
        int port = Stage.PORT;
        int listener = listen(stage, port);
        long before = stage.serverHost.counter(Counter.TcpExtListenOverflows);
        int[] clients = come(stage, port, 8, 0.02);
        full(stage, port, before, "one by one");
        stage.part("the server accepts one; a waiting client gets in when its SYN is repeated", "服务器 accept 一个；等着的客户端在 SYN 重传时进来");
        int accepted = stage.server.accept(listener);
        stage.pass(1.5);
        stage.tables();
        stage.fact("queued again", stage.listener(port).recvQueue());
        stage.drawNothing();
        stage.server.calls.close(accepted);
        go(stage, listener, clients);
        for (int abort = 0; abort <= 1; abort++) {
            stage.part("tcp_abort_on_overflow=%d: five at once, and the last ACK of two handshakes finds the queue full",
                    "tcp_abort_on_overflow=%d：五个同时来，有两个握手的最后一个 ACK 到达时队列已满", abort);
            stage.sysctl(stage.serverHost, Sysctl.TCP_ABORT_ON_OVERFLOW, abort);
            port++;
            listener = listen(stage, port);
            before = stage.serverHost.counter(Counter.TcpExtListenOverflows);
            stage.drawNothing();
            clients = come(stage, port, 3, 0.02);
            stage.drawAgain();
            int[] atOnce = come(stage, port, 5, 0);
            stage.pass(0.05);
            full(stage, port, before, "at once, abort=" + abort);
            stage.fact("half-open, abort=" + abort, Stage.count(stage.serverHost, TcpState.SYN_RECEIVED));
            stage.fact("clients established, abort=" + abort, Stage.count(stage.clientHost, TcpState.ESTABLISHED));
            go(stage, listener, IntStream.concat(Arrays.stream(clients), Arrays.stream(atOnce)).toArray());
        }
        stage.remember("listen(n) holds n+1 finished connections. After that a SYN is dropped and its client waits a second; a last ACK is ignored, and the client"
                        + " believes in a connection that the server has not made, or gets RST with tcp_abort_on_overflow. Accept faster, or raise backlog and somaxconn.",
                "listen(n) 容纳 n+1 个已完成的连接。再来的 SYN 被丢弃，客户端要等一秒；再来的最后一个 ACK 被忽略，客户端以为连上了，服务器却没有建立，设了 tcp_abort_on_overflow 则收到 RST。"
                        + "accept 快一些，或者加大 backlog 和 somaxconn。");
    }

    private static int listen(Stage stage, int port) {
        int listener = stage.server.tcp();
        stage.server.bind(listener, "0.0.0.0", port);
        stage.server.listen(listener, 5);
        return listener;
    }

    /// Clients connect, so many seconds apart; of eight the handshakes of the first and of the last two are drawn.
    private static int[] come(Stage stage, int port, int many, double apart) {
        int[] clients = new int[many];
        stage.client.quiet(true);
        for (int i = 0; i < many; i++) {
            if (many == 8 && i == 1) {
                stage.drawNothing();
            } else if (many == 8 && i == 6) {
                stage.drawAgain();
            }
            clients[i] = stage.client.tcp();
            stage.client.nonBlocking(clients[i]);
            stage.client.connect(clients[i], Stage.SERVER, port);
            stage.pass(apart);
        }
        stage.client.quiet(false);
        return clients;
    }

    private static void full(Stage stage, int port, long before, String how) {
        stage.tables();
        int queued = stage.listener(port).recvQueue();
        long overflows = stage.serverHost.counter(Counter.TcpExtListenOverflows) - before;
        stage.say("  8 clients, listen(5), no accept: %d wait in the queue; ListenOverflows %d", "  8 个客户端，listen(5)，没有 accept：队列里有 %d 个；ListenOverflows %d", queued, overflows);
        stage.fact("queued, " + how, queued);
        stage.fact("overflows, " + how, overflows);
    }

    /// The next part begins anew.
    private static void go(Stage stage, int listener, int[] clients) {
        stage.drawNothing();
        for (int each : clients) {
            stage.client.calls.close(each);
        }
        stage.server.calls.close(listener);
        stage.pass(200);
        stage.drawAgain();
    }
}
