package org.lastack.tools.tables;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.lastack.tools.Json;
import org.lastack.wire.IpAddress;

/// The tables against what net-tools 2.10 and iproute2 6.1 printed for the same sockets (a Python process in a namespace of its own;
/// rows reordered, which is the kernel's accident).
class TablesTest {
    private static SocketEntry entry(boolean tcp, boolean v6, String state, long received, long sent, String local, int localPort, String remote, int remotePort,
            int inode, int descriptor, SocketEntry.Timer timer) {
        return new SocketEntry(tcp, v6, state, received, sent, IpAddress.of(local), localPort, "", IpAddress.of(remote), remotePort, 0, inode,
                descriptor < 0 ? 0 : 16427, descriptor < 0 ? "" : "python3", descriptor, timer, local.equals("::1"), state.equals("CLOSE_WAIT") ? 1 : 0, null, Map.of());
    }

    private static final SocketEntry.Timer OFF = SocketEntry.Timer.OFF;
    private static final SocketEntry.Timer TIME_WAIT = new SocketEntry.Timer("timewait", 59_980, 0);

    private static final List<SocketEntry> SOCKETS = List.of(
            entry(true, false, "LISTEN", 1, 5, "0.0.0.0", 9000, "0.0.0.0", 0, 46002, 3, OFF),
            entry(true, false, "ESTABLISHED", 0, 0, "127.0.0.1", 9000, "127.0.0.1", 57996, 46006, 7, OFF),
            entry(true, false, "ESTABLISHED", 0, 0, "127.0.0.1", 9000, "127.0.0.1", 58020, 0, -1, OFF),
            entry(true, false, "FIN_WAIT_2", 0, 0, "127.0.0.1", 9000, "127.0.0.1", 58010, 0, -1, TIME_WAIT),
            entry(true, false, "ESTABLISHED", 5, 0, "127.0.0.1", 57996, "127.0.0.1", 9000, 46005, 6, new SocketEntry.Timer("keepalive", 7_199_980, 0)),
            entry(true, false, "CLOSE_WAIT", 1, 0, "127.0.0.1", 58010, "127.0.0.1", 9000, 46015, 13, OFF),
            entry(true, false, "TIME_WAIT", 0, 0, "127.0.0.1", 9000, "127.0.0.1", 58002, 0, -1, TIME_WAIT),
            entry(true, true, "LISTEN", 0, 5, "::", 8080, "::", 0, 46003, 4, OFF),
            entry(true, true, "LISTEN", 0, 5, "::1", 65432, "::", 0, 46004, 5, OFF),
            entry(true, true, "ESTABLISHED", 0, 0, "127.0.0.1", 8080, "127.0.0.1", 47420, 46008, 9, OFF),
            entry(true, true, "ESTABLISHED", 0, 0, "::1", 65432, "::1", 41972, 46010, 12, OFF),
            entry(false, false, "UNCONN", 832, 0, "0.0.0.0", 9, "0.0.0.0", 0, 46018, 15, OFF),
            entry(false, false, "ESTABLISHED", 0, 0, "127.0.0.1", 51096, "127.0.0.1", 9, 46019, 16, OFF),
            entry(false, true, "UNCONN", 0, 0, "::", 7, "::", 0, 46020, 17, OFF));

    private static String netstat(NetstatTable.Options options, List<SocketEntry> sockets) {
        return stripped(new NetstatTable(options).render(sockets.stream().sorted(NetstatTable.ORDER).toList()));
    }

    private static String stripped(String text) {
        return text.lines().map(String::stripTrailing).collect(Collectors.joining("\n", "", "\n"));
    }

