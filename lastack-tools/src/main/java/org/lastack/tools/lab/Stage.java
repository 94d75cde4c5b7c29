package org.lastack.tools.lab;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.lastack.core.Sysctl;
import org.lastack.core.tcp.SocketRow;
import org.lastack.core.tcp.TcpState;
import org.lastack.host.Host;
import org.lastack.host.VirtualDriver;
import org.lastack.wire.IpAddress;

/// Two hosts on a cable with 5 ms of delay, in virtual time, and the text that a story leaves: what programs call and get, each segment with
/// the states of both ends, the tables, and what to remember. One thread.
final class Stage implements AutoCloseable {
    static final long SECOND = 1_000_000_000L;
    static final long MILLISECOND = 1_000_000L;
    static final String CLIENT = "10.0.0.1";
    static final String SERVER = "10.0.0.2";
    /// A second address of the server's host.
    static final String SERVER2 = "10.0.0.3";
    static final int PORT = 9000;
    private static final long DELAY_NS = 5 * MILLISECOND;
    private static final String RIGHT_INDENT = " ".repeat(20);

    final VirtualDriver time = new VirtualDriver();
    final Cable cable;
    final Host clientHost;
    final Host serverHost;
    final Program client;
    final Words words;
    private final Ladder ladder = new Ladder();
    private final Flows flows = new Flows(time::nowNs, this::state, this::changed);
    private final List<String> lines = new ArrayList<>();
    private final Map<String, Object> facts = new LinkedHashMap<>();
    private final List<Program> programs = new ArrayList<>();
    private final List<Script> scripts = new ArrayList<>();
    Program server;
    private boolean drawing = true;
    private boolean headed;
    private int hidden;
    private String left = "client " + CLIENT;
    private String right = "server " + SERVER;

    Stage(boolean inChinese) {
        words = new Words(inChinese);
        cable = new Cable(time::nowNs, DELAY_NS, this::draw);
        clientHost = host("client", 11).link(cable.left(), CLIENT + "/24").build();
        serverHost = host("server", 22).link(cable.right(), SERVER + "/24", SERVER2 + "/24").build();
        client = program(clientHost, "client", 0, 100);
        server = program(serverHost, "server", 0, 200);
    }

    private org.lastack.host.HostBuilder host(String name, long seed) {
        return Host.builder().name(name).driver(time).seed(seed).rethrowFaults(true);
    }

    Program program(Host host, String name, int uid, int pid) {
        Program program = new Program(this, host, name, uid, pid);
        programs.add(program);
        return program;
    }

    /// Peers that are scripts take the place of the client's host.
    void playScripts() {
        left = word("script ", "脚本 ") + Script.ADDRESS;
    }

    void join(Script script) {
        scripts.add(script);
    }

    /// Draws what the client's host sends to itself, which no cable carries; on the left is who began.
    void drawLoopback() {
        left = "client 127.0.0.1";
        right = left;
        Set<Integer> began = new HashSet<>();
        clientHost.run(() -> clientHost.engine().ip().loopbackTap((octets, offset, length) -> {
            Packet packet = new Packet(time.nowNs(), true, Arrays.copyOfRange(octets, offset, offset + length), false, "");
            if (packet.tcp() && packet.opens()) {
                began.add(packet.sourcePort());
            }
            cable.note(began.contains(packet.sourcePort()) ? packet : packet.toLeft());
        }));
    }

    // ---- what is written -----------------------------------------------------------------------------------------------------------

    private void draw(Packet packet) {
        if (!drawing) {
            ladder.rung(packet, "", ""); // it learns where the numbers begin
            hidden++;
            return;
        }
        if (!packet.tcp() && !packet.udp()) {
            head();
            lines.add(ladder.rung(packet, "", ""));
            return;
        }
        long arrival = packet.timeNs() + DELAY_NS;
        Flows.Flow flow = flows.of(packet, packet.lost() ? -1 : arrival);
        head();
        lines.add(ladder.rung(packet, flow.left, flow.right));
        if (!packet.lost()) {
            // One nanosecond later whatever the segment brings about at its arrival has been drawn.
            time.at(arrival + 1, flows::catchUp);
        }
    }

    private void changed(Flows.Flow flow) {
        if (drawing) {
            head();
            lines.add(Ladder.change(time.nowNs(), flow.left, flow.leftPort, flow.rightPort, flow.right));
        }
    }

