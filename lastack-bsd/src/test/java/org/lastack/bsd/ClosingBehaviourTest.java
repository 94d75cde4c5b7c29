package org.lastack.bsd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.lastack.bsd.Lab.MILLISECOND;
import static org.lastack.bsd.Lab.PORT;
import static org.lastack.bsd.Lab.SECOND;
import static org.lastack.bsd.Lab.bind;
import static org.lastack.bsd.Lab.error;
import static org.lastack.bsd.Lab.linger;
import static org.lastack.bsd.Lab.name;
import static org.lastack.bsd.Lab.read;
import static org.lastack.bsd.Lab.readNow;
import static org.lastack.bsd.Lab.reuse;
import static org.lastack.bsd.Lab.tcp;
import static org.lastack.bsd.Lab.write;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.lastack.core.Errno;
import org.lastack.core.Sysctl;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.socket.SocketOptions;
import org.lastack.core.tcp.TcpState;

/// How connections end, what TIME-WAIT is for, and who may use a port again: behaviours S0, S1, S2 and S3 through socket calls of two hosts.
class ClosingBehaviourTest {
    /// A FIN is acknowledged at the next tick, in case that the program closes at once and the ACK can ride on our FIN.
    private static final long FIN_ACK_DELAY_NS = 1_000_000;

    private static List<String> flags(List<Wiretap.Packet> packets) {
        return packets.stream().map(each -> (each.has("IP 10.0.0.1.") ? "client " : "server ") + each.text().replaceAll(".*Flags (\\[.*?\\]).*", "$1")).toList();
    }

    /// S0-01, S1-10, S1-11, S1-12, S4-80: four segments; TIME-WAIT begins when the peer's FIN is processed, and its ACK leaves in the same step.
    @Test
    void s0_01_s1_10_s1_11_s1_12_s4_80_fourSegmentsClose() {
        try (Lab lab = new Lab()) {
            int listener = lab.listen(true);
            int fd = lab.connect();
            int child = lab.accept(listener);
            int mark = lab.wire.mark();
            lab.client.close(fd);
            lab.time.runFor(FIN_ACK_DELAY_NS);
            assertThat(lab.clientStates()).containsExactly("FIN_WAIT_2");
            assertThat(lab.serverStates()).containsExactly("CLOSE_WAIT", "LISTEN");
            lab.server.close(child);
            assertThat(lab.clientStates()).containsExactly("TIME_WAIT");
            assertThat(flags(lab.wire.since(mark))).containsExactly("client [F.]", "server [.]", "server [F.]", "client [.]");
            // S0-03, S1-12: with the last ACK the passive side is gone; S0-08, S3-01: only the active closer waits.
            assertThat(lab.serverStates()).containsExactly("LISTEN");
        }
    }

    /// S0-02, S0-04, S3-05, S2-04: LAST-ACK keeps the FIN and repeats it at doubling intervals until it is acknowledged.
    @Test
    void s0_02_s0_04_s2_04_s3_05_theFinIsRepeatedUntilAcknowledged() {
        try (Lab lab = new Lab()) {
            int listener = lab.listen(true);
            int fd = lab.connect();
            int child = lab.accept(listener);
            lab.client.close(fd);
            lab.time.settle();
            lab.wire.lose(text -> text.startsWith("IP 10.0.0.1."));
            lab.server.close(child);
            int mark = lab.wire.mark();
            lab.time.runFor(4 * SECOND);
            assertThat(lab.serverStates()).containsExactly("LAST_ACK", "LISTEN");
            List<Long> times = lab.wire.since(mark).stream().filter(each -> each.has("10.0.0.2.9000 >") && each.has("[F.]")).map(Wiretap.Packet::timeNs).toList();
            assertThat(times).hasSizeGreaterThanOrEqualTo(4);
            for (int i = 2; i + 1 < times.size(); i++) {
                assertThat(times.get(i + 1) - times.get(i)).isEqualTo(2 * (times.get(i) - times.get(i - 1)));
            }
            // S0-06, S1-15, S3-03: TIME-WAIT answers, and the passive side ends.
            lab.wire.loseNothing();
            lab.time.runFor(4 * SECOND);
            assertThat(lab.serverStates()).containsExactly("LISTEN");
            assertThat(lab.clientStates()).containsExactly("TIME_WAIT");
        }
    }

