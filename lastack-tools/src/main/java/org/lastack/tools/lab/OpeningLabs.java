package org.lastack.tools.lab;

import org.lastack.core.Counter;
import org.lastack.core.Sysctl;
import org.lastack.core.tcp.TcpState;
import org.lastack.wire.IpAddress;
import org.lastack.wire.Packets;
import org.lastack.wire.TcpHeader;

/// Stories about the beginning of connections.
final class OpeningLabs {
    private OpeningLabs() {}

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
        stage.sysctl(stage.clientHost, Sysctl.IP_LOCAL_PORT_RANGE_LOW, 40_000);
        stage.sysctl(stage.clientHost, Sysctl.IP_LOCAL_PORT_RANGE_HIGH, 40_003);
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
        stage.say("try %d was connected, from port %d to port 40002; nobody listens", "第 %d 次连接成功，从端口 %d 到端口 40002；并没有人监听", tries, port);
        stage.client.write(fd, "hello, me");
        stage.fact("connected", port == 40_002);
        stage.fact("read", stage.client.read(fd));
        stage.table(stage.clientHost);
        stage.fact("states", Stage.states(stage.clientHost));
        stage.remember("a client that tries again and again to reach a local port inside the ephemeral range can reach itself; services belong below the range.",
                "客户反复连接本机上处于临时端口范围内的端口，可能连到自己；服务的端口应当放在这个范围以外。");
    }

    /// DIAGNOSIS 15: SYNs that nobody follows up, with cookies and without.
    static void synFlood(Stage stage) {
        for (int cookies = 0; cookies <= 1; cookies++) {
            stage.part("tcp_syncookies=%d", "tcp_syncookies=%d", cookies);
            stage.sysctl(stage.serverHost, Sysctl.TCP_SYNCOOKIES, cookies);
            stage.sysctl(stage.serverHost, Sysctl.TCP_MAX_SYN_BACKLOG, 64);
            int listener = stage.server.tcp();
            stage.server.bind(listener, "0.0.0.0", Stage.PORT + cookies);
            stage.server.listen(listener, 64);
            long sentBefore = stage.serverHost.counter(Counter.TcpExtSyncookiesSent);
            long droppedBefore = stage.serverHost.counter(Counter.TcpExtTCPReqQFullDrop);
            stage.drawNothing();
            for (int i = 0; i < 1000; i++) {
                byte[] syn = Packets.tcp(IpAddress.of("10.0.0." + (100 + i % 100)), 1024 + i, IpAddress.of(Stage.SERVER), Stage.PORT + cookies)
                        .flags(TcpHeader.SYN).seq(i * 7919).window(65_535).mss(1460).build();
                stage.cable.inject(true, syn, "");
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
            stage.part("an honest client comes", "一个正当的客户来了");
            int honest = stage.client.tcp();
            stage.client.nonBlocking(honest);
            stage.client.connect(honest, Stage.SERVER, Stage.PORT + cookies);
            stage.pass(0.5);
            boolean connected = Stage.count(stage.clientHost, TcpState.ESTABLISHED) == 1;
            stage.fact("honest client connected, cookies=" + cookies, connected);
            stage.table(stage.clientHost);
            stage.say(connected ? "  it is connected" : "  it is not connected: its SYN was dropped", connected ? "  它连上了" : "  它没连上：它的 SYN 被丢弃了");
            stage.client.close(honest);
            stage.server.close(listener);
            stage.pass(200);
        }
        stage.remember("the flood costs the sender nothing and the listener a place each; a cookie keeps the place in the answer itself, so that honest clients get in.",
                "洪水的发送者没有代价，监听者却要为每个 SYN 留一个位置；cookie 把这个位置放进应答本身，正当的客户仍然进得来。");
    }

    /// DIAGNOSIS 14: listen(5) holds six, and what happens to the seventh.
    static void backlog(Stage stage) {
        for (int abort = 0; abort <= 1; abort++) {
            stage.part("tcp_abort_on_overflow=%d", "tcp_abort_on_overflow=%d", abort);
            stage.sysctl(stage.serverHost, Sysctl.TCP_ABORT_ON_OVERFLOW, abort);
            int listener = stage.server.tcp();
            stage.server.bind(listener, "0.0.0.0", Stage.PORT + abort);
            stage.server.listen(listener, 5);
            int[] clients = new int[8];
            stage.drawNothing();
            stage.client.quiet(true);
            for (int i = 0; i < clients.length; i++) {
                clients[i] = stage.client.tcp();
                stage.client.nonBlocking(clients[i]);
                stage.client.connect(clients[i], Stage.SERVER, Stage.PORT + abort);
                stage.pass(0.02);
            }
            stage.client.quiet(false);
            stage.drawAgain();
            stage.tables();
            int port = Stage.PORT + abort;
            long queued = Stage.rows(stage.serverHost).stream().filter(row -> row.state() == TcpState.LISTEN && row.localPort() == port).findFirst().orElseThrow().recvQueue();
            long overflows = stage.serverHost.counter(Counter.TcpExtListenOverflows);
            stage.say("  8 clients, listen(5), no accept: %d wait in the queue; ListenOverflows %d", "  8 个客户，listen(5)，没有 accept：队列里有 %d 个；ListenOverflows %d", queued, overflows);
            stage.fact("queued, abort=" + abort, queued);
            stage.fact("overflowed, abort=" + abort, overflows > 0);
            stage.part("the server accepts one; the next waiting client gets in when its SYN is repeated", "服务器 accept 一个；等着的客户在 SYN 重传时进来");
            stage.server.accept(listener);
            stage.pass(1.5);
            long after = Stage.rows(stage.serverHost).stream().filter(row -> row.state() == TcpState.LISTEN && row.localPort() == port).findFirst().orElseThrow().recvQueue();
            stage.fact("queued again, abort=" + abort, after);
            for (int each : clients) {
                stage.client.calls.close(each);
            }
            stage.server.close(listener);
            stage.pass(100);
        }
        stage.remember("listen(n) holds n+1 finished connections; beyond that the SYN is dropped and the client waits a second: accept faster, or a larger backlog (somaxconn caps it).",
                "listen(n) 容纳 n+1 个已完成的连接；再多 SYN 就被丢弃，客户要等一秒：accept 快一些，或者加大 backlog（上限是 somaxconn）。");
    }
}
