package org.lastack.bsd;

import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.lastack.link.Link;
import org.lastack.link.LinkDecorator;
import org.lastack.wire.Frame;
import org.lastack.wire.PacketPrinter;
import org.lastack.wire.TcpFlows;

/// A link that keeps what passes in tcpdump's words (both directions, the time in front), and loses what a test tells it to lose. For hosts in
/// virtual time.
final class Wiretap extends LinkDecorator {
    /// One packet: when, in tcpdump's words with relative numbers, its octets, and whether it was lost.
    record Packet(long timeNs, String text, byte[] octets, boolean lost) {
        boolean has(String part) {
            return text.contains(part);
        }
    }

    private final LongSupplier nowNs;
    private final PacketPrinter printer = new PacketPrinter().relative(new TcpFlows());
    private final List<Packet> packets = new ArrayList<>();
    private Predicate<String> loss = text -> false;

    Wiretap(Link link, LongSupplier nowNs) {
        super(link);
        this.nowNs = nowNs;
    }

    /// From now on packets are lost for which this holds.
    void lose(Predicate<String> which) {
        loss = which;
    }

    void loseNothing() {
        loss = text -> false;
    }

    List<Packet> packets() {
        return packets;
    }

    /// Everything seen since `from`, lost packets too.
    List<Packet> since(int from) {
        return packets.subList(from, packets.size());
    }

    /// Packets seen so far whose text has all the parts.
    List<Packet> with(String... parts) {
        return packets.stream().filter(each -> List.of(parts).stream().allMatch(each::has)).toList();
    }

    int mark() {
        return packets.size();
    }

    /// Puts octets on the wire towards this end, as if they came late.
    private boolean noteAndLose(Frame frame) {
        String text = printer.ip(frame.data, frame.offset, frame.length);
        boolean lost = loss.test(text);
        byte[] octets = new byte[frame.length];
        System.arraycopy(frame.data, frame.offset, octets, 0, frame.length);
        packets.add(new Packet(nowNs.getAsLong(), text, octets, lost));
        return lost;
    }

    @Override
    public boolean send(Frame frame) {
        return noteAndLose(frame) || link.send(frame);
    }

    @Override
    public int receive(Frame frame) {
        int length = link.receive(frame);
        while (length > 0 && noteAndLose(frame)) {
            length = link.receive(frame);
        }
        return length;
    }
}
