package org.lastack.tools.why;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.lastack.core.socket.BindRequest;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.socket.Owner;
import org.lastack.core.socket.SocketOptions;
import org.lastack.link.linux.KernelSockets;
import org.lastack.wire.IpAddress;

/// DIAGNOSIS 1, 2, 6, 7, 24 and 25 with sockets of a kernel, staged in a network namespace of its own: the true cause must be named, in words that
/// an operator reads.
public final class KernelSituationsScenario {
    private static final IpAddress LOOPBACK = IpAddress.LOOPBACK_V4;
    private static final int SELF = KernelSockets.effectiveUser();
    private static final boolean OTHER_USERS = otherUsers();

    private KernelSituationsScenario() {}

    private static boolean otherUsers() {
        int fd = KernelSockets.socketAs(1000, InetSocket.AF_INET, 1, 0);
        return fd >= 0 && KernelSockets.close(fd) == 0;
    }

    public static void main(String[] arguments) throws IOException {
        listeners();
        leftovers();
        onlyBound();
        optionSetAfterBind();
        mixedAndOneName();
        wildcards();
        datagrams();
        otherReasons();
        if (OTHER_USERS) {
            users();
        }
        connect();
        reports();
        demux();
        System.out.println("DONE");
    }

    private static BindRequest name(IpAddress address, int port, boolean reuseAddress, boolean reusePort) {
        BindRequest request = BindRequest.of(address, port).with(reuseAddress, reusePort);
        return new BindRequest(request.domain(), address, port, reuseAddress, reusePort, false, 0, new Owner(SELF, 0, ""));
    }

    private static BindRequest plain(IpAddress address, int port) {
        return name(address, port, false, false);
    }

    private static HostQuestions.Answer why(BindRequest request) throws IOException {
        return KernelBind.explain(request, false);
    }

    /// The answer has that errno and rule, its first cause is that, and its words contain these.
    private static void says(HostQuestions.Answer answer, String errno, String rule, String cause, String... words) {
        String text = String.join("\n", answer.lines());
        if (!answer.errno().equals(errno) || !answer.rule().equals(rule)) {
            throw new AssertionError(errno + " " + rule + " expected:\n" + text);
        }
        Object causes = answer.details().get("causes");
        if (!(causes instanceof List<?> list) || !(cause.isEmpty() ? list.isEmpty() : !list.isEmpty() && list.getFirst().equals(cause))) {
            throw new AssertionError("cause " + cause + " expected, not " + causes + ":\n" + text);
        }
        for (String each : words) {
            if (!text.contains(each)) {
                throw new AssertionError("'" + each + "' expected:\n" + text);
            }
        }
    }

    private static String process() {
        return "(process " + ProcessHandle.current().pid() + ",";
    }

    /// 1 a: another listener, named, whatever options both have; a dual-stack one covers IPv4 (24).
    private static void listeners() throws IOException {
        try (KernelStage stage = new KernelStage()) {
            says(why(plain(IpAddress.ANY_V4, 9000)), "OK", "FREE", "");
            stage.listener(name(IpAddress.ANY_V4, 9000, true, false), SELF, 5);
            for (int set = 0; set < 4; set++) {
                says(why(name(IpAddress.ANY_V4, 9000, (set & 1) != 0, (set & 2) != 0)), "EADDRINUSE", "LISTENER", "LISTENER", "LISTEN 0.0.0.0:9000", process(),
                        "with SO_REUSEADDR (read from the socket)");
            }
            stage.listener(plain(IpAddress.ANY_V6, 9001), SELF, 5);
            says(why(name(IpAddress.ANY_V4, 9001, true, false)), "EADDRINUSE", "LISTENER", "LISTENER", "LISTEN [::]:9001", process(), "covers IPv4 as well");
            stage.listener(new BindRequest(InetSocket.AF_INET6, IpAddress.ANY_V6, 9002, false, false, true, 0, Owner.ROOT), SELF, 5);
            says(why(plain(IpAddress.ANY_V4, 9002)), "OK", "SHARED", "", "LISTEN [::]:9002 (IPv6 only)", "ADDRESSES_DIFFER");
            says(why(new BindRequest(InetSocket.AF_INET6, IpAddress.ANY_V6, 9000, false, false, true, 0, new Owner(SELF, 0, ""))), "OK", "SHARED", "");
            says(why(plain(IpAddress.ANY_V6, 9000)), "EADDRINUSE", "LISTENER", "LISTENER", "with IPV6_V6ONLY on the new socket");
        }
    }

