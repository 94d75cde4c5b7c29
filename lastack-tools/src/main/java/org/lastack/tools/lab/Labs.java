package org.lastack.tools.lab;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// All stories, in the order in which they are best read.
final class Labs {
    static final List<Lab> ALL = List.of(
            new Lab("rebind", "Rebind in TIME-WAIT, with and without SO_REUSEADDR", "TIME-WAIT 期间重新绑定，有和没有 SO_REUSEADDR", TimeWaitLabs::rebind),
            new Lab("two-clients", "The server closes two clients: 1 LISTEN and 2 TIME-WAIT", "服务器关闭两个客户：1 个 LISTEN，2 个 TIME-WAIT", TimeWaitLabs::twoClients),
            new Lab("last-ack-lost", "The last ACK is lost, 0 to 3 times", "最后的 ACK 丢失 0 到 3 次", TimeWaitLabs::lastAckLost),
            new Lab("late-duplicate", "A late duplicate against a new connection with the same names", "迟到的重复报文段遇上同名的新连接", TimeWaitLabs::lateDuplicate),
            new Lab("rfc1337", "The three hazards of a TIME-WAIT that ends too early", "TIME-WAIT 过早结束的三种危险", TimeWaitLabs::rfc1337),
            new Lab("dup", "close() against shutdown() on a descriptor that was dup'ed", "对 dup 出来的描述符 close() 与 shutdown()", ClosingLabs::dup),
            new Lab("linger", "SO_LINGER 0, and close with unread data: RST", "SO_LINGER 0，以及还有未读数据就关闭：RST", ClosingLabs::linger),
            new Lab("close-wait", "A program that forgets to close: CLOSE-WAIT for ever", "忘记关闭的程序：永远的 CLOSE-WAIT", ClosingLabs::closeWaitLeak),
            new Lab("half-close", "One direction ends, the other goes on", "一个方向结束，另一个方向继续", ClosingLabs::halfClose),
            new Lab("simultaneous-close", "Both close at once", "双方同时关闭", ClosingLabs::simultaneousClose),
            new Lab("simultaneous-open", "Two SYNs cross", "两个 SYN 相遇", OpeningLabs::simultaneousOpen),
            new Lab("self-connect", "A client that is connected to itself", "客户连到了自己", OpeningLabs::selfConnect),
            new Lab("syn-flood", "A flood of SYNs, with cookies and without", "SYN 洪水，有和没有 cookie", OpeningLabs::synFlood),
            new Lab("backlog", "listen(5), eight clients, no accept", "listen(5)，八个客户，没有 accept", OpeningLabs::backlog),
            new Lab("ephemeral-ports", "Ephemeral ports are used up", "临时端口用完了", PortLabs::ephemeral),
            new Lab("reuseport", "Four listeners share one port", "四个监听者分享一个端口", PortLabs::reusePort),
            new Lab("or-bug", "setsockopt(SO_REUSEADDR | SO_REUSEPORT)", "setsockopt(SO_REUSEADDR | SO_REUSEPORT)：错误用法", PortLabs::orBug),
            new Lab("udp", "Datagrams that are cut, and nobody listens", "被截断的数据报，以及没有人监听", TransferLabs::udp),
            new Lab("half-open", "The peer is gone: keep-alive, user timeout, nothing", "对方消失了：保活、用户超时、什么都没有", TransferLabs::halfOpen),
            new Lab("nagle", "Nagle and delayed ACKs: 40 ms", "Nagle 与延迟确认：40 毫秒", TransferLabs::nagle));

    private Labs() {}

    static @Nullable Lab named(String name) {
        return ALL.stream().filter(lab -> lab.name().equals(name)).findFirst().orElse(null);
    }
}
