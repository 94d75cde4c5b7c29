package org.lastack.core.ip;

import java.util.ArrayList;
import java.util.List;
import org.lastack.core.Engine;
import org.lastack.core.Interface;
import org.lastack.core.TimerWheel;
import org.lastack.core.WheelTimer;
import org.lastack.wire.Bytes;
import org.lastack.wire.Checksum;
import org.lastack.wire.Frame;
import org.lastack.wire.IpAddress;
import org.lastack.wire.Ipv4Header;
import org.lastack.wire.Refusal;

/// Tells routers and snooping switches which IPv4 groups this host listens to: the host's part of IGMPv3 (RFC 3376), without source filters, and of its
/// elder versions as long as a router speaks them. Without it a switch that snoops sends us nothing of a group that we have joined.
final class GroupReports implements Transport {
    static final int IGMP = 2;
    private static final int QUERY = 0x11;
    private static final int V1_REPORT = 0x12;
    private static final int V2_REPORT = 0x16;
    private static final int V2_LEAVE = 0x17;
    private static final int V3_REPORT = 0x22;
    /// All IGMPv3-capable routers (RFC 3376 §4.2.14), and all routers.
    private static final int V3_ROUTERS = 0xe000_0016;
    private static final int ALL_ROUTERS = 0xe000_0002;
    private static final int ALL_HOSTS = 0xe000_0001;
    private static final int MODE_IS_EXCLUDE = 2;
    private static final int CHANGE_TO_INCLUDE = 3;
    private static final int CHANGE_TO_EXCLUDE = 4;
    private static final int HEADER = 8;
    private static final int RECORD = 8;
    private static final int MAX_RECORDS = 60;
    private static final int ROUTER_ALERT = 0x9404_0000;
    private static final int INTERNETWORK_CONTROL = 0xc0;
    /// RFC 3376 §8.11: a change is told again within that time (Robustness Variable 2).
    private static final int REPORT_INTERVAL_US = 1_000_000;
    /// RFC 3376 §8.12: 2 x 125 s + 10 s.
    private static final long OLDER_PRESENT_NS = 260_000_000_000L;
    private static final long V1_RESPONSE_MS = 10_000;

    private final class State extends WheelTimer {
        final Interface in;
        int recordType = MODE_IS_EXCLUDE;
        /// Until then a router of that version is thought to be there.
        long v1UntilNs;
        long v2UntilNs;

        State(Interface in) {
            this.in = in;
        }

        int version() {
            return engine.now() < v1UntilNs ? 1 : engine.now() < v2UntilNs ? 2 : 3;
        }

        @Override
        protected void expire(long nowNs) {
            if (in.up() && engine.interfaceAt(in.index()) == in) {
                reportAll(this);
            }
            recordType = MODE_IS_EXCLUDE;
        }
    }

    private final Engine engine;
    private final IpLayer ip;
    private final List<State> states = new ArrayList<>();

    GroupReports(Engine engine, IpLayer ip) {
        this.engine = engine;
        this.ip = ip;
    }

    private State state(Interface in) {
        for (State each : states) {
            if (each.in == in) {
                return each;
            }
        }
        State made = new State(in);
        states.add(made);
        return made;
    }

    private static boolean told(Interface in, int group) {
        return in.kind() == Interface.Kind.ETHERNET && in.up() && group != ALL_HOSTS;
    }

    /// A group was joined: said now and once more within a second (RFC 3376 §5.1).
    void joined(Interface in, int group) {
        if (!told(in, group)) {
            return;
        }
        State state = state(in);
        report(state, CHANGE_TO_EXCLUDE, group);
        state.recordType = CHANGE_TO_EXCLUDE;
        engine.timers().arm(state, engine.now() + engine.entropy().nextInt(REPORT_INTERVAL_US) * 1000L);
    }

    void left(Interface in, int group) {
        if (told(in, group)) {
            report(state(in), CHANGE_TO_INCLUDE, group);
        }
    }

    void down(Interface in) {
        for (int i = states.size() - 1; i >= 0; i--) {
            if (states.get(i).in == in) {
                engine.timers().cancel(states.remove(i));
            }
        }
    }

