package org.lastack.tools.oracle;

import java.util.List;
import java.util.TreeSet;
import java.util.regex.Matcher;
import org.jspecify.annotations.Nullable;
import org.lastack.core.socket.SocketOptions;
import org.lastack.wire.IpAddress;

/// Which ports are chosen, and when there are none left.
final class PortsChosen implements PortsKind.Topic {
    private static final int FIRST = 40_000;
    private static final int MOST = 12;

    /// As most rows have it; those that go on from a row before change nothing of it.
    private PortsStage stage = new PortsStage().range(FIRST, FIRST + 3);
    private String options = "-";
    private String protocol = "tcp";

    @Override
    public @Nullable String answer(String topic, String setup) {
        return switch (topic) {
            case "connect-autobind" -> connects(setup);
            case "bind-port-0" -> binds(setup);
            case "bind0-then-connect" -> bindThenConnect(setup, false);
            case "IP_BIND_ADDRESS_NO_PORT" -> setup.startsWith("getsockname") ? nameBefore(setup) : bindThenConnect(setup, true);
            case "port choice" -> choice(setup);
            case "udp-autobind" -> udp(setup);
            case "reserved ports" -> reserved(setup);
            case "IP_LOCAL_PORT_RANGE" -> ownRange(setup);
            default -> null;
        };
    }

    private static PortsStage.Count until(int most, java.util.function.Supplier<OracleSocket> socket,
            java.util.function.Function<OracleSocket, String> call) {
        PortsStage.Count count = new PortsStage.Count();
        for (int i = 0; i < most; i++) {
            OracleSocket s = socket.get();
            if (!count.goesOn(call.apply(s), s)) {
                break;
            }
        }
        return count;
    }

    private @Nullable String connects(String setup) {
        Matcher first = PortsKind.find("range of (\\d+) ports, unbound sockets opt=(\\S+), connect", setup);
        Matcher destination = PortsKind.find("connect to (?:one destination )?(D\\d)", setup);
        if (destination == null) {
            return null;
        }
        if (first != null) {
            stage = new PortsStage().range(FIRST, FIRST + Integer.parseInt(first.group(1)) - 1);
            options = first.group(2);
        }
        return until(MOST, () -> stage.tcp(options), s -> stage.connect(s, destination.group(1))).text();
    }

    private @Nullable String binds(String setup) {
        Matcher first = PortsKind.find("range of (\\d+) ports, bind\\((\\S+),0\\) opt=(\\S+) (tcp|udp) until failure \\(max (\\d+)\\)", setup);
        Matcher address = PortsKind.find("bind\\((\\S+),0\\)", setup);
        if (address == null) {
            return null;
        }
        int most = 9;
        if (first != null) {
            stage = new PortsStage().range(FIRST, FIRST + Integer.parseInt(first.group(1)) - 1);
            options = first.group(3);
            protocol = first.group(4);
            most = Integer.parseInt(first.group(5));
        }
        IpAddress where = IpAddress.of(address.group(1));
        return until(most, () -> stage.socket(protocol, options), s -> s.bind(where, 0)).textWithPorts();
    }

    /// Each socket binds to port 0 and connects; the first failure of either counts.
    private @Nullable String bindThenConnect(String setup, boolean noPort) {
        Matcher m = PortsKind.find("range (\\d+)", setup);
        if (m == null) {
            return null;
        }
        stage = new PortsStage().range(FIRST, FIRST + Integer.parseInt(m.group(1)) - 1);
        StringBuilder text = new StringBuilder();
        for (String destination : List.of("D1", "D2")) {
            text.append(text.isEmpty() ? "" : "; ").append(destination).append(' ')
                    .append(until(MOST, () -> stage.tcp("-"), s -> boundTo0ThenConnect(s, noPort, destination)).text());
        }
        return text.toString();
    }

    private String boundTo0ThenConnect(OracleSocket s, boolean noPort, String destination) {
        if (noPort) {
            s.set(SocketOptions.IPPROTO_IP, SocketOptions.IP_BIND_ADDRESS_NO_PORT, 1);
        }
        String bound = s.bind(PortsStage.LOCALHOST, 0);
        return bound.equals(OracleSocket.OK) ? stage.connect(s, destination) : bound;
    }

    private String nameBefore(String setup) {
        Matcher address = PortsKind.find("bind\\((\\S+),0\\)", setup);
        stage = new PortsStage();
        OracleSocket s = stage.tcp("-");
        s.set(SocketOptions.IPPROTO_IP, SocketOptions.IP_BIND_ADDRESS_NO_PORT, 1);
        s.bound(address == null ? PortsStage.LOCALHOST : IpAddress.of(address.group(1)), 0);
        return "('" + new IpAddress(s.socket().localHigh(), s.socket().localLow()) + "', " + s.port() + ")";
    }

