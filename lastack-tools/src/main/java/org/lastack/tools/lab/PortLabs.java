package org.lastack.tools.lab;

import java.util.Map;
import java.util.TreeMap;
import org.lastack.core.Sysctl;
import org.lastack.core.socket.SocketOptions;
import org.lastack.core.tcp.SocketRow;
import org.lastack.core.tcp.TcpState;
import org.lastack.wire.TcpHeader;

/// Stories about ports and who may have them.
final class PortLabs {
    private PortLabs() {}

    /// DIAGNOSIS 6, BEHAVIOUR S0-09: the fifth connection out of four ports; another destination has four of its own.
    static void ephemeral(Stage stage) {
        stage.localPortRange(stage.clientHost, 50_000, 50_003);
        int first = stage.server.server(true);
        int second = stage.server.tcp();
        stage.server.bind(second, "0.0.0.0", Stage.PORT + 1);
        stage.server.listen(second, 10);
        stage.part("five connections to one destination, and one to another", "五个连接去同一个目的地，一个去另一个目的地");
        for (int i = 1; i <= 5; i++) {
            stage.fact("connect " + i + " to 9000", Program.errno(stage.client.connect(stage.client.tcp(), Stage.SERVER, Stage.PORT)));
            stage.drawNothing();
        }
        stage.fact("connect 1 to 9001", Program.errno(stage.client.connect(stage.client.tcp(), Stage.SERVER, Stage.PORT + 1)));
        stage.settle();
        stage.drawAgain();
        stage.tables();
        stage.part("closed connections keep their port for 60 s on the side that closed first", "先关闭的一方，端口还要占 60 秒");
        stage.drawNothing();
        stage.client.killed();
        stage.settle();
        for (int i = 0; i < 4; i++) {
            stage.server.close(stage.server.accept(first));
        }
        stage.settle();
        stage.drawAgain();
        Program next = stage.program(stage.clientHost, "client", 0, 101);
        stage.tables();
        int fd = next.tcp();
        stage.fact("connect in TIME-WAIT", Program.errno(next.connect(fd, Stage.SERVER, Stage.PORT)));
        stage.sysctl(stage.clientHost, Sysctl.TCP_TW_REUSE, 1);
        stage.pass(1);
        stage.fact("connect with tcp_tw_reuse=1 after 1 s", Program.errno(next.connect(fd, Stage.SERVER, Stage.PORT)));
        stage.settle();
        stage.tables();
        stage.remember("a port is used up per destination, not in all: each pair of addresses and destination port has the whole range. Keep connections, let the peer close, or tcp_tw_reuse=1.",
                "端口是按目的地用完的，不是总共用完：每个地址对加目的端口都有整个范围。保持连接、让对方先关，或者 tcp_tw_reuse=1。");
    }

    /// BEHAVIOUR S1-26, S1-27, S1-29, S4-07: the wildcard, two addresses, two protocols, two instances.
    static void addresses(Stage stage) {
        stage.part("a listener on all addresses keeps the port from everybody else", "在所有地址上监听的套接字，独占这个端口");
        int wildcard = stage.server.server(true);
        Program other = stage.program(stage.serverHost, "other", 0, 300);
        int fd = other.tcp();
        other.option(fd, SocketOptions.SO_REUSEADDR, "SO_REUSEADDR", 1);
        stage.fact("second instance", Program.errno(other.bind(fd, "0.0.0.0", Stage.PORT)));
        stage.fact("specific beside the wildcard", Program.errno(other.bind(fd, Stage.SERVER2, Stage.PORT)));
        int datagrams = other.udp();
        stage.fact("UDP on the same port", Program.errno(other.bind(datagrams, "0.0.0.0", Stage.PORT)));
        stage.tables();
        stage.server.close(wildcard);
        other.close(datagrams);
        stage.part("two addresses of one host: two servers, no option needed", "一台主机的两个地址：两个服务器，不需要任何选项");
        int here = stage.server.tcp();
        stage.fact("first address", Program.errno(stage.server.bind(here, Stage.SERVER, Stage.PORT)));
        stage.server.listen(here, 5);
        int there = other.tcp();
        stage.fact("second address", Program.errno(other.bind(there, Stage.SERVER2, Stage.PORT)));
        other.listen(there, 5);
        stage.client.connect(stage.client.tcp(), Stage.SERVER, Stage.PORT);
        stage.client.connect(stage.client.tcp(), Stage.SERVER2, Stage.PORT);
        stage.server.accept(here);
        other.accept(there);
        stage.tables();
        stage.part("with SO_REUSEADDR two sockets may have one address and port, as long as neither listens", "有 SO_REUSEADDR 时两个套接字可以绑定同一地址和端口，只要都不监听");
        int[] pair = new int[2];
        for (int i = 0; i < 2; i++) {
            pair[i] = other.tcp();
            other.option(pair[i], SocketOptions.SO_REUSEADDR, "SO_REUSEADDR", 1);
            stage.fact("bind " + (i + 1), Program.errno(other.bind(pair[i], Stage.SERVER, Stage.PORT + 1)));
        }
        for (int i = 0; i < 2; i++) {
            stage.fact("listen " + (i + 1), Program.errno(other.listen(pair[i], 5)));
        }
        stage.tables();
        stage.remember("a port is taken together with an address and a protocol: the wildcard means every address. SO_REUSEADDR is for the leftovers of an old server,"
                        + " never for a second one beside it.",
                "端口是和地址、协议一起被占用的：通配地址就是所有地址。SO_REUSEADDR 是为旧服务器的残留连接准备的，不是为了并排再开一个服务器。");
    }