    /// A router asks (RFC 3376 §5.2): answered after a random part of the time that it grants. Reports of others are of no use to us.
    @Override
    public void receive(IpDatagram d) {
        Interface in = d.in;
        boolean sound = d.length >= HEADER && Checksum.finish(Checksum.add(0, d.data, d.offset, d.length)) == 0;
        if (in == null || in.kind() != Interface.Kind.ETHERNET || !sound || (d.data[d.offset] & 0xff) != QUERY) {
            engine.counters().refused(Refusal.IGMP_IGNORED);
            return;
        }
        State answer = state(in);
        int code = d.data[d.offset + 1] & 0xff;
        long maxMs = code * 100L;
        if (d.length < HEADER + 4) {
            // RFC 3376 §7.1: the length tells the version, and the code tells 1 from 2.
            if (code == 0) {
                answer.v1UntilNs = engine.now() + OLDER_PRESENT_NS;
                maxMs = V1_RESPONSE_MS;
            } else {
                answer.v2UntilNs = engine.now() + OLDER_PRESENT_NS;
            }
        } else if (code >= 128) {
            maxMs = (code & 15 | 16L) << (code >>> 4 & 7) + 3;
            maxMs *= 100;
        }
        long at = engine.now() + engine.entropy().nextInt((int) Math.max(1, maxMs)) * 1_000_000L;
        if (TimerWheel.deadlineNs(answer) > at) {
            engine.timers().arm(answer, at);
        }
    }

    @Override
    public void icmpError(IcmpError error) {
        // Reports go to groups; nobody answers them.
    }

    private void reportAll(State state) {
        if (state.version() < 3) {
            ip.groups().forEachV4(state.in, (high, low, index) -> older(state, state.version() == 1 ? V1_REPORT : V2_REPORT, (int) low, (int) low), MAX_RECORDS);
            return;
        }
        Frame f = ip.frame(HEADER + RECORD * MAX_RECORDS);
        int records = ip.groups().forEachV4(state.in, (high, low, index) -> record(f, index, state.recordType, (int) low), MAX_RECORDS);
        if (records == 0) {
            f.release();
            return;
        }
        send(f, state.in, records);
    }

    private void report(State state, int recordType, int group) {
        switch (state.version()) {
            case 1 -> {
                // RFC 1112 knows no leaving.
                if (recordType == CHANGE_TO_EXCLUDE) {
                    older(state, V1_REPORT, group, group);
                }
            }
            case 2 -> older(state, recordType == CHANGE_TO_EXCLUDE ? V2_REPORT : V2_LEAVE, group, recordType == CHANGE_TO_EXCLUDE ? group : ALL_ROUTERS);
            default -> {
                Frame f = ip.frame(HEADER + RECORD);
                record(f, 0, recordType, group);
                send(f, state.in, 1);
            }
        }
    }

    private static void record(Frame f, int index, int type, int group) {
        int at = f.offset + HEADER + RECORD * index;
        Bytes.put32(f.data, at, type << 24);
        Bytes.put32(f.data, at + 4, group);
    }

    private void send(Frame f, Interface out, int records) {
        Bytes.put32(f.data, f.offset, V3_REPORT << 24);
        Bytes.put32(f.data, f.offset + 4, records);
        f.length = HEADER + RECORD * records;
        finish(f, out, V3_ROUTERS);
    }

    private void older(State state, int type, int group, int destination) {
        Frame f = ip.frame(HEADER);
        Bytes.put32(f.data, f.offset, type << 24);
        Bytes.put32(f.data, f.offset + 4, group);
        f.length = HEADER;
        finish(f, state.in, destination);
    }

    /// RFC 3376 §4: TTL 1, precedence of internetwork control, and a Router Alert option.
    private void finish(Frame f, Interface out, int destination) {
        Bytes.put16(f.data, f.offset + 2, 0);
        Bytes.put16(f.data, f.offset + 2, Checksum.finish(Checksum.add(0, f.data, f.offset, f.length)));
        f.prepend(Ipv4Header.MIN_LENGTH + 4);
        IpAddress source = out.firstAddress(true);
        Ipv4Header.write(f.data, f.offset, INTERNETWORK_CONTROL, f.length, 0, Ipv4Header.DF, 1, IGMP, source == null ? 0 : source.v4Bits(), destination);
        f.data[f.offset] = 0x46;
        Bytes.put32(f.data, f.offset + Ipv4Header.MIN_LENGTH, ROUTER_ALERT);
        Ipv4Header.writeChecksum(f.data, f.offset);
        ip.transmit(f, out, Route.Kind.MULTICAST, 0, IpAddress.lowOfV4(destination));
    }
}
