package org.lastack.tools.why;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.lastack.core.Entropy;
import org.lastack.core.Errno;
import org.lastack.core.Sysctls;
import org.lastack.core.socket.BindRequest;
import org.lastack.core.socket.BindRule;
import org.lastack.core.socket.LocalAddresses;
import org.lastack.core.socket.Owner;
import org.lastack.core.socket.PortHolder;
import org.lastack.core.socket.PortTable;
import org.lastack.link.linux.KernelSockets;

/// Answers "why is the address in use?" for this machine's kernel. The holders come from sock_diag, their options from the sockets themselves where this
/// user may ask them; what nobody can be asked (TIME-WAIT, orphans) is concluded from trials ([KernelTrial]).
final class KernelBind {
    private static final int SETS = 4;
    private static final int ADDRESS = 1;
    private static final int PORT = 2;
    private static final String CONCLUDED = "concluded from trials";
    /// The rules of the port table, without a host around them.
    private static final PortTable TCP = rules(PortTable.TCP);
    private static final PortTable UDP = rules(PortTable.UDP);

    private KernelBind() {}

    /// An empty table with Linux's rules, for which every address is local.
    static PortTable rules(int protocol) {
        return new PortTable(protocol, new Sysctls(), Entropy.seeded(0), new LocalAddresses() {
            @Override
            public boolean isLocal(long high, long low) {
                return true;
            }

            @Override
            public boolean isLocalOn(long high, long low, int ifIndex) {
                return true;
            }

            @Override
            public boolean isBroadcast(long high, long low) {
                return false;
            }
        });
    }

    /// Looks at the kernel, tries, and concludes.
    ///
    /// @param wanted its owner's uid is for whom the socket would be made
    static HostQuestions.Answer explain(BindRequest wanted, boolean udp) throws IOException {
        Processes processes = Processes.read();
        List<Holding> all = SockDiag.read(udp, 0);
        List<Holding> there = holders(processes, all, wanted.port());
        Trials trials = privileged(wanted) ? Trials.all(Errno.EACCES) : Trials.make(wanted, udp, there);
        BindAnswer answer = new BindAnswer(wanted, udp, ", kernel");
        int errno = conclude(answer, wanted, udp, there, trials);
        if (wanted.reuseAddress() || wanted.reusePort()) {
            Set<Long> known = new HashSet<>();
            all.forEach(each -> known.add(each.inode()));
            KernelOptions.withoutPort(processes, known, udp).forEach(each -> {
                if (errno == 0) {
                    answer.late(each + ": if its bind was refused, the option was set afterwards; bind again, now it would succeed");
                }
            });
        }
        elsewhere(answer, processes, wanted, udp);
        return finish(answer, wanted, udp, errno, trials, all);
    }

    /// A trial for another user is made with the rights of this one, which are asked for privileged ports.
    private static boolean privileged(BindRequest wanted) throws IOException {
        int uid = wanted.owner().uid();
        String start = KernelConnect.setting("ip_unprivileged_port_start");
        return uid != 0 && uid != KernelSockets.effectiveUser() && wanted.port() != 0 && !start.isEmpty() && wanted.port() < Integer.parseInt(start);
    }

    /// Who holds a port, with owners and options.
    static List<Holding> holders(Processes processes, List<Holding> all, int port) {
        return all.stream().filter(each -> port != 0 && each.localPort() == port).map(each -> KernelOptions.read(processes.name(each), processes)).toList();
    }

    /// From rows and trials to the errno, with the rows in the answer. Pure.
    static int conclude(BindAnswer answer, BindRequest wanted, boolean udp, List<Holding> there, Trials trials) {
        PortTable rules = udp ? UDP : TCP;
        List<Holding> meeting = there.stream().filter(each -> !each.half() && rules.between(each.holder(), wanted) != BindRule.ADDRESSES_DIFFER).toList();
        Sharing concluded = trials.conclude(rules, wanted, meeting);
        for (Holding each : there) {
            Sharing sharing = each.sharing();
            answer.row(rules, sharing.known() || !meeting.contains(each) ? each : each.with(sharing.with(concluded.reuseAddress(), concluded.reusePort(), concluded.source())));
        }
        int tried = trials.errno(index(wanted));
        return tried != KernelTrial.NOT_TRIED ? tried : BindAnswer.worst(rules, answer.rows(), wanted).errno();
    }

