package org.lastack.tools.oracle;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.lastack.core.Sysctl;
import org.lastack.core.tcp.TcpSocket;
import org.lastack.core.udp.ReceivedFrom;
import org.lastack.wire.IpAddress;

/// Which of several sockets hears a packet.
final class PortsDemux implements PortsKind.Topic {
    private static final int PORT = 45_000;
    /// A receiver, where it is bound, its options.
    private static final Pattern MEMBER = Pattern.compile("((?<!bound )(?:first|second|third|fourth)|unconnected|connected-to-sender|connected to another peer|v4 any|dual \\[::\\]"
            + "|\\[::\\] V6ONLY=1|mapped ::ffff:127\\.0\\.0\\.1|(?<!(?:both|all|::ffff:) ?)any|(?<![0-9.:]|both |all )127\\.0\\.0\\.1)"
            + "(?: (any|[0-9.]+))?(?: ?\\(([^)]*)\\))?");

    private PortsStage stage = new PortsStage();
    /// Names as the table has them, with `:errno` if the socket could not be made.
    private final Map<String, OracleSocket> sockets = new LinkedHashMap<>();
    private final List<String> names = new ArrayList<>();

    @Override
    public @Nullable String answer(String topic, String setup) {
        return switch (topic) {
            case "tcp listener choice" -> tcp(setup);
            case "udp receiver choice" -> udp(setup);
            case "reuseport close" -> closed(setup);
            default -> null;
        };
    }

    private void begin() {
        stage = new PortsStage();
        sockets.clear();
        names.clear();
    }

    private void enter(String name, OracleSocket s, IpAddress address, boolean listen) {
        String result = s.bind(address, PORT);
        if (result.equals(OracleSocket.OK) && listen) {
            result = s.listen();
        }
        if (result.equals(OracleSocket.OK)) {
            sockets.put(name, s);
            names.add(name);
        } else {
            names.add(name + ":" + result);
        }
    }

    private String list() {
        return "  [" + String.join(", ", names) + "]";
    }

    // TCP

    private @Nullable String tcp(String setup) {
        if (setup.startsWith("same listeners")) {
            return connects(setup);
        }
        begin();
        Matcher group = PortsKind.find("(\\d+) reuseport listeners on ([0-9.]+); (\\d+) connects from different ports", setup);
        if (group != null) {
            for (int i = 0; i < Integer.parseInt(group.group(1)); i++) {
                enter("r" + i, stage.tcp("P"), IpAddress.of(group.group(2)), true);
            }
            return connects(IpAddress.of(group.group(2)), Integer.parseInt(group.group(3))) + list();
        }
        Matcher pair = PortsKind.find("listeners ([-\\w]+)(?:,[-\\w]+)?: (\\S+) then (\\S+);|listeners ([-\\w]+),[-\\w]+ (\\S+) then (\\S+)$", setup);
        if (pair != null) {
            boolean colon = pair.group(1) != null;
            listener(colon ? pair.group(2) : pair.group(5), colon ? pair.group(1) : pair.group(4));
            listener(colon ? pair.group(3) : pair.group(6), colon ? pair.group(1) : pair.group(4));
            return colon ? connects(setup) : connects(PortsStage.LOCALHOST, 2) + list();
        }
        Matcher mixed = PortsKind.find("^(v4 any|dual \\[::\\]) \\(([^)]*)\\) (?:then|and) (v4 any|dual \\[::\\]|\\[::\\] V6ONLY=1) \\(([^)]*)\\)", setup);
        if (mixed != null) {
            listener(mixed.group(1), mixed.group(2));
            listener(mixed.group(3), mixed.group(4));
            return connects(setup);
        }
        if (setup.startsWith("dual [::] and mapped ::ffff:127.0.0.1 (both P)")) {
            listener("dual [::]", "P");
            enter("mapped", stage.host.tcp(true, 0).options("P"), IpAddress.of("::ffff:127.0.0.1"), true);
            return connects(PortsStage.LOCALHOST, 10) + list();
        }
        return null;
    }

    private void listener(String where, String options) {
        String letters = options.matches("[AP]+") ? options : "-";
        switch (where) {
            case "any" -> enter("any", stage.tcp(letters), IpAddress.ANY_V4, true);
            case "127.0.0.1" -> enter("lo1", stage.tcp(letters), PortsStage.LOCALHOST, true);
            case "v4 any" -> enter("v4any", stage.tcp(letters), IpAddress.ANY_V4, true);
            case "dual [::]" -> enter("dual", stage.host.tcp(true, 0).options(letters), IpAddress.ANY_V6, true);
            case "[::] V6ONLY=1" -> enter("v6only", stage.host.tcp(true, 0).v6Only(true).options(letters), IpAddress.ANY_V6, true);
            default -> throw new OracleException("\"" + where + "\" is no listener");
        }
    }