    /// 1 b: what is left of a dead server, in each state, with and without the option on it.
    private static void leftovers() throws IOException {
        int port = 9100;
        for (KernelStage.State state : List.of(KernelStage.State.ACCEPTED, KernelStage.State.CLOSE_WAIT, KernelStage.State.FIN_WAIT_1, KernelStage.State.FIN_WAIT_2,
                KernelStage.State.FIN_WAIT_2_ORPHAN, KernelStage.State.LAST_ACK, KernelStage.State.TIME_WAIT)) {
            try (KernelStage stage = new KernelStage()) {
                stage.leave(state, plain(IpAddress.ANY_V4, ++port), SELF, LOOPBACK);
                says(why(name(IpAddress.ANY_V4, port, true, false)), "EADDRINUSE", "HOLDER_SHARES_NOT", "OLD_LACKS_IT", state.row() + " 127.0.0.1:" + port, "  no options: no");
                says(why(plain(IpAddress.ANY_V4, port)), "EADDRINUSE", "NEITHER_SHARES", "NO_OPTION", "  SO_REUSEADDR: no");
                stage.leave(state, name(IpAddress.ANY_V4, ++port, true, false), SELF, LOOPBACK);
                says(why(plain(IpAddress.ANY_V4, port)), "EADDRINUSE", "NEW_SHARES_NOT", "NO_OPTION", "  SO_REUSEADDR: yes", "  SO_REUSEPORT: no");
                says(why(name(IpAddress.ANY_V4, port, true, false)), "OK", "SHARED", "", "BOTH_REUSEADDR");
                if (state == KernelStage.State.TIME_WAIT) {
                    says(why(plain(IpAddress.ANY_V4, port)), "EADDRINUSE", "NEW_SHARES_NOT", "NO_OPTION", "TIME-WAIT ends in 60 s", "concluded from trials", "of nobody");
                }
            }
        }
    }

    /// A socket that is bound and neither listens nor is connected has no line in /proc, but an owner.
    private static void onlyBound() throws IOException {
        try (KernelStage stage = new KernelStage()) {
            stage.bound(plain(LOOPBACK, 9200), false, SELF);
            says(why(plain(LOOPBACK, 9200)), "EADDRINUSE", "NEITHER_SHARES", "BOUND", "BOUND 127.0.0.1:9200", process(), "with no options (read from the socket)");
            says(why(name(LOOPBACK, 9200, true, false)), "EADDRINUSE", "HOLDER_SHARES_NOT", "OLD_LACKS_IT");
            says(why(plain(IpAddress.of("127.0.0.2"), 9200)), "OK", "SHARED", "", "ADDRESSES_DIFFER");
        }
    }

    /// 2: the listener got the option after its connection came in; and the new socket after its bind was refused.
    private static void optionSetAfterBind() throws IOException {
        try (KernelStage stage = new KernelStage()) {
            stage.leave(KernelStage.State.TIME_WAIT, name(IpAddress.ANY_V4, 9300, true, false), SELF, LOOPBACK);
            int fd = stage.socket(plain(IpAddress.ANY_V4, 9300), false, SELF);
            if (KernelSockets.bind(fd, KernelTrial.address(plain(IpAddress.ANY_V4, 9300))) == 0) {
                throw new AssertionError("bound without the option");
            }
            says(why(name(IpAddress.ANY_V4, 9300, true, false)), "OK", "SHARED", "");
            KernelStage.set(fd, SocketOptions.SOL_SOCKET, SocketOptions.SO_REUSEADDR, 1);
            says(why(name(IpAddress.ANY_V4, 9300, true, false)), "OK", "SHARED", "SET_AFTER_BIND", "has a TCP socket without a port on which SO_REUSEADDR is set", process().substring(0, 9));
        }
    }

