package org.lastack.core.socket;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.lastack.core.Entropy;
import org.lastack.core.Errno;
import org.lastack.core.Sysctl;
import org.lastack.core.Sysctls;

/// The port table against what Linux 6.18 answered: every row of the recorded table, with the states of socket 1 made the way TCP makes them.
class BindOracleTest {
    /// Answers of Linux that are accidents of its implementation (LINUX-SOCKETS C.1); ours are those of the pure rule.
    private enum Quirk { Q1_DUAL_STACK_CONNECTION, Q2_MAPPED_ANY_STAYS_NARROW, Q3_CLEARED_REUSEPORT }

    private static final int PORT = 5555;
    private static final TupleUse FREE = (lh, ll, lp, rh, rl, rp, auto) -> true;

    private final OracleRows oracle;
    private final int proto;
    private final int state1;
    private final int opt1;
    private final int addr1;
    private final int v6only1;
    private final int uid1;
    private final int dev1;
    private final int opt2;
    private final int addr2;
    private final int v6only2;
    private final int uid2;
    private final int dev2;
    private final int bind2;

    BindOracleTest() throws Exception {
        oracle = new OracleRows("bind-conflicts-linux.tsv.gz");
        proto = oracle.column("proto");
        state1 = oracle.column("state1");
        opt1 = oracle.column("opt1");
        addr1 = oracle.column("addr1");
        v6only1 = oracle.column("v6only1");
        uid1 = oracle.column("uid1");
        dev1 = oracle.column("dev1");
        opt2 = oracle.column("opt2");
        addr2 = oracle.column("addr2");
        v6only2 = oracle.column("v6only2");
        uid2 = oracle.column("uid2");
        dev2 = oracle.column("dev2");
        bind2 = oracle.column("bind2");
    }

    @Test
    void everyRecordedBindAndListen() {
        List<String> unexplained = new ArrayList<>();
        Map<Quirk, Integer> explained = new EnumMap<>(Quirk.class);
        for (String[] row : oracle.rows) {
            String linux = row[bind2] + " " + row[bind2 + 1] + " " + row[bind2 + 2];
            String ours = new Replay(row).run();
            if (!ours.equals(linux)) {
                Quirk quirk = quirk(row, linux, ours);
                if (quirk == null) {
                    unexplained.add(String.join(" ", row) + " | ours: " + ours);
                } else {
                    explained.merge(quirk, 1, Integer::sum);
                }
            }
        }
        assertThat(unexplained).isEmpty();
        assertThat(oracle.rows).hasSize(34_439);
        // At most 1 %, and each quirk is really seen: a table that copied one would show it here.
        assertThat(explained.keySet()).containsExactlyInAnyOrder(Quirk.values());
        assertThat(explained.values().stream().mapToInt(Integer::intValue).sum()).isLessThan(344);
    }

    private @Nullable Quirk quirk(String[] row, String linux, String ours) {
        boolean hasOrHadPeer = switch (row[state1]) {
            case "BOUND", "LISTEN", "LISTEN_SHUTDOWN", "CONNECT_REFUSED", "CLOSED", "AUTOBOUND_BIND0" -> false;
            default -> true;
        };
        if (hasOrHadPeer && row[addr1].equals("[::]") && row[v6only1].equals("0") && row[addr2].equals("0.0.0.0")
                && linux.startsWith("EADDRINUSE") && ours.startsWith("OK")) {
            return Quirk.Q1_DUAL_STACK_CONNECTION;
        }
        if (row[state1].equals("CONNECT_REFUSED") && row[addr1].equals("[::ffff:0.0.0.0]") && linux.equals("OK OK OK") && ours.contains("EADDRINUSE")) {
            return Quirk.Q2_MAPPED_ANY_STAYS_NARROW;
        }
        if (row[opt1].endsWith(":cleared_after_bind") && row[opt1].contains("P") && row[opt2].contains("P")
                && linux.startsWith("OK") && ours.startsWith("EADDRINUSE")) {
            return Quirk.Q3_CLEARED_REUSEPORT;
        }
        return null;
    }

    /// One row.
    private final class Replay {
        private final String[] row;
        private final PortTable table;

        Replay(String[] row) {
            this.row = row;
            Sysctls sysctls = new Sysctls().set(Sysctl.IP_UNPRIVILEGED_PORT_START, 0);
            table = new PortTable(row[proto].equals("tcp") ? PortTable.TCP : PortTable.UDP, sysctls, Entropy.seeded(1), new Everything());
        }