    static HostQuestions.Answer finish(BindAnswer answer, BindRequest wanted, boolean udp, int errno, Trials trials, List<Holding> all) throws IOException {
        PortTable rules = udp ? UDP : TCP;
        for (int set = 0; set < SETS; set++) {
            BindRequest other = wanted.with((set & ADDRESS) != 0, (set & PORT) != 0);
            if (set != index(wanted)) {
                BindRule rule = BindAnswer.worst(rules, answer.rows(), other);
                int tried = trials.errno(set);
                boolean unsure = tried == KernelTrial.NOT_TRIED && answer.rows().stream().anyMatch(each -> !each.holding().sharing().known());
                String why = tried == KernelTrial.NOT_TRIED ? "concluded from the holders' options (" + trials.untried() + ")"
                        : "tried just now" + (rule.refuses() && tried != 0 ? ", " + rule.name() : "");
                answer.set(other.options(), new BindAnswer.Outcome(unsure ? KernelTrial.NOT_TRIED : tried == KernelTrial.NOT_TRIED ? rule.errno() : tried, why));
            }
        }
        BindRule rule = rule(errno, wanted, BindAnswer.worst(rules, answer.rows(), wanted));
        if (rule == BindRule.RANGE_EXHAUSTED) {
            answer.note(range(all));
        }
        return answer.say(errno, rule, doubt(answer, errno, rule, wanted, trials));
    }

    private static BindRule rule(int errno, BindRequest wanted, BindRule byRows) {
        return switch (errno) {
            case 0 -> byRows.refuses() ? BindRule.SHARED : byRows;
            case Errno.EACCES -> BindRule.PRIVILEGED;
            case Errno.EADDRNOTAVAIL -> BindRule.NOT_LOCAL;
            case Errno.EAFNOSUPPORT -> BindRule.WRONG_FAMILY;
            case Errno.EADDRINUSE -> wanted.port() == 0 ? BindRule.RANGE_EXHAUSTED : byRows.refuses() ? byRows : BindRule.UNSEEN_HOLDER;
            default -> BindRule.V6ONLY_MAPPED;
        };
    }

    /// What the answer rests on, where that is less than everything.
    private static String doubt(BindAnswer answer, int errno, BindRule rule, BindRequest wanted, Trials trials) {
        if (trials.errno(index(wanted)) == KernelTrial.NOT_TRIED) {
            return "concluded from the holders; " + trials.untried();
        }
        if (rule != BindRule.UNSEEN_HOLDER) {
            return "";
        }
        boolean dual = wanted.address().isV4() && wanted.address().isUnspecified() && answer.rows().stream().anyMatch(each -> !each.holding().local().isV4());
        return dual ? "Linux lets an IPv6 connection of a socket without IPV6_V6ONLY count as covering the IPv4 wildcard as well: close it, or bind a specific IPv4 address"
                : "the kernel refuses (tried just now, errno " + errno + "), and no table shows who holds the port";
    }

    private static void elsewhere(BindAnswer answer, Processes processes, BindRequest wanted, boolean udp) throws IOException {
        if (wanted.port() != 0) {
            for (Map.Entry<String, Holding> each : processes.elsewhere(udp, wanted.port()).stream().limit(5).toList()) {
                answer.note("in another network namespace (" + each.getKey() + "), which never conflicts with this one: " + each.getValue().describe());
            }
        }
    }

    private static String range(List<Holding> all) throws IOException {
        String[] range = KernelConnect.setting("ip_local_port_range").split("\\s+");
        if (range.length != 2) {
            return "  ip_local_port_range is not known";
        }
        int low = Integer.parseInt(range[0]);
        int high = Integer.parseInt(range[1]);
        long held = all.stream().filter(each -> each.localPort() >= low && each.localPort() <= high).map(Holding::localPort).distinct().count();
        return "  " + held + " of the " + (high - low + 1) + " ports " + low + "-" + high + " have a holder; port 0 gives a port that nobody shares, so options do not help;"
                + " what helps: connect without bind, or IP_BIND_ADDRESS_NO_PORT before it; a wider ip_local_port_range; another local address";
    }

    static int index(BindRequest wanted) {
        return (wanted.reuseAddress() ? ADDRESS : 0) + (wanted.reusePort() ? PORT : 0);
    }

