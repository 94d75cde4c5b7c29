package org.lastack.tools.lab;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lastack.core.tcp.TcpState;
import org.lastack.wire.IpAddress;
import org.lastack.wire.PacketBuilder;
import org.lastack.wire.Packets;
import org.lastack.wire.TcpHeader;

/// A peer without a stack, at 10.0.0.77 on the left end of the cable: it sends what the story wants, and answers nothing by itself. It can
/// do what no honest stack does: choose a bad initial sequence number, or be many.
final class Script {
    static final IpAddress ADDRESS = IpAddress.of("10.0.0.77");
    private static final IpAddress HOST = IpAddress.of(Stage.SERVER);
    private final Stage stage;
    private final int port;
    private final boolean stamps;
    private TcpState state = TcpState.CLOSED;
    int next;
    int clock = 1000;

    Script(Stage stage, int port, boolean stamps) {
        this.stage = stage;
        this.port = port;
        this.stamps = stamps;
        stage.join(this);
    }

    int port() {
        return port;
    }

    /// What the script's last segments make of the connection on its side; no table has it.
    String state() {
        return state == TcpState.CLOSED ? "CLOSED" : state.netstatName();
    }

    /// The conversations of all scripts, in the form of a port table.
    static List<String> table(Words words, List<Script> scripts) {
        List<String> lines = new ArrayList<>();
        for (Script each : scripts) {
            if (each.state != TcpState.CLOSED) {
                lines.add(PortTables.row("tcp", each.state(), ADDRESS.withPort(each.port), HOST.withPort(Stage.PORT), "0", "0",
                        words.pick("script", "脚本"), ""));
            }
        }
        if (!lines.isEmpty()) {
            lines.addFirst(PortTables.heading(words));
        }
        return lines;
    }

    /// The script has forgotten the connection, as after a restart.
    void forget() {
        state = TcpState.CLOSED;
    }

    /// A segment at `seq`; its ACK field is what is acknowledged.
    void send(int flags, int seq, int ack, String text, String note) {
        send(flags, seq, ack, text, note, clock);
    }

    void send(int flags, int seq, int ack, String text, String note, int stamp) {
        PacketBuilder packet = Packets.tcp(ADDRESS, port, HOST, Stage.PORT).flags(flags).seq(seq).window(65_535).payload(text.getBytes(US_ASCII));
        if ((flags & TcpHeader.ACK) != 0) {
            packet.ack(ack);
        }
        if ((flags & TcpHeader.SYN) != 0) {
            packet.mss(1460);
        }
        if (stamps) {
            packet.timestamps(stamp, 0).nop().nop();
        }
        stage.cable.inject(true, packet.build(), note);
        stage.settle();
    }

    /// The host's latest segment to this peer, or null.
    @Nullable Packet heard() {
        List<Packet> all = stage.cable.packets();
        for (int i = all.size() - 1; i >= 0; i--) {
            Packet each = all.get(i);
            if (!each.toRight() && each.tcp() && each.destination().equals(ADDRESS) && each.destinationPort() == port) {
                return each;
            }
        }
        return null;
    }

    /// What the host has sent up to, as the number to acknowledge.
    int heardUpTo() {
        Packet last = heard();
        if (last == null) {
            throw new IllegalStateException("the host has sent nothing to the script");
        }
        return last.seq() + last.length() + (last.has(TcpHeader.SYN) ? 1 : 0) + (last.has(TcpHeader.FIN) ? 1 : 0);
    }

    /// SYN, and no more.
    void begin(int iss) {
        state = TcpState.SYN_SENT;
        send(TcpHeader.SYN, iss, 0, "", "");
        next = iss + 1;
    }

    /// SYN, and the last ACK of the handshake if a SYN-ACK came. False if none came.
    boolean open(int iss) {
        int before = stage.cable.packets().size();
        begin(iss);
        Packet answer = heard();
        if (answer == null || stage.cable.packets().indexOf(answer) < before || !answer.has(TcpHeader.SYN)) {
            state = TcpState.CLOSED;
            return false;
        }
        state = TcpState.ESTABLISHED;
        send(TcpHeader.ACK, next, heardUpTo(), "", "");
        return true;
    }

    void data(String text) {
        send(TcpHeader.ACK | TcpHeader.PSH, next, heardUpTo(), text, "");
        next += text.length();
    }

    /// Acknowledges the host's FIN and sends its own.
    void finish() {
        state = TcpState.CLOSE_WAIT;
        send(TcpHeader.ACK, next, heardUpTo(), "", "");
        state = TcpState.LAST_ACK;
        send(TcpHeader.FIN | TcpHeader.ACK, next, heardUpTo(), "", "");
        next++;
        state = TcpState.CLOSED;
    }
}