    /// S3-05: the FIN is not repeated for ever: an orphan in LAST-ACK gives up.
    @Test
    void s3_05_lastAckIsBounded() {
        try (Lab lab = new Lab()) {
            int listener = lab.listen(true);
            int fd = lab.connect();
            int child = lab.accept(listener);
            lab.client.close(fd);
            lab.time.settle();
            lab.wire.lose(text -> true);
            lab.server.close(child);
            lab.time.runFor(20 * 60 * SECOND);
            assertThat(lab.serverStates()).containsExactly("LISTEN");
        }
    }

    /// S0-05, S1-15, S2-05, S4-83: without TIME-WAIT a repeated FIN meets nobody and gets RST; the passive side ends in an error. With it, an ACK.
    @Test
    void s0_05_s0_06_s1_15_s2_05_s4_83_whatTimeWaitIsFor() {
        for (boolean timeWait : new boolean[] {true, false}) {
            try (Lab lab = new Lab(builder -> builder.sysctl(Sysctl.TCP_MAX_TW_BUCKETS, timeWait ? 1000 : 0))) {
                int listener = lab.listen(true);
                int fd = lab.connect();
                int child = lab.accept(listener);
                lab.client.close(fd);
                lab.time.settle();
                lab.wire.lose(text -> text.startsWith("IP 10.0.0.1."));
                lab.server.shutdown(child, InetSocket.SHUT_WR);
                lab.time.runFor(50 * MILLISECOND);
                lab.wire.loseNothing();
                int mark = lab.wire.mark();
                lab.time.runFor(SECOND);
                assertThat(flags(lab.wire.since(mark))).containsExactly("server [F.]", timeWait ? "client [.]" : "client [R]");
                assertThat(error(lab.server, child)).isEqualTo(timeWait ? 0 : Errno.ECONNRESET);
            }
        }
    }

    /// S0-06, S2-04: the repeated FIN starts the 2 MSL anew.
    @Test
    void s0_06_s2_04_aRepeatedFinRestartsTheWait() {
        try (Lab lab = new Lab()) {
            int listener = lab.listen(true);
            int fd = lab.connect();
            int child = lab.accept(listener);
            lab.client.close(fd);
            lab.time.settle();
            lab.wire.lose(text -> text.startsWith("IP 10.0.0.1."));
            lab.server.close(child);
            lab.time.runFor(SECOND);
            lab.wire.loseNothing();
            lab.time.runFor(5 * SECOND);
            long lastFinNs = lab.wire.with("10.0.0.2.9000 >", "[F.]").getLast().timeNs();
            assertThat(lastFinNs).isGreaterThan(SECOND);
            lab.time.runFor(lastFinNs + 60 * SECOND - MILLISECOND - lab.time.nowNs());
            assertThat(lab.clientStates()).containsExactly("TIME_WAIT");
            lab.time.runFor(2 * MILLISECOND);
            assertThat(lab.clientStates()).isEmpty();
        }
    }

    /// S0-07, S1-13, S4-85: the server closed first, is killed and started again: without the option its port is taken, with it not.
    @Test
    void s0_07_s0_11_s1_13_s1_24_s4_85_s4_88_restartOfAServer() {
        for (boolean reuse : new boolean[] {false, true}) {
            try (Lab lab = new Lab()) {
                serverClosesFirst(lab, reuse);
                lab.restartServer();
                assertThat(lab.serverStates()).containsExactly("TIME_WAIT");
                int fd = tcp(lab.server);
                if (reuse) {
                    reuse(lab.server, fd);
                }
                int result = bind(lab.server, fd, "0.0.0.0", PORT);
                assertThat(name(result)).isEqualTo(reuse ? "OK" : "EADDRINUSE");
                assertThat(result).isEqualTo(reuse ? 0 : -98);
                if (reuse) {
                    assertThat(lab.server.listen(fd, 5)).isZero();
                }
            }
        }
    }

