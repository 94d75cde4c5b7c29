package org.lastack.tools.lab;

import java.util.Map;
import java.util.TreeMap;
import org.lastack.core.Sysctl;
import org.lastack.core.socket.SocketOptions;
import org.lastack.core.tcp.TcpState;

/// Stories about ports and who may have them.
final class PortLabs {
    private PortLabs() {}

    /// DIAGNOSIS 6: the fifth connection out of four ports; another destination has four of its own.
    static void ephemeral(Stage stage) {
        stage.sysctl(stage.clientHost, Sysctl.IP_LOCAL_PORT_RANGE_LOW, 50_000);
        stage.sysctl(stage.clientHost, Sysctl.IP_LOCAL_PORT_RANGE_HIGH, 50_003);
        int first = stage.server.server(true);
        int second = stage.server.tcp();
        stage.server.bind(second, "0.0.0.0", Stage.PORT + 1);
        stage.server.listen(second, 10);
        stage.drawNothing();
        for (int i = 1; i <= 5; i++) {
            stage.fact("connect " + i + " to 9000", Program.errno(stage.client.connect(stage.client.tcp(), Stage.SERVER, Stage.PORT)));
        }
        stage.fact("connect 1 to 9001", Program.errno(stage.client.connect(stage.client.tcp(), Stage.SERVER, Stage.PORT + 1)));
        stage.drawAgain();
        stage.table(stage.clientHost);
        stage.part("closed connections keep their port for 60 s on the side that closed first", "先关闭的一方，端口还要占 60 秒");
        stage.client.exit();
        stage.settle();
        for (int i = 0; i < 4; i++) {
            stage.server.calls.close(stage.server.accept(first));
        }
        stage.settle();
        Program next = stage.program(stage.clientHost, "client", 0, 101);
        stage.table(stage.clientHost);
        stage.fact("connect in TIME-WAIT", Program.errno(next.connect(next.tcp(), Stage.SERVER, Stage.PORT)));
        stage.sysctl(stage.clientHost, Sysctl.TCP_TW_REUSE, 1);
        stage.pass(1);
        stage.fact("connect with tcp_tw_reuse=1 after 1 s", Program.errno(next.connect(next.tcp(), Stage.SERVER, Stage.PORT)));
        stage.remember("a port is used up per destination, not in all: each pair of addresses and destination port has the whole range. Keep connections, let the peer close, or tcp_tw_reuse=1.",
                "端口是按目的地用完的，不是总共用完：每个地址对加目的端口都有整个范围。保持连接、让对方先关，或者 tcp_tw_reuse=1。");
    }

    /// SO_REUSEPORT: several listeners share the clients; another user may not join.
    static void reusePort(Stage stage) {
        int[] listeners = new int[4];
        for (int i = 0; i < listeners.length; i++) {
            listeners[i] = stage.server.tcp();
            stage.server.option(listeners[i], SocketOptions.SO_REUSEPORT, "SO_REUSEPORT", 1);
            stage.server.bind(listeners[i], "0.0.0.0", Stage.PORT);
            stage.server.listen(listeners[i], 200);
        }
        Program stranger = stage.program(stage.serverHost, "stranger", 1001, 300);
        int theirs = stranger.tcp();
        stranger.option(theirs, SocketOptions.SO_REUSEPORT, "SO_REUSEPORT", 1);
        stage.fact("another user", Program.errno(stranger.bind(theirs, "0.0.0.0", Stage.PORT)));
        int clients = 400;
        stage.drawNothing();
        stage.client.quiet(true);
        for (int i = 0; i < clients; i++) {
            stage.client.connect(stage.client.tcp(), Stage.SERVER, Stage.PORT);
        }
        stage.settle();
        stage.drawAgain();
        Map<Integer, Integer> shares = new TreeMap<>();
        int total = 0;
        for (var row : Stage.rows(stage.serverHost)) {
            if (row.state() == TcpState.LISTEN) {
                shares.put(shares.size() + 1, row.recvQueue());
                total += row.recvQueue();
            }
        }
        stage.say("  400 clients, 4 listeners: %s", "  400 个客户，4 个监听者：%s", shares);
        stage.fact("total", total);
        stage.fact("least", shares.values().stream().mapToInt(Integer::intValue).min().orElse(0));
        stage.part("one of the four stops: what waits in its queue is reset", "四个中停掉一个：它队列里等着的连接被重置");
        stage.drawNothing();
        int queued = shares.getOrDefault(1, 0);
        long before = Stage.count(stage.clientHost, TcpState.ESTABLISHED);
        stage.server.close(listeners[0]);
        stage.settle();
        stage.drawAgain();
        long lost = before - Stage.count(stage.clientHost, TcpState.ESTABLISHED);
        stage.say("  %d connections were reset, %d had waited", "  %d 个连接被重置，曾有 %d 个在等", lost, queued);
        stage.fact("reset", lost);
        stage.drawListeners();
        stage.fact("reset all that one listener had", shares.containsValue((int) lost));
        stage.remember("SO_REUSEPORT shares a port among sockets of one user by a hash of the names; a listener that goes takes its queue with it.",
                "SO_REUSEPORT 让同一用户的套接字按名字的散列分享一个端口；哪个监听者退出，它队列里的连接也一起没了。");
    }

