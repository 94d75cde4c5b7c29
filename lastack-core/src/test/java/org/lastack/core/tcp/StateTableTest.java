package org.lastack.core.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.lastack.core.Errno;
import org.lastack.core.socket.InetSocket;
import org.lastack.wire.IpAddress;

/// RFC 9293 §3.10: every state and every kind of event, with the state that follows, what is sent and what the user sees, in a file that a change of
/// behaviour must visibly alter. `-Dlastack.golden=update` writes it.
class StateTableTest {
    private static final Path GOLDEN = Path.of("src/test/resources/golden/tcp-states.txt");

    /// A kind of segment: its text from RCV.NXT, SND.UNA and SND.NXT.
    private record Arrival(String name, String segment) {
        String at(Scene scene) {
            return scene.resolve(segment);
        }
    }

    private static Arrival arrival(String name, String segment) {
        return new Arrival(name, segment);
    }

    private static final Arrival[] ARRIVALS = {
        arrival("SYN at RCV.NXT", "S R(0) <mss 1460>"),
        arrival("SYN again (RCV.NXT-1)", "S R-1(0) <mss 1460>"),
        arrival("SYN below the window", "S R-100(0) <mss 1460>"),
        arrival("SYN in the window", "S R+100(0) <mss 1460>"),
        arrival("SYN above the window", "S R+70000(0) <mss 1460>"),
        arrival("SYN with text", "S R-1(11) <mss 1460>"),
        arrival("SYN+ACK of ours", "S. R-1(0) ack X <mss 1460>"),
        arrival("SYN+ACK, ACK too new", "S. R-1(0) ack X+4 <mss 1460>"),
        arrival("SYN+ACK, ACK too old", "S. R-1(0) ack U-1 <mss 1460>"),
        arrival("SYN+ACK with text", "S. R-1(5) ack X <mss 1460>"),
        arrival("SYN+FIN", "SF R(0)"),
        arrival("SYN+FIN+ACK", "SF. R-1(0) ack X"),
        arrival("SYN+RST", "SR R(0)"),
        arrival("ACK of SND.UNA (nothing new)", ". R(0) ack U"),
        arrival("ACK of SND.NXT (everything)", ". R(0) ack X"),
        arrival("ACK a little old", ". R(0) ack U-2"),
        arrival("ACK far too old", ". R(0) ack U-100000"),
        arrival("ACK too new", ". R(0) ack X+1"),
        arrival("ACK of all, one below RCV.NXT", ". R-1(0) ack X"),
        arrival("window becomes 0", ". R(0) ack U win 0"),
        arrival("text in order", "P. R(5) ack X"),
        arrival("text in order, ours not acknowledged", "P. R(5) ack U"),
        arrival("text above a gap", "P. R+10(5) ack X"),
        arrival("text twice", "P. R-5(5) ack X"),
        arrival("text half old", "P. R-5(10) ack X"),
        arrival("text beyond the window", "P. R+70000(5) ack X"),
        arrival("text, ACK too new", "P. R(5) ack X+1"),
        arrival("text, ACK far too old", "P. R(5) ack U-100000"),
        arrival("text without ACK", "P R(5)"),
        arrival("urgent text", "PU. R(5) ack X urg 3"),
        arrival("FIN in order, ours not acknowledged", "F. R(0) ack U"),
        arrival("FIN in order, all acknowledged", "F. R(0) ack X"),
        arrival("FIN with text", "FP. R(5) ack X"),
        arrival("FIN above a gap", "F. R+5(0) ack X"),
        arrival("FIN again (RCV.NXT-1)", "F. R-1(0) ack X"),
        arrival("FIN without ACK", "F R(0)"),
        arrival("RST at RCV.NXT", "R R(0)"),
        arrival("RST+ACK at RCV.NXT", "R. R(0) ack X"),
        arrival("RST+ACK at RCV.NXT, ACK too new", "R. R(0) ack X+1"),
        arrival("RST one below RCV.NXT", "R R-1(0)"),
        arrival("RST in the window", "R R+10(0)"),
        arrival("RST above the window", "R R+70000(0)"),
        arrival("RST below the window", "R R-100(0)"),
        arrival("RST with text", "R. R(5) ack X"),
        arrival("no flags", "- R(0)"),
        arrival("PSH alone", "P R(0)"),
        arrival("URG alone", "U R(0) urg 1"),
        arrival("all flags", "SFRPU. R(0) ack X urg 1"),
        arrival("ACK with wrong checksum", ". R(0) ack X bad"),
        arrival("RST with wrong checksum", "R R(0) bad"),
        arrival("data offset 4", ". R(0) ack X doff 4"),
        arrival("data offset beyond the end", ". R(0) ack X doff 15"),
    };

    private interface Call {
        int on(Scene scene, TcpSocket socket);
    }

    private record UserCall(String name, Call call) {}