    private static void serverClosesFirst(Lab lab, boolean reuse) {
        int listener = lab.listen(reuse);
        int fd = lab.connect();
        int child = lab.accept(listener);
        lab.server.close(child);
        assertThat(read(lab.client, fd)).isEqualTo("EOF");
        lab.client.close(fd);
        lab.time.settle();
    }

    /// S0-10, S1-25: on Linux the option must have been on the old socket, too; children inherit it from the listener.
    @Test
    void s0_10_s1_25_theOldSocketNeedsTheOptionToo() {
        try (Lab lab = new Lab()) {
            serverClosesFirst(lab, false);
            lab.restartServer();
            int fd = tcp(lab.server);
            reuse(lab.server, fd);
            assertThat(name(bind(lab.server, fd, "0.0.0.0", PORT))).isEqualTo("EADDRINUSE");
        }
        // S1-25: connections of an earlier server that still live do not hinder a new listener if both have the option.
        try (Lab lab = new Lab()) {
            int listener = lab.listen(true);
            lab.connect();
            int child = lab.accept(listener);
            lab.server.close(listener);
            int fd = tcp(lab.server);
            reuse(lab.server, fd);
            assertThat(name(bind(lab.server, fd, "0.0.0.0", PORT))).isEqualTo("OK");
            assertThat(lab.server.listen(fd, 5)).isZero();
            lab.server.close(child);
        }
    }

    /// S0-08: if both close at once, both wait.
    @Test
    void s0_08_simultaneousCloseLeavesTwoTimeWaits() {
        try (Lab lab = new Lab()) {
            int listener = lab.listen(true);
            int fd = lab.connect();
            int child = lab.accept(listener);
            lab.time.settle();
            lab.client.close(fd);
            lab.server.close(child);
            assertThat(lab.clientStates()).containsExactly("TIME_WAIT");
            assertThat(lab.serverStates()).containsExactly("LISTEN", "TIME_WAIT");
        }
    }

    /// S0-09: TIME-WAIT on the client's side does matter: a small range of ports to one destination is soon used up.
    @Test
    void s0_09_clientPortsRunOut() {
        try (Lab lab = new Lab(builder -> builder.sysctl(Sysctl.IP_LOCAL_PORT_RANGE_LOW, 40_000).sysctl(Sysctl.IP_LOCAL_PORT_RANGE_HIGH, 40_003))) {
            int listener = lab.listen(true);
            for (int i = 0; i < 4; i++) {
                int fd = lab.connect();
                int child = lab.accept(listener);
                lab.client.close(fd);
                lab.server.close(child);
            }
            assertThat(lab.clientStates()).containsExactly("TIME_WAIT", "TIME_WAIT", "TIME_WAIT", "TIME_WAIT");
            assertThat(name(lab.client.connect(tcp(lab.client), SockAddr.of("10.0.0.2", PORT)))).isEqualTo("EADDRNOTAVAIL");
            lab.connect("10.0.0.3");
        }
    }

    /// S0-12: the echo server of the text: bind, listen(5), accept one, echo until end of file, close both; either side may close first.
    @Test
    void s0_12_echoOnce() {
        for (boolean clientFirst : new boolean[] {true, false}) {
            try (Lab lab = new Lab()) {
                int listener = lab.listen(true);
                int fd = lab.connect();
                int child = lab.accept(listener);
                write(lab.client, fd, "hello");
                String heard = read(lab.server, child);
                write(lab.server, child, heard);
                assertThat(read(lab.client, fd)).isEqualTo("hello");
                if (clientFirst) {
                    lab.client.close(fd);
                    assertThat(read(lab.server, child)).isEqualTo("EOF");
                    lab.server.close(child);
                } else {
                    lab.server.close(child);
                    assertThat(read(lab.client, fd)).isEqualTo("EOF");
                    lab.client.close(fd);
                }
                lab.server.close(listener);
                assertThat(lab.clientStates()).isEqualTo(clientFirst ? List.of("TIME_WAIT") : List.of());
                assertThat(lab.serverStates()).isEqualTo(clientFirst ? List.of() : List.of("TIME_WAIT"));
            }
        }
    }