    /// "20 connects to 127.0.0.2", "connects to 127.0.0.1 / ::1" (three each).
    private @Nullable String connects(String setup) {
        Matcher m = PortsKind.find("(?:(\\d+) )?connects to (\\S+)(?: / (\\S+))?$", setup);
        if (m == null) {
            return null;
        }
        int count = m.group(1) == null ? 3 : Integer.parseInt(m.group(1));
        String text = connects(IpAddress.of(m.group(2)), count) + list();
        return m.group(3) == null ? text : text + " / " + connects(IpAddress.of(m.group(3)), count) + list();
    }

    private String connects(IpAddress to, int count) {
        Map<String, Integer> heard = new LinkedHashMap<>();
        for (int i = 0; i < count; i++) {
            OracleSocket client = stage.host.tcp(!to.isV4(), 0);
            String result = client.connect(to, PORT);
            if (!result.equals(OracleSocket.OK)) {
                heard.merge(result, 1, Integer::sum);
                continue;
            }
            sockets.forEach((name, s) -> {
                TcpSocket child = s.tcp().accept();
                if (child != null) {
                    heard.merge(name, 1, Integer::sum);
                    // Reset, so that thousands of connections do not wait.
                    child.abort();
                }
            });
            stage.host.settle();
            client.close();
        }
        return counts(heard);
    }

    private static String counts(Map<String, Integer> heard) {
        StringBuilder text = new StringBuilder();
        heard.forEach((name, count) -> text.append(text.isEmpty() ? "" : " ").append(name).append('x').append(count));
        return text.toString();
    }

    private @Nullable String closed(String setup) {
        Matcher m = PortsKind.find("(\\d+) reuseport listeners, (\\d+) established unaccepted connections, close one listener", setup);
        if (m == null) {
            return null;
        }
        begin();
        Matcher migrate = PortsKind.find("tcp_migrate_req=(\\d)", setup);
        stage.host.sysctls().set(Sysctl.TCP_MIGRATE_REQ, migrate == null ? 0 : Integer.parseInt(migrate.group(1)));
        for (int i = 0; i < Integer.parseInt(m.group(1)); i++) {
            enter("r" + i, stage.tcp("P"), PortsStage.LOCALHOST, true);
        }
        List<OracleSocket> clients = new ArrayList<>();
        for (int i = 0; i < Integer.parseInt(m.group(2)); i++) {
            OracleSocket client = stage.tcp("-");
            clients.add(client.must(client.connect(PortsStage.LOCALHOST, PORT), "connect"));
        }
        sockets.values().iterator().next().close();
        stage.host.settle();
        String error = "ECONNRESET";
        long reset = clients.stream().filter(each -> OracleSocket.errno(each.tcp().receive(new byte[1], 0, 1, 0)).equals(error)).count();
        return reset + " of " + clients.size() + " clients got " + error;
    }

    // UDP

    private @Nullable String udp(String setup) {
        begin();
        Matcher group = PortsKind.find("(\\d+) reuseport sockets, (\\d+) datagrams from (different source ports|one source port)", setup);
        if (group != null) {
            for (int i = 0; i < Integer.parseInt(group.group(1)); i++) {
                enter("r" + i, stage.udp("P"), PortsStage.LOCALHOST, false);
            }
            return datagrams(PortsStage.LOCALHOST, Integer.parseInt(group.group(2)), group.group(3).startsWith("one") ? sender() : null) + list();
        }
        if (setup.contains("broadcast") || setup.contains("multicast")) {
            return all(setup.contains("broadcast") ? IpAddress.of("127.255.255.255") : IpAddress.of("224.0.0.251"));
        }
        return one(setup);
    }

    private OracleSocket sender() {
        return stage.udp("-").bound(PortsStage.LOCALHOST, PORT + 1);
    }

    private @Nullable String one(String setup) {
        OracleSocket sender = sender();
        String[] parts = setup.split("[:;] datagrams?", 2);
        Matcher member = MEMBER.matcher(parts[0]);
        Matcher common = PortsKind.find("(?:both|all) ([0-9.]+)", parts[0]);
        while (member.find()) {
            receiver(member, common == null ? PortsStage.LOCALHOST : IpAddress.of(common.group(1)), sender.port());
        }
        if (names.isEmpty()) {
            return null;
        }
        Matcher to = PortsKind.find("datagrams to (\\S+)", setup);
        return datagrams(to == null ? PortsStage.LOCALHOST : IpAddress.of(to.group(1)), setup.contains("stranger") ? 2 : 5, sender) + list();
    }

