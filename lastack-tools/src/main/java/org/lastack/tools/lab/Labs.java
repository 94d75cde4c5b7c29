package org.lastack.tools.lab;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// All stories, in the order in which they are best read.
public final class Labs {
    static final List<Lab> ALL = List.of(
            new Lab("connection", "The life of a connection: three segments open it, four close it", "一个连接的一生：三次握手，四次挥手", OpeningLabs::connection),
            new Lab("rebind", "Rebind in TIME-WAIT, with and without SO_REUSEADDR", "TIME-WAIT 期间重新绑定，有和没有 SO_REUSEADDR", TimeWaitLabs::rebind),
            new Lab("two-clients", "The server closes two clients: 1 LISTEN and 2 TIME-WAIT", "服务器关闭两个客户端：1 个 LISTEN，2 个 TIME-WAIT", TimeWaitLabs::twoClients),
            new Lab("last-ack-lost", "The last ACK is lost, 0 to 3 times, and nobody in TIME-WAIT", "最后的 ACK 丢失 0 到 3 次，以及没有 TIME-WAIT", TimeWaitLabs::lastAckLost),
            new Lab("late-duplicate", "A late duplicate against a new connection with the same names", "迟到的重复报文段遇上同名的新连接", TimeWaitLabs::lateDuplicate),
            new Lab("rfc1337", "The three hazards of a TIME-WAIT that ends too early", "TIME-WAIT 过早结束的三种危险", TimeWaitLabs::rfc1337),
            new Lab("dup", "close() against shutdown() on a descriptor that was dup'ed", "对 dup 出来的描述符 close() 与 shutdown()", ClosingLabs::dup),
            new Lab("linger", "What close() does with data: SO_LINGER off, 1 s and 0, and unread data", "close() 怎样对待数据：没有 SO_LINGER、1 秒、0 秒，还有未读的数据", ClosingLabs::linger),
            new Lab("broken-pipe", "Writing to a peer that has closed: RST, then EPIPE", "向已经关闭的对方写：先 RST，后 EPIPE", ClosingLabs::brokenPipe),
            new Lab("close-wait", "A program that forgets to close: CLOSE-WAIT for ever", "忘记关闭的程序：永远的 CLOSE-WAIT", ClosingLabs::closeWaitLeak),
            new Lab("half-close", "One direction ends, the other goes on", "一个方向结束，另一个方向继续", ClosingLabs::halfClose),
            new Lab("simultaneous-close", "Both close at once", "双方同时关闭", ClosingLabs::simultaneousClose),
            new Lab("simultaneous-open", "Two SYNs cross", "两个 SYN 相遇", OpeningLabs::simultaneousOpen),
            new Lab("old-syn", "An old duplicate SYN: what the third segment of the handshake is for", "旧的重复 SYN：第三次握手的用处", OpeningLabs::oldSyn),
            new Lab("no-answer", "Connection refused against connection timed out", "连接被拒绝与连接超时", OpeningLabs::noAnswer),
            new Lab("self-connect", "A client that is connected to itself", "客户端连到了自己", OpeningLabs::selfConnect),
            new Lab("syn-flood", "A flood of SYNs, with cookies and without", "SYN 洪水，有和没有 cookie", OpeningLabs::synFlood),
            new Lab("backlog", "listen(5), eight clients, no accept", "listen(5)，八个客户端，没有 accept", OpeningLabs::backlog),
            new Lab("ephemeral-ports", "Ephemeral ports are used up", "临时端口用完了", PortLabs::ephemeral),
            new Lab("addresses", "One port, several addresses, protocols and instances", "一个端口，几个地址、协议和实例", PortLabs::addresses),
            new Lab("reuseport", "Four listeners share one port", "四个监听者分享一个端口", PortLabs::reusePort),
            new Lab("or-bug", "setsockopt(SO_REUSEADDR | SO_REUSEPORT)", "setsockopt(SO_REUSEADDR | SO_REUSEPORT)：错误用法", PortLabs::orBug),
            new Lab("stream", "Three writes, one read: TCP has no messages", "写三次，读一次：TCP 没有消息边界", TransferLabs::stream),
            new Lab("retransmission", "A lost segment, a lost ACK, and silence", "丢失的报文段、丢失的 ACK、完全没有回音", TransferLabs::retransmission),
            new Lab("zero-window", "A receiver that does not read", "不读数据的接收方", TransferLabs::zeroWindow),
            new Lab("nagle", "Nagle and delayed ACKs: 40 ms", "Nagle 与延迟确认：40 毫秒", TransferLabs::nagle),
            new Lab("half-open", "The peer is gone: keep-alive, user timeout, nothing", "对方消失了：保活、用户超时、什么都没有", TransferLabs::halfOpen),
            new Lab("urgent", "One urgent octet", "一个紧急字节", TransferLabs::urgent),
            new Lab("udp", "Datagrams that are cut or dropped, and nobody listens", "被截断、被丢弃的数据报，以及没有人监听", TransferLabs::udp));

    private Labs() {}

    /// What happened in a story, by names of its own: states, counts, errno, seconds.
    ///
    /// @throws IllegalArgumentException if there is no such story
    public static Map<String, Object> facts(String name) {
        Lab lab = named(name);
        if (lab == null) {
            throw new IllegalArgumentException("no story " + name);
        }
        return lab.tell(false).facts();
    }

    static @Nullable Lab named(String name) {
        return ALL.stream().filter(lab -> lab.name().equals(name)).findFirst().orElse(null);
    }

    /// The lab whose name is most like a mistyped one: the same word in it, or no more than a third of its letters wrong. Null if there is none.
    static @Nullable Lab nearest(String name) {
        String wanted = name.toLowerCase(Locale.ROOT).replace('_', '-').replace(' ', '-');
        Lab best = null;
        int least = Integer.MAX_VALUE;
        for (Lab lab : ALL) {
            int distance = wanted.length() >= 3 && (lab.name().contains(wanted) || wanted.contains(lab.name())) ? 0 : distance(wanted, lab.name());
            if (distance < least && distance <= Math.max(1, lab.name().length() / 3)) {
                least = distance;
                best = lab;
            }
        }
        return best;
    }

    /// How many letters must be put in, taken out or changed (Levenshtein).
    private static int distance(String one, String other) {
        int[] row = new int[other.length() + 1];
        for (int j = 0; j < row.length; j++) {
            row[j] = j;
        }
        for (int i = 1; i <= one.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j < row.length; j++) {
                int changed = diagonal + (one.charAt(i - 1) == other.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(changed, 1 + Math.min(row[j], row[j - 1]));
            }
        }
        return row[other.length()];
    }
}