    /// S0-12, S4-72: listen(5) takes six connections before anybody accepts; they are complete.
    @Test
    void s0_12_s4_72_sixConnectionsWaitForAListenerOfFive() {
        try (Lab lab = new Lab()) {
            int listener = lab.listen(true);
            for (int i = 0; i < 6; i++) {
                write(lab.client, lab.connect(), "before accept");
            }
            int seventh = lab.client.socket(InetSocket.AF_INET, Linux.SOCK_STREAM | Linux.SOCK_NONBLOCK, 0);
            assertThat(name(lab.client.connect(seventh, SockAddr.of("10.0.0.2", PORT)))).isEqualTo("EINPROGRESS");
            lab.time.runFor(100 * MILLISECOND);
            assertThat(name(lab.client.connect(seventh, SockAddr.of("10.0.0.2", PORT)))).isEqualTo("EALREADY");
            for (int i = 0; i < 6; i++) {
                assertThat(read(lab.server, lab.accept(listener))).isEqualTo("before accept");
            }
        }
    }

    /// S0-13: the wildcard address listens on every address of the host.
    @Test
    void s0_13_theWildcardHearsEveryAddress() {
        try (Lab lab = new Lab()) {
            int listener = lab.listen(true);
            lab.connect("10.0.0.2");
            lab.connect("10.0.0.3");
            lab.accept(listener);
            lab.accept(listener);
            assertThat(Lab.rows(lab.serverHost).stream().filter(row -> row.state() == TcpState.ESTABLISHED).map(row -> row.local().toString()))
                    .containsExactlyInAnyOrder("10.0.0.2", "10.0.0.3");
        }
    }

    /// S1-01, S1-27, S1-29: who may bind one port twice.
    @Test
    void s1_01_s1_27_s1_29_oneAddressAndPortTwice() {
        try (Lab lab = new Lab()) {
            int first = tcp(lab.server);
            assertThat(bind(lab.server, first, "0.0.0.0", PORT)).isZero();
            int result = bind(lab.server, tcp(lab.server), "0.0.0.0", PORT);
            assertThat(result).isEqualTo(-98);
            assertThat(Errno.text(result)).isEqualTo("Address already in use");
            // S1-27: with the option on both, two may bind; the first that listens wins.
            int third = tcp(lab.server);
            int fourth = tcp(lab.server);
            reuse(lab.server, third);
            reuse(lab.server, fourth);
            assertThat(bind(lab.server, third, "0.0.0.0", 9001)).isZero();
            assertThat(bind(lab.server, fourth, "0.0.0.0", 9001)).isZero();
            assertThat(lab.server.listen(third, 1)).isZero();
            assertThat(name(lab.server.listen(fourth, 1))).isEqualTo("EADDRINUSE");
            // S1-29: another process finds the port of a listener taken, whatever its options.
            BsdSockets other = new BsdSockets(lab.serverHost, lab.server.owner());
            int fifth = tcp(other);
            reuse(other, fifth);
            assertThat(name(bind(other, fifth, "0.0.0.0", 9001))).isEqualTo("EADDRINUSE");
            other.close();
        }
    }

    /// S1-26: different specific addresses need no option; the wildcard beside a specific one needs it on both.
    @Test
    void s1_26_severalAddressesOnePort() {
        try (Lab lab = new Lab()) {
            assertThat(bind(lab.server, tcp(lab.server), "10.0.0.2", PORT)).isZero();
            assertThat(bind(lab.server, tcp(lab.server), "10.0.0.3", PORT)).isZero();
            int wild = tcp(lab.server);
            reuse(lab.server, wild);
            assertThat(name(bind(lab.server, wild, "0.0.0.0", PORT))).isEqualTo("EADDRINUSE");
        }
    }

