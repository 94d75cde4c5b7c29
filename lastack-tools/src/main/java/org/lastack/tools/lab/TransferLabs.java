package org.lastack.tools.lab;

import org.lastack.bsd.Linux;
import org.lastack.core.socket.Msg;
import org.lastack.core.socket.SocketOptions;

/// Stories about data and silence.
final class TransferLabs {
    private TransferLabs() {}

    /// A short buffer loses the rest of a datagram; ICMP comes back to a connected socket.
    static void udp(Stage stage) {
        int receiver = stage.server.udp();
        stage.server.bind(receiver, "0.0.0.0", Stage.PORT);
        int sender = stage.client.udp();
        stage.part("a datagram of 10 octets into a buffer of 4", "10 字节的数据报读进 4 字节的缓冲区");
        stage.client.sendTo(sender, Stage.SERVER, Stage.PORT, 10);
        stage.client.sendTo(sender, Stage.SERVER, Stage.PORT, 3);
        stage.settle();
        byte[] buffer = new byte[4];
        int first = stage.server.calls.recv(receiver, buffer, 0, 4, 0);
        int second = stage.server.calls.recv(receiver, buffer, 0, 4, 0);
        stage.call("server  recv(4) = " + first);
        stage.call("server  recv(4) = " + second);
        stage.fact("first recv", first);
        stage.fact("second recv", second);
        stage.client.sendTo(sender, Stage.SERVER, Stage.PORT, 10);
        stage.settle();
        int whole = stage.server.calls.recv(receiver, buffer, 0, 4, Msg.TRUNC);
        stage.call("server  recv(4, MSG_TRUNC) = " + whole);
        stage.fact("with MSG_TRUNC", whole);
        stage.part("nobody is there", "没有人在那里");
        int deaf = stage.client.udp();
        stage.client.sendTo(deaf, Stage.SERVER, 9999, 5);
        stage.settle();
        stage.fact("unconnected", stage.client.readNow(deaf));
        int connected = stage.client.udp();
        stage.client.connect(connected, Stage.SERVER, 9999);
        stage.fact("connected, first send", Program.errno(stage.client.write(connected, "hello")));
        stage.settle();
        stage.fact("connected, then", Program.errno(stage.client.write(connected, "hello")));
        stage.fact("too long", Program.errno(stage.client.sendTo(sender, Stage.SERVER, Stage.PORT, 65_508)));
        stage.tables();
        stage.remember("one send is one receive, and what does not fit is gone; only a connected socket hears that nobody listens, and one call late.",
                "一次发送对应一次接收，装不下的就没了；只有 connect 过的套接字才会得知没有人监听，而且晚一次调用。");
    }

    /// DIAGNOSIS 20: the peer is gone without a word.
    static void halfOpen(Stage stage) {
        ClosingLabs.Pair plain = ClosingLabs.open(stage);
        ClosingLabs.Pair kept = ClosingLabs.again(stage, plain.listener());
        ClosingLabs.Pair limited = ClosingLabs.again(stage, plain.listener());
        stage.client.option(kept.client(), SocketOptions.SO_KEEPALIVE, "SO_KEEPALIVE", 1);
        stage.client.tcpOption(kept.client(), Linux.TCP_KEEPIDLE, "TCP_KEEPIDLE", 10);
        stage.client.tcpOption(kept.client(), Linux.TCP_KEEPINTVL, "TCP_KEEPINTVL", 5);
        stage.client.tcpOption(kept.client(), Linux.TCP_KEEPCNT, "TCP_KEEPCNT", 3);
        stage.client.tcpOption(limited.client(), Linux.TCP_USER_TIMEOUT, "TCP_USER_TIMEOUT", 5000);
        stage.part("the cable is cut", "电缆断了");
        stage.cable.lose(packet -> true);
        long cut = stage.time.nowNs();
        stage.client.write(limited.client(), "anybody there?");
        String user = stage.client.read(limited.client());
        stage.fact("user timeout", user);
        stage.fact("user timeout after", Math.round((stage.time.nowNs() - cut) / 1e9));
        String keepalive = stage.client.read(kept.client());
        stage.fact("keep-alive", keepalive);
        stage.fact("keep-alive after", Math.round((stage.time.nowNs() - cut) / 1e9));
        stage.pass(3600);
        stage.say("an hour later:", "一小时之后：");
        stage.tables();
        stage.fact("without either, after an hour", Stage.states(stage.clientHost));
        stage.part("the one that waits sends something at last", "一直在等的那个终于发了点什么");
        stage.drawNothing();
        long sent = stage.time.nowNs();
        stage.client.write(plain.client(), "x");
        stage.fact("retries", stage.client.read(plain.client()));
        stage.drawAgain();
        long minutes = (stage.time.nowNs() - sent) / 60_000_000_000L;
        stage.fact("retries give up after minutes", minutes);
        stage.say("  it gives up after %d minutes (tcp_retries2)", "  %d 分钟之后放弃（tcp_retries2）", minutes);
        stage.remember("a connection without data and without keep-alive notices nothing, for ever; with data it takes a quarter of an hour unless TCP_USER_TIMEOUT says less.",
                "没有数据、也没有保活的连接，永远什么也发现不了；有数据时要一刻钟左右，除非 TCP_USER_TIMEOUT 规定得更短。");
    }

    /// DIAGNOSIS 22: write, write, read.
    static void nagle(Stage stage) {
        int listener = stage.server.server(true);
        for (int noDelay = 0; noDelay <= 1; noDelay++) {
            stage.part("TCP_NODELAY %d: write, write, read", "TCP_NODELAY %d：写、写、读", noDelay);
            ClosingLabs.Pair pair = ClosingLabs.again(stage, listener);
            // A connection acknowledges at once in its first moments; some conversation takes it past them.
            stage.drawNothing();
            chat(stage, pair);
            stage.drawAgain();
            stage.client.tcpOption(pair.client(), Linux.TCP_NODELAY, "TCP_NODELAY", noDelay);
            long began = stage.time.nowNs();
            stage.client.write(pair.client(), "head");
            stage.client.write(pair.client(), "body");
            int got = 0;
            while (got < 8) {
                got += stage.server.read(pair.server()).length();
            }
            stage.server.write(pair.server(), "answer");
            stage.client.read(pair.client());
            long ms = (stage.time.nowNs() - began) / Stage.MILLISECOND;
            stage.fact("milliseconds, nodelay=" + noDelay, ms);
            stage.say("  the request took %d ms", "  这个请求用了 %d 毫秒", ms);
            stage.tables();
            stage.client.close(pair.client());
            stage.server.close(pair.server());
            stage.settle();
        }
        stage.remember("Nagle waits for an ACK before it sends the second small piece, and the receiver delays that ACK by 40 ms: write once, or set TCP_NODELAY.",
                "Nagle 算法等 ACK 才发第二小块，而接收方把 ACK 推迟 40 毫秒：合成一次 write，或者设 TCP_NODELAY。");
    }

    private static void chat(Stage stage, ClosingLabs.Pair pair) {
        stage.client.quiet(true);
        stage.server.quiet(true);
        for (int i = 0; i < 20; i++) {
            stage.client.write(pair.client(), "ping");
            stage.server.read(pair.server());
            stage.server.write(pair.server(), "pong");
            stage.client.read(pair.client());
        }
        stage.client.quiet(false);
        stage.server.quiet(false);
        stage.settle();
    }
}
