package org.lastack.tools.why;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.lastack.core.Errno;
import org.lastack.core.socket.BindRequest;
import org.lastack.core.socket.BindRule;
import org.lastack.core.socket.InetSocket;
import org.lastack.core.socket.Owner;
import org.lastack.link.linux.KernelSockets;
import org.lastack.wire.IpAddress;

/// Every state of a holder, with every set of reuse options, address and user, against every set of options, address and user of a new socket: what is
/// concluded must be what the kernel's `bind` then does, and the rule must be the one that follows from the holder's true options.
public final class KernelBindScenario {
    private static final int OTHER_USER = 1000;
    private static final IpAddress V4 = IpAddress.LOOPBACK_V4;
    private static final IpAddress V6 = IpAddress.LOOPBACK_V6;
    private static final int SHOWN = 40;

    private final Map<String, Integer> counts = new TreeMap<>();
    private final List<String> wrong = new ArrayList<>();
    private int port = 30_000;
    private final boolean otherUsers;

    /// A local name and, for connections, the address with which they are made.
    private record Name(IpAddress address, boolean v6Only, IpAddress peer) {}

    private static final List<Name> HOLDERS = List.of(new Name(IpAddress.ANY_V4, false, V4), new Name(V4, false, V4), new Name(IpAddress.ANY_V6, false, V4),
            new Name(IpAddress.ANY_V6, false, V6), new Name(IpAddress.ANY_V6, true, V6), new Name(V6, false, V6));
    private static final List<Name> CLAIMANTS = List.of(new Name(IpAddress.ANY_V4, false, V4), new Name(V4, false, V4), new Name(IpAddress.of("127.0.0.2"), false, V4),
            new Name(IpAddress.ANY_V6, false, V6), new Name(IpAddress.ANY_V6, true, V6), new Name(V6, false, V6));

    private KernelBindScenario() {
        int fd = KernelSockets.socketAs(OTHER_USER, InetSocket.AF_INET, 1, 0);
        otherUsers = fd >= 0;
        if (otherUsers) {
            KernelSockets.close(fd);
        }
    }

    public static void main(String[] arguments) throws IOException {
        KernelBindScenario scenario = new KernelBindScenario();
        try (KernelStage stage = new KernelStage()) {
            scenario.tcp(stage);
            scenario.udp(stage);
        }
        System.out.println("other users: " + scenario.otherUsers);
        scenario.counts.forEach((what, count) -> System.out.println(count + " " + what));
        scenario.wrong.stream().limit(SHOWN).forEach(each -> System.out.println("WRONG " + each));
        System.out.println(scenario.wrong.isEmpty() ? "DONE" : scenario.wrong.size() + " wrong");
    }

    private void tcp(KernelStage stage) throws IOException {
        for (KernelStage.State state : KernelStage.State.values()) {
            for (Name holder : HOLDERS) {
                for (int set = 0; set < 4; set++) {
                    for (int uid : users(set)) {
                        BindRequest name = request(holder, ++port, set, uid);
                        stage.leave(state, name, uid, holder.peer());
                        against(name, state + " ", false);
                        stage.clear();
                    }
                }
            }
        }
    }

    private void udp(KernelStage stage) throws IOException {
        for (Name holder : HOLDERS) {
            for (int set = 0; set < 4; set++) {
                for (int uid : users(set)) {
                    BindRequest name = request(holder, ++port, set, uid);
                    stage.bound(name, true, uid);
                    against(name, "UNCONN ", true);
                    stage.clear();
                }
            }
        }
    }

    /// Only SO_REUSEPORT asks for the user.
    private int[] users(int set) {
        return otherUsers && (set & 2) != 0 ? new int[] {0, OTHER_USER} : new int[] {KernelSockets.effectiveUser()};
    }

    private static BindRequest request(Name name, int port, int set, int uid) {
        return new BindRequest(name.address().isV4() ? InetSocket.AF_INET : InetSocket.AF_INET6, name.address(), port, (set & 1) != 0, (set & 2) != 0, name.v6Only(), 0,
                new Owner(uid, 0, ""));
    }

    private void against(BindRequest held, String what, boolean udp) throws IOException {
        Processes processes = Processes.read();
        List<Holding> rows = SockDiag.read(udp, held.port());
        List<Holding> seen = KernelBind.holders(processes, rows, held.port());
        List<Holding> truth = rows.stream().map(each -> each.with(new Sharing(held.reuseAddress() ? 1 : 0, held.reusePort() ? 1 : 0, held.v6Only() ? 1 : 0, 0, "staged"))
                .of(0, "", "")).toList();
        for (Name claimant : CLAIMANTS) {
            for (int set = 0; set < 4; set++) {
                for (int uid : users(set)) {
                    judge(request(claimant, held.port(), set, uid), held, what, udp, seen, truth);
                }
            }
        }
    }

    private void judge(BindRequest wanted, BindRequest held, String what, boolean udp, List<Holding> seen, List<Holding> truth) throws IOException {
        BindAnswer told = new BindAnswer(wanted, udp, "");
        KernelBind.Trials none = KernelBind.Trials.all(KernelTrial.NOT_TRIED);
        int predicted = KernelBind.conclude(told, wanted, udp, truth, none);
        String rule = KernelBind.finish(told, wanted, udp, predicted, none, List.of()).rule();
        BindAnswer asked = new BindAnswer(wanted, udp, "");
        KernelBind.Trials trials = KernelBind.Trials.make(wanted, udp, seen);
        int errno = KernelBind.conclude(asked, wanted, udp, seen, trials);
        HostQuestions.Answer answer = KernelBind.finish(asked, wanted, udp, errno, trials, List.of());
        int real = KernelTrial.bind(wanted, udp, wanted.owner().uid());
        String situation = what + held + " against " + wanted + ": ";
        counts.merge(udp ? "udp" : "tcp", 1, Integer::sum);
        if (real == Errno.EADDRINUSE && predicted == 0 && dualConnection(wanted, truth)) {
            // One of the four answers of Linux that no rule explains: an IPv6 connection stands against the IPv4 wildcard.
            counts.merge("explained: IPv6 connection of a dual-stack socket against the IPv4 wildcard", 1, Integer::sum);
            expect(situation, "rule", BindRule.UNSEEN_HOLDER.name(), answer.rule());
            return;
        }
        expect(situation, "prediction", real, predicted);
        expect(situation, "answer", real, errno);
        expect(situation, "rule", rule, answer.rule());
    }

    private static boolean dualConnection(BindRequest wanted, List<Holding> truth) {
        return wanted.address().equals(IpAddress.ANY_V4) && truth.stream().anyMatch(each -> each.sharing().v6Only() == 0 && each.local().equals(V6) && each.remotePort() != 0);
    }

    private void expect(String situation, String what, Object expected, Object actual) {
        if (!expected.equals(actual)) {
            wrong.add(situation + what + " should be " + expected + ", is " + actual);
        }
    }
}