    /// S1-03, S1-04, S1-06: a server greets two clients and closes both: one LISTEN and two TIME_WAIT rows, which vanish after a while.
    @Test
    void s1_03_s1_04_s1_06_twoClientsServerCloses() {
        try (Lab lab = new Lab()) {
            int listener = lab.listen(true);
            for (int i = 0; i < 2; i++) {
                int fd = lab.connect();
                int child = lab.accept(listener);
                write(lab.server, child, "I sent sth to client!");
                lab.server.close(child);
                assertThat(read(lab.client, fd)).isEqualTo("I sent sth to client!");
                assertThat(read(lab.client, fd)).isEqualTo("EOF");
                lab.client.close(fd);
            }
            assertThat(lab.serverStates()).containsExactly("LISTEN", "TIME_WAIT", "TIME_WAIT");
            assertThat(Lab.rows(lab.serverHost)).allMatch(row -> row.localPort() == PORT);
            lab.time.runFor(59 * SECOND);
            assertThat(lab.serverStates()).hasSize(3);
            lab.time.runFor(2 * SECOND);
            assertThat(lab.serverStates()).containsExactly("LISTEN");
        }
    }

    /// S1-05, S1-21: no TIME-WAIT where an RST ended it, or where the client closed first.
    @Test
    void s1_05_s1_21_noTimeWaitAfterResetOrPassiveClose() {
        try (Lab lab = new Lab()) {
            int listener = lab.listen(true);
            int fd = lab.connect();
            int child = lab.accept(listener);
            linger(lab.server, child, 0);
            lab.server.close(child);
            assertThat(lab.serverStates()).containsExactly("LISTEN");
            assertThat(read(lab.client, fd)).isEqualTo("ECONNRESET");
            int second = lab.connect();
            int child2 = lab.accept(listener);
            lab.client.close(second);
            assertThat(read(lab.server, child2)).isEqualTo("EOF");
            lab.server.close(child2);
            assertThat(lab.serverStates()).containsExactly("LISTEN");
        }
    }

    /// S1-07, S1-08, S1-09, S4-71, S4-73: eleven states, and the ones that a handshake goes through; the listener stays, its children are others.
    @Test
    void s1_07_s1_08_s1_09_s4_71_s4_73_statesOfAHandshake() {
        assertThat(TcpState.values()).hasSize(11);
        try (Lab lab = new Lab()) {
            lab.listen(true);
            lab.wire.lose(text -> true);
            int fd = lab.client.socket(InetSocket.AF_INET, Linux.SOCK_STREAM | Linux.SOCK_NONBLOCK, 0);
            lab.client.connect(fd, SockAddr.of("10.0.0.2", PORT));
            assertThat(lab.clientStates()).containsExactly("SYN_SENT");
            lab.wire.lose(text -> text.contains("10.0.0.2.9000 >"));
            lab.time.runFor(1500 * MILLISECOND);
            assertThat(lab.serverStates()).containsExactly("LISTEN", "SYN_RECEIVED");
            // S4-73: the client is there first.
            lab.wire.lose(text -> text.startsWith("IP 10.0.0.1."));
            lab.time.runFor(1500 * MILLISECOND);
            assertThat(lab.clientStates()).containsExactly("ESTABLISHED");
            assertThat(lab.serverStates()).containsExactly("LISTEN", "SYN_RECEIVED");
            // S4-76: a lost last ACK is made good by the repeated SYN-ACK.
            lab.wire.loseNothing();
            lab.time.runFor(5 * SECOND);
            assertThat(lab.serverStates()).containsExactly("ESTABLISHED", "LISTEN");
        }
    }

