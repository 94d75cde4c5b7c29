package org.lastack.tools.lab;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.lastack.link.Link;
import org.lastack.link.VirtualLink;
import org.lastack.wire.Frame;

/// A cable between two hosts in virtual time, with a delay, that keeps every packet and loses what it is told to lose. One thread.
final class Cable {
    /// What a ladder is told of each packet, at the moment it is sent.
    interface Listener {
        void sent(Packet packet);
    }

    private final LongSupplier nowNs;
    private final long delayNs;
    private final List<Packet> packets = new ArrayList<>();
    private final End left = new End("left");
    private final End right = new End("right");
    private final Listener listener;
    private Predicate<Packet> loss = packet -> false;

    Cable(LongSupplier nowNs, long delayNs, Listener listener) {
        this.nowNs = nowNs;
        this.delayNs = delayNs;
        this.listener = listener;
    }

    Link left() {
        return left;
    }

    Link right() {
        return right;
    }

    List<Packet> packets() {
        return packets;
    }

    /// From now on packets are lost for which this holds.
    void lose(Predicate<Packet> which) {
        loss = which;
    }

    void loseNothing() {
        loss = packet -> false;
    }

    /// Puts a packet on the cable that no host sent: a late duplicate, or the act of a peer that is a script.
    void inject(boolean toRight, byte[] octets, String note) {
        carry(new Packet(nowNs.getAsLong(), toRight, octets, false, note));
    }

    /// Keeps a packet that went another way, for the ladder and the capture.
    void note(Packet packet) {
        packets.add(packet);
        listener.sent(packet);
    }

    private void carry(Packet packet) {
        packets.add(packet);
        listener.sent(packet);
        if (!packet.lost()) {
            (packet.toRight() ? right : left).arriving.add(packet);
        }
    }

    private final class End extends VirtualLink {
        private final ArrayDeque<Packet> arriving = new ArrayDeque<>();

        End(String name) {
            super(name);
        }

        @Override
        public boolean send(Frame frame) {
            byte[] octets = Arrays.copyOfRange(frame.data, frame.offset, frame.offset + frame.length);
            Packet packet = new Packet(nowNs.getAsLong(), this == left, octets, false, "");
            carry(loss.test(packet) ? packet.asLost() : packet);
            return true;
        }

        @Override
        protected byte @Nullable [] next() {
            return nextDeadlineNs() > nowNs.getAsLong() ? null : arriving.remove().octets();
        }

        @Override
        protected boolean readable() {
            return !arriving.isEmpty();
        }

        @Override
        public long nextDeadlineNs() {
            Packet first = arriving.peek();
            return first == null ? Long.MAX_VALUE : first.timeNs() + delayNs;
        }
    }
}