    private static final UserCall[] CALLS = {
        new UserCall("OPEN active", (scene, s) -> s.connect(Peer.ADDRESS.high(), Peer.ADDRESS.low(), Scene.PEER_PORT)),
        new UserCall("OPEN passive", (scene, s) -> s.listen(5)),
        new UserCall("bind", (scene, s) -> s.bind(IpAddress.ANY_V4.high(), IpAddress.ANY_V4.low(), 81)),
        new UserCall("SEND 3", (scene, s) -> s.send(new byte[3], 0, 3, 0)),
        new UserCall("RECEIVE", (scene, s) -> s.receive(new byte[9], 0, 9, 0)),
        new UserCall("SHUT_RD", (scene, s) -> s.shutdown(InetSocket.SHUT_RD)),
        new UserCall("SHUT_WR", (scene, s) -> s.shutdown(InetSocket.SHUT_WR)),
        new UserCall("SHUT_RDWR", (scene, s) -> s.shutdown(InetSocket.SHUT_RDWR)),
        new UserCall("disconnect", (scene, s) -> s.disconnect()),
        new UserCall("CLOSE", (scene, s) -> s.close()),
        new UserCall("CLOSE with linger 0", (scene, s) -> {
            s.setOption(1, 13, new byte[] {1, 0, 0, 0, 0, 0, 0, 0}, 0, 8);
            return s.close();
        }),
        new UserCall("ABORT", (scene, s) -> {
            s.abort();
            return 0;
        }),
    };

    @Test
    void everyStateAndEvent() throws IOException {
        StringBuilder out = new StringBuilder("""
                # RFC 9293 section 3.10, row by row: what happened | state after | what was sent | what the user sees.
                # Numbers are relative to the two initial sequence numbers. Before the event: 5 octets came and were read, 4 went and were acknowledged
                # (so RCV.NXT is 6), and in ESTABLISHED and CLOSE_WAIT 4 more are under way. Written by StateTableTest.
                """);
        for (Scene.Kind kind : Scene.Kind.values()) {
            Scene fresh = Scene.of(kind);
            out.append(String.format(Locale.ROOT, "%n== %s (RCV.NXT %d, SND.UNA %d, SND.NXT %d) ==%n", kind, fresh.next, fresh.una, fresh.sent));
            for (Arrival arrival : ARRIVALS) {
                Scene scene = Scene.of(kind);
                scene.peer.sends(arrival.at(scene));
                row(out, arrival.name(), scene, "");
            }
            if (fresh.socket != null) {
                for (UserCall call : CALLS) {
                    userCall(out, Scene.of(kind), call);
                }
            }
            timeouts(out, kind);
        }
        compare(out.toString());
    }

    private static void userCall(StringBuilder out, Scene scene, UserCall call) {
        TcpSocket socket = scene.socket();
        if (socket.tcb().orphan || socket.tcb().dead) {
            return;
        }
        int result = call.call().on(scene, socket);
        row(out, call.name(), scene, result < 0 ? Errno.name(-result) : result == 0 ? "ok" : String.valueOf(result));
    }

    private static void timeouts(StringBuilder out, Scene.Kind kind) {
        Scene first = Scene.of(kind);
        long deadline = first.host.engine.nextTimeoutNs();
        if (deadline < Long.MAX_VALUE / 4) {
            double seconds = (deadline - first.host.engine.now()) / 1e9;
            first.host.runUntil(deadline);
            row(out, String.format(Locale.ROOT, "the first time-out, after %.2f s", seconds), first, "");
        }
        Scene all = Scene.of(kind);
        all.host.advance(10_000);
        all.peer.forget();
        row(out, "silence for 10000 s", all, "");
    }

    private static void row(StringBuilder out, String event, Scene scene, String result) {
        String said = scene.said();
        String state = scene.state();
        String seen = scene.seen();
        out.append(String.format(Locale.ROOT, "%-40s| %-18s| %-52s| %s%n", event, state, said, result.isEmpty() ? seen : result + "; " + seen));
    }

    private static void compare(String actual) throws IOException {
        String clean = actual.lines().map(String::stripTrailing).reduce("", (all, line) -> all + line + "\n");
        if ("update".equals(System.getProperty("lastack.golden"))) {
            Files.createDirectories(GOLDEN.getParent());
            Files.writeString(GOLDEN, clean);
        }
        assertThat(differences(rows(Files.readString(GOLDEN)), rows(clean))).as("rows that differ from the golden file").isEmpty();
    }

    private static List<String> differences(List<String> golden, List<String> actual) {
        List<String> differences = new ArrayList<>();
        for (int i = 0; i < Math.max(golden.size(), actual.size()); i++) {
            String was = i < golden.size() ? golden.get(i) : "(nothing)";
            String is = i < actual.size() ? actual.get(i) : "(nothing)";
            if (!was.equals(is)) {
                differences.add("was " + was);
                differences.add(" is " + is);
            }
        }
        return differences;
    }

    private static List<String> rows(String table) {
        List<String> rows = new ArrayList<>();
        String section = "";
        for (String line : table.lines().toList()) {
            section = line.startsWith("==") ? line.substring(3, line.indexOf('(') - 1) : section;
            rows.add(section + ": " + line.replaceAll(" +", " "));
        }
        return rows;
    }
}