    /// BEHAVIOUR S4-87: option names are numbers, not bits.
    static void orBug(Stage stage) {
        int both = SocketOptions.SO_REUSEADDR | SocketOptions.SO_REUSEPORT;
        stage.say("SO_REUSEADDR is %d, SO_REUSEPORT is %d; %d | %d = %d", "SO_REUSEADDR 是 %d，SO_REUSEPORT 是 %d；%d | %d = %d", SocketOptions.SO_REUSEADDR,
                SocketOptions.SO_REUSEPORT, SocketOptions.SO_REUSEADDR, SocketOptions.SO_REUSEPORT, both);
        int fd = stage.server.tcp();
        stage.server.option(fd, both, "SO_REUSEADDR | SO_REUSEPORT", 1);
        int address = stage.server.calls.getsockopt(fd, SocketOptions.SOL_SOCKET, SocketOptions.SO_REUSEADDR);
        int port = stage.server.calls.getsockopt(fd, SocketOptions.SOL_SOCKET, SocketOptions.SO_REUSEPORT);
        stage.say("  after it: SO_REUSEADDR %d, SO_REUSEPORT %d", "  之后：SO_REUSEADDR %d，SO_REUSEPORT %d", address, port);
        stage.fact("SO_REUSEADDR", address);
        stage.fact("SO_REUSEPORT", port);
        stage.server.bind(fd, "0.0.0.0", Stage.PORT);
        stage.server.listen(fd, 5);
        stage.part("the same program is started a second time by mistake", "同一个程序误启动了第二次");
        Program twin = stage.program(stage.serverHost, "server", 0, 201);
        int second = twin.tcp();
        twin.option(second, both, "SO_REUSEADDR | SO_REUSEPORT", 1);
        stage.fact("second bind", Program.errno(twin.bind(second, "0.0.0.0", Stage.PORT)));
        stage.fact("second listen", Program.errno(twin.listen(second, 5)));
        stage.table(stage.serverHost);
        stage.fact("LISTEN", Stage.count(stage.serverHost, TcpState.LISTEN));
        Program plain = stage.program(stage.serverHost, "plain", 0, 202);
        int third = plain.tcp();
        plain.option(third, SocketOptions.SO_REUSEADDR, "SO_REUSEADDR", 1);
        stage.fact("bind with SO_REUSEADDR", Program.errno(plain.bind(third, "0.0.0.0", Stage.PORT)));
        stage.remember("an option name is no bit mask: on Linux 2|15 = 15 sets SO_REUSEPORT only, and two servers share the port without a word. Make two calls.",
                "选项名不是位掩码：Linux 上 2|15 = 15，只设了 SO_REUSEPORT，两个服务器不声不响地分享端口。要调用两次。");
    }
}