    /// Carries S1-02, S3-13: all sockets, numbers, programs and states, as `netstat -anp` shows them.
    @Test
    void netstatTuanpeo() {
        assertThat(netstat(new NetstatTable.Options(true, false, true, true, true, false, true, ServiceNames.none()), SOCKETS)).isEqualTo("""
                Active Internet connections (servers and established)
                Proto Recv-Q Send-Q Local Address           Foreign Address         State       User       Inode      PID/Program name     Timer
                tcp        1      0 0.0.0.0:9000            0.0.0.0:*               LISTEN      0          46002      16427/python3        off (0.00/0/0)
                tcp        0      0 127.0.0.1:9000          127.0.0.1:57996         ESTABLISHED 0          46006      16427/python3        off (0.00/0/0)
                tcp        0      0 127.0.0.1:9000          127.0.0.1:58010         FIN_WAIT2   0          0          -                    timewait (59.98/0/0)
                tcp        0      0 127.0.0.1:9000          127.0.0.1:58020         ESTABLISHED 0          0          -                    off (0.00/0/0)
                tcp        5      0 127.0.0.1:57996         127.0.0.1:9000          ESTABLISHED 0          46005      16427/python3        keepalive (7199.98/0/0)
                tcp        1      0 127.0.0.1:58010         127.0.0.1:9000          CLOSE_WAIT  0          46015      16427/python3        off (0.00/0/0)
                tcp        0      0 127.0.0.1:9000          127.0.0.1:58002         TIME_WAIT   0          0          -                    timewait (59.98/0/0)
                tcp6       0      0 :::8080                 :::*                    LISTEN      0          46003      16427/python3        off (0.00/0/0)
                tcp6       0      0 ::1:65432               :::*                    LISTEN      0          46004      16427/python3        off (0.00/0/0)
                tcp6       0      0 127.0.0.1:8080          127.0.0.1:47420         ESTABLISHED 0          46008      16427/python3        off (0.00/0/0)
                tcp6       0      0 ::1:65432               ::1:41972               ESTABLISHED 0          46010      16427/python3        off (0.00/0/0)
                udp      832      0 0.0.0.0:9               0.0.0.0:*                           0          46018      16427/python3        off (0.00/0/0)
                udp        0      0 127.0.0.1:51096         127.0.0.1:9             ESTABLISHED 0          46019      16427/python3        off (0.00/0/0)
                udp6       0      0 :::7                    :::*                                0          46020      16427/python3        off (0.00/0/0)
                """);
    }

    /// Carries S4-08: -l, -t and -u choose, names replace numbers without -n.
    @Test
    void netstatLtuShowsOnlyWhatWaitsWithNames() {
        ServiceNames names = ServiceNames.of(List.of("http-alt 8080/tcp webcache # proxy", "discard 9/udp", "echo 7/udp"));
        assertThat(netstat(new NetstatTable.Options(false, true, false, false, false, false, false, names), SOCKETS)).isEqualTo("""
                Active Internet connections (only servers)
                Proto Recv-Q Send-Q Local Address           Foreign Address         State
                tcp        1      0 0.0.0.0:9000            0.0.0.0:*               LISTEN
                tcp6       0      0 [::]:http-alt           [::]:*                  LISTEN
                tcp6       0      0 ::1:65432               [::]:*                  LISTEN
                udp      832      0 0.0.0.0:discard         0.0.0.0:*
                udp6       0      0 [::]:echo               [::]:*
                """);
    }

    private static String ss(List<String> filter, boolean all, SsTable.Options options, Comparator<SocketEntry> order) {
        SsFilter chosen = SsFilter.parse(filter, all, false, ServiceNames.none());
        return stripped(new SsTable(options).render(SOCKETS.stream().filter(chosen::accepts).sorted(order).toList()));
    }

    @Test
    void ssTuanp() {
        SsTable.Options options = new SsTable.Options(true, true, true, false, false, false, false, false, true, ServiceNames.none());
        assertThat(ss(List.of(), true, options, SsTable.ORDER)).isEqualTo("""
                Netid State      Recv-Q Send-Q      Local Address:Port        Peer Address:Port Process
                udp   UNCONN     832    0                 0.0.0.0:9                0.0.0.0:*     users:(("python3",pid=16427,fd=15))
                udp   ESTAB      0      0               127.0.0.1:51096          127.0.0.1:9     users:(("python3",pid=16427,fd=16))
                udp   UNCONN     0      0                       *:7                      *:*     users:(("python3",pid=16427,fd=17))
                tcp   LISTEN     1      5                 0.0.0.0:9000             0.0.0.0:*     users:(("python3",pid=16427,fd=3))
                tcp   ESTAB      0      0               127.0.0.1:9000           127.0.0.1:57996 users:(("python3",pid=16427,fd=7))
                tcp   FIN-WAIT-2 0      0               127.0.0.1:9000           127.0.0.1:58010
                tcp   ESTAB      0      0               127.0.0.1:9000           127.0.0.1:58020
                tcp   ESTAB      5      0               127.0.0.1:57996          127.0.0.1:9000  users:(("python3",pid=16427,fd=6))
                tcp   CLOSE-WAIT 1      0               127.0.0.1:58010          127.0.0.1:9000  users:(("python3",pid=16427,fd=13))
                tcp   TIME-WAIT  0      0               127.0.0.1:9000           127.0.0.1:58002
                tcp   LISTEN     0      5                       *:8080                   *:*     users:(("python3",pid=16427,fd=4))
                tcp   LISTEN     0      5                   [::1]:65432               [::]:*     users:(("python3",pid=16427,fd=5))
                tcp   ESTAB      0      0      [::ffff:127.0.0.1]:8080  [::ffff:127.0.0.1]:47420 users:(("python3",pid=16427,fd=9))
                tcp   ESTAB      0      0                   [::1]:65432              [::1]:41972 users:(("python3",pid=16427,fd=12))
                """);
    }

