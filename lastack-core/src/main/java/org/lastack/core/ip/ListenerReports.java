package org.lastack.core.ip;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lastack.core.Counter;
import org.lastack.core.Engine;
import org.lastack.core.Interface;
import org.lastack.core.TimerWheel;
import org.lastack.core.WheelTimer;
import org.lastack.wire.Bytes;
import org.lastack.wire.EthernetHeader;
import org.lastack.wire.Frame;
import org.lastack.wire.Icmpv6;
import org.lastack.wire.IpAddress;
import org.lastack.wire.IpProtocol;
import org.lastack.wire.Ipv6Extensions;
import org.lastack.wire.Ipv6Header;
import org.lastack.wire.Ndp;
import org.lastack.wire.Refusal;

/// Tells routers and snooping switches which IPv6 groups this host listens to: the listener's part of MLDv2 (RFC 3810), without source filters.
/// Without it neighbour solicitations to our solicited-node groups may never reach us.
final class ListenerReports {
    private static final long LINK_HIGH = 0xff02_0000_0000_0000L;
    /// All MLDv2-capable routers (RFC 3810 §5.2.14).
    private static final long REPORT_GROUP = 0x16;
    private static final int MODE_IS_EXCLUDE = 2;
    private static final int CHANGE_TO_INCLUDE = 3;
    private static final int CHANGE_TO_EXCLUDE = 4;
    private static final int RECORD = 20;
    private static final int MAX_RECORDS = 60;
    /// Unsolicited Report Interval (RFC 3810 §9.11), and Robustness Variable 2: each change is told twice.
    private static final int REPORT_INTERVAL_US = 1_000_000;

    private final class Pending extends WheelTimer {
        final Interface in;
        int recordType = MODE_IS_EXCLUDE;

        Pending(Interface in) {
            this.in = in;
        }

        @Override
        protected void expire(long nowNs) {
            if (in.up()) {
                report(in, recordType, null);
            }
            recordType = MODE_IS_EXCLUDE;
        }
    }

    private final Engine engine;
    private final IpLayer ip;
    private final EthernetLayer ethernet;
    private final List<Pending> pending = new ArrayList<>();

    ListenerReports(Engine engine, IpLayer ip, EthernetLayer ethernet) {
        this.engine = engine;
        this.ip = ip;
        this.ethernet = ethernet;
    }

    private Pending pending(Interface in) {
        for (Pending each : pending) {
            if (each.in == in) {
                return each;
            }
        }
        Pending made = new Pending(in);
        pending.add(made);
        return made;
    }

    /// A group was joined, by a socket or by an address: said now and once more within a second (RFC 3810 §6.1).
    void joined(Interface in) {
        if (in.kind() != Interface.Kind.ETHERNET || !in.up()) {
            return;
        }
        report(in, CHANGE_TO_EXCLUDE, null);
        Pending again = pending(in);
        again.recordType = CHANGE_TO_EXCLUDE;
        engine.timers().arm(again, engine.now() + engine.entropy().nextInt(REPORT_INTERVAL_US) * 1000L);
    }

    void left(Interface in, IpAddress group) {
        if (in.kind() == Interface.Kind.ETHERNET && in.up()) {
            report(in, CHANGE_TO_INCLUDE, group);
        }
    }

    void down(Interface in) {
        for (int i = pending.size() - 1; i >= 0; i--) {
            if (pending.get(i).in == in) {
                engine.timers().cancel(pending.remove(i));
            }
        }
    }

    /// A router asks (RFC 3810 §6.2): answered after a random part of the time that it grants.
    @Nullable Refusal query(IpDatagram d) {
        Interface in = d.in;
        // RFC 3810 §5.1.14: from a router on the link, or it is not one.
        if (in == null || in.kind() != Interface.Kind.ETHERNET || d.ttl != 1 || d.sourceHigh >>> 54 != 0x3fa || d.length < 24) {
            return Refusal.ICMPV6_IGNORED;
        }
        int code = Bytes.u16(d.data, d.offset + 4);
        long maxMs = code < 0x8000 ? code : (code & 0xfff | 0x1000L) << (code >>> 12 & 7) + 3;
        Pending answer = pending(in);
        long at = engine.now() + engine.entropy().nextInt((int) Math.max(1, Math.min(maxMs, 3_600_000))) * 1_000_000L;
        if (TimerWheel.deadlineNs(answer) > at) {
            engine.timers().arm(answer, at);
        }
        return null;
    }

    /// `only` null: all groups of the interface.
    private void report(Interface out, int recordType, @Nullable IpAddress only) {
        Frame f = ip.frame(Icmpv6.HEADER_LENGTH + RECORD * MAX_RECORDS);
        int records = 0;
        if (only != null) {
            record(f, records++, recordType, only.high(), only.low());
        } else {
            for (int i = 0; i < out.addresses().size() && records < MAX_RECORDS; i++) {
                IpAddress address = out.addresses().get(i).address();
                if (!address.isV4()) {
                    record(f, records++, recordType, LINK_HIGH, Ndp.solicitedNodeLow(address.low()));
                }
            }
            records = ip.groups().forEachV6(out, (high, low, index) -> record(f, index, recordType, high, low), records, MAX_RECORDS);
        }
        if (records == 0) {
            f.release();
            return;
        }
        send(f, out, records);
    }

    private static void record(Frame f, int index, int type, long high, long low) {
        int at = f.offset + Icmpv6.HEADER_LENGTH + RECORD * index;
        Bytes.put32(f.data, at, type << 24);
        Bytes.put64(f.data, at + 4, high);
        Bytes.put64(f.data, at + 12, low);
    }

    private void send(Frame f, Interface out, int records) {
        IpAddress source = linkLocal(out);
        long high = source == null ? 0 : source.high();
        long low = source == null ? 0 : source.low();
        f.length = Icmpv6.write(f.data, f.offset, Icmpv6.MLD2_REPORT, 0, records, RECORD * records, high, low, LINK_HIGH, REPORT_GROUP);
        engine.counters().increment(Counter.Icmp6OutMsgs);
        engine.counters().increment(Counter.Icmp6OutMLDv2Reports);
        // RFC 3810 §5: hop limit 1 and a Router Alert option.
        f.prepend(8);
        Bytes.put64(f.data, f.offset, (long) IpProtocol.ICMPV6 << 56 | (long) Ipv6Extensions.OPTION_ROUTER_ALERT << 40 | 2L << 32
                | Ipv6Extensions.OPTION_PADN << 8);
        f.prepend(Ipv6Header.LENGTH);
        Ipv6Header.write(f.data, f.offset, 0, 0, f.length - Ipv6Header.LENGTH, IpProtocol.HOP_BY_HOP, 1, high, low, LINK_HIGH, REPORT_GROUP);
        ethernet.unicast(f, out, EthernetHeader.multicastV6(REPORT_GROUP));
    }

    private @Nullable IpAddress linkLocal(Interface out) {
        for (Interface.Address each : out.addresses()) {
            if (!each.address().isV4() && each.address().isLinkLocal() && ip.isLocal(each.address().high(), each.address().low())) {
                return each.address();
            }
        }
        return null;
    }
}