    private String state(boolean udp, IpAddress local, int localPort, IpAddress remote, int remotePort, String before, boolean syn) {
        for (Script each : scripts) {
            if (local.equals(Script.ADDRESS) && each.port() == localPort) {
                return each.state();
            }
        }
        boolean atClient = local.equals(IpAddress.of(CLIENT)) || local.equals(IpAddress.of("127.0.0.1"));
        Host host = atClient ? clientHost : serverHost;
        boolean ofOurs = atClient || local.equals(IpAddress.of(SERVER)) || local.equals(IpAddress.of(SERVER2));
        if (!ofOurs) {
            return "";
        }
        return udp ? Flows.datagrams(words, host, localPort) : Flows.state(host, local, localPort, remote, remotePort, before, syn);
    }

    /// The names of the two sides, before the first thing that happens.
    private void head() {
        if (!headed) {
            headed = true;
            lines.add(Ladder.heading(words, left, right));
        }
    }

    /// Segments are counted but not drawn until [#drawAgain].
    void drawNothing() {
        flows.catchUp();
        drawing = false;
        hidden = 0;
    }

    void drawAgain() {
        drawing = true;
        if (hidden > 0) {
            say("  ... (segments not shown: %d)", "  …（未画出的报文段：%d）", hidden);
        }
    }

    /// A line in the user's language.
    void say(String english, String chinese, Object... values) {
        lines.add(words.format(english, chinese, values));
    }

    /// A word that stands inside a line.
    String word(String english, String chinese) {
        return words.pick(english, chinese);
    }

    /// A heading.
    void part(String english, String chinese, Object... values) {
        lines.add("");
        say("-- " + english, "-- " + chinese, values);
    }

    /// What to take home.
    void remember(String english, String chinese, Object... values) {
        lines.add("");
        say("Remember: " + english, "记住：" + chinese, values);
    }

    /// A call and its result, on the side of the host that made it.
    void call(Host host, String text) {
        flows.catchUp();
        head();
        lines.add(String.format(Locale.ROOT, "%9.3f s  %s%s", time.nowNs() / 1e9, host == serverHost ? RIGHT_INDENT : "", text));
    }

    /// Something that was found, for tests and for JSON.
    void fact(String name, Object value) {
        facts.put(name, value);
    }

    List<String> lines() {
        return lines;
    }

    Map<String, Object> facts() {
        return facts;
    }

    // ---- what happens --------------------------------------------------------------------------------------------------------------

    void pass(double seconds) {
        time.runFor(Math.round(seconds * SECOND));
    }

    /// Lets what is on its way arrive and be answered: a fifth of a second.
    void settle() {
        pass(0.2);
    }

    void sysctl(Host host, Sysctl setting, long value) {
        host.sysctl(setting, value);
        call(host, host.name() + "  sysctl " + setting.linuxName() + "=" + value);
    }

    /// The range of ephemeral ports, which Linux has as one setting.
    void localPortRange(Host host, int low, int high) {
        host.sysctl(Sysctl.IP_LOCAL_PORT_RANGE_LOW, low);
        host.sysctl(Sysctl.IP_LOCAL_PORT_RANGE_HIGH, high);
        call(host, host.name() + "  sysctl net.ipv4.ip_local_port_range=\"" + low + " " + high + "\"");
    }

    // ---- what there is -------------------------------------------------------------------------------------------------------------

    /// How many rows of the host are in that state.
    static long count(Host host, TcpState state) {
        return PortTables.rows(host).stream().filter(row -> row.state() == state).count();
    }

    static List<String> states(Host host) {
        return PortTables.rows(host).stream().map(row -> row.state().name()).sorted().toList();
    }

    /// The listener on that port of the server.
    SocketRow listener(int port) {
        return PortTables.rows(serverHost).stream().filter(row -> row.state() == TcpState.LISTEN && row.localPort() == port).findFirst().orElseThrow();
    }

    /// Both port tables, as netstat shows them.
    void tables() {
        // A host moves its clock when it is entered; timers are counted from there.
        clientHost.run(() -> {});
        serverHost.run(() -> {});
        flows.catchUp();
        if (left.startsWith("client")) {
            table(clientHost.name(), PortTables.lines(words, clientHost));
        } else {
            table(word("script", "脚本"), Script.table(words, scripts));
        }
        table(serverHost.name(), PortTables.lines(words, serverHost));
    }

    private void table(String name, List<String> rows) {
        double now = time.nowNs() / 1e9;
        if (rows.isEmpty()) {
            say("  [table of %s at %.3f s: empty]", "  [%s 的表，%.3f 秒：空]", name, now);
        } else {
            say("  [table of %s at %.3f s]", "  [%s 的表，%.3f 秒]", name, now);
            lines.addAll(rows);
        }
    }

    @Override
    public void close() {
        // What programs do when they end is not part of the story.
        drawing = false;
        programs.forEach(Program::exit);
        clientHost.close();
        serverHost.close();
    }
}