    @Test
    void ssWithOneStateHasNoColumnForIt() {
        SsTable.Options options = new SsTable.Options(false, false, false, true, true, false, false, false, true, ServiceNames.none());
        assertThat(ss(List.of("state", "time-wait"), true, options, SsTable.ORDER)).isEqualTo("""
                Recv-Q Send-Q Local Address:Port Peer Address:Port Process
                0      0          127.0.0.1:9000    127.0.0.1:58002 timer:(timewait,59sec,0) ino:0
                """);
    }

    @Test
    void ssExpressions() {
        assertThat(select("sport = :9000")).isEqualTo(4 + 1);
        assertThat(select("( sport = :9000 or dport = :9000 ) and not state")).isEqualTo(-1);
        assertThat(select("(sport=:9000 or dport=:9000)")).isEqualTo(7);
        assertThat(select("dst 127.0.0.1")).isEqualTo(8);
        assertThat(select("dst 127.0.0.1:9000")).isEqualTo(2);
        assertThat(select("src [::1]:65432")).isEqualTo(2);
        assertThat(select("src 127.0.0.0/8 sport >= :50000")).isEqualTo(3);
        assertThat(select("! sport :9000")).isEqualTo(SOCKETS.size() - 5);
        assertThat(select("state all exclude listening exclude time-wait")).isEqualTo(SOCKETS.size() - 4);
        assertThatThrownBy(() -> parse("state nonsense")).hasMessageContaining("'nonsense' is no state");
        assertThatThrownBy(() -> parse("sport = :99999")).hasMessageContaining("no port");
        assertThatThrownBy(() -> parse("( dst 10.0.0.1")).hasMessageContaining(") is missing");
    }

    private static SsFilter parse(String filter) {
        return SsFilter.parse(List.of(filter.split(" ")), true, false, ServiceNames.none());
    }

    private static long select(String filter) {
        try {
            SsFilter chosen = parse(filter);
            return SOCKETS.stream().filter(chosen::accepts).count();
        } catch (IllegalArgumentException e) {
            return -1;
        }
    }

    @Test
    void ssWithoutOptionsHidesListenersAndTimeWait() {
        SsFilter chosen = SsFilter.parse(List.of(), false, false, ServiceNames.none());
        assertThat(SOCKETS.stream().filter(chosen::accepts).map(SocketEntry::state).distinct()).containsExactlyInAnyOrder("ESTABLISHED", "FIN_WAIT_2", "CLOSE_WAIT");
    }

    @Test
    void timesAreWrittenAsSsDoes() {
        assertThat(SsTable.left(7_199_980)).isEqualTo("119min");
        assertThat(SsTable.left(59_980)).isEqualTo("59sec");
        assertThat(SsTable.left(125_000)).isEqualTo("2min5sec");
        assertThat(SsTable.left(200)).isEqualTo("200ms");
        assertThat(SsTable.left(0)).isEqualTo("0ms");
    }

    @Test
    void ssInfoAndMemoryGoToASecondLine() {
        Map<String, Object> info = new LinkedHashMap<>();
        info.put("cubic", true);
        info.put("wscale", "7,7");
        info.put("rto", 204);
        info.put("send", 1234);
        Map<String, Object> memory = Map.of("rb", 131_072, "tb", 16_384);
        SocketEntry plain = SOCKETS.get(1);
        SocketEntry rich = new SocketEntry(true, false, "ESTABLISHED", 0, 0, plain.local(), 9000, "", plain.remote(), 57996, 0, 1, 0, "", -1, OFF, false, 0, memory, info);
        SsTable.Options options = new SsTable.Options(false, true, false, false, false, true, true, false, true, ServiceNames.none());
        assertThat(new SsTable(options).render(List.of(rich)))
                .contains("\n\t skmem:(r0,rb131072,t0,tb16384,f0,w0,o0,bl0,d0) cubic wscale:7,7 rto:204 send 1234bps");
    }

    @Test
    void anEntrySurvivesTheControlSocket() throws Exception {
        List<SocketEntry> back = new ArrayList<>();
        for (SocketEntry each : SOCKETS) {
            back.add(SocketEntry.of(Json.parse(Json.write(each.toJson()))));
        }
        assertThat(back).isEqualTo(SOCKETS);
    }

    @Test
    void statisticsHaveNetstatsWords() {
        Map<String, Long> counters = new LinkedHashMap<>();
        counters.put("IpInReceives", 5L);
        counters.put("TcpInSegs", 4L);
        counters.put("TcpExtTCPTimeouts", 2L);
        counters.put("Ip6InReceives", 0L);
        counters.put("LastackInputFaults", 1L);
        assertThat(NetstatStatistics.render(counters))
                .contains("Ip:\n    5 total packets received\n", "Tcp:\n    4 segments received\n", "TcpExt:\n    TCPTimeouts: 2\n", "Lastack:\n    LastackInputFaults: 1\n");
    }
}