    /// What the kernel said to each set of options.
    ///
    /// @param errnos index: bit 0 SO_REUSEADDR, bit 1 SO_REUSEPORT; the errno, 0, or NOT_TRIED
    /// @param byOwner what it said to SO_REUSEPORT in the name of the user who owns what is left of a connection
    /// @param untried why some were not tried
    record Trials(int[] errnos, int byOwner, String untried) {
        /// SO_REUSEADDR alone comes last: a bind with SO_REUSEPORT leaves a note in the kernel's port ("the last one who shared"), by which it shortens later
        /// checks; one without it wipes that out.
        private static final int[] ORDER = {0, PORT, ADDRESS + PORT, ADDRESS};

        int errno(int set) {
            return errnos[set];
        }

        static Trials all(int errno) {
            return new Trials(new int[] {errno, errno, errno, errno}, errno, "");
        }

        static Trials make(BindRequest wanted, boolean udp, List<Holding> there) {
            PortTable rules = udp ? UDP : TCP;
            int[] errnos = new int[SETS];
            String untried = "";
            int uid = wanted.owner().uid();
            for (int set : ORDER) {
                BindRequest other = wanted.with((set & ADDRESS) != 0, (set & PORT) != 0);
                if (udp && hears(rules, other, there)) {
                    errnos[set] = KernelTrial.NOT_TRIED;
                    untried = "not tried: a UDP socket would take datagrams from the others while it is bound";
                    continue;
                }
                errnos[set] = KernelTrial.bind(other, udp, uid);
                if (errnos[set] == KernelTrial.NOT_TRIED) {
                    untried = "not tried: user " + KernelSockets.effectiveUser() + " cannot make a socket for user " + uid;
                }
            }
            int byOwner = there.stream().filter(each -> stranger(each, wanted)).findFirst()
                    .map(each -> KernelTrial.bind(wanted.with(false, true), udp, (int) each.uid())).orElse(errnos[PORT]);
            return new Trials(errnos, byOwner, untried);
        }

        /// What is left of a connection (not yet of nobody) and belongs to another user, so that SO_REUSEPORT fails whether it has it or not.
        private static boolean stranger(Holding each, BindRequest wanted) {
            return !each.half() && !each.sharing().known() && each.uid() != wanted.owner().uid() && each.kind() == PortHolder.Kind.CONNECTION;
        }

        /// The bind may succeed beside a socket that hears datagrams.
        private static boolean hears(PortTable rules, BindRequest request, List<Holding> there) {
            boolean beside = false;
            for (Holding each : there) {
                BindRule rule = rules.between(each.holder(), request);
                boolean shares = request.reuseAddress() || request.reusePort();
                if (rule.refuses() && (each.sharing().known() || !shares)) {
                    return false;
                }
                beside |= rule != BindRule.ADDRESSES_DIFFER;
            }
            return beside;
        }

        /// The reuse options of holders that cannot be asked: an option that was enough for the new socket, they all have; one that was not, although all
        /// others would let it pass, at least one of them lacks.
        Sharing conclude(PortTable rules, BindRequest wanted, List<Holding> meeting) {
            List<Holding> known = meeting.stream().filter(each -> each.sharing().known()).toList();
            if (known.size() == meeting.size()) {
                return Sharing.NOTHING;
            }
            // Beside a listener SO_REUSEADDR fails whether it has it or not.
            boolean listener = meeting.stream().anyMatch(each -> !each.sharing().known() && each.is("LISTEN"));
            int address = listener ? Sharing.UNKNOWN : conclude(rules, wanted.with(true, false), errnos[ADDRESS], known);
            Holding stranger = meeting.stream().filter(each -> stranger(each, wanted)).findFirst().orElse(null);
            BindRequest theirs = stranger == null ? wanted : new BindRequest(wanted.domain(), wanted.address(), wanted.port(), false, false, wanted.v6Only(), wanted.device(),
                    new Owner((int) stranger.uid(), 0, ""));
            return Sharing.NOTHING.with(address, conclude(rules, theirs.with(false, true), stranger == null ? errnos[PORT] : byOwner, known), CONCLUDED);
        }

        private static int conclude(PortTable rules, BindRequest request, int errno, List<Holding> known) {
            if (errno == 0) {
                return 1;
            }
            // Of what belongs to two users nothing can be said, and nothing where no trial was made.
            boolean others = known.stream().anyMatch(each -> rules.between(each.holder(), request).refuses());
            return errno == Errno.EADDRINUSE && !others ? 0 : Sharing.UNKNOWN;
        }
    }
}