    /// 2: SO_REUSEPORT here and SO_REUSEADDR there, as it comes from SO_REUSEADDR | SO_REUSEPORT as one name.
    private static void mixedAndOneName() throws IOException {
        try (KernelStage stage = new KernelStage()) {
            int fd = stage.socket(plain(LOOPBACK, 9400), false, SELF);
            KernelStage.set(fd, SocketOptions.SOL_SOCKET, SocketOptions.SO_REUSEADDR | SocketOptions.SO_REUSEPORT, 1);
            KernelStage.check(KernelSockets.bind(fd, KernelTrial.address(plain(LOOPBACK, 9400))), "bind");
            says(why(name(LOOPBACK, 9400, true, false)), "EADDRINUSE", "OPTIONS_DIFFER", "MIXED", "cause ONE_OPTION_NAME", "with SO_REUSEPORT (read from the socket)");
            says(why(name(LOOPBACK, 9400, false, true)), "OK", "SHARED", "");
            says(why(name(LOOPBACK, 9400, true, true)), "OK", "SHARED", "");
            stage.listener(name(LOOPBACK, 9401, false, true), SELF, 5);
            says(why(name(LOOPBACK, 9401, true, false)), "EADDRINUSE", "LISTENER", "LISTENER", "cause MIXED", "cause ONE_OPTION_NAME");
            says(why(name(LOOPBACK, 9401, false, true)), "OK", "SHARED", "", "BOTH_REUSEPORT");
        }
    }

    private static void wildcards() throws IOException {
        try (KernelStage stage = new KernelStage()) {
            stage.listener(name(LOOPBACK, 9500, true, false), SELF, 5);
            says(why(name(IpAddress.ANY_V4, 9500, true, false)), "EADDRINUSE", "LISTENER", "LISTENER", "cause WILDCARD: the wildcard 0.0.0.0 covers 127.0.0.1:9500 too");
            stage.listener(name(IpAddress.ANY_V4, 9501, true, false), SELF, 5);
            says(why(name(LOOPBACK, 9501, true, false)), "EADDRINUSE", "LISTENER", "LISTENER", "cause WILDCARD: the wildcard 0.0.0.0:9501 covers 127.0.0.1 too");
        }
    }

    private static void users() throws IOException {
        try (KernelStage stage = new KernelStage()) {
            stage.listener(name(LOOPBACK, 9600, false, true), 1000, 5);
            says(why(name(LOOPBACK, 9600, false, true)), "EADDRINUSE", "OWNERS_DIFFER", "OTHER_USER", "user 1000 owns the holder and user 0 the new socket");
            BindRequest theirs = new BindRequest(InetSocket.AF_INET, LOOPBACK, 9600, false, true, false, 0, new Owner(1000, 0, ""));
            says(why(theirs), "OK", "SHARED", "", "BOTH_REUSEPORT");
        }
    }

    private static void datagrams() throws IOException {
        try (KernelStage stage = new KernelStage()) {
            stage.bound(plain(LOOPBACK, 9700), true, SELF);
            says(KernelBind.explain(name(LOOPBACK, 9700, true, false), true), "EADDRINUSE", "HOLDER_SHARES_NOT", "OLD_LACKS_IT", "UNCONN 127.0.0.1:9700", process());
            stage.bound(name(LOOPBACK, 9701, true, false), true, SELF);
            says(KernelBind.explain(name(LOOPBACK, 9701, true, false), true), "OK", "SHARED", "", "would take datagrams from the others");
            says(KernelBind.explain(plain(LOOPBACK, 9701), true), "EADDRINUSE", "NEW_SHARES_NOT", "BOUND");
            says(KernelBind.explain(plain(LOOPBACK, 9700), false), "OK", "FREE", "");
        }
    }

    private static void otherReasons() throws IOException {
        says(why(plain(IpAddress.of("192.0.2.1"), 9000)), "EADDRNOTAVAIL", "NOT_LOCAL", "");
        if (OTHER_USERS) {
            says(why(new BindRequest(InetSocket.AF_INET, IpAddress.ANY_V4, 80, false, false, false, 0, new Owner(1000, 0, ""))), "EACCES", "PRIVILEGED", "");
        }
    }