    /// S1-14, S2-03: TIME-WAIT lasts 60 s whatever tcp_fin_timeout says; its length is a setting of its own.
    @Test
    void s1_14_s2_03_howLongItLasts() {
        assertThat(timeWaitSeconds(new Lab(builder -> builder.sysctl(Sysctl.TCP_FIN_TIMEOUT, 5)))).isEqualTo(60);
        assertThat(timeWaitSeconds(new Lab(builder -> builder.sysctl(Sysctl.TCP_TIMEWAIT_MS, 240_000)))).isEqualTo(240);
    }

    private static long timeWaitSeconds(Lab made) {
        try (Lab lab = made) {
            serverClosesFirst(lab, true);
            long startNs = lab.time.nowNs();
            while (lab.serverStates().contains("TIME_WAIT")) {
                lab.time.runFor(100 * MILLISECOND);
            }
            return (lab.time.nowNs() - startNs) / SECOND;
        }
    }

    /// S1-16, S2-08: an old duplicate in TIME-WAIT is acknowledged and delivered to nobody.
    @Test
    void s1_16_s2_08_oldDuplicatesFindNobody() {
        try (Lab lab = new Lab()) {
            int listener = lab.listen(true);
            int fd = lab.connect();
            int child = lab.accept(listener);
            write(lab.server, child, "data");
            assertThat(read(lab.client, fd)).isEqualTo("data");
            byte[] old = lab.wire.with("10.0.0.2.9000 >", "length 4").getFirst().octets();
            lab.client.close(fd);
            lab.server.close(child);
            assertThat(lab.clientStates()).containsExactly("TIME_WAIT");
            int mark = lab.wire.mark();
            lab.clientHost.run(() -> lab.clientHost.engine().input(lab.clientHost.ports().getFirst().in(), old, 0, old.length));
            assertThat(flags(lab.wire.since(mark))).containsExactly("client [.]");
            assertThat(lab.clientStates()).containsExactly("TIME_WAIT");
        }
    }

    /// S1-17: send and receive buffers have sizes that can be set.
    @Test
    void s1_17_buffersOfAConnection() {
        try (Lab lab = new Lab()) {
            int fd = tcp(lab.client);
            lab.client.setsockopt(fd, SocketOptions.SOL_SOCKET, SocketOptions.SO_SNDBUF, 10_000);
            lab.client.setsockopt(fd, SocketOptions.SOL_SOCKET, SocketOptions.SO_RCVBUF, 20_000);
            assertThat(lab.client.getsockopt(fd, SocketOptions.SOL_SOCKET, SocketOptions.SO_SNDBUF)).isEqualTo(20_000);
            assertThat(lab.client.getsockopt(fd, SocketOptions.SOL_SOCKET, SocketOptions.SO_RCVBUF)).isEqualTo(40_000);
        }
    }

    /// S1-18: close sends what is queued, then FIN; but with unread data it resets.
    @Test
    void s1_18_closeSendsWhatIsQueued() {
        try (Lab lab = new Lab()) {
            int listener = lab.listen(true);
            int fd = lab.connect();
            int child = lab.accept(listener);
            byte[] much = new byte[40_000];
            assertThat(lab.client.write(fd, much, 0, much.length)).isEqualTo(much.length);
            lab.client.close(fd);
            int got = 0;
            byte[] room = new byte[65_536];
            for (int octets = lab.server.read(child, room, 0, room.length); octets > 0; octets = lab.server.read(child, room, 0, room.length)) {
                got += octets;
            }
            assertThat(got).isEqualTo(much.length);
            int second = lab.connect();
            int child2 = lab.accept(listener);
            write(lab.client, second, "never read");
            lab.time.settle();
            lab.server.close(child2);
            assertThat(read(lab.client, second)).isEqualTo("ECONNRESET");
        }
    }

