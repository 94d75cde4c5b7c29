package org.lastack.tools.lab;

import org.lastack.core.socket.InetSocket;
import org.lastack.core.tcp.TcpState;
import org.lastack.wire.TcpHeader;

/// Stories about the end of connections.
final class ClosingLabs {
    private ClosingLabs() {}

    /// An established connection.
    record Pair(int client, int server, int listener) {}

    static Pair open(Stage stage) {
        int listener = stage.server.server(true);
        return again(stage, listener);
    }

    static Pair again(Stage stage, int listener) {
        int fd = stage.client.tcp();
        stage.client.connect(fd, Stage.SERVER, Stage.PORT);
        int child = stage.server.accept(listener);
        stage.settle();
        return new Pair(fd, child, listener);
    }

    private static long sent(Stage stage, int from, int bits) {
        return stage.cable.packets().subList(from, stage.cable.packets().size()).stream().filter(p -> p.has(bits)).count();
    }

    /// BEHAVIOUR S3-07 to S3-10.
    static void dup(Stage stage) {
        Pair pair = open(stage);
        stage.part("close() of one of two descriptors", "两个描述符，close() 其中一个");
        int copy = stage.client.dup(pair.client());
        int mark = stage.cable.packets().size();
        stage.client.close(pair.client());
        stage.settle();
        stage.fact("FINs after one close", sent(stage, mark, TcpHeader.FIN));
        stage.client.write(copy, "still here");
        stage.server.read(pair.server());
        stage.tables();
        stage.part("shutdown() on one of two descriptors", "两个描述符，对其中一个 shutdown()");
        int other = stage.client.dup(copy);
        stage.client.shutdown(other, InetSocket.SHUT_WR, "SHUT_WR");
        stage.settle();
        stage.fact("FINs after shutdown", sent(stage, mark, TcpHeader.FIN));
        stage.fact("write after shutdown", Program.errno(stage.client.write(copy, "x")));
        stage.tables();
        stage.fact("states", Stage.states(stage.clientHost));
        stage.remember("close() counts down and acts at zero; shutdown() acts on the connection, whoever holds it, and leaves the descriptors open.",
                "close() 只是减引用计数，减到零才动作；shutdown() 直接作用于连接，不管谁还拿着它，描述符仍然开着。");
    }

    /// BEHAVIOUR S1-05, S1-18 to S1-21: what close() does with data: SO_LINGER off, n and 0, and unread data.
    static void linger(Stage stage) {
        Pair first = open(stage);
        stage.part("close() without SO_LINGER: what was written is sent first, then FIN", "没有 SO_LINGER 的 close()：先发完写入的数据，再发 FIN");
        stage.server.write(first.server(), "goodbye");
        stage.server.close(first.server());
        stage.settle();
        stage.tables();
        stage.fact("read after close", stage.client.read(first.client()));
        stage.fact("then", stage.client.read(first.client()));
        stage.client.close(first.client());
        stage.settle();
        Pair waiting = again(stage, first.listener());
        stage.part("SO_LINGER with 1 second, and the peer is silent: close() waits so long", "SO_LINGER，1 秒，对方没有回音：close() 就等这么久");
        lingerOne(stage, waiting);
        Pair pair = again(stage, first.listener());
        stage.part("SO_LINGER with 0 seconds", "SO_LINGER，0 秒");
        int mark = stage.cable.packets().size();
        stage.server.linger(pair.server(), 0);
        stage.server.close(pair.server());
        stage.fact("RSTs by linger 0", sent(stage, mark, TcpHeader.RST));
        stage.settle();
        stage.fact("read after linger 0", stage.client.read(pair.client()));
        stage.tables();
        stage.fact("TIME_WAIT by linger 0", Stage.count(stage.serverHost, TcpState.TIME_WAIT));
        stage.client.close(pair.client());
        stage.part("close() with unread data", "还有未读数据就 close()");
        Pair second = again(stage, pair.listener());
        stage.client.write(second.client(), "a request nobody reads");
        stage.settle();
        stage.server.write(second.server(), "the last bytes of the answer");
        mark = stage.cable.packets().size();
        stage.server.close(second.server());
        stage.fact("RSTs by unread data", sent(stage, mark, TcpHeader.RST));
        stage.settle();
        stage.fact("first read", stage.client.read(second.client()));
        stage.fact("second read", stage.client.read(second.client()));
        stage.tables();
        stage.remember("close() sends what was written, then FIN. SO_LINGER with n seconds only makes close() wait; with 0 seconds, or with unread data, an RST goes out instead: no TIME-WAIT, but what the peer has not read yet may be lost. Read to the end before close.",
                "close() 先把写入的数据发完，再发 FIN。SO_LINGER 设 n 秒只是让 close() 等待；设 0 秒，或者还有未读的数据，发出的就是 RST：没有 TIME-WAIT，但对方还没读的数据可能丢失。关闭之前先读到结束。");
    }