    /// 6, 8, 13, 25.
    private static void connect() throws IOException {
        try (KernelStage stage = new KernelStage()) {
            HostQuestions.Answer answer = KernelConnect.explain(Endpoint.of("127.0.0.1:40000"), null);
            expect(answer, "OK", "nobody listens on port 40000", "connected to itself");
            stage.listener(plain(LOOPBACK, 9800), SELF, 5);
            expect(KernelConnect.explain(Endpoint.of("127.0.0.1:9800"), null), "OK", "a local port is left");
            expect(KernelConnect.explain(Endpoint.of("198.51.100.7:80"), null), "ENETUNREACH", "no route");
            expect(KernelConnect.explain(Endpoint.of("127.0.0.1:9800"), Endpoint.local("192.0.2.1")), "EADDRNOTAVAIL", "the local address 192.0.2.1 is not on this host");
            selfConnected(stage);
            exhausted(stage);
            Map<String, Object> json = answer.toJson();
            if (!json.keySet().containsAll(List.of("errno", "rule", "lines"))) {
                throw new AssertionError(json);
            }
        }
    }

    /// 25: a socket that was given its destination's port.
    private static void selfConnected(KernelStage stage) throws IOException {
        BindRequest own = plain(LOOPBACK, 9801);
        KernelStage.check(KernelSockets.connect(stage.bound(own, false, SELF), KernelTrial.address(own)), "connect to itself");
        expect(KernelConnect.explain(Endpoint.of("127.0.0.1:9801"), null), "OK", "is connected to itself");
        says(why(name(IpAddress.ANY_V4, 9801, true, false)), "EADDRINUSE", "HOLDER_SHARES_NOT", "OLD_LACKS_IT", "ESTABLISHED 127.0.0.1:9801 with 127.0.0.1:9801");
    }

    /// 6, 7: the range has four ports; a destination gets four connections, and the fifth is refused by the kernel as foretold.
    private static void exhausted(KernelStage stage) throws IOException {
        Path range = Path.of("/proc/sys/net/ipv4/ip_local_port_range");
        String before = KernelConnect.setting("ip_local_port_range");
        Files.writeString(range, "50000 50003");
        try {
            BindRequest to = plain(LOOPBACK, 9800);
            for (int i = 0; i < 4; i++) {
                expect(KernelConnect.explain(Endpoint.of("127.0.0.1:9800"), null), "OK", i + " of 4");
                KernelStage.check(KernelSockets.connect(stage.socket(to, false, SELF), KernelTrial.address(to)), "connect");
            }
            expect(KernelConnect.explain(Endpoint.of("127.0.0.1:9800"), null), "EADDRNOTAVAIL", "port exhaustion, 4 of 4 ports are in use");
            if (KernelSockets.connect(stage.socket(to, false, SELF), KernelTrial.address(to)) != -99) {
                throw new AssertionError("the kernel had a fifth port");
            }
            for (int i = 0; i < 4; i++) {
                stage.bound(plain(IpAddress.of("127.0.0.5"), 50_000 + i), false, SELF);
            }
            says(why(plain(IpAddress.of("127.0.0.5"), 0)), "EADDRINUSE", "RANGE_EXHAUSTED", "", "4 of the 4 ports 50000-50003 have a holder", "IP_BIND_ADDRESS_NO_PORT");
        } finally {
            Files.writeString(range, before);
        }
    }