        String run() {
            String options = row[opt1].split(":")[0];
            FakeSocket one = socket(row[addr1], row[v6only1], row[uid1], row[dev1]);
            if (!row[opt1].endsWith(":set_after_bind")) {
                one.options(options);
            }
            one = make(one);
            if (row[opt1].endsWith(":set_after_bind")) {
                one.options(options);
            } else if (row[opt1].endsWith(":cleared_after_bind")) {
                one.options("-");
            }
            return second(one);
        }

        private String second(FakeSocket one) {
            FakeSocket two = socket(row[addr2], row[v6only2], row[uid2], row[dev2]);
            boolean later = row[opt2].endsWith(":set_after_bind");
            if (!later) {
                two.options(row[opt2]);
            }
            int bound = two.bind(plain(row[addr2]), one.localPort());
            if (later) {
                two.options(row[opt2].split(":")[0]);
            }
            String listen2 = "-";
            String listen1 = "-";
            if (bound == 0 && row[proto].equals("tcp")) {
                listen2 = Errno.name(table.listen(two));
                if (!row[bind2 + 2].equals("-")) {
                    listen1 = Errno.name(table.listen(one));
                }
            }
            return Errno.name(bound) + " " + listen2 + " " + listen1;
        }

        private FakeSocket socket(String address, String v6only, String uid, String device) {
            boolean v6 = address.startsWith("[");
            FakeSocket s = new FakeSocket(table, v6 ? InetSocket.AF_INET6 : InetSocket.AF_INET, new Owner(Integer.parseInt(uid), 0, "-"));
            s.option(InetSocket.V6ONLY, v6only.equals("1"));
            return s.device(switch (device) {
                case "lo" -> 1;
                case "d0" -> 2;
                default -> 0;
            });
        }

        private String plain(String address) {
            return address.substring(0, address.contains("/") ? address.indexOf('/') : address.length()).replace("[", "").replace("]", "");
        }

        /// The specific address that a connection of socket 1 gets.
        private String specific() {
            return switch (row[addr1]) {
                case "0.0.0.0", "[::ffff:0.0.0.0]", "[::]/v4peer" -> "127.0.0.1";
                case "[::]" -> "::1";
                default -> plain(row[addr1]);
            };
        }

        private FakeSocket make(FakeSocket s) {
            String peer = specific().contains(":") ? "::1" : "127.0.0.9";
            switch (row[state1]) {
                case "BOUND" -> s.bound(plain(row[addr1]), PORT);
                case "LISTEN" -> s.bound(plain(row[addr1]), PORT).listens();
                case "LISTEN_SHUTDOWN" -> table.stopListening(s.bound(plain(row[addr1]), PORT).listens());
                case "CONNECTED_ACTIVE", "SYN_SENT" -> s.bound(plain(row[addr1]), PORT).connect(specific(), peer, 80, FREE);
                case "CONNECT_REFUSED" -> {
                    s.bound(plain(row[addr1]), PORT).connect(specific(), peer, 80, FREE);
                    table.connectFailed(s);
                }
                case "ACCEPTED", "CLOSE_WAIT" -> {
                    FakeSocket child = s.bound(plain(row[addr1]), PORT).listens().accepts(specific());
                    table.release(s);
                    return child;
                }
                case "ACCEPTED+LISTEN" -> s.bound(plain(row[addr1]), PORT).listens().accepts(specific());
                case "FIN_WAIT2_ORPHAN", "TIME_WAIT_SERVER" -> {
                    FakeSocket child = s.bound(plain(row[addr1]), PORT).listens().accepts(specific());
                    table.release(s);
                    table.toTimeWait(child);
                    table.release(child);
                }
                case "TIME_WAIT_CLIENT" -> {
                    s.bound(plain(row[addr1]), PORT).connect(specific(), peer, 80, FREE);
                    table.toTimeWait(s);
                    table.release(s);
                }
                case "CLOSED" -> table.release(s.bound(plain(row[addr1]), PORT));
                case "AUTOBOUND_CONNECT" -> s.connect(specific(), peer, 80, FREE);
                case "AUTOBOUND_BIND0" -> s.bound(plain(row[addr1]), 0);
                default -> throw new AssertionError("state " + row[state1]);
            }
            return s;
        }
    }

    /// A host that has every address.
    static final class Everything implements LocalAddresses {
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
    }
}