    /// A socket told as `any(A)`, `unconnected 127.0.0.1(A)` or `connected-to-sender(A)`.
    private void receiver(Matcher member, IpAddress common, int senderPort) {
        String kind = member.group(1);
        String options = member.group(3) != null && member.group(3).matches("[AP]+") ? member.group(3) : "-";
        String where = member.group(2);
        IpAddress address = where == null ? common : where.equals("any") ? IpAddress.ANY_V4 : IpAddress.of(where);
        if (kind.startsWith("connected")) {
            connected("conn", stage.udp(options), address, kind.endsWith("sender") ? senderPort : senderPort + 1);
            return;
        }
        OracleSocket six = stage.host.udp(true, 0).options(options);
        switch (kind) {
            case "unconnected" -> enter("unconn", stage.udp(options), address, false);
            case "any", "v4 any" -> enter(kind.replace(" ", ""), stage.udp(options), IpAddress.ANY_V4, false);
            case "127.0.0.1" -> enter("lo1", stage.udp(options), PortsStage.LOCALHOST, false);
            case "dual [::]" -> enter("dual", six, IpAddress.ANY_V6, false);
            case "[::] V6ONLY=1" -> enter("v6only", six.v6Only(true), IpAddress.ANY_V6, false);
            case "mapped ::ffff:127.0.0.1" -> enter("mapped", six, IpAddress.of("::ffff:127.0.0.1"), false);
            default -> enter(kind, stage.udp(options), address, false);
        }
    }

    private void connected(String name, OracleSocket s, IpAddress where, int peerPort) {
        enter(name, s, where, false);
        s.must(s.connect(PortsStage.LOCALHOST, peerPort), "connect");
    }

    private String datagrams(IpAddress to, int count, @Nullable OracleSocket from) {
        Map<String, Integer> heard = new LinkedHashMap<>();
        for (int i = 0; i < count; i++) {
            OracleSocket sender = from == null ? stage.host.udp(false, 0) : from;
            sender.udp().sendTo(new byte[1], 0, 1, 0, to.high(), to.low(), PORT);
            stage.host.settle();
            String who = "nobody";
            for (Map.Entry<String, OracleSocket> each : sockets.entrySet()) {
                if (received(each.getValue())) {
                    who = each.getKey();
                }
            }
            heard.merge(who, 1, Integer::sum);
            if (from == null) {
                sender.close();
            }
        }
        return counts(heard);
    }

    private static boolean received(OracleSocket s) {
        return s.udp().receive(new byte[8], 0, 8, 0, new ReceivedFrom()) >= 0;
    }

    private String all(IpAddress group) {
        OracleSocket first = stage.udp("A").bound(IpAddress.ANY_V4, PORT);
        OracleSocket second = stage.udp("A").bound(IpAddress.ANY_V4, PORT);
        OracleSocket sender = stage.udp("-");
        if (group.isMulticast()) {
            join(first, group);
            join(second, group);
            join(sender, group);
        } else {
            sender.set(org.lastack.core.socket.SocketOptions.SOL_SOCKET, org.lastack.core.socket.SocketOptions.SO_BROADCAST, 1);
        }
        sender.udp().sendTo(new byte[1], 0, 1, 0, group.high(), group.low(), PORT);
        stage.host.settle();
        return "first " + (received(first) ? "OK" : "EAGAIN") + " second " + (received(second) ? "OK" : "EAGAIN");
    }

    /// IP_ADD_MEMBERSHIP on the loopback, and IP_MULTICAST_IF for the sender.
    private void join(OracleSocket s, IpAddress group) {
        int index = stage.host.engine.loopback().index();
        byte[] request = new byte[12];
        for (int i = 0; i < 4; i++) {
            request[i] = (byte) (IpAddress.v4Bits(group.low()) >>> 24 - 8 * i);
        }
        request[8] = (byte) index;
        int joined = s.udp().setOption(0, 35, request, 0, 12);
        int chosen = s.udp().setOption(0, 32, request, 0, 12);
        if (joined < 0 || chosen < 0) {
            throw new OracleException("the situation cannot be made: joining = " + OracleSocket.errno(joined) + ", " + OracleSocket.errno(chosen));
        }
    }
}