    /// 3, 9, 11, 14 asked of a kernel.
    private static void reports() throws IOException {
        try (KernelStage stage = new KernelStage()) {
            stage.leave(KernelStage.State.CLOSE_WAIT, plain(LOOPBACK, 9901), SELF, LOOPBACK);
            stage.leave(KernelStage.State.FIN_WAIT_2_ORPHAN, plain(LOOPBACK, 9902), SELF, LOOPBACK);
            stage.leave(KernelStage.State.TIME_WAIT, plain(LOOPBACK, 9903), SELF, LOOPBACK);
            stage.leave(KernelStage.State.SYN_SENT, plain(LOOPBACK, 9904), SELF, LOOPBACK);
            Answers.Snapshot now = KernelSnapshot.take();
            contains(Reports.closeWait(now, true), "2 sockets of java " + process(), "CLOSE_WAIT 127.0.0.1:9901", "FIN-WAIT-2: 1 whose program has closed", "(60 s, or TCP_LINGER2)");
            contains(Reports.timeWait(now, true), "port 9903: 1 in TIME-WAIT, harmless: a server's port whose listener is gone");
            contains(Reports.listeners(now.rows(), KernelSnapshot.counters(), List.of(), true), "queue 1/0, 0 half-open: FULL", "waits: 127.0.0.1:", "accept queues have overflowed");
            contains(Reports.limits(now), "ports 32768-60999: 28232", "470 connections/s");
        }
    }

    /// 23: what is foretold is what happens to a datagram.
    private static void demux() throws IOException {
        try (KernelStage stage = new KernelStage()) {
            Endpoint to = new Endpoint(LOOPBACK, 9950);
            int sender = stage.bound(plain(LOOPBACK, 9951), true, SELF);
            Endpoint from = new Endpoint(LOOPBACK, 9951);
            expect(KernelDemux.explain(true, to, from), "NOBODY", "nobody hears it");
            int dual = stage.bound(name(IpAddress.ANY_V6, 9950, true, false), true, SELF);
            heard(sender, to, dual, KernelDemux.explain(true, to, from), "is bound to all addresses");
            int wild = stage.bound(name(IpAddress.ANY_V4, 9950, true, false), true, SELF);
            heard(sender, to, wild, KernelDemux.explain(true, to, from), "is bound to all addresses of IPv4");
            int first = stage.bound(name(LOOPBACK, 9950, true, false), true, SELF);
            heard(sender, to, first, KernelDemux.explain(true, to, from), "is bound to this very address");
            int last = stage.bound(name(LOOPBACK, 9950, true, false), true, SELF);
            heard(sender, to, last, KernelDemux.explain(true, to, from), "it was bound last");
            KernelStage.check(KernelSockets.connect(wild, KernelTrial.address(plain(LOOPBACK, 9951))), "connect");
            heard(sender, to, wild, KernelDemux.explain(true, to, from), "is connected to the sender");
            stage.listener(plain(IpAddress.ANY_V4, 9952), SELF, 5);
            expect(KernelDemux.explain(false, new Endpoint(LOOPBACK, 9952), from), "OK", "goes to 0.0.0.0:9952 of java " + process());
            stage.listener(name(LOOPBACK, 9953, false, true), SELF, 5);
            stage.listener(name(LOOPBACK, 9953, false, true), SELF, 5);
            expect(KernelDemux.explain(false, new Endpoint(LOOPBACK, 9953), from), "OK", "a member of a SO_REUSEPORT group");
        }
    }

    /// A datagram from `sender` reaches `receiver` and the answer says why.
    private static void heard(int sender, Endpoint to, int receiver, HostQuestions.Answer answer, String why) {
        expect(answer, "OK", why);
        KernelStage.check(KernelSockets.send(sender, new byte[1], 0, false, KernelTrial.address(plain(to.address(), to.port())), new byte[0]), "send");
        // Loopback has delivered before the call returns.
        KernelStage.check(KernelSockets.receive(receiver, 1, 0x40, false, 0).result(), "receive: " + answer.lines());
    }

    private static void contains(List<String> lines, String... words) {
        String text = String.join("\n", lines);
        for (String each : words) {
            if (!text.contains(each)) {
                throw new AssertionError("'" + each + "' expected:\n" + text);
            }
        }
    }

    private static void expect(HostQuestions.Answer answer, String errno, String... words) {
        String text = String.join("\n", answer.lines());
        for (String each : words) {
            if (!answer.errno().equals(errno) || !text.contains(each)) {
                throw new AssertionError(errno + " and '" + each + "' expected:\n" + text);
            }
        }
    }
}