    /// BEHAVIOUR S4-07; SO_REUSEPORT: several listeners share the clients; another user may not join.
    static void reusePort(Stage stage) {
        int[] listeners = new int[4];
        for (int i = 0; i < listeners.length; i++) {
            listeners[i] = stage.server.tcp();
            stage.server.option(listeners[i], SocketOptions.SO_REUSEPORT, "SO_REUSEPORT", 1);
            stage.server.bind(listeners[i], "0.0.0.0", Stage.PORT);
            stage.server.listen(listeners[i], 200);
        }
        stage.part("another user wants to join", "另一个用户也想加入");
        Program stranger = stage.program(stage.serverHost, "stranger", 1001, 300);
        int theirs = stranger.tcp();
        stranger.option(theirs, SocketOptions.SO_REUSEPORT, "SO_REUSEPORT", 1);
        stage.fact("another user", Program.errno(stranger.bind(theirs, "0.0.0.0", Stage.PORT)));
        int clients = 400;
        stage.part("400 clients come", "来了 400 个客户端");
        for (int i = 0; i < clients; i++) {
            stage.client.connect(stage.client.tcp(), Stage.SERVER, Stage.PORT);
            if (i == 0) {
                stage.drawNothing();
                stage.client.quiet(true);
            }
        }
        stage.settle();
        stage.drawAgain();
        stage.client.quiet(false);
        Map<Integer, Integer> shares = new TreeMap<>();
        int total = 0;
        for (var row : PortTables.rows(stage.serverHost)) {
            if (row.state() == TcpState.LISTEN) {
                shares.put(shares.size() + 1, row.recvQueue());
                total += row.recvQueue();
            }
        }
        stage.say("  %d clients, 4 listeners: %s", "  %d 个客户端，4 个监听者：%s", total, shares);
        stage.tables();
        stage.fact("total", total);
        stage.fact("least", shares.values().stream().mapToInt(Integer::intValue).min().orElse(0));
        oneStops(stage, listeners[0], shares);
        stage.remember("SO_REUSEPORT shares a port among sockets of one user by a hash of the names; a listener that goes takes its queue with it.",
                "SO_REUSEPORT 让同一用户的套接字按名字的散列分享一个端口；哪个监听者退出，它队列里的连接也一起没了。");
    }

    private static void oneStops(Stage stage, int listener, Map<Integer, Integer> shares) {
        stage.part("one of the four stops: what waits in its queue is reset", "四个中停掉一个：它队列里等着的连接被重置");
        int mark = stage.cable.packets().size();
        stage.drawNothing();
        long before = Stage.count(stage.clientHost, TcpState.ESTABLISHED);
        stage.server.close(listener);
        stage.settle();
        stage.drawAgain();
        long lost = before - Stage.count(stage.clientHost, TcpState.ESTABLISHED);
        long resets = stage.cable.packets().subList(mark, stage.cable.packets().size()).stream().filter(p -> !p.toRight() && p.has(TcpHeader.RST)).count();
        stage.say("  RSTs sent: %d; connections that the clients lost: %d", "  发出 %d 个 RST；客户端失去 %d 个连接", resets, lost);
        stage.fact("RSTs", resets);
        stage.fact("reset", lost);
        stage.fact("reset all that one listener had", shares.containsValue((int) lost));
        stage.tables();
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
        stage.part("clients come, and nobody can say which of the two gets them", "客户端来了，谁也说不准会到哪一个");
        for (int i = 0; i < 6; i++) {
            stage.client.connect(stage.client.tcp(), Stage.SERVER, Stage.PORT);
            if (i == 1) {
                stage.drawNothing();
            }
        }
        stage.settle();
        stage.drawAgain();
        stage.tables();
        stage.fact("LISTEN", Stage.count(stage.serverHost, TcpState.LISTEN));
        stage.fact("clients of each", PortTables.rows(stage.serverHost).stream().filter(row -> row.state() == TcpState.LISTEN).map(SocketRow::recvQueue).sorted().toList());
        stage.part("a server with SO_REUSEADDR alone would have noticed", "只设 SO_REUSEADDR 的服务器会发现问题");
        Program plain = stage.program(stage.serverHost, "plain", 0, 202);
        int third = plain.tcp();
        plain.option(third, SocketOptions.SO_REUSEADDR, "SO_REUSEADDR", 1);
        stage.fact("bind with SO_REUSEADDR", Program.errno(plain.bind(third, "0.0.0.0", Stage.PORT)));
        stage.remember("an option name is no bit mask: on Linux 2|15 = 15 sets SO_REUSEPORT only, and two servers share the port without a word. Make two calls.",
                "选项名不是位掩码：Linux 上 2|15 = 15，只设了 SO_REUSEPORT，两个服务器不声不响地分享端口。要调用两次。");
    }
}
