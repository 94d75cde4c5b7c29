package org.lastack.tools.oracle;

import java.util.LinkedHashMap;
import java.util.Map;
import org.lastack.core.socket.InetSocket;
import org.lastack.wire.IpAddress;

/// Two sockets on one port: may the second bind, and listen? Every situation is made by socket calls and packets on a host of our own.
final class BindKind implements OracleKind {
    private static final int PORT = 5555;
    private static final int PEER_PORT = 80;
    private static final int NOBODYS_PORT = 81;
    /// The ACK of a FIN alone waits for a tick of Linux's clock.
    private static final long ACK_OF_FIN_NS = 50_000_000;

    @Override
    public String name() {
        return "bind";
    }

    @Override
    public String description() {
        return "conflicts of two sockets on one port";
    }

    @Override
    public OracleAnswer replay(OracleRow row) {
        return new Replay(row).run();
    }

    /// One row.
    private static final class Replay {
        private final OracleRow row;
        private final boolean tcp;
        private final OracleHost host = new OracleHost(1);
        private final IpAddress address1;
        private final boolean v6;
        /// What a connection of socket 1 has as its local address, and its peer.
        private final IpAddress specific;
        private final IpAddress peer;

        Replay(OracleRow row) {
            this.row = row;
            tcp = row.get("proto").equals("tcp");
            String written = row.get("addr1");
            address1 = address(written);
            v6 = written.startsWith("[");
            boolean toV4 = !v6 || written.endsWith("/v4peer") || address1.isV4();
            specific = !address1.isUnspecified() ? address1 : toV4 ? IpAddress.of("127.0.0.1") : IpAddress.of("::1");
            peer = IpAddress.of(toV4 ? "127.0.0.9" : "::1");
        }

        /// `127.0.0.1`, `[::1]`, `[::]/v4peer`.
        private static IpAddress address(String written) {
            String plain = written.contains("/") ? written.substring(0, written.indexOf('/')) : written;
            IpAddress parsed = IpAddress.parse(plain.replace("[", "").replace("]", ""));
            if (parsed == null) {
                throw new OracleException("\"" + written + "\" is no address");
            }
            return parsed;
        }

        OracleAnswer run() {
            OracleSocket one = make();
            String when = row.get("opt1");
            if (when.endsWith(":set_after_bind")) {
                one.options(letters(when));
            } else if (when.endsWith(":cleared_after_bind")) {
                one.options("-");
            }
            return second(one);
        }

        private static String letters(String option) {
            return option.contains(":") ? option.substring(0, option.indexOf(':')) : option;
        }

        private OracleAnswer second(OracleSocket one) {
            String written = row.get("addr2");
            String option = row.get("opt2");
            IpAddress address = address(written);
            OracleSocket two = host.socket(row.get("proto"), written.startsWith("["), row.number("uid2")).device(row.get("dev2"));
            two.v6Only(row.get("v6only2").equals("1"));
            if (!option.contains(":")) {
                two.options(option);
            }
            String rule = two.why(address, one.port());
            Map<String, String> results = new LinkedHashMap<>();
            String bound = two.bind(address, one.port());
            two.options(letters(option));
            results.put("bind2", bound);
            boolean both = bound.equals(OracleSocket.OK) && tcp;
            results.put("listen2", both ? two.listen() : "-");
            // Recorded only for a first socket that could listen itself.
            results.put("listen1_after", both && mereSocket() ? one.listen() : "-");
            return new OracleAnswer(results, rule);
        }

        private boolean mereSocket() {
            return switch (row.get("state1")) {
                case "BOUND", "LISTEN_SHUTDOWN", "CONNECT_REFUSED", "AUTOBOUND_BIND0" -> !row.get("listen1_after").equals("-");
                default -> false;
            };
        }

        private OracleSocket make() {
            OracleSocket s = host.socket(row.get("proto"), v6, row.number("uid1")).device(row.get("dev1"));
            s.v6Only(row.get("v6only1").equals("1"));
            if (!row.get("opt1").endsWith(":set_after_bind")) {
                s.options(letters(row.get("opt1")));
            }
            switch (row.get("state1")) {
                case "BOUND" -> s.bound(address1, PORT);
                case "LISTEN" -> s.bound(address1, PORT).listening();
                case "LISTEN_SHUTDOWN" -> s.bound(address1, PORT).listening().tcp().shutdown(InetSocket.SHUT_RDWR);
                case "CONNECTED_ACTIVE" -> connected(s.bound(address1, PORT));
                case "AUTOBOUND_CONNECT" -> connected(s);
                case "AUTOBOUND_BIND0" -> s.bound(address1, 0);
                case "SYN_SENT" -> s.bound(address1, PORT).connectAtOnce(peer, NOBODYS_PORT);
                case "CONNECT_REFUSED" -> refused(s.bound(address1, PORT));
                case "TIME_WAIT_CLIENT" -> timeWaitClient(s.bound(address1, PORT));
                case "CLOSED" -> s.bound(address1, PORT).close();
                case "ACCEPTED", "CLOSE_WAIT", "FIN_WAIT2_ORPHAN", "TIME_WAIT_SERVER" -> {
                    return accepted(s.bound(address1, PORT).listening(), row.get("state1"));
                }
                case "ACCEPTED+LISTEN" -> {
                    client(s.bound(address1, PORT).listening());
                    s.accept();
                }
                default -> throw new OracleException("line " + row.line() + ": state \"" + row.get("state1") + "\" is unknown");
            }
            return s;
        }

        /// The peer's listener; it stays.
        private OracleSocket peerListener() {
            return host.tcp(!peer.isV4(), 0).bound(peer, PEER_PORT).listening();
        }

        private OracleSocket connected(OracleSocket s) {
            if (tcp) {
                peerListener();
            }
            return s.must(s.connect(peer, PEER_PORT), "connect");
        }

        private void refused(OracleSocket s) {
            String result = s.connect(peer, NOBODYS_PORT);
            if (!result.equals("ECONNREFUSED")) {
                throw new OracleException("the situation cannot be made: connect = " + result);
            }
        }

        private void timeWaitClient(OracleSocket s) {
            OracleSocket listener = peerListener();
            s.must(s.connect(peer, PEER_PORT), "connect");
            OracleSocket other = listener.accept();
            s.close();
            other.close();
        }

        private OracleSocket client(OracleSocket listener) {
            OracleSocket client = host.tcp(!specific.isV4(), 0);
            return client.must(client.connect(specific, listener.port()), "connect");
        }

        private OracleSocket accepted(OracleSocket listener, String state) {
            OracleSocket client = client(listener);
            OracleSocket child = listener.accept();
            listener.close();
            switch (state) {
                case "CLOSE_WAIT" -> client.close();
                case "FIN_WAIT2_ORPHAN" -> {
                    child.close();
                    host.pass(ACK_OF_FIN_NS);
                }
                case "TIME_WAIT_SERVER" -> {
                    child.close();
                    client.close();
                }
                default -> {
                    // ACCEPTED: both stay open.
                }
            }
            return child;
        }
    }
}
