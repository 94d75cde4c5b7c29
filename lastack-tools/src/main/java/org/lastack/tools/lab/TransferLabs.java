package org.lastack.tools.lab;

import org.lastack.bsd.Linux;
import org.lastack.core.Counter;
import org.lastack.core.socket.Msg;
import org.lastack.core.socket.SocketOptions;

/// Stories about data and silence.
final class TransferLabs {
    private TransferLabs() {}

    /// BEHAVIOUR S4-16, S4-17, S4-19: a short buffer loses the rest of a datagram; a full one whole datagrams; ICMP comes back to a connected socket.
    static void udp(Stage stage) {
        int receiver = stage.server.udp();
        stage.server.bind(receiver, "0.0.0.0", Stage.PORT);
        int sender = stage.client.udp();
        stage.part("a datagram of 10 octets into a buffer of 4", "10 字节的数据报读进 4 字节的缓冲区");
        stage.client.sendTo(sender, Stage.SERVER, Stage.PORT, 10);
        stage.client.sendTo(sender, Stage.SERVER, Stage.PORT, 3);
        stage.settle();
        stage.tables();
        stage.fact("first recv", stage.server.receiveLength(receiver, 4, 0, ""));
        stage.fact("second recv", stage.server.receiveLength(receiver, 4, 0, ""));
        stage.client.sendTo(sender, Stage.SERVER, Stage.PORT, 10);
        stage.settle();
        stage.fact("with MSG_TRUNC", stage.server.receiveLength(receiver, 4, Msg.TRUNC, "MSG_TRUNC"));
        overflow(stage, receiver, sender);
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

    private static void overflow(Stage stage, int receiver, int sender) {
        stage.part("50 datagrams of 1000 octets for a receiver that does not read", "50 个 1000 字节的数据报，接收方不读");
        stage.server.option(receiver, SocketOptions.SO_RCVBUF, "SO_RCVBUF", 4096);
        long before = stage.serverHost.counter(Counter.UdpRcvbufErrors);
        stage.client.quiet(true);
        stage.drawNothing();
        for (int i = 0; i < 50; i++) {
            stage.client.sendTo(sender, Stage.SERVER, Stage.PORT, 1000);
        }
        stage.settle();
        stage.drawAgain();
        stage.client.quiet(false);
        long dropped = stage.serverHost.counter(Counter.UdpRcvbufErrors) - before;
        int kept = 0;
        stage.server.quiet(true);
        while (stage.server.receiveLength(receiver, 2000, Msg.DONTWAIT, "MSG_DONTWAIT") > 0) {
            kept++;
        }
        stage.server.quiet(false);
        stage.say("  %d could be read, %d were dropped (RcvbufErrors); the sender was told nothing", "  能读到 %d 个，丢弃 %d 个（RcvbufErrors）；发送方什么也不知道", kept, dropped);
        stage.fact("kept", kept);
        stage.fact("dropped", dropped);
    }

    /// BEHAVIOUR S4-40, S4-17: three writes, and how they are read.
    static void stream(Stage stage) {
        ClosingLabs.Pair pair = ClosingLabs.open(stage);
        stage.part("three writes, one read", "写三次，读一次");
        stage.client.write(pair.client(), "one ");
        stage.client.write(pair.client(), "two ");
        stage.client.write(pair.client(), "three");
        stage.settle();
        stage.tables();
        stage.fact("one read", stage.server.read(pair.server()));
        stage.part("one write, three reads", "写一次，读三次");
        stage.client.write(pair.client(), "abcdefgh");
        stage.settle();
        stage.fact("read 1", stage.server.receive(pair.server(), 3, 0, ""));
        stage.fact("read 2", stage.server.receive(pair.server(), 3, 0, ""));
        stage.fact("read 3", stage.server.receive(pair.server(), 3, 0, ""));
        stage.tables();
        stage.remember("TCP carries a stream of octets; how it was written leaves no trace. A message needs its own length or an end mark, and a loop that reads until it is complete.",
                "TCP 传送的是字节流，写的时候怎么分段不留痕迹（所谓“粘包”）。消息要自带长度或结束标记，接收方循环读到完整为止。");
    }

    /// BEHAVIOUR S4-57 to S4-61: a lost segment, a lost ACK, and silence.
    static void retransmission(Stage stage) {
        ClosingLabs.Pair pair = ClosingLabs.open(stage);
        stage.part("one of six segments is lost: the ones behind it say so", "六个报文段丢了一个：后面的会说出来");
        int[] number = {0};
        stage.cable.lose(packet -> packet.toRight() && packet.length() > 0 && ++number[0] == 2);
        long began = stage.time.nowNs();
        stage.client.write(pair.client(), 6 * 1448);
        stage.settle();
        stage.cable.loseNothing();
        stage.tables();
        long repeated = stage.cable.packets().stream().filter(p -> p.toRight() && p.length() > 0).skip(6).findFirst().map(Packet::timeNs).orElse(0L);
        stage.fact("milliseconds until repeated", Math.round((repeated - began) / 1e6));
        stage.fact("received", stage.server.receiveLength(pair.server(), 20_000, 0, ""));
        stage.part("only the ACK is lost: the receiver throws the duplicate away", "只丢了 ACK：接收方丢弃重复的数据");
        int[] acks = {1};
        stage.cable.lose(packet -> !packet.toRight() && acks[0]-- > 0);
        stage.client.write(pair.client(), "once");
        stage.pass(1);
        stage.cable.loseNothing();
        stage.fact("read", stage.server.readNow(pair.server()));
        stage.fact("read again", stage.server.readNow(pair.server()));
        stage.part("everything is lost: each wait is twice as long", "全都丢了：每次等待加倍");
        stage.cable.lose(packet -> packet.toRight());
        int mark = stage.cable.packets().size();
        stage.client.write(pair.client(), "hello?");
        stage.pass(15);
        stage.tables();
        stage.fact("gaps", OpeningLabs.gaps(stage, mark));
        stage.say("  seconds between the attempts: %s", "  各次尝试之间的秒数：%s", String.join(", ", OpeningLabs.gaps(stage, mark)));
        stage.cable.loseNothing();
        stage.pass(20);
        stage.fact("at last", stage.server.readNow(pair.server()));
        stage.tables();
        stage.remember("what is not acknowledged is sent again: after a round trip when later segments get through, else after a time-out that doubles. Sequence numbers remove duplicates.",
                "没有被确认的就重发：后面的报文段能到时，一个往返就知道；否则等超时，每次加倍。重复的数据靠序号去掉。");
    }

    /// Flow control: a receiver that does not read closes the window (RFC 9293 §3.8.6).
    static void zeroWindow(Stage stage) {
        int listener = stage.server.tcp();
        stage.server.option(listener, SocketOptions.SO_RCVBUF, "SO_RCVBUF", 4096);
        stage.server.bind(listener, "0.0.0.0", Stage.PORT);
        stage.server.listen(listener, 5);
        ClosingLabs.Pair pair = ClosingLabs.again(stage, listener);
        stage.part("the server does not read", "服务器不读");
        int total = 20_000;
        stage.fact("written", stage.client.write(pair.client(), total));
        stage.pass(5);
        stage.tables();
        long probes = stage.cable.packets().stream().filter(p -> p.toRight() && p.timeNs() > 500 * Stage.MILLISECOND).count();
        boolean closed = stage.cable.packets().stream().anyMatch(p -> !p.toRight() && p.window() == 0);
        stage.fact("window went to 0", closed);
        stage.fact("probes in 5 s", probes);
        stage.say("  zero-window probes so far: %d", "  到现在为止的零窗口探测：%d 次", probes);
        stage.part("now it reads: the window opens again, and the rest comes", "现在读了：窗口重新打开，剩下的也来了");
        int got = 0;
        while (got < total) {
            got += Math.max(0, stage.server.receiveLength(pair.server(), total, 0, ""));
        }
        stage.settle();
        stage.fact("read in all", got);
        stage.tables();
        stage.remember("a slow reader stops its sender: the window is the room that is left, and it may be 0 for ever. The sender asks again and again (probes) and gives up only"
                        + " if nobody answers. Look at recvq at the reader and sendq at the sender.",
                "读得慢会让发送方停下：窗口就是剩下的空间，可以一直是 0。发送方反复询问（探测），只有没人回答才放弃。看读方的接收队列和写方的发送队列。");
    }

    /// BEHAVIOUR S4-38: one urgent octet overtakes the others (RFC 6093).
    static void urgent(Stage stage) {
        ClosingLabs.Pair pair = ClosingLabs.open(stage);
        stage.part("\"abc\" is sent with MSG_OOB", "用 MSG_OOB 发送 \"abc\"");
        stage.client.write(pair.client(), "12");
        stage.settle();
        stage.client.send(pair.client(), "abc", Msg.OOB, "MSG_OOB");
        stage.client.write(pair.client(), "34");
        stage.settle();
        stage.tables();
        stage.fact("out of band", stage.server.receive(pair.server(), 10, Msg.OOB, "MSG_OOB"));
        stage.fact("up to the mark", stage.server.read(pair.server()));
        stage.fact("behind the mark", stage.server.read(pair.server()));
        stage.tables();
        stage.remember("only the last octet is urgent: it is read apart, and a normal read stops at its place. RFC 6093 advises new programs not to use it.",
                "只有最后一个字节是紧急数据：要单独读，普通的 read 读到它的位置就停。RFC 6093 建议新程序不要使用。");
    }

    /// DIAGNOSIS 20, BEHAVIOUR S4-62: the peer is gone without a word.
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
        stage.part("an hour later", "一小时之后");
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
        stage.tables();
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
            long ms = Math.round((stage.time.nowNs() - began) / 1e6);
            stage.fact("milliseconds, nodelay=" + noDelay, ms);
            stage.say("  the request took %d ms", "  这个请求用了 %d 毫秒", ms);
            stage.tables();
            stage.drawNothing();
            stage.client.calls.close(pair.client());
            stage.server.calls.close(pair.server());
            stage.pass(61);
            stage.drawAgain();
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