    /// S1-19: an RST drops what was to be sent, what was received stays readable.
    @Test
    void s1_19_resetKeepsWhatWasReceived() {
        try (Lab lab = new Lab()) {
            int listener = lab.listen(true);
            int fd = lab.connect();
            int child = lab.accept(listener);
            write(lab.server, child, "early");
            lab.time.settle();
            linger(lab.server, child, 0);
            lab.server.close(child);
            lab.time.settle();
            assertThat(read(lab.client, fd)).isEqualTo("early");
            assertThat(read(lab.client, fd)).isEqualTo("ECONNRESET");
            assertThat(read(lab.client, fd)).isEqualTo("EOF");
        }
    }

    /// S1-20: SO_LINGER with a time waits and sends no RST; only 0 s does.
    @Test
    void s1_20_lingerWithATimeIsNoReset() {
        try (Lab lab = new Lab()) {
            int listener = lab.listen(true);
            int fd = lab.connect();
            int child = lab.accept(listener);
            lab.wire.lose(text -> text.contains("10.0.0.2.9000 >"));
            linger(lab.client, fd, 2);
            long startNs = lab.time.nowNs();
            assertThat(lab.client.close(fd)).isZero();
            assertThat(lab.time.nowNs() - startNs).isEqualTo(2 * SECOND);
            assertThat(lab.clientStates()).containsExactly("FIN_WAIT_1");
            assertThat(lab.wire.with("[R")).isEmpty();
            lab.wire.loseNothing();
            assertThat(read(lab.server, child)).isEqualTo("EOF");
        }
    }

    /// S2-01, S2-06, S2-07, S3-04: the same four-tuple again while the old one waits: a SYN above the old numbers reopens it, and nothing of the old
    /// connection reaches the new one.
    @Test
    void s2_01_s2_06_s2_07_theSameTupleAgain() {
        try (Lab lab = new Lab()) {
            int listener = lab.listen(true);
            int fd = lab.client.socket(InetSocket.AF_INET, Linux.SOCK_STREAM, 0);
            reuse(lab.client, fd);
            assertThat(bind(lab.client, fd, "10.0.0.1", 44_000)).isZero();
            assertThat(lab.client.connect(fd, SockAddr.of("10.0.0.2", PORT))).isZero();
            int child = lab.accept(listener);
            write(lab.client, fd, "old");
            assertThat(read(lab.server, child)).isEqualTo("old");
            byte[] late = lab.wire.with("10.0.0.1.44000 >", "length 3").getFirst().octets();
            lab.server.close(child);
            assertThat(read(lab.client, fd)).isEqualTo("EOF");
            lab.client.close(fd);
            assertThat(lab.serverStates()).containsExactly("LISTEN", "TIME_WAIT");
            lab.time.runFor(2 * SECOND);
            int again = lab.client.socket(InetSocket.AF_INET, Linux.SOCK_STREAM, 0);
            reuse(lab.client, again);
            assertThat(bind(lab.client, again, "10.0.0.1", 44_000)).isZero();
            assertThat(name(lab.client.connect(again, SockAddr.of("10.0.0.2", PORT)))).isEqualTo("OK");
            int child2 = lab.accept(listener);
            lab.serverHost.run(() -> lab.serverHost.engine().input(lab.serverHost.ports().getFirst().in(), late, 0, late.length));
            assertThat(readNow(lab.server, child2)).isEqualTo("EAGAIN");
            write(lab.client, again, "new");
            assertThat(read(lab.server, child2)).isEqualTo("new");
        }
    }

    /// S3-02: the wait begins when the peer's FIN has come and our own is acknowledged, in either order.
    @Test
    void s3_02_bothOrdersOfFinAndAcknowledgment() {
        try (Lab lab = new Lab()) {
            int listener = lab.listen(true);
            int fd = lab.connect();
            int child = lab.accept(listener);
            lab.wire.lose(text -> text.startsWith("IP 10.0.0.1.") && text.contains("[F.]"));
            lab.client.shutdown(fd, InetSocket.SHUT_WR);
            lab.server.close(child);
            assertThat(lab.clientStates()).containsExactly("CLOSING");
            lab.wire.loseNothing();
            lab.time.runFor(SECOND);
            assertThat(lab.clientStates()).containsExactly("TIME_WAIT");
        }
    }