    private static void lingerOne(Stage stage, Pair pair) {
        stage.server.linger(pair.server(), 1);
        stage.server.write(pair.server(), "anybody there?");
        stage.settle();
        stage.cable.lose(packet -> true);
        stage.server.write(pair.server(), "and now?");
        long began = stage.time.nowNs();
        stage.fact("close with linger 1", Program.errno(stage.server.close(pair.server())));
        stage.fact("milliseconds in close", Math.round((stage.time.nowNs() - began) / 1e6));
        stage.tables();
        stage.fact("goes on in", Stage.states(stage.serverHost));
        stage.drawNothing();
        stage.cable.loseNothing();
        stage.client.quiet(true);
        stage.pass(5);
        stage.client.close(pair.client());
        stage.client.quiet(false);
        stage.pass(61);
        stage.drawAgain();
    }

    /// BEHAVIOUR S1-19, S2-09: the first write after the peer's close brings the RST, the second one SIGPIPE.
    static void brokenPipe(Stage stage) {
        Pair pair = open(stage);
        stage.part("the server closes while the client still wants to write", "服务器关闭了，客户端还想写");
        stage.server.close(pair.server());
        stage.settle();
        stage.tables();
        stage.fact("client after the server's close", Stage.states(stage.clientHost));
        stage.fact("first write", Program.errno(stage.client.write(pair.client(), "one")));
        stage.settle();
        stage.tables();
        stage.fact("client after the RST", Stage.states(stage.clientHost));
        stage.fact("second write", Program.errno(stage.client.write(pair.client(), "two")));
        stage.client.close(pair.client());
        stage.remember("a successful write only means that the data was taken into the send buffer. The peer's FIN does not stop it; its RST does, one call late: EPIPE, and"
                        + " SIGPIPE kills a program that does not ignore it.",
                "write 成功只说明数据放进了发送缓冲区。对方的 FIN 不会阻止写，对方的 RST 才会，而且晚一次调用：EPIPE；没有忽略 SIGPIPE 的程序会被它杀死。");
    }

    /// BEHAVIOUR S4-89, S4-90.
    static void closeWaitLeak(Stage stage) {
        int listener = stage.server.server(true);
        int[] children = new int[3];
        for (int i = 0; i < children.length; i++) {
            if (i == 1) {
                stage.drawNothing();
            }
            Pair pair = again(stage, listener);
            children[i] = pair.server();
            stage.client.close(pair.client());
            stage.settle();
        }
        stage.drawAgain();
        stage.tables();
        stage.fact("CLOSE_WAIT", Stage.count(stage.serverHost, TcpState.CLOSE_WAIT));
        stage.pass(61);
        stage.part("FIN-WAIT-2 of the client ends after 60 s, CLOSE-WAIT does not", "客户端的 FIN-WAIT-2 60 秒后结束，CLOSE-WAIT 不会");
        stage.tables();
        stage.fact("client rows after 61 s", PortTables.rows(stage.clientHost).size());
        stage.pass(86_400);
        stage.part("a day later", "一天之后");
        stage.tables();
        stage.fact("CLOSE_WAIT after a day", Stage.count(stage.serverHost, TcpState.CLOSE_WAIT));
        stage.fact("what read says", stage.server.read(children[0]));
        for (int child : children) {
            stage.server.close(child);
        }
        stage.settle();
        stage.tables();
        stage.fact("CLOSE_WAIT after close", Stage.count(stage.serverHost, TcpState.CLOSE_WAIT));
        stage.remember("CLOSE-WAIT means: the peer has closed, your program has not. No timer ends it; only close() or the end of the program.",
                "CLOSE-WAIT 的意思：对方关了，你的程序没关。没有任何定时器会结束它；只有 close() 或程序退出。");
    }

    /// BEHAVIOUR S3-06.
    static void halfClose(Stage stage) {
        Pair pair = open(stage);
        stage.client.write(pair.client(), "question");
        stage.client.shutdown(pair.client(), InetSocket.SHUT_WR, "SHUT_WR");
        stage.settle();
        stage.tables();
        stage.fact("client", Stage.states(stage.clientHost));
        stage.fact("server", Stage.states(stage.serverHost));
        stage.server.read(pair.server());
        stage.fact("server reads to the end", stage.server.read(pair.server()));
        stage.server.write(pair.server(), "answer");
        stage.fact("client still reads", stage.client.read(pair.client()));
        stage.fact("client writes", Program.errno(stage.client.write(pair.client(), "x")));
        stage.server.close(pair.server());
        stage.settle();
        stage.tables();
        stage.remember("shutdown(SHUT_WR) sends FIN and keeps reading: each direction of a connection ends for itself.",
                "shutdown(SHUT_WR) 发出 FIN，但还能读：连接的两个方向各自结束。");
    }

    /// RFC 9293 figure 13: both close at once.
    static void simultaneousClose(Stage stage) {
        Pair pair = open(stage);
        stage.client.close(pair.client());
        stage.server.close(pair.server());
        stage.pass(0.007);
        stage.tables();
        stage.fact("client when the FINs have crossed", Stage.states(stage.clientHost));
        stage.settle();
        stage.tables();
        stage.fact("client at the end", Stage.states(stage.clientHost));
        stage.fact("server at the end", Stage.states(stage.serverHost));
        stage.remember("when both close first, both pass through CLOSING and both keep TIME-WAIT.", "双方同时先关闭，双方都经过 CLOSING，都留下 TIME-WAIT。");
    }
}
