package org.lastack.tools.lab;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Predicate;
import org.lastack.core.Sysctl;
import org.lastack.core.tcp.SocketRow;
import org.lastack.core.tcp.TcpState;
import org.lastack.core.udp.UdpSocket;
import org.lastack.host.Host;
import org.lastack.host.VirtualDriver;
import org.lastack.wire.IpAddress;

/// Two hosts on a cable with 5 ms of delay, in virtual time, and the text that a story leaves: what programs call and get, each segment, the
/// tables, and what to remember. One thread.
final class Stage implements AutoCloseable {
    static final long SECOND = 1_000_000_000L;
    static final long MILLISECOND = 1_000_000L;
    static final String CLIENT = "10.0.0.1";
    static final String SERVER = "10.0.0.2";
    static final int PORT = 9000;
    private static final long DELAY_NS = 5 * MILLISECOND;

    final VirtualDriver time = new VirtualDriver();
    final Cable cable;
    final Host clientHost;
    final Host serverHost;
    final Program client;
    private final boolean inChinese;
    private final Ladder ladder = new Ladder();
    private final List<String> lines = new ArrayList<>();
    private final Map<String, Object> facts = new LinkedHashMap<>();
    private final List<Program> programs = new ArrayList<>();
    Program server;
    private boolean drawing = true;
    private int hidden;

    Stage(boolean inChinese) {
        this.inChinese = inChinese;
        cable = new Cable(time::nowNs, DELAY_NS, this::draw);
        clientHost = host("client", 11).link(cable.left(), CLIENT + "/24").build();
        serverHost = host("server", 22).link(cable.right(), SERVER + "/24").build();
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

    // ---- what is written -----------------------------------------------------------------------------------------------------------

    private void draw(Packet packet) {
        if (drawing) {
            lines.add(ladder.rung(packet));
        } else {
            ladder.rung(packet); // it learns where the numbers begin
            hidden++;
        }
    }

    /// Segments are counted but not drawn until [#drawAgain].
    void drawNothing() {
        drawing = false;
        hidden = 0;
    }

    void drawAgain() {
        drawing = true;
        say("  ... (%d segments not shown)", "  …（%d 个报文段未画出）", hidden);
    }

    /// A line in the user's language.
    void say(String english, String chinese, Object... values) {
        lines.add(String.format(Locale.ROOT, inChinese ? chinese : english, values));
    }

    /// A word that stands inside a line.
    String word(String english, String chinese) {
        return inChinese ? chinese : english;
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

    /// A line that is the same in every language: a call and its result.
    void call(String text) {
        lines.add(String.format(Locale.ROOT, "%10.3f s  %s", time.nowNs() / 1e9, text));
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
        call(host.name() + "  sysctl " + setting.linuxName() + "=" + value);
    }

    // ---- what there is -------------------------------------------------------------------------------------------------------------

    static List<SocketRow> rows(Host host) {
        List<SocketRow> rows = new ArrayList<>();
        host.run(() -> host.engine().tcp().rows(row -> {
            if (row.state() != TcpState.CLOSED) {
                rows.add(row);
            }
        }));
        return rows;
    }

    /// How many rows of the host are in that state.
    static long count(Host host, TcpState state) {
        return rows(host).stream().filter(row -> row.state() == state).count();
    }

    static List<String> states(Host host) {
        return rows(host).stream().map(row -> row.state().name()).sorted().toList();
    }

    /// Both port tables, as netstat shows them.
    void tables() {
        table(clientHost);
        table(serverHost);
    }

    /// The listeners of the server, where the whole table would be long.
    void drawListeners() {
        table(serverHost, row -> row.state() == TcpState.LISTEN);
    }

    void table(Host host) {
        table(host, row -> true);
    }

    private void table(Host host, Predicate<SocketRow> which) {
        List<String> found = new ArrayList<>();
        for (SocketRow row : rows(host)) {
            if (which.test(row)) {
                found.add(line(row));
            }
        }
        List<UdpSocket> datagrams = new ArrayList<>();
        host.run(() -> host.engine().udp().sockets(datagrams::add));
        for (UdpSocket each : datagrams) {
            found.add(String.format(Locale.ROOT, "    udp %-12s %-21s %-21s", each.remotePort() == 0 ? "UNCONN" : "ESTABLISHED",
                    new IpAddress(each.localHigh(), each.localLow()).withPort(each.localPort()),
                    new IpAddress(each.remoteHigh(), each.remoteLow()).withPort(each.remotePort())).stripTrailing());
        }
        say("  [table of %s at %.3f s: %d rows]", "  [%s 的表，%.3f 秒：%d 行]", host.name(), time.nowNs() / 1e9, found.size());
        lines.addAll(found);
    }

    private static String line(SocketRow row) {
        String timer = row.timer().isEmpty() ? "" : String.format(Locale.ROOT, "%s %.1f s", row.timer(), Math.max(0, row.timerNs()) / 1e9);
        String owner = row.owner() == null ? "-" : row.owner().pid() + "/" + row.owner().program();
        return String.format(Locale.ROOT, "    tcp %-12s %-21s %-21s %-4d %-4d %-11s %s", row.state().netstatName(), row.local().withPort(row.localPort()),
                row.remote().withPort(row.remotePort()), row.recvQueue(), row.sendQueue(), owner, timer).stripTrailing();
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