    private @Nullable String choice(String setup) {
        Matcher order = PortsKind.find("(\\d+) unbound connects to (D\\d) in range (\\d+)-(\\d+): order", setup);
        if (order != null) {
            stage = new PortsStage().range(Integer.parseInt(order.group(3)), Integer.parseInt(order.group(4)));
            return PortsStage.spaced(until(Integer.parseInt(order.group(1)), () -> stage.tcp("-"), s -> stage.connect(s, order.group(2))).ports());
        }
        Matcher many = PortsKind.find("^(\\d+) (unbound connect\\(\\)|udp connect\\(\\) unbound|bind\\((\\S+),0\\) (tcp|udp))", setup);
        if (many == null) {
            return null;
        }
        Matcher range = PortsKind.find("range (\\d+)-(\\d+)", setup);
        stage = new PortsStage().range(range == null ? 50_000 : Integer.parseInt(range.group(1)), range == null ? 60_999 : Integer.parseInt(range.group(2)));
        boolean udp = many.group(2).contains("udp");
        String bindTo = many.group(3);
        return statistics(until(Integer.parseInt(many.group(1)), () -> stage.socket(udp ? "udp" : "tcp", "-"),
                s -> bindTo == null ? stage.connect(s, "D1") : s.bind(IpAddress.of(bindTo), 0)).ports());
    }

    private static String statistics(List<Integer> ports) {
        int odd = (int) ports.stream().filter(each -> (each & 1) == 1).count();
        int byTwo = 0;
        int increasing = 0;
        for (int i = 1; i < ports.size(); i++) {
            int step = ports.get(i) - ports.get(i - 1);
            byTwo += step == 2 ? 1 : 0;
            increasing += step > 0 ? 1 : 0;
        }
        TreeSet<Integer> sorted = new TreeSet<>(ports);
        int steps = Math.max(0, ports.size() - 1);
        return "even " + (ports.size() - odd) + " odd " + odd + "; distinct " + sorted.size() + "; deltas of +2 " + byTwo + "/" + steps
                + "; increasing steps " + increasing + (sorted.isEmpty() ? "" : "; span " + sorted.first() + "-" + sorted.last());
    }

    private @Nullable String udp(String setup) {
        Matcher shared = PortsKind.find("range (\\d+): udp connect\\(\\) to one destination until failure; then other destination", setup);
        if (shared != null) {
            stage = new PortsStage().range(FIRST, FIRST + Integer.parseInt(shared.group(1)) - 1);
            return until(MOST, () -> stage.udp("-"), s -> stage.connect(s, "D1")).text() + "; "
                    + until(MOST, () -> stage.udp("-"), s -> stage.connect(s, "D3")).text();
        }
        Matcher optioned = PortsKind.find("range (\\d+): udp connect\\(\\) opt=(\\S+) until failure", setup);
        if (optioned != null) {
            PortsStage fresh = new PortsStage().range(FIRST, FIRST + Integer.parseInt(optioned.group(1)) - 1);
            return until(MOST, () -> fresh.udp(optioned.group(2)), s -> fresh.connect(s, "D1")).textWithPorts();
        }
        if (setup.endsWith("sendto() on an unbound socket")) {
            OracleSocket s = stage.udp("-");
            return OracleSocket.errno(s.udp().sendTo(new byte[1], 0, 1, 0, PortsStage.PEER.high(), PortsStage.PEER.low(), PortsStage.D1_PORT));
        }
        Matcher bind = PortsKind.find("bind\\((\\S+),0\\)$", setup);
        return bind == null ? null : stage.udp("-").bind(IpAddress.of(bind.group(1)), 0);
    }

    private @Nullable String reserved(String setup) {
        Matcher m = PortsKind.find("range (\\d+)-(\\d+), reserved (\\S+): unbound connect (D\\d) until failure", setup);
        if (m != null) {
            stage = new PortsStage().range(Integer.parseInt(m.group(1)), Integer.parseInt(m.group(2)));
            stage.host.sysctls().localReservedPorts().parse(m.group(3));
            return until(MOST, () -> stage.tcp("-"), s -> stage.connect(s, m.group(4))).textWithPorts();
        }
        if (!setup.startsWith("explicit bind")) {
            return null;
        }
        int reservedPort = FIRST;
        while (reservedPort < 1 << 16 && !stage.host.sysctls().localReservedPorts().contains(reservedPort)) {
            reservedPort++;
        }
        return stage.tcp("-").bind(PortsStage.LOCALHOST, reservedPort);
    }

    private @Nullable String ownRange(String setup) {
        Matcher m = PortsKind.find("setsockopt (\\d+)-(\\d+) then connect (D\\d)", setup);
        if (m == null) {
            return null;
        }
        int low = Integer.parseInt(m.group(1));
        int high = Integer.parseInt(m.group(2));
        stage = new PortsStage();
        OracleSocket s = stage.tcp("-");
        String set = OracleSocket.errno(s.set(SocketOptions.IPPROTO_IP, SocketOptions.IP_LOCAL_PORT_RANGE, high << 16 | low));
        return set + " " + stage.connect(s, m.group(3)) + " port " + s.port();
    }
}
