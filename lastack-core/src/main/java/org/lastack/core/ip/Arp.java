package org.lastack.core.ip;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lastack.core.Counter;
import org.lastack.core.Engine;
import org.lastack.core.Interface;
import org.lastack.core.WheelTimer;
import org.lastack.wire.ArpPacket;
import org.lastack.wire.EthernetHeader;
import org.lastack.wire.Frame;
import org.lastack.wire.IpAddress;
import org.lastack.wire.Refusal;

/// ARP (RFC 826) with announcements and defence (RFC 5227). Answers only questions about own addresses; believes only answers to own questions
/// and questions put to this host (SECURITY ).
final class Arp {
    /// ANNOUNCE_NUM and ANNOUNCE_INTERVAL (RFC 5227 §1.1).
    private static final int ANNOUNCEMENTS = 2;
    private static final long ANNOUNCE_INTERVAL_NS = 2_000_000_000L;
    /// DEFEND_INTERVAL (RFC 5227 §1.1).
    private static final long DEFEND_INTERVAL_NS = 10_000_000_000L;

    private final class Announcement extends WheelTimer {
        final Interface out;
        final int address;
        int left = ANNOUNCEMENTS;
        long defendedNs = Long.MIN_VALUE / 2;

        Announcement(Interface out, int address) {
            this.out = out;
            this.address = address;
        }

        @Override
        protected void expire(long nowNs) {
            send(out, EthernetHeader.BROADCAST, ArpPacket.REQUEST, address, 0, address);
            if (--left > 0) {
                engine.timers().arm(this, nowNs + ANNOUNCE_INTERVAL_NS);
            }
        }
    }

    private final Engine engine;
    private final IpLayer ip;
    private final EthernetLayer ethernet;
    private final List<Announcement> announcements = new ArrayList<>();

    Arp(Engine engine, IpLayer ip, EthernetLayer ethernet) {
        this.engine = engine;
        this.ip = ip;
        this.ethernet = ethernet;
    }

    void input(Interface in, byte[] data, int offset, int length) {
        Refusal refusal = ArpPacket.check(data, offset, length);
        if (refusal == null) {
            boolean request = ArpPacket.operation(data, offset) == ArpPacket.REQUEST;
            engine.counters().increment(request ? Counter.ArpInRequests : Counter.ArpInReplies);
            refusal = process(in, data, offset, request);
        }
        if (refusal != null) {
            engine.counters().refused(refusal);
        }
    }

    private @Nullable Refusal process(Interface in, byte[] data, int offset, boolean request) {
        int sender = ArpPacket.senderProtocol(data, offset);
        long mac = ArpPacket.senderHardware(data, offset);
        int target = ArpPacket.targetProtocol(data, offset);
        if (mac == in.macAddress()) {
            // Our own frame came back.
            return Refusal.ARP_UNSOLICITED;
        }
        if (sender != 0 && in.owns(0, IpAddress.lowOfV4(sender))) {
            defend(in, sender);
            return null;
        }
        boolean forUs = in.owns(0, IpAddress.lowOfV4(target));
        if (request) {
            if (!forUs) {
                return null;
            }
            if (sender != 0 && onLink(in, sender)) {
                ethernet.neighbors().learned(in, 0, IpAddress.lowOfV4(sender), mac);
            }
            engine.counters().increment(Counter.ArpOutReplies);
            send(in, mac, ArpPacket.REPLY, target, mac, sender);
            return null;
        }
        Neighbor n = ethernet.neighbors().find(in, 0, IpAddress.lowOfV4(sender));
        boolean asked = n != null && forUs && ArpPacket.targetHardware(data, offset) == in.macAddress() && switch (n.state) {
            case INCOMPLETE, PROBE -> true;
            case REACHABLE, STALE, DELAY -> false;
        };
        if (n == null || !asked) {
            return Refusal.ARP_UNSOLICITED;
        }
        ethernet.neighbors().confirmed(n, mac);
        return null;
    }

    private static boolean onLink(Interface in, int address) {
        for (int i = 0; i < in.addresses().size(); i++) {
            Interface.Address own = in.addresses().get(i);
            if (own.address().isV4()
                    && Prefix.matches(0, IpAddress.lowOfV4(address), own.address().high(), own.address().low(), own.prefixLength())) {
                return true;
            }
        }
        return false;
    }

    /// RFC 5227 §2.4 (c): keep the address and say so, at most every ten seconds, so that two such hosts do not shout for ever.
    private void defend(Interface in, int address) {
        engine.counters().increment(Counter.ArpConflicts);
        for (Announcement each : announcements) {
            if (each.out == in && each.address == address && engine.now() - each.defendedNs >= DEFEND_INTERVAL_NS) {
                each.defendedNs = engine.now();
                send(in, EthernetHeader.BROADCAST, ArpPacket.REQUEST, address, 0, address);
            }
        }
    }

    /// RFC 5227 §2.3: tells the link about a new address, twice.
    void announce(Interface out, int address) {
        Announcement announcement = new Announcement(out, address);
        announcements.add(announcement);
        announcement.expire(engine.now());
    }

    void forget(Interface out, int address) {
        for (int i = announcements.size() - 1; i >= 0; i--) {
            if (announcements.get(i).out == out && announcements.get(i).address == address) {
                engine.timers().cancel(announcements.remove(i));
            }
        }
    }

    /// Asks for a neighbour's station address: everybody, or - to confirm what is known (RFC 1122 §2.3.2.1) - the neighbour alone.
    void request(Neighbor n, boolean unicast) {
        engine.counters().increment(Counter.ArpOutRequests);
        send(n.out, unicast ? n.mac : EthernetHeader.BROADCAST, ArpPacket.REQUEST, source(n.out, (int) n.low), 0, (int) n.low);
    }

    private int source(Interface out, int target) {
        int first = 0;
        for (int i = 0; i < out.addresses().size(); i++) {
            Interface.Address own = out.addresses().get(i);
            if (own.address().isV4()) {
                if (Prefix.matches(0, IpAddress.lowOfV4(target), own.address().high(), own.address().low(), own.prefixLength())) {
                    return own.address().v4Bits();
                }
                first = first == 0 ? own.address().v4Bits() : first;
            }
        }
        return first;
    }

    private void send(Interface out, long mac, int operation, int senderAddress, long targetMac, int targetAddress) {
        Frame f = ip.frame(ArpPacket.LENGTH);
        f.length = ArpPacket.LENGTH;
        ArpPacket.write(f.data, f.offset, operation, out.macAddress(), senderAddress, targetMac, targetAddress);
        ethernet.send(f, out, mac, EthernetHeader.TYPE_ARP);
    }
}