    /// S3-06: after a half-close, data still flows the other way.
    @Test
    void s3_06_halfClose() {
        try (Lab lab = new Lab()) {
            int listener = lab.listen(true);
            int fd = lab.connect();
            int child = lab.accept(listener);
            lab.client.shutdown(fd, InetSocket.SHUT_WR);
            assertThat(read(lab.server, child)).isEqualTo("EOF");
            lab.time.runFor(FIN_ACK_DELAY_NS);
            assertThat(lab.clientStates()).containsExactly("FIN_WAIT_2");
            write(lab.server, child, "still talking");
            assertThat(read(lab.client, fd)).isEqualTo("still talking");
            assertThat(name(lab.client.write(fd, new byte[1], 0, 1))).isEqualTo("EPIPE");
        }
    }

    /// S3-11: a process that dies releases its listener at once; connections it closed live on.
    @Test
    void s3_11_aDeadProcessHoldsNoPort() {
        try (Lab lab = new Lab()) {
            lab.listen(false);
            lab.restartServer();
            assertThat(lab.serverStates()).isEmpty();
            assertThat(bind(lab.server, tcp(lab.server), "0.0.0.0", PORT)).isZero();
        }
    }

    /// S3-12, S4-86: the option is an int and is set before bind; set on the first socket later, it still counts for later binders.
    @Test
    void s3_12_s4_86_optionsAreReadWhenTheyAreNeeded() {
        try (Lab lab = new Lab()) {
            int first = tcp(lab.server);
            assertThat(bind(lab.server, first, "0.0.0.0", PORT)).isZero();
            int second = tcp(lab.server);
            reuse(lab.server, second);
            assertThat(name(bind(lab.server, second, "0.0.0.0", PORT))).isEqualTo("EADDRINUSE");
            reuse(lab.server, first);
            assertThat(name(bind(lab.server, second, "0.0.0.0", PORT))).isEqualTo("OK");
            assertThat(lab.server.getsockopt(first, SocketOptions.SOL_SOCKET, SocketOptions.SO_REUSEADDR)).isEqualTo(1);
        }
    }

    /// S4-87: an option name is not a bit mask: 2 | 15 is SO_REUSEPORT alone.
    @Test
    void s4_87_namesOfOptionsAreNoBits() {
        try (Lab lab = new Lab()) {
            int fd = tcp(lab.server);
            int both = SocketOptions.SO_REUSEADDR | SocketOptions.SO_REUSEPORT;
            assertThat(lab.server.setsockopt(fd, SocketOptions.SOL_SOCKET, both, 1)).isZero();
            assertThat(lab.server.getsockopt(fd, SocketOptions.SOL_SOCKET, SocketOptions.SO_REUSEADDR)).isZero();
            assertThat(lab.server.getsockopt(fd, SocketOptions.SOL_SOCKET, SocketOptions.SO_REUSEPORT)).isEqualTo(1);
        }
    }

    /// S4-81, S4-82, S4-89, S4-90: both must close; a server that never does stays in CLOSE-WAIT until its own close, its end, or an RST.
    @Test
    void s4_81_s4_82_s4_89_s4_90_closeWaitLastsUntilTheApplicationActs() {
        try (Lab lab = new Lab()) {
            int listener = lab.listen(true);
            List<Integer> children = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                int fd = lab.connect();
                children.add(lab.accept(listener));
                lab.client.close(fd);
            }
            lab.time.runFor(3600 * SECOND);
            assertThat(lab.serverStates()).containsExactly("CLOSE_WAIT", "CLOSE_WAIT", "CLOSE_WAIT", "LISTEN");
            lab.server.close(children.getFirst());
            lab.time.runFor(SECOND);
            assertThat(lab.serverStates()).containsExactly("CLOSE_WAIT", "CLOSE_WAIT", "LISTEN");
            lab.restartServer();
            lab.time.runFor(SECOND);
            assertThat(lab.serverStates()).isEmpty();
        }
    }
}
