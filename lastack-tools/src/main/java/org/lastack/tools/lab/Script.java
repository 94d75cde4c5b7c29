package org.lastack.tools.lab;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.List;
import org.jspecify.annotations.Nullable;
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
    int next;
    int clock = 1000;

    Script(Stage stage, int port, boolean stamps) {
        this.stage = stage;
        this.port = port;
        this.stamps = stamps;
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

    /// SYN, and the last ACK of the handshake if a SYN-ACK came. False if none came.
    boolean open(int iss) {
        int before = stage.cable.packets().size();
        send(TcpHeader.SYN, iss, 0, "", "");
        next = iss + 1;
        Packet answer = heard();
        if (answer == null || stage.cable.packets().indexOf(answer) < before || !answer.has(TcpHeader.SYN)) {
            return false;
        }
        send(TcpHeader.ACK, next, heardUpTo(), "", "");
        return true;
    }

    void data(String text) {
        send(TcpHeader.ACK | TcpHeader.PSH, next, heardUpTo(), text, "");
        next += text.length();
    }

    /// Acknowledges the host's FIN and sends its own.
    void finish() {
        send(TcpHeader.ACK, next, heardUpTo(), "", "");
        send(TcpHeader.FIN | TcpHeader.ACK, next, heardUpTo(), "", "");
        next++;
    }
}
